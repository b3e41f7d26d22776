//! Values of template nodes: literals and intrinsic functions.
//!
//! What depends on a deploy is a [`Symbol`] or unknown; a parameter with a default counts as its default, as a variable
//! of Terraform does.

use std::sync::Arc;

use super::build::Builder;
use crate::json::{Kind, Node as Syntax};
use crate::model::{Body, Entry, Form, InstanceId, Node, Symbol, Value};
use crate::source::Span;

/// The function that an object with one property calls.
pub(super) fn intrinsic(node: &Syntax) -> Option<(&str, &Syntax)> {
    match node.properties() {
        [only] if &*only.name == "Ref" || only.name.starts_with("Fn::") => Some((&only.name, &only.value)),
        _ => None,
    }
}

/// The resource and attribute of a `Fn::GetAtt`, in both notations.
pub(super) fn attribute(argument: &Syntax) -> Option<(&str, &str)> {
    match &argument.kind {
        Kind::String(text) => text.split_once('.'),
        Kind::Array(items) => match items.as_slice() {
            [name, attribute] => Some((name.as_str()?, attribute.as_str()?)),
            _ => None,
        },
        _ => None,
    }
}

/// The parts of a `Fn::Sub` text: known text, or the inside of `${...}`.
pub(super) fn substitutions(text: &str) -> Vec<Result<String, &str>> {
    let mut parts = Vec::new();
    let mut known = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}') else { break };
        let inside = &rest[at + 2..at + end];
        known.push_str(&rest[..at]);
        rest = &rest[at + end + 1..];
        if let Some(literal) = inside.strip_prefix('!') {
            known.push_str(&format!("${{{literal}}}"));
            continue;
        }
        if !known.is_empty() {
            parts.push(Ok(std::mem::take(&mut known)));
        }
        parts.push(Err(inside.trim()));
    }
    known.push_str(rest);
    if !known.is_empty() {
        parts.push(Ok(known));
    }
    parts
}

impl Builder<'_> {
    /// The value of a node in an instance.
    pub(super) fn value(&self, instance: InstanceId, node: &Syntax) -> Node {
        let span = Span::new(self.file_of(instance), node.range.clone());
        let value = match &node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => n.parse().map_or(Value::Unknown, Value::Number),
            Kind::String(text) => Self::text(instance, text, span),
            Kind::Array(items) => {
                // `AWS::NoValue` leaves its place out.
                let items = items.iter().map(|item| self.value(instance, item)).filter(|item| !item.value.is_null());
                Value::List(items.collect())
            }
            Kind::Object(_) => match intrinsic(node) {
                Some((name, argument)) => self.call(instance, name, argument, span),
                None => Value::Map(self.body(instance, node)),
            },
        };
        Node { value, span }
    }

    /// The properties of an object.
    pub(super) fn body(&self, instance: InstanceId, node: &Syntax) -> Body {
        let mut body = Body::default();
        for property in node.properties() {
            if property.name.starts_with("Fn::") {
                body.open = true;
                continue;
            }
            body.entries.push(Entry {
                name: property.name.clone(),
                span: Span::new(self.file_of(instance), property.range.clone()),
                form: Form::Attribute,
                node: self.value(instance, &property.value),
            });
        }
        body
    }

    fn symbol(instance: InstanceId, name: impl Into<Arc<str>>) -> Value {
        Value::Symbol(Symbol { name: name.into(), instance })
    }

    /// A string; dynamic references in it are unknown until a deploy.
    fn text(instance: InstanceId, text: &Arc<str>, span: Span) -> Value {
        const START: &str = "{{resolve:";
        if !text.contains(START) {
            return Value::String(text.clone());
        }
        let mut pieces = Vec::new();
        let mut rest = &**text;
        while let Some(at) = rest.find(START) {
            let Some(end) = rest[at..].find("}}") else { break };
            if at > 0 {
                pieces.push(Node { value: Value::string(&rest[..at]), span });
            }
            pieces.push(Node { value: Self::symbol(instance, &rest[at..at + end + 2]), span });
            rest = &rest[at + end + 2..];
        }
        if !rest.is_empty() {
            pieces.push(Node { value: Value::string(rest), span });
        }
        Value::text(pieces)
    }

    fn call(&self, instance: InstanceId, name: &str, argument: &Syntax, span: Span) -> Value {
        let list = argument.each();
        match (name, list) {
            ("Ref", _) => argument.as_str().map_or(Value::Unknown, |name| self.reference(instance, name)),
            ("Fn::GetAtt", _) => {
                attribute(argument).map_or(Value::Unknown, |(id, name)| self.attribute(instance, id, name))
            }
            ("Fn::Sub", [text]) => self.substitute(instance, text, None, span),
            ("Fn::Sub", [text, names]) => self.substitute(instance, text, Some(names), span),
            ("Fn::Join", [separator, items]) => self.join(instance, separator, items, span),
            ("Fn::If", [condition, yes, no]) => self.choose(instance, condition, yes, no),
            ("Fn::Select", [index, items]) => self.select(instance, index, items),
            ("Fn::Split", [separator, text]) => self.split(instance, separator, text, span),
            ("Fn::FindInMap", [map, first, second, ..]) => self.find_in_map(instance, [map, first, second]),
            ("Fn::ImportValue", _) => self.imported(instance, argument),
            ("Fn::ToJsonString", _) => Value::Json(Box::new(self.value(instance, argument))),
            _ => Value::Unknown,
        }
    }

    /// `Ref`: a pseudo parameter, a parameter, or a resource.
    pub(super) fn reference(&self, instance: InstanceId, name: &str) -> Value {
        match name {
            "AWS::NoValue" => Value::Null,
            pseudo if pseudo.starts_with("AWS::") => Self::symbol(instance, pseudo),
            _ => self.parameter(instance, name).unwrap_or_else(|| self.resource_reference(instance, name)),
        }
    }

    fn attribute(&self, instance: InstanceId, id: &str, name: &str) -> Value {
        if let Some(output) = name.strip_prefix("Outputs.") {
            return self.output(instance, id, output).unwrap_or_else(|| Self::symbol(instance, format!("{id}.{name}")));
        }
        self.resource_attribute(instance, id, name)
    }

    fn substitute(&self, instance: InstanceId, text: &Syntax, names: Option<&Syntax>, span: Span) -> Value {
        let Some(text) = text.as_str() else { return Value::Unknown };
        let pieces = substitutions(text).into_iter().map(|part| {
            let value = match part {
                Ok(known) => Self::text(instance, &known.into(), span),
                Err(inside) => match (names.and_then(|names| names.get(inside)), inside.split_once('.')) {
                    (Some(node), _) => self.value(instance, node).value,
                    (None, Some((id, attribute))) => self.attribute(instance, id, attribute),
                    (None, None) => self.reference(instance, inside),
                },
            };
            Node { value, span }
        });
        Value::text(pieces.collect())
    }

    fn join(&self, instance: InstanceId, separator: &Syntax, items: &Syntax, span: Span) -> Value {
        let (Some(separator), Value::List(items)) = (separator.as_str(), self.value(instance, items).value) else {
            return Value::Unknown;
        };
        let mut pieces = Vec::new();
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 && !separator.is_empty() {
                pieces.push(Node { value: Value::string(separator), span });
            }
            pieces.push(item);
        }
        Value::text(pieces)
    }

    fn choose(&self, instance: InstanceId, condition: &Syntax, yes: &Syntax, no: &Syntax) -> Value {
        match condition.as_str().and_then(|name| self.condition(instance, name)) {
            Some(true) => self.value(instance, yes).value,
            Some(false) => self.value(instance, no).value,
            None => Value::either(vec![self.value(instance, yes), self.value(instance, no)]),
        }
    }

    fn select(&self, instance: InstanceId, index: &Syntax, items: &Syntax) -> Value {
        let index = self.value(instance, index).value.as_number();
        match (index, self.value(instance, items).value) {
            (Some(n), Value::List(items)) => {
                items.into_iter().nth(n as usize).map_or(Value::Unknown, |item| item.value)
            }
            _ => Value::Unknown,
        }
    }

    fn split(&self, instance: InstanceId, separator: &Syntax, text: &Syntax, span: Span) -> Value {
        match (separator.as_str(), self.value(instance, text).value) {
            (Some(separator), Value::String(text)) if !separator.is_empty() => {
                Value::List(text.split(separator).map(|part| Node { value: Value::string(part), span }).collect())
            }
            _ => Value::Unknown,
        }
    }

    fn find_in_map(&self, instance: InstanceId, names: [&Syntax; 3]) -> Value {
        let names = names.map(|name| self.value(instance, name).value);
        let [Some(map), Some(first), Some(second)] = [names[0].as_str(), names[1].as_str(), names[2].as_str()] else {
            return Value::Unknown;
        };
        let found = self.template(instance).entry("Mappings", map);
        let found = found.and_then(|map| map.value.get(first)).and_then(|map| map.get(second));
        found.map_or(Value::Unknown, |node| self.value(instance, node).value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_and_literals() {
        let parts = substitutions("a${B}-${!c}${D.Arn}");
        assert_eq!(parts, [Ok("a".into()), Err("B"), Ok("-${c}".into()), Err("D.Arn")]);
        assert_eq!(substitutions("${open"), [Ok("${open".to_owned())]);
    }
}
