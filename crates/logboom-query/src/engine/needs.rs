//! Which columns a query reads to find its matches.

use std::sync::Arc;

use logboom_store::Columns;

use crate::ast::{Expression, Query, Term};
use crate::field::FieldName;

/// The columns of a query's tests.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Needs {
    /// Without attributes.
    pub(crate) columns: Columns,
    /// Fields that are read from attributes where the resource has no such name.
    pub(crate) fields: Vec<FieldName>,
}

impl Needs {
    /// What a query reads.
    pub(crate) fn of(query: &Query) -> Self {
        let columns = Columns { views: Arc::default(), ..query.needs() };
        let mut fields = Vec::new();
        add_fields(&query.expression, &mut fields);
        Self { columns, fields }
    }
}

fn add_fields(expression: &Expression, fields: &mut Vec<FieldName>) {
    match expression {
        Expression::And(parts) | Expression::Or(parts) => {
            parts.iter().for_each(|part| add_fields(part, fields));
        }
        Expression::Not(inner) => add_fields(inner, fields),
        Expression::Term(Term::Field(name, _)) if !fields.contains(name) => fields.push(name.clone()),
        Expression::All | Expression::Term(_) => {}
    }
}

/// Adds the columns of one set to another.
pub(crate) fn unite(columns: &mut Columns, other: &Columns) {
    columns.body |= other.body;
    columns.time |= other.time;
    columns.observed |= other.observed;
    columns.severity |= other.severity;
    columns.stream |= other.stream;
    columns.flags |= other.flags;
    columns.attributes |= other.attributes;
    if other.views.iter().any(|view| !columns.views.contains(view)) {
        let mut views: Vec<_> = columns.views.iter().chain(&*other.views).cloned().collect();
        views.sort();
        views.dedup();
        columns.views = views.into();
    }
}

/// What is read to find the values of an attribute.
pub(crate) fn of_attribute(name: &FieldName) -> Columns {
    Columns { views: [name.folded_text().into()].into(), ..Columns::default() }
}
