//! HTTPS with a certificate of our own making, and errors that name the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use logboom_server::{Context, ServerOptions, TlsFiles, serve};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::{Rig, TOKEN, in_time};

struct Files {
    directory: tempfile::TempDir,
    certificate: rcgen::CertifiedKey<rcgen::KeyPair>,
}

impl Files {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let files = Self { directory, certificate };
        std::fs::write(files.path("cert.pem"), files.certificate.cert.pem()).unwrap();
        std::fs::write(files.path("key.pem"), files.certificate.signing_key.serialize_pem()).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn tls(&self, cert: &str, key: &str) -> TlsFiles {
        TlsFiles { cert: self.path(cert), key: self.path(key) }
    }

    fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.cert.der().clone()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }
}

async fn ask(rig: &Rig, files: &Files, request: &str) -> String {
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = in_time(files.connector().connect(name, rig.connect().await)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    in_time(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn any_address_may_be_served_over_tls_with_a_token() {
    let files = Files::new();
    let rig = Rig::start_with(|options| {
        options.listen = "0.0.0.0:0".parse().unwrap();
        options.tls = Some(files.tls("cert.pem", "key.pem"));
        options.token = Some(TOKEN.to_owned());
    })
    .await;
    let head = "HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let answer = ask(&rig, &files, &format!("GET /readyz {head}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = ask(&rig, &files, &format!("GET /api/v1/status {head}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let answer =
        ask(&rig, &files, &format!("GET /api/v1/status {head}Authorization: Bearer {TOKEN}\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer = ask(&rig, &files, &format!("GET /?token={TOKEN} {head}\r\n")).await;
    assert!(answer.contains("; Secure"), "{answer}");
    // Plain HTTP to this port gets no answer that could carry a token.
    let plain = rig.raw(format!("GET /api/v1/status {head}\r\n").as_bytes()).await;
    assert!(!plain.contains("HTTP/1.1"), "{plain}");
}

#[tokio::test]
async fn a_page_of_plain_http_is_another_origin() {
    let files = Files::new();
    let rig = Rig::start_with(|options| options.tls = Some(files.tls("cert.pem", "key.pem"))).await;
    for (origin, expected) in [("https://localhost", "200"), ("http://localhost", "403")] {
        let request = format!(
            "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n"
        );
        let answer = ask(&rig, &files, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{origin}: {answer}");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_cut_off() {
    let files = Files::new();
    let rig = Rig::start_with(|options| {
        options.tls = Some(files.tls("cert.pem", "key.pem"));
        options.limits.handshake_timeout = std::time::Duration::from_millis(50);
    })
    .await;
    assert_eq!(rig.raw(b"").await, "");
}

#[tokio::test]
async fn errors_name_the_file_and_what_is_wrong_with_it() {
    let (files, other) = (Files::new(), Files::new());
    std::fs::copy(other.path("key.pem"), files.path("other.pem")).unwrap();
    std::fs::write(files.path("empty.pem"), "").unwrap();
    let rig = Rig::start().await;
    for (cert, key, named, problem) in [
        ("missing.pem", "key.pem", "missing.pem", "tls.cert"),
        ("cert.pem", "missing.pem", "missing.pem", "tls.key"),
        ("empty.pem", "key.pem", "empty.pem", "no certificate"),
        ("key.pem", "key.pem", "key.pem", "no certificate"),
        ("cert.pem", "cert.pem", "cert.pem", "no private key"),
        ("cert.pem", "other.pem", "other.pem", "not usable with the certificate"),
    ] {
        let mut options = ServerOptions::new("127.0.0.1:0".parse().unwrap());
        options.tls = Some(files.tls(cert, key));
        let context = Context {
            store: rig.store.clone(),
            status: Arc::new(Default::default),
            containers: Arc::new(Vec::new),
        };
        let error = serve(options, context, std::future::ready(())).await.unwrap_err().to_string();
        let is_named = error.contains(&Path::new(named).display().to_string());
        assert!(is_named && error.contains(problem), "{cert} {key}: {error}");
    }
}
