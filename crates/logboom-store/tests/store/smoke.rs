//! What a store does when nothing goes wrong.

use std::time::Duration;

use logboom_model::{Intake, LogReader, Submission};
use logboom_store::{Store, StoreState};

use crate::harness::{Rig, lines, options, read, scan, update};

#[test]
fn what_is_committed_is_read_back_in_order_after_every_kind_of_end() {
    let mut rig = Rig::new(options());
    assert!(rig.commit(lines(&["one", "two"])));
    assert!(rig.commit(Submission { state: vec![update("a/1", Some("x"))], ..lines(&["three"]) }));
    let id = rig.store().store_id();
    let expected: Vec<_> =
        [(1, "one"), (2, "two"), (3, "three")].map(|(seq, body)| (seq, body.to_owned())).into();
    for end in [Rig::close as fn(&mut Rig), Rig::kill, |rig| rig.crash(5), |rig| rig.open = None] {
        assert_eq!(rig.read(1), (expected.clone(), vec![]));
        assert_eq!(rig.read(2).0, expected[1..]);
        end(&mut rig);
        rig.fs.kill();
        rig.reopen().unwrap();
        assert_eq!(rig.store().store_id(), id);
        assert_eq!(rig.store().state(b"a/1"), Some(b"x".to_vec()));
        assert_eq!(rig.store().end_seq(), 4);
    }
    assert_eq!(scan(&rig.store().snapshot()), ["one", "two", "three"]);
    assert!(rig.commit(lines(&["four"])));
    assert_eq!(rig.read(4).0, [(4, "four".to_owned())]);
}

#[test]
fn a_real_directory_with_its_thread() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, options()).unwrap();
    let mut reader = store.reader(1);
    assert!(store.try_submit(lines(&["hello"])).is_ok());
    assert!(reader.wait(Duration::from_secs(10)));
    store.flush().unwrap();
    assert_eq!(read(&store, 1).0, [(1, "hello".to_owned())]);
    let stats = store.stats();
    assert_eq!((stats.records, stats.state, stats.journal_files), (1, StoreState::Running, 1));
    store.close();
    assert!(store.try_submit(lines(&["late"])).is_err());
    drop(store);
    let again = Store::open(&path, options()).unwrap();
    assert_eq!(read(&again, 1).0, [(1, "hello".to_owned())]);
}
