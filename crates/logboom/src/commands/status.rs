//! `logboom status`: sources, disk, sinks and gaps of the running logboom, or what its data directory tells.

use std::io::{self, Write as _};

use http_body_util::{BodyExt as _, Limited};
use logboom_model::status::Status;
use logboom_store::Snapshot;
use tokio::time::timeout;

use super::{block_on, failed, open_directory};
use crate::cli::{LoggingArgs, Output, StatusArgs};
use crate::client::{Client, ClientError, SILENCE_TIMEOUT, locate};
use crate::failure::Failure;
use crate::logging;
use crate::output::status_text;

/// Most that is read of an answer.
const STATUS_BYTES_MAX: usize = 16 << 20;

/// Prints the status of the running logboom, or of its data directory.
pub fn run(args: &StatusArgs, logging_args: &LoggingArgs) -> Result<(), Failure> {
    logging::start(logging_args, None);
    let target = locate(&args.target)?;
    let mut unanswered = None;
    if let Some(client) = &target.client {
        match block_on(async { Ok(from_server(client).await) })? {
            Ok(status) => return print(&status, args.output),
            Err(error @ ClientError::Unreachable { .. }) => unanswered = Some(error),
            Err(error) => return Err(failed(error)),
        }
    }
    match (target.directory, unanswered) {
        (Some(directory), unanswered) => {
            let snapshot = open_directory(&directory, unanswered.as_ref())?;
            print(&from_directory(&snapshot), args.output)
        }
        (None, Some(error)) => Err(failed(error)),
        (None, None) => Ok(()),
    }
}

async fn from_server(client: &Client) -> Result<Status, ClientError> {
    let broken = |reason: String| ClientError::Broken { url: client.url(), reason };
    let answer = client.get("/api/v1/status", &[]).await?;
    let body = Limited::new(answer.into_body(), STATUS_BYTES_MAX);
    let bytes = timeout(SILENCE_TIMEOUT, body.collect())
        .await
        .map_err(|_| broken("nothing came for too long".to_owned()))?
        .map_err(|error| broken(error.to_string()))?
        .to_bytes();
    let status: Status =
        serde_json::from_slice(&bytes).map_err(|error| broken(format!("not a status: {error}")))?;
    client.check_store(&status.store_id)?;
    Ok(status)
}

/// What is known without a running logboom: the log itself.
fn from_directory(snapshot: &Snapshot) -> Status {
    let stats = snapshot.stats();
    Status {
        store_id: snapshot.store_id().to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        records: stats.records,
        seq: snapshot.seqs().end.saturating_sub(1),
        store: stats.status(),
        sources: Vec::new(),
        sinks: Vec::new(),
        gaps: stats.gaps,
    }
}

fn print(status: &Status, output: Output) -> Result<(), Failure> {
    let text = match output {
        Output::Text => status_text(status),
        Output::Json => {
            let mut json = serde_json::to_string(status).map_err(anyhow::Error::new)?;
            json.push('\n');
            json
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
