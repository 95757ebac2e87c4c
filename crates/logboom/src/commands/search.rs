//! `logboom search`: the newest hits, printed oldest first, like a log.

use std::sync::atomic::AtomicBool;

use form_urlencoded::Serializer;
use logboom_model::{format_rfc3339, record_to_json};
use logboom_query::{Query, SearchRequest, parse_time};

use super::{block_on, failed, open_directory, parse_query};
use crate::cli::{LoggingArgs, SearchArgs};
use crate::client::{Client, ClientError, Lines, locate};
use crate::clock::now;
use crate::failure::{Failure, say};
use crate::logging;
use crate::output::{Form, stdout_printer};

/// Searches the running logboom, or its data directory.
pub fn run(args: &SearchArgs, logging_args: &LoggingArgs) -> Result<(), Failure> {
    logging::start(logging_args, None);
    let request = request(args)?;
    let target = locate(&args.target)?;
    let form = Form::from(args.output);
    let unanswered = match &target.client {
        None => None,
        Some(client) => match block_on(from_server(client, args, &request, form))? {
            Asked::Answered => return Ok(()),
            Asked::Nobody(error) => Some(error),
        },
    };
    match (target.directory, unanswered) {
        (Some(directory), unanswered) => {
            let snapshot = open_directory(&directory, unanswered.as_ref())?;
            from_directory(&snapshot, &request, form)
        }
        (None, Some(error)) => Err(failed(error)),
        (None, None) => Ok(()),
    }
}

fn request(args: &SearchArgs) -> Result<SearchRequest, Failure> {
    let query: Query = parse_query(&args.query)?;
    let now = now();
    let time = |name: &str, text: &str| {
        parse_time(text, now).map_err(|error| Failure::Usage(format!("{name}: {error}")))
    };
    let since = time("--since", &args.since)?;
    let until = args.until.as_deref().map(|text| time("--until", text)).transpose()?;
    if until.is_some_and(|until| until <= since) {
        return Err(Failure::usage("--until is not after --since; without --since it is 24h ago"));
    }
    Ok(SearchRequest { since, until, ..SearchRequest::new(query, args.limit as usize) })
}

enum Asked {
    Answered,
    Nobody(ClientError),
}

async fn from_server(
    client: &Client,
    args: &SearchArgs,
    request: &SearchRequest,
    form: Form,
) -> Result<Asked, Failure> {
    let mut parameters = Serializer::new("/api/v1/search?".to_owned());
    parameters.append_pair("query", &args.query).append_pair("since", &format_rfc3339(request.since));
    if let Some(until) = request.until {
        parameters.append_pair("until", &format_rfc3339(until));
    }
    let path = parameters.append_pair("limit", &request.limit.to_string()).finish();
    let answer = match client.get(&path, &[]).await {
        Ok(answer) => answer,
        Err(error @ ClientError::Unreachable { .. }) => return Ok(Asked::Nobody(error)),
        Err(error) => return Err(failed(error)),
    };
    let cursor =
        answer.headers().get("logboom-cursor").and_then(|cursor| cursor.to_str().ok()).unwrap_or_default();
    if let Err(error) = client.check_store(cursor.split(':').next().unwrap_or_default()) {
        return Ok(Asked::Nobody(error));
    }
    let more = answer.headers().get("logboom-more").is_some_and(|more| more == "true");
    let mut lines = Lines::new(answer, client.url());
    let mut printer = stdout_printer(form)?;
    while let Some(line) = lines.next().await.map_err(failed)? {
        if !line.is_empty() {
            printer.record(&line)?;
        }
    }
    printer.flush()?;
    say_if_more(more, request.limit);
    Ok(Asked::Answered)
}

fn from_directory(
    snapshot: &logboom_store::Snapshot,
    request: &SearchRequest,
    form: Form,
) -> Result<(), Failure> {
    let (records, outcome) =
        logboom_query::collect(snapshot, request, &AtomicBool::new(false), &mut |_| {})
            .map_err(anyhow::Error::new)?;
    let mut printer = stdout_printer(form)?;
    let mut json = Vec::new();
    for record in &records {
        json.clear();
        record_to_json(&record.as_record(), &mut json);
        printer.record(&json)?;
    }
    printer.flush()?;
    say_if_more(outcome.more, request.limit);
    Ok(())
}

/// Nothing is left out in silence.
fn say_if_more(more: bool, limit: usize) {
    if more {
        say(&format!("older lines match too; only the newest {limit} are shown (--limit)"));
    }
}
