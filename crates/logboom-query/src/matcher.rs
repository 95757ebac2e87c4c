//! Tests records and batches against a query, remembering what a resource decides for all of its records.

use std::collections::HashMap;
use std::sync::Arc;

use logboom_model::{Batch, Record, Resource, ResourceId};

use crate::ast::Query;
use crate::attributes::Scratch;
use crate::limits::RESOURCE_CACHE_MAX;
use crate::plan::{Leaf, Node, Plan};
use crate::record_text::BodyText;
use crate::selection::Selection;

/// A query, ready to run. Cheap to clone; each thread has its own.
#[derive(Debug, Clone)]
pub struct Matcher {
    plan: Arc<Plan>,
    /// For each field of the plan: what the resource says, or `None` where the record must be asked.
    decided: HashMap<ResourceId, Arc<[Option<bool>]>>,
    current: Option<(ResourceId, Arc<[Option<bool>]>)>,
    workspace: Workspace,
}

/// Buffers that are used again and again.
#[derive(Debug, Clone, Default)]
struct Workspace {
    scratch: Scratch,
    spare: Vec<Selection>,
}

impl Query {
    /// Makes the query executable.
    pub fn matcher(&self) -> Matcher {
        Matcher {
            plan: Arc::new(Plan::new(&self.expression)),
            decided: HashMap::new(),
            current: None,
            workspace: Workspace::default(),
        }
    }
}

impl Matcher {
    /// Whether one record matches.
    pub fn matches(&mut self, record: &Record<'_>) -> bool {
        let decided = self.decide(record.resource);
        matches(&self.plan, &self.plan.root, record, &decided, &mut self.workspace.scratch)
    }

    /// Selects the matching rows of a batch; whatever was in `rows` before is gone.
    pub fn matches_batch(&mut self, batch: &Batch, rows: &mut Selection) {
        rows.reset(batch.len(), true);
        self.retain(batch, rows);
    }

    /// Takes the rows that do not match out of a selection of the batch's rows. Much faster than asking for each.
    pub fn retain(&mut self, batch: &Batch, rows: &mut Selection) {
        let decided = self.decide(batch.resource());
        retain(&self.plan, &self.plan.root, batch, &decided, rows, &mut self.workspace);
    }

    fn decide(&mut self, resource: &Resource) -> Arc<[Option<bool>]> {
        let id = resource.id();
        if let Some((_, decided)) = self.current.as_ref().filter(|(current, _)| *current == id) {
            return decided.clone();
        }
        if self.decided.len() >= RESOURCE_CACHE_MAX {
            self.decided.clear();
        }
        let (fields, scratch) = (&self.plan.fields, &mut self.workspace.scratch);
        let decided = self.decided.entry(id).or_insert_with(|| {
            let answers = fields.iter().map(|field| {
                let value = field.name().value_in(resource)?;
                Some(field.resource_matches(value, scratch))
            });
            answers.collect()
        });
        self.current = Some((id, decided.clone()));
        decided.clone()
    }
}

fn matches(
    plan: &Plan,
    node: &Node,
    record: &Record<'_>,
    decided: &[Option<bool>],
    scratch: &mut Scratch,
) -> bool {
    match node {
        Node::All => true,
        Node::And(parts) => parts.iter().all(|part| matches(plan, part, record, decided, scratch)),
        Node::Or(parts) => parts.iter().any(|part| matches(plan, part, record, decided, scratch)),
        Node::Not(inner) => !matches(plan, inner, record, decided, scratch),
        Node::Leaf(leaf) => leaf.matches(record, &plan.fields, decided, scratch),
    }
}

/// The answer for every record of the resource, where the resource alone gives it.
fn decided_by_resource(node: &Node, decided: &[Option<bool>]) -> Option<bool> {
    match node {
        Node::All => Some(true),
        Node::And(parts) => any_or_all(parts, decided, false),
        Node::Or(parts) => any_or_all(parts, decided, true),
        Node::Not(inner) => decided_by_resource(inner, decided).map(|answer| !answer),
        Node::Leaf(Leaf::Field(slot)) => decided[*slot],
        Node::Leaf(Leaf::Text(text)) => text.is_anything().then_some(true),
        Node::Leaf(_) => None,
    }
}

/// `decisive` as soon as one part is; its opposite when all are.
fn any_or_all(parts: &[Node], decided: &[Option<bool>], decisive: bool) -> Option<bool> {
    let mut all = Some(!decisive);
    for part in parts {
        match decided_by_resource(part, decided) {
            Some(answer) if answer == decisive => return Some(decisive),
            Some(_) => {}
            None => all = None,
        }
    }
    all
}

fn retain(
    plan: &Plan,
    node: &Node,
    batch: &Batch,
    decided: &[Option<bool>],
    rows: &mut Selection,
    workspace: &mut Workspace,
) {
    match decided_by_resource(node, decided) {
        Some(true) => return,
        Some(false) => return rows.reset(batch.len(), false),
        None => {}
    }
    match node {
        Node::All => {}
        Node::And(parts) => {
            for part in parts {
                retain(plan, part, batch, decided, rows, workspace);
                if rows.is_empty() {
                    return;
                }
            }
        }
        Node::Or(parts) => {
            let mut open = workspace.take(rows);
            let mut part_rows = workspace.spare.pop().unwrap_or_default();
            for part in parts {
                part_rows.copy_from(&open);
                retain(plan, part, batch, decided, &mut part_rows, workspace);
                open.subtract(&part_rows);
                if open.is_empty() {
                    break;
                }
            }
            // What is still open matched no part.
            rows.subtract(&open);
            workspace.spare.extend([open, part_rows]);
        }
        Node::Not(inner) => {
            let mut matched = workspace.take(rows);
            retain(plan, inner, batch, decided, &mut matched, workspace);
            rows.subtract(&matched);
            workspace.spare.push(matched);
        }
        Node::Leaf(Leaf::Text(text)) => retain_text(text, batch, rows, workspace),
        Node::Leaf(Leaf::Regex(regex)) => {
            let mut hits = workspace.spare.pop().unwrap_or_default();
            regex.retain(batch, rows, &mut hits);
            workspace.spare.push(hits);
        }
        Node::Leaf(Leaf::Field(slot)) => plan.fields[*slot].retain(batch, rows, &mut workspace.scratch),
        Node::Leaf(leaf) => {
            rows.retain(|row| leaf.matches_row(batch, row, &plan.fields, &mut workspace.scratch));
        }
    }
}

impl Workspace {
    /// A selection equal to `rows`.
    fn take(&mut self, rows: &Selection) -> Selection {
        let mut copy = self.spare.pop().unwrap_or_default();
        copy.copy_from(rows);
        copy
    }
}

/// A buffer of many bodies is scanned at once while at least one row in so many is still in the running.
const SCAN_SHARE: usize = 4;

fn retain_text(text: &BodyText, batch: &Batch, rows: &mut Selection, workspace: &mut Workspace) {
    let scratch = &mut workspace.scratch.folded;
    let Some(needle) = text.anchor().filter(|_| rows.count() * SCAN_SHARE >= rows.rows()) else {
        return rows.retain(|row| text.matches(batch.body(row), scratch));
    };
    let mut hits = workspace.spare.pop().unwrap_or_default();
    hits.reset(batch.len(), false);
    let (buffer, offsets) = (&batch.columns().body, &batch.columns().offsets);
    let (mut row, mut from) = (0, 0);
    while let Some(at) = needle.find(buffer, from) {
        row += rows_ending_by(&offsets[row + 1..], at);
        if row >= batch.len() {
            break;
        }
        let (start, end) = (offsets[row] as usize, offsets[row + 1] as usize);
        if at + needle.len() > end {
            // The end of one body and the start of another.
            from = at + 1;
            continue;
        }
        if rows.contains(row) {
            let body = &buffer[start..end];
            let fits = text.fits_at(body, at - start);
            if fits == Some(false) {
                from = at + 1;
                continue;
            }
            if fits == Some(true) || text.matches(body, scratch) {
                hits.insert(row);
            }
        }
        from = end;
    }
    rows.intersect(&hits);
    workspace.spare.push(hits);
}

/// How many of these ends lie at or before `at`: the next few are looked at, the rest is bisected.
pub(crate) fn rows_ending_by(ends: &[u32], at: usize) -> usize {
    let near = ends.iter().take(8).take_while(|&&end| end as usize <= at).count();
    if near < 8 { near } else { near + ends[near..].partition_point(|&end| end as usize <= at) }
}
