//! A store to be searched: commits, sealed into segments where a test says so.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_model::{Batch, Flags, Intake as _, Resource, Row, Severity, Stream, Submission};
use logboom_query::{OwnedRecord, SearchOutcome, SearchRequest, collect, parse};
use logboom_store::fs::SimFs;
use logboom_store::{ManualClock, ManualStore, Snapshot, Store, StoreOptions};

use crate::fixture::marks;

/// A store on a simulated disk, without threads of its own.
pub struct Log {
    manual: ManualStore,
}

/// What a search gave.
pub struct Found {
    pub records: Vec<OwnedRecord>,
    pub outcome: SearchOutcome,
}

impl Found {
    pub fn bodies(&self) -> Vec<String> {
        self.records.iter().map(|record| String::from_utf8_lossy(&record.body).into_owned()).collect()
    }
}

pub fn container(name: &str) -> Arc<Resource> {
    Arc::new(Resource::builder().with("container.name", name).build())
}

/// A row with an event time.
pub fn at(time: i64) -> Row {
    Row {
        time,
        observed: time.saturating_add(1),
        severity: Severity::UNSET,
        stream: Stream::Stdout,
        flags: Flags::empty(),
    }
}

/// Lines of a container, marked as the stages of processing do.
pub fn lines(name: &str, lines: &[(i64, &str)]) -> Batch {
    let mut batch = Batch::new(container(name));
    for (time, body) in lines {
        batch.push(Row { flags: marks(body.as_bytes()), ..at(*time) }, body.as_bytes());
    }
    batch
}

/// A search through everything, on two threads.
pub fn request(query: &str, limit: usize) -> SearchRequest {
    SearchRequest { threads: 2, ..SearchRequest::new(parse(query).unwrap(), limit) }
}

impl Log {
    pub fn new() -> Self {
        let options =
            StoreOptions { min_free: 0, max_age: None, max_bytes: 1 << 30, ..StoreOptions::default() };
        let clock = Arc::new(ManualClock::at(1_795_338_780_000_000_000));
        let manual = Store::open_manual(Path::new("/sim"), Arc::new(SimFs::new(1)), clock, options).unwrap();
        let mut log = Self { manual };
        log.manual.pump();
        log
    }

    /// One commit.
    pub fn commit(&mut self, batches: Vec<Batch>) {
        let submission = Submission { batches, ..Submission::default() };
        assert!(self.manual.store.try_submit(submission).is_ok());
        self.manual.pump();
    }

    /// One commit of lines of one container.
    pub fn write(&mut self, container: &str, bodies: &[(i64, &str)]) {
        self.commit(vec![lines(container, bodies)]);
    }

    /// Seals what there is.
    pub fn seal(&mut self) {
        assert!(self.manual.roll());
        while self.manual.seal().unwrap() {}
    }

    pub fn snapshot(&self) -> Snapshot {
        self.manual.store.snapshot()
    }

    pub fn search(&self, request: &SearchRequest) -> Found {
        let (records, outcome) =
            collect(&self.snapshot(), request, &AtomicBool::new(false), &mut |_| {}).unwrap();
        Found { records, outcome }
    }
}
