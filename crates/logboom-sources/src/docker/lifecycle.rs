//! What happened to a container, each transition told once, although two tell it: the engine's events and
//! `config.v2.json`. Both feed one small state, which is stored, so that a replay of events after a restart tells
//! nothing twice either.
//!
//! Times differ by a little: `StartedAt` lies before the engine's `start` event and `FinishedAt` before its `die`
//! (moby publishes after it has written the file). So a run that is known from one is recognised in the other by
//! order, not by equality.
//!
//! Stored under `docker/container/<id>`, little-endian: version 2, phase, drained, 4 times of 8 bytes (started, ended,
//! oom, removed), length of the name (2), the name.

use logboom_model::{Lifecycle, LifecycleAction};

use super::metadata::Run;

const VERSION: u8 = 2;

/// What a container is doing, as far as rows were written about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// Never started.
    #[default]
    Created = 0,
    /// Its process runs.
    Running = 1,
    /// Its process has ended.
    Exited = 2,
    /// It was removed; kept for a while so that replayed events do not bring it back.
    Removed = 3,
}

/// The state of one container's story.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LifeState {
    /// What it is doing.
    pub phase: Phase,
    /// The last run was read to its end.
    pub drained: bool,
    started: i64,
    ended: i64,
    oom: i64,
    /// When it was removed.
    pub removed: i64,
    /// Its name.
    pub name: String,
}

/// An event of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineAction {
    /// `start`
    Start,
    /// `die`, with its exit code.
    Die(Option<i64>),
    /// `oom`
    Oom,
    /// `rename`
    Rename,
    /// `destroy`
    Destroy,
}

impl LifeState {
    /// A container that was there before logboom: no rows about its past.
    pub fn adopted(run: &Run, name: &str) -> Self {
        let phase = match (run.running, run.started) {
            (true, _) => Phase::Running,
            (false, Some(_)) => Phase::Exited,
            (false, None) => Phase::Created,
        };
        let started = run.started.unwrap_or(0);
        let ended = run.finished.unwrap_or(0);
        let oom = if run.oom_killed { started } else { 0 };
        Self { phase, drained: false, started, ended, oom, removed: 0, name: name.to_owned() }
    }

    /// A container that was never looked at.
    pub fn unseen(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// What `config.v2.json` says now.
    pub fn see_config(&mut self, run: &Run, name: &str, now: i64) -> Vec<Lifecycle> {
        let mut rows = Vec::new();
        if self.phase == Phase::Removed {
            return rows;
        }
        self.renamed(name, now, &mut rows);
        let started = run.started.unwrap_or(0);
        let finished = run.finished.unwrap_or(0);
        if started > self.started && started > self.ended {
            if self.phase == Phase::Running {
                // Both the end of the last run and this start happened between two looks.
                let time = if finished > self.started { finished } else { started };
                self.end(time.min(started), None, &mut rows);
            }
            self.start(started, &mut rows);
        }
        if !run.running && self.phase == Phase::Running && finished > self.ended && started <= self.started {
            if run.oom_killed && self.oom < self.started {
                self.oom = finished.max(self.started);
                rows.push(Lifecycle { action: LifecycleAction::Oom, time: finished });
            }
            self.end(finished, Some(run.exit_code), &mut rows);
        }
        rows
    }

    /// What the engine says.
    pub fn hear_engine(&mut self, action: &EngineAction, name: &str, time: i64) -> Vec<Lifecycle> {
        let mut rows = Vec::new();
        if self.phase == Phase::Removed {
            return rows;
        }
        // Without the first name there would be nothing that a rename could be told from.
        if self.name.is_empty() && *action != EngineAction::Rename {
            self.name = name.to_owned();
        }
        match action {
            EngineAction::Start => {
                if self.phase != Phase::Running && time > self.ended && time > self.started {
                    self.start(time, &mut rows);
                }
            }
            EngineAction::Die(code) => {
                if self.phase == Phase::Running && time > self.started {
                    self.end(time, *code, &mut rows);
                }
            }
            EngineAction::Oom => {
                if time > self.oom && time > self.started && self.oom < self.started.max(1) {
                    self.oom = time;
                    rows.push(Lifecycle { action: LifecycleAction::Oom, time });
                }
            }
            EngineAction::Rename => self.renamed(name, time, &mut rows),
            EngineAction::Destroy => rows.extend(self.destroy(time)),
        }
        rows
    }

    /// The container is gone.
    pub fn destroy(&mut self, time: i64) -> Vec<Lifecycle> {
        let mut rows = Vec::new();
        if self.phase == Phase::Removed {
            return rows;
        }
        if self.phase == Phase::Running {
            self.end(time, None, &mut rows);
        }
        self.phase = Phase::Removed;
        self.removed = time;
        rows.push(Lifecycle { action: LifecycleAction::Destroy, time });
        rows
    }

    fn start(&mut self, time: i64, rows: &mut Vec<Lifecycle>) {
        self.phase = Phase::Running;
        self.drained = false;
        self.started = time;
        rows.push(Lifecycle { action: LifecycleAction::Start, time });
    }

    fn end(&mut self, time: i64, exit_code: Option<i64>, rows: &mut Vec<Lifecycle>) {
        self.phase = Phase::Exited;
        self.ended = time;
        rows.push(Lifecycle { action: LifecycleAction::Die { exit_code }, time });
    }

    fn renamed(&mut self, name: &str, time: i64, rows: &mut Vec<Lifecycle>) {
        if name.is_empty() || name == self.name {
            return;
        }
        let old_name = std::mem::replace(&mut self.name, name.to_owned());
        if !old_name.is_empty() {
            rows.push(Lifecycle { action: LifecycleAction::Rename { old_name }, time });
        }
    }

    /// The stored form.
    pub fn encode(&self) -> Vec<u8> {
        let name = &self.name.as_bytes()[..self.name.len().min(usize::from(u16::MAX))];
        let mut bytes = vec![VERSION, self.phase as u8, u8::from(self.drained)];
        for time in [self.started, self.ended, self.oom, self.removed] {
            bytes.extend_from_slice(&time.to_le_bytes());
        }
        bytes.extend_from_slice(&(name.len() as u16).to_le_bytes());
        bytes.extend_from_slice(name);
        bytes
    }

    /// Reads the stored form; `None` for any other bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (&[VERSION, phase, drained], rest) = bytes.split_first_chunk::<3>()? else { return None };
        let phase = match phase {
            0 => Phase::Created,
            1 => Phase::Running,
            2 => Phase::Exited,
            3 => Phase::Removed,
            _ => return None,
        };
        let (times, rest) = rest.split_first_chunk::<32>()?;
        let time = |index: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&times[8 * index..8 * index + 8]);
            i64::from_le_bytes(bytes)
        };
        let (length, name) = rest.split_first_chunk::<2>()?;
        if usize::from(u16::from_le_bytes(*length)) != name.len() || drained > 1 {
            return None;
        }
        let name = String::from_utf8_lossy(name).into_owned();
        let (started, ended, oom, removed) = (time(0), time(1), time(2), time(3));
        Some(Self { phase, drained: drained == 1, started, ended, oom, removed, name })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(rows: &[Lifecycle]) -> Vec<(String, i64)> {
        rows.iter().map(|row| (row.body(), row.time)).collect()
    }

    fn run(running: bool, started: i64, finished: i64, exit_code: i64) -> Run {
        let time = |time: i64| (time > 0).then_some(time);
        Run { running, started: time(started), finished: time(finished), exit_code, oom_killed: false }
    }

    /// One story, told by the config, by the engine, and by both in every order in which they can come.
    #[test]
    fn never_both_for_one_transition() {
        #[derive(Clone)]
        enum Said {
            Config(Run),
            Engine(EngineAction, i64),
        }
        use Said::{Config, Engine};
        let config =
            [run(true, 100, 0, 0), run(false, 100, 200, 3), run(true, 300, 200, 0), run(false, 300, 400, 0)];
        let engine = [
            (EngineAction::Start, 105),
            (EngineAction::Die(Some(3)), 205),
            (EngineAction::Start, 305),
            (EngineAction::Die(Some(0)), 405),
        ];
        let orders: Vec<Vec<Said>> = vec![
            config.iter().map(|run| Config(*run)).collect(),
            engine.iter().map(|(action, time)| Engine(action.clone(), *time)).collect(),
            config.iter().zip(&engine).flat_map(|(c, (e, t))| [Config(*c), Engine(e.clone(), *t)]).collect(),
            config
                .iter()
                .map(|c| Config(*c))
                .chain(engine.iter().map(|(e, t)| Engine(e.clone(), *t)))
                .collect(),
            engine
                .iter()
                .map(|(e, t)| Engine(e.clone(), *t))
                .chain(config.iter().map(|c| Config(*c)))
                .collect(),
            [Engine(EngineAction::Start, 105), Config(config[3])]
                .into_iter()
                .chain(engine[1..].iter().map(|(e, t)| Engine(e.clone(), *t)))
                .collect(),
        ];
        for (index, order) in orders.into_iter().enumerate() {
            let mut state = LifeState::default();
            let mut rows = Vec::new();
            for said in order {
                rows.extend(match said {
                    Config(run) => state.see_config(&run, "a", 1000),
                    Engine(action, time) => state.hear_engine(&action, "a", time),
                });
                state = LifeState::decode(&state.encode()).unwrap();
            }
            let names: Vec<&str> = rows.iter().map(Lifecycle::event_name).collect();
            let expected = ["container.start", "container.die", "container.start", "container.die"];
            assert_eq!(names, expected, "order {index}: {:?}", told(&rows));
        }
    }

    #[test]
    fn a_container_renamed_before_its_config_was_looked_at() {
        let mut state = LifeState::unseen("");
        state.hear_engine(&EngineAction::Start, "old", 100);
        assert_eq!(
            told(&state.hear_engine(&EngineAction::Rename, "new", 150)),
            [("container renamed from old".into(), 150)]
        );
    }

    #[test]
    fn a_container_renamed() {
        let mut state = LifeState::adopted(&run(true, 100, 0, 0), "old");
        assert_eq!(
            told(&state.hear_engine(&EngineAction::Rename, "new", 150)),
            [("container renamed from old".into(), 150)]
        );
        assert_eq!(told(&state.see_config(&run(true, 100, 0, 0), "new", 160)), []);
    }

    #[test]
    fn an_out_of_memory_kill_is_told_once() {
        let mut state = LifeState::adopted(&run(true, 100, 0, 0), "a");
        let mut dead = run(false, 100, 200, 137);
        dead.oom_killed = true;
        let rows = state.see_config(&dead, "a", 1000);
        let names: Vec<&str> = rows.iter().map(Lifecycle::event_name).collect();
        assert_eq!(names, ["container.oom", "container.die"]);
        assert!(state.hear_engine(&EngineAction::Oom, "a", 190).is_empty());
        assert!(state.hear_engine(&EngineAction::Oom, "a", 201).is_empty());
    }

    #[test]
    fn what_was_there_before_is_not_told() {
        let mut state = LifeState::adopted(&run(true, 100, 50, 0), "a");
        assert_eq!(told(&state.see_config(&run(true, 100, 50, 0), "a", 1000)), []);
        assert_eq!(told(&state.hear_engine(&EngineAction::Start, "a", 105)), []);
        let rows = state.hear_engine(&EngineAction::Die(Some(1)), "a", 205);
        assert_eq!(told(&rows), [("container exited with code 1".into(), 205)]);
        assert_eq!(told(&state.see_config(&run(false, 100, 200, 1), "a", 1000)), []);
    }

    #[test]
    fn a_removed_container_stays_removed() {
        let mut state = LifeState::adopted(&run(false, 100, 200, 0), "a");
        assert_eq!(told(&state.destroy(300)), [("container removed".into(), 300)]);
        for action in [EngineAction::Start, EngineAction::Die(None), EngineAction::Destroy] {
            assert_eq!(told(&state.hear_engine(&action, "a", 400)), []);
        }
    }

    proptest! {
        #[test]
        fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = LifeState::decode(&bytes);
        }
    }
}
