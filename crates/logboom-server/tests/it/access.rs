//! Who may ask what: one table for loopback listeners, one for others.

use logboom_server::{ServerError, ServerOptions, serve};

use crate::support::{Rig, TOKEN, client, in_time};

/// Sends one request with exactly these headers; returns the status.
async fn status(rig: &Rig, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let answer = rig.raw(request.as_bytes()).await;
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

#[tokio::test]
async fn on_loopback_reading_is_open_to_this_machine_and_to_no_web_page() {
    let rig = Rig::start_with(|options| {
        options.token = Some(TOKEN.to_owned());
        options.hosts = vec!["logs.example".to_owned()];
    })
    .await;
    let port = rig.address.port();
    let (local, other_port) = (format!("127.0.0.1:{port}"), format!("http://localhost:{}", port ^ 1));
    let (same, named) = (format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}"));
    let bearer = format!("Bearer {TOKEN}");
    let api = "/api/v1/status";
    for (method, path, headers, expected) in [
        // Host: only names that are this server.
        ("GET", api, &[("Host", local.as_str())][..], 200),
        ("GET", api, &[("Host", "localhost")], 200),
        ("GET", api, &[("Host", "app.localhost:1")], 200),
        ("GET", api, &[("Host", "[::1]:2666")], 200),
        ("GET", api, &[("Host", "LOGS.example.:443")], 200),
        ("GET", api, &[("Host", "evil.example")], 421),
        ("GET", api, &[("Host", "127.0.0.1.evil.example")], 421),
        ("GET", api, &[("Host", "10.0.0.1")], 421),
        ("GET", "/", &[("Host", "evil.example")], 421),
        ("GET", "/metrics", &[("Host", "evil.example")], 421),
        ("GET", "/nothing", &[("Host", "evil.example")], 421),
        ("GET", "/healthz", &[("Host", "evil.example")], 200),
        ("GET", "/readyz", &[("Host", "10.9.8.7:1")], 200),
        ("GET", api, &[], 400),
        ("GET", api, &[("Host", "localhost"), ("Host", "localhost")], 400),
        ("GET", api, &[("Host", "user@localhost")], 400),
        ("GET", api, &[("Host", "")], 400),
        // Origin: our own page, by the name it was called by.
        ("GET", api, &[("Host", &local), ("Origin", &same)], 200),
        ("GET", api, &[("Host", &local), ("Origin", &named)], 403),
        ("GET", api, &[("Host", &local), ("Origin", &other_port)], 403),
        ("GET", api, &[("Host", &local), ("Origin", "http://evil.example")], 403),
        ("GET", api, &[("Host", &local), ("Origin", "null")], 403),
        ("GET", api, &[("Host", &local), ("Origin", &same), ("Origin", "null")], 403),
        ("GET", api, &[("Host", "logs.example"), ("Origin", "https://logs.example")], 200),
        ("GET", api, &[("Host", "logs.example"), ("Origin", "https://logs.example:444")], 403),
        ("GET", "/api/v1/tail", &[("Host", &local), ("Origin", "http://evil.example")], 403),
        ("GET", "/api/v1/search", &[("Host", &local), ("Origin", "http://evil.example")], 403),
        ("GET", "/metrics", &[("Host", &local), ("Origin", "http://evil.example")], 403),
        ("OPTIONS", api, &[("Host", &local), ("Origin", "http://evil.example")], 403),
        // Requests a browser marks as another site's, which carry no Origin (images, scripts).
        (
            "GET",
            api,
            &[("Host", &local), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
            403,
        ),
        (
            "GET",
            api,
            &[("Host", &local), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors")],
            403,
        ),
        (
            "GET",
            api,
            &[("Host", &local), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
            200,
        ),
        (
            "GET",
            "/",
            &[("Host", &local), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")],
            200,
        ),
        // Changes need the token first of all.
        ("POST", api, &[("Host", &local)], 401),
        ("POST", "/nothing", &[("Host", &local)], 401),
        ("DELETE", "/healthz", &[("Host", &local)], 401),
        ("POST", api, &[("Host", &local), ("Authorization", "Bearer 0123456789abcdef0123456789abcdeF")], 401),
        ("POST", api, &[("Host", &local), ("Authorization", TOKEN)], 401),
        ("POST", api, &[("Host", &local), ("Authorization", &bearer)], 405),
        ("PUT", "/", &[("Host", &local), ("Authorization", &bearer)], 405),
        ("PUT", "/index.html", &[("Host", &local), ("Authorization", &bearer)], 405),
        ("POST", "/nothing", &[("Host", &local), ("Authorization", &bearer)], 404),
        ("POST", api, &[("Host", "evil.example"), ("Authorization", &bearer)], 421),
        ("POST", api, &[("Host", &local), ("Authorization", &bearer), ("Origin", "null")], 403),
        ("GET", "/nothing", &[("Host", &local)], 404),
        ("HEAD", api, &[("Host", &local)], 200),
    ] {
        assert_eq!(status(&rig, method, path, headers).await, expected, "{method} {path} {headers:?}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_can_be_changed() {
    let rig = Rig::start().await;
    for headers in [&[("Host", "localhost")][..], &[("Host", "localhost"), ("Authorization", "Bearer ")]] {
        assert_eq!(status(&rig, "POST", "/api/v1/status", headers).await, 401);
    }
}

#[tokio::test]
async fn on_other_addresses_everything_but_the_probes_needs_the_token() {
    let rig = Rig::start_with(|options| {
        options.listen = "0.0.0.0:0".parse().unwrap();
        options.insecure = true;
        options.token = Some(TOKEN.to_owned());
    })
    .await;
    let bearer = format!("bearer {TOKEN}");
    let login = rig.get(&format!("/?token={TOKEN}")).await;
    let cookie = login.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let (host, wrong) = (("Host", "127.0.0.1"), cookie.replace('=', "=0"));
    let with_token = ("Authorization", bearer.as_str());
    let with_login = ("Cookie", format!("a=b; {cookie}"));
    let with_login = (with_login.0, with_login.1.as_str());
    for (method, path, headers, expected) in [
        ("GET", "/healthz", &[host][..], 200),
        ("GET", "/readyz", &[host], 200),
        ("GET", "/", &[host], 401),
        ("GET", "/index.html", &[host], 401),
        ("GET", "/api/v1/status", &[host], 401),
        ("GET", "/api/v1/containers", &[host], 401),
        ("GET", "/api/v1/search", &[host], 401),
        ("GET", "/api/v1/tail", &[host], 401),
        ("GET", "/metrics", &[host], 401),
        ("GET", "/nothing", &[host], 401),
        ("GET", "/api/v1/status?token=0123456789abcdef0123456789abcdef", &[host], 401),
        ("GET", "/api/v1/status", &[host, ("Cookie", &wrong)], 401),
        ("GET", "/api/v1/status", &[host, ("Cookie", "logboom_login=0123456789abcdef0123456789abcdef")], 401),
        ("GET", "/api/v1/status", &[host, with_token], 200),
        ("GET", "/api/v1/status", &[host, with_login], 200),
        ("GET", "/", &[host, with_login], 200),
        ("GET", "/metrics", &[host, with_token], 200),
        // Any address of the machine, but still no name that somebody else's DNS could bind to it.
        ("GET", "/api/v1/status", &[("Host", "192.0.2.1:1"), with_token], 200),
        ("GET", "/api/v1/status", &[("Host", "evil.example"), with_token], 421),
        ("GET", "/api/v1/status", &[host, with_login, ("Origin", "http://evil.example")], 403),
        // The login is for reading.
        ("POST", "/api/v1/status", &[host, with_login], 401),
        ("POST", "/api/v1/status", &[host, with_token], 405),
        ("GET", "/?token=wrong", &[host], 401),
        ("GET", "/?token=0123456789abcdef0123456789abcdef", &[("Host", "evil.example")], 421),
    ] {
        assert_eq!(status(&rig, method, path, headers).await, expected, "{method} {path} {headers:?}");
    }
}

#[tokio::test]
async fn a_login_sets_a_cookie_that_is_not_the_token_and_leaves_no_token_in_the_address() {
    let rig = Rig::start_with(|options| options.token = Some(TOKEN.to_owned())).await;
    let answer = rig.get(&format!("/?token={TOKEN}")).await;
    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()["location"], "/");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/"));
    assert!(!cookie.contains(TOKEN));
}

#[tokio::test]
async fn a_refusal_says_how_to_do_it_right() {
    let rig = Rig::start_with(|options| options.token = Some(TOKEN.to_owned())).await;
    let refused = in_time(client().post(rig.url("/api/v1/status")).send()).await.unwrap();
    assert_eq!(refused.headers()["www-authenticate"], "Bearer realm=\"logboom\"");
    let text = refused.text().await.unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(value["error"]["hint"].as_str().unwrap().contains("Authorization: Bearer"), "{text}");
    let bearer = format!("Bearer {TOKEN}");
    let request = client().post(rig.url("/api/v1/status")).header("authorization", bearer);
    let refused = in_time(request.send()).await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
}

#[tokio::test]
async fn listening_to_others_without_protection_is_refused_with_the_fix() {
    let rig = Rig::start().await;
    for (address, token, insecure, expected) in [
        ("0.0.0.0:0", None, true, "set a token"),
        ("[::]:0", None, false, "set a token"),
        ("0.0.0.0:0", Some(TOKEN), false, "tls.cert"),
        ("192.0.2.1:0", Some(TOKEN), false, "insecure: true"),
        ("127.0.0.1:0", Some("short"), false, "openssl rand"),
        ("127.0.0.1:0", Some("0123456789 0123456789"), false, "openssl rand"),
        ("192.0.2.1:0", Some(TOKEN), true, "no such address"),
    ] {
        let mut options = ServerOptions::new(address.parse().unwrap());
        (options.token, options.insecure) = (token.map(str::to_owned), insecure);
        let context = logboom_server::Context {
            store: rig.store.clone(),
            status: std::sync::Arc::new(Default::default),
            containers: std::sync::Arc::new(Vec::new),
        };
        let error = serve(options, context, std::future::ready(())).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{address}: {error}");
        assert!(!error.to_string().contains(TOKEN));
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let rig = Rig::start().await;
    let context = logboom_server::Context {
        store: rig.store.clone(),
        status: std::sync::Arc::new(Default::default),
        containers: std::sync::Arc::new(Vec::new),
    };
    let error = serve(ServerOptions::new(rig.address), context, std::future::ready(())).await.unwrap_err();
    assert!(matches!(error, ServerError::Bind { .. }));
    assert!(
        error.to_string().contains(&rig.address.to_string()) && error.to_string().contains("--listen"),
        "{error}"
    );
}
