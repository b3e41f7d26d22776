//! boto3: sessions, clients, paginators and waiters.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, one, only_text, texts, unknown};
use super::super::ir::{At, Expression, Name};
use super::super::report::RefusalKind;

impl Evaluator<'_> {
    /// `boto3.client(…)` or `boto3.resource(…)`.
    pub(super) fn make_client(&mut self, arguments: &Arguments, resource: bool, whole: &Expression) -> Atoms {
        self.own_credentials(arguments, whole);
        let named = arguments.get(0, "service_name").unwrap_or_default();
        let mut made = Atoms::new();
        for atom in &named {
            let Atom::Text(name) = atom else {
                let what = format!("the service of a client is {}", self.in_words(&one(atom.clone())));
                self.refuse(RefusalKind::DynamicClient, whole.at, &what);
                made.insert(Atom::unknown("a client whose service isn't known"));
                continue;
            };
            let Some(service) = self.table.service_of_client(name) else {
                let what = format!("the table of actions has no service `{name}`");
                self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
                made.insert(Atom::unknown("a client of a service that isn't known"));
                continue;
            };
            let endpoint = arguments.named.iter().find(|(name, ..)| &**name == "endpoint_url");
            self.endpoint(service, endpoint.map(|(_, atoms, _)| atoms.clone()), whole.at);
            made.insert(if resource {
                Atom::sdk(Sdk::Root(service.into()))
            } else {
                Atom::sdk(Sdk::Client(service.into(), self.site(whole.id, 30, Shape::Map)))
            });
        }
        made
    }

    /// A client with credentials of its own acts for somebody else.
    pub(super) fn own_credentials(&mut self, arguments: &Arguments, whole: &Expression) {
        for name in ["aws_access_key_id", "profile_name", "aws_session_token"] {
            let given =
                arguments.named.iter().any(|(known, atoms, _)| &**known == name && *atoms != one(Atom::Nothing));
            if given {
                let what = format!("`{name}`: calls are made with credentials that aren't the function's own");
                self.refuse(RefusalKind::AssumesRole, whole.at, &what);
            }
        }
    }

    pub(in super::super) fn boto_method(
        &mut self,
        sdk: &Arc<Sdk>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match &**sdk {
            Sdk::Session => self.session_method(name, arguments, whole),
            Sdk::Client(service, _) => self.client_method(sdk, service, name, arguments, whole),
            Sdk::Paginator(service, operation) => {
                if &**name == "paginate" {
                    let given = without(Given::keywords(arguments), "PaginationConfig");
                    self.record(service, operation, &given, whole);
                }
                self.answer(service, operation, arguments, whole)
            }
            Sdk::Waiter(service, operation) => {
                if &**name == "wait" {
                    let given = without(Given::keywords(arguments), "WaiterConfig");
                    self.record(service, operation, &given, whole);
                }
                one(Atom::Nothing)
            }
            Sdk::Root(_) | Sdk::Resource(..) | Sdk::Collection(..) | Sdk::Listed(..) => {
                self.resource_method(sdk, name, arguments, whole)
            }
            Sdk::Provider(kind, site) => self.provider_method(kind, *site, name, arguments, whole),
            Sdk::Batch(_) => {
                self.escape_harmlessly(arguments, whole);
                one(Atom::Nothing)
            }
            Sdk::Document(_) | Sdk::Command(..) => unknown("a method of another SDK"),
        }
    }

    fn session_method(&mut self, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        match name {
            "client" | "create_client" => self.make_client(arguments, false, whole),
            "resource" => self.make_client(arguments, true, whole),
            "get_credentials" => {
                self.refuse(RefusalKind::SelfSigned, whole.at, "credentials are taken out of the session");
                unknown("credentials")
            }
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown("a fact on the session")
            }
        }
    }

    fn client_method(
        &mut self,
        sdk: &Arc<Sdk>,
        service: &Name,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match &**name {
            "get_paginator" | "get_waiter" => return self.paginator_or_waiter(service, name, arguments, whole),
            "generate_presigned_url" => return self.presigned(service, arguments, whole),
            "_make_api_call" => {
                let operation = arguments.get(0, "operation_name").unwrap_or_default();
                let given = Given {
                    objects: vec![(arguments.get(1, "api_params").unwrap_or_default(), whole.at)],
                    ..Given::default()
                };
                return self.operations(service, &operation, &given, whole);
            }
            "__enter__" | "__aenter__" => return one(Atom::Sdk(Arc::clone(sdk))),
            _ if self.table.no_call.contains(&&**name) || name.starts_with("__") => {
                return unknown("a fact on a client");
            }
            _ => {}
        }
        if let Some(method) = self.table.injected(service, name) {
            let given = Self::injected_arguments(&method.arguments, arguments, whole);
            for operation in &method.operations {
                self.record(service, operation, &given, whole);
            }
            return one(Atom::Nothing);
        }
        let Some(operation) = self.table.operation(service, name) else {
            self.unknown_method(service, name, whole);
            return unknown("what an unknown method returns");
        };
        let mut given = Given::keywords(arguments);
        if !arguments.positional.is_empty() {
            given.open = true;
        }
        self.record(service, operation, &given, whole);
        self.answer(service, operation, arguments, whole)
    }

    pub(in super::super) fn unknown_method(&mut self, service: &str, name: &str, whole: &Expression) {
        let what = format!("the table of actions has no `{name}` of {service}");
        self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
    }

    /// Arguments of a method that boto3 adds: by position or name; what `ExtraArgs` holds are arguments of the call.
    pub(super) fn injected_arguments(names: &[&str], arguments: &Arguments, whole: &Expression) -> Given {
        let mut given = without(Given::keywords(arguments), "ExtraArgs");
        given.open = arguments.open || arguments.rest.is_some();
        for (index, (atoms, at)) in arguments.positional.iter().enumerate() {
            match names.get(index) {
                Some(name) => given.named.push(((*name).to_owned(), atoms.clone(), *at)),
                None if index == names.len() => given.objects.push((atoms.clone(), *at)),
                None => {}
            }
        }
        if let Some(extra) = arguments.named.iter().find(|(name, ..)| &**name == "ExtraArgs") {
            given.objects.push((extra.1.clone(), extra.2));
        }
        given.named.retain(|(name, ..)| {
            !matches!(name.as_str(), "Filename" | "Fileobj" | "Callback" | "Config" | "SourceClient")
        });
        let copied = Self::copy_source(&given);
        given.named.extend(copied.into_iter().map(|atoms| ("CopySource.Bucket".to_owned(), atoms, whole.at)));
        given
    }

    /// `CopySource='bucket/key'` names the bucket before the first slash.
    pub(super) fn copy_source(given: &Given) -> Option<Atoms> {
        let (_, atoms, _) = given.named.iter().find(|(name, ..)| name == "CopySource")?;
        let text = only_text(atoms)?;
        let (bucket, _) = text.trim_start_matches('/').split_once('/')?;
        Some(one(Atom::text(bucket)))
    }

    fn paginator_or_waiter(&mut self, service: &Name, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let paginator = name == "get_paginator";
        let named = arguments.get(0, if paginator { "operation_name" } else { "waiter_name" }).unwrap_or_default();
        let Some(names) = texts(&named) else {
            let what = format!("the name in `{name}` is {}", self.in_words(&named));
            self.refuse(RefusalKind::DynamicMethod, whole.at, &what);
            return unknown("a paginator or waiter whose name isn't known");
        };
        let mut made = Atoms::new();
        for name in names {
            let found =
                if paginator { self.table.operation(service, &name) } else { self.table.waiter(service, &name) };
            match found {
                Some(operation) if paginator => {
                    made.insert(Atom::sdk(Sdk::Paginator(Arc::clone(service), operation.into())));
                }
                Some(operation) => {
                    made.insert(Atom::sdk(Sdk::Waiter(Arc::clone(service), operation.into())));
                }
                None => {
                    self.unknown_method(service, &name, whole);
                    made.insert(Atom::unknown("a paginator or waiter that isn't known"));
                }
            }
        }
        made
    }

    /// Whoever follows a signed URL acts with the permissions of the function that signed it.
    fn presigned(&mut self, service: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let method = arguments.get(0, "ClientMethod").unwrap_or_default();
        let parameters = arguments.get(1, "Params").unwrap_or_default();
        let given = Given { objects: vec![(parameters, whole.at)], ..Given::default() };
        self.operations(service, &method, &given, whole);
        unknown("a signed URL")
    }

    /// A call whose operation is given by a value.
    pub(in super::super) fn operations(
        &mut self,
        service: &str,
        named: &Atoms,
        given: &Given,
        whole: &Expression,
    ) -> Atoms {
        let Some(names) = texts(named) else {
            let what = format!("the name of an operation is {}", self.in_words(named));
            self.refuse(RefusalKind::DynamicMethod, whole.at, &what);
            return unknown("what an unknown operation answers");
        };
        for name in names {
            match self.table.operation(service, &name) {
                Some(operation) => self.record(service, operation, given, whole),
                None => self.unknown_method(service, &name, whole),
            }
        }
        unknown("what a call answers")
    }

    /// What a call answers. The address of something that is looked up by its name is that name.
    pub(in super::super) fn answer(
        &mut self,
        service: &str,
        operation: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let why = format!("what {service}:{operation} answers");
        let named = match (service, operation) {
            ("sqs", "GetQueueUrl" | "CreateQueue") => ("QueueUrl", "QueueName"),
            ("sns", "CreateTopic") => ("TopicArn", "Name"),
            _ => return unknown(&why),
        };
        let elsewhere = arguments.named.iter().any(|(name, ..)| &**name == "QueueOwnerAWSAccountId");
        match arguments.named.iter().find(|(name, ..)| &**name == named.1).filter(|_| !elsewhere) {
            Some((_, atoms, at)) => self.answer_with(named.0, atoms.clone(), *at, &why, whole),
            None => unknown(&why),
        }
    }

    /// An answer of which one member is known.
    pub(in super::super) fn answer_with(
        &mut self,
        member: &str,
        atoms: Atoms,
        at: At,
        why: &str,
        whole: &Expression,
    ) -> Atoms {
        let site = self.site(whole.id, 35, Shape::Map);
        self.put(site, member, atoms, at);
        self.open(site, why);
        one(Atom::Object(site))
    }

    /// `client.meta.client`, and the client behind a resource.
    pub(in super::super) fn client_behind(&mut self, sdk: &Arc<Sdk>) -> Atoms {
        let whole = Self::placeholder();
        match &**sdk {
            Sdk::Client(..) => one(Atom::Sdk(Arc::clone(sdk))),
            Sdk::Root(service) | Sdk::Resource(service, ..) => {
                let site = self.site(whole.id, 30, Shape::Map);
                one(Atom::sdk(Sdk::Client(Arc::clone(service), site)))
            }
            _ => unknown("a member of an SDK's object"),
        }
    }
}

/// Without an argument that isn't the API's.
fn without(mut given: Given, name: &str) -> Given {
    given.named.retain(|(known, ..)| known != name);
    given
}
