//! Go's own functions and packages, as far as values and functions pass through them.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Shape, one, only_text, texts, unknown};
use super::super::ir::{Expression, Name};
use super::super::library::{Class, member};
use super::super::report::{Language, RefusalKind};
use super::names;

/// Standard packages that keep nothing of what they are given.
const KEEPS_NOTHING: &str = "fmt log log/slog errors strings strconv encoding/json encoding/base64 encoding/hex bytes os time math \
    net/url html path path/filepath sort slices maps testing unicode regexp crypto/sha256 crypto/md5 crypto/hmac io bufio";

impl Evaluator<'_> {
    pub(in super::super) fn go_library_attribute(&mut self, path: &str, name: &Name, whole: &Expression) -> Atoms {
        match (path, &**name) {
            ("github.com/aws/aws-lambda-go/lambdacontext", "FunctionName") => {
                one(self.environment("AWS_LAMBDA_FUNCTION_NAME", None, whole.at))
            }
            _ => one(Atom::Library(member(Language::Go, path, name))),
        }
    }

    pub(in super::super) fn call_go_library(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        if let Some(name) = path.strip_prefix("builtin:") {
            return self.call_go_builtin(name, arguments, whole);
        }
        if let Some(found) = self.call_of_go_sdk(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.call_of_lambda(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.call_go_standard(path, arguments, whole) {
            return found;
        }
        let (package, _) = path.split_once(':').unwrap_or((path, ""));
        let (class, _) = names::classify(package);
        if class == Class::Sdk || KEEPS_NOTHING.split_ascii_whitespace().any(|known| known == package) {
            self.escape_harmlessly(arguments, whole);
        } else {
            self.escape(arguments, &format!("`{}`", path.replace(':', ".")), whole);
        }
        given_by(class, path)
    }

    /// A structure of a package outside, by its literal or as what a variable is at first.
    pub(in super::super) fn new_of_go_library(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let (package, name) = path.split_once(':').unwrap_or((path, ""));
        let (class, _) = names::classify(package);
        let data = package.contains("aws-lambda-go");
        if class == Class::Sdk && !data {
            // What implements such a type isn't known before it is set; neither is what a client's own literal would do.
            if name.ends_with("API") || name.ends_with("APIClient") || name == "Client" {
                return Atoms::new();
            }
            let site = self.site(whole.id, 0, Shape::Map);
            for (name, atoms, at) in &arguments.named {
                self.put(site, name, atoms.clone(), *at);
            }
            return one(Atom::Object(site));
        }
        // Nothing is in it before something is decoded there; a handler is given by others.
        let waits = package.ends_with("/events") || name == "Handler";
        if data && waits && arguments.named.is_empty() {
            return Atoms::new();
        }
        self.escape(arguments, &format!("a `{}`", path.replace(':', ".")), whole);
        given_by(class, path)
    }

    /// `lambda.Start(handler)`: the runtime calls it with a context and an event, or with one of them.
    fn call_of_lambda(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let name = path.strip_prefix("github.com/aws/aws-lambda-go/lambda:")?;
        let index = match name {
            "Start"
            | "StartWithOptions"
            | "StartHandler"
            | "StartHandlerFunc"
            | "NewHandler"
            | "NewHandlerWithOptions" => 0,
            "StartWithContext" | "StartHandlerWithContext" => 1,
            _ => {
                self.escape_harmlessly(arguments, whole);
                return Some(unknown("a value of a setting of the runtime"));
            }
        };
        let handlers = arguments.get(index, "").unwrap_or_default();
        if handlers.is_empty() {
            self.nothing_known("the handler", whole);
        }
        for handler in &handlers {
            self.start_go_handler(handler, whole);
        }
        Some(handlers)
    }

    fn start_go_handler(&mut self, handler: &Atom, whole: &Expression) {
        let (context, event) = (unknown("the context of the invocation"), one(Atom::Event("".into())));
        let (function, received) = match handler {
            Atom::Closure(function, _) => (*function, 0),
            Atom::Method(function, ..) => (*function, 1),
            Atom::Object(_) => {
                let passed = Arguments::of(vec![context, event]);
                self.call_method(handler, &"Invoke".into(), &passed, whole);
                return;
            }
            // Adapters call the routes that they were given.
            Atom::Unknown(reason) if super::object::is_data(reason) => return,
            other => {
                let what = format!("the handler is {}", self.in_words(&one(other.clone())));
                self.refuse(RefusalKind::HandlerMissing, whole.at, &what);
                self.call(&one(other.clone()), &Arguments::of(vec![context, event]), whole);
                return;
            }
        };
        let parameters = &self.program.function(function).parameters;
        let own = parameters.iter().skip(received);
        let only_event = own.clone().count() == 1
            && own
                .clone()
                .next()
                .is_some_and(|only| !only.name.starts_with("ctx") && !only.name.starts_with("context"));
        let passed = if only_event { vec![event] } else { vec![context, event] };
        self.call(&one(handler.clone()), &Arguments::of(passed), whole);
    }

    fn call_go_builtin(&mut self, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let first = arguments.get(0, "").unwrap_or_default();
        match name {
            "append" => {
                let site = self.site(whole.id, 3, Shape::List);
                for atom in &first {
                    match atom {
                        Atom::Object(from) => {
                            let before = self.any(*from);
                            self.push(site, before, whole.at);
                        }
                        other => self.push(site, elements_of(other), whole.at),
                    }
                }
                for (atoms, at) in arguments.positional.iter().skip(1) {
                    self.push(site, atoms.clone(), *at);
                }
                if let Some(rest) = &arguments.rest {
                    self.push(site, rest.clone(), whole.at);
                }
                one(Atom::Object(site))
            }
            "$send" => {
                let value = arguments.get(1, "").unwrap_or_default();
                for atom in first {
                    match atom {
                        Atom::Object(site) => self.push(site, value.clone(), whole.at),
                        _ => self.let_go(&value, Some("a channel that isn't followed"), whole),
                    }
                }
                one(Atom::Nothing)
            }
            "$store" => {
                let value = arguments.get(1, "").unwrap_or_default();
                if !first.iter().any(|atom| matches!(atom, Atom::Object(_))) {
                    self.let_go(&value, Some("a pointer that is written through"), whole);
                }
                for atom in first {
                    match atom {
                        Atom::Object(site) => {
                            let objects = value.iter().filter(|atom| matches!(atom, Atom::Object(_))).cloned();
                            let objects = objects.collect();
                            self.spread_into(site, &objects);
                        }
                        _ => self.let_go(&value, Some("a pointer that is written through"), whole),
                    }
                }
                one(Atom::Nothing)
            }
            "$written" => self.written(&first, arguments, whole),
            "$same" => first,
            "$key" => self.keys_of_go(&first),
            "$range" => {
                let functions: Atoms =
                    first.into_iter().filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))).collect();
                self.call(&functions, &Arguments::from_outside(), whole);
                one(Atom::Nothing)
            }
            "copy" => {
                let from = arguments.get(1, "").unwrap_or_default();
                self.let_go(&from, Some("a copy"), whole);
                unknown("a value that is counted")
            }
            "min" | "max" => arguments.all().flatten().cloned().collect(),
            // A conversion: the value stays what it is.
            _ if names::is_builtin_type(name) => first,
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown("a value that is computed")
            }
        }
    }

    fn keys_of_go(&self, of: &Atoms) -> Atoms {
        let mut keys = Atoms::new();
        for atom in of {
            match atom {
                Atom::Object(site) if self.shape(*site) == Shape::Map => keys.extend(self.keys(*site)),
                Atom::Nothing => {}
                _ => {
                    keys.insert(Atom::unknown("a value that is counted"));
                }
            }
        }
        keys
    }

    /// What a pointer leads to after a call: what a library writes there isn't known; JSON of the event stays the event.
    fn written(&mut self, callees: &Atoms, arguments: &Arguments, _whole: &Expression) -> Atoms {
        let outside = |atom: &Atom| matches!(atom, Atom::Library(_) | Atom::Unknown(_) | Atom::FromOutside);
        if !callees.iter().any(outside) {
            return Atoms::new();
        }
        let given = arguments.positional.iter().skip(2).flat_map(|(atoms, _)| atoms);
        let events: Atoms = given.filter(|atom| matches!(atom, Atom::Event(_))).cloned().collect();
        if !events.is_empty() {
            return events;
        }
        for atom in arguments.get(1, "").unwrap_or_default() {
            if let Atom::Object(site) = atom {
                self.open(site, "a value that is decoded");
            }
        }
        unknown("a value that is decoded")
    }

    fn call_go_standard(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let first = arguments.get(0, "").unwrap_or_default();
        let second = || arguments.get(1, "").unwrap_or_default();
        if gives_its_argument(path) {
            return Some(first);
        }
        Some(match path {
            "os:Getenv" | "os:LookupEnv" | "syscall:Getenv" => match texts(&first) {
                _ if first.is_empty() => Atoms::new(),
                Some(names) => names.iter().map(|name| self.environment(name, None, whole.at)).collect(),
                None => unknown("an environment variable whose name isn't known"),
            },
            "fmt:Sprintf" => self.formatted(&first, arguments, whole),
            "fmt:Sprint" => {
                let parts: Vec<Atoms> = arguments.positional.iter().map(|(atoms, _)| atoms.clone()).collect();
                self.join_atoms(&parts, whole, 1)
            }
            "path:Join" | "path/filepath:Join" => {
                let parts = arguments.positional.iter().map(|(atoms, _)| atoms.clone());
                let parts: Vec<Atoms> = parts.flat_map(|part| [one(Atom::text("/")), part]).skip(1).collect();
                self.join_atoms(&parts, whole, 1)
            }
            "strings:Join" => match only_text(&second()) {
                Some(between) => self.join_list(&first, &between, whole),
                None => unknown("a joined string"),
            },
            "strings:ToLower" | "strings:ToUpper" => {
                let to = |text: &str| if path.ends_with("Lower") { text.to_lowercase() } else { text.to_uppercase() };
                match only_text(&first) {
                    Some(text) => one(Atom::text(&to(&text))),
                    None => unknown("a string in other letters"),
                }
            }
            "strings:Split" | "strings:SplitN" | "strings:Fields" | "strings:Cut" => {
                let parts: Atoms = first.iter().map(Atom::cut).collect();
                if path == "strings:Cut" {
                    return Some(self.several(vec![parts.clone(), parts, unknown("a value")], whole));
                }
                self.made_list(parts, 3, whole)
            }
            "strings:TrimPrefix" | "strings:TrimSuffix" | "strings:Trim" | "strings:TrimLeft" | "strings:TrimRight" => {
                first.iter().map(Atom::cut).collect()
            }
            "errors:As" | "errors:Is" | "errors:New" | "errors:Join" | "fmt:Errorf" => unknown("an error"),
            "context:WithValue" => {
                self.let_go(&arguments.get(2, "").unwrap_or_default(), Some("a context"), whole);
                unknown("a context")
            }
            "os/exec:Command" | "os/exec:CommandContext" | "syscall:Exec" | "os:StartProcess" => {
                let command = if path.ends_with("Context") { second() } else { first };
                let plain = only_text(&command).is_some_and(|command| super::super::python::makes_no_calls(&command));
                if !plain {
                    let what = format!("`{}` starts another program", path.replace(':', "."));
                    self.refuse(RefusalKind::Subprocess, whole.at, &what);
                }
                unknown("a value of another program")
            }
            "plugin:Open" => {
                self.refuse(RefusalKind::RunsCode, whole.at, "a plugin is loaded, which isn't read");
                unknown("a plugin")
            }
            _ => return None,
        })
    }

    /// `fmt.Sprintf("%s-%v", a, b)`
    pub(in super::super) fn formatted(&mut self, format: &Atoms, arguments: &Arguments, whole: &Expression) -> Atoms {
        let Some(format) = only_text(format) else { return unknown("a string of a format that isn't known") };
        let mut parts: Vec<Atoms> = Vec::new();
        let mut literal = String::new();
        let mut next = 1;
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                literal.push(letter);
                continue;
            }
            if letters.peek() == Some(&'%') {
                letters.next();
                literal.push('%');
                continue;
            }
            let mut verb = ' ';
            let mut flags = String::new();
            for letter in letters.by_ref() {
                if letter.is_alphabetic() {
                    verb = letter;
                    break;
                }
                flags.push(letter);
            }
            if !literal.is_empty() {
                parts.push(one(Atom::text(&std::mem::take(&mut literal))));
            }
            let plain = matches!(verb, 's' | 'v' | 'd') && flags.is_empty();
            let value = arguments.get(next, "").filter(|_| plain);
            parts.push(value.unwrap_or_else(|| unknown("a part of a format")));
            next += 1;
        }
        if !literal.is_empty() || parts.is_empty() {
            parts.push(one(Atom::text(&literal)));
        }
        self.join_atoms(&parts, whole, 3)
    }
}

/// The elements of something that is no list here.
fn elements_of(of: &Atom) -> Atoms {
    match of {
        Atom::Event(path) => one(Atom::Event(format!("{path}[]").into())),
        Atom::Nothing => Atoms::new(),
        other => one(other.clone()),
    }
}

/// Functions whose result is their first argument, as far as it matters here.
fn gives_its_argument(path: &str) -> bool {
    const FUNCTIONS: &str = "strings:TrimSpace strings:Clone net/url:QueryUnescape net/url:PathUnescape html:UnescapeString \
        encoding/json:RawMessage strings:NewReader bytes:NewReader bytes:NewBuffer bytes:NewBufferString \
        encoding/json:NewDecoder io:ReadAll io/ioutil:ReadAll io:NopCloser context:WithCancel context:WithTimeout \
        context:WithDeadline context:WithoutCancel";
    FUNCTIONS.split_ascii_whitespace().any(|known| known == path)
}

/// What a function of a library gives: of libraries that make no calls, nothing that makes some.
fn given_by(class: Class, path: &str) -> Atoms {
    let path: Arc<str> = path.replace(':', ".").into();
    match class {
        Class::Unknown => unknown(&format!("what {path} returns")),
        _ => unknown(&format!("a value of {path}")),
    }
}
