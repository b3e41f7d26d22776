//! Functions and classes of Python.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{Class, Expression, Kind, Name, Parameter, Passed, Role, Spread, Statement, Takes};
use super::super::lower::{Lowering, Scope, children, fields};

impl Lowering<'_> {
    pub(super) fn decorated(&mut self, node: Node<'_>) {
        let decorators: Vec<Node<'_>> =
            children(node).into_iter().filter(|child| child.kind() == "decorator").collect();
        let Some(definition) = node.child_by_field_name("definition") else { return };
        match definition.kind() {
            "class_definition" => self.class_definition(definition, &decorators),
            _ => self.definition(definition, &decorators),
        }
    }

    pub(super) fn definition(&mut self, node: Node<'_>, decorators: &[Node<'_>]) {
        let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
        let written: Vec<&str> =
            decorators.iter().map(|node| self.text(*node).trim_start_matches('@').trim()).collect();
        let role = written.iter().fold(Role::Plain, |role, decorator| match *decorator {
            "staticmethod" => Role::Static,
            "classmethod" => Role::OfClass,
            _ if decorator.ends_with("property") || decorator.ends_with(".setter") => Role::Property,
            _ => role,
        });
        let parameters = node.child_by_field_name("parameters").map(|node| self.parameters(node)).unwrap_or_default();
        self.scopes.push(Scope::default());
        for parameter in &parameters {
            self.declare(&Arc::clone(&parameter.name));
        }
        for body in fields(node, "body") {
            self.block(body);
        }
        let function = self.finish(parameters, role);
        let mut value = self.make(node, Kind::Function(function));
        for decorator in decorators.iter().rev() {
            let text = self.text(*decorator).trim_start_matches('@').trim();
            if role != Role::Plain
                && (text.ends_with("method") || text.ends_with("property") || text.ends_with(".setter"))
            {
                continue;
            }
            let Some(by) = children(*decorator).first().copied() else { continue };
            let by = self.expression(by);
            let passed = vec![Passed { name: None, value, spread: Spread::No }];
            value = self.make(*decorator, Kind::Call(by, passed));
        }
        self.assign_name(name, value);
    }

    pub(super) fn parameters(&mut self, node: Node<'_>) -> Vec<Parameter> {
        let mut found = Vec::new();
        for child in children(node) {
            let default = child.child_by_field_name("value").map(|value| self.expression(value));
            let named = match child.kind() {
                "identifier" | "list_splat_pattern" | "dictionary_splat_pattern" => Some(child),
                "typed_parameter" => children(child).first().copied(),
                "default_parameter" | "typed_default_parameter" => child.child_by_field_name("name"),
                _ => None,
            };
            let Some(named) = named else { continue };
            let kind = match named.kind() {
                "list_splat_pattern" => Takes::Rest,
                "dictionary_splat_pattern" => Takes::Keywords,
                _ => Takes::One,
            };
            let name = self.text(named).trim_start_matches('*').trim();
            found.push(Parameter { name: name.into(), default, declared: None, kind });
        }
        found
    }

    pub(super) fn class_definition(&mut self, node: Node<'_>, decorators: &[Node<'_>]) {
        let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
        let above: Vec<Node<'_>> = node.child_by_field_name("superclasses").map(children).unwrap_or_default();
        let mut bases = Vec::new();
        for base in above.into_iter().filter(|base| base.kind() != "keyword_argument") {
            let base =
                if base.kind() == "subscript" { base.child_by_field_name("value").unwrap_or(base) } else { base };
            bases.push(self.expression(base));
        }
        self.scopes.push(Scope::default());
        let body = node.child_by_field_name("body");
        let members: Vec<Node<'_>> = body.map(children).unwrap_or_default();
        let fields: Vec<Name> = members.iter().filter_map(|member| self.annotated_field(*member)).collect();
        if let Some(body) = body {
            self.block(body);
        }
        let body = self.finish(Vec::new(), Role::ClassBody);
        let initialiser = None;
        let class = Class { bases, body, fields, embedded: Vec::new(), initialiser, constructor: "__init__" };
        let class = self.program.add_class(class);
        for decorator in decorators {
            let Some(by) = children(*decorator).first().copied() else { continue };
            let plain = keeps_to_itself(self.text(by));
            let by = self.expression(by);
            let value = self.make(node, Kind::Class(class));
            let passed = vec![Passed { name: None, value, spread: Spread::No }];
            let call = if plain { by } else { self.make(*decorator, Kind::Call(by, passed)) };
            self.push(Statement::Evaluate(call));
        }
        let value = self.make(node, Kind::Class(class));
        self.assign_name(name, value);
    }

    fn annotated_field(&self, member: Node<'_>) -> Option<Name> {
        let assignment = Some(member).filter(|member| member.kind() == "expression_statement")?.named_child(0)?;
        let left = Some(assignment).filter(|node| node.kind() == "assignment")?.child_by_field_name("left")?;
        assignment.child_by_field_name("type")?;
        (left.kind() == "identifier").then(|| self.text(left).into())
    }

    /// A function made of one expression.
    pub(super) fn lambda(&mut self, node: Node<'_>) -> Expression {
        let parameters = node.child_by_field_name("parameters").map(|node| self.parameters(node)).unwrap_or_default();
        self.scopes.push(Scope::default());
        for parameter in &parameters {
            self.declare(&Arc::clone(&parameter.name));
        }
        if let Some(body) = node.child_by_field_name("body") {
            let value = self.expression(body);
            self.push(Statement::Return(value));
        }
        let function = self.finish(parameters, Role::Plain);
        self.make(node, Kind::Function(function))
    }
}

/// Decorators of classes that call no methods of theirs.
fn keeps_to_itself(decorator: &str) -> bool {
    const DECORATORS: &str =
        "dataclass dataclass_json total_ordering define attrs s frozen mutable unique runtime_checkable final";
    let name = decorator.split('(').next().unwrap_or(decorator);
    let last = name.rsplit('.').next().unwrap_or(name).trim();
    DECORATORS.split_ascii_whitespace().any(|known| known == last)
}
