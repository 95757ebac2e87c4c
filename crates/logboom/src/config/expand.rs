//! `${NAME}` in values: replaced from the environment before anything is read; keys and comments are left alone.
//!
//! An unset variable is refused, `${NAME:-default}` names what to take instead, `$$` is a dollar sign, and a dollar
//! sign before anything else stays as it is.

use super::document::{Node, Value};
use super::problem::{Problem, Step};

/// Looks a variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Replaces every reference in the tree; what cannot be replaced is reported and skipped.
pub fn expand(node: &mut Node, lookup: Lookup<'_>, problems: &mut Vec<Problem>) {
    walk(node, &mut Vec::new(), lookup, problems);
}

fn walk(node: &mut Node, path: &mut Vec<Step>, lookup: Lookup<'_>, problems: &mut Vec<Problem>) {
    match &mut node.value {
        Value::Scalar { text, .. } => match expand_text(text, lookup) {
            Ok(expanded) => *text = expanded,
            Err(message) => {
                problems.push(Problem::at(node.place, path, message));
                node.value = Value::Skipped;
            }
        },
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(Step::Index(index));
                walk(item, path, lookup, problems);
                path.pop();
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                path.push(Step::Key(entry.key.clone()));
                walk(&mut entry.node, path, lookup, problems);
                path.pop();
            }
        }
        Value::Skipped => {}
    }
}

fn expand_text(text: &str, lookup: Lookup<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let end = after.find('}').ok_or("${ without a closing }; write $$ for a dollar sign")?;
            out.push_str(&reference(&after[..end], lookup)?);
            rest = &after[end + 1..];
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn reference(inside: &str, lookup: Lookup<'_>) -> Result<String, String> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inside, None),
    };
    let well_formed = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if !well_formed {
        return Err(format!("${{{name}}} is not the name of a variable; write $${{ to mean the text itself"));
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => {
            Err(format!("the environment variable {name} is not set; set it, or write ${{{name}:-default}}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_replaced_and_unset_ones_refused() {
        let lookup = |name: &str| match name {
            "A" => Some("one".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        for (text, expected) in [
            ("plain", Ok("plain")),
            ("${A}", Ok("one")),
            ("x${A}y${A}", Ok("xoneyone")),
            ("${EMPTY}", Ok("")),
            ("${EMPTY:-d}", Ok("d")),
            ("${B:-d:-e}", Ok("d:-e")),
            ("$$ ^a$ $x $${A}", Ok("$ ^a$ $x ${A}")),
            ("${B}", Err("the environment variable B is not set; set it, or write ${B:-default}")),
            ("${A", Err("${ without a closing }; write $$ for a dollar sign")),
            ("${}", Err("${} is not the name of a variable; write $${ to mean the text itself")),
            ("${1A}", Err("${1A} is not the name of a variable; write $${ to mean the text itself")),
        ] {
            assert_eq!(expand_text(text, &lookup).as_deref().map_err(String::as_str), expected, "{text}");
        }
    }

    #[test]
    fn a_value_cannot_bring_yaml_of_its_own() {
        let mut node = super::super::document::parse("a: ${A}").unwrap();
        expand(&mut node, &|_| Some("x\nb: 1".to_owned()), &mut Vec::new());
        let Value::Map(entries) = node.value else { panic!() };
        assert_eq!(entries.len(), 1);
    }
}
