//! Methods of Go's objects, and of what libraries give.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};
use super::super::report::RefusalKind;
use super::names;

impl Evaluator<'_> {
    /// A method of a local object, whose members of that name were looked up.
    pub(in super::super) fn method_of_go_object(
        &mut self,
        site: SiteId,
        name: &Name,
        members: &Atoms,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let known: Atoms = members.iter().filter(|atom| !matches!(atom, Atom::Unknown(_))).cloned().collect();
        if !known.is_empty() {
            return self.call(&known, arguments, whole);
        }
        if let Some(outside) = members.first() {
            return self.call_method(&outside.clone(), name, arguments, whole);
        }
        if self.shape(site) == Shape::Instance {
            self.undefined(site, name, whole);
            self.escape(arguments, &format!("`{name}` of an object"), whole);
            return unknown("a method that nothing here defines");
        }
        // Inputs and settings of the first SDK: `SetTableName(…)`, `WithRegion(…)`.
        if let Some(field) = name.strip_prefix("Set").or_else(|| name.strip_prefix("With")) {
            let value = arguments.get(0, "").unwrap_or_default();
            self.put(site, field, value, whole.at);
            return one(Atom::Object(site));
        }
        self.escape(arguments, &format!("`{name}` of an object"), whole);
        unknown("a value of an object")
    }

    /// A method of a value that isn't followed. What libraries free of AWS calls give makes none; of everything else a
    /// method with the name of an operation may be one.
    pub(in super::super) fn method_of_value(
        &mut self,
        of: &Atom,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        let Atom::Unknown(reason) = of else { return None };
        if !is_data(reason) && super::super::library::is_like_operation(self.language, name) {
            let what = format!("`{name}` is called on something that isn't known ({reason}): it may be a client");
            self.refuse(RefusalKind::DynamicClient, whole.at, &what);
        }
        self.escape(arguments, &format!("`{name}` of something that isn't known"), whole);
        Some(one(of.clone()))
    }

    /// What code outside passes for a parameter of such a type; nothing if that isn't known.
    pub(in super::super) fn instance_from_outside(&mut self, of: &Atom, whole: &Expression) -> Atoms {
        match of {
            Atom::Library(path) if &**path == "builtin:$plain" => unknown("a value that only code outside sets"),
            Atom::Library(path) => {
                let (package, name) = path.split_once(':').unwrap_or((path, ""));
                if let Some(Ok(service)) = names::service(package).filter(|_| is_client(package, name)) {
                    let site = self.site(whole.id, 37, Shape::Map);
                    self.mark(site, package, whole);
                    return one(Atom::sdk(Sdk::Client(service.into(), site)));
                }
                match names::classify(package).0 {
                    super::super::library::Class::Unknown => Atoms::new(),
                    super::super::library::Class::Sdk if !package.contains("aws-lambda-go") => Atoms::new(),
                    _ if matches!(&**path, "context:Context") => unknown("the context of a call"),
                    _ => unknown(&format!("a value of {}", path.replace(':', "."))),
                }
            }
            Atom::Class(..) => self.made_outside_by_type(of, whole),
            _ => Atoms::new(),
        }
    }

    fn made_outside_by_type(&mut self, class: &Atom, whole: &Expression) -> Atoms {
        let Atom::Class(id, unit) = class else { return Atoms::new() };
        let made = self.instantiate(*id, *unit, &Arguments::default(), whole);
        for atom in &made {
            if let Atom::Object(site) = atom {
                self.open(*site, "a value of an object that code outside makes");
            }
        }
        made
    }
}

/// Whether a type of a service's package is its client, or what stands for one: of SDK v2 it is called so, of v1 after the
/// service.
fn is_client(package: &str, name: &str) -> bool {
    let folder = package.rsplit('/').next().unwrap_or(package);
    name == "Client" || name.ends_with("APIClient") || name.ends_with("API") || name.eq_ignore_ascii_case(folder)
}

/// Whether something that isn't followed is certainly no client, by the reason why it isn't known.
pub(in super::super) fn is_data(reason: &str) -> bool {
    ["a value ", "an error", "made of the event", "a string", "a part of", "a joined", "too many", "a result "]
        .iter()
        .any(|begin| reason.starts_with(begin))
        || (reason.starts_with("what ") && reason.ends_with(" answers"))
}
