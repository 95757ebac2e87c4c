//! What the pipes of a query mean, free of how they were typed. `Display` writes the canonical form.

use std::fmt;

use crate::field::Field;

/// One step behind a `|`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pipe {
    /// How many, for each combination of values.
    Count { by: Vec<Operand> },
    /// Any measures, for each combination of values.
    Stats { measures: Vec<Measure>, by: Vec<Operand> },
    /// Measures for each interval of time, from its start.
    Timechart { interval: Interval, measures: Vec<Measure>, by: Vec<Operand> },
    /// The most frequent values, for each combination of `by`.
    Top { count: usize, of: Vec<Operand>, by: Vec<Operand> },
    /// Every combination of values once.
    Uniq { of: Vec<Operand> },
    /// Only these columns.
    Fields(Vec<Operand>),
    /// In this order.
    Sort(Vec<SortKey>),
    /// The first rows; of records the newest.
    Limit(usize),
}

/// What a pipe reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operand {
    /// A field of records.
    Field(Field),
    /// A column of the table that the pipe before gives, by its place.
    Column { index: usize, name: Box<str> },
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SortKey {
    pub(crate) operand: Operand,
    pub(crate) descending: bool,
}

/// One aggregate and the name of its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measure {
    pub(crate) how: How,
    /// What it reads; `count()` reads nothing.
    pub(crate) of: Option<Operand>,
    /// The name behind `as`.
    pub(crate) name: Option<Box<str>>,
}

/// What an aggregate does with the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum How {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    /// From 0 to 1.
    Quantile(f64),
    Uniq,
}

/// The width of a timechart's intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) nanos: i64,
}

impl Measure {
    /// `count()`.
    pub(crate) fn count() -> Self {
        Self { how: How::Count, of: None, name: None }
    }

    /// The name of its column.
    pub(crate) fn column(&self) -> String {
        if let Some(name) = &self.name {
            return name.to_string();
        }
        let how = match self.how {
            How::Quantile(quantile) => format!("p{}", percent(quantile)).replace('.', "_"),
            other => other.word().to_owned(),
        };
        match &self.of {
            Some(operand) => format!("{how}_{operand}"),
            None => how,
        }
    }
}

impl How {
    /// As it is typed; a quantile has two forms.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
            Self::Quantile(_) => "quantile",
            Self::Uniq => "uniq",
        }
    }
}

/// `95` of 0.95, `99.9` of 0.999.
fn percent(quantile: f64) -> f64 {
    // Nine digits undo what the multiplication adds behind them.
    (quantile * 1e11).round() / 1e9
}

impl Pipe {
    /// The columns of the table it gives; `before` are those of its input, `None` where that is records.
    pub(crate) fn columns(&self, before: Option<&[String]>) -> Option<Vec<String>> {
        let names = |operands: &[Operand]| operands.iter().map(Operand::to_string).collect::<Vec<_>>();
        let mut columns = match self {
            Self::Limit(_) | Self::Sort(_) => return before.map(<[String]>::to_vec),
            Self::Count { by } | Self::Stats { by, .. } | Self::Top { by, .. } => names(by),
            Self::Timechart { by, .. } => {
                let mut columns = vec!["time".to_owned()];
                columns.extend(names(by));
                columns
            }
            Self::Uniq { of } | Self::Fields(of) => names(of),
        };
        match self {
            Self::Count { .. } => columns.push("count".to_owned()),
            Self::Top { of, .. } => {
                columns.extend(names(of));
                columns.push("count".to_owned());
            }
            Self::Stats { measures, .. } | Self::Timechart { measures, .. } => {
                columns.extend(measures.iter().map(Measure::column));
            }
            _ => {}
        }
        Some(columns)
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => write!(f, "{field}"),
            Self::Column { name, .. } => f.write_str(name),
        }
    }
}

impl fmt::Display for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { by } => {
                f.write_str("count")?;
                write_by(f, by)
            }
            Self::Stats { measures, by } => {
                f.write_str("stats ")?;
                write_list(f, measures)?;
                write_by(f, by)
            }
            Self::Timechart { interval, measures, by } => {
                write!(f, "timechart {interval}")?;
                if *measures != [Measure::count()] {
                    f.write_str(" ")?;
                    write_list(f, measures)?;
                }
                write_by(f, by)
            }
            Self::Top { count, of, by } => {
                write!(f, "top {count} ")?;
                write_list(f, of)?;
                write_by(f, by)
            }
            Self::Uniq { of } => {
                f.write_str("uniq ")?;
                write_list(f, of)
            }
            Self::Fields(of) => {
                f.write_str("fields ")?;
                write_list(f, of)
            }
            Self::Sort(keys) => {
                f.write_str("sort by ")?;
                write_list(f, keys)
            }
            Self::Limit(rows) => write!(f, "limit {rows}"),
        }
    }
}

fn write_by(f: &mut fmt::Formatter<'_>, by: &[Operand]) -> fmt::Result {
    if by.is_empty() {
        return Ok(());
    }
    f.write_str(" by ")?;
    write_list(f, by)
}

fn write_list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, list: &[T]) -> fmt::Result {
    for (index, item) in list.iter().enumerate() {
        f.write_str(if index > 0 { ", " } else { "" })?;
        write!(f, "{item}")?;
    }
    Ok(())
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.operand, if self.descending { " desc" } else { "" })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.how, &self.of) {
            (How::Quantile(quantile), Some(of)) => {
                let percent = percent(quantile);
                if percent.fract() == 0.0 && (1.0..100.0).contains(&percent) {
                    write!(f, "p{percent}({of})")?;
                } else {
                    write!(f, "quantile({quantile}, {of})")?;
                }
            }
            (how, Some(of)) => write!(f, "{}({of})", how.word())?,
            (how, None) => write!(f, "{}()", how.word())?,
        }
        match &self.name {
            Some(name) => write!(f, " as {name}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.nanos / 1_000_000_000;
        let (unit, width) = [("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60)]
            .into_iter()
            .find(|(_, width)| seconds % width == 0)
            .unwrap_or(("s", 1));
        write!(f, "{}{unit}", seconds / width)
    }
}
