//! Python's built-in functions.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, one, texts, unknown};
use super::super::ir::Expression;
use super::super::library::Class;
use super::super::report::RefusalKind;
use super::names;

impl Evaluator<'_> {
    /// A built-in function; nothing for those of no interest.
    pub(super) fn call_builtin(&mut self, name: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        const FACTS: &str = "print isinstance issubclass type id hasattr repr len callable bool int float hash dir range sum any \
            all round abs open format delattr";
        if FACTS.split_ascii_whitespace().any(|known| known == name) {
            return Some(unknown(&format!("the result of {name}")));
        }
        let first = arguments.get(0, "").unwrap_or_default();
        Some(match name {
            "getattr" => self.get_attribute(&first, arguments, whole),
            "setattr" => self.set_attribute(&first, arguments, whole),
            "eval" | "exec" | "compile" => {
                let what = format!("`{name}` runs code that is made at run time");
                self.refuse(RefusalKind::RunsCode, whole.at, &what);
                unknown("the result of code made at run time")
            }
            "__import__" => self.import_dynamic(&first, whole),
            "globals" | "locals" => one(Atom::Library(format!("builtins.{name}()").into())),
            "vars" | "super" => first,
            "str" | "bytes" => {
                let text = |atom: Atom| if atom.matters() { Atom::unknown("a text") } else { atom };
                first.into_iter().map(text).collect()
            }
            _ => return self.call_of_lists(name, &first, arguments, whole),
        })
    }

    fn call_of_lists(&mut self, name: &str, first: &Atoms, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        Some(match name {
            "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" | "iter" | "aiter" => {
                let each = self.each(first, whole);
                self.made_list(each, 3, whole)
            }
            "next" | "anext" | "min" | "max" => {
                let mut found = self.each(first, whole);
                found.extend(arguments.get(1, "default").unwrap_or_default());
                found
            }
            "enumerate" | "zip" => {
                let row = self.site(whole.id, 5, Shape::List);
                let counted = usize::from(name == "enumerate");
                if counted > 0 {
                    self.put(row, "0", unknown("an index"), whole.at);
                }
                for (index, (of, at)) in arguments.positional.iter().enumerate() {
                    let each = self.each(of, whole);
                    self.put(row, &(index + counted).to_string(), each, *at);
                }
                self.made_list(one(Atom::Object(row)), 6, whole)
            }
            "map" => {
                let lists = arguments.after(1).positional;
                let passed = lists.iter().map(|(of, _)| self.each(of, whole)).collect();
                let made = self.call(first, &Arguments::of(passed), whole);
                self.made_list(made, 3, whole)
            }
            "filter" => {
                let list = arguments.get(1, "").unwrap_or_default();
                let each = self.each(&list, whole);
                self.call(first, &Arguments::of(vec![each.clone()]), whole);
                self.made_list(each, 3, whole)
            }
            "dict" => {
                let site = self.site(whole.id, 0, Shape::Map);
                self.spread_into(site, first);
                for (name, atoms, at) in &arguments.named {
                    self.put(site, name, atoms.clone(), *at);
                }
                if arguments.open {
                    self.open(site, "a keyword argument that is spread");
                }
                one(Atom::Object(site))
            }
            _ => return None,
        })
    }

    fn get_attribute(&mut self, of: &Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        let named = arguments.get(1, "").unwrap_or_default();
        let mut found = match texts(&named) {
            Some(names) => names.iter().flat_map(|name| self.attribute(of, name, whole)).collect(),
            None if of.iter().any(Atom::is_sdk) => {
                let what = format!("the name of a client's method is {}", self.in_words(&named));
                self.refuse(RefusalKind::DynamicMethod, whole.at, &what);
                unknown("a method whose name isn't known")
            }
            None => {
                let libraries =
                    of.iter().any(|atom| matches!(atom, Atom::Library(path) if names::classify(path) == Class::Sdk));
                if libraries {
                    self.refuse(RefusalKind::DynamicMethod, whole.at, "a name of the SDK is looked up by its text");
                }
                self.index(of, &named, whole)
            }
        };
        found.extend(arguments.get(2, "").unwrap_or_default());
        found
    }

    fn set_attribute(&mut self, of: &Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        let named = arguments.get(1, "").unwrap_or_default();
        let value = arguments.get(2, "").unwrap_or_default();
        for atom in of {
            let Atom::Object(site) = atom else { continue };
            match texts(&named) {
                Some(names) => names.iter().for_each(|name| self.put(*site, name, value.clone(), whole.at)),
                None => self.put_computed(*site, named.clone(), value.clone(), whole.at),
            }
        }
        one(Atom::Nothing)
    }
}
