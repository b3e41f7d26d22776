//! Attributes, elements and what is assigned to them.

use std::sync::Arc;

use super::super::ir::{At, ClassId, Expression, FunctionId, Name, Role, Target};
use super::super::report::Language;
use super::atom::{Atom, Atoms, SiteId, UnitId, texts, unknown};
use super::expression::extend_event;
use super::{Evaluator, Shape, Spot, one};

/// Classes above each other, at most.
const MAX_BASES: usize = 20;

impl Evaluator<'_> {
    /// `of.name`, not called.
    pub(in super::super) fn attribute(&mut self, of: &Atoms, name: &Name, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for atom in of {
            found.extend(self.attribute_of(atom, name, whole));
        }
        found
    }

    pub(super) fn attribute_of(&mut self, atom: &Atom, name: &Name, whole: &Expression) -> Atoms {
        match atom {
            Atom::Library(path) => self.library_attribute(path, name, whole),
            Atom::Module(id) => self.exported(*id, name),
            Atom::Object(site) => self.attribute_of_object(*site, name, whole),
            Atom::Super(class, site) => {
                let found = self.member_of_bases(*class, name, 0);
                self.bound(found, *site, whole)
            }
            Atom::Class(..) => self.attribute_of_class(atom, name),
            Atom::Event(path) => {
                one(extend_event(path, super::super::library::event_member(self.language, path, name)))
            }
            Atom::Sdk(sdk) => self.sdk_attribute(sdk, name, whole),
            Atom::Member(of, before) if of.is_sdk() => self.sdk_member_attribute(of, before, name),
            // It is in a variable of the runtime, too.
            _ if atom.is_context() && matches!(&**name, "function_name" | "functionName") => {
                let spot = Spot { file: Arc::clone(&self.here.1), at: whole.at };
                one(Atom::Environment(self.environment_id("AWS_LAMBDA_FUNCTION_NAME".into(), None, spot)))
            }
            Atom::Unknown(_) | Atom::FromOutside => one(atom.clone()),
            Atom::Nothing => one(Atom::Nothing),
            Atom::Closure(..)
            | Atom::Method(..)
            | Atom::Member(..)
            | Atom::Text(_)
            | Atom::Constant(_)
            | Atom::Environment(_)
            | Atom::Joined(_)
            | Atom::Cut(_) => one(Atom::Member(Arc::new(atom.clone()), Arc::clone(name))),
        }
    }

    fn attribute_of_object(&mut self, site: SiteId, name: &Name, whole: &Expression) -> Atoms {
        let own = if self.language == Language::Python && self.shape(site) != Shape::Instance {
            None
        } else {
            self.object(site).fields.get(name).map(|field| field.atoms.clone())
        };
        let classes = self.object(site).class.clone();
        let mut found = own.clone().unwrap_or_default();
        for class in &classes {
            let members = self.member_of_class(class, name, 0);
            found.extend(self.bound(members, site, whole));
        }
        if own.is_some() || !found.is_empty() {
            return found;
        }
        if self.language == Language::Go {
            return self.promoted(site, name, whole);
        }
        if self.language == Language::JavaScript && self.shape(site) != Shape::Instance {
            let method = is_method_of_collections(name);
            if let Some(mut read) = self.read(site, name) {
                // `get` of a map is the map's own, whatever its values are.
                if method {
                    read.insert(Atom::Member(Arc::new(Atom::Object(site)), Arc::clone(name)));
                }
                return read;
            }
            if self.shape(site) == Shape::Entries && !method {
                return unknown("a property of a map");
            }
            if !method {
                return one(Atom::Nothing);
            }
        }
        if self.shape(site) == Shape::Instance {
            if let Some(why) = self.object(site).open.clone() {
                return one(Atom::Unknown(why));
            }
            // A field that isn't set yet: nothing. A call of it is refused.
            let local = |class: &Atom| matches!(class, Atom::Class(id, _) if !self.has_base_outside(*id));
            if !classes.is_empty() && classes.iter().all(local) {
                return Atoms::new();
            }
        }
        one(Atom::Member(Arc::new(Atom::Object(site)), Arc::clone(name)))
    }

    /// A member of what is embedded in an object (Go), or of what may be set elsewhere.
    fn promoted(&mut self, site: SiteId, name: &Name, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for class in self.object(site).class.clone() {
            let Atom::Class(id, _) = class else { continue };
            for embedded in self.program.class(id).embedded.clone() {
                let held = self.field(site, &embedded).map(|field| field.atoms.clone()).unwrap_or_default();
                let held = held.into_iter().filter(|atom| *atom != Atom::Object(site)).collect();
                found.extend(self.attribute(&held, name, whole));
            }
        }
        match &self.object(site).open {
            Some(why) if found.is_empty() => one(Atom::Unknown(Arc::clone(why))),
            _ => found,
        }
    }

    /// Functions of a class, bound to an instance; properties are read.
    fn bound(&mut self, members: Atoms, site: SiteId, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for member in members {
            match member {
                Atom::Closure(function, unit) => match self.program.function(function).role {
                    Role::Static => {
                        found.insert(Atom::Closure(function, unit));
                    }
                    Role::Property => {
                        let none = super::Arguments::default();
                        found.extend(self.invoke(function, unit, Some(Atom::Object(site)), &none, whole));
                    }
                    _ => {
                        found.insert(Atom::Method(function, unit, site));
                    }
                },
                other => {
                    found.insert(other);
                }
            }
        }
        found
    }

    fn attribute_of_class(&mut self, class: &Atom, name: &Name) -> Atoms {
        let found = self.member_of_class(class, name, 0);
        if found.is_empty() {
            return one(Atom::Member(Arc::new(class.clone()), Arc::clone(name)));
        }
        found
            .into_iter()
            .map(|member| match member {
                Atom::Closure(function, _) if self.program.function(function).role == Role::OfClass => {
                    Atom::Member(Arc::new(class.clone()), Arc::clone(name))
                }
                other => other,
            })
            .collect::<Atoms>()
            .into_iter()
            .flat_map(|member| match member {
                Atom::Closure(function, unit) if self.program.function(function).role == Role::Property => {
                    let none = super::Arguments::default();
                    self.invoke(function, unit, Some(class.clone()), &none, &Self::placeholder())
                }
                other => one(other),
            })
            .collect()
    }

    /// The invocation in which a class's body runs.
    pub(super) fn body_of(&mut self, class: ClassId, made_in: UnitId) -> UnitId {
        let body = self.program.class(class).body;
        self.unit(body, Some(made_in), Vec::new(), None)
    }

    /// A class is met: its body runs, its bases are looked up.
    pub(super) fn enter_class(&mut self, class: ClassId) {
        self.body_of(class, self.here.0);
        let definition = self.program.class(class);
        let mut bases = Atoms::new();
        for base in &definition.bases {
            bases.extend(self.value(base));
        }
        let known = self.bases.entry(class).or_default();
        self.changed |= super::merge(known, bases);
    }

    /// A member of a class or of those above it.
    pub(in super::super) fn member_of_class(&mut self, class: &Atom, name: &Name, depth: usize) -> Atoms {
        let Atom::Class(id, made_in) = class else { return Atoms::new() };
        if depth > MAX_BASES {
            return Atoms::new();
        }
        let body = self.body_of(*id, *made_in);
        match self.variables.get(&(body, Arc::clone(name))) {
            Some(found) => found.clone(),
            None => self.member_of_bases(*id, name, depth + 1),
        }
    }

    /// Whether a class or one above it has a member of this name, evaluated or not.
    pub(super) fn declares(&self, class: &Atom, name: &Name) -> bool {
        let mut open: Vec<Atom> = vec![class.clone()];
        let mut seen = std::collections::HashSet::new();
        while let Some(class) = open.pop() {
            let Atom::Class(id, _) = class else { continue };
            if !seen.insert(id) {
                continue;
            }
            let body = self.program.class(id).body;
            if self.program.function(body).locals.contains(name) {
                return true;
            }
            open.extend(self.bases.get(&id).into_iter().flatten().cloned());
        }
        false
    }

    pub(super) fn member_of_bases(&mut self, class: ClassId, name: &Name, depth: usize) -> Atoms {
        let bases = self.bases.get(&class).cloned().unwrap_or_default();
        let mut found = Atoms::new();
        for base in &bases {
            found.extend(self.member_of_class(base, name, depth));
        }
        found
    }

    /// Whether a class stands below one that isn't local and may call its methods.
    pub(in super::super) fn has_library_base(&self, class: ClassId) -> bool {
        let plain = |path: &str| super::super::library::is_plain_base(path);
        self.bases_outside(class).iter().any(|base| !matches!(base, Atom::Library(path) if plain(path)))
    }

    /// Whether a class stands below one that isn't local.
    pub(super) fn has_base_outside(&self, class: ClassId) -> bool {
        !self.bases_outside(class).is_empty()
    }

    fn bases_outside(&self, class: ClassId) -> Atoms {
        let mut open = vec![class];
        let mut seen = std::collections::HashSet::new();
        let mut outside = Atoms::new();
        while let Some(class) = open.pop() {
            if !seen.insert(class) {
                continue;
            }
            for base in self.bases.get(&class).into_iter().flatten() {
                match base {
                    Atom::Class(id, _) => open.push(*id),
                    other => {
                        outside.insert(other.clone());
                    }
                }
            }
        }
        outside
    }

    /// What `super` is: the classes above the one whose method this is.
    pub(super) fn parent_of_this(&mut self) -> Atoms {
        let mut unit = Some(self.here.0);
        while let Some(id) = unit {
            let of = &self.units[id.0 as usize];
            if let Some(class) = self.class_of.get(&of.function) {
                let this =
                    of.this.iter().find_map(|atom| if let Atom::Object(site) = atom { Some(*site) } else { None });
                return match this {
                    Some(site) => one(Atom::Super(*class, site)),
                    None => self.bases.get(class).cloned().unwrap_or_default(),
                };
            }
            unit = of.parent;
        }
        unknown("super outside of a class")
    }

    pub(super) fn note_member(&mut self, function: FunctionId) {
        let here = self.units[self.here.0.0 as usize].function;
        if let Some(class) = self.program.class_with_body(here) {
            self.class_of.insert(function, class);
        }
    }

    /// `of[key]`.
    pub(in super::super) fn index(&mut self, of: &Atoms, key: &Atoms, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for atom in of {
            match atom {
                Atom::Object(site) => found.extend(self.element(*site, key, whole)),
                Atom::Library(path) => found.extend(self.library_index(path, key, whole)),
                Atom::Event(path) => {
                    let member = texts(key).and_then(|keys| (keys.len() == 1).then(|| Arc::clone(&keys[0])));
                    found.insert(extend_event(path, member.as_deref().unwrap_or("[]")));
                }
                Atom::Module(id) => match texts(key) {
                    Some(names) => names.iter().for_each(|name| found.extend(self.exported(*id, name))),
                    None => found.extend(self.everything_in(*id)),
                },
                Atom::Sdk(_) | Atom::Member(..) if atom.is_sdk() => match texts(key) {
                    Some(names) => {
                        for name in &names {
                            found.extend(self.attribute_of(atom, name, whole));
                        }
                    }
                    None => found.extend(self.sdk_dynamic(atom, whole)),
                },
                Atom::Unknown(_) | Atom::FromOutside => {
                    found.insert(atom.clone());
                }
                Atom::Nothing => {}
                Atom::Text(_) | Atom::Constant(_) | Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) => {
                    found.insert(Atom::unknown("a part of a string"));
                }
                other => {
                    found.insert(other.clone());
                }
            }
        }
        found
    }

    fn element(&mut self, site: SiteId, key: &Atoms, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for atom in key {
            match atom {
                Atom::Text(name) | Atom::Constant(name) => match self.read(site, name) {
                    Some(atoms) => found.extend(atoms),
                    None if self.shape(site) == Shape::Instance => {
                        found.extend(self.attribute_of(&Atom::Object(site), name, whole));
                    }
                    None => {
                        found.extend(self.call_special(site, "__getitem__", whole));
                    }
                },
                _ => {
                    found.extend(self.any(site));
                    if self.shape(site) == Shape::Instance {
                        found.extend(self.all_methods(site));
                    }
                }
            }
        }
        // What is set to something that isn't found out yet may still be.
        let waiting = self.object(site).fields.values().any(|field| field.atoms.is_empty());
        if found.is_empty() && !key.is_empty() && !waiting {
            found.insert(Atom::unknown("a key that nothing here sets"));
        }
        found
    }

    /// Every method of an instance: what a computed name may be.
    pub(super) fn all_methods(&mut self, site: SiteId) -> Atoms {
        let classes = self.object(site).class.clone();
        let mut found = Atoms::new();
        for class in classes {
            found.extend(self.members_of(&class, 0).into_iter().map(|member| match member {
                Atom::Closure(function, unit) => Atom::Method(function, unit, site),
                other => other,
            }));
        }
        found
    }

    /// All members of a class and of those above it.
    pub(super) fn members_of(&mut self, class: &Atom, depth: usize) -> Atoms {
        let Atom::Class(id, made_in) = class else { return Atoms::new() };
        if depth > MAX_BASES {
            return Atoms::new();
        }
        let body = self.body_of(*id, *made_in);
        let names: Vec<Name> = self.program.function(self.program.class(*id).body).locals.iter().cloned().collect();
        let mut found = Atoms::new();
        for name in names {
            found.extend(self.variables.get(&(body, name)).cloned().unwrap_or_default());
        }
        for base in self.bases.get(id).cloned().unwrap_or_default() {
            found.extend(self.members_of(&base, depth + 1));
        }
        found
    }

    /// Binds a target.
    pub(super) fn assign(&mut self, target: &Target, atoms: Atoms, at: At) {
        match target {
            Target::Name(name) => self.bind(name, atoms),
            Target::Attribute(of, name) => {
                let of = self.value(of);
                for atom in of {
                    self.set(&atom, name, atoms.clone(), at);
                }
            }
            Target::Index(of, key) => {
                let of = self.value(of);
                let key = self.value(key);
                for atom in of {
                    match texts(&key) {
                        Some(names) => names.iter().for_each(|name| self.set(&atom, name, atoms.clone(), at)),
                        None => {
                            if let Atom::Object(site) = atom {
                                self.put_computed(site, key.clone(), atoms.clone(), at);
                            }
                        }
                    }
                }
            }
        }
    }

    fn set(&mut self, of: &Atom, name: &Name, atoms: Atoms, at: At) {
        match of {
            Atom::Object(site) => self.put(*site, name, atoms, at),
            Atom::Class(id, made_in) => {
                let body = self.body_of(*id, *made_in);
                self.bind_in(body, name, atoms);
            }
            Atom::Module(id) => {
                if let Some(unit) = self.module_units.get(id) {
                    self.bind_in(*unit, name, atoms);
                }
            }
            Atom::Nothing => {}
            _ => {
                // What is kept there may be called from there.
                let whole = Expression { at, ..Self::placeholder() };
                self.let_go(&atoms, Some(&format!("`{name}` of something that isn't followed")), &whole);
            }
        }
    }
}

/// Names that arrays, maps and sets of JavaScript have.
fn is_method_of_collections(name: &str) -> bool {
    const NAMES: &str = "map flatMap forEach some every findIndex filter find findLast sort reduce reduceRight slice reverse concat \
        flat values splice toSorted toReversed pop shift at next push unshift add set get entries join includes indexOf has keys \
        hasOwnProperty delete clear fill then catch finally promise toString call apply bind";
    NAMES.split_ascii_whitespace().any(|known| known == name)
}
