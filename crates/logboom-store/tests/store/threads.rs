//! A store with its threads on a real disk: the writer, the sealer, and those who submit and read.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use logboom_model::{Intake, Submission, SubmitError};
use logboom_store::Store;

use crate::harness::{batch, options, scan};
use crate::sealing::noise;

const MAX_BYTES: u64 = 6 << 20;

fn disk_bytes(path: &Path) -> u64 {
    // What goes meanwhile is gone.
    let Ok(meta) = std::fs::symlink_metadata(path) else { return 0 };
    let own = meta.blocks() * 512;
    let Ok(entries) = std::fs::read_dir(path) else { return own };
    own + entries.flatten().map(|entry| disk_bytes(&entry.path())).sum::<u64>()
}

#[test]
fn a_loud_container_costs_the_quiet_nothing_and_the_budget_holds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let options = || logboom_store::StoreOptions { max_bytes: MAX_BYTES, ring_bytes: 0, ..options() };
    let store = Store::open(&path, options()).unwrap();
    let mut quiet = Vec::new();
    for number in 0..250 {
        quiet.push(format!("quiet {number}"));
        let batches =
            vec![batch("loud", &[noise(number, 60_000)]), batch("quiet", &quiet[quiet.len() - 1..])];
        let mut submission = Submission { batches, ..Submission::default() };
        while let Err(error) = store.try_submit(submission) {
            let SubmitError::Full(back) = error else { panic!("closed") };
            submission = *back;
            assert!(store.wait_for_room(Duration::from_secs(60)), "the journal takes nothing");
        }
        assert!(disk_bytes(&path) <= MAX_BYTES, "{} after {number}", disk_bytes(&path));
    }
    store.flush().unwrap();
    let kept = |store: &Store| -> Vec<String> {
        scan(&store.snapshot()).into_iter().filter(|body| body.starts_with("quiet")).collect()
    };
    let stats = store.stats();
    assert!(
        kept(&store) == quiet,
        "{} of {} quiet rows are left: {stats:?}",
        kept(&store).len(),
        quiet.len()
    );
    assert!(stats.segments > 0 && stats.oldest_seq == 1, "{stats:?}");
    assert!(
        stats.gaps.iter().any(|gap| gap.resource == "loud" && gap.reason == "evicted"),
        "{:?}",
        stats.gaps
    );
    store.close();
    let store = Store::open(&path, options()).unwrap();
    assert!(kept(&store) == quiet);
}
