//! Tables from the counts of a block's index, where they say all that the pipes ask: nothing is read then.

use logboom_model::{Resource, Severity};
use logboom_store::BlockCount;

use crate::field::{Field, RecordField};
use crate::pipe::cell::Cell;
use crate::pipe::pipeline::{Pipeline, Step};
use crate::pipe::source::Row;

const NANOS_PER_MINUTE: i64 = 60_000_000_000;

impl Pipeline {
    /// Whether [`Pipeline::count`] may be asked: records are only counted, by time in whole minutes, severity and names.
    pub(crate) fn counts(&self) -> bool {
        let Step::Group(grouping) = &self.step else { return false };
        let is_known = |field: &Field| match field {
            Field::Record(field) => {
                matches!(field, RecordField::Severity | RecordField::SeverityNumber)
                    || (*field == RecordField::Time && grouping.interval_nanos().is_some())
            }
            Field::Named(name) => !name.attributes_only,
        };
        let whole_minutes = grouping.interval_nanos().is_none_or(|nanos| nanos % NANOS_PER_MINUTE == 0);
        grouping.only_counts() && whole_minutes && self.fields.iter().all(is_known)
    }

    /// Takes counts of matches; `false`, and nothing is taken, where a resource has not all the names.
    pub(crate) fn count(&mut self, counts: &[BlockCount]) -> bool {
        let Step::Group(grouping) = &mut self.step else { return false };
        let has_all = |resource: &Resource| {
            self.fields.iter().all(|field| match field {
                Field::Record(_) => true,
                Field::Named(name) => name.value_in(resource).is_some(),
            })
        };
        if !counts.iter().all(|count| has_all(&count.resource)) {
            return false;
        }
        for count in counts {
            grouping.add_rows(&mut CountRow { fields: &self.fields, count }, count.rows);
        }
        true
    }
}

/// What rows of one count have in common.
struct CountRow<'a> {
    fields: &'a [Field],
    count: &'a BlockCount,
}

impl Row for CountRow<'_> {
    fn show(&mut self, operand: usize, show: &mut dyn FnMut(Cell<'_>)) {
        let severity = Severity::from_number(self.count.severity).unwrap_or_default();
        show(match self.fields.get(operand) {
            Some(Field::Record(RecordField::Time)) => {
                Cell::Time(self.count.minute.saturating_mul(NANOS_PER_MINUTE))
            }
            Some(Field::Record(RecordField::SeverityNumber)) => Cell::Integer(i64::from(severity.number())),
            Some(Field::Record(RecordField::Severity)) if severity != Severity::UNSET => {
                Cell::Text(severity.text().as_bytes())
            }
            Some(Field::Named(name)) => {
                name.value_in(&self.count.resource).map_or(Cell::Null, |value| Cell::Text(value.as_bytes()))
            }
            _ => Cell::Null,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use logboom_model::{Batch, Flags, Row as BatchRow, Stream};
    use proptest::prelude::*;

    use super::*;
    use crate::pipe::PipeLimits;
    use crate::selection::Selection;

    fn pipeline(query: &str) -> Pipeline {
        Pipeline::new(&crate::parse(query).unwrap(), &PipeLimits::default()).unwrap()
    }

    #[test]
    fn what_the_index_can_count() {
        for (query, expected) in [
            ("* | count", true),
            ("* | count by service, severity", true),
            ("* | top 3 container by severity_number | limit 2", true),
            ("* | uniq host", true),
            ("* | timechart 5m by service", true),
            ("* | timechart 1w", true),
            ("* | stats count() as n by host", true),
            ("* | timechart 90s", false),
            ("* | timechart 5m max(x)", false),
            ("* | count by time", false),
            ("* | count by stream", false),
            ("* | count by attributes.service_name", false),
            ("* | stats uniq(service)", false),
            ("* | fields service", false),
            ("* | limit 5 | count", false),
        ] {
            assert_eq!(pipeline(query).counts(), expected, "{query}");
        }
    }

    #[test]
    fn a_name_that_a_resource_has_not_may_be_an_attribute() {
        let mut pipeline = pipeline("* | count by zone");
        let resource = Arc::new(Resource::builder().with("service.name", "a").build());
        assert!(!pipeline.count(&[BlockCount { resource, minute: 0, severity: 0, rows: 1 }]));
        assert_eq!(pipeline.finish().rows.len(), 0);
    }

    proptest! {
        #[test]
        fn counts_give_the_same_table_as_rows(
            lines in proptest::collection::vec((-500_i64..500, 0_u8..=24, prop::sample::select(&["a", "b"][..])), 0..40),
            query in prop::sample::select(&[
                "* | count",
                "* | count by service, severity",
                "* | timechart 3m by severity_number",
                "* | top 1 severity by service",
                "* | timechart 1w by service",
                "* | uniq severity | count",
            ][..]),
        ) {
            let (mut by_row, mut by_count) = (pipeline(query), pipeline(query));
            let mut counts: BTreeMap<(&str, i64, u8), u64> = BTreeMap::new();
            let resource = |service: &str| Arc::new(Resource::builder().with("service.name", service).build());
            let mut rows = Selection::default();
            for &(second, severity, service) in &lines {
                let time = second * 1_000_000_000 + 7;
                let mut batch = Batch::new(resource(service));
                let severity_of = Severity::from_number(severity).unwrap();
                let row = BatchRow { time, observed: 0, severity: severity_of, stream: Stream::None, flags: Flags::empty() };
                batch.push(row, b"");
                rows.reset(1, true);
                by_row.accept(&batch, &rows);
                *counts.entry((service, time.div_euclid(NANOS_PER_MINUTE), severity)).or_default() += 1;
            }
            let counts: Vec<_> = counts
                .into_iter()
                .map(|((service, minute, severity), rows)| BlockCount { resource: resource(service), minute, severity, rows })
                .collect();
            prop_assert!(by_count.counts() && by_count.count(&counts));
            prop_assert_eq!(by_count.finish(), by_row.finish());
        }
    }
}
