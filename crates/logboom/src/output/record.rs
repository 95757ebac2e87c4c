//! The fields of a record's JSON object that text and CSV show.

use std::borrow::Cow;
use std::io;

use base64::Engine as _;
use serde::Deserialize;

/// A record as the HTTP API prints it, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecordLine<'a> {
    /// RFC 3339, nine digits of fraction.
    #[serde(borrow)]
    pub time: Cow<'a, str>,
    /// Number in the local log.
    pub seq: u64,
    /// `trace` … `fatal`, or empty.
    #[serde(borrow)]
    pub severity: Cow<'a, str>,
    /// The line, when it is UTF-8.
    #[serde(borrow)]
    body: Option<Cow<'a, str>>,
    /// The line otherwise.
    #[serde(borrow)]
    body_base64: Option<Cow<'a, str>>,
    /// `stdout`, `stderr` or empty.
    #[serde(borrow)]
    pub stream: Cow<'a, str>,
    /// Full id.
    #[serde(borrow)]
    pub container_id: Cow<'a, str>,
    /// Name without slash.
    #[serde(borrow)]
    pub container_name: Cow<'a, str>,
    /// `gap` or `lifecycle` for rows that no container wrote.
    #[serde(borrow)]
    pub kind: Option<Cow<'a, str>>,
    /// What produced it.
    #[serde(borrow)]
    resource: ResourceLine<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ResourceLine<'a> {
    #[serde(borrow, rename = "service.name")]
    service_name: Cow<'a, str>,
    #[serde(borrow, rename = "host.name")]
    host_name: Cow<'a, str>,
}

impl<'a> RecordLine<'a> {
    /// Reads one JSON object.
    pub fn parse(json: &'a [u8]) -> io::Result<Self> {
        serde_json::from_slice(json).map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("logboom sent what is not a record: {error}"))
        })
    }

    /// The bytes of the line.
    pub fn body(&self) -> Cow<'_, [u8]> {
        match (&self.body, &self.body_base64) {
            (Some(body), _) => Cow::Borrowed(body.as_bytes()),
            (None, Some(encoded)) => Cow::Owned(
                base64::engine::general_purpose::STANDARD.decode(encoded.as_bytes()).unwrap_or_default(),
            ),
            (None, None) => Cow::Borrowed(b""),
        }
    }

    /// The name a person knows the producer by: the container's, else the service's, else the host's.
    pub fn producer(&self) -> &str {
        [&self.container_name, &self.resource.service_name, &self.resource.host_name]
            .into_iter()
            .find(|name| !name.is_empty())
            .map_or("-", |name| name.as_ref())
    }

    /// `service.name`, or empty.
    pub fn service_name(&self) -> &str {
        &self.resource.service_name
    }
}
