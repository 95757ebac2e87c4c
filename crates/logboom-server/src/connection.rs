//! One connection: TLS if any, then HTTP/1.1 with bounds on the request's head and on the client's patience.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::stall::StallGuard;
use crate::state::stopped;
use crate::{Limits, limits};

/// What every connection of one server needs.
#[derive(Clone)]
pub(crate) struct Acceptor {
    /// Every route.
    pub router: Router,
    /// HTTPS, if so.
    pub tls: Option<TlsAcceptor>,
    /// Bounds.
    pub limits: Limits,
    /// Becomes true when the server stops.
    pub stopping: watch::Receiver<bool>,
}

impl Acceptor {
    /// Serves until either side has enough.
    pub async fn serve(self, stream: TcpStream) {
        // Small events must not wait for others; a socket that cannot do this is closing anyway.
        let _ = stream.set_nodelay(true);
        let stream = StallGuard::new(stream, self.limits.write_stall_timeout);
        let header_read_timeout = self.limits.header_read_timeout;
        match self.tls {
            Some(tls) => match timeout(self.limits.handshake_timeout, tls.accept(stream)).await {
                Ok(Ok(stream)) => serve_http(stream, self.router, header_read_timeout, self.stopping).await,
                Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
                Err(_) => tracing::debug!("TLS handshake took too long"),
            },
            None => serve_http(stream, self.router, header_read_timeout, self.stopping).await,
        }
    }
}

async fn serve_http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    header_read_timeout: Duration,
    mut stopping: watch::Receiver<bool>,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_read_timeout)
        .max_buf_size(limits::REQUEST_HEAD_BYTES_MAX)
        .max_headers(limits::REQUEST_HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended early");
    }
}
