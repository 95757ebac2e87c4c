//! Which tables pipes give: pinned like the grammar.

use std::sync::Arc;

use logboom_model::{Batch, Resource, Row, Severity, Stream};
use logboom_query::{PipeLimits, Pipeline, Selection, Table, parse};

use crate::fixture::{TIME, marks};

const SECOND: i64 = 1_000_000_000;

/// One record a second, from three containers.
const LINES: [(&str, u8, &str); 9] = [
    ("web", 9, r#"{"status":200,"took":5,"path":"/"}"#),
    ("web", 9, r#"{"status":200,"took":15,"path":"/a"}"#),
    ("web", 17, r#"{"status":500,"took":2.5,"path":"/a"}"#),
    ("db", 0, "status=500 took=7 path=/a"),
    ("db", 13, r#"status="x" path=/b"#),
    ("job", 9, r#"{"status":"200","took":"1.5","tags":["b","a"]}"#),
    ("job", 18, r#"{"status":null,"took":true,"user":{"id":12345678901234567890}}"#),
    ("job", 9, r#"{"status":[1,2],"took":9}"#),
    ("job", 9, "status=900 but no mark: a=1"),
];

fn table(query: &str) -> Table {
    let query = parse(query).unwrap_or_else(|error| panic!("{error}"));
    let mut pipeline = Pipeline::new(&query, &PipeLimits::default()).unwrap();
    let mut matcher = query.matcher();
    let mut rows = Selection::default();
    for (index, (service, severity, body)) in LINES.iter().enumerate() {
        let resource = Resource::builder().with("service.name", service).with("container.name", "c").build();
        let mut batch = Batch::new(Arc::new(resource));
        let flags = if index == 8 { logboom_model::Flags::empty() } else { marks(body.as_bytes()) };
        let severity = Severity::from_number(*severity).unwrap();
        let time = TIME + index as i64 * SECOND;
        batch.push(Row { time, observed: time, severity, stream: Stream::Stderr, flags }, body.as_bytes());
        batch.assign_seqs(index as u64);
        matcher.matches_batch(&batch, &mut rows);
        pipeline.accept(&batch, &rows);
    }
    pipeline.finish()
}

#[track_caller]
fn check(query: &str, expected: &[&str]) {
    let table = table(query);
    let lines = table.rows.iter().map(|row| serde_json::to_string(row).unwrap());
    let shown: Vec<String> = [table.columns.join(" ")].into_iter().chain(lines).collect();
    assert_eq!(shown, expected, "{query}");
    assert_eq!(table.notes, [""; 0], "{query}");
}

#[test]
fn count() {
    check("* | count", &["count", "[9]"]);
    check("nothing | count", &["count", "[0]"]);
    check("nothing | count by service", &["service_name count"]);
    check("* | count by service", &["service_name count", r#"["job",4]"#, r#"["web",3]"#, r#"["db",2]"#]);
    check(
        "* | count by severity",
        &["severity count", r#"["info",5]"#, r#"["error",2]"#, r#"["warn",1]"#, "[null,1]"],
    );
    check(
        "* | count by severity, container",
        &[
            "severity container_name count",
            r#"["info","c",5]"#,
            r#"["error","c",2]"#,
            r#"["warn","c",1]"#,
            r#"[null,"c",1]"#,
        ],
    );
    check("* | count by stream,kind", &["stream kind count", r#"["stderr","log",9]"#]);
}

#[test]
fn values_that_are_written_the_same_way_are_one_group() {
    check(
        "* | count by status",
        &["status count", r#"["200",3]"#, "[500,2]", r#"[null,2]"#, r#"["[1,2]",1]"#, r#"["x",1]"#],
    );
    check("user.id:* | count by user.id", &["user_id count", r#"["12345678901234567890",1]"#]);
    check("tags:* | count by tags", &["tags count", r#"["[\"b\",\"a\"]",1]"#]);
    check("* | count by user", &["user count", "[null,9]"]);
}

#[test]
fn stats() {
    check(
        "took:* | stats count(), sum(took), avg(took), min(took), max(took), p50(took), quantile(1, took), uniq(took)",
        &[
            "count sum_took avg_took min_took max_took p50_took p100_took uniq_took",
            r#"[7,40.0,6.666666666666667,"1.5",15,5.0,15.0,7]"#,
        ],
    );
    check(
        "* | stats sum(took) as total, max(path) by service",
        &["service_name total max_path", r#"["db",7,"/b"]"#, r#"["job",10.5,null]"#, r#"["web",22.5,"/a"]"#],
    );
    check(
        "nothing | stats count(), sum(a), uniq(a), p95(a)",
        &["count sum_a uniq_a p95_a", "[0,null,0,null]"],
    );
    check(
        "* | stats min(time), max(time), avg(time), max(severity)",
        &[
            "min_time max_time avg_time max_severity",
            r#"["2026-11-22T09:13:00.500000000Z","2026-11-22T09:13:08.500000000Z",null,"warn"]"#,
        ],
    );
}

#[test]
fn timechart() {
    check(
        "* | timechart 5s",
        &["time count", r#"["2026-11-22T09:13:00.000000000Z",5]"#, r#"["2026-11-22T09:13:05.000000000Z",4]"#],
    );
    check(
        "* | timechart 5s p50(took) by service",
        &[
            "time service_name p50_took",
            r#"["2026-11-22T09:13:00.000000000Z","db",7.0]"#,
            r#"["2026-11-22T09:13:00.000000000Z","web",5.0]"#,
            r#"["2026-11-22T09:13:05.000000000Z","job",1.5]"#,
        ],
    );
    check("* | timechart 1d", &["time count", r#"["2026-11-22T00:00:00.000000000Z",9]"#]);
    // The 22nd is a Sunday.
    check("* | timechart 1w", &["time count", r#"["2026-11-16T00:00:00.000000000Z",9]"#]);
}

#[test]
fn top_and_uniq() {
    check("* | top 2 path", &["path count", "[null,4]", r#"["/a",3]"#]);
    check("path:* | top 2 path", &["path count", r#"["/a",3]"#, r#"["/",1]"#]);
    check(
        "path:* | top 1 path by service",
        &["service_name path count", r#"["db","/a",1]"#, r#"["web","/a",2]"#],
    );
    check(
        "path:* | uniq path, service",
        &["path service_name", r#"["/","web"]"#, r#"["/a","db"]"#, r#"["/a","web"]"#, r#"["/b","db"]"#],
    );
    check("path:* | uniq path | count", &["count", "[3]"]);
}

#[test]
fn records_as_rows() {
    check("took:* | fields took, seq | limit 3", &["took seq", r#"["1.5",5]"#, r#"["true",6]"#, "[9,7]"]);
    check("took:* | sort by took desc | limit 3 | fields took", &["took", "[15]", "[9]", "[7]"]);
    check(
        "took:* | sort took | fields took",
        &["took", r#"["1.5"]"#, "[2.5]", "[5]", "[7]", "[9]", "[15]", r#"["true"]"#],
    );
    check("* | limit 3 | count by service", &["service_name count", r#"["job",3]"#]);
    check("* | limit 4 | sort by seq desc | limit 1 | fields seq", &["seq", "[8]"]);
    check(
        "service:db | sort by path desc",
        &[
            "time severity service_name path body",
            r#"["2026-11-22T09:13:04.500000000Z","warn","db","/b","status=\"x\" path=/b"]"#,
            r#"["2026-11-22T09:13:03.500000000Z",null,"db","/a","status=500 took=7 path=/a"]"#,
        ],
    );
}

#[test]
fn one_pipe_after_another() {
    check(
        "* | count by service, severity | stats sum(count), count() by service | sort by sum_count",
        &["service_name sum_count count", r#"["db",2,2]"#, r#"["web",3,2]"#, r#"["job",4,2]"#],
    );
    check(
        "* | timechart 1s by severity | timechart 1m max(count) by severity | limit 1",
        &["time severity max_count", r#"["2026-11-22T09:13:00.000000000Z","error",1]"#],
    );
}

#[test]
fn what_is_cut_is_said() {
    let query = parse("* | fields seq").unwrap();
    let limits = PipeLimits { rows: 2, ..PipeLimits::default() };
    let mut pipeline = Pipeline::new(&query, &limits).unwrap();
    let mut batch = Batch::new(Arc::new(Resource::builder().build()));
    let row = Row {
        time: 0,
        observed: 0,
        severity: Severity::UNSET,
        stream: Stream::None,
        flags: logboom_model::Flags::empty(),
    };
    (0..9).for_each(|_| batch.push(row, b"x"));
    let mut rows = Selection::default();
    rows.reset(9, true);
    pipeline.accept(&batch, &rows);
    let table = pipeline.finish();
    assert_eq!(table.rows.len(), 2);
    assert_eq!(table.notes, ["these are the newest 2 records; there are more: ask for them with limit"]);
}

#[test]
fn a_table_reads_no_columns_but_its_own() {
    let needs = |query: &str| {
        let query = parse(query).unwrap();
        (query.needs(), Pipeline::new(&query, &PipeLimits::default()).map(|pipeline| pipeline.needs()))
    };
    let (filter, pipes) = needs("error severity>=warn status>=500 | timechart 5m p95(user.id) by stream");
    assert!(filter.body && filter.severity && !filter.time && !filter.attributes && !filter.flags);
    assert_eq!(filter.views.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["status"]);
    let pipes = pipes.unwrap();
    assert!(pipes.time && pipes.stream && !pipes.body && !pipes.severity);
    assert_eq!(pipes.views.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["user_id"]);
    assert_eq!(needs("* | limit 5").1, None);
}
