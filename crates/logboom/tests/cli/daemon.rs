//! What these tests share: a Docker root that looks like Docker's own, and a logboom that reads it.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Longest wait for anything; tests end as soon as what they wait for is there.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The binary without the environment's engine and configuration.
pub fn logboom() -> Command {
    clean(Command::new(env!("CARGO_BIN_EXE_logboom")))
}

fn clean(mut command: Command) -> Command {
    for name in ["DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "NO_COLOR"] {
        command.env_remove(name);
    }
    command.current_dir(std::env::temp_dir()).stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(arguments: &[&str]) -> Output {
    logboom().args(arguments).output().unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Looks again and again until there is something.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A folder with Docker's root and a data directory, removed at the end.
pub struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("docker/containers")).unwrap();
        Self { folder }
    }

    pub fn docker_root(&self) -> PathBuf {
        self.folder.path().join("docker")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data, for configurations.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// A running container as Docker lays it out.
    pub fn container(&self, number: u64, name: &str) -> Container {
        let id = format!("{number:064x}");
        let folder = self.docker_root().join("containers").join(&id);
        fs::create_dir(&folder).unwrap();
        let log = folder.join(format!("{id}-json.log"));
        File::create(&log).unwrap();
        let host_config = r#"{"LogConfig":{"Type":"json-file","Config":{}}}"#;
        fs::write(folder.join("hostconfig.json"), host_config).unwrap();
        let config = serde_json::json!({
            "ID": id, "Name": format!("/{name}"), "LogPath": log, "Created": "2026-11-22T00:00:00Z",
            "Config": { "Image": "example/app:1", "Labels": {}, "Env": null, "Tty": false },
            "State": { "Running": true, "StartedAt": "2026-11-22T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z" },
        });
        fs::write(folder.join("config.v2.json"), config.to_string()).unwrap();
        Container { log, written: 0 }
    }

    /// Starts `logboom up` and waits until it is ready.
    pub fn up(&self, arguments: &[&str]) -> Daemon {
        let daemon = self.spawn(arguments);
        daemon.wait_for_message("ready");
        daemon
    }

    /// Starts `logboom up`.
    pub fn spawn(&self, arguments: &[&str]) -> Daemon {
        self.spawn_with(logboom(), arguments)
    }

    /// Starts `logboom up` through another command, which makes somebody else of it. The folder of the build may be
    /// closed to them, so they get a binary of their own.
    pub fn spawn_through(&self, through: &[&str], arguments: &[&str]) -> Daemon {
        use std::os::unix::fs::PermissionsExt as _;
        let binary = self.folder.path().join("logboom");
        fs::copy(env!("CARGO_BIN_EXE_logboom"), &binary).unwrap();
        fs::set_permissions(self.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let mut command = clean(Command::new(through[0]));
        command.args(&through[1..]).arg(binary);
        self.spawn_with(command, arguments)
    }

    fn spawn_with(&self, mut command: Command, arguments: &[&str]) -> Daemon {
        let listen: &[&str] =
            if arguments.contains(&"--listen") { &[] } else { &["--listen", "127.0.0.1:0"] };
        let mut child = command
            .arg("up")
            .args(listen)
            .args(["--docker-host", "unix:///nonexistent/docker.sock"])
            .arg("--docker-root")
            .arg(self.docker_root())
            .arg("--data-dir")
            .arg(self.data_dir())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (messages, lines) = (follow(child.stderr.take().unwrap()), follow(child.stdout.take().unwrap()));
        Daemon { child, messages, lines }
    }

    /// Runs a reading command on this data directory.
    pub fn read(&self, arguments: &[&str]) -> Output {
        logboom().args(arguments).arg("--data-dir").arg(self.data_dir()).output().unwrap()
    }

    /// Bodies of what a search finds, over all time.
    pub fn search(&self, query: &str) -> Vec<String> {
        let output =
            self.read(&["search", query, "--since", "2026-01-01", "--limit", "10000", "--output", "json"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let records = stdout(&output);
        let bodies = records.lines().map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["body"].as_str().unwrap().to_owned()
        });
        bodies.collect()
    }
}

/// One container's log file.
pub struct Container {
    log: PathBuf,
    written: u64,
}

impl Container {
    /// Appends lines as Docker writes them.
    pub fn print(&mut self, lines: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut text = String::new();
        for line in lines {
            let body = serde_json::Value::from(format!("{}\n", line.as_ref()));
            let nanosecond = self.written;
            writeln!(
                text,
                r#"{{"log":{body},"stream":"stdout","time":"2026-11-22T10:00:00.{nanosecond:09}Z"}}"#
            )
            .unwrap();
            self.written += 1;
        }
        OpenOptions::new().append(true).open(&self.log).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

/// A `logboom up`; killed at the end of its test.
pub struct Daemon {
    child: Child,
    messages: Receiver<String>,
    lines: Receiver<String>,
}

impl Daemon {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a message on standard error and returns everything up to it.
    pub fn wait_for_message(&self, part: &str) -> String {
        next_with(&self.messages, part)
    }

    /// Waits for a line on standard output.
    pub fn wait_for_line(&self, part: &str) -> String {
        next_with(&self.lines, part)
    }

    /// What else it prints on standard output until it ends.
    pub fn rest_of_lines(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// Closes the other end of its standard error, as soon as it has said one more thing.
    pub fn close_messages(&mut self) {
        self.messages = channel().1;
    }

    /// What else it says on standard error until it ends.
    pub fn rest_of_messages(&self) -> String {
        self.messages.iter().collect::<Vec<_>>().join("\n")
    }

    pub fn signal(&self, name: &str) {
        let status =
            Command::new("kill").args([format!("-{name}"), self.pid().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end.
    pub fn wait(&mut self) -> ExitStatus {
        wait_for("the end of logboom", || self.child.try_wait().unwrap())
    }

    /// SIGTERM; the exit status and how long it took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.signal("TERM");
        (self.wait(), start.elapsed())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Gone already when the test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn follow(pipe: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn next_with(lines: &Receiver<String>, part: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    let mut seen = String::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                seen.push_str(&line);
                seen.push('\n');
                if line.contains(part) {
                    return seen;
                }
            }
            Err(RecvTimeoutError::Timeout) => panic!("waited in vain for {part:?} after:\n{seen}"),
            Err(RecvTimeoutError::Disconnected) => panic!("it ended without {part:?}:\n{seen}"),
        }
    }
}

/// Mode bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
