//! Calls of local functions and classes.

use super::super::ir::{At, Expression, FunctionId, Kind, Name, Passed, Statement};
use super::super::python::passed_through;
use super::super::report::{Language, RefusalKind};
use super::atom::{Atom, Atoms, SiteId, UnitId, unknown};
use super::{Evaluator, Unit, UnitKey, one};

/// Arguments of one call.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Arguments {
    pub(in super::super) positional: Vec<(Atoms, At)>,
    pub(in super::super) named: Vec<(Name, Atoms, At)>,
    /// What elements of a list that is spread may be.
    pub(in super::super) rest: Option<Atoms>,
    /// There may be named arguments that aren't listed.
    pub(in super::super) open: bool,
    /// The caller isn't read: every parameter may be anything.
    pub(in super::super) outside: bool,
}

impl Arguments {
    /// What code that isn't read passes.
    pub(in super::super) fn from_outside() -> Self {
        Self { outside: true, open: true, ..Self::default() }
    }

    pub(in super::super) fn of(positional: Vec<Atoms>) -> Self {
        Self { positional: positional.into_iter().map(|atoms| (atoms, At::default())).collect(), ..Self::default() }
    }

    /// An argument by its position or name.
    pub(in super::super) fn get(&self, index: usize, name: &str) -> Option<Atoms> {
        let by_name = self.named.iter().find(|(known, ..)| &**known == name).map(|(_, atoms, _)| atoms.clone());
        by_name.or_else(|| self.positional.get(index).map(|(atoms, _)| atoms.clone())).or_else(|| self.rest.clone())
    }

    /// Everything that is passed.
    pub(in super::super) fn all(&self) -> impl Iterator<Item = &Atoms> {
        let positional = self.positional.iter().map(|(atoms, _)| atoms);
        positional.chain(self.named.iter().map(|(_, atoms, _)| atoms)).chain(&self.rest)
    }

    /// Without the first positional ones.
    pub(in super::super) fn after(&self, count: usize) -> Self {
        let mut rest = self.clone();
        rest.positional.drain(..count.min(rest.positional.len()));
        rest
    }
}

impl Evaluator<'_> {
    pub(super) fn call_expression(&mut self, callee: &Expression, passed: &[Passed], whole: &Expression) -> Atoms {
        if let Kind::Attribute(of, name) = &*callee.kind {
            let of = self.value(of);
            let arguments = self.arguments(passed, whole);
            if of.is_empty() {
                self.nothing_known(name, whole);
            }
            let mut result = Atoms::new();
            let several = of.len() > 1;
            let known = several && of.iter().any(|atom| self.is_operation(atom, name) == Some(true));
            let local = several && of.iter().any(|atom| self.has_method(atom, name));
            for atom in &of {
                // One of several clients: it is the one that has the operation. One of several objects: the one that has
                // the method.
                let unlikely = matches!(atom, Atom::FromOutside) || (local && matches!(atom, Atom::Unknown(_)));
                if several && (unlikely || (known && self.is_operation(atom, name) == Some(false))) {
                    continue;
                }
                result.extend(self.call_method(atom, name, &arguments, whole));
            }
            return result;
        }
        let callees = self.value(callee);
        let arguments = self.arguments(passed, whole);
        if callees.is_empty() {
            self.nothing_known("what is called", whole);
        }
        self.call(&callees, &arguments, whole)
    }

    /// Whether an instance's class has a method of its own.
    fn has_method(&mut self, atom: &Atom, name: &Name) -> bool {
        let Atom::Object(site) = atom else { return false };
        let classes = self.object(*site).class.clone();
        classes.iter().any(|class| !self.member_of_class(class, name, 0).is_empty())
    }

    /// Silence is never "no call": what nothing is known of is refused.
    pub(in super::super) fn nothing_known(&mut self, name: &str, whole: &Expression) {
        self.refuse(RefusalKind::DynamicMethod, whole.at, &format!("nothing is known of the object of `{name}`"));
    }

    /// Calls everything that a callee may be.
    pub(in super::super) fn call(&mut self, callees: &Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        // What a decorator of a library gives is the function that it was given, and something that isn't known.
        let local =
            callees.iter().any(|callee| matches!(callee, Atom::Closure(..) | Atom::Method(..) | Atom::Class(..)));
        let mut result = Atoms::new();
        for callee in callees {
            if !(local && matches!(callee, Atom::Unknown(_) | Atom::FromOutside)) {
                result.extend(self.call_one(callee, arguments, whole));
            }
        }
        result
    }

    pub(super) fn call_one(&mut self, callee: &Atom, arguments: &Arguments, whole: &Expression) -> Atoms {
        match callee {
            Atom::Closure(function, unit) => self.invoke(*function, *unit, None, arguments, whole),
            Atom::Method(function, unit, site) => {
                self.invoke(*function, *unit, Some(Atom::Object(*site)), arguments, whole)
            }
            Atom::Class(class, unit) if self.language == Language::Go => {
                self.converted(*class, *unit, arguments, whole)
            }
            Atom::Class(class, unit) => self.instantiate(*class, *unit, arguments, whole),
            Atom::Object(site) => self.call_object(*site, arguments, whole),
            Atom::Super(class, site) => self.construct_above(*class, *site, arguments, whole),
            Atom::Library(path) => self.call_library(path, arguments, whole),
            Atom::Member(of, name) => self.call_method(of, name, arguments, whole),
            Atom::Module(id) => {
                let callable = self.exported(*id, &"default".into());
                if callable.is_empty() {
                    unknown("a module that is called")
                } else {
                    self.call(&callable, arguments, whole)
                }
            }
            Atom::Sdk(sdk) => self.call_sdk(sdk, arguments, whole),
            Atom::Nothing | Atom::Constant(_) => Atoms::new(),
            Atom::Text(_) | Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) | Atom::Event(_) => {
                unknown("the result of calling something that is no function")
            }
            Atom::Unknown(_) | Atom::FromOutside => {
                self.escape(arguments, "a function that isn't known", whole);
                let mut result = passed_through(arguments);
                result.insert(Atom::unknown("what a function that isn't known returns"));
                result
            }
        }
    }

    fn call_object(&mut self, site: SiteId, arguments: &Arguments, whole: &Expression) -> Atoms {
        if let Some(function) = self.field(site, "$partial").map(|field| field.atoms.clone()) {
            let all = self.with_partial(site, arguments);
            return self.call(&function, &all, whole);
        }
        let called = self.attribute(&one(Atom::Object(site)), &"__call__".into(), whole);
        if called.iter().any(|atom| matches!(atom, Atom::Method(..))) {
            return self.call(&called, arguments, whole);
        }
        self.escape(arguments, "an object that is called", whole);
        unknown("what an object that is called returns")
    }

    /// The invocation of a function in a context.
    pub(super) fn unit(
        &mut self,
        function: FunctionId,
        parent: Option<UnitId>,
        context: Vec<u32>,
        receiver: Option<SiteId>,
    ) -> UnitId {
        let key = UnitKey { function, parent, context: context.clone(), receiver };
        if let Some(id) = self.unit_ids.get(&key) {
            return *id;
        }
        let id = UnitId(self.units.len() as u32);
        let gives = |statement: &Statement| matches!(statement, Statement::Return(_) | Statement::Yield(_));
        let gives_nothing = !self.program.function(function).body.iter().any(gives);
        self.units.push(Unit {
            function,
            parent,
            context,
            this: receiver.map(Atom::Object).into_iter().collect(),
            returned: if gives_nothing { one(Atom::Nothing) } else { Atoms::new() },
            everything_of: std::collections::BTreeSet::new(),
        });
        self.unit_ids.insert(key, id);
        self.changed = true;
        id
    }

    /// A local function is called: its parameters get the arguments, and what is known of its result is returned.
    pub(super) fn invoke(
        &mut self,
        id: FunctionId,
        home: UnitId,
        receiver: Option<Atom>,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let function = self.program.function(id);
        self.called.insert(id);
        let mut context = self.units[self.here.0.0 as usize].context.clone();
        context.push(whole.id);
        let kept = context.split_off(context.len().saturating_sub(self.depth));
        let site = match &receiver {
            Some(Atom::Object(site)) if self.depth > 0 => Some(*site),
            _ => None,
        };
        let unit = self.unit(id, Some(home), kept, site);
        if let Some(receiver) = &receiver {
            self.changed |= self.units[unit.0 as usize].this.insert(receiver.clone());
        }
        self.bind_parameters(&function, unit, receiver, arguments, whole);
        self.units[unit.0 as usize].returned.clone()
    }
}
