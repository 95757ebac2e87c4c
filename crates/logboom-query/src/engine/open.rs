//! Which blocks of a part may hold a match: by times, seqs and resources of each, and by the filters of the part.

use logboom_model::Resource;
use logboom_store::{BlockSet, BlockView, OpenPart, Probe, ReadError};

use super::Scope;
use super::verdict::{Cell, Judge};
use crate::probe_of::ProbeTree;

/// Prunes blocks for one query.
#[derive(Debug)]
pub(crate) struct Pruner<'a> {
    scope: &'a Scope<'a>,
    probes: ProbeTree,
}

impl<'a> Pruner<'a> {
    /// Prepares it.
    pub(crate) fn new(scope: &'a Scope<'a>) -> Self {
        Self { scope, probes: ProbeTree::of(scope.query) }
    }

    /// The blocks that are left.
    pub(crate) fn blocks(&self, part: &OpenPart, judge: &mut Judge) -> Result<BlockSet, ReadError> {
        let mut blocks = BlockSet::none(part.block_count());
        for index in 0..part.block_count() {
            if self.may_hold(&part.block(index), judge) {
                blocks.insert(index);
            }
        }
        if blocks.is_empty() {
            return Ok(blocks);
        }
        match self.probe(part, &blocks) {
            Probe::Any => {}
            probe => part.prune(&probe, &mut blocks)?,
        }
        Ok(blocks)
    }

    fn may_hold(&self, block: &BlockView<'_>, judge: &mut Judge) -> bool {
        let (times, seqs) = (&self.scope.times, &self.scope.seqs);
        let is_in_range = block.times.0 < times.end
            && block.times.1 >= times.start
            && block.seqs.0 < seqs.end
            && block.seqs.1 >= seqs.start;
        if !is_in_range {
            return false;
        }
        let Some(resources) = block.resources else { return true };
        let mut resources = resources.iter();
        resources.any(|resource| {
            let cell = Cell { resource, severity: None, times: block.times, seqs: block.seqs };
            self.scope.access.allows(resource) && judge.of(&cell) != Some(false)
        })
    }

    /// The probe for a part: a field that some resource has is not asked of the text, since the resource decides.
    fn probe(&self, part: &OpenPart, blocks: &BlockSet) -> Probe {
        let resources: Vec<&Resource> = if self.probes.has_fields() {
            let of_blocks = blocks.iter().filter_map(|index| part.block(index).resources);
            of_blocks.flat_map(|resources| resources.iter().map(AsRef::as_ref)).collect()
        } else {
            Vec::new()
        };
        self.probes.probe(&|name| resources.iter().any(|resource| name.value_in(resource).is_some()))
    }
}
