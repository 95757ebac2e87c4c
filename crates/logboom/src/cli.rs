//! The command line: what can be asked, and nothing that does not work yet.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{ListenAddress, LogLevel};

/// The most lines of one search: its result is held in memory until it is in order.
const LIMIT_MAX: i64 = logboom_query::limits::SEARCH_LIMIT_MAX as i64;

/// The most lines before or after a hit.
const CONTEXT_MAX: i64 = 1000;

/// Every container's logs on this host: collected once, kept safe on bounded disk, searchable, sent on.
#[derive(Debug, Parser)]
#[command(name = "logboom", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub logging: LoggingArgs,
    #[command(subcommand)]
    pub command: Command,
}

/// How much logboom says about itself; it says it on standard error.
#[derive(Debug, Args)]
pub struct LoggingArgs {
    /// How much logboom says about itself on standard error [default: info]
    #[arg(long, global = true, value_name = "LEVEL", help_heading = "Logging")]
    pub log_level: Option<LogLevel>,
    /// In which form
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = "Logging")]
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Collect every container's logs until told to stop
    Up(UpArgs),
    /// Find lines: logboom search 'severity>=warn connection' --since 1h
    Search(SearchArgs),
    /// Follow lines as they arrive, over restarts of logboom
    Tail(TailArgs),
    /// Show sources, disk, sinks and gaps
    Status(StatusArgs),
    /// Check a configuration file and print every mistake in it
    Check(CheckArgs),
}

#[derive(Debug, Args)]
pub struct UpArgs {
    /// Where lines are sent on to, for example stdout:
    #[arg(value_name = "SINK_URI")]
    pub sinks: Vec<String>,
    /// Configuration file [default: ./logboom.yaml or /etc/logboom/logboom.yaml, if there is one]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where logs, positions and the token are kept [default: /var/lib/logboom]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of the page and the HTTP API [default: 127.0.0.1:2666]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<ListenAddress>,
    /// The Docker Engine: unix:///path or tcp://host:port [default: $DOCKER_HOST, or the usual socket]
    #[arg(long, value_name = "URL")]
    pub docker_host: Option<String>,
    /// Docker's root directory [default: what the engine says, or /var/lib/docker]
    #[arg(long, value_name = "DIR")]
    pub docker_root: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to find: words, "a phrase", field:value, severity>=warn, body~/regex/, -not, OR; then pipes such as
    /// | count by service
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub query: String,
    /// From when on: an age such as 15m or 2d, or a time in RFC 3339 [default: 24h; everything for seq:NUMBER]
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// Until when; without it everything up to now and beyond
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// At most so many lines, the newest; up to 10000
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=LIMIT_MAX))]
    pub limit: u32,
    /// Which lines come first; newest shows each as soon as it is found
    #[arg(long, value_name = "ORDER", default_value = "oldest")]
    pub order: Order,
    /// In which form
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: SearchOutput,
    /// Show N lines of the same container before and after each hit
    #[arg(short = 'C', long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=CONTEXT_MAX), help_heading = "Context")]
    pub context: Option<u32>,
    /// Show N lines before each hit
    #[arg(short = 'B', long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=CONTEXT_MAX), help_heading = "Context")]
    pub before: Option<u32>,
    /// Show N lines after each hit
    #[arg(short = 'A', long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=CONTEXT_MAX), help_heading = "Context")]
    pub after: Option<u32>,
    #[command(flatten)]
    pub target: TargetArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Order {
    /// Like a log: the newest at the end
    Oldest,
    /// The newest first
    Newest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SearchOutput {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
    /// Comma-separated values with a header
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Args)]
pub struct TailArgs {
    /// Only lines that this query finds
    #[arg(value_name = "QUERY", default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    pub query: String,
    /// In which form
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,
    #[command(flatten)]
    pub target: TargetArgs,
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// In which form
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub output: Output,
    #[command(flatten)]
    pub target: TargetArgs,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The file
    #[arg(value_name = "CONFIG")]
    pub file: PathBuf,
}

/// Which logboom is asked.
#[derive(Debug, Clone, Default, Args)]
pub struct TargetArgs {
    /// The running logboom [default: the one of the data directory, or http://127.0.0.1:2666]
    #[arg(long, value_name = "URL", help_heading = "Which logboom")]
    pub server: Option<String>,
    /// File with the bearer token [default: the data directory's]
    #[arg(long, value_name = "FILE", help_heading = "Which logboom")]
    pub token_file: Option<PathBuf>,
    /// Certificate authority to trust instead of the system's, PEM
    #[arg(long, value_name = "FILE", help_heading = "Which logboom")]
    pub ca: Option<PathBuf>,
    /// Do not check the server's certificate
    #[arg(long, help_heading = "Which logboom")]
    pub insecure: bool,
    /// Data directory, read directly when no logboom runs [default: /var/lib/logboom]
    #[arg(long, value_name = "DIR", help_heading = "Which logboom")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file that names address and data directory
    #[arg(long, value_name = "FILE", help_heading = "Which logboom")]
    pub config: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_query_may_begin_with_a_minus() {
        let cli = Cli::try_parse_from(["logboom", "search", "-path:/healthz", "--limit", "5"]).unwrap();
        let Command::Search(args) = cli.command else { panic!() };
        assert_eq!((args.query.as_str(), args.limit), ("-path:/healthz", 5));
    }
}
