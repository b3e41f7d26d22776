//! Calls of Python's own functions and of libraries.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, one, only_text, texts, unknown};
use super::super::ir::Expression;
use super::super::library::Class;
use super::super::report::RefusalKind;
use super::names;

impl Evaluator<'_> {
    /// `os.environ[name]`.
    pub(in super::super) fn python_library_index(&mut self, path: &str, key: &Atoms, whole: &Expression) -> Atoms {
        match path {
            "os.environ" | "os.environb" => self.environment_named(key, whole),
            "builtins.globals()" | "builtins.locals()" => {
                self.refuse(RefusalKind::RunsCode, whole.at, "a name is looked up by its text");
                unknown("a name looked up by its text")
            }
            _ => one(Atom::Library(format!("{path}[]").into())),
        }
    }

    pub(super) fn environment_named(&mut self, key: &Atoms, whole: &Expression) -> Atoms {
        match texts(key) {
            Some(names) => names.iter().map(|name| self.environment(name, None, whole.at)).collect(),
            None if key.is_empty() => Atoms::new(),
            None => unknown("an environment variable whose name isn't known"),
        }
    }

    pub(in super::super) fn call_python_library(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if let Some(found) = self.call_boto_module(path, arguments, whole) {
            return found;
        }
        if let Some(name) = path.strip_prefix("builtins.")
            && let Some(found) = self.call_builtin(name, arguments, whole)
        {
            return found;
        }
        if let Some(found) = self.call_standard(path, arguments, whole) {
            return found;
        }
        if let Some(found) = self.call_powertools(path, arguments, whole) {
            return found;
        }
        self.call_other(path, arguments, whole)
    }

    fn call_boto_module(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        Some(match path {
            "boto3.client" | "aioboto3.client" => self.make_client(arguments, false, whole),
            "boto3.resource" | "aioboto3.resource" => self.make_client(arguments, true, whole),
            "boto3.Session"
            | "boto3.session.Session"
            | "aioboto3.Session"
            | "aioboto3.session.Session"
            | "aiobotocore.session.get_session"
            | "aiobotocore.session.AioSession"
            | "aiobotocore.get_session"
            | "botocore.session.get_session"
            | "botocore.session.Session"
            | "boto3._get_default_session" => {
                self.own_credentials(arguments, whole);
                one(Atom::sdk(Sdk::Session))
            }
            "boto3.setup_default_session" => {
                self.own_credentials(arguments, whole);
                one(Atom::Nothing)
            }
            "boto3.s3.transfer.S3Transfer" | "s3transfer.S3Transfer" | "s3transfer.manager.TransferManager" => {
                arguments.get(0, "client").unwrap_or_default()
            }
            "aws_secretsmanager_caching.InjectSecretString"
            | "aws_secretsmanager_caching.InjectKeywordedSecretString" => {
                let secret = arguments.get(0, "secret_id").unwrap_or_default();
                let given = Given::default().with("SecretId", secret, whole.at);
                for operation in ["DescribeSecret", "GetSecretValue"] {
                    self.record("secretsmanager", operation, &given, whole);
                }
                unknown("a decorator")
            }
            "aws_secretsmanager_caching.SecretCache" | "aws_secretsmanager_caching.secret_cache.SecretCache" => {
                let site = self.site(whole.id, 40, Shape::Map);
                one(Atom::sdk(Sdk::Provider("SecretCache".into(), site)))
            }
            _ => return None,
        })
    }

    /// A function of a library that isn't modelled.
    fn call_other(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let top = path.split('.').next().unwrap_or(path);
        if names::reads_addresses(top) && self.may_be_address(arguments) {
            let what = format!("`{path}` may be given an address in S3");
            self.refuse(RefusalKind::UnknownLibrary, whole.at, &what);
        }
        let (applied, arguments) = self.applied(path.rsplit('.').next().unwrap_or(path), arguments, whole);
        let arguments = &arguments;
        let class = names::classify(top);
        let harmless =
            top == "builtins" || matches!(top, "logging" | "warnings" | "typing" | "weakref" | "pprint" | "inspect");
        if harmless || class == Class::Sdk {
            self.escape_harmlessly(arguments, whole);
        } else {
            self.escape(arguments, &format!("`{path}`"), whole);
        }
        let mut result = passed_through(arguments);
        result.extend(applied.into_iter().filter(Atom::is_sdk));
        result.extend(self.instances_of_passed(arguments, whole));
        result.insert(Atom::Unknown(format!("a result of {path}").into()));
        result
    }

    /// Functions that call a function with arguments: `executor.submit(f, a)`, `Thread(target=f, args=(a,))`. What the
    /// function gives, and the arguments without the function.
    pub(in super::super) fn applied(
        &mut self,
        name: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> (Atoms, Arguments) {
        let index = match name {
            "submit" | "to_thread" | "map" | "starmap" | "apply_async" | "apply" | "imap" | "call_soon"
            | "add_callback" => 0,
            "run_in_executor" | "Timer" | "call_later" => 1,
            "Thread" | "Process" => return self.applied_in_thread(arguments, whole),
            _ => return (Atoms::new(), arguments.clone()),
        };
        let function = arguments.get(index, "").unwrap_or_default();
        if !function.iter().any(is_callable) {
            return (Atoms::new(), arguments.clone());
        }
        let rest = arguments.after(index + 1);
        let mut passed = rest.clone();
        if matches!(name, "map" | "imap" | "starmap") {
            let each = rest.positional.iter().map(|(list, _)| self.each(list, whole)).collect();
            passed = Arguments::of(each);
            if name == "starmap" {
                let row = passed.positional.first().map(|(row, _)| row.clone()).unwrap_or_default();
                passed = Arguments::default();
                self.positional_of(&row, &mut passed, whole);
            }
        }
        (self.call(&function, &passed, whole), rest)
    }

    fn applied_in_thread(&mut self, arguments: &Arguments, whole: &Expression) -> (Atoms, Arguments) {
        let target = arguments.get(usize::MAX, "target").unwrap_or_default();
        let list = arguments.get(usize::MAX, "args").unwrap_or_default();
        let mut passed = Arguments::default();
        self.positional_of(&list, &mut passed, whole);
        if let Some(map) = arguments.get(usize::MAX, "kwargs") {
            self.named_of(&map, &mut passed);
        }
        (self.call(&target, &passed, whole), Arguments::default())
    }

    fn may_be_address(&self, arguments: &Arguments) -> bool {
        arguments.positional.iter().take(1).any(|(atoms, _)| {
            atoms.iter().any(|atom| match atom {
                Atom::Text(text) => text.starts_with("s3:"),
                Atom::Environment(_) | Atom::Event(_) | Atom::FromOutside => true,
                Atom::Joined(site) => {
                    let first = self.field(*site, "0000").map(|field| field.atoms.clone()).unwrap_or_default();
                    only_text(&first).is_none_or(|text| text.starts_with("s3:"))
                }
                _ => false,
            })
        })
    }
}

/// What a decorator gives back: the functions and classes that it is given.
pub(in super::super) fn passed_through(arguments: &Arguments) -> Atoms {
    let all = arguments.all().flatten();
    all.filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..) | Atom::Class(..) | Atom::Member(..)))
        .filter(|atom| !matches!(atom, Atom::Member(of, _) if !of.is_sdk()))
        .cloned()
        .collect()
}

fn is_callable(atom: &Atom) -> bool {
    matches!(atom, Atom::Closure(..) | Atom::Method(..) | Atom::Member(..) | Atom::Object(_))
}
