//! What leaves the code that is read: functions may be called from there, clients may not go there.

use std::collections::HashSet;

use super::super::ir::{Expression, FunctionId, Role};
use super::super::report::RefusalKind;
use super::atom::{Atom, Atoms, SiteId, UnitId};
use super::{Arguments, Evaluator, Shape};

impl Evaluator<'_> {
    /// Arguments go to code that isn't read. Functions among them may be called; a client among them is refused.
    pub(in super::super) fn escape(&mut self, arguments: &Arguments, to: &str, whole: &Expression) {
        for atoms in arguments.all() {
            self.let_go(atoms, Some(to), whole);
        }
    }

    /// The same for a function known to make no calls with a client (`print`).
    pub(in super::super) fn escape_harmlessly(&mut self, arguments: &Arguments, whole: &Expression) {
        for atoms in arguments.all() {
            self.let_go(atoms, None, whole);
        }
    }

    pub(in super::super) fn let_go(&mut self, atoms: &Atoms, to: Option<&str>, whole: &Expression) {
        let mut seen = HashSet::new();
        for atom in atoms {
            self.let_one_go(atom, to, whole, &mut seen, 0);
        }
    }

    fn let_one_go(
        &mut self,
        atom: &Atom,
        to: Option<&str>,
        whole: &Expression,
        seen: &mut HashSet<SiteId>,
        depth: usize,
    ) {
        let outside = Arguments::from_outside();
        match atom {
            Atom::Closure(function, unit) => self.free(*function, *unit, None),
            Atom::Method(function, unit, site) => self.free(*function, *unit, Some(*site)),
            Atom::Class(..) => {
                self.call(&Atoms::from([atom.clone()]), &outside, whole).iter().for_each(|made| {
                    if let Atom::Object(site) = made {
                        self.free_methods(*site);
                    }
                });
            }
            Atom::Object(site) if seen.insert(*site) && depth < 8 => {
                if self.shape(*site) == Shape::Instance && to.is_some() {
                    self.free_methods(*site);
                }
                if to.is_some() || self.shape(*site) != Shape::Instance {
                    for held in self.any(*site) {
                        self.let_one_go(&held, to, whole, seen, depth + 1);
                    }
                }
            }
            Atom::Member(of, name) if of.is_sdk() => {
                self.call_method(of, name, &outside, whole);
            }
            Atom::Sdk(sdk) => {
                if let Some(to) = to.filter(|_| super::super::library::can_call(sdk)) {
                    self.refuse(RefusalKind::ClientEscapes, whole.at, &format!("a client is handed to {to}"));
                }
            }
            _ => {}
        }
    }

    /// An instance of a local class that code outside makes (`Order.parse_obj(…)`).
    pub(in super::super) fn made_outside(&mut self, class: &Atom, whole: &Expression) -> Atoms {
        let made = self.call(&Atoms::from([class.clone()]), &Arguments::from_outside(), whole);
        for atom in &made {
            if let Atom::Object(site) = atom {
                self.open(*site, "an object that code outside makes");
            }
        }
        made
    }

    /// The same for every class that is passed to code outside.
    pub(in super::super) fn instances_of_passed(&mut self, arguments: &Arguments, whole: &Expression) -> Atoms {
        let passed: Atoms = arguments.all().flatten().filter(|atom| matches!(atom, Atom::Class(..))).cloned().collect();
        passed.iter().flat_map(|class| self.made_outside(class, whole)).collect()
    }

    /// A function may be called from outside. That counts only when nothing here calls it: what a decorator passes on to
    /// the function is what it gets from those who call it.
    fn free(&mut self, function: FunctionId, unit: UnitId, site: Option<SiteId>) {
        self.free.insert((function, unit, site));
    }

    /// Calls those that only code outside calls; whether there are any.
    pub(super) fn call_freed(&mut self) -> bool {
        let mut called = false;
        for (function, unit, site) in self.free.clone() {
            if self.called.contains(&function) {
                continue;
            }
            called = true;
            let whole = Self::placeholder();
            let file = self.file_of(function);
            self.here = (unit, file);
            self.invoke(function, unit, site.map(Atom::Object), &Arguments::from_outside(), &whole);
        }
        called
    }

    /// Every method of an instance may be called from outside.
    pub(super) fn free_methods(&mut self, site: SiteId) {
        for method in self.all_methods(site) {
            if let Atom::Method(function, unit, site) = method {
                let role = self.program.function(function).role;
                if role != Role::Property {
                    self.free(function, unit, Some(site));
                }
            }
        }
    }
}
