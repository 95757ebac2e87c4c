//! Pipes the slow and obvious way: one after the other over whole tables.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use logboom_query::Value;

pub const MINUTE: i64 = 60_000_000_000;

/// One pipe before its fields are chosen from what there is.
#[derive(Debug, Clone)]
pub struct Step {
    pub kind: u8,
    pub picks: Vec<usize>,
    pub number: usize,
    pub descending: bool,
}

/// One pipe as typed and as meant.
#[derive(Debug, Clone)]
pub enum Pipe {
    Count(Vec<String>),
    Stats(Vec<(String, String)>, Vec<String>),
    Timechart(i64, Vec<String>),
    Top(usize, String, Vec<String>),
    Uniq(Vec<String>),
    Fields(Vec<String>),
    Sort(String, bool),
    Limit(usize),
}

impl Pipe {
    pub fn choose(step: &Step, names: &[String]) -> Self {
        let mut picked: Vec<String> = Vec::new();
        for pick in &step.picks {
            let name = &names[pick % names.len()];
            if !picked.contains(name) {
                picked.push(name.clone());
            }
        }
        let first = picked[0].clone();
        match step.kind {
            0 => Self::Count(picked[1..].to_vec()),
            1 => {
                let measures = ["count", "sum", "avg", "min", "max", "p50", "uniq"]
                    .map(|how| (how.to_owned(), first.clone()));
                Self::Stats(measures.to_vec(), picked[1..].to_vec())
            }
            2 => Self::Timechart(step.number as i64 * MINUTE, picked[1..].to_vec()),
            3 => Self::Top(step.number, first, picked[1..].to_vec()),
            4 => Self::Uniq(picked),
            5 => Self::Fields(picked),
            6 => Self::Sort(first, step.descending),
            _ => Self::Limit(step.number),
        }
    }

    pub fn text(&self) -> String {
        let by = |by: &[String]| if by.is_empty() { String::new() } else { format!(" by {}", by.join(",")) };
        match self {
            Self::Count(fields) => format!("count{}", by(fields)),
            Self::Stats(measures, fields) => {
                let measures = measures.iter().map(|(how, of)| match how.as_str() {
                    "count" => "count()".to_owned(),
                    how => format!("{how}({of})"),
                });
                format!("stats {}{}", measures.collect::<Vec<_>>().join(", "), by(fields))
            }
            Self::Timechart(interval, fields) => format!("timechart {}m{}", interval / MINUTE, by(fields)),
            Self::Top(count, of, fields) => format!("top {count} {of}{}", by(fields)),
            Self::Uniq(fields) => format!("uniq {}", fields.join(", ")),
            Self::Fields(fields) => format!("fields {}", fields.join(", ")),
            Self::Sort(field, descending) => {
                format!("sort {field}{}", if *descending { " desc" } else { "" })
            }
            Self::Limit(rows) => format!("limit {rows}"),
        }
    }
}

pub fn text_of(value: &Value) -> String {
    match value {
        Value::Time(nanos) => nanos.to_string(),
        other => other.to_string(),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Float(float) => Some(*float),
        Value::Text(text) => text.parse().ok(),
        Value::Time(_) | Value::Null => None,
    }
}

/// Numbers, texts, nothing; `descending` turns the first two round, each for itself.
fn compare(one: &Value, two: &Value, descending: bool) -> Ordering {
    let as_number =
        |value: &Value| if let Value::Time(nanos) = value { Some(*nanos as f64) } else { number(value) };
    let class = |value: &Value| match value {
        Value::Null => 2,
        value => i32::from(as_number(value).is_none()),
    };
    let kind = |value: &Value| match value {
        Value::Time(_) => 0,
        Value::Integer(_) => 1,
        Value::Float(_) => 2,
        _ => 3,
    };
    let order = match (as_number(one), as_number(two)) {
        (Some(a), Some(b)) => a.partial_cmp(&b).unwrap().then_with(|| kind(one).cmp(&kind(two))),
        _ => Ordering::Equal,
    };
    let order = order.then_with(|| text_of(one).cmp(&text_of(two)));
    class(one).cmp(&class(two)).then(if descending { order.reverse() } else { order })
}

fn compare_lists(one: &[Value], two: &[Value]) -> Ordering {
    one.iter()
        .zip(two)
        .map(|(one, two)| compare(one, two, false))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// A key and its rows.
type Group<'a> = (Vec<Value>, Vec<&'a Vec<Value>>);

/// A table under construction; `names` are all fields while it is still records.
#[derive(Debug)]
pub struct Reference {
    pub names: Vec<String>,
    pub rows: Vec<Vec<Value>>,
    pub is_records: bool,
    pub is_in_log_order: bool,
    pub sorted_by: Vec<String>,
}

impl Reference {
    fn column(&self, name: &str) -> usize {
        self.names.iter().position(|column| column == name).unwrap()
    }

    fn project(&self, row: &[Value], names: &[String]) -> Vec<Value> {
        names.iter().map(|name| row[self.column(name)].clone()).collect()
    }

    /// Rows by key. Values that are written the same way are one, and text where one of them is.
    fn groups(&self, key_of: &dyn Fn(&[Value]) -> Vec<Value>) -> Vec<Group<'_>> {
        let mut groups: BTreeMap<Vec<String>, Group<'_>> = BTreeMap::new();
        for row in &self.rows {
            let mut key = key_of(row);
            for value in key.iter_mut().filter(|value| matches!(value, Value::Float(_))) {
                if let Ok(whole) = text_of(value).parse() {
                    *value = Value::Integer(whole);
                }
            }
            let name = |value: &Value| format!("{}{}", matches!(value, Value::Null), text_of(value));
            let group =
                groups.entry(key.iter().map(name).collect()).or_insert_with(|| (key.clone(), Vec::new()));
            for (known, value) in group.0.iter_mut().zip(key) {
                if matches!(value, Value::Text(_)) {
                    *known = value;
                }
            }
            group.1.push(row);
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by(|one, two| compare_lists(&one.0, &two.0));
        groups
    }

    fn measure(&self, rows: &[&Vec<Value>], how: &str, of: &str) -> Value {
        if how == "count" {
            return Value::Integer(rows.len() as i64);
        }
        let column = self.column(of);
        let mut values: Vec<Value> =
            rows.iter().map(|row| row[column].clone()).filter(|value| *value != Value::Null).collect();
        let mut numbers: Vec<f64> = values.iter().filter_map(number).collect();
        numbers.sort_by(f64::total_cmp);
        let is_whole =
            |value: &Value| !matches!(value, Value::Float(_)) && text_of(value).parse::<i64>().is_ok();
        let sum: f64 = numbers.iter().sum();
        match how {
            "uniq" => Value::Integer(values.iter().map(text_of).collect::<BTreeSet<_>>().len() as i64),
            "min" | "max" => {
                values.sort_by(|one, two| compare(one, two, how == "max"));
                values.first().cloned().unwrap_or(Value::Null)
            }
            _ if numbers.is_empty() => Value::Null,
            "sum" if values.iter().filter(|value| number(value).is_some()).all(is_whole) => {
                Value::Integer(sum as i64)
            }
            "sum" => Value::Float(sum),
            "avg" => Value::Float(sum / numbers.len() as f64),
            "p50" => Value::Float(numbers[(numbers.len() - 1) / 2]),
            other => panic!("{other}"),
        }
    }

    pub fn apply(&mut self, pipe: &Pipe) {
        let by_names = |by: &[String], more: &[&str]| {
            by.iter().cloned().chain(more.iter().map(|name| (*name).to_owned())).collect::<Vec<_>>()
        };
        let (names, rows) = match pipe {
            Pipe::Limit(limit) => {
                let end = self.rows.len();
                if self.is_in_log_order {
                    self.rows.drain(..end.saturating_sub(*limit));
                } else {
                    self.rows.truncate(*limit);
                }
                return;
            }
            Pipe::Sort(field, descending) => {
                let column = self.column(field);
                self.rows.sort_by(|one, two| compare(&one[column], &two[column], *descending));
                self.is_in_log_order = false;
                self.sorted_by.insert(0, field.clone());
                return;
            }
            Pipe::Fields(names) => {
                let rows = self.rows.iter().map(|row| self.project(row, names)).collect();
                (self.names, self.rows, self.is_records) = (names.clone(), rows, false);
                return;
            }
            Pipe::Uniq(names) => {
                let groups = self.groups(&|row| self.project(row, names));
                (names.clone(), groups.into_iter().map(|(key, _)| key).collect::<Vec<_>>())
            }
            Pipe::Count(by) => {
                let mut groups = self.groups(&|row| self.project(row, by));
                groups.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
                let mut rows: Vec<Vec<Value>> = groups
                    .into_iter()
                    .map(|(mut key, rows)| {
                        key.push(Value::Integer(rows.len() as i64));
                        key
                    })
                    .collect();
                if by.is_empty() && rows.is_empty() {
                    rows.push(vec![Value::Integer(0)]);
                }
                (by_names(by, &["count"]), rows)
            }
            Pipe::Stats(measures, by) => {
                let mut groups = self.groups(&|row| self.project(row, by));
                if by.is_empty() && groups.is_empty() {
                    groups.push((Vec::new(), Vec::new()));
                }
                let rows = groups.into_iter().map(|(mut key, rows)| {
                    key.extend(measures.iter().map(|(how, of)| self.measure(&rows, how, of)));
                    key
                });
                let rows = rows.collect();
                let names = measures.iter().map(|(how, of)| match how.as_str() {
                    "count" => how.clone(),
                    how => format!("{how}_{of}"),
                });
                (by.iter().cloned().chain(names).collect(), rows)
            }
            Pipe::Timechart(interval, by) => {
                let time = self.column("time");
                let groups = self.groups(&|row| {
                    let start = match row[time] {
                        Value::Time(nanos) => Value::Time(nanos.div_euclid(*interval) * interval),
                        _ => Value::Null,
                    };
                    let mut key = vec![start];
                    key.extend(self.project(row, by));
                    key
                });
                let rows = groups.into_iter().map(|(mut key, rows)| {
                    key.push(Value::Integer(rows.len() as i64));
                    key
                });
                let rows = rows.collect();
                let mut names = vec!["time".to_owned()];
                names.extend(by_names(by, &["count"]));
                (names, rows)
            }
            Pipe::Top(count, of, by) => {
                let keys = by_names(by, &[of]);
                let groups = self.groups(&|row| self.project(row, &keys));
                let mut rows: Vec<Vec<Value>> = Vec::new();
                let mut firsts: Vec<Vec<Value>> =
                    groups.iter().map(|(key, _)| key[..by.len()].to_vec()).collect();
                firsts.dedup();
                for first in firsts {
                    let mut run: Vec<_> =
                        groups.iter().filter(|(key, _)| key[..by.len()] == first[..]).collect();
                    run.sort_by_key(|(_, rows)| std::cmp::Reverse(rows.len()));
                    rows.extend(run.into_iter().take(*count).map(|(key, rows)| {
                        let mut key = key.clone();
                        key.push(Value::Integer(rows.len() as i64));
                        key
                    }));
                }
                (by_names(&keys, &["count"]), rows)
            }
        };
        (self.names, self.rows) = (names, rows);
        (self.is_records, self.is_in_log_order) = (false, false);
    }

    pub fn finish(mut self) -> (Vec<String>, Vec<Vec<Value>>) {
        if self.is_records {
            let shown = ["time", "severity", "service_name", "body"].map(str::to_owned);
            let mut names = shown[..3].to_vec();
            for field in &self.sorted_by {
                if !names.contains(field) && *field != "body" {
                    names.push(field.clone());
                }
            }
            names.push("body".to_owned());
            self.rows = self.rows.iter().map(|row| self.project(row, &names)).collect();
            self.names = names;
        }
        (self.names, self.rows)
    }
}
