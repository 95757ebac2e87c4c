//! What no line may break: columns and residual together are what `visit` shows, and a view of them shows what
//! `find` does. Shared with the fuzz target.

use std::collections::BTreeMap;

use logboom_model::attributes::{self, Value, Walker};
use logboom_model::{AttributeView, Batch, TextValues};

use super::{ColumnPlan, ShreddedBlock, Shredder, plan};

pub(crate) fn shred(plan: &ColumnPlan, batch: &Batch) -> ShreddedBlock {
    let mut shredder = Shredder::new(plan);
    batch.records().for_each(|record| shredder.row(record.flags, record.body, record.attributes));
    shredder.take()
}

fn fold(name: &[u8]) -> String {
    String::from_utf8_lossy(name).replace('.', "_")
}

/// What a value means; strings whose escapes stand for no character as they are written.
fn meaning(value: Value<'_>) -> String {
    if let Value::String { raw, escaped: true } = value
        && !attributes::unescape_exact(raw, &mut Vec::new())
    {
        let mut json = Vec::new();
        value.write_json(&mut json);
        return String::from_utf8_lossy(&json).into_owned();
    }
    format!("{:?}", value.meaning(&mut Vec::new()))
}

/// The values of each folded name in a row, with the names as they are, in order.
pub(crate) type Shown = BTreeMap<String, Vec<(String, String)>>;

pub(crate) fn shown(batch: &Batch, row: usize) -> Shown {
    let mut shown = Shown::new();
    attributes::visit(batch.flags(row), batch.body(row), batch.attributes(row), &mut |name, value| {
        let entry = (String::from_utf8_lossy(name).into_owned(), meaning(value));
        shown.entry(fold(name)).or_default().push(entry);
    });
    shown
}

pub(crate) fn text_of(values: &TextValues, row: usize) -> Option<&[u8]> {
    let place = values.valid[..row].iter().filter(|valid| **valid).count();
    values.valid[row]
        .then(|| &values.bytes[values.offsets[place] as usize..values.offsets[place + 1] as usize])
}

/// What columns and residual hold of a row, in the order a view has them.
pub(crate) fn reassembled(plan: &ColumnPlan, block: &ShreddedBlock, row: usize) -> Shown {
    let mut shown = Shown::new();
    for (planned, column) in plan.columns.iter().zip(&block.columns) {
        let view = AttributeView::new("", row + 1, vec![column.clone()], None);
        view.for_each(row, &mut |value| {
            let entry = (planned.name.to_string(), format!("{value:?}"));
            shown.entry(fold(planned.name.as_bytes())).or_default().push(entry);
            false
        });
    }
    if let Some(residual) = text_of(&block.residual, row) {
        assert!(attributes::is_json_object(residual), "{}", String::from_utf8_lossy(residual));
        Walker::default().visit_object(residual, &mut |name, value| {
            let entry = (String::from_utf8_lossy(name.dotted()).into_owned(), meaning(value));
            shown.entry(fold(name.dotted())).or_default().push(entry);
            true
        });
    }
    shown
}

/// Columns of all names, in whatever rows they are, must not lose anything; views show what the rows do.
pub(crate) fn check_whole(batch: &Batch) -> (ColumnPlan, ShreddedBlock) {
    let plan = plan(std::slice::from_ref(batch));
    let block = shred(&plan, batch);
    let residual = |row: usize| text_of(&block.residual, row).map_or(0, <[u8]>::len);
    for row in 0..batch.len() {
        let shown = shown(batch, row);
        assert_eq!(reassembled(&plan, &block, row), shown);
        assert!(residual(row) <= 8 * (batch.body(row).len() + batch.attributes(row).len()));
        for name in shown.keys() {
            let columns = plan.columns.iter().zip(&block.columns);
            let columns = columns.filter(|(planned, _)| fold(planned.name.as_bytes()) == *name);
            let columns = columns.map(|(_, column)| column.clone()).collect();
            let view = AttributeView::new(name, batch.len(), columns, Some(block.residual.clone()));
            let (mut viewed, mut found) = (Vec::new(), Vec::new());
            view.for_each(row, &mut |value| {
                viewed.push(format!("{value:?}"));
                false
            });
            let record = batch.record(row);
            attributes::find(record.flags, record.body, record.attributes, name.as_bytes(), &mut |value| {
                found.push(format!("{value:?}"));
                false
            });
            assert_eq!(viewed, found, "{name}");
        }
    }
    (plan, block)
}
