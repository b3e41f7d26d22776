//! Maps, lists and instances, each known by the expression that makes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::ir::{At, Name};
use super::atom::{Atom, Atoms, SiteId};
use super::{Evaluator, Spot, merge};

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Shape {
    Map,
    /// Elements by index; `[]` for those whose index isn't known.
    List,
    /// A `Map` of JavaScript: values in `{}`, which are no fields of it.
    Entries,
    /// Of a local class.
    Instance,
    /// Parts of a string.
    Parts,
    /// Several values that a function returns at once, by number.
    Tuple,
}

/// A field of an object.
#[derive(Debug, Clone)]
pub(in super::super) struct Field {
    pub(in super::super) atoms: Atoms,
    /// Where it was set first.
    pub(in super::super) spot: Spot,
}

/// An object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) shape: Shape,
    pub(super) class: Atoms,
    pub(super) fields: BTreeMap<Name, Field>,
    /// Keys that are computed; their values are in the field `{}`.
    pub(super) keys: Atoms,
    /// Why there may be fields that aren't listed.
    pub(super) open: Option<Arc<str>>,
}

impl Evaluator<'_> {
    /// The object that an expression makes in this invocation; `part` tells several of one expression apart.
    pub(in super::super) fn site(&mut self, expression: u32, part: u8, shape: Shape) -> SiteId {
        let key = (expression, Some(self.here.0), part);
        if let Some(id) = self.site_ids.get(&key) {
            return *id;
        }
        let id = SiteId(self.heap.len() as u32);
        self.heap.push(Object { shape, class: Atoms::new(), fields: BTreeMap::new(), keys: Atoms::new(), open: None });
        self.site_ids.insert(key, id);
        self.changed = true;
        id
    }

    pub(super) fn object(&self, site: SiteId) -> &Object {
        &self.heap[site.0 as usize]
    }

    /// The local classes that an object is of.
    pub(in super::super) fn class_of(&self, site: SiteId) -> &Atoms {
        &self.object(site).class
    }

    pub(in super::super) fn shape(&self, site: SiteId) -> Shape {
        self.object(site).shape
    }

    /// Adds to a field.
    pub(in super::super) fn put(&mut self, site: SiteId, field: &str, atoms: Atoms, at: At) {
        let spot = Spot { file: Arc::clone(&self.here.1), at };
        self.put_at(site, field, atoms, spot);
    }

    pub(in super::super) fn put_at(&mut self, site: SiteId, field: &str, atoms: Atoms, spot: Spot) {
        let fields = &mut self.heap[site.0 as usize].fields;
        if let Some(known) = fields.get_mut(field) {
            self.changed |= merge(&mut known.atoms, atoms);
        } else {
            fields.insert(field.into(), Field { atoms, spot });
            self.changed = true;
        }
    }

    /// A computed key with its value.
    pub(in super::super) fn put_computed(&mut self, site: SiteId, key: Atoms, atoms: Atoms, at: At) {
        self.changed |= merge(&mut self.heap[site.0 as usize].keys, key);
        self.put(site, "{}", atoms, at);
    }

    pub(super) fn set_class(&mut self, site: SiteId, class: Atom) {
        self.changed |= self.heap[site.0 as usize].class.insert(class);
    }

    /// There may be fields that aren't known.
    pub(in super::super) fn open(&mut self, site: SiteId, why: &str) {
        let open = &mut self.heap[site.0 as usize].open;
        if open.is_none() {
            *open = Some(why.into());
            self.changed = true;
        }
    }

    pub(in super::super) fn is_open(&self, site: SiteId) -> bool {
        self.object(site).open.is_some()
    }

    pub(in super::super) fn field(&self, site: SiteId, field: &str) -> Option<&Field> {
        self.object(site).fields.get(field)
    }

    /// All fields of an object, by name.
    pub(in super::super) fn fields(&self, site: SiteId) -> Vec<(Name, Field)> {
        self.object(site).fields.iter().map(|(name, field)| (Arc::clone(name), field.clone())).collect()
    }

    /// What a field may be: the one of this name, those of unknown names, and nothing known if there may be more.
    pub(in super::super) fn read(&self, site: SiteId, field: &str) -> Option<Atoms> {
        let object = self.object(site);
        let mut found: Option<Atoms> = object.fields.get(field).map(|field| field.atoms.clone());
        let anywhere = if object.shape == Shape::List { "[]" } else { "{}" };
        let numbered = object.shape != Shape::List || field.bytes().all(|byte| byte.is_ascii_digit());
        let named = object.shape != Shape::Entries;
        if let Some(more) = object.fields.get(anywhere).filter(|_| numbered && named) {
            found.get_or_insert_default().extend(more.atoms.iter().cloned());
        }
        if let Some(why) = &object.open
            && found.is_none()
        {
            return Some(Atoms::from([Atom::Unknown(Arc::clone(why))]));
        }
        found
    }

    /// What any element or field may be.
    pub(in super::super) fn any(&self, site: SiteId) -> Atoms {
        let object = self.object(site);
        let mut found: Atoms = object.fields.values().flat_map(|field| field.atoms.iter().cloned()).collect();
        if let Some(why) = &object.open {
            found.insert(Atom::Unknown(Arc::clone(why)));
        }
        found
    }

    /// The keys of a map: names and what computed ones may be.
    pub(in super::super) fn keys(&self, site: SiteId) -> Atoms {
        let object = self.object(site);
        let names = object.fields.keys().filter(|name| !matches!(&***name, "{}" | "[]"));
        names.map(|name| Atom::Text(Arc::clone(name))).chain(object.keys.iter().cloned()).collect()
    }

    pub(super) fn computed_keys(&self, site: SiteId) -> &Atoms {
        &self.object(site).keys
    }

    /// Copies all fields of one object to another.
    pub(in super::super) fn copy_fields(&mut self, from: SiteId, to: SiteId) {
        if from == to {
            return;
        }
        for (name, field) in self.fields(from) {
            self.put_at(to, &name, field.atoms, field.spot);
        }
        let keys = self.object(from).keys.clone();
        self.changed |= merge(&mut self.heap[to.0 as usize].keys, keys);
        if let Some(why) = self.object(from).open.clone() {
            self.open(to, &why);
        }
    }

    /// Adds an element to a list.
    pub(in super::super) fn push(&mut self, site: SiteId, atoms: Atoms, at: At) {
        self.put(site, "[]", atoms, at);
    }
}
