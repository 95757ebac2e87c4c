//! logboom killed at arbitrary points while Docker writes, rotates and restarts containers: every line exactly once
//! per stream, in order.

use std::sync::Arc;
use std::time::Instant;

use logboom_model::{Flags, Gap, Stream};
use proptest::prelude::*;

use crate::fake_docker::{FakeContainer, FakeDocker};
use crate::memory_log::{DEADLINE, MemoryLog, start};

#[derive(Debug, Clone)]
enum Step {
    Line {
        stderr: bool,
        length: usize,
    },
    Fragment {
        stderr: bool,
    },
    Rotate,
    ContainerRestart,
    /// logboom is killed after so many more submissions, or at once.
    Kill {
        after: usize,
    },
    /// Let logboom catch up.
    CatchUp,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (any::<bool>(), prop_oneof![4 => 1..200_usize, 1 => 16_000..50_000_usize])
            .prop_map(|(stderr, length)| Step::Line { stderr, length }),
        2 => any::<bool>().prop_map(|stderr| Step::Fragment { stderr }),
        2 => Just(Step::Rotate),
        1 => Just(Step::ContainerRestart),
        2 => (0..3_usize).prop_map(|after| Step::Kill { after }),
        2 => Just(Step::CatchUp),
    ]
}

/// What must come out, by stream; open fragments become part of the next line of their stream.
#[derive(Default)]
struct Written {
    lines: [Vec<String>; 2],
    open: [Option<(String, i64)>; 2],
    count: usize,
}

const STREAMS: [(&str, Stream); 2] = [("stdout", Stream::Stdout), ("stderr", Stream::Stderr)];

impl Written {
    fn line(&mut self, container: &mut FakeContainer, stderr: bool, length: usize) {
        self.count += 1;
        let index = usize::from(stderr);
        let text = format!("{} {}", self.count, "y".repeat(length));
        if let Some((begun, time)) = self.open[index].take() {
            container.record(STREAMS[index].0, &format!("{text}\n"), time);
            self.lines[index].push(begun + &text);
        } else {
            if stderr {
                container.err(&text);
            } else {
                container.out(&text);
            }
            self.lines[index].push(text);
        }
    }

    fn fragment(&mut self, container: &mut FakeContainer, stderr: bool) {
        self.count += 1;
        let index = usize::from(stderr);
        let text = format!("{}-", self.count);
        let (begun, time) = self.open[index].take().unwrap_or_else(|| (String::new(), container.now()));
        container.record(STREAMS[index].0, &text, time);
        self.open[index] = Some((begun + &text, time));
    }

    /// Text without a line end at the exit is a line of its own.
    fn end_run(&mut self) {
        for (lines, open) in self.lines.iter_mut().zip(&mut self.open) {
            lines.extend(open.take().map(|(text, _)| text));
        }
    }

    fn wait_until_stored(&self, log: &MemoryLog, id: &str) {
        let until = Instant::now() + DEADLINE;
        for ((name, stream), expected) in STREAMS.iter().zip(&self.lines) {
            let mut lines = lines_of(log, id, *stream);
            while lines.len() < expected.len() && Instant::now() < until {
                std::thread::park_timeout(std::time::Duration::from_millis(1));
                lines = lines_of(log, id, *stream);
            }
            if &lines != expected {
                let heads = |lines: &[String]| -> Vec<String> {
                    lines.iter().map(|line| format!("{:.30} ({})", line, line.len())).collect()
                };
                assert_eq!(
                    heads(&lines),
                    heads(expected),
                    "{name}; gaps: {:?}",
                    log.gaps().iter().map(Gap::body).collect::<Vec<_>>()
                );
            }
        }
    }
}

fn lines_of(log: &MemoryLog, id: &str, stream: Stream) -> Vec<String> {
    let of = |row: &crate::memory_log::Stored| {
        row.container == id && row.stream == stream && !row.flags.contains(Flags::LIFECYCLE)
    };
    log.rows().into_iter().filter(of).map(|row| row.body).collect()
}

fn check(steps: &[Step], compress: bool) {
    let mut docker = FakeDocker::new();
    let mut log: Arc<MemoryLog> = MemoryLog::new();
    let mut source = Some(start(docker.root(), &log));
    let mut container = docker.create("web");
    (container.max_file, container.compress) = (200, compress);
    container.start();
    let mut written = Written::default();
    for step in steps {
        match step {
            Step::Line { stderr, length } => written.line(&mut container, *stderr, *length),
            Step::Fragment { stderr } => written.fragment(&mut container, *stderr),
            Step::Rotate => {
                if std::fs::metadata(container.log_path()).unwrap().len() > 0 {
                    container.rotate();
                }
            }
            Step::ContainerRestart => {
                // Two ends between two looks cannot be told apart, so text without a line end is waited for.
                let torn = written.open.iter().any(Option::is_some);
                container.die(0);
                written.end_run();
                if torn {
                    written.wait_until_stored(&log, &container.id);
                }
                container.start();
            }
            Step::Kill { after } => {
                log.kill_after(*after);
                drop(source.take());
                log = log.reopened();
                source = Some(start(docker.root(), &log));
            }
            Step::CatchUp => written.wait_until_stored(&log, &container.id),
        }
    }
    container.die(0);
    written.end_run();
    written.wait_until_stored(&log, &container.id);
    assert!(log.gaps().is_empty(), "{:?}", log.gaps());
}

/// `PROPTEST_CASES` in the long tier.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn every_line_exactly_once(steps in proptest::collection::vec(step(), 1..60), compress in any::<bool>()) {
        check(&steps, compress);
    }
}

/// Docker gives all pieces of a line one time, so two files can begin at the same time.
#[test]
fn two_files_that_begin_with_pieces_of_one_line() {
    for _ in 0..20 {
        let steps = [
            Step::Line { stderr: false, length: 60 },
            Step::Rotate,
            Step::Kill { after: 1 },
            Step::Fragment { stderr: false },
            Step::Kill { after: 0 },
            Step::Rotate,
            Step::Line { stderr: false, length: 40_000 },
            Step::Rotate,
            Step::Line { stderr: true, length: 10 },
        ];
        check(&steps, false);
    }
}

/// A file that was empty when it was opened is known by its text only after that was written.
#[test]
fn a_file_compressed_before_it_was_read() {
    for _ in 0..20 {
        let steps = [
            Step::Line { stderr: false, length: 1 },
            Step::Kill { after: 0 },
            Step::Rotate,
            Step::Line { stderr: false, length: 1 },
            Step::Rotate,
            Step::Kill { after: 0 },
            Step::Line { stderr: false, length: 10 },
            Step::Rotate,
            Step::CatchUp,
        ];
        check(&steps, true);
    }
}
