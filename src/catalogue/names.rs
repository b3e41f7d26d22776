//! Names and functions in the expressions of a page: one that nothing stands behind would be unknown for ever, and the
//! control would silently find nothing. So a page that has one isn't loaded.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ForExpr, FuncCall, Traversal, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Element;
use hcl_edit::visit::{Visit, visit_expr, visit_for_expr, visit_func_call, visit_traversal};

use super::control::{Control, FixSpec, Rule};
use super::page::PageError;
use crate::fixers::Registry;

/// Functions that the pages have beside Terraform's: name and number of arguments.
const FUNCTIONS: [(&str, usize); 4] =
    [("provider_at_least", 1), ("module_at_least", 1), ("many_fail", 1), ("log_retention", 1)];

/// Refuses names and functions that nothing stands behind. `first_line` is the control block's in its page.
pub(super) fn check(control: &Control, first_line: usize) -> Result<(), PageError> {
    // Blocks on calls speak of the template's resource.
    if let Some(rule) = control.rules.iter().find(|rule| rule.kind.contains("::")) {
        let mut names = Names { control, rule, fault: None, bound: Vec::new() };
        for spec in control.constructs.iter() {
            let escaped = spec.escape.iter().map(|escape| &escape.value);
            let named = spec.set.iter().chain(&spec.names).map(|(_, value)| value);
            let values = named.chain(&spec.below).chain(escaped);
            spec.when.iter().chain(&spec.notes).chain(values).for_each(|expr| names.visit_expr(expr));
        }
        names.end(first_line)?;
    }
    for rule in &control.rules {
        let mut names = Names { control, rule, fault: None, bound: Vec::new() };
        let companions = rule.companions.iter().filter_map(|companion| companion.only.as_ref());
        let predicates = [&rule.skip, &rule.pass, &rule.message].into_iter().flatten();
        let exempt = rule.exempt.iter().flat_map(|exempt| [&exempt.when, &exempt.reason]);
        predicates.chain(companions).chain(exempt).for_each(|expr| names.visit_expr(expr));
        for fix in &rule.fixes {
            fix.when.iter().chain(&fix.notes).for_each(|expr| names.visit_expr(expr));
            let sets = fix.set.iter().chain(fix.set_companion.iter().map(|(_, body)| body));
            let appended = fix.append.iter().map(|(_, body)| body);
            let shared = fix.shared.iter().map(|(_, _, body)| body);
            sets.chain(appended)
                .chain(shared)
                .chain(fix.add.iter().map(|(_, _, body)| body))
                .for_each(|body| names.body(body, fix));
            for (companion, body) in &fix.set_companion {
                let known = rule.companions.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>();
                if !known.contains(&companion.as_str()) {
                    names.fail(body.span(), "companion", companion, &known);
                }
            }
        }
        names.end(first_line)?;
    }
    Ok(())
}

struct Names<'a> {
    control: &'a Control,
    rule: &'a Rule,
    /// The first fault: offset and message.
    fault: Option<(usize, String)>,
    /// Names that `for` gives.
    bound: Vec<String>,
}

impl Names<'_> {
    /// The first fault, with its line in the page.
    fn end(self, first_line: usize) -> Result<(), PageError> {
        let Some((at, message)) = self.fault else { return Ok(()) };
        let source = &self.control.source;
        let line = source[..at.min(source.len())].matches('\n').count();
        Err(PageError::new(&self.control.page, first_line + line, message))
    }

    fn fail(&mut self, range: Option<Range<usize>>, what: &str, name: &str, known: &[&str]) {
        let near = super::nearest(name, known.iter().copied());
        let hint = match near.as_slice() {
            [] if known.len() > 12 || known.is_empty() => String::new(),
            [] => format!("; known here: {}", known.join(", ")),
            near => format!("; did you mean `{}`?", near.join("`, `")),
        };
        let at = range.map_or(0, |range| range.start);
        self.fault.get_or_insert_with(|| (at, format!("unknown {what} `{name}`{hint}")));
    }

    /// The first name of an expression, and the one that follows it.
    fn root(&mut self, range: Option<Range<usize>>, root: &str, next: Option<&str>) {
        if self.bound.iter().any(|name| name == root) {
            return;
        }
        match (root, next) {
            ("option", Some(option)) => self.option(range, option),
            ("provider", Some("major")) => {}
            ("provider", Some(other)) => self.fail(range, "name", &format!("provider.{other}"), &["provider.major"]),
            _ => {
                let companions = self.rule.companions.iter().map(|companion| companion.name.as_str());
                let known: Vec<&str> = ["self", "option", "provider"].into_iter().chain(companions).collect();
                if !known.contains(&root) {
                    self.fail(range, "name", root, &known);
                }
            }
        }
    }

    fn option(&mut self, range: Option<Range<usize>>, option: &str) {
        let control = self.control;
        if control.option(option).is_none() {
            let known: Vec<&str> = control.options.iter().map(|spec| spec.name.as_str()).collect();
            self.fail(range, "option", option, &known);
        }
    }

    /// What is written: most names there are those of the user's configuration.
    fn body(&mut self, body: &Body, fix: &FixSpec) {
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => self.content(&attribute.value, fix),
                Structure::Block(block) => self.body(&block.body, fix),
            }
        }
    }

    fn content(&mut self, expr: &Expression, fix: &FixSpec) {
        match expr {
            Expression::Array(items) => items.iter().for_each(|item| self.content(item, fix)),
            Expression::Object(object) => object.iter().for_each(|(_, item)| self.content(item.expr(), fix)),
            Expression::StringTemplate(template) => {
                for element in template {
                    if let Element::Interpolation(inner) = element {
                        self.content(&inner.expr, fix);
                    }
                }
            }
            Expression::Traversal(traversal) => {
                let Expression::Variable(root) = &traversal.expr else { return };
                match (root.as_str(), next(traversal)) {
                    ("option", Some(option)) => self.option(traversal.span(), option),
                    ("key", Some(_)) if fix.key.is_none() => self.fail(traversal.span(), "name", "key", &[]),
                    ("key", Some(attribute)) if attribute != "arn" => {
                        self.fail(traversal.span(), "name", &format!("key.{attribute}"), &["key.arn"]);
                    }
                    ("shared", Some(kind)) if !fix.shared.iter().any(|(known, _, _)| known == kind) => {
                        let known: Vec<&str> = fix.shared.iter().map(|(kind, _, _)| kind.as_str()).collect();
                        self.fail(traversal.span(), "shared resource", kind, &known);
                    }
                    ("added", Some(kind)) => {
                        let known: Vec<&str> = fix.add.iter().map(|(kind, _, _)| kind.as_str()).collect();
                        if !known.contains(&kind) {
                            self.fail(traversal.span(), "added resource", kind, &known);
                        }
                    }
                    _ => {}
                }
            }
            Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" => {
                call.args.iter().for_each(|argument| self.content(argument, fix));
            }
            Expression::FuncCall(call) if call.name.name.as_str() == "expression" => {
                call.args.iter().for_each(|argument| self.visit_expr(argument));
            }
            other => self.visit_expr(other),
        }
    }
}

fn next(traversal: &Traversal) -> Option<&str> {
    match traversal.operators.first()?.value() {
        TraversalOperator::GetAttr(name) => Some(name.as_str()),
        TraversalOperator::Index(key) => key.as_str(),
        _ => None,
    }
}

impl Visit for Names<'_> {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::Variable(name) = node {
            self.root(name.span(), name.as_str(), None);
        } else {
            visit_expr(self, node);
        }
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        match &node.expr {
            Expression::Variable(root) => {
                self.root(node.span(), root.as_str(), next(node));
                for operator in &node.operators {
                    if let TraversalOperator::Index(key) = operator.value() {
                        self.visit_expr(key);
                    }
                }
            }
            _ => visit_traversal(self, node),
        }
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        let name = node.name.name.as_str();
        let own = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let takes = own.map(|(_, count)| *count).or(Registry::is_fact(name).then_some(0));
        match takes {
            Some(count) if node.args.len() != count => {
                let at = node.span().map_or(0, |range| range.start);
                self.fault.get_or_insert_with(|| (at, format!("`{name}` takes {count} arguments")));
            }
            None if !crate::hcl::FUNCTIONS.contains(&name) => {
                let own = FUNCTIONS.iter().map(|(name, _)| *name).chain(Registry::facts());
                let known: Vec<&str> = own.chain(crate::hcl::FUNCTIONS.iter().copied()).collect();
                self.fail(node.name.name.span(), "function", name, &known);
            }
            _ => {}
        }
        visit_func_call(self, node);
    }

    fn visit_for_expr(&mut self, node: &ForExpr) {
        let names = node.intro.key_var.iter().chain([&node.intro.value_var]);
        let before = self.bound.len();
        self.visit_expr(&node.intro.collection_expr);
        self.bound.extend(names.map(|name| name.as_str().to_owned()));
        visit_for_expr(self, node);
        self.bound.truncate(before);
    }
}
