//! The query string, strictly: a mistyped or doubled parameter is an error, never silently another question.

use std::borrow::Cow;

use crate::answer::Problem;

/// Parameters of one request, each at most once; empty values count as absent.
#[derive(Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(&'static str, String)>,
}

impl Params {
    /// Reads a query string of which only these names are known.
    pub fn parse(query: Option<&str>, known: &'static [&'static str]) -> Result<Self, Problem> {
        let mut params = Self::default();
        for (name, value) in pairs(query.unwrap_or_default()) {
            let Some(&name) = known.iter().find(|known| **known == name) else {
                let name: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
                let problem = Problem::bad_request(format!("unknown parameter `{name}`"));
                return Err(problem.hint(format!("known are: {}", known.join(", "))));
            };
            if params.get(name).is_some() {
                return Err(Problem::bad_request(format!("parameter `{name}` is given twice")));
            }
            if !value.is_empty() {
                params.pairs.push((name, value.into_owned()));
            }
        }
        Ok(params)
    }

    /// The value, unless absent or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// A count of at least 1; more than `most` is taken as `most`.
    pub fn count(&self, name: &str, most: usize) -> Result<Option<usize>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<usize>() {
            Ok(0) => Err(Problem::bad_request(format!("`{name}` must be at least 1"))),
            Ok(count) => Ok(Some(count.min(most))),
            // Digits only, and too many of them for a number: above any bound.
            Err(_) if digits => Ok(Some(most)),
            Err(_) => Err(Problem::bad_request(format!("`{name}` must be a number, such as 100"))),
        }
    }

    /// A number from 0 on, where there is one.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number
            .map(Some)
            .ok_or_else(|| Problem::bad_request(format!("`{name}` must be a number, such as 100")))
    }

    /// A span of time such as `5m`, in nanoseconds.
    pub fn span_nanos(&self, name: &str) -> Result<Option<i64>, Problem> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let span = span_nanos(text).ok_or_else(|| {
            Problem::bad_request(format!("`{name}` must be a span of time, such as 30s, 5m, 1h or 1d"))
        });
        span.map(Some)
    }

    /// The first value of one parameter, whatever else there is.
    pub fn first(query: &str, name: &str) -> Option<String> {
        pairs(query).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }
}

fn span_nanos(text: &str) -> Option<i64> {
    let (count, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit())?);
    let nanos: i64 = match unit {
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "w" => 604_800_000_000_000,
        _ => return None,
    };
    count.parse::<i64>().ok()?.checked_mul(nanos).filter(|span| *span > 0)
}

fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(query.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_and_never_ignored() {
        for (query, good) in [
            ("query=a&limit=1", true),
            ("", true),
            ("query=&limit=", true),
            ("querry=a", false),
            ("query=a&query=b", false),
            ("=x", false),
        ] {
            assert_eq!(Params::parse(Some(query), &["query", "limit"]).is_ok(), good, "{query}");
        }
    }

    #[test]
    fn counts_are_capped_and_nonsense_is_refused() {
        let count = |text: &str| {
            let params = Params::parse(Some(&format!("limit={text}")), &["limit"]).unwrap();
            params.count("limit", 50).map_err(|problem| problem.status.as_u16())
        };
        for (text, expected) in [
            ("", Ok(None)),
            ("7", Ok(Some(7))),
            ("51", Ok(Some(50))),
            ("99999999999999999999999", Ok(Some(50))),
            ("0", Err(400)),
            ("-1", Err(400)),
            ("1e3", Err(400)),
        ] {
            assert_eq!(count(text), expected, "{text}");
        }
    }

    #[test]
    fn spans_and_numbers() {
        for (text, expected) in [
            ("5m", Some(300_000_000_000)),
            ("250ms", Some(250_000_000)),
            ("1d", Some(86_400_000_000_000)),
            ("0s", None),
            ("5", None),
            ("m", None),
            ("-5m", None),
            ("1y", None),
            ("9223372036854775807w", None),
            ("5é", None),
        ] {
            assert_eq!(span_nanos(text), expected, "{text}");
        }
        let params =
            Params::parse(Some("a=0&b=18446744073709551615&c=%2B1&d=1.5"), &["a", "b", "c", "d"]).unwrap();
        assert_eq!(params.number::<u64>("a").unwrap(), Some(0));
        assert_eq!(params.number::<u64>("b").unwrap(), Some(u64::MAX));
        assert!(params.number::<u64>("c").is_err() && params.number::<u64>("d").is_err());
    }

    #[test]
    fn percent_and_plus_are_decoded() {
        let params = Params::parse(Some("query=a+b%20%22c%22"), &["query"]).unwrap();
        assert_eq!(params.get("query"), Some("a b \"c\""));
    }
}
