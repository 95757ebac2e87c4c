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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::get;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio::sync::mpsc;

    use super::*;

    /// Tells when the handler that owns it is dropped.
    struct Dropped(mpsc::Sender<()>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            let _ = self.0.try_send(());
        }
    }

    #[tokio::test]
    async fn a_handler_is_dropped_as_soon_as_its_client_goes_away() {
        let (sender, mut dropped) = mpsc::channel(1);
        let (started, mut start) = mpsc::channel(1);
        let handler = get(move || {
            let (guard, started) = (Dropped(sender.clone()), started.clone());
            async move {
                let _guard = guard;
                let _ = started.send(()).await;
                std::future::pending::<()>().await;
            }
        });
        let (_stop, stopping) = watch::channel(false);
        let router = Router::new().route("/", handler);
        let acceptor = Acceptor { router, tls: None, limits: Limits::default(), stopping };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        tokio::spawn(acceptor.serve(listener.accept().await.unwrap().0));
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        start.recv().await.unwrap();
        drop(client);
        timeout(Duration::from_secs(10), dropped.recv()).await.unwrap().unwrap();
    }
}
