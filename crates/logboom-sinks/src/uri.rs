//! The pieces of a sink's URI, with nothing of it echoed but the scheme: the rest may hold secrets.

use crate::spec::SpecError;

/// Schemes of every destination that is planned; what exists is [`crate::DestinationSpec`]'s business.
const KNOWN_SCHEMES: &[&str] = &[
    "stdout",
    "file",
    "syslog",
    "syslog+tcp",
    "syslog+tls",
    "forward",
    "forward+tls",
    "gelf+udp",
    "gelf+tcp",
    "splunk+http",
    "splunk+https",
    "elasticsearch+http",
    "elasticsearch+https",
    "loki+http",
    "loki+https",
    "cloudwatch",
    "kafka",
    "s3",
    "gs",
    "az",
    "clickhouse+http",
    "clickhouse+https",
    "otlp+http",
    "otlp+https",
    "otlp+grpc",
    "http",
    "https",
    "nats",
    "redis",
    "rediss",
    "logboom+http",
    "logboom+https",
    "raw",
    "tcp",
    "udp",
    "tls",
];

/// Logspout's prefix of a scheme.
const MULTILINE_PREFIX: &str = "multiline+";

/// Whether a destination of this scheme is planned.
pub(crate) fn is_known_scheme(scheme: &str) -> bool {
    KNOWN_SCHEMES.contains(&scheme.strip_prefix(MULTILINE_PREFIX).unwrap_or(scheme))
}

/// A URI in pieces.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Uri<'a> {
    /// In lower case.
    pub(crate) scheme: String,
    /// Host and path as written, without leading slashes of the authority.
    pub(crate) place: &'a str,
    /// Decoded pairs behind the question mark.
    pub(crate) options: Vec<(String, String)>,
}

impl<'a> Uri<'a> {
    pub(crate) fn parse(text: &'a str) -> Result<Self, SpecError> {
        let (scheme, rest) = split_scheme(text).ok_or(SpecError::NoScheme)?;
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = place.strip_prefix("//").unwrap_or(place);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let options = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        Ok(Self { scheme, place, options: options.collect::<Result<_, SpecError>>()? })
    }
}

/// `scheme:` and what follows it (RFC 3986, 3.1).
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let valid = scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(fits);
    valid.then(|| (scheme.to_ascii_lowercase(), rest))
}

/// Splits a list of URIs: a comma separates only before a known scheme.
pub(crate) fn split_list(text: &str) -> Vec<&str> {
    let starts_uri = |rest: &str| split_scheme(rest).is_some_and(|(scheme, _)| is_known_scheme(&scheme));
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(',') {
        if starts_uri(&text[at + 1..]) {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Percent-decodes; a plus sign is a plus sign.
fn decode(text: &str) -> Result<String, SpecError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = behind;
            continue;
        }
        let digits = behind.get(..2).ok_or(SpecError::BadEscape)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(SpecError::BadEscape);
        bytes.push((digit(digits[0])? * 16 + digit(digits[1])?) as u8);
        rest = &behind[2..];
    }
    String::from_utf8(bytes).map_err(|_| SpecError::BadEscape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_separates_only_before_a_known_scheme() {
        for (text, expected) in [
            ("stdout:", &["stdout:"][..]),
            (
                "stdout:,kafka://a:9092,b:9092/t,S3://bucket",
                &["stdout:", "kafka://a:9092,b:9092/t", "S3://bucket"],
            ),
            ("multiline+tcp://x,multiline+raw://y", &["multiline+tcp://x", "multiline+raw://y"]),
            ("a,b", &["a,b"]),
            ("", &[""]),
        ] {
            assert_eq!(split_list(text), expected, "{text}");
        }
    }

    #[test]
    fn options_are_decoded_and_a_plus_stays() {
        let uri = Uri::parse("STDOUT://?a=b%20c&where=body~/\\w+/&x=1=2").unwrap();
        assert_eq!((uri.scheme.as_str(), uri.place), ("stdout", ""));
        let pairs: Vec<_> = uri.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(pairs, [("a", "b c"), ("where", "body~/\\w+/"), ("x", "1=2")]);
        for text in ["stdout:?a=%2", "stdout:?a=%zz", "stdout:?a=%ff"] {
            assert_eq!(Uri::parse(text), Err(SpecError::BadEscape), "{text}");
        }
    }
}
