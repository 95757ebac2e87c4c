//! Lifecycle rows: what happened to a container, or to logboom itself, stored beside its lines.

use crate::Record;

/// What happened. Names follow the Docker Engine's event actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LifecycleAction {
    /// The container's process started.
    Start,
    /// The container's process ended.
    Die {
        /// Exit code of the process, where known.
        exit_code: Option<i64>,
    },
    /// The kernel killed a process of the container for want of memory.
    Oom,
    /// The container got another name.
    Rename {
        /// The name before, without slash.
        old_name: String,
    },
    /// The container was removed.
    Destroy,
    /// logboom started.
    LogboomStart,
    /// logboom stopped in good order.
    LogboomStop,
}

/// One lifecycle row, before it becomes body and attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// What happened.
    pub action: LifecycleAction,
    /// When, nanoseconds since the Unix epoch.
    pub time: i64,
}

impl Lifecycle {
    /// `event.name` of the row.
    pub fn event_name(&self) -> &'static str {
        match self.action {
            LifecycleAction::Start => "container.start",
            LifecycleAction::Die { .. } => "container.die",
            LifecycleAction::Oom => "container.oom",
            LifecycleAction::Rename { .. } => "container.rename",
            LifecycleAction::Destroy => "container.destroy",
            LifecycleAction::LogboomStart => "logboom.start",
            LifecycleAction::LogboomStop => "logboom.stop",
        }
    }

    /// The body of the row: a short sentence.
    pub fn body(&self) -> String {
        match &self.action {
            LifecycleAction::Start => "container started".to_owned(),
            LifecycleAction::Die { exit_code: Some(code) } => format!("container exited with code {code}"),
            LifecycleAction::Die { exit_code: None } => "container exited".to_owned(),
            LifecycleAction::Oom => "container ran out of memory".to_owned(),
            LifecycleAction::Rename { old_name } => format!("container renamed from {old_name}"),
            LifecycleAction::Destroy => "container removed".to_owned(),
            LifecycleAction::LogboomStart => "logboom started".to_owned(),
            LifecycleAction::LogboomStop => "logboom stopped".to_owned(),
        }
    }

    /// The attributes of the row, a JSON object.
    pub fn attributes(&self) -> Vec<u8> {
        let mut object = serde_json::Map::new();
        object.insert("event.name".into(), self.event_name().into());
        match &self.action {
            LifecycleAction::Die { exit_code: Some(code) } => {
                object.insert("container.exit_code".into(), (*code).into());
            }
            LifecycleAction::Rename { old_name } => {
                object.insert("container.old_name".into(), old_name.as_str().into());
            }
            _ => {}
        }
        serde_json::Value::Object(object).to_string().into_bytes()
    }

    /// Whether a stored row is a lifecycle row.
    pub fn is_lifecycle(record: &Record<'_>) -> bool {
        record.flags.contains(crate::Flags::LIFECYCLE)
    }
}
