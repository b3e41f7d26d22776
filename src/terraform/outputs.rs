//! What a module gives: `module.call.output`, also where the call stands there several times.
//!
//! All uses that a repeated call makes have one instance here. What is the same in all of them is known behind any key;
//! what each has for itself is told apart by the key ([`Reference::within`]).

use std::ops::Range;
use std::sync::Arc;

use super::build::Builder;
use super::scope::ModuleScope;
use crate::hcl::Step;
use crate::model::{Body, Entry, Form, InstanceId, Node, Reference, Symbol, Value, value};
use crate::source::Span;

/// How often a call stands there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    /// Once or not at all: `count = var.create ? 1 : 0`; the flag says whether it is known to be there.
    Perhaps(Option<bool>),
    Many,
}

impl ModuleScope<'_, '_> {
    /// `module.call.output` and `module.call[key].output`, and how many steps that is.
    pub(super) fn module_output(&self, call: &str, steps: &[Step]) -> (Value, usize) {
        let (key, output, used) = match steps {
            [_, Step::Name(output), ..] => (None, output, 2),
            [_, key @ (Step::Key(..) | Step::Splat), Step::Name(output), ..] => (Some(key), output, 3),
            _ => return (Value::Unknown, steps.len()),
        };
        let written = match key {
            None => String::new(),
            Some(Step::Key(key, written)) => format!("[{}]", known_key(key).unwrap_or_else(|| written.to_string())),
            Some(_) => "[*]".to_owned(),
        };
        let symbol = || {
            let name = format!("module.{call}{written}.{output}").into();
            Value::Symbol(Symbol { name, instance: self.instance })
        };
        let Some(value) = self.builder.output(self.instance, call, output) else { return (symbol(), used) };
        let Some(key) = key else { return (value, used) };
        match (self.times(call), key) {
            // The steps that are left are taken for each of the list.
            (Times::Perhaps(there), Step::Splat) => (all_of(output, value, there), 1),
            (Times::Once, Step::Splat) => (all_of(output, value, Some(true)), 1),
            (Times::Perhaps(_), _) => (value, used),
            (Times::Once, _) => (Value::Unknown, steps.len()),
            (Times::Many, key) => {
                let within = Within { builder: self.builder, caller: self.instance, call, key: &written };
                let known = match within.one(value) {
                    // A list of what each of them has for itself.
                    Some(Value::Reference(own)) if own.within.first().is_some_and(|key| &**key == "[*]") => {
                        Some(Value::Reference(own))
                    }
                    value => value.filter(|_| !matches!(key, Step::Splat)),
                };
                (known.unwrap_or_else(symbol), used)
            }
        }
    }

    /// Whether what `module.call[key]` means isn't there, so that asking for it fails.
    pub(super) fn lacks_module(&self, call: &str, steps: &[Step]) -> Option<bool> {
        let Some(Step::Key(key, _)) = steps.get(1) else { return Some(false) };
        match self.times(call) {
            Times::Once => Some(true),
            Times::Perhaps(there) if key.as_number() == Some(0.0) => there.map(|there| !there),
            _ => None,
        }
    }

    fn times(&self, call: &str) -> Times {
        let declared = self.builder.declared(self.instance);
        let Some(call) = declared.calls.iter().find(|declared| declared.name == call) else { return Times::Many };
        if call.argument("for_each").is_some() {
            return Times::Many;
        }
        let Some(count) = call.argument("count") else { return Times::Once };
        let at_most_one = |value: &Value| match value {
            Value::Number(n) if *n <= 0.0 => Some(false),
            Value::Number(n) if *n <= 1.0 => Some(true),
            _ => None,
        };
        match self.builder.value_in(self.instance, count) {
            Value::Either(arms) if arms.iter().all(|arm| at_most_one(&arm.value).is_some()) => {
                Times::Perhaps(value::agree(arms.iter().map(|arm| at_most_one(&arm.value))))
            }
            count => at_most_one(&count).map_or(Times::Many, |there| Times::Perhaps(Some(there))),
        }
    }
}

/// A known key as Terraform writes it.
fn known_key(key: &Value) -> Option<String> {
    match key {
        Value::String(text) => Some(format!("{text:?}")),
        Value::Number(n) => Some(n.to_string()),
        _ => None,
    }
}

/// The list of all uses of a call that stands there once at most, as objects with the output that is asked for.
fn all_of(output: &Arc<str>, value: Value, there: Option<bool>) -> Value {
    let node = |value| Node { value, span: Span::default() };
    let entry = Entry { name: output.clone(), span: Span::default(), form: Form::Attribute, node: node(value) };
    let one = Value::List(vec![node(Value::Map(Body { entries: vec![entry], open: true }))]);
    let none = Value::List(Vec::new());
    match there {
        Some(true) => one,
        Some(false) => none,
        None => Value::either(vec![node(one), node(none)]),
    }
}

/// One use of many.
struct Within<'b, 'a> {
    builder: &'b Builder<'a>,
    caller: InstanceId,
    call: &'b str,
    /// `["a"]`
    key: &'b str,
}

impl Within<'_, '_> {
    /// A value that the module gives, as it is in one use; nothing where only that there is one is known.
    fn one(&self, value: Value) -> Option<Value> {
        match self.of(value) {
            Value::Unknown | Value::Symbol(_) => None,
            value => Some(value),
        }
    }

    fn of(&self, value: Value) -> Value {
        let each = |nodes: Vec<Node>| nodes.into_iter().map(|node| self.node(node)).collect();
        match value {
            Value::Reference(reference) => self.reference(reference),
            Value::Symbol(symbol) if self.differs(&symbol) => Value::Unknown,
            Value::List(nodes) => Value::List(each(nodes)),
            Value::AtLeast(nodes) => Value::AtLeast(each(nodes)),
            Value::Text(nodes) => Value::text(each(nodes)),
            Value::Either(nodes) => Value::either(each(nodes)),
            Value::Json(node) => Value::Json(Box::new(self.node(*node))),
            Value::Map(Body { entries, open }) => {
                let entries = entries.into_iter().map(|entry| Entry { node: self.node(entry.node), ..entry });
                Value::Map(Body { entries: entries.collect(), open })
            }
            same => same,
        }
    }

    fn node(&self, node: Node) -> Node {
        Node { value: self.of(node.value), span: node.span }
    }

    fn reference(&self, mut reference: Reference) -> Value {
        let children = &self.builder.instances[self.caller.0 as usize].children;
        let own = children.get(self.call).map(|child| self.builder.resources_below(*child)).unwrap_or_default();
        if own.contains(&reference.resource.0) {
            reference.within.insert(0, self.key.into());
            return Value::Reference(reference);
        }
        // What the call passes in may be another one for each key.
        let keys = reference.within.iter().chain(&reference.index);
        let by_key = keys.into_iter().any(|key| key.contains("each.") || key.contains("count."));
        if by_key { Value::Unknown } else { Value::Reference(reference) }
    }

    /// Whether a symbol stands for something else in another use.
    fn differs(&self, symbol: &Symbol) -> bool {
        let mut callers = std::iter::successors(Some(symbol.instance), |instance| {
            self.builder.instances[instance.0 as usize].caller.map(|(caller, _)| caller)
        });
        let is_key = symbol.name.starts_with("each.") || symbol.name.starts_with("count.");
        if symbol.instance == self.caller {
            is_key
        } else {
            callers.any(|instance| instance == self.caller) && !symbol.name.starts_with("path.")
        }
    }
}

impl Builder<'_> {
    /// The resources of an instance and of all that it calls, by their ids.
    fn resources_below(&self, instance: InstanceId) -> Range<u32> {
        self.instances[instance.0 as usize].resources.clone()
    }
}

#[cfg(test)]
mod tests {
    use crate::backend;
    use crate::model::{Project, Value};
    use crate::source::SourceFile;

    const QUEUES: &str = r#"
variable "name" {}
resource "aws_sqs_queue" "q" { name = var.name }
output "url" { value = aws_sqs_queue.q.url }
output "name" { value = var.name }
output "kind" { value = "standard" }
output "all" { value = { queue = aws_sqs_queue.q } }
"#;

    /// What a local of a configuration is, whose module `q` stands there as `times` says.
    fn locals(times: &str, expressions: &[&str]) -> (Project, Vec<Value>) {
        let mut root = format!(
            "variable \"on\" {{ type = bool }}\nvariable \"names\" {{ type = set(string) }}\n\
             module \"q\" {{\n  source = \"./q\"\n  {times}\n}}\n"
        );
        for (i, expression) in expressions.iter().enumerate() {
            root.push_str(&format!("resource \"aws_sns_topic\" \"t{i}\" {{ name = {expression} }}\n"));
        }
        let files = [("main.tf", root.as_str()), ("q/main.tf", QUEUES)];
        let file = |(name, text): &(&str, &str)| SourceFile::new((*name).into(), name, text);
        let parsed = files.iter().map(|f| backend::parse(file(f)).unwrap().unwrap()).collect();
        let project = backend::build(backend::group(parsed).remove(0)).project;
        let values = (0..expressions.len()).map(|i| {
            let topic = project.of_kind("aws_sns_topic").find(|topic| *topic.name == *format!("t{i}")).unwrap();
            topic.body.get("name")
        });
        let values = values.collect();
        (project, values)
    }

    /// Whether a value is the queue's attribute, in which uses of the module.
    fn url_of(value: &Value) -> Option<Vec<String>> {
        let Value::Reference(reference) = value else { return None };
        assert_eq!(reference.attribute(), "url");
        Some(reference.within.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_switched_module_gives_what_it_gives() {
        let switched = "count = var.on ? 1 : 0\n  name = \"jobs\"";
        let (_, values) = locals(
            switched,
            &["module.q[0].url", "one(module.q[*].url)", "try(module.q[0].url, null)", "module.q[0].all.queue.url"],
        );
        assert_eq!(url_of(&values[0]), Some(vec![]));
        for either in &values[1..3] {
            let Value::Either(arms) = either else { panic!("{either:?}") };
            assert_eq!(arms.len(), 2);
            assert_eq!(arms.iter().filter_map(|arm| url_of(&arm.value)).count(), 1);
            assert_eq!(arms.iter().filter(|arm| arm.value.is_null()).count(), 1);
        }
        assert_eq!(url_of(&values[3]), Some(vec![]));
    }

    #[test]
    fn uses_of_a_repeated_module_are_told_apart() {
        let repeated = "for_each = var.names\n  name = each.key";
        let (project, values) = locals(
            repeated,
            &[
                "module.q[\"a\"].url",
                "module.q[\"b\"].url",
                "module.q[\"a\"].kind",
                "module.q[\"a\"].name",
                "module.q[\"b\"].name",
                "\"x-${module.q[\"a\"].name}\"",
                "\"x-${module.q[\"b\"].name}\"",
                "module.q[\"a\"].all.queue.name",
            ],
        );
        assert_eq!(url_of(&values[0]), Some(vec!["[\"a\"]".to_owned()]));
        assert_eq!(values[0].equals(&values[1]), None);
        assert_eq!(values[2], Value::string("standard"));
        assert_eq!(values[3].equals(&values[4]), None);
        assert_eq!(values[5].equals(&values[6]), None);
        // The name of one queue is no name of another.
        assert!(matches!(project.settle(&values[7]), Value::Reference(_)));
    }

    #[test]
    fn all_uses_of_a_module_are_a_list() {
        let (_, values) = locals("for_each = var.names\n  name = each.key", &["module.q[*].url", "module.q[*].kind"]);
        assert_eq!(url_of(&values[0]), Some(vec!["[*]".to_owned()]));
        assert!(matches!(values[1], Value::Symbol(_)));
    }

    #[test]
    fn what_is_passed_in_by_key_is_not_one_thing() {
        let passed = "for_each = var.names\n  name = aws_kms_key.k[each.key].arn";
        let (_, values) = locals(passed, &["module.q[\"a\"].name", "module.q[\"b\"].name"]);
        assert_eq!(values[0].equals(&values[1]), None);
    }
}
