//! The simulated disk loses what a real one may lose.

use super::*;

fn put(fs: &SimFs, name: &str) {
    let file = fs.create(name).unwrap();
    file.write_at(b"x", 0).unwrap();
    file.sync_data().unwrap();
}

#[test]
fn directories_nest_and_are_lost_with_their_files_until_they_are_synced_themselves() {
    let mut survived = [false; 2];
    for seed in 0..40 {
        let fs = SimFs::new(1);
        assert!(fs.create("a/f").is_err() && fs.list("a").is_err());
        assert!(fs.create_dir("a/b").is_err());
        fs.create_dir("a").unwrap();
        fs.create_dir("a/b").unwrap();
        put(&fs, "a/b/f");
        fs.sync_dir("a/b").unwrap();
        assert_eq!(fs.list("a").unwrap(), ["b"]);
        assert!(fs.remove_dir("a/b").is_err(), "it is not empty");
        assert!(fs.open("a", false).is_err() && fs.unlink("a").is_err(), "no file");
        fs.crash(seed);
        survived[usize::from(fs.open("a/b/f", false).is_ok())] = true;
    }
    assert_eq!(survived, [true; 2], "nobody synced a, nor the root");
}

#[test]
fn a_rename_across_directories_is_durable_when_both_are_synced() {
    let mut both = false;
    for seed in 0..40 {
        let fs = SimFs::new(1);
        fs.create_dir("a").unwrap();
        fs.create_dir("b").unwrap();
        fs.sync_dir("").unwrap();
        put(&fs, "a/f");
        fs.sync_dir("a").unwrap();
        fs.rename("a/f", "b/f").unwrap();
        let unsynced = fs.fork();
        unsynced.crash(seed);
        assert!(unsynced.open("a/f", false).is_ok() != unsynced.open("b/f", false).is_ok());
        fs.sync_dir("b").unwrap();
        let half = fs.fork();
        half.crash(seed);
        assert!(half.open("b/f", false).is_ok());
        both |= half.open("a/f", false).is_ok();
        fs.sync_dir("a").unwrap();
        fs.crash(seed);
        assert!(fs.open("b/f", false).is_ok() && fs.open("a/f", false).is_err());
    }
    assert!(both);
}
