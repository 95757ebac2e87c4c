//! What the reader's thread shows to others: counters without locks, names and states behind short ones.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use logboom_model::format_rfc3339;
use logboom_model::status::{ContainerStatus, SourceStatus};

use crate::limits::{ERROR_LOG_INTERVAL, REMOVED_LISTED_AGE, REMOVED_LISTED_MAX};

const NEVER: i64 = i64::MIN;

/// One container as it is shown.
#[derive(Debug)]
pub struct Card {
    /// Records handed over since start.
    pub records: AtomicU64,
    /// Bytes not yet read.
    pub lag_bytes: AtomicU64,
    last_time: AtomicI64,
    text: Mutex<CardText>,
}

/// The words on a card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CardText {
    /// Name without slash.
    pub name: String,
    /// Image as given.
    pub image: String,
    /// `service.name`.
    pub service: String,
    /// `running`, `exited`, `removed`.
    pub state: &'static str,
    /// The way it is collected.
    pub via: String,
    /// Since when it is gone.
    pub removed: Option<Instant>,
}

impl Card {
    /// A card without words.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            records: AtomicU64::new(0),
            lag_bytes: AtomicU64::new(0),
            last_time: AtomicI64::new(NEVER),
            text: Mutex::default(),
        })
    }

    /// Event time of the newest record.
    pub fn set_last_time(&self, time: i64) {
        self.last_time.fetch_max(time, Ordering::Relaxed);
    }

    /// Changes the words.
    pub fn edit(&self, edit: impl FnOnce(&mut CardText)) {
        edit(&mut lock(&self.text));
    }

    fn status(&self, id: &str) -> ContainerStatus {
        let text = lock(&self.text).clone();
        let last_time = self.last_time.load(Ordering::Relaxed);
        ContainerStatus {
            id: id.to_owned(),
            name: text.name,
            image: text.image,
            service: text.service,
            state: text.state.to_owned(),
            via: text.via,
            lag_bytes: self.lag_bytes.load(Ordering::Relaxed),
            records: self.records.load(Ordering::Relaxed),
            last_time: (last_time != NEVER).then(|| format_rfc3339(last_time)),
        }
    }
}

/// Everything that is shown.
#[derive(Debug, Default)]
pub struct Board {
    cards: Mutex<BTreeMap<Arc<str>, Arc<Card>>>,
    words: Mutex<Words>,
    /// Records handed over since start.
    pub records: AtomicU64,
    /// Bytes read since start.
    pub bytes: AtomicU64,
    /// Lines that were no records, since start.
    pub decode_errors: AtomicU64,
}

/// The words about the whole source.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// The thread has ended.
    pub stopped: bool,
    /// The folder of containers is not there.
    pub waiting: Option<String>,
    /// What is not as it should be, but costs nothing yet.
    pub degraded: Option<String>,
    /// The engine: connected to, or why not.
    pub engine: String,
    /// What of the history was left out at the first start.
    pub backlog: Option<String>,
    /// Last error.
    pub last_error: Option<String>,
    logged: Option<Instant>,
}

impl Board {
    /// Puts up a card.
    pub fn put(&self, id: &Arc<str>, card: &Arc<Card>) {
        lock(&self.cards).insert(id.clone(), card.clone());
    }

    /// Changes the words.
    pub fn edit(&self, edit: impl FnOnce(&mut Words)) {
        edit(&mut lock(&self.words));
    }

    /// Notes an error. A thousand containers may have the same one: it is logged once a second.
    pub fn error(&self, error: String) {
        self.edit(|words| {
            if words.logged.is_none_or(|last| last.elapsed() >= ERROR_LOG_INTERVAL) {
                words.logged = Some(Instant::now());
                tracing::warn!(source = super::NAME, "{error}");
            }
            words.last_error = Some(error);
        });
    }

    /// Takes down cards of containers that are gone for long, or too many.
    pub fn tidy(&self, now: Instant) {
        let mut cards = lock(&self.cards);
        let removed = |card: &Card| lock(&card.text).removed;
        let mut gone: Vec<(Instant, Arc<str>)> =
            cards.iter().filter_map(|(id, card)| Some((removed(card)?, id.clone()))).collect();
        gone.sort_unstable();
        let too_many = gone.len().saturating_sub(REMOVED_LISTED_MAX);
        for (index, (since, id)) in gone.into_iter().enumerate() {
            if index < too_many || now.duration_since(since) > REMOVED_LISTED_AGE {
                cards.remove(&id);
            }
        }
    }

    /// Every container, removed ones too for a while.
    pub fn containers(&self) -> Vec<ContainerStatus> {
        lock(&self.cards).iter().map(|(id, card)| card.status(id)).collect()
    }

    /// The source.
    pub fn status(&self) -> SourceStatus {
        let words = lock(&self.words).clone();
        let (mut containers, mut lag_bytes) = (0, 0);
        for card in lock(&self.cards).values() {
            lag_bytes += card.lag_bytes.load(Ordering::Relaxed);
            containers += u64::from(lock(&card.text).removed.is_none());
        }
        let state = match &words {
            Words { stopped: true, .. } => "stopped",
            Words { waiting: Some(_), .. } => "waiting",
            Words { degraded: Some(_), .. } => "degraded",
            _ => "running",
        };
        let engine = (!words.engine.is_empty()).then_some(words.engine);
        let details: Vec<String> =
            [words.waiting, words.degraded, engine, words.backlog].into_iter().flatten().collect();
        SourceStatus {
            name: super::NAME.to_owned(),
            kind: super::NAME.to_owned(),
            class: "exact".to_owned(),
            state: state.to_owned(),
            detail: (!details.is_empty()).then(|| details.join("; ")),
            containers,
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            lag_bytes,
            decode_errors: self.decode_errors.load(Ordering::Relaxed),
            last_error: words.last_error,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is shown may be half changed after a panic; it is never wrong enough to hide everything else.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
