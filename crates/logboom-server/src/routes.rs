//! The table of paths: which handler, and what access and metrics need to know about each.

use axum::Router;
use axum::extract::State;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::{StatusCode, Uri};

use crate::answer::Problem;
use crate::state::Shared;
use crate::{assets, containers, guard, health, metrics, questions, search, tail};

/// A closed list, so that labels of metrics are bounded whatever clients ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// `/`.
    Page,
    /// Files of the page.
    Asset,
    /// `/api/v1/search`.
    Search,
    /// `/api/v1/histogram`.
    Histogram,
    /// `/api/v1/facets`.
    Facets,
    /// `/api/v1/complete`.
    Complete,
    /// `/api/v1/context`.
    Context,
    /// `/api/v1/tail`.
    Tail,
    /// `/api/v1/status`.
    Status,
    /// `/api/v1/containers`.
    Containers,
    /// `/metrics`.
    Metrics,
    /// `/healthz`.
    Healthz,
    /// `/readyz`.
    Readyz,
    /// Everything else.
    Unknown,
}

impl Route {
    /// The route of a path.
    pub fn of(path: &str) -> Self {
        match path {
            "/" => Self::Page,
            "/api/v1/search" => Self::Search,
            "/api/v1/context" => Self::Context,
            "/api/v1/complete" => Self::Complete,
            "/api/v1/facets" => Self::Facets,
            "/api/v1/histogram" => Self::Histogram,
            "/api/v1/tail" => Self::Tail,
            "/api/v1/status" => Self::Status,
            "/api/v1/containers" => Self::Containers,
            "/metrics" => Self::Metrics,
            "/healthz" => Self::Healthz,
            "/readyz" => Self::Readyz,
            other if assets::find(other).is_some() => Self::Asset,
            _ => Self::Unknown,
        }
    }

    /// Its label in metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Page => "/",
            Self::Asset => "asset",
            Self::Search => "/api/v1/search",
            Self::Context => "/api/v1/context",
            Self::Complete => "/api/v1/complete",
            Self::Facets => "/api/v1/facets",
            Self::Histogram => "/api/v1/histogram",
            Self::Tail => "/api/v1/tail",
            Self::Status => "/api/v1/status",
            Self::Containers => "/api/v1/containers",
            Self::Metrics => "/metrics",
            Self::Healthz => "/healthz",
            Self::Readyz => "/readyz",
            Self::Unknown => "unknown",
        }
    }

    /// Probes of an orchestrator: they tell nothing and are open to all.
    pub fn is_probe(self) -> bool {
        matches!(self, Self::Healthz | Self::Readyz)
    }

    /// Whether it answers with data, not with the page.
    pub fn is_api(self) -> bool {
        !matches!(self, Self::Page | Self::Asset)
    }
}

/// Every route behind the guard.
pub(crate) fn router(state: Shared) -> Router {
    Router::new()
        .route("/", get(assets::page))
        .route("/api/v1/search", get(search::search))
        .route("/api/v1/context", get(questions::context_of))
        .route("/api/v1/complete", get(questions::complete_at))
        .route("/api/v1/facets", get(questions::facets_of))
        .route("/api/v1/histogram", get(questions::histogram_of))
        .route("/api/v1/tail", get(tail::tail))
        .route("/api/v1/status", get(containers::status))
        .route("/api/v1/containers", get(containers::containers))
        .route("/metrics", get(metrics::metrics))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .fallback(asset_or_unknown)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

async fn asset_or_unknown(State(_): State<Shared>, request: axum::extract::Request) -> Response {
    let (method, uri): (_, &Uri) = (request.method(), request.uri());
    match assets::find(uri.path()) {
        Some(asset) if method.is_safe() => assets::response(asset, request.headers()),
        Some(_) => method_not_allowed().await.into_response(),
        None => Problem::new(StatusCode::NOT_FOUND, "there is nothing at this path")
            .hint("the API is below /api/v1/: search, histogram, facets, complete, context, tail, status, containers")
            .into_response(),
    }
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path answers to GET only")
}
