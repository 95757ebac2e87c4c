//! The commands that read: from a running logboom over HTTP, or from its data directory when none runs.

pub mod check;
pub mod search;
pub mod status;
pub mod tail;

use anyhow::Context as _;
use logboom_query::Query;
use logboom_store::{OpenError, Snapshot};
use std::future::Future;
use std::path::Path;

use crate::client::ClientError;
use crate::failure::{Failure, say};

/// Runs one command's requests on this thread.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("failed to start").map_err(Failure::Failed)?.block_on(work)
}

/// A query that cannot be read is a wrong use of the command.
fn parse_query(text: &str) -> Result<Query, Failure> {
    logboom_query::parse(text).map_err(|error| Failure::usage(error.to_string()))
}

/// The same for a query that takes lines one by one: without pipes.
fn parse_filter(text: &str) -> Result<Query, Failure> {
    logboom_query::parse_filter(text).map_err(|error| Failure::usage(error.to_string()))
}

/// Opens a data directory for reading because no server answered.
fn open_directory(directory: &Path, unanswered: Option<&ClientError>) -> Result<Snapshot, Failure> {
    let snapshot = Snapshot::open_read_only(directory).map_err(|error| match (&error, unanswered) {
        (OpenError::Missing { .. }, Some(unanswered)) => anyhow::anyhow!("{unanswered}, and {error}"),
        _ => anyhow::Error::new(error),
    })?;
    match unanswered {
        Some(unanswered) => say(&format!("{unanswered}; reading {} directly", directory.display())),
        None => say(&format!("no logboom runs on {0}; reading it directly", directory.display())),
    }
    Ok(snapshot)
}

/// A client's error as the end of a command.
fn failed(error: ClientError) -> Failure {
    match error {
        ClientError::BadRequest(message) => Failure::Usage(message),
        error => Failure::Failed(error.into()),
    }
}
