//! Searches that are answered while they run.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Event, Events, Rig, client, in_time, put};

const EVENTS: &str = "text/event-stream";

async fn open(rig: &Rig, path: &str) -> Events {
    Events::accept(rig, path, EVENTS).await
}

/// Every event to the end of the stream.
async fn all(mut events: Events) -> Vec<Event> {
    let mut found = Vec::new();
    while let Some(event) = events.next().await {
        found.push(event);
    }
    found
}

fn bodies(events: &[Event]) -> Vec<&str> {
    events.iter().filter(|event| event.name == "record").map(Event::body).collect()
}

async fn three_lines() -> Rig {
    let rig = Rig::start().await;
    put(&rig.store, ["a 1", "b", "a 2"]).await;
    rig
}

#[tokio::test]
async fn events_come_newest_first_and_end_with_the_figures() {
    let rig = three_lines().await;
    let events = all(open(&rig, "/api/v1/search?query=a").await).await;
    assert_eq!(bodies(&events), ["a 2", "a 1"]);
    let done = events.last().unwrap();
    assert_eq!(done.name, "done");
    assert_eq!(done.data["cursor"], format!("{}:3", rig.store.store_id()));
    assert_eq!((&done.data["more"], &done.data["incomplete"]), (&Value::Bool(false), &Value::Null));
    assert!(done.data["scanned_records"].is_u64() && done.data["elapsed_ms"].is_u64());
    let events = all(open(&rig, "/api/v1/search?query=a&order=oldest").await).await;
    assert_eq!(bodies(&events), ["a 1", "a 2"]);
    let events = all(open(&rig, "/api/v1/search?limit=2").await).await;
    assert_eq!(bodies(&events), ["a 2", "b"]);
    assert_eq!(events.last().unwrap().data["more"], true);
}

#[tokio::test]
async fn lines_come_newest_first_when_asked() {
    let rig = three_lines().await;
    let answer = rig.get("/api/v1/search?query=a&order=newest").await;
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let text = answer.text().await.unwrap();
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&found[0]["body"], &found[1]["body"], found.len()), (&"a 2".into(), &"a 1".into(), 2));
}

#[tokio::test]
async fn a_query_with_pipes_gives_a_table() {
    let rig = three_lines().await;
    let path = "/api/v1/search?query=a%20|%20count%20by%20container";
    let events = all(open(&rig, path).await).await;
    assert_eq!(bodies(&events), [""; 0]);
    let table = events.iter().find(|event| event.name == "table").unwrap();
    assert_eq!(table.data["rows"], serde_json::json!([["web", 2]]));
    let columns = table.data["columns"].as_array().unwrap();
    assert_eq!((columns.len(), &columns[1]), (2, &"count".into()));
    for order in ["", "&order=newest"] {
        let text = rig.get(&format!("{path}{order}")).await.text().await.unwrap();
        let row: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(row["count"], 2, "{order}: {text}");
    }
}

#[tokio::test]
async fn a_limit_of_time_is_never_taken_for_the_end() {
    let rig = Rig::start_with(|options| options.limits.search_timeout = Duration::ZERO).await;
    for _ in 0..20 {
        put(&rig.store, (0..500).map(|number| format!("line {number}"))).await;
    }
    let refused = rig.get("/api/v1/search?query=nothing-of-the-kind").await;
    assert_eq!(refused.status(), 503);
    let events = all(open(&rig, "/api/v1/search?query=nothing-of-the-kind").await).await;
    assert!(events.last().unwrap().data["incomplete"].is_string(), "{events:?}");
    assert_eq!(rig.get("/api/v1/context?seq=9000&after=900").await.status(), 503);
    let histogram = rig.get("/api/v1/histogram?query=line").await.text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&histogram).unwrap()["incomplete"].is_string(), "{histogram}");
    // Broken off at once, or within the body.
    let path = rig.url("/api/v1/search?query=nothing-of-the-kind&order=newest");
    let broken = async { client().get(path).send().await?.text().await };
    assert!(in_time(broken).await.is_err(), "a whole body");
}

async fn rig_with_long_answers(patience: Duration) -> Rig {
    let rig = Rig::start_with(|options| {
        options.limits.searches = 1;
        options.limits.search_queue_timeout = Duration::from_millis(20);
        options.limits.search_client_patience = patience;
    })
    .await;
    put(&rig.store, (0..9000).map(|_| "x".repeat(2000))).await;
    rig
}

/// The permit of the search comes back.
async fn wait_until_free(rig: &Rig) {
    in_time(async { while rig.get("/api/v1/search?limit=1").await.status() != 200 {} }).await;
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_search() {
    let rig = rig_with_long_answers(Duration::from_secs(600)).await;
    for accept in [EVENTS, "*/*"] {
        let path = rig.url("/api/v1/search?limit=9000&order=newest");
        let answer = in_time(client().get(path).header("accept", accept).send()).await.unwrap();
        assert_eq!(rig.get("/api/v1/search").await.status(), 429);
        drop(answer);
        wait_until_free(&rig).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_loses_its_search_and_sees_it() {
    let rig = rig_with_long_answers(Duration::from_millis(50)).await;
    for accept in [EVENTS, "*/*"] {
        let path = rig.url("/api/v1/search?limit=9000&order=newest");
        let answer = in_time(client().get(path).header("accept", accept).send()).await.unwrap();
        wait_until_free(&rig).await;
        assert!(in_time(answer.bytes()).await.is_err(), "a whole body");
    }
}

#[tokio::test]
async fn a_slow_client_gets_everything() {
    let rig = rig_with_long_answers(Duration::from_secs(600)).await;
    let events = all(open(&rig, "/api/v1/search?limit=9000").await).await;
    assert_eq!(bodies(&events).len(), 9000);
    assert_eq!(events.last().unwrap().name, "done");
}

#[tokio::test]
async fn a_stop_ends_streams_that_nobody_reads() {
    let rig = rig_with_long_answers(Duration::from_secs(600)).await;
    let path = rig.url("/api/v1/search?limit=9000&order=newest");
    let stuck = in_time(client().get(path).send()).await.unwrap();
    let started = std::time::Instant::now();
    rig.stop().await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    drop(stuck);
}
