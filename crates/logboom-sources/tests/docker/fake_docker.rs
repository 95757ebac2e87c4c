//! Plays the file system's side of Docker 20.10 and 23: folders, `config.v2.json` by rename, records, and rotation in
//! exactly Docker's steps (wire formats §3.2), each of which a test can take on its own.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use logboom_model::format_rfc3339;
use serde_json::json;

/// Text is cut after so many bytes.
pub const CUT: usize = 16_384;

/// Lets time pass where Docker itself takes it.
pub fn pass(time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until {
        std::thread::park_timeout(until - Instant::now());
    }
}

pub struct FakeDocker {
    folder: tempfile::TempDir,
    containers: u32,
}

impl FakeDocker {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("containers")).unwrap();
        Self { folder, containers: 0 }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// `docker create`: folder, config, no log.
    pub fn create(&mut self, name: &str) -> FakeContainer {
        self.create_with(name, |_| {})
    }

    /// The same with options, which its first config has already.
    pub fn create_with(&mut self, name: &str, options: impl FnOnce(&mut FakeContainer)) -> FakeContainer {
        self.containers += 1;
        let id = format!("{:064x}", 0xabcd_0000_0000_u64 + u64::from(self.containers));
        let path = self.root().join("containers").join(&id);
        fs::create_dir(&path).unwrap();
        let mut container = FakeContainer::new(id, path, name);
        options(&mut container);
        container.write_config();
        container.write_host_config();
        container
    }

    /// `docker run`.
    pub fn run(&mut self, name: &str) -> FakeContainer {
        let mut container = self.create(name);
        container.start();
        container
    }
}

pub struct FakeContainer {
    pub id: String,
    pub path: PathBuf,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub env: Vec<String>,
    pub driver: String,
    /// Rotate when the file has grown to so many bytes.
    pub max_size: u64,
    pub max_file: u32,
    pub compress: bool,
    /// Docker 23 unlinks the live file with max-file=1; 20.10 renames it.
    pub unlinks: bool,
    running: bool,
    started: i64,
    finished: i64,
    exit_code: i64,
    live: Option<File>,
    written: u64,
    clock: i64,
}

impl FakeContainer {
    fn new(id: String, path: PathBuf, name: &str) -> Self {
        Self {
            id,
            path,
            name: name.to_owned(),
            labels: BTreeMap::new(),
            env: Vec::new(),
            driver: "json-file".to_owned(),
            max_size: u64::MAX,
            max_file: 1,
            compress: false,
            unlinks: false,
            running: false,
            started: 0,
            finished: 0,
            exit_code: 0,
            live: None,
            written: 0,
            clock: 0,
        }
    }

    pub fn log_path(&self) -> PathBuf {
        self.path.join(format!("{}-json.log", self.id))
    }

    pub fn rotated_path(&self, number: u32) -> PathBuf {
        self.path.join(format!("{}-json.log.{number}", self.id))
    }

    pub fn compressed_path(&self, number: u32) -> PathBuf {
        self.path.join(format!("{}-json.log.{number}.gz", self.id))
    }

    /// Wall clock, never twice the same.
    pub fn now(&mut self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64;
        self.clock = now.max(self.clock + 1);
        self.clock
    }

    pub fn write_config(&self) {
        let time =
            |time: i64| if time == 0 { "0001-01-01T00:00:00Z".to_owned() } else { format_rfc3339(time) };
        let log_path = if self.driver == "json-file" { self.log_path() } else { PathBuf::new() };
        let config = json!({
            "StreamConfig": {},
            "State": {"Running": self.running, "Paused": false, "Restarting": false, "OOMKilled": false, "Dead": false,
                "Pid": 1, "ExitCode": self.exit_code, "Error": "", "StartedAt": time(self.started),
                "FinishedAt": time(self.finished), "Health": null},
            "ID": self.id, "Created": "2026-11-22T09:12:59.103960569Z", "Managed": false, "Path": "sh", "Args": [],
            "Config": {"Hostname": &self.id[..12], "Tty": false, "Image": "bb:1.36",
                "Env": if self.env.is_empty() { json!(null) } else { json!(self.env) }, "Labels": self.labels},
            "Image": "sha256:4dc18fec8fe36748bcaadd62a9db3e01cad60c3ec45fffb65e47cd90fd89acd7",
            "LogPath": log_path, "Name": format!("/{}", self.name), "RestartCount": 0
        });
        self.replace("config.v2.json", &config);
    }

    pub fn write_host_config(&self) {
        self.replace("hostconfig.json", &json!({"LogConfig": {"Type": self.driver, "Config": {}}}));
    }

    fn replace(&self, name: &str, value: &serde_json::Value) {
        let temporary = self.path.join(format!(".tmp-{name}"));
        fs::write(&temporary, value.to_string()).unwrap();
        fs::rename(temporary, self.path.join(name)).unwrap();
    }

    /// `docker start`: the file goes on, the counter begins at its size.
    pub fn start(&mut self) {
        // Docker takes longer than this from an exit to the next start.
        if self.finished > 0 {
            let since = self.now() - self.finished;
            pass(Duration::from_millis(60).saturating_sub(Duration::from_nanos(since as u64)));
        }
        let live = OpenOptions::new().append(true).create(true).open(self.log_path()).unwrap();
        self.written = live.metadata().unwrap().len();
        self.live = Some(live);
        self.running = true;
        self.exit_code = 0;
        self.started = self.now();
        self.write_config();
    }

    /// The process ends; Docker has drained the pipes before it writes so.
    pub fn die(&mut self, exit_code: i64) {
        self.live = None;
        self.running = false;
        self.exit_code = exit_code;
        self.finished = self.now();
        self.write_config();
    }

    pub fn rename(&mut self, name: &str) {
        self.name = name.to_owned();
        self.write_config();
    }

    /// `docker rm`.
    pub fn remove(self) -> String {
        fs::remove_dir_all(&self.path).unwrap();
        self.id
    }

    /// A line on stdout.
    pub fn out(&mut self, line: &str) {
        self.line("stdout", line);
    }

    /// A line on stderr.
    pub fn err(&mut self, line: &str) {
        self.line("stderr", line);
    }

    fn line(&mut self, stream: &str, line: &str) {
        let time = self.now();
        let mut rest = line;
        while rest.len() >= CUT {
            let (piece, after) = rest.split_at(CUT);
            self.record(stream, piece, time);
            rest = after;
        }
        self.record(stream, &format!("{rest}\n"), time);
    }

    /// Text without a line end: a fragment.
    pub fn fragment(&mut self, stream: &str, text: &str) -> i64 {
        let time = self.now();
        self.record(stream, text, time);
        time
    }

    /// One record, as Docker's log driver gets it.
    pub fn record(&mut self, stream: &str, text: &str, time: i64) {
        if self.written >= self.max_size {
            self.rotate();
        }
        let text = serde_json::to_string(text).unwrap();
        let record =
            format!("{{\"log\":{text},\"stream\":\"{stream}\",\"time\":\"{}\"}}\n", format_rfc3339(time));
        self.raw(record.as_bytes());
    }

    /// Bytes straight into the live file.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.live.as_mut().unwrap().write_all(bytes).unwrap();
        self.written += bytes.len() as u64;
    }

    /// A whole rotation.
    pub fn rotate(&mut self) {
        self.live = None;
        if self.max_file <= 1 && self.unlinks {
            fs::remove_file(self.log_path()).unwrap();
        } else {
            self.shift();
            self.rename_live();
        }
        self.create_live();
        if self.compress {
            self.compress_first();
        }
    }

    /// Steps 2 and 3: the oldest goes, the others move on by one.
    pub fn shift(&mut self) {
        let last = self.max_file.max(2) - 1;
        let path = |number: u32| {
            if self.compress { self.compressed_path(number) } else { self.rotated_path(number) }
        };
        let _ = fs::remove_file(path(last));
        for number in (1..last).rev() {
            let _ = fs::rename(path(number), path(number + 1));
        }
    }

    /// Step 4: the live file becomes `.1`; for a moment there is none.
    pub fn rename_live(&mut self) {
        self.live = None;
        fs::rename(self.log_path(), self.rotated_path(1)).unwrap();
    }

    /// Step 5: not in append mode.
    pub fn create_live(&mut self) {
        let live = OpenOptions::new().write(true).create(true).truncate(true).open(self.log_path()).unwrap();
        self.live = Some(live);
        self.written = 0;
    }

    /// Step 6.
    pub fn compress_first(&mut self) {
        let bytes = self.compressed(&self.rotated_path(1));
        fs::write(self.compressed_path(1), bytes).unwrap();
        fs::remove_file(self.rotated_path(1)).unwrap();
    }

    /// What `.1.gz` will be, with Docker's header.
    pub fn compressed(&self, path: &Path) -> Vec<u8> {
        let text = fs::read(path).unwrap();
        let lines = String::from_utf8_lossy(&text).into_owned();
        let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
        let extra = json!({"lastTime": last["time"]}).to_string();
        let mut encoder =
            flate2::GzBuilder::new().extra(extra).write(Vec::new(), flate2::Compression::default());
        encoder.write_all(&text).unwrap();
        encoder.finish().unwrap()
    }

    /// `truncate -s 0` by an outsider.
    pub fn truncate(&mut self) {
        self.truncate_to(0);
    }

    /// What a power loss leaves: Docker never syncs its files.
    pub fn truncate_to(&mut self, size: u64) {
        OpenOptions::new().write(true).open(self.log_path()).unwrap().set_len(size).unwrap();
    }

    /// Where the daemon's own descriptor stands.
    pub fn seek_live(&mut self, offset: u64) {
        self.live.as_mut().unwrap().seek(SeekFrom::Start(offset)).unwrap();
    }
}
