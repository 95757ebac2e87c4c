//! Attributes of any lines: the validator agrees with serde_json, what is written is JSON, and columns and residual
//! lose nothing.
#![no_main]

#[path = "../../crates/logboom-store/src/shred/whole.rs"]
mod whole;

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use logboom_model::attributes::is_json_object;
use logboom_model::{Batch, Flags, Resource, Row, Severity, Stream, limits, record_to_json};
use logboom_store::shred::{ColumnPlan, ShreddedBlock, Shredder, plan};
use serde::de::IgnoredAny;

// Lines; the first byte of each says what it is, and a tab ends its source attributes.
fuzz_target!(|data: &[u8]| {
    let mut batch = Batch::new(Arc::new(Resource::builder().build()));
    for line in data.split(|&byte| byte == b'\n') {
        let [form, text @ ..] = line else { continue };
        let flags =
            [Flags::JSON, Flags::LOGFMT, Flags::JSON | Flags::LOGFMT, Flags::empty()][usize::from(form % 4)];
        let (source, body) = match text.iter().position(|&byte| byte == b'\t').filter(|_| form & 4 != 0) {
            Some(tab) => (&text[..tab], &text[tab + 1..]),
            None => (&[][..], text),
        };
        check_validator(body);
        let row = Row { time: 0, observed: 0, severity: Severity::UNSET, stream: Stream::None, flags };
        batch.push_with_attributes(row, body, source);
    }
    whole::check_whole(&batch);
    for record in batch.records() {
        let mut json = Vec::new();
        record_to_json(&record, &mut json);
        if record.flags.is_empty() || is_json_object(record.body) {
            let parsed = serde_json::from_slice::<IgnoredAny>(&json);
            assert!(parsed.is_ok(), "{}", String::from_utf8_lossy(&json));
        }
    }
});

fn check_validator(body: &[u8]) {
    let depth = body.iter().filter(|&&byte| byte == b'{' || byte == b'[').count();
    let Ok(text) = std::str::from_utf8(body) else { return assert!(!is_json_object(body)) };
    let expected = text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{')
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    assert!(is_json_object(body) == expected || depth > limits::ATTRIBUTE_DEPTH_MAX, "{text}");
}
