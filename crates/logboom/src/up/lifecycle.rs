//! logboom's own rows in the log: when it started and when it stopped in good order.

use std::sync::Arc;
use std::time::Duration;

use logboom_model::{
    Batch, Flags, Intake, Lifecycle, LifecycleAction, Resource, Row, Severity, Stream, Submission,
    SubmitError, attribute,
};

use crate::clock::now;

/// How long a row waits for room; the log is more than these rows.
const ROOM_WAIT: Duration = Duration::from_millis(500);

/// What logboom's own rows, and the store's gaps, are said of.
pub fn resource(host_name: &str) -> Arc<Resource> {
    let builder =
        Resource::builder().with(attribute::SERVICE_NAME, "logboom").with(attribute::HOST_NAME, host_name);
    Arc::new(builder.build())
}

/// Stores one row.
pub fn record(intake: &dyn Intake, resource: &Arc<Resource>, action: LifecycleAction) {
    let lifecycle = Lifecycle { action, time: now() };
    let row = Row {
        time: lifecycle.time,
        observed: lifecycle.time,
        severity: Severity::INFO,
        stream: Stream::None,
        flags: Flags::LIFECYCLE,
    };
    let mut batch = Batch::new(resource.clone());
    batch.push_with_attributes(row, lifecycle.body().as_bytes(), &lifecycle.attributes());
    let submission = Submission { batches: vec![batch], ..Submission::default() };
    if let Err(SubmitError::Full(submission)) = intake.try_submit(submission)
        && intake.wait_for_room(ROOM_WAIT)
    {
        // A second refusal means that the disk is full or failing, which the store has said by now.
        let _ = intake.try_submit(*submission);
    }
}
