//! The page and its files: headers, caching, and what every other answer carries too.

use crate::support::{Rig, client, in_time};

#[tokio::test]
async fn the_page_is_there_and_may_run_nothing_but_its_own_files() {
    let rig = Rig::start().await;
    let page = rig.get("/").await;
    assert_eq!(page.status(), 200);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    for rule in ["img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let etag = page.headers()["etag"].clone();
    let html = page.text().await.unwrap();
    assert!(html.contains("logboom"));
    let request = client().get(rig.url("/")).header("if-none-match", &etag);
    let unchanged = in_time(request.send()).await.unwrap();
    assert_eq!((unchanged.status().as_u16(), &unchanged.headers()["etag"]), (304, &etag));
    assert_eq!(unchanged.bytes().await.unwrap().len(), 0);
}

#[tokio::test]
async fn every_file_the_page_names_is_served_with_its_type() {
    let rig = Rig::start().await;
    let html = rig.get("/").await.text().await.unwrap();
    for name in html.split('"').filter(|text| text.starts_with("/assets/") || text.starts_with("./assets/")) {
        let path = name.trim_start_matches('.');
        let file = rig.get(path).await;
        assert_eq!(file.status(), 200, "{path}");
        assert_ne!(file.headers()["content-type"], "application/octet-stream", "{path}");
        assert!(file.headers()["cache-control"].to_str().unwrap().contains("immutable"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_protecting_headers() {
    let rig = Rig::start().await;
    let paths = [
        "/",
        "/api/v1/status",
        "/api/v1/search",
        "/api/v1/search?limit=x",
        "/nothing",
        "/metrics",
        "/healthz",
    ];
    for path in paths.into_iter().chain(["/api/v1/tail", "/api/v1/containers"]) {
        let answer = rig.get(path).await;
        let header =
            |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
        let cached = header("cache-control");
        assert_eq!(cached, if path == "/" { "no-cache" } else { "no-store" }, "{path}");
        assert!(answer.headers().get("server").is_none());
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_json_404() {
    let rig = Rig::start().await;
    for path in ["/nothing", "/api/v2/search", "/..%2f..%2fetc/passwd", "/assets/nothing.js"] {
        let answer = rig.get(path).await;
        assert_eq!(answer.status(), 404, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/json");
        let value: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert!(value["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn status_and_containers_are_what_the_daemon_says() {
    let rig = Rig::start().await;
    let status: logboom_model::status::Status =
        serde_json::from_str(&rig.get("/api/v1/status").await.text().await.unwrap()).unwrap();
    assert_eq!(status.store_id, rig.store.store_id().to_string());
    let containers: serde_json::Value =
        serde_json::from_str(&rig.get("/api/v1/containers").await.text().await.unwrap()).unwrap();
    assert_eq!(containers[0]["name"], "web");
}
