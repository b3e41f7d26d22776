//! The patch of one call: which property is there, which is added, which is replaced.

use std::ops::Range;

use tree_sitter::Node;

use super::list::{Form, List, step};
use super::write::Writer;
use super::{Done, Place, call_name, escape, inner, python, typescript};
use crate::cdk::source::{calls, key};
use crate::edit::Edit;
use crate::model::{CallContent, Override, ProgramDraft, ResourceId, Within};
use crate::program::{Language, Program, text};
use crate::source::{Span, indentation, reason_behind};
use crate::workspace::Workspace;

/// Where the properties of a construct stand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder<'t> {
    /// In an object, or among the arguments.
    List(Node<'t>),
    /// Nowhere: the call has no argument for them. Its arguments.
    Missing(Node<'t>),
    /// In something that an expression gives.
    Given(Node<'t>),
}

/// A property that is written out.
#[derive(Debug)]
pub(super) struct Property<'t> {
    pub(super) name: String,
    /// Nothing where name and value are one (`{ vpc }`), or where it is a function.
    pub(super) value: Option<Node<'t>>,
}

/// The properties of a list.
#[derive(Debug, Default)]
pub(super) struct Properties<'t> {
    pub(super) all: Vec<Property<'t>>,
    /// Whether others may come out of an expression.
    pub(super) open: bool,
}

/// Properties that are added to one list.
struct Additions<'t> {
    holder: Holder<'t>,
    items: Vec<(String, ProgramDraft)>,
}

pub(super) struct Patcher<'p> {
    pub(super) place: &'p Place<'p>,
    pub(super) call: Node<'p>,
    /// Which argument holds the properties, from 0.
    argument: usize,
    pub(super) writer: Writer<'p>,
    additions: Vec<Additions<'p>>,
    pub(super) done: Done,
}

impl<'p> Patcher<'p> {
    /// Sets all properties, or none.
    pub(super) fn run(
        workspace: &'p Workspace,
        place: &'p Place<'p>,
        own: ResourceId,
        content: &CallContent,
    ) -> Result<Done, String> {
        let call = call_at(place.program, &place.call.range)?;
        let writer = Writer::new(place, call)?;
        let done = Done { joint: true, ..Done::default() };
        let mut patcher = Self { place, call, argument: 2, writer, additions: Vec::new(), done };
        for change in &content.overrides {
            patcher.escape(change)?;
        }
        patcher.name(workspace, own, content)?;
        if let Some(within) = &content.within {
            patcher.enter(within)?;
        }
        if !content.properties.is_empty() {
            let holder = patcher.holder()?;
            patcher.refuse(holder, &content.without)?;
            for (name, value) in &content.properties {
                patcher.set(holder, name, value, name)?;
            }
            patcher.write()?;
        }
        let (imports, joint) = patcher.writer.imports()?;
        (patcher.done.imports, patcher.done.joint_imports) = (imports, joint);
        Ok(patcher.done)
    }

    /// Goes to a call that belongs to the construct.
    fn enter(&mut self, within: &Within) -> Result<(), String> {
        (self.call, self.argument) = inner::find(self.place, self.call, within)?;
        let calls = calls(self.place.program, &self.place.file.text);
        let range = self.call.byte_range();
        self.done.inner = calls.iter().find(|call| call.range == range).map(|call| call_name(&key(&calls, call)));
        Ok(())
    }

    /// Sets a property past the construct.
    fn escape(&mut self, change: &Override) -> Result<(), String> {
        if let Some(edit) = escape::write(self.place, self.call, &mut self.writer, change)? {
            self.done.edits.push(edit);
            self.done.joint = false;
            self.touch(&change.property);
        }
        Ok(())
    }

    fn is_python(&self) -> bool {
        self.place.program.language == Language::Python
    }

    fn holder(&self) -> Result<Holder<'p>, String> {
        if self.is_python() {
            python::holder(self.call)
        } else {
            typescript::holder(self.call, self.argument, self.place)
        }
    }

    fn properties(&self, list: Node<'p>) -> Properties<'p> {
        let source = &self.place.file.text;
        if self.is_python() { python::properties(list, source) } else { typescript::properties(list, source) }
    }

    /// Refuses where the call has something beside which the properties can't stand.
    fn refuse(&self, holder: Holder<'p>, without: &[String]) -> Result<(), String> {
        let (all, open) = match holder {
            Holder::List(list) => {
                let properties = self.properties(list);
                (properties.all, properties.open)
            }
            Holder::Missing(_) => (Vec::new(), false),
            Holder::Given(_) => (Vec::new(), true),
        };
        let names: Vec<String> = without.iter().map(|name| self.writer.property(name)).collect();
        if let Some(there) = all.iter().find(|property| names.contains(&property.name)) {
            return Err(format!("the call sets `{}`, beside which it can't stand", there.name));
        }
        match names.first() {
            Some(name) if open => Err(format!(
                "an expression gives part of the properties, perhaps `{name}`, beside which it can't stand"
            )),
            _ => Ok(()),
        }
    }

    /// Sets a property in a list. `top` is the property of the construct that it belongs to.
    fn set(&mut self, holder: Holder<'p>, name: &str, value: &ProgramDraft, top: &str) -> Result<(), String> {
        let Holder::List(list) = holder else {
            let is_given = matches!(holder, Holder::Given(_));
            if is_given && (self.is_python() || has_parts(value)) {
                return Err(format!(
                    "an expression gives the properties, perhaps `{}` among them",
                    self.writer.property(name)
                ));
            }
            self.add(holder, name, value, top);
            return Ok(());
        };
        let written = self.writer.property(name);
        let properties = self.properties(list);
        let Some(there) = properties.all.iter().find(|property| property.name == written) else {
            if properties.open && (self.is_python() || has_parts(value)) {
                return Err(format!("an expression gives part of the properties, perhaps `{written}`"));
            }
            self.add(holder, name, value, top);
            return Ok(());
        };
        let is_named_so = there.value.is_none() && self.writer.value(value, None).is_ok_and(|value| value == written);
        if is_named_so {
            return Ok(());
        }
        let value_node = there.value.ok_or_else(|| format!("`{written}` is given by a variable of its name"))?;
        self.change(value_node, &written, value, top)
    }

    fn add(&mut self, holder: Holder<'p>, name: &str, value: &ProgramDraft, top: &str) {
        let node = |holder: Holder<'p>| match holder {
            Holder::List(node) | Holder::Missing(node) | Holder::Given(node) => node.id(),
        };
        let item = (name.to_owned(), value.clone());
        match self.additions.iter_mut().find(|known| node(known.holder) == node(holder)) {
            Some(known) => known.items.push(item),
            None => self.additions.push(Additions { holder, items: vec![item] }),
        }
        self.touch(top);
    }

    pub(super) fn touch(&mut self, top: &str) {
        if !self.done.properties.iter().any(|known| known == top) {
            self.done.properties.push(top.to_owned());
        }
    }

    /// Changes a property that is there: only what is written out.
    fn change(&mut self, node: Node<'p>, name: &str, value: &ProgramDraft, top: &str) -> Result<(), String> {
        let source = &self.place.file.text;
        let python = self.is_python();
        if let ProgramDraft::Map(entries) = value {
            if self.writer.is_same(node, value) {
                return Ok(());
            }
            // A dictionary of Python has names and strings, no arguments.
            let list = typescript::fields(node).filter(|_| !python);
            let list = list.ok_or_else(|| format!("`{name}` is given by an expression"))?;
            for (entry, value) in entries {
                self.set(Holder::List(list), entry, value, top)?;
            }
            return Ok(());
        }
        if let ProgramDraft::Struct { fields, .. } = value {
            let list = if python { python::fields(node) } else { typescript::fields(node) };
            let list = list.ok_or_else(|| format!("`{name}` is given by an expression"))?;
            for (field, value) in fields {
                self.set(Holder::List(list), field, value, top)?;
            }
            return Ok(());
        }
        if self.writer.is_same(node, value) {
            return Ok(());
        }
        let is_literal = if python { python::is_literal(node, source) } else { typescript::is_literal(node, source) };
        if !is_literal {
            return Err(format!("`{name}` is given by an expression: `{}`", short(text(node, source))));
        }
        if let Some(comment) = reason_behind(source, node.end_byte()) {
            self.done.decided = Some(format!("whoever wrote `{name}` explains it: {}", short(comment)));
        }
        let new = self.writer.value(value, None)?;
        self.done.edits.push(Edit::replace(Span::new(self.place.id, node.byte_range()), new));
        self.done.joint = false;
        self.touch(top);
        Ok(())
    }

    /// Makes the edits of what is added.
    fn write(&mut self) -> Result<(), String> {
        for Additions { holder, items } in std::mem::take(&mut self.additions) {
            match holder {
                Holder::List(list) if !List::of(list).is_empty() => self.append(list, &items)?,
                Holder::List(list) => self.fill(list, &items)?,
                Holder::Missing(arguments) => self.add_argument(arguments, &items)?,
                Holder::Given(node) => self.spread(node, &items)?,
            }
        }
        Ok(())
    }

    fn append(&mut self, node: Node<'p>, items: &[(String, ProgramDraft)]) -> Result<(), String> {
        let (file, id) = (self.place.file, self.place.id);
        let list = List::of(node);
        let form = list.form(&file.text);
        for (name, value) in items {
            let indent = match &form {
                Form::Lines(indent) => Some(indent.as_str()),
                Form::Inline => None,
            };
            let mut item = self.writer.item(name, value, indent)?;
            if !self.is_python() && form == Form::Inline && typescript::is_long(file, node, &item) {
                let outer = indentation(&file.text, node.end_byte()).to_owned();
                item = self.writer.item(name, value, Some(&outer))?;
            }
            let column = (self.is_python() && form == Form::Inline).then(|| python::wraps(file, node, &item)).flatten();
            if let Some(column) = column.as_ref().filter(|column| python::is_long(column, &item)) {
                item = self.writer.item(name, value, Some(column))?;
            }
            let wrapped = column.and_then(|column| python::wrapped(file, node, &column, &item));
            let addition = match wrapped {
                Some((at, text)) if !list.has_comma() => {
                    self.done.edits.push(Edit::insert(id, at, text));
                    self.done.joint = false;
                    continue;
                }
                _ => list.append(file, id, &item),
            };
            self.done.edits.extend(addition.edits);
            self.done.joint &= addition.joint;
        }
        Ok(())
    }

    /// Fills an object that is empty.
    fn fill(&mut self, node: Node<'p>, items: &[(String, ProgramDraft)]) -> Result<(), String> {
        let (file, id) = (self.place.file, self.place.id);
        self.done.joint = false;
        let outer = indentation(&file.text, node.end_byte()).to_owned();
        let inner = format!("{outer}{}", self.step());
        let all: Result<Vec<_>, _> =
            items.iter().map(|(name, value)| self.writer.item(name, value, Some(&inner))).collect();
        let lines = self.writer.lines(&all?, &inner);
        self.done.edits.push(List::of(node).fill(file, id, &lines, &outer));
        Ok(())
    }

    fn step(&self) -> String {
        step(&self.place.file.text, if self.is_python() { "    " } else { "  " })
    }

    /// Adds the argument that holds the properties.
    fn add_argument(&mut self, arguments: Node<'p>, items: &[(String, ProgramDraft)]) -> Result<(), String> {
        let (file, id) = (self.place.file, self.place.id);
        self.done.joint = false;
        let list = List::of(arguments);
        let outer = match list.form(&file.text) {
            Form::Lines(indent) => indent,
            Form::Inline => indentation(&file.text, arguments.end_byte()).to_owned(),
        };
        let object = self.object("", &outer, items)?;
        self.done.edits.extend(list.append(file, id, &object).edits);
        Ok(())
    }

    /// An object of several lines; `first` stands before the properties.
    fn object(&mut self, first: &str, outer: &str, items: &[(String, ProgramDraft)]) -> Result<String, String> {
        let newline = self.place.file.newline();
        let inner = format!("{outer}{}", self.step());
        let mut lines = vec![first.to_owned()];
        lines.retain(|line| !line.is_empty());
        for (name, value) in items {
            lines.push(self.writer.item(name, value, Some(&inner))?);
        }
        let body = self.writer.lines(&lines, &inner);
        Ok(format!("{{{body}{newline}{outer}}}"))
    }

    /// Puts what an expression gives into an object that has more.
    fn spread(&mut self, node: Node<'p>, items: &[(String, ProgramDraft)]) -> Result<(), String> {
        let file = self.place.file;
        self.done.joint = false;
        let outer = indentation(&file.text, node.start_byte()).to_owned();
        let given = text(node, &file.text);
        let given = if matches!(node.kind(), "identifier" | "member_expression" | "call_expression") {
            format!("...{given}")
        } else {
            format!("...({given})")
        };
        let object = self.object(&given, &outer, items)?;
        self.done.edits.push(Edit::replace(Span::new(self.place.id, node.byte_range()), object));
        Ok(())
    }
}

/// The node of the call.
pub(super) fn call_at<'p>(program: &'p Program, range: &Range<usize>) -> Result<Node<'p>, String> {
    let mut node = program.root().descendant_for_byte_range(range.start, range.end);
    while let Some(found) = node.filter(|node| node.byte_range() == *range) {
        if matches!(found.kind(), "new_expression" | "call") {
            return Ok(found);
        }
        node = found.parent();
    }
    Err("the call can't be found in the source".into())
}

/// Whether a value is put together with one that is there.
fn has_parts(value: &ProgramDraft) -> bool {
    matches!(value, ProgramDraft::Struct { .. } | ProgramDraft::Map(_))
}

/// The start of an expression, for a message.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.len() < text.len() || line.chars().count() > 60 {
        format!("{}…", line.chars().take(60).collect::<String>())
    } else {
        line.to_owned()
    }
}
