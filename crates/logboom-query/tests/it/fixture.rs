//! Records to be found.

use std::sync::Arc;

use logboom_model::attributes;
use logboom_model::{Batch, Flags, Record, Resource, Row, Severity, Stream};
use logboom_query::parse;

/// A record under construction: a line of the container `web-1` of the service `checkout` on `node-7`.
#[derive(Clone)]
pub struct Line {
    pub body: Vec<u8>,
    pub attributes: &'static str,
    pub row: Row,
    pub resource: Vec<(&'static str, &'static str)>,
}

/// 2026-11-22T09:13:00.5Z
pub const TIME: i64 = 1_795_338_780_500_000_000;

pub fn line(body: impl AsRef<[u8]>) -> Line {
    Line {
        body: body.as_ref().to_vec(),
        attributes: "",
        row: Row {
            time: TIME,
            observed: TIME + 1_000_000,
            severity: Severity::UNSET,
            stream: Stream::Stdout,
            flags: Flags::empty(),
        },
        resource: vec![
            ("container.id", "3f2a9c"),
            ("container.image.name", "registry/checkout:1.4"),
            ("container.label.com.docker.compose.project", "Shop"),
            ("container.label.priority", "7"),
            ("container.name", "web-1"),
            ("host.name", "node-7"),
            ("k8s.namespace.name", "prod"),
            ("k8s.pod.name", "checkout-abc"),
            ("service.name", "checkout"),
        ],
    }
}

/// The mark that the stages of processing give to a body.
pub fn marks(body: &[u8]) -> Flags {
    if attributes::is_json_object(body) {
        Flags::JSON
    } else if attributes::is_logfmt(body) {
        Flags::LOGFMT
    } else {
        Flags::empty()
    }
}

impl Line {
    pub fn severity(mut self, severity: Severity) -> Self {
        self.row.severity = severity;
        self
    }

    pub fn stream(mut self, stream: Stream) -> Self {
        self.row.stream = stream;
        self
    }

    pub fn flags(mut self, flags: Flags) -> Self {
        self.row.flags = flags;
        self
    }

    pub fn attributes(mut self, attributes: &'static str) -> Self {
        self.attributes = attributes;
        self
    }

    pub fn batch(&self) -> Batch {
        let mut resource = Resource::builder();
        self.resource.iter().for_each(|(name, value)| resource.set(name, value));
        let mut batch = Batch::new(Arc::new(resource.build()));
        let mut row = self.row;
        row.flags |= marks(&self.body);
        batch.push_with_attributes(row, &self.body, self.attributes.as_bytes());
        batch.assign_seqs(1234);
        batch
    }
}

/// Asks both ways of matching, which must agree.
pub fn matches(query: &str, batch: &Batch, row: usize) -> bool {
    let query = parse(query).unwrap_or_else(|error| panic!("{error}"));
    let record: Record<'_> = batch.record(row);
    let alone = query.matcher().matches(&record);
    let mut rows = logboom_query::Selection::default();
    query.matcher().matches_batch(batch, &mut rows);
    assert_eq!(alone, rows.contains(row), "one record and a batch differ: {query}");
    alone
}
