//! The stages as sources see them: one lane per stream of input.

use std::sync::Arc;

use logboom_model::{Batch, Lane, Resource, Rows, Stages, Stream};

use crate::held::HeldAccount;
use crate::join::Join;
use crate::parse::ParseStage;
use crate::severity::SeverityStage;

/// Makes lanes that join partial lines, mark bodies with fields and find severities.
#[derive(Debug, Default)]
pub struct FixedStages {
    held: HeldAccount,
}

impl FixedStages {
    /// The stages with their default settings; there are no others yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Stages for FixedStages {
    fn lane(&self, resource: &Arc<Resource>) -> Box<dyn Lane> {
        Box::new(FixedLane {
            join: Join::new(resource.clone(), self.held.clone()),
            parse: ParseStage::default(),
            severity: SeverityStage::default(),
        })
    }
}

struct FixedLane {
    join: Join,
    parse: ParseStage,
    severity: SeverityStage,
}

impl FixedLane {
    /// The stages that look at whole lines.
    fn finish(&mut self, batch: &mut Batch) {
        self.parse.run(batch);
        self.severity.run(batch);
    }
}

impl Lane for FixedLane {
    fn run(&mut self, rows: Rows) -> Batch {
        let mut batch = self.join.run(rows);
        self.finish(&mut batch);
        batch
    }

    fn held_from(&self, stream: Stream) -> Option<u64> {
        self.join.held_from(stream)
    }

    fn held_since(&self) -> Option<i64> {
        self.join.held_since()
    }

    fn flush(&mut self, observed_before: Option<i64>) -> Option<Batch> {
        let mut batch = self.join.flush(observed_before)?;
        self.finish(&mut batch);
        Some(batch)
    }
}
