//! The form of the table.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A part of a table, parsed when something asks for it: a program uses a few services of many.
#[derive(Debug)]
pub struct Part<T> {
    text: &'static RawValue,
    parsed: OnceLock<T>,
}

impl<T: Deserialize<'static>> Deref for Part<T> {
    type Target = T;

    /// Can't fail: a test parses every part of what is built in.
    fn deref(&self) -> &T {
        self.parsed.get_or_init(|| {
            serde_json::from_str(self.text.get()).expect("the table has the form that its generator writes")
        })
    }
}

impl<'de: 'static, T> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { text: <&'static RawValue>::deserialize(deserializer)?, parsed: OnceLock::new() })
    }
}

type Map<V> = BTreeMap<&'static str, V>;

/// The table of actions. Lookups are methods; keys of services are botocore's names.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Table {
    /// Packages and their versions that the table is made from.
    pub made_from: Map<&'static str>,
    /// What the SDKs offer.
    pub services: Map<Part<Service>>,
    /// By prefix, by name.
    pub(super) actions: Map<Part<Map<Row>>>,
    /// By prefix, by type of resource.
    pub(super) arns: Map<Part<Map<&'static str>>>,
    /// Methods of every client of boto3 that call nothing themselves.
    pub no_call: Vec<&'static str>,
    /// What packages on top of the JavaScript SDKs, and classes of SDK v2, offer: by package, by exported name or method.
    pub javascript: Map<Map<Library>>,
    /// What Powertools calls: by module and name.
    pub powertools: Map<Library>,
}

/// A service of the SDKs.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// The prefix of its actions.
    pub prefix: &'static str,
    /// `@aws-sdk/client-` and this is its package.
    pub package: &'static str,
    /// Its class in the JavaScript SDK v2.
    pub class: &'static str,
    /// What each operation needs.
    pub(super) operations: Map<Needs>,
    /// Operations whose names in Python don't follow from the usual way to write them.
    #[serde(default)]
    pub(super) snake: Map<&'static str>,
    /// Waiters by their names in Python.
    #[serde(default)]
    pub waiters: Map<&'static str>,
    /// Operations that have a paginator.
    #[serde(default)]
    pub paginators: Vec<&'static str>,
    /// Arguments that name what an operation works on, and its type; in the order of their names.
    #[serde(default)]
    pub(super) resources: Map<&'static str>,
    /// Operations that tag what they make: the argument with the tags, and the action that this may need.
    #[serde(default)]
    pub(super) tagged: Map<[&'static str; 2]>,
    /// Resource classes of boto3; "" is the service resource.
    #[serde(default)]
    pub classes: Map<Class>,
    /// Methods that boto3 adds to clients.
    #[serde(default)]
    pub injected: Map<Method>,
}

/// What an operation needs.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"), untagged)]
pub(super) enum Needs {
    /// The action of its own name.
    Same(#[allow(dead_code, reason = "only tells the form")] u8),
    Listed(Vec<Entry>),
    Unmapped(()),
}

/// An action; the argument that it is on; the argument without which it isn't needed.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Entry {
    Plain(&'static str),
    When([&'static str; 3]),
    On([&'static str; 2]),
}

/// Level, types of resources, dependent actions.
#[derive(Debug, Deserialize)]
pub(super) struct Row(pub &'static str, pub &'static str, #[serde(default)] pub &'static str);

/// A resource class of boto3 (`Table`).
#[derive(Debug, Default, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Class {
    /// What identifies an object of it, in the order of the constructor's arguments; an attribute each, in snake case.
    pub identifiers: Vec<&'static str>,
    /// Actions, collections and sub-resources by their names in Python; `batch:delete` is what a collection of it has.
    pub members: Map<Member>,
}

/// A member of a resource class.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Member {
    /// The operations that it stands for; none for what only makes another object.
    #[serde(default)]
    pub operations: Vec<&'static str>,
    /// Argument of the operation, and the identifier of the object that gives it.
    #[serde(default)]
    pub with: Map<&'static str>,
    /// Names of positional arguments, where it takes such.
    #[serde(default)]
    pub arguments: Vec<&'static str>,
    /// Whether it is a collection: iterated, `.all()`, `.filter(…)`, `.limit(…)`, `.pages()`.
    #[serde(default)]
    pub collection: bool,
    /// The class of what it gives, and where that has its identifiers from.
    #[serde(default)]
    pub makes: Option<(&'static str, Map<Origin>)>,
}

/// Where an identifier comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "&'static str")]
pub enum Origin {
    /// An identifier of the object.
    Identifier(&'static str),
    /// The next positional argument.
    Input,
    /// An argument of the call.
    Argument(&'static str),
    /// The answer.
    Response,
}

impl From<&'static str> for Origin {
    fn from(text: &'static str) -> Self {
        match text.split_at_checked(1) {
            Some(("=", name)) => Self::Identifier(name),
            Some(("<", path)) => Self::Argument(path),
            Some(("?", "")) => Self::Input,
            _ => Self::Response,
        }
    }
}

/// A method that boto3 adds.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Method {
    /// The operations that it stands for.
    pub operations: Vec<&'static str>,
    /// Names of its positional arguments.
    pub arguments: Vec<&'static str>,
}

/// A function or class of a library.
#[derive(Debug, Deserialize)]
pub struct Library {
    /// The service; "" when it calls none.
    pub service: &'static str,
    /// The operations that it stands for.
    pub operations: Vec<&'static str>,
    /// Its own arguments in order, and the operations' arguments that they are.
    #[serde(default)]
    pub arguments: Vec<(&'static str, &'static str)>,
}

impl Service {
    /// A type of resource with its prefix.
    pub(super) fn kind(&self, kind: &str) -> String {
        if kind.contains(':') { kind.to_owned() } else { format!("{}:{kind}", self.prefix) }
    }

    /// The type of what an argument of an operation names, for an action that may be of another service.
    pub(super) fn kind_at(&self, path: &str, action: &str) -> String {
        let (prefix, name) = action.split_once(':').unwrap_or_default();
        let own = self.resources.get(path).filter(|_| prefix == self.prefix);
        match (prefix, name) {
            _ if own.is_some() => self.kind(own.copied().unwrap_or_default()),
            ("s3", _) => "s3:bucket".to_owned(),
            ("dynamodb", _) => "dynamodb:table".to_owned(),
            ("secretsmanager", _) => "secretsmanager:Secret".to_owned(),
            ("iam", _) => "iam:role".to_owned(),
            ("kms", _) => "kms:key".to_owned(),
            ("ses", _) => "ses:identity".to_owned(),
            ("bedrock", "ApplyGuardrail") => "bedrock:guardrail".to_owned(),
            ("ecs", _) => "ecs:task-definition".to_owned(),
            _ => format!("{prefix}:"),
        }
    }

    /// The names of its operations.
    pub fn operations(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.operations.keys().copied()
    }
}
