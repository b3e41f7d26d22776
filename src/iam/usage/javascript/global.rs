//! JavaScript's own functions.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, one, only_text, unknown};
use super::super::ir::Expression;
use super::super::report::RefusalKind;

impl Evaluator<'_> {
    /// A function that the language or runtime brings along; nothing for those of no interest.
    pub(super) fn call_global(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let first = arguments.get(0, "").unwrap_or_default();
        if path.starts_with("vm:") || matches!(path, "global:eval" | "global:Function") {
            self.refuse(RefusalKind::RunsCode, whole.at, "code is made at run time");
            return Some(unknown("the result of code made at run time"));
        }
        if path.starts_with("child_process:") {
            return Some(self.child_process(path, arguments, whole));
        }
        if path.starts_with("global:console.") {
            self.escape_harmlessly(arguments, whole);
            return Some(one(Atom::Nothing));
        }
        let name = path.strip_prefix("global:").unwrap_or(path);
        match name {
            "JSON.parse" => Some(first.into_iter().map(parsed).collect()),
            "decodeURIComponent"
            | "decodeURI"
            | "unescape"
            | "structuredClone"
            | "String"
            | "Promise.resolve"
            | "Object.freeze"
            | "Object.seal"
            | "Object.create"
            | "util:promisify"
            | "querystring:unescape" => Some(first),
            "setTimeout" | "setImmediate" | "queueMicrotask" | "setInterval" | "process:nextTick"
            | "process.nextTick" => {
                self.call(&first, &Arguments::default(), whole);
                Some(unknown("a timer"))
            }
            "settle" => {
                // What a promise is resolved with may be anything: clients must not get lost in it.
                self.escape(arguments, "a promise that is resolved by hand", whole);
                Some(one(Atom::Nothing))
            }
            "Promise.race" | "Promise.any" => Some(self.each(&first, whole)),
            "Promise.all" | "Promise.allSettled" | "Array.from" => Some(self.all_of(name, first, arguments, whole)),
            _ => self.call_of_object(name, &first, arguments, whole),
        }
    }

    fn child_process(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let command = arguments.get(0, "").unwrap_or_default();
        if !only_text(&command).is_some_and(|command| super::super::python::makes_no_calls(&command)) {
            let what = format!("`{}` starts another program", path.replace(':', "."));
            self.refuse(RefusalKind::Subprocess, whole.at, &what);
        }
        self.escape_harmlessly(arguments, whole);
        unknown("what another program returns")
    }

    fn all_of(&mut self, name: &str, first: Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        let each = self.each(&first, whole);
        let Some(function) = arguments.get(1, "").filter(|_| name == "Array.from") else {
            let list = name != "Promise.allSettled"
                && first.iter().all(|atom| matches!(atom, Atom::Object(site) if self.shape(*site) == Shape::List));
            return if list { first } else { self.made_list(each, 3, whole) };
        };
        let mapped = self.call(&function, &Arguments::of(vec![each, unknown("an index")]), whole);
        self.made_list(mapped, 3, whole)
    }

    fn call_of_object(
        &mut self,
        name: &str,
        first: &Atoms,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        Some(match name {
            "Object.assign" => {
                let site = self.site(whole.id, 0, Shape::Map);
                for atoms in arguments.all() {
                    self.spread_into(site, atoms);
                }
                if let Some(Atom::Object(to)) = first.first() {
                    self.copy_fields(site, *to);
                }
                one(Atom::Object(site))
            }
            "Object.values" => {
                let any: Atoms = first.iter().flat_map(|atom| self.any_of(atom, whole)).collect();
                self.made_list(any, 3, whole)
            }
            "Object.entries" => {
                let pair = self.site(whole.id, 5, Shape::List);
                let any: Atoms = first.iter().flat_map(|atom| self.any_of(atom, whole)).collect();
                let keys: Atoms = first.iter().flat_map(|atom| self.keys_of(atom)).collect();
                self.put(pair, "0", keys, whole.at);
                self.put(pair, "1", any, whole.at);
                self.made_list(one(Atom::Object(pair)), 6, whole)
            }
            "Object.keys" => {
                let keys: Atoms = first.iter().flat_map(|atom| self.keys_of(atom)).collect();
                self.made_list(keys, 3, whole)
            }
            "Object.fromEntries" => {
                let site = self.site(whole.id, 0, Shape::Map);
                let entries = self.each(first, whole);
                let value = self.index(&entries, &one(Atom::Constant("1".into())), whole);
                let key = self.index(&entries, &one(Atom::Constant("0".into())), whole);
                self.put_computed(site, key, value, whole.at);
                one(Atom::Object(site))
            }
            _ => return None,
        })
    }

    fn keys_of(&self, atom: &Atom) -> Atoms {
        match atom {
            Atom::Object(site) => self.keys(*site),
            _ => unknown("a key"),
        }
    }

    fn any_of(&mut self, atom: &Atom, whole: &Expression) -> Atoms {
        match atom {
            Atom::Object(site) => self.any(*site),
            Atom::Module(id) => {
                let id = *id;
                self.everything_in(id)
            }
            other => self.each(&one(other.clone()), whole),
        }
    }
}

/// A part of the event that is parsed stays that part.
fn parsed(atom: Atom) -> Atom {
    if matches!(atom, Atom::Event(_)) || atom.matters() { atom } else { Atom::unknown("a part of JSON") }
}
