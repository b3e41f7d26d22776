//! What every expression may be, found by evaluating everything reachable until nothing new appears.
//!
//! Names are bound without regard to order. A function is looked at once for each place that calls it (two calls deep), so
//! that a helper called with two tables isn't one that may take either at both. Nothing that can make a call is ever
//! dropped: it is followed, called, or a refusal is written.

mod atom;
mod class;
mod collection;
mod escape;
mod expression;
mod heap;
mod invoke;
mod member;
mod method;
mod module;
mod parameters;
mod reading;
mod record;
mod string;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

pub(super) use atom::{Atom, Atoms, Sdk, SiteId, UnitId, one, only_text, texts, unknown};
pub(super) use heap::Shape;
pub(super) use invoke::Arguments;
pub(super) use record::Given;
pub(super) use value::UNSET;

use super::super::actions::{Table, table};
use super::ir::{At, ClassId, Expression, FunctionId, ModuleId, Name, Program, Statement};
use super::report::{EnvironmentRead, Language, Place, Refusal, RefusalKind, SourceSet, Usage};
use heap::Object;
use record::Recorded;

/// Rounds after which a program counts as too large.
const MAX_ROUNDS: usize = 60;
/// Invocations of functions, each with its own context, after which contexts are given up.
const MAX_UNITS: usize = 6_000;
/// Expressions evaluated after which a program counts as too large.
const MAX_STEPS: u64 = 30_000_000;
/// What a name may be at once, beyond which only the things that can make calls are kept.
const MAX_VALUES: usize = 48;

/// A place with its file, cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) file: Arc<str>,
    pub(super) at: At,
}

impl Spot {
    pub(super) fn place(&self) -> Place {
        Place { file: self.file.to_string(), line: self.at.line, column: self.at.column }
    }
}

/// One invocation of a function in one context.
#[derive(Debug)]
struct Unit {
    function: FunctionId,
    parent: Option<UnitId>,
    context: Vec<u32>,
    this: Atoms,
    returned: Atoms,
    /// Modules whose names are this one's too.
    everything_of: BTreeSet<Atom>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct UnitKey {
    function: FunctionId,
    parent: Option<UnitId>,
    context: Vec<u32>,
    receiver: Option<SiteId>,
}

/// How far an analysis is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What is known grows from round to round.
    Growing,
    /// What has no elements now has some that aren't known.
    Grown,
    /// The last round, in which calls are written down.
    Recording,
}

/// The state of an analysis.
pub(super) struct Evaluator<'s> {
    pub(super) source: &'s SourceSet,
    pub(super) language: Language,
    pub(super) program: Program,
    pub(super) table: &'static Table,
    /// What an import means, by the file that imports and what it writes.
    pub(super) resolved: HashMap<(Arc<str>, Name), Atoms>,
    /// Files that were lowered, and those that can't be.
    pub(super) loaded: HashMap<String, Option<ModuleId>>,
    units: Vec<Unit>,
    unit_ids: HashMap<UnitKey, UnitId>,
    variables: HashMap<(UnitId, Name), Atoms>,
    site_ids: HashMap<(u32, Option<UnitId>, u8), SiteId>,
    heap: Vec<Object>,
    environment: Vec<(Name, Option<Arc<str>>, Spot)>,
    /// What stands above each class.
    bases: HashMap<ClassId, Atoms>,
    /// The class in which a method is written.
    class_of: HashMap<FunctionId, ClassId>,
    /// Functions that code outside may call, and those that are called at all.
    free: BTreeSet<(FunctionId, UnitId, Option<SiteId>)>,
    called: HashSet<FunctionId>,
    /// The invocation of the top of each module.
    pub(super) module_units: HashMap<ModuleId, UnitId>,
    /// Packages of Python without a file of their own.
    pub(super) namespaces: HashMap<String, ModuleId>,
    /// The files whose names a file sees without an import, itself among them (packages of Go and Java).
    pub(super) siblings: HashMap<ModuleId, Arc<[ModuleId]>>,
    /// How many calls a context remembers.
    depth: usize,
    changed: bool,
    /// Whether something that is looped over has no elements yet.
    empty: bool,
    stage: Stage,
    steps: u64,
    pub(super) recorded: Recorded,
    /// Refusals of loading, which don't depend on rounds.
    pub(super) refusals: BTreeSet<Refusal>,
    pub(super) outside: BTreeMap<(u8, Name), Place>,
    /// The invocation and file that are being evaluated.
    pub(super) here: (UnitId, Arc<str>),
    pub(super) reads: BTreeSet<EnvironmentRead>,
}

impl<'s> Evaluator<'s> {
    /// A fresh state.
    pub(super) fn new(source: &'s SourceSet, language: Language, depth: usize) -> Self {
        Self {
            source,
            language,
            program: Program::default(),
            table: table(),
            resolved: HashMap::new(),
            loaded: HashMap::new(),
            units: Vec::new(),
            unit_ids: HashMap::new(),
            variables: HashMap::new(),
            site_ids: HashMap::new(),
            heap: Vec::new(),
            environment: Vec::new(),
            bases: HashMap::new(),
            class_of: HashMap::new(),
            free: BTreeSet::new(),
            called: HashSet::new(),
            module_units: HashMap::new(),
            namespaces: HashMap::new(),
            siblings: HashMap::new(),
            depth,
            changed: false,
            empty: false,
            stage: Stage::Growing,
            steps: 0,
            recorded: Recorded::default(),
            refusals: BTreeSet::new(),
            outside: BTreeMap::new(),
            here: (UnitId(0), "".into()),
            reads: BTreeSet::new(),
        }
    }

    /// Evaluates everything reachable until nothing changes, then once more to write down calls. `start` is evaluated in
    /// every round: it calls the handler. `None` if the program is too large for this depth of contexts.
    pub(super) fn run(mut self, start: &dyn Fn(&mut Self)) -> Option<Usage> {
        for _ in 0..MAX_ROUNDS {
            self.changed = false;
            self.empty = false;
            self.round(start);
            if self.steps > MAX_STEPS || self.units.len() > MAX_UNITS {
                return None;
            }
            if !self.changed && !self.call_freed() {
                if self.empty && self.stage == Stage::Growing {
                    self.stage = Stage::Grown;
                    continue;
                }
                self.stage = Stage::Recording;
                self.round(start);
                return Some(self.usage());
            }
        }
        None
    }

    fn round(&mut self, start: &dyn Fn(&mut Self)) {
        start(self);
        let mut next = 0;
        while next < self.units.len() && self.steps <= MAX_STEPS && self.units.len() <= MAX_UNITS {
            self.evaluate_unit(UnitId(next as u32));
            next += 1;
        }
    }

    fn evaluate_unit(&mut self, id: UnitId) {
        let function = self.program.function(self.units[id.0 as usize].function);
        self.here = (id, self.file_of(self.units[id.0 as usize].function));
        for statement in &function.body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Evaluate(value) => {
                self.value(value);
            }
            Statement::Assign(target, value) => {
                let atoms = self.value(value);
                self.assign(target, atoms, value.at);
            }
            Statement::Return(value) => {
                let atoms = self.value(value);
                let unit = self.here.0.0 as usize;
                let before = self.units[unit].returned.len();
                self.units[unit].returned.extend(atoms);
                widen(&mut self.units[unit].returned);
                self.changed |= self.units[unit].returned.len() != before;
            }
            Statement::Yield(value) => {
                let atoms = self.value(value);
                let site = self.site(value.id, 7, Shape::List);
                self.put(site, "[]", atoms, value.at);
                let unit = self.here.0.0 as usize;
                self.changed |= self.units[unit].returned.insert(Atom::Object(site));
            }
            Statement::ImportAll(module) => {
                let atoms = self.value(module);
                let unit = self.here.0.0 as usize;
                for atom in atoms {
                    self.changed |= self.units[unit].everything_of.insert(atom);
                }
            }
            Statement::Refuse(kind, at, what) => self.refuse(*kind, *at, what),
        }
    }

    /// A module is met: its top is evaluated.
    pub(super) fn enter_module(&mut self, module: ModuleId) {
        let body = self.program.module(module).body;
        let unit = self.unit(body, None, Vec::new(), None);
        self.module_units.insert(module, unit);
    }

    pub(super) fn is_last_round(&self) -> bool {
        self.stage == Stage::Recording
    }

    /// The file of a function.
    fn file_of(&self, function: FunctionId) -> Arc<str> {
        let module = self.program.functions[function.0 as usize].module;
        Arc::clone(&self.program.module(module).file)
    }

    /// Something isn't understood, here.
    pub(super) fn refuse(&mut self, kind: RefusalKind, at: At, what: &str) {
        if self.is_last_round() {
            let place = Spot { file: Arc::clone(&self.here.1), at }.place();
            self.refusals.insert(Refusal { kind, place, what: what.to_owned() });
        }
    }

    /// What a name is, looked up from an invocation outwards.
    fn lookup(&mut self, name: &Name) -> Atoms {
        let mut unit = Some(self.here.0);
        let mut inner = true;
        while let Some(id) = unit {
            let of = &self.units[id.0 as usize];
            let function = &self.program.functions[of.function.0 as usize];
            unit = of.parent;
            let visible = inner || function.role != super::ir::Role::ClassBody;
            inner = false;
            if !visible {
                continue;
            }
            if function.locals.contains(name) {
                return self.variables.get(&(id, Arc::clone(name))).cloned().unwrap_or_default();
            }
            if !of.everything_of.is_empty() {
                // Classes of the same package come before those of packages that are imported whole.
                if let Some(owner) = self.beside(id, name) {
                    return self.variables.get(&(owner, Arc::clone(name))).cloned().unwrap_or_default();
                }
                let modules = of.everything_of.clone();
                let found = self.in_everything(&modules, name);
                if !found.is_empty() {
                    return found;
                }
            }
        }
        // A name that nobody declares belongs to the file in which it is assigned (JavaScript).
        let file = self.outermost();
        if let Some(owner) = self.beside(file, name) {
            return self.variables.get(&(owner, Arc::clone(name))).cloned().unwrap_or_default();
        }
        match self.variables.get(&(file, Arc::clone(name))) {
            Some(found) => found.clone(),
            None => super::library::global(self.language, name),
        }
    }

    /// The top of the file that is being evaluated.
    fn outermost(&self) -> UnitId {
        let mut id = self.here.0;
        while let Some(parent) = self.units[id.0 as usize].parent {
            id = parent;
        }
        id
    }

    /// The top of another file of the same package, if it has a name.
    fn beside(&self, file: UnitId, name: &Name) -> Option<UnitId> {
        let module = self.program.functions[self.units[file.0 as usize].function.0 as usize].module;
        self.in_package(module, name)
    }

    /// The top of the file of a package that has a name.
    fn in_package(&self, module: ModuleId, name: &Name) -> Option<UnitId> {
        let units = self.siblings.get(&module)?.iter().filter_map(|file| self.module_units.get(file).copied());
        units.into_iter().find(|unit| {
            let function = self.units[unit.0 as usize].function;
            self.program.functions[function.0 as usize].locals.contains(name)
        })
    }

    fn in_everything(&mut self, modules: &BTreeSet<Atom>, name: &Name) -> Atoms {
        let mut found = Atoms::new();
        for module in modules {
            match module {
                Atom::Module(id) => found.extend(self.exported(*id, name)),
                Atom::Library(path) if super::library::has(self.language, path, name) => {
                    found.insert(Atom::Library(format!("{path}.{name}").into()));
                }
                _ => {}
            }
        }
        found
    }

    /// Binds a name where it belongs.
    pub(super) fn bind(&mut self, name: &Name, atoms: Atoms) {
        let mut unit = Some(self.here.0);
        let file = self.outermost();
        let mut owner = self.beside(file, name).unwrap_or(file);
        while let Some(id) = unit {
            let of = &self.units[id.0 as usize];
            if self.program.functions[of.function.0 as usize].locals.contains(name) {
                owner = id;
                break;
            }
            unit = of.parent;
        }
        self.bind_in(owner, name, atoms);
    }

    fn bind_in(&mut self, unit: UnitId, name: &Name, atoms: Atoms) {
        let known = self.variables.entry((unit, Arc::clone(name))).or_default();
        self.changed |= merge(known, atoms);
    }

    fn value(&mut self, expression: &Expression) -> Atoms {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Atoms::new();
        }
        self.evaluate(expression)
    }
}

/// Adds atoms to a set; whether it grew.
fn merge(known: &mut Atoms, atoms: Atoms) -> bool {
    let before = known.len();
    if atoms.iter().all(|atom| known.contains(atom)) {
        return false;
    }
    let was_wide = known.contains(&too_many());
    if was_wide && atoms.iter().all(|atom| known.contains(atom) || !atom.matters()) {
        return false;
    }
    known.extend(atoms);
    widen(known);
    known.len() != before || !was_wide
}

fn too_many() -> Atom {
    Atom::unknown("too many values")
}

/// Keeps a set small: of too many values only those that can make calls are kept.
fn widen(atoms: &mut Atoms) {
    if atoms.len() > MAX_VALUES {
        atoms.retain(Atom::matters);
        atoms.insert(too_many());
    }
}
