//! Splices into JSON text: properties, elements and values in the style that the file has around them.
//!
//! Invariant: only the returned ranges change; indentation, line ending, the space around colons and the way in which
//! small objects are written are those of the file.

use super::{Kind, Node, Property};
use crate::edit::Edit;
use crate::source::{FileId, SourceFile, Span, indentation, line_start};

/// A value to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Layout {
    /// A scalar, as JSON text.
    Scalar(String),
    /// One element on each line.
    List(Vec<Layout>),
    /// One property on each line.
    Object(Vec<(String, Layout)>),
    /// An object with one property that reads best on one line, where the file writes such objects so.
    Small(String, Box<Layout>),
}

/// How a file is written.
#[derive(Debug)]
pub struct Style<'a> {
    file: &'a SourceFile,
    id: FileId,
    step: String,
    /// Empty for a file on one line.
    newline: &'static str,
    small: Small,
    /// How things are parted in a file of one line.
    flat: Option<Flat>,
}

/// The separators of a file that is one line.
#[derive(Debug, Clone, Copy)]
struct Flat {
    comma: &'static str,
    colon: &'static str,
}

/// How a file writes objects like `{ "Ref": "Queue" }`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Small {
    Spaced,
    Tight,
    Lines,
}

/// Names whose objects show how small objects are written.
const SMALL_NAMES: [&str; 3] = ["\"Ref\"", "\"Fn::GetAtt\"", "\"Fn::Sub\""];

impl<'a> Style<'a> {
    /// The style of a file.
    pub fn of(file: &'a SourceFile, id: FileId) -> Self {
        let flat = flat(&file.text);
        let newline = if flat.is_some() { "" } else { file.newline() };
        let small = if flat.is_some() { Small::Tight } else { small(&file.text) };
        Self { file, id, step: step(&file.text), newline, small, flat }
    }

    /// One level of indentation other than the file's.
    #[must_use]
    pub fn with_step(mut self, step: String) -> Self {
        self.step = step;
        self
    }

    /// Properties at the end of an object.
    pub fn insert(&self, object: &Node, new: &[(String, Layout)]) -> Edit {
        let text = &self.file.text;
        let nl = self.newline;
        let Some(last) = object.properties().last() else {
            let outer = indentation(text, object.range.start);
            let written = self.object(new, outer, self.usual_colon());
            return Edit::replace(Span::new(self.id, object.range.clone()), written);
        };
        let colon = self.colon(last);
        let indent = indentation(text, last.range.start);
        let before = &text[line_start(text, last.range.start)..last.range.start];
        let separator = match before.trim() {
            "" => format!(",{nl}{indent}"),
            // The comma stands in front.
            "," => format!("{nl}{before}"),
            _ => self.comma().to_owned(),
        };
        let properties = new.iter().map(|(name, value)| self.property(name, value, indent, colon));
        Edit::insert(self.id, last.range.end, properties.map(|p| format!("{separator}{p}")).collect::<String>())
    }

    /// A property below another one.
    pub fn insert_below(&self, property: &Property, name: &str, value: &Layout) -> Edit {
        let text = &self.file.text;
        let indent = indentation(text, property.range.start);
        let before = &text[line_start(text, property.range.start)..property.range.start];
        let nl = self.newline;
        let separator = match before.trim() {
            "" => format!(",{nl}{indent}"),
            "," => format!("{nl}{before}"),
            _ => self.comma().to_owned(),
        };
        let written = self.property(name, value, indent, self.colon(property));
        Edit::insert(self.id, property.range.end, format!("{separator}{written}"))
    }

    /// Takes properties away, each with its comma.
    pub fn remove(&self, object: &Node, names: &[String]) -> Vec<Edit> {
        let properties = object.properties();
        let goes = |property: &Property| names.iter().any(|name| **name == *property.name);
        if properties.iter().all(goes) && !properties.is_empty() {
            return vec![Edit::replace(Span::new(self.id, object.range.clone()), "{}")];
        }
        let mut edits = Vec::new();
        let mut at = 0;
        while at < properties.len() {
            let run = properties[at..].iter().take_while(|property| goes(property)).count();
            if run > 0 {
                let range = match (properties.get(at + run), at) {
                    (Some(next), _) => properties[at].range.start..next.range.start,
                    (None, at) => properties[at - 1].range.end..properties[at + run - 1].range.end,
                };
                edits.push(Edit::replace(Span::new(self.id, range), ""));
            }
            at += run.max(1);
        }
        edits
    }

    /// An element at the end of an array; nothing for something else.
    pub fn append(&self, array: &Node, value: &Layout) -> Option<Edit> {
        let Kind::Array(items) = &array.kind else { return None };
        if items.is_empty() {
            return Some(self.replace(array, &Layout::List(vec![value.clone()])));
        }
        Some(Edit::insert(self.id, items.last()?.range.end, self.next_element(items.last()?, value)))
    }

    /// A value becomes the first element of an array, and another one follows.
    pub fn wrap_and_append(&self, old: &Node, value: &Layout) -> [Edit; 2] {
        let added = self.next_element(old, value);
        [Edit::insert(self.id, old.range.start, "["), Edit::insert(self.id, old.range.end, added + "]")]
    }

    fn next_element(&self, last: &Node, value: &Layout) -> String {
        let text = &self.file.text;
        let indent = indentation(text, last.range.start);
        let own_line = text[line_start(text, last.range.start)..last.range.start].trim().is_empty();
        let separator = if own_line { format!(",{}{indent}", self.newline) } else { self.comma().to_owned() };
        format!("{separator}{}", self.value(value, indent, self.colon_near(last)))
    }

    /// Another value in the place of an old one.
    pub fn replace(&self, old: &Node, value: &Layout) -> Edit {
        let indent = indentation(&self.file.text, old.range.start);
        Edit::replace(Span::new(self.id, old.range.clone()), self.value(value, indent, self.colon_near(old)))
    }

    /// A value as text, with `indent` before the lines that follow its first.
    pub fn text(&self, value: &Layout, indent: &str) -> String {
        self.value(value, indent, ": ")
    }

    fn comma(&self) -> &'static str {
        self.flat.map_or(", ", |flat| flat.comma)
    }

    fn usual_colon(&self) -> &'static str {
        self.flat.map_or(": ", |flat| flat.colon)
    }

    /// What stands between a name and its value.
    fn colon(&self, property: &Property) -> &'a str {
        let between = &self.file.text[property.key.end..property.value.range.start];
        if between.contains(['\n', '\r']) { ": " } else { between }
    }

    fn colon_near(&self, node: &Node) -> &'a str {
        node.properties().first().map_or(self.usual_colon(), |property| self.colon(property))
    }

    fn property(&self, name: &str, value: &Layout, indent: &str, colon: &str) -> String {
        format!("{}{colon}{}", quote(name), self.value(value, indent, colon))
    }

    fn object(&self, entries: &[(String, Layout)], indent: &str, colon: &str) -> String {
        if self.flat.is_some() {
            return one_line(&Layout::Object(entries.to_vec()), colon, self.comma());
        }
        let nl = self.newline;
        let inner = format!("{indent}{}", self.step);
        let entries: Vec<_> = entries.iter().map(|(name, value)| self.property(name, value, &inner, colon)).collect();
        format!("{{{nl}{inner}{}{nl}{indent}}}", entries.join(&format!(",{nl}{inner}")))
    }

    fn value(&self, value: &Layout, indent: &str, colon: &str) -> String {
        let nl = self.newline;
        let inner = format!("{indent}{}", self.step);
        match value {
            _ if self.flat.is_some() => one_line(value, colon, self.comma()),
            Layout::Scalar(text) => text.clone(),
            Layout::List(items) if items.is_empty() => "[]".into(),
            Layout::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.value(item, &inner, colon)).collect();
                format!("[{nl}{inner}{}{nl}{indent}]", items.join(&format!(",{nl}{inner}")))
            }
            Layout::Object(entries) if entries.is_empty() => "{}".into(),
            Layout::Object(entries) => self.object(entries, indent, colon),
            Layout::Small(name, value) => match self.small {
                Small::Lines => self.object(&[(name.clone(), (**value).clone())], indent, colon),
                small => {
                    let space = if small == Small::Spaced { " " } else { "" };
                    format!("{{{space}{}{colon}{}{space}}}", quote(name), one_line(value, colon, ", "))
                }
            },
        }
    }
}

/// A value on one line.
fn one_line(value: &Layout, colon: &str, comma: &str) -> String {
    let inner = |value: &Layout| one_line(value, colon, comma);
    match value {
        Layout::Scalar(text) => text.clone(),
        Layout::List(items) => format!("[{}]", items.iter().map(inner).collect::<Vec<_>>().join(comma)),
        Layout::Object(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(name, value)| format!("{}{colon}{}", quote(name), inner(value))).collect();
            format!("{{{}}}", entries.join(comma))
        }
        Layout::Small(name, value) => format!("{{{}{colon}{}}}", quote(name), inner(value)),
    }
}

/// The separators of a text that is one line.
fn flat(text: &str) -> Option<Flat> {
    if text.trim().contains('\n') {
        return None;
    }
    let spaced = |with: &str, without: &str| text.contains(with) || !text.contains(without);
    Some(Flat {
        comma: if spaced("\", \"", ",\"") { ", " } else { "," },
        colon: if spaced("\": ", "\":") { ": " } else { ":" },
    })
}

/// One level of indentation: the white space before the first property.
fn step(text: &str) -> String {
    let line = text.lines().find(|line| line.trim_start().starts_with('"')).unwrap_or("  ");
    let step = &line[..line.len() - line.trim_start().len()];
    if step.is_empty() { "  ".into() } else { step.to_owned() }
}

fn small(text: &str) -> Small {
    for name in SMALL_NAMES {
        for (at, _) in text.match_indices(name) {
            let before = &text[..at];
            if before.ends_with("{ ") {
                return Small::Spaced;
            }
            if before.ends_with('{') {
                return Small::Tight;
            }
            if before.trim_end().ends_with('{') {
                return Small::Lines;
            }
        }
    }
    Small::Spaced
}

/// A string as JSON.
pub fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
