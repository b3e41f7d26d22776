//! What modules offer, and the environment.

use std::sync::Arc;

use super::super::ir::{At, ModuleId, Name};
use super::super::report::{EnvironmentRead, Language};
use super::atom::{Atom, Atoms, UnitId};
use super::{Evaluator, Shape, Spot, one};

impl Evaluator<'_> {
    /// What a module offers under a name.
    pub(in super::super) fn exported(&mut self, module: ModuleId, name: &Name) -> Atoms {
        let Some(unit) = self.module_units.get(&module).copied() else { return Atoms::new() };
        if self.language == Language::JavaScript {
            return self.exported_by_script(unit, name);
        }
        if let Some(owner) = self.in_package(module, name) {
            return self.variables.get(&(owner, Arc::clone(name))).cloned().unwrap_or_default();
        }
        if let Some(found) = self.variables.get(&(unit, Arc::clone(name))) {
            return found.clone();
        }
        let everything = self.units[unit.0 as usize].everything_of.clone();
        let found = self.in_everything(&everything, name);
        if found.is_empty() { self.submodule(module, name) } else { found }
    }

    pub(super) fn exported_by_script(&mut self, unit: UnitId, name: &Name) -> Atoms {
        let mut found = self.variables.get(&(unit, format!("export {name}").into())).cloned().unwrap_or_default();
        for holder in ["module", "exports"] {
            let held = self.variables.get(&(unit, holder.into())).cloned().unwrap_or_default();
            for atom in held {
                let Atom::Object(site) = atom else { continue };
                let exports =
                    if holder == "module" { self.read(site, "exports").unwrap_or_default() } else { one(atom) };
                for export in exports {
                    match &export {
                        Atom::Object(site) if &**name != "default" || self.field(*site, name).is_some() => {
                            if let Some(field) = self.field(*site, name) {
                                found.extend(field.atoms.clone());
                            } else if self.shape(*site) == Shape::Instance {
                                let at = Self::placeholder();
                                found.extend(self.attribute_of(&export, name, &at));
                            }
                        }
                        _ if &**name == "default" => {
                            found.insert(export);
                        }
                        Atom::Module(id) => found.extend(self.exported(*id, name)),
                        Atom::Library(_) | Atom::Class(..) => {
                            let at = Self::placeholder();
                            found.extend(self.attribute_of(&export, name, &at));
                        }
                        _ => {}
                    }
                }
            }
        }
        if found.is_empty() {
            let everything = self.units[unit.0 as usize].everything_of.clone();
            found = self.in_everything(&everything, name);
        }
        found
    }

    /// The names that a module offers, with what they are.
    pub(super) fn exports_of(&mut self, module: ModuleId) -> Vec<(Name, Atoms)> {
        let body = self.program.module(module).body;
        let locals = self.program.function(body).locals.clone();
        let mut names: std::collections::BTreeSet<Name> = locals
            .iter()
            .filter_map(|name| match self.language {
                Language::JavaScript => name.strip_prefix("export ").map(Into::into),
                _ => Some(Arc::clone(name)),
            })
            .collect();
        let exports = self.exported(module, &"default".into());
        for atom in &exports {
            if let Atom::Object(site) = atom {
                names.extend(self.fields(*site).into_iter().map(|(name, _)| name));
            }
        }
        names.into_iter().map(|name| (Arc::clone(&name), self.exported(module, &name))).collect()
    }

    /// Everything that a module offers.
    pub(in super::super) fn everything_in(&mut self, module: ModuleId) -> Atoms {
        let body = self.program.module(module).body;
        let names: Vec<Name> = self.program.function(body).locals.iter().cloned().collect();
        let mut found = Atoms::new();
        for name in names {
            let name = name.strip_prefix("export ").map_or_else(|| Arc::clone(&name), Into::into);
            found.extend(self.exported(module, &name));
        }
        found
    }

    /// An environment variable is read.
    pub(in super::super) fn environment(&mut self, name: &str, default: Option<Arc<str>>, at: At) -> Atom {
        let spot = Spot { file: Arc::clone(&self.here.1), at };
        self.reads.insert(EnvironmentRead { name: name.to_owned(), place: spot.place() });
        Atom::Environment(self.environment_id(name.into(), default, spot))
    }

    pub(super) fn environment_with_default(&mut self, id: u32, default: &Arc<str>) -> Atom {
        let (name, known, spot) = self.environment[id as usize].clone();
        let default = known.unwrap_or_else(|| Arc::clone(default));
        Atom::Environment(self.environment_id(name, Some(default), spot))
    }

    pub(super) fn environment_id(&mut self, name: Name, default: Option<Arc<str>>, spot: Spot) -> u32 {
        let entry = (name, default, spot);
        let known = self.environment.iter().position(|known| *known == entry);
        known.unwrap_or_else(|| {
            self.environment.push(entry);
            self.environment.len() - 1
        }) as u32
    }

    /// The name, default and place of an environment variable.
    pub(in super::super) fn variable(&self, id: u32) -> &(Name, Option<Arc<str>>, Spot) {
        &self.environment[id as usize]
    }
}
