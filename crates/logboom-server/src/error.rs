//! Why a server does not start, in words fit for the person who started logboom.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Others could read the logs, or guess their way in.
    #[error("listen: {listen} can be reached from other machines, and {problem}; {fix}")]
    Insecure {
        /// The address.
        listen: SocketAddr,
        /// What is missing.
        problem: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// An allowed host that no client could send.
    #[error("allowed host {name:?} is not a host name or address; write it without scheme, port and path")]
    HostName {
        /// As configured.
        name: String,
    },
    /// A token anybody could guess.
    #[error(
        "the token has {length} characters; use at least {least} random ones, such as `openssl rand -hex 32` prints"
    )]
    WeakToken {
        /// Its length.
        length: usize,
        /// The least.
        least: usize,
    },
    /// The token cannot be sent in a header.
    #[error(
        "the token contains a space, a control character or one beyond ASCII, which no HTTP header can carry; `openssl rand -hex 32` prints a good one"
    )]
    UnusableToken,
    /// The address is taken or not of this machine.
    #[error("failed to listen on {listen}{hint}", hint = bind_hint(source))]
    Bind {
        /// The address.
        listen: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A certificate or key file could not be used.
    #[error("{key}: {path}: {problem}", path = path.display())]
    Tls {
        /// The configuration key: `tls.cert` or `tls.key`.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong, and the fix.
        problem: String,
    },
    /// The system gave no random numbers.
    #[error("failed to get random numbers from the system: {0}")]
    Random(getrandom::Error),
}

fn bind_hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => {
            "; another program uses the port (another logboom?), choose one with --listen"
        }
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege, choose a higher one",
        _ => "",
    }
}
