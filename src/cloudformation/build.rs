//! Builds the model of a group of templates: instances first, then the values of every resource in each instance.
//!
//! A template is a module. One that is nested has an instance for each stack that nests it, with that stack's parameters.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::template::{Template, construct_path, nested_file};
use super::{is_synthesised, names};
use crate::cdk::Assembly;
use crate::diagnostic::Diagnostic;
use crate::discover::directory;
use crate::json::{Node as Syntax, Property};
use crate::model::{
    Entry, Form, Instance, InstanceId, Language, Mode, Module, ModuleId, Node, Project, Reference, Repeat, Resource,
    ResourceId, Symbol, Value, Version, resource,
};
use crate::source::{FileId, SourceFile, Span};
use crate::workspace::{Group, Tree, Workspace};

/// Stacks nested deeper than this are cut.
const MAX_NESTING: usize = 32;
/// Uses of templates in one group; nesting that multiplies beyond it is cut, and that is said.
const MAX_INSTANCES: usize = 2_000;
/// Names that lead to each other deeper than this are unknown.
const MAX_LOOKUPS: u32 = 64;

/// A use of a template.
struct Use<'a> {
    template: usize,
    /// The instance that nests this one, and the stack's resource there.
    caller: Option<(InstanceId, &'a Syntax)>,
    /// Nested instances by logical id.
    children: HashMap<&'a str, InstanceId>,
}

/// The state of building one group.
pub(super) struct Builder<'a> {
    templates: Vec<(FileId, Template<'a>)>,
    uses: Vec<Use<'a>>,
    addresses: HashMap<(InstanceId, &'a str), (ResourceId, &'a str)>,
    /// Exported values by their name.
    exports: HashMap<&'a str, (InstanceId, &'a Syntax)>,
    declared: u32,
    depth: Cell<u32>,
}

/// Builds the model of a group.
pub fn build(group: Group) -> Workspace {
    let assembly = group.assembly;
    let (files, trees): (Vec<SourceFile>, Vec<Tree>) = group.parsed.into_iter().map(|p| (p.file, p.tree)).unzip();
    let mut project = Project { language: Language::CloudFormation, ..Project::default() };
    let builder = instantiate(&files, &trees, &mut project);
    evaluate_all(&builder, &files, &mut project, assembly.as_deref());
    drop(builder);
    project.files = files;
    Workspace { project, trees, assembly, ..Workspace::default() }
}

fn instantiate<'a>(files: &[SourceFile], trees: &'a [Tree], project: &mut Project) -> Builder<'a> {
    let mut templates = Vec::new();
    for (i, (file, tree)) in files.iter().zip(trees).enumerate() {
        let Tree::Template(root) = tree else { continue };
        let id = FileId(i as u32);
        templates.push((id, Template::of(root)));
        project.modules.push(Module {
            directory: file.display.clone(),
            files: vec![id],
            provider: Version::NEWEST_PROVIDER,
            inputs: BTreeSet::new(),
            macros: Template::of(root).has_macros(),
        });
    }
    let mut builder = Builder {
        templates,
        uses: Vec::new(),
        addresses: HashMap::new(),
        exports: HashMap::new(),
        declared: 0,
        depth: Cell::new(0),
    };
    let nesting = Nesting::of(&builder, files);
    let mut roots: Vec<usize> = (0..builder.templates.len()).filter(|i| !nesting.nested[*i]).collect();
    // Templates that only nest each other in a circle have no root: take them all, so that nothing is skipped.
    if roots.is_empty() {
        roots = (0..builder.templates.len()).collect();
    }
    for template in roots {
        add_use(&mut builder, project, &nesting, template, None, "", 0);
    }
    builder
}

/// Which template nests which.
struct Nesting {
    /// Indices of templates by file.
    by_name: HashMap<Arc<str>, usize>,
    bases: Vec<String>,
    displays: Vec<Arc<str>>,
    nested: Vec<bool>,
}

impl Nesting {
    fn of(builder: &Builder<'_>, files: &[SourceFile]) -> Self {
        let displays: Vec<Arc<str>> =
            builder.templates.iter().map(|(id, _)| files[id.0 as usize].display.clone()).collect();
        let by_name: HashMap<Arc<str>, usize> =
            displays.iter().enumerate().map(|(i, name)| (name.clone(), i)).collect();
        let bases: Vec<String> = displays.iter().map(|name| directory(name).to_owned()).collect();
        let mut this = Self { by_name, nested: vec![false; displays.len()], bases, displays };
        for (i, (_, template)) in builder.templates.iter().enumerate() {
            for resource in template.resources() {
                if let Some(target) = this.target(i, resource) {
                    this.nested[target] = true;
                }
            }
        }
        this
    }

    fn target(&self, template: usize, resource: &Property) -> Option<usize> {
        self.by_name.get(nested_file(&resource.value, &self.bases[template])?.as_str()).copied()
    }
}

fn add_use<'a>(
    builder: &mut Builder<'a>,
    project: &mut Project,
    nesting: &Nesting,
    template: usize,
    caller: Option<(InstanceId, &'a Syntax)>,
    address: &str,
    depth: usize,
) -> InstanceId {
    let id = InstanceId(builder.uses.len() as u32);
    let root = caller.map_or(id, |(parent, _)| project.instance(parent).root);
    project.instances.push(Instance {
        module: ModuleId(template as u32),
        address: address.to_owned(),
        root,
        provider: Version::NEWEST_PROVIDER,
    });
    builder.uses.push(Use { template, caller, children: HashMap::new() });
    let declared = builder.templates[template].1;
    for (property, kind) in typed(declared) {
        builder.addresses.entry((id, &property.name)).or_insert((ResourceId(builder.declared), kind));
        builder.declared += 1;
    }
    for output in declared.section("Outputs") {
        let name = output.value.get("Export").and_then(|e| e.get("Name")).and_then(Syntax::as_str);
        if let (Some(name), Some(value)) = (name, output.value.get("Value")) {
            builder.exports.entry(name).or_insert((id, value));
        }
    }
    for resource in declared.resources() {
        let Some(target) = nesting.target(template, resource) else { continue };
        if is_within(builder, id, target) {
            project.problems.push(Diagnostic::error(
                &*nesting.displays[template],
                format!("`{}` nests a template that this one stands in: a circle", resource.name),
                "CloudFormation can't deploy it; what stands in the circle was analysed once",
            ));
            continue;
        }
        if builder.uses.len() >= MAX_INSTANCES || depth >= MAX_NESTING {
            project.truncated = Some(nesting.displays[template].clone());
            break;
        }
        let prefix = if address.is_empty() { String::new() } else { format!("{address}.") };
        let address = format!("{prefix}{}", resource.name);
        let child = add_use(builder, project, nesting, target, Some((id, &resource.value)), &address, depth + 1);
        builder.uses[id.0 as usize].children.insert(&resource.name, child);
    }
    id
}

fn is_within(builder: &Builder<'_>, id: InstanceId, template: usize) -> bool {
    let mut callers = std::iter::successors(Some(&builder.uses[id.0 as usize]), |this| {
        this.caller.map(|(parent, _)| &builder.uses[parent.0 as usize])
    });
    callers.any(|this| this.template == template)
}

/// The resources that have a type.
fn typed(template: Template<'_>) -> impl Iterator<Item = (&Property, &str)> {
    template.resources().iter().filter_map(|p| Some((p, p.value.get("Type")?.as_str()?)))
}

fn evaluate_all(builder: &Builder<'_>, files: &[SourceFile], project: &mut Project, assembly: Option<&Assembly>) {
    for i in 0..builder.uses.len() {
        let instance = InstanceId(i as u32);
        let template = builder.template(instance);
        let file = builder.file_of(instance);
        for (property, kind) in typed(template) {
            let id = ResourceId(project.resources.len() as u32);
            let kind: Arc<str> = kind.into();
            let mut body = property.value.get("Properties").map(|p| builder.body(instance, p)).unwrap_or_default();
            body.entries.extend(builder.depends_on(instance, &property.value));
            project.by_kind.entry(kind.clone()).or_default().push(id);
            let address = resource::address(Mode::Managed, &kind, &property.name);
            project.by_address.entry((instance, address)).or_insert(id);
            let construct = construct_path(&property.value);
            let display = &files[file.0 as usize].display;
            let origin = crate::cdk::origin(assembly, display, &property.name, &kind, construct);
            project.resources.push(Resource {
                id,
                instance,
                mode: Mode::Managed,
                kind,
                name: property.name.clone(),
                span: Span::new(file, property.range.clone()),
                header: Span::new(file, property.key.clone()),
                body,
                repeat: builder.repeat_of(instance, &property.value),
                watched: Vec::new(),
                origin,
            });
        }
        if builder.uses[i].caller.is_none() {
            let values = template.section("Outputs").iter().filter_map(|output| output.value.get("Value"));
            project.outputs.extend(values.map(|value| (instance, builder.value(instance, value).value)));
        }
    }
}

impl<'a> Builder<'a> {
    pub(super) fn template(&self, instance: InstanceId) -> Template<'a> {
        self.templates[self.uses[instance.0 as usize].template].1
    }

    pub(super) fn file_of(&self, instance: InstanceId) -> FileId {
        self.templates[self.uses[instance.0 as usize].template].0
    }

    /// A parameter's value: what the nesting stack passes, or the default; nothing when there is no such parameter.
    pub(super) fn parameter(&self, instance: InstanceId, name: &str) -> Option<Value> {
        let parameter = &self.template(instance).entry("Parameters", name)?.value;
        let symbol = || Value::Symbol(Symbol { name: name.into(), instance });
        if let Some((caller, stack)) = self.uses[instance.0 as usize].caller {
            let passed = stack.get("Properties").and_then(|p| p.get("Parameters")).and_then(|p| p.get(name));
            if let Some(passed) = passed {
                return Some(self.guarded(Value::Unknown, || self.value(caller, passed).value));
            }
        }
        let kind = parameter.get("Type").and_then(Syntax::as_str).unwrap_or("String");
        // The default of such a parameter is the name of where the value stands.
        if kind.starts_with("AWS::SSM::Parameter") {
            return Some(symbol());
        }
        let default = parameter.get("Default").map(|node| self.value(instance, node));
        Some(match default {
            None => symbol(),
            Some(Node { value: Value::String(text), span }) if kind.contains("List") => {
                Value::List(text.split(',').map(|part| Node { value: Value::string(part.trim()), span }).collect())
            }
            Some(node) => node.value,
        })
    }

    /// `Ref` of a resource.
    pub(super) fn resource_reference(&self, instance: InstanceId, name: &str) -> Value {
        match self.addresses.get(&(instance, name)) {
            Some((resource, kind)) => {
                let path = vec![names::of_ref(kind).into()];
                Value::Reference(Reference { resource: *resource, within: Vec::new(), index: None, path })
            }
            None => Value::Unknown,
        }
    }

    /// `Fn::GetAtt` of a resource.
    pub(super) fn resource_attribute(&self, instance: InstanceId, id: &str, name: &str) -> Value {
        match self.addresses.get(&(instance, id)) {
            Some((resource, _)) => {
                let path = name.split('.').map(Arc::from).collect();
                Value::Reference(Reference { resource: *resource, within: Vec::new(), index: None, path })
            }
            None => Value::Unknown,
        }
    }

    /// An output of a nested stack; nothing when its template isn't here.
    pub(super) fn output(&self, instance: InstanceId, stack: &str, output: &str) -> Option<Value> {
        let child = *self.uses[instance.0 as usize].children.get(stack)?;
        let value = self.template(child).entry("Outputs", output)?.value.get("Value")?;
        Some(self.guarded(Value::Unknown, || self.value(child, value).value))
    }

    /// A value that another stack exports.
    pub(super) fn imported(&self, instance: InstanceId, argument: &Syntax) -> Value {
        let name = self.value(instance, argument).value;
        let found = name.as_str().and_then(|name| self.exports.get(name));
        found.map_or(Value::Unknown, |(exporter, value)| {
            self.guarded(Value::Unknown, || self.value(*exporter, value).value)
        })
    }

    /// Ends circles of names: too deep is `otherwise`.
    pub(super) fn guarded<T>(&self, otherwise: T, find: impl FnOnce() -> T) -> T {
        if self.depth.get() >= MAX_LOOKUPS {
            return otherwise;
        }
        self.depth.set(self.depth.get() + 1);
        let found = find();
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// A resource under a condition is there once or not at all.
    fn repeat_of(&self, instance: InstanceId, resource: &Syntax) -> Repeat {
        let Some(node) = resource.get("Condition") else { return Repeat::Once };
        let Some(name) = node.as_str() else { return Repeat::Once };
        let value = match self.condition(instance, name) {
            Some(there) => Value::Number(f64::from(u8::from(there))),
            None => Value::Symbol(Symbol { name: format!("Conditions.{name}").into(), instance }),
        };
        Repeat::Count(Node { value, span: Span::new(self.file_of(instance), node.range.clone()) })
    }

    /// What must be there before, as references.
    fn depends_on(&self, instance: InstanceId, resource: &Syntax) -> Option<Entry> {
        let node = resource.get("DependsOn")?;
        let span = Span::new(self.file_of(instance), node.range.clone());
        let names = node.each().iter().filter_map(Syntax::as_str);
        let items = names.map(|name| Node { value: self.resource_reference(instance, name), span }).collect();
        Some(Entry {
            name: "DependsOn".into(),
            span,
            form: Form::Attribute,
            node: Node { value: Value::List(items), span },
        })
    }
}

/// Whether the templates of a group may be edited: nobody edits what a program writes anew.
pub(super) fn is_written_by_hand(tree: &Tree) -> bool {
    !matches!(tree, Tree::Template(root) if is_synthesised(root))
}
