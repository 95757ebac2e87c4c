//! Columns and residual together are what `visit` shows, whatever the lines; and the rules of the plan.

use std::sync::Arc;

use logboom_model::{Batch, ColumnValues, Flags, Resource, Row, Severity, Stream};
use proptest::prelude::*;

use super::whole::{check_whole, reassembled, shown, shred, text_of};
use super::*;

fn batch(rows: &[(Flags, &[u8], &str)]) -> Batch {
    let mut batch = Batch::new(Arc::new(Resource::builder().with("attr_taken", "x").build()));
    for (flags, body, source) in rows {
        let row =
            Row { time: 0, observed: 0, severity: Severity::UNSET, stream: Stream::None, flags: *flags };
        batch.push_with_attributes(row, body, source.as_bytes());
    }
    batch
}

fn json_lines(lines: &[&str]) -> Batch {
    batch(&lines.iter().map(|line| (Flags::JSON, line.as_bytes(), "")).collect::<Vec<_>>())
}

fn columns(plan: &ColumnPlan) -> Vec<&str> {
    plan.columns.iter().map(|column| &*column.column).collect()
}

fn residual(block: &ShreddedBlock, row: usize) -> &str {
    text_of(&block.residual, row).map_or("", |text| std::str::from_utf8(text).unwrap())
}

#[test]
fn types_have_columns_of_their_own() {
    let (plan, block) = check_whole(&json_lines(&[
        r#"{"v":1,"user":{"id":7}}"#,
        r#"{"v":1.5,"user":{"id":"x","new":[1, 2]}}"#,
        r#"{"v":"\u00e9","user":{}}"#,
        r#"{"v":true,"user":null}"#,
        r#"{"v":null}"#,
    ]));
    let expected = ["attr_user_id", "attr_user_id_i64", "attr_v", "attr_v_bool", "attr_v_f64", "attr_v_i64"];
    assert_eq!(columns(&plan), expected);
    let rows: Vec<_> = (0..5).map(|row| residual(&block, row)).collect();
    assert_eq!(
        rows,
        ["", r#"{"user":{"new":[1, 2]}}"#, r#"{"user":{}}"#, r#"{"user":null}"#, r#"{"v":null}"#]
    );
    assert_eq!(block.unescaped, "\né".as_bytes());
}

#[test]
fn what_a_column_would_change_stays_as_it_is() {
    let line = r#"{"a":9223372036854775808,"b":-0,"c":1e400,"d":0.12345678901234567,"e":"\ud800x","f":[],"f":1,"f":2}"#;
    let (plan, block) = check_whole(&json_lines(&[line, r#"{"e":"y"}"#]));
    assert_eq!(columns(&plan), ["attr_e", "attr_f_i64"]);
    assert_eq!(residual(&block, 0), line);
}

#[test]
fn names_that_would_collide_or_mislead_have_no_column() {
    let (plan, _) = check_whole(&json_lines(&[
        r#"{"A":"1","a":"2","a.b":"3","a":{"b":"4"},"x_i64":"5","y_BOOL":"6","x":7,"taken":"8"}"#,
        r#"{"a":"2","a_b":"3","":"9","time":"t","level":"l","body":"b","severity":2,"n\u0000":"c"}"#,
        "{\"\\\"quoted\\\" é\":\"q\",\"\u{fffd}\":\"r\"}",
    ]));
    let expected = [
        "attr_\"quoted\" é",
        "attr_a",
        "attr_a_b",
        "attr_body",
        "attr_level",
        "attr_severity_i64",
        "attr_time",
        "attr_x_i64",
    ];
    assert_eq!(columns(&plan), expected);
    assert_eq!(&*plan.columns[2].name, "a.b");
}

#[test]
fn source_attributes_are_taken_apart_too() {
    let rows = [
        (Flags::empty(), &b"a=1"[..], r#"{"tag":"web","a":"s"}"#),
        (Flags::LOGFMT, b"a=1 b=2 msg=\"x\\ty\"", r#"{"tag":"web","a":"s"}"#),
        (Flags::JSON, b"{\"c\":\"\xff\"}", r#"{"broken"#),
    ];
    let (plan, block) = check_whole(&batch(&rows));
    assert_eq!(columns(&plan), ["attr_a", "attr_b_i64", "attr_msg", "attr_tag"]);
    assert_eq!((0..3).map(|row| residual(&block, row)).collect::<Vec<_>>(), ["", "", ""]);
    assert_eq!(block.unescaped, b"\nx\ty");
}

#[test]
fn ten_thousand_names_have_bounded_columns() {
    let line = |row: usize| {
        let own: Vec<_> = (0..10).map(|n| format!("\"name_{}\":{n}", (row * 10 + n) % 10_000)).collect();
        let all: Vec<_> = (0..260).map(|n| format!("\"all_{n}\":\"{row}\"")).collect();
        format!("{{{},{}}}", own.join(","), all.join(","))
    };
    let lines: Vec<_> = (0..1_000).map(line).collect();
    let batch = json_lines(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let plan = plan(std::slice::from_ref(&batch));
    assert_eq!(plan.columns.len(), limits::COLUMNS_MAX);
    assert!(plan.columns.iter().all(|column| column.name.starts_with("all_")));
    let block = shred(&plan, &batch);
    for row in [0, 500, 999] {
        assert_eq!(reassembled(&plan, &block, row), shown(&batch, row));
    }
}

#[test]
fn a_frequent_name_is_found_among_endless_rare_ones() {
    let line = |row: usize| {
        let rare: Vec<_> =
            (0..100).map(|n| format!("\"rare_{row}_{n}\":1,\"twice_{}_{n}\":2", row / 2)).collect();
        format!("{{{},\"often\":\"x\"}}", rare.join(","))
    };
    let lines: Vec<_> = (0..800).map(line).collect();
    let plan = plan(&[json_lines(&lines.iter().map(String::as_str).collect::<Vec<_>>())]);
    assert_eq!(columns(&plan), ["attr_often"]);
}

#[test]
fn blocks_are_apart() {
    let batch = json_lines(&[r#"{"a":1,"r":null}"#, r#"{"b":"\n"}"#, "{}"]);
    let plan = plan(std::slice::from_ref(&batch));
    let mut shredder = Shredder::new(&plan);
    let mut take = |row: usize| {
        shredder.row(batch.flags(row), batch.body(row), &[]);
        shredder.take()
    };
    let (first, second, third) = (take(0), take(1), take(2));
    assert_eq!(plan.columns.len(), 2);
    assert!(matches!(&first.columns[..], [ColumnValues::I64(_), ColumnValues::Absent]));
    assert!(matches!(&second.columns[..], [ColumnValues::Absent, ColumnValues::Text(_)]));
    assert_eq!(
        (residual(&first, 0), residual(&second, 0), second.residual.offsets.len()),
        (r#"{"r":null}"#, "", 1)
    );
    assert_eq!(
        (&third.columns[..], third.unescaped.len()),
        (&[ColumnValues::Absent, ColumnValues::Absent][..], 0)
    );
    assert_eq!(shredder.take().residual.valid.len(), 0);
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        prop::sample::select(vec![
            "null",
            "true",
            "false",
            "0",
            "-0",
            "-0.0",
            "7",
            "1.5",
            "1.50",
            "1e400",
            "1e-400",
            "\"x\"",
            "\"\\ud800\"",
            "9223372036854775807",
            "9223372036854775808",
            "12345678901234567890123",
            "\"\\u00e9\\n\"",
            "\"é\"",
            "\"\"",
            "0.1234567890123456",
            "[]",
            "{}",
        ])
        .prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f32>().prop_filter("finite", |f| f.is_finite()).prop_map(|number| number.to_string()),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            members(inner).prop_map(|members| format!("{{{members}}}")),
        ]
    })
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "[abA._]{0,3}",
        prop::sample::select(vec!["time", "level", "a_i64", "\\u0061", "\\ud800", "\\\"", "é", "x\\u0000"])
            .prop_map(str::to_owned),
    ];
    let member = (name, value).prop_map(|(name, value)| format!("\"{name}\" :{value}"));
    proptest::collection::vec(member, 0..6).prop_map(|members| members.join(" ,"))
}

fn body() -> impl Strategy<Value = (Flags, Vec<u8>)> {
    prop_oneof![
        4 => members(json_text()).prop_map(|members| (Flags::JSON, format!("{{{members}}}").into_bytes())),
        2 => "((a|b|a\\.b|a_b|A|x)=(1|-0|007|1\\.5|true|\"x\\\\t\"|\"\\\\q\"|\"[ab =]{0,3}\"|[a\"\\\\]{0,3}) ){0,5}"
            .prop_map(|line| (Flags::LOGFMT, line.into_bytes())),
        1 => "[{}\\[\\]\":,\\\\a0 .=é-]{0,30}".prop_map(|line| (Flags::JSON, line.into_bytes())),
        1 => proptest::collection::vec(any::<u8>(), 0..20).prop_map(|line| (Flags::LOGFMT, line)),
        1 => Just((Flags::empty(), b"a=1".to_vec())),
    ]
}

proptest! {
    #[test]
    fn columns_and_residual_are_everything(
        rows in proptest::collection::vec((body(), proptest::option::of(members(json_text()))), 1..12),
    ) {
        let rows: Vec<_> = rows
            .iter()
            .map(|((flags, body), source)| (*flags, body, source.as_ref().map_or(String::new(), |s| format!("{{{s}}}"))))
            .collect();
        let rows: Vec<_> = rows.iter().map(|(flags, body, source)| (*flags, body.as_slice(), source.as_str())).collect();
        check_whole(&batch(&rows));
    }
}
