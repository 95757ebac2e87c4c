//! Lines as real programs print them, and the severity they claim.

use logboom_model::Severity;
use logboom_process::severity::detect;

fn check(expected: Severity, lines: &[&str]) {
    let wrong: Vec<_> = lines
        .iter()
        .map(|line| (line, detect(line.as_bytes())))
        .filter(|(_, seen)| *seen != expected)
        .collect();
    assert!(wrong.is_empty(), "expected {expected:?}: {wrong:#?}");
}

const TRACE: Severity = Severity::TRACE;
const DEBUG: Severity = Severity::DEBUG;
const INFO: Severity = Severity::INFO;
const NOTICE: Severity = Severity::NOTICE;
const WARN: Severity = Severity::WARN;
const ERROR: Severity = Severity::ERROR;
const CRITICAL: Severity = Severity::CRITICAL;
const ALERT: Severity = Severity::ALERT;
const FATAL: Severity = Severity::FATAL;
const UNSET: Severity = Severity::UNSET;

#[test]
fn json_lines() {
    check(TRACE, &[r#"{"level":10,"time":1795338780095,"pid":1,"msg":"pino"}"#]);
    check(
        DEBUG,
        &[
            r#"{"name":"bunyan","hostname":"h","pid":1,"level":20,"msg":"x","v":0}"#,
            r#"{"t":{"$date":"2026-11-22T09:13:00.000+00:00"},"s":"D2","c":"NETWORK","id":1,"ctx":"main","msg":"mongo"}"#,
        ],
    );
    check(
        INFO,
        &[
            r#"{"level":"info","ts":1795338780.09,"caller":"a/b.go:1","msg":"zap error level=error"}"#,
            r#"{"level": "INFO", "message": "spaces"}"#,
            r#"{"@timestamp":"2026-11-22T09:13:00Z","log.level":"INFO","message":"ECS"}"#,
            r#"{"@timestamp":"2026-11-22T09:13:00Z","@level":"info","@message":"terraform"}"#,
            r#"{"asctime":"2026","levelname":"INFO","message":"python-json-logger"}"#,
            r#"{"t":{"$date":"2026-11-22T09:13:00.000+00:00"},"s":"I","c":"NETWORK","id":1,"ctx":"main","msg":"mongo"}"#,
            r#"{"severity":"INFO","message":"GCP"}"#,
            r#"{"a":{"level":"error","x":[1,{"y":"}]"}]},"level":"info"}"#,
            r#"{"EventId":14,"LogLevel":"Information","Category":"Microsoft.Hosting.Lifetime","Message":"x"}"#,
            r#"{"level":"30","msg":"a number in a string"}"#,
        ],
    );
    check(
        WARN,
        &[
            r#"{"time":"2026-11-22T09:13:00Z","level":"WARN","msg":"slog"}"#,
            r#"{"message":"a long \"level\":\"error\" in a string","thread_name":"main","level":"WARN","level_value":30000}"#,
            r#"{"lvl":"warn","msg":"x"}"#,
            r#"{"Timestamp":"2026","Level":"Warning","MessageTemplate":"Serilog"}"#,
            r#"{"level":"bogus","severity":"warning"}"#,
        ],
    );
    check(
        ERROR,
        &[
            r#"{"loglevel":"error"}"#,
            r#"{"severity_text":"ERROR","body":"x"}"#,
            r#"{"@t":"2026","@mt":"x","@l":"Error"}"#,
            r#"{"level":50}"#,
            r#"{"ts":"2026-11-22T09:13:00Z", "nested":[[{"a":"]"}]], "ok" : true , "level" : "error" }"#,
        ],
    );
    check(FATAL, &[r#"{"level":60,"msg":"x"}"#, r#"{"level":"dpanic"}"#]);
    check(
        UNSET,
        &[
            r#"{"msg":"level","text":"\"level\":\"error\"","a":"{\"level\":\"error\"}"}"#,
            r#"{"a":{"level":"error"},"b":["level","error"]}"#,
            r#"{"level":3,"message":"nextcloud"}"#,
            r#"{"level":{"name":"error"}}"#,
            r#"{"level":"#,
            r#"{"level":"error"#,
            r#"{"status":"error"}"#,
            r#"{ERROR} not JSON"#,
            "{",
            "{}",
        ],
    );
}

#[test]
fn logfmt_lines() {
    check(DEBUG, &["lvl=dbug msg=go-kit", "level=debug"]);
    check(
        INFO,
        &[
            r#"time="2026-11-22T09:13:00Z" level=info msg="logrus: level=error""#,
            "ts=2026-11-22T09:13:00.095Z caller=main.go:12 level=info msg=\"Server is ready\"",
            "time=2026-11-22T09:13:00.095Z level=INFO source=main.go:1 msg=prometheus",
            "logger=settings t=2026-11-22T09:13:00.095635458Z level=info msg=\"Starting Grafana\"",
            "t=2026-11-22T09:13:00+0000 lvl=info msg=\"log15\"",
            "2026-11-22T09:13:00Z level=info msg=x",
        ],
    );
    check(
        WARN,
        &[r#"level="warn" msg=x"#, "severity=warning msg=x", "msg=\"quoted \\\" level=error\" level=warning"],
    );
    check(ERROR, &["level=error ts=1 err=\"context deadline exceeded\"", "lvl=eror msg=x"]);
    check(
        UNSET,
        &["msg=\"level=error\" a=b", "mylevel=error", "level= x", "a=b said level error", "http=ok"],
    );
}

#[test]
fn level_first() {
    check(TRACE, &["TRACE starting", "trce: Microsoft.Hosting[0]"]);
    check(
        DEBUG,
        &["[DEBUG] x", "DEBUG:app:x", "dbug: Microsoft.Hosting.Lifetime[14]", "DEBUG    app:main.py:12 text"],
    );
    check(
        INFO,
        &[
            "[INFO] plugin/reload: Running configuration",
            "INFO:     127.0.0.1:5000 - \"GET / HTTP/1.1\" 200 OK",
            "info: Microsoft.Hosting.Lifetime[14]",
            "INFO[0000] logrus on a terminal",
            "INFO  [main] 2026-11-22 10:00:00,123 Cassandra.java:12 - text",
            " INFO 1 --- [main] c.e.App : padded",
            "INFO: Server startup in 12 ms",
            "[info] 2026-11-22T10:00:00.123Z nonode@nohost <0.9.0> -------- couch",
            "CONFIG: java.util.logging",
            "[main] INFO com.example.App - slf4j-simple",
            "\x1b[32mINFO\x1b[0m: pino-pretty",
            "\x1b[32minfo\x1b[39m: winston",
            "[\x1b[34mINFO\x1b[0m] coloured",
        ],
    );
    check(NOTICE, &["[NOTICE]   (1) : haproxy version is 3", "notice: x"]);
    check(
        WARN,
        &[
            "WARNING:root:python",
            "Warning: something",
            "WARN[0012] logrus",
            "[WARNING]  (8) : haproxy",
            "npm WARN deprecated x@1.0.0",
            "PHP Warning:  Undefined variable $x in /a.php on line 3",
            "<4>sd-daemon",
        ],
    );
    check(
        ERROR,
        &[
            "[ERROR] plugin/errors: 2 example.com. A: read udp",
            "ERROR: relation \"x\" does not exist",
            "error: Uncaught Error: x",
            "Error: Cannot find module 'x'",
            "fail: Microsoft.AspNetCore.Server.Kestrel[13]",
            "ERROR connecting to db",
            "<3>kernel",
            "<11>1 2026-11-22T09:13:00Z host app - - - rfc5424",
            "npm ERR! code ENOENT",
            "SEVERE: Exception in thread",
            "ERROR 1045 (28000): Access denied",
        ],
    );
    check(CRITICAL, &["CRITICAL:root:x", "crit: Microsoft[0]"]);
    check(ALERT, &["[alert] 1#1: x", "ALERT: x"]);
    check(
        FATAL,
        &[
            "panic: runtime error: index out of range",
            "fatal: not a git repository",
            "nginx: [emerg] host not found in upstream",
            "FATAL:  password authentication failed",
            "PHP Fatal error:  Uncaught Exception",
            "<0>emergency",
        ],
    );
}

#[test]
fn time_first() {
    check(
        DEBUG,
        &[
            "10:00:00.123 [main] DEBUG com.example.App - logback",
            "2026-11-22 10:00:00.123 UTC [1] DEBUG1:  postgres",
            "2026-11-22T10:00:00Z D! telegraf",
            "1:M 22 Nov 2026 09:13:00.123 - redis verbose",
            "2026-11-22T10:00:00.000Z\tdebug\tzap/development.go:1\ttext",
        ],
    );
    check(
        INFO,
        &[
            "2026-11-22T10:00:00.123456Z  INFO vector::app: Rust tracing",
            "\x1b[2m2026-11-22T10:00:00.123456Z\x1b[0m \x1b[32m INFO\x1b[0m app: Rust tracing, coloured",
            "26/11/22 10:00:00 INFO executor.CoarseGrainedExecutorBackend: Spark",
            "081109 203518 143 INFO dfs.DataNode$PacketResponder: HDFS",
            "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:FastLeaderElection@774] - Zookeeper",
            "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Hadoop",
            "[2026-11-22 10:00:00,123] INFO [KafkaServer id=0] started (kafka.server.KafkaServer)",
            "[2026-11-22 10:00:00 +0000] [1] [INFO] Starting gunicorn",
            "[2026-11-22 10:00:00,123: INFO/MainProcess] celery",
            "[2026-11-22, 10:00:00 UTC] {taskinstance.py:1} INFO - airflow",
            "2026-11-22T10:00:00.123Z  INFO 1 --- [           main] c.e.App : Spring Boot",
            "2026-11-22 10:00:00,123 INFO  [io.quarkus] (main) Quarkus",
            "10:00:00,123 INFO  [org.jboss.as] (Controller Boot Thread) WildFly",
            "2026-11-22 10:00:00.123456+00:00 [info] <0.230.0> RabbitMQ",
            "[2026-11-22 10:00:00.123][1][info][main] [source/server/server.cc:339] Envoy",
            "10:00AM INF zerolog on a console",
            "2026-11-22T10:00:00Z INF zerolog",
            "2026-11-22T10:00:00.000Z [INFO]  agent: Consul",
            "2026.11.22 10:00:00.123456 [ 1 ] {} <Information> Application: ClickHouse",
            "[1] 2026/11/22 10:00:00.123456 [INF] Starting nats-server",
            "I, [2026-11-22T10:00:00.123456 #1]  INFO -- : Ruby",
            "I1122 10:00:00.123456       1 main.go:12] klog",
            "[10:00:00 INF] Serilog",
            "2026-11-22 10:00:00.1234|INFO|Program|NLog",
            "2026-11-22 10:00:00.123 | INFO     | app:main:1 - loguru",
            "2026-11-22 10:00:00 [scrapy.core.engine] INFO: Spider opened",
            "2026-11-22T10:00:00.123Z pid=1 tid=abc INFO: sidekiq",
            "[10:00:00.123] INFO (12345): pino-pretty",
            "2026-11-22 10:00:00 +0000 [info]: #0 fluentd",
            "[2026/11/22 10:00:00] [ info] [engine] fluent-bit",
            "2026-11-22T10:00:00Z I! Starting Telegraf",
            "2026-11-22 10:00:00.123:INFO:oejs.Server:main: jetty-9",
            "2026-11-22 10:00:00.123+0000 [id=1]\tINFO\thudson.WebAppMain: Jenkins",
            "[2026-11-22T10:00:00,123][INFO ][o.e.n.Node               ] [x] Elasticsearch",
            "2026-11-22T10:00:00.123456Z 0 [Note] mysqld",
            "2026-11-22 10:00:00.123 UTC [1] LOG:  database system is ready",
            "22-Nov-2026 10:00:00.123 INFO [main] org.apache.catalina.startup.Catalina Tomcat",
            "2026/11/22 10:00:00 INFO slog default msg key=val",
            "2026-11-22T10:00:00.000Z [info]: winston",
        ],
    );
    check(
        NOTICE,
        &[
            "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
            "[Sun Nov 22 10:00:00.123456 2026] [mpm_event:notice] [pid 1:tid 2] Apache",
            "[22-Nov-2026 10:00:00] NOTICE: fpm is running, pid 1",
            "1:M 22 Nov 2026 09:13:00.123 * Ready to accept connections",
            "2026/11/22 10:00:00 [notice] 1#1: nginx/1.27.0",
        ],
    );
    check(
        WARN,
        &[
            "26/11/22 10:00:00 WARN TaskSetManager: Spark",
            "2026-11-22 10:00:00,123 - shop.cart - WARNING - python",
            "W1122 10:00:00.123456       1 reflector.go:12] klog",
            "1:M 22 Nov 2026 09:13:00.123 # WARNING Memory overcommit must be enabled!",
            "2026-11-22T10:00:00.123456Z 0 [Warning] [MY-010068] [Server] CA certificate is self signed",
            "2026-11-22 10:00:00.123 WARNING (MainThread) [homeassistant.loader] x",
            "[22-Nov-2026 10:00:00 UTC] PHP Warning:  x in /a.php on line 1",
        ],
    );
    check(
        ERROR,
        &[
            "2026-11-22 10:00:00 ERROR [x] text",
            "2026/11/22 10:00:00 [error] 7#7: *1 open() \"/x\" failed (2: No such file or directory), client: 10.0.0.1",
            "E1122 09:13:00.123456 1 main.go:1] klog",
            "[1122/100000.123456:ERROR:gpu_process.cc(12)] Chromium",
            "[Sun Nov 22 10:00:00.123456 2026] [core:error] [pid 1:tid 2] [client 10.0.0.1:5] Apache",
            "[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6",
            "2026-11-22T10:00:00.000Z ERROR app::db: x",
            "Jun 14 15:16:01 sshd[19939]: error: PAM: Authentication failure",
            "main.c:12: error: expected ';'",
        ],
    );
    check(
        FATAL,
        &["F1122 10:00:00.123456 1 main.go:1] klog", "2026/11/22 10:00:00 [emerg] 1#1: bind() failed"],
    );
}

#[test]
fn prose_claims_nothing() {
    check(
        UNSET,
        &[
            "",
            " ",
            "error handling works",
            "Error handling works",
            "errors: 0",
            "An ERROR occurred",
            "no error",
            "info about the release",
            "Information desk",
            "Note: error handling works",
            "config: loaded",
            "alert: off",
            "fine",
            "debug: true",
            "error: null",
            "warning",
            "information: see below",
            "5 ERROR messages",
            "3 errors found",
            "2026-11-22 10:00:00 error handling works",
            "2026-11-22 10:00:00 all errors fixed",
            "10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"GET /error HTTP/1.1\" 500 12 \"-\" \"curl/8\"",
            "10.0.0.1 - error [22/Nov/2026:10:00:00 +0000] \"GET /ERROR: HTTP/1.1\" 500 12",
            "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure; logname= uid=0",
            "    at com.example.Error.main(Error.java:1)",
            "--error: x",
            "- ERROR in a list",
            "# ERROR codes",
            "[error handling] x",
            "[config] loaded",
            "array[error] = 1",
            "<html>",
            "<999>x",
            "E1122 is a code",
            "I, for one",
            "\u{1f525} ERROR",
            "\x1b[",
            "\x1b",
            "[",
            "[ERROR",
            "(",
            "key=\"unterminated",
            "npm install",
            "ERRORS everywhere",
            "ERROR-123 happened",
        ],
    );
}

#[test]
fn a_level_beyond_the_window_does_not_count() {
    let far = format!("[{}] ERROR x", "x".repeat(200));
    check(UNSET, &[&far]);
}

proptest::proptest! {
    #[test]
    fn no_line_makes_it_panic(line in proptest::collection::vec(proptest::sample::select(
        b"{}[]()<>\"\\:=-|+ \t\x1b;m,.!/019AEIWnote\xffERROR".to_vec()), 0..60)) {
        detect(&line);
    }

    #[test]
    fn no_json_makes_it_panic(line in "\\{[\"\\\\{}\\[\\]:, a-lv0-9]{0,60}") {
        detect(line.as_bytes());
    }
}
