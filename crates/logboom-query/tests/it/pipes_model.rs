//! Pipes over batches and workers against `pipes_reference`.

use std::sync::Arc;

use logboom_model::{Batch, Resource, Row, Severity, Stream};
use logboom_query::{PipeLimits, Pipeline, Selection, Table, Value, parse};
use proptest::prelude::*;

use crate::fixture::marks;
use crate::pipes_reference::{Pipe, Reference, Step, text_of};

/// A record with the values that its fields must have.
#[derive(Debug, Clone)]
struct Record {
    time: i64,
    service: &'static str,
    severity: Severity,
    stream: Stream,
    status: Option<Value>,
    path: Option<&'static str>,
}

impl Record {
    fn body(&self) -> String {
        let status = self
            .status
            .as_ref()
            .map(|status| format!("\"status\":{}", serde_json::to_string(status).unwrap()));
        let path = self.path.map(|path| format!("\"http\":{{\"path\":\"{path}\"}}"));
        format!("{{{}}}", status.into_iter().chain(path).collect::<Vec<_>>().join(","))
    }

    fn push(&self, batch: &mut Batch) {
        let body = self.body();
        let flags = marks(body.as_bytes());
        let row = Row { time: self.time, observed: 0, severity: self.severity, stream: self.stream, flags };
        batch.push(row, body.as_bytes());
    }

    fn field(&self, name: &str, seq: usize) -> Value {
        let text = |text: &str| if text.is_empty() { Value::Null } else { Value::Text(text.to_owned()) };
        match name {
            "time" => Value::Time(self.time),
            "seq" => Value::Integer(seq as i64),
            "service_name" => text(self.service),
            "severity" => text(self.severity.text()),
            "severity_number" => Value::Integer(i64::from(self.severity.number())),
            "stream" => text(self.stream.name()),
            "kind" => text("log"),
            "status" => self.status.clone().unwrap_or(Value::Null),
            "http_path" => self.path.map_or(Value::Null, |path| Value::Text(path.to_owned())),
            "body" => Value::Text(self.body()),
            other => panic!("{other}"),
        }
    }
}

const FIELDS: [&str; 9] =
    ["service_name", "severity", "status", "http_path", "time", "seq", "stream", "severity_number", "kind"];

/// Runs the pipes over the batches, shared among so many workers.
fn run(query: &str, batches: &[Batch], workers: usize, limits: &PipeLimits) -> Option<Table> {
    let query = parse(query).unwrap_or_else(|error| panic!("{error}"));
    let mut pipelines: Vec<Pipeline> =
        (0..workers).map(|_| Pipeline::new(&query, limits)).collect::<Option<_>>()?;
    let mut rows = Selection::default();
    for (index, batch) in batches.iter().enumerate().rev() {
        rows.reset(batch.len(), true);
        let pipeline = &mut pipelines[index % workers];
        rows.retain(|row| batch.columns().times[row] >= pipeline.useful_from());
        pipeline.accept(batch, &rows);
    }
    let merged = pipelines.into_iter().reduce(|mut one, two| {
        one.merge(two);
        one
    });
    merged.map(Pipeline::finish)
}

fn batches(records: &[Record], size: usize) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for (seq, record) in records.iter().enumerate() {
        let fits = batches
            .last()
            .is_some_and(|batch| batch.resource().service_name() == record.service && batch.len() < size);
        if !fits {
            let resource = Resource::builder().with("service.name", record.service).build();
            let mut batch = Batch::new(Arc::new(resource));
            batch.assign_seqs(seq as u64);
            batches.push(batch);
        }
        if let Some(batch) = batches.last_mut() {
            record.push(batch);
        }
    }
    batches
}

fn record() -> impl Strategy<Value = Record> {
    let status = prop_oneof![
        3 => (-2_i64..4).prop_map(|number| Some(Value::Integer(number))),
        2 => prop::sample::select(&["2", "2.5", "x", "", "Z", "-1"][..]).prop_map(|text| Some(Value::Text(text.to_owned()))),
        1 => prop::sample::select(&[0.25, 2.5, -1.75][..]).prop_map(|float| Some(Value::Float(float))),
        2 => Just(None),
    ];
    (
        0_i64..12,
        prop::sample::select(&["", "a", "b", "7"][..]),
        prop::sample::select(&[0_u8, 9, 13, 14, 17][..]),
        0_u8..3,
        status,
        prop::option::of(prop::sample::select(&["/", "/é", "/x y"][..])),
    )
        .prop_map(|(time, service, severity, stream, status, path)| Record {
            time: 1_795_338_780_000_000_000 + time * 20_000_000_000,
            service,
            severity: Severity::from_number(severity).unwrap(),
            stream: Stream::from_byte(stream).unwrap(),
            status,
            path,
        })
}

fn step() -> impl Strategy<Value = Step> {
    (0_u8..8, proptest::collection::vec(0_usize..20, 1..4), 1_usize..5, any::<bool>())
        .prop_map(|(kind, picks, number, descending)| Step { kind, picks, number, descending })
}

/// Sums of fractions depend in their last digits on the order in which workers add them.
fn rounded(rows: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let cell = |value: &Value| match value {
        Value::Float(float) => Value::Float(format!("{float:.11e}").parse().unwrap()),
        other => other.clone(),
    };
    rows.iter().map(|row| row.iter().map(cell).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_the_reference(
        records in proptest::collection::vec(record(), 0..30),
        steps in proptest::collection::vec(step(), 1..5),
        size in 1_usize..6,
        workers in 1_usize..4,
    ) {
        let mut names: Vec<String> = FIELDS.iter().map(|name| (*name).to_owned()).collect();
        names.push("body".to_owned());
        let row = |(seq, record): (usize, &Record)| names.iter().map(|name| record.field(name, seq)).collect();
        let mut rows: Vec<Vec<Value>> = records.iter().enumerate().map(row).collect();
        rows.sort_by_key(|row| match (&row[4], &row[5]) {
            (Value::Time(time), Value::Integer(seq)) => (*time, *seq),
            _ => unreachable!(),
        });
        let mut reference = Reference { names, rows, is_records: true, is_in_log_order: true, sorted_by: Vec::new() };
        let mut query = "*".to_owned();
        for step in &steps {
            let names = if reference.is_records { FIELDS.map(str::to_owned).to_vec() } else { reference.names.clone() };
            let pipe = Pipe::choose(step, &names);
            let longer = format!("{query} | {}", pipe.text());
            // Two columns of one name, or no time for a chart.
            if parse(&longer).is_ok() {
                query = longer;
                reference.apply(&pipe);
            }
        }
        let limits = PipeLimits { rows: 1000, groups: 1000, bytes: 1 << 20 };
        let table = run(&query, &batches(&records, size), workers, &limits);
        prop_assert_eq!(table.is_some(), parse(&query).unwrap().is_table());
        if let Some(table) = table {
            let (columns, rows) = reference.finish();
            prop_assert_eq!(&table.columns, &columns, "{}", query);
            prop_assert_eq!(rounded(&table.rows), rounded(&rows), "{} {:?}", query, columns);
            prop_assert!(table.notes.is_empty(), "{:?}", table.notes);
        }
    }

    #[test]
    fn what_is_shown_of_too_many_groups_is_exact_and_the_sum_is_whole(
        records in proptest::collection::vec(record(), 0..40),
        workers in 1_usize..4,
        groups in 0_usize..6,
        by_time in any::<bool>(),
    ) {
        let query = if by_time { "* | timechart 1m by status, http_path" } else { "* | count by status, http_path" };
        let batches = batches(&records, 3);
        let all = run(query, &batches, 1, &PipeLimits::default()).unwrap();
        let few = run(query, &batches, workers, &PipeLimits { groups, ..PipeLimits::default() }).unwrap();
        let count = |row: &Vec<Value>| match row.last() { Some(Value::Integer(count)) => *count, _ => unreachable!() };
        prop_assert_eq!(few.rows.iter().map(count).sum::<i64>(), all.rows.iter().map(count).sum::<i64>());
        let is_other = |row: &&Vec<Value>| row.contains(&Value::Text("(other)".to_owned()));
        for row in few.rows.iter().filter(|row| !is_other(row)) {
            prop_assert!(all.rows.iter().any(|full| text_row(full) == text_row(row)), "{:?}", row);
        }
        let others = few.rows.iter().filter(is_other).count();
        prop_assert_eq!(others > 0, !few.notes.is_empty());
        prop_assert!(few.rows.len() - others <= groups);
    }
}

fn text_row(row: &[Value]) -> Vec<String> {
    row.iter().map(text_of).collect()
}
