//! A store on a simulated disk, and a model of what must be in it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use logboom_model::{
    Batch, Flags, Gap, Intake, LogReader, Resource, Row, Severity, StateUpdate, Stream, Submission,
    SubmitError, TailEntry,
};
use logboom_store::fs::SimFs;
use logboom_store::{Columns, ManualClock, ManualStore, OpenError, Snapshot, Store, StoreOptions};

pub const START: i64 = 1_795_338_780_000_000_000;

pub fn options() -> StoreOptions {
    StoreOptions { min_free: 0, max_bytes: 64 << 20, max_age: None, ..StoreOptions::default() }
}

pub fn resource(name: &str) -> Arc<Resource> {
    Arc::new(Resource::builder().with("container.name", name).build())
}

pub fn row(time: i64) -> Row {
    Row { time, observed: time + 5, severity: Severity::INFO, stream: Stream::Stdout, flags: Flags::empty() }
}

pub fn batch(name: &str, bodies: &[impl AsRef<[u8]>]) -> Batch {
    let mut batch = Batch::new(resource(name));
    for (index, body) in bodies.iter().enumerate() {
        batch.push(row(START + index as i64), body.as_ref());
    }
    batch
}

pub fn lines(bodies: &[impl AsRef<[u8]>]) -> Submission {
    Submission { batches: vec![batch("web", bodies)], ..Submission::default() }
}

pub fn update(key: &str, value: Option<&str>) -> StateUpdate {
    StateUpdate { key: key.as_bytes().into(), value: value.map(|value| value.as_bytes().to_vec()) }
}

/// A store with its disk and clock.
pub struct Rig {
    pub fs: SimFs,
    pub clock: Arc<ManualClock>,
    pub options: StoreOptions,
    pub open: Option<ManualStore>,
}

impl Rig {
    pub fn new(options: StoreOptions) -> Self {
        let mut rig =
            Self { fs: SimFs::new(1), clock: Arc::new(ManualClock::at(START)), options, open: None };
        rig.reopen().unwrap();
        rig
    }

    /// Opens what is on the disk; the store before must be gone.
    pub fn reopen(&mut self) -> Result<(), OpenError> {
        self.open = None;
        let mut open = Store::open_manual(
            Path::new("/data"),
            Arc::new(self.fs.clone()),
            self.clock.clone(),
            self.options.clone(),
        )?;
        open.pump();
        self.open = Some(open);
        Ok(())
    }

    pub fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.close();
        }
    }

    /// Dies without a word; what was written stays.
    pub fn kill(&mut self) {
        self.fs.kill();
        self.open = None;
    }

    pub fn crash(&mut self, seed: u64) {
        self.fs.crash(seed);
        self.open = None;
    }

    pub fn store(&self) -> &Store {
        &self.open.as_ref().unwrap().store
    }

    pub fn pump(&mut self) {
        self.open.as_mut().unwrap().pump();
    }

    /// Submits and runs the writer; says whether it was acknowledged.
    pub fn commit(&mut self, submission: Submission) -> bool {
        let acked = self.submit(submission);
        self.pump();
        acked.load(Ordering::SeqCst) > 0
    }

    /// Submits; the counter goes up with the acknowledgement.
    pub fn submit(&mut self, mut submission: Submission) -> Arc<AtomicU64> {
        let acked = Arc::new(AtomicU64::new(0));
        let counter = acked.clone();
        submission.ack = Some(Box::new(move || {
            counter.fetch_add(1, Ordering::SeqCst);
        }));
        assert!(self.store().try_submit(submission).is_ok(), "the queue is full");
        acked
    }

    pub fn journal_names(&self) -> Vec<String> {
        let mut names = logboom_store::fs::Fs::list(&self.fs, "journal").unwrap();
        names.sort();
        names.into_iter().map(|name| format!("journal/{name}")).collect()
    }

    /// Everything a reader gets from a seq on: bodies with seqs, and ranges that are gone.
    pub fn read(&self, from: u64) -> Seen {
        read(self.store(), from)
    }

    /// Bodies that a reader gets from the beginning, gap rows left out.
    pub fn bodies(&self) -> Vec<String> {
        self.read(1).0.into_iter().map(|(_, body)| body).filter(|body| !body.starts_with("gap (")).collect()
    }
}

/// Rows by seq, and ranges that are gone.
pub type Seen = (Vec<(u64, String)>, Vec<(u64, u64)>);

pub fn read(store: &Store, from: u64) -> Seen {
    let mut reader = store.reader(from);
    let (mut rows, mut gone) = (Vec::new(), Vec::new());
    while let Some(entry) = reader.next_entry().unwrap() {
        match entry {
            TailEntry::Evicted { from, to } => gone.push((from, to)),
            TailEntry::Thinned { .. } => {}
            TailEntry::Batches(batches) => {
                for record in batches.iter().flat_map(Batch::records) {
                    rows.push((record.seq, String::from_utf8_lossy(record.body).into_owned()));
                }
            }
        }
    }
    assert!(gone.is_empty() || reader.position() == store.end_seq());
    (rows, gone)
}

/// Bodies of the whole log, as a search reads it, by seq.
pub fn scan(snapshot: &Snapshot) -> Vec<String> {
    let rows = rows_of_parts(snapshot, i64::MIN..i64::MAX, 0..u64::MAX);
    rows.into_iter().map(|(_, body)| body).collect()
}

/// Rows of every part, by seq.
pub fn rows_of_parts(
    snapshot: &Snapshot,
    times: std::ops::Range<i64>,
    seqs: std::ops::Range<u64>,
) -> Vec<(u64, String)> {
    let mut rows = Vec::new();
    for part in snapshot.parts(times, seqs) {
        let open = part.open().unwrap();
        for block in 0..open.block_count() {
            let view = open.block(block);
            let batches = open.load(block, &Columns::all()).unwrap();
            let before = rows.len();
            for record in batches.iter().flat_map(Batch::records) {
                assert!(
                    (view.seqs.0..=view.seqs.1).contains(&record.seq) && part.seqs().contains(&record.seq)
                );
                assert!((view.times.0..=view.times.1).contains(&record.time));
                rows.push((record.seq, String::from_utf8_lossy(record.body).into_owned()));
            }
            assert!(rows.len() - before <= view.rows as usize);
        }
    }
    rows.sort();
    rows
}

/// A gap of one container.
pub fn gap(name: &str, reason: logboom_model::GapReason) -> Gap {
    Gap::unknown(resource(name), "docker", reason, "for a test")
}

pub fn is_full(result: &Result<(), SubmitError>) -> bool {
    matches!(result, Err(SubmitError::Full(_)))
}

impl Rig {
    /// The id a read-only look finds.
    pub fn store_id_on_disk(&self) -> logboom_model::StoreId {
        Snapshot::open_read_only_on(Arc::new(self.fs.clone()), Path::new("/data")).unwrap().store_id()
    }
}
