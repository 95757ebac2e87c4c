//! What the owner of a server decides, and what the server reads from.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use logboom_model::status::{ContainerStatus, Status};
use logboom_store::Store;

use crate::Limits;

/// PEM files of a TLS listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, leaf first.
    pub cert: PathBuf,
    /// The private key (PKCS #8, PKCS #1 or SEC 1).
    pub key: PathBuf,
}

/// Where to listen, and whom to let in.
#[derive(Clone)]
pub struct ServerOptions {
    /// Address; port 0 takes any free one, which [`crate::Bound::address`] then names.
    pub listen: SocketAddr,
    /// The bearer token. Without one, nothing that needs a token can be done.
    pub token: Option<String>,
    /// Allows plain HTTP on an address that is not loopback.
    pub insecure: bool,
    /// Serves HTTPS.
    pub tls: Option<TlsFiles>,
    /// Names besides loopback and the listen address by which clients may call this server: what a reverse proxy
    /// or a DNS entry makes the `Host` header say. Without ports.
    pub hosts: Vec<String>,
    /// Bounds; the defaults are in `limits.rs`, with their reasons.
    pub limits: Limits,
}

impl ServerOptions {
    /// Plain HTTP on an address, without a token.
    pub fn new(listen: SocketAddr) -> Self {
        Self { listen, token: None, insecure: false, tls: None, hosts: Vec::new(), limits: Limits::default() }
    }
}

impl fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("listen", &self.listen)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .field("insecure", &self.insecure)
            .field("tls", &self.tls)
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// What the routes answer from.
#[derive(Clone)]
pub struct Context {
    /// The open log.
    pub store: Store,
    /// The whole status, made anew at each call.
    pub status: Arc<dyn Fn() -> Status + Send + Sync>,
    /// Every container known now or of late.
    pub containers: Arc<dyn Fn() -> Vec<ContainerStatus> + Send + Sync>,
}
