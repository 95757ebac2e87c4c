//! The engine's side of the API as far as the source asks for it: `/version`, `/info`, `/events`, on a unix socket,
//! with the bodies of the captures.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

#[derive(Default)]
struct Shared {
    events: Vec<Value>,
    streams: Vec<UnixStream>,
    /// Paths asked for.
    requests: Vec<String>,
}

pub struct FakeEngine {
    shared: Arc<Mutex<Shared>>,
    socket: PathBuf,
}

impl FakeEngine {
    /// Listens in this folder and says that Docker's root is `root`.
    pub fn new(folder: &Path, root: &Path) -> Self {
        let socket = folder.join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let shared: Arc<Mutex<Shared>> = Arc::default();
        let mut info: Value = serde_json::from_str(include_str!("../fixtures/api-info.json")).unwrap();
        info["DockerRootDir"] = json!(root);
        let server = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &server, &info.to_string());
            }
        });
        Self { shared, socket }
    }

    pub fn address(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// An event, kept for those who ask later.
    pub fn event(&self, id: &str, name: &str, action: &str, time: i64, attributes: &[(&str, &str)]) {
        let mut all = json!({"image": "bb", "name": name});
        for (key, value) in attributes {
            all[*key] = json!(value);
        }
        let event = json!({"Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": all},
            "scope": "local", "time": time / 1_000_000_000, "timeNano": time});
        let mut shared = self.shared.lock().unwrap();
        shared.streams.retain_mut(|stream| chunk(stream, &event).is_ok());
        shared.events.push(event);
    }

    /// A proxy that cuts idle streams.
    pub fn cut_streams(&self) {
        self.shared.lock().unwrap().streams.clear();
    }

    pub fn requests(&self) -> Vec<String> {
        self.shared.lock().unwrap().requests.clone()
    }
}

fn answer(mut stream: UnixStream, shared: &Mutex<Shared>, info: &str) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let mut shared = shared.lock().unwrap();
    shared.requests.push(path.clone());
    if path.contains("/events") {
        let since = path.split("since=").nth(1).unwrap().split('&').next().unwrap();
        let (seconds, nanos) = since.split_once('.').unwrap();
        let since = seconds.parse::<i64>().unwrap() * 1_000_000_000 + nanos.parse::<i64>().unwrap();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        for event in shared.events.iter().filter(|event| event["timeNano"].as_i64().unwrap() >= since) {
            chunk(&mut stream, event).unwrap();
        }
        shared.streams.push(stream);
        return;
    }
    let (status, body) = if path.starts_with("/v1.53/") {
        ("400 Bad Request", "{\"message\":\"client version 1.53 is too new\"}")
    } else if path.ends_with("/version") {
        ("200 OK", include_str!("../fixtures/api-version.json"))
    } else if path.ends_with("/info") {
        ("200 OK", info)
    } else {
        ("404 Not Found", "{\"message\":\"page not found\"}")
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all((head + body).as_bytes());
}

fn chunk(stream: &mut UnixStream, event: &Value) -> std::io::Result<()> {
    let body = format!("{event}\n");
    stream.write_all(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes())
}
