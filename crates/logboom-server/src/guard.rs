//! Around every request: access before it, security headers and counters after it.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, StatusCode};

use crate::answer::Problem;
use crate::limits;
use crate::params::Params;
use crate::routes::Route;
use crate::state::Shared;

/// The page runs nothing but its own files: a line of a log that reaches the DOM as markup still does nothing.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The middleware.
pub(crate) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let route = Route::of(request.uri().path());
    let mut response = match refusal(&state, route, &request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    protect(response.headers_mut());
    state.counters.count(route, response.status());
    response
}

/// The answer where the route must not run.
fn refusal(state: &Shared, route: Route, request: &Request) -> Option<Response> {
    let length = request.uri().path_and_query().map_or(0, |text| text.as_str().len());
    if length > limits::URL_BYTES_MAX {
        let message = format!("the URL has {length} bytes; the most is {}", limits::URL_BYTES_MAX);
        return Some(Problem::new(StatusCode::URI_TOO_LONG, message).into_response());
    }
    let headers = request.headers();
    if let Some(token) = login_token(route, request) {
        return Some(match state.access.admit_login(headers) {
            Ok(()) => state.access.login(&token),
            Err(problem) => problem.into_response(),
        });
    }
    state.access.admit(request.method(), route, headers).err().map(IntoResponse::into_response)
}

fn login_token(route: Route, request: &Request) -> Option<String> {
    if route != Route::Page || request.method() != Method::GET {
        return None;
    }
    Params::first(request.uri().query()?, "token")
}

fn protect(headers: &mut HeaderMap) {
    let fixed = [
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
