//! What a listing of GitHub says of a repository: only what is asked here, so that other fields may change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A repository.
#[expect(clippy::struct_excessive_bools, reason = "they are GitHub's, each by its name")]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Repository {
    /// GitHub's id, which stays when it is renamed or moved.
    pub id: u64,
    /// Without its owner.
    pub name: String,
    /// With it: `acme/orders`.
    pub full_name: String,
    /// Whose it is.
    pub owner: Owner,
    /// Read-only.
    #[serde(default)]
    pub archived: bool,
    /// Shut by GitHub.
    #[serde(default)]
    pub disabled: bool,
    /// Copied from another one.
    #[serde(default)]
    pub fork: bool,
    /// Made to be copied.
    #[serde(default)]
    pub is_template: bool,
    /// KiB; 0 also for a while after the first push.
    #[serde(default)]
    pub size: u64,
    /// By the most bytes.
    #[serde(default)]
    pub language: Option<String>,
    /// Topics.
    #[serde(default)]
    pub topics: Vec<String>,
    /// The branch that pull requests go to.
    #[serde(default)]
    pub default_branch: Option<String>,
    /// When somebody pushed; absent for one without a commit.
    #[serde(default)]
    pub pushed_at: Option<String>,
    /// Not public.
    #[serde(default)]
    pub private: bool,
    /// `public`, `private`, `internal`; older servers only say whether it is private.
    #[serde(default)]
    pub visibility: Option<String>,
    /// Custom properties of the organisation.
    #[serde(default)]
    pub custom_properties: BTreeMap<String, serde_json::Value>,
}

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its name.
    pub login: String,
}

impl Repository {
    /// Whether there is certainly no commit. GitHub gives sizes late: one that was pushed to is looked at.
    pub fn is_empty(&self) -> bool {
        self.size == 0 && self.pushed_at.is_none() || self.default_branch.as_deref().is_none_or(str::is_empty)
    }

    /// `public`, `private` or `internal`.
    pub fn visibility(&self) -> &str {
        self.visibility.as_deref().unwrap_or(if self.private { "private" } else { "public" })
    }

    /// A custom property as text; values of a list with commas between them.
    pub fn property(&self, name: &str) -> Option<String> {
        match self.custom_properties.get(name)? {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Array(values) => {
                let texts: Vec<_> = values.iter().filter_map(serde_json::Value::as_str).collect();
                Some(texts.join(", "))
            }
            other => Some(other.to_string()),
        }
    }

    /// Whether a custom property has a value, or has it among others.
    pub fn has_property(&self, name: &str, wanted: &str) -> bool {
        match self.custom_properties.get(name) {
            Some(serde_json::Value::Array(values)) => values.iter().any(|value| value == wanted),
            _ => self.property(name).is_some_and(|value| value == wanted),
        }
    }
}
