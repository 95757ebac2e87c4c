//! Lowest and highest value of a page or a chunk, for the statistics by which other readers prune.

use parquet::data_type::ByteArray;
use parquet::file::statistics::Statistics;

use crate::limits::COLUMN_NAME_BYTES_MAX;

/// Lowest and highest value, both included.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Bounds {
    /// 32-bit integers.
    I32(i32, i32),
    /// 64-bit integers.
    I64(i64, i64),
    /// Numbers, none of them NaN.
    F64(f64, f64),
    /// Texts, compared by bytes.
    Text(Box<[u8]>, Box<[u8]>),
}

impl Bounds {
    /// Of integers; none of no values.
    pub fn of_i64(values: &[i64]) -> Option<Self> {
        Some(Self::I64(*values.iter().min()?, *values.iter().max()?))
    }

    /// Of numbers; none of no values or with NaN among them.
    pub fn of_f64(values: &[f64]) -> Option<Self> {
        if values.is_empty() || values.iter().any(|value| value.is_nan()) {
            return None;
        }
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Zeros are equal: the format wants the range to hold both.
        Some(Self::F64(if least == 0.0 { -0.0 } else { least }, if most == 0.0 { 0.0 } else { most }))
    }

    /// Of texts; none of no texts or of long ones.
    pub fn of_texts<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut range: Option<(&[u8], &[u8])> = None;
        for text in texts {
            let (least, most) = range.get_or_insert((text, text));
            *least = text.min(least);
            *most = text.max(most);
        }
        let (least, most) = range?;
        (least.len().max(most.len()) <= COLUMN_NAME_BYTES_MAX).then(|| Self::Text(least.into(), most.into()))
    }

    /// Widens it by another of its type.
    pub fn unite(&mut self, other: &Self) {
        match (self, other) {
            (Self::I32(least, most), Self::I32(other_least, other_most)) => {
                *least = *other_least.min(least);
                *most = *other_most.max(most);
            }
            (Self::I64(least, most), Self::I64(other_least, other_most)) => {
                *least = *other_least.min(least);
                *most = *other_most.max(most);
            }
            (Self::F64(least, most), Self::F64(other_least, other_most)) => {
                *least = least.min(*other_least);
                *most = most.max(*other_most);
            }
            (Self::Text(least, most), Self::Text(other_least, other_most)) => {
                if other_least < least {
                    least.clone_from(other_least);
                }
                if other_most > most {
                    most.clone_from(other_most);
                }
            }
            _ => debug_assert!(false, "a column has one type"),
        }
    }

    /// Both as the page index has them.
    pub fn to_bytes(&self) -> (Vec<u8>, Vec<u8>) {
        match self {
            Self::I32(least, most) => (least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec()),
            Self::I64(least, most) => (least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec()),
            Self::F64(least, most) => (least.to_le_bytes().to_vec(), most.to_le_bytes().to_vec()),
            Self::Text(least, most) => (least.to_vec(), most.to_vec()),
        }
    }

    /// As the statistics of a chunk.
    pub fn statistics(&self, nulls: u64) -> Statistics {
        let nulls = Some(nulls);
        match self {
            Self::I32(least, most) => Statistics::int32(Some(*least), Some(*most), None, nulls, false),
            Self::I64(least, most) => Statistics::int64(Some(*least), Some(*most), None, nulls, false),
            Self::F64(least, most) => Statistics::double(Some(*least), Some(*most), None, nulls, false),
            Self::Text(least, most) => {
                let text = |bytes: &[u8]| Some(ByteArray::from(bytes.to_vec()));
                Statistics::byte_array(text(least), text(most), None, nulls, false)
            }
        }
    }
}
