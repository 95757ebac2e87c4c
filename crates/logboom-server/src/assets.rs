//! The page, embedded in the binary at build time by `build.rs`: paths, content types, caching.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH};
use xxhash_rust::xxh3::xxh3_128;

use crate::answer::Problem;

/// Every file of the page, sorted by path.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

static ASSETS: LazyLock<Vec<Asset>> =
    LazyLock::new(|| FILES.iter().map(|&(path, bytes)| Asset::new(path, bytes)).collect());

/// One embedded file.
pub(crate) struct Asset {
    path: &'static str,
    bytes: &'static [u8],
    etag: String,
    content_type: &'static str,
    cache_control: &'static str,
}

impl Asset {
    fn new(path: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            path,
            bytes,
            etag: format!("\"{:032x}\"", xxh3_128(bytes)),
            content_type: content_type(path),
            cache_control: if is_hashed(path) { "public, max-age=31536000, immutable" } else { "no-cache" },
        }
    }
}

/// The file at a path of a URL; `/index.html` is found as `/` too.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    let path = if path == "/" { "/index.html" } else { path };
    ASSETS.iter().find(|asset| asset.path == path)
}

/// `GET /`.
pub(crate) async fn page(request: Request) -> Response {
    match find("/") {
        Some(asset) => response(asset, request.headers()),
        None => Problem::new(StatusCode::NOT_FOUND, "this build has no page").into_response(),
    }
}

/// The file, or 304 when the client has it.
pub(crate) fn response(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let caching = [(ETAG, asset.etag.as_str()), (CACHE_CONTROL, asset.cache_control)];
    if has_current(headers, &asset.etag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, asset.content_type)], asset.bytes).into_response()
}

fn has_current(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = values.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Vite puts a hash of the content into the names below `assets/`: another content is another name.
fn is_hashed(path: &str) -> bool {
    let Some(name) = path.strip_prefix("/assets/") else { return false };
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    stem.len() > 9
        && stem.as_bytes()[stem.len() - 9] == b'-'
        && stem.bytes().rev().take(8).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "webmanifest") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_cached_for_ever() {
        for (path, expected) in [
            ("/assets/index-B3xYz_9-.js", true),
            ("/assets/index-DiwrgTda.css", true),
            ("/assets/logo.svg", false),
            ("/assets/-DiwrgTd.js", false),
            ("/index.html", false),
            ("/index-DiwrgTda.js", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }

    #[test]
    fn there_is_a_page_and_no_path_leaves_the_table() {
        assert!(find("/").is_some_and(|asset| asset.bytes.starts_with(b"<!")));
        for path in ["/../Cargo.toml", "/index.html/", "//", "/%2e%2e/x", ""] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
