//! Calls of JavaScript's own functions and of packages.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, one, texts, unknown};
use super::super::ir::{Expression, Name};
use super::super::library::{Class, member};
use super::super::python::passed_through;
use super::super::report::{Language, RefusalKind};
use super::names;

impl Evaluator<'_> {
    pub(in super::super) fn script_library_attribute(&mut self, path: &str, name: &Name, whole: &Expression) -> Atoms {
        match (path, &**name) {
            ("global:process.env" | "process:env" | "process:default.env", _) => {
                one(self.environment(name, None, whole.at))
            }
            ("global:globalThis" | "global:global", _) => one(Atom::Library(format!("global:{name}").into())),
            // The default export of a CommonJS package is the package.
            (_, "default") if !path.contains(':') => one(Atom::Library(path.into())),
            _ => one(Atom::Library(member(Language::JavaScript, path, name))),
        }
    }

    pub(in super::super) fn script_library_index(&mut self, path: &str, key: &Atoms, whole: &Expression) -> Atoms {
        if let Some(names) = texts(key) {
            return names.iter().flat_map(|name| self.script_library_attribute(path, name, whole)).collect();
        }
        if names::classify(path.split(':').next().unwrap_or(path)) == Class::Sdk {
            self.refuse(RefusalKind::DynamicMethod, whole.at, "a name of the SDK is looked up by its text");
        }
        unknown(&format!("a member of {path} whose name isn't known"))
    }

    pub(in super::super) fn call_script_library(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if let Some(found) = self.call_of_sdk(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.powertools_of_script(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.call_global(path, arguments, whole) {
            return found;
        }
        self.call_package(path, arguments, whole)
    }

    pub(in super::super) fn new_of_script_library(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if let Some(found) = self.new_of_sdk(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.powertools_of_script(path, arguments, whole) {
            return found;
        }
        let first = arguments.get(0, "").unwrap_or_default();
        match path {
            "global:Map" | "global:WeakMap" => {
                let site = self.site(whole.id, 0, Shape::Entries);
                let entries = self.each(&first, whole);
                let value = self.index(&entries, &one(Atom::Constant("1".into())), whole);
                if !value.is_empty() {
                    self.put_computed(site, unknown("a key"), value, whole.at);
                }
                one(Atom::Object(site))
            }
            "global:Set" | "global:WeakSet" | "global:Array" => {
                let each = self.each(&first, whole);
                self.made_list(each, 0, whole)
            }
            "global:Promise" => {
                let settle = one(Atom::Library("global:settle".into()));
                let site = self.site(whole.id, 4, Shape::List);
                self.call(&first, &Arguments::of(vec![settle.clone(), settle]), whole);
                let _ = site;
                unknown("what a promise gives")
            }
            "global:Function" => {
                self.refuse(RefusalKind::RunsCode, whole.at, "a function is made from text");
                unknown("a function made from text")
            }
            "global:Proxy" => first,
            "worker_threads:Worker" => {
                self.refuse(RefusalKind::RunsCode, whole.at, "a worker runs a file of its own");
                unknown("a worker")
            }
            _ => self.call_package(path, arguments, whole),
        }
    }

    /// A function or class of a package that isn't modelled: functions that it is given are called.
    fn call_package(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let package = path.split(':').next().unwrap_or(path);
        if package == "@middy/core" {
            return self.wrapped_by_middy(arguments, whole);
        }
        let harmless = package == "global" || names::classify(package) == Class::Sdk;
        if harmless {
            self.escape_harmlessly(arguments, whole);
        } else {
            self.escape(arguments, &format!("`{}`", path.replace(':', ".")), whole);
        }
        let mut result = passed_through(arguments);
        result.extend(self.instances_of_passed(arguments, whole));
        result.insert(Atom::Unknown(format!("a result of {}", path.replace(':', ".")).into()));
        result
    }

    /// `middy(handler)` is the handler, which nobody calls by that; its middlewares are called.
    fn wrapped_by_middy(&mut self, arguments: &Arguments, whole: &Expression) -> Atoms {
        self.escape(&arguments.after(1), "a middleware", whole);
        let handler = arguments.get(0, "").unwrap_or_default();
        if handler.is_empty() { unknown("a wrapper without a handler") } else { handler }
    }
}
