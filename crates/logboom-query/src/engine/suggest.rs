//! What could stand at the cursor: names from the language and the log, values from the newest of the log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use logboom_model::Resource;
use logboom_store::Snapshot;

use super::place::{Place, place};
use super::{Scope, values};
use crate::complete::{CompleteRequest, Suggestion, SuggestionKind};
use crate::field::{self, Field, RecordField};
use crate::limits::{SUGGESTION_MILLIS_MAX, SUGGESTIONS_MAX};
use crate::search::SearchError;

/// Pipes, and what they do.
const PIPES: [(&str, &str); 8] = [
    ("count", "count by …: how many of each"),
    ("timechart", "timechart 5m by …: how many in each interval"),
    ("top", "top 10 …: the most frequent values"),
    ("stats", "stats avg(…), p95(…) by …: measures"),
    ("uniq", "uniq …: every value once"),
    ("fields", "fields …: only these columns"),
    ("sort", "sort by … desc: in this order"),
    ("limit", "limit 100: the newest, or the first rows"),
];

const KEYWORDS: [&str; 3] = ["AND", "OR", "NOT"];

/// Fields that every log has, those people ask for most first.
const COMMON_FIELDS: [&str; 13] = [
    "service",
    "container",
    "severity",
    "body",
    "stream",
    "host",
    "image",
    "kind",
    "time",
    "seq",
    "namespace",
    "pod",
    "severity_number",
];

const SEVERITIES: [&str; 7] = ["error", "warn", "info", "debug", "trace", "fatal", "unset"];
const STREAMS: [&str; 2] = ["stdout", "stderr"];
const KINDS: [&str; 3] = ["log", "gap", "lifecycle"];

/// See [`crate::complete()`].
pub(crate) fn suggest(
    snapshot: &Snapshot,
    request: &CompleteRequest,
    cancel: &AtomicBool,
) -> Result<Vec<Suggestion>, SearchError> {
    let mut at = request.at.min(request.text.len());
    while !request.text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &request.text[..at];
    let list = List { at, suggestions: Vec::new() };
    Ok(match place(before) {
        Place::Text => Vec::new(),
        Place::Term { typed } => list.terms(snapshot, request, typed),
        Place::Pipe { typed } => list.pipes(typed),
        Place::Operand { pipe, typed, takes_by } => {
            let mut list = list;
            let takes_by = takes_by && !matches!(pipe, "fields" | "limit" | "uniq");
            if takes_by && !typed.is_empty() && "by".starts_with(typed) {
                list.push(typed, "by ", "by", SuggestionKind::Keyword, None);
            }
            list.fields(snapshot, request, typed, "");
            list.suggestions
        }
        Place::Value { field, typed } => list.values(snapshot, request, cancel, field, typed)?,
    })
}

/// Suggestions for a cursor.
struct List {
    at: usize,
    suggestions: Vec<Suggestion>,
}

impl List {
    fn push(&mut self, typed: &str, insert: &str, label: &str, kind: SuggestionKind, count: Option<u64>) {
        self.suggestions.push(Suggestion {
            insert: insert.to_owned(),
            from: self.at - typed.len(),
            label: label.to_owned(),
            kind,
            count,
        });
    }

    fn terms(mut self, snapshot: &Snapshot, request: &CompleteRequest, typed: &str) -> Vec<Suggestion> {
        self.fields(snapshot, request, typed, ":");
        for keyword in KEYWORDS.into_iter().filter(|keyword| !typed.is_empty() && starts(keyword, typed)) {
            self.push(typed, &format!("{keyword} "), keyword, SuggestionKind::Keyword, None);
        }
        self.suggestions
    }

    fn pipes(mut self, typed: &str) -> Vec<Suggestion> {
        for (name, label) in PIPES.into_iter().filter(|(name, _)| starts(name, typed)) {
            self.push(typed, &format!("{name} "), label, SuggestionKind::Pipe, None);
        }
        self.suggestions
    }

    /// Names of fields with what follows them: the common ones, then resources', then attributes'.
    fn fields(&mut self, snapshot: &Snapshot, request: &CompleteRequest, typed: &str, behind: &str) {
        let mut seen = BTreeSet::new();
        let resources = snapshot.resources().iter().filter(|resource| request.access.allows(resource));
        let of_resources: BTreeSet<String> = resources.flat_map(|resource| names_of(resource)).collect();
        // Nobody knows whose they are: only for those who may see everything.
        let of_attributes = if request.access.is_all() { snapshot.attribute_names() } else { Vec::new() };
        let of_attributes = of_attributes.iter().map(|name| {
            let is_taken = !matches!(field::resolve(name), Field::Named(_)) || of_resources.contains(&**name);
            if is_taken { format!("attributes.{name}") } else { name.to_string() }
        });
        let common = COMMON_FIELDS.into_iter().map(str::to_owned);
        for name in common.chain(of_resources.iter().cloned()).chain(of_attributes) {
            if self.suggestions.len() >= SUGGESTIONS_MAX {
                return;
            }
            if starts(&name, typed) && field::is_name(&name) && seen.insert(name.clone()) {
                self.push(typed, &format!("{name}{behind}"), &name, SuggestionKind::Field, None);
            }
        }
    }

    fn values(
        mut self,
        snapshot: &Snapshot,
        request: &CompleteRequest,
        cancel: &AtomicBool,
        name: &str,
        typed: &str,
    ) -> Result<Vec<Suggestion>, SearchError> {
        if !field::is_name(name) {
            return Ok(Vec::new());
        }
        let fixed: &[&str] = match field::resolve(name) {
            Field::Record(RecordField::Severity) => &SEVERITIES,
            Field::Record(RecordField::Stream) => &STREAMS,
            Field::Record(RecordField::Kind) => &KINDS,
            Field::Record(_) => return Ok(Vec::new()),
            Field::Named(_) => &[],
        };
        let counted = counted(snapshot, request, cancel, name)?;
        let mut values: Vec<(String, Option<u64>)> =
            fixed.iter().map(|value| ((*value).to_owned(), counted.get(*value).copied())).collect();
        if let Field::Named(field) = field::resolve(name) {
            values = counted.iter().map(|(value, count)| (value.clone(), Some(*count))).collect();
            values.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
            let resources = snapshot.resources().iter().filter(|resource| request.access.allows(resource));
            let silent: BTreeSet<&str> = resources.filter_map(|resource| field.value_in(resource)).collect();
            let silent = silent.into_iter().filter(|value| !counted.contains_key(*value));
            values.extend(silent.map(|value| (value.to_owned(), None)));
        }
        let prefix = typed.trim_start_matches('"');
        for (value, count) in values.into_iter().filter(|(value, _)| starts(value, prefix)) {
            self.push(typed, &quoted(&value), &value, SuggestionKind::Value, count);
        }
        Ok(self.suggestions)
    }
}

/// Values of a field in the newest of the log, as far as the time goes.
fn counted(
    snapshot: &Snapshot,
    request: &CompleteRequest,
    cancel: &AtomicBool,
    name: &str,
) -> Result<BTreeMap<String, u64>, SearchError> {
    let everything = crate::parse("*").map_err(|error| SearchError::Refused(error.to_string()))?;
    let scope = Scope::new(&everything, i64::MIN, None, &request.access, cancel)
        .with_timeout(Some(Duration::from_millis(SUGGESTION_MILLIS_MAX)));
    let facets = values::count(snapshot, &scope, &[name.to_owned()], SUGGESTIONS_MAX)?;
    let values = facets.into_iter().flat_map(|facet| facet.values);
    Ok(values.map(|value| (value.value, value.count)).collect())
}

fn names_of(resource: &Resource) -> impl Iterator<Item = String> + '_ {
    resource.attributes().map(|(name, _)| name.replace('.', "_"))
}

/// Whether a text begins with what was typed, in any case.
fn starts(text: &str, typed: &str) -> bool {
    text.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed))
}

/// A value as it must be typed to be found whole.
fn quoted(value: &str) -> String {
    let is_plain = !value.is_empty()
        && !value.starts_with(['>', '<', '~', '=', ':', '/'])
        && !value.contains(|c: char| {
            c.is_whitespace() || c.is_control() || matches!(c, '"' | '(' | ')' | '|' | '*')
        });
    if is_plain {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
