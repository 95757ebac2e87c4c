//! Which names get columns: counts of a sample, a closed set of rules, the same answer for the same rows.

use std::collections::{BTreeSet, HashMap, HashSet};

use logboom_model::attributes::{AttributeValue, Value, Walker};
use logboom_model::{Batch, Flags};

use super::limits::{
    COLUMN_NAME_BYTES_MAX, COLUMNS_MAX, COUNTED_NAMES_MAX, ROWS_PER_VALUE_MAX, SAMPLE_ROWS_MIN, SAMPLE_STRIDE,
};

/// The type of a column; one name may have a column of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnKind {
    /// STRING, without escapes.
    Text,
    /// INT64.
    I64,
    /// DOUBLE.
    F64,
    /// BOOLEAN.
    Bool,
}

/// Every kind, in order of their numbers.
const KINDS: [ColumnKind; 4] = [ColumnKind::Text, ColumnKind::I64, ColumnKind::F64, ColumnKind::Bool];

impl ColumnKind {
    /// What a column's name ends with, so that it has one type for ever.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Text => "",
            Self::I64 => "_i64",
            Self::F64 => "_f64",
            Self::Bool => "_bool",
        }
    }

    /// The kind that loses nothing; `None` for what only the residual keeps. Strings count as text, whatever their
    /// escapes.
    pub(super) fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::String { .. } => Some(Self::Text),
            Value::Boolean(_) => Some(Self::Bool),
            Value::Number(_) => match value.meaning(&mut Vec::new()) {
                AttributeValue::Integer(_) => Some(Self::I64),
                AttributeValue::Float(_) => Some(Self::F64),
                _ => None,
            },
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A column of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedColumn {
    /// The attribute's exact dotted name.
    pub name: Box<str>,
    /// The column's name in the file: `attr_`, the name with `_` for `.`, and the suffix of its kind.
    pub column: Box<str>,
    /// The column's type.
    pub kind: ColumnKind,
}

/// The columns of a segment, by name of column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnPlan {
    /// No two have names that differ in case only.
    pub columns: Vec<PlannedColumn>,
}

/// What every name of a column starts with.
const PREFIX: &str = "attr_";

/// The columns for these rows: of names that about one row of a hundred has, the most frequent ones.
pub fn plan(batches: &[Batch]) -> ColumnPlan {
    let rows: usize = batches.iter().map(Batch::len).sum();
    let mut counts = Counts::default();
    let mut sampled = 0;
    for batch in batches.iter().filter(|batch| may_have_attributes(batch)) {
        for row in 0..batch.len() {
            let (flags, source) = (batch.flags(row), batch.attributes(row));
            if !flags.intersects(Flags::JSON.union(Flags::LOGFMT)) && source.is_empty() {
                continue;
            }
            sampled += 1;
            if rows <= SAMPLE_ROWS_MIN || is_sampled(sampled) {
                counts.add(flags, batch.body(row), source);
            }
        }
    }
    let stride = if rows <= SAMPLE_ROWS_MIN { 1 } else { SAMPLE_STRIDE };
    let least = (rows / (ROWS_PER_VALUE_MAX * stride)).max(1) as u32;
    choose(counts.over(least), &taken_names(batches))
}

fn may_have_attributes(batch: &Batch) -> bool {
    let marks = batch.columns().flags.iter().fold(0, |all, flags| all | flags);
    batch.columns().attributes.is_some()
        || Flags::from_bits_retain(marks).intersects(Flags::JSON.union(Flags::LOGFMT))
}

/// One row of [`SAMPLE_STRIDE`], without a period that rows could have too.
fn is_sampled(row: usize) -> bool {
    let mixed = (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    mixed.is_multiple_of(SAMPLE_STRIDE as u64)
}

/// Columns of resource attributes that begin as ours do, in lower case.
fn taken_names(batches: &[Batch]) -> HashSet<String> {
    let names = batches.iter().flat_map(|batch| batch.resource().attributes());
    let names = names.filter(|(name, _)| name.len() >= PREFIX.len());
    names
        .map(|(name, _)| name.replace('.', "_").to_lowercase())
        .filter(|name| name.starts_with(PREFIX))
        .collect()
}

/// Rows in which a name has a value of each kind.
#[derive(Default)]
struct Counts {
    counts: HashMap<Box<str>, [u32; KINDS.len()]>,
    walker: Walker,
}

impl Counts {
    fn add(&mut self, flags: Flags, body: &[u8], source: &[u8]) {
        let counts = &mut self.counts;
        self.walker.visit(flags, body, source, &mut |name, value| {
            let Some(kind) = ColumnKind::of(value) else { return true };
            let Some(name) = column_name_part(name.dotted()) else { return true };
            match counts.get_mut(name) {
                Some(kinds) => kinds[kind as usize] += 1,
                None => {
                    let mut kinds = [0; KINDS.len()];
                    kinds[kind as usize] = 1;
                    counts.insert(name.into(), kinds);
                }
            }
            true
        });
        if self.counts.len() > COUNTED_NAMES_MAX {
            self.forget_rarer_half();
        }
    }

    fn forget_rarer_half(&mut self) {
        let mut most: Vec<u32> = self.counts.values().map(highest).collect();
        let (_, &mut median, _) = most.select_nth_unstable(COUNTED_NAMES_MAX / 2);
        self.counts.retain(|_, kinds| highest(kinds) > median);
    }

    /// The names and kinds in at least so many rows, the most frequent first.
    fn over(self, least: u32) -> Vec<(u32, Box<str>, ColumnKind)> {
        let of_name = |(name, kinds): (Box<str>, [u32; KINDS.len()])| {
            let frequent = KINDS.into_iter().zip(kinds).filter(|(_, count)| *count >= least);
            frequent.map(move |(kind, count)| (count, name.clone(), kind)).collect::<Vec<_>>()
        };
        let mut frequent: Vec<_> = self.counts.into_iter().flat_map(of_name).collect();
        frequent.sort_by(|one, two| two.0.cmp(&one.0).then_with(|| (&one.1, one.2).cmp(&(&two.1, two.2))));
        frequent
    }
}

fn highest(kinds: &[u32; KINDS.len()]) -> u32 {
    kinds.iter().copied().max().unwrap_or_default()
}

/// The name, if it may be part of a column's name at all.
fn column_name_part(name: &[u8]) -> Option<&str> {
    if name.is_empty() || name.len() > COLUMN_NAME_BYTES_MAX {
        return None;
    }
    let name = std::str::from_utf8(name).ok()?;
    (!name.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER)).then_some(name)
}

/// Takes the most frequent ones whose columns are neither taken nor claimed by a more frequent one.
fn choose(frequent: Vec<(u32, Box<str>, ColumnKind)>, taken: &HashSet<String>) -> ColumnPlan {
    let mut seen = BTreeSet::new();
    let mut columns = Vec::new();
    for (_, name, kind) in frequent {
        let column = format!("{PREFIX}{}{}", name.replace('.', "_"), kind.suffix());
        let lower = column.to_lowercase();
        let is_misleading = kind == ColumnKind::Text
            && [ColumnKind::I64, ColumnKind::F64, ColumnKind::Bool]
                .iter()
                .any(|k| lower.ends_with(k.suffix()));
        if is_misleading || taken.contains(&lower) || !seen.insert(lower) {
            continue;
        }
        columns.push(PlannedColumn { name, column: column.into(), kind });
        if columns.len() == COLUMNS_MAX {
            break;
        }
    }
    columns.sort_by(|one, two| one.column.cmp(&two.column));
    ColumnPlan { columns }
}
