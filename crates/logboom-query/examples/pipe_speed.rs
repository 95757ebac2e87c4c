//! How fast pipes take records, without the search around them: rows of JSON whose attributes are read from bodies, as
//! in the journal, and from columns, as in segments.
//!
//! `cargo run --profile bench -p logboom-query --example pipe_speed`

use std::error::Error;
use std::sync::Arc;

use logboom_model::{
    AttributeView, Batch, ColumnValues, FixedValues, Flags, Resource, Row, Severity, Stream, TextValues,
};
use logboom_query::{PipeLimits, Pipeline, Selection, parse};

const ROWS: usize = 4000;
const ROUNDS: usize = 250;

const QUERIES: &[&str] = &[
    "* | count",
    "* | count by severity",
    "* | count by service, severity",
    "* | timechart 1m by severity",
    "* | count by status",
    "* | top 10 path",
    "* | count by path, status",
    "* | stats avg(took), p95(took), max(took) by status",
    "* | uniq user",
    "* | stats uniq(user)",
    "* | fields time, path, status",
    "* | sort by took desc | limit 10",
];

fn main() -> Result<(), Box<dyn Error>> {
    let (mut journal, views) = rows();
    let mut segment = journal.clone();
    segment.set_views(views);
    println!("{:56} {:>12} {:>12}", "rows per second of CPU, millions", "bodies", "columns");
    for text in QUERIES {
        let query = parse(text)?;
        let mut speeds = Vec::new();
        for batch in [&mut journal, &mut segment] {
            let mut pipeline = Pipeline::new(&query, &PipeLimits::default()).ok_or("no table")?;
            let mut rows = Selection::default();
            rows.reset(ROWS, true);
            let start = cpu_nanos()?;
            for round in 0..ROUNDS {
                batch.assign_seqs((round * ROWS) as u64);
                pipeline.accept(batch, &rows);
            }
            // The clock of a thread may stand still for a moment.
            let seconds = ((cpu_nanos()? - start) as f64 / 1e9).max(1e-4);
            pipeline.finish();
            speeds.push((ROWS * ROUNDS) as f64 / seconds / 1e6);
        }
        println!("{text:56} {:>12.1} {:>12.1}", speeds[0], speeds[1]);
    }
    Ok(())
}

/// CPU time of this thread, so that whatever else the machine does is not counted.
fn cpu_nanos() -> Result<u64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(stat.split_whitespace().next().ok_or("no CPU time")?.parse()?)
}

/// One batch, and what a segment keeps of its attributes.
fn rows() -> (Batch, Vec<AttributeView>) {
    let resource =
        Resource::builder().with("service.name", "checkout").with("container.name", "web-1").build();
    let mut batch = Batch::new(Arc::new(resource));
    let (mut paths, mut users) = (Texts::default(), Texts::default());
    let (mut statuses, mut took) = (Vec::new(), Vec::new());
    for row in 0..ROWS {
        let status = [200, 200, 200, 404, 500][row % 5];
        let (path, user) = (format!("/api/v1/items/{}", row % 300), format!("user-{}", row * 7919 % 3001));
        let milliseconds = (row * 31 % 997) as f64 / 8.0;
        let body = format!(
            "{{\"time\":\"2026-11-22T09:13:00Z\",\"msg\":\"request handled\",\"path\":\"{path}\",\"status\":{status},\"took\":{milliseconds},\"user\":\"{user}\"}}"
        );
        let severity = [Severity::INFO, Severity::INFO, Severity::WARN, Severity::ERROR][row % 4];
        let time = row as i64 * 20_000_000;
        batch.push(
            Row { time, observed: time, severity, stream: Stream::Stdout, flags: Flags::JSON },
            body.as_bytes(),
        );
        paths.push(&path);
        users.push(&user);
        statuses.push(status);
        took.push(milliseconds);
    }
    let valid = vec![true; ROWS];
    let view = |name: &str, column| AttributeView::new(name, ROWS, vec![column], None);
    let views = vec![
        view("path", paths.column()),
        view("user", users.column()),
        view("status", ColumnValues::I64(FixedValues { valid: valid.clone(), values: statuses })),
        view("took", ColumnValues::F64(FixedValues { valid, values: took })),
    ];
    (batch, views)
}

#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    offsets: Vec<u32>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.offsets.push(self.bytes.len() as u32);
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn column(mut self) -> ColumnValues {
        self.offsets.push(self.bytes.len() as u32);
        ColumnValues::Text(TextValues { valid: vec![true; ROWS], bytes: self.bytes, offsets: self.offsets })
    }
}
