//! `/api/v1/{histogram,facets,complete,context}` over a real store.

use logboom_model::{Batch, Flags, Resource, Row, Severity, Stream};
use serde_json::{Value, json};

use crate::support::{Rig, now, put, put_batch, resource};

async fn answer(rig: &Rig, path: &str) -> Value {
    let answer = rig.get(path).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Lines of two containers and three severities, a second apart, the newest a minute old.
async fn mixed_lines(rig: &Rig) {
    for (name, offset) in [("web", 0), ("db", 1)] {
        let mut batch = Batch::new(resource(name));
        for number in 0..6_i64 {
            let time = now() - (60 + 2 * (5 - number) + offset) * 1_000_000_000;
            let severity = [Severity::INFO, Severity::WARN, Severity::ERROR][number as usize % 3];
            let row = Row { time, observed: time, severity, stream: Stream::Stdout, flags: Flags::empty() };
            batch.push(row, format!("{name} line {number}").as_bytes());
        }
        put_batch(&rig.store, batch).await;
    }
}

#[tokio::test]
async fn a_histogram_counts_every_line_by_severity() {
    let rig = Rig::start().await;
    mixed_lines(&rig).await;
    let found = answer(&rig, "/api/v1/histogram?since=1h&interval=1m&by=severity").await;
    assert_eq!(
        (&found["interval_ms"], &found["total"], &found["exact"]),
        (&json!(60_000.0), &json!(12), &json!(true))
    );
    assert!(found["start"].as_str().unwrap().ends_with(":00.000000000Z"), "{found}");
    let series = found["series"].as_array().unwrap();
    let named: Vec<_> = series
        .iter()
        .map(|series| (series["name"].as_str().unwrap(), series["total"].as_u64().unwrap()))
        .collect();
    assert_eq!(named, [("info", 4), ("warn", 4), ("error", 4)]);
    let bars = found["bars"].as_u64().unwrap() as usize;
    assert!(series.iter().all(|series| series["counts"].as_array().unwrap().len() == bars));
    // From the epoch on is from the first line on: no bars for half a century.
    let found = answer(&rig, "/api/v1/histogram?since=1970-01-01&interval=1m").await;
    assert!(found["total"] == 12 && found["bars"].as_u64().unwrap() < 10, "{found}");
    let found = answer(&rig, "/api/v1/histogram?since=1h&query=web&bars=10").await;
    assert_eq!(found["total"], 6);
    assert!(found["bars"].as_u64().unwrap() <= 10, "{found}");
}

#[tokio::test]
async fn facets_count_the_values_of_fields() {
    let rig = Rig::start().await;
    mixed_lines(&rig).await;
    let found = answer(&rig, "/api/v1/facets?fields=container,severity&query=-web&limit=1").await;
    let facets = found["facets"].as_array().unwrap();
    assert_eq!(
        (&facets[0]["field"], &facets[0]["values"]),
        (&json!("container"), &json!([{ "value": "db", "count": 6 }]))
    );
    assert_eq!((&facets[1]["distinct"], &facets[1]["other"]), (&json!(3), &json!(4)));
}

#[tokio::test]
async fn completion_knows_fields_and_values_of_the_log() {
    let rig = Rig::start().await;
    mixed_lines(&rig).await;
    let found = answer(&rig, "/api/v1/complete?text=contain").await;
    let inserts = |found: &Value| -> Vec<String> {
        found["suggestions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["insert"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(inserts(&found).iter().any(|insert| insert.starts_with("container")), "{found}");
    let found = answer(&rig, "/api/v1/complete?text=container:w").await;
    assert!(inserts(&found).iter().any(|insert| insert.contains("web")), "{found}");
}

#[tokio::test]
async fn context_is_of_the_same_container_unless_told() {
    let rig = Rig::start().await;
    put(&rig.store, (0..5).map(|number| format!("line {number}"))).await;
    let db = Resource::builder().with("container.name", "db").with("container.id", "db").build();
    let mut other = Batch::new(std::sync::Arc::new(db));
    let row = Row {
        time: now(),
        observed: now(),
        severity: Severity::INFO,
        stream: Stream::Stdout,
        flags: Flags::empty(),
    };
    other.push(row, b"of another");
    put_batch(&rig.store, other).await;
    let bodies = async |path: &str| -> Vec<String> {
        let text = rig.get(path).await.text().await.unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["body"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        bodies("/api/v1/context?seq=3&before=1&after=2").await,
        ["line 1", "line 2", "line 3", "line 4"]
    );
    assert_eq!(bodies("/api/v1/context?seq=5&before=0&after=9").await, ["line 4"]);
    assert_eq!(bodies("/api/v1/context?seq=5&before=0&after=9&scope=all").await, ["line 4", "of another"]);
    let missing = rig.get("/api/v1/context?seq=77").await;
    assert_eq!(missing.status(), 404);
}

#[tokio::test]
async fn a_link_to_a_line_outlives_the_default_range() {
    let rig = Rig::start().await;
    let mut batch = Batch::new(resource("web"));
    let time = now() - 72 * 3_600_000_000_000;
    let row =
        Row { time, observed: time, severity: Severity::INFO, stream: Stream::Stdout, flags: Flags::empty() };
    batch.push(row, b"of last week");
    put_batch(&rig.store, batch).await;
    assert_eq!(rig.get("/api/v1/search").await.text().await.unwrap(), "");
    assert_eq!(rig.get("/api/v1/search?query=seq:1").await.text().await.unwrap().lines().count(), 1);
    assert_eq!(rig.get("/api/v1/search?query=seq:1&since=1h").await.text().await.unwrap(), "");
    assert_eq!(rig.get("/api/v1/search?query=seq%3E=1").await.text().await.unwrap(), "");
}
