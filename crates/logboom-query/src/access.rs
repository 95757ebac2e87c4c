//! Who may see what: a predicate over resources that every entry of a search asks, so that a new entry cannot forget
//! it. Today everybody sees everything.

use std::fmt;
use std::sync::Arc;

use logboom_model::Resource;

/// Answers whether a resource may be seen.
pub type AccessRule = Arc<dyn Fn(&Resource) -> bool + Send + Sync>;

/// Which resources a search may look at; rows of all others do not exist for it, not even as a count.
#[derive(Clone, Default)]
pub struct Access {
    rule: Option<AccessRule>,
}

impl Access {
    /// Everything.
    pub fn all() -> Self {
        Self::default()
    }

    /// What the rule allows.
    pub fn by(rule: AccessRule) -> Self {
        Self { rule: Some(rule) }
    }

    /// Whether nothing is held back.
    pub fn is_all(&self) -> bool {
        self.rule.is_none()
    }

    /// Whether rows of the resource may be seen.
    pub fn allows(&self, resource: &Resource) -> bool {
        self.rule.as_ref().is_none_or(|rule| rule(resource))
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_all() { "Access::all()" } else { "Access::by(…)" })
    }
}
