//! What isn't in the source: names of the languages, modules outside, and what calls of them do. Chooses by language.

use std::sync::Arc;

use super::evaluate::{Arguments, Atom, Atoms, Evaluator, Sdk, one, unknown};
use super::ir::{At, Expression, ModuleId, Name};
use super::report::{Language, Place, Refusal, RefusalKind};
use super::{golang, java, javascript, python};

/// What is known of a package outside the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// Part of the language or runtime.
    Standard = 0,
    /// An SDK, or a library whose calls are understood.
    Sdk = 1,
    /// Known to make no AWS calls.
    AwsFree = 2,
    Unknown = 3,
}

/// A name that no function and no module of the source has.
pub(super) fn global(language: Language, name: &str) -> Atoms {
    let known = match language {
        Language::Python => python::is_builtin(name),
        Language::JavaScript => javascript::is_global(name),
        Language::Go => golang::is_builtin(name),
        Language::Java => match java::global(name) {
            Some(path) => return one(Atom::Library(path.into())),
            None => false,
        },
    };
    match (known, language) {
        // Python stops there; code that makes names at run time is refused where it does.
        (false, Language::Python) => unknown("a name that isn't defined"),
        // Nothing at all: a call of it is refused.
        (false, _) => Atoms::new(),
        (true, Language::Python) => one(Atom::Library(format!("builtins.{name}").into())),
        (true, Language::JavaScript) => one(Atom::Library(format!("global:{name}").into())),
        (true, Language::Go | Language::Java) => one(Atom::Library(format!("builtin:{name}").into())),
    }
}

/// Whether a name that isn't defined may come from a module that everything is imported from.
pub(super) fn has(language: Language, module: &str, name: &str) -> bool {
    match language {
        Language::Python => !python::is_builtin(name),
        Language::JavaScript => !javascript::is_global(name),
        Language::Go => false,
        Language::Java => java::has(module, name),
    }
}

/// The path of a member of something outside.
pub(super) fn member(language: Language, path: &str, name: &str) -> Arc<str> {
    match language {
        Language::JavaScript | Language::Go | Language::Java if !path.contains(':') => format!("{path}:{name}").into(),
        _ => format!("{path}.{name}").into(),
    }
}

/// Classes outside that call no methods of those below them.
pub(super) fn is_plain_base(path: &str) -> bool {
    let last = path.rsplit(['.', ':']).next().unwrap_or(path);
    let plain = [
        "object",
        "ABC",
        "Enum",
        "IntEnum",
        "StrEnum",
        "dict",
        "list",
        "str",
        "int",
        "Protocol",
        "Generic",
        "TypedDict",
        "NamedTuple",
        "BaseModel",
        "BaseSettings",
        "Exception",
        "Error",
    ];
    plain.contains(&last) || last.ends_with("Error") || last.ends_with("Exception") || last.ends_with("Model")
}

/// Whether calls can be made with it.
pub(super) fn can_call(sdk: &Sdk) -> bool {
    !matches!(sdk, Sdk::Command(..))
}

/// Whether a method's name is one that clients of AWS have.
pub(super) fn is_like_operation(language: Language, name: &str) -> bool {
    match language {
        Language::Python => python::is_like_operation(name),
        Language::JavaScript => javascript::is_like_operation(name),
        Language::Go => golang::is_like_operation(name),
        Language::Java => java::is_like_operation(name),
    }
}

/// What a member of the event is called in its JSON.
pub(super) fn event_member<'n>(language: Language, path: &str, name: &'n str) -> &'n str {
    match language {
        Language::Go => golang::event_member(path, name),
        _ => name,
    }
}

impl Evaluator<'_> {
    /// An expression that stands for none.
    pub(super) fn placeholder() -> Expression {
        Expression { id: 0, at: At::default(), kind: Box::new(super::ir::Kind::Nothing) }
    }

    pub(super) fn import(&mut self, module: &Name, at: At) -> Atoms {
        let key = (Arc::clone(&self.here.1), Arc::clone(module));
        if let Some(known) = self.resolved.get(&key) {
            return known.clone();
        }
        let found = match self.language {
            Language::Python => self.import_python(module, at),
            Language::JavaScript => self.import_script(module, at),
            Language::Go => self.import_go(module, at),
            Language::Java => self.import_java(module, at),
        };
        self.resolved.insert(key, found.clone());
        found
    }

    pub(super) fn import_name(&mut self, module: &Name, name: &Name, at: At) -> Atoms {
        let modules = self.import(module, at);
        let whole = Expression { at, ..Self::placeholder() };
        let mut found = Atoms::new();
        for module in &modules {
            match module {
                Atom::Module(id) => found.extend(self.exported(*id, name)),
                Atom::Library(path) if self.language == Language::Python => {
                    self.python_import_name(path, name, at);
                    found.insert(Atom::Library(member(self.language, path, name)));
                }
                // A class is imported by its whole name.
                Atom::Library(_) if self.language == Language::Java => {
                    found.insert(module.clone());
                }
                other => found.extend(self.attribute(&one(other.clone()), name, &whole)),
            }
        }
        found
    }

    /// Takes note of a package outside the source. One that may make calls is refused by the name that it is `called`; so is
    /// what signs requests to AWS `by_hand`.
    pub(super) fn note_outside(&mut self, class: Class, package: Name, called: &str, by_hand: Option<&str>, at: At) {
        let place = Place { file: self.here.1.to_string(), line: at.line, column: at.column };
        self.outside.entry((class as u8, package)).or_insert_with(|| place.clone());
        if class == Class::Unknown {
            let what = format!("`{called}` isn't known to make no AWS calls");
            self.refusals.insert(Refusal { kind: RefusalKind::UnknownLibrary, place: place.clone(), what });
        }
        if let Some(module) = by_hand {
            let what = format!("`{module}` signs requests to AWS by hand");
            self.refusals.insert(Refusal { kind: RefusalKind::SelfSigned, place, what });
        }
    }

    pub(super) fn submodule(&mut self, module: ModuleId, name: &Name) -> Atoms {
        match self.language {
            Language::Python => self.python_submodule(module, name),
            _ => Atoms::new(),
        }
    }

    pub(super) fn library_attribute(&mut self, path: &str, name: &Name, whole: &Expression) -> Atoms {
        match self.language {
            Language::Python | Language::Java => one(Atom::Library(member(self.language, path, name))),
            Language::JavaScript => self.script_library_attribute(path, name, whole),
            Language::Go => self.go_library_attribute(path, name, whole),
        }
    }

    pub(super) fn library_index(&mut self, path: &str, key: &Atoms, whole: &Expression) -> Atoms {
        match self.language {
            Language::Python => self.python_library_index(path, key, whole),
            Language::JavaScript => self.script_library_index(path, key, whole),
            // A function with its types.
            Language::Go | Language::Java => one(Atom::Library(path.into())),
        }
    }

    pub(super) fn call_library(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        match self.language {
            Language::Python => self.call_python_library(path, arguments, whole),
            Language::JavaScript => self.call_script_library(path, arguments, whole),
            Language::Go => self.call_go_library(path, arguments, whole),
            Language::Java => match path.strip_prefix("builtin:") {
                Some(name) => self.call_java_builtin(name, arguments, whole),
                None => self.call_java_library(path, arguments, whole),
            },
        }
    }

    pub(super) fn new_of_library(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        match self.language {
            Language::Python => self.call_python_library(path, arguments, whole),
            Language::JavaScript => self.new_of_script_library(path, arguments, whole),
            Language::Go => self.new_of_go_library(path, arguments, whole),
            Language::Java => self.new_of_java_library(path, arguments, whole),
        }
    }

    pub(super) fn sdk_attribute(&mut self, sdk: &Arc<Sdk>, name: &Name, whole: &Expression) -> Atoms {
        match self.language {
            Language::Python => self.boto_attribute(sdk, name, whole),
            _ => one(Atom::Member(Arc::new(Atom::Sdk(Arc::clone(sdk))), Arc::clone(name))),
        }
    }

    /// A member of a member: `client.exceptions.NoSuchKey`, `client.meta.client`.
    pub(super) fn sdk_member_attribute(&mut self, of: &Arc<Atom>, before: &str, name: &str) -> Atoms {
        match (before, name) {
            ("meta", "client") => match &**of {
                Atom::Sdk(sdk) => self.client_behind(sdk),
                _ => unknown("a member of an SDK's object"),
            },
            // Bound, or called by name: a method stays that method.
            (_, "call" | "apply" | "bind") if self.language == Language::JavaScript => {
                one(Atom::Member(Arc::clone(of), before.into()))
            }
            _ => unknown("a member of an SDK's object"),
        }
    }

    pub(super) fn sdk_method(
        &mut self,
        sdk: &Arc<Sdk>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match self.language {
            Language::Python => self.boto_method(sdk, name, arguments, whole),
            Language::JavaScript => self.script_sdk_method(sdk, name, arguments, whole),
            Language::Go => self.go_sdk_method(sdk, name, arguments, whole),
            Language::Java => self.java_sdk_method(sdk, name, arguments, whole),
        }
    }

    /// A member of an SDK's object whose name isn't known.
    pub(super) fn sdk_dynamic(&mut self, of: &Atom, whole: &Expression) -> Atoms {
        if self.language == Language::Go {
            return one(of.clone());
        }
        if let Atom::Sdk(_) = of {
            let what = "a method of a client whose name isn't known";
            self.refuse(super::report::RefusalKind::DynamicMethod, whole.at, what);
        }
        unknown("a member whose name isn't known")
    }

    /// Whether a client has an operation of this name; nothing for what is no client.
    pub(super) fn is_operation(&self, atom: &Atom, name: &str) -> Option<bool> {
        let Atom::Sdk(sdk) = atom else { return None };
        let Sdk::Client(service, _) = &**sdk else { return None };
        match self.language {
            Language::Go => return Some(golang::operation(service, name).is_some()),
            Language::Java => return Some(java::operation(service, name).is_some()),
            _ => {}
        }
        let helper = self.table.no_call.contains(&name)
            || matches!(
                name,
                "send" | "generate_presigned_url" | "getSignedUrl" | "getSignedUrlPromise" | "waitFor" | "destroy"
            )
            || self.table.injected(service, name).is_some();
        Some(helper || self.table.operation(service, name).is_some())
    }

    /// What calling an SDK's object itself does: collections of boto3 aren't called, clients neither.
    pub(super) fn call_sdk(&mut self, _sdk: &Arc<Sdk>, arguments: &Arguments, whole: &Expression) -> Atoms {
        self.escape(arguments, "an SDK's object that is called", whole);
        unknown("the result of calling an SDK's object")
    }

    /// An element of what an SDK gives.
    pub(super) fn each_of_sdk(&mut self, of: &Atom, whole: &Expression) -> Atoms {
        match of {
            Atom::Sdk(sdk) => match &**sdk {
                Sdk::Collection(..) => {
                    let listed = self.boto_method(sdk, &"all".into(), &Arguments::default(), whole);
                    listed.iter().flat_map(|atom| self.each_of_sdk(atom, whole)).collect()
                }
                Sdk::Listed(service, kind, site) => {
                    one(Atom::sdk(Sdk::Resource(Arc::clone(service), Arc::clone(kind), *site)))
                }
                _ => one(of.clone()),
            },
            Atom::Member(inner, name) => match &**inner {
                Atom::Sdk(sdk) if self.language == Language::Python => {
                    let collection = self.boto_attribute(sdk, name, whole);
                    let inner: Vec<Atom> = collection.into_iter().filter(|atom| matches!(atom, Atom::Sdk(_))).collect();
                    inner.iter().flat_map(|atom| self.each_of_sdk(atom, whole)).collect()
                }
                _ => unknown("an element of a method"),
            },
            _ => unknown("an element of nothing known"),
        }
    }
}
