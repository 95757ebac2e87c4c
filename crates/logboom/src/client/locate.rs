//! Which logboom a reading command means: the named server, the one that runs on the data directory, or the
//! directory itself when none runs.
//!
//! A token found in a data directory is only ever sent to this machine; to send one elsewhere, name its file.

use std::path::{Path, PathBuf};

use hyper::header::HeaderValue;

use super::{Client, Endpoint, tls};
use crate::cli::TargetArgs;
use crate::config::{self, Config, DEFAULT_DATA_DIR, ListenAddress, Secret};
use crate::failure::{Failure, say};

/// File in the data directory with URL and store id of the logboom that runs, or last ran, on it: a line each.
pub const ADDRESS_FILE: &str = "address";
/// File in the data directory with the token.
pub const TOKEN_FILE: &str = "token";
const DEFAULT_URL: &str = "http://127.0.0.1:2666";

/// Where to read from.
pub struct Target {
    /// The server to ask first; `None` when a data directory was named on which none has run.
    pub client: Option<Client>,
    /// The data directory to read when no server answers; `None` when only a server was named.
    pub directory: Option<PathBuf>,
}

/// Finds out from the command line, the configuration and the data directory.
pub fn locate(args: &TargetArgs) -> Result<Target, Failure> {
    let config = configuration(args)?;
    let named = args.data_dir.is_some() || args.config.is_some();
    let data_dir = args.data_dir.clone().or(config.data_dir).unwrap_or_else(|| DEFAULT_DATA_DIR.into());
    let configured = || config.listen.map(|listen| url_of(listen, config.tls.is_some()));
    let (url, store_id) = match (&args.server, address_in(&data_dir)) {
        (Some(url), _) => (Some(url.clone()), None),
        (None, Some((url, store_id))) => (Some(url), Some(store_id)),
        (None, None) if args.data_dir.is_some() => (None, None),
        (None, None) => (Some(configured().unwrap_or_else(|| DEFAULT_URL.to_owned())), None),
    };
    let mut client = url.map(|url| client(&url, args, config.token.as_ref(), &data_dir)).transpose()?;
    if let Some(client) = &mut client {
        client.store_id = store_id;
    }
    let directory = (args.server.is_none() || named).then_some(data_dir);
    Ok(Target { client, directory })
}

/// A named configuration must be right; one that merely lies around need not be.
fn configuration(args: &TargetArgs) -> Result<Config, Failure> {
    match config::load(args.config.as_deref()) {
        Ok(loaded) => Ok(loaded.config),
        Err(error) if args.config.is_some() => Err(Failure::Failed(error)),
        Err(error) => {
            if args.server.is_none() && args.data_dir.is_none() {
                say(&format!("ignoring a configuration that has mistakes: {error:#}"));
            }
            Ok(Config::default())
        }
    }
}

/// URL and store id.
fn address_in(data_dir: &Path) -> Option<(String, String)> {
    let text = std::fs::read_to_string(data_dir.join(ADDRESS_FILE)).ok()?;
    let (url, store_id) = text.trim().split_once('\n')?;
    Endpoint::parse(url).is_ok().then(|| (url.to_owned(), store_id.to_owned()))
}

/// The URL by which this machine reaches a listener: loopback when it listens everywhere.
pub fn url_of(listen: ListenAddress, https: bool) -> String {
    let mut address = listen.0;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    format!("{}://{address}", if https { "https" } else { "http" })
}

fn client(
    url: &str,
    args: &TargetArgs,
    configured: Option<&Secret>,
    data_dir: &Path,
) -> Result<Client, Failure> {
    let endpoint = Endpoint::parse(url).map_err(Failure::Usage)?;
    let tls = match endpoint.https {
        true => Some(tls::Connector::new(args.ca.as_deref(), args.insecure).map_err(Failure::Usage)?),
        false => None,
    };
    let token = match &args.token_file {
        Some(file) => Some(Secret::from_file(file).reveal().map_err(|error| Failure::Failed(error.into()))?),
        None if !endpoint.is_loopback() => None,
        None => configured
            .and_then(|secret| secret.reveal().ok())
            .or_else(|| Secret::from_file(&data_dir.join(TOKEN_FILE)).reveal().ok()),
    };
    let token = token.map(|token| bearer(&token)).transpose()?;
    Ok(Client { endpoint, tls, token, store_id: None })
}

fn bearer(token: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Failure::usage("the token holds a character that no HTTP header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(data_dir: &Path) -> TargetArgs {
        TargetArgs { data_dir: Some(data_dir.to_owned()), ..TargetArgs::default() }
    }

    #[test]
    fn a_named_directory_is_never_answered_by_another_logboom() {
        let dir = tempfile::tempdir().unwrap();
        let target = locate(&args(dir.path())).unwrap();
        assert!(target.client.is_none());
        assert_eq!(target.directory.as_deref(), Some(dir.path()));
        std::fs::write(dir.path().join(ADDRESS_FILE), "http://127.0.0.1:4000\nabc\n").unwrap();
        let client = locate(&args(dir.path())).unwrap().client.unwrap();
        assert_eq!(client.url(), "http://127.0.0.1:4000");
        assert!(client.check_store("abc").is_ok() && client.check_store("abd").is_err());
    }

    #[test]
    fn a_server_alone_has_no_directory_behind_it() {
        let server = Some("http://logs.example:2666".to_owned());
        let target = locate(&TargetArgs { server, ..TargetArgs::default() }).unwrap();
        assert!(target.directory.is_none());
    }

    #[test]
    fn the_directorys_token_stays_on_this_machine() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(TOKEN_FILE), "t0ken\n").unwrap();
        for (url, expected) in
            [("http://127.0.0.1:1", true), ("http://192.0.2.1:1", false), ("https://logs.example", false)]
        {
            let target = locate(&TargetArgs { server: Some(url.to_owned()), ..args(dir.path()) }).unwrap();
            assert_eq!(target.client.unwrap().token.is_some(), expected, "{url}");
        }
    }

    #[test]
    fn a_listener_everywhere_is_reached_by_loopback() {
        let url = |text: &str| url_of(text.parse().unwrap(), false);
        assert_eq!(url("0.0.0.0:2666"), "http://127.0.0.1:2666");
        assert_eq!(url("[::]:2666"), "http://[::1]:2666");
        assert_eq!(url("192.0.2.7:1"), "http://192.0.2.7:1");
    }
}
