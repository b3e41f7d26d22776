//! Builds the model of a group of modules: instances first, then the values of every resource in each instance.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;

use super::calls;
use super::declare::{Call, Declaration, Declared, Source, is_override, resolve_local};
use super::provider;
use super::scope::ModuleScope;
use super::types;
use crate::diagnostic::Diagnostic;
use crate::discover::directory;
use crate::hcl::Bindings;
use crate::model::{
    Body, Instance, InstanceId, Mode, Module, ModuleId, Project, Repeat, Resource, ResourceId, Symbol, Value, Version,
    resource, weight,
};
use crate::source::{Base, FileId, SourceFile, Span};
use crate::workspace::{Group, Tree, Workspace};

/// Module calls nested deeper than this are cut: Terraform itself would not load a cycle.
const MAX_NESTING: usize = 64;
/// Uses of modules in one group; calls that multiply beyond it are cut, and that is said.
const MAX_INSTANCES: usize = 10_000;
/// Variables and locals that lead to each other deeper than this are unknown.
const MAX_LOOKUPS: u32 = 48;

/// A module instance, with what is needed to evaluate in it.
pub(super) struct InstanceSyntax<'a> {
    pub(super) module: usize,
    /// The instance that calls this one, and the call.
    pub(super) caller: Option<(InstanceId, &'a Call<'a>)>,
    /// Instances by the name of the call.
    pub(super) children: HashMap<&'a str, InstanceId>,
    /// Ids of its own resources and of those below it.
    pub(super) resources: std::ops::Range<u32>,
}

/// The state of building one group.
pub(super) struct Builder<'a> {
    pub(super) files: &'a [SourceFile],
    pub(super) modules: &'a [(String, Declared<'a>)],
    pub(super) instances: Vec<InstanceSyntax<'a>>,
    /// By mode, type and name.
    addresses: HashMap<(InstanceId, Mode, &'a str, &'a str), ResourceId>,
    declared: u32,
    depth: Cell<u32>,
    /// What values may still weigh.
    room: Cell<usize>,
    /// Where there was no room for one.
    full: Cell<Option<FileId>>,
    known: RefCell<HashMap<(InstanceId, bool, String), Value>>,
}

/// Builds the model of a group.
pub fn build(group: Group) -> Workspace {
    let (files, trees): (Vec<SourceFile>, Vec<Tree>) = group.parsed.into_iter().map(|p| (p.file, p.tree)).unzip();
    let mut by_directory: BTreeMap<String, Declared<'_>> = BTreeMap::new();
    // Override files come last, whatever their names: they are merged into what the others declare.
    let mut order: Vec<usize> = (0..files.len()).collect();
    order.sort_by_key(|i| is_override(files[*i].name()));
    for i in order {
        let file = &files[i];
        let declared = by_directory.entry(directory(&file.display).to_owned()).or_default();
        declared.add(FileId(i as u32), file.name(), &trees[i]);
    }
    let modules: Vec<(String, Declared<'_>)> = by_directory.into_iter().collect();
    let mut project = Project::default();
    let builder = instantiate(&files, &modules, &mut project);
    evaluate_all(&builder, &mut project);
    project.problems.extend(builder.full.get().map(|file| too_much(&files[file.0 as usize])));
    drop(builder);
    drop(modules);
    project.files = files;
    Workspace { project, trees, ..Workspace::default() }
}

/// Creates the modules and their instances, and gives every resource its place.
fn instantiate<'a>(
    files: &'a [SourceFile],
    modules: &'a [(String, Declared<'a>)],
    project: &mut Project,
) -> Builder<'a> {
    let index: HashMap<&str, usize> = modules.iter().enumerate().map(|(i, (d, _))| (d.as_str(), i)).collect();
    let target = |directory: &str, call: &Call<'_>| {
        let source = call.source.as_deref()?;
        index.get(resolve_local(directory, source)?.as_str()).copied()
    };
    let mut called = vec![false; modules.len()];
    for (directory, declared) in modules {
        declared.calls.iter().filter_map(|call| target(directory, call)).for_each(|i| called[i] = true);
    }
    for (i, (directory, declared)) in modules.iter().enumerate() {
        let provider = provider::allowed(files, declared);
        project.modules.push(Module {
            directory: Arc::from(directory.as_str()),
            files: declared.files.clone(),
            provider,
            macros: false,
            inputs: calls::copy_of(modules, directory).map(|_| declared.inputs()).unwrap_or_default(),
        });
        debug_assert_eq!(project.modules.len(), i + 1);
    }
    let mut builder = Builder {
        files,
        modules,
        instances: Vec::new(),
        addresses: HashMap::default(),
        declared: 0,
        depth: Cell::new(0),
        room: Cell::new(weight::MOST),
        full: Cell::new(None),
        known: RefCell::default(),
    };
    // Modules that only call each other in a circle have no root: take them as roots, so that nothing is skipped.
    let mut roots: Vec<usize> = (0..modules.len()).filter(|i| !called[*i]).collect();
    if roots.is_empty() {
        roots = (0..modules.len()).collect();
    }
    for module in roots {
        add_instance(&mut builder, project, module, None, "", &target, 0);
    }
    provider::share(project);
    builder
}

/// Values grew beyond what can be held.
fn too_much(file: &SourceFile) -> Diagnostic {
    Diagnostic::error(
        &*file.display,
        "values that are made of each other grow too large here: some are taken as unknown",
        "locals that repeat others many times, or loops in loops, make them",
    )
}

fn add_instance<'a>(
    builder: &mut Builder<'a>,
    project: &mut Project,
    module: usize,
    caller: Option<(InstanceId, &'a Call<'a>)>,
    address: &str,
    target: &dyn Fn(&str, &Call<'_>) -> Option<usize>,
    depth: usize,
) -> InstanceId {
    let id = InstanceId(builder.instances.len() as u32);
    let root = caller.map_or(id, |(parent, _)| project.instance(parent).root);
    project.instances.push(Instance {
        module: ModuleId(module as u32),
        address: address.to_owned(),
        root,
        provider: Version::NEWEST_PROVIDER,
    });
    let resources = builder.declared..builder.declared;
    builder.instances.push(InstanceSyntax { module, caller, children: HashMap::default(), resources });
    let modules = builder.modules;
    let (directory, declared) = &modules[module];
    for declaration in &declared.resources {
        let resource = ResourceId(builder.declared);
        builder.declared += 1;
        let Declaration { mode, kind, name, .. } = *declaration;
        builder.addresses.entry((id, mode, kind, name)).or_insert(resource);
    }
    for call in &declared.calls {
        // Terraform refuses circles.
        if let Some(called) = target(directory, call).filter(|called| !is_within(builder, id, *called)) {
            if builder.instances.len() >= MAX_INSTANCES || depth >= MAX_NESTING {
                project.truncated = Some(Arc::from(directory.as_str()));
                break;
            }
            let name = if address.is_empty() { String::new() } else { format!("{address}.") };
            let child_address = format!("{name}module.{}", call.name);
            let child = add_instance(builder, project, called, Some((id, call)), &child_address, target, depth + 1);
            builder.instances[id.0 as usize].children.insert(call.name, child);
        }
    }
    builder.instances[id.0 as usize].resources.end = builder.declared;
    id
}

/// Whether an instance is of this module, or called by one that is.
fn is_within(builder: &Builder<'_>, id: InstanceId, module: usize) -> bool {
    let mut callers = std::iter::successors(Some(&builder.instances[id.0 as usize]), |instance| {
        instance.caller.map(|(parent, _)| &builder.instances[parent.0 as usize])
    });
    callers.any(|instance| instance.module == module)
}

/// Evaluates every resource of every instance.
fn evaluate_all(builder: &Builder<'_>, project: &mut Project) {
    for i in 0..builder.instances.len() {
        let instance = InstanceId(i as u32);
        let (_, declared) = &builder.modules[builder.instances[i].module];
        for declaration in &declared.resources {
            let scope = builder.scope(instance, declaration.base);
            let each = scope.each(declaration.content);
            let each = each.map(|each| Bindings::new("each", each, None));
            let mut body = scope.body(declaration.content, each.as_ref());
            for over in declared
                .overrides
                .iter()
                .filter(|o| (o.mode, o.kind, o.name) == (declaration.mode, declaration.kind, declaration.name))
            {
                merge_override(&mut body, builder.scope(instance, over.base).body(over.content, None));
            }
            let id = ResourceId(project.resources.len() as u32);
            let kind: Arc<str> = declaration.kind.into();
            let name: Arc<str> = declaration.name.into();
            let repeat = repeat_of(&body);
            project.by_kind.entry(kind.clone()).or_default().push(id);
            let address = resource::address(declaration.mode, &kind, &name);
            project.by_address.entry((instance, address)).or_insert(id);
            project.resources.push(Resource {
                id,
                instance,
                mode: declaration.mode,
                kind,
                name,
                span: declaration.span,
                header: declaration.header,
                body,
                repeat,
                watched: builder.watched(instance, declaration),
                origin: None,
            });
        }
        if builder.instances[i].caller.is_none() {
            let outputs = declared.outputs.values().map(|source| (instance, builder.value_in(instance, *source)));
            project.outputs.extend(outputs);
        }
    }
    // After all resources: their ids were given when the instances were made.
    for i in 0..builder.instances.len() {
        calls::add_opaque(builder, InstanceId(i as u32), project);
        calls::add_of_copies(builder, InstanceId(i as u32), project);
    }
}

/// An override file's entries replace those of the same name.
pub(super) fn merge_override(body: &mut Body, over: Body) {
    body.entries.retain(|entry| over.entry(&entry.name).is_none());
    body.entries.extend(over.entries);
}

pub(super) fn repeat_of(body: &Body) -> Repeat {
    if let Some(entry) = body.entry("for_each") {
        Repeat::ForEach(entry.node.clone())
    } else if let Some(entry) = body.entry("count") {
        Repeat::Count(entry.node.clone())
    } else {
        Repeat::Once
    }
}

impl<'a> Builder<'a> {
    pub(super) fn scope(&self, instance: InstanceId, base: Base) -> ModuleScope<'_, 'a> {
        ModuleScope { builder: self, instance, base, embedded: None }
    }

    /// The root instance above one.
    pub(super) fn root_of(&self, instance: InstanceId) -> InstanceId {
        match self.instances[instance.0 as usize].caller {
            Some((caller, _)) => self.root_of(caller),
            None => instance,
        }
    }

    pub(super) fn declared(&self, instance: InstanceId) -> &'a Declared<'a> {
        &self.modules[self.instances[instance.0 as usize].module].1
    }

    /// The resource of a type and a name.
    pub(super) fn resource(&self, instance: InstanceId, mode: Mode, kind: &str, name: &str) -> Option<ResourceId> {
        self.addresses.get(&(instance, mode, kind, name)).copied()
    }

    /// The value of a local.
    pub(super) fn local(&self, instance: InstanceId, name: &str) -> Value {
        self.remember(instance, false, name, || match self.declared(instance).locals.get(name) {
            Some(source) => self.value_in(instance, *source),
            None => Value::Unknown,
        })
    }

    /// The value of a variable: the caller's argument, or the values files and the default of a root module.
    pub(super) fn variable(&self, instance: InstanceId, name: &str) -> Value {
        self.remember(instance, true, name, || {
            let declared = self.declared(instance);
            let Some(variable) = declared.variables.get(name) else { return self.variable_value(instance, name) };
            let value = self.variable_value(instance, name);
            let value = match variable.default {
                Some(default) if !variable.nullable => types::unless_null(value, &|| self.value_in(instance, default)),
                _ => value,
            };
            let span = variable.default.map_or(Span::default(), Source::span);
            match &variable.kind {
                Some(kind) => types::convert(value, kind, span),
                None => value,
            }
        })
    }

    fn variable_value(&self, instance: InstanceId, name: &str) -> Value {
        let declared = self.declared(instance);
        let symbol = || Value::Symbol(Symbol { name: format!("var.{name}").into(), instance });
        let default = declared.variables.get(name).and_then(|variable| variable.default);
        if let Some((caller, call)) = self.instances[instance.0 as usize].caller {
            let argument = call.argument(name);
            return match (argument, default) {
                (Some(argument), _) => self.value_in(caller, argument),
                (None, Some(default)) => self.value_in(instance, default),
                (None, None) => symbol(),
            };
        }
        let values = declared.values.get(name).map_or(&[][..], Vec::as_slice);
        let automatic = values.iter().rev().find(|(_, automatic)| *automatic).map(|(source, _)| *source);
        let base = automatic.or(default);
        // A values file that must be named on the command line may or may not be used.
        let mut arms: Vec<_> = values.iter().filter(|(_, automatic)| !automatic).map(|(s, _)| *s).collect();
        arms.extend(base);
        let nodes: Vec<_> = arms.iter().map(|source| self.scope(instance, source.base).value(*source, None)).collect();
        if nodes.is_empty() { symbol() } else { Value::either(nodes) }
    }

    pub(super) fn value_in(&self, instance: InstanceId, source: Source<'_>) -> Value {
        self.scope(instance, source.base).value(source, None).value
    }

    /// The value of a local module's output; nothing when the module isn't here.
    pub(super) fn output(&self, instance: InstanceId, call: &str, output: &str) -> Option<Value> {
        let child = *self.instances[instance.0 as usize].children.get(call)?;
        let source = *self.declared(child).outputs.get(output)?;
        Some(self.guarded(|| self.value_in(child, source)))
    }

    fn remember(&self, instance: InstanceId, variable: bool, name: &str, find: impl FnOnce() -> Value) -> Value {
        let key = (instance, variable, name.to_owned());
        if let Some(value) = self.known.borrow().get(&key) {
            return value.clone();
        }
        let value = self.guarded(find);
        self.known.borrow_mut().insert(key, value.clone());
        value
    }

    /// Counts what a value weighs that was made of others; false where there is no room for it.
    pub(super) fn charge(&self, weight: usize, file: FileId) -> bool {
        let rest = self.room.get().checked_sub(weight);
        // Once there is too little room, all that comes is unknown.
        self.room.set(rest.unwrap_or(0));
        if rest.is_none() && self.full.get().is_none() {
            self.full.set(Some(file));
        }
        rest.is_some()
    }

    /// Ends circles of names: too deep is unknown.
    fn guarded(&self, find: impl FnOnce() -> Value) -> Value {
        if self.depth.get() >= MAX_LOOKUPS || self.full.get().is_some() {
            return Value::Unknown;
        }
        self.depth.set(self.depth.get() + 1);
        let value = find();
        self.depth.set(self.depth.get() - 1);
        value
    }
}
