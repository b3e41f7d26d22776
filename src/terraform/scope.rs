//! What names mean in a Terraform module: variables, locals, modules, data sources, resources.

use std::sync::Arc;

use super::build::Builder;
use super::declare::{Content, Expr, Source};
use crate::hcl::{Bindings, Scope, Step, evaluate, turns};
use crate::json;
use crate::model::{Body, Entry, Form, InstanceId, Mode, Node, Reference, Symbol, Value};
use crate::source::{Base, Span};

/// The names of one module instance, seen from one place in a file.
pub(super) struct ModuleScope<'b, 'a> {
    pub(super) builder: &'b Builder<'a>,
    pub(super) instance: InstanceId,
    pub(super) base: Base,
    /// The text that spans of the expression point into, when it isn't the file's own.
    pub(super) embedded: Option<&'b str>,
}

impl Scope for ModuleScope<'_, '_> {
    fn base(&self) -> Base {
        if self.embedded.is_some() { Base { shift: 0, ..self.base } } else { self.base }
    }

    fn source(&self) -> &str {
        self.embedded.unwrap_or_else(|| &self.builder.files[self.base.file.0 as usize].text)
    }

    fn lookup(&self, root: &str, steps: &[Step]) -> (Value, usize) {
        let name = |i: usize| match steps.get(i) {
            Some(Step::Name(name)) => Some(&**name),
            _ => None,
        };
        match (root, name(0), name(1)) {
            ("var", Some(variable), _) => (self.builder.variable(self.instance, variable), 1),
            ("local", Some(local), _) => (self.builder.local(self.instance, local), 1),
            ("module", Some(call), _) => self.module_output(call, steps),
            ("data", Some(kind), Some(name)) => (self.reference(Mode::Data, kind, name), 2),
            ("each" | "count" | "path" | "terraform" | "self", Some(first), _) => (self.symbol(root, first), 1),
            (kind, Some(name), _) => (self.reference(Mode::Managed, kind, name), 1),
            _ => (Value::Unknown, steps.len()),
        }
    }

    fn lacks(&self, root: &str, steps: &[Step]) -> Option<bool> {
        match (root, steps.first()) {
            ("module", Some(Step::Name(call))) => self.lacks_module(call, steps),
            _ => Some(false),
        }
    }

    fn charge(&self, weight: usize) -> bool {
        self.builder.charge(weight, self.base.file)
    }

    fn call(&self, name: &str, arguments: &[Node], span: Span) -> Option<Value> {
        self.file_function(name, arguments, span)
    }
}

impl ModuleScope<'_, '_> {
    fn symbol(&self, root: &str, name: &str) -> Value {
        Value::Symbol(Symbol { name: format!("{root}.{name}").into(), instance: self.instance })
    }

    fn reference(&self, mode: Mode, kind: &str, name: &str) -> Value {
        match self.builder.resource(self.instance, mode, kind, name) {
            Some(resource) => {
                Value::Reference(Reference { resource, within: Vec::new(), index: None, path: Vec::new() })
            }
            None => Value::Unknown,
        }
    }

    /// The value of an expression in either syntax.
    pub(super) fn value(&self, source: Source<'_>, bound: Option<&Bindings<'_>>) -> Node {
        match source.expr {
            Expr::Hcl(expr) => evaluate(expr, self, bound),
            Expr::Json(node) => self.json(node),
        }
    }

    fn json(&self, node: &json::Node) -> Node {
        let span = self.base.span(Some(node.range.clone()));
        let value = match &node.kind {
            json::Kind::Null => Value::Null,
            json::Kind::Bool(b) => Value::Bool(*b),
            json::Kind::Number(n) => n.parse().map_or(Value::Unknown, Value::Number),
            json::Kind::String(text) => self.json_string(text, span),
            json::Kind::Array(items) => Value::List(items.iter().map(|item| self.json(item)).collect()),
            json::Kind::Object(_) => Value::Map(self.json_object(node, Form::Attribute)),
        };
        Node { value, span }
    }

    /// In JSON syntax every string is a template.
    fn json_string(&self, text: &Arc<str>, span: Span) -> Value {
        if !text.contains("${") && !text.contains("%{") {
            return Value::String(text.clone());
        }
        let Ok(template) = hcl_edit::parser::parse_template(text) else { return Value::Unknown };
        let scope = ModuleScope { embedded: Some(text), ..*self };
        let expr = hcl_edit::expr::Expression::from(hcl_edit::template::HeredocTemplate::new(
            hcl_edit::Ident::new("JSON"),
            template,
        ));
        let mut value = evaluate(&expr, &scope, None).value;
        respan(&mut value, span);
        value
    }

    fn json_object(&self, node: &json::Node, form: Form) -> Body {
        let entries = node.properties().iter().filter(|p| &*p.name != "//").map(|p| Entry {
            name: p.name.clone(),
            span: self.base.span(Some(p.range.clone())),
            form,
            node: self.json(&p.value),
        });
        Body { entries: entries.collect(), open: false }
    }

    /// What `each` is in a block that is repeated over all instances of a resource: `each.value` is one of them.
    pub(super) fn each(&self, content: Content<'_>) -> Option<Value> {
        let over = self.value(content.argument(self.base, "for_each")?, None);
        let Value::Reference(mut reference) = over.value else { return None };
        if reference.index.is_some() || !reference.path.is_empty() {
            return None;
        }
        reference.index = Some("each.key".into());
        let entry = |name: &str, value| Entry {
            name: name.into(),
            span: over.span,
            form: Form::Attribute,
            node: Node { value, span: over.span },
        };
        let entries = vec![entry("key", self.symbol("each", "key")), entry("value", Value::Reference(reference))];
        Some(Value::Map(Body { entries, open: false }))
    }

    /// The entries of a block.
    pub(super) fn body(&self, content: Content<'_>, bound: Option<&Bindings<'_>>) -> Body {
        match content {
            // JSON doesn't tell blocks from attributes; controls treat them alike.
            Content::Json(node) => self.json_object(node, Form::Attribute),
            Content::Hcl(body) => self.hcl_body(body, bound),
        }
    }

    fn hcl_body(&self, body: &hcl_edit::structure::Body, bound: Option<&Bindings<'_>>) -> Body {
        use hcl_edit::Span as _;
        let mut entries = Vec::with_capacity(body.len());
        for structure in body {
            let span = self.base.span(structure.span());
            match structure {
                hcl_edit::structure::Structure::Attribute(attribute) => entries.push(Entry {
                    name: attribute.key.as_str().into(),
                    span,
                    form: Form::Attribute,
                    node: evaluate(&attribute.value, self, bound),
                }),
                hcl_edit::structure::Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                    self.dynamic(block, span, bound, &mut entries);
                }
                hcl_edit::structure::Structure::Block(block) => entries.push(Entry {
                    name: block.ident.as_str().into(),
                    span,
                    form: Form::Block,
                    node: Node { value: Value::Map(self.hcl_body(&block.body, bound)), span },
                }),
            }
        }
        Body { entries, open: false }
    }

    fn dynamic(
        &self,
        block: &hcl_edit::structure::Block,
        span: Span,
        bound: Option<&Bindings<'_>>,
        entries: &mut Vec<Entry>,
    ) {
        let Some(name) = block.labels.first().map(hcl_edit::structure::BlockLabel::as_str) else { return };
        let Some(content) = block.body.get_blocks("content").next() else { return };
        let iterator =
            block.body.get_attribute("iterator").and_then(|a| a.value.as_variable()).map_or(name, |i| i.as_str());
        let over = block.body.get_attribute("for_each");
        let before = entries.len();
        let mut push = |form, element: Value| {
            let inner = Bindings::new(iterator, element, bound);
            let node = Node { value: Value::Map(self.hcl_body(&content.body, Some(&inner))), span };
            entries.push(Entry { name: name.into(), span, form, node });
        };
        let turns = over.and_then(|over| turns(&evaluate(&over.value, self, bound).value, &over.value));
        match turns.filter(|turns| turns.complete) {
            Some(turns) => {
                turns.items.into_iter().for_each(|(key, item)| push(Form::Block, element(key, item.value, span)));
            }
            None => push(Form::Dynamic, Value::Unknown),
        }
        if entries.len() == before {
            entries.push(Entry { name: name.into(), span, form: Form::Empty, node: Node { value: Value::Null, span } });
        }
    }
}

/// What an iterator stands for: `{ key = ..., value = ... }`.
fn element(key: Value, value: Value, span: Span) -> Value {
    let entry =
        |name: &str, value| Entry { name: name.into(), span, form: Form::Attribute, node: Node { value, span } };
    Value::Map(Body { entries: vec![entry("key", key), entry("value", value)], open: false })
}

/// Gives every node of a value one span: the string that it was written in.
pub(super) fn respan(value: &mut Value, span: Span) {
    let each = |nodes: &mut Vec<Node>| {
        for node in nodes {
            node.span = span;
            respan(&mut node.value, span);
        }
    };
    match value {
        Value::List(nodes) | Value::AtLeast(nodes) | Value::Text(nodes) | Value::Either(nodes) => each(nodes),
        Value::Json(node) => {
            node.span = span;
            respan(&mut node.value, span);
        }
        Value::Map(body) => {
            for entry in &mut body.entries {
                entry.span = span;
                entry.node.span = span;
                respan(&mut entry.node.value, span);
            }
        }
        _ => {}
    }
}
