//! The AWS SDKs for Java: clients, their builders, requests and what works on top of them.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};
use super::super::report::RefusalKind;
use super::names;

/// The field of a client's site that tells the first SDK.
const FIRST: &str = "$first";
/// The field of a builder's site that tells what it builds.
const SERVICE: &str = "$service";

impl Evaluator<'_> {
    pub(super) fn mark_java(&mut self, site: SiteId, first: bool, whole: &Expression) {
        if first {
            self.put(site, FIRST, one(Atom::Constant("true".into())), whole.at);
        }
    }

    /// A static method of a class of an SDK; nothing for what is none.
    pub(super) fn call_of_java_sdk(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let (class, method) = path.split_once(':')?;
        let name = class.rsplit('.').next().unwrap_or(class);
        if let Some(found) = self.other_class(class, name, method, arguments, whole) {
            return Some(found);
        }
        let (service, first) = names::service(class)?;
        let makes_client = names::is_client(class)
            || name.ends_with("ClientBuilder")
            || name.ends_with("Presigner")
            || name.ends_with("Waiter");
        if !makes_client {
            if matches!(method, "builder" | "serializableBuilderClass") {
                return Some(one(Atom::Object(self.site(whole.id, 40, Shape::Instance))));
            }
            self.escape_harmlessly(arguments, whole);
            return Some(unknown(&format!("a value of {class}")));
        }
        let Ok(service) = service else {
            let what = format!("the table of actions has no service for `{class}`");
            self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
            return Some(unknown("a client of a service that isn't known"));
        };
        if name.ends_with("Waiter") {
            return Some(self.java_provider("waiter", service, whole));
        }
        Some(match method {
            "create" | "defaultClient" => self.java_client(service, first, whole),
            "builder" | "standard" => {
                let site = self.site(whole.id, 41, Shape::Map);
                self.mark_java(site, first, whole);
                self.put(site, SERVICE, one(Atom::text(service)), whole.at);
                one(Atom::sdk(Sdk::Provider("client builder".into(), site)))
            }
            _ => unknown(&format!("a value of {class}")),
        })
    }

    fn java_client(&mut self, service: &str, first: bool, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 30, Shape::Map);
        self.mark_java(site, first, whole);
        one(Atom::sdk(Sdk::Client(service.into(), site)))
    }

    pub(super) fn java_provider(&mut self, kind: &str, service: &str, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 34, Shape::Map);
        self.put(site, SERVICE, one(Atom::text(service)), whole.at);
        one(Atom::sdk(Sdk::Provider(kind.into(), site)))
    }

    /// Classes beside the clients of services.
    fn other_class(
        &mut self,
        class: &str,
        name: &str,
        method: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        Some(match name {
            "DynamoDbEnhancedClient" | "DynamoDbEnhancedAsyncClient" => {
                self.java_provider("enhanced", "dynamodb", whole)
            }
            "S3TransferManager" => self.java_provider("transfers", "s3", whole),
            "StsAssumeRoleCredentialsProvider"
            | "StsAssumeRoleWithWebIdentityCredentialsProvider"
            | "STSAssumeRoleSessionCredentialsProvider" => {
                self.refuse(RefusalKind::AssumesRole, whole.at, "another role is assumed");
                self.escape_harmlessly(arguments, whole);
                one(Atom::Object(self.site(whole.id, 40, Shape::Instance)))
            }
            "StaticCredentialsProvider" => {
                let what = "calls are made with credentials that aren't the function's own";
                self.refuse(RefusalKind::AssumesRole, whole.at, what);
                unknown("a value of credentials")
            }
            _ if class.starts_with("software.amazon.awssdk.")
                && method == "builder"
                && names::service(class).is_none() =>
            {
                one(Atom::Object(self.site(whole.id, 40, Shape::Instance)))
            }
            _ => return None,
        })
    }

    /// `new` of something of an SDK; nothing for what is none.
    pub(super) fn new_of_java_sdk(&mut self, class: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let name = class.rsplit('.').next().unwrap_or(class);
        match name {
            "DynamoDBMapper" | "DynamoDB" | "TransferManager" | "AmazonS3EncryptionClient"
                if class.starts_with("com.amazonaws.") =>
            {
                let what = format!("`{name}` of SDK v1 isn't read");
                self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
                return Some(unknown("something of SDK v1"));
            }
            "AWSStaticCredentialsProvider" | "STSAssumeRoleSessionCredentialsProvider" | "BasicSessionCredentials" => {
                let what = "calls are made with credentials that aren't the function's own";
                self.refuse(RefusalKind::AssumesRole, whole.at, what);
                return Some(unknown("a value of credentials"));
            }
            _ => {}
        }
        let (service, first) = names::service(class)?;
        if names::is_client(class) {
            return Some(match service {
                Ok(service) => self.java_client(service, first, whole),
                Err(folder) => {
                    let what = format!("the table of actions has no service `{folder}`");
                    self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
                    unknown("a client of a service that isn't known")
                }
            });
        }
        // A request of SDK v1: its constructors take what names the thing, and more.
        let site = self.site(whole.id, 40, Shape::Instance);
        self.mark_java(site, first, whole);
        for ((atoms, at), field) in arguments.positional.iter().zip(v1_names(name)) {
            self.put(site, field, atoms.clone(), *at);
        }
        if arguments.positional.len() > v1_names(name).len() {
            self.open(site, "a value that a constructor sets");
        }
        Some(one(Atom::Object(site)))
    }

    pub(in super::super) fn java_sdk_method(
        &mut self,
        sdk: &Arc<Sdk>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match &**sdk {
            Sdk::Client(service, site) => self.method_of_java_client(service, *site, name, arguments, whole),
            Sdk::Provider(kind, site) => self.method_of_java_provider(sdk, kind, *site, name, arguments, whole),
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown("a member of an SDK's object")
            }
        }
    }

    fn method_of_java_client(
        &mut self,
        service: &Name,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match &**name {
            "close"
            | "shutdown"
            | "serviceName"
            | "serviceClientConfiguration"
            | "toString"
            | "hashCode"
            | "equals" => {
                return unknown("a value of a client");
            }
            "utilities" => return self.java_provider("utilities", service, whole),
            "waiter" | "waiters" => return self.java_provider("waiter", service, whole),
            _ => {}
        }
        let presigned = name.strip_prefix("presign").map(ToOwned::to_owned);
        let called = presigned.as_deref().unwrap_or(name);
        let Some((operation, _)) = names::operation(service, called) else {
            self.unknown_method(service, name, whole);
            self.escape_harmlessly(arguments, whole);
            return unknown("what an unknown method answers");
        };
        let first = self.field(site, FIRST).is_some();
        let mut input = self.input(arguments, whole);
        if presigned.is_some() {
            // The request to sign lies in the request to the presigner.
            let field = format!("{}Request", names::capital(called));
            input = self.attribute(&input, &field.into(), whole);
        }
        let mut given = Given { objects: vec![(input.clone(), whole.at)], ..Given::default() };
        if first && !is_structure(&input) {
            let named = v1_names(operation);
            given = Given { open: arguments.positional.len() > named.len() || named.is_empty(), ..Given::default() };
            for ((atoms, at), field) in arguments.positional.iter().zip(named) {
                given = given.with(field, atoms.clone(), *at);
            }
        }
        if arguments.positional.is_empty() {
            given = Given::default();
        }
        self.record(service, operation, &given, whole);
        let mut fields = Arguments::default();
        self.named_of(&input, &mut fields);
        let answer = self.answer(service, operation, &fields, whole);
        // What reads the answer, or handles it.
        let handlers: Vec<Atoms> = arguments.positional.iter().skip(1).map(|(atoms, _)| atoms.clone()).collect();
        self.call_with(&Arguments::of(handlers), &answer, whole);
        // The name may be set by a function that wasn't looked at yet.
        let named = matches!(operation, "GetQueueUrl" | "CreateQueue" | "CreateTopic");
        if named && is_structure(&input) && !is_structure(&answer) && !self.is_last_round() {
            return Atoms::new();
        }
        self.structured(answer, whole)
    }

    /// An answer as something whose members are read by methods.
    fn structured(&mut self, answer: Atoms, whole: &Expression) -> Atoms {
        let mut found = Atoms::new();
        for atom in answer {
            match atom {
                Atom::Object(from) => {
                    let site = self.site(whole.id, 46, Shape::Instance);
                    self.copy_fields(from, site);
                    found.insert(Atom::Object(site));
                }
                other => {
                    found.insert(other);
                }
            }
        }
        found
    }

    /// The request that a call gets: a structure, or a function that fills one.
    pub(super) fn input(&mut self, arguments: &Arguments, whole: &Expression) -> Atoms {
        let first = arguments.get(0, "").unwrap_or_default();
        self.filled(&first, 42, whole)
    }

    /// Functions that fill a structure are called with one.
    fn filled(&mut self, given: &Atoms, part: u8, whole: &Expression) -> Atoms {
        let functions: Atoms =
            given.iter().filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))).cloned().collect();
        if functions.is_empty() {
            return given.clone();
        }
        let structure = one(Atom::Object(self.site(whole.id, part, Shape::Instance)));
        self.call(&functions, &Arguments::of(vec![structure.clone()]), whole);
        let mut all: Atoms = given.difference(&functions).cloned().collect();
        all.extend(structure);
        all
    }

    /// A request and its builder: `tableName(x)` sets, `tableName()` reads; of SDK v1 `withTableName(x)`.
    pub(super) fn structure(&mut self, site: SiteId, name: &Name, arguments: &Arguments, whole: &Expression) -> Atoms {
        let itself = one(Atom::Object(site));
        if matches!(&**name, "build" | "toBuilder" | "applyMutation" | "clone" | "copy" | "overrideConfiguration") {
            if &**name == "applyMutation" {
                self.call_with(arguments, &itself, whole);
            }
            return itself;
        }
        // The first SDK says what is done in front of the name.
        let first = self.field(site, FIRST).is_some();
        let prefixed = |prefix: &str| name.strip_prefix(prefix).filter(|_| first);
        let (plain, sets) = match prefixed("with").or_else(|| prefixed("set")) {
            Some(rest) if rest.starts_with(char::is_uppercase) => (rest.to_owned(), true),
            _ => match prefixed("get").filter(|rest| rest.starts_with(char::is_uppercase)) {
                Some(rest) => (rest.to_owned(), false),
                None => (names::capital(name), !arguments.positional.is_empty()),
            },
        };
        if !sets {
            let read = self.field(site, &plain).map(|field| field.atoms.clone());
            return read.unwrap_or_else(|| unknown("a value of a request"));
        }
        let mut values = Vec::new();
        for (index, (atoms, _)) in arguments.positional.iter().enumerate() {
            values.push(self.filled(atoms, 43 + (index % 20) as u8, whole));
        }
        let value = match values.len() {
            1 => values.remove(0),
            _ => values.into_iter().flatten().collect(),
        };
        self.put(site, &plain, value, whole.at);
        itself
    }

    fn method_of_java_provider(
        &mut self,
        sdk: &Arc<Sdk>,
        kind: &str,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let service = self.field(site, SERVICE).and_then(|field| super::super::evaluate::only_text(&field.atoms));
        let service = service.unwrap_or_else(|| "".into());
        match (kind, &**name) {
            ("client builder", "build") => {
                let first = self.field(site, FIRST).is_some();
                let endpoint = self.field(site, "endpoint").map(|field| field.atoms.clone());
                self.endpoint(&service, endpoint, whole.at);
                self.java_client(&service, first, whole)
            }
            ("client builder", _) => {
                if matches!(&**name, "endpointOverride" | "withEndpointConfiguration") {
                    self.put(site, "endpoint", arguments.get(0, "").unwrap_or_default(), whole.at);
                }
                self.escape_harmlessly(arguments, whole);
                one(Atom::Sdk(Arc::clone(sdk)))
            }
            ("waiter", _) if name.starts_with("waitUntil") => {
                let waiter = crate::program::snake_case(name.trim_start_matches("waitUntil"));
                match self.table.waiter(&service, &waiter) {
                    Some(operation) => {
                        let input = self.input(arguments, whole);
                        let given = Given { objects: vec![(input, whole.at)], ..Given::default() };
                        self.record(&service, operation, &given, whole);
                    }
                    None => self.unknown_method(&service, name, whole),
                }
                unknown("what a waiter answers")
            }
            ("utilities", "generateAuthenticationToken") => {
                self.refuse(RefusalKind::SelfSigned, whole.at, "a token for a database is signed");
                unknown("a value of a token")
            }
            ("utilities" | "waiter", _) => {
                self.escape_harmlessly(arguments, whole);
                unknown("a value of a utility")
            }
            ("transfers", _) => self.transfer(sdk, name, arguments, whole),
            _ => self.method_of_table(sdk, kind, site, name, arguments, whole),
        }
    }

    fn transfer(&mut self, sdk: &Arc<Sdk>, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let (operations, member): (&[&str], &str) = match name {
            "uploadFile" | "upload" => (&["PutObject", "AbortMultipartUpload"], "PutObjectRequest"),
            "downloadFile" | "download" => (&["GetObject"], "GetObjectRequest"),
            "copy" => (&["CopyObject"], "CopyObjectRequest"),
            "uploadDirectory" => (&["PutObject", "AbortMultipartUpload"], ""),
            "downloadDirectory" => (&["ListObjectsV2", "GetObject"], ""),
            "close" => return unknown("a value of transfers"),
            "builder" | "build" | "create" | "s3Client" | "executor" => return one(Atom::Sdk(Arc::clone(sdk))),
            _ => {
                self.unknown_method("s3", &format!("S3TransferManager.{name}"), whole);
                return unknown("what an unknown method answers");
            }
        };
        let input = self.input(arguments, whole);
        let request = if member.is_empty() { input } else { self.attribute(&input, &member.into(), whole) };
        let given = Given { objects: vec![(request, whole.at)], ..Given::default() };
        for operation in operations {
            self.record("s3", operation, &given, whole);
        }
        unknown(&format!("what s3:{} answers", operations[0]))
    }
}

/// What the first arguments of constructors and methods of SDK v1 are, by the request or operation.
fn v1_names(of: &str) -> &'static [&'static str] {
    match of.strip_suffix("Request").unwrap_or(of) {
        "GetObject" | "PutObject" | "DeleteObject" | "GetObjectMetadata" | "HeadObject" | "GeneratePresignedUrl" => {
            &["Bucket", "Key"]
        }
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => &["Bucket"],
        "GetItem" | "PutItem" | "UpdateItem" | "DeleteItem" | "Query" | "Scan" | "DescribeTable" => &["TableName"],
        "SendMessage" | "ReceiveMessage" | "DeleteMessage" => &["QueueUrl"],
        "Publish" => &["TopicArn"],
        _ => &[],
    }
}

fn is_structure(atoms: &Atoms) -> bool {
    atoms.iter().any(|atom| matches!(atom, Atom::Object(_)))
}
