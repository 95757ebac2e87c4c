//! What is asked, in every peer's own words, with the answer that is right.

use crate::generate::{FIRST_TIME, Generated};
use crate::http::escaped;
use crate::planted::{NEEDLE, RARE, RARE_LINES, SUBSTRING};

/// Most records one search returns.
const SEARCH_LIMIT_MAX: u64 = 10_000;

/// What an answer must hold.
#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// So many lines: records, or rows of a table.
    Lines(u64),
    /// One row with one number, this one.
    Figure(u64),
    /// A histogram of so many records, or of a few more: gap and lifecycle rows count too.
    HistogramOf(u64),
}

/// One question.
pub struct Question {
    /// Row of the table.
    pub name: &'static str,
    /// What is asked of logboom.
    pub path: String,
    /// Checked on each run.
    pub expected: Expected,
    /// Whether every body must be read: its speed per CPU second is of interest.
    pub reads_all: bool,
    /// A shell command over `containers/*/*.log`.
    pub ripgrep: Option<&'static str>,
    /// A shell command over `compressed/*.zst`.
    pub zstdgrep: Option<&'static str>,
    /// SQL over the view `logs` of the segments.
    pub sql: Option<&'static str>,
    /// VictoriaLogs' LogsQL.
    pub logsql: Option<&'static str>,
}

/// Every question, on what was generated.
pub fn all(made: &Generated) -> Vec<Question> {
    vec![
        Question {
            name: "needle: one 32-hex id",
            ripgrep: Some("rg -uuu -g '*-json.log' -F 9f86d081884c7d659a2feaa0c55ad015 containers"),
            zstdgrep: Some("zstdgrep -F 9f86d081884c7d659a2feaa0c55ad015 compressed/*.zst"),
            sql: Some("SELECT time, body FROM logs WHERE contains(body, '9f86d081884c7d659a2feaa0c55ad015')"),
            logsql: Some("9f86d081884c7d659a2feaa0c55ad015"),
            ..search("", NEEDLE, 1000, Expected::Lines(1))
        },
        Question {
            name: "rare identifier, 20 lines",
            ripgrep: Some("rg -uuu -g '*-json.log' -F -w ord48213907x containers"),
            zstdgrep: Some("zstdgrep -F -w ord48213907x compressed/*.zst"),
            sql: Some("SELECT time, body FROM logs WHERE contains(body, 'ord48213907x')"),
            logsql: Some("ord48213907x"),
            ..search("", RARE, 1000, Expected::Lines(RARE_LINES))
        },
        Question {
            name: "last 100 of a common word",
            ripgrep: Some("rg -uuu -g '*-json.log' -i -w --no-filename connection containers | tail -n 100"),
            sql: Some(
                "SELECT time, body FROM logs WHERE body ILIKE '%connection%' ORDER BY time DESC LIMIT 100",
            ),
            logsql: Some("i(connection) | sort by (_time) desc limit 100"),
            ..search("", "connection", 100, Expected::Lines(100))
        },
        Question {
            name: "unaligned substring `*fus*`",
            ripgrep: Some("rg -uuu -g '*-json.log' -i -F fus containers"),
            zstdgrep: Some("zstdgrep -i -F fus compressed/*.zst"),
            sql: Some("SELECT time, body FROM logs WHERE body ILIKE '%fus%'"),
            logsql: Some("~\"(?i)fus\""),
            ..search(
                "",
                &format!("*{SUBSTRING}*"),
                SEARCH_LIMIT_MAX,
                Expected::Lines(made.substring_lines.min(SEARCH_LIMIT_MAX)),
            )
        },
        Question {
            name: "regex, its literal in most blocks",
            reads_all: true,
            ripgrep: Some("rg -uuu -g '*-json.log' 'block[0-9][0-9]' containers"),
            zstdgrep: Some("zstdgrep -E 'block[0-9][0-9]' compressed/*.zst"),
            sql: Some("SELECT time, body FROM logs WHERE regexp_matches(body, 'block[0-9][0-9]')"),
            logsql: Some("~\"block[0-9][0-9]\""),
            ..search("", "~/block[0-9][0-9]/", 1000, Expected::Lines(0))
        },
        Question {
            name: "regex without a literal",
            reads_all: true,
            ripgrep: Some("rg -uuu -g '*-json.log' '[0-9a-f]{40}' containers"),
            zstdgrep: Some("zstdgrep -E '[0-9a-f]{40}' compressed/*.zst"),
            sql: Some("SELECT time, body FROM logs WHERE regexp_matches(body, '[0-9a-f]{40}')"),
            logsql: Some("~\"[0-9a-f]{40}\""),
            ..search("", "~/[0-9a-f]{40}/", 1000, Expected::Lines(0))
        },
        Question {
            name: "`status>=500`, last 1,000",
            sql: Some(
                "SELECT time, body FROM logs WHERE attr_status_i64 >= 500 ORDER BY time DESC LIMIT 1000",
            ),
            logsql: Some(
                "\"status\" | unpack_json fields (status) | filter status:>=500 | sort by (_time) desc limit 1000",
            ),
            ..search("", "status>=500", 1000, Expected::Lines(made.failed_lines.min(1000)))
        },
        Question {
            name: "`status>=500`, counted",
            ripgrep: Some("rg -uuu -g '*-json.log' -c 'status\\\\\":50' containers"),
            sql: Some("SELECT count(*) FROM logs WHERE attr_status_i64 >= 500"),
            logsql: Some("\"status\" | unpack_json fields (status) | filter status:>=500 | stats count() n"),
            ..search("", "status>=500 | count", 1000, Expected::Figure(made.failed_lines))
        },
        Question {
            name: "histogram by severity over everything",
            path: format!("/api/v1/histogram?query=&since={FIRST_TIME}&interval=1m&by=severity"),
            expected: Expected::HistogramOf(made.lines),
            sql: Some(
                "SELECT epoch_ns(time) // 60000000000 AS minute, severity, count(*) FROM logs GROUP BY ALL",
            ),
            logsql: Some("* | stats by (_time:1m, stream) count() n"),
            ..search("", "", 1, Expected::Lines(1))
        },
        Question {
            name: "`| top 10 path`",
            ripgrep: Some(
                "rg -uuu -g '*-json.log' --no-filename -o '\\\\\"path\\\\\":\\\\\"([^\\\\]*)' -r '$1' containers | sort | uniq -c | sort -rn | head",
            ),
            sql: Some(
                "SELECT attr_path, count(*) n FROM logs WHERE attr_path IS NOT NULL GROUP BY 1 ORDER BY n DESC LIMIT 10",
            ),
            logsql: Some("\"path\" | unpack_json fields (path) | filter path:* | top 10 by (path)"),
            ..search("", "path:* | top 10 path", 1000, Expected::Lines(10))
        },
        Question {
            name: "`| count by service`",
            ripgrep: Some("rg -uuu -g '*-json.log' -c '' containers"),
            sql: Some("SELECT service_name, count(*) FROM logs GROUP BY 1"),
            logsql: Some("* | stats by (service) count() n"),
            ..search("", "kind:log | count by service", 1000, Expected::Lines(8))
        },
    ]
}

fn search(name: &'static str, query: &str, limit: u64, expected: Expected) -> Question {
    Question {
        name,
        path: format!("/api/v1/search?query={}&since={FIRST_TIME}&limit={limit}", escaped(query)),
        expected,
        reads_all: false,
        ripgrep: None,
        zstdgrep: None,
        sql: None,
        logsql: None,
    }
}
