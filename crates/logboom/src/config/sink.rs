//! A configured sink as `logboom-sinks` wants it, with each mistake put at the setting that has it.

use logboom_query::parse_time;
use logboom_sinks::{SinkSpec, StartFrom};

use super::settings::Sink;
use crate::clock::now;

/// What is wrong with one setting of a sink.
#[derive(Debug, PartialEq, Eq)]
pub struct SinkProblem {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong and what would fit.
    pub message: String,
}

impl Sink {
    /// The sink; its own settings win over the options of its URI.
    pub fn spec(&self) -> Result<SinkSpec, SinkProblem> {
        let mut spec = SinkSpec::parse(&self.uri).map_err(|error| problem("uri", &error))?;
        if let Some(name) = &self.name {
            spec.set_name(name).map_err(|error| problem("name", &error))?;
        }
        if let Some(from) = &self.from {
            spec.from = StartFrom::from(from.as_str());
        }
        if let Some(filter) = self.filter.as_ref().filter(|filter| !filter.is_empty()) {
            spec.filter = Some(filter.clone());
        }
        if let Some(lifecycle) = self.lifecycle {
            spec.lifecycle = lifecycle;
        }
        check_languages(&spec)?;
        Ok(spec)
    }
}

/// Whether query and start can be read; the sinks' own crate knows neither language.
pub fn check_languages(spec: &SinkSpec) -> Result<(), SinkProblem> {
    if let Some(filter) = &spec.filter {
        logboom_query::parse_filter(filter).map_err(|error| {
            let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
            let at = filter.get(..error.at).map_or(0, |before| before.chars().count()) + 1;
            problem("where", &format!("at character {at}: {}{hint}", error.message))
        })?;
    }
    if let StartFrom::Time(text) = &spec.from {
        parse_time(text, now()).map_err(|error| problem("from", &format!("{error}, or earliest")))?;
    }
    Ok(())
}

fn problem(setting: &'static str, message: &dyn std::fmt::Display) -> SinkProblem {
    SinkProblem { setting, message: message.to_string() }
}
