//! Clients that send too much, too slowly, or nonsense.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Rig, in_time, read_to_close};

#[tokio::test]
async fn a_request_head_that_dribbles_in_is_cut_off() {
    let rig =
        Rig::start_with(|options| options.limits.header_read_timeout = Duration::from_millis(300)).await;
    let mut stream = rig.connect().await;
    let started = Instant::now();
    let mut tick = tokio::time::interval(Duration::from_millis(50));
    let (mut reader, mut writer) = stream.split();
    let dribble = async {
        writer.write_all(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
        loop {
            tick.tick().await;
            if writer.write_all(b"X-A: b\r\n").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    let closed = async { _ = reader.read_to_end(&mut answer).await };
    in_time(async {
        tokio::select! { () = dribble => {}, () = closed => {} }
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let rig =
        Rig::start_with(|options| options.limits.header_read_timeout = Duration::from_millis(100)).await;
    let mut silent = rig.connect().await;
    read_to_close(&mut silent).await;
    let mut kept = rig.connect().await;
    kept.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let answer = read_to_close(&mut kept).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn what_is_too_long_or_not_http_is_refused() {
    let rig = Rig::start().await;
    let long = "a".repeat(30_000);
    let many: String = (0..100).map(|number| format!("X-{number}: a\r\n")).collect();
    for (request, expected) in [
        (
            format!(
                "GET /api/v1/search?query={long} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            ),
            "414",
        ),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: {long}{long}\r\n\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"), "431"),
        ("GET / HTTP/1.1\r\nHost: local\0host\r\n\r\n".to_owned(), "400"),
        ("\x16\x03\x01\x02\x00\x01\x00".to_owned(), "400"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = rig.raw(request.as_bytes()).await;
        let start = &request[..request.len().min(40)];
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{start}: {answer}");
    }
}

#[tokio::test]
async fn tails_beyond_the_bound_are_told_when_to_come_back() {
    let rig = Rig::start_with(|options| options.limits.tails = 2).await;
    let first = rig.get("/api/v1/tail").await;
    let second = rig.get("/api/v1/tail").await;
    let third = rig.get("/api/v1/tail").await;
    assert_eq!((third.status().as_u16(), &third.headers()["retry-after"]), (503, &"5".parse().unwrap()));
    assert_eq!(rig.get("/api/v1/status").await.status(), 200, "other routes still answer");
    drop(first);
    in_time(async { while rig.get("/api/v1/tail").await.status() != 200 {} }).await;
    drop(second);
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_and_are_served_when_others_end() {
    let rig = Rig::start_with(|options| options.limits.connections = 2).await;
    let held = [rig.connect().await, rig.connect().await];
    let mut waiting = rig.connect().await;
    waiting.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(200), waiting.readable()).await;
    assert!(early.is_err(), "the third connection waits");
    drop(held);
    assert!(read_to_close(&mut waiting).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_disconnected() {
    let rig =
        Rig::start_with(|options| options.limits.write_stall_timeout = Duration::from_millis(200)).await;
    crate::support::put(&rig.store, (0..30).map(|_| "x".repeat(1 << 20))).await;
    let mut stream = rig.connect().await;
    stream.write_all(b"GET /api/v1/tail?from=earliest HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    in_time(stream.readable()).await.unwrap();
    let tails =
        || async { rig.get("/metrics").await.text().await.unwrap().contains("logboom_tail_clients 0\n") };
    in_time(async { while !tails().await {} }).await;
}
