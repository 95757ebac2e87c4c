//! Asks a running logboom, which streams its answer as Server-Sent Events.

use form_urlencoded::Serializer;
use logboom_model::format_rfc3339;

use super::around::Around;
use super::results::Results;
use super::{Ask, Asked};
use crate::cli::Order;
use crate::client::{Client, ClientError, Event, Events, Lines, error_message};
use crate::commands::failed;
use crate::failure::Failure;

/// Searches; nobody there, or another logboom than the meant one, is for the data directory to answer.
pub async fn search(client: &Client, ask: &Ask, results: &mut Results) -> Result<Asked, Failure> {
    let answer = match client.get(&path(ask), &[("accept", "text/event-stream".to_owned())]).await {
        Ok(answer) => answer,
        Err(error @ ClientError::Unreachable { .. }) => return Ok(Asked::Nobody(error)),
        Err(error) => return Err(failed(error)),
    };
    let cursor =
        answer.headers().get("logboom-cursor").and_then(|cursor| cursor.to_str().ok()).unwrap_or_default();
    if let Err(error) = client.check_store(cursor.split(':').next().unwrap_or_default()) {
        return Ok(Asked::Nobody(error));
    }
    let mut events = Events::new(Lines::new(answer, client.url()));
    let done = loop {
        match events.next().await.map_err(failed)? {
            Some(event) if event.kind == "done" => break json(client, &event)?,
            Some(event) => take(client, &event, results)?,
            None => return Err(broken(client, "it ended before the search did")),
        }
    };
    if let Some(context) = ask.context {
        let hits = results.hits();
        let mut around = Around::new(hits.iter().copied());
        for seq in hits {
            let path = format!("/api/v1/context?seq={seq}&before={}&after={}", context.before, context.after);
            results.around(&mut around, lines(client, &path).await?)?;
        }
    }
    results.finish(&done)?;
    Ok(Asked::Answered)
}

fn path(ask: &Ask) -> String {
    let mut parameters = Serializer::new("/api/v1/search?".to_owned());
    parameters.append_pair("query", &ask.text);
    if ask.request.since != i64::MIN {
        parameters.append_pair("since", &format_rfc3339(ask.request.since));
    }
    if let Some(until) = ask.request.until {
        parameters.append_pair("until", &format_rfc3339(until));
    }
    parameters.append_pair("limit", &ask.request.limit.to_string());
    let order = match ask.order {
        Order::Oldest => "oldest",
        Order::Newest => "newest",
    };
    parameters.append_pair("order", order).finish()
}

fn take(client: &Client, event: &Event, results: &mut Results) -> Result<(), Failure> {
    match event.kind.as_str() {
        "record" => results.record(&event.data)?,
        "table" => results.table(json(client, event)?),
        "progress" => results.progress(&json(client, event)?)?,
        "error" => {
            let words = error_message(&event.data).unwrap_or_else(|| "the search failed".to_owned());
            return Err(Failure::Failed(anyhow::anyhow!("{}: {words}", client.url())));
        }
        // Of a newer logboom.
        _ => {}
    }
    Ok(())
}

/// A record that was evicted meanwhile has no lines around it.
async fn lines(client: &Client, path: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let answer = match client.get(path, &[]).await {
        Err(ClientError::Refused { status, .. }) if status == hyper::StatusCode::NOT_FOUND => {
            return Ok(Vec::new());
        }
        answer => answer.map_err(failed)?,
    };
    let mut lines = Lines::new(answer, client.url());
    let mut found = Vec::new();
    while let Some(line) = lines.next().await.map_err(failed)? {
        found.push(line);
    }
    Ok(found)
}

fn json<T: serde::de::DeserializeOwned>(client: &Client, event: &Event) -> Result<T, Failure> {
    serde_json::from_slice(&event.data)
        .map_err(|error| broken(client, &format!("what is no {}: {error}", event.kind)))
}

fn broken(client: &Client, reason: &str) -> Failure {
    failed(ClientError::Broken { url: client.url(), reason: reason.to_owned() })
}
