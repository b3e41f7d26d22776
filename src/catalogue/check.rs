//! Judges one resource by one rule.

use std::cell::OnceCell;

use hcl_edit::expr::Expression;

use super::constructs;
use super::content;
use super::control::{Control, FixSpec, Rule};
use super::decided;
use super::settings::Settings;
use super::together;
use crate::fix::{Change, Effect, Fix, Grade};
use crate::fixers::Registry;
use crate::hcl::{Scope, Step, evaluate};
use crate::iam::policies::Policies;
use crate::iam::scope::Derivations;
use crate::model::companion::{Companions, Tie};
use crate::model::{Draft, Language, Node, Project, Resource, ResourceId, Value, Version};
use crate::source::{Base, Span};

/// What a rule says of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The property holds, or doesn't apply.
    Pass,
    /// It can't be told, for this reason. No finding, no edit.
    Unknown(String),
    /// The property does not hold, and for this reason it isn't asked for. No finding, no edit.
    Exempt(String),
    /// The property does not hold.
    Fail(Box<Failure>),
}

/// A failure and what would repair it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What is wrong.
    pub message: String,
    /// The place, when it is more precise than the resource's header.
    pub at: Option<Span>,
    /// The repair, or why there is none.
    pub fix: Result<Fix, String>,
}

impl Verdict {
    /// A failure at the resource itself.
    pub fn fail(message: impl Into<String>, fix: Fix) -> Self {
        Self::Fail(Box::new(Failure { message: message.into(), at: None, fix: Ok(fix) }))
    }

    /// A failure that can only be shown.
    pub fn show(message: impl Into<String>, title: &str, note: impl Into<String>) -> Self {
        Self::fail(message, Fix::manual(title, note))
    }
}

/// One resource under one control.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// The user's options.
    pub settings: &'a Settings,
    /// What functions need.
    pub derivations: &'a Derivations,
    /// The policies of the project.
    pub policies: &'a Policies,
    /// The control.
    pub control: &'a Control,
    /// The rule.
    pub rule: &'a Rule,
    /// The resource that is judged.
    pub resource: &'a Resource,
}

impl Context<'_> {
    /// The value of an option: the user's, or the page's default.
    pub fn option(&self, name: &str) -> Value {
        self.settings.option(self.control, name)
    }

    /// An option that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.option(name).as_number()
    }

    /// What the project's language calls something: in Terraform, in CloudFormation.
    pub fn named<T>(&self, terraform: T, cloudformation: T) -> T {
        match self.project.language {
            Language::Terraform => terraform,
            Language::CloudFormation => cloudformation,
        }
    }

    /// An argument (a dotted path) as it is written, to be written again in the same module; nothing when it is absent.
    pub fn as_written(&self, resource: &Resource, argument: &str) -> Option<Draft> {
        let mut names = argument.split('.');
        let first = &resource.body.entry(names.next()?)?.node;
        let node = names.try_fold(first, |node, name| Some(&node.value.as_map()?.entry(name)?.node))?;
        let file = self.project.file(node.span.file);
        let text = file.text[node.span.range()].trim();
        let is_template = text.contains("${") || text.contains("%{");
        match &node.value {
            Value::String(known) if self.project.language == Language::CloudFormation => Some(Draft::string(&**known)),
            _ if self.project.language == Language::CloudFormation => Some(Draft::Expression(text.to_owned())),
            Value::String(known) if text.starts_with('"') && !is_template => Some(Draft::string(&**known)),
            // In JSON syntax an expression stands in a string.
            _ if text.starts_with('"') && file.syntax() == crate::source::Syntax::Json => {
                Some(Draft::Expression(text.trim_matches('"').strip_prefix("${")?.strip_suffix('}')?.to_owned()))
            }
            _ => Some(Draft::Expression(text.to_owned())),
        }
    }

    /// Judges the resource. What a program makes is repaired in the program.
    pub fn judge(&self) -> Verdict {
        match self.verdict() {
            Verdict::Fail(mut failure) if self.resource.origin.is_some() => {
                let scope = PageScope { context: *self, companions: OnceCell::new() };
                failure.fix = constructs::in_program(&scope, failure.fix);
                Verdict::Fail(failure)
            }
            verdict => verdict,
        }
    }

    fn verdict(&self) -> Verdict {
        let scope = PageScope { context: *self, companions: OnceCell::new() };
        match scope.truth(self.rule.skip.as_ref(), false) {
            Some(true) => return Verdict::Pass,
            None => return Verdict::Unknown("whether the control applies depends on values that aren't known".into()),
            Some(false) => {}
        }
        match self.property(&scope) {
            Verdict::Pass => Verdict::Pass,
            Verdict::Unknown(reason) => match scope.exemption() {
                Some(Verdict::Exempt(reason)) => Verdict::Exempt(reason),
                _ => Verdict::Unknown(reason),
            },
            verdict => scope.exemption().unwrap_or(verdict),
        }
    }

    fn property(&self, scope: &PageScope<'_>) -> Verdict {
        if let Some(fixer) = &self.rule.fixer {
            return Registry::run(fixer, self);
        }
        match scope.truth(self.rule.pass.as_ref(), true) {
            Some(true) => Verdict::Pass,
            None => Verdict::Unknown(scope.why_unknown()),
            Some(false) => {
                let message = self.rule.message.as_ref().map_or_else(
                    || format!("not the case: {}", self.control.title.to_lowercase()),
                    |message| scope.text(message),
                );
                Verdict::Fail(Box::new(Failure { message, at: None, fix: scope.fix() }))
            }
        }
    }

    /// The rows of the table of prices that the page names for its fix.
    pub fn costs(&self) -> Vec<String> {
        let scope = PageScope { context: *self, companions: OnceCell::new() };
        let chosen = scope.chosen().map_or(&[][..], |spec| &spec.cost);
        self.rule.cost.iter().chain(chosen).cloned().chain(constructs::costs(&scope)).collect()
    }

    /// The fix of the page whose `when` holds, for fixers that leave that part to the page.
    pub fn page_fix(&self) -> Result<Fix, String> {
        PageScope { context: *self, companions: OnceCell::new() }.fix()
    }
}

/// What names mean in the expressions of a page.
pub(super) struct PageScope<'a> {
    pub(super) context: Context<'a>,
    companions: OnceCell<Vec<Companions>>,
}

impl PageScope<'_> {
    /// The truth of a predicate; `missing` when there is none.
    pub(super) fn truth(&self, predicate: Option<&Expression>, missing: bool) -> Option<bool> {
        predicate.map_or(Some(missing), |expr| evaluate(expr, self, None).value.as_bool())
    }

    pub(super) fn text(&self, expr: &Expression) -> String {
        match evaluate(expr, self, None).value {
            Value::String(text) => text.to_string(),
            Value::Text(pieces) => pieces.iter().map(|piece| piece.value.as_str().unwrap_or("…").to_owned()).collect(),
            _ => String::new(),
        }
    }

    fn companions(&self) -> &[Companions] {
        self.companions.get_or_init(|| {
            self.context
                .rule
                .companions
                .iter()
                .map(|spec| {
                    let tie = Tie { kind: &spec.kind, by: &spec.by, name: &spec.target_name };
                    let mut companions = self.context.project.companions(self.context.resource, tie);
                    if let Some(only) = &spec.only {
                        self.filter(&mut companions, only);
                    }
                    companions
                })
                .collect()
        })
    }

    /// Drops the companions for which `only` is false; where it is unknown there may be one.
    fn filter(&self, companions: &mut Companions, only: &Expression) {
        let found = std::mem::take(&mut companions.found);
        for id in found {
            let resource = self.context.project.resource(id);
            let inner =
                PageScope { context: Context { resource, ..self.context }, companions: OnceCell::from(Vec::new()) };
            match inner.truth(Some(only), true) {
                Some(true) => companions.found.push(id),
                Some(false) => {}
                None => companions.maybe = Some(format!("{} may belong to it", resource.address())),
            }
        }
    }

    /// The same rule on another resource.
    pub(super) fn of<'b>(&'b self, resource: &'b Resource) -> PageScope<'b> {
        PageScope { context: Context { resource, ..self.context }, companions: OnceCell::new() }
    }

    /// Whether the rule applies to the resource and certainly doesn't hold.
    pub(super) fn fails(&self) -> bool {
        self.truth(self.context.rule.skip.as_ref(), false) == Some(false)
            && self.truth(self.context.rule.pass.as_ref(), true) == Some(false)
            && self.exemption().is_none()
    }

    fn companion(&self, name: &str) -> Option<&Companions> {
        let i = self.context.rule.companions.iter().position(|spec| spec.name == name)?;
        self.companions().get(i)
    }

    /// The first companion of that name.
    pub(super) fn companion_id(&self, name: &str) -> Option<ResourceId> {
        self.companion(name)?.found.first().copied()
    }

    fn why_unknown(&self) -> String {
        let maybe = self.companions().iter().find_map(|companions| companions.maybe.clone());
        maybe.unwrap_or_else(|| "it depends on values that aren't known before a deploy".into())
    }

    /// Why a resource that fails stays as it is; nothing when it doesn't.
    fn exemption(&self) -> Option<Verdict> {
        self.context.rule.exempt.iter().find_map(|exempt| match self.truth(Some(&exempt.when), false) {
            Some(true) => Some(Verdict::Exempt(self.text(&exempt.reason))),
            Some(false) => None,
            None => Some(Verdict::Unknown("whether the control applies depends on values that aren't known".into())),
        })
    }

    fn fix(&self) -> Result<Fix, String> {
        self.chosen().and_then(|spec| self.build(spec))
    }

    /// The first fix whose `when` holds.
    fn chosen(&self) -> Result<&FixSpec, String> {
        for spec in &self.context.rule.fixes {
            match self.truth(spec.when.as_ref(), true) {
                Some(true) => return Ok(spec),
                Some(false) => {}
                None => return Err("which fix is right depends on values that aren't known".into()),
            }
        }
        Err("there is no fix for this case".into())
    }

    /// What the module has once, at its place.
    fn shared(&self, spec: &FixSpec, writer: &content::Writer<'_, '_>) -> Result<Vec<Change>, String> {
        let Some((first, ..)) = spec.shared.first() else { return Ok(Vec::new()) };
        let near = together::place_of_shared(self.context.project, self.context.resource, first).id;
        let add = |(kind, _, content): &(String, String, _)| {
            let name = writer.shared_name(kind).to_owned();
            Ok(Change::AddShared { near, kind: kind.clone(), name, mirror: false, content: writer.body(content)? })
        };
        spec.shared.iter().map(add).collect()
    }

    fn build(&self, spec: &FixSpec) -> Result<Fix, String> {
        let Context { project, resource, rule, .. } = self.context;
        if let Some(name) = decided::by_expression(project, resource, rule, spec).filter(|_| !spec.add.is_empty()) {
            return Err(format!("an expression decides on `{name}`: change what it depends on"));
        }
        let resource = self.context.resource.id;
        let base = &self.context.resource.name;
        let name_of = |suffix: &str| if suffix.is_empty() { base.to_string() } else { format!("{base}_{suffix}") };
        let key = spec.key.as_ref().map(|name| Registry::key(name, &self.context)).transpose()?;
        let writer = content::Writer::new(
            self,
            spec.add.iter().map(|(kind, suffix, _)| (kind.clone(), name_of(suffix))),
            &spec.shared,
            key.as_ref(),
        );
        let mut changes = self.shared(spec, &writer)?;
        let mut titles = Vec::new();
        // Additions come first: what refers to them must know their names.
        let many = spec.together && together::are(together::MANY, self);
        for (kind, suffix, add) in &spec.add {
            titles.push(format!("Add {kind}"));
            let content = writer.body(add)?;
            if many {
                changes.push(together::shared(self, kind, suffix, add, content));
                continue;
            }
            changes.push(Change::Add {
                near: resource,
                kind: kind.clone(),
                name: name_of(suffix),
                mirror: true,
                content,
            });
        }
        if let Some(set) = &spec.set {
            let content = writer.body(set)?;
            titles.push(format!("Set {}", content.paths().join(", ")));
            changes.push(Change::Set { resource, content });
        }
        if !spec.remove.is_empty() {
            titles.push(format!("Remove {}", spec.remove.join(", ")));
            changes.push(Change::Remove { resource, names: spec.remove.clone() });
        }
        for (name, append) in &spec.append {
            titles.push(format!("Add a {name} block"));
            changes.push(Change::AppendBlock { resource, name: name.clone(), content: writer.body(append)? });
        }
        for (name, set) in &spec.set_companion {
            let id = self.companion_id(name).ok_or_else(|| format!("no companion `{name}` to change"))?;
            let content = writer.body(set)?;
            let address = self.context.project.resource(id).address();
            titles.push(format!("Set {} on {address}", content.paths().join(", ")));
            changes.push(Change::Set { resource: id, content });
        }
        changes.splice(0..0, writer.data_sources());
        let title = spec.title.clone().unwrap_or_else(|| titles.join("; "));
        let mut notes: Vec<_> = spec.notes.iter().map(|note| self.text(note)).filter(|note| !note.is_empty()).collect();
        let grade = if changes.is_empty() { Grade::Manual } else { spec.grade };
        let effect = if changes.is_empty() { Effect::None } else { spec.effect };
        if let Some(alarm) = writer.alarm() {
            changes.splice(0..0, alarm.changes);
            notes.extend(alarm.notes);
        }
        if let Some(key) = key {
            changes.splice(0..0, key.changes);
            notes.extend(key.notes);
        }
        Ok(Fix { title, grade, effect, changes, notes })
    }
}

/// Follows the leading names among `steps`; says how many were used.
fn follow(start: Value, steps: &[Step]) -> (Value, usize) {
    let mut value = start;
    for (i, step) in steps.iter().enumerate() {
        match step {
            Step::Name(name) => value = value.step(name),
            _ => return (value, i),
        }
    }
    (value, steps.len())
}

impl Scope for PageScope<'_> {
    fn base(&self) -> Base {
        Base::default()
    }

    fn source(&self) -> &str {
        &self.context.control.source
    }

    fn lookup(&self, root: &str, steps: &[Step]) -> (Value, usize) {
        let project = self.context.project;
        let (value, used) = match (root, steps) {
            ("self", [Step::Name(name), rest @ ..]) => {
                let (value, used) = follow(self.context.resource.body.get(name), rest);
                (value, used + 1)
            }
            ("option", [Step::Name(name), ..]) => (self.context.option(name), 1),
            ("provider", [Step::Name(name), ..]) if &**name == "major" => {
                (Value::Number(f64::from(project.provider(self.context.resource.instance).major)), 1)
            }
            _ => match self.companion(root) {
                None => return (Value::Unknown, steps.len()),
                Some(Companions { found, maybe }) if found.is_empty() => {
                    (if maybe.is_some() { Value::Unknown } else { Value::Null }, steps.len())
                }
                Some(Companions { found, .. }) => {
                    let bodies = found.iter().map(|id| {
                        let resource = project.resource(*id);
                        Node { value: Value::Map(resource.body.clone()), span: resource.span }
                    });
                    follow(Value::List(bodies.collect()), steps)
                }
            },
        };
        (project.settle(&value), used)
    }

    fn converts(&self) -> bool {
        true
    }

    fn call(&self, name: &str, arguments: &[Node], _span: Span) -> Option<Value> {
        match (name, arguments) {
            ("provider_at_least", [Node { value: Value::String(version), .. }]) => {
                let has = self.context.project.provider(self.context.resource.instance);
                Some(Value::Bool(has >= Version::parse(version)?))
            }
            // A version constraint without an upper bound takes the newest version, which has every input.
            ("module_at_least", [Node { value: Value::String(version), .. }]) => {
                let has = self.context.resource.module_version()?;
                Some(Value::Bool(has >= Version::parse(version)?))
            }
            ("many_fail", [Node { value: Value::Number(many), .. }]) => {
                Some(Value::Bool(together::are(*many as usize, self)))
            }
            ("log_retention", [Node { value: Value::Number(days), .. }]) => {
                Some(Value::string(constructs::retention(*days)?))
            }
            (name, []) => Registry::fact(name, &self.context),
            _ => None,
        }
    }
}
