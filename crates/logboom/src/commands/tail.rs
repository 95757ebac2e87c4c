//! `logboom tail`: lines as they become durable, resumed by (store_id, seq) over lost connections and restarts.

use std::io::{self, BufWriter};
use std::time::Duration;

use form_urlencoded::Serializer;
use serde::Deserialize;
use tokio::time::sleep;

use super::{block_on, failed, parse_filter};
use crate::cli::{LoggingArgs, TailArgs};
use crate::client::{Client, ClientError, Event, Events, Lines, locate};
use crate::failure::{Failure, say};
use crate::logging;
use crate::output::{Form, Place, Printer, stdout_printer};

/// Waits between attempts: quick at first, since a restart takes a moment, then patient.
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(3);

/// Follows the running logboom until the reader goes away.
pub fn run(args: &TailArgs, logging_args: &LoggingArgs) -> Result<(), Failure> {
    logging::start(logging_args, None);
    parse_filter(&args.query)?;
    let target = locate(&args.target)?;
    let Some(client) = target.client else {
        let directory = target.directory.unwrap_or_default();
        return Err(Failure::Failed(anyhow::anyhow!(
            "no logboom has run on {}; start one with logboom up, or name one with --server",
            directory.display()
        )));
    };
    let mut parameters = Serializer::new("/api/v1/tail?".to_owned());
    let path = parameters.append_pair("query", &args.query).finish();
    let mut tail = Tail { printer: stdout_printer(Form::from(args.output)), last_id: String::new() };
    block_on(tail.follow(&client, &path))
}

struct Tail {
    printer: Printer<BufWriter<io::Stdout>>,
    last_id: String,
}

/// `event: gap`.
#[derive(Deserialize)]
struct Missing {
    from: u64,
    to: u64,
    /// How many of these; all, when absent.
    count: Option<u64>,
    reason: String,
}

impl Tail {
    async fn follow(&mut self, client: &Client, path: &str) -> Result<(), Failure> {
        let mut wait = RETRY_FIRST;
        let mut told = false;
        loop {
            let ended = match self.connect(client, path).await {
                Ok(mut events) => {
                    if told {
                        say("connected again");
                    }
                    (wait, told) = (RETRY_FIRST, false);
                    self.print(client, &mut events).await?
                }
                Err(error) => Some(error),
            };
            match ended {
                Some(error) if !error.is_passing() => return Err(failed(error)),
                Some(error) if !told => say(&format!("{error}; trying again")),
                None if !told => say(&format!("{} ended the connection; trying again", client.url())),
                _ => {}
            }
            told = true;
            self.check_reader()?;
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    async fn connect(&self, client: &Client, path: &str) -> Result<Events, ClientError> {
        let mut headers = vec![("accept", "text/event-stream".to_owned())];
        if !self.last_id.is_empty() {
            headers.push(("last-event-id", self.last_id.clone()));
        }
        let answer = client.get(path, &headers).await?;
        Ok(Events::new(Lines::new(answer, client.url())))
    }

    /// Prints until the stream ends; says why it did, or `None` when the server ended it in good order.
    async fn print(&mut self, client: &Client, events: &mut Events) -> Result<Option<ClientError>, Failure> {
        loop {
            match events.next().await {
                Ok(None) => return Ok(None),
                Err(error) => return Ok(Some(error)),
                Ok(Some(event)) => {
                    let store_id = event.id.split(':').next().unwrap_or_default();
                    if let Err(error) = client.check_store(store_id) {
                        return Ok(Some(error));
                    }
                    self.event(event)?;
                }
            }
            if !events.has_more() {
                self.printer.flush()?;
            }
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Failure> {
        match event.kind.as_str() {
            "record" => self.printer.record(&event.data, Place::Alone)?,
            "gap" => {
                if let Ok(Missing { from, to, count, reason }) = serde_json::from_slice(&event.data) {
                    self.printer.missing(from, to, count, &reason)?;
                }
            }
            "reset" => {
                say("this is another log than before (a new data directory?); following it from its end");
            }
            // A heartbeat: the time to notice that nobody reads any more.
            "position" => self.check_reader()?,
            _ => {}
        }
        // Only after printing: what was not printed is asked for again.
        if !event.id.is_empty() {
            self.last_id = event.id;
        }
        Ok(())
    }

    /// Ends the command when the other end of the pipe is gone, even while no lines come.
    fn check_reader(&mut self) -> Result<(), Failure> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        self.printer.flush()?;
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        let no_wait = Timespec { tv_sec: 0, tv_nsec: 0 };
        match poll(&mut watched, Some(&no_wait)) {
            Ok(count) if count > 0 && watched[0].revents().contains(PollFlags::ERR) => {
                Err(Failure::OutputClosed)
            }
            _ => Ok(()),
        }
    }
}
