//! DuckDB over the segments as they lie, by its Python package.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// Runs each statement and times it; its work is the file named first.
const SCRIPT: &str = r#"
import json, sys, time
import duckdb
plan = json.load(open(sys.argv[1]))
connection = duckdb.connect()
# Its bar goes to the standard output, where the answers go.
connection.execute("SET enable_progress_bar = false")
connection.execute(f"CREATE VIEW logs AS SELECT * FROM read_parquet('{plan['segments']}', union_by_name=true)")
answers = []
for sql in plan["sql"]:
    times = []
    try:
        for _ in range(plan["runs"] + 1 if sql else 0):
            started = time.perf_counter()
            connection.sql(sql).to_arrow_table()
            times.append(time.perf_counter() - started)
    except duckdb.Error as error:
        print(f"DuckDB: {sql}: {error}", file=sys.stderr)
        times = []
    # The first one warms up.
    answers.append(sorted(times[1:])[(len(times) - 1) // 2] if times else None)
print(json.dumps(answers))
"#;

/// Median seconds of each statement on the view `logs`; `None` without a Python that has DuckDB and pyarrow, which it says. The
/// Python is `$LOGBOOM_PYTHON`, else `python3`.
pub fn time(data: &Path, work: &Path, sql: &[Option<&str>], runs: usize) -> Result<Option<Vec<Option<f64>>>> {
    let python = std::env::var("LOGBOOM_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_it = Command::new(&python)
        .args(["-c", "import duckdb, pyarrow"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !has_it {
        println!("{python} has no duckdb and pyarrow, not measured");
        return Ok(None);
    }
    let plan = work.join("duckdb.json");
    let segments = format!("{}/segments/**/*.parquet", data.display());
    fs::write(&plan, json!({"segments": segments, "sql": sql, "runs": runs}).to_string())?;
    let output = Command::new(&python).args(["-c", SCRIPT]).arg(&plan).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "DuckDB ended with {}", output.status);
    let answers: Value = serde_json::from_slice(&output.stdout)?;
    let answers = answers.as_array().context("no list of times")?;
    Ok(Some(answers.iter().map(Value::as_f64).collect()))
}
