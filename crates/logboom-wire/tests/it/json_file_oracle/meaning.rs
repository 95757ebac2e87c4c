//! What a line of json-file means, by serde_json alone; the fuzz target includes this file too.

use logboom_model::{Stream, parse_rfc3339};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// What a line means: stream, time, text, attributes; `None` when it is no record.
pub(crate) type Meaning = Option<(Stream, i64, Vec<u8>, Vec<u8>)>;

/// The meaning of a line without NULs in front, by serde_json alone.
pub(crate) fn meaning(line: &[u8]) -> Meaning {
    let members = serde_json::from_slice::<Members>(line).ok()?.0;
    let last =
        |name: &str| members.iter().rev().find(|(key, _)| key == name.as_bytes()).map(|(_, value)| value);
    let text = |name: &str| match last(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::Text(text)) => Some(Some(text.clone())),
        Some(_) => None,
    };
    // A wrong type counts even where a later member of the name would win.
    for (key, value) in &members {
        let fits = match &key[..] {
            b"log" | b"stream" | b"time" => matches!(value, Value::Null | Value::Text(_)),
            _ => true,
        };
        if !fits {
            return None;
        }
    }
    let stream = match text("stream")?.as_deref() {
        None | Some(b"") => Stream::None,
        Some(b"stdout") => Stream::Stdout,
        Some(b"stderr") => Stream::Stderr,
        _ => return None,
    };
    let time = parse_rfc3339(&text("time")??).ok()?;
    let known: [&[u8]; 4] = [b"log", b"stream", b"time", b"attrs"];
    let log = match text("log")? {
        Some(log) => log,
        None if stream == Stream::None || members.iter().any(|(key, _)| !known.contains(&&key[..])) => {
            return None;
        }
        None => Vec::new(),
    };
    let attributes = match last("attrs") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Raw(raw)) => {
            let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(raw).ok()?;
            if object.is_empty() && raw.len() == 2 { Vec::new() } else { raw.clone().into_bytes() }
        }
        Some(_) => return None,
    };
    Some((stream, time, log, attributes))
}

enum Value {
    Null,
    Text(Vec<u8>),
    Raw(String),
    Other,
}

struct Members(Vec<(Vec<u8>, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(Text(key)) = map.next_key()? {
                    let value = match &key[..] {
                        b"log" | b"stream" | b"time" => match map.next_value::<Option<Text>>()? {
                            Some(Text(text)) => Value::Text(text),
                            None => Value::Null,
                        },
                        b"attrs" => match map.next_value::<Option<Box<RawValue>>>()? {
                            Some(raw) => Value::Raw(raw.get().to_owned()),
                            None => Value::Null,
                        },
                        _ => map.next_value::<IgnoredAny>().map(|_| Value::Other)?,
                    };
                    members.push((key, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// serde_json keeps half surrogates as three bytes; in lines that are UTF-8 they can be told apart.
struct Text(Vec<u8>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Text;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(Text(without_half_surrogates(bytes)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.into()))
            }
        }
        deserializer.deserialize_bytes(TextVisitor)
    }
}

fn without_half_surrogates(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for at in 0..out.len().saturating_sub(2) {
        if out[at] == 0xed && out[at + 1] >= 0xa0 && out[at + 2] & 0xc0 == 0x80 {
            out[at..at + 3].copy_from_slice("\u{fffd}".as_bytes());
        }
    }
    out
}
