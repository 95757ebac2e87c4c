//! `logboom search`: the newest hits, printed oldest first, like a log; the table of a query with pipes; the lines
//! around each hit.
//!
//! [`Results`] takes what a running logboom streams (`server`) or what is found in its data directory (`directory`).

mod around;
mod directory;
mod results;
mod server;

use logboom_query::{SearchRequest, parse_time};

use super::{block_on, failed, open_directory, parse_query};
use crate::cli::{LoggingArgs, Order, SearchArgs, SearchOutput};
use crate::client::{ClientError, locate};
use crate::clock::now;
use crate::failure::Failure;
use crate::logging;
use around::Context;
use results::Results;

/// Age of the oldest line shown when nothing else is said.
const SINCE_DEFAULT: &str = "24h";

/// What is asked, and how it is answered.
struct Ask {
    /// As typed.
    text: String,
    request: SearchRequest,
    order: Order,
    context: Option<Context>,
}

/// Searches the running logboom, or its data directory.
pub fn run(args: &SearchArgs, logging_args: &LoggingArgs) -> Result<(), Failure> {
    logging::start(logging_args, None);
    let ask = ask(args)?;
    let target = locate(&args.target)?;
    let mut results = Results::new(&ask, args.output.into());
    let unanswered = match &target.client {
        None => None,
        Some(client) => match block_on(server::search(client, &ask, &mut results))? {
            Asked::Answered => return Ok(()),
            Asked::Nobody(error) => Some(error),
        },
    };
    match (target.directory, unanswered) {
        (Some(folder), unanswered) => {
            directory::search(&open_directory(&folder, unanswered.as_ref())?, &ask, &mut results)
        }
        (None, Some(error)) => Err(failed(error)),
        (None, None) => Ok(()),
    }
}

enum Asked {
    Answered,
    Nobody(ClientError),
}

fn ask(args: &SearchArgs) -> Result<Ask, Failure> {
    let query = parse_query(&args.query)?;
    let context = context(args)?;
    if context.is_some() && query.is_table() {
        return Err(Failure::usage("-A, -B and -C show lines around hits, and this query makes a table"));
    }
    let now = now();
    let time = |name: &str, text: &str| {
        parse_time(text, now).map_err(|error| Failure::Usage(format!("{name}: {error}")))
    };
    let seqs = query.seqs();
    let since = match &args.since {
        Some(text) => time("--since", text)?,
        // A link to a line outlives the day.
        None if seqs.end.saturating_sub(seqs.start) == 1 => i64::MIN,
        None => time("--since", SINCE_DEFAULT)?,
    };
    let until = args.until.as_deref().map(|text| time("--until", text)).transpose()?;
    if until.is_some_and(|until| until <= since) {
        return Err(Failure::usage("--until is not after --since; without --since it is 24h ago"));
    }
    let request = SearchRequest { since, until, ..SearchRequest::new(query, args.limit as usize) };
    Ok(Ask { text: args.query.clone(), request, order: args.order, context })
}

fn context(args: &SearchArgs) -> Result<Option<Context>, Failure> {
    let both = args.context;
    let (before, after) = (args.before.or(both), args.after.or(both));
    if before.is_none() && after.is_none() {
        return Ok(None);
    }
    if args.output == SearchOutput::Csv {
        return Err(Failure::usage(
            "-A, -B and -C are for text and json: a table has no place for other lines",
        ));
    }
    Ok(Some(Context { before: before.unwrap_or(0) as usize, after: after.unwrap_or(0) as usize }))
}
