//! Expressions of Python.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{Entry, Expression, Kind, Name, Passed, Spread, Statement};
use super::super::lower::{Lowering, children, fields, says_not_found, sum};

impl Lowering<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> Expression {
        match node.kind() {
            "identifier" => self.name(node, self.text(node)),
            "string" => self.string(node),
            "concatenated_string" => {
                let parts = children(node).into_iter().map(|part| self.expression(part)).collect();
                self.make(node, Kind::Join(parts))
            }
            "integer" | "float" => self.make(node, Kind::Constant(self.text(node).into())),
            "true" => self.make(node, Kind::Constant("true".into())),
            "false" => self.make(node, Kind::Constant("false".into())),
            "none" => self.make(node, Kind::Nothing),
            "ellipsis" => self.opaque(node, Vec::new(), "an ellipsis"),
            "attribute" => self.attribute(node),
            "subscript" => self.subscript(node),
            "call" => self.call(node),
            "await" | "parenthesized_expression" | "type" | "as_pattern_target" | "expression_statement" => {
                self.only(node)
            }
            "conditional_expression" => {
                let parts = children(node);
                if let Some(condition) = parts.get(1) {
                    let condition = self.expression(*condition);
                    self.push(Statement::Evaluate(condition));
                }
                let arms = parts.iter().enumerate().filter(|(index, _)| *index != 1).map(|(_, arm)| *arm);
                let arms: Vec<Node<'_>> = arms.collect();
                let arms = arms.into_iter().map(|arm| self.expression(arm)).collect();
                self.make(node, Kind::Either(arms))
            }
            "boolean_operator" => self.boolean(node),
            "binary_operator" => self.binary(node),
            "comparison_operator" => {
                if says_not_found(self.text(node)) {
                    self.note_not_found(node);
                }
                self.parts(node, "a comparison")
            }
            "named_expression" => {
                let (Some(name), Some(value)) = (node.child_by_field_name("name"), node.child_by_field_name("value"))
                else {
                    return self.parts(node, "an expression");
                };
                let value = self.expression(value);
                let name = self.text(name);
                self.assign_name(name, value);
                self.name(node, name)
            }
            "assignment" => self.assignment(node),
            "augmented_assignment" => self.augmented(node),
            "lambda" => self.lambda(node),
            "list" | "tuple" | "set" | "expression_list" | "pattern_list" => {
                let elements = children(node).into_iter().map(|element| self.element(element)).collect();
                self.make(node, Kind::List(elements))
            }
            "dictionary" => self.dictionary(node),
            "list_splat" | "dictionary_splat" | "keyword_argument" => self.only(node),
            _ => self.comprehension_or_yield(node),
        }
    }

    fn comprehension_or_yield(&mut self, node: Node<'_>) -> Expression {
        match node.kind() {
            "list_comprehension" | "set_comprehension" | "generator_expression" => {
                self.comprehension(node);
                let body = match node.child_by_field_name("body") {
                    Some(body) => self.expression(body),
                    None => self.make(node, Kind::Nothing),
                };
                // A list of unknown length: its element is spread from a list of one.
                let one = self.make(node, Kind::List(vec![body]));
                let spread = self.make(node, Kind::Spread(one));
                self.make(node, Kind::List(vec![spread]))
            }
            "dictionary_comprehension" => {
                self.comprehension(node);
                let pair = node.child_by_field_name("body");
                let key = pair.and_then(|pair| pair.child_by_field_name("key"));
                let value = pair.and_then(|pair| pair.child_by_field_name("value"));
                let entries = match (key, value) {
                    (Some(key), Some(value)) => vec![Entry::Computed(self.expression(key), self.expression(value))],
                    _ => Vec::new(),
                };
                self.make(node, Kind::Map(entries))
            }
            "yield" => {
                let from = node.child(1).is_some_and(|child| child.kind() == "from");
                let values: Vec<Expression> = children(node).into_iter().map(|child| self.expression(child)).collect();
                for value in values {
                    let value = if from { self.make(node, Kind::Each(value)) } else { value };
                    self.push(Statement::Yield(value));
                }
                self.opaque(node, Vec::new(), "what is sent to a generator")
            }
            _ => self.parts(node, "an expression"),
        }
    }

    fn only(&mut self, node: Node<'_>) -> Expression {
        match children(node).last() {
            Some(inner) => self.expression(*inner),
            None => self.make(node, Kind::Nothing),
        }
    }

    /// Evaluated for what is called inside.
    fn parts(&mut self, node: Node<'_>, why: &'static str) -> Expression {
        let parts = children(node).into_iter().map(|part| self.expression(part)).collect();
        self.opaque(node, parts, why)
    }

    fn element(&mut self, node: Node<'_>) -> Expression {
        if node.kind() == "list_splat" {
            let of = self.only(node);
            return self.make(node, Kind::Spread(of));
        }
        self.expression(node)
    }

    fn attribute(&mut self, node: Node<'_>) -> Expression {
        let (Some(of), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("attribute")) else {
            return self.parts(node, "an attribute");
        };
        let name = self.text(name);
        let of = self.expression(of);
        self.make(node, Kind::Attribute(of, name.into()))
    }

    fn subscript(&mut self, node: Node<'_>) -> Expression {
        let Some(of) = node.child_by_field_name("value") else { return self.parts(node, "an element") };
        let of = self.expression(of);
        let keys = fields(node, "subscript");
        match keys.as_slice() {
            [key] if key.kind() == "slice" => {
                let bounds = self.parts(*key, "a slice");
                self.push(Statement::Evaluate(bounds));
                self.make(node, Kind::Slice(of))
            }
            [key] => {
                let key = self.expression(*key);
                self.make(node, Kind::Index(of, key))
            }
            _ => self.opaque(node, vec![of], "an element"),
        }
    }

    fn call(&mut self, node: Node<'_>) -> Expression {
        let (Some(callee), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return self.parts(node, "a call");
        };
        if self.text(callee) == "super" {
            return self.make(node, Kind::Super);
        }
        let callee = self.expression(callee);
        let mut passed = Vec::new();
        if arguments.kind() == "generator_expression" {
            let value = self.expression(arguments);
            passed.push(Passed { name: None, value, spread: Spread::No });
            return self.make(node, Kind::Call(callee, passed));
        }
        for argument in children(arguments) {
            let (name, value, spread) = match argument.kind() {
                "keyword_argument" => {
                    let name = argument.child_by_field_name("name").map(|name| Name::from(self.text(name)));
                    let Some(value) = argument.child_by_field_name("value") else { continue };
                    (name, self.expression(value), Spread::No)
                }
                "list_splat" => (None, self.only(argument), Spread::List),
                "dictionary_splat" => (None, self.only(argument), Spread::Map),
                _ => (None, self.expression(argument), Spread::No),
            };
            passed.push(Passed { name, value, spread });
        }
        self.make(node, Kind::Call(callee, passed))
    }

    fn boolean(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.parts(node, "a condition");
        };
        let or = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "or");
        let (left, right) = (self.expression(left), self.expression(right));
        if or { self.make(node, Kind::Or(left, right)) } else { self.make(node, Kind::Either(vec![left, right])) }
    }

    fn binary(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.parts(node, "an expression");
        };
        match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("+") => {
                let parts = sum(node).into_iter().map(|part| self.expression(part)).collect();
                self.make(node, Kind::Join(parts))
            }
            Some("%") if left.kind() == "string" => self.percent(node, left, right),
            Some("|") => {
                let (left, right) = (self.expression(left), self.expression(right));
                self.make(node, Kind::Map(vec![Entry::Spread(left), Entry::Spread(right)]))
            }
            _ => self.parts(node, "an expression"),
        }
    }

    /// `'%s/%s' % (a, b)`.
    fn percent(&mut self, node: Node<'_>, left: Node<'_>, right: Node<'_>) -> Expression {
        let text = match &*self.expression(left).kind {
            Kind::Text(text) => Arc::clone(text),
            _ => return self.parts(node, "a format"),
        };
        let mut values = match right.kind() {
            "tuple" => children(right).into_iter().map(|value| self.expression(value)).collect(),
            "dictionary" => return self.parts(node, "a format"),
            _ => vec![self.expression(right)],
        }
        .into_iter();
        let mut parts = Vec::new();
        let mut rest = &*text;
        while let Some(open) = rest.find('%') {
            let length = rest[open + 1..].find(|c: char| c.is_ascii_alphabetic() || c == '%').map(|end| end + 2);
            let Some(length) = length else { break };
            parts.push(self.make(left, Kind::Text(rest[..open].into())));
            if rest[open..].starts_with("%%") {
                parts.push(self.make(left, Kind::Text("%".into())));
            } else if let Some(value) = values.next() {
                parts.push(value);
            } else {
                parts.push(self.opaque(left, Vec::new(), "a part of a format"));
            }
            rest = &rest[open + length..];
        }
        parts.push(self.make(left, Kind::Text(rest.into())));
        parts.extend(values);
        self.make(node, Kind::Join(parts))
    }

    fn assignment(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            if let Some(left) = node.child_by_field_name("left").filter(|left| left.kind() == "identifier") {
                let name = self.text(left);
                if !self.scopes.last().is_some_and(|scope| scope.locals.contains(name)) && self.scopes.len() == 1 {
                    self.declare(name);
                }
            }
            return self.make(node, Kind::Nothing);
        };
        let value = self.expression(right);
        let kept = self.keep(value);
        let again = self.name(right, &kept);
        self.bind_pattern(left, again);
        self.name(node, &kept)
    }

    fn augmented(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.parts(node, "an expression");
        };
        let before = self.expression(left);
        let added = self.expression(right);
        let sum = match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("+=") => self.make(node, Kind::Join(vec![before, added])),
            Some("|=") => self.make(node, Kind::Map(vec![Entry::Spread(before), Entry::Spread(added)])),
            _ => self.opaque(node, vec![before, added], "a computed value"),
        };
        self.bind_pattern(left, sum);
        self.make(node, Kind::Nothing)
    }

    fn dictionary(&mut self, node: Node<'_>) -> Expression {
        let mut entries = Vec::new();
        for child in children(node) {
            if child.kind() == "dictionary_splat" {
                entries.push(Entry::Spread(self.only(child)));
                continue;
            }
            let (Some(key), Some(value)) = (child.child_by_field_name("key"), child.child_by_field_name("value"))
            else {
                continue;
            };
            let key = self.expression(key);
            let value = self.expression(value);
            entries.push(match &*key.kind {
                Kind::Text(name) | Kind::Constant(name) => Entry::Named(Arc::clone(name), value),
                _ => Entry::Computed(key, value),
            });
        }
        self.make(node, Kind::Map(entries))
    }

    /// The loops of a comprehension: their names are names of the function around.
    fn comprehension(&mut self, node: Node<'_>) {
        for clause in children(node) {
            match clause.kind() {
                "for_in_clause" => {
                    let (Some(left), Some(right)) =
                        (clause.child_by_field_name("left"), clause.child_by_field_name("right"))
                    else {
                        continue;
                    };
                    let over = self.expression(right);
                    let each = self.make(right, Kind::Each(over));
                    self.bind_pattern(left, each);
                }
                "if_clause" => {
                    let condition = self.parts(clause, "a condition");
                    self.push(Statement::Evaluate(condition));
                }
                _ => {}
            }
        }
    }

    /// A string: plain, or put together by `f"…"`.
    fn string(&mut self, node: Node<'_>) -> Expression {
        let start = node.child(0).map(|start| self.text(start)).unwrap_or_default().to_ascii_lowercase();
        let raw = start.contains('r');
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "string_content" => self.unescape(child, raw, &mut plain),
                "interpolation" => {
                    let text = std::mem::take(&mut plain);
                    if !text.is_empty() {
                        parts.push(self.make(node, Kind::Text(text.into())));
                    }
                    let inner = child.child_by_field_name("expression");
                    let formatted = child.child_by_field_name("format_specifier").is_some();
                    let value = inner.map(|inner| self.expression(inner));
                    parts.push(match value {
                        Some(value) if formatted => self.opaque(child, vec![value], "a formatted value"),
                        Some(value) => value,
                        None => self.opaque(child, Vec::new(), "a part of a string"),
                    });
                }
                _ => {}
            }
        }
        if parts.is_empty() {
            return self.make(node, Kind::Text(plain.into()));
        }
        if !plain.is_empty() {
            parts.push(self.make(node, Kind::Text(plain.into())));
        }
        self.make(node, Kind::Join(parts))
    }

    fn unescape(&self, node: Node<'_>, raw: bool, to: &mut String) {
        let mut cursor = node.walk();
        let mut from = node.start_byte();
        for escape in node.named_children(&mut cursor) {
            to.push_str(self.source.get(from..escape.start_byte()).unwrap_or_default());
            from = escape.end_byte();
            let text = self.text(escape);
            to.push_str(match text {
                _ if raw => text,
                "\\n" => "\n",
                "\\t" => "\t",
                "\\r" => "\r",
                "\\\\" => "\\",
                "\\'" => "'",
                "\\\"" => "\"",
                "{{" => "{",
                "}}" => "}",
                "\\\n" => "",
                other => other,
            });
        }
        to.push_str(self.source.get(from..node.end_byte()).unwrap_or_default());
    }
}
