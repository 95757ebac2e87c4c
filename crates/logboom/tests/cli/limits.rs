//! `limits`: what logboom may take of its host.

use std::fs;
use std::path::Path;

use crate::daemon::{Host, logboom, run, stderr, wait_for};

/// The CPUs that a thread may run on, such as `0-3,8`.
fn cpus_allowed(task: &Path) -> Option<String> {
    let status = fs::read_to_string(task.join("status")).ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    Some(list.trim().to_owned())
}

#[test]
fn one_cpu_and_little_memory_are_kept_to() {
    let host = Host::new();
    let mut web = host.container(1, "web");
    let file = host.write("logboom.yaml", "limits: { memory: 96MiB, cpu: 1 }\n");
    let daemon = host.spawn(&["--config", file.to_str().unwrap(), "--log-level", "debug"]);
    let messages = daemon.wait_for_message("ready");
    assert!(messages.contains("memory=\"96.0 MiB\""), "{messages}");
    assert!(messages.contains("queue_bytes: 1747626") && messages.contains("tails: 26"), "{messages}");
    web.print((0..20_000).map(|number| format!("row {number}")));
    wait_for("the last row", || Some(host.search("\"row 19999\"")).filter(|lines| lines.len() == 1));
    let process = Path::new("/proc").join(daemon.pid().to_string());
    let one = cpus_allowed(&process).unwrap();
    assert!(one.parse::<u32>().is_ok(), "{one} is not one CPU");
    let threads: Vec<_> =
        fs::read_dir(process.join("task")).unwrap().map(|task| task.unwrap().path()).collect();
    assert!(threads.len() > 3, "{threads:?}");
    // A thread that has ended by now has none.
    for cpus in threads.iter().filter_map(|thread| cpus_allowed(thread)) {
        assert_eq!(cpus, one);
    }
}

#[test]
fn too_little_memory_is_refused_with_its_line() {
    let host = Host::new();
    let file = host.write("logboom.yaml", "limits:\n  memory: 16MiB\n");
    let expected = format!(
        "{}:2:11: limits.memory: 16.0 MiB is less than logboom runs in; write 80MiB or more\n",
        file.display()
    );
    let output = logboom().args(["up", "--config"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).ends_with(&expected), "{}", stderr(&output));
    let output = run(&["check", file.to_str().unwrap()]);
    assert_eq!((output.status.code(), stderr(&output)), (Some(1), expected));
}

#[test]
fn changed_limits_wait_for_a_restart() {
    let host = Host::new();
    let file = host.write("logboom.yaml", "limits: { memory: 256MiB }\n");
    let daemon = host.up(&["--config", file.to_str().unwrap()]);
    host.write("logboom.yaml", "limits: { memory: 128MiB }\n");
    daemon.signal("HUP");
    let messages = daemon.wait_for_message("reloaded");
    assert!(messages.contains("limits") && messages.contains("restart"), "{messages}");
}
