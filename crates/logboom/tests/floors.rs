//! The floors of ARCHITECTURE.md: a crate of the workspace depends only on crates of lower floors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::process::Command;

/// Every crate of `crates/`, with its floor. A new crate finds its place here first.
const FLOORS: [(&str, u32); 9] = [
    ("logboom-model", 0),
    ("logboom-wire", 1),
    ("logboom-store", 1),
    ("logboom-query", 2),
    ("logboom-process", 2),
    ("logboom-sources", 2),
    ("logboom-sinks", 2),
    ("logboom-server", 3),
    ("logboom", 4),
];

/// Crates that must not know each other, whatever their floors; tests may.
const STRANGERS: [(&str, &str); 6] = [
    ("logboom-sources", "logboom-sinks"),
    ("logboom-sources", "logboom-store"),
    ("logboom-sources", "logboom-process"),
    ("logboom-sinks", "logboom-sources"),
    ("logboom-sinks", "logboom-store"),
    ("logboom-process", "logboom-store"),
];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Each crate of `crates/` with what it depends on: the name and the kind (`None` for ordinary dependencies).
fn workspace() -> BTreeMap<String, Vec<(String, Option<String>)>> {
    let mut crates = BTreeMap::new();
    for package in metadata()["packages"].as_array().unwrap() {
        if !package["manifest_path"].as_str().unwrap().contains("/crates/") {
            continue;
        }
        let dependencies = package["dependencies"].as_array().unwrap().iter().map(|dependency| {
            let name = dependency["name"].as_str().unwrap().to_owned();
            (name, dependency["kind"].as_str().map(str::to_owned))
        });
        crates.insert(package["name"].as_str().unwrap().to_owned(), dependencies.collect());
    }
    crates
}

#[test]
fn a_crate_depends_only_on_lower_floors() {
    let floors = BTreeMap::from(FLOORS);
    let crates = workspace();
    let known: Vec<_> = floors.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(crates.keys().cloned().collect::<Vec<_>>(), known, "FLOORS must list every crate");
    for (name, dependencies) in &crates {
        for (dependency, kind) in dependencies {
            let Some(below) = floors.get(dependency.as_str()) else { continue };
            if kind.is_none() {
                assert!(below < &floors[name.as_str()], "{name} must not depend on {dependency}");
            }
        }
    }
}

#[test]
fn sources_sinks_and_store_never_know_each_other() {
    let crates = workspace();
    for (one, other) in STRANGERS {
        let knows = crates[one].iter().any(|(name, kind)| name == other && kind.is_none());
        assert!(!knows, "{one} must not depend on {other}");
    }
}

#[test]
fn folder_and_crate_have_the_same_name() {
    for package in metadata()["packages"].as_array().unwrap() {
        let (path, name) = (package["manifest_path"].as_str().unwrap(), package["name"].as_str().unwrap());
        if path.contains("/crates/") {
            assert!(path.ends_with(&format!("/crates/{name}/Cargo.toml")), "{path} is {name}");
        }
    }
}
