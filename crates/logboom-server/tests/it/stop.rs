//! A stop ends everything in time: idle connections, open streams, clients that do not read.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;

use crate::support::{Events, Rig, put, read_to_close};

#[tokio::test]
async fn streams_end_and_the_store_can_be_closed() {
    let rig = Rig::start().await;
    put(&rig.store, ["a"]).await;
    let mut events = Events::open(&rig, "/api/v1/tail?from=earliest", None).await;
    assert_eq!(events.expect("record").await.body(), "a");
    let mut idle = rig.connect().await;
    let started = Instant::now();
    let (store, _directory) = rig.stop().await;
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    while let Some(event) = events.next().await {
        assert_eq!(event.name, "position");
    }
    assert_eq!(read_to_close(&mut idle).await, "");
    store.close();
}

#[tokio::test]
async fn clients_that_neither_read_nor_finish_do_not_hold_up_a_stop() {
    let rig = Rig::start().await;
    for _ in 0..40 {
        put(&rig.store, (0..1000).map(|_| "x".repeat(1000))).await;
    }
    let mut stuck = Vec::new();
    for request in ["GET /api/v1/tail?from=earliest", "GET /api/v1/search?limit=10000", "GET /api/v1/sta"] {
        let mut stream = rig.connect().await;
        let rest = if request.ends_with("sta") { "" } else { " HTTP/1.1\r\nHost: localhost\r\n\r\n" };
        stream.write_all(format!("{request}{rest}").as_bytes()).await.unwrap();
        stuck.push(stream);
    }
    // The answers have begun: the requests are in flight.
    for stream in &stuck[..2] {
        crate::support::in_time(stream.readable()).await.unwrap();
    }
    let started = Instant::now();
    rig.stop().await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_closed_store_is_not_ready_and_not_dead() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("/readyz").await.status(), 200);
    rig.store.close();
    assert_eq!(rig.get("/readyz").await.status(), 503);
    assert_eq!(rig.get("/healthz").await.status(), 200);
}
