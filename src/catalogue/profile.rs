//! Profiles: what a team wants as a whole. A page says what a profile means for its control; a configuration's own
//! options come first.

use hcl_edit::Span as _;
use hcl_edit::structure::Block;

use super::control::{Control, OptionSpec};
use super::page::PageError;
use super::reader::Reader;
use crate::hcl::literal;
use crate::model::Value;

/// How much is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// What is right for most.
    #[default]
    Default,
    /// What scanners ask for, too: keys of one's own, long retention, logs of every access, at the cost that goes with it.
    Strict,
}

const NAMES: [(&str, Profile); 2] = [("default", Profile::Default), ("strict", Profile::Strict)];

impl std::fmt::Display for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(NAMES.iter().find(|(_, profile)| profile == self).map_or("", |(name, _)| name))
    }
}

impl std::str::FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((_, profile)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(*profile);
        }
        let near = |name: &str| similar::TextDiff::from_chars(text, name).ratio();
        let best = NAMES.iter().map(|(name, _)| (near(name), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
        let hint = match best {
            Some((ratio, name)) if ratio > 0.6 => format!("did you mean `{name}`?"),
            _ => format!("there are {}", NAMES.map(|(name, _)| format!("`{name}`")).join(" and ")),
        };
        Err(format!("there is no profile `{text}`; {hint}"))
    }
}

/// What a profile means for one control.
#[derive(Debug, Clone)]
pub struct ProfileSpec {
    /// The profile.
    pub profile: Profile,
    /// Whether the control is judged only when asked for; as always when nothing is said.
    pub quiet: Option<bool>,
    /// The values that options have when the configuration says nothing.
    pub options: Vec<(String, Value)>,
}

impl Control {
    /// What a profile means for this control, when it means something.
    fn profile(&self, profile: Profile) -> Option<&ProfileSpec> {
        self.profiles.iter().find(|spec| spec.profile == profile)
    }

    /// Whether the control is judged only when asked for.
    pub fn is_quiet(&self, profile: Profile) -> bool {
        self.profile(profile).and_then(|spec| spec.quiet).unwrap_or(self.quiet)
    }

    /// Whether a profile gives options of this control other values.
    pub fn sets_options(&self, profile: Profile) -> bool {
        self.profile(profile).is_some_and(|spec| !spec.options.is_empty())
    }

    /// The value of an option when the configuration says nothing.
    pub fn default_of(&self, name: &str, profile: Profile) -> Option<&Value> {
        let special = self.profile(profile).and_then(|spec| spec.options.iter().find(|(option, _)| option == name));
        special.map(|(_, value)| value).or_else(|| self.option(name).map(|option| &option.default))
    }
}

impl ProfileSpec {
    /// What it sets: `quiet` and options, each as it would be written.
    pub fn settings(&self) -> Vec<(String, String)> {
        let quiet = self.quiet.map(|quiet| ("quiet".to_owned(), quiet.to_string()));
        let options = self.options.iter().map(|(name, value)| (name.clone(), written(value)));
        quiet.into_iter().chain(options).collect()
    }
}

/// A value of an option as it is written; `null` where there is none.
pub fn written(value: &Value) -> String {
    match value {
        Value::Bool(on) => on.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("\"{text}\""),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| written(&item.value)).collect::<Vec<_>>().join(", "))
        }
        _ => "null".into(),
    }
}

impl OptionSpec {
    /// Whether the option can have this value: of the default's type, and one of those that are listed.
    pub fn allows(&self, value: &Value) -> bool {
        let typed = match &self.default {
            Value::Number(_) => matches!(value, Value::Number(_)),
            Value::Bool(_) => matches!(value, Value::Bool(_)),
            Value::List(_) => matches!(value, Value::List(_)),
            // No default: text, as for a key, or a number.
            _ => matches!(value, Value::String(_) | Value::Number(_)),
        };
        typed && self.values.is_empty() || self.values.iter().any(|v| v.equals(value) == Some(true))
    }
}

impl Reader<'_> {
    /// `profile "strict" { ... }`: options with other defaults, and whether the control is quiet.
    pub(super) fn profile(&self, block: &Block, control: &Control) -> Result<ProfileSpec, PageError> {
        let profile = self.label(block, 0, "a profile")?.parse().map_err(|m: String| self.error(block.span(), m))?;
        if profile == Profile::Default || control.profile(profile).is_some() {
            return Err(self.error(block.span(), "a page says once what a profile means; `default` is the page itself"));
        }
        let mut spec = ProfileSpec { profile, quiet: None, options: Vec::new() };
        for attribute in block.body.attributes() {
            let name = attribute.key.as_str();
            if name == "quiet" {
                spec.quiet = attribute.value.as_bool();
                continue;
            }
            let value = literal(&attribute.value);
            match control.option(name) {
                Some(option) if option.allows(&value) => spec.options.push((name.to_owned(), value)),
                Some(_) => return Err(self.error(attribute.span(), format!("`{name}` can't have this value"))),
                None => return Err(self.error(attribute.span(), format!("the page has no option `{name}`"))),
            }
        }
        Ok(spec)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_profile_is_suggested() {
        assert_eq!("strict".parse(), Ok(Profile::Strict));
        assert_eq!("stict".parse::<Profile>(), Err("there is no profile `stict`; did you mean `strict`?".into()));
        let other = "x".parse::<Profile>().expect_err("no such profile");
        assert_eq!(other, "there is no profile `x`; there are `default` and `strict`");
    }
}
