//! A listener with TLS: the certificate is checked unless told otherwise, and nothing but HTTPS is spoken.

use crate::daemon::{Host, stderr, stdout, wait_for};

#[test]
fn the_certificate_is_checked_unless_told_otherwise() {
    let host = Host::new();
    let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let cert = host.write("cert.pem", &certificate.cert.pem());
    let key = host.write("key.pem", &certificate.signing_key.serialize_pem());
    let config =
        host.write("logboom.yaml", &format!("tls:\n  cert: {}\n  key: {}\n", cert.display(), key.display()));
    let mut web = host.container(1, "web");
    web.print(["a line over TLS"]);
    let _daemon = host.up(&["--config", config.to_str().unwrap()]);
    let search = |more: &[&str]| {
        let arguments = [&["search", "line", "--since", "2026-01-01"], more].concat();
        host.read(&arguments)
    };
    let ca = ["--ca", cert.to_str().unwrap()];
    wait_for("the line", || Some(stdout(&search(&ca))).filter(|text| text.contains("a line over TLS")));
    assert!(stdout(&search(&["--insecure"])).contains("a line over TLS"));
    let output = search(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("--ca"), "{}", stderr(&output));
    let output = search(&["--ca", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("no certificate in it"), "{}", stderr(&output));
}
