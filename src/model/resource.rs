//! Resources and data sources.

use std::sync::Arc;

use super::project::InstanceId;
use super::reference::Reference;
use super::value::{Body, Node, Value};
use super::version::{Version, highest};
use crate::source::Span;

/// Index of a resource in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u32);

/// Whether Terraform manages the thing or only reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// A `resource`.
    Managed,
    /// A `data` source.
    Data,
    /// A call of a published module, judged by its inputs. Its type is `module:` and the module's name in the registry.
    Call,
}

/// How often the resource stands there.
#[derive(Debug, Clone, PartialEq)]
pub enum Repeat {
    /// Once.
    Once,
    /// `count = ...`.
    Count(Node),
    /// `for_each = ...`.
    ForEach(Node),
}

impl Repeat {
    /// Whether the resource isn't there with the values that are known: `count = 0`, `for_each = {}`.
    pub fn is_never(&self) -> bool {
        match self {
            Self::Once => false,
            Self::Count(node) => node.value.as_number() == Some(0.0),
            Self::ForEach(node) => match &node.value {
                Value::List(items) => items.is_empty(),
                Value::Map(body) => body.entries.is_empty() && !body.open,
                _ => false,
            },
        }
    }
}

/// A resource or data source of one module instance.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Where it is in the project.
    pub id: ResourceId,
    /// The module instance it belongs to.
    pub instance: InstanceId,
    /// Managed or read.
    pub mode: Mode,
    /// The type, e.g. `aws_s3_bucket`.
    pub kind: Arc<str>,
    /// The local name.
    pub name: Arc<str>,
    /// The whole block.
    pub span: Span,
    /// The block's header: `resource "aws_s3_bucket" "uploads"`.
    pub header: Span,
    /// The arguments and nested blocks, `count`, `for_each`, `provider`, `depends_on` and `lifecycle` included.
    pub body: Body,
    /// `count` or `for_each`; a condition counts as a count.
    pub repeat: Repeat,
    /// What arguments that exist to replace the resource refer to (`triggers`, `lifecycle.replace_triggered_by`), through
    /// locals, variables and outputs; a reference without a path is to all of it.
    pub watched: Vec<(Arc<str>, Reference)>,
    /// The construct that made it, in what a program synthesised.
    pub origin: Option<Arc<Origin>>,
}

/// Where a synthesised resource comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The path of the construct that the program's author made: `Stack/Uploads`.
    pub construct: Arc<str>,
    /// Its class: `aws-cdk-lib.aws_s3.Bucket`; nothing when the assembly doesn't say it.
    pub class: Option<Arc<str>>,
    /// The version of aws-cdk-lib that made it.
    pub library: Option<Version>,
    /// Why the resource is not the author's, when it isn't.
    pub foreign: Option<String>,
    /// The call that makes it, or why it can't be told.
    pub call: Result<CallSite, String>,
}

/// A call in the source of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSite {
    /// Relative to the scanned directory.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    /// What finds it again after edits.
    pub key: CallKey,
}

/// What tells a call from the others of its file, also when lines have moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey {
    /// The last name of its class, as the library calls it.
    pub class: Arc<str>,
    /// The id as it is written.
    pub id: Arc<str>,
    /// How many calls before it in the file are of the same class and id.
    pub nth: usize,
}

impl Resource {
    /// Whether it stands once, where the module's provider is: then it can share something with others of the module.
    pub fn is_plain(&self) -> bool {
        self.repeat == Repeat::Once && ["provider", "region"].iter().all(|argument| self.body.entry(argument).is_none())
    }

    /// Whether an argument or block of it refers to another resource.
    pub fn uses(&self, other: &Self) -> bool {
        self.id != other.id && self.body.refers_to(other.id)
    }

    /// The address in its module: `aws_s3_bucket.uploads`, `data.aws_region.current`.
    pub fn address(&self) -> String {
        address(self.mode, &self.kind, &self.name)
    }

    /// Of a call of a published module: the highest version that it allows, by `version` or by the tag in its source;
    /// nothing where that can't be read.
    pub fn module_version(&self) -> Option<Version> {
        if let Some(constraint) = self.body.get("version").as_str() {
            return Some(highest(constraint));
        }
        let absent = matches!(self.body.get("version"), Value::Null);
        let source = self.body.get("source");
        match source.as_str()?.split_once("ref=") {
            Some((_, tag)) => {
                let tag = tag.split('&').next()?;
                let is_version =
                    tag.contains('.') && tag.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
                (absent && is_version).then(|| highest(tag))
            }
            None => absent.then_some(Version::UNBOUNDED),
        }
    }
}

/// An address in a module.
pub fn address(mode: Mode, kind: &str, name: &str) -> String {
    match mode {
        Mode::Managed => format!("{kind}.{name}"),
        Mode::Data => format!("data.{kind}.{name}"),
        Mode::Call => format!("module.{name}"),
    }
}
