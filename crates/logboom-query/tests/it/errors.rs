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
fn pipes_come_later() {
    let message = "pipes are not available yet";
    check("error | count by service", "      ^", message, "in quotes");
    check("| limit 5", "^", message, "");
    check("(a | b)", "   ^", message, "");
    check("a|b", " ^", message, "");
    check("a OR | b", "     ^", message, "");
    check("\"a\"|b", "   ^", message, "");
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
    check("kind:gap|lifecycle", "        ^", "pipes are not available yet", "");
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
    refused("~/a/ ".repeat(limits::REGEXES_MAX + 1), "regular expressions");
    let deep = limits::DEPTH_MAX;
    assert!(parse(&format!("{}a{}", "(".repeat(deep), ")".repeat(deep))).is_ok());
    assert!(parse(&"a ".repeat(limits::TERMS_MAX)).is_ok());
}

#[test]
fn an_error_is_shown_with_its_place_and_what_would_fit() {
    assert_eq!(
        parse("error | count").unwrap_err().to_string(),
        "pipes are not available yet\n  error | count\n        ^\nput | in quotes to search for the character"
    );
}
