//! Reads an authority (`name[:port]`, `[v6]:port`) as in `Host` and `Origin`, and says which names are this server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host as a client named it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    /// Address or lower-case name without its final dot.
    pub host: HostName,
    /// Absent when the client left it to the scheme.
    pub port: Option<u16>,
}

/// An address, or a DNS name in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostName {
    /// An address literal; IPv4-mapped IPv6 is IPv4.
    Address(IpAddr),
    /// Anything else made of letters, digits, `-`, `_` and dots.
    Name(String),
}

impl Authority {
    /// `None` for anything that is not a plain `host[:port]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (inside, rest) = rest.split_once(']')?;
                let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) };
                (HostName::Address(canonical(IpAddr::V6(inside.parse::<Ipv6Addr>().ok()?))), port)
            }
            None => {
                let (host, port) = match text.split_once(':') {
                    Some((host, port)) => (host, Some(port)),
                    None => (text, None),
                };
                (HostName::parse(host)?, port)
            }
        };
        let port = match port {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None => None,
        };
        Some(Self { host, port })
    }
}

impl HostName {
    /// A name or an IPv4 literal; IPv6 literals only without brackets (as in configuration).
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(canonical(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        (!name.is_empty() && name.bytes().all(plain)).then(|| Self::Name(name.to_ascii_lowercase()))
    }

    /// Names that mean this machine to every resolver, whatever a DNS server says.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
        }
    }
}

/// IPv4-mapped addresses as IPv4.
pub(crate) fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Whether an address stands for all addresses of the machine.
pub(crate) fn is_wildcard(address: IpAddr) -> bool {
    address == IpAddr::V4(Ipv4Addr::UNSPECIFIED) || address == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        HostName::Name(text.to_owned())
    }

    fn address(text: &str) -> HostName {
        HostName::Address(text.parse().unwrap())
    }

    #[test]
    fn authorities() {
        for (text, expected) in [
            ("localhost", Some((name("localhost"), None))),
            ("LocalHost.:2666", Some((name("localhost"), Some(2666)))),
            ("127.0.0.1:80", Some((address("127.0.0.1"), Some(80)))),
            ("[::1]:80", Some((address("::1"), Some(80)))),
            ("[::ffff:127.0.0.1]", Some((address("127.0.0.1"), None))),
            ("my_host-1.example", Some((name("my_host-1.example"), None))),
            ("", None),
            (":80", None),
            ("a:b", None),
            ("a:70000", None),
            ("a:+1", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]x", None),
            ("user@localhost", None),
            ("localhost/x", None),
            ("lo calhost", None),
            ("l\u{f6}calhost", None),
        ] {
            let parsed = Authority::parse(text).map(|authority| (authority.host, authority.port));
            assert_eq!(parsed, expected, "{text:?}");
        }
    }

    #[test]
    fn only_names_that_cannot_be_rebound_are_loopback() {
        for (text, expected) in [
            ("localhost", true),
            ("app.localhost", true),
            ("127.8.9.1", true),
            ("[::1]", true),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("evillocalhost", false),
            ("10.0.0.1", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(Authority::parse(text).unwrap().host.is_loopback(), expected, "{text}");
        }
    }
}
