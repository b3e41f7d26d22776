//! Methods of the clients of the AWS SDKs for Go: `client.PutItem(ctx, &dynamodb.PutItemInput{…})`.

use std::sync::Arc;

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, unknown};
use super::super::ir::{Expression, Name};
use super::names;

impl Evaluator<'_> {
    pub(in super::super) fn go_sdk_method(
        &mut self,
        sdk: &Arc<Sdk>,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        match &**sdk {
            Sdk::Client(service, site) => self.method_of_go_client(service, *site, name, arguments, whole),
            Sdk::Waiter(service, operation) => {
                if matches!(&**name, "Wait" | "WaitForOutput") {
                    let input = arguments.get(1, "").unwrap_or_default();
                    let given = Given { objects: vec![(input, whole.at)], ..Given::default() };
                    self.record(service, operation, &given, whole);
                }
                unknown(&format!("what {service}:{operation} answers"))
            }
            Sdk::Provider(kind, _) => self.method_of_go_provider(kind, name, arguments, whole),
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown("a member of an SDK's object")
            }
        }
    }

    fn method_of_go_client(
        &mut self,
        service: &Name,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        const NO_CALLS: [&str; 8] =
            ["Options", "AddDebugHandlers", "NewRequest", "Clear", "Copy", "String", "GoString", "PresignPostObject"];
        let Some((operation, added)) = names::operation(service, name) else {
            if &**name == "PresignPostObject" {
                let given =
                    Given { objects: vec![(arguments.get(1, "").unwrap_or_default(), whole.at)], ..Given::default() };
                self.record(service, "PutObject", &given, whole);
            } else if !NO_CALLS.contains(&&**name) {
                self.unknown_method(service, name, whole);
            }
            self.escape_harmlessly(arguments, whole);
            return unknown("what an unknown method answers");
        };
        let first = usize::from(!self.is_first(site) || added.ends_with("WithContext"));
        let input = arguments.get(first, "").unwrap_or_default();
        let given =
            Given { objects: vec![(input.clone(), whole.at)], open: arguments.rest.is_some(), ..Given::default() };
        self.record(service, operation, &given, whole);
        let mut fields = Arguments::default();
        self.named_of(&input, &mut fields);
        let answer = self.answer(service, operation, &fields, whole);
        // Pages are given to a function; other functions change the call's settings.
        for (atoms, _) in arguments.positional.iter().skip(first + 1) {
            let functions: Atoms =
                atoms.iter().filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))).cloned().collect();
            if !functions.is_empty() {
                let passed = vec![answer.clone(), unknown("a value that says whether it is the last")];
                self.call(&functions, &Arguments::of(passed), whole);
            }
        }
        if added == "Request" {
            // The request, and what it will answer.
            return self.several(vec![unknown("a value of a request"), answer], whole);
        }
        answer
    }

    /// Several values that a function outside returns at once.
    pub(super) fn several(&mut self, values: Vec<Atoms>, whole: &Expression) -> Atoms {
        let site = self.site(whole.id, 39, Shape::Tuple);
        for (index, atoms) in values.into_iter().enumerate() {
            self.put(site, &index.to_string(), atoms, whole.at);
        }
        Atoms::from([Atom::Object(site)])
    }

    fn method_of_go_provider(&mut self, kind: &str, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let operations: &[&str] = match (kind, name) {
            ("uploader", "Upload" | "UploadWithContext") | ("transfers", "UploadObject" | "PutObject") => {
                &["PutObject", "AbortMultipartUpload"]
            }
            ("downloader", "Download" | "DownloadWithContext") | ("transfers", "DownloadObject" | "GetObject") => {
                &["GetObject"]
            }
            ("secretcache", _) if name.starts_with("GetSecret") => {
                return self.cached_secret(name, arguments, whole);
            }
            _ => {
                self.unknown_method("s3", &format!("{kind}.{name}"), whole);
                return unknown("what an unknown method answers");
            }
        };
        let structures = arguments.positional.iter().filter(|(atoms, _)| {
            atoms.iter().any(|atom| matches!(atom, Atom::Object(site) if self.shape(*site) == Shape::Map))
        });
        let objects: Vec<_> = structures.take(1).map(|(atoms, _)| (atoms.clone(), whole.at)).collect();
        let given = Given { open: objects.is_empty(), objects, ..Given::default() };
        for operation in operations {
            self.record("s3", operation, &given, whole);
        }
        unknown(&format!("what s3:{} answers", operations[0]))
    }

    /// The cache asks for a secret's versions before it reads one.
    fn cached_secret(&mut self, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let id = arguments.get(usize::from(name.contains("WithContext")), "").unwrap_or_default();
        for operation in ["DescribeSecret", "GetSecretValue"] {
            self.record("secretsmanager", operation, &Given::default().with("SecretId", id.clone(), whole.at), whole);
        }
        unknown("what secretsmanager:GetSecretValue answers")
    }
}
