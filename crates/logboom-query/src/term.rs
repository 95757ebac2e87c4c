//! `field operator value` to one [`Term`]: which values fit which field.

use logboom_model::{Severity, Stream, parse_rfc3339};
use regex::bytes::RegexBuilder;

use crate::ast::{FieldTest, Kind, Operator, Pattern, Range, Term, Text};
use crate::error::QueryError;
use crate::field::{Field, RecordField, resolve};
use crate::limits;
use crate::number::Number;
use crate::parser::Parser;
use crate::time_text::{NANOS_PER_DAY, parse_date};

/// A value as typed.
struct Value {
    at: usize,
    text: String,
    quoted: bool,
}

/// `name~/…/`.
pub(crate) fn with_regex(
    parser: &Parser<'_>,
    at: usize,
    name: &str,
    pattern: Pattern,
) -> Result<Term, QueryError> {
    match resolve(name) {
        Field::Record(RecordField::Body) => Ok(Term::BodyRegex(pattern)),
        Field::Record(_) => {
            let message = format!("{name} takes no regular expression");
            Err(parser.error(at, message).hint("body, resources and attributes take one"))
        }
        Field::Named(name) => Ok(Term::Field(name, FieldTest::Regex(pattern))),
    }
}

/// `name:value`, `name>=value` …; the parser stands behind the operator.
pub(crate) fn with_value(
    parser: &mut Parser<'_>,
    name: &str,
    operator: Operator,
) -> Result<Term, QueryError> {
    let field = resolve(name);
    let value = value(parser, name, operator, &field)?;
    match field {
        Field::Named(field) => {
            let test = field_test(parser, operator, &value)?;
            Ok(Term::Field(field, test))
        }
        Field::Record(RecordField::Body) => {
            only_is(parser, name, operator, &value, "words, phrases and regular expressions")?;
            if value.text.is_empty() {
                return Err(parser.error(value.at, "an empty phrase finds nothing"));
            }
            Ok(Term::Body(text(parser, &value)?))
        }
        Field::Record(RecordField::Severity) => Ok(Term::Severity(severity(parser, operator, &value)?)),
        Field::Record(RecordField::SeverityNumber) => {
            let span =
                value.text.parse().ok().filter(|number| *number <= 24).map(|number: u8| (number, number));
            Ok(Term::SeverityNumber(range(parser, name, operator, &value, span, "a number from 0 to 24")?))
        }
        Field::Record(RecordField::Seq) => {
            let span = value.text.parse().ok().map(|number: u64| (number, number));
            Ok(Term::Seq(range(parser, name, operator, &value, span, "a number such as 1234")?))
        }
        Field::Record(RecordField::Time) => Ok(Term::Time(time(parser, name, operator, &value)?)),
        Field::Record(RecordField::ObservedTime) => {
            Ok(Term::ObservedTime(time(parser, name, operator, &value)?))
        }
        Field::Record(RecordField::Stream) => {
            only_is(parser, name, operator, &value, STREAMS)?;
            let known = [Stream::Stdout, Stream::Stderr];
            let stream = known.into_iter().find(|stream| value.text.eq_ignore_ascii_case(stream.name()));
            Ok(Term::Stream(stream.ok_or_else(|| misfit(parser, name, &value, STREAMS))?))
        }
        Field::Record(RecordField::Kind) => {
            only_is(parser, name, operator, &value, KINDS)?;
            let kind = Kind::ALL.into_iter().find(|kind| value.text.eq_ignore_ascii_case(kind.name()));
            Ok(Term::Kind(kind.ok_or_else(|| misfit(parser, name, &value, KINDS))?))
        }
    }
}

const STREAMS: &str = "stdout or stderr";
const KINDS: &str = "log, gap or lifecycle";
const SEVERITIES: &str = "trace, debug, info, warn, error, fatal, unset, or a number from 0 to 24";
const TIMES: &str = "a date such as 2026-11-22 or a time such as 2026-11-22T09:13:00Z";

fn value(
    parser: &mut Parser<'_>,
    name: &str,
    operator: Operator,
    field: &Field,
) -> Result<Value, QueryError> {
    let at = parser.at;
    let sign = operator.text();
    match parser.peek() {
        Some('"') => return Ok(Value { at, text: parser.quoted()?, quoted: true }),
        Some('(') => {
            let hint = format!("write ({name}:a OR {name}:b)");
            return Err(parser.error(at, format!("a group cannot follow {sign}")).hint(hint));
        }
        Some(next @ ('>' | '<' | '~' | '=' | ':')) => {
            let fits = if next == '~' { "~/expression/".to_owned() } else { format!("{next}value") };
            let message = format!("{next} cannot follow {sign}");
            return Err(parser
                .error(at, message)
                .hint(format!("write {name}{fits}, or the value in quotes")));
        }
        _ => {}
    }
    let text = parser.bare_value()?.to_owned();
    if text.is_empty() {
        let message = format!("the value of {name} is missing");
        return Err(parser.error(at, message).hint(format!("write it without a space: {name}{sign}value")));
    }
    if text.starts_with("//") && matches!(field, Field::Named(_)) {
        let hint = format!("put the address in quotes: \"{name}:{text}\"");
        return Err(parser.error(at, "an address is not a field").hint(hint));
    }
    Ok(Value { at, text, quoted: false })
}

fn text(parser: &Parser<'_>, value: &Value) -> Result<Text, QueryError> {
    if !value.quoted {
        return parser.wildcards(value.at, &value.text);
    }
    parser.check_text_length(value.at, &value.text)?;
    Ok(Text::exact(&value.text))
}

fn field_test(parser: &Parser<'_>, operator: Operator, value: &Value) -> Result<FieldTest, QueryError> {
    let number = Number::parse(value.text.as_bytes());
    match (operator, number) {
        (Operator::Is, number) => Ok(FieldTest::Is(text(parser, value)?, number.filter(|_| !value.quoted))),
        (_, Some(number)) => Ok(FieldTest::Compare(operator, number)),
        (_, None) => {
            let message = format!("{} compares numbers", operator.text());
            Err(parser.error(value.at, message).hint("write a number such as 500 or 0.25, without a unit"))
        }
    }
}

fn misfit(parser: &Parser<'_>, name: &str, value: &Value, fits: &str) -> QueryError {
    parser
        .error(value.at, format!("{:?} does not fit {name}", value.text))
        .hint(format!("{name} takes {fits}"))
}

fn only_is(
    parser: &Parser<'_>,
    name: &str,
    operator: Operator,
    value: &Value,
    fits: &str,
) -> Result<(), QueryError> {
    if operator == Operator::Is {
        return Ok(());
    }
    let at = value.at - operator.text().len();
    let message = format!("{name} cannot be compared with {}", operator.text());
    Err(parser.error(at, message).hint(format!("{name} takes {fits}: {name}:…")))
}

fn range<T>(
    parser: &Parser<'_>,
    name: &str,
    operator: Operator,
    value: &Value,
    span: Option<(T, T)>,
    fits: &str,
) -> Result<Range<T>, QueryError> {
    let span = span.ok_or_else(|| misfit(parser, name, value, fits))?;
    Ok(Range { operator, span, text: value.text.to_ascii_uppercase().into() })
}

/// `warn` is 13 to 16; `critical`, `alert` and `notice`, which lie inside a range, are one number.
fn severity(parser: &Parser<'_>, operator: Operator, value: &Value) -> Result<Range<u8>, QueryError> {
    let span = if value.text.eq_ignore_ascii_case("unset") {
        Some((0, 0))
    } else if let Ok(number) = value.text.parse::<u8>() {
        Severity::from_number(number).map(|_| (number, number))
    } else {
        Severity::from_word(value.text.as_bytes()).map(|severity| match severity.number() {
            first if first % 4 == 1 => (first, first + 3),
            inside => (inside, inside),
        })
    };
    let mut range = range(parser, "severity", operator, value, span, SEVERITIES)?;
    range.text = value.text.to_ascii_lowercase().into();
    Ok(range)
}

/// A date is its whole day, a time one instant.
fn time(
    parser: &Parser<'_>,
    name: &str,
    operator: Operator,
    value: &Value,
) -> Result<Range<i64>, QueryError> {
    let day = parse_date(&value.text).map(|first| (first, first.saturating_add(NANOS_PER_DAY - 1)));
    let span = day.or_else(|| parse_rfc3339(value.text.as_bytes()).ok().map(|time| (time, time)));
    let mut range = range(parser, name, operator, value, span, TIMES)?;
    if range.text.contains(' ') {
        range.text = range.text.replace(' ', "T").into();
    }
    Ok(range)
}

/// Compiles what stands between the slashes.
pub(crate) fn compile(
    parser: &Parser<'_>,
    at: usize,
    text: &str,
    any_case: bool,
) -> Result<Pattern, QueryError> {
    if text.is_empty() {
        return Err(parser
            .error(at, "an empty regular expression matches everything")
            .hint("write * for every record"));
    }
    if text.len() > limits::REGEX_TEXT_BYTES_MAX {
        let message = format!("a regular expression has at most {} bytes", limits::REGEX_TEXT_BYTES_MAX);
        return Err(parser.error(at, message));
    }
    let built = RegexBuilder::new(text)
        .case_insensitive(any_case)
        .size_limit(limits::REGEX_COMPILED_BYTES_MAX)
        .dfa_size_limit(limits::REGEX_COMPILED_BYTES_MAX)
        .nest_limit(limits::REGEX_DEPTH_MAX)
        .build();
    match built {
        Ok(regex) => Ok(Pattern { regex, text: text.into(), any_case }),
        Err(regex::Error::CompiledTooBig(_)) => {
            let hint = "use smaller repetitions, or [0-9A-Za-z_] in place of \\w and [0-9] in place of \\d";
            Err(parser.error(at, "this regular expression is too large").hint(hint))
        }
        Err(_) => Err(syntax_error(parser, at, text)),
    }
}

fn syntax_error(parser: &Parser<'_>, at: usize, text: &str) -> QueryError {
    let (offset, reason) = match regex_syntax::Parser::new().parse(text) {
        Err(regex_syntax::Error::Parse(error)) => (error.span().start.offset, error.kind().to_string()),
        Err(regex_syntax::Error::Translate(error)) => (error.span().start.offset, error.kind().to_string()),
        _ => (0, "it cannot be compiled".to_owned()),
    };
    let hint =
        "\\( stands for a parenthesis, \\/ for a slash; look-around and back-references do not exist here";
    parser.error(at + offset, format!("not a regular expression: {reason}")).hint(hint)
}
