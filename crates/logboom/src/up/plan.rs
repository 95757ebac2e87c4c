//! What is to run: the command line over the configuration file over the environment.

use std::path::PathBuf;

use logboom_server::TlsFiles;
use logboom_sinks::{DestinationSpec, SinkSpec};

use super::docker_engine::DockerEngine;
use crate::cli::UpArgs;
use crate::config::{Config, DEFAULT_DATA_DIR, ListenAddress, Loaded, check_languages};
use crate::failure::Failure;

/// Everything that was decided before anything started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// Its file, if any.
    pub file: Option<PathBuf>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Address of page and API.
    pub listen: ListenAddress,
    /// Certificate of the listener.
    pub tls: Option<TlsFiles>,
    /// Where the Docker Engine is.
    pub engine: DockerEngine,
    /// Docker's root, where it was named.
    pub docker_root: Option<PathBuf>,
    /// The command line's sinks, then the file's.
    pub sinks: Vec<SinkSpec>,
}

const LISTEN: ListenAddress =
    ListenAddress(std::net::SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 2666)));

impl Plan {
    /// Decides; a mistake of the command line is a wrong use.
    pub fn new(args: &UpArgs, loaded: Loaded) -> Result<Self, Failure> {
        let Loaded { config, file } = loaded;
        let docker = &config.sources.docker;
        let host = args.docker_host.clone().or_else(|| docker.host.clone());
        let engine =
            DockerEngine::find(host.as_deref(), &|name| std::env::var(name).ok()).map_err(Failure::Usage)?;
        Ok(Self {
            data_dir: args
                .data_dir
                .clone()
                .or_else(|| config.data_dir.clone())
                .unwrap_or_else(|| DEFAULT_DATA_DIR.into()),
            listen: args.listen.or(config.listen).unwrap_or(LISTEN),
            tls: config.tls.as_ref().map(|tls| TlsFiles { cert: tls.cert.clone(), key: tls.key.clone() }),
            engine,
            docker_root: args.docker_root.clone().or_else(|| docker.root.clone()),
            sinks: sinks(args, &config)?,
            config,
            file,
        })
    }
}

fn sinks(args: &UpArgs, config: &Config) -> Result<Vec<SinkSpec>, Failure> {
    let mut specs: Vec<SinkSpec> = Vec::new();
    for uris in &args.sinks {
        specs.extend(SinkSpec::parse_list(uris).map_err(|error| Failure::usage(error.to_string()))?);
    }
    for spec in &specs {
        check_languages(spec)
            .map_err(|problem| Failure::Usage(format!("logboom.{}: {}", problem.setting, problem.message)))?;
    }
    for sink in &config.sinks {
        // The file was validated when it was loaded.
        specs.extend(sink.spec().ok());
    }
    for (index, spec) in specs.iter().enumerate() {
        if specs[..index].iter().any(|other| other.name == spec.name) {
            return Err(Failure::Usage(format!(
                "two sinks are named {}; give one another name with logboom.name= or name:",
                spec.name
            )));
        }
        let to_stdout = |spec: &SinkSpec| matches!(spec.destination, DestinationSpec::Stdout { .. });
        if to_stdout(spec)
            && let Some(other) = specs[..index].iter().find(|other| to_stdout(other))
        {
            return Err(Failure::Usage(format!(
                "the sinks {} and {} both write to stdout: and would mix their lines; keep one of them",
                other.name, spec.name
            )));
        }
    }
    Ok(specs)
}
