//! Drafts as HCL text, as `terraform fmt` would leave it.

use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Project, Repeat, Resource, ResourceId};

/// Longest object or list that stays on one line.
const ONE_LINE: usize = 72;

/// Where a draft is written: decides how references look.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) project: &'a Project,
    /// All changes of the fix.
    pub(super) changes: &'a [Change],
    /// The resource that is edited, or that an added one stands below.
    pub(super) resource: ResourceId,
    /// Whether the written block is repeated like `resource`.
    pub(super) mirrored: bool,
    /// Whether resources are meant as a whole, all of them where they are repeated.
    pub(super) whole: bool,
    /// One level of indentation.
    pub(super) unit: &'a str,
    /// Line ending.
    pub(super) newline: &'a str,
    /// Names that were taken: what an added resource is called instead.
    pub(super) renamed: &'a [(String, String)],
}

impl Place<'_> {
    /// The place in an argument: `depends_on` and `triggers` mean resources as a whole, without a key.
    pub(super) fn meant_by(self, argument: &str) -> Self {
        Self { whole: matches!(argument, "depends_on" | "triggers"), ..self }
    }

    /// A reference to an attribute of `target`, with the index that this place needs.
    pub(super) fn reference(&self, target: ResourceId, attribute: &str) -> Result<String, String> {
        let here = self.project.resource(self.resource);
        let there = self.project.resource(target);
        if here.instance != there.instance {
            return Err(format!("{} stands in another module: it would have to be passed in", there.address()));
        }
        Ok(format!("{}{}{}", there.address(), self.index(there)?, tail(attribute)))
    }

    /// The index by which this place means one of a repeated resource.
    fn index(&self, there: &Resource) -> Result<&'static str, String> {
        let here = &self.project.resource(self.resource).repeat;
        let is_alike = self.mirrored && (there.id == self.resource || same_repeat(self.project, here, &there.repeat));
        match &there.repeat {
            _ if self.whole => Ok(""),
            Repeat::Once => Ok(""),
            Repeat::Count(_) if is_alike => Ok("[count.index]"),
            Repeat::ForEach(_) if is_alike => Ok("[each.key]"),
            _ => Err(format!("{} is repeated: which one is meant isn't known", there.address())),
        }
    }

    /// An attribute of all instances of `target`, as a list.
    fn each(&self, target: ResourceId, attribute: &str) -> Result<String, String> {
        let there = self.project.resource(target);
        if self.project.resource(self.resource).instance != there.instance {
            return Err(format!("{} stands in another module: it would have to be passed in", there.address()));
        }
        Ok(match &there.repeat {
            Repeat::Once => format!("[{}.{attribute}]", there.address()),
            Repeat::Count(_) => format!("{}[*].{attribute}", there.address()),
            Repeat::ForEach(_) => format!("values({})[*].{attribute}", there.address()),
        })
    }

    /// A reference to something that the same fix adds.
    fn added(&self, address: &str, attribute: &str) -> Result<String, String> {
        let addition = self.changes.iter().find_map(|change| match change {
            Change::Add { near, kind, name, mirror, .. } | Change::AddShared { near, kind, name, mirror, .. }
                if address == format!("{kind}.{name}") =>
            {
                Some((*near, *mirror))
            }
            _ => None,
        });
        let index = match addition {
            Some((near, true)) => self.index(self.project.resource(near))?,
            _ => "",
        };
        let renamed = self.renamed.iter().find(|(old, _)| old == address);
        let address = renamed.map_or(address, |(_, new)| new.as_str());
        Ok(format!("{address}{index}{}", tail(attribute)))
    }

    /// A value, with `indent` before the lines that follow its first.
    pub(super) fn value(&self, draft: &Draft, indent: &str) -> Result<String, String> {
        let single = if is_long(draft) || width(draft) > ONE_LINE { None } else { Some(self.one_line(draft)?) };
        if let Some(single) = single.filter(|single| single.len() <= ONE_LINE) {
            return Ok(single);
        }
        Ok(match draft {
            Draft::List(items) if !items.is_empty() => self.list(items, indent)?,
            Draft::Object(entries) if !entries.is_empty() => self.object(entries, indent)?,
            Draft::Json(inner) => format!("jsonencode({})", self.value(inner, indent)?),
            Draft::Digest(inner) => {
                // More will come to a list of several.
                let inner = match &**inner {
                    Draft::List(items) if items.len() > 1 => self.list(items, indent)?,
                    other => self.value(other, indent)?,
                };
                format!("sha1(jsonencode({inner}))")
            }
            single => self.one_line(single)?,
        })
    }

    /// A list with an element a line.
    fn list(&self, items: &[Draft], indent: &str) -> Result<String, String> {
        let inner = format!("{indent}{}", self.unit);
        let lines: Result<Vec<_>, _> = items.iter().map(|item| self.value(item, &inner)).collect();
        let nl = self.newline;
        let lines = lines?.iter().map(|line| format!("{inner}{line},{nl}")).collect::<String>();
        Ok(format!("[{nl}{lines}{indent}]"))
    }

    /// An object on several lines, whatever its length.
    pub(super) fn object(&self, entries: &[(String, Draft)], indent: &str) -> Result<String, String> {
        let inner = format!("{indent}{}", self.unit);
        let mut lines = Vec::new();
        for (name, value) in entries {
            lines.push((key(name), self.value(value, &inner)?));
        }
        let nl = self.newline;
        Ok(format!("{{{nl}{}{indent}}}", aligned(&lines, &inner, nl)))
    }

    /// A value on one line, however long.
    pub(super) fn one_line(&self, draft: &Draft) -> Result<String, String> {
        Ok(match draft {
            Draft::Bool(b) => b.to_string(),
            Draft::Number(n) => n.clone(),
            Draft::String(text) => format!("\"{}\"", escape(text)),
            Draft::Text(pieces) => self.template(pieces)?,
            Draft::List(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.one_line(item)).collect();
                format!("[{}]", items?.join(", "))
            }
            Draft::Object(entries) if entries.is_empty() => "{}".into(),
            Draft::Object(entries) => {
                let entries: Result<Vec<_>, String> = entries
                    .iter()
                    .map(|(name, value)| Ok(format!("{} = {}", key(name), self.one_line(value)?)))
                    .collect();
                format!("{{ {} }}", entries?.join(", "))
            }
            Draft::Each(resource, attribute) => self.each(*resource, attribute)?,
            Draft::Attribute(resource, attribute) => self.reference(*resource, attribute)?,
            Draft::AddedAttribute(address, attribute) => self.added(address, attribute)?,
            Draft::Json(inner) => format!("jsonencode({})", self.one_line(inner)?),
            Draft::Digest(inner) => format!("sha1(jsonencode({}))", self.one_line(inner)?),
            Draft::Expression(text) => text.clone(),
        })
    }

    fn template(&self, pieces: &[Draft]) -> Result<String, String> {
        let mut text = String::from("\"");
        for piece in pieces {
            match piece {
                Draft::String(known) => text.push_str(&escape(known)),
                // A template in a template is its text.
                Draft::Expression(inner) if is_quoted(inner) => text.push_str(&inner[1..inner.len() - 1]),
                other => text.push_str(&format!("${{{}}}", self.one_line(other)?)),
            }
        }
        text.push('"');
        Ok(text)
    }

    /// The lines of a body, each with `indent` and a line ending. What orders or repeats the resource stands apart, as
    /// people write it.
    pub(super) fn body(&self, body: &DraftBody, indent: &str) -> Result<String, String> {
        let nl = self.newline;
        let mut text = String::new();
        let mut group: Vec<(String, String)> = Vec::new();
        let paragraph = |text: &mut String, group: &mut Vec<(String, String)>| {
            if !group.is_empty() && !text.is_empty() {
                text.push_str(nl);
            }
            text.push_str(&aligned(&std::mem::take(group), indent, nl));
        };
        for (name, item) in &body.items {
            match item {
                DraftItem::Argument(value) => {
                    if name == "depends_on" {
                        paragraph(&mut text, &mut group);
                    }
                    let value = self.meant_by(name).value(value, indent)?;
                    let stands_apart = name == "for_each" && value.contains('\n');
                    group.push((name.clone(), value));
                    if stands_apart {
                        paragraph(&mut text, &mut group);
                    }
                }
                DraftItem::Block(inner) => {
                    paragraph(&mut text, &mut group);
                    if !text.is_empty() {
                        text.push_str(nl);
                    }
                    text.push_str(&self.block(name, inner, indent)?);
                    text.push_str(nl);
                }
            }
        }
        paragraph(&mut text, &mut group);
        Ok(text)
    }

    /// A block: its first line indented, no line ending after its last.
    pub(super) fn block(&self, header: &str, body: &DraftBody, indent: &str) -> Result<String, String> {
        let inner = self.body(body, &format!("{indent}{}", self.unit))?;
        let nl = self.newline;
        Ok(if inner.is_empty() {
            format!("{indent}{header} {{}}")
        } else {
            format!("{indent}{header} {{{nl}{inner}{indent}}}")
        })
    }
}

/// Whether an expression is one quoted template, so that its inside may stand in another.
fn is_quoted(expression: &str) -> bool {
    use hcl_edit::expr::Expression;
    let parsed = expression.starts_with('"').then(|| expression.parse::<Expression>());
    matches!(parsed, Some(Ok(Expression::StringTemplate(_) | Expression::String(_))))
}

/// The least that a value takes on one line.
fn width(draft: &Draft) -> usize {
    match draft {
        Draft::String(text) | Draft::Number(text) | Draft::Expression(text) => text.len(),
        Draft::Text(items) | Draft::List(items) => items.iter().map(width).sum(),
        Draft::Object(entries) => entries.iter().map(|(name, value)| name.len() + 3 + width(value)).sum(),
        Draft::AddedAttribute(address, attribute) => address.len() + attribute.len(),
        Draft::Json(inner) | Draft::Digest(inner) => width(inner),
        Draft::Bool(_) | Draft::Attribute(..) | Draft::Each(..) => 4,
    }
}

/// Two lists of objects and objects with several entries read better on several lines.
fn is_long(draft: &Draft) -> bool {
    match draft {
        Draft::Object(entries) => entries.len() > 2 || entries.iter().any(|(_, value)| is_long(value)),
        Draft::List(items) => items.iter().any(|item| matches!(item, Draft::Object(_))),
        Draft::Json(inner) => is_long(inner),
        Draft::Digest(inner) => matches!(&**inner, Draft::List(items) if items.len() > 1) || is_long(inner),
        _ => false,
    }
}

/// Whether two resources are certainly repeated by the same keys: the same expression, or one chained to the other.
/// An attribute behind an address.
fn tail(attribute: &str) -> String {
    if attribute.is_empty() { String::new() } else { format!(".{attribute}") }
}

fn same_repeat(project: &Project, a: &Repeat, b: &Repeat) -> bool {
    match (a, b) {
        (Repeat::ForEach(a), Repeat::ForEach(b)) | (Repeat::Count(a), Repeat::Count(b)) => {
            let text = |span: crate::source::Span| project.file(span.file).text[span.range()].trim().to_owned();
            a.value.equals(&b.value) == Some(true) || text(a.span) == text(b.span)
        }
        _ => false,
    }
}

/// `name = value` lines with their `=` aligned, as `terraform fmt` does: a value of several lines stands alone.
pub(super) fn aligned(entries: &[(String, String)], indent: &str, newline: &str) -> String {
    let mut text = String::new();
    let mut rest = entries;
    while let Some(((name, value), tail)) = rest.split_first() {
        let run = rest.iter().take_while(|(_, value)| !value.contains('\n')).count();
        if run == 0 {
            text.push_str(&format!("{indent}{name} = {value}{newline}"));
            rest = tail;
            continue;
        }
        let width = rest[..run].iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in &rest[..run] {
            text.push_str(&format!("{indent}{name:width$} = {value}{newline}"));
        }
        rest = &rest[run..];
    }
    text
}

/// The name of an entry, quoted where it must be.
pub(super) fn key(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if plain { name.to_owned() } else { format!("\"{}\"", escape(name)) }
}

/// The inside of a quoted string: no interpolation comes about.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if chars.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_several_lines_stand_alone() {
        let entries = [("a", "1"), ("bbb", "2"), ("c", "{\n}"), ("dd", "3")];
        let entries: Vec<_> = entries.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(aligned(&entries, "  ", "\n"), "  a   = 1\n  bbb = 2\n  c = {\n}\n  dd = 3\n");
    }

    #[test]
    fn interpolation_is_escaped() {
        assert_eq!(escape("a${b} %{c} $d \"e\""), "a$${b} %%{c} $d \\\"e\\\"");
    }
}
