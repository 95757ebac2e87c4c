//! serde over a [`Node`]: the settings' own types say what fits, this file says where it did not.
//!
//! Errors carry the place and the key path of the value that was refused. [`decode`] goes on after each one without
//! that value, so that one run reports every mistake of a file.

use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::document::{Entry, Node, Value};
use super::problem::{Place, Problem, Step};

/// Mistakes reported of one file; whoever has more has the wrong file.
const PROBLEMS_MAX: usize = 50;

/// Reads a tree into `T`, whose fields all have defaults; what does not fit is reported and left at its default.
pub fn decode<T: DeserializeOwned>(root: &mut Node, problems: &mut Vec<Problem>) -> Option<T> {
    loop {
        match T::deserialize(NodeDeserializer { node: root }) {
            Ok(value) => return Some(value),
            Err(error) => {
                let problem = error.into_problem(root.place);
                let skipped = root.skip(&problem.path);
                problems.push(problem);
                if !skipped || problems.len() >= PROBLEMS_MAX {
                    return None;
                }
            }
        }
    }
}

/// A value that does not fit; the path grows while the error goes up.
#[derive(Debug)]
struct DecodeError {
    message: String,
    place: Option<Place>,
    path_reversed: Vec<Step>,
}

impl DecodeError {
    fn inside(mut self, step: Step, place: Place) -> Self {
        self.place.get_or_insert(place);
        self.path_reversed.push(step);
        self
    }

    fn into_problem(mut self, root: Place) -> Problem {
        self.path_reversed.reverse();
        Problem { place: Some(self.place.unwrap_or(root)), path: self.path_reversed, message: self.message }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), place: None, path_reversed: Vec::new() }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format!("{} does not fit; expected {expected}", found(&unexpected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let mut error = Self::custom(format!("no such setting{}", suggestion(field, expected)));
        error.path_reversed.push(Step::Key(field.to_owned()));
        error
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("\"{variant}\" does not exist here{}", suggestion(variant, expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("{field} is missing"))
    }
}

fn found(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a group of settings".to_owned(),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        other => other.to_string(),
    }
}

fn suggestion(given: &str, known: &[&str]) -> String {
    let lower = given.to_ascii_lowercase();
    let distance = |name: &&&str| strsim::damerau_levenshtein(&lower, name);
    match known.iter().min_by_key(distance).filter(|name| distance(name) <= 1 + name.len() / 4) {
        Some(name) => format!("; did you mean {name}?"),
        None if known.is_empty() => String::new(),
        None => format!("; what fits here: {}", known.join(", ")),
    }
}

struct NodeDeserializer<'a> {
    node: &'a Node,
}

impl NodeDeserializer<'_> {
    fn scalar(&self, expected: &str) -> Result<&str, DecodeError> {
        match &self.node.value {
            Value::Scalar { text, .. } if !self.node.is_null() => Ok(text),
            Value::Scalar { .. } => Err(de::Error::custom(format!("has no value; expected {expected}"))),
            Value::List(_) => Err(de::Error::custom(format!("a list does not fit; expected {expected}"))),
            _ => Err(de::Error::custom(format!("a group of settings does not fit; expected {expected}"))),
        }
    }

    fn bool(&self) -> Result<bool, DecodeError> {
        match self.scalar("true or false")? {
            "true" | "True" | "TRUE" => Ok(true),
            "false" | "False" | "FALSE" => Ok(false),
            text => Err(de::Error::custom(format!("\"{text}\" is not true or false"))),
        }
    }

    fn number<T: std::str::FromStr>(&self, expected: &str) -> Result<T, DecodeError> {
        let text = self.scalar(expected)?;
        text.parse().map_err(|_| de::Error::custom(format!("\"{text}\" does not fit; expected {expected}")))
    }
}

macro_rules! numbers {
    ($($method:ident => $visit:ident, $expected:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            visitor.$visit(self.number($expected)?)
        })*
    };
}

impl<'de> de::Deserializer<'de> for NodeDeserializer<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
            _ if self.node.is_null() => visitor.visit_unit(),
            _ => self.deserialize_str(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_bool(self.bool()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_str(self.scalar("text")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items { items, index: 0 }),
            _ if self.node.is_null() => visitor.visit_seq(Items { items: &[], index: 0 }),
            Value::Map(_) => Err(de::Error::custom("a group of settings does not fit; expected a list: - …")),
            _ => Err(de::Error::custom("expected a list: - …")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Map(entries) => visitor.visit_map(Entries { entries, index: 0 }),
            _ if self.node.is_null() => visitor.visit_map(Entries { entries: &[], index: 0 }),
            Value::List(_) => Err(de::Error::custom("a list does not fit; expected a group of settings")),
            _ => Err(de::Error::custom("expected a group of settings")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let expected = format!("one of {}", variants.join(", "));
        visitor.visit_enum(Variant { text: self.scalar(&expected)? })
    }

    numbers! {
        deserialize_u8 => visit_u8, "a number from 0 to 255";
        deserialize_u16 => visit_u16, "a number from 0 to 65535";
        deserialize_u32 => visit_u32, "a whole number";
        deserialize_u64 => visit_u64, "a whole number";
        deserialize_i64 => visit_i64, "a whole number";
        deserialize_f64 => visit_f64, "a number";
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 f32 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

struct Items<'a> {
    items: &'a [Node],
    index: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        while let Some(node) = self.items.get(self.index) {
            let index = self.index;
            self.index += 1;
            if matches!(node.value, Value::Skipped) {
                continue;
            }
            let item = seed.deserialize(NodeDeserializer { node });
            return item.map(Some).map_err(|error| error.inside(Step::Index(index), node.place));
        }
        Ok(None)
    }
}

struct Entries<'a> {
    entries: &'a [Entry],
    index: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        while let Some(entry) = self.entries.get(self.index) {
            if matches!(entry.node.value, Value::Skipped) {
                self.index += 1;
                continue;
            }
            let key = seed.deserialize(de::value::StrDeserializer::new(&entry.key));
            return key.map(Some).map_err(|mut error: DecodeError| {
                error.place.get_or_insert(entry.place);
                error
            });
        }
        Ok(None)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, DecodeError> {
        let entry =
            self.entries.get(self.index).ok_or_else(|| de::Error::custom("a value before its key"))?;
        self.index += 1;
        seed.deserialize(NodeDeserializer { node: &entry.node })
            .map_err(|error| error.inside(Step::Key(entry.key.clone()), entry.node.place))
    }
}

struct Variant<'a> {
    text: &'a str,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), DecodeError> {
        Ok((seed.deserialize(de::value::StrDeserializer::new(self.text))?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, DecodeError> {
        Err(de::Error::custom("expected a plain word"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, DecodeError> {
        Err(de::Error::custom("expected a plain word"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, DecodeError> {
        Err(de::Error::custom("expected a plain word"))
    }
}
