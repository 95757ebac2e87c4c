//! Columns of what produced the rows. They repeat one value over whole blocks and are never read by blocks, so that
//! neighbouring blocks of the same resources share a page.

use std::collections::HashMap;

use logboom_model::{Resource, write_json_string};
use parquet::basic::Encoding;

use super::bounds::Bounds;
use super::chunk::{Chunk, Values};
use super::codec::Compressor;
use super::schema::{Content, FileSchema};
use super::{ResourceShare, SegmentError};
use crate::encoding::{hybrid, plain};
use crate::limits::RESOURCE_DICTIONARY_BYTES_MAX;

/// Resources of a block with their rows.
pub(super) type Parts = Vec<(u32, u32)>;

/// Fills the columns of resources of a stripe.
pub(super) fn put(
    blocks: &[Parts],
    resources: &[ResourceShare],
    schema: &FileSchema,
    chunks: &mut [Chunk],
    compressor: &mut Compressor,
) -> Result<(), SegmentError> {
    let pages: Vec<&[Parts]> = blocks.chunk_by(same_resources).collect();
    for (column, chunk) in schema.columns.iter().zip(chunks) {
        let Some(value) = value_of(column.content, schema) else { continue };
        let dictionary = Dictionary::new(blocks, resources, &*value);
        if !dictionary.values.is_empty() {
            chunk.dictionary(&dictionary.encoded(), dictionary.values.len(), compressor)?;
        }
        for page in &pages {
            put_page(page, &dictionary, chunk, compressor)?;
        }
    }
    Ok(())
}

fn same_resources(left: &Parts, right: &Parts) -> bool {
    left.iter().map(|part| part.0).eq(right.iter().map(|part| part.0))
}

type Value<'a> = Box<dyn Fn(&Resource) -> Option<String> + 'a>;

fn value_of(content: Content, schema: &FileSchema) -> Option<Value<'_>> {
    match content {
        Content::ResourceId => Some(Box::new(|resource| Some(resource.id().to_string()))),
        Content::ResourceAttribute(at) => {
            let name = schema.resource_names.get(at)?;
            Some(Box::new(move |resource| resource.get(name).map(str::to_owned)))
        }
        Content::Resource => Some(Box::new(|resource| Some(json(resource)))),
        _ => None,
    }
}

/// All attributes as a JSON object of strings.
fn json(resource: &Resource) -> String {
    let mut out = vec![b'{'];
    for (name, value) in resource.attributes() {
        if out.len() > 1 {
            out.push(b',');
        }
        write_json_string(name, &mut out);
        out.push(b':');
        write_json_string(value, &mut out);
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

/// Distinct values of a stripe.
struct Dictionary {
    values: Vec<String>,
    /// By resource; those without a value are not in it.
    codes: HashMap<u32, u32>,
}

impl Dictionary {
    fn new(
        blocks: &[Parts],
        resources: &[ResourceShare],
        value: &dyn Fn(&Resource) -> Option<String>,
    ) -> Self {
        let mut values: Vec<String> = Vec::new();
        let mut by_value: HashMap<String, u32> = HashMap::new();
        let mut codes = HashMap::new();
        let mut bytes = 0;
        for &(resource, _) in blocks.iter().flatten() {
            if codes.contains_key(&resource) {
                continue;
            }
            let Some(value) = resources.get(resource as usize).and_then(|share| value(&share.resource))
            else {
                continue;
            };
            let code = match by_value.get(&value) {
                Some(&code) => code,
                None if bytes + value.len() > RESOURCE_DICTIONARY_BYTES_MAX => continue,
                None => {
                    bytes += value.len();
                    let code = values.len() as u32;
                    values.push(value.clone());
                    by_value.insert(value, code);
                    code
                }
            };
            codes.insert(resource, code);
        }
        Self { values, codes }
    }

    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.values.iter().for_each(|value| plain::encode_bytes(value.as_bytes(), &mut out));
        out
    }
}

fn put_page(
    blocks: &[Parts],
    dictionary: &Dictionary,
    chunk: &mut Chunk,
    compressor: &mut Compressor,
) -> Result<(), SegmentError> {
    let runs: Vec<(Option<u32>, usize)> = blocks
        .iter()
        .flatten()
        .map(|(resource, rows)| (dictionary.codes.get(resource).copied(), *rows as usize))
        .collect();
    let rows: usize = runs.iter().map(|run| run.1).sum();
    let missing = runs.iter().any(|(code, _)| code.is_none());
    if runs.iter().all(|(code, _)| code.is_none()) {
        chunk.nulls(rows);
        return Ok(());
    }
    let valid: Vec<bool> = match missing {
        true => runs.iter().flat_map(|(code, rows)| std::iter::repeat_n(code.is_some(), *rows)).collect(),
        false => Vec::new(),
    };
    let present = || runs.iter().filter_map(|&(code, rows)| Some((code?, rows)));
    let width = hybrid::width_of(dictionary.values.len().saturating_sub(1) as u32);
    let mut bytes = vec![width];
    hybrid::encode_runs(present(), width, &mut bytes);
    let texts = present().map(|(code, _)| dictionary.values[code as usize].as_bytes());
    let page = Values {
        encoding: Encoding::RLE_DICTIONARY,
        bytes: &bytes,
        valid: missing.then_some(&*valid),
        rows,
        bounds: Bounds::of_texts(texts),
    };
    chunk.page(&page, compressor)?;
    Ok(())
}
