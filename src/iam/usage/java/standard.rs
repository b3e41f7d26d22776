//! Java's own classes, as far as values and functions pass through them, and classes of libraries.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, UNSET, one, only_text, texts, unknown};
use super::super::ir::{Expression, Name};
use super::super::library::Class;
use super::super::report::RefusalKind;
use super::names;

impl Evaluator<'_> {
    pub(in super::super) fn call_java_library(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if let Some(found) = self.call_of_java_sdk(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.call_java_standard(path, arguments, whole) {
            return found;
        }
        // A class that is called makes an object: `ArrayList::new`.
        if !path.contains(':') {
            return self.new_of_java_library(path, arguments, whole);
        }
        let class = names::classify(path);
        if class == Class::Sdk || path.starts_with("java.lang.System") || path.starts_with("java.lang.String") {
            self.escape_harmlessly(arguments, whole);
        } else {
            self.escape(arguments, &format!("`{}`", path.replace(':', ".")), whole);
        }
        given_by(class, path)
    }

    pub(in super::super) fn new_of_java_library(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if let Some(found) = self.new_of_java_sdk(path, arguments, whole) {
            return found;
        }
        let name = path.rsplit(['.', ':']).next().unwrap_or(path);
        let first = arguments.get(0, "").unwrap_or_default();
        let is_java = path.starts_with("java.");
        match name {
            _ if is_java && (name.ends_with("Map") || name == "Properties") => {
                let site = self.site(whole.id, 0, Shape::Map);
                let objects: Atoms = first.into_iter().filter(|atom| matches!(atom, Atom::Object(_))).collect();
                self.spread_into(site, &objects);
                one(Atom::Object(site))
            }
            _ if is_java
                && (name.ends_with("List")
                    || name.ends_with("Set")
                    || name.ends_with("Deque")
                    || name.ends_with("Queue")
                    || name == "Vector") =>
            {
                let site = self.site(whole.id, 0, Shape::List);
                if first.iter().any(|atom| matches!(atom, Atom::Object(_) | Atom::Event(_))) {
                    let each = self.each(&first, whole);
                    self.push(site, each, whole.at);
                }
                one(Atom::Object(site))
            }
            "URI" | "URL" | "String" | "AtomicReference" if is_java => first,
            "ProcessBuilder" => self.starts_program(path, &first, whole),
            _ => {
                let class = names::classify(path);
                if class == Class::Sdk {
                    self.escape_harmlessly(arguments, whole);
                } else {
                    self.escape(arguments, &format!("a `{path}`"), whole);
                }
                let mut given: Atoms =
                    first.into_iter().filter(|atom| matches!(atom, Atom::Event(_)) && is_java).collect();
                if given.is_empty() {
                    given = given_by(class, path);
                }
                given
            }
        }
    }

    fn starts_program(&mut self, path: &str, command: &Atoms, whole: &Expression) -> Atoms {
        let plain = only_text(command).is_some_and(|command| super::super::python::makes_no_calls(&command));
        if !plain {
            self.refuse(RefusalKind::Subprocess, whole.at, &format!("`{path}` starts another program"));
        }
        unknown("a value of another program")
    }

    fn call_java_standard(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let first = arguments.get(0, "").unwrap_or_default();
        Some(match path {
            "java.lang.System:getenv" => match texts(&first) {
                _ if arguments.positional.is_empty() => one(Atom::Library("java.lang.System.env".into())),
                _ if first.is_empty() => Atoms::new(),
                Some(names) => names.iter().map(|name| self.environment(name, None, whole.at)).collect(),
                None => unknown("a value of an environment variable whose name isn't known"),
            },
            "java.lang.System.env:get" | "java.lang.System.env:getOrDefault" => {
                let names = texts(&first).unwrap_or_default();
                let mut found: Atoms = names.iter().map(|name| self.environment(name, None, whole.at)).collect();
                if let Some(default) = arguments.get(1, "") {
                    self.with_default(&mut found, &default);
                }
                if found.is_empty() && !first.is_empty() {
                    unknown("a value of an environment variable whose name isn't known")
                } else {
                    found
                }
            }
            "java.lang.String:format" => self.java_format(&first, &arguments.after(1), whole),
            "java.lang.String:join" => match only_text(&first) {
                Some(between) => {
                    let rest = arguments.after(1);
                    let list = match rest.positional.as_slice() {
                        [(only, _)] if only.iter().any(|atom| matches!(atom, Atom::Object(_))) => only.clone(),
                        _ => self.java_list(&rest, whole),
                    };
                    self.join_list(&list, &between, whole)
                }
                None => unknown("a joined string"),
            },
            "java.util.List:of"
            | "java.util.Set:of"
            | "java.util.Arrays:asList"
            | "java.util.Collections:singletonList"
            | "java.util.Collections:singleton"
            | "java.util.stream.Stream:of"
            | "java.util.Arrays:stream" => match arguments.positional.as_slice() {
                [(only, _)]
                    if only
                        .iter()
                        .any(|atom| matches!(atom, Atom::Object(site) if self.shape(*site) == Shape::List)) =>
                {
                    only.clone()
                }
                _ => self.java_list(arguments, whole),
            },
            "java.util.Map:of" | "java.util.Collections:singletonMap" => self.java_map(arguments, whole),
            "java.util.Collections:emptyList" | "java.util.List:copyOf" if arguments.positional.is_empty() => {
                one(Atom::Object(self.site(whole.id, 0, Shape::List)))
            }
            "java.util.Objects:requireNonNullElse" => {
                let mut found = first;
                self.with_default(&mut found, &arguments.get(1, "").unwrap_or_default());
                found
            }
            "java.util.Objects:requireNonNullElseGet" => {
                let other = arguments.get(1, "").unwrap_or_default();
                let mut found = first;
                found.extend(self.call(&other, &Arguments::default(), whole));
                found
            }
            "java.lang.Class:forName" => {
                self.refuse(RefusalKind::RunsCode, whole.at, "a class is looked up by its name");
                unknown("a class that is looked up by its name")
            }
            "java.lang.Runtime:getRuntime" => one(Atom::Library("java.lang.Runtime.runtime".into())),
            "java.lang.Runtime.runtime:exec" => self.starts_program("Runtime.exec", &first, whole),
            _ if gives_its_argument(path) => first,
            _ => return None,
        })
    }

    /// `String.format("%s-%s", a, b)`
    fn java_format(&mut self, format: &Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        let mut all = vec![(format.clone(), whole.at)];
        all.extend(arguments.positional.iter().cloned());
        let passed = Arguments { positional: all, ..Arguments::default() };
        self.formatted(format, &passed, whole)
    }

    pub(super) fn method_of_java_string(
        &mut self,
        of: &Atom,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        let itself = one(of.clone());
        Some(match &**name {
            "formatted" => self.java_format(&itself, arguments, whole),
            "trim" | "strip" | "toString" | "intern" | "get" | "orElseThrow" | "stripIndent" => itself,
            "orElse" | "orElseGet" => {
                let mut other = arguments.get(0, "").unwrap_or_default();
                if &**name == "orElseGet" {
                    other = self.call(&other, &Arguments::default(), whole);
                }
                let mut found = itself;
                self.with_default(&mut found, &other);
                found
            }
            "map" | "filter" | "ifPresent" => {
                let made = self.call_with(arguments, &itself, whole);
                if &**name == "map" { made } else { itself }
            }
            _ => return None,
        })
    }

    /// What the language does by itself for the sake of reading it.
    pub(in super::super) fn call_java_builtin(
        &mut self,
        name: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let first = arguments.get(0, "").unwrap_or_default();
        match name {
            "$local" => first.into_iter().filter(|atom| matches!(atom, Atom::Class(..))).collect(),
            "$unset" => first.iter().filter(|of| is_plain(of)).map(|_| Atom::unknown(UNSET)).collect(),
            "$injected" => first.iter().flat_map(|class| self.java_instance_from_outside(class, whole)).collect(),
            _ => Atoms::new(),
        }
    }
}

/// Whether a type is one of values that make no calls.
fn is_plain(of: &Atom) -> bool {
    let Atom::Library(path) = of else { return false };
    let data = names::classify(path) == Class::AwsFree || path.starts_with("com.amazonaws.services.lambda.runtime");
    data || &**path == "builtin:$plain" || path.starts_with("java.") && !path.starts_with("java.util.function")
}

/// Functions whose result is their argument, as far as it matters here.
fn gives_its_argument(path: &str) -> bool {
    const FUNCTIONS: &str = "java.util.Objects:requireNonNull java.util.Optional:of java.util.Optional:ofNullable java.net.URI:create \
        java.lang.String:valueOf java.net.URLDecoder:decode java.util.Collections:unmodifiableList java.util.Collections:unmodifiableMap \
        java.util.List:copyOf java.util.Map:copyOf java.util.concurrent.CompletableFuture:completedFuture java.util.Objects:toString";
    FUNCTIONS.split_ascii_whitespace().any(|known| known == path)
}

/// What a class of a library gives: of libraries that make no calls, nothing that makes some.
fn given_by(class: Class, path: &str) -> Atoms {
    let path = path.replace(':', ".");
    match class {
        Class::Unknown => unknown(&format!("what {path} returns")),
        _ => unknown(&format!("a value of {path}")),
    }
}
