//! Start and stop: bind first, so that a wrong setting fails before anything runs; at the end everything stops
//! within [`Limits::stop_timeout`](crate::Limits) and a little.

use std::future::Future;
use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::access::Access;
use crate::connection::Acceptor;
use crate::state::{Shared, State};
use crate::{Context, ServerError, ServerOptions, limits, routes, tls};

/// A server that runs.
#[derive(Debug)]
pub struct Bound {
    address: SocketAddr,
    tls: bool,
    task: JoinHandle<()>,
}

impl Bound {
    /// Where it listens; the port is the real one.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the page is, for a person on this machine.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        let mut address = self.address;
        if crate::host::is_wildcard(address.ip()) {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        format!("{scheme}://{address}/")
    }

    /// Ends when the server has stopped: every stream ended, no request left.
    pub async fn stopped(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the HTTP server ended abnormally");
        }
    }
}

/// Listens and serves until `shutdown` ends. Returns as soon as the address is bound.
pub async fn serve(
    options: ServerOptions,
    context: Context,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Bound, ServerError> {
    let access = Access::new(&options)?;
    let tls = options.tls.as_ref().map(tls::acceptor).transpose()?;
    let bind = |source| ServerError::Bind { listen: options.listen, source };
    let listener = TcpListener::bind(options.listen).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let (stop, stopping) = watch::channel(false);
    let state = State::new(access, context, options.limits.clone(), stopping.clone());
    let acceptor =
        Acceptor { router: routes::router(state.clone()), tls, limits: options.limits.clone(), stopping };
    let bound_tls = options.tls.is_some();
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        accept(&listener, &acceptor, &state, &mut connections, shutdown).await;
        drop(listener);
        stop.send_replace(true);
        finish(&state, connections).await;
    });
    Ok(Bound { address, tls: bound_tls, task })
}

async fn accept(
    listener: &TcpListener,
    acceptor: &Acceptor,
    state: &Shared,
    connections: &mut JoinSet<()>,
    shutdown: impl Future<Output = ()>,
) {
    tokio::pin!(shutdown);
    loop {
        // The permit comes first: at the limit, new connections wait in the kernel's queue.
        let next = async {
            let permit = state.connections.clone().acquire_owned().await;
            (listener.accept().await, permit)
        };
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!(%error, "a request ended abnormally");
                }
            }
            (accepted, permit) = next => match accepted {
                Ok((stream, _)) => {
                    let acceptor = acceptor.clone();
                    connections.spawn(async move {
                        let _permit = permit;
                        acceptor.serve(stream).await;
                    });
                }
                Err(error) => {
                    // Mostly no file descriptor left: closing connections gives some back.
                    tracing::warn!(%error, "failed to accept a connection");
                    tokio::select! {
                        () = &mut shutdown => return,
                        () = sleep(limits::ACCEPT_RETRY) => {}
                    }
                }
            },
        }
    }
}

/// Waits for open streams to end, then for the readers behind them, so that the store can be closed next.
async fn finish(state: &Shared, mut connections: JoinSet<()>) {
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(state.limits.stop_timeout, ended).await.is_err() {
        tracing::debug!(left = connections.len(), "closing connections whose clients did not finish");
    }
    connections.shutdown().await;
    let readers = async {
        let tails = u32::try_from(state.limits.tails).unwrap_or(u32::MAX);
        let searches = u32::try_from(state.limits.searches).unwrap_or(u32::MAX);
        let _ = tokio::join!(state.tails.acquire_many(tails), state.searches.acquire_many(searches));
    };
    if timeout(state.limits.stop_timeout / 2, readers).await.is_err() {
        tracing::warn!("a reader of the log did not stop in time");
    }
}
