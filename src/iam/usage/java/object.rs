//! Methods of Java's objects: those of local classes by the number of arguments, functions, and what isn't followed.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};
use super::super::report::RefusalKind;
use super::names;

/// Methods that every object has, or that streams and threads have and that give nothing to call.
const OF_OBJECTS: &str =
    "equals hashCode toString getClass name ordinal compareTo wait notify notifyAll values valueOf";

impl Evaluator<'_> {
    /// A method of anything, where Java has its own rules; nothing where those of all languages hold.
    pub(in super::super) fn call_java_method(
        &mut self,
        of: &Atom,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        match of {
            Atom::Object(_) | Atom::Class(..) | Atom::Super(..) => {
                let exact = self.by_arity(of, name, arguments, whole);
                if !exact.is_empty() {
                    return Some(self.call(&exact, arguments, whole));
                }
                Some(match of {
                    Atom::Object(site) => self.method_of_java_object(*site, name, arguments, whole),
                    Atom::Class(..) => self.method_of_java_class(of, name, arguments, whole),
                    _ => {
                        self.escape(arguments, "a class that isn't read", whole);
                        unknown("a method of a class that isn't read")
                    }
                })
            }
            // A function behind an interface: whatever its method is called.
            Atom::Closure(..) | Atom::Method(..) => Some(match &**name {
                "andThen" | "compose" | "negate" => {
                    let mut all = arguments.get(0, "").unwrap_or_default();
                    all.insert(of.clone());
                    all
                }
                _ => self.call(&one(of.clone()), arguments, whole),
            }),
            Atom::Event(path) => Some(self.method_of_java_event(path, name, arguments, whole)),
            Atom::Unknown(reason) => Some(self.method_of_java_value(of, &Arc::clone(reason), name, arguments, whole)),
            Atom::Text(_) | Atom::Environment(_) | Atom::Joined(_) | Atom::Cut(_) | Atom::Constant(_) => {
                self.method_of_java_string(of, name, arguments, whole)
            }
            _ => None,
        }
    }

    /// The methods of a name that take as many arguments as are given, else all of that name.
    fn by_arity(&mut self, of: &Atom, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let functions = |found: Atoms| -> Atoms {
            found.into_iter().filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))).collect()
        };
        let exact: Name = format!("{name}/{}", arguments.positional.len()).into();
        let found = functions(self.attribute(&one(of.clone()), &exact, whole));
        if !found.is_empty() && !arguments.outside {
            return found;
        }
        functions(self.attribute(&one(of.clone()), name, whole))
    }

    fn method_of_java_object(&mut self, site: SiteId, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let itself = one(Atom::Object(site));
        let is_local = !self.class_of(site).is_empty();
        match (self.shape(site), is_local) {
            (Shape::Instance, false) => return self.structure(site, name, arguments, whole),
            (Shape::List | Shape::Map, _) => return self.java_collection(site, name, arguments, whole),
            _ => {}
        }
        let word = |list: &str| list.split_ascii_whitespace().any(|known| known == &**name);
        if word(OF_OBJECTS) {
            return unknown("a value of an object");
        }
        // Accessors that a record has, or that a library writes.
        let field: Name = names::field_of_getter(name).into();
        let given = self.field(site, &field).map(|field| field.atoms.clone());
        match (given, arguments.positional.len()) {
            (Some(atoms), 0) => return atoms,
            (_, 1) if name.starts_with("set") => {
                let field = names::field_of_getter(&name.replacen("set", "get", 1));
                let value = arguments.get(0, "").unwrap_or_default();
                self.put(site, &field, value, whole.at);
                return itself;
            }
            _ => {}
        }
        if self.is_open(site) {
            return unknown("a value of an object that code outside makes");
        }
        // Accessors are what libraries write for a class; everything else is somebody's.
        let accessor = ["get", "is", "set", "has", "with", "to", "build"].iter().any(|begin| name.starts_with(begin));
        if !accessor || names::is_like_operation(name) {
            self.undefined(site, name, whole);
        }
        self.escape(arguments, &format!("`{name}` of an object"), whole);
        unknown("a method that nothing here defines")
    }

    /// A static method that a class doesn't write: of enumerations and what libraries add.
    fn method_of_java_class(&mut self, of: &Atom, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        if let "valueOf" | "values" = &**name {
            return unknown("a value of an enumeration");
        }
        if names::is_like_operation(name) {
            let what = format!("nothing here defines `{name}` of the class that it is called on");
            self.refuse(RefusalKind::DynamicMethod, whole.at, &what);
        }
        self.escape(arguments, &format!("`{name}` of a class"), whole);
        let mut made = self.made_outside(of, whole);
        made.insert(Atom::unknown("a value of a class"));
        made
    }

    fn method_of_java_event(
        &mut self,
        path: &Arc<str>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let event = one(Atom::Event(Arc::clone(path)));
        let first = arguments.get(0, "").unwrap_or_default();
        match &**name {
            "get" | "getOrDefault" | "path" | "at" | "getString" | "getJSONObject" | "getAsJsonObject"
                if !first.is_empty() =>
            {
                let mut found = self.index(&event, &first, whole);
                found.extend(arguments.get(1, "").unwrap_or_default());
                found
            }
            "stream" | "iterator" | "asText" | "textValue" | "toString" | "trim" | "getAsString" | "asString"
            | "filter" | "collect" | "toList" | "parallelStream" | "values" => {
                self.call_with(arguments, &event, whole);
                event
            }
            "forEach" | "map" | "flatMap" | "anyMatch" | "mapToObj" | "peek" => {
                let each = self.each(&event, whole);
                let made = self.call_with(arguments, &each, whole);
                if &**name == "map" && !made.is_empty() { self.made_list(made, 3, whole) } else { event }
            }
            "next" | "getFirst" | "findFirst" => self.each(&event, whole),
            _ => {
                let getter = names::event_getter(name).filter(|_| arguments.positional.is_empty());
                if let Some(member) = getter {
                    self.attribute(&event, &member.into(), whole)
                } else {
                    self.escape(arguments, &format!("`{name}` of the event"), whole);
                    unknown(&format!("made of the event's {path}"))
                }
            }
        }
    }

    /// Calls the functions among arguments with a value.
    pub(super) fn call_with(&mut self, arguments: &Arguments, value: &Atoms, whole: &Expression) -> Atoms {
        let mut result = Atoms::new();
        for (atoms, _) in &arguments.positional {
            let functions: Atoms = atoms
                .iter()
                .filter(|atom| {
                    matches!(atom, Atom::Closure(..) | Atom::Method(..) | Atom::Member(..) | Atom::Class(..))
                })
                .cloned()
                .collect();
            result.extend(self.call(&functions, &Arguments::of(vec![value.clone(), value.clone()]), whole));
        }
        result
    }

    /// A method of a value that isn't followed. What libraries free of AWS calls give makes none; of everything else a
    /// method with the name of an operation may be one.
    fn method_of_java_value(
        &mut self,
        of: &Atom,
        reason: &str,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let data = super::super::golang::is_data(reason);
        if !data && names::is_like_operation(name) {
            let what = format!("`{name}` is called on something that isn't known ({reason}): it may be a client");
            self.refuse(RefusalKind::DynamicClient, whole.at, &what);
        }
        let mut result = self.call_with(arguments, &one(of.clone()), whole);
        let rest = Arguments::of(arguments.all().map(without_functions).collect());
        self.escape(&rest, &format!("`{name}` of something that isn't known"), whole);
        result.retain(Atom::matters);
        result.extend(
            arguments
                .all()
                .flatten()
                .filter(|atom| matches!(atom, Atom::Event(_)) && name.starts_with("read"))
                .cloned(),
        );
        result.insert(of.clone());
        result
    }

    /// What code outside passes for a parameter of such a type, or sets a field to; nothing if that isn't known.
    pub(in super::super) fn java_instance_from_outside(&mut self, of: &Atom, whole: &Expression) -> Atoms {
        match of {
            Atom::Library(path) if &**path == "builtin:$plain" => unknown("a value that only code outside sets"),
            Atom::Library(path) => {
                if let Some((Ok(service), first)) = names::service(path).filter(|_| names::is_client(path)) {
                    let site = self.site(whole.id, 37, Shape::Map);
                    self.mark_java(site, first, whole);
                    return one(Atom::sdk(Sdk::Client(service.into(), site)));
                }
                let class = names::classify(path);
                let data = class == super::super::library::Class::AwsFree
                    || path.starts_with("com.amazonaws.services.lambda.runtime");
                let plain =
                    path.starts_with("java.") && !path.starts_with("java.util.function") && !path.ends_with(".Object");
                if data || plain { unknown(&format!("a value of {path}")) } else { Atoms::new() }
            }
            Atom::Class(..) => self.made_outside(of, whole),
            _ => Atoms::new(),
        }
    }
}

fn without_functions(atoms: &Atoms) -> Atoms {
    atoms.iter().filter(|atom| !matches!(atom, Atom::Closure(..) | Atom::Method(..))).cloned().collect()
}
