//! Texts of columns that other readers take for UTF-8.

use super::gather::BlockRows;

/// Bodies of a block as text, and those that are none.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    /// Text of every row where some row is not UTF-8, U+FFFD for what is not.
    text: Vec<u8>,
    offsets: Vec<u32>,
    /// Which rows are not UTF-8; empty where all are.
    pub inexact: Vec<bool>,
    /// Their bytes.
    pub exact: Vec<u8>,
    /// Where those begin, and where the last ones end.
    pub exact_offsets: Vec<u32>,
}

impl Bodies {
    /// The text of the bodies of a block, with its offsets.
    pub fn text<'a>(&'a mut self, rows: &'a BlockRows) -> (&'a [u8], &'a [u32]) {
        self.inexact.clear();
        if is_text(&rows.body, &rows.offsets) {
            return (&rows.body, &rows.offsets);
        }
        self.text.clear();
        self.offsets.clear();
        self.offsets.push(0);
        self.exact.clear();
        self.exact_offsets.clear();
        self.exact_offsets.push(0);
        for row in 0..rows.rows() {
            let body = rows.body(row);
            let text = String::from_utf8_lossy(body);
            let inexact = text.as_bytes() != body;
            self.inexact.push(inexact);
            if inexact {
                self.exact.extend_from_slice(body);
                self.exact_offsets.push(self.exact.len() as u32);
            }
            self.text.extend_from_slice(text.as_bytes());
            self.offsets.push(self.text.len() as u32);
        }
        (&self.text, &self.offsets)
    }
}

/// Whether each of these is UTF-8.
pub(super) fn is_text(bytes: &[u8], offsets: &[u32]) -> bool {
    let begins_inside = |offset: &u32| bytes.get(*offset as usize).is_some_and(|byte| byte & 0xc0 == 0x80);
    simdutf8::basic::from_utf8(bytes).is_ok() && !offsets.iter().any(begins_inside)
}

/// Those of these texts that are not empty: which rows have one, the bytes and their offsets. What is not UTF-8
/// becomes U+FFFD.
pub(super) fn not_empty(bytes: &[u8], offsets: &[u32]) -> (Vec<bool>, Vec<u8>, Vec<u32>) {
    let texts = || offsets.windows(2).map(|pair| &bytes[pair[0] as usize..pair[1] as usize]);
    let valid = texts().map(|text| !text.is_empty()).collect();
    let mut out = Vec::with_capacity(bytes.len());
    let mut out_offsets = vec![0];
    for text in texts().filter(|text| !text.is_empty()) {
        out.extend_from_slice(String::from_utf8_lossy(text).as_bytes());
        out_offsets.push(out.len() as u32);
    }
    (valid, out, out_offsets)
}
