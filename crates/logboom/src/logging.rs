//! What logboom says about itself: on standard error only, at a level that can change while it runs, and never so
//! much that its own container's log drowns the others.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry, reload};

use crate::cli::{LogFormat, LoggingArgs};
use crate::config::LogLevel;

/// Messages of one place in the code that pass at once.
const BURST: u32 = 30;
/// After how long one more may pass.
const REFILL: Duration = Duration::from_secs(2);

static LEVEL: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();

/// Starts logging. The command line's level wins over the configuration's.
pub fn start(args: &LoggingArgs, configured: Option<LogLevel>) {
    let (filter, handle) = reload::Layer::new(targets(args.log_level.or(configured)));
    // A closed standard error must not be reported there: that would be a panic.
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).log_internal_errors(false);
    let lines = match args.log_format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_target(false).with_ansi(colour_on_stderr()).boxed(),
    };
    let limiter = Limiter { buckets: Mutex::default(), format: args.log_format };
    let subscriber = tracing_subscriber::registry().with(filter).with(limiter).with(lines);
    if subscriber.try_init().is_ok() {
        let _ = LEVEL.set(handle);
    }
}

/// Changes the level of a running logboom.
pub fn set_level(args: &LoggingArgs, configured: Option<LogLevel>) {
    if let Some(handle) = LEVEL.get() {
        let _ = handle.reload(targets(args.log_level.or(configured)));
    }
}

/// Our own crates at the chosen level; others only when something is wrong, unless everything was asked for.
fn targets(level: Option<LogLevel>) -> Targets {
    let level = match level.unwrap_or(LogLevel::Info) {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    };
    let others = if level == Level::TRACE { Level::DEBUG } else { level.min(Level::WARN) };
    Targets::new().with_default(others).with_target("logboom", level)
}

fn colour_on_stderr() -> bool {
    io::stderr().is_terminal() && !no_color()
}

/// Whether the user asked for no colour anywhere (<https://no-color.org>).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Lets a burst of each message through, then one in a while, and says how many were left out.
struct Limiter {
    buckets: Mutex<HashMap<Identifier, Bucket>>,
    format: LogFormat,
}

impl<S: Subscriber> Layer<S> for Limiter {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let bucket = buckets.entry(event.metadata().callsite()).or_insert_with(|| Bucket::full(now));
        match bucket.take(now) {
            Verdict::Pass { left_out: 0 } => true,
            Verdict::Pass { left_out } => {
                let _ = match self.format {
                    LogFormat::Text => {
                        writeln!(io::stderr(), "({left_out} messages like the next one were left out)")
                    }
                    LogFormat::Json => {
                        writeln!(io::stderr(), "{{\"level\":\"WARN\",\"messages_left_out\":{left_out}}}")
                    }
                };
                true
            }
            Verdict::LeaveOut => false,
        }
    }
}

/// The allowance of one place in the code. There are as many as there are log statements, so no bound is needed.
struct Bucket {
    allowance: u32,
    refilled: Instant,
    left_out: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Pass { left_out: u64 },
    LeaveOut,
}

impl Bucket {
    fn full(now: Instant) -> Self {
        Self { allowance: BURST, refilled: now, left_out: 0 }
    }

    fn take(&mut self, now: Instant) -> Verdict {
        let earned = now.duration_since(self.refilled).as_millis() / REFILL.as_millis();
        if earned > 0 {
            self.allowance =
                self.allowance.saturating_add(u32::try_from(earned).unwrap_or(u32::MAX)).min(BURST);
            self.refilled = now;
        }
        if self.allowance == 0 {
            self.left_out += 1;
            return Verdict::LeaveOut;
        }
        self.allowance -= 1;
        Verdict::Pass { left_out: std::mem::take(&mut self.left_out) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_one_message_is_thinned_and_counted() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        let passed = (0..1000).filter(|_| bucket.take(start) != Verdict::LeaveOut).count();
        assert_eq!(passed, BURST as usize);
        assert_eq!(bucket.take(start + REFILL), Verdict::Pass { left_out: 1000 - u64::from(BURST) });
        assert_eq!(bucket.take(start + REFILL), Verdict::LeaveOut);
        let much_later = start + REFILL * 10_000;
        assert_eq!(
            (0..1000).filter(|_| bucket.take(much_later) != Verdict::LeaveOut).count(),
            BURST as usize
        );
    }
}
