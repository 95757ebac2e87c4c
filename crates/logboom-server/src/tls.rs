//! TLS from PEM files, with rustls and ring.

use std::path::Path;
use std::sync::Arc;

use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ConfigBuilder, ServerConfig};

use crate::{ServerError, TlsFiles};

const CERT_KEY: &str = "tls.cert";
const KEY_KEY: &str = "tls.key";

/// Reads the files and checks that they belong together.
pub(crate) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServerError> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(&files.cert)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable(CERT_KEY, &files.cert, &error, "a certificate"))?;
    if chain.is_empty() {
        return Err(unreadable(CERT_KEY, &files.cert, &pem::Error::NoItemsFound, "a certificate"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unreadable(KEY_KEY, &files.key, &error, "a private key"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map(ConfigBuilder::<ServerConfig, _>::with_no_client_auth)
        .and_then(|builder| builder.with_single_cert(chain, key))
        .map_err(|error| ServerError::Tls {
            key: KEY_KEY,
            path: files.key.clone(),
            problem: format!("not usable with the certificate of {}: {error}", files.cert.display()),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn unreadable(key: &'static str, path: &Path, error: &pem::Error, wanted: &str) -> ServerError {
    let problem = match error {
        pem::Error::Io(error) => format!("failed to read: {error}"),
        pem::Error::NoItemsFound => {
            format!("contains no {wanted} in PEM form (-----BEGIN …)", wanted = &wanted[2..])
        }
        error => format!("is not PEM: {error:?}"),
    };
    ServerError::Tls { key, path: path.to_path_buf(), problem }
}
