//! What the expressions of a page mean for one resource.

use std::cell::OnceCell;

use hcl_edit::expr::Expression;

use super::check::{Context, Verdict};
use super::control::FixSpec;
use super::decided;
use super::together;
use super::{constructs, content};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::fixers::Registry;
use crate::hcl::{Scope, Step, evaluate};
use crate::model::companion::{Companions, Tie};
use crate::model::{Node, Resource, ResourceId, Value, Version};
use crate::source::{Base, Span};

/// What names mean in the expressions of a page.
pub(super) struct PageScope<'a> {
    pub(super) context: Context<'a>,
    companions: OnceCell<Vec<Companions>>,
}

impl<'a> PageScope<'a> {
    pub(super) fn new(context: Context<'a>) -> Self {
        Self { context, companions: OnceCell::new() }
    }

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
        PageScope::new(Context { resource, ..self.context })
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

    pub(super) fn why_unknown(&self) -> String {
        let maybe = self.companions().iter().find_map(|companions| companions.maybe.clone());
        maybe.unwrap_or_else(|| "it depends on values that aren't known before a deploy".into())
    }

    /// What tells of a property that holds only because of companions which name the resource, and don't refer to it.
    pub(super) fn tied_by_name(&self) -> Option<String> {
        let Context { project, resource, .. } = self.context;
        // Companions that nobody has looked up decide nothing.
        let companions = self.companions.get()?;
        let refers = |id: &ResourceId| project.resource(*id).uses(resource);
        let named = companions.iter().flat_map(|companions| &companions.found).find(|id| !refers(id))?;
        let mut rest = companions.clone();
        for companions in &mut rest {
            companions.found.retain(&refers);
        }
        let without = PageScope { context: self.context, companions: OnceCell::from(rest) };
        let holds = without.truth(self.context.rule.pass.as_ref(), true) == Some(true);
        let address = project.resource(*named).address();
        (!holds).then(|| format!("{address} gives it that by its name: who follows references only doesn't see it"))
    }

    /// Why a resource that fails stays as it is; nothing when it doesn't.
    pub(super) fn exemption(&self) -> Option<Verdict> {
        self.context.rule.exempt.iter().find_map(|exempt| match self.truth(Some(&exempt.when), false) {
            Some(true) => Some(Verdict::Exempt(self.text(&exempt.reason))),
            Some(false) => None,
            None => Some(Verdict::Unknown("whether the control applies depends on values that aren't known".into())),
        })
    }

    pub(super) fn fix(&self) -> Result<Fix, String> {
        self.chosen().and_then(|spec| self.build(spec))
    }

    /// The first fix whose `when` holds.
    pub(super) fn chosen(&self) -> Result<&FixSpec, String> {
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
