//! Answers that are not data: one JSON shape for every error, `{"error":{"message","at","hint"}}`.
//!
//! What a client reads names its mistake and the fix; what went wrong inside goes to the daemon's own log only.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

/// An error as the client sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// HTTP status.
    pub status: StatusCode,
    message: Cow<'static, str>,
    at: Option<usize>,
    hint: Option<Cow<'static, str>>,
    retry_after_seconds: Option<u32>,
}

impl Problem {
    /// An error with a sentence for a person.
    pub fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), at: None, hint: None, retry_after_seconds: None }
    }

    /// 400.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 500 without the reason, which is logged here.
    pub fn internal(what: &'static str, error: &dyn std::error::Error) -> Self {
        tracing::error!(error = reasons(error), "failed to {what}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("failed to {what}; logboom's own log has the reason"),
        )
    }

    /// Adds what would fit.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the byte of the query the error is at.
    pub fn at(mut self, at: usize) -> Self {
        self.at = Some(at);
        self
    }

    /// What the client reads.
    pub fn body(&self) -> serde_json::Value {
        json!({ "error": { "message": self.message, "at": self.at, "hint": self.hint } })
    }

    /// Adds when to try again.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, json_line(&self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"logboom\""));
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            _ => {}
        }
        response
    }
}

/// An error and everything below it, on one line.
fn reasons(error: &dyn std::error::Error) -> String {
    let below = std::iter::successors(error.source(), |error| error.source());
    below.fold(error.to_string(), |text, error| format!("{text}: {error}"))
}

/// A JSON answer on one line.
pub(crate) fn json_response(value: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(mut body) => {
            body.push(b'\n');
            ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
        }
        Err(error) => Problem::internal("write the answer", &error).into_response(),
    }
}

fn json_line(value: &serde_json::Value) -> String {
    format!("{value}\n")
}
