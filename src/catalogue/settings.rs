//! What a user's configuration file, `.terramend.hcl`, says about controls.
//!
//! ```hcl
//! profile = "strict"                   # what is asked for when nothing else is said
//! accept  = ["cost"]                   # effects that don't lower a fix's grade
//! sources = {                          # code of functions that are built elsewhere
//!   "aws_lambda_function.orders"       = "services/orders"
//!   "module.api.aws_lambda_function.f" = { directory = "lambdas", handler = "api/src/main.handler" }
//! }
//! opt_out = "we are moving this away" # runs over the organisation leave this repository alone
//! alarm_topic = "module"               # asks for alarms on everything: one topic for all, or an expression of one
//!
//! control "log-group-retention" {
//!   retention_days = 90                # an option of the page
//! }
//! control "s3-versioning" {
//!   enabled = false
//! }
//! pull_request {                       # see `PullRequestSettings`
//!   labels = ["security"]
//! }
//! ```

mod central;

use std::collections::BTreeMap;
use std::path::Path;

use hcl_edit::Span as _;
use serde::Deserialize;

use super::Catalogue;
use super::control::Control;
use super::profile::Profile;
use super::pull_request::PullRequestSettings;
use crate::engine::Selection;
use crate::fix::Effect;
use crate::iam::scope::source::Hints;
use crate::model::Value;
use crate::source::{Position, SourceFile};

/// The name of the file, at the top of the scanned directory.
const FILE_NAME: &str = ".terramend.hcl";

/// The family of the controls that ask for alarms.
pub const ALARMS: &str = "alarms";

/// What can be set besides controls.
const SETTINGS: [&str; 5] = ["accept", "alarm_topic", "opt_out", "profile", "sources"];

/// The user's settings.
#[derive(Debug, Default, Clone)]
pub struct Settings {
    /// How much is asked for.
    pub profile: Profile,
    /// Effects that are taken as they come.
    pub accept: Vec<Effect>,
    /// Asks for alarms on everything, and says where they go, where their own option doesn't.
    pub alarm_topic: Option<String>,
    /// Directories of the source of functions that are built elsewhere, by the function's address or name.
    pub sources: Hints,
    /// Judge also what libraries of a program made for themselves.
    pub foreign: bool,
    /// Why runs over the organisation are to leave this repository alone, when they are.
    pub opt_out: Option<String>,
    /// How pull requests are made.
    pub pull_request: PullRequestSettings,
    /// Fixes of programs are proven by synthesising again, and may be as good as those of templates: which ones may be
    /// made. Nothing when they aren't.
    pub proof: Option<Selection>,
    disabled: Vec<String>,
    enabled: Vec<String>,
    options: BTreeMap<(String, String), Value>,
}

/// What is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{}:{}: {message}", position.line, position.column)]
pub struct SettingsError {
    file: String,
    position: Position,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Option<String>,
    alarm_topic: Option<String>,
    opt_out: Option<String>,
    #[serde(default)]
    sources: Hints,
    #[serde(default)]
    accept: Vec<String>,
    #[serde(default)]
    control: BTreeMap<String, BTreeMap<String, hcl::Value>>,
    /// Read by [`PullRequestSettings::parse`].
    #[serde(default, rename = "pull_request")]
    _pull_request: hcl::Value,
}

impl Settings {
    /// Reads the file at the top of `root`, when there is one.
    pub fn load(root: &Path, catalogue: &Catalogue) -> Result<Self, SettingsError> {
        let path = root.join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, catalogue),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound || !root.is_dir() => Ok(Self::default()),
            Err(error) => Err(Checker::new("").error(0, format!("can't be read: {error}"))),
        }
    }

    /// Reads the text of the file.
    pub fn parse(text: &str, catalogue: &Catalogue) -> Result<Self, SettingsError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let checker = Checker::new(text);
        let body = crate::hcl::parse_body(text).map_err(|e| checker.error(e.offset, e.message))?;
        checker.names(&body, catalogue)?;
        let file: File = hcl::from_str(text).map_err(|e| checker.error(0, e.to_string()))?;
        let mut settings =
            Self { alarm_topic: file.alarm_topic, opt_out: file.opt_out, sources: file.sources, ..Self::default() };
        if let Some(profile) = &file.profile {
            settings.profile = profile.parse().map_err(|m: String| checker.error_at(&body, "profile", m))?;
        }
        if let Some(block) = body.get_blocks("pull_request").next() {
            settings.pull_request =
                PullRequestSettings::parse(&block.body).map_err(|(at, message)| checker.error(at, message))?;
        }
        for effect in &file.accept {
            settings.accept.push(effect.parse().map_err(|m: String| checker.error_at(&body, "accept", m))?);
        }
        for (id, entries) in file.control {
            let Some(control) = catalogue.find(&id) else { continue };
            for (name, value) in entries {
                match (name.as_str(), &value) {
                    ("enabled", hcl::Value::Bool(true)) => settings.enabled.push(control.id.clone()),
                    ("enabled", _) => settings.disabled.push(control.id.clone()),
                    _ => {
                        settings.options.insert((control.id.clone(), name), convert(&value));
                    }
                }
            }
        }
        Ok(settings)
    }

    /// Default options with one control alone.
    pub fn only(id: &str, catalogue: &Catalogue) -> Self {
        let others = catalogue.controls().iter().filter(|control| control.id != id);
        Self { disabled: others.map(|control| control.id.clone()).collect(), ..Self::default() }
    }

    /// The same in a profile.
    #[must_use]
    pub fn in_profile(self, profile: Profile) -> Self {
        Self { profile, ..self }
    }

    /// The same with an option set; the value is a number, `true`, `false` or text.
    #[must_use]
    pub fn with(mut self, control: &str, option: &str, value: &str) -> Self {
        let value = match (value.parse::<f64>(), value) {
            (Ok(number), _) => Value::Number(number),
            (_, "true") => Value::Bool(true),
            (_, "false") => Value::Bool(false),
            (_, text) => Value::string(text),
        };
        self.options.insert((control.to_owned(), option.to_owned()), value);
        self
    }

    /// Whether a control takes part.
    pub fn enabled(&self, control: &Control) -> bool {
        !self.disabled.contains(&control.id)
    }

    /// Whether the user's file asks for a control, quiet or not: it switches it on, or sets an option of it.
    pub fn asks_for(&self, control: &Control) -> bool {
        let alarm = control.family == ALARMS && self.alarm_topic.is_some();
        alarm || self.enabled.contains(&control.id) || self.options.keys().any(|(id, _)| *id == control.id)
    }

    /// An option's value: the user's, the profile's or the default.
    pub fn option(&self, control: &Control, name: &str) -> Value {
        let own = self.options.get(&(control.id.clone(), name.to_owned())).cloned();
        let shared = || self.alarm_topic.as_deref().filter(|_| name == "alarm_topic").map(Value::string);
        own.or_else(shared).or_else(|| control.default_of(name, self.profile).cloned()).unwrap_or(Value::Unknown)
    }

    /// Whether the user has set this option himself.
    pub fn is_set(&self, control: &Control, name: &str) -> bool {
        self.options.contains_key(&(control.id.clone(), name.to_owned()))
    }
}

fn convert(value: &hcl::Value) -> Value {
    match value {
        hcl::Value::Bool(b) => Value::Bool(*b),
        hcl::Value::Number(n) => n.as_f64().map_or(Value::Unknown, Value::Number),
        hcl::Value::String(text) => Value::string(text.as_str()),
        hcl::Value::Array(items) => Value::List(
            items
                .iter()
                .map(|v| crate::model::Node { value: convert(v), span: crate::source::Span::default() })
                .collect(),
        ),
        _ => Value::Unknown,
    }
}

/// Finds what is wrong, with its place.
struct Checker {
    file: SourceFile,
}

impl Checker {
    fn new(text: &str) -> Self {
        Self { file: SourceFile::new(FILE_NAME.into(), FILE_NAME, text) }
    }

    fn error(&self, offset: usize, message: impl Into<String>) -> SettingsError {
        SettingsError { file: FILE_NAME.into(), position: self.file.position(offset as u32), message: message.into() }
    }

    fn error_at(&self, body: &hcl_edit::structure::Body, name: &str, message: String) -> SettingsError {
        let at = body.get_attribute(name).and_then(hcl_edit::Span::span).map_or(0, |range| range.start);
        self.error(at, message)
    }

    fn names(&self, body: &hcl_edit::structure::Body, catalogue: &Catalogue) -> Result<(), SettingsError> {
        if let Some(attribute) = body.attributes().find(|a| !SETTINGS.contains(&a.key.as_str())) {
            let at = attribute.span().unwrap_or_default().start;
            let known = SETTINGS.join("` or `");
            return Err(
                self.error(at, format!("unknown setting `{}`; did you mean `{known}`?", attribute.key.as_str()))
            );
        }
        if let Some(block) = body.get_blocks("pull_request").nth(1) {
            return Err(self.error(block.span().unwrap_or_default().start, "there is one `pull_request` block already"));
        }
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for block in body.blocks().filter(|block| block.ident.as_str() != "pull_request") {
            let at = block.span().unwrap_or_default().start;
            let label = block.labels.first().map(hcl_edit::structure::BlockLabel::as_str).unwrap_or_default();
            if block.ident.as_str() != "control" {
                let meant = super::nearest(block.ident.as_str(), ["control", "pull_request"].into_iter());
                let meant = meant.first().unwrap_or(&"control");
                return Err(
                    self.error(at, format!("unknown block `{}`; did you mean `{meant}`?", block.ident.as_str()))
                );
            }
            let Some(control) = catalogue.find(label) else {
                let near = catalogue.suggest(label).join("`, `");
                let hint =
                    if near.is_empty() { "see `terramend controls`".into() } else { format!("did you mean `{near}`?") };
                return Err(self.error(at, format!("unknown control `{label}`; {hint}")));
            };
            if let Some(second) = block.labels.get(1) {
                let at = second.span().unwrap_or_default().start;
                let message = format!("`control` takes one label; write a block of its own for `{}`", second.as_str());
                return Err(self.error(at, message));
            }
            if let Some((_, line)) = seen.iter().find(|(id, _)| *id == control.id) {
                let message = format!("`{}` has a block in line {line} already: put both into one", control.id);
                return Err(self.error(at, message));
            }
            seen.push((&control.id, self.file.position(at as u32).line));
            if let Some(inner) = block.body.blocks().next() {
                let at = inner.span().unwrap_or_default().start;
                return Err(self.error(at, format!("`{}` is no option: options are arguments", inner.ident.as_str())));
            }
            for attribute in block.body.attributes() {
                self.option(control, attribute)?;
            }
        }
        Ok(())
    }

    fn option(&self, control: &Control, attribute: &hcl_edit::structure::Attribute) -> Result<(), SettingsError> {
        let name = attribute.key.as_str();
        let at = attribute.span().unwrap_or_default().start;
        if name == "enabled" {
            let is_bool = attribute.value.as_bool().is_some();
            return if is_bool { Ok(()) } else { Err(self.error(at, "`enabled` is true or false")) };
        }
        let Some(spec) = control.option(name) else {
            let known: Vec<_> = control.options.iter().map(|o| o.name.as_str()).chain(["enabled"]).collect();
            let message = format!("`{}` has no option `{name}`; it has: {}", control.id, known.join(", "));
            return Err(self.error(at, message));
        };
        let value = crate::hcl::literal(&attribute.value);
        if spec.allows(&value) {
            Ok(())
        } else {
            Err(self.error(at, format!("`{name}` can't have this value; see `terramend explain {}`", control.id)))
        }
    }
}
