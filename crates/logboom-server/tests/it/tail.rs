//! `/api/v1/tail`: order, resume, history, heartbeats.

use std::time::{Duration, Instant};

use logboom_model::{Cursor, StoreId};

use crate::support::{Events, Rig, in_time, put};

#[tokio::test]
async fn a_tail_starts_at_the_end_says_where_that_is_and_goes_on() {
    let rig = Rig::start().await;
    put(&rig.store, ["old"]).await;
    let mut events = Events::open(&rig, "/api/v1/tail", None).await;
    let first = events.next().await.unwrap();
    assert_eq!((first.name.as_str(), first.seq()), ("position", 1));
    assert_eq!(first.id, Some(format!("{}:1", rig.store.store_id())));
    put(&rig.store, ["new"]).await;
    let event = events.expect("record").await;
    assert_eq!((event.body(), event.seq()), ("new", 2));
    assert_eq!(event.id, Some(format!("{}:2", rig.store.store_id())));
}

#[tokio::test]
async fn an_empty_log_has_a_position_too() {
    let rig = Rig::start().await;
    let mut events = Events::open(&rig, "/api/v1/tail", None).await;
    assert_eq!(events.next().await.unwrap().seq(), 0);
    let id = events.last_id.clone().unwrap();
    drop(events);
    put(&rig.store, ["first"]).await;
    let mut resumed = Events::open(&rig, "/api/v1/tail", Some(&id)).await;
    assert_eq!(resumed.expect("record").await.body(), "first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconnecting_at_any_moment_loses_and_doubles_nothing() {
    const LINES: u64 = 5000;
    let rig = Rig::start().await;
    let store = rig.store.clone();
    let writer = tokio::spawn(async move {
        for start in (0..LINES).step_by(20) {
            put(&store, (start..start + 20).map(|number| format!("line {number} {}", "x".repeat(500)))).await;
        }
    });
    let (mut seen, mut id, mut connections) = (Vec::new(), None, 0);
    while seen.len() < LINES as usize {
        let mut events = Events::open(&rig, "/api/v1/tail?from=earliest", id.as_deref()).await;
        connections += 1;
        // Each connection lives for another number of events, so that cuts fall everywhere.
        for _ in 0..(connections * 37) % 400 + 1 {
            let event = events.next().await.unwrap();
            match event.name.as_str() {
                "record" => {
                    seen.push((event.seq(), event.body().split(' ').nth(1).unwrap().parse::<u64>().unwrap()));
                }
                "position" => {}
                other => panic!("{other}"),
            }
            if seen.len() == LINES as usize {
                break;
            }
        }
        id = events.last_id.clone();
    }
    writer.await.unwrap();
    assert_eq!(seen, (0..LINES).map(|number| (number + 1, number)).collect::<Vec<_>>());
    assert!(connections > 10);
}

#[tokio::test]
async fn only_matches_are_sent_and_positions_make_the_resume_cheap() {
    let rig =
        Rig::start_with(|options| options.limits.tail_position_interval = Duration::from_millis(50)).await;
    let mut events = Events::open(&rig, "/api/v1/tail?query=needle", None).await;
    assert_eq!(events.next().await.unwrap().seq(), 0);
    put(&rig.store, (0..1000).map(|number| format!("hay {number}"))).await;
    // Nothing matches, and yet the client soon knows how far it need not look again.
    let position = events.next().await.unwrap();
    assert_eq!((position.name.as_str(), position.seq()), ("position", 1000));
    put(&rig.store, ["a needle"]).await;
    let event = events.expect("record").await;
    assert_eq!((event.body(), event.seq()), ("a needle", 1001));
}

#[tokio::test]
async fn an_idle_tail_has_a_heartbeat() {
    let rig = Rig::start_with(|options| options.limits.tail_heartbeat = Duration::from_millis(50)).await;
    let mut events = Events::open(&rig, "/api/v1/tail", None).await;
    for _ in 0..3 {
        let event = events.next().await.unwrap();
        assert_eq!((event.name.as_str(), event.seq()), ("position", 0));
    }
}

#[tokio::test]
async fn history_comes_first_without_ids_and_joins_the_live_part() {
    let rig = Rig::start().await;
    put(
        &rig.store,
        (0..50).map(|number| format!("{} {number}", if number % 2 == 0 { "even" } else { "odd" })),
    )
    .await;
    let mut events = Events::open(&rig, "/api/v1/tail?query=even&lines=3", None).await;
    for expected in ["even 44", "even 46", "even 48"] {
        let event = events.next().await.unwrap();
        assert_eq!((event.name.as_str(), event.body(), &event.id), ("record", expected, &None));
    }
    let position = events.next().await.unwrap();
    assert_eq!((position.name.as_str(), position.seq()), ("position", 50));
    put(&rig.store, ["odd", "even 50"]).await;
    assert_eq!(events.expect("record").await.body(), "even 50");
    // A reconnecting browser repeats its URL: the id wins, and history is not sent again.
    let id = events.last_id.clone().unwrap();
    let mut resumed = Events::open(&rig, "/api/v1/tail?query=even&lines=3", Some(&id)).await;
    put(&rig.store, ["even 51"]).await;
    assert_eq!(resumed.expect("record").await.body(), "even 51");
}

#[tokio::test]
async fn a_cursor_of_another_log_or_of_the_future_is_reset() {
    let rig = Rig::start().await;
    put(&rig.store, ["one", "two"]).await;
    let other = Cursor { store_id: StoreId([9; 16]), seq: 1 }.to_string();
    let future = Cursor { store_id: rig.store.store_id(), seq: 3 }.to_string();
    for (path, id) in [
        (format!("/api/v1/tail?from={other}"), None),
        (format!("/api/v1/tail?from={future}"), None),
        ("/api/v1/tail".to_owned(), Some(other.as_str())),
        ("/api/v1/tail?from=earliest".to_owned(), Some("junk")),
    ] {
        let mut events = Events::open(&rig, &path, id).await;
        let event = events.next().await.unwrap();
        assert_eq!((event.name.as_str(), event.seq()), ("reset", 2), "{path}");
        assert_eq!(event.data["store_id"], rig.store.store_id().to_string());
        assert_eq!(events.next().await.unwrap().seq(), 2, "a position to resume by follows");
    }
}

#[tokio::test]
async fn a_search_answer_names_the_place_where_a_tail_goes_on() {
    let rig = Rig::start().await;
    put(&rig.store, ["one", "two"]).await;
    let found = rig.get("/api/v1/search").await;
    let cursor = found.headers()["logboom-cursor"].to_str().unwrap().to_owned();
    put(&rig.store, ["three"]).await;
    let mut events = Events::open(&rig, &format!("/api/v1/tail?from={cursor}"), None).await;
    assert_eq!(events.expect("record").await.body(), "three");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_out_soon_after_its_sync() {
    let rig = Rig::start().await;
    let mut events = Events::open(&rig, "/api/v1/tail", None).await;
    events.next().await.unwrap();
    let mut delays = Vec::new();
    for number in 0..50 {
        let mut durable = rig.store.durable();
        durable.borrow_and_update();
        let store = rig.store.clone();
        let write = tokio::spawn(async move { put(&store, [format!("{number}")]).await });
        in_time(durable.changed()).await.unwrap();
        let synced = Instant::now();
        events.expect("record").await;
        delays.push(synced.elapsed());
        write.await.unwrap();
    }
    delays.sort();
    // A loose bound for a loaded machine; the median is what a poll of any kind would miss.
    assert!(delays[25] < Duration::from_millis(20), "{delays:?}");
    println!("sync to event: median {:?}, p90 {:?}, most {:?}", delays[25], delays[45], delays[49]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_lagging_tails_than_turns_all_get_everything() {
    let rig = Rig::start_with(|options| {
        options.limits.tail_holds = 1;
        options.limits.tail_reads = 1;
        options.limits.tail_hold_wait = Duration::from_millis(20);
    })
    .await;
    for start in (0..4000).step_by(500) {
        put(&rig.store, (start..start + 500).map(|number| format!("line {number} {}", "x".repeat(1000))))
            .await;
    }
    let mut tails = Vec::new();
    for _ in 0..8 {
        tails.push(Events::open(&rig, "/api/v1/tail?from=earliest", None).await);
    }
    // Read one after the other: those that wait are stalled clients meanwhile, and may hold up none before them.
    for mut tail in tails {
        for seq in 1..=4000 {
            assert_eq!(tail.expect("record").await.seq(), seq);
        }
    }
}
