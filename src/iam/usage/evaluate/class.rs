//! Instances of local classes.

use super::super::ir::{ClassId, Expression, Name};
use super::atom::{Atom, Atoms, SiteId, UnitId, unknown};
use super::{Arguments, Evaluator, Shape, one};

impl Evaluator<'_> {
    /// `new`, or a call of a class.
    pub(super) fn construct(&mut self, callees: &Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        let mut result = Atoms::new();
        if callees.is_empty() {
            self.nothing_known("new", whole);
        }
        for callee in callees {
            match callee {
                Atom::Closure(function, unit) => {
                    let site = self.site(whole.id, 20, Shape::Instance);
                    result.extend(self.invoke(*function, *unit, Some(Atom::Object(site)), arguments, whole));
                    result.insert(Atom::Object(site));
                }
                Atom::Library(path) => result.extend(self.new_of_library(path, arguments, whole)),
                Atom::Class(class, unit) => result.extend(self.instantiate(*class, *unit, arguments, whole)),
                other => result.extend(self.call_one(other, arguments, whole)),
            }
        }
        result
    }

    pub(in super::super) fn instantiate(
        &mut self,
        class: ClassId,
        made_in: UnitId,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let site = self.site(whole.id, 20 + (class.0 % 200) as u8, Shape::Instance);
        self.set_class(site, Atom::Class(class, made_in));
        self.initialise(class, made_in, site, arguments, whole, 0);
        if self.has_library_base(class) {
            self.free_methods(site);
        }
        one(Atom::Object(site))
    }

    /// A conversion to a local type (Go): the value stays what it is, with the type's methods.
    pub(super) fn converted(
        &mut self,
        class: ClassId,
        made_in: UnitId,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let given = arguments.get(0, "").unwrap_or_default();
        let mut made = self.instantiate(class, made_in, &Arguments::default(), whole);
        if let Some(Atom::Object(site)) = made.first().cloned() {
            let objects: Atoms = given.iter().filter(|atom| matches!(atom, Atom::Object(_))).cloned().collect();
            self.spread_into(site, &objects);
        }
        made.extend(given);
        made
    }

    /// Runs initialisers and the constructor of a class, or of those above when it has none.
    pub(super) fn initialise(
        &mut self,
        class: ClassId,
        made_in: UnitId,
        site: SiteId,
        arguments: &Arguments,
        whole: &Expression,
        depth: usize,
    ) {
        let definition = self.program.class(class);
        if let Some(initialiser) = definition.initialiser {
            self.invoke(initialiser, made_in, Some(Atom::Object(site)), &Arguments::default(), whole);
        }
        let body = self.body_of(class, made_in);
        // Constructors of Java differ by the number of their arguments.
        let exact: Name = format!("{}/{}", definition.constructor, arguments.positional.len()).into();
        let exact = self.variables.get(&(body, exact)).filter(|_| !arguments.outside).cloned();
        let own = exact.or_else(|| self.variables.get(&(body, definition.constructor.into())).cloned());
        if let Some(constructors) = own {
            for constructor in constructors {
                if let Atom::Closure(function, unit) = constructor {
                    self.invoke(function, unit, Some(Atom::Object(site)), arguments, whole);
                }
            }
            return;
        }
        let bases = self.bases.get(&class).cloned().unwrap_or_default();
        let mut any = false;
        for base in bases {
            if let (Atom::Class(base, unit), true) = (&base, depth < 20) {
                self.initialise(*base, *unit, site, arguments, whole, depth + 1);
                any = true;
            }
        }
        if !definition.fields.is_empty() || !any {
            self.fill(site, &definition.fields, arguments);
        }
    }

    /// A data class: arguments become fields.
    pub(super) fn fill(&mut self, site: SiteId, fields: &[Name], arguments: &Arguments) {
        for (index, (atoms, at)) in arguments.positional.iter().enumerate() {
            if let Some(name) = fields.get(index) {
                self.put(site, name, atoms.clone(), *at);
            }
        }
        for (name, atoms, at) in &arguments.named {
            self.put(site, name, atoms.clone(), *at);
        }
    }

    pub(super) fn construct_above(
        &mut self,
        class: ClassId,
        site: SiteId,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        for base in self.bases.get(&class).cloned().unwrap_or_default() {
            match base {
                Atom::Class(base, unit) => self.initialise(base, unit, site, arguments, whole, 0),
                _ => self.escape(arguments, "a class that isn't read", whole),
            }
        }
        one(Atom::Object(site))
    }

    /// Calls a method that is named by the language (`__enter__`).
    pub(super) fn call_special(&mut self, site: SiteId, name: &str, whole: &Expression) -> Atoms {
        if self.shape(site) != Shape::Instance {
            return Atoms::new();
        }
        let found = self.attribute(&one(Atom::Object(site)), &name.into(), whole);
        let methods: Atoms = found.into_iter().filter(|atom| matches!(atom, Atom::Method(..))).collect();
        self.call(&methods, &Arguments::default(), whole)
    }

    pub(super) fn iterate_instance(&mut self, site: SiteId, whole: &Expression) -> Atoms {
        let iterators = self.call_special(site, "__iter__", whole);
        let mut found = Atoms::new();
        for iterator in &iterators {
            match iterator {
                Atom::Object(other) if self.shape(*other) != Shape::Instance => found.extend(self.any(*other)),
                Atom::Object(other) => found.extend(self.call_special(*other, "__next__", whole)),
                other => found.extend(self.each(&one(other.clone()), whole)),
            }
        }
        if found.is_empty() { unknown("an element of an object") } else { found }
    }

    /// What `with x as y` binds.
    pub(super) fn enter(&mut self, of: &Atoms, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for atom in of {
            match atom {
                Atom::Object(site) if self.shape(*site) == Shape::List => found.extend(self.any(*site)),
                Atom::Object(site) => {
                    for name in ["__enter__", "__aenter__"] {
                        found.extend(self.call_special(*site, name, whole));
                    }
                    for name in ["__exit__", "__aexit__"] {
                        self.call_special(*site, name, whole);
                    }
                    found.insert(atom.clone());
                }
                _ => {
                    found.insert(atom.clone());
                }
            }
        }
        found
    }
}
