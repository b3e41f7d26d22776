//! From the arguments of a call to the parameters of a function.

use std::sync::Arc;

use super::super::ir::{At, Expression, Function, Kind, Name, Parameter, Passed, Role, Spread, Takes};
use super::super::report::Language;
use super::atom::{Atom, Atoms, SiteId, UnitId};
use super::{Arguments, Evaluator, Shape, one};

impl Evaluator<'_> {
    pub(super) fn arguments(&mut self, passed: &[Passed], whole: &Expression) -> Arguments {
        let mut arguments = Arguments::default();
        if let ([only], true) = (passed, self.language == Language::Go)
            && let Some(all) = self.returned_at_once(only)
        {
            return all;
        }
        for argument in passed {
            let atoms = self.value(&argument.value);
            match (argument.spread, &argument.name) {
                (Spread::List, _) => {
                    let each = self.spread_elements(&atoms, &mut arguments, argument.value.at, whole);
                    if let Some(each) = each {
                        arguments.rest.get_or_insert_default().extend(each);
                    }
                }
                (Spread::Map, _) => self.spread_named(&atoms, &mut arguments),
                (Spread::No, Some(name)) => arguments.named.push((Arc::clone(name), atoms, argument.value.at)),
                (Spread::No, None) => arguments.positional.push((atoms, argument.value.at)),
            }
        }
        arguments
    }

    /// `f(g())` of Go, where `g` returns several values.
    fn returned_at_once(&mut self, only: &Passed) -> Option<Arguments> {
        let Kind::Call(..) = &*only.value.kind else { return None };
        let atoms = self.value(&only.value);
        let count = atoms.iter().filter_map(|atom| match atom {
            Atom::Object(site) if self.shape(*site) == Shape::Tuple => Some(self.fields(*site).len()),
            _ => None,
        });
        let count = count.max()?;
        Some(Arguments::of((0..count).map(|index| self.part(&atoms, index as u32)).collect()))
    }

    /// A list whose length is known becomes positional arguments; of others the elements are returned.
    pub(super) fn spread_elements(
        &mut self,
        of: &Atoms,
        to: &mut Arguments,
        at: At,
        whole: &Expression,
    ) -> Option<Atoms> {
        if let (1, Some(Atom::Object(site))) = (of.len(), of.first()) {
            let plain = self.shape(*site) == Shape::List && self.field(*site, "[]").is_none() && !self.is_open(*site);
            if plain && to.rest.is_none() {
                let mut elements = self.fields(*site);
                elements.sort_by_key(|(index, _)| index.parse::<usize>().unwrap_or(usize::MAX));
                to.positional.extend(elements.into_iter().map(|(_, field)| (field.atoms, at)));
                return None;
            }
        }
        Some(self.each(of, whole))
    }

    pub(super) fn spread_named(&mut self, of: &Atoms, to: &mut Arguments) {
        for atom in of {
            match atom {
                Atom::Object(site) => {
                    for (name, field) in self.fields(*site) {
                        if &*name != "{}" && &*name != "[]" {
                            to.named.push((name, field.atoms, field.spot.at));
                        }
                    }
                    to.open |= self.is_open(*site) || self.field(*site, "{}").is_some();
                }
                Atom::Nothing => {}
                _ => to.open = true,
            }
        }
    }

    /// The elements of a list as positional arguments.
    pub(in super::super) fn positional_of(&mut self, of: &Atoms, to: &mut Arguments, whole: &Expression) {
        if let Some(each) = self.spread_elements(of, to, whole.at, whole) {
            to.rest.get_or_insert_default().extend(each);
        }
    }

    /// The fields of a map as named arguments.
    pub(in super::super) fn named_of(&mut self, of: &Atoms, to: &mut Arguments) {
        self.spread_named(of, to);
    }

    /// Arguments after those that were given before.
    pub(super) fn with_partial(&mut self, site: SiteId, arguments: &Arguments) -> Arguments {
        let mut all = Arguments { positional: Vec::new(), ..arguments.clone() };
        for (name, field) in self.fields(site) {
            let Some(name) = name.strip_prefix("$partial ") else { continue };
            if name.bytes().all(|byte| byte.is_ascii_digit()) {
                all.positional.push((field.atoms, field.spot.at));
            } else {
                all.named.push((name.into(), field.atoms, field.spot.at));
            }
        }
        all.positional.extend(arguments.positional.iter().cloned());
        all
    }

    pub(super) fn bind_parameters(
        &mut self,
        function: &Function,
        unit: UnitId,
        receiver: Option<Atom>,
        arguments: &Arguments,
        whole: &Expression,
    ) {
        let mut positional = arguments.positional.iter();
        let mut parameters = function.parameters.iter();
        if matches!(self.language, Language::Python | Language::Go) {
            let first = match function.role {
                Role::Static => None,
                Role::OfClass => receiver.map(|atom| self.class_of_receiver(atom)),
                _ => receiver.map(one),
            };
            if let Some(first) = first
                && let Some(parameter) = parameters.next()
            {
                self.bind_in(unit, &parameter.name, first);
            }
        }
        let mut used = Vec::new();
        for parameter in parameters {
            let atoms = match parameter.kind {
                Takes::One => {
                    used.push(Arc::clone(&parameter.name));
                    self.argument_for(parameter, positional.next().map(|(atoms, _)| atoms), arguments, unit)
                }
                Takes::Rest => self.rest_of(positional.by_ref().cloned().collect(), arguments, whole),
                Takes::Keywords => self.keywords_of(&used, arguments, whole),
            };
            self.bind_in(unit, &parameter.name, atoms);
        }
        if self.language == Language::JavaScript && function.locals.contains("arguments") {
            let all = self.rest_of(arguments.positional.clone(), arguments, whole);
            self.bind_in(unit, &"arguments".into(), all);
        }
    }

    pub(super) fn class_of_receiver(&self, receiver: Atom) -> Atoms {
        match receiver {
            Atom::Object(site) => self.object(site).class.clone(),
            other => one(other),
        }
    }

    pub(super) fn argument_for(
        &mut self,
        parameter: &Parameter,
        given: Option<&Atoms>,
        arguments: &Arguments,
        unit: UnitId,
    ) -> Atoms {
        let named = arguments.named.iter().filter(|(name, ..)| *name == parameter.name);
        let mut atoms: Atoms = named.flat_map(|(_, atoms, _)| atoms.iter().cloned()).collect();
        let mut missing = atoms.is_empty();
        if let Some(given) = given {
            atoms.extend(given.iter().cloned());
            missing = self.language == Language::JavaScript && given.iter().any(|atom| *atom == Atom::Nothing);
        } else if let Some(rest) = &arguments.rest {
            atoms.extend(rest.iter().cloned());
        }
        if arguments.outside {
            let made = self.made_by_type(parameter, unit);
            atoms.extend(made);
        } else if arguments.open {
            atoms.insert(Atom::unknown("an argument that is spread"));
        }
        if missing || arguments.rest.is_some() || arguments.open {
            match &parameter.default {
                Some(default) => {
                    let file = self.file_of(self.units[unit.0 as usize].function);
                    let caller = std::mem::replace(&mut self.here, (unit, file));
                    let value = self.value(default);
                    self.here = caller;
                    self.with_default(&mut atoms, &value);
                }
                None if atoms.is_empty() && given.is_none() => {
                    atoms.insert(Atom::Nothing);
                }
                None => {}
            }
        }
        atoms
    }

    /// What code outside passes for a parameter, by its type.
    fn made_by_type(&mut self, parameter: &Parameter, unit: UnitId) -> Atoms {
        let Some(declared) = &parameter.declared else { return one(Atom::FromOutside) };
        let file = self.file_of(self.units[unit.0 as usize].function);
        let caller = std::mem::replace(&mut self.here, (unit, file));
        let types = self.value(declared);
        let mut made = Atoms::new();
        for named in &types {
            made.extend(match self.language {
                Language::Java => self.java_instance_from_outside(named, declared),
                _ => self.instance_from_outside(named, declared),
            });
        }
        self.here = caller;
        if made.is_empty() { one(Atom::FromOutside) } else { made }
    }

    pub(super) fn rest_of(&mut self, left: Vec<(Atoms, At)>, arguments: &Arguments, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 1, Shape::List);
        for (index, (atoms, at)) in left.into_iter().enumerate() {
            self.put(site, &index.to_string(), atoms, at);
        }
        if let Some(rest) = &arguments.rest {
            self.push(site, rest.clone(), whole.at);
        }
        if arguments.outside {
            self.push(site, one(Atom::FromOutside), whole.at);
        }
        one(Atom::Object(site))
    }

    pub(super) fn keywords_of(&mut self, used: &[Name], arguments: &Arguments, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 2, Shape::Map);
        for (name, atoms, at) in &arguments.named {
            if !used.contains(name) {
                self.put(site, name, atoms.clone(), *at);
            }
        }
        if arguments.open {
            self.open(site, "a keyword argument that is spread");
        }
        one(Atom::Object(site))
    }
}
