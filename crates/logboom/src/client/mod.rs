//! A light HTTP/1.1 client for the reading commands: one connection a request, and a time limit on silence rather
//! than on the whole answer, since a tail never ends.

mod lines;
mod locate;
mod sse;
mod tls;

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, HOST, HeaderValue, RETRY_AFTER};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub use lines::Lines;
pub use locate::{ADDRESS_FILE, TOKEN_FILE, locate, url_of};
pub use sse::{Event, Events};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for the head of an answer: a search may look through much before its first hit.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest silence inside an answer; a tail has a heartbeat every 15 seconds.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(50);
/// Most that is read of a message that explains an error.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// Why an answer did not come.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody is there.
    #[error("no logboom answers at {url}: {reason}")]
    Unreachable {
        /// The server.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The query was bad.
    #[error("{0}")]
    BadRequest(String),
    /// The server answered that it will not.
    #[error("{url} answered {status}{message}")]
    Refused {
        /// The server.
        url: String,
        /// Its status.
        status: StatusCode,
        /// Its words and a hint, from a colon on; or empty.
        message: String,
    },
    /// The connection broke, or what came was not HTTP.
    #[error("the connection to {url} broke: {reason}")]
    Broken {
        /// The server.
        url: String,
        /// How.
        reason: String,
    },
    /// Certificate or certificate authority could not be used.
    #[error("{0}")]
    Tls(String),
}

impl ClientError {
    /// Whether trying again may help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Refused { status, .. } => {
                status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS
            }
            Self::BadRequest(_) | Self::Tls(_) => false,
        }
    }
}

/// One logboom over HTTP.
#[derive(Clone)]
pub struct Client {
    endpoint: Endpoint,
    tls: Option<tls::Connector>,
    token: Option<HeaderValue>,
    /// The store that must answer, when the server was found by its data directory.
    store_id: Option<String>,
}

/// Scheme, host and port of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    https: bool,
    host: String,
    port: u16,
}

impl Endpoint {
    /// Reads `http://host:port`.
    fn parse(url: &str) -> Result<Self, String> {
        let refuse = |why: &str| format!("--server {url}: {why}; write for example http://127.0.0.1:2666");
        let uri: Uri = url.parse().map_err(|_| refuse("not a URL"))?;
        let https = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(refuse("it must begin with http:// or https://")),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refuse("it must end after the port"));
        }
        let authority = uri.authority().ok_or_else(|| refuse("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("it must not hold a password; a token is given with --token-file"));
        }
        let port = authority.port_u16().unwrap_or(if https { 443 } else { 80 });
        Ok(Self { https, host: authority.host().to_owned(), port })
    }

    /// The host without the brackets of an IPv6 address.
    fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    fn is_loopback(&self) -> bool {
        let host = self.bare_host();
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    fn url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

impl Client {
    /// `http://host:port`.
    pub fn url(&self) -> String {
        self.endpoint.url()
    }

    /// An error when what answers is not the log that was meant: a port can be taken over by another logboom.
    pub fn check_store(&self, answered: &str) -> Result<(), ClientError> {
        match &self.store_id {
            Some(meant) if meant != answered => Err(ClientError::Unreachable {
                url: self.url(),
                reason: "another logboom, with another data directory, is there now".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Asks for a path with its query; any status but 200 is an error.
    pub async fn get(
        &self,
        path: &str,
        headers: &[(&'static str, String)],
    ) -> Result<Response<Incoming>, ClientError> {
        let mut request = Request::get(path)
            .header(HOST, format!("{}:{}", self.endpoint.host, self.endpoint.port))
            .header("user-agent", concat!("logboom/", env!("CARGO_PKG_VERSION")));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let request = request.body(Empty::<Bytes>::new()).map_err(|error| self.broken(&error))?;
        let stream = self.connect().await?;
        let answer = match &self.tls {
            None => self.send(stream, request).await?,
            Some(connector) => self.send(self.handshake(connector, stream).await?, request).await?,
        };
        if answer.status() == StatusCode::OK { Ok(answer) } else { Err(self.refusal(answer).await) }
    }

    async fn connect(&self) -> Result<TcpStream, ClientError> {
        let unreachable = |reason: String| ClientError::Unreachable { url: self.url(), reason };
        let connecting = TcpStream::connect((self.endpoint.bare_host(), self.endpoint.port));
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(unreachable(error.to_string())),
            Err(_) => Err(unreachable("the connection was not accepted in time".to_owned())),
        }
    }

    async fn handshake(
        &self,
        connector: &tls::Connector,
        stream: TcpStream,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static, ClientError> {
        match timeout(CONNECT_TIMEOUT, connector.connect(self.endpoint.bare_host(), stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(message)) => Err(ClientError::Tls(format!("{}: {message}", self.url()))),
            Err(_) => Err(self.broken(&"no TLS handshake in time")),
        }
    }

    async fn send<S>(
        &self,
        stream: S,
        request: Request<Empty<Bytes>>,
    ) -> Result<Response<Incoming>, ClientError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.broken(&error))?;
        // Ends with the response; its errors arrive there too.
        tokio::spawn(connection);
        match timeout(ANSWER_TIMEOUT, sender.send_request(request)).await {
            Ok(answer) => answer.map_err(|error| self.broken(&error)),
            Err(_) => Err(self.broken(&"no answer in time")),
        }
    }

    fn broken(&self, reason: &dyn std::fmt::Display) -> ClientError {
        ClientError::Broken { url: self.url(), reason: reason.to_string() }
    }

    async fn refusal(&self, answer: Response<Incoming>) -> ClientError {
        let status = answer.status();
        let retry =
            answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = http_body_util::Limited::new(answer.into_body(), ERROR_BYTES_MAX);
        let bytes = match timeout(CONNECT_TIMEOUT, body.collect()).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            _ => Bytes::new(),
        };
        let said = error_message(&bytes);
        if status == StatusCode::BAD_REQUEST {
            return ClientError::BadRequest(said.unwrap_or_else(|| "the request was refused".to_owned()));
        }
        let hint = match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                "; --token-file names the file with the token"
            }
            _ => "",
        };
        let mut message = said.map(|said| format!(": {said}")).unwrap_or_default();
        if let Some(seconds) = retry {
            message.push_str(&format!("; try again in {seconds} s"));
        }
        message.push_str(hint);
        ClientError::Refused { url: self.url(), status, message }
    }
}

/// The words of `{"error":{"message":…,"hint":…}}`.
pub fn error_message(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        error: Inner,
    }
    #[derive(serde::Deserialize)]
    struct Inner {
        message: String,
        #[serde(default)]
        hint: Option<String>,
    }
    let Inner { message, hint } = serde_json::from_slice::<Body>(body).ok()?.error;
    Some(match hint.filter(|hint| !hint.is_empty()) {
        Some(hint) => format!("{message}; {hint}"),
        None => message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_urls() {
        for (url, expected) in [
            ("http://127.0.0.1:2666", Some(("http://127.0.0.1:2666", true))),
            ("http://[::1]:80/", Some(("http://[::1]:80", true))),
            ("https://logs.example", Some(("https://logs.example:443", false))),
            ("127.0.0.1:2666", None),
            ("localhost", None),
            ("ftp://x", None),
            ("http://x/api", None),
            ("http://user:pw@x", None),
            ("", None),
        ] {
            let parsed = Endpoint::parse(url).ok().map(|endpoint| (endpoint.url(), endpoint.is_loopback()));
            assert_eq!(parsed, expected.map(|(url, loopback)| (url.to_owned(), loopback)), "{url}");
        }
    }

    #[test]
    fn the_servers_words_are_kept() {
        let body = br#"{"error":{"message":"no such field","at":3,"hint":"did you mean body?"}}"#;
        assert_eq!(error_message(body).as_deref(), Some("no such field; did you mean body?"));
        assert_eq!(error_message(b"<html>"), None);
    }
}
