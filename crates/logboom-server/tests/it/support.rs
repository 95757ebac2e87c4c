//! A running server, records to put into its store, and clients with deadlines.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use logboom_model::status::{ContainerStatus, GapStatus, SinkStatus, SourceStatus, Status};
use logboom_model::{Batch, Flags, Intake, Resource, Row, Severity, Stream, Submission, SubmitError};
use logboom_server::{Bound, Context, ServerOptions, serve};
use logboom_store::{Store, StoreOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Every wait ends by then, in success or failure.
pub const DEADLINE: Duration = Duration::from_secs(30);

pub const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Fails the test when something takes too long.
pub async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.expect("in time")
}

/// A server and the store behind it.
pub struct Rig {
    pub store: Store,
    pub address: SocketAddr,
    bound: Bound,
    stop: oneshot::Sender<()>,
    directory: tempfile::TempDir,
}

impl Rig {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(change: impl FnOnce(&mut ServerOptions)) -> Self {
        Self::start_on(StoreOptions { min_free: 0, ..StoreOptions::default() }, change).await
    }

    pub async fn start_on(store: StoreOptions, change: impl FnOnce(&mut ServerOptions)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), store).unwrap();
        let mut options = ServerOptions::new("127.0.0.1:0".parse().unwrap());
        change(&mut options);
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move { _ = stopped.await };
        let bound = serve(options, context(&store), shutdown).await.unwrap();
        Self { store, address: bound.address(), bound, stop, directory }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.address.port())
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        in_time(client().get(self.url(path)).send()).await.unwrap()
    }

    pub async fn connect(&self) -> TcpStream {
        in_time(TcpStream::connect(("127.0.0.1", self.address.port()))).await.unwrap()
    }

    /// Sends bytes, then reads until the server closes.
    pub async fn raw(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        read_to_close(&mut stream).await
    }

    /// Asks the server to stop; returns when it has.
    pub async fn stop(self) -> (Store, tempfile::TempDir) {
        let _ = self.stop.send(());
        in_time(self.bound.stopped()).await;
        (self.store, self.directory)
    }
}

pub async fn read_to_close(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A server that refuses what is still being sent may reset the connection after its answer.
    let _ = in_time(stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

pub fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap()
}

pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}

pub fn resource(name: &str) -> Arc<Resource> {
    Arc::new(Resource::builder().with("container.name", name).with("container.id", "c0ffee").build())
}

/// Makes bodies durable, in order, as one submission.
pub async fn put<B: AsRef<[u8]>>(store: &Store, bodies: impl IntoIterator<Item = B>) {
    let mut batch = Batch::new(resource("web"));
    for body in bodies {
        let row = Row {
            time: now(),
            observed: now(),
            severity: Severity::INFO,
            stream: Stream::Stdout,
            flags: Flags::empty(),
        };
        batch.push(row, body.as_ref());
    }
    put_batch(store, batch).await;
}

/// Makes a batch durable.
pub async fn put_batch(store: &Store, batch: Batch) {
    let store = store.clone();
    let write = move || {
        let mut submission = Submission { batches: vec![batch], ..Submission::default() };
        let deadline = std::time::Instant::now() + DEADLINE;
        while let Err(error) = store.try_submit(submission) {
            assert!(std::time::Instant::now() < deadline, "the journal takes nothing");
            match error {
                SubmitError::Full(back) => submission = *back,
                SubmitError::Closed => panic!("closed"),
            }
            store.wait_for_room(Duration::from_millis(100));
        }
        store.flush().unwrap();
    };
    in_time(tokio::task::spawn_blocking(write)).await.unwrap();
}

fn context(store: &Store) -> Context {
    let of_status = store.clone();
    let status = move || {
        let stats = of_status.stats();
        Status {
            store_id: of_status.store_id().to_string(),
            version: "test".to_owned(),
            records: stats.records,
            seq: stats.end_seq - 1,
            store: stats.status(),
            sources: vec![SourceStatus {
                name: "dock\"er\n".to_owned(),
                kind: "docker".to_owned(),
                state: "running".to_owned(),
                records: 7,
                lag_bytes: 11,
                ..SourceStatus::default()
            }],
            sinks: vec![SinkStatus {
                name: "siem".to_owned(),
                state: "retrying".to_owned(),
                lag_seconds: 1.5,
                ..SinkStatus::default()
            }],
            gaps: vec![GapStatus { reason: "evicted".to_owned(), ..GapStatus::default() }],
        }
    };
    let containers = || vec![ContainerStatus { name: "web".to_owned(), ..ContainerStatus::default() }];
    Context { store: store.clone(), status: Arc::new(status), containers: Arc::new(containers) }
}

/// One event as an EventSource would deliver it.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub name: String,
    pub data: serde_json::Value,
    /// The id field of this very event.
    pub id: Option<String>,
}

impl Event {
    pub fn seq(&self) -> u64 {
        self.data["seq"].as_u64().unwrap()
    }

    pub fn body(&self) -> &str {
        self.data["body"].as_str().unwrap()
    }
}

/// An EventSource that reads only when asked.
pub struct Events {
    response: reqwest::Response,
    buffer: Vec<u8>,
    pub last_id: Option<String>,
}

impl Events {
    pub async fn open(rig: &Rig, path: &str, last_id: Option<&str>) -> Self {
        let mut request = client().get(rig.url(path));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        Self::of(request, last_id).await
    }

    /// The events of a path that must be asked for them.
    pub async fn accept(rig: &Rig, path: &str, accept: &str) -> Self {
        Self::of(client().get(rig.url(path)).header("accept", accept), None).await
    }

    async fn of(request: reqwest::RequestBuilder, last_id: Option<&str>) -> Self {
        let response = in_time(request.send()).await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        Self { response, buffer: Vec::new(), last_id: last_id.map(str::to_owned) }
    }

    /// The next event; `None` when the server ended the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(event) = self.event(&block) {
                    return Some(event);
                }
            }
            let chunk = in_time(self.response.chunk()).await.unwrap()?;
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// The next event with this name, which must come before any other but `position`.
    pub async fn expect(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.name == name {
                return event;
            }
            assert_eq!(event.name, "position", "{event:?}");
        }
    }

    fn event(&mut self, block: &[u8]) -> Option<Event> {
        let text = std::str::from_utf8(block).unwrap();
        assert!(!text.contains('\r'));
        let mut event = Event { name: "message".to_owned(), data: serde_json::Value::Null, id: None };
        let mut has_data = false;
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": ").unwrap_or((line, "")) {
                ("event", name) => event.name = name.to_owned(),
                ("id", id) => event.id = Some(id.to_owned()),
                ("data", data) => {
                    assert!(!has_data, "one data line an event");
                    has_data = true;
                    event.data = serde_json::from_str(data).unwrap();
                }
                ("retry", _) => {}
                other => panic!("{other:?}"),
            }
        }
        self.last_id = event.id.clone().or(self.last_id.take());
        has_data.then_some(event)
    }
}
