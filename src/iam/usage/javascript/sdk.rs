//! The AWS SDKs for JavaScript: v3 with commands, v2 with methods.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, texts, unknown};
use super::super::ir::{Expression, Name};
use super::super::report::RefusalKind;
use crate::program::snake_case;

/// Packages of clients begin so.
pub(super) const CLIENT: &str = "@aws-sdk/client-";
/// The field of a client's site with arguments of every call.
pub(super) const PARAMS: &str = "$params";

impl Evaluator<'_> {
    pub(in super::super) fn script_sdk_method(
        &mut self,
        sdk: &Arc<Sdk>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match &**sdk {
            Sdk::Client(service, site) => self.client_method_of_script(service, *site, name, arguments, whole),
            Sdk::Document(site) => {
                if &**name == "send" {
                    return self.send("dynamodb", arguments, whole);
                }
                let found = self.table.library("DynamoDB.DocumentClient", name);
                match found.or_else(|| self.table.library("@aws-sdk/lib-dynamodb", name)) {
                    Some(library) => {
                        let operation = library.operations.first().copied().unwrap_or_default();
                        self.call_operation("dynamodb", operation, Some(*site), arguments, whole)
                    }
                    None if matches!(&**name, "createSet" | "destroy" | "on") => unknown("a set"),
                    None => {
                        self.unknown_method("DocumentClient", name, whole);
                        unknown("what an unknown method returns")
                    }
                }
            }
            Sdk::Provider(kind, site) => self.provider_of_script(kind, *site, name, arguments, whole),
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown("a member of an SDK's object")
            }
        }
    }

    fn client_method_of_script(
        &mut self,
        service: &Name,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let parameters =
            || Given { objects: vec![(arguments.get(1, "").unwrap_or_default(), whole.at)], ..Given::default() };
        match &**name {
            "send" => return self.send(service, arguments, whole),
            "getSignedUrl" | "getSignedUrlPromise" | "makeRequest" => {
                let named = arguments.get(0, "").unwrap_or_default();
                let result = self.operations(service, &named, &parameters(), whole);
                self.call_back(&arguments.after(2), &result, whole);
                return result;
            }
            "waitFor" => {
                let named = arguments.get(0, "").unwrap_or_default();
                for name in texts(&named).unwrap_or_default() {
                    match self.table.waiter(service, &snake_case(&name)) {
                        Some(operation) => self.record(service, operation, &parameters(), whole),
                        None => self.unknown_method(service, &name, whole),
                    }
                }
                if texts(&named).is_none() {
                    self.refuse(RefusalKind::DynamicMethod, whole.at, "the name of a waiter isn't known");
                }
                return unknown("what a waiter answers");
            }
            "destroy" | "on" | "setupRequestListeners" | "config" | "middlewareStack" | "promise" => {
                self.escape_harmlessly(arguments, whole);
                return unknown("a fact on a client");
            }
            _ => {}
        }
        if let Some(library) = self.table.library("S3", name).filter(|_| &**service == "s3") {
            let mut result = Atoms::new();
            for operation in &library.operations {
                result = self.call_operation("s3", operation, Some(site), arguments, whole);
            }
            return result;
        }
        if let Some(operation) = self.table.operation(service, name) {
            self.call_operation(service, operation, Some(site), arguments, whole)
        } else {
            self.unknown_method(service, name, whole);
            unknown("what an unknown method returns")
        }
    }

    /// `client.send(command)`: the call was written down where the command is made.
    fn send(&mut self, service: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let commands = arguments.get(0, "").unwrap_or_default();
        let mut result = Atoms::new();
        let mut known = false;
        for command in &commands {
            if let Atom::Sdk(sdk) = command
                && let Sdk::Command(service, operation) = &**sdk
            {
                known = true;
                result.insert(Atom::Unknown(format!("what {service}:{operation} answers").into()));
            }
        }
        let strange = commands.iter().any(|atom| !atom.is_sdk() && !matches!(atom, Atom::FromOutside | Atom::Nothing));
        let refused = commands.iter().any(|atom| matches!(atom, Atom::Unknown(why) if why.contains("isn't known")));
        if (strange || !known) && !refused && self.is_last_round() {
            let what = format!("the command that is sent to {service} is {}", self.in_words(&commands));
            self.refuse(RefusalKind::DynamicMethod, whole.at, &what);
        }
        if result.is_empty() {
            result = unknown("what a call answers");
        }
        self.call_back(&arguments.after(1), &result, whole);
        result
    }

    /// A method that makes a call: its first argument holds the parameters, its last may be a callback.
    fn call_operation(
        &mut self,
        service: &str,
        operation: &str,
        site: Option<SiteId>,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let mut given = Given { objects: first(arguments, whole), open: arguments.rest.is_some(), ..Given::default() };
        given
            .objects
            .retain(|(atoms, _)| !atoms.iter().all(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))));
        let always = site.and_then(|site| self.field(site, PARAMS)).map(|field| field.atoms.clone());
        given.objects.extend(always.map(|atoms| (atoms, whole.at)));
        self.record(service, operation, &given, whole);
        let result = self.answer_of_script(service, operation, arguments, whole);
        self.call_back(arguments, &result, whole);
        result
    }

    fn answer_of_script(&mut self, service: &str, operation: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let parameters = arguments.get(0, "").unwrap_or_default();
        let mut fields = Arguments::default();
        self.named_of(&parameters, &mut fields);
        self.answer(service, operation, &fields, whole)
    }

    /// Callbacks get an error and an answer.
    fn call_back(&mut self, arguments: &Arguments, result: &Atoms, whole: &Expression) {
        for (atoms, _) in &arguments.positional {
            let functions: Atoms =
                atoms.iter().filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))).cloned().collect();
            if !functions.is_empty() {
                self.call(&functions, &Arguments::of(vec![unknown("an error"), result.clone()]), whole);
            }
        }
    }

    /// Functions of the SDK's packages; nothing if it isn't one.
    pub(super) fn call_of_sdk(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let (package, name) = path.split_once(':').unwrap_or((path, ""));
        let second =
            || Given { objects: vec![(arguments.get(1, "").unwrap_or_default(), whole.at)], ..Given::default() };
        match (package, name) {
            (_, "captureAWS" | "captureAWSClient" | "captureAWSv3Client") if package.starts_with("aws-xray-sdk") => {
                return arguments.get(0, "");
            }
            ("@aws-sdk/lib-dynamodb", "DynamoDBDocumentClient.from" | "DynamoDBDocument.from") => {
                return Some(one(Atom::sdk(Sdk::Document(self.site(whole.id, 30, Shape::Map)))));
            }
            ("@aws-sdk/s3-request-presigner", "getSignedUrl") => {
                self.send("s3", &arguments.after(1), whole);
                return Some(unknown("a signed URL"));
            }
            ("@aws-sdk/rds-signer", _) => {
                self.refuse(RefusalKind::SelfSigned, whole.at, "a token for a database is signed");
                return Some(unknown("a token"));
            }
            ("@aws-sdk/credential-providers", _)
                if name.starts_with("fromTemporary") || name.contains("Web") || name.contains("Cognito") =>
            {
                self.refuse(RefusalKind::AssumesRole, whole.at, "another role is assumed");
                return Some(unknown("credentials"));
            }
            ("aws-sdk", _) => {
                self.escape_harmlessly(arguments, whole);
                return Some(unknown("a setting of the SDK"));
            }
            _ => {}
        }
        if let Some(library) = self.table.library(package, name) {
            for operation in &library.operations {
                self.record(library.service, operation, &second(), whole);
            }
            return Some(unknown("what a call answers"));
        }
        if !package.starts_with(CLIENT) {
            return None;
        }
        let service = self.table.service_of_package(package)?;
        let operation = if let Some(waiter) = name.strip_prefix("waitUntil").or_else(|| name.strip_prefix("waitFor")) {
            self.table.waiter(service, &snake_case(waiter))
        } else {
            self.table.paginator(service, name)
        };
        match operation {
            Some(operation) => self.record(service, operation, &second(), whole),
            None => self.unknown_method(service, name, whole),
        }
        Some(unknown("what a call answers"))
    }
}

/// The first argument: an object with the call's parameters.
pub(super) fn first(arguments: &Arguments, whole: &Expression) -> Vec<(Atoms, super::super::ir::At)> {
    let first = arguments.positional.first().cloned();
    first.or_else(|| arguments.rest.clone().map(|rest| (rest, whole.at))).into_iter().collect()
}
