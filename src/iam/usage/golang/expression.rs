//! Expressions of Go.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{Entry, Expression, Kind, Name, Passed, Spread, Statement};
use super::super::lower::{children, sum};
use super::lower::File;

impl File<'_> {
    pub(super) fn expression(&mut self, node: Node<'_>) -> Expression {
        match node.kind() {
            "identifier" | "type_identifier" | "package_identifier" => {
                let text = self.text(node);
                let own = self.in_blocks(text).unwrap_or_else(|| text.into());
                self.make(node, Kind::Name(own))
            }
            "interpreted_string_literal" | "raw_string_literal" => {
                let text = self.plain(node);
                if says_not_found(&text) {
                    self.note_not_found(node);
                }
                self.make(node, Kind::Text(text.into()))
            }
            "int_literal" | "float_literal" | "true" | "false" => {
                self.make(node, Kind::Constant(self.text(node).into()))
            }
            "nil" => self.make(node, Kind::Nothing),
            "parenthesized_expression" | "literal_element" | "expression_list" => match children(node).first() {
                Some(inner) => self.expression(*inner),
                None => self.make(node, Kind::Nothing),
            },
            "selector_expression" => {
                let (Some(of), Some(name)) = (node.child_by_field_name("operand"), node.child_by_field_name("field"))
                else {
                    return self.parts(node, "a value of a field");
                };
                if says_not_found(self.text(node)) {
                    self.note_not_found(node);
                }
                let name: Name = self.text(name).into();
                let of = self.expression(of);
                self.make(node, Kind::Attribute(of, name))
            }
            "index_expression" => {
                let (Some(of), Some(key)) = (node.child_by_field_name("operand"), node.child_by_field_name("index"))
                else {
                    return self.parts(node, "a value of an element");
                };
                let (of, key) = (self.expression(of), self.expression(key));
                self.make(node, Kind::Index(of, key))
            }
            "slice_expression" => {
                let Some(of) = node.child_by_field_name("operand") else {
                    return self.parts(node, "a value of a slice");
                };
                let of = self.expression(of);
                self.make(node, Kind::Slice(of))
            }
            "type_assertion_expression" | "type_conversion_expression" | "type_instantiation_expression" => {
                self.with_type(node)
            }
            "call_expression" => self.call(node),
            "composite_literal" => {
                let (Some(of), Some(body)) = (node.child_by_field_name("type"), node.child_by_field_name("body"))
                else {
                    return self.parts(node, "a value of a type");
                };
                self.literal(node, Some(of), body)
            }
            "func_literal" => self.function(node, None),
            "unary_expression" => self.unary(node),
            "binary_expression" => self.binary(node),
            "variadic_argument" => match children(node).first() {
                Some(inner) => self.expression(*inner),
                None => self.parts(node, "a value"),
            },
            "qualified_type" | "pointer_type" | "generic_type" | "parenthesized_type" => {
                self.type_expression(node).unwrap_or_else(|| self.opaque(node, Vec::new(), "a value of a type"))
            }
            "map_type" | "slice_type" | "array_type" | "channel_type" => {
                self.zero(node).unwrap_or_else(|| self.opaque(node, Vec::new(), "a value of a type"))
            }
            _ => self.parts(node, "a value that is computed"),
        }
    }

    /// A value that is taken for one of a type, or a function with its types.
    fn with_type(&mut self, node: Node<'_>) -> Expression {
        let (of, named) = (node.child_by_field_name("operand"), node.child_by_field_name("type"));
        match (of, named) {
            (Some(of), Some(to)) if node.kind() == "type_conversion_expression" => {
                let value = self.expression(of);
                self.of_type(to, value)
            }
            (Some(of), _) | (None, Some(of)) => self.expression(of),
            (None, None) => self.parts(node, "a value of a type"),
        }
    }

    /// Evaluated for what is called inside.
    fn parts(&mut self, node: Node<'_>, why: &'static str) -> Expression {
        let parts = children(node).into_iter().map(|part| self.expression(part)).collect();
        self.opaque(node, parts, why)
    }

    fn unary(&mut self, node: Node<'_>) -> Expression {
        let Some(of) = node.child_by_field_name("operand") else { return self.parts(node, "a value") };
        let value = self.expression(of);
        match node.child_by_field_name("operator").map(|operator| operator.kind()).unwrap_or_default() {
            // A pointer is what it points at.
            "&" | "*" => value,
            "<-" => {
                let any = self.opaque(node, Vec::new(), "a value that is received");
                self.make(node, Kind::Index(value, any))
            }
            _ => self.opaque(node, vec![value], "a value that is computed"),
        }
    }

    fn binary(&mut self, node: Node<'_>) -> Expression {
        if node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+") {
            let parts = sum(node).into_iter().map(|part| self.expression(part)).collect();
            return self.make(node, Kind::Join(parts));
        }
        self.parts(node, "a value that is compared")
    }

    fn call(&mut self, node: Node<'_>) -> Expression {
        let (Some(callee), Some(list)) = (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return self.parts(node, "a value of a call");
        };
        if let ("identifier", name @ ("new" | "make")) = (callee.kind(), self.text(callee))
            && self.in_blocks(name).is_none()
        {
            return self.made(node, list);
        }
        let of = self.expression(callee);
        let mut passed = Vec::new();
        for argument in children(list) {
            let spread = if argument.kind() == "variadic_argument" { Spread::List } else { Spread::No };
            let value = self.expression(argument);
            passed.push(Passed { name: None, value, spread });
        }
        let pointed = children(list).into_iter().enumerate().filter(|(_, argument)| points_at_variable(*argument));
        let pointed: Vec<_> = pointed.collect();
        let call = self.make(node, Kind::Call(of.clone(), passed.clone()));
        if pointed.is_empty() {
            return call;
        }
        // What is called may write where a pointer leads.
        let kept = self.keep(call);
        for (index, argument) in pointed {
            let Some(target) = argument.child_by_field_name("operand") else { continue };
            let before = passed[index].value.clone();
            let given = passed.iter().enumerate().filter(|(other, _)| *other != index);
            let mut values = vec![of.clone(), before];
            values.extend(given.map(|(_, passed)| passed.value.clone()));
            let written = self.builtin(argument, "$written", values);
            self.assign_to(target, written);
        }
        // The call itself, so that what is made of its several results still sees a call.
        let again = self.name(node, &kept);
        self.builtin(node, "$same", vec![again])
    }

    /// `new(T)`, `make(T, …)`.
    fn made(&mut self, node: Node<'_>, list: Node<'_>) -> Expression {
        let arguments = children(list);
        for size in arguments.iter().skip(1) {
            let value = self.expression(*size);
            self.push(Statement::Evaluate(value));
        }
        let zero = arguments.first().and_then(|of| self.zero(*of));
        zero.unwrap_or_else(|| self.opaque(node, Vec::new(), "a value of a type"))
    }

    /// A literal of a type; of elements inside, whose types needn't be written, the type follows from the outer one.
    pub(super) fn literal(&mut self, node: Node<'_>, of: Option<Node<'_>>, body: Node<'_>) -> Expression {
        let of = of.map(bare);
        let elements = children(body);
        let keyed = elements.iter().any(|element| element.kind() == "keyed_element");
        let names = keyed && elements.iter().all(|element| named_by(*element).is_some());
        let kind = of.map_or("", |of| match of.kind() {
            "type_identifier" => self.extra.package.types.get(self.text(of)).copied().unwrap_or(""),
            other => other,
        });
        match kind {
            "slice_type" | "array_type" | "implicit_length_array_type" => {
                let inner = of.and_then(|of| of.child_by_field_name("element"));
                let values = elements.iter().filter_map(|element| self.element(*element, inner)).collect();
                self.make(node, Kind::List(values))
            }
            "map_type" => self.map_literal(node, of.and_then(|of| of.child_by_field_name("value")), &elements),
            _ if keyed && !names => self.map_literal(node, None, &elements),
            _ => self.structure(node, of, &elements),
        }
    }

    fn map_literal(&mut self, node: Node<'_>, inner: Option<Node<'_>>, elements: &[Node<'_>]) -> Expression {
        let mut entries = Vec::new();
        for element in elements {
            let (Some(key), Some(value)) = (element.child_by_field_name("key"), self.element(*element, inner)) else {
                continue;
            };
            let key = self.expression(key);
            entries.push(match &*key.kind {
                Kind::Text(name) => Entry::Named(Arc::clone(name), value),
                _ => Entry::Computed(key, value),
            });
        }
        self.make(node, Kind::Map(entries))
    }

    fn structure(&mut self, node: Node<'_>, of: Option<Node<'_>>, elements: &[Node<'_>]) -> Expression {
        let mut passed = Vec::new();
        for element in elements {
            let name = named_by(*element).map(|name| self.text(name).into());
            if let Some(value) = self.element(*element, None) {
                passed.push(Passed { name, value, spread: Spread::No });
            }
        }
        if let Some(class) = of.and_then(|of| self.type_expression(of)) {
            return self.make(node, Kind::New(class, passed));
        }
        let entries = passed.into_iter().map(|passed| match passed.name {
            Some(name) => Entry::Named(name, passed.value),
            None => Entry::Spread(passed.value),
        });
        let entries = entries.collect();
        self.make(node, Kind::Map(entries))
    }

    /// The value of an element of a literal.
    fn element(&mut self, element: Node<'_>, of: Option<Node<'_>>) -> Option<Expression> {
        let value = if element.kind() == "keyed_element" { element.child_by_field_name("value")? } else { element };
        let inner = if value.kind() == "literal_element" { *children(value).first()? } else { value };
        Some(if inner.kind() == "literal_value" { self.literal(inner, of, inner) } else { self.expression(inner) })
    }

    /// The text of a string.
    pub(super) fn plain(&self, node: Node<'_>) -> String {
        if node.kind() == "raw_string_literal" {
            return self.text(node).trim_matches('`').to_owned();
        }
        let text = self.text(node);
        let inside = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        super::super::lower::unescaped(inside)
    }
}

/// The name of the field that an element of a literal sets.
fn named_by(element: Node<'_>) -> Option<Node<'_>> {
    let key = element.child_by_field_name("key")?;
    let inner = if key.kind() == "literal_element" { *children(key).first()? } else { key };
    (inner.kind() == "identifier").then_some(inner)
}

/// A type without pointers and parentheses.
fn bare(of: Node<'_>) -> Node<'_> {
    match of.kind() {
        "pointer_type" | "parenthesized_type" => children(of).first().map_or(of, |inner| bare(*inner)),
        _ => of,
    }
}

/// `&x`, `&x.field`
fn points_at_variable(argument: Node<'_>) -> bool {
    argument.kind() == "unary_expression"
        && argument.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "&")
        && argument
            .child_by_field_name("operand")
            .is_some_and(|of| matches!(of.kind(), "identifier" | "selector_expression" | "index_expression"))
}

/// Whether a text tells that an object isn't there; not the status of an answer that the function itself gives.
pub(super) fn says_not_found(text: &str) -> bool {
    let telling = ["NoSuchKey", "NoSuchBucket", "NotFound"].iter().any(|word| text.contains(word));
    telling && !["StatusNotFound", "ResourceNotFound", "(", " "].iter().any(|word| text.contains(word))
}
