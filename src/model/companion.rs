//! Companions: resources that configure another one.
//!
//! Found by reference (`X.id`, `X[0].id`, `X[each.key].bucket`, through locals and module arguments) or by the same
//! literal name. Where one *may* exist (an argument that can't be resolved, a call into code that can't be read), the
//! answer says so: nothing may be concluded from absence then.

use std::sync::Arc;

use super::project::{ModuleId, Project};
use super::reference::Reference;
use super::resource::{Repeat, Resource, ResourceId};
use super::value::{Node, Value};

/// What was found for one target.
#[derive(Debug, Clone, Default)]
pub struct Companions {
    /// Those that certainly belong to the target.
    pub found: Vec<ResourceId>,
    /// Why there may be another one, if there may.
    pub maybe: Option<String>,
}

/// How companions of a type are tied to their target.
#[derive(Debug, Clone, Copy)]
pub struct Tie<'a> {
    /// The companion's type.
    pub kind: &'a str,
    /// The companion's argument that names the target.
    pub by: &'a str,
    /// The target's argument that holds its own name, for companions that name it literally.
    pub name: &'a str,
}

/// Attributes by which a resource is usually referred to as a whole.
const IDENTITIES: [&str; 14] = [
    "id",
    "arn",
    "name",
    "bucket",
    "url",
    "function_name",
    "topic_arn",
    "stage_name",
    "queue_url",
    // CloudFormation's; a `Ref` that gives a property goes by the name of that property.
    "Ref",
    "Arn",
    "QueueUrl",
    "TopicArn",
    "Id",
];

impl Project {
    /// The companions of `target`.
    pub fn companions(&self, target: &Resource, tie: Tie<'_>) -> Companions {
        let mut result = Companions::default();
        for candidate in self.of_kind(tie.kind) {
            if self.root_of(candidate) != self.root_of(target) && candidate.instance != target.instance {
                continue;
            }
            match self.names(&self.spread(candidate, candidate.body.pair(tie.by)), target, tie.name) {
                Some(true) if self.is_switched_off(candidate) && !self.is_switched_off(target) => {}
                // A root module may be given another value.
                Some(true) if candidate.repeat.is_never() && !self.is_there_with(candidate, target) => {
                    result.maybe = Some(format!("{} isn't there unless a variable says so", candidate.address()));
                }
                Some(true) => result.found.push(candidate.id),
                Some(false) => {}
                None => result.maybe = Some(format!("{} may belong to it", candidate.address())),
            }
        }
        if result.maybe.is_none() {
            result.maybe = self.passed_to_opaque_code(target);
        }
        if result.maybe.is_none() && self.module_of(target.instance).macros {
            result.maybe = Some("a macro of the template may declare more".into());
        }
        result
    }

    /// Whether a resource is there whenever another one is: both repeat over what is written the same.
    fn is_there_with(&self, candidate: &Resource, target: &Resource) -> bool {
        let written = |resource: &Resource| match &resource.repeat {
            Repeat::Once => None,
            Repeat::Count(node) | Repeat::ForEach(node) => {
                let text = self.files.get(node.span.file.0 as usize)?.text.get(node.span.range())?;
                Some(text.split_whitespace().collect::<Vec<_>>())
            }
        };
        let own = written(target);
        own.is_some() && candidate.instance == target.instance && own == written(candidate)
    }

    /// A value of a repeated resource with `each.key` and `each.value` as what they stand for, where that is written out:
    /// one of the keys, one of the values.
    pub fn spread(&self, resource: &Resource, value: Value) -> Value {
        let (Value::Symbol(symbol), Repeat::ForEach(over)) = (&value, &resource.repeat) else { return value };
        let arms: Vec<Node> = match (&*symbol.name, self.settle(&over.value)) {
            ("each.key" | "each.value", Value::List(items)) => items,
            ("each.key", Value::Map(map)) if !map.open => {
                map.entries.iter().map(|e| Node { value: Value::String(e.name.clone()), span: e.span }).collect()
            }
            (name, Value::Map(map)) if !map.open => {
                let Some(path) = name.strip_prefix("each.value") else { return value };
                let value_of = |node: &Node| path.split('.').skip(1).fold(node.value.clone(), |v, name| v.step(name));
                map.entries.iter().map(|e| Node { value: value_of(&e.node), span: e.span }).collect()
            }
            _ => return value,
        };
        if arms.is_empty() { value } else { Value::Either(arms) }
    }

    fn root_of(&self, resource: &Resource) -> ModuleId {
        self.instance(self.instance(resource.instance).root).module
    }

    /// Whether `value` names `target`: by reference, or by the literal in the target's argument `name`.
    pub fn names(&self, value: &Value, target: &Resource, name: &str) -> Option<bool> {
        match value {
            // What is left out names nothing.
            Value::Null => Some(false),
            Value::Reference(reference) if reference.resource == target.id => {
                let attribute = reference.path.last().map_or("id", |name| name);
                if !IDENTITIES.contains(&attribute) && attribute != name {
                    return Some(false);
                }
                covers(reference, target)
            }
            Value::Reference(reference) => self.names_other(reference, target, name),
            Value::Either(arms) => super::value::any(arms.iter().map(|arm| self.names(&arm.value, target, name))),
            // Several things may share a companion; `one` and `[0]` over a splat give lists, too.
            Value::List(items) => super::value::any(items.iter().map(|item| self.names(&item.value, target, name))),
            // An ARN that is put together from the target's attributes, or from what the target names as its own.
            Value::Text(pieces)
                if value.known_prefix().starts_with("arn:")
                    && pieces
                        .iter()
                        .any(|piece| is_of(piece, target) || is_same(&piece.value, &target.body.at(name))) =>
            {
                Some(true)
            }
            // A bucket's domain: its name, and what follows.
            Value::Text(pieces)
                if pieces.first().is_some_and(|piece| is_of(piece, target))
                    && pieces
                        .get(1)
                        .and_then(|piece| piece.value.as_str())
                        .is_some_and(|end| end.starts_with(".s3")) =>
            {
                Some(true)
            }
            other => match target.body.at(name) {
                // A target without a literal name gets a generated one: no literal can be it.
                Value::Null => match other {
                    Value::Unknown | Value::Symbol(_) => None,
                    _ => Some(false),
                },
                own => self.settle(other).equals(&self.settle(&own)),
            },
        }
    }

    /// A reference to something else may still give the target's name (`aws_s3_object.x.bucket`, a data source).
    fn names_other(&self, reference: &Reference, target: &Resource, name: &str) -> Option<bool> {
        // Both refer to the same third thing.
        if is_same(&Value::Reference(reference.clone()), &target.body.at(name)) {
            return Some(true);
        }
        let other = self.resource(reference.resource);
        if other.kind == target.kind && reference.path.last().is_none_or(|n| IDENTITIES.contains(&&**n)) {
            // Another resource of the same type is another thing, unless both give the same literal name.
            let same = (!target.body.at(name).is_null())
                .then(|| self.settle(&other.body.at(name)).equals(&self.settle(&target.body.at(name))));
            return if same == Some(Some(true)) && other.mode == super::Mode::Data { Some(true) } else { Some(false) };
        }
        match self.settle(&Value::Reference(reference.clone())) {
            Value::Reference(settled) if settled == *reference => Some(false),
            settled => self.names(&settled, target, name),
        }
    }

    /// A call into code that can't be read and gets this resource may configure it. The registry's terraform-aws-modules
    /// use what they get (a function to invoke, a bucket to read) and configure only what they make themselves.
    fn passed_to_opaque_code(&self, target: &Resource) -> Option<String> {
        for call in &self.opaque_calls {
            let mut passed = false;
            for entry in &call.arguments.entries {
                entry.node.value.each_reference(&mut |reference| passed |= reference.resource == target.id);
            }
            if passed && !call.source.starts_with("terraform-aws-modules/") {
                return Some(format!("module.{} receives it and can't be read here", call.name));
            }
        }
        None
    }
}

fn is_of(piece: &Node, target: &Resource) -> bool {
    matches!(&piece.value, Value::Reference(reference) if reference.resource == target.id)
}

/// Whether two values refer to the same resource as a whole, which is there once.
fn is_same(a: &Value, b: &Value) -> bool {
    let whole = |reference: &Reference| {
        !reference.is_keyed()
            && reference.path.last().is_none_or(|name| IDENTITIES.contains(&&**name) || &**name == "FunctionName")
    };
    matches!((a, b), (Value::Reference(a), Value::Reference(b)) if a.resource == b.resource && whole(a) && whole(b))
}

/// Whether a reference with this index covers every instance of the target.
fn covers(reference: &Reference, target: &Resource) -> Option<bool> {
    // The same goes for the uses of a module.
    let any_use = |key: &Arc<str>| matches!(&**key, "[each.key]" | "[each.value]" | "[count.index]" | "[*]");
    if !reference.within.iter().all(any_use) {
        return None;
    }
    match (&target.repeat, reference.index.as_deref()) {
        (Repeat::Once, _) | (_, None | Some("each.key" | "each.value" | "count.index" | "*")) => Some(true),
        // `count = var.create ? 1 : 0` with `[0]`: the usual switch.
        (Repeat::Count(count), Some("0")) => match &count.value {
            Value::Number(n) => Some(*n <= 1.0),
            Value::Either(arms) => Some(arms.iter().all(|a| a.value.as_number().is_some_and(|n| n <= 1.0))),
            _ => None,
        },
        _ => None,
    }
}
