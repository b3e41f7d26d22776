//! Methods of what the languages bring along: strings, lists, maps, functions, promises.

use std::sync::Arc;

use super::super::ir::{Expression, Name};
use super::super::report::{Language, RefusalKind};
use super::atom::{Atom, Atoms, SiteId, unknown};
use super::expression::extend_event;
use super::{Arguments, Evaluator, Shape, one};

impl Evaluator<'_> {
    /// `of.name(arguments)`.
    pub(in super::super) fn call_method(
        &mut self,
        of: &Atom,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if self.language == Language::JavaScript
            && let Some(result) = self.promise_method(of, name, arguments, whole)
        {
            return result;
        }
        if self.language == Language::Java
            && let Some(result) = self.call_java_method(of, name, arguments, whole)
        {
            return result;
        }
        match of {
            Atom::Library(path) => {
                let path = super::super::library::member(self.language, path, name);
                self.call_library(&path, arguments, whole)
            }
            Atom::Sdk(sdk) => self.sdk_method(sdk, name, arguments, whole),
            Atom::Member(inner, before) if inner.is_sdk() => {
                let found = self.sdk_member_attribute(inner, before, name);
                if found.is_empty() {
                    unknown("a member of an SDK's object")
                } else {
                    self.call(&found, arguments, whole)
                }
            }
            Atom::Object(site) => self.method_of_object(*site, name, arguments, whole),
            Atom::Class(..) => self.method_of_class(of, name, arguments, whole),
            Atom::Closure(..) | Atom::Method(..) | Atom::Member(..) => {
                self.method_of_function(of, name, arguments, whole)
            }
            Atom::Super(class, _) => {
                let found = self.attribute(&one(of.clone()), name, whole);
                if found.is_empty() && self.has_library_base(*class) {
                    self.escape(arguments, "a class that isn't read", whole);
                }
                if found.is_empty() {
                    unknown("a method of a class that isn't read")
                } else {
                    self.call(&found, arguments, whole)
                }
            }
            Atom::Module(_) => {
                let found = self.attribute(&one(of.clone()), name, whole);
                if found.is_empty() {
                    self.refuse(
                        RefusalKind::DynamicMethod,
                        whole.at,
                        &format!("`{name}` isn't found in what is imported"),
                    );
                }
                self.call(&found, arguments, whole)
            }
            Atom::Event(path) => self.method_of_event(path, name, arguments, whole),
            Atom::Text(_) | Atom::Constant(_) | Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) => {
                self.method_of_string(of, name, arguments, whole)
            }
            Atom::Nothing => Atoms::new(),
            Atom::FromOutside => self.method_from_outside(name, arguments, whole),
            Atom::Unknown(_) => self.method_of_unknown(of, name, arguments, whole),
        }
    }

    /// An object of a library, or what a call answers: functions that it is given are called.
    fn method_of_unknown(&mut self, of: &Atom, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        const HOLDS: [&str; 5] = ["enter_context", "enter_async_context", "run_until_complete", "push", "run"];
        const HARMLESS: [&str; 9] =
            ["info", "debug", "warning", "warn", "error", "exception", "critical", "log", "append_keys"];
        if matches!(&**name, "captureAWSv3Client" | "captureAWSClient" | "captureAWS") {
            return arguments.get(0, "").unwrap_or_default();
        }
        if self.language == Language::Go
            && let Some(result) = self.method_of_value(of, name, arguments, whole)
        {
            return result;
        }
        if HOLDS.contains(&&**name) && self.language == Language::Python {
            let entered = arguments.get(0, "").unwrap_or_default();
            self.enter(&entered, whole);
            return entered;
        }
        let (applied, arguments) = match self.language {
            Language::Python => self.applied(name, arguments, whole),
            _ => (Atoms::new(), arguments.clone()),
        };
        let arguments = &arguments;
        if HARMLESS.contains(&&**name) {
            self.escape_harmlessly(arguments, whole);
        } else {
            self.escape(arguments, &format!("`{name}` of something that isn't known"), whole);
        }
        let mut result = super::super::python::passed_through(arguments);
        result.extend(applied.into_iter().filter(Atom::is_sdk));
        result.extend(self.instances_of_passed(arguments, whole));
        result.insert(of.clone());
        result
    }

    /// A parameter that only code outside sets: it may be an instance of a class here, and it may be a client.
    fn method_from_outside(&mut self, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for site in self.instances() {
            for class in self.object(site).class.clone() {
                let members = self.member_of_class(&class, name, 0);
                found.extend(members.into_iter().filter_map(|member| match member {
                    Atom::Closure(function, unit) => Some(Atom::Method(function, unit, site)),
                    _ => None,
                }));
            }
        }
        if !found.is_empty() {
            let mut result = self.call(&found, arguments, whole);
            result.insert(Atom::FromOutside);
            return result;
        }
        if super::super::library::is_like_operation(self.language, name) {
            let what = format!("`{name}` is called on a parameter that isn't set here: it may be a client");
            self.refuse(RefusalKind::DynamicClient, whole.at, &what);
        }
        self.escape(arguments, &format!("`{name}` of a parameter that isn't set here"), whole);
        one(Atom::FromOutside)
    }

    fn instances(&self) -> Vec<SiteId> {
        let all = self.heap.iter().enumerate();
        all.filter(|(_, object)| !object.class.is_empty()).map(|(index, _)| SiteId(index as u32)).collect()
    }

    fn promise_method(&mut self, of: &Atom, name: &Name, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let own = match of {
            Atom::Object(site) => self.shape(*site) != Shape::Instance && self.field(*site, name).is_none(),
            Atom::Unknown(_)
            | Atom::Event(_)
            | Atom::Text(_)
            | Atom::Environment(_)
            | Atom::Joined(_)
            | Atom::Cut(_)
            | Atom::Nothing
            | Atom::FromOutside => true,
            Atom::Sdk(_) => matches!(&**name, "then" | "catch" | "finally"),
            _ => false,
        };
        if !own {
            return None;
        }
        match &**name {
            "promise" => Some(one(of.clone())),
            "then" => {
                let done = arguments.get(0, "").unwrap_or_default();
                let failed = arguments.get(1, "").unwrap_or_default();
                let mut result = self.call(&done, &Arguments::of(vec![one(of.clone())]), whole);
                result.extend(self.call(&failed, &Arguments::of(vec![unknown("an error")]), whole));
                Some(if result.is_empty() { one(Atom::Nothing) } else { result })
            }
            "catch" => {
                let failed = arguments.get(0, "").unwrap_or_default();
                let mut result = self.call(&failed, &Arguments::of(vec![unknown("an error")]), whole);
                result.insert(of.clone());
                Some(result)
            }
            "finally" => {
                let last = arguments.get(0, "").unwrap_or_default();
                self.call(&last, &Arguments::default(), whole);
                Some(one(of.clone()))
            }
            _ => None,
        }
    }

    fn method_of_class(&mut self, class: &Atom, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let mut result = Atoms::new();
        let found = self.member_of_class(class, name, 0);
        if found.is_empty() && self.declares(class, name) {
            // The class's body wasn't evaluated yet.
            return Atoms::new();
        }
        if found.is_empty() {
            self.escape_harmlessly(arguments, whole);
            let mut made = self.made_outside(class, whole);
            made.insert(Atom::unknown("a member of a class"));
            return made;
        }
        for member in found {
            match member {
                Atom::Closure(function, unit)
                    if self.program.function(function).role == super::super::ir::Role::OfClass
                        || self.language == Language::JavaScript =>
                {
                    result.extend(self.invoke(function, unit, Some(class.clone()), arguments, whole));
                }
                other => result.extend(self.call(&one(other), arguments, whole)),
            }
        }
        result
    }

    fn method_of_function(&mut self, of: &Atom, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let itself = one(of.clone());
        match &**name {
            "call" => {
                let this = arguments.get(0, "").unwrap_or_default();
                if let Atom::Closure(function, unit) = of {
                    let mut result = Atoms::new();
                    for this in this {
                        result.extend(self.invoke(*function, *unit, Some(this), &arguments.after(1), whole));
                    }
                    return result;
                }
                self.call(&itself, &arguments.after(1), whole)
            }
            "apply" => {
                let list = arguments.get(1, "").unwrap_or_default();
                let rest = self.each(&list, whole);
                self.call(&itself, &Arguments { rest: Some(rest), ..Arguments::default() }, whole)
            }
            "bind" => itself,
            "__call__" | "__wrapped__" => self.call(&itself, arguments, whole),
            _ => {
                // A wrapper of a function (`middy(handler).use(…)`) is that function still.
                self.escape(arguments, &format!("`{name}` of a function"), whole);
                let mut result = super::super::python::passed_through(arguments);
                result.insert(of.clone());
                result.insert(Atom::unknown("a member of a function"));
                result
            }
        }
    }

    fn method_of_event(&mut self, path: &Arc<str>, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let event = one(Atom::Event(Arc::clone(path)));
        match &**name {
            "get" | "pop" if self.language == Language::Python => {
                let key = arguments.get(0, "key").unwrap_or_default();
                let mut found = self.index(&event, &key, whole);
                if let Some(default) = arguments.get(1, "default") {
                    found.extend(default.into_iter().filter(|atom| *atom != Atom::Nothing));
                }
                found
            }
            "values" | "flatMap" | "records" if self.language == Language::Python => one(extend_event(path, "[]")),
            "strip" | "rstrip" | "lstrip" | "trim" | "toString" | "copy" | "to_dict" | "raw_event" | "decode"
            | "encode" => event,
            _ if self.language == Language::JavaScript => {
                let each = one(extend_event(path, "[]"));
                self.array_method(&event, &each, name, arguments, whole)
                    .unwrap_or_else(|| unknown(&format!("made of the event's {path}")))
            }
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown(&format!("made of the event's {path}"))
            }
        }
    }

    fn method_of_object(&mut self, site: SiteId, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let itself = one(Atom::Object(site));
        let members = self.attribute(&itself, name, whole);
        let builtin = Atom::Member(Arc::new(Atom::Object(site)), Arc::clone(name));
        let own: Atoms =
            members.iter().filter(|atom| **atom != builtin && !matches!(atom, Atom::Unknown(_))).cloned().collect();
        let mut called = Atoms::new();
        if members.contains(&builtin) && self.language == Language::JavaScript {
            let functions = own.into_iter().filter(|atom| !matches!(atom, Atom::Object(_))).collect();
            called = self.with_this(&functions, site, arguments, whole);
        } else if !own.is_empty() {
            return self.with_this(&own, site, arguments, whole);
        }
        if self.language == Language::Go {
            return self.method_of_go_object(site, name, &members, arguments, whole);
        }
        if self.language == Language::Python {
            if self.shape(site) == Shape::Instance {
                self.undefined(site, name, whole);
            }
            return self.python_collection(site, name, arguments, whole);
        }
        if self.shape(site) != Shape::Instance {
            let mut each = self.any(site);
            if each.is_empty() {
                each = self.of_nothing();
            }
            if let Some(mut found) = self.array_method(&itself, &each, name, arguments, whole) {
                found.extend(called);
                return found;
            }
        }
        if !called.is_empty() {
            return called;
        }
        self.undefined(site, name, whole);
        self.escape(arguments, &format!("`{name}` of an object"), whole);
        let why =
            if self.is_open(site) { "a method of what isn't known" } else { "a method that nothing here defines" };
        unknown(why)
    }

    /// A method that nothing here defines, of an object of which everything is known: something isn't followed.
    pub(in super::super) fn undefined(&mut self, site: SiteId, name: &str, whole: &Expression) {
        let object = self.object(site);
        let known = object.open.is_none() && !object.fields.contains_key("{}") && object.shape != Shape::List;
        let classes = object.class.clone();
        let local = |atom: &Atom| matches!(atom, Atom::Class(class, _) if !self.has_base_outside(*class));
        if known && classes.iter().all(local) && !is_method_of_objects(name) {
            let what = format!("nothing here defines `{name}` of the object that it is called on");
            self.refuse(RefusalKind::DynamicMethod, whole.at, &what);
        }
    }

    /// Functions in fields of an object get it as `this`.
    fn with_this(&mut self, members: &Atoms, site: SiteId, arguments: &Arguments, whole: &Expression) -> Atoms {
        if self.language != Language::JavaScript {
            return self.call(members, arguments, whole);
        }
        let mut result = Atoms::new();
        for member in members {
            match member {
                Atom::Closure(function, unit) => {
                    result.extend(self.invoke(*function, *unit, Some(Atom::Object(site)), arguments, whole));
                }
                other => result.extend(self.call(&one(other.clone()), arguments, whole)),
            }
        }
        result
    }
}

/// Methods that every object has.
fn is_method_of_objects(name: &str) -> bool {
    const NAMES: &str =
        "toString valueOf toJSON toLocaleString hasOwnProperty isPrototypeOf propertyIsEnumerable constructor";
    name.starts_with("__") || NAMES.split_ascii_whitespace().any(|known| known == name)
}
