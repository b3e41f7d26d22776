//! Parameters and types of Java, and what consists of little else: lambdas.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{Expression, Function, Kind, Parameter, Role, Statement, Takes};
use super::super::lower::{Scope, children};
use super::lower::File;

impl File<'_> {
    /// Declares the parameters of a method or lambda.
    pub(super) fn parameters(&mut self, list: Option<Node<'_>>) -> Vec<Parameter> {
        let mut parameters = Vec::new();
        let Some(list) = list else { return parameters };
        if list.kind() == "identifier" {
            let own = self.declare_in_block(self.text(list));
            parameters.push(Parameter { name: own, default: None, declared: None, kind: Takes::One });
            return parameters;
        }
        for child in children(list) {
            let (name, kind) = match child.kind() {
                "identifier" => (Some(child), Takes::One),
                "formal_parameter" => (child.child_by_field_name("name"), Takes::One),
                "spread_parameter" => {
                    let declarator = children(child).into_iter().find(|part| part.kind() == "variable_declarator");
                    (declarator.and_then(|part| part.child_by_field_name("name")), Takes::Rest)
                }
                _ => continue,
            };
            let own = self.declare_in_block(name.map_or("_", |name| self.text(name)));
            let declared = child.child_by_field_name("type").and_then(|of| self.declared(of));
            parameters.push(Parameter { name: own, default: None, declared, kind });
        }
        parameters
    }

    /// A parameter's type, when it says what code outside may pass.
    pub(super) fn declared(&mut self, of: Node<'_>) -> Option<Expression> {
        let plain = matches!(of.kind(), "integral_type" | "floating_point_type" | "boolean_type")
            || matches!(
                self.text(of),
                "String" | "Integer" | "Long" | "Double" | "Boolean" | "byte[]" | "InputStream" | "OutputStream"
            );
        if plain {
            return Some(self.name(of, "$plain"));
        }
        self.type_expression(of)
    }

    /// The class that a type names.
    pub(super) fn type_expression(&mut self, of: Node<'_>) -> Option<Expression> {
        match of.kind() {
            "type_identifier" | "identifier" => {
                let text = self.text(of);
                (text != "var").then(|| self.named(of, text))
            }
            "scoped_type_identifier" => Some(self.qualified(of)),
            "generic_type" | "annotated_type" => {
                let inner = children(of).into_iter().find(|child| child.kind().ends_with("type_identifier"))?;
                self.type_expression(inner)
            }
            _ => None,
        }
    }

    /// `Outer.Inner`, or a class by its package.
    pub(super) fn qualified(&mut self, node: Node<'_>) -> Expression {
        let text: String = self.text(node).split_whitespace().collect();
        let mut parts = text.split('.');
        let first = parts.next().unwrap_or_default();
        if first.starts_with(char::is_lowercase) && self.in_blocks(first).is_none() {
            let simple = text.rsplit('.').next().unwrap_or(&text);
            return self.make(node, Kind::ImportName(text.as_str().into(), simple.into()));
        }
        let mut class = self.named(node, first);
        for part in parts {
            class = self.make(node, Kind::Attribute(class, part.into()));
        }
        class
    }

    /// A lambda: `this` is that of the method around.
    pub(super) fn lambda(&mut self, node: Node<'_>) -> Expression {
        self.scopes.push(Scope::default());
        self.open_block();
        let parameters = self.parameters(node.child_by_field_name("parameters"));
        if let Some(body) = node.child_by_field_name("body") {
            if body.kind() == "block" {
                self.block(body);
            } else {
                let value = self.expression(body);
                self.push(Statement::Return(value));
            }
        }
        self.close_block();
        let id = self.finish(parameters, Role::Plain);
        if let Some(function) = self.program.functions.get_mut(id.0 as usize) {
            *function = Arc::new(Function { lexical_this: true, ..Function::clone(function) });
        }
        self.make(node, Kind::Function(id))
    }
}
