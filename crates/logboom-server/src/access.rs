//! Who may ask what, decided from the request's head alone, before any route runs.
//!
//! | listener | reading | changing |
//! | --- | --- | --- |
//! | loopback | anybody on this machine | the token as bearer |
//! | any other | the token as bearer, or the login cookie | the token as bearer |
//!
//! `/healthz` and `/readyz` are open on both. On every listener the `Host` must be a name of this server, so that a
//! page whose DNS name was rebound to this address reads nothing, and requests of other origins are refused.

use std::net::IpAddr;

use axum::response::{IntoResponse, Response};
use hyper::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, LOCATION, ORIGIN, SET_COOKIE};
use hyper::{Method, StatusCode};

use crate::answer::Problem;
use crate::host::{Authority, HostName, canonical, is_wildcard};
use crate::routes::Route;
use crate::token::Token;
use crate::{ServerError, ServerOptions, limits};

const LOGIN_COOKIE: &str = "logboom_login";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The rules of one listener.
pub(crate) struct Access {
    address: IpAddr,
    tls: bool,
    hosts: Vec<HostName>,
    token: Option<Token>,
}

impl Access {
    /// Refuses settings that would open the logs to others.
    pub fn new(options: &ServerOptions) -> Result<Self, ServerError> {
        let address = canonical(options.listen.ip());
        if !address.is_loopback() {
            require_protection(options)?;
        }
        Ok(Self {
            address,
            tls: options.tls.is_some(),
            hosts: options.hosts.iter().map(|name| host_name(name)).collect::<Result<_, _>>()?,
            token: options.token.as_deref().map(Token::new).transpose()?,
        })
    }

    /// Lets a request through, or says why not.
    pub fn admit(&self, method: &Method, route: Route, headers: &HeaderMap) -> Result<(), Problem> {
        if route.is_probe() && is_read(method) {
            return Ok(());
        }
        let host = self.check_host(headers)?;
        self.check_origin(&host, route, headers)?;
        self.check_token(method, headers)
    }

    /// The answer to `/?token=…`: a login cookie and the page without the token in its address, or 401.
    pub fn login(&self, presented: &str) -> Response {
        match self.token.as_ref().filter(|token| token.matches(presented.as_bytes())) {
            Some(token) => {
                let secure = if self.tls { "; Secure" } else { "" };
                let cookie = format!(
                    "{LOGIN_COOKIE}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
                    token.login(),
                    limits::LOGIN_SECONDS
                );
                (StatusCode::SEE_OTHER, [(LOCATION, "/".to_owned()), (SET_COOKIE, cookie)]).into_response()
            }
            None => unauthorized("the token is wrong").into_response(),
        }
    }

    /// Whether a request may log in: everything but the token itself must be right.
    pub fn admit_login(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let host = self.check_host(headers)?;
        self.check_origin(&host, Route::Page, headers)
    }

    fn check_host(&self, headers: &HeaderMap) -> Result<Authority, Problem> {
        let mut values = headers.get_all(HOST).iter();
        let authority = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().and_then(Authority::parse),
            _ => None,
        };
        let Some(authority) = authority else {
            return Err(Problem::bad_request(
                "the request needs one Host header with a host name or address",
            ));
        };
        if self.is_ours(&authority.host) {
            return Ok(authority);
        }
        let problem =
            Problem::new(StatusCode::MISDIRECTED_REQUEST, "this server does not answer to that Host name");
        Err(problem.hint("call it by localhost or its address, or add the name to its allowed hosts"))
    }

    fn is_ours(&self, host: &HostName) -> bool {
        let listened = match host {
            HostName::Address(address) => *address == self.address || is_wildcard(self.address),
            HostName::Name(_) => false,
        };
        host.is_loopback() || listened || self.hosts.contains(host)
    }

    /// Another site's page may link here, but neither read nor change anything.
    fn check_origin(&self, host: &Authority, route: Route, headers: &HeaderMap) -> Result<(), Problem> {
        let cross_origin = || {
            Problem::new(StatusCode::FORBIDDEN, "requests of other origins are refused")
                .hint("use the page of this server, or a client that sends no Origin header")
        };
        for origin in headers.get_all(ORIGIN) {
            if !origin.to_str().is_ok_and(|origin| self.is_same_origin(origin, host)) {
                return Err(cross_origin());
            }
        }
        let header_is =
            |name: &HeaderName, value: &str| headers.get(name).is_some_and(|found| found == value);
        let other_site = header_is(&FETCH_SITE, "cross-site") || header_is(&FETCH_SITE, "same-site");
        if route.is_api() && other_site && !header_is(&FETCH_MODE, "navigate") {
            return Err(cross_origin());
        }
        Ok(())
    }

    /// The origin's host and port are those of `Host`. Behind a proxy that ends TLS the browser says `https` where
    /// this listener knows only `http`; the other way round is never right.
    fn is_same_origin(&self, origin: &str, host: &Authority) -> bool {
        let (authority, default_port) = match origin.split_once("://") {
            Some(("https", authority)) => (authority, 443),
            Some(("http", authority)) if !self.tls => (authority, 80),
            _ => return false,
        };
        Authority::parse(authority).is_some_and(|origin| {
            origin.host == host.host
                && origin.port.unwrap_or(default_port) == host.port.unwrap_or(default_port)
        })
    }

    fn check_token(&self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        let bearer = || {
            let presented = bearer(headers)?;
            self.token.as_ref().filter(|token| token.matches(presented))
        };
        if !is_read(method) {
            return match bearer() {
                Some(_) => Ok(()),
                None => Err(unauthorized("every change needs the token")),
            };
        }
        if self.address.is_loopback() || bearer().is_some() || self.has_login(headers) {
            return Ok(());
        }
        Err(unauthorized("this address needs the token"))
    }

    fn has_login(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return false };
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == LOGIN_COOKIE && token.matches_login(value.as_bytes()))
    }
}

fn host_name(name: &str) -> Result<HostName, ServerError> {
    HostName::parse(name).ok_or_else(|| ServerError::HostName { name: name.to_owned() })
}

fn require_protection(options: &ServerOptions) -> Result<(), ServerError> {
    let (problem, fix) = if options.token.is_none() {
        ("there is no token", "set a token, or listen on 127.0.0.1")
    } else if options.tls.is_none() && !options.insecure {
        (
            "logs and the token would cross the network unencrypted",
            "set tls.cert and tls.key, or `insecure: true` if another program encrypts, or listen on 127.0.0.1",
        )
    } else {
        return Ok(());
    };
    Err(ServerError::Insecure { listen: options.listen, problem, fix })
}

fn unauthorized(message: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, message).hint(
        "send `Authorization: Bearer <token>`; in a browser open /?token=<token> once. \
         The token is in the file `token` of the data directory",
    )
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}
