//! boto3's resources: `Table`, `Bucket`, their collections and what is read from them.

use std::sync::Arc;

use super::super::super::actions::{Member, Origin};
use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};
use crate::program::snake_case;

/// A field of a resource's site: it came with its data, reading an attribute asks nothing.
const LOADED: &str = "$loaded";

impl Evaluator<'_> {
    /// `of.name`, not called.
    pub(in super::super) fn boto_attribute(&mut self, sdk: &Arc<Sdk>, name: &Name, whole: &Expression) -> Atoms {
        let itself = || one(Atom::Member(Arc::new(Atom::Sdk(Arc::clone(sdk))), Arc::clone(name)));
        let (service, kind, site) = match &**sdk {
            Sdk::Root(service) => (service, "", None),
            Sdk::Resource(service, kind, site) => (service, &**kind, Some(*site)),
            _ => return itself(),
        };
        if &**name == "meta" {
            return itself();
        }
        let Some(class) = self.table.class(service, kind) else { return itself() };
        if let (Some(site), Some(identifier)) =
            (site, class.identifiers.iter().find(|known| snake_case(known) == **name))
        {
            return self.field(site, identifier).map(|field| field.atoms.clone()).unwrap_or_default();
        }
        match (class.members.get(&**name), site) {
            (Some(member), _) if member.collection => {
                let site = site.unwrap_or_else(|| self.site(whole.id, 31, Shape::Map));
                one(Atom::sdk(Sdk::Collection(Arc::clone(service), kind.into(), Arc::clone(name), site)))
            }
            (Some(member), Some(_)) if member.operations.is_empty() && !asks_for_input(member) => {
                self.make_resource(service, member, site, &Arguments::default(), None, whole)
            }
            (Some(_), _) | (None, None) => itself(),
            (None, Some(site)) => self.read_data(service, kind, site, name, whole),
        }
    }

    /// An attribute that isn't an identifier: the first time it is read, boto3 asks for the resource's data.
    fn read_data(&mut self, service: &Name, kind: &str, site: SiteId, name: &str, whole: &Expression) -> Atoms {
        if self.field(site, LOADED).is_none() {
            let class = self.table.class(service, kind);
            if let Some(load) = class.and_then(|class| class.members.get("load")) {
                let given = self.identified(load, Some(site), whole);
                for operation in &load.operations {
                    self.record(service, operation, &given, whole);
                }
            }
        }
        unknown(&format!("the {name} of a {kind}"))
    }

    /// The arguments that a resource's identifiers give.
    fn identified(&mut self, member: &Member, site: Option<SiteId>, whole: &Expression) -> Given {
        let mut given = Given::default();
        for (argument, identifier) in &member.with {
            let atoms = site.and_then(|site| self.field(site, identifier)).map(|field| field.atoms.clone());
            let argument = argument.replace("[*]", "[]");
            given = given.with(&argument, atoms.unwrap_or_else(|| unknown("an identifier that isn't known")), whole.at);
        }
        given
    }

    pub(super) fn resource_method(
        &mut self,
        sdk: &Arc<Sdk>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let (service, kind, site) = match &**sdk {
            Sdk::Root(service) => (service, "", None),
            Sdk::Resource(service, kind, site) => (service, &**kind, Some(*site)),
            Sdk::Collection(service, kind, member, site) => {
                return self.collection_method((service, kind, member, *site), name, arguments, whole);
            }
            Sdk::Listed(service, kind, site) => {
                return self.batch_action(sdk, (service, kind, *site), name, arguments, whole);
            }
            _ => return unknown("a method of another SDK"),
        };
        if matches!(&**name, "get_available_subresources" | "__enter__" | "__aenter__") {
            return one(Atom::Sdk(Arc::clone(sdk)));
        }
        let table = self.table;
        let Some(member) = table.class(service, kind).and_then(|class| class.members.get(&**name)) else {
            if kind.is_empty() && table.class(service, name).is_some() {
                return self.new_resource(service, name, arguments, whole);
            }
            self.unknown_method(service, &format!("{kind}.{name}"), whole);
            return unknown("what an unknown method returns");
        };
        let mut given = Self::injected_arguments(&member.arguments, arguments, whole);
        if member.arguments.is_empty() && !arguments.positional.is_empty() && !asks_for_input(member) {
            given.open = true;
        }
        let identified = self.identified(member, site, whole);
        given.named.extend(identified.named);
        for operation in &member.operations {
            self.record(service, operation, &given, whole);
        }
        if &**name == "batch_writer" {
            let site = site.unwrap_or_else(|| self.site(whole.id, 33, Shape::Map));
            return one(Atom::sdk(Sdk::Batch(site)));
        }
        if member.makes.is_some() {
            let answered = member.operations.first().copied();
            let made = self.make_resource(service, member, site, arguments, answered, whole);
            // `receive_messages` and its like give a list.
            if name.ends_with('s') && answered.is_some() {
                return self.made_list(made, 34, whole);
            }
            return made;
        }
        match member.operations.first() {
            Some(operation) => self.answer(service, operation, arguments, whole),
            None => one(Atom::Nothing),
        }
    }

    /// The resource that a member gives, with its identifiers.
    fn make_resource(
        &mut self,
        service: &Name,
        member: &Member,
        parent: Option<SiteId>,
        arguments: &Arguments,
        operation: Option<&'static str>,
        whole: &Expression,
    ) -> Atoms {
        let Some((kind, origins)) = &member.makes else { return Atoms::new() };
        let site = self.site(whole.id, 32, Shape::Map);
        let identifiers = self.table.class(service, kind).map(|class| class.identifiers.clone()).unwrap_or_default();
        let mut position = 0;
        for identifier in identifiers {
            let atoms = match origins.get(identifier) {
                Some(Origin::Identifier(of)) => {
                    parent.and_then(|parent| self.field(parent, of)).map(|field| field.atoms.clone())
                }
                Some(Origin::Input) => {
                    let given = arguments.get(position, &snake_case(identifier));
                    position += 1;
                    given
                }
                Some(Origin::Argument(path)) => {
                    let by_name =
                        arguments.named.iter().find(|(name, ..)| &**name == *path).map(|(_, atoms, _)| atoms.clone());
                    let of =
                        member.with.get(path).and_then(|of| self.field(parent?, of).map(|field| field.atoms.clone()));
                    by_name.or(of)
                }
                Some(Origin::Response) | None => {
                    named_by(operation.unwrap_or_default()).and_then(|argument| arguments.get(usize::MAX, argument))
                }
            };
            let missing = || unknown(&format!("what {service}:{} answers", operation.unwrap_or("a call")));
            self.put(site, identifier, atoms.unwrap_or_else(missing), whole.at);
        }
        one(Atom::sdk(Sdk::Resource(Arc::clone(service), (*kind).into(), site)))
    }

    /// A resource by its class, with identifiers as arguments: `s3.Object(bucket, key)`.
    fn new_resource(&mut self, service: &Name, kind: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 32, Shape::Map);
        let identifiers = self.table.class(service, kind).map(|class| class.identifiers.clone()).unwrap_or_default();
        for (position, identifier) in identifiers.into_iter().enumerate() {
            let atoms = arguments
                .get(position, &snake_case(identifier))
                .unwrap_or_else(|| unknown("an identifier that isn't given"));
            self.put(site, identifier, atoms, whole.at);
        }
        one(Atom::sdk(Sdk::Resource(Arc::clone(service), Arc::clone(kind), site)))
    }

    /// `.all()`, `.filter(…)` and so on of a collection ask for it; `.delete()` asks and works on all.
    fn collection_method(
        &mut self,
        (service, kind, member, site): (&Name, &Name, &Name, SiteId),
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let table = self.table;
        let Some(collection) = table.class(service, kind).and_then(|class| class.members.get(&**member)) else {
            return unknown("a collection that isn't known");
        };
        let mut given = Given::keywords(arguments);
        let identified = self.identified(collection, Some(site), whole);
        given.named.extend(identified.named);
        for operation in &collection.operations {
            self.record(service, operation, &given, whole);
        }
        let made = self.make_resource(
            service,
            collection,
            Some(site),
            arguments,
            collection.operations.first().copied(),
            whole,
        );
        let mut listed = Atoms::new();
        for atom in made {
            let Atom::Sdk(sdk) = &atom else { continue };
            let Sdk::Resource(service, kind, element) = &**sdk else { continue };
            self.put(*element, LOADED, one(Atom::Constant("true".into())), whole.at);
            let all = Arc::new(Sdk::Listed(Arc::clone(service), Arc::clone(kind), *element));
            let waits = matches!(&**name, "all" | "filter" | "limit" | "page_size" | "pages");
            if !waits {
                self.batch_action(&all, (service, kind, *element), name, &Arguments::default(), whole);
            }
            listed.insert(Atom::Sdk(all));
        }
        listed
    }

    /// What is done to all elements of a collection at once.
    fn batch_action(
        &mut self,
        all: &Arc<Sdk>,
        (service, kind, element): (&Name, &Name, SiteId),
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        if matches!(&**name, "all" | "filter" | "limit" | "page_size" | "pages") {
            return one(Atom::Sdk(Arc::clone(all)));
        }
        let table = self.table;
        let class = table.class(service, kind);
        let Some(batch) = class.and_then(|class| class.members.get(&*format!("batch:{name}"))) else {
            self.unknown_method(service, &format!("{kind} collection.{name}"), whole);
            return unknown("what an unknown method returns");
        };
        let mut given = Given::keywords(arguments);
        let identified = self.identified(batch, Some(element), whole);
        given.named.extend(identified.named);
        for operation in &batch.operations {
            self.record(service, operation, &given, whole);
        }
        unknown("what a batch answers")
    }
}

/// Whether a member takes identifiers as arguments: then it must be called.
fn asks_for_input(member: &Member) -> bool {
    member.makes.as_ref().is_some_and(|(_, origins)| origins.values().any(|origin| *origin == Origin::Input))
}

/// The argument that names what an operation answers with.
fn named_by(operation: &str) -> Option<&'static str> {
    match operation {
        "GetQueueUrl" | "CreateQueue" => Some("QueueName"),
        "CreateTopic" => Some("Name"),
        "CreateTable" => Some("TableName"),
        _ => None,
    }
}
