//! A project: modules, their instances, and the resources of each instance.
//!
//! A module is a directory; an instance is one use of it: as a root, or by a `module` block. A module that is used twice
//! has two instances, and its resources stand in the project twice, each with the values of its instance.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldhash::HashMap;

use super::draft::Draft;
use super::resource::{Mode, Resource, ResourceId, address};
use super::value::{Body, Value};
use super::version::Version;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, Span};

/// Index of a module in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// Index of a module instance in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u32);

/// A directory of configuration.
#[derive(Debug, Clone)]
pub struct Module {
    /// Relative to the scanned directory; `.` for the top.
    pub directory: Arc<str>,
    /// Its files.
    pub files: Vec<FileId>,
    /// The highest AWS provider that its own constraints and lock file allow.
    pub provider: Version,
    /// Whether macros may declare resources that don't stand in its files.
    pub macros: bool,
    /// The inputs of a copy of a published module; of other modules nobody asks.
    pub inputs: BTreeSet<String>,
}

/// One use of a module.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The module.
    pub module: ModuleId,
    /// `module.a.module.b`, empty for a root.
    pub address: String,
    /// The root instance above this one (itself for a root).
    pub root: InstanceId,
    /// The highest AWS provider that all modules below that root allow: they share one.
    pub provider: Version,
}

/// A `module` block whose source can't be read here: a registry, a git repository, a missing directory.
#[derive(Debug, Clone)]
pub struct OpaqueCall {
    /// Where it stands.
    pub instance: InstanceId,
    /// The call's name.
    pub name: Arc<str>,
    /// The `source` argument.
    pub source: Arc<str>,
    /// The call's header.
    pub span: Span,
    /// Its arguments.
    pub arguments: Body,
}

impl OpaqueCall {
    /// Whether a resource stands for this call.
    pub fn is(&self, resource: &Resource) -> bool {
        resource.mode == Mode::Call && resource.instance == self.instance && resource.name == self.name
    }
}

/// The language of a project: which types, arguments and expressions its resources have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Terraform, in either syntax.
    #[default]
    Terraform,
    /// CloudFormation templates, written by hand or synthesised.
    CloudFormation,
}

/// What is loaded of one group of modules that refer to each other.
#[derive(Debug, Default)]
pub struct Project {
    /// What it is written in.
    pub language: Language,
    /// The files; [`FileId`] is the index.
    pub files: Vec<SourceFile>,
    /// The modules; [`ModuleId`] is the index.
    pub modules: Vec<Module>,
    /// The instances; [`InstanceId`] is the index.
    pub instances: Vec<Instance>,
    /// The resources and data sources of all instances; [`ResourceId`] is the index.
    pub resources: Vec<Resource>,
    /// Calls to code that isn't here.
    pub opaque_calls: Vec<OpaqueCall>,
    /// The directory at which uses of modules became too many to follow.
    pub truncated: Option<Arc<str>>,
    /// What is wrong with how the files fit together.
    pub problems: Vec<Diagnostic>,
    /// The outputs of root modules: what others may use.
    pub outputs: Vec<(InstanceId, Value)>,
    /// Resources by type, in order.
    pub by_kind: HashMap<Arc<str>, Vec<ResourceId>>,
    /// Calls of copies of published modules, which no control judges: what the copies declare is judged.
    pub calls_of_copies: Vec<ResourceId>,
    /// Resources by instance and address.
    pub by_address: HashMap<(InstanceId, String), ResourceId>,
}

impl Project {
    /// A file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// A resource.
    pub fn resource(&self, id: ResourceId) -> &Resource {
        &self.resources[id.0 as usize]
    }

    /// An instance.
    pub fn instance(&self, id: InstanceId) -> &Instance {
        &self.instances[id.0 as usize]
    }

    /// The module of an instance.
    pub fn module_of(&self, id: InstanceId) -> &Module {
        &self.modules[self.instance(id).module.0 as usize]
    }

    /// The managed resources (or module calls) of a type, over all instances.
    pub fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let ids = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        ids.iter().map(|id| self.resource(*id)).filter(|r| r.mode != Mode::Data)
    }

    /// The data sources of a type in one instance.
    pub fn data_of<'a>(&'a self, kind: &str, instance: InstanceId) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let ids = self.by_kind.get(kind).map_or(&[][..], Vec::as_slice);
        ids.iter().map(|id| self.resource(*id)).filter(move |r| r.mode == Mode::Data && r.instance == instance)
    }

    /// The AWS provider that an instance gets.
    pub fn provider(&self, id: InstanceId) -> Version {
        self.instance(id).provider
    }

    /// What gives the region's name, of the data source `aws_region`: `region` since provider 6. The older `name` still
    /// works there, so a module that uses it goes on with it: older providers may serve it, too.
    pub fn region_attribute(&self, id: InstanceId) -> &'static str {
        let mut named = false;
        if self.provider(id).major >= 6 {
            for resource in self.resources.iter().filter(|resource| resource.instance == id) {
                for entry in &resource.body.entries {
                    entry.node.value.each_reference(&mut |reference| {
                        named |= &*self.resource(reference.resource).kind == "aws_region"
                            && reference.path.last().is_some_and(|name| &**name == "name");
                    });
                }
            }
        }
        if named || self.provider(id).major < 6 { "name" } else { "region" }
    }

    /// The resource at an address of an instance.
    pub fn at(&self, instance: InstanceId, address: &str) -> Option<&Resource> {
        self.by_address.get(&(instance, address.to_owned())).map(|id| self.resource(*id))
    }

    /// A name that is free for a resource of this type. All resources of a template share one space of names, which have
    /// letters and digits only.
    pub fn unused_name(&self, instance: InstanceId, kind: &str, name: &str) -> String {
        let taken = |name: &str| match self.language {
            Language::Terraform => self.at(instance, &address(Mode::Managed, kind, name)).is_some(),
            Language::CloudFormation => self.resources.iter().any(|r| r.instance == instance && *r.name == *name),
        };
        let separator = if self.language == Language::Terraform { "_" } else { "" };
        let numbered = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}{separator}{n}")));
        numbered.into_iter().find(|name| !taken(name)).unwrap_or_default()
    }

    /// An attribute of something that the module has once.
    pub fn once(&self, kind: &str, name: &str, attribute: &str) -> Draft {
        match self.language {
            Language::Terraform => Draft::Expression(format!("{kind}.{name}.{attribute}")),
            Language::CloudFormation => Draft::AddedAttribute(address(Mode::Managed, kind, name), attribute.into()),
        }
    }

    /// The address as `terraform plan` prints it, without index keys.
    pub fn plan_address(&self, id: ResourceId) -> String {
        let resource = self.resource(id);
        self.planned(resource.instance, &resource.address())
    }

    /// An address of an instance as `terraform plan` prints it, without index keys.
    pub fn planned(&self, instance: InstanceId, address: &str) -> String {
        match self.instance(instance).address.as_str() {
            "" => address.to_owned(),
            module => format!("{module}.{address}"),
        }
    }

    /// The use of a module whose call makes this one, and the call's name; nothing for a root.
    pub fn caller(&self, id: InstanceId) -> Option<(InstanceId, &str)> {
        let child = self.instance(id);
        let (parent, call) = match child.address.rsplit_once(".module.") {
            Some(both) => both,
            None => ("", child.address.strip_prefix("module.")?),
        };
        let is_parent = |instance: &Instance| instance.root == child.root && instance.address == parent;
        Some((InstanceId(self.instances.iter().position(is_parent)? as u32), call))
    }

    /// Whether a module is there for others: nothing but examples calls it here.
    pub fn is_published(&self, module: ModuleId) -> bool {
        let shows =
            |directory: &str| directory.split('/').any(|part| matches!(part, "examples" | "example" | "wrappers"));
        let ids = (0..self.instances.len() as u32).map(InstanceId);
        let uses = ids.filter(|id| self.instance(*id).module == module);
        let mut callers = uses.filter_map(|id| self.caller(id)).peekable();
        callers.peek().is_some()
            && callers.all(|(caller, _)| shows(&self.module_of(caller).directory))
            && !shows(&self.modules[module.0 as usize].directory)
    }

    /// The call that makes an instance of a copy of a published module, judged by the inputs of the original.
    pub fn call_of_copy(&self, id: InstanceId) -> Option<&Resource> {
        let (caller, call) = self.caller(id)?;
        self.at(caller, &address(Mode::Call, "", call))
    }

    /// The uses of the block that declares this resource: the resource itself, and its twins in other instances of the
    /// same module.
    pub fn twins(&self, id: ResourceId) -> impl Iterator<Item = &Resource> + use<'_> {
        let this = self.resource(id);
        let ids = self.by_kind.get(&this.kind).map_or(&[][..], Vec::as_slice);
        ids.iter().chain(&self.calls_of_copies).map(|id| self.resource(*id)).filter(move |r| r.span == this.span)
    }

    /// The first use of the block that declares a resource: one for all of them.
    pub fn declared(&self, id: ResourceId) -> ResourceId {
        self.twins(id).next().map_or(id, |first| first.id)
    }

    /// Whether the call of the module switches the resource off: `count = var.create ? 1 : 0` with `create = false`.
    pub fn is_switched_off(&self, resource: &Resource) -> bool {
        resource.repeat.is_never() && !self.instance(resource.instance).address.is_empty()
    }

    /// A value with references replaced by what they refer to, where the configuration says it.
    ///
    /// `aws_lambda_function.orders.function_name` becomes `"orders"`; `aws_lambda_function.orders.arn` stays.
    pub fn settle(&self, value: &Value) -> Value {
        self.settle_within(value, 8)
    }

    fn settle_within(&self, value: &Value, depth: u8) -> Value {
        match value {
            Value::Reference(reference) if depth > 0 => {
                let target = self.resource(reference.resource);
                // Behind a key the written value may differ from one instance to the next: keep the reference.
                if reference.index.is_some() && target.repeat != super::Repeat::Once {
                    return value.clone();
                }
                match target.body.at(&reference.attribute()) {
                    Value::Null | Value::Unknown => value.clone(),
                    known if !reference.within.is_empty() && !known.is_plain() => value.clone(),
                    known => self.settle_within(&known, depth - 1),
                }
            }
            Value::Text(pieces) if depth > 0 => {
                let pieces = pieces
                    .iter()
                    .map(|piece| super::Node { value: self.settle_within(&piece.value, depth - 1), span: piece.span });
                Value::text(pieces.collect())
            }
            _ => value.clone(),
        }
    }
}
