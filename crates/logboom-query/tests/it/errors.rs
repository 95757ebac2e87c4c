//! What is refused, at which character, and what is offered in its place: pinned like the grammar.

use logboom_query::{limits, parse};

/// `^` in the second line stands below the character that the error names.
fn check(query: &str, caret: &str, message: &str, hint: &str) {
    let error = match parse(query) {
        Ok(parsed) => panic!("{query} was read as {parsed}"),
        Err(error) => error,
    };
    let column = query[..error.at].chars().count();
    assert_eq!((error.message.as_str(), column), (message, caret.chars().count() - 1), "{query}");
    assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{query}: {:?}", error.hint);
}

#[test]
fn where_pipes_cannot_stand() {
    check("(a | b)", "   ^", "a pipe cannot stand inside parentheses", "in quotes");
    check("a OR | b", "     ^", "a term is missing before this pipe", "");
    check("a | b", "    ^", "\"b\" is not a pipe", "in quotes");
    check("a|b", "  ^", "\"b\" is not a pipe", "in quotes");
    check("\"a\"|b", "    ^", "\"b\" is not a pipe", "");
    check("a |", "   ^", "a pipe is missing behind this", "count, timechart");
    check("a || count", "   ^", "a pipe is missing behind this", "");
    check("a | \"b\"", "    ^", "this is not a pipe", "filters stand before the first pipe");
    check("a | status>=500", "    ^", "\"status\" is not a pipe", "filters stand before the first pipe");
    check("a | where x:1", "    ^", "\"where\" is not a pipe", "filters stand before the first pipe");
    check("a | count | error", "            ^", "\"error\" is not a pipe", "");
    check("a | head 5", "    ^", "\"head\" is not a pipe", "limit 10");
    check("a | Count", "    ^", "\"Count\" is not a pipe", "count, timechart");
    let error = logboom_query::parse_filter("error | count").unwrap_err();
    assert_eq!(
        (error.at, error.message.as_str()),
        (6, "pipes have no meaning here: records are taken one by one")
    );
}

#[test]
fn lists_of_fields() {
    check("| count service", "        ^", "the pipe ends before this", "by before fields");
    check("| count by", "          ^", "a field's name is missing here", "commas");
    check("| count by ,", "           ^", "a field's name is missing here", "");
    check("| count by a,", "             ^", "a field's name is missing here", "");
    check("| count by a b", "             ^", "the pipe ends before this", "comma");
    check("| count by a:b", "            ^", "the pipe ends before this", "");
    check("| count by by", "           ^", "a field's name is missing before by", "attributes.by");
    check("| count by 5", "           ^", "\"5\" cannot be a field's name", "");
    check("| count by max(x)", "           ^", "a measure cannot stand here", "sum_f");
    check("| fields *", "         ^", "a field's name is missing here", "name the fields");
    check("| fields time body", "              ^", "the pipe ends before this", "fields a, b");
    check("| fields a, a", "  ^", "two columns would be called a", "");
    check("| fields a.b, a_b", "  ^", "two columns would be called a_b", "");
    check("| count by count", "  ^", "two columns would be called count", "as n");
    check("| uniq", "      ^", "a field's name is missing here", "");
    check(
        &format!("| uniq {}", "a.".repeat(200)),
        "       ^",
        &format!("{:?} cannot be a field's name", "a.".repeat(200)),
        "",
    );
    check(&format!("| uniq {}", "a".repeat(257)), "       ^", "a field's name has at most 256 bytes", "");
}

#[test]
fn numbers_of_pipes() {
    check("| limit", "       ^", "limit needs a number such as 10", "limit 10");
    check("| limit x", "        ^", "limit needs a number such as 10", "");
    check("| limit 0", "        ^", "limit 0 gives nothing", "");
    check("| limit -1", "        ^", "limit needs a number such as 10", "");
    check("| limit 10001", "        ^", "limit takes at most 10000", "");
    check("| limit 99999999999999999999999", "        ^", "limit takes at most 10000", "");
    check("| limit 5 6", "          ^", "the pipe ends before this", "| before the next pipe");
    check("| top path", "      ^", "top needs a number such as 10", "top 10");
    check("| top 5", "       ^", "a field's name is missing here", "");
    check(
        "| timechart by severity",
        "            ^",
        "timechart needs the width of its intervals",
        "timechart 5m",
    );
    check("| timechart 5", "            ^", "timechart needs the width of its intervals", "");
    check("| timechart 0m", "            ^", "timechart needs the width of its intervals", "");
    check(
        "| timechart 5y",
        "            ^",
        "timechart needs the width of its intervals",
        "s, m, h, d and w",
    );
}

#[test]
fn measures() {
    check("| stats", "       ^", "a measure is missing here", "count()");
    check("| stats by a", "        ^", "a measure is missing here", "");
    check("| stats count(x)", "              ^", "count takes no field", "field:*");
    check("| stats sum", "           ^", "sum needs a field in parentheses", "");
    check("| stats sum()", "            ^", "a field's name is missing here", "");
    check("| stats sum(a, b)", "             ^", "sum takes one field and ends with )", "");
    check("| stats sum(a", "             ^", "sum takes one field and ends with )", "");
    check("| stats mean(a)", "        ^", "\"mean\" is not a measure", "avg(f)");
    check("| stats p999(a)", "        ^", "\"p999\" is not a measure", "quantile(0.999, f)");
    check("| stats p0(a)", "        ^", "\"p0\" is not a measure", "p95(f)");
    check("| stats p100(a)", "        ^", "\"p100\" is not a measure", "");
    check(
        "| stats quantile(95, a)",
        "                 ^",
        "quantile starts with a number from 0 to 1",
        "0.99",
    );
    check("| stats quantile(0.9)", "                    ^", "the field of quantile is missing", "");
    check("| stats sum(a) sum(b)", "               ^", "the pipe ends before this", "comma");
    check("| stats count() as", "                  ^", "a column's name is missing behind as", "as name");
    check("| stats count() as by", "                   ^", "a column's name is missing behind as", "");
    check("| stats count(), count()", "  ^", "two columns would be called count", "as n");
    check("| timechart 5m p95", "                  ^", "p95 needs a field in parentheses", "");
}

#[test]
fn columns_of_the_table_before() {
    let columns = "the columns are service_name, count";
    check(
        "| count by service | sort by path",
        "                             ^",
        "there is no column called path here",
        columns,
    );
    check(
        "| count by service | timechart 5m",
        "                     ^",
        "there is no column called time for a timechart",
        columns,
    );
    check(
        "| fields time, body | count by severity",
        "                               ^",
        "there is no column called severity here",
        "time, body",
    );
    check("| count | sort by count up", "                        ^", "the pipe ends before this", "asc or");
    check("| count | sort by count()", "                  ^", "a measure cannot stand here", "column");
}

#[test]
fn connection() {
    check("a OR", "    ^", "a term is missing at the end", "field:value");
    check("OR a", "^", "a term is missing before this operator", "");
    check("a AND OR b", "      ^", "a term is missing before this operator", "");
    check("a NOT", "     ^", "a term is missing at the end", "");
    check("()", " ^", "a term is missing before this parenthesis", "");
    check("(a", "^", "this parenthesis is never closed", "put )");
    check("a)", " ^", "this parenthesis closes nothing", "");
    check("a (b OR)", "       ^", "a term is missing before this parenthesis", "");
    check(
        "a or b",
        "  ^",
        "\"or\" could be the operator or the word",
        "write OR for the operator, \"or\" in quotes",
    );
    check("Not a", "^", "\"Not\" could be the operator or the word", "NOT");
    check("-", "^", "nothing follows this dash", "-term");
    check("a - b", "  ^", "nothing follows this dash", "-term");
    check("(-)", " ^", "nothing follows this dash", "-term");
    check("--verbose", "^", "a term cannot start with two dashes", "\"--flag\"");
    check("!a", "^", "! is not an operator", "-term");
}

#[test]
fn words_and_phrases() {
    check("\"abc", "^", "this quote is never closed", "");
    check("é \"abc\\\"", "  ^", "this quote is never closed", "");
    check("\"\"", "^", "an empty phrase finds nothing", "*");
    check("body:\"\"", "     ^", "an empty phrase finds nothing", "");
    check("\"a\"b", "   ^", "a phrase ends before this", "space");
    check("a\"b\"", " ^", "a quote inside a word", "");
    check("foo(bar)", "   ^", "a parenthesis inside a word", "");
    check("x:a(b)", "   ^", "a parenthesis inside a word", "");
}

#[test]
fn fields() {
    check("10:30:15", "^", "\"10\" cannot be a field's name before :", "quotes");
    check("::1", "^", "a field's name is missing before :", "quotes");
    check(">=5", "^", "a field's name is missing before >", "");
    check("status :500", "       ^", "a field's name is missing before :", "");
    check("status: 500", "       ^", "the value of status is missing", "status:value");
    check("status:", "       ^", "the value of status is missing", "");
    check("status=500", "      ^", "= is not an operator", "write status:500 for the field".split_at(12).0);
    check("status==500", "      ^", "= is not an operator", "");
    check("status!=500", "      ^", "!= is not an operator", "-status:value");
    check("path!~/a/", "    ^", "!~ is not an operator", "-path~/expression/");
    check("status:>=500", "       ^", "> cannot follow :", "status>value");
    check("path:~/a/", "     ^", "~ cannot follow :", "path~/expression/");
    check("status:(500 OR 501)", "       ^", "a group cannot follow :", "(status:a OR status:b)");
    check("http://example.com/", "     ^", "an address is not a field", "\"http://example.com/\"");
    check("attributes.:x", "^", "\"attributes.\" cannot be a field's name before :", "");
    check("status>=high", "        ^", ">= compares numbers", "500");
    check("duration>10ms", "         ^", "> compares numbers", "without a unit");
    check("a->b", "^", "\"a-\" cannot be a field's name before >", "");
}

#[test]
fn fields_with_closed_values() {
    check(
        "severity>=loud",
        "          ^",
        "\"loud\" does not fit severity",
        "trace, debug, info, warn, error, fatal",
    );
    check("level:25", "      ^", "\"25\" does not fit severity", "");
    check("severity:war*", "         ^", "\"war*\" does not fit severity", "");
    check("severity_number:-1", "                ^", "\"-1\" does not fit severity_number", "0 to 24");
    check("time>=1h", "      ^", "\"1h\" does not fit time", "2026-11-22");
    check("time>=2026-02-30", "      ^", "\"2026-02-30\" does not fit time", "");
    check("seq:12*", "    ^", "\"12*\" does not fit seq", "1234");
    check("seq>=18446744073709551616", "     ^", "\"18446744073709551616\" does not fit seq", "");
    check("stream:std*", "       ^", "\"std*\" does not fit stream", "stdout or stderr");
    check("stream>stdout", "      ^", "stream cannot be compared with >", "stdout or stderr");
    check("kind:line", "     ^", "\"line\" does not fit kind", "log, gap or lifecycle");
    check("kind:gap|lifecycle", "         ^", "\"lifecycle\" is not a pipe", "in quotes");
    check("body>=5", "    ^", "body cannot be compared with >=", "words, phrases");
    check("severity~/err/", "^", "severity takes no regular expression", "");
}

#[test]
fn regular_expressions() {
    check("body~error", "     ^", "a regular expression stands between slashes", "~/expression/");
    check("body~ /a/", "     ^", "a regular expression stands between slashes", "");
    check("body~/a", "     ^", "this regular expression is never closed", "\\/");
    check("body~/a\\/", "     ^", "this regular expression is never closed", "");
    check("body~//", "      ^", "an empty regular expression matches everything", "*");
    check("body~/a/b", "        ^", "a regular expression ends before this", "");
    check("body~/a/ix", "         ^", "a regular expression ends before this", "");
    check("body~/a(b/", "       ^", "not a regular expression: unclosed group", "");
    check(
        "body~/é[z-a]/",
        "        ^",
        "not a regular expression: invalid character class range, the start must be <= the end",
        "",
    );
    check(
        r"body~/(a)\1/",
        "         ^",
        "not a regular expression: backreferences are not supported",
        "do not exist",
    );
    check(
        "body~/(?=a)/",
        "      ^",
        "not a regular expression: look-around, including look-ahead and look-behind, is not supported",
        "",
    );
    check(r"body~/\w{900}/", "      ^", "this regular expression is too large", "[0-9A-Za-z_]");
    check(r"body~/((a{100}){100}){100}/", "      ^", "this regular expression is too large", "");
}

#[test]
fn limits_are_errors_too() {
    let refused = |query: String, part: &str| {
        let error = parse(&query).unwrap_err();
        assert!(error.message.contains(part), "{}", error.message);
    };
    refused("a".repeat(limits::QUERY_BYTES_MAX + 1), "longer than");
    refused("é".repeat(limits::QUERY_BYTES_MAX), "longer than");
    refused("a".repeat(limits::TEXT_BYTES_MAX + 1), "at most");
    refused(format!("x:\"{}\"", "a".repeat(limits::TEXT_BYTES_MAX + 1)), "at most");
    refused("a ".repeat(limits::TERMS_MAX + 1), "terms");
    refused("(".repeat(limits::DEPTH_MAX + 1), "inside each other");
    refused("NOT ".repeat(limits::DEPTH_MAX + 1), "inside each other");
    refused(format!("{}:x", "a".repeat(limits::NAME_BYTES_MAX + 1)), "name");
    refused("a*".repeat(limits::WILDCARDS_MAX + 1), "wildcards");
    refused(format!("~/{}/", "a".repeat(limits::REGEX_TEXT_BYTES_MAX + 1)), "at most");
    refused("| limit 5 ".repeat(limits::PIPES_MAX + 1), "pipes");
    refused(format!("| uniq {}a", "a, ".repeat(limits::PIPE_OPERANDS_MAX)), "in one list");
    refused(format!("| stats {}count()", "count(), ".repeat(limits::PIPE_MEASURES_MAX)), "in one list");
    refused("~/a/ ".repeat(limits::REGEXES_MAX + 1), "regular expressions");
    let deep = limits::DEPTH_MAX;
    assert!(parse(&format!("{}a{}", "(".repeat(deep), ")".repeat(deep))).is_ok());
    assert!(parse(&"a ".repeat(limits::TERMS_MAX)).is_ok());
}

#[test]
fn an_error_is_shown_with_its_place_and_what_would_fit() {
    assert_eq!(
        parse("error | count service").unwrap_err().to_string(),
        "the pipe ends before this\n  error | count service\n                ^\nwrite by before fields, a comma between them, | before the next pipe"
    );
}
