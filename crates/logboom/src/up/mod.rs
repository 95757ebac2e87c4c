//! `logboom up`. Start order, and the other way round stop order, stand in [`Running`].
//!
//! ```text
//! plan (command line, file, environment) ─► start ─► ready ─► until a signal ─► stop ─► exit code
//!                                                      └─ SIGHUP: the plan again, and what can change changes
//! ```

mod budget;
mod cgroup;
mod data_dir;
mod docker_engine;
mod docker_source;
mod guest;
mod lifecycle;
mod own_container;
mod panics;
mod plan;
mod reload;
mod running;
mod signals;
mod sinks;

use anyhow::Context as _;

use self::budget::Allowance;
use self::plan::Plan;
use self::running::Running;
use self::signals::{Signal, Signals};
use crate::cli::{LoggingArgs, UpArgs};
use crate::failure::Failure;
use crate::{config, logging};

/// Collects until told to stop.
pub fn run(args: &UpArgs, logging_args: &LoggingArgs) -> Result<(), Failure> {
    let loaded = config::load(args.config.as_deref())?;
    let plan = Plan::new(args, loaded)?;
    logging::start(logging_args, plan.config.log_level);
    panics::watch_all();
    guest::raise_open_files();
    // No other thread has started: all of them inherit what this one may run on.
    let allowance = Allowance::of(&plan.config.limits, cgroup::allowed(), guest::cpus());
    allowance.log();
    if let Some(cpus) = allowance.narrowed_cpus() {
        guest::narrow_cpus(cpus);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(allowance.worker_threads())
        .max_blocking_threads(allowance.blocking_threads())
        .thread_name("logboom")
        .enable_all()
        .build()
        .context("failed to start the threads")?;
    let result = runtime.block_on(supervise(args, logging_args, plan, allowance));
    // What still blocks, such as a search of a client that does not read, must not hold up the end.
    runtime.shutdown_background();
    result
}

/// Starts everything, waits for a reason to stop, and stops it.
async fn supervise(
    args: &UpArgs,
    logging_args: &LoggingArgs,
    plan: Plan,
    allowance: Allowance,
) -> Result<(), Failure> {
    let mut signals = Signals::new().context("failed to watch for signals")?;
    let running = tokio::select! {
        running = Running::start(&plan, &allowance) => running?,
        // Whatever is half started has promised nothing yet.
        () = signals.stop() => return Ok(()),
    };
    let mut plan = plan;
    loop {
        let signal = tokio::select! {
            signal = signals.next() => signal,
            () = panics::next() => Signal::Stop,
        };
        match signal {
            Signal::Stop => break,
            Signal::Reload => reload::reload(args, logging_args, &mut plan, &running).await,
        }
    }
    tracing::info!("stopping");
    let stopped = tokio::select! {
        stopped = running.stop() => stopped,
        () = signals.stop() => Err(anyhow::anyhow!("stopped at once by a second signal; what was not stored yet will be read again")),
    };
    match stopped {
        Ok(()) if panics::happened() => Err(Failure::Reported),
        Ok(()) => {
            tracing::info!("stopped");
            Ok(())
        }
        Err(error) => Err(Failure::Failed(error)),
    }
}
