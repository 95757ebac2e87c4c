//! Lines as real programs print them, made from templates: eight systems in text, and JSON application logs.

use std::fmt::Write as _;

use crate::random::Random;

/// The systems; container `n` runs system `n % 8`.
pub const SYSTEMS: [&str; 8] = ["nginx", "hdfs", "sshd", "spark", "zookeeper", "postgres", "kubelet", "java"];

const CLASSES: [&str; 6] = [
    "dfs.DataNode$PacketResponder",
    "dfs.FSNamesystem",
    "storage.BlockManager",
    "scheduler.TaskSetManager",
    "quorum.FastLeaderElection",
    "util.JvmPauseMonitor",
];
const WORDS: [&str; 24] = [
    "connection",
    "request",
    "timeout",
    "session",
    "block",
    "replica",
    "leader",
    "received",
    "from",
    "peer",
    "terminating",
    "committed",
    "offset",
    "partition",
    "retrying",
    "closed",
    "queue",
    "user",
    "cache",
    "refresh",
    "index",
    "worker",
    "shutdown",
    "completed",
];

/// Appends one plain line of a system, without line feed.
pub fn plain(system: &str, random: &mut Random, out: &mut String) {
    let number = random.below(100_000);
    let _ = match system {
        "nginx" => write!(
            out,
            "10.{}.{}.{} - - [22/Nov/2026:{:02}:{:02}:{:02} +0000] \"{} /api/v{}/{}/{} HTTP/1.1\" {} {} \"https://shop.example/{}\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\" {}.{:03}",
            random.below(4),
            random.below(256),
            random.below(256),
            random.below(24),
            random.below(60),
            random.below(60),
            random.pick(&["GET", "GET", "GET", "POST", "PUT"]),
            random.below(3),
            random.pick(&WORDS),
            number,
            random.pick(&["200", "200", "200", "304", "404", "500"]),
            random.below(60_000),
            random.pick(&WORDS),
            random.below(3),
            random.below(1000)
        ),
        "hdfs" => write!(
            out,
            "0811{:02} {:06} {} INFO {}: {} blk_{} terminating, src: /10.250.{}.{}:{} dest: /10.250.{}.{}:50010",
            random.below(30),
            random.below(235_959),
            random.below(3000),
            random.pick(&CLASSES),
            random.pick(&[
                "PacketResponder 1 for block",
                "Received block",
                "Receiving block",
                "Served block"
            ]),
            random.next() as i64,
            random.below(20),
            random.below(256),
            30_000 + random.below(30_000),
            random.below(20),
            random.below(256)
        ),
        "sshd" => write!(
            out,
            "Dec 10 {:02}:{:02}:{:02} LabSZ sshd[{}]: {} for invalid user {} from 173.234.{}.{} port {} ssh2",
            random.below(24),
            random.below(60),
            random.below(60),
            20_000 + random.below(9_000),
            random.pick(&["Failed password", "Accepted password", "Connection closed"]),
            random.pick(&WORDS),
            random.below(256),
            random.below(256),
            1024 + random.below(60_000)
        ),
        "spark" => write!(
            out,
            "26/11/22 {:02}:{:02}:{:02} {} {}: Found block rdd_{}_{} locally, took {} ms",
            random.below(24),
            random.below(60),
            random.below(60),
            random.pick(&["INFO", "INFO", "INFO", "WARN", "ERROR"]),
            random.pick(&CLASSES),
            random.below(90),
            random.below(400),
            number
        ),
        "zookeeper" => write!(
            out,
            "2026-11-22 {:02}:{:02}:{:02},{:03} - {} [SendWorker:18897{}:QuorumCnxManager$SendWorker@{}] - {} {} {} 0x{:x}",
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1000),
            random.pick(&["INFO ", "WARN ", "ERROR"]),
            number,
            random.below(999),
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.next() >> 16
        ),
        "postgres" => write!(
            out,
            "2026-11-22 {:02}:{:02}:{:02}.{:03} UTC [{}] LOG:  duration: {}.{:03} ms  execute <unnamed>: SELECT * FROM \"{}\" WHERE id = $1 AND state <> '{}'",
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1000),
            number,
            random.below(900),
            random.below(1000),
            random.pick(&WORDS),
            random.pick(&WORDS)
        ),
        "kubelet" => write!(
            out,
            "I1122 {:02}:{:02}:{:02}.{:06} {:7} reconciler.go:{}] \"operationExecutor.{} started for volume\" pod=\"default/{}-{:x}\" volume=\"{}\"",
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1_000_000),
            number,
            random.below(999),
            random.pick(&["VerifyControllerAttachedVolume", "MountVolume", "UnmountVolume"]),
            random.pick(&WORDS),
            random.next() >> 40,
            random.pick(&WORDS)
        ),
        _ => write!(
            out,
            "2026-11-22 {:02}:{:02}:{:02},{:03} {} [http-nio-8080-exec-{}] c.e.{}.{}Controller : {} {} {} in {} ms\t<{}>",
            random.below(24),
            random.below(60),
            random.below(60),
            random.below(1000),
            random.pick(&["INFO", "INFO", "DEBUG", "WARN", "ERROR"]),
            random.below(32),
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.pick(&WORDS),
            random.below(900),
            random.pick(&WORDS)
        ),
    };
}

/// In a JSON line that tells of a failed request, and in no other one.
pub const FAILED: &str = "\"status\":50";

/// Appends the same line wrapped as a JSON application log; web applications add the request's path and status.
pub fn json(system: &str, random: &mut Random, scratch: &mut String, out: &mut String) {
    scratch.clear();
    plain(system, random, scratch);
    let _ = write!(
        out,
        "{{\"ts\":\"2026-11-22T{:02}:{:02}:{:02}.{:03}Z\",\"level\":\"{}\",\"logger\":\"{system}.worker\",\"msg\":{},\"user_id\":{},\"duration_ms\":{}.{:03},\"trace_id\":\"{:016x}{:016x}\",\"ok\":{}}}",
        random.below(24),
        random.below(60),
        random.below(60),
        random.below(1000),
        random.pick(&["info", "info", "info", "debug", "warn", "error"]),
        serde_json::Value::from(scratch.as_str()),
        random.below(1_000_000),
        random.below(900),
        random.below(1000),
        random.next(),
        random.next(),
        random.below(11) > 0
    );
    if system == "java" {
        out.pop();
        let _ = write!(
            out,
            ",\"path\":\"/api/v{}/{}\",\"status\":{}}}",
            random.below(3),
            random.pick(&WORDS),
            random.pick(&["200", "200", "200", "200", "200", "201", "304", "404", "500", "503"])
        );
    }
}
