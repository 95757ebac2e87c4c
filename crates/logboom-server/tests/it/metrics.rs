//! `/metrics` as Prometheus would read it.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{Rig, put};

/// Parses the text format strictly; returns samples by name and labels.
fn parse(text: &str) -> BTreeMap<String, f64> {
    let (mut samples, mut announced) = (BTreeMap::new(), BTreeSet::new());
    let mut family = String::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let mut words = rest.splitn(3, ' ');
            let (keyword, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            match keyword {
                "HELP" => assert!(announced.insert(name.to_owned()), "{name} twice"),
                "TYPE" => {
                    assert!(["counter", "gauge"].contains(&rest), "{line}");
                    assert_eq!(rest == "counter", name.ends_with("_total"), "{line}");
                    family = name.to_owned();
                }
                other => panic!("{other}"),
            }
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert_eq!(series.split('{').next().unwrap(), family, "{line}");
        assert!(!series.contains('{') || series.ends_with("\"}"), "{line}");
        assert!(samples.insert(series.to_owned(), value.parse().unwrap()).is_none(), "{series} twice");
    }
    samples
}

#[tokio::test]
async fn metrics_are_well_formed_and_tell_the_truth() {
    let rig = Rig::start().await;
    put(&rig.store, ["a", "b", "c"]).await;
    assert_eq!(rig.get("/api/v1/search?limit=x").await.status(), 400);
    assert_eq!(rig.get("/nothing/1").await.status(), 404);
    assert_eq!(rig.get("/nothing/2").await.status(), 404);
    let tail = rig.get("/api/v1/tail").await;
    let answer = rig.get("/metrics").await;
    assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let samples = parse(&answer.text().await.unwrap());
    for (series, expected) in [
        ("logboom_records_total", 3.0),
        ("logboom_seq", 3.0),
        ("logboom_tail_clients", 1.0),
        ("logboom_searches_running", 0.0),
        ("logboom_store_degraded", 0.0),
        ("logboom_http_requests_total{route=\"/api/v1/search\",status=\"400\"}", 1.0),
        ("logboom_http_requests_total{route=\"unknown\",status=\"404\"}", 2.0),
        ("logboom_http_requests_total{route=\"/api/v1/tail\",status=\"200\"}", 1.0),
        ("logboom_source_records_total{source=\"dock\\\"er\\n\",kind=\"docker\"}", 7.0),
        ("logboom_source_lag_bytes{source=\"dock\\\"er\\n\",kind=\"docker\"}", 11.0),
        ("logboom_sink_lag_seconds{sink=\"siem\"}", 1.5),
        ("logboom_sink_state{sink=\"siem\",state=\"retrying\"}", 1.0),
        ("logboom_recent_gaps{reason=\"evicted\"}", 1.0),
    ] {
        assert_eq!(samples.get(series), Some(&expected), "{series}");
    }
    assert!(samples["process_resident_memory_bytes"] > 1e6 && samples["process_open_fds"] > 3.0);
    assert!(samples.keys().any(|series| series.starts_with("logboom_build_info{version=")));
    drop(tail);
}
