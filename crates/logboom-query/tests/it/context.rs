//! The lines around a record.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_query::{Access, ContextRequest, ContextScope, SearchError, context, limits};

use crate::log::Log;

fn request(seq: u64, before: usize, after: usize, scope: ContextScope) -> ContextRequest {
    ContextRequest { seq, before, after, scope, access: Access::all(), timeout: None }
}

fn run(log: &Log, request: &ContextRequest) -> Vec<i64> {
    let records = context(&log.snapshot(), request, &AtomicBool::new(false)).unwrap();
    records.iter().map(|record| record.time).collect()
}

/// Times 10 to 90 of two containers that take turns, and one line that came late.
fn filled(seal: bool) -> (Log, u64) {
    let mut log = Log::new();
    let first = log.snapshot().seqs().end;
    log.write("a", &[(10, "a"), (30, "a"), (50, "a")]);
    log.write("b", &[(20, "b"), (40, "b"), (60, "b")]);
    if seal {
        log.seal();
    }
    log.write("a", &[(70, "a"), (90, "a"), (50, "same time"), (45, "late")]);
    log.write("b", &[(80, "b")]);
    (log, first)
}

#[test]
fn lines_of_the_same_container_or_of_all_in_the_order_of_a_search() {
    for seal in [false, true] {
        let (log, first) = filled(seal);
        // The record at 50.
        let hit = first + 2;
        for (before, after, scope, expected) in [
            (2, 2, ContextScope::Resource, &[30, 45, 50, 50, 70][..]),
            (2, 2, ContextScope::All, &[40, 45, 50, 50, 60]),
            (0, 0, ContextScope::All, &[50]),
            (100, 1, ContextScope::All, &[10, 20, 30, 40, 45, 50, 50]),
            (1, 100, ContextScope::Resource, &[45, 50, 50, 70, 90]),
        ] {
            assert_eq!(
                run(&log, &request(hit, before, after, scope)),
                expected,
                "{before} {after} {scope:?}"
            );
        }
        // The one of the same time, with a later seq.
        assert_eq!(run(&log, &request(first + 8, 1, 1, ContextScope::Resource)), [50, 50, 70]);
    }
}

#[test]
fn what_is_not_there_or_may_not_be_seen_has_no_context() {
    let (log, first) = filled(true);
    assert!(run(&log, &request(first + 100, 5, 5, ContextScope::All)).is_empty());
    let access = Access::by(Arc::new(|resource| resource.container_name() == "a"));
    let hidden = ContextRequest { access: access.clone(), ..request(first + 3, 1, 1, ContextScope::All) };
    assert!(run(&log, &hidden).is_empty());
    let seen = ContextRequest { access, ..request(first + 2, 1, 3, ContextScope::All) };
    assert_eq!(run(&log, &seen), [45, 50, 50, 70, 90]);
    let too_many = request(first, limits::SEARCH_LIMIT_MAX, 1, ContextScope::All);
    let refused = context(&log.snapshot(), &too_many, &AtomicBool::new(false));
    assert!(matches!(refused, Err(SearchError::LimitTooLarge { .. })));
}
