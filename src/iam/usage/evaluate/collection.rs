//! Methods of lists, maps and sets.

use super::super::ir::{Expression, Name};
use super::atom::{Atom, Atoms, SiteId, only_text, unknown};
use super::{Arguments, Evaluator, Shape, one};

impl Evaluator<'_> {
    pub(super) fn python_collection(
        &mut self,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let itself = one(Atom::Object(site));
        let first = arguments.get(0, "").unwrap_or_default();
        match &**name {
            "get" | "setdefault" | "pop" if self.shape(site) != Shape::List => {
                let mut found = self.index(&itself, &first, whole);
                match arguments.get(1, "default") {
                    Some(default) => {
                        found.remove(&Atom::unknown("a key that nothing here sets"));
                        if &**name == "setdefault" {
                            self.put_computed(site, first, default.clone(), whole.at);
                        }
                        found.extend(default);
                    }
                    None => {
                        found.insert(Atom::Nothing);
                    }
                }
                found
            }
            "pop" | "popleft" | "get" | "get_nowait" | "__next__" => self.any(site),
            "append" | "add" | "appendleft" | "put" | "put_nowait" => {
                self.push(site, first, whole.at);
                one(Atom::Nothing)
            }
            "insert" => {
                let value = arguments.get(1, "").unwrap_or_default();
                self.push(site, value, whole.at);
                one(Atom::Nothing)
            }
            "extend" => {
                let each = self.each(&first, whole);
                self.push(site, each, whole.at);
                one(Atom::Nothing)
            }
            "update" => {
                self.spread_into(site, &first);
                for (name, atoms, at) in &arguments.named {
                    self.put(site, name, atoms.clone(), *at);
                }
                one(Atom::Nothing)
            }
            "copy" | "union" | "difference" | "intersection" => itself,
            "keys" => {
                let keys = self.keys(site);
                self.made_list(keys, 3, whole)
            }
            "values" => {
                let any = self.any(site);
                self.made_list(any, 4, whole)
            }
            "items" => self.pairs(site, whole),
            _ => {
                self.escape(arguments, &format!("`{name}` of an object"), whole);
                unknown(&format!("what `{name}` of an object returns"))
            }
        }
    }

    /// A list of such elements.
    pub(in super::super) fn made_list(&mut self, elements: Atoms, part: u8, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, part, Shape::List);
        self.push(site, elements, whole.at);
        one(Atom::Object(site))
    }

    /// The pairs of keys and values of a map.
    pub(in super::super) fn pairs(&mut self, site: SiteId, whole: &Expression) -> Atoms {
        let pair = self.site(whole.id, 5, Shape::List);
        let (keys, values) = (self.keys(site), self.any(site));
        self.put(pair, "0", keys, whole.at);
        self.put(pair, "1", values, whole.at);
        self.made_list(one(Atom::Object(pair)), 6, whole)
    }

    /// JavaScript's methods of arrays, maps and sets.
    pub(in super::super) fn array_method(
        &mut self,
        of: &Atoms,
        each: &Atoms,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        let site = of.iter().find_map(|atom| if let Atom::Object(site) = atom { Some(*site) } else { None });
        let entries = site.filter(|site| self.shape(*site) == Shape::Entries);
        Some(match (&**name, entries) {
            ("values", Some(site)) => {
                let any = self.any(site);
                self.made_list(any, 4, whole)
            }
            ("keys", Some(site)) => {
                let keys = self.keys(site);
                self.made_list(keys, 3, whole)
            }
            _ => return self.list_method(of, each, name, arguments, whole),
        })
    }

    fn list_method(
        &mut self,
        of: &Atoms,
        each: &Atoms,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        let first = arguments.get(0, "").unwrap_or_default();
        let site = of.iter().find_map(|atom| if let Atom::Object(site) = atom { Some(*site) } else { None });
        let each_index = || Arguments::of(vec![each.clone(), unknown("an index"), of.clone()]);
        Some(match &**name {
            "map" | "flatMap" => {
                let mut made = self.call(&first, &each_index(), whole);
                if &**name == "flatMap" {
                    made = self.each(&made, whole);
                }
                self.made_list(made, 3, whole)
            }
            "forEach" | "some" | "every" | "findIndex" => {
                self.call(&first, &each_index(), whole);
                unknown("the result of a loop")
            }
            "filter" => {
                self.call(&first, &each_index(), whole);
                of.clone()
            }
            "find" | "findLast" => {
                self.call(&first, &each_index(), whole);
                each.clone()
            }
            "sort" => {
                self.call(&first, &Arguments::of(vec![each.clone(), each.clone()]), whole);
                of.clone()
            }
            "reduce" | "reduceRight" => {
                let mut held = arguments.get(1, "").unwrap_or_else(|| each.clone());
                let passed = Arguments::of(vec![held.clone(), each.clone(), unknown("an index"), of.clone()]);
                let step = self.call(&first, &passed, whole);
                held.extend(step.clone());
                let again = Arguments::of(vec![held.clone(), each.clone(), unknown("an index"), of.clone()]);
                held.extend(self.call(&first, &again, whole));
                held
            }
            "slice" | "reverse" | "concat" | "flat" | "values" | "splice" | "toSorted" | "toReversed" => {
                let mut all = of.clone();
                for (more, _) in arguments.positional.iter().filter(|_| &**name == "concat") {
                    all.extend(more.iter().cloned());
                }
                if &**name == "flat" { self.each_flat(&all, whole) } else { all }
            }
            "pop" | "shift" | "at" | "next" => each.clone(),
            "push" | "unshift" | "add" | "set" => {
                if let Some(site) = site {
                    self.add_to(site, name, arguments, whole);
                }
                of.clone()
            }
            "get" => match site {
                Some(_) => each.iter().cloned().chain([Atom::Nothing]).collect(),
                None => return None,
            },
            "entries" => match site {
                Some(site) => self.pairs(site, whole),
                None => return None,
            },
            "join" => match only_text(&first) {
                Some(between) => self.join_list(of, &between, whole),
                None => unknown("a joined string"),
            },
            "includes" | "indexOf" | "has" | "keys" | "hasOwnProperty" | "delete" | "clear" | "fill" => {
                unknown("a fact on a list")
            }
            _ => return None,
        })
    }

    pub(super) fn each_flat(&mut self, of: &Atoms, whole: &Expression) -> Atoms {
        let each = self.each(of, whole);
        let mut inner = self.each(&each, whole);
        inner.extend(each);
        self.made_list(inner, 8, whole)
    }

    /// `push` and its like put elements into a list, `set` a value into a map.
    fn add_to(&mut self, site: SiteId, name: &str, arguments: &Arguments, whole: &Expression) {
        if name == "set" {
            let key = arguments.get(0, "").unwrap_or_default();
            self.put_computed(site, key, arguments.get(1, "").unwrap_or_default(), whole.at);
            return;
        }
        for atoms in arguments.all() {
            self.push(site, atoms.clone(), whole.at);
        }
    }
}
