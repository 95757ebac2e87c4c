//! `/api/v1/search` over a real store.

use logboom_model::{Batch, Flags, Row, Severity, Stream};
use serde_json::Value;

use crate::support::{Rig, client, in_time, now, put, put_batch, resource};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn hits_come_oldest_first_one_json_object_a_line() {
    let rig = Rig::start().await;
    put(&rig.store, ["connection refused", "fine", "connection accepted"]).await;
    let answer = rig.get("/api/v1/search?query=connection").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    assert_eq!(answer.headers()["logboom-scanned-records"], "3");
    assert_eq!(answer.headers()["logboom-more"], "false");
    assert_eq!(answer.headers()["logboom-cursor"], format!("{}:3", rig.store.store_id()));
    let found = lines(&answer.text().await.unwrap());
    let bodies: Vec<_> = found.iter().map(|record| record["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["connection refused", "connection accepted"]);
    assert_eq!((found[0]["seq"].as_u64(), found[0]["container_name"].as_str()), (Some(1), Some("web")));
}

#[tokio::test]
async fn the_newest_are_kept_at_the_limit_and_the_answer_says_that_there_are_more() {
    let rig = Rig::start().await;
    put(&rig.store, (0..100).map(|number| format!("line {number}"))).await;
    let answer = rig.get("/api/v1/search?limit=2").await;
    assert_eq!(answer.headers()["logboom-more"], "true");
    let found = lines(&answer.text().await.unwrap());
    let bodies: Vec<_> = found.iter().map(|record| record["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["line 98", "line 99"]);
}

#[tokio::test]
async fn the_default_range_is_a_day_and_bounds_are_honoured() {
    let rig = Rig::start().await;
    let hour = 3_600_000_000_000;
    let mut batch = Batch::new(resource("web"));
    for age_hours in [48, 5, 1] {
        let time = now() - age_hours * hour;
        let row = Row {
            time,
            observed: time,
            severity: Severity::INFO,
            stream: Stream::Stdout,
            flags: Flags::empty(),
        };
        batch.push(row, format!("{age_hours} hours ago").as_bytes());
    }
    put_batch(&rig.store, batch).await;
    for (path, expected) in [
        ("/api/v1/search", 2),
        ("/api/v1/search?since=72h", 3),
        ("/api/v1/search?since=72h&until=3h", 2),
        ("/api/v1/search?until=24h&since=72h", 1),
        ("/api/v1/search?since=2h", 1),
    ] {
        let text = rig.get(path).await.text().await.unwrap();
        assert_eq!(text.lines().count(), expected, "{path}: {text}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_utf8_arrives_as_base64_and_hostile_ones_keep_the_lines_apart() {
    let rig = Rig::start().await;
    put(&rig.store, [&b"\xff\xfe"[..], b"</script>\r\n\x1b[31m\x00{\"a\":1}"]).await;
    let found = lines(&rig.get("/api/v1/search").await.text().await.unwrap());
    assert_eq!(found[0]["body_base64"], "//4=");
    assert_eq!(found[1]["body"], "</script>\r\n\u{1b}[31m\0{\"a\":1}");
}

#[tokio::test]
async fn a_mistake_is_answered_with_its_place_and_what_would_fit() {
    let rig = Rig::start().await;
    for (path, at, part) in [
        ("/api/v1/search?query=error%20|%20cuont", Some(8), ""),
        ("/api/v1/search?query=(a", Some(0), ""),
        ("/api/v1/search?limit=many", None, "`limit`"),
        ("/api/v1/search?limit=0", None, "`limit`"),
        ("/api/v1/search?since=yesterday", None, "`since`"),
        ("/api/v1/search?until=never", None, "`until`"),
        ("/api/v1/search?since=1h&until=2h", None, "`until`"),
        ("/api/v1/search?q=a", None, "`q`"),
        ("/api/v1/search?query=a&query=b", None, "twice"),
        ("/api/v1/tail?query=(a", Some(0), ""),
        ("/api/v1/tail?query=a%20|%20count", Some(2), ""),
        ("/api/v1/search?order=random", None, "`order`"),
        ("/api/v1/search?timeout_seconds=0", None, "`timeout_seconds`"),
        ("/api/v1/histogram?interval=fast", None, "`interval`"),
        ("/api/v1/histogram?interval=1m&bars=5", None, "not both"),
        ("/api/v1/facets", None, "`fields`"),
        ("/api/v1/complete?text=abc&at=4", None, "`at`"),
        ("/api/v1/context", None, "`seq`"),
        ("/api/v1/context?seq=x", None, "`seq`"),
        ("/api/v1/context?seq=1&scope=some", None, "`scope`"),
        ("/api/v1/tail?from=somewhere", None, "`from`"),
        ("/api/v1/tail?lines=-1", None, "`lines`"),
    ] {
        let answer = rig.get(path).await;
        assert_eq!(answer.status(), 400, "{path}");
        let text = answer.text().await.unwrap();
        let error = serde_json::from_str::<Value>(&text).unwrap()["error"].clone();
        assert!(error["message"].as_str().unwrap().contains(part), "{path}: {text}");
        if let Some(at) = at {
            assert!(error["at"].as_u64().is_some_and(|found| found >= at), "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn searches_beyond_the_bound_are_told_when_to_come_back() {
    let rig = Rig::start_with(|options| {
        options.limits.searches = 1;
        options.limits.search_queue_timeout = std::time::Duration::from_millis(20);
    })
    .await;
    put(&rig.store, (0..9000).map(|_| "x".repeat(2000))).await;
    // A client that does not read holds its permit: the answer is larger than what sockets buffer.
    let slow = in_time(client().get(rig.url("/api/v1/search?limit=9000")).send()).await.unwrap();
    assert_eq!(slow.status(), 200);
    let refused = rig.get("/api/v1/search").await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    assert_eq!(in_time(slow.text()).await.unwrap().lines().count(), 9000);
    // The permit comes back with the last line.
    in_time(async { while rig.get("/api/v1/search?limit=1").await.status() != 200 {} }).await;
}

#[tokio::test]
async fn a_client_that_goes_away_frees_its_search() {
    let rig = Rig::start_with(|options| {
        options.limits.searches = 1;
        options.limits.search_queue_timeout = std::time::Duration::from_millis(20);
    })
    .await;
    put(&rig.store, (0..9000).map(|_| "x".repeat(2000))).await;
    for _ in 0..5 {
        let slow = in_time(client().get(rig.url("/api/v1/search?limit=9000")).send()).await.unwrap();
        assert_eq!(slow.status(), 200);
        drop(slow);
        in_time(async { while rig.get("/api/v1/search?limit=1").await.status() != 200 {} }).await;
    }
}
