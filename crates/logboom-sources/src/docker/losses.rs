//! What a container has lost, in gap records.

use logboom_model::{CountKind, Gap, GapReason, Stream};

use super::NAME;
use super::container::{Container, Context};
use super::cursor::Cursor;
use super::resume::Loss;
use super::rotation::Missed;

impl Container {
    /// Says so when it is gone and its log was never seen, although it had one.
    pub fn mourn(&self, context: &mut Context) {
        let started = self.metadata.as_ref().is_none_or(|metadata| metadata.run.started.is_some());
        if self.had_files || !started || !self.is_read() {
            return;
        }
        let detail = "the container was removed before its log could be opened";
        context.outbox.gap(Gap::unknown(self.resource.clone(), NAME, GapReason::ContainerUnseen, detail));
    }

    pub(super) fn missed(&self, missed: Missed, context: &mut Context) {
        let mut gap = Gap::unknown(
            self.resource.clone(),
            NAME,
            GapReason::SourceRotatedAway,
            "the log was rotated faster than it could be opened",
        );
        gap.from = self.cursor.as_ref().and_then(Cursor::last_time);
        gap.to = Some(context.desk.observed);
        if let Missed::Files(files) = missed {
            // A file is rotated only when it has grown, so each had a record at least.
            gap.count = files;
            gap.count_kind = CountKind::AtLeast;
        }
        context.outbox.gap(gap);
    }

    pub(super) fn lost(&self, loss: Loss, from: Option<i64>, context: &mut Context) {
        let (reason, stream, detail) = match loss {
            Loss::Truncated => (
                GapReason::SourceTruncated,
                Stream::None,
                "the log file is shorter or other than when it was read last; it is read again from its start",
            ),
            Loss::FileGone => (
                GapReason::SourceRotatedAway,
                Stream::None,
                "the file that was read last is gone: rotated away or replaced while logboom was not running",
            ),
            Loss::LineStartGone(stream) => {
                (GapReason::SourceRotatedAway, stream, "the file in which an unfinished line began is gone")
            }
        };
        let mut gap = Gap::unknown(self.resource.clone(), NAME, reason, detail);
        gap.stream = stream;
        gap.from = from;
        gap.to = Some(context.desk.observed);
        context.outbox.gap(gap);
    }
}
