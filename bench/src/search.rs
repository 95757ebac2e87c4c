//! Query latencies on a large store, cold and warm, beside tools that read the same lines: ripgrep and zstdgrep the
//! json-files, DuckDB the segments, VictoriaLogs its own store.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::Mix;
use crate::children::{median, pause};
use crate::daemon::Daemon;
use crate::generate::{self, Generated};
use crate::questions::{self, Expected, Question};
use crate::scanners::{self, Scanner};
use crate::{duckdb, sealed, store_files, victorialogs};

/// Containers of the data set; every second one prints JSON.
const CONTAINERS: usize = 16;
/// A started daemon has looked at its sources after so long.
const SETTLE: Duration = Duration::from_millis(500);
/// A warm question is asked at least so often: the fast ones vary.
const WARM_RUNS_MIN: usize = 5;

/// What is measured, and where.
pub struct Plan<'a> {
    /// The binary.
    pub logboom: &'a Path,
    /// Folder for everything that is made.
    pub work: &'a Path,
    /// Runs of each measurement; medians are printed.
    pub runs: usize,
    /// Whether data and store stay.
    pub keep: bool,
}

/// One question's figures, in seconds.
#[derive(Debug, Default, Clone)]
struct Row {
    warm: f64,
    cold: f64,
    /// CPU seconds of the daemon, warm.
    cpu: f64,
    /// Why there are no figures.
    failed: Option<String>,
}

/// Measures on so many gigabytes of json-file, half of whose containers print JSON.
pub fn measure(plan: &Plan<'_>, gigabytes: f64) -> Result<()> {
    let folder = plan.work.join(format!("search-{gigabytes}GB"));
    let (root, data) = (folder.join("root"), folder.join("data"));
    let made = generate::containers_folder(&root, Mix::Half, CONTAINERS, (gigabytes * 1e9) as u64, 1)?;
    println!(
        "\n## search: {CONTAINERS} containers, half of them JSON, {} lines, {:.2} GB of json-file, {:.2} GB of bodies\n",
        made.lines,
        made.bytes as f64 / 1e9,
        made.body_bytes as f64 / 1e9
    );
    let log = folder.join("logboom.log");
    let ingest = sealed::ingest(plan.logboom, &root, &data, &made, &log)?;
    println!(
        "ingest to sealed: {:.0} MB per CPU second, peak {:.0} MiB; on disk {:.2} GB, 1/{:.1} of the json-files\n",
        made.bytes as f64 / 1e6 / ingest.cpu_seconds,
        mebibytes(ingest.peak_bytes),
        ingest.on_disk.bytes as f64 / 1e9,
        made.bytes as f64 / ingest.on_disk.bytes as f64
    );

    let questions = questions::all(&made);
    let (rows, peak, start) = ask_logboom(plan, &root, &data, &log, &questions)?;
    println!(
        "start-up with that store: {:.0} ms (median of {}); peak memory while answering: {:.0} MiB\n",
        start * 1e3,
        plan.runs,
        mebibytes(peak)
    );
    let peers = ask_peers(plan, &folder, &root, &data, &questions)?;
    print_table(&made, &questions, &rows, &peers);
    if plan.keep {
        println!("\nkept: {}", folder.display());
    } else {
        fs::remove_dir_all(&folder)?;
    }
    let failed: Vec<&str> = rows.iter().filter_map(|row| row.failed.as_deref()).collect();
    ensure!(failed.is_empty(), "wrong or missing answers:\n{}", failed.join("\n"));
    Ok(())
}

/// Every question, cold and warm; with the daemons' highest peak memory and the median time of a start.
fn ask_logboom(
    plan: &Plan<'_>,
    root: &Path,
    data: &Path,
    log: &Path,
    questions: &[Question],
) -> Result<(Vec<Row>, u64, f64)> {
    let (mut peak, mut starts) = (0, Vec::new());
    let mut rows = vec![Row::default(); questions.len()];
    for (question, row) in questions.iter().zip(&mut rows) {
        let mut times = Vec::new();
        for _ in 0..plan.runs {
            store_files::forget_pages(data)?;
            let daemon = Daemon::start(plan.logboom, root, data, "all", log)?;
            starts.push(daemon.started_in.as_secs_f64());
            pause(SETTLE);
            // Starting has read some of it.
            store_files::forget_pages(data)?;
            times.push(row.ask(&daemon, question));
            peak = peak.max(daemon.usage()?.peak_bytes);
            daemon.stop()?;
        }
        row.cold = median(&mut times);
    }
    store_files::warm_pages(data)?;
    let daemon = Daemon::start(plan.logboom, root, data, "all", log)?;
    pause(SETTLE);
    for (question, row) in questions.iter().zip(&mut rows) {
        row.ask(&daemon, question);
        let runs = plan.runs.max(WARM_RUNS_MIN);
        let before = daemon.usage()?.cpu_seconds;
        let mut times: Vec<f64> = (0..runs).map(|_| row.ask(&daemon, question)).collect();
        row.cpu = (daemon.usage()?.cpu_seconds - before) / runs as f64;
        row.warm = median(&mut times);
    }
    peak = peak.max(daemon.usage()?.peak_bytes);
    daemon.stop()?;
    Ok((rows, peak, median(&mut starts)))
}

impl Row {
    /// Asks once, checks the answer and returns the seconds it took; after a failure nothing is asked any more.
    fn ask(&mut self, daemon: &Daemon, question: &Question) -> f64 {
        if self.failed.is_some() {
            return 0.0;
        }
        let answer = daemon.get(&question.path).and_then(|answer| {
            check(&answer.body, question.expected)?;
            Ok(answer.took.as_secs_f64())
        });
        answer.unwrap_or_else(|error| {
            self.failed = Some(format!("{}: {error:#}", question.name));
            0.0
        })
    }

    fn shown(&self, value: f64) -> String {
        if self.failed.is_some() { "failed".to_owned() } else { seconds(value) }
    }
}

fn check(body: &str, expected: Expected) -> Result<()> {
    match expected {
        Expected::Lines(count) => {
            let lines = body.lines().count() as u64;
            ensure!(lines == count, "{lines} lines instead of {count}");
        }
        Expected::Figure(figure) => {
            let row: Value = serde_json::from_str(body.trim())?;
            let values: Vec<_> =
                row.as_object().context("no object")?.values().filter_map(Value::as_u64).collect();
            ensure!(values == [figure], "{row} instead of {figure}");
        }
        Expected::HistogramOf(count) => {
            let histogram: Value = serde_json::from_str(body)?;
            ensure!(histogram["incomplete"].is_null(), "incomplete: {}", histogram["incomplete"]);
            let total = total(&histogram);
            // Starts and stops of logboom and the containers have rows of their own.
            ensure!(
                (count..count + count / 100 + 1_000).contains(&total),
                "{total} records instead of {count}"
            );
        }
    }
    Ok(())
}

/// Sum of all counts of a histogram's series.
fn total(histogram: &Value) -> u64 {
    let series = histogram["series"].as_array().into_iter().flatten();
    series.flat_map(|one| one["counts"].as_array().into_iter().flatten()).filter_map(Value::as_u64).sum()
}

/// What each peer took for each question, in seconds; `None` where it was not asked.
type Times = Vec<Option<f64>>;

fn ask_peers(
    plan: &Plan<'_>,
    folder: &Path,
    root: &Path,
    data: &Path,
    questions: &[Question],
) -> Result<Vec<(&'static str, Times)>> {
    let mut peers = Vec::new();
    store_files::warm_pages(root)?;
    if let Some(ripgrep) = Scanner::find("rg", root) {
        peers.push((
            "rg, warm",
            times(questions, |question| question.ripgrep.map(|c| ripgrep.time(c, plan.runs)))?,
        ));
    }
    if let Some(zstdgrep) = Scanner::find("zstdgrep", root) {
        scanners::compress(root)?;
        peers.push((
            "zstdgrep, warm",
            times(questions, |question| question.zstdgrep.map(|c| zstdgrep.time(c, 1)))?,
        ));
        fs::remove_dir_all(root.join("compressed"))?;
    }
    let sql: Vec<_> = questions.iter().map(|question| question.sql).collect();
    if let Some(times) = duckdb::time(data, folder, &sql, plan.runs)? {
        peers.push(("DuckDB, same segments, warm", times));
    }
    if let Some(server) = victorialogs::Server::start(folder)? {
        server.ingest(&logs(root)?)?;
        peers.push((
            "VictoriaLogs, warm",
            times(questions, |question| question.logsql.map(|query| server.time(query, plan.runs)))?,
        ));
    }
    Ok(peers)
}

fn times<'a>(
    questions: &'a [Question],
    mut ask: impl FnMut(&'a Question) -> Option<Result<f64>>,
) -> Result<Times> {
    questions.iter().map(|question| ask(question).transpose()).collect()
}

/// The json-files of a root.
fn logs(root: &Path) -> Result<Vec<PathBuf>> {
    let folders = fs::read_dir(root.join("containers"))?.collect::<Result<Vec<_>, _>>()?;
    let log = |folder: fs::DirEntry| {
        folder.path().join(format!("{}-json.log", folder.file_name().to_string_lossy()))
    };
    Ok(folders.into_iter().map(log).collect())
}

fn print_table(made: &Generated, questions: &[Question], rows: &[Row], peers: &[(&str, Times)]) {
    let names: String = peers.iter().map(|(name, _)| format!(" {name} |")).collect();
    println!("| | logboom, warm | logboom, cold | its CPU, warm |{names}");
    println!("| --- | --- | --- | --- |{}", " --- |".repeat(peers.len()));
    for (index, (question, row)) in questions.iter().zip(rows).enumerate() {
        let speed = if question.reads_all && row.cpu > 0.0 && row.failed.is_none() {
            format!(" ({:.2} GB/s of bodies a core)", made.body_bytes as f64 / 1e9 / row.cpu)
        } else {
            String::new()
        };
        let others: String = peers
            .iter()
            .map(|(_, times)| format!(" {} |", times[index].map_or("–".to_owned(), seconds)))
            .collect();
        println!(
            "| {} | {} | {} | {}{speed} |{others}",
            question.name,
            row.shown(row.warm),
            row.shown(row.cold),
            row.shown(row.cpu)
        );
    }
}

fn seconds(value: f64) -> String {
    match value * 1e3 {
        milliseconds if milliseconds < 10.0 => format!("{milliseconds:.1} ms"),
        milliseconds if milliseconds < 1e4 => format!("{milliseconds:.0} ms"),
        milliseconds => format!("{:.1} s", milliseconds / 1e3),
    }
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_answer_is_noticed() {
        assert!(check("{}\n{}\n", Expected::Lines(2)).is_ok());
        assert!(check("{}\n", Expected::Lines(2)).is_err());
        assert!(check("{\"count\":7}\n", Expected::Figure(7)).is_ok());
        assert!(check("{\"count\":8}\n", Expected::Figure(7)).is_err());
        let histogram =
            "{\"series\":[{\"name\":\"error\",\"counts\":[1,2]},{\"name\":\"info\",\"counts\":[3]}]}";
        assert!(check(histogram, Expected::HistogramOf(6)).is_ok());
        assert!(check(histogram, Expected::HistogramOf(7)).is_err());
    }
}
