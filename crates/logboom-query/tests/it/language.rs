//! The grammar, pinned: each query and what it means, in canonical form. Later work adds lines to this table; a line
//! that changes changes what a user's query finds.

use logboom_query::parse;

#[test]
fn what_queries_mean() {
    for (query, expected) in [
        // Everything.
        ("", "*"),
        (" \t\n ", "*"),
        ("*", "*"),
        ("**", "*"),
        ("(*)", "*"),
        ("-*", "-*"),
        // Words: any case, punctuation included.
        ("error", r#""error""#),
        ("ERROR", r#""error""#),
        ("Straße ÉCOLE", r#""straße" "école""#),
        ("10.0.0.1", r#""10.0.0.1""#),
        ("/healthz", r#""/healthz""#),
        ("/api/v1/", r#""/api/v1/""#),
        ("foo-bar", r#""foo-bar""#),
        ("a/b?c#d&e,f;g", r#""a/b?c#d&e,f;g""#),
        ("[main]", r#""[main]""#),
        ("{x}", r#""{x}""#),
        ("user@example.com", r#""user@example.com""#),
        ("it's", r#""it's""#),
        ("what!", r#""what!""#),
        ("C:\\temp", r#"C:"\\temp""#),
        ("日本", r#""日本""#),
        ("a\\b", r#""a\\b""#),
        // Wildcards.
        ("web*", "body:web*"),
        ("*tion", "body:*tion"),
        ("in*fix", "body:in*fix"),
        ("*mid*", "body:*mid*"),
        ("a**b", "body:a*b"),
        ("***a", "body:*a"),
        // Phrases.
        (r#""connection refused""#, r#""connection refused""#),
        (r#""Say \"hi\" C:\temp \\ \n""#, r#""say \"hi\" c:\\temp \\ \\n""#),
        (r#"" ""#, r#"" ""#),
        (r#""a*b""#, r#""a*b""#),
        (r#""OR""#, r#""or""#),
        (r#""a | b""#, r#""a | b""#),
        // Connection.
        ("a b", r#""a" "b""#),
        ("a AND b", r#""a" "b""#),
        ("a OR b", r#""a" OR "b""#),
        ("a b OR c d", r#""a" "b" OR "c" "d""#),
        ("a AND b OR c", r#""a" "b" OR "c""#),
        ("a (b OR c)", r#""a" ("b" OR "c")"#),
        ("(a OR b) (c OR d)", r#"("a" OR "b") ("c" OR "d")"#),
        ("(a b) c", r#"("a" "b") "c""#),
        ("((a))", r#""a""#),
        ("( a )", r#""a""#),
        ("(a)b", r#""a" "b""#),
        ("(a)(b)", r#""a" "b""#),
        ("a OR(b)", r#""a" OR "b""#),
        ("ORDER ANDY NOTE", r#""order" "andy" "note""#),
        ("OR-a", r#""or-a""#),
        // Negation.
        ("-a", r#"-"a""#),
        ("NOT a", r#"-"a""#),
        ("NOT -a", r#"NOT -"a""#),
        ("-(a b)", r#"-("a" "b")"#),
        ("NOT(a OR b)", r#"-("a" OR "b")"#),
        ("-\"a b\"", r#"-"a b""#),
        ("a -b", r#""a" -"b""#),
        ("a OR NOT b", r#""a" OR -"b""#),
        ("a AND NOT b", r#""a" -"b""#),
        ("-5", r#"-"5""#),
        // Aliases and names.
        ("message:a", r#""a""#),
        ("body:a", r#""a""#),
        ("body:\"a b\"", r#""a b""#),
        ("body:a:b", r#""a:b""#),
        ("body:*", "body:*"),
        ("level:warn", "severity:warn"),
        ("service:checkout", r#"service_name:"checkout""#),
        ("container:web", r#"container_name:"web""#),
        ("host:n", r#"host_name:"n""#),
        ("namespace:n", r#"k8s_namespace_name:"n""#),
        ("pod:p", r#"k8s_pod_name:"p""#),
        ("image:i", r#"container_image_name:"i""#),
        ("service.name:x", r#"service_name:"x""#),
        ("k8s.pod.name:x", r#"k8s_pod_name:"x""#),
        ("Service:x", r#"Service:"x""#),
        ("@timestamp:x", r#"@timestamp:"x""#),
        ("_a:x", r#"_a:"x""#),
        ("app.kubernetes.io/name:x", r#"app_kubernetes_io/name:"x""#),
        ("x-y:z", r#"x-y:"z""#),
        ("größe:x", r#"größe:"x""#),
        // What is parsed, whatever else has the name.
        ("attributes.level:x", r#"attributes.level:"x""#),
        ("attributes.http.status>=500", "attributes.http_status>=500"),
        ("attributes.service:x", r#"attributes.service:"x""#),
        // Values.
        ("path:/healthz", r#"path:"/healthz""#),
        ("-path:/healthz", r#"-path:"/healthz""#),
        ("path:/a?b=c&d", r#"path:"/a?b=c&d""#),
        ("time_of_day:10:30:15", r#"time_of_day:"10:30:15""#),
        ("msg:\"a b\"", r#"msg:"a b""#),
        ("msg:\"\"", r#"msg:"""#),
        ("msg:\"a*\"", r#"msg:"a*""#),
        ("container_name:web*", "container_name:web*"),
        ("msg:*", "msg:*"),
        ("url:\"http://x\"", r#"url:"http://x""#),
        ("status:500", "status:500"),
        ("status:\"500\"", r#"status:"500""#),
        ("status:-5", "status:-5"),
        ("status:-0.0", "status:-0.0"),
        ("status:5E2", "status:5e2"),
        ("status:5*", "status:5*"),
        ("x:OR", r#"x:"or""#),
        // Comparisons.
        ("status>=500", "status>=500"),
        ("status>500", "status>500"),
        ("status<500", "status<500"),
        ("status<=0.25", "status<=2.5e-1"),
        ("status>-1", "status>-1"),
        ("status>=\"500\"", "status>=500"),
        ("status>=1e3", "status>=1e3"),
        // Severity.
        ("severity>=warn", "severity>=warn"),
        ("severity:ERROR", "severity:error"),
        ("severity<Warning", "severity<warning"),
        ("severity:critical", "severity:critical"),
        ("severity:17", "severity:17"),
        ("severity:unset", "severity:unset"),
        ("level>info", "severity>info"),
        ("severity_number>=17", "severity_number>=17"),
        // Time and seq.
        ("time>=2026-11-22", "time>=2026-11-22"),
        ("time<2026-11-22t09:13:00.5z", "time<2026-11-22T09:13:00.5Z"),
        ("time>=\"2026-11-22 09:13:00Z\"", "time>=2026-11-22T09:13:00Z"),
        ("time:2026-11-22", "time:2026-11-22"),
        ("observed_time>2026-11-22T09:13:00+02:00", "observed_time>2026-11-22T09:13:00+02:00"),
        ("seq:123", "seq:123"),
        ("seq>=123", "seq>=123"),
        // Stream and kind.
        ("stream:stderr", "stream:stderr"),
        ("stream:STDOUT", "stream:stdout"),
        ("kind:gap", "kind:gap"),
        ("kind:lifecycle", "kind:lifecycle"),
        ("kind:log", "kind:log"),
        // Regular expressions.
        (r"body~/user=\w+/", r"body~/user=\w+/"),
        (r"message~/a b/", r"body~/a b/"),
        (r"~/a/", r"body~/a/"),
        (r"~/a/i", r"body~/a/i"),
        (r"path~/^\/api\/(v1|v2)\//", r"path~/^\/api\/(v1|v2)\//"),
        (r"path~/a\\/", r"path~/a\\/"),
        (r"attributes.x~/a/", r"attributes.x~/a/"),
        (r"-body~/a/ b", r#"-body~/a/ "b""#),
        (r"(body~/a/)", r"body~/a/"),
        (r"body:/a/", r#""/a/""#),
        // Pipes.
        ("error | count", r#""error" | count"#),
        ("| count", "* | count"),
        ("error|count by service,level", r#""error" | count by service_name, severity"#),
        ("* | count by attributes.level", "* | count by attributes.level"),
        ("* | count by user.id", "* | count by user_id"),
        ("* | timechart 5m", "* | timechart 5m"),
        ("* | timechart 300s by severity", "* | timechart 5m by severity"),
        ("* | timechart 90s count", "* | timechart 90s"),
        ("* | timechart 24h count() as n", "* | timechart 1d count() as n"),
        ("* | timechart 7d p95(duration) by service", "* | timechart 1w p95(duration) by service_name"),
        ("* | timechart 1m count, max(time)", "* | timechart 1m count(), max(time)"),
        ("* | top 10 path", "* | top 10 path"),
        ("* | top 3 path , status by service", "* | top 3 path, status by service_name"),
        ("* | uniq container", "* | uniq container_name"),
        ("* | uniq by a, b", "* | uniq a, b"),
        ("* | fields time,body", "* | fields time, body"),
        ("* | fields message, level", "* | fields body, severity"),
        ("* | sort duration", "* | sort by duration"),
        ("* | sort by duration asc", "* | sort by duration"),
        ("* | sort duration desc, time", "* | sort by duration desc, time"),
        ("* | limit 100", "* | limit 100"),
        (
            "* | stats count, sum(a), avg(a), min(a), max(a), p50(a), uniq(a) by b",
            "* | stats count(), sum(a), avg(a), min(a), max(a), p50(a), uniq(a) by b",
        ),
        ("* | stats quantile(0.95, a)", "* | stats p95(a)"),
        ("* | stats quantile(0.999,a) as x", "* | stats quantile(0.999, a) as x"),
        ("* | stats quantile(1, a)", "* | stats quantile(1, a)"),
        ("* | stats sum(bytes) as level by host", "* | stats sum(bytes) as level by host_name"),
        // Behind the first table names are those of its columns.
        (
            "* | count by service | sort by count desc | limit 5",
            "* | count by service_name | sort by count desc | limit 5",
        ),
        ("* | count by service | sort by service", "* | count by service_name | sort by service_name"),
        ("* | count by user.id | fields user.id", "* | count by user_id | fields user_id"),
        ("* | stats sum(a) as level | sort level", "* | stats sum(a) as level | sort by level"),
        (
            "* | stats p99(a), quantile(0.999, b) | fields p99_a,p99_9_b",
            "* | stats p99(a), quantile(0.999, b) | fields p99_a, p99_9_b",
        ),
        ("* | uniq user | count", "* | uniq user | count"),
        (
            "* | timechart 1m by severity | timechart 1h max(count) by severity",
            "* | timechart 1m by severity | timechart 1h max(count) by severity",
        ),
        // The examples of the README.
        (
            r#"severity>=warn service:checkout -path:/healthz "connection refused""#,
            r#"severity>=warn service_name:"checkout" -path:"/healthz" "connection refused""#,
        ),
    ] {
        let parsed = parse(query).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(parsed.to_string(), expected, "{query}");
        let again = parse(expected).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(again, parsed, "the canonical form of {query} means something else");
    }
}

#[test]
fn the_times_of_a_query_are_known_before_anything_is_read() {
    const DAY: i64 = 1_795_305_600_000_000_000;
    const DAY_END: i64 = DAY + 86_400_000_000_000 - 1;
    for (query, expected) in [
        ("error", (i64::MIN, i64::MAX)),
        ("time:2026-11-22", (DAY, DAY_END)),
        ("time>=2026-11-22 error", (DAY, i64::MAX)),
        ("time>=2026-11-22 time<=2026-11-22", (DAY, DAY_END)),
        ("time>=2026-11-22 OR error", (i64::MIN, i64::MAX)),
        ("-time>=2026-11-22", (i64::MIN, i64::MAX)),
    ] {
        assert_eq!(parse(query).unwrap().times(), expected, "{query}");
    }
}

#[test]
fn every_query_of_the_manual_is_one() {
    let manual = include_str!("../../../../docs/query-language.md");
    let typed =
        manual.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split(" | ").next());
    let queries: Vec<&str> = typed.flat_map(|column| column.split('`').skip(1).step_by(2)).collect();
    assert!(queries.len() > 20, "{queries:?}");
    for query in queries {
        // A bar in a table is written with a backslash.
        parse(&query.replace("\\|", "|")).unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(manual.contains(&parse("error | count service").unwrap_err().to_string()));
}
