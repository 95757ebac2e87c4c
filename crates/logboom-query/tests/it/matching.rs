//! Which records a query finds: pinned like the grammar.

use logboom_model::{AttributeView, Batch, ColumnValues, FixedValues, Flags, Severity, Stream, TextValues};
use logboom_query::{Selection, parse};

use crate::fixture::{Line, line, matches};

#[track_caller]
fn finds(line: &Line, queries: &[&str]) {
    let batch = line.batch();
    for query in queries {
        assert!(matches(query, &batch, 0), "{query} must find {:?}", String::from_utf8_lossy(&line.body));
    }
}

#[track_caller]
fn misses(line: &Line, queries: &[&str]) {
    let batch = line.batch();
    for query in queries {
        assert!(
            !matches(query, &batch, 0),
            "{query} must not find {:?}",
            String::from_utf8_lossy(&line.body)
        );
    }
}

#[test]
fn words_phrases_wildcards() {
    let refused = line("2026-11-22 ERROR dial tcp 10.0.0.1:5432: connect: Connection refused user=bob");
    finds(
        &refused,
        &[
            "*",
            "",
            "error",
            "ERROR",
            "connection refused",
            "refused connection",
            "\"connection refused\"",
            "\"10.0.0.1:5432\"",
            "10.0.0.1",
            "conn*",
            "*fused",
            "con*on",
            "body:10.0.*:5432 OR x",
            "body:conn*",
            "\"user=bob\"",
            "\": \"",
            "error -timeout",
            "timeout OR refused",
            "(timeout OR refused) dial",
            "NOT timeout",
        ],
    );
    misses(
        &refused,
        &[
            "-*",
            "err",
            "connections",
            "\"connection  refused\"",
            "\"refused connection\"",
            "\"onnection refused\"",
            "0.0.0.1",
            "fused",
            "*conn",
            "con*x",
            "dial*refused",
            "error -refused",
            "timeout OR closed",
            "NOT error",
        ],
    );
}

#[test]
fn bytes_that_are_not_utf_8_separate_tokens() {
    let broken = line(b"abc\xfferror\xc3 caf\xc3\xa9\xff");
    finds(&broken, &["error", "abc", "café", "CAFÉ", "~/error/", r"~/(?-u)\xff/"]);
    misses(&broken, &["caf", "abcerror", "\u{fffd}"]);
}

#[test]
fn severity_is_a_range() {
    for (severity, found, missed) in [
        (
            Severity::WARN,
            &[
                "severity:warn",
                "severity:warning",
                "level>=warn",
                "severity>info",
                "severity<error",
                "severity<=warn",
                "severity:13",
                "severity_number>=13",
            ][..],
            &["severity>warn", "severity:error", "severity<warn", "severity:unset", "severity:14"][..],
        ),
        (
            Severity::CRITICAL,
            &[
                "severity:error",
                "severity:critical",
                "severity>=critical",
                "severity<=error",
                "severity<fatal",
            ],
            &["severity>error", "severity>critical", "severity:alert", "severity:17"],
        ),
        (
            Severity::UNSET,
            &["severity:unset", "-severity>=warn", "severity_number:0", "severity:0"],
            &["severity<=fatal", "severity>=trace", "severity<warn", "severity>=unset"],
        ),
    ] {
        finds(&line("x").severity(severity), found);
        misses(&line("x").severity(severity), missed);
    }
}

#[test]
fn time_seq_stream_kind() {
    let at = line("x").stream(Stream::Stderr);
    finds(
        &at,
        &[
            "time:2026-11-22",
            "time>=2026-11-22",
            "time<=2026-11-22",
            "time>2026-11-21",
            "time<2026-11-23",
            "time:2026-11-22T09:13:00.5Z",
            "time>2026-11-22T09:13:00Z",
            "observed_time>2026-11-22T09:13:00.5Z",
            "seq:1234",
            "seq>=1234",
            "seq<1235",
            "stream:stderr",
            "kind:log",
        ],
    );
    misses(
        &at,
        &[
            "time>2026-11-22",
            "time<2026-11-22",
            "time:2026-11-21",
            "time:2026-11-22T09:13:00Z",
            "seq:1",
            "seq>1234",
            "stream:stdout",
            "kind:gap",
            "kind:lifecycle",
        ],
    );
    finds(&line("gap").flags(Flags::GAP), &["kind:gap", "*", "-kind:log"]);
    finds(&line("started").flags(Flags::LIFECYCLE), &["kind:lifecycle", "", "started"]);
    misses(&line("started").flags(Flags::LIFECYCLE), &["kind:log", "kind:gap"]);
}

#[test]
fn resources_by_every_name() {
    let record = line("x");
    finds(
        &record,
        &[
            "service:checkout",
            "service:CHECKOUT",
            "service_name:checkout",
            "service.name:checkout",
            "service:check*",
            "container:web-1",
            "container:web*",
            "container:*1",
            "container_id:3f2a*",
            "host:node-7",
            "namespace:prod",
            "pod:checkout-abc",
            "image:\"registry/checkout:1.4\"",
            "image:registry/*",
            "image:*:1.4",
            "container.label.com.docker.compose.project:shop",
            "container_label_com_docker_compose_project:shop",
            "container_label_priority>=7",
            "container_label_priority:7",
            "service~/^check/",
            "host:*",
            "-pod:web*",
        ],
    );
    misses(
        &record,
        &[
            "service:check",
            "service:checkout-api",
            "container:web",
            "service~/^out/",
            "service~/CHECK/",
            "container_label_priority>7",
            "service>=5",
            "attributes.service_name:checkout",
            "Service:checkout",
            "attributes.host.name:*",
            "no_such:*",
        ],
    );
}

#[test]
fn attributes_parsed_or_not() {
    let json = r#"{"status":503,"path":"/Api/x","msg":"dial \"tcp\"","ok":true,"user":{"id":7,"name":"Bob"},"tags":["a","B",3],"took":"1.5","none":null,"a.b":"c","level":"weird","empty":""}"#;
    let found = [
        "status>=500",
        "status:503",
        "status:503.0",
        "status>502.5",
        "status<504",
        "status:50*",
        "status~/^5/",
        "path:/api/x",
        "path:/api/*",
        "-path:/healthz",
        "msg:\"dial \\\"tcp\\\"\"",
        "msg:*tcp*",
        "msg~/\"tcp\"/",
        "ok:true",
        "user.id:7",
        "user_id:7",
        "user.name:bob",
        "tags:a",
        "tags:b",
        "tags:3",
        "tags>2",
        "tags:*",
        "took>=1.5",
        "none:null",
        "none:*",
        "a.b:c",
        "a_b:c",
        "attributes.level:weird",
        "attributes.status>=500",
        "empty:\"\"",
        "empty:*",
    ];
    let missed = [
        "status>=504",
        "status:5030",
        "path:/api",
        "msg:tcp",
        "ok:tru",
        "user.id:8",
        "user:bob",
        "user:*",
        "tags:c",
        "took>1.5",
        "took:1.50",
        "missing:*",
        "missing>=0",
        "missing:null",
        "level:error",
        "Status:503",
        "id:7",
        "status:\"503.0\"",
    ];
    finds(&line(json), &found);
    misses(&line(json), &missed);
    finds(&line("not json").attributes(json), &found);
    misses(&line("not json").attributes(json), &missed);
    finds(&line(r#"{"status":200,"other":1}"#).attributes(r#"{"status":503}"#), &["status:503", "other:1"]);
    misses(&line(r#"{"status":200,"other":1}"#).attributes(r#"{"status":503}"#), &["status:200"]);
    finds(&line(r#"{"\u0073tatus":503}"#), &["status:503"]);
    finds(&line(r#"{"caf\u00e9":"\u00c9t\u00e9"}"#), &["café:été"]);
}

#[test]
fn a_resource_hides_an_attribute_of_its_name_but_not_from_attributes() {
    let record = line(r#"{"service_name":"other","host":{"name":"x"},"zone":"a"}"#);
    finds(
        &record,
        &["service_name:checkout", "attributes.service_name:other", "attributes.host.name:x", "zone:a"],
    );
    misses(&record, &["service_name:other", "host.name:x"]);
    let mut bare = line(r#"{"service_name":"other"}"#);
    bare.resource.clear();
    finds(&bare, &["service:other", "-service:checkout"]);
}

#[test]
fn logfmt_pairs_are_attributes() {
    let record = line(
        "ts=2026 lvl=warn status=503 msg=\"dial \\\"tcp\\\"\" http.path=/x took=1.5 status=7 flag= word",
    );
    finds(
        &record,
        &[
            "status>=500",
            "status:503",
            "status:7",
            "lvl:WARN",
            "msg:\"dial \\\"tcp\\\"\"",
            "http.path:/x",
            "http_path:/x",
            "took<2",
            "flag:\"\"",
            "flag:*",
        ],
    );
    misses(&record, &["status:50", "status>=504", "word:*", "msg:tcp", "tcp:*"]);
}

#[test]
fn gap_rows_are_found_by_what_they_say() {
    let gap = line("gap (evicted): 5 records lost")
        .flags(Flags::GAP)
        .attributes(r#"{"gap.reason":"evicted","gap.count":5}"#);
    finds(&gap, &["kind:gap gap_reason:evicted", "gap.count>=5", "kind:gap -gap.reason:dropped"]);
}

#[test]
fn regular_expressions_see_the_bytes_of_one_body() {
    let record = line("user=bob id=42\nUSER=eve");
    finds(
        &record,
        &[r"body~/user=\w+/", r"~/^user/", r"~/(?m)^USER/", r"~/BOB/i", r"~/id=\d{2}\n/", r"~/eve$/"],
    );
    misses(&record, &[r"~/BOB/", r"~/^USER=eve/", r"~/user=$/", r"body~/checkout/"]);
}

#[test]
fn a_view_stands_for_bodies_that_were_not_read() {
    let mut batch = line("").batch();
    let residual = br#"{"user":{"id":[7,"Bob"]},"status":null}"#.to_vec();
    let offsets = vec![0, residual.len() as u32];
    let view = |name: &str, columns: Vec<ColumnValues>| {
        let text = TextValues { valid: vec![true], bytes: residual.clone(), offsets: offsets.clone() };
        AttributeView::new(name, 1, columns, Some(text))
    };
    let statuses = ColumnValues::I64(FixedValues { valid: vec![true], values: vec![503] });
    batch.set_views(vec![view("status", vec![statuses]), view("user_id", vec![])]);
    for query in [
        "status>=500",
        "status:503.0",
        "status:50*",
        "status:null",
        "user.id:bob",
        "user_id:7",
        "-status:200",
    ] {
        assert!(matches_row(query, &batch), "{query}");
    }
    for query in ["status:200", "user_id:8", "-status:*", "user:*"] {
        assert!(!matches_row(query, &batch), "{query}");
    }
}

/// By batch alone: a record has no views.
fn matches_row(query: &str, batch: &Batch) -> bool {
    let mut rows = Selection::default();
    parse(query).unwrap_or_else(|error| panic!("{error}")).matcher().matches_batch(batch, &mut rows);
    rows.contains(0)
}

#[test]
fn a_body_without_a_mark_has_no_attributes() {
    let mut batch = Batch::new(line("").batch().resource().clone());
    batch.push_with_attributes(line("").row, b"status=503 {\"status\":503}", b"{\"code\":7}");
    for (query, expected) in [("status:503", false), ("-status:*", true), ("code:7", true)] {
        assert_eq!(matches(query, &batch, 0), expected, "{query}");
    }
}

#[test]
fn a_name_of_the_source_hides_that_of_the_body() {
    let record = line(r#"{"a.b":1,"c":2}"#).attributes(r#"{"a":{"b":3}}"#);
    finds(&record, &["a_b:3", "c:2"]);
    misses(&record, &["a.b:1"]);
}
