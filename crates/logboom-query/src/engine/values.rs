//! Counts matches by the values of fields.

use logboom_model::Batch;
use logboom_store::Snapshot;

use super::Scope;
use super::group::{By, FIRST, Groups, MISSING, REST};
use super::run::{Worker, run};
use crate::facets::{Facet, FacetValue};
use crate::limits::{FACET_VALUES_MAX, FACETS_MAX};
use crate::search::{SearchError, SearchProgress};
use crate::selection::Selection;

struct Values {
    fields: Vec<(Groups, Vec<u64>)>,
}

impl Worker for Values {
    fn accept(&mut self, batch: &Batch, rows: &Selection) {
        for (groups, counts) in &mut self.fields {
            groups.of_rows(batch, rows.iter(), &mut |_, id| {
                if counts.len() <= id {
                    counts.resize(id + 1, 0);
                }
                counts[id] += 1;
            });
        }
    }

    fn useful_from(&self) -> i64 {
        i64::MIN
    }

    fn is_done_back_to(&mut self, _at: &SearchProgress) {}
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
    let groups =
        fields.iter().map(|field| Ok((Groups::new(By::parse(field)?, FACET_VALUES_MAX), Vec::new())));
    let mut values = Values { fields: groups.collect::<Result<_, SearchError>>()? };
    let counters = run(snapshot, scope, &mut values)?;
    let facets = fields.iter().zip(values.fields);
    Ok(facets
        .map(|(field, (groups, counts))| {
            let incomplete = counters.incomplete.clone();
            Facet { field: field.clone(), incomplete, ..facet(&groups, &counts, limit) }
        })
        .collect())
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
