//! The sealer's share of a CPU: it waits after each block in proportion to what the block cost.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::limits::SEAL_BEHIND_FILES;
use crate::shared::Shared;

/// See the top of the file.
pub struct Pacer {
    /// `None`: full speed, and nobody who could say stop.
    shared: Option<Arc<Shared>>,
    /// CPU time of this thread when the last piece of work began.
    began: Duration,
    /// Time that is to be waited and was too short to be waited for.
    owed: Duration,
}

/// Shorter waits are added up: each costs a switch to another thread and back.
const WAIT_LEAST: Duration = Duration::from_millis(2);

impl Pacer {
    /// For the sealer's own thread.
    pub fn of(shared: Arc<Shared>) -> Self {
        Self { shared: Some(shared), began: cpu_time(), owed: Duration::ZERO }
    }

    /// Never waits, for tests without threads.
    pub fn unpaced() -> Self {
        Self { shared: None, began: Duration::ZERO, owed: Duration::ZERO }
    }

    /// Work begins.
    pub fn begin(&mut self) {
        self.began = cpu_time();
    }

    /// Whether the store is being closed.
    pub fn is_stopped(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.seal_signals.is_stopped())
    }

    /// A piece of work is done: waits for its share, if there is no hurry. An error says that the store is being
    /// closed.
    pub fn pace(&mut self) -> io::Result<()> {
        let Some(shared) = &self.shared else { return Ok(()) };
        let now = cpu_time();
        let worked = now.saturating_sub(self.began);
        self.began = now;
        let percent = u32::from(shared.options.seal_cpu_percent.clamp(1, 100));
        self.owed += worked * (100 - percent) / percent;
        let is_behind = {
            let log = shared.log();
            log.room_wanted > 0 || log.files.len() > SEAL_BEHIND_FILES + 1
        };
        if is_behind {
            self.owed = Duration::ZERO;
        } else if self.owed >= WAIT_LEAST {
            shared.seal_signals.wait_stop(std::mem::take(&mut self.owed));
        }
        if shared.seal_signals.is_stopped() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
