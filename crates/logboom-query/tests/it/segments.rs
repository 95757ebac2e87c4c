//! Search over sealed segments and the journal against a filter that looks at every record: nothing is pruned that
//! matches, whatever was logged and however it is asked for.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use logboom_model::{Batch, Flags, Resource, Row, Severity, Stream};
use logboom_query::{HistogramInterval, HistogramRequest, SearchRequest, collect, histogram, parse};
use proptest::prelude::*;

use crate::fixture::marks;
use crate::log::{Log, at, lines, request};

/// What bodies are made of: tokens, identifiers, letters that fold oddly, bytes that are no text.
const PIECES: &[&[u8]] = &[
    b"error",
    b"Error",
    b"TIMEOUT",
    b"conn",
    b"refused",
    b" ",
    b" ",
    b"-",
    b"=",
    b"/api/v1",
    b"req-7f3a9c21",
    b"7F3A9C21",
    b"user_id=90210x",
    b"10.0.0.1:5432",
    "Stra\u{1e9e}e".as_bytes(),
    "café".as_bytes(),
    "É".as_bytes(),
    "\u{212a}elvin".as_bytes(),
    "di\u{17f}k".as_bytes(),
    b"disk",
    b"\xff\xfe",
    b"\xc3",
    b"\x00",
    b"\n",
    "日本語".as_bytes(),
    b"abc",
    b"ABCdef123456",
    b"def123456",
    b"\"",
    b"\\",
    b"|",
];

/// Bodies whose fields are asked for, escapes and all.
const MARKED: &[&str] = &[
    r#"{"user":"alice","status":500,"path":"/api/v1/users"}"#,
    r#"{"user":"\u0061lice","status":"500","path":"\/api\/v1\/users"}"#,
    r#"{"user":"Bob","status":5e2,"tags":["x-ray-1a2b3c","b\u0065ta"]}"#,
    r#"{"user":{"name":"\u0041lice 7f3a9c21"},"status":404.0}"#,
    r#"{"us\u0065r":"carol","trace":"7f3a9c21d4e5","path":"C:\\temp\\new"}"#,
    r#"{"user":"dave\nError","status":12345678901234567890,"note":"caf\u00e9 \u212aelvin"}"#,
    r#"user=alice status=500 path="/api/\"v1\"/users" trace=7f3a9c21d4e5"#,
    r#"user="b\u006fb" msg="two words" status=200"#,
    r#"{"a":{"b":"deep-1a2b3c"},"a.b":"flat-1a2b3c","a_b":"under"}"#,
    r#"{"user":"Zoë","container_name":"fake"}"#,
];

const SOURCE: &[&str] =
    &["", "", "", r#"{"user":"er\u0069n","tag":"x-1a2b3c4d"}"#, r#"{"status":500,"user":"alice"}"#];

const QUERIES: &[&str] = &[
    "error",
    "Error timeout",
    "\"conn refused\"",
    "conn*",
    "*fused",
    "*EFUS*",
    "co*ed",
    "7f3a9c21",
    "REQ-7F3A9C21",
    "7f3a9c2*",
    "*3a9c21",
    "def123456",
    "abcdef123456",
    "90210x",
    "10.0.0.1",
    "straße",
    "STRASSE",
    "CAFÉ",
    "é",
    "kelvin",
    "\u{212a}elvin",
    "disk",
    "diſk",
    "日本語",
    "*本*",
    "\"\\\\\"",
    "\"|\"",
    "-error",
    "-(error OR conn)",
    "error OR 7f3a9c21",
    "(error OR conn) -refused",
    "error severity>=warn",
    "severity>=error",
    "severity:unset",
    "stream:stderr",
    "stream:stdout disk",
    "kind:gap",
    "kind:lifecycle",
    "container:a",
    "container:b error",
    "-container:a",
    "container:c*",
    "container:a OR user:alice",
    "user:alice",
    "user:ALICE",
    "user:al*",
    "user:*ic*",
    "user:\"alice\"",
    "-user:alice",
    "user:erin",
    "tag:x-1a2b3c4d",
    "tag:*1a2b*",
    "user:bob",
    "user.name:alice*",
    "user_name:*7f3a9c21",
    "user:zoë",
    "user:*",
    "user:carol",
    "status:500",
    "status>=500",
    "status<500",
    "status:\"500\"",
    "status:12345678901234567890",
    "status~/^5/",
    "status~/00/",
    "path:/api/v1/users",
    "path:/api*",
    "path~/api.v1/",
    "path~/^\\/api\\/v1/",
    "path:\"C:\\\\temp\\\\new\"",
    "path~/temp.new/",
    "trace:7f3a9c21d4e5",
    "trace:7f3a9c21*",
    "trace~/9c21d/",
    "tags:beta",
    "tags:x-ray-1a2b3c",
    "tags~/^beta$/",
    "note:*elvin",
    "note:*café*",
    "msg:\"two words\"",
    "a.b:*1a2b3c",
    "a_b:under",
    "attributes.container_name:fake",
    "container_name:fake",
    "~/err(or)?/",
    "~/Error|TIMEOUT/",
    "~/error/i",
    "~/disk/i",
    "~/kelvin/i",
    "~/[0-9a-f]{8}/",
    "~/^error/",
    "~/refused$/",
    r"~/\bconn\b/",
    "~/conn.*refused/",
    "~/(?-u:\\xff)/",
    "~/é/i",
    "~/7f3a(9c)+21/",
    "~/a?b?c?/",
    "*",
    "",
    "seq>3",
    "seq<=5 error",
    "seq:4",
];

#[derive(Debug, Clone)]
struct Line {
    container: usize,
    body: Vec<u8>,
    source: &'static str,
    row: Row,
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => proptest::collection::vec(prop::sample::select(PIECES), 0..6).prop_map(|pieces| pieces.concat()),
        2 => prop::sample::select(MARKED).prop_map(|body| body.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

fn line() -> impl Strategy<Value = Line> {
    let flags = prop_oneof![3 => Just(Flags::empty()), 1 => Just(Flags::GAP), 1 => Just(Flags::LIFECYCLE)];
    let times = prop_oneof![4 => 0_i64..400, 1 => -9_000_000_000_i64..9_000_000_000];
    (0_usize..3, body(), prop::sample::select(SOURCE), 0_u8..=24, 0_u8..3, flags, times).prop_map(
        |(container, body, source, severity, stream, flags, time)| {
            let row = Row {
                severity: Severity::from_number(severity).unwrap(),
                stream: Stream::from_byte(stream).unwrap(),
                flags: flags | marks(&body),
                ..at(time * 1_000_000_000)
            };
            Line { container, body, source, row }
        },
    )
}

/// One resource has a name that is an attribute elsewhere.
fn resource(container: usize) -> Resource {
    let name = ["a", "b", "c-1"][container];
    let builder = Resource::builder().with("container.name", name);
    if container == 2 { builder.with("trace", "7f3a9c21d4e5").build() } else { builder.build() }
}

fn batches(lines: &[Line]) -> Vec<Batch> {
    let runs = lines.chunk_by(|one, two| one.container == two.container);
    runs.map(|run| {
        let mut batch = Batch::new(Arc::new(resource(run[0].container)));
        for line in run {
            batch.push_with_attributes(line.row, &line.body, line.source.as_bytes());
        }
        batch
    })
    .collect()
}

/// Everything in the log as the journal had it, in the order of seqs.
struct Corpus {
    log: Log,
    batches: Vec<Batch>,
}

impl Corpus {
    /// `sealed` of the chunks become segments, the rest stays in the journal.
    fn new(chunks: &[Vec<Line>], sealed: usize) -> Self {
        let (mut log, mut all) = (Log::new(), Vec::new());
        let mut seq = log.snapshot().seqs().end;
        for (index, chunk) in chunks.iter().enumerate() {
            let mut committed = batches(chunk);
            log.commit(committed.clone());
            for batch in &mut committed {
                batch.assign_seqs(seq);
                seq = batch.end_seq();
            }
            all.extend(committed);
            if index < sealed {
                log.seal();
            }
        }
        Self { log, batches: all }
    }

    /// Seqs of the records that match, looked at one by one, oldest first.
    fn expected(&self, query: &str) -> Vec<u64> {
        let mut matcher = parse(query).unwrap().matcher();
        let records = self.batches.iter().flat_map(Batch::records);
        let mut hits: Vec<_> = records
            .filter(|record| matcher.matches(record))
            .map(|record| (record.time, record.seq))
            .collect();
        hits.sort_unstable();
        hits.into_iter().map(|(_, seq)| seq).collect()
    }

    fn check(&self, query: &str) -> Result<(), TestCaseError> {
        let expected = self.expected(query);
        let found = self.log.search(&request(query, 10_000));
        let seqs: Vec<u64> = found.records.iter().map(|record| record.seq).collect();
        prop_assert_eq!(&seqs, &expected, "{}", query);
        for record in &found.records {
            let batch =
                self.batches.iter().find(|batch| (batch.first_seq()..batch.end_seq()).contains(&record.seq));
            let batch = batch.unwrap();
            let original = batch.record((record.seq - batch.first_seq()) as usize);
            prop_assert_eq!(format!("{:?}", record.as_record()), format!("{:?}", original), "{}", query);
        }
        let newest = self.log.search(&request(query, 3));
        let last: Vec<u64> = newest.records.iter().map(|record| record.seq).collect();
        prop_assert_eq!(&last[..], &expected[expected.len().saturating_sub(3)..], "{} | limit 3", query);
        prop_assert_eq!(newest.outcome.more, expected.len() > 3);
        self.check_counts(query, expected.len() as u64)
    }

    fn check_counts(&self, query: &str, expected: u64) -> Result<(), TestCaseError> {
        let table = self.log.search(&request(&format!("{query} | count"), 10)).outcome.table.unwrap();
        let count = table.rows.first().map_or("0".to_owned(), |row| row[0].to_string());
        prop_assert_eq!(count, expected.to_string(), "{} | count", query);
        for by in ["severity", "container"] {
            let request = HistogramRequest {
                query: parse(query).unwrap(),
                since: i64::MIN,
                until: None,
                interval: HistogramInterval::Bars(60),
                by: Some(by.to_owned()),
                access: logboom_query::Access::all(),
                threads: 2,
                timeout: None,
            };
            let histogram = histogram(&self.log.snapshot(), &request, &AtomicBool::new(false)).unwrap();
            prop_assert_eq!(histogram.total, expected, "{} by {}", query, by);
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_query_finds_what_a_look_at_every_record_finds(
        chunks in proptest::collection::vec(proptest::collection::vec(line(), 1..8), 1..8),
        sealed in 0_usize..8,
    ) {
        let corpus = Corpus::new(&chunks, sealed);
        for query in QUERIES {
            corpus.check(query)?;
        }
    }

    #[test]
    fn any_part_of_any_body_is_found(
        chunks in proptest::collection::vec(proptest::collection::vec(line(), 1..6), 1..6),
        which in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 1_usize..14,
        upper in any::<bool>(),
    ) {
        let corpus = Corpus::new(&chunks, chunks.len());
        let lines: Vec<_> = chunks.iter().flatten().collect();
        let body = String::from_utf8_lossy(&which.get(&lines).body).replace('\u{fffd}', " ");
        let characters: Vec<char> = body.chars().collect();
        if !characters.is_empty() {
            let from = from.index(characters.len());
            let part: String = characters[from..(from + length).min(characters.len())].iter().collect();
            let part = if upper { part.to_ascii_uppercase() } else { part };
            let quoted = part.replace('\\', "\\\\").replace('"', "\\\"");
            corpus.check(&format!("\"{quoted}\""))?;
            let escaped: String = part.chars().map(|c| format!("\\x{{{:x}}}", c as u32)).collect();
            corpus.check(&format!("~/{escaped}/i"))?;
            if !part.contains(|c: char| c.is_whitespace() || "\"()|:=<>~*".contains(c)) {
                corpus.check(&format!("body:*{part}*"))?;
            }
        }
    }
}

#[test]
fn blocks_that_cannot_match_are_not_read() {
    let mut log = Log::new();
    for segment in 0..6_i64 {
        let word = ["quartz", "jumbled", "fjordic", "whacker", "zipping", "boxkick"][segment as usize];
        let id = format!("id-{segment}a7b3c9d");
        let json = format!(r#"{{"trace":"t{segment}x9y8z7w6"}}"#);
        log.write(["a", "b"][segment as usize % 2], &[(segment, &id), (segment, word), (segment, &json)]);
        log.seal();
    }
    for (query, read) in [
        ("id-3a7b3c9d", 1),
        ("3a7b3c9d", 1),
        ("fjordic", 1),
        ("ID*", 6),
        ("*ackerx*", 0),
        ("*ACKER*", 1),
        ("fjordic OR zipping", 2),
        ("~/[a-z]+/", 6),
        ("~/fjordic|zip+ing/", 2),
        ("trace:t2x9y8z7w6", 1),
        ("trace:t2x9*", 1),
        ("trace:*", 6),
        ("zone>3", 0),
        ("container:a", 3),
        ("container:a fjordic", 1),
        ("container:nobody", 0),
        ("-fjordic", 6),
        ("severity>=warn", 0),
        ("seq:4", 1),
    ] {
        let outcome = log.search(&request(query, 1000)).outcome;
        assert_eq!(outcome.blocks - outcome.skipped_blocks, read, "{query}");
    }
}

#[test]
fn what_is_late_stands_where_its_time_says_across_segments() {
    let mut log = Log::new();
    log.write("a", &[(10, "ten"), (40, "forty")]);
    log.seal();
    log.write("b", &[(20, "twenty"), (5, "five")]);
    log.write("a", &[(50, "fifty")]);
    log.seal();
    log.commit(vec![lines("a", &[(30, "thirty")]), lines("b", &[(1, "one"), (45, "forty-five")])]);
    let all = ["one", "five", "ten", "twenty", "thirty", "forty", "forty-five", "fifty"];
    for limit in 1..=8 {
        assert_eq!(log.search(&request("*", limit)).bodies(), all[8 - limit..]);
    }
    let some = log.search(&SearchRequest { since: 10, until: Some(45), ..request("*", 9) });
    assert_eq!(some.bodies(), all[2..6]);
}

#[test]
fn a_snapshot_shows_the_same_after_what_it_shows_was_sealed() {
    let mut log = Log::new();
    log.write("a", &[(10, "ten"), (40, "forty")]);
    log.write("b", &[(20, "twenty")]);
    let before = log.snapshot();
    log.seal();
    log.write("b", &[(30, "thirty")]);
    let sealed = log.snapshot();
    log.seal();
    for (snapshot, expected) in
        [(before, &["ten", "twenty", "forty"][..]), (sealed, &["ten", "twenty", "thirty", "forty"])]
    {
        let (records, outcome) =
            collect(&snapshot, &request("*", 9), &AtomicBool::new(false), &mut |_| {}).unwrap();
        let bodies: Vec<_> = records.iter().map(|record| String::from_utf8_lossy(&record.body)).collect();
        assert_eq!((bodies, outcome.more), (expected.iter().map(|body| (*body).into()).collect(), false));
    }
}
