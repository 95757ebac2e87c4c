//! From a container's metadata to its resource, and whether it asks not to be collected.
//!
//! `service.name` is the first of these that is there: the label `logboom.service`; `OTEL_SERVICE_NAME` of the
//! environment; the Kubernetes label `app.kubernetes.io/name`, or the name of the container within its pod; the ECS
//! container name; the swarm service; the compose service; the container's name.

use std::path::Path;

use logboom_model::{Resource, ResourceBuilder, attribute};

use super::metadata::Metadata;

/// Labels that become attributes of their own: label, attribute.
const FROM_LABELS: [(&str, &str); 17] = [
    ("com.docker.compose.project", "docker.compose.project"),
    ("com.docker.compose.service", "docker.compose.service"),
    ("com.docker.compose.container-number", "docker.compose.container_number"),
    ("com.docker.stack.namespace", "docker.stack.namespace"),
    ("com.docker.swarm.service.id", "docker.swarm.service.id"),
    ("com.docker.swarm.service.name", "docker.swarm.service.name"),
    ("com.docker.swarm.task.id", "docker.swarm.task.id"),
    ("com.docker.swarm.task.name", "docker.swarm.task.name"),
    ("com.docker.swarm.node.id", "docker.swarm.node.id"),
    ("com.amazonaws.ecs.cluster", "aws.ecs.cluster.name"),
    ("com.amazonaws.ecs.task-arn", "aws.ecs.task.arn"),
    ("com.amazonaws.ecs.task-definition-family", "aws.ecs.task.family"),
    ("com.amazonaws.ecs.task-definition-version", "aws.ecs.task.revision"),
    ("com.amazonaws.ecs.container-name", "aws.ecs.container.name"),
    ("io.kubernetes.pod.namespace", "k8s.namespace.name"),
    ("io.kubernetes.pod.name", "k8s.pod.name"),
    ("io.kubernetes.pod.uid", "k8s.pod.uid"),
];
const K8S_CONTAINER: &str = "io.kubernetes.container.name";

/// The service's name by label, in order of preference, after `logboom.service` and the environment.
const SERVICE_LABELS: [&str; 5] = [
    "app.kubernetes.io/name",
    K8S_CONTAINER,
    "com.amazonaws.ecs.container-name",
    "com.docker.swarm.service.name",
    "com.docker.compose.service",
];

/// The resource of a container of which only the id is known.
pub fn bare(id: &str, name: &str, host: &str) -> Resource {
    start(id, host).with(attribute::CONTAINER_NAME, name).with(attribute::SERVICE_NAME, name).build()
}

fn start(id: &str, host: &str) -> ResourceBuilder {
    Resource::builder()
        .with(attribute::CONTAINER_ID, id)
        .with(attribute::HOST_NAME, host)
        .with("container.runtime.name", "docker")
}

/// The resource of a container.
pub fn of(id: &str, metadata: &Metadata, host: &str) -> Resource {
    let label = |name: &str| metadata.labels.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let mut builder = start(id, host)
        .with(attribute::CONTAINER_NAME, &metadata.name)
        .with(attribute::IMAGE_NAME, &metadata.image)
        .with(attribute::IMAGE_ID, &metadata.image_id)
        .with("container.image.tags", tag(&metadata.image));
    for (name, attribute) in FROM_LABELS.into_iter().chain([(K8S_CONTAINER, "k8s.container.name")]) {
        builder.set(attribute, label(name).unwrap_or_default());
    }
    let service = label("logboom.service")
        .or(metadata.otel_service_name.as_deref())
        .or_else(|| SERVICE_LABELS.into_iter().find_map(label))
        .unwrap_or(&metadata.name);
    builder.set(attribute::SERVICE_NAME, service);
    // Last, because a container may have more labels than a resource has room for.
    for (name, value) in &metadata.labels {
        builder.set(&format!("{}{name}", attribute::LABEL_PREFIX), value);
    }
    builder.build()
}

/// `1.27` of `registry:5000/nginx:1.27@sha256:…`; empty without a tag.
fn tag(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map_or("", |(_, tag)| tag)
}

/// Why a container is not collected although it could be, in words; `None` when it is.
pub fn ignored(id: &str, metadata: &Metadata, own_container: Option<&str>) -> Option<String> {
    let label = |name: &str| metadata.labels.get(name).map(String::as_str);
    if own_container.is_some_and(|own| !own.is_empty() && id.starts_with(own)) {
        return Some("ignored: logboom's own container".to_owned());
    }
    if label("logboom.ignore").is_some_and(|value| value.is_empty() || is_true(value)) {
        return Some("ignored: label logboom.ignore".to_owned());
    }
    if metadata.logspout_ignore {
        return Some("ignored: environment LOGSPOUT=ignore".to_owned());
    }
    if label("LOGSPOUT").or(label("logspout")).is_some_and(|value| value.eq_ignore_ascii_case("ignore")) {
        return Some("ignored: label LOGSPOUT=ignore".to_owned());
    }
    if label("co.elastic.logs/enabled").is_some_and(|value| value.eq_ignore_ascii_case("false")) {
        return Some("ignored: label co.elastic.logs/enabled=false".to_owned());
    }
    None
}

fn is_true(value: &str) -> bool {
    value == "1" || value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("yes")
}

/// Why a container cannot be collected from files, in words; `None` when it can.
pub fn not_in_files(metadata: &Metadata, live_log: &Path) -> Option<String> {
    match metadata.log_driver.as_deref() {
        None | Some("json-file") => None,
        Some("none") => Some("not collected: logging driver none keeps no log".to_owned()),
        Some(_) if live_log.exists() => None,
        Some(driver) => Some(format!("not collected: logging driver {driver} writes no json-file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(labels: &[(&str, &str)]) -> Metadata {
        Metadata {
            name: "shop-web-1".into(),
            image: "registry:5000/nginx:1.27@sha256:00".into(),
            labels: labels.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            ..Metadata::default()
        }
    }

    #[test]
    fn the_service_name_by_rule() {
        let all = [
            ("com.docker.compose.service", "compose"),
            ("com.docker.swarm.service.name", "swarm"),
            ("com.amazonaws.ecs.container-name", "ecs"),
            ("io.kubernetes.container.name", "pod-container"),
            ("app.kubernetes.io/name", "k8s-app"),
            ("logboom.service", "ours"),
        ];
        let expected = ["shop-web-1", "compose", "swarm", "ecs", "pod-container", "k8s-app"];
        for (count, expected) in expected.into_iter().enumerate() {
            assert_eq!(of("id", &metadata(&all[..count]), "h").service_name(), expected);
        }
        let mut named = metadata(&all[..5]);
        named.otel_service_name = Some("otel".into());
        assert_eq!(of("id", &named, "h").service_name(), "otel");
        named.labels.insert("logboom.service".into(), "ours".into());
        assert_eq!(of("id", &named, "h").service_name(), "ours");
    }

    #[test]
    fn attributes_of_a_compose_container() {
        let labels =
            [("com.docker.compose.project", "shop"), ("com.docker.compose.service", "web"), ("a.b", "c")];
        let resource = of("f00", &metadata(&labels), "vm");
        for (name, value) in [
            ("container.id", "f00"),
            ("container.name", "shop-web-1"),
            ("container.image.name", "registry:5000/nginx:1.27@sha256:00"),
            ("container.image.tags", "1.27"),
            ("container.runtime.name", "docker"),
            ("host.name", "vm"),
            ("docker.compose.project", "shop"),
            ("docker.compose.service", "web"),
            ("container.label.a.b", "c"),
        ] {
            assert_eq!(resource.get(name), Some(value), "{name}");
        }
    }

    #[test]
    fn a_container_may_have_more_labels_than_a_resource_has_room_for() {
        let mut many = metadata(&[]);
        many.labels = (0..2000).map(|n| (format!("label{n}"), "x".to_owned())).collect();
        let resource = of("f00", &many, "vm");
        assert_eq!(resource.service_name(), "shop-web-1");
        assert_eq!(resource.attributes().len(), logboom_model::limits::RESOURCE_ATTRIBUTES_MAX);
    }

    #[test]
    fn who_is_ignored() {
        for (labels, expected) in [
            (&[][..], false),
            (&[("logboom.ignore", "")], true),
            (&[("logboom.ignore", "1")], true),
            (&[("logboom.ignore", "TRUE")], true),
            (&[("logboom.ignore", "false")], false),
            (&[("LOGSPOUT", "ignore")], true),
            (&[("co.elastic.logs/enabled", "false")], true),
            (&[("co.elastic.logs/enabled", "true")], false),
        ] {
            assert_eq!(ignored("f00", &metadata(labels), None).is_some(), expected, "{labels:?}");
        }
        assert!(ignored("f00d", &metadata(&[]), Some("f00d")).is_some());
        assert!(ignored("f00d", &metadata(&[]), Some("")).is_none());
    }

    #[test]
    fn drivers_without_files() {
        let mut other = metadata(&[]);
        for (driver, collected) in
            [(None, true), (Some("json-file"), true), (Some("journald"), false), (Some("none"), false)]
        {
            other.log_driver = driver.map(str::to_owned);
            assert_eq!(not_in_files(&other, Path::new("/nowhere")).is_none(), collected, "{driver:?}");
        }
    }
}
