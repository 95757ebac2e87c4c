//! Counts matches by the values of fields.

use logboom_model::Severity;
use logboom_store::{BlockCount, Columns, ReadError, Snapshot};

use super::Scope;
use super::block::Found;
use super::group::{By, FIRST, Groups, MISSING, REST, ValueId};
use super::needs::unite;
use super::order::Order;
use super::run::{Worker, run};
use crate::facets::{Facet, FacetValue};
use crate::limits::{FACET_VALUES_MAX, FACETS_MAX};
use crate::search::SearchError;

struct Values {
    fields: Vec<Field>,
}

struct Field {
    groups: Groups,
    counts: Vec<u64>,
    /// Ids of cells that are counted when every field has them.
    pending: Vec<ValueId>,
}

impl Field {
    fn add(&mut self, id: ValueId, rows: u64) {
        if self.counts.len() <= id {
            self.counts.resize(id + 1, 0);
        }
        self.counts[id] += rows;
    }
}

impl Worker for Values {
    fn needs(&self) -> Columns {
        let mut needs = Columns::default();
        self.fields.iter().for_each(|field| unite(&mut needs, &field.groups.needs()));
        needs
    }

    fn accept(&mut self, found: &Found<'_>) -> Result<(), ReadError> {
        for (batch, rows) in found.batches {
            for field in &mut self.fields {
                let mut ids = Vec::with_capacity(rows.count());
                field.groups.of_rows(batch, rows.iter(), &mut |_, id| ids.push(id));
                ids.into_iter().for_each(|id| field.add(id, 1));
            }
        }
        Ok(())
    }

    fn counts(&self) -> bool {
        self.fields.iter().all(|field| field.groups.may_count())
    }

    fn count(&mut self, counts: &[BlockCount]) -> bool {
        for field in &mut self.fields {
            let ids = counts.iter().map(|count| {
                let severity = Severity::from_number(count.severity).unwrap_or_default();
                field.groups.of_cell(&count.resource, severity)
            });
            let Some(ids) = ids.collect::<Option<Vec<_>>>() else { return false };
            field.pending = ids;
        }
        for field in &mut self.fields {
            for (id, count) in std::mem::take(&mut field.pending).into_iter().zip(counts) {
                field.add(id, count.rows);
            }
        }
        true
    }
}

/// Counts.
pub(crate) fn count(
    snapshot: &Snapshot,
    scope: &Scope<'_>,
    fields: &[String],
    limit: usize,
) -> Result<Vec<Facet>, SearchError> {
    if fields.len() > FACETS_MAX {
        return Err(SearchError::Refused(format!("at most {FACETS_MAX} fields at once")));
    }
    let by: Vec<By> = fields.iter().map(|field| By::parse(field)).collect::<Result<_, _>>()?;
    let field = |by: &By| {
        let groups = Groups::new(by.clone(), FACET_VALUES_MAX);
        Field { groups, counts: Vec::new(), pending: Vec::new() }
    };
    let workers = (0..scope.threads).map(|_| Values { fields: by.iter().map(field).collect() }).collect();
    let (workers, counters) = run(snapshot, scope, Order::Newest, workers, &mut |_| {})?;
    let merged = workers.into_iter().reduce(|one, other| one.merge(&other));
    let facets = fields.iter().zip(merged.map(|values| values.fields).unwrap_or_default());
    Ok(facets
        .map(|(name, field)| {
            let incomplete = counters.incomplete.clone();
            Facet { field: name.clone(), incomplete, ..facet(&field.groups, &field.counts, limit) }
        })
        .collect())
}

impl Values {
    fn merge(mut self, other: &Self) -> Self {
        for (field, other) in self.fields.iter_mut().zip(&other.fields) {
            for (id, &rows) in other.counts.iter().enumerate().filter(|(_, rows)| **rows > 0) {
                let id = field.groups.id_of(&other.groups, id);
                field.add(id, rows);
            }
        }
        self
    }
}

fn facet(groups: &Groups, counts: &[u64], limit: usize) -> Facet {
    let count_of = |id: usize| counts.get(id).copied().unwrap_or(0);
    let mut values: Vec<_> = (FIRST..counts.len()).filter(|&id| counts[id] > 0).collect();
    values.sort_by(|&one, &two| {
        counts[two].cmp(&counts[one]).then_with(|| groups.name(one).cmp(groups.name(two)))
    });
    let distinct = values.len() as u64;
    let beyond: u64 = values.drain(limit.min(values.len())..).map(|id| counts[id]).sum();
    Facet {
        values: values
            .into_iter()
            .map(|id| FacetValue { value: groups.name(id).to_string(), count: counts[id] })
            .collect(),
        other: beyond + count_of(REST),
        missing: count_of(MISSING),
        distinct,
        ..Facet::default()
    }
}
