//! The validator and the walks against serde_json, and names and values of hostile lines.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

/// Names and values as text, the values as JSON.
fn shown(flags: Flags, body: &[u8], source: &str) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    visit(flags, body, source.as_bytes(), &mut |name, value| {
        let mut json = Vec::new();
        value.write_json(&mut json);
        seen.push((String::from_utf8(name.to_vec()).unwrap(), String::from_utf8(json).unwrap()));
    });
    seen
}

#[track_caller]
fn check(flags: Flags, body: &str, expected: &[(&str, &str)]) {
    let seen = shown(flags, body.as_bytes(), "");
    let seen: Vec<_> = seen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(seen, expected, "{body}");
}

#[test]
fn members_of_objects_have_dotted_names() {
    check(
        Flags::JSON,
        r#" {"a":{"x":[{"b":1},"]}"],"b" : 2,"c":{"d":true,"e":{}}},"a.b":"3\n", "a_b":null,"\u0061":-0,"":{"":false}}"#,
        &[
            ("a.x", r#"[{"b":1},"]}"]"#),
            ("a.b", "2"),
            ("a.c.d", "true"),
            ("a.c.e", "{}"),
            ("a.b", r#""3\n""#),
            ("a_b", "null"),
            ("a", "-0"),
            (".", "false"),
        ],
    );
    check(Flags::JSON, "{ }", &[]);
}

#[test]
fn pairs_among_words() {
    check(
        Flags::LOGFMT,
        "ts=1 level=warn msg=\"say \\\"hi\\\" status=1\" status=500 http.status=4.50 empty= a=b=c ok=true v=007 x?y=1 q=\"z\"w=-0",
        &[
            ("ts", "1"),
            ("level", "\"warn\""),
            ("msg", r#""say \"hi\" status=1""#),
            ("status", "500"),
            ("http.status", "\"4.50\""),
            ("empty", "\"\""),
            ("a", "\"b=c\""),
            ("ok", "true"),
            ("v", "\"007\""),
            ("q", "\"z\""),
            ("w", "\"-0\""),
        ],
    );
    check(Flags::LOGFMT, r#"p="C:\Users" t="C:\t""#, &[("p", r#""C:\\Users""#), ("t", r#""C:\t""#)]);
    check(Flags::LOGFMT, "a=\"b c=1", &[("a", "\"\\\"b\""), ("c", "1")]);
    check(Flags::LOGFMT, "a=\"b\\", &[("a", "\"\\\"b\\\\\"")]);
}

#[test]
fn no_mark_no_attributes() {
    check(Flags::empty(), r#"{"a":1}"#, &[]);
    check(Flags::LIFECYCLE, "a=1", &[]);
}

#[test]
fn the_source_comes_first_and_hides_the_same_name() {
    let seen = shown(Flags::JSON, br#"{"a_b":1,"a":{"b":2},"c":3}"#, r#"{"a":{"b":"s"},"d":1}"#);
    let names: Vec<_> = seen.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(names, ["a.b=\"s\"", "d=1", "c=3"]);
}

#[test]
fn many_names_of_the_source_hide_as_few_do() {
    let members = |mark: &str| {
        let members: Vec<_> = (0..100_000).map(|n| format!("\"n.{n}{mark}\":{n}")).collect();
        format!("{{{}}}", members.join(","))
    };
    let (source, body) = (members(""), members("").replace('.', "_"));
    assert_eq!(shown(Flags::JSON, body.as_bytes(), &source).len(), 100_000);
    assert_eq!(shown(Flags::JSON, members("x").as_bytes(), &source).len(), 200_000);
}

#[test]
fn a_long_name_is_not_repeated() {
    let long = "n".repeat(100);
    let body = format!("{{\"{long}\":{{\"{long}\":{{\"x\":1,\"y\":2}},\"z\":3}}}}");
    check(
        Flags::JSON,
        &body,
        &[(&format!("{long}.{long}"), "{\"x\":1,\"y\":2}"), (&format!("{long}.z"), "3")],
    );
}

#[test]
fn find_knows_where_names_become_too_long() {
    let (half, name) = ("n".repeat(64), format!("{0}_{0}", "n".repeat(64)));
    for inside in ["{\"x\":1}", "{}", "1"] {
        let body = format!("{{\"{half}\":{{\"{half}\":{inside}}}}}");
        for asked in [name.clone(), format!("{name}_x"), half.clone()] {
            let mut shown = 0;
            visit(Flags::JSON, body.as_bytes(), b"", &mut |name, _| {
                shown += usize::from(String::from_utf8_lossy(name).replace('.', "_") == asked);
            });
            let found = find(Flags::JSON, body.as_bytes(), b"", asked.as_bytes(), &mut |_| true);
            assert_eq!(found, shown == 1, "{asked} in {body}");
        }
    }
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let nested = |depth: usize, open: &str, close: &str| {
        format!("{{\"a\":{}1{}}}", open.repeat(depth - 1), close.repeat(depth - 1))
    };
    for (open, close) in [("[", "]"), ("{\"\":", "}")] {
        let most = crate::limits::ATTRIBUTE_DEPTH_MAX;
        assert!(is_json_object(nested(most, open, close).as_bytes()));
        assert!(!is_json_object(nested(most + 1, open, close).as_bytes()));
        let endless = nested(1 << 18, open, close);
        assert!(!is_json_object(endless.as_bytes()));
        assert!(shown(Flags::JSON, endless.as_bytes(), "").is_empty());
    }
}

/// What serde_json makes of a text, with the rules of the validator: numbers of any size and lone surrogates count.
fn serde_takes(body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else { return false };
    text.trim_matches([' ', '\t', '\n', '\r']).starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

fn flatten(prefix: &str, object: &serde_json::Map<String, Json>, out: &mut Vec<(String, Json)>) {
    for (name, value) in object {
        let dotted = format!("{prefix}{name}");
        match value {
            Json::Object(inner) if !inner.is_empty() => flatten(&format!("{dotted}."), inner, out),
            _ => out.push((dotted, value.clone())),
        }
    }
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<i32>().prop_map(|eighths| Json::from(f64::from(eighths) / 8.0)),
        "\\PC{0,6}|[\"\\\\/\n\t\u{0}-\u{3}é😀]{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::btree_map("[a.\"é\n_]{0,3}", inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn valid_objects_are_shown_as_serde_sees_them(
        members in proptest::collection::btree_map("[a-c.\"\\\\é\n]{0,3}", json_value(), 0..5), pretty: bool,
    ) {
        let object: serde_json::Map<_, _> = members.into_iter().collect();
        let text = if pretty { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
        let text = text.unwrap();
        prop_assert!(is_json_object(text.as_bytes()));
        let mut expected = Vec::new();
        flatten("", &object, &mut expected);
        let seen: Vec<_> = shown(Flags::JSON, text.as_bytes(), "")
            .into_iter()
            .map(|(name, value)| (name, serde_json::from_str::<Json>(&value).unwrap()))
            .collect();
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn the_validator_agrees_with_serde(text in "[ \n]?\\{([{}\\[\\]\":,\\\\au0/1e.+\\- \n\t\u{1}é]|\"a\":|\"\",|true|null|false|\\\\ud8){0,14}\\}?[ \n}]?") {
        prop_assert_eq!(is_json_object(text.as_bytes()), serde_takes(text.as_bytes()), "{}", text);
    }

    #[test]
    fn spoiled_objects_agree_too(value in json_value(), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut text = format!("{{\"k\":{value},\"n\":-1.5e+3}}").into_bytes();
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        prop_assert_eq!(is_json_object(&text), serde_takes(&text), "{}", String::from_utf8_lossy(&text));
    }

    #[test]
    fn hostile_text_never_panics_and_stays_utf8(
        text in "[{}\\[\\]\":,\\\\au0d8 tn.=é\u{0}\t-]{0,60}", json: bool, source in "\\{[{}\\[\\]\":,\\\\a.]{0,20}",
    ) {
        shown(if json { Flags::JSON } else { Flags::LOGFMT }, text.as_bytes(), &source);
        shown(Flags::JSON, &[b"{\"a\":\"", text.as_bytes(), b"\xff"].concat(), &source);
        unescape(text.as_bytes(), &mut Vec::new());
        unescape_inside(text.as_bytes(), &mut Vec::new());
    }

    #[test]
    fn every_value_is_written_as_json(text in "(a=|b=\"|[\"\\\\u0dn \u{1}\u{7f}é=x]){0,20}") {
        for (_, value) in shown(Flags::LOGFMT, text.as_bytes(), "") {
            prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&value).is_ok(), "{} of {}", value, text);
        }
    }

    #[test]
    fn find_shows_what_visit_shows(
        body in prop_oneof![object_text().prop_map(|text| (Flags::JSON, text)), pairs(), hostile()],
        source in prop_oneof![Just(String::new()), object_text()],
        cut: prop::sample::Index,
        folded in "[ab_]{0,5}",
    ) {
        let (flags, body) = body;
        let source = &source.as_bytes()[..source.len() - cut.index(source.len() + 1) / 4];
        let mut expected = Vec::new();
        visit(flags, body.as_bytes(), source, &mut |name, value| {
            if String::from_utf8_lossy(name).replace('.', "_") == folded {
                expected.push(format!("{:?}", value.meaning(&mut Vec::new())));
            }
        });
        let mut seen = Vec::new();
        find(flags, body.as_bytes(), source, folded.as_bytes(), &mut |value| {
            seen.push(format!("{value:?}"));
            false
        });
        prop_assert_eq!(&seen, &expected);
        let mut first = Vec::new();
        let found = find(flags, body.as_bytes(), source, folded.as_bytes(), &mut |value| {
            first.push(format!("{value:?}"));
            true
        });
        prop_assert_eq!((found, first.as_slice()), (!expected.is_empty(), &expected[..expected.len().min(1)]));
    }
}

fn object_text() -> impl Strategy<Value = String> {
    let member = ("[ab._]{0,3}|\\\\u0061|[ab]{64}", json_value());
    proptest::collection::vec(member, 0..6).prop_map(|members| {
        let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

fn pairs() -> impl Strategy<Value = (Flags, String)> {
    "(([ab._]{1,3}=)?(1|true|\"a=1\"|x|\"\\\\t\") ){0,6}".prop_map(|text| (Flags::LOGFMT, text))
}

fn hostile() -> impl Strategy<Value = (Flags, String)> {
    "[{}\\[\\]\":,\\\\ab_1 .=]{0,40}".prop_map(|text| (Flags::JSON, text))
}
