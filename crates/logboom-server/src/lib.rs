//! HTTP on `--listen`: `/` the page, `/api/v1/{search,histogram,facets,complete,context,tail,status,containers}`,
//! `/metrics`, `/healthz`, `/readyz`.
//!
//! ```text
//! serve ─► connection (TLS, header and write limits) ─► guard (Host, Origin, token, headers, counters) ─► routes
//!            search, histogram, facets, complete, context ─► logboom-query over a snapshot, on a blocking thread
//!                                        tail   ─► one reader of the store each, woken after every sync
//! ```
//!
//! The server only reads the local log: no request, however slow its client, can hold up a source or the journal.
//! Who may ask is decided in one place, [`access`](self), before any route runs.

mod access;
mod answer;
mod ask;
mod assets;
mod channel;
mod connection;
mod containers;
mod error;
mod guard;
mod health;
mod host;
mod limits;
mod metrics;
mod ndjson;
mod options;
mod params;
mod process;
mod prometheus;
mod questions;
mod routes;
mod search;
mod serve;
mod stall;
mod state;
mod tail;
mod tls;
mod token;

pub use error::ServerError;
pub use limits::Limits;
pub use options::{Context, ServerOptions, TlsFiles};
pub use serve::{Bound, serve};
pub use token::check_token;
