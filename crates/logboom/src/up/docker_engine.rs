//! Which Docker Engine is meant, as the `docker` command decides it: `--docker-host`, the configuration,
//! `DOCKER_HOST` with `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`, or the usual socket.

use std::path::{Path, PathBuf};

use logboom_sources::docker::EngineTls;

const USUAL_SOCKET: &str = "unix:///var/run/docker.sock";

/// An engine's address and what a TLS connection to it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerEngine {
    /// `unix:///…`, `tcp://…`, `http(s)://…`
    pub address: String,
    /// Certificates, when TLS was asked for.
    pub tls: Option<EngineTls>,
}

impl DockerEngine {
    /// Decides from the named address, if any, and the environment.
    pub fn find(named: Option<&str>, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let (address, whose) = match (named, set("DOCKER_HOST")) {
            (Some(address), _) => (address.to_owned(), "--docker-host"),
            (None, Some(address)) => (address, "DOCKER_HOST"),
            (None, None) => (USUAL_SOCKET.to_owned(), ""),
        };
        let known =
            ["unix://", "tcp://", "http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
        if !known {
            return Err(format!(
                "{whose}: \"{address}\" is not an engine's address; write for example {USUAL_SOCKET} or tcp://host:2376"
            ));
        }
        let remote = !address.starts_with("unix://");
        let tls = match (remote && set("DOCKER_TLS_VERIFY").is_some(), set("DOCKER_CERT_PATH"), set("HOME")) {
            (false, ..) => None,
            (true, Some(folder), _) => Some(certificates(Path::new(&folder))),
            (true, None, Some(home)) => Some(certificates(&Path::new(&home).join(".docker"))),
            (true, None, None) => {
                return Err(
                    "DOCKER_TLS_VERIFY is set; DOCKER_CERT_PATH must name the folder of the certificates"
                        .to_owned(),
                );
            }
        };
        Ok(Self { address, tls })
    }
}

fn certificates(folder: &Path) -> EngineTls {
    let file = |name: &str| -> PathBuf { folder.join(name) };
    EngineTls { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(named: Option<&str>, env: &[(&str, &str)]) -> Result<(String, Option<PathBuf>), String> {
        let lookup =
            |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        DockerEngine::find(named, &lookup).map(|engine| (engine.address, engine.tls.map(|tls| tls.ca)))
    }

    #[test]
    fn the_engine_is_the_one_that_docker_would_use() {
        let ok = |address: &str, ca: Option<&str>| Ok((address.to_owned(), ca.map(PathBuf::from)));
        assert_eq!(find(None, &[]), ok(USUAL_SOCKET, None));
        assert_eq!(find(None, &[("DOCKER_HOST", "")]), ok(USUAL_SOCKET, None));
        assert_eq!(find(None, &[("DOCKER_HOST", "tcp://h:2375")]), ok("tcp://h:2375", None));
        assert_eq!(find(Some("unix:///x"), &[("DOCKER_HOST", "tcp://h:2375")]), ok("unix:///x", None));
        let verified = [("DOCKER_HOST", "tcp://h:2376"), ("DOCKER_TLS_VERIFY", "1"), ("HOME", "/root")];
        assert_eq!(find(None, &verified), ok("tcp://h:2376", Some("/root/.docker/ca.pem")));
        assert_eq!(find(Some("unix:///x"), &verified), ok("unix:///x", None));
        let path = [("DOCKER_HOST", "tcp://h:2376"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/c")];
        assert_eq!(find(None, &path), ok("tcp://h:2376", Some("/c/ca.pem")));
        assert!(find(Some("ssh://h"), &[]).is_err());
        assert!(find(Some("/var/run/docker.sock"), &[]).is_err());
    }
}
