//! An action that a function needs, what it is on, and why.

use serde::Serialize;

use super::arn::{Pattern, Token};
use crate::iam::usage::Place;
use crate::model::{Draft, InstanceId, Project, ResourceId, Value};

/// An action that a function needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Need {
    /// `dynamodb:GetItem`
    pub action: String,
    /// What it is on.
    pub on: On,
    /// Whether the function fails without it.
    pub certainty: Certainty,
    /// Why it is needed.
    pub why: Why,
}

/// How sure it is that an action is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// It is called, or Lambda calls it.
    Needed,
    /// It may be needed: kept where it is granted.
    Kept,
    /// It isn't needed, and does no harm: kept where it is granted by its name.
    Harmless,
}

/// What an action is on.
#[derive(Debug, Clone, PartialEq)]
pub enum On {
    /// The action takes no resource.
    Everything,
    /// These.
    Targets(Vec<Target>),
    /// Something that isn't known, for this reason.
    Open(String),
}

/// Something that an action is on.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Its ARN.
    pub pattern: Pattern,
    /// What the ARN is made from.
    pub origin: Origin,
    /// What follows the ARN: `/*`, `/index/*`, `:*`.
    pub suffix: &'static str,
    /// For people: `aws_dynamodb_table.orders.arn`.
    pub shown: String,
    /// Why somebody has to look at it, if so: a name that isn't declared here, a resource of another module.
    pub doubt: Option<String>,
}

/// What an ARN is made from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// An attribute of a declared resource; and an expression of another module that gives it or its name.
    Declared {
        /// The resource.
        resource: ResourceId,
        /// The attribute that is its ARN.
        arn: &'static str,
        /// What means it in another module.
        passed: Option<Passed>,
    },
    /// A known text, with `*` for what isn't known of region and account.
    Text(String),
    /// An expression of a module that is an ARN.
    Expression(InstanceId, String),
    /// Something that can't be written again.
    Unwritable,
}

/// An expression that means a resource of another module.
#[derive(Debug, Clone, PartialEq)]
pub struct Passed {
    /// Where it stands.
    pub instance: InstanceId,
    /// As it is written.
    pub text: String,
    /// Whether it gives the ARN; else the name.
    pub is_arn: bool,
    /// The ARN around the name: what stands before it.
    pub before: String,
}

/// Why an action is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The code calls it.
    Call {
        /// `dynamodb.GetItem`
        operation: String,
        /// Where in the function's source.
        place: Place,
        /// The environment variable that names the resource, and where it is set.
        environment: Option<Variable>,
        /// The trigger that names the resource.
        trigger: Option<String>,
    },
    /// The configuration says so: `event source aws_sqs_queue.orders`.
    Configuration(String),
}

/// An environment variable of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The file that sets it.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl Need {
    /// Whether the code calls it; else the configuration asks for it.
    pub fn is_called(&self) -> bool {
        matches!(self.why, Why::Call { .. })
    }
}

impl Why {
    /// In one line.
    pub fn text(&self) -> String {
        match self {
            Self::Configuration(text) => text.clone(),
            Self::Call { operation, place, environment, trigger } => {
                let mut text = format!("{}:{} {operation}", place.file, place.line);
                if let Some(variable) = environment {
                    text.push_str(&format!(" ({}, {}:{})", variable.name, variable.file, variable.line));
                }
                if let Some(trigger) = trigger {
                    text.push_str(&format!(" (the event of {trigger})"));
                }
                text
            }
        }
    }
}

impl Target {
    /// A declared resource.
    pub fn declared(
        project: &Project,
        resource: &crate::model::Resource,
        kind: &super::kinds::Kind,
        suffix: &'static str,
    ) -> Self {
        Self {
            pattern: Pattern::of_resource(project, resource, kind).with(suffix),
            origin: Origin::Declared { resource: resource.id, arn: kind.arn, passed: None },
            suffix,
            shown: format!("{}.{}{suffix}", resource.address(), kind.arn),
            doubt: None,
        }
    }

    /// Something of a type in IAM by its known name.
    pub fn named(project: &Project, iam: &str, name: &str, suffix: &'static str) -> Self {
        // Compared as it would be written: any region, any account.
        let text = written(&Pattern::named(project, iam, &Value::string(name)));
        Self {
            pattern: Pattern::text(&text).with(suffix),
            shown: format!("{text}{suffix}"),
            origin: Origin::Text(text),
            suffix,
            doubt: Some(format!("`{name}` isn't declared in this configuration")),
        }
    }

    /// The ARN, with `*` for what isn't known.
    pub fn text(&self) -> String {
        written(&self.pattern)
    }

    /// The ARN as it is to be written in a module.
    pub fn draft(&self, project: &Project, instance: InstanceId) -> Result<Draft, String> {
        let with_suffix = |mut pieces: Vec<Draft>| {
            if !self.suffix.is_empty() {
                pieces.push(Draft::string(self.suffix));
            }
            if pieces.len() == 1 { pieces.remove(0) } else { Draft::Text(pieces) }
        };
        match &self.origin {
            Origin::Declared { resource, arn, passed } => {
                let declared = project.resource(*resource);
                if declared.instance == instance {
                    return Ok(with_suffix(vec![Draft::Attribute(*resource, (*arn).to_owned())]));
                }
                match passed.as_ref().filter(|passed| passed.instance == instance) {
                    Some(passed) if passed.is_arn => Ok(with_suffix(vec![Draft::Expression(passed.text.clone())])),
                    Some(passed) => Ok(with_suffix(vec![
                        Draft::string(passed.before.clone()),
                        Draft::Expression(passed.text.clone()),
                    ])),
                    None => Err(format!("{} stands in another module and isn't passed in", declared.address())),
                }
            }
            Origin::Text(text) => {
                // A module that asks for its partition runs in others, too.
                let partition = project.data_of("aws_partition", instance).next();
                Ok(match (partition, text.strip_prefix("arn:aws:")) {
                    (Some(data), Some(rest)) => Draft::Text(vec![
                        Draft::string("arn:"),
                        Draft::Attribute(data.id, "partition".into()),
                        Draft::string(format!(":{rest}{}", self.suffix)),
                    ]),
                    _ => Draft::String(format!("{text}{}", self.suffix)),
                })
            }
            Origin::Expression(at, text) if *at == instance => Ok(with_suffix(vec![Draft::Expression(text.clone())])),
            Origin::Expression(..) | Origin::Unwritable => Err(format!("{} can't be written here", self.shown)),
        }
    }
}

/// A pattern as text, with `*` for every hole.
pub(super) fn written(pattern: &Pattern) -> String {
    let mut text = String::new();
    for token in &pattern.0 {
        match token {
            Token::Char(c) => text.push(*c),
            Token::One => text.push('?'),
            Token::Hole(_) if text.ends_with('*') => {}
            Token::Any | Token::Hole(_) => text.push('*'),
        }
    }
    text
}
