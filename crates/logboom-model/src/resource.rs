//! What produced a record: host, container, image, orchestrator, service. OpenTelemetry names, string values.
//!
//! A resource is immutable and shared by `Arc`; its id is the hash of its canonical (sorted) attributes, so that
//! equal metadata is one resource wherever and whenever it is seen.

use std::fmt;

use xxhash_rust::xxh3::Xxh3;

use crate::limits;

/// Names of resource attributes, as in the OpenTelemetry semantic conventions.
pub mod attribute {
    /// The service a person thinks in; see `service_name` in README for the rule.
    pub const SERVICE_NAME: &str = "service.name";
    /// The Docker host's name, as the engine reports it.
    pub const HOST_NAME: &str = "host.name";
    /// Full container id, 64 hex digits.
    pub const CONTAINER_ID: &str = "container.id";
    /// Container name without the leading slash.
    pub const CONTAINER_NAME: &str = "container.name";
    /// Image name as given to `docker run`, tag and all.
    pub const IMAGE_NAME: &str = "container.image.name";
    /// Image id, `sha256:…`.
    pub const IMAGE_ID: &str = "container.image.id";
    /// Prefix of container labels.
    pub const LABEL_PREFIX: &str = "container.label.";
}

/// Hash of a resource's canonical attributes (XXH3, 128 bits): stable over versions of logboom, it is stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u128);

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceId({self})")
    }
}

/// An immutable set of attributes, sorted by name, each name once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    id: ResourceId,
    attributes: Box<[(Box<str>, Box<str>)]>,
}

impl Resource {
    /// A builder without attributes.
    pub fn builder() -> ResourceBuilder {
        ResourceBuilder::default()
    }

    /// The hash of the canonical attributes.
    pub fn id(&self) -> ResourceId {
        self.id
    }

    /// The value of one attribute, by its dotted name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.attributes.binary_search_by(|(key, _)| key.as_ref().cmp(name)).ok()?;
        Some(&self.attributes[index].1)
    }

    /// Every attribute in order of names.
    pub fn attributes(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// `container.id`, empty when there is none.
    pub fn container_id(&self) -> &str {
        self.get(attribute::CONTAINER_ID).unwrap_or_default()
    }

    /// `container.name`, empty when there is none.
    pub fn container_name(&self) -> &str {
        self.get(attribute::CONTAINER_NAME).unwrap_or_default()
    }

    /// `service.name`, empty when there is none.
    pub fn service_name(&self) -> &str {
        self.get(attribute::SERVICE_NAME).unwrap_or_default()
    }
}

/// Collects attributes; later values win, empty values are left out, limits of [`limits`] hold.
#[derive(Debug, Clone, Default)]
pub struct ResourceBuilder {
    attributes: Vec<(Box<str>, Box<str>)>,
}

impl ResourceBuilder {
    /// Sets one attribute; an empty value leaves it as it was.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Sets one attribute; an empty value leaves it as it was. Beyond the limit of attributes new names are ignored.
    pub fn set(&mut self, name: &str, value: &str) {
        if name.is_empty() || value.is_empty() {
            return;
        }
        let (name, value) = (cut(name), cut(value));
        match self.attributes.binary_search_by(|(key, _)| key.as_ref().cmp(name)) {
            Ok(index) => self.attributes[index].1 = value.into(),
            Err(_) if self.attributes.len() >= limits::RESOURCE_ATTRIBUTES_MAX => {}
            Err(index) => self.attributes.insert(index, (name.into(), value.into())),
        }
    }

    /// Whether an attribute was set.
    pub fn get(&self, name: &str) -> Option<&str> {
        let index = self.attributes.binary_search_by(|(key, _)| key.as_ref().cmp(name)).ok()?;
        Some(&self.attributes[index].1)
    }

    /// The finished resource with its id.
    pub fn build(self) -> Resource {
        let mut hash = Xxh3::new();
        for (name, value) in &self.attributes {
            for part in [name, value] {
                hash.update(&(part.len() as u32).to_le_bytes());
                hash.update(part.as_bytes());
            }
        }
        Resource { id: ResourceId(hash.digest128()), attributes: self.attributes.into_boxed_slice() }
    }
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(limits::RESOURCE_VALUE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_attributes_in_any_order_are_one_resource() {
        let one = Resource::builder().with("a", "1").with("b", "2").build();
        let two = Resource::builder().with("b", "2").with("a", "0").with("a", "1").build();
        assert_eq!(one, two);
        assert_eq!(one.get("a"), Some("1"));
        assert_ne!(one.id(), Resource::builder().with("a", "12").with("b", "").build().id());
    }

    #[test]
    fn the_id_is_stable_because_it_is_stored() {
        let id = Resource::builder().with("container.name", "web").build().id();
        assert_eq!(id.to_string(), "e2902b7d2453a8a924ae8371f753fd87");
    }

    #[test]
    fn values_are_cut_at_a_character() {
        let long = "é".repeat(limits::RESOURCE_VALUE_BYTES_MAX);
        let resource = Resource::builder().with("a", &long).build();
        assert!(resource.get("a").is_some_and(|value| value.len() <= limits::RESOURCE_VALUE_BYTES_MAX));
    }
}
