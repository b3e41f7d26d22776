//! Expressions of Java.

use tree_sitter::Node;

use super::super::ir::{Expression, Kind, Name, Passed, Spread, Statement};
use super::super::lower::{children, sum, unescaped};
use super::lower::File;

impl File<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> Expression {
        match node.kind() {
            "identifier" | "type_identifier" => self.named(node, self.text(node)),
            "this" => self.make(node, Kind::This),
            "super" => self.make(node, Kind::Super),
            "string_literal" => {
                let text = self.text(node).trim_matches('"');
                let text = if text.contains('\n') {
                    text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n")
                } else {
                    unescaped(text)
                };
                self.make(node, Kind::Text(text.into()))
            }
            "decimal_integer_literal" | "hex_integer_literal" | "decimal_floating_point_literal" | "true" | "false" => {
                self.make(node, Kind::Constant(self.text(node).into()))
            }
            "null_literal" => self.make(node, Kind::Nothing),
            "parenthesized_expression" | "switch_label" | "expression_statement" => match children(node).first() {
                Some(inner) => self.expression(*inner),
                None => self.make(node, Kind::Nothing),
            },
            "field_access" => self.field_access(node),
            "scoped_identifier" | "scoped_type_identifier" => self.qualified(node),
            "array_access" => {
                let (Some(of), Some(key)) = (node.child_by_field_name("array"), node.child_by_field_name("index"))
                else {
                    return self.parts(node, "a value of an element");
                };
                let (of, key) = (self.expression(of), self.expression(key));
                self.make(node, Kind::Index(of, key))
            }
            "method_invocation" => self.invocation(node),
            "object_creation_expression" => self.creation(node),
            "array_creation_expression" => match node.child_by_field_name("value") {
                Some(value) => self.expression(value),
                None => self.make(node, Kind::List(Vec::new())),
            },
            "array_initializer" => {
                let values = children(node).into_iter().map(|value| self.expression(value)).collect();
                self.make(node, Kind::List(values))
            }
            "lambda_expression" => self.lambda(node),
            "method_reference" => self.reference(node),
            "cast_expression" => match node.child_by_field_name("value") {
                Some(value) => self.expression(value),
                None => self.parts(node, "a value"),
            },
            "assignment_expression" => self.assignment(node),
            "ternary_expression" => self.ternary(node),
            "instanceof_expression" => {
                let value = self.parts_of(node, "left");
                if let (Some(name), Some(value)) = (node.child_by_field_name("name"), value.clone()) {
                    self.bind(name, value);
                }
                self.opaque(node, value.into_iter().collect(), "a value that is compared")
            }
            "binary_expression"
                if node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+") =>
            {
                let parts = sum(node).into_iter().map(|part| self.expression(part)).collect();
                self.make(node, Kind::Join(parts))
            }
            "switch_expression" => self.switch(node),
            "class_literal" => {
                let of = children(node).first().and_then(|of| self.type_expression(*of));
                of.unwrap_or_else(|| self.opaque(node, Vec::new(), "a value of a class"))
            }
            _ => self.parts(node, "a value that is computed"),
        }
    }

    /// Evaluated for what is called inside.
    fn parts(&mut self, node: Node<'_>, why: &'static str) -> Expression {
        let parts = children(node).into_iter().map(|part| self.expression(part)).collect();
        self.opaque(node, parts, why)
    }

    fn parts_of(&mut self, node: Node<'_>, field: &str) -> Option<Expression> {
        node.child_by_field_name(field).map(|part| self.expression(part))
    }

    fn field_access(&mut self, node: Node<'_>) -> Expression {
        let (Some(of), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("field")) else {
            return self.parts(node, "a value of a field");
        };
        // `Outer.this` inside another class.
        if name.kind() == "this" {
            let around = self.in_blocks(&format!("this {}", self.text(of)));
            return match around {
                Some(this) => self.make(node, Kind::Name(this)),
                None => self.make(node, Kind::This),
            };
        }
        if self.is_package(of) {
            return self.qualified(node);
        }
        let name: Name = self.text(name).into();
        let of = self.expression(of);
        self.make(node, Kind::Attribute(of, name))
    }

    /// Whether what stands before a name is a package: `java.util`.
    fn is_package(&self, node: Node<'_>) -> bool {
        let text = self.text(node);
        let first = text.split('.').next().unwrap_or(text);
        text.contains('.')
            && text.split('.').all(|part| {
                part.starts_with(char::is_lowercase) && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            })
            && matches!(first, "java" | "javax" | "jakarta" | "com" | "org" | "software" | "io" | "net")
            && self.in_blocks(first).is_none()
    }

    fn invocation(&mut self, node: Node<'_>) -> Expression {
        let Some(name) = node.child_by_field_name("name") else { return self.parts(node, "a value of a call") };
        let callee = match node.child_by_field_name("object") {
            Some(of) => {
                let of = if of.kind() == "field_access" && self.is_package_class(of) {
                    self.qualified(of)
                } else {
                    self.expression(of)
                };
                self.make(node, Kind::Attribute(of, self.text(name).into()))
            }
            None => self.named(name, self.text(name)),
        };
        let passed = node.child_by_field_name("arguments").map(|list| self.passed(list)).unwrap_or_default();
        self.make(node, Kind::Call(callee, passed))
    }

    fn is_package_class(&self, node: Node<'_>) -> bool {
        node.child_by_field_name("object").is_some_and(|of| self.is_package(of))
    }

    pub(super) fn passed(&mut self, list: Node<'_>) -> Vec<Passed> {
        let values = children(list).into_iter().map(|value| self.expression(value));
        values.map(|value| Passed { name: None, value, spread: Spread::No }).collect()
    }

    fn creation(&mut self, node: Node<'_>) -> Expression {
        let passed = node.child_by_field_name("arguments").map(|list| self.passed(list)).unwrap_or_default();
        let class = if children(node).iter().any(|child| child.kind() == "class_body") {
            let own = self.declare_in_block("$anonymous");
            let class = self.class(node, vec![own.clone()]);
            self.push(Statement::Assign(super::super::ir::Target::Name(own.clone()), class));
            Some(self.make(node, Kind::Name(own)))
        } else {
            node.child_by_field_name("type").and_then(|of| self.type_expression(of))
        };
        match class {
            Some(class) => self.make(node, Kind::New(class, passed)),
            None => self.opaque(node, passed.into_iter().map(|passed| passed.value).collect(), "a value of a type"),
        }
    }

    /// `this::handle`, `Store::new`, `Order::id`
    fn reference(&mut self, node: Node<'_>) -> Expression {
        let parts = children(node);
        let Some(of) = parts.first().copied() else { return self.parts(node, "a value of a method") };
        let value = match of.kind() {
            "identifier" | "this" | "super" | "field_access" | "method_invocation" | "object_creation_expression" => {
                self.expression(of)
            }
            _ => match self.type_expression(of) {
                Some(class) => class,
                None => self.expression(of),
            },
        };
        let text = self.text(node);
        let name = text.rsplit("::").next().unwrap_or_default().trim();
        if name == "new" { value } else { self.make(node, Kind::Attribute(value, name.into())) }
    }

    fn assignment(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.parts(node, "a value that is assigned");
        };
        let mut value = self.expression(right);
        match node.child_by_field_name("operator").map(|operator| operator.kind()).unwrap_or_default() {
            "=" => {}
            "+=" => {
                let before = self.expression(left);
                value = self.make(node, Kind::Join(vec![before, value]));
            }
            _ => {
                let before = self.expression(left);
                value = self.opaque(node, vec![before, value], "a value that is computed");
            }
        }
        let kept = self.keep(value);
        let again = self.name(right, &kept);
        self.assign_to(left, again);
        self.name(node, &kept)
    }

    /// `x != null ? x : fallback`
    fn ternary(&mut self, node: Node<'_>) -> Expression {
        let (Some(condition), Some(then), Some(otherwise)) = (
            node.child_by_field_name("condition"),
            node.child_by_field_name("consequence"),
            node.child_by_field_name("alternative"),
        ) else {
            return self.parts(node, "a value");
        };
        let said: String = self.text(condition).split_whitespace().collect();
        let said = said.trim_matches(['(', ')']);
        let (yes, no) = (self.text(then), self.text(otherwise));
        let set = said.strip_suffix("!=null").is_some_and(|tested| tested == yes);
        let unset = said.strip_suffix("==null").is_some_and(|tested| tested == no);
        let condition = self.expression(condition);
        self.push(Statement::Evaluate(condition));
        let (then, otherwise) = (self.expression(then), self.expression(otherwise));
        match (set, unset) {
            (true, _) => self.make(node, Kind::Or(then, otherwise)),
            (_, true) => self.make(node, Kind::Or(otherwise, then)),
            _ => self.make(node, Kind::Either(vec![then, otherwise])),
        }
    }

    fn switch(&mut self, node: Node<'_>) -> Expression {
        let condition = self.parts_of(node, "condition");
        if let Some(condition) = condition {
            self.push(Statement::Evaluate(condition));
        }
        let mut arms = Vec::new();
        for rule in node.child_by_field_name("body").map(children).unwrap_or_default() {
            self.open_block();
            for part in children(rule) {
                match part.kind() {
                    "expression_statement" if rule.kind() == "switch_rule" => arms.push(self.expression(part)),
                    "switch_label" => {}
                    _ => self.statement(part),
                }
            }
            self.close_block();
        }
        if arms.is_empty() {
            self.opaque(node, Vec::new(), "a value of a switch")
        } else {
            self.make(node, Kind::Either(arms))
        }
    }
}
