//! Drafts as JSON: references as intrinsic functions, text with references as `Fn::Sub`.

use std::fmt::Write as _;

use super::intrinsics::{attribute, intrinsic, substitutions};
use super::names;
use crate::json::{self, Kind, Layout, Node, quote};
use crate::model::{Draft, DraftBody, DraftItem, Project, Resource, ResourceId};

/// Where drafts are written: a template, and what is added to it.
pub(super) struct Writer<'a> {
    pub(super) project: &'a Project,
    /// The resource whose template it is.
    pub(super) near: &'a Resource,
    /// Addresses that fixes give to what they add, and the logical ids that it got.
    pub(super) renamed: &'a [(String, String)],
}

impl Writer<'_> {
    pub(super) fn body(&self, body: &DraftBody) -> Result<Layout, String> {
        let items = body.items.iter().map(|(name, item)| Ok((name.clone(), self.item(item)?)));
        Ok(Layout::Object(items.collect::<Result<_, String>>()?))
    }

    pub(super) fn item(&self, item: &DraftItem) -> Result<Layout, String> {
        match item {
            DraftItem::Argument(value) => self.value(value),
            DraftItem::Block(body) => self.body(body),
        }
    }

    pub(super) fn value(&self, draft: &Draft) -> Result<Layout, String> {
        Ok(match draft {
            Draft::Bool(b) => Layout::Scalar(b.to_string()),
            Draft::Number(n) => Layout::Scalar(n.clone()),
            Draft::String(text) => Layout::Scalar(quote(text)),
            Draft::Text(pieces) => self.text(pieces)?,
            Draft::List(items) => Layout::List(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?),
            Draft::Object(entries) => {
                let entries = entries.iter().map(|(name, value)| Ok((name.clone(), self.value(value)?)));
                Layout::Object(entries.collect::<Result<_, String>>()?)
            }
            Draft::Attribute(..) | Draft::AddedAttribute(..) => call(&self.name(draft)?),
            // Nothing is repeated in a template.
            Draft::Each(id, attribute) => Layout::List(vec![call(&self.attribute(*id, attribute)?)]),
            Draft::Json(inner) => {
                let mut pieces = Vec::new();
                compact(inner, &mut pieces)?;
                self.text(&pieces)?
            }
            Draft::Expression(text) => self.expression(text)?,
            Draft::Digest(_) => return Err("templates can't tell by a value that others change".into()),
        })
    }

    /// A string with references in it.
    fn text(&self, pieces: &[Draft]) -> Result<Layout, String> {
        let mut plain = String::new();
        let mut substituted = String::new();
        let mut has_names = false;
        for piece in pieces {
            match piece {
                Draft::String(known) => {
                    plain.push_str(known);
                    substituted.push_str(&known.replace("${", "${!"));
                }
                other => {
                    has_names = true;
                    substituted.push_str(&self.inside_text(other)?);
                }
            }
        }
        Ok(if has_names {
            Layout::Small("Fn::Sub".into(), Box::new(Layout::Scalar(quote(&substituted))))
        } else {
            Layout::Scalar(quote(&plain))
        })
    }

    fn inside_text(&self, draft: &Draft) -> Result<String, String> {
        match draft {
            Draft::Expression(text) => match json::parse(text).ok().as_ref().and_then(intrinsic) {
                Some(("Ref", name)) => Ok(format!("${{{}}}", name.as_str().unwrap_or_default())),
                Some(("Fn::GetAtt", argument)) => attribute(argument)
                    .map(|(id, name)| format!("${{{id}.{name}}}"))
                    .ok_or_else(|| "the attribute isn't named plainly".into()),
                Some(("Fn::Sub", text)) if text.as_str().is_some() => Ok(text.as_str().unwrap_or_default().to_owned()),
                _ => self.declared(text).map(|name| format!("${{{name}}}")),
            },
            other => Ok(format!("${{{}}}", self.name(other)?)),
        }
    }

    /// `Id` or `Id.Attribute`.
    fn name(&self, draft: &Draft) -> Result<String, String> {
        match draft {
            Draft::Attribute(id, attribute) => self.attribute(*id, attribute),
            Draft::AddedAttribute(address, attribute) => {
                let (kind, name) = address.rsplit_once('.').unwrap_or(("", address));
                let renamed = self.renamed.iter().find(|(old, _)| old == address);
                Ok(join(renamed.map_or(name, |(_, id)| id), kind, attribute))
            }
            _ => Err("this value can't stand inside a string".into()),
        }
    }

    fn attribute(&self, id: ResourceId, attribute: &str) -> Result<String, String> {
        let resource = self.project.resource(id);
        if resource.span.file != self.near.span.file {
            return Err(format!("{} stands in another template", resource.address()));
        }
        Ok(join(&resource.name, &resource.kind, attribute))
    }

    /// A name that the template declares, or a pseudo parameter.
    fn declared(&self, text: &str) -> Result<String, String> {
        let id = text.split('.').next().unwrap_or(text);
        let known = || self.project.resources.iter().any(|r| r.span.file == self.near.span.file && *r.name == *id);
        if text.starts_with("AWS::") || known() {
            return Ok(text.to_owned());
        }
        Err(format!("`{text}` names nothing in the template"))
    }

    /// JSON as it is written elsewhere, the name of a resource or its attribute, or a plain text such as an ARN.
    fn expression(&self, text: &str) -> Result<Layout, String> {
        if let Ok(node) = json::parse(text) {
            return Ok(layout(&node));
        }
        match self.declared(text) {
            Ok(name) => Ok(call(&name)),
            Err(_) if text.starts_with("arn:") || text.starts_with("alias/") => Ok(Layout::Scalar(quote(text))),
            Err(reason) => Err(reason),
        }
    }
}

fn join(id: &str, kind: &str, attribute: &str) -> String {
    if matches!(attribute, "" | "Ref") || attribute == names::of_ref(kind) {
        id.to_owned()
    } else {
        format!("{id}.{attribute}")
    }
}

/// `Ref` or `Fn::GetAtt`.
fn call(name: &str) -> Layout {
    let scalar = |text: &str| Layout::Scalar(quote(text));
    match name.split_once('.') {
        Some((id, attribute)) => {
            Layout::Small("Fn::GetAtt".into(), Box::new(Layout::List(vec![scalar(id), scalar(attribute)])))
        }
        None => Layout::Small("Ref".into(), Box::new(scalar(name))),
    }
}

/// A node as it is, for another place.
fn layout(node: &Node) -> Layout {
    match &node.kind {
        Kind::Null => Layout::Scalar("null".into()),
        Kind::Bool(b) => Layout::Scalar(b.to_string()),
        Kind::Number(n) => Layout::Scalar(n.clone()),
        Kind::String(text) => Layout::Scalar(quote(text)),
        Kind::Array(items) => Layout::List(items.iter().map(layout).collect()),
        Kind::Object(properties) => match intrinsic(node) {
            Some((name @ ("Ref" | "Fn::GetAtt" | "Fn::Sub"), argument)) => {
                Layout::Small(name.to_owned(), Box::new(layout(argument)))
            }
            _ => Layout::Object(properties.iter().map(|p| (p.name.to_string(), layout(&p.value))).collect()),
        },
    }
}

/// JSON text of a value, on one line; references stay pieces of their own.
fn compact(draft: &Draft, pieces: &mut Vec<Draft>) -> Result<(), String> {
    let push = |text: &str, pieces: &mut Vec<Draft>| match pieces.last_mut() {
        Some(Draft::String(known)) => known.push_str(text),
        _ => pieces.push(Draft::string(text)),
    };
    match draft {
        Draft::Bool(b) => push(&b.to_string(), pieces),
        Draft::Number(n) => push(n, pieces),
        Draft::String(text) => push(&quote(text), pieces),
        Draft::List(items) => {
            push("[", pieces);
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    push(",", pieces);
                }
                compact(item, pieces)?;
            }
            push("]", pieces);
        }
        Draft::Object(entries) => {
            push("{", pieces);
            for (i, (name, value)) in entries.iter().enumerate() {
                let mut start = String::new();
                let _ = write!(start, "{}{}:", if i > 0 { "," } else { "" }, quote(name));
                push(&start, pieces);
                compact(value, pieces)?;
            }
            push("}", pieces);
        }
        Draft::Text(inner) => {
            push("\"", pieces);
            for piece in inner {
                match piece {
                    Draft::String(text) => {
                        let quoted = quote(text);
                        push(&quoted[1..quoted.len() - 1], pieces);
                    }
                    other => pieces.push(other.clone()),
                }
            }
            push("\"", pieces);
        }
        other => {
            push("\"", pieces);
            pieces.push(other.clone());
            push("\"", pieces);
        }
    }
    Ok(())
}

/// The names that a `Fn::Sub` text refers to.
pub(super) fn names_in(text: &str) -> impl Iterator<Item = &str> {
    substitutions(text).into_iter().filter_map(Result::err)
}
