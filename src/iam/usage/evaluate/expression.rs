//! Expressions.

use std::sync::Arc;

use super::super::ir::{Entry, Expression, Kind, Name, Role};
use super::atom::{Atom, Atoms, only_text, unknown};
use super::{Evaluator, Shape, Stage, one};

/// Strings put together longer than this aren't computed.
const MAX_TEXT: usize = 4_096;

impl Evaluator<'_> {
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Atoms {
        match &*expression.kind {
            Kind::Text(text) => one(Atom::Text(Arc::clone(text))),
            Kind::Constant(text) => one(Atom::Constant(Arc::clone(text))),
            Kind::Nothing => one(Atom::Nothing),
            Kind::Name(name) => self.name(name),
            Kind::This => self.units[self.unit_of_this()].this.clone(),
            Kind::Super => self.parent_of_this(),
            Kind::Attribute(of, name) => {
                let of = self.value(of);
                self.attribute(&of, name, expression)
            }
            Kind::Index(of, key) => {
                let of = self.value(of);
                let key = self.value(key);
                self.index(&of, &key, expression)
            }
            Kind::Call(callee, passed) => self.call_expression(callee, passed, expression),
            Kind::New(callee, passed) => {
                let callee = self.value(callee);
                let arguments = self.arguments(passed, expression);
                self.construct(&callee, &arguments, expression)
            }
            Kind::Join(parts) => self.join(parts, expression),
            Kind::Either(arms) => arms.iter().flat_map(|arm| self.value(arm)).collect(),
            Kind::Or(first, second) => self.or(first, second),
            Kind::List(elements) => self.list(elements, expression),
            Kind::Tuple(values) => self.tuple(values, expression),
            Kind::Part(of, index) => {
                let of = self.value(of);
                self.part(&of, *index)
            }
            Kind::Map(entries) => self.map(entries, expression),
            Kind::Spread(of) => self.value(of),
            Kind::Each(of) => {
                let of = self.value(of);
                self.each(&of, expression)
            }
            Kind::Slice(of) => {
                let of = self.value(of);
                let part = |atom: Atom| match atom {
                    Atom::Text(_) | Atom::Constant(_) | Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) => {
                        Atom::unknown("a part of a string")
                    }
                    other => other,
                };
                of.into_iter().map(part).collect()
            }
            Kind::Enter(of) => {
                let of = self.value(of);
                self.enter(&of, expression)
            }
            Kind::Function(id) => {
                self.note_member(*id);
                one(Atom::Closure(*id, self.home_of_members()))
            }
            Kind::Class(id) => {
                let class = Atom::Class(*id, self.here.0);
                self.enter_class(*id);
                one(class)
            }
            Kind::Import(module) => self.import(module, expression.at),
            Kind::ImportName(module, name) => self.import_name(module, name, expression.at),
            Kind::Opaque(parts, why) => {
                let mut all = Atoms::new();
                for part in parts {
                    all.extend(self.value(part).into_iter().filter(Atom::matters));
                }
                all.insert(Atom::unknown(why));
                all
            }
        }
    }

    fn name(&mut self, name: &Name) -> Atoms {
        self.lookup(name)
    }

    /// Methods don't see the names of their class: their outside is that of the class.
    fn home_of_members(&self) -> super::UnitId {
        let mut id = self.here.0;
        loop {
            let unit = &self.units[id.0 as usize];
            match unit.parent {
                Some(parent) if self.program.functions[unit.function.0 as usize].role == Role::ClassBody => id = parent,
                _ => return id,
            }
        }
    }

    /// The invocation whose `this` is meant: arrows have none of their own.
    fn unit_of_this(&self) -> usize {
        let mut id = self.here.0;
        loop {
            let unit = &self.units[id.0 as usize];
            match unit.parent {
                Some(parent) if self.program.functions[unit.function.0 as usize].lexical_this => id = parent,
                _ => return id.0 as usize,
            }
        }
    }

    pub(super) fn join(&mut self, parts: &[Expression], whole: &Expression) -> Atoms {
        let parts: Vec<Atoms> = parts.iter().map(|part| self.value(part)).collect();
        self.join_atoms(&parts, whole, 0)
    }

    /// A string put together, or lists put together.
    pub(in super::super) fn join_atoms(&mut self, parts: &[Atoms], whole: &Expression, part: u8) -> Atoms {
        if parts.iter().any(Atoms::is_empty) {
            return Atoms::new();
        }
        let mut result: Atoms = parts.iter().flatten().filter(|atom| atom.matters()).cloned().collect();
        if !result.is_empty() {
            result.insert(Atom::unknown("an expression"));
            return result;
        }
        let text: Option<Vec<Arc<str>>> = parts.iter().map(only_text).collect();
        if let Some(text) = text.map(|text| text.concat()).filter(|text| text.len() <= MAX_TEXT) {
            return one(Atom::text(&text));
        }
        let site = self.site(whole.id, 10 + part, Shape::Parts);
        for (index, atoms) in parts.iter().enumerate() {
            self.put(site, &format!("{index:04}"), atoms.clone(), whole.at);
        }
        result.insert(Atom::Joined(site));
        result
    }

    /// `a or b`: a default for an environment variable, else either.
    fn or(&mut self, first: &Expression, second: &Expression) -> Atoms {
        let mut left = self.value(first);
        let right = self.value(second);
        self.with_default(&mut left, &right);
        left
    }

    /// Adds what stands for something that isn't set.
    pub(in super::super) fn with_default(&mut self, left: &mut Atoms, right: &Atoms) {
        left.remove(&Atom::Nothing);
        let same = |atom: &Atom| right.len() == 1 && right.contains(atom);
        let variable = |atom: &Atom| if let Atom::Environment(id) = atom { Some(*id) } else { None };
        let variables: Option<Vec<u32>> = left.iter().filter(|atom| !same(atom)).map(variable).collect();
        if let (Some(variables), Some(text)) = (variables.filter(|all| !all.is_empty()), only_text(right)) {
            *left = variables.into_iter().map(|id| self.environment_with_default(id, &text)).collect();
        } else {
            left.extend(right.iter().cloned());
        }
    }

    fn list(&mut self, elements: &[Expression], whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 0, Shape::List);
        let mut certain = true;
        for (index, element) in elements.iter().enumerate() {
            let atoms = self.value(element);
            if let Kind::Spread(_) = &*element.kind {
                let each = self.each(&atoms, element);
                self.push(site, each, element.at);
                certain = false;
            } else if certain {
                self.put(site, &index.to_string(), atoms, element.at);
            } else {
                self.push(site, atoms, element.at);
            }
        }
        one(Atom::Object(site))
    }

    fn tuple(&mut self, values: &[Expression], whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 9, Shape::Tuple);
        for (index, value) in values.iter().enumerate() {
            let atoms = self.value(value);
            self.put(site, &index.to_string(), atoms, value.at);
        }
        one(Atom::Object(site))
    }

    /// One of several values. What libraries return comes first, and then whether that went well.
    pub(in super::super) fn part(&self, of: &Atoms, index: u32) -> Atoms {
        let mut found = Atoms::new();
        for atom in of {
            match atom {
                Atom::Object(site) if self.shape(*site) == Shape::Tuple => {
                    found.extend(
                        self.field(*site, &index.to_string()).map(|field| field.atoms.clone()).unwrap_or_default(),
                    );
                }
                Atom::Nothing => {}
                other if index == 0 => {
                    found.insert(other.clone());
                }
                _ => {
                    found.insert(Atom::unknown("an error"));
                }
            }
        }
        found
    }

    fn map(&mut self, entries: &[Entry], whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 0, Shape::Map);
        for entry in entries {
            match entry {
                Entry::Named(name, value) => {
                    let atoms = self.value(value);
                    self.put(site, name, atoms, value.at);
                }
                Entry::Computed(key, value) => {
                    let key = self.value(key);
                    let atoms = self.value(value);
                    match only_text(&key) {
                        Some(name) => self.put(site, &name, atoms, value.at),
                        None => self.put_computed(site, key, atoms, value.at),
                    }
                }
                Entry::Spread(of) => {
                    let of_atoms = self.value(of);
                    self.spread_into(site, &of_atoms);
                }
            }
        }
        one(Atom::Object(site))
    }

    /// All fields of what is spread become fields of an object.
    pub(in super::super) fn spread_into(&mut self, site: super::SiteId, of: &Atoms) {
        for atom in of {
            match atom {
                Atom::Object(from) => self.copy_fields(*from, site),
                Atom::Module(module) => {
                    for (name, atoms) in self.exports_of(*module) {
                        self.put(site, &name, atoms, super::super::ir::At::default());
                    }
                }
                Atom::Nothing | Atom::Constant(_) => {}
                Atom::Event(path) => self.open(site, &format!("spread of the event: {path}")),
                _ => self.open(site, "a spread that can't be read"),
            }
        }
    }

    /// An element of what is looped over.
    pub(in super::super) fn each(&mut self, of: &Atoms, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for atom in of {
            match atom {
                Atom::Object(site) => match self.shape(*site) {
                    Shape::Map => found.extend(self.keys(*site)),
                    Shape::Entries => {
                        let pairs = self.pairs(*site, whole);
                        found.extend(self.each(&pairs, whole));
                    }
                    Shape::Instance => found.extend(self.iterate_instance(*site, whole)),
                    _ => found.extend(self.any(*site)),
                },
                Atom::Event(path) => {
                    found.insert(extend_event(path, "[]"));
                }
                Atom::Sdk(_) | Atom::Member(..) => found.extend(self.each_of_sdk(atom, whole)),
                Atom::Text(_) | Atom::Constant(_) | Atom::Nothing => {}
                Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) => {
                    found.insert(Atom::unknown("a part of a string"));
                }
                Atom::Unknown(_) | Atom::FromOutside => {
                    found.insert(atom.clone());
                }
                other => {
                    found.insert(other.clone());
                }
            }
        }
        if found.is_empty() && !of.is_empty() { self.of_nothing() } else { found }
    }

    /// An element of what has none: it may get some in a later round; what has none in the end isn't understood.
    pub(super) fn of_nothing(&mut self) -> Atoms {
        self.empty = true;
        if self.stage == Stage::Growing { Atoms::new() } else { unknown("an element of nothing known") }
    }
}

/// A member of a part of the event.
pub(in super::super) fn extend_event(path: &str, member: &str) -> Atom {
    if path.len() > 160 {
        return Atom::unknown("deep in the event");
    }
    match (path.is_empty(), member) {
        (_, "[]") => Atom::Event(format!("{path}[]").into()),
        (true, _) => Atom::Event(member.into()),
        (false, _) => Atom::Event(format!("{path}.{member}").into()),
    }
}
