//! A tail that the log has overtaken says so, to the row.

use logboom_store::{OpenError, Store, StoreOptions};

use crate::support::{Events, Rig, put};

/// The smallest store there can be.
fn small() -> StoreOptions {
    let options =
        |max_bytes| StoreOptions { max_bytes, min_free: 0, ring_bytes: 1 << 16, ..StoreOptions::default() };
    let directory = tempfile::tempdir().unwrap();
    let least = match Store::open(directory.path(), options(1)) {
        Err(OpenError::BudgetTooSmall { least, .. }) => least,
        Ok(_) => panic!("a budget of one byte"),
        Err(other) => panic!("{other}"),
    };
    options(least)
}

/// Bodies that no compression shrinks.
fn noise(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..count).map(|_| (0..8192).map(|_| next()).collect()).collect()
}

/// Writes until every row before `seq` is gone.
async fn evict_up_to(rig: &Rig, seq: u64) {
    for seed in 1..2000 {
        if rig.store.stats().oldest_seq >= seq {
            return;
        }
        put(&rig.store, noise(seed, 64)).await;
    }
    panic!("nothing was evicted: {:?}", rig.store.stats());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_below_the_oldest_row_starts_with_the_gap() {
    let rig = Rig::start_on(small(), |_| {}).await;
    put(&rig.store, ["one", "two", "three"]).await;
    evict_up_to(&rig, 100).await;
    let cursor = format!("{}:2", rig.store.store_id());
    let mut events = Events::open(&rig, "/api/v1/tail", Some(&cursor)).await;
    let gap = events.expect("gap").await;
    assert_eq!((gap.data["from"].as_u64(), gap.data["reason"].as_str()), (Some(3), Some("evicted")));
    let to = gap.data["to"].as_u64().unwrap();
    assert!(to >= 100, "{gap:?}");
    assert_eq!(gap.id, Some(format!("{}:{}", rig.store.store_id(), to - 1)));
    let record = events.expect("record").await;
    assert_eq!(record.seq(), to, "the first row after the gap follows it");
    // Whoever resumes at the gap is not told of it twice.
    let mut resumed = Events::open(&rig, "/api/v1/tail", gap.id.as_deref()).await;
    let next = resumed.next().await.unwrap();
    assert!(
        next.name == "record" || next.name == "gap" && next.data["from"].as_u64() >= Some(to),
        "{next:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resume_from_before_the_first_row_has_its_gap_too() {
    let rig = Rig::start_on(small(), |_| {}).await;
    evict_up_to(&rig, 100).await;
    let cursor = format!("{}:0", rig.store.store_id());
    let mut events = Events::open(&rig, "/api/v1/tail", Some(&cursor)).await;
    let gap = events.expect("gap").await;
    assert_eq!((gap.data["from"].as_u64(), gap.data["reason"].as_str()), (Some(1), Some("evicted")));
    assert_eq!(events.expect("record").await.seq(), gap.data["to"].as_u64().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn earliest_begins_at_what_there_is_without_a_gap() {
    let rig = Rig::start_on(small(), |_| {}).await;
    evict_up_to(&rig, 100).await;
    put(&rig.store, ["there is something"]).await;
    // The sealer may still be making room: then the oldest row is another one by now.
    for _ in 0..100 {
        let oldest = rig.store.stats().oldest_seq;
        let mut events = Events::open(&rig, "/api/v1/tail?from=earliest", None).await;
        let first = events.next().await.unwrap();
        if rig.store.stats().oldest_seq == oldest {
            assert_eq!((first.name.as_str(), first.seq()), ("record", oldest));
            return;
        }
    }
    panic!("the oldest row never stays: {:?}", rig.store.stats());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_slower_than_the_log_gets_every_row_or_a_gap_that_names_it() {
    let rig = Rig::start_on(small(), |options| {
        options.limits.tail_park_after = std::time::Duration::from_millis(20);
    })
    .await;
    put(&rig.store, ["first"]).await;
    let mut events = Events::open(&rig, "/api/v1/tail?from=earliest", None).await;
    assert_eq!(events.expect("record").await.seq(), 1);
    // The client sleeps while the log turns over several times.
    for seed in 0..4 {
        put(&rig.store, noise(seed * 7 + 3, 64)).await;
        evict_up_to(&rig, rig.store.end_seq()).await;
    }
    put(&rig.store, ["last"]).await;
    let (mut next, mut lagged) = (2, 0);
    let end = rig.store.end_seq();
    while next < end {
        let event = events.next().await.unwrap();
        match event.name.as_str() {
            "record" => {
                assert_eq!(event.seq(), next, "no row is skipped in silence");
                next += 1;
            }
            "gap" => {
                assert_eq!(event.data["from"].as_u64(), Some(next));
                assert_eq!(event.data["reason"], "lagged");
                next = event.data["to"].as_u64().unwrap();
                lagged += 1;
            }
            other => assert_eq!(other, "position"),
        }
    }
    assert!(lagged > 0);
}
