//! From what an expression may be to what is reported of it.

use std::collections::BTreeMap;

use super::super::report::Value;
use super::atom::{Atom, Atoms, SiteId};
use super::{Evaluator, Shape, Spot};

/// Objects inside objects, at most.
const MAX_DEPTH: usize = 7;
/// Arguments of one call, at most; beyond them it counts as incomplete.
const MAX_PATHS: usize = 120;
/// Parts of strings inside parts, at most.
const MAX_NESTED: usize = 12;

/// Why a field isn't known that has no value before it is set.
pub(in super::super) const UNSET: &str = "a value that nothing here sets";

/// Arguments by path, before they become values.
pub(super) type Paths = BTreeMap<String, (Atoms, Spot)>;

impl Evaluator<'_> {
    /// Writes down an argument: its value, or those of everything inside it. False when there may be more.
    pub(super) fn flatten(&self, path: &str, atoms: &Atoms, spot: &Spot, to: &mut Paths) -> bool {
        self.flatten_into(path, atoms, spot, to, &mut Vec::new())
    }

    fn flatten_into(&self, path: &str, atoms: &Atoms, spot: &Spot, to: &mut Paths, inside: &mut Vec<SiteId>) -> bool {
        let mut complete = true;
        for atom in atoms {
            let Atom::Object(site) = atom else {
                if *atom == Atom::Nothing {
                    continue;
                }
                if to.len() >= MAX_PATHS && !to.contains_key(path) {
                    return false;
                }
                let known = to.entry(path.to_owned()).or_insert_with(|| (Atoms::new(), spot.clone()));
                known.0.insert(atom.clone());
                complete &= !(path.is_empty() || matches!(atom, Atom::Sdk(_)));
                continue;
            };
            if inside.contains(site) || inside.len() >= MAX_DEPTH {
                complete = false;
                continue;
            }
            inside.push(*site);
            complete &= self.flatten_object(path, *site, spot, to, inside);
            inside.pop();
        }
        complete
    }

    fn flatten_object(&self, path: &str, site: SiteId, spot: &Spot, to: &mut Paths, inside: &mut Vec<SiteId>) -> bool {
        let mut complete = !self.is_open(site);
        let keys_matter = path == "RequestItems";
        if keys_matter {
            let known = to.entry(format!("{path}{{}}")).or_insert_with(|| (Atoms::new(), spot.clone()));
            known.0.extend(self.keys(site));
        } else {
            complete &= self.computed_keys(site).is_empty();
        }
        for (name, field) in self.fields(site) {
            let inner = match (self.shape(site), &*name) {
                (Shape::List, _) => format!("{path}[]"),
                (_, "{}") => continue,
                // What reading notes besides.
                (_, noted) if noted.starts_with('$') => continue,
                _ if keys_matter => format!("{path}{{}}"),
                _ if path.is_empty() => name.to_string(),
                _ => format!("{path}.{name}"),
            };
            if keys_matter {
                continue;
            }
            complete &= self.flatten_into(&inner, &field.atoms, &field.spot, to, inside);
        }
        complete
    }

    /// The value to report.
    pub(super) fn reported(&self, atoms: &Atoms) -> Value {
        self.reported_inside(atoms, &mut Vec::new())
    }

    fn reported_inside(&self, atoms: &Atoms, inside: &mut Vec<SiteId>) -> Value {
        let mut values: Vec<Value> = atoms
            .iter()
            .filter(|atom| !matches!(atom, Atom::FromOutside | Atom::Nothing))
            .map(|atom| self.reported_atom(atom, inside))
            .collect();
        if values.is_empty() {
            let outside = atoms.contains(&Atom::FromOutside);
            let reason = if outside { "a parameter that only code outside sets" } else { "nothing here sets it" };
            return Value::Unknown { reason: reason.into() };
        }
        values.sort();
        values.dedup();
        if values.len() > 1 {
            values.retain(|value| !matches!(value, Value::Unknown { reason } if reason == UNSET));
        }
        without_bare_reads(&mut values);
        if values.len() == 1 { values.remove(0) } else { Value::OneOf(values) }
    }

    fn reported_atom(&self, atom: &Atom, inside: &mut Vec<SiteId>) -> Value {
        let unknown = |reason: &str| Value::Unknown { reason: reason.to_owned() };
        match atom {
            Atom::Text(text) | Atom::Constant(text) => Value::Literal(text.to_string()),
            Atom::Environment(id) => {
                let (name, default, spot) = self.variable(*id);
                let default = default.as_ref().map(ToString::to_string);
                Value::Environment { name: name.to_string(), default, place: spot.place() }
            }
            Atom::Event(path) => Value::Event { path: path.to_string() },
            Atom::Joined(site) => self.reported_parts(*site, inside),
            Atom::Cut(of) => Value::Cut { of: Box::new(self.reported_atom(of, inside)) },
            Atom::Unknown(reason) => unknown(reason),
            Atom::Library(path) => unknown(&format!("a value of {path}")),
            Atom::Object(_) => unknown("an object"),
            Atom::Sdk(_) | Atom::Member(..) => unknown("what an AWS call returns"),
            _ => unknown("an expression"),
        }
    }

    fn reported_parts(&self, site: SiteId, inside: &mut Vec<SiteId>) -> Value {
        if inside.contains(&site) || inside.len() >= MAX_NESTED {
            return Value::Unknown { reason: "a string that is put together in a loop".into() };
        }
        inside.push(site);
        let mut parts: Vec<Value> = Vec::new();
        for (_, field) in self.fields(site) {
            match (parts.last_mut(), self.reported_inside(&field.atoms, inside)) {
                (_, Value::Literal(text)) if text.is_empty() => {}
                (Some(Value::Literal(before)), Value::Literal(text)) => before.push_str(&text),
                (_, Value::Parts(inner)) => parts.extend(inner),
                (_, value) => parts.push(value),
            }
        }
        inside.pop();
        if parts.len() == 1 { parts.remove(0) } else { Value::Parts(parts) }
    }

    /// In words, what something is: for messages.
    pub(in super::super) fn in_words(&self, atoms: &Atoms) -> String {
        match self.reported(atoms) {
            Value::Literal(text) => format!("`{text}`"),
            Value::Environment { name, .. } => format!("the environment variable {name}"),
            Value::Cut { .. } => "a part of a string".into(),
            Value::Parts(_) => "a string that is put together".into(),
            Value::Event { path } => format!("the event's `{path}`"),
            Value::OneOf(_) => "one of several".into(),
            Value::Unknown { reason } => reason,
        }
    }
}

/// A variable that is read with a default somewhere has it: where it isn't set, reading it alone gives no value.
fn without_bare_reads(values: &mut Vec<Value>) {
    let read = |value: &Value, with: bool| match value {
        Value::Environment { name, default, .. } if default.is_some() == with => Some(name.clone()),
        _ => None,
    };
    let defaulted: Vec<String> = values.iter().filter_map(|value| read(value, true)).collect();
    values.retain(|value| read(value, false).is_none_or(|name| !defaulted.contains(&name)));
}
