//! Statements of Java.

use tree_sitter::Node;

use super::super::ir::{Expression, Kind, Name, Statement, Target};
use super::super::lower::{children, fields, says_not_found};
use super::lower::File;

impl File<'_> {
    pub(super) fn block(&mut self, node: Node<'_>) {
        self.open_block();
        for child in children(node) {
            self.statement(child);
        }
        self.close_block();
    }

    pub(super) fn statement(&mut self, node: Node<'_>) {
        match node.kind() {
            "local_variable_declaration" => {
                for declarator in fields(node, "declarator") {
                    self.variable(declarator, "name", "value");
                }
            }
            "return_statement" | "yield_statement" => {
                if let Some(value) = children(node).first() {
                    let value = self.expression(*value);
                    self.push(Statement::Return(value));
                }
            }
            "enhanced_for_statement" => self.for_each(node),
            "try_with_resources_statement" => self.with_resources(node),
            "catch_clause" => self.catch(node),
            "explicit_constructor_invocation" => self.constructor_call(node),
            "class_declaration" | "record_declaration" | "enum_declaration" | "interface_declaration" => {
                self.type_declaration(node);
            }
            "block" | "constructor_body" | "for_statement" | "switch_block_statement_group" => self.block(node),
            "if_statement"
            | "while_statement"
            | "do_statement"
            | "try_statement"
            | "finally_clause"
            | "labeled_statement"
            | "synchronized_statement"
            | "expression_statement"
            | "throw_statement"
            | "assert_statement"
            | "switch_block"
            | "switch_rule"
            | "switch_label" => {
                for child in children(node) {
                    self.statement(child);
                }
            }
            "break_statement" | "continue_statement" | "line_comment" | "block_comment" | "empty_statement" => {}
            _ => {
                let value = self.expression(node);
                self.push(Statement::Evaluate(value));
            }
        }
    }

    fn for_each(&mut self, node: Node<'_>) {
        self.open_block();
        if let (Some(name), Some(over)) = (node.child_by_field_name("name"), node.child_by_field_name("value")) {
            let over = self.expression(over);
            let each = self.make(name, Kind::Each(over));
            self.bind(name, each);
        }
        for body in fields(node, "body") {
            self.statement(body);
        }
        self.close_block();
    }

    fn with_resources(&mut self, node: Node<'_>) {
        self.open_block();
        for list in fields(node, "resources") {
            for resource in children(list) {
                if resource.child_by_field_name("name").is_some() {
                    self.variable(resource, "name", "value");
                } else {
                    let parts: Vec<Expression> =
                        children(resource).into_iter().map(|part| self.expression(part)).collect();
                    for part in parts {
                        self.push(Statement::Evaluate(part));
                    }
                }
            }
        }
        for child in children(node).into_iter().filter(|child| child.kind() != "resource_specification") {
            self.statement(child);
        }
        self.close_block();
    }

    fn catch(&mut self, node: Node<'_>) {
        self.open_block();
        let text = self.text(node);
        if says_not_found(text) && !text.contains("ResourceNotFound") {
            self.note_not_found(node);
        }
        for child in children(node) {
            if child.kind() == "catch_formal_parameter" {
                if let Some(name) = child.child_by_field_name("name") {
                    let caught = self.opaque(name, Vec::new(), "an error");
                    self.bind(name, caught);
                }
            } else {
                self.statement(child);
            }
        }
        self.close_block();
    }

    fn constructor_call(&mut self, node: Node<'_>) {
        let Some(which) = node.child_by_field_name("constructor") else { return };
        let passed = node.child_by_field_name("arguments").map(|list| self.passed(list)).unwrap_or_default();
        let callee = if which.kind() == "super" {
            self.make(which, Kind::Super)
        } else {
            let this = self.make(which, Kind::This);
            self.make(which, Kind::Attribute(this, "<init>".into()))
        };
        let call = self.make(node, Kind::Call(callee, passed));
        self.push(Statement::Evaluate(call));
    }

    fn variable(&mut self, node: Node<'_>, name: &str, value: &str) {
        let Some(name) = node.child_by_field_name(name) else { return };
        if let Some(value) = node.child_by_field_name(value) {
            let value = self.expression(value);
            self.bind(name, value);
        } else {
            self.declare_in_block(self.text(name));
        }
    }

    /// A new variable.
    pub(super) fn bind(&mut self, name: Node<'_>, value: Expression) {
        let own = self.declare_in_block(self.text(name));
        self.push(Statement::Assign(Target::Name(own), value));
    }

    /// Assigns to anything that can stand on the left.
    pub(super) fn assign_to(&mut self, target: Node<'_>, value: Expression) {
        match target.kind() {
            "identifier" => {
                let to = self.named(target, self.text(target));
                let target = match *to.kind {
                    Kind::Attribute(of, name) => Target::Attribute(of, name),
                    Kind::Name(name) => Target::Name(name),
                    _ => return self.push(Statement::Evaluate(value)),
                };
                self.push(Statement::Assign(target, value));
            }
            "field_access" => {
                let (Some(of), Some(name)) =
                    (target.child_by_field_name("object"), target.child_by_field_name("field"))
                else {
                    return;
                };
                let name: Name = self.text(name).into();
                let of = self.expression(of);
                self.push(Statement::Assign(Target::Attribute(of, name), value));
            }
            "array_access" => {
                let (Some(of), Some(key)) = (target.child_by_field_name("array"), target.child_by_field_name("index"))
                else {
                    return;
                };
                let (of, key) = (self.expression(of), self.expression(key));
                self.push(Statement::Assign(Target::Index(of, key), value));
            }
            _ => self.push(Statement::Evaluate(value)),
        }
    }
}
