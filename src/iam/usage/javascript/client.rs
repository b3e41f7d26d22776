//! How clients and commands of the AWS SDKs for JavaScript are made.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, one, unknown};
use super::super::ir::Expression;
use super::super::report::RefusalKind;
use super::sdk::{CLIENT, PARAMS, first};

impl Evaluator<'_> {
    /// `new` of something of an SDK; nothing if it isn't one.
    pub(super) fn new_of_sdk(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let (package, name) = path.split_once(':').unwrap_or((path, ""));
        let name = name.strip_prefix("default.").unwrap_or(name);
        if package.starts_with(CLIENT) {
            return Some(self.new_of_client_package(package, name, arguments, whole));
        }
        match package {
            "@aws-sdk/lib-dynamodb" => match self.table.library(package, name) {
                Some(library) => {
                    let given = Given { objects: first(arguments, whole), ..Given::default() };
                    for operation in &library.operations {
                        self.record(library.service, operation, &given, whole);
                    }
                    Some(one(Atom::sdk(Sdk::Command(library.service.into(), name.into()))))
                }
                None if name.ends_with("Command") => {
                    self.unknown_method("lib-dynamodb", name, whole);
                    Some(unknown("a command that isn't known"))
                }
                None => Some(one(Atom::sdk(Sdk::Document(self.site(whole.id, 30, Shape::Map))))),
            },
            "@aws-sdk/lib-storage" => {
                let options = arguments.get(0, "").unwrap_or_default();
                let parameters = self.attribute(&options, &"params".into(), whole);
                self.upload(&parameters, whole);
                Some(unknown("an upload"))
            }
            "@aws-sdk/rds-signer" => {
                let given = Given { objects: first(arguments, whole), ..Given::default() };
                self.record("rds", "GenerateDBAuthToken", &given, whole);
                Some(unknown("a signer of tokens"))
            }
            "@aws-sdk/dsql-signer" => {
                self.refuse(RefusalKind::SelfSigned, whole.at, "a token for a database is signed");
                Some(unknown("a signer of tokens"))
            }
            "aws-sdk" => Some(self.new_of_v2(name, arguments, whole)),
            _ if package.starts_with("aws-sdk/clients/") => {
                let service = package.trim_start_matches("aws-sdk/clients/").trim_end_matches(".js");
                let name = name.trim_start_matches("default").trim_start_matches('.');
                if name == "DocumentClient" {
                    return Some(self.new_of_v2("DynamoDB.DocumentClient", arguments, whole));
                }
                Some(self.new_of_v2(if name.is_empty() { service } else { name }, arguments, whole))
            }
            "aws-sdk/lib/dynamodb/document_client" => Some(self.new_of_v2("DynamoDB.DocumentClient", arguments, whole)),
            _ => None,
        }
    }

    pub(super) fn new_of_client_package(
        &mut self,
        package: &str,
        name: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let Some(service) = self.table.service_of_package(package) else {
            let what = format!("the table of actions has no service for `{package}`");
            self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
            return unknown("a client of a service that isn't known");
        };
        if name.ends_with("Command") {
            let Some(operation) = self.table.operation(service, name) else {
                self.unknown_method(service, name, whole);
                return unknown("a command that isn't known");
            };
            let given = Given { objects: first(arguments, whole), ..Given::default() };
            self.record(service, operation, &given, whole);
            return one(Atom::sdk(Sdk::Command(service.into(), operation.into())));
        }
        if name.ends_with("Exception") || name.ends_with("Error") || name.starts_with("NoSuch") {
            return unknown("an exception");
        }
        self.credentials_of(arguments, whole);
        self.endpoint_of(service, arguments, whole);
        one(Atom::sdk(Sdk::Client(service.into(), self.site(whole.id, 30, Shape::Map))))
    }

    /// The endpoint in a client's options.
    fn endpoint_of(&mut self, service: &str, arguments: &Arguments, whole: &Expression) {
        let options = arguments.get(0, "").unwrap_or_default();
        for atom in &options {
            let Atom::Object(site) = atom else { continue };
            let endpoint = self.field(*site, "endpoint").map(|field| field.atoms.clone());
            self.endpoint(service, endpoint, whole.at);
        }
    }

    /// A class of SDK v2: `S3`, `DynamoDB.DocumentClient`.
    pub(super) fn new_of_v2(&mut self, class: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let options = arguments.get(0, "").unwrap_or_default();
        match class {
            "S3.ManagedUpload" => {
                let parameters = self.attribute(&options, &"params".into(), whole);
                self.upload(&parameters, whole);
                return unknown("an upload");
            }
            "HttpRequest" | "Signers.V4" => {
                self.refuse(RefusalKind::SelfSigned, whole.at, "a request to AWS is signed by hand");
                return unknown("a request that is signed by hand");
            }
            "TemporaryCredentials"
            | "ChainableTemporaryCredentials"
            | "WebIdentityCredentials"
            | "CognitoIdentityCredentials" => {
                self.refuse(RefusalKind::AssumesRole, whole.at, "another role is assumed");
                return unknown("credentials");
            }
            "Credentials" | "Config" | "Endpoint" | "EnvironmentCredentials" | "SharedIniFileCredentials" => {
                return unknown("a setting");
            }
            _ => {}
        }
        let site = self.site(whole.id, 30, Shape::Map);
        let given = self.attribute(&options, &"params".into(), whole);
        if given.iter().any(|atom| matches!(atom, Atom::Object(_))) {
            self.put(site, PARAMS, given, whole.at);
        }
        self.credentials_of(arguments, whole);
        if class == "DynamoDB.DocumentClient" {
            return one(Atom::sdk(Sdk::Document(site)));
        }
        let Some(service) = self.table.service_of_v2_class(class) else {
            let what = format!("the table of actions has no service `{class}`");
            self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
            return unknown("a client of a service that isn't known");
        };
        self.endpoint_of(service, arguments, whole);
        one(Atom::sdk(Sdk::Client(service.into(), site)))
    }

    /// A client with credentials that aren't the function's own.
    pub(super) fn credentials_of(&mut self, arguments: &Arguments, whole: &Expression) {
        let options = arguments.get(0, "").unwrap_or_default();
        let mut given = Atoms::new();
        for atom in &options {
            let Atom::Object(site) = atom else { continue };
            for name in ["credentials", "accessKeyId"] {
                given.extend(self.field(*site, name).map(|field| field.atoms.clone()).unwrap_or_default());
            }
        }
        let own = |atom: &Atom| match atom {
            Atom::Unknown(reason) => reason.contains("credential-provider"),
            Atom::Nothing => true,
            _ => false,
        };
        if given.iter().any(|atom| !own(atom)) {
            let what = "calls are made with credentials that aren't the function's own";
            self.refuse(RefusalKind::AssumesRole, whole.at, what);
        }
    }

    pub(super) fn upload(&mut self, parameters: &Atoms, whole: &Expression) {
        let given = Given { objects: vec![(parameters.clone(), whole.at)], ..Given::default() };
        for operation in ["PutObject", "AbortMultipartUpload"] {
            self.record("s3", operation, &given, whole);
        }
    }
}
