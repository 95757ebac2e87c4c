//! Tables are the same whether records lie in the journal, in segments with columns of their attributes, or in both.

use std::sync::Arc;

use logboom_model::{Batch, Flags, Resource, Row, Severity, Stream};
use logboom_query::{PipeLimits, Pipeline, Selection, Table, parse};
use proptest::prelude::*;

use crate::fixture::marks;
use crate::log::{Log, at, request};

/// Names that fold alike, names twice, values of several types, what no column takes.
const BODIES: &[&str] = &[
    r#"{"status":500,"took":1.5,"user":{"id":7}}"#,
    r#"{"status":"500","took":2,"user.id":8}"#,
    r#"{"status":5e2,"took":"0.25","user_id":9,"user":{"id":1}}"#,
    r#"{"status":500.0,"took":-0,"user":{"id":"\u0041nna"}}"#,
    r#"{"status":12345678901234567890,"took":1e300,"user":{}}"#,
    r#"{"status":null,"took":[3,1],"user":null}"#,
    r#"{"status":true,"status":404,"took":false}"#,
    r#"{"st\u0061tus":"é","took":0.1,"zone":"eu"}"#,
    r#"{"status":{"code":1},"took":9007199254740993}"#,
    "status=500 took=1.5 user.id=7",
    r#"status="50\u0030" took=3 user_id="x y""#,
    "status=a status=b took=-4",
    "no attributes",
    "{\"status\":500",
];

const SOURCES: &[&str] = &["", "", "", r#"{"status":503}"#, r#"{"user":{"id":"source"},"took":8.5}"#];

const QUERIES: &[&str] = &[
    "* | count",
    "* | count by status",
    "* | count by user.id, took",
    "* | count by severity, container, stream",
    "* | count by zone",
    "* | top 2 status by container",
    "* | uniq user.id | count",
    "* | timechart 1m sum(took), uniq(status) by zone",
    "* | timechart 1m by severity",
    "* | stats count(), sum(took), avg(took), min(took), max(took), p50(took), p95(status), uniq(took) by kind",
    "* | fields seq, time, body, status, took, user.id, observed_time, zone",
    "* | fields status | limit 3",
    "* | sort by took desc, status | limit 4",
    "* | limit 5 | sort by took | fields took, seq",
    "status>=500 | count by status, user.id",
    "took:* -status:500 | stats min(status), max(user.id) by container",
    "stream:stderr severity>=warn | count by container",
];

#[derive(Debug, Clone)]
struct Line {
    container: usize,
    body: &'static str,
    source: &'static str,
    row: Row,
}

fn line() -> impl Strategy<Value = Line> {
    let body = prop::sample::select(BODIES);
    let parts = (0_usize..3, body, prop::sample::select(SOURCES), 0_u8..=24, 0_u8..3, 0_i64..300);
    parts.prop_map(|(container, body, source, severity, stream, second)| {
        let row = Row {
            severity: Severity::from_number(severity).unwrap(),
            stream: Stream::from_byte(stream).unwrap(),
            flags: marks(body.as_bytes()) | if severity == 3 { Flags::LIFECYCLE } else { Flags::empty() },
            ..at(second * 1_000_000_000)
        };
        Line { container, body, source, row }
    })
}

/// The last container's resource has a name that is an attribute elsewhere.
fn batch(line: &Line) -> Batch {
    let builder = Resource::builder().with("container.name", ["a", "b", "c"][line.container]);
    let builder = if line.container == 2 { builder.with("zone", "us") } else { builder };
    let mut batch = Batch::new(Arc::new(builder.build()));
    batch.push_with_attributes(line.row, line.body.as_bytes(), line.source.as_bytes());
    batch
}

/// The table of batches as they were committed.
fn expected(query: &str, batches: &[Batch]) -> Table {
    let query = parse(query).unwrap();
    let mut pipeline = Pipeline::new(&query, &PipeLimits::default()).unwrap();
    let (mut matcher, mut rows) = (query.matcher(), Selection::default());
    for batch in batches {
        matcher.matches_batch(batch, &mut rows);
        pipeline.accept(batch, &rows);
    }
    pipeline.finish()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_table_does_not_depend_on_where_records_lie(
        lines in proptest::collection::vec(line(), 1..60),
        cut in 0_usize..60,
    ) {
        let mut batches: Vec<Batch> = lines.iter().map(batch).collect();
        let mut log = Log::new();
        let mut seq = log.snapshot().seqs().end;
        let cut = cut.min(batches.len());
        for (index, batch) in batches.iter_mut().enumerate() {
            log.commit(vec![batch.clone()]);
            batch.assign_seqs(seq);
            seq = batch.end_seq();
            if index + 1 == cut {
                log.seal();
            }
        }
        for query in QUERIES {
            let table = log.search(&request(query, 1000)).outcome.table.unwrap();
            let expected = expected(query, &batches);
            prop_assert_eq!(table.columns, expected.columns);
            prop_assert_eq!(table.rows, expected.rows, "{} with {} sealed", query, cut);
        }
    }
}
