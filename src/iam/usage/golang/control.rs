//! Branches and loops of Go.

use tree_sitter::Node;

use super::super::ir::{Kind, Statement, Target};
use super::super::lower::children;
use super::lower::File;

impl File<'_> {
    pub(super) fn for_statement(&mut self, node: Node<'_>) {
        self.open_block();
        for clause in children(node) {
            match clause.kind() {
                "range_clause" => self.range(clause),
                "for_clause" => {
                    for field in ["initializer", "condition", "update"] {
                        if let Some(part) = clause.child_by_field_name(field) {
                            self.statement(part);
                        }
                    }
                }
                "block" => self.block(clause),
                _ => self.statement(clause),
            }
        }
        self.close_block();
    }

    pub(super) fn range(&mut self, clause: Node<'_>) {
        let Some(right) = clause.child_by_field_name("right") else { return };
        let over = self.expression(right);
        let names = clause.child_by_field_name("left").map(children).unwrap_or_default();
        let mut cursor = clause.walk();
        let declares = clause.children(&mut cursor).any(|child| child.kind() == ":=");
        let over = self.keep(over);
        for (index, name) in names.into_iter().enumerate() {
            let of = self.name(right, &over);
            let value = if index == 0 {
                self.builtin(right, "$key", vec![of])
            } else {
                let any = self.opaque(right, Vec::new(), "a value that is counted");
                self.make(right, Kind::Index(of, any))
            };
            if declares {
                let own = self.declare_in_block(self.text(name));
                self.push(Statement::Assign(Target::Name(own), value));
            } else {
                self.assign_to(name, value);
            }
        }
        // A function that is looped over is called; its loop's body isn't followed as its argument.
        let again = self.name(right, &over);
        let looped = self.builtin(right, "$range", vec![again]);
        self.push(Statement::Evaluate(looped));
    }

    pub(super) fn switch(&mut self, node: Node<'_>) {
        self.open_block();
        if let Some(first) = node.child_by_field_name("initializer") {
            self.statement(first);
        }
        let value = node.child_by_field_name("value").map(|value| self.expression(value));
        let alias = node.child_by_field_name("alias").and_then(|list| children(list).first().copied());
        match (alias, value) {
            (Some(alias), Some(value)) => {
                let own = self.declare_in_block(self.text(alias));
                self.push(Statement::Assign(Target::Name(own), value));
            }
            (None, Some(value)) => self.push(Statement::Evaluate(value)),
            _ => {}
        }
        for case in children(node) {
            if !matches!(case.kind(), "expression_case" | "type_case" | "default_case") {
                continue;
            }
            if case.kind() == "expression_case" {
                for value in case.child_by_field_name("value").map(children).unwrap_or_default() {
                    let value = self.expression(value);
                    self.push(Statement::Evaluate(value));
                }
            }
            self.open_block();
            for list in children(case).into_iter().filter(|child| child.kind() == "statement_list") {
                self.statements(list);
            }
            self.close_block();
        }
        self.close_block();
    }

    pub(super) fn communication(&mut self, case: Node<'_>) {
        self.open_block();
        if let Some(communication) = case.child_by_field_name("communication") {
            let left = communication.child_by_field_name("left").map(children).unwrap_or_default();
            match communication.child_by_field_name("right").filter(|_| communication.kind() == "receive_statement") {
                Some(right) => {
                    let values = self.distributed(&[right], left.len().max(1));
                    for (name, value) in left.into_iter().zip(values) {
                        let own = self.declare_in_block(self.text(name));
                        self.push(Statement::Assign(Target::Name(own), value));
                    }
                }
                None => self.statement(communication),
            }
        }
        for list in children(case).into_iter().filter(|child| child.kind() == "statement_list") {
            self.statements(list);
        }
        self.close_block();
    }
}
