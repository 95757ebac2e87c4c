//! The reader for every other form of a record: any order, whitespace, extra, missing and double keys. serde_json
//! does the reading.

use std::borrow::Cow;
use std::fmt;

use logboom_model::{Stream, parse_rfc3339};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::unescape::replace_half_surrogates;
use super::{Decoded, is_attributes};

/// Appends the text of a record to `out`; `None` (and nothing appended) when the line is no record.
pub(super) fn read<'a>(line: &'a [u8], out: &mut Vec<u8>) -> Option<Decoded<'a>> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    match replace_half_surrogates(line) {
        Cow::Borrowed(line) => read_whole(line, out),
        Cow::Owned(line) => read_whole(&line, out).map(|decoded| Decoded {
            stream: decoded.stream,
            time: decoded.time,
            attributes: Cow::Owned(decoded.attributes.into_owned()),
        }),
    }
}

fn read_whole<'a>(line: &'a [u8], out: &mut Vec<u8>) -> Option<Decoded<'a>> {
    let object: Object<'_> = serde_json::from_slice(line).ok()?;
    let stream = match object.stream.as_deref() {
        None | Some(b"") => Stream::None,
        Some(b"stdout") => Stream::Stdout,
        Some(b"stderr") => Stream::Stderr,
        Some(_) => return None,
    };
    let time = parse_rfc3339(object.time.as_deref()?).ok()?;
    let attributes = match object.attrs.map(RawValue::get) {
        None | Some("{}") => "",
        Some(raw) if is_attributes(raw) => raw,
        Some(_) => return None,
    };
    match &object.log {
        Some(log) => out.extend_from_slice(log),
        None if object.has_other_keys || stream == Stream::None => return None,
        None => {}
    }
    Some(Decoded { stream, time, attributes: Cow::Borrowed(attributes.as_bytes()) })
}

#[derive(Default)]
struct Object<'a> {
    log: Option<Cow<'a, [u8]>>,
    stream: Option<Cow<'a, [u8]>>,
    time: Option<Cow<'a, [u8]>>,
    attrs: Option<&'a RawValue>,
    has_other_keys: bool,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of json-file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut object = Object::default();
        while let Some(Bytes(key)) = map.next_key()? {
            match &key[..] {
                b"log" => object.log = map.next_value::<Option<Bytes<'_>>>()?.map(|bytes| bytes.0),
                b"stream" => object.stream = map.next_value::<Option<Bytes<'_>>>()?.map(|bytes| bytes.0),
                b"time" => object.time = map.next_value::<Option<Bytes<'_>>>()?.map(|bytes| bytes.0),
                b"attrs" => object.attrs = map.next_value::<Option<&RawValue>>()?,
                _ => {
                    object.has_other_keys = true;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(object)
    }
}

/// A JSON string as bytes, UTF-8 or not.
struct Bytes<'a>(Cow<'a, [u8]>);

impl<'de> Deserialize<'de> for Bytes<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Borrowed(bytes)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Owned(bytes.to_vec())))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Borrowed(text.as_bytes())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Bytes<'de>, E> {
        Ok(Bytes(Cow::Owned(text.as_bytes().to_vec())))
    }
}
