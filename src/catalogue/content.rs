//! The `set` and `add` bodies of a page as drafts: `target` is the resource that is judged, `option` a setting.

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Element;

use super::check::PageScope;
use crate::hcl::evaluate;
use crate::model::{Draft, DraftBody, DraftItem, Value};

/// The draft of a body.
pub(super) fn body(body: &Body, scope: &PageScope<'_>) -> Result<DraftBody, String> {
    let mut draft = DraftBody::default();
    for structure in body {
        draft.items.push(match structure {
            Structure::Attribute(attribute) => {
                (attribute.key.as_str().to_owned(), DraftItem::Argument(value(&attribute.value, scope)?))
            }
            Structure::Block(block) => {
                (block.ident.as_str().to_owned(), DraftItem::Block(self::body(&block.body, scope)?))
            }
        });
    }
    Ok(draft)
}

fn value(expr: &Expression, scope: &PageScope<'_>) -> Result<Draft, String> {
    Ok(match expr {
        Expression::Array(items) => Draft::List(items.iter().map(|item| value(item, scope)).collect::<Result<_, _>>()?),
        Expression::Object(object) => {
            let mut entries = Vec::new();
            for (key, item) in object {
                let name = match key {
                    ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                    ObjectKey::Expression(Expression::String(name)) => name.value().clone(),
                    ObjectKey::Expression(_) => return Err("the names in an object of a page are plain".into()),
                };
                entries.push((name, value(item.expr(), scope)?));
            }
            Draft::Object(entries)
        }
        Expression::Traversal(traversal) => reference(traversal, scope)?,
        Expression::StringTemplate(template) => {
            let pieces = template.iter().map(|element| match element {
                Element::Literal(text) => Ok(Draft::string(text.as_str())),
                Element::Interpolation(inner) => value(&inner.expr, scope),
                Element::Directive(_) => Err("directives can't stand in a page".to_owned()),
            });
            Draft::Text(pieces.collect::<Result<_, _>>()?)
        }
        Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" && call.args.len() == 1 => {
            let inner = call.args.iter().next().map(|argument| value(argument, scope));
            Draft::Json(Box::new(inner.unwrap_or_else(|| Err("jsonencode needs a value".into()))?))
        }
        Expression::FuncCall(call) if call.name.name.as_str() == "expression" && call.args.len() == 1 => {
            let text = call.args.iter().next().map(|argument| evaluate(argument, scope, None).value);
            match text {
                Some(Value::String(text)) => Draft::Expression(text.to_string()),
                _ => return Err("the expression to write isn't known".into()),
            }
        }
        other => known(&evaluate(other, scope, None).value)?,
    })
}

/// `target.id`, `option.days`, `companion.name`; anything else is an expression of the user's language.
fn reference(traversal: &Traversal, scope: &PageScope<'_>) -> Result<Draft, String> {
    let Expression::Variable(root) = &traversal.expr else { return Err("can't be written".into()) };
    let names: Option<Vec<&str>> = traversal
        .operators
        .iter()
        .map(|operator| match operator.value() {
            TraversalOperator::GetAttr(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    let attribute = names.ok_or("only names can follow here")?.join(".");
    match root.as_str() {
        "target" => Ok(Draft::Attribute(scope.context.resource.id, attribute)),
        "option" => known(&scope.context.option(&attribute)),
        name => match scope.companion_id(name) {
            Some(companion) => Ok(Draft::Attribute(companion, attribute)),
            None => Ok(Draft::Expression(format!("{name}.{attribute}"))),
        },
    }
}

/// The draft of a known value.
pub(super) fn known(value: &Value) -> Result<Draft, String> {
    Ok(match value {
        Value::Bool(b) => Draft::Bool(*b),
        Value::Number(n) => Draft::Number(n.to_string()),
        Value::String(text) => Draft::string(&**text),
        Value::List(items) => Draft::List(items.iter().map(|item| known(&item.value)).collect::<Result<_, _>>()?),
        Value::Map(body) => Draft::Object(
            body.entries
                .iter()
                .map(|e| Ok((e.name.to_string(), known(&e.node.value)?)))
                .collect::<Result<_, String>>()?,
        ),
        Value::Reference(reference) => Draft::Attribute(reference.resource, reference.attribute()),
        _ => return Err("the value to write isn't known".into()),
    })
}
