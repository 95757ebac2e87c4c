//! SIGHUP: the configuration is read again, and what can change while lines keep coming changes. Nothing that reads
//! or stores lines is touched, so no line is lost; whatever else was changed is named and waits for a restart.

use super::plan::Plan;
use super::running::Running;
use crate::cli::{LoggingArgs, UpArgs};
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::logging;

/// Reads the configuration again and applies it; with mistakes in it everything stays as it is.
pub async fn reload(args: &UpArgs, logging_args: &LoggingArgs, plan: &mut Plan, running: &Running) {
    let new = match config::load(args.config.as_deref())
        .map_err(Failure::Failed)
        .and_then(|loaded| Plan::new(args, loaded))
    {
        Ok(new) => new,
        Err(failure) => return report(&failure),
    };
    logging::set_level(logging_args, new.config.log_level);
    if let Err(error) = running.apply_sinks(new.sinks.clone()).await {
        tracing::error!("a sink did not start: {error:#}");
    }
    let waiting = needs_restart(&plan.config, &new.config);
    if waiting.is_empty() {
        tracing::info!("reloaded the configuration without losing a line");
    } else {
        tracing::warn!(
            settings = waiting.join(", "),
            "reloaded the configuration; these settings were changed too and need a restart"
        );
    }
    // What waits for a restart is compared with what runs, whenever it is reloaded.
    plan.config.log_level = new.config.log_level;
    plan.config.sinks = new.config.sinks;
    plan.sinks = new.sinks;
}

fn report(failure: &Failure) {
    let text = match failure {
        Failure::Usage(message) => message.clone(),
        Failure::Failed(error) => format!("{error:#}"),
        Failure::Reported | Failure::OutputClosed => String::new(),
    };
    for line in text.lines() {
        tracing::error!("nothing was reloaded: {line}");
    }
}

/// Settings that differ and cannot change while logboom runs.
fn needs_restart(running: &Config, new: &Config) -> Vec<&'static str> {
    let differs = [
        ("listen", running.listen != new.listen),
        ("tls", running.tls != new.tls),
        ("insecure", running.insecure != new.insecure),
        ("token", running.token != new.token),
        ("allowed_hosts", running.allowed_hosts != new.allowed_hosts),
        ("data_dir", running.data_dir != new.data_dir),
        ("limits", running.limits != new.limits),
        ("store", running.store != new.store),
        ("sources", running.sources != new.sources),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
