//! What arguments refer to that exist to replace their resource, found by names and not by values: a hash has none.

use std::collections::HashSet;
use std::sync::Arc;

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_traversal};

use super::build::Builder;
use super::declare::{Content, Declaration, Expr, Source};
use crate::json;
use crate::model::{InstanceId, Mode, Reference};

/// Arguments that replace the resource that has them when their value changes.
const ARGUMENTS: [&str; 2] = ["triggers", "triggers_replace"];
/// In a `lifecycle` block: the resource is replaced when these change.
const REPLACED_BY: &str = "replace_triggered_by";

impl<'a> Builder<'a> {
    /// The references in such arguments of a resource.
    pub(super) fn watched(&self, instance: InstanceId, declaration: &Declaration<'a>) -> Vec<(Arc<str>, Reference)> {
        let mut watched = Vec::new();
        let mut follow = |name: &str, source: Source<'a>| {
            let mut collector = Collector { builder: self, instance, seen: HashSet::new(), found: Vec::new() };
            collector.source(source, name == REPLACED_BY);
            watched.extend(collector.found.into_iter().map(|reference| (Arc::from(name), reference)));
        };
        for name in ARGUMENTS {
            if let Some(source) = declaration.content.argument(declaration.base, name) {
                follow(name, source);
            }
        }
        let lifecycle = match declaration.content {
            Content::Hcl(body) => body.get_blocks("lifecycle").next().map(|block| Content::Hcl(&block.body)),
            Content::Json(node) => node.get("lifecycle").and_then(|node| node.each().first()).map(Content::Json),
        };
        if let Some(source) = lifecycle.and_then(|lifecycle| lifecycle.argument(declaration.base, REPLACED_BY)) {
            follow(REPLACED_BY, source);
        }
        watched
    }
}

struct Collector<'b, 'a> {
    builder: &'b Builder<'a>,
    instance: InstanceId,
    /// Names that were followed: they may lead back to themselves.
    seen: HashSet<(InstanceId, String)>,
    found: Vec<Reference>,
}

impl Collector<'_, '_> {
    /// `bare`: strings in JSON are expressions themselves.
    fn source(&mut self, source: Source<'_>, bare: bool) {
        match source.expr {
            Expr::Hcl(expr) => self.visit_expr(expr),
            Expr::Json(node) => self.json(node, bare),
        }
    }

    fn json(&mut self, node: &json::Node, bare: bool) {
        match &node.kind {
            json::Kind::String(text) if bare && !text.contains("${") => {
                if let Ok(body) = crate::hcl::parse_body(&format!("x = {text}\n")) {
                    self.visit_body(&body);
                }
            }
            json::Kind::String(text) => {
                if let Ok(template) = hcl_edit::parser::parse_template(text) {
                    self.visit_template(&template);
                }
            }
            json::Kind::Array(items) => items.iter().for_each(|item| self.json(item, bare)),
            json::Kind::Object(properties) => properties.iter().for_each(|p| self.json(&p.value, bare)),
            _ => {}
        }
    }

    /// Follows a name to what stands behind it, in the module where that is.
    fn follow(&mut self, root: &str, names: &[&str]) {
        let here = self.instance;
        let Some(&name) = names.first() else { return };
        let syntax = &self.builder.instances[here.0 as usize];
        let next = match root {
            "local" => self.builder.declared(here).locals.get(name).map(|source| (here, *source)),
            "var" => {
                let given = syntax.caller.and_then(|(caller, call)| Some((caller, call.argument(name)?)));
                let default = || self.builder.declared(here).variables.get(name)?.default.map(|source| (here, source));
                given.or_else(default)
            }
            "module" => syntax.children.get(name).and_then(|child| {
                let output = names.get(1)?;
                Some((*child, *self.builder.declared(*child).outputs.get(*output)?))
            }),
            kind => {
                if let Some(resource) = self.builder.resource(here, Mode::Managed, kind, name) {
                    let path = names[1..].iter().map(|name| Arc::from(*name)).collect();
                    self.found.push(Reference { resource, within: Vec::new(), index: None, path });
                }
                None
            }
        };
        let Some((instance, source)) = next else { return };
        if self.seen.insert((here, format!("{root}.{}", names.join(".")))) {
            self.instance = instance;
            self.source(source, false);
            self.instance = here;
        }
    }
}

impl Visit for Collector<'_, '_> {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Expression::Variable(root) = &node.expr {
            // Which instance is meant makes no difference.
            let names = node.operators.iter().filter_map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str()),
                _ => None,
            });
            self.follow(root.as_str(), &names.collect::<Vec<_>>());
        }
        visit_traversal(self, node);
    }
}
