//! A search answered while it runs: what is found is sent as soon as it is final, how far it is now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use logboom_model::Cursor;
use logboom_query::{
    OwnedRecord, SearchError, SearchEvent, SearchOutcome, SearchRequest, search as run_search,
};
use logboom_store::Snapshot;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::Order;
use super::collected::cursor_of;
use super::encode::Form;
use super::outlet::Outlet;
use super::pieces::Pieces;
use crate::answer::Problem;
use crate::ask::problem_of;
use crate::channel::StreamBody;
use crate::limits;
use crate::state::{Shared, stopped};

/// Keeps nginx from holding events back.
pub(crate) const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The head of the answer; the rest follows from another thread.
pub(super) async fn answer(
    state: &Shared,
    request: SearchRequest,
    order: Order,
    form: Form,
    permit: OwnedSemaphorePermit,
) -> Result<Response, Problem> {
    let store = state.context.store.clone();
    let snapshot = tokio::task::spawn_blocking(move || store.snapshot())
        .await
        .map_err(|error| Problem::internal("search", &error))?;
    let cursor = cursor_of(&snapshot);
    let cursor_text = HeaderValue::try_from(cursor.to_string())
        .map_err(|error| Problem::internal("write the answer", &error))?;
    let cancel = Arc::new(AtomicBool::new(false));
    let (outlet, receiver) = Outlet::new(state.limits.search_client_patience, cancel.clone());
    let (alive, gone) = oneshot::channel();
    raise_when_gone_or_stopped(state, gone, cancel.clone());
    let answer = Answer {
        state: state.clone(),
        request,
        form,
        outlet,
        cursor,
        held: (order == Order::Oldest).then(Vec::new),
    };
    tokio::task::spawn_blocking(move || {
        answer.run(&snapshot, &cancel);
        drop(permit);
    });
    let mut response = Response::new(Body::new(StreamBody { receiver, _alive: alive }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    headers.insert("logboom-cursor", cursor_text);
    Ok(response)
}

/// The body, and `alive` with it, is dropped with its connection; that ends the search, as a stop does.
fn raise_when_gone_or_stopped(state: &Shared, gone: oneshot::Receiver<()>, cancel: Arc<AtomicBool>) {
    let mut stopping = state.stopping.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = gone => {}
            () = stopped(&mut stopping) => {}
        }
        cancel.store(true, Ordering::Relaxed);
    });
}

/// One search on its thread.
struct Answer {
    state: Shared,
    request: SearchRequest,
    form: Form,
    outlet: Outlet,
    cursor: Cursor,
    /// Newest first, until all are there, where the oldest are to come first.
    held: Option<Vec<OwnedRecord>>,
}

impl Answer {
    fn run(mut self, snapshot: &Snapshot, cancel: &AtomicBool) {
        let started = Instant::now();
        let mut told = started;
        let request = self.request.clone();
        let result = run_search(snapshot, &request, cancel, &mut |event| match event {
            SearchEvent::Records(records) => self.records(records),
            SearchEvent::Progress(at) if told.elapsed() >= limits::PROGRESS_INTERVAL => {
                told = Instant::now();
                self.outlet.write(|out| self.form.progress(at, out));
            }
            SearchEvent::Progress(_) => {}
        });
        match result {
            Ok(outcome) => self.finish(&outcome, started),
            Err(error) => self.fail(error),
        }
    }

    fn records(&mut self, records: Vec<OwnedRecord>) {
        match &mut self.held {
            Some(held) => held.extend(records),
            None => self.send(records.iter()),
        }
    }

    fn send<'a>(&mut self, records: impl Iterator<Item = &'a OwnedRecord>) {
        for record in records {
            if self.outlet.is_over() {
                return;
            }
            self.outlet.write(|out| self.form.record(record, out));
        }
    }

    fn finish(mut self, outcome: &SearchOutcome, started: Instant) {
        self.state.searches_counted.end(outcome);
        let held = self.held.take().unwrap_or_default();
        self.send(held.iter().rev());
        if let Some(table) = &outcome.table {
            for piece in Pieces::new(self.form, table) {
                if self.outlet.is_over() {
                    return;
                }
                self.outlet.write(|out| out.extend_from_slice(&piece));
            }
        }
        // Lines have no place for words: being broken off says that this is not all.
        if outcome.incomplete.is_none() || self.form == Form::Events {
            self.outlet.write(|out| self.form.done(outcome, self.cursor, started.elapsed(), out));
            self.outlet.end();
        }
    }

    fn fail(mut self, error: SearchError) {
        // Cancelled: its client is gone, or the server stops.
        if self.form == Form::Events && !matches!(error, SearchError::Cancelled) {
            let problem = problem_of(error);
            self.outlet.write(|out| self.form.error(&problem, out));
            self.outlet.end();
        }
    }
}
