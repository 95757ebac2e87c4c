//! The most frequent values of fields.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_model::{Batch, Row, Severity};
use logboom_query::{Access, Facet, FacetsRequest, SearchError, facets, limits, parse};

use crate::log::{Log, at, container};

fn request(query: &str, fields: &[&str], limit: usize) -> FacetsRequest {
    FacetsRequest {
        query: parse(query).unwrap(),
        since: i64::MIN,
        until: None,
        fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        limit,
        access: Access::all(),
        threads: 2,
        timeout: None,
    }
}

fn run(log: &Log, request: &FacetsRequest) -> Vec<Facet> {
    facets(&log.snapshot(), request, &AtomicBool::new(false)).unwrap()
}

fn shown(facet: &Facet) -> String {
    let values: Vec<_> =
        facet.values.iter().map(|value| format!("{}={}", value.value, value.count)).collect();
    format!("{} +{} -{} of {}", values.join(" "), facet.other, facet.missing, facet.distinct)
}

fn filled(seal: bool) -> Log {
    let mut log = Log::new();
    log.write("a", &[(1, r#"{"user":"x","n":1}"#), (2, r#"{"user":"y","n":1.5}"#), (3, "text")]);
    log.write("b", &[(4, "user=x n=1"), (5, r#"{"user":"z\u0041"}"#)]);
    let mut batch = Batch::new(container("b"));
    batch.push(Row { severity: Severity::WARN, ..at(6) }, b"w");
    batch.push(Row { severity: Severity::CRITICAL, ..at(7) }, b"c");
    log.commit(vec![batch]);
    if seal {
        log.seal();
    }
    log
}

#[test]
fn values_are_counted_the_most_frequent_first() {
    for seal in [false, true] {
        let log = filled(seal);
        let all = run(&log, &request("*", &["container", "severity", "user", "n", "stream", "nothing"], 2));
        let shown: Vec<_> = all.iter().map(shown).collect();
        assert_eq!(
            shown,
            [
                "b=4 a=3 +0 -0 of 2",
                "error=1 warn=1 +0 -5 of 2",
                "x=2 y=1 +1 -3 of 3",
                "1=2 1.5=1 +0 -4 of 2",
                "stdout=7 +0 -0 of 1",
                " +0 -7 of 0",
            ]
        );
        let some = run(&log, &request("user:x", &["container"], 9));
        assert_eq!(some.iter().map(self::shown).collect::<Vec<_>>(), ["a=1 b=1 +0 -0 of 2"]);
    }
}

#[test]
fn what_may_not_be_seen_does_not_count() {
    for seal in [false, true] {
        let log = filled(seal);
        let access = Access::by(Arc::new(|resource| resource.container_name() == "a"));
        let all = run(&log, &FacetsRequest { access, ..request("*", &["container", "user"], 9) });
        assert_eq!(all.iter().map(shown).collect::<Vec<_>>(), ["a=3 +0 -0 of 1", "x=1 y=1 +0 -1 of 2"]);
    }
}

#[test]
fn fields_that_are_none_and_too_many_are_refused() {
    let log = Log::new();
    let many = vec!["a"; limits::FACETS_MAX + 1];
    for fields in [&["time"][..], &["no name"], &many] {
        let refused = facets(&log.snapshot(), &request("*", fields, 9), &AtomicBool::new(false));
        assert!(matches!(refused, Err(SearchError::Refused(_))), "{fields:?}");
    }
}
