//! Functions and classes of JavaScript and TypeScript.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{
    Class, Expression, Function, Kind, Name, Parameter, Passed, Role, Spread, Statement, Takes, Target,
};
use super::super::lower::{Lowering, Scope, children, fields};

impl Lowering<'_> {
    /// A function of any kind.
    pub(super) fn function(&mut self, node: Node<'_>, arrow: bool) -> Expression {
        self.scopes.push(Scope::default());
        let mut parameters = Vec::new();
        let mut patterns = Vec::new();
        if let Some(single) = node.child_by_field_name("parameter") {
            parameters.push(parameter(self.text(single), Takes::One, None));
        }
        for (index, child) in
            node.child_by_field_name("parameters").map(children).unwrap_or_default().into_iter().enumerate()
        {
            self.parameter_of(child, index, &mut parameters, &mut patterns);
        }
        for parameter in &parameters {
            self.declare(&Arc::clone(&parameter.name));
        }
        if !arrow {
            self.declare("arguments");
        }
        for (pattern, name) in patterns {
            let value = self.name(pattern, &name);
            if pattern.kind() == "identifier" {
                // `constructor(private readonly client: S3Client)` sets a field.
                let this = self.make(pattern, Kind::This);
                self.push(Statement::Assign(Target::Attribute(this, self.text(pattern).into()), value));
            } else {
                self.bind_script(pattern, value);
            }
        }
        for body in fields(node, "body") {
            if body.kind() == "statement_block" {
                self.script_block(body);
            } else {
                let value = self.script(body);
                self.push(Statement::Return(value));
            }
        }
        let role =
            if has_word(node, "get") && node.kind() == "method_definition" { Role::Property } else { Role::Plain };
        let id = self.finish(parameters, role);
        if arrow && let Some(function) = self.program.functions.get_mut(id.0 as usize) {
            *function = Arc::new(Function { lexical_this: true, ..Function::clone(function) });
        }
        self.make(node, Kind::Function(id))
    }

    pub(super) fn parameter_of<'t>(
        &mut self,
        node: Node<'t>,
        index: usize,
        to: &mut Vec<Parameter>,
        patterns: &mut Vec<(Node<'t>, Name)>,
    ) {
        let pattern = node.child_by_field_name("pattern").unwrap_or(node);
        let default = node.child_by_field_name("value").map(|value| self.script(value));
        match pattern.kind() {
            "this" => {}
            "identifier" => {
                let name = self.text(pattern);
                to.push(parameter(name, Takes::One, default));
                let field = children(node).iter().any(|child| child.kind() == "accessibility_modifier")
                    || has_word(node, "readonly");
                if field {
                    patterns.push((pattern, name.into()));
                }
            }
            "rest_pattern" => {
                let inner = children(pattern).first().copied();
                if let Some(inner) = inner.filter(|inner| inner.kind() == "identifier") {
                    to.push(parameter(self.text(inner), Takes::Rest, None));
                } else {
                    let name = format!("$rest {index}");
                    to.push(parameter(&name, Takes::Rest, None));
                    patterns.extend(inner.map(|inner| (inner, Name::from(name))));
                }
            }
            "assignment_pattern" => {
                let (Some(left), Some(right)) =
                    (pattern.child_by_field_name("left"), pattern.child_by_field_name("right"))
                else {
                    return;
                };
                let default = Some(self.script(right));
                if left.kind() == "identifier" {
                    to.push(parameter(self.text(left), Takes::One, default));
                } else {
                    let name = format!("$parameter {index}");
                    to.push(parameter(&name, Takes::One, default));
                    patterns.push((left, name.into()));
                }
            }
            _ => {
                let name = format!("$parameter {index}");
                to.push(parameter(&name, Takes::One, default));
                patterns.push((pattern, name.into()));
            }
        }
    }

    /// Decorators get the class: what they do with it isn't followed.
    fn decorators(&mut self, node: Node<'_>, class: &Expression) {
        let around =
            node.parent().filter(|parent| parent.kind() == "export_statement").map(children).unwrap_or_default();
        let members = node.child_by_field_name("body").map(children).unwrap_or_default();
        let of_class = children(node).into_iter().chain(around).map(|child| (child, true));
        let inner =
            members.iter().copied().chain(members.iter().copied().flat_map(children)).map(|child| (child, false));
        for (decorator, of_class) in of_class.chain(inner).filter(|(child, _)| child.kind() == "decorator") {
            let Some(by) = children(decorator).first().copied() else { continue };
            let by = self.script(by);
            let passed = Passed { name: None, value: class.clone(), spread: Spread::No };
            let call = if of_class { self.make(decorator, Kind::Call(by, vec![passed])) } else { by };
            self.push(Statement::Evaluate(call));
        }
    }

    pub(super) fn class(&mut self, node: Node<'_>) -> Expression {
        let mut bases = Vec::new();
        for heritage in children(node).into_iter().filter(|child| child.kind() == "class_heritage") {
            for clause in children(heritage) {
                match clause.kind() {
                    "extends_clause" => {
                        for value in fields(clause, "value") {
                            bases.push(self.script(value));
                        }
                    }
                    "implements_clause" => {}
                    _ => bases.push(self.script(clause)),
                }
            }
        }
        let members = node.child_by_field_name("body").map(children).unwrap_or_default();
        self.scopes.push(Scope::default());
        let mut own = Vec::new();
        for member in &members {
            match member.kind() {
                "method_definition" => {
                    let Some(name) = member.child_by_field_name("name") else { continue };
                    let function = self.function(*member, false);
                    self.assign_name(&self.plain(name), function);
                }
                "public_field_definition" if has_word(*member, "static") => {
                    if let (Some(name), Some(value)) =
                        (member.child_by_field_name("name"), member.child_by_field_name("value"))
                    {
                        let value = self.script(value);
                        self.assign_name(&self.plain(name), value);
                    }
                }
                "public_field_definition" => own.push(*member),
                "class_static_block" => self.script_block(*member),
                _ => {}
            }
        }
        let body = self.finish(Vec::new(), Role::ClassBody);
        let initialiser = (!own.is_empty()).then(|| {
            self.scopes.push(Scope::default());
            for member in own {
                if let (Some(name), Some(value)) =
                    (member.child_by_field_name("name"), member.child_by_field_name("value"))
                {
                    let value = self.script(value);
                    let this = self.make(member, Kind::This);
                    let name = self.plain(name);
                    self.push(Statement::Assign(Target::Attribute(this, name.into()), value));
                }
            }
            self.finish(Vec::new(), Role::Plain)
        });
        let class =
            Class { bases, body, fields: Vec::new(), embedded: Vec::new(), initialiser, constructor: "constructor" };
        let class = self.program.add_class(class);
        let value = self.make(node, Kind::Class(class));
        self.decorators(node, &value);
        value
    }
}

pub(super) fn parameter(name: &str, kind: Takes, default: Option<Expression>) -> Parameter {
    Parameter { name: name.into(), default, declared: None, kind }
}

/// Whether a node has such a word among its direct children (`static`, `get`, `readonly`).
pub(super) fn has_word(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == word)
}
