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

    /// The first value of one parameter, whatever else there is.
    pub fn first(query: &str, name: &str) -> Option<String> {
        pairs(query).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
    }
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
    fn percent_and_plus_are_decoded() {
        let params = Params::parse(Some("query=a+b%20%22c%22"), &["query"]).unwrap();
        assert_eq!(params.get("query"), Some("a b \"c\""));
    }
}
