//! Clients that do not read cost no memory and hold up nobody.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::support::{Events, Rig, in_time, put};

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_tails_neither_grow_nor_delay_the_log_or_other_tails() {
    const STALLED: usize = 30;
    let rig = Rig::start_with(|options| options.limits.tail_park_after = Duration::from_millis(20)).await;
    for _ in 0..32 {
        put(&rig.store, (0..1000).map(|number| format!("{number} {}", "x".repeat(1000)))).await;
    }
    let before = resident_bytes();
    let mut stalled = Vec::new();
    for _ in 0..STALLED {
        let mut stream = rig.connect().await;
        stream
            .write_all(b"GET /api/v1/tail?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        in_time(stream.readable()).await.unwrap();
        stalled.push(stream);
    }
    let mut live = Events::open(&rig, "/api/v1/tail", None).await;
    live.next().await.unwrap();
    for number in 0..50 {
        let started = Instant::now();
        put(&rig.store, [format!("live {number}")]).await;
        assert_eq!(live.expect("record").await.body(), format!("live {number}"));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
    // Had each taken the log into memory, it would be 30 times 33 MB; two chunks and socket buffers are allowed.
    let grown = resident_bytes().saturating_sub(before);
    println!("{} MiB for {STALLED} stalled tails", grown >> 20);
    assert!(grown < 150 << 20, "{} MiB for {STALLED} stalled tails", grown >> 20);
    drop(stalled);
}
