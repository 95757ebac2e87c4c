//! Sizes, spans of time, numbers of CPUs and addresses as people write them: `10GiB`, `30d`, `0.5`, `127.0.0.1:2666`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _};

/// A number of bytes: `512MiB`, `10GB`, `4096`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// A span of time: `30d`, `24h`, `15m`, `10s`, `500ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// A number of CPUs in thousandths, never 0: `2`, `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpus(u64);

/// An address to listen on: an IP address (or `localhost`) and a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress(pub SocketAddr);

/// What was written is not what the setting takes; reads after the name of the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnitError(String);

const SIZE_UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("B", 1),
    ("kB", 1000),
    ("KB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

const TIME_UNITS_MS: &[(&str, u64)] =
    &[("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Splits `1.5GiB` and multiplies; exact for whole numbers, rounded down for fractions.
fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end =
        text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let scale = 10u128.pow(fraction.len() as u32);
    let fraction: u128 = fraction.parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    let value = u128::from(whole).checked_mul(u128::from(factor))? + fraction * u128::from(factor) / scale;
    u64::try_from(value).ok()
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        amount(text, SIZE_UNITS).map(Self).ok_or_else(|| {
            UnitError(format!("\"{text}\" is not a size; write for example {}", size_example(text)))
        })
    }
}

/// What was probably meant: the same number with a unit that exists.
fn size_example(text: &str) -> String {
    let squeezed: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    let end = squeezed.find(|character: char| !character.is_ascii_digit()).unwrap_or(squeezed.len());
    let (number, unit) = squeezed.split_at(end);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "k" | "kib" => "KiB",
        "kb" => "kB",
        "m" | "mib" => "MiB",
        "mb" => "MB",
        "gb" => "GB",
        "t" | "tib" => "TiB",
        "tb" => "TB",
        _ => "GiB",
    };
    let example = format!("{number}{unit}");
    if amount(&example, SIZE_UNITS).is_some() { example } else { "10GiB".to_owned() }
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        amount(text, TIME_UNITS_MS).map(|ms| Self(Duration::from_millis(ms))).ok_or_else(|| {
            UnitError(format!("\"{text}\" is not a span of time; write for example 30d, 24h, 15m or 10s"))
        })
    }
}

impl FromStr for Cpus {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        amount(text, &[("", 1000)]).filter(|thousandths| *thousandths > 0).map(Self).ok_or_else(|| {
            UnitError(format!("\"{text}\" is not a number of CPUs; write for example 2 or 0.5"))
        })
    }
}

impl Cpus {
    /// The CPUs of so much CPU time in a period of time of the same unit.
    pub fn of_quota(quota: u64, period: u64) -> Option<Self> {
        let thousandths = quota.checked_mul(1000)?.checked_div(period)?;
        Some(Self(thousandths.max(1)))
    }

    /// As whole CPUs, rounded up.
    pub fn whole(self) -> usize {
        usize::try_from(self.0.div_ceil(1000)).unwrap_or(usize::MAX)
    }
}

impl FromStr for ListenAddress {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if let Ok(address) = text.parse() {
            return Ok(Self(address));
        }
        if let Some(port) = text.strip_prefix("localhost:").and_then(|port| port.parse().ok()) {
            return Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        Err(UnitError(format!(
            "\"{text}\" is not an address to listen on; write an IP address and a port, for example 127.0.0.1:2666"
        )))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `1.5 GiB`: a size for people.
pub fn size_text(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1} TiB")
}

macro_rules! written_as_text {
    ($type:ty, $name:literal, $number:literal, $description:literal, $pattern:literal) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": ["string", $number], "description": $description, "pattern": $pattern })
            }
        }
    };
}

written_as_text!(
    Size,
    "Size",
    "integer",
    "A number of bytes: 512MiB, 10GB, 4096.",
    r"^[0-9]+(\.[0-9]{1,9})?(B|kB|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$"
);
written_as_text!(
    Span,
    "Span",
    "integer",
    "A span of time: 30d, 24h, 15m, 10s, 500ms.",
    r"^[0-9]+(\.[0-9]{1,9})?(ms|s|m|h|d|w)$"
);
written_as_text!(
    Cpus,
    "Cpus",
    "number",
    "A number of CPUs, more than 0: 2, 0.5.",
    r"^[0-9]+(\.[0-9]{1,9})?$"
);
written_as_text!(
    ListenAddress,
    "ListenAddress",
    "integer",
    "An IP address (or localhost) and a port.",
    r"^(localhost|[0-9.]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("0", Ok(0)),
            ("4096", Ok(4096)),
            ("10GiB", Ok(10 << 30)),
            ("1.5KiB", Ok(1536)),
            ("10GB", Ok(10_000_000_000)),
            ("1kB", Ok(1000)),
            ("10 GIB", Err("\"10 GIB\" is not a size; write for example 10GiB")),
            ("5m", Err("\"5m\" is not a size; write for example 5MiB")),
            ("", Err("\"\" is not a size; write for example 10GiB")),
            ("-1", Err("\"-1\" is not a size; write for example 10GiB")),
            ("99999999TiB", Err("\"99999999TiB\" is not a size; write for example 10GiB")),
            ("1e3", Err("\"1e3\" is not a size; write for example 1GiB")),
            (".5GiB", Err("\".5GiB\" is not a size; write for example 10GiB")),
        ] {
            let result = text.parse::<Size>().map(|size| size.0).map_err(|error| error.to_string());
            assert_eq!(result, expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn spans_of_time() {
        for (text, expected) in [
            ("30d", Some(2_592_000_000)),
            ("24h", Some(86_400_000)),
            ("15m", Some(900_000)),
            ("1.5s", Some(1500)),
            ("500ms", Some(500)),
            ("30", None),
            ("1y", None),
            ("h", None),
            ("99999999999999999999d", None),
        ] {
            let result = text.parse::<Span>().ok().map(|span| span.0.as_millis());
            assert_eq!(result, expected, "{text}");
        }
    }

    #[test]
    fn numbers_of_cpus() {
        for (text, whole) in [
            ("2", Some(2)),
            ("0.5", Some(1)),
            ("1.001", Some(2)),
            ("0.001", Some(1)),
            ("0", None),
            ("0.0", None),
            ("-1", None),
            ("two", None),
            ("1.5 ", None),
            ("500m", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Cpus>().ok().map(Cpus::whole), whole, "{text}");
        }
        for (quota, period, whole) in [
            (200_000, 100_000, Some(2)),
            (50_000, 100_000, Some(1)),
            (250_000, 100_000, Some(3)),
            (1, 1_000_000, Some(1)),
            (1000, 0, None),
            (u64::MAX, 1, None),
        ] {
            assert_eq!(Cpus::of_quota(quota, period).map(Cpus::whole), whole, "{quota}/{period}");
        }
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("127.0.0.1:2666", Some("127.0.0.1:2666")),
            ("localhost:80", Some("127.0.0.1:80")),
            ("[::1]:2666", Some("[::1]:2666")),
            ("2666", None),
            (":2666", None),
            ("example.com:80", None),
            ("localhost:99999", None),
        ] {
            let result = text.parse::<ListenAddress>().ok().map(|address| address.to_string());
            assert_eq!(result.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn sizes_for_people() {
        for (bytes, text) in
            [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (10 << 30, "10.0 GiB"), (5 << 40, "5.0 TiB")]
        {
            assert_eq!(size_text(bytes), text);
        }
    }
}
