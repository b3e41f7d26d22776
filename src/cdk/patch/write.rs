//! Expressions in the language and the style of a file.

use tree_sitter::Node;

use super::imports::Names;
use super::list::step;
use super::{Place, python, typescript};
use crate::edit::Edit;
use crate::model::{Construct, ProgramDraft, ResourceId};
use crate::program::snake_case;
use crate::program::{Language, parts, text};

/// Writes expressions into one file.
pub(super) struct Writer<'p> {
    place: &'p Place<'p>,
    names: Names<'p>,
    /// The scope of the construct as the call writes it.
    scope: &'p str,
    quote: char,
    /// What constructs are called where this is written.
    held: Vec<(ResourceId, String)>,
}

impl<'p> Writer<'p> {
    pub(super) fn new(place: &'p Place<'p>, call: Node<'p>) -> Result<Self, String> {
        let source = &*place.file.text;
        let arguments = call.child_by_field_name("arguments").ok_or("the call has no arguments")?;
        let first = parts(arguments).into_iter().next().ok_or("the call has no scope")?;
        let scope = match first.kind() {
            "keyword_argument" => first.child_by_field_name("value").map_or("", |value| text(value, source)),
            _ => text(first, source),
        };
        let quote = place.call.written.chars().find(|c| matches!(c, '\'' | '"'));
        let quote = quote
            .unwrap_or_else(|| if source.matches('"').count() > source.matches('\'').count() { '"' } else { '\'' });
        Ok(Self { place, names: Names::of(place), scope, quote, held: Vec::new() })
    }

    /// Says what the construct of a resource is called.
    pub(super) fn hold(&mut self, resource: ResourceId, name: String) {
        self.held.push((resource, name));
    }

    fn is_python(&self) -> bool {
        self.place.program.language == Language::Python
    }

    /// The edits that import what was written, and whether others may be made beside them.
    pub(super) fn imports(&self) -> Result<(Vec<Edit>, bool), String> {
        self.names.edits()
    }

    /// A property's name.
    pub(super) fn property(&self, name: &str) -> String {
        if self.is_python() { snake_case(name) } else { name.to_owned() }
    }

    /// A property with its value. `indent` is that of its line, nothing for a value on the line of others.
    pub(super) fn item(&mut self, name: &str, value: &ProgramDraft, indent: Option<&str>) -> Result<String, String> {
        let value = self.value(value, indent)?;
        let between = if self.is_python() { "=" } else { ": " };
        if !self.is_python() && value == name {
            return Ok(value);
        }
        Ok(format!("{}{between}{value}", self.property(name)))
    }

    /// A value with names and strings only, as the template has it: on lines of its own.
    pub(super) fn plain(&mut self, value: &ProgramDraft, indent: &str) -> Result<String, String> {
        let ProgramDraft::Struct { fields, .. } = value else { return self.value(value, None) };
        let (inner, newline) = (self.inner(indent), self.place.file.newline());
        let mut lines = Vec::new();
        for (name, value) in fields {
            let name = if self.is_python() { format!("{0}{name}{0}", self.quote) } else { name.clone() };
            lines.push(format!("{name}: {}", self.plain(value, &inner)?));
        }
        Ok(format!("{{{}{newline}{indent}}}", self.lines(&lines, &inner)))
    }

    /// An expression.
    pub(super) fn value(&mut self, value: &ProgramDraft, indent: Option<&str>) -> Result<String, String> {
        let python = self.is_python();
        Ok(match value {
            ProgramDraft::Bool(b) if python => if *b { "True" } else { "False" }.to_owned(),
            ProgramDraft::Bool(b) => b.to_string(),
            ProgramDraft::Number(number) => number.clone(),
            ProgramDraft::Text(text) => {
                let other = if self.quote == '"' { '\'' } else { '"' };
                let quote = if text.contains(self.quote) { other } else { self.quote };
                format!("{quote}{text}{quote}")
            }
            ProgramDraft::Scope => self.scope.to_owned(),
            ProgramDraft::Name(path) => self.path(path)?,
            ProgramDraft::Struct { name: Some(name), fields } if python => {
                let class = self.path(name)?;
                self.bracketed(&class, ('(', ')'), &[], fields, indent)?
            }
            ProgramDraft::Struct { name: None, .. } if python => {
                return Err("the name of a struct isn't known".into());
            }
            ProgramDraft::Struct { fields, .. } => self.bracketed("", ('{', '}'), &[], fields, indent)?,
            ProgramDraft::Map(entries) => self.map(entries, indent)?,
            ProgramDraft::List(items) => self.list(items, indent)?,
            ProgramDraft::Joined(pieces) => self.joined(pieces)?,
            ProgramDraft::New(Construct { class, arguments }) => {
                let class = self.path(class)?;
                let callee = if python { class } else { format!("new {class}") };
                self.call(&callee, arguments, indent)?
            }
            ProgramDraft::Call { function, arguments } => {
                let (method, class) = function.split_last().ok_or("a call of nothing")?;
                let callee = format!("{}.{}", self.path(class)?, self.property(method));
                self.call(&callee, arguments, indent)?
            }
            ProgramDraft::Given(name) => return Err(format!("the page gives no name to `${name}`")),
            ProgramDraft::Made(resource) => {
                let held = self.held.iter().find(|(known, _)| known == resource);
                held.map(|(_, name)| name.clone()).ok_or("no variable holds what is needed")?
            }
            ProgramDraft::Member { of, name } => format!("{}.{}", self.value(of, indent)?, self.property(name)),
            ProgramDraft::Method { of, name, arguments } => {
                // What is made is on lines of its own, what is done with it behind it.
                let inner = indent.filter(|_| !matches!(**of, ProgramDraft::New(_)));
                let callee = format!("{}.{}", self.value(of, indent)?, self.property(name));
                self.call(&callee, arguments, inner)?
            }
        })
    }

    /// A text with values in it: `${table.tableArn}/index/*`.
    fn joined(&mut self, pieces: &[ProgramDraft]) -> Result<String, String> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                ProgramDraft::Text(known) => text.push_str(known),
                value if self.is_python() => text.push_str(&format!("{{{}}}", self.value(value, None)?)),
                value => text.push_str(&format!("${{{}}}", self.value(value, None)?)),
            }
        }
        Ok(if self.is_python() { format!("f{0}{text}{0}", self.quote) } else { format!("`{text}`") })
    }

    /// Values by names, which stand in quotes in Python.
    fn map(&mut self, entries: &[(String, ProgramDraft)], indent: Option<&str>) -> Result<String, String> {
        let inner = indent.map(|indent| self.inner(indent));
        let mut items = Vec::new();
        for (name, value) in entries {
            let name = if self.is_python() { format!("{0}{name}{0}", self.quote) } else { name.clone() };
            items.push(format!("{name}: {}", self.value(value, inner.as_deref())?));
        }
        Ok(match (&inner, indent) {
            (Some(inner), Some(indent)) => {
                format!("{{{}{}{indent}}}", self.lines(&items, inner), self.place.file.newline())
            }
            _ if self.is_python() => format!("{{{}}}", items.join(", ")),
            _ => format!("{{ {} }}", items.join(", ")),
        })
    }

    fn list(&mut self, items: &[ProgramDraft], indent: Option<&str>) -> Result<String, String> {
        let holds_structs = items.iter().any(|item| matches!(item, ProgramDraft::Struct { .. }));
        let indent = indent.filter(|_| holds_structs);
        let inner = indent.map(|indent| self.inner(indent));
        let items: Result<Vec<_>, _> = items.iter().map(|item| self.value(item, inner.as_deref())).collect();
        let (items, newline) = (items?, self.place.file.newline());
        Ok(match (indent, inner) {
            (Some(indent), Some(inner)) => {
                let lines = self.lines(&items, &inner);
                format!("[{lines}{newline}{indent}]")
            }
            _ => format!("[{}]", items.join(", ")),
        })
    }

    /// A list of values on lines of their own; `indent` is that of its line.
    pub(super) fn broken(&self, items: &[String], indent: &str) -> String {
        let lines = self.lines(items, &self.inner(indent));
        format!("[{lines}{}{indent}]", self.place.file.newline())
    }

    /// Items on lines of their own, with a comma behind the last one where the file has such.
    pub(super) fn lines(&self, items: &[String], indent: &str) -> String {
        let newline = self.place.file.newline();
        let between = format!(",{newline}{indent}");
        let last = if trails(&self.place.file.text) { "," } else { "" };
        format!("{newline}{indent}{}{last}", items.join(&between))
    }

    /// One step further in.
    fn inner(&self, indent: &str) -> String {
        let otherwise = if self.is_python() { "    " } else { "  " };
        format!("{indent}{}", step(&self.place.file.text, otherwise))
    }

    fn call(&mut self, callee: &str, arguments: &[ProgramDraft], indent: Option<&str>) -> Result<String, String> {
        let mut plain = Vec::new();
        let mut fields = None;
        for (i, argument) in arguments.iter().enumerate() {
            match argument {
                ProgramDraft::Text(suffix) if i > 0 && arguments[i - 1] == ProgramDraft::Scope => {
                    plain.push(self.id(suffix)?);
                }
                ProgramDraft::Struct { fields: last, .. } if i + 1 == arguments.len() => fields = Some(last),
                // What is made in the brackets of something else opens its own on the same line.
                argument if i + 1 == arguments.len() => plain.push(self.value(argument, indent)?),
                argument => plain.push(self.value(argument, None)?),
            }
        }
        match fields {
            None => Ok(format!("{callee}({})", plain.join(", "))),
            Some(fields) if self.is_python() => self.bracketed(callee, ('(', ')'), &plain, fields, indent),
            Some(fields) => {
                plain.push(self.bracketed("", ('{', '}'), &[], fields, indent)?);
                Ok(format!("{callee}({})", plain.join(", ")))
            }
        }
    }

    /// Properties in brackets, behind plain arguments: on lines of their own where there is an indentation.
    fn bracketed(
        &mut self,
        before: &str,
        (open, close): (char, char),
        plain: &[String],
        fields: &[(String, ProgramDraft)],
        indent: Option<&str>,
    ) -> Result<String, String> {
        let newline = self.place.file.newline();
        let inner = indent.map(|indent| self.inner(indent));
        let mut items = plain.to_vec();
        for (name, value) in fields {
            items.push(self.item(name, value, inner.as_deref())?);
        }
        Ok(match (&inner, indent) {
            (Some(inner), Some(indent)) => {
                let lines = self.lines(&items, inner);
                format!("{before}{open}{lines}{newline}{indent}{close}")
            }
            _ if open == '{' => format!("{before}{{ {} }}", items.join(", ")),
            _ => format!("{before}{open}{}{close}", items.join(", ")),
        })
    }

    /// The id of something that belongs to the construct.
    pub(super) fn id(&self, suffix: &str) -> Result<String, String> {
        let id = &self.place.call.written;
        let quotes: &[char] = if self.is_python() { &['\'', '"'] } else { &['\'', '"', '`'] };
        let is_text = id.ends_with(quotes) && id.trim_start_matches(['f', 'F']).starts_with(quotes);
        if is_text && !id.ends_with("\"\"\"") && !id.ends_with("'''") {
            let (body, quote) = id.split_at(id.len() - 1);
            return Ok(format!("{body}{suffix}{quote}"));
        }
        match (self.is_python(), id.contains(['\'', '"', '`', '\\', '\n'])) {
            (_, true) => Err("the id of what is added would be made of an expression".into()),
            (true, false) => Ok(format!("f{0}{{{id}}}{suffix}{0}", self.quote)),
            (false, false) => Ok(format!("`${{{id}}}{suffix}`")),
        }
    }

    /// A class, or a member of one, as the file can name it.
    fn path(&mut self, path: &[String]) -> Result<String, String> {
        let own = self.place.class.rsplit_once('.').map_or("", |(module, _)| module);
        let (module, names) = match path {
            [module, names @ ..] if module == "core" => ("aws-cdk-lib".to_owned(), names),
            [module, names @ ..] if module.starts_with(char::is_lowercase) => (format!("aws-cdk-lib.{module}"), names),
            names => (own.to_owned(), names),
        };
        let (class, members) = names.split_first().ok_or("a name without a class")?;
        let mut written = self.names.resolve(&module, class)?;
        for member in members {
            written.push('.');
            let is_constant = member.chars().all(|c| !c.is_lowercase());
            written.push_str(&if is_constant { member.clone() } else { self.property(member) });
        }
        Ok(written)
    }

    fn is_member(&self, node: Node<'_>, of: &ProgramDraft, name: &str) -> bool {
        let field = if self.is_python() { "attribute" } else { "property" };
        let (object, member) = (node.child_by_field_name("object"), node.child_by_field_name(field));
        let is_it = member.is_some_and(|member| text(member, &self.place.file.text) == self.property(name));
        is_it && object.is_some_and(|object| self.is_same(object, of))
    }

    /// Whether a value that stands there is what would be written. Of something that is made only the class counts.
    pub(super) fn is_same(&self, node: Node<'_>, value: &ProgramDraft) -> bool {
        let written = text(node, &self.place.file.text);
        match value {
            ProgramDraft::Bool(b) => written.eq_ignore_ascii_case(&b.to_string()),
            ProgramDraft::Number(number) => written == number,
            ProgramDraft::Text(text) => written.trim_matches(['\'', '"']) == text,
            ProgramDraft::Name(path) => {
                let ends: Vec<&str> = written.rsplit('.').take(2).collect();
                ends.iter().zip(path.iter().rev()).all(|(is, wanted)| is == wanted) && ends.len() == 2
            }
            ProgramDraft::New(Construct { class, .. }) => {
                let callee = node.child_by_field_name(if self.is_python() { "function" } else { "constructor" });
                let callee = callee.map_or("", |callee| text(callee, &self.place.file.text));
                callee.rsplit('.').next() == class.last().map(String::as_str)
            }
            ProgramDraft::Call { function, .. } => {
                let callee = node.child_by_field_name("function").map_or("", |f| text(f, &self.place.file.text));
                callee.rsplit('.').next() == function.last().map(|name| self.property(name)).as_deref()
            }
            ProgramDraft::List(items) => {
                let there = if matches!(node.kind(), "array" | "list") { parts(node) } else { Vec::new() };
                there.len() == items.len() && there.iter().zip(items).all(|(node, item)| self.is_same(*node, item))
            }
            ProgramDraft::Struct { fields, .. } => {
                let source = &self.place.file.text;
                let list = if self.is_python() { python::fields(node) } else { typescript::fields(node) };
                let list = list.map(|list| {
                    let read = if self.is_python() { python::properties } else { typescript::properties };
                    read(list, source)
                });
                let is_there = |(name, value): &(String, ProgramDraft)| {
                    let all = list.iter().flat_map(|list| &list.all);
                    let mut found = all.filter(|there| there.name == self.property(name));
                    found.any(|there| there.value.is_some_and(|node| self.is_same(node, value)))
                };
                fields.iter().all(is_there)
            }
            ProgramDraft::Map(entries) => {
                let there = if matches!(node.kind(), "object" | "dictionary") { parts(node) } else { Vec::new() };
                let source = &self.place.file.text;
                let is_there = |(name, value): &(String, ProgramDraft)| {
                    there.iter().any(|pair| {
                        let key = pair.child_by_field_name("key").map_or("", |key| text(key, source));
                        let found = pair.child_by_field_name("value").filter(|_| key.trim_matches(['\'', '"']) == name);
                        found.is_some_and(|node| self.is_same(node, value))
                    })
                };
                entries.iter().all(is_there)
            }
            ProgramDraft::Made(resource) => self.held.iter().any(|(known, name)| known == resource && name == written),
            ProgramDraft::Member { of, name } => self.is_member(node, of, name),
            ProgramDraft::Method { of, name, .. } => {
                node.child_by_field_name("function").is_some_and(|callee| self.is_member(callee, of, name))
            }
            ProgramDraft::Joined(_) | ProgramDraft::Scope | ProgramDraft::Given(_) => false,
        }
    }
}

/// Whether lists that are closed on a line of their own have a comma behind the last item; yes where there are none.
fn trails(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let (mut with, mut without) = (0, 0);
    for pair in lines.windows(2) {
        if pair[1].starts_with(['}', ']', ')']) {
            with += usize::from(pair[0].ends_with(','));
            // The end of a value, not of a statement or a block.
            without += usize::from(pair[0].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '\'' | '"' | ']')));
        }
    }
    with >= without
}

/// Whether a dotted name ends with one in capitals: a member of an enumeration, or a constant of a class.
pub(super) fn is_constant(path: &str) -> bool {
    let mut names = path.rsplit('.');
    let last = names.next().unwrap_or_default();
    let class = names.next().unwrap_or_default();
    !last.is_empty()
        && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && class.starts_with(char::is_uppercase)
        && path.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants() {
        assert!(is_constant("s3.BucketEncryption.UNENCRYPTED") && is_constant("Tracing.DISABLED"));
        assert!(!is_constant("props.encryption") && !is_constant("this.KEY") && !is_constant("f(x).A"));
    }
}
