//! How clients of the AWS SDKs for Go are made, and what works on top of them.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::Expression;
use super::super::report::RefusalKind;
use super::names;

/// The field of a client's site that tells the first SDK.
const FIRST: &str = "$first";

impl Evaluator<'_> {
    /// A function of a package of an SDK; nothing for what is none.
    pub(super) fn call_of_go_sdk(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let (package, name) = path.split_once(':').unwrap_or((path, ""));
        if package.ends_with("/s3/s3manager") {
            return Some(self.call_of_manager(name, arguments, whole));
        }
        if let Some(service) = names::service(package) {
            return Some(match service {
                Ok(service) => self.call_of_service(service, package, name, arguments, whole),
                Err(folder) => {
                    if name.starts_with("New") {
                        let what = format!("the table of actions has no service `{folder}`");
                        self.refuse(RefusalKind::UnknownMethod, whole.at, &what);
                    }
                    unknown("a client of a service that isn't known")
                }
            });
        }
        let first = arguments.get(0, "").unwrap_or_default();
        let package = package.trim_start_matches("github.com/aws/");
        Some(match (package, name) {
            ("aws-sdk-go-v2/feature/s3/manager", _) => self.call_of_manager(name, arguments, whole),
            ("aws-sdk-go-v2/feature/s3/transfermanager", "New") => self.provider("transfers", whole),
            ("aws-sdk-go-v2/credentials/stscreds" | "aws-sdk-go/aws/credentials/stscreds", _) => {
                self.refuse(RefusalKind::AssumesRole, whole.at, "another role is assumed");
                self.escape_harmlessly(arguments, whole);
                unknown("a value of credentials")
            }
            ("aws-sdk-go-v2/credentials" | "aws-sdk-go/aws/credentials", _) if name.starts_with("NewStatic") => {
                let what = "calls are made with credentials that aren't the function's own";
                self.refuse(RefusalKind::AssumesRole, whole.at, what);
                unknown("a value of credentials")
            }
            ("aws-sdk-go-v2/aws" | "aws-sdk-go/aws", "NewConfig") => {
                one(Atom::Object(self.site(whole.id, 38, Shape::Map)))
            }
            ("aws-sdk-go-v2/aws" | "aws-sdk-go/aws", _) if is_pointer_helper(name) => first,
            ("smithy-go/ptr", _) | ("jsii-runtime-go", "String" | "Bool" | "Number") => first,
            ("aws-sdk-go/aws/session", "Must") => self.part(&first, 0),
            _ if package.starts_with("aws-xray-sdk-go") && matches!(name, "AWS" | "AWSSession") => first,
            ("aws-secretsmanager-caching-go/secretcache", "New") => self.provider("secretcache", whole),
            _ => return None,
        })
    }

    fn provider(&mut self, kind: &str, whole: &Expression) -> Atoms {
        one(Atom::sdk(Sdk::Provider(kind.into(), self.site(whole.id, 34, Shape::Map))))
    }

    /// Which of the SDKs a client is of.
    pub(super) fn mark(&mut self, site: SiteId, package: &str, whole: &Expression) {
        if names::is_first(package) {
            self.put(site, FIRST, one(Atom::Constant("true".into())), whole.at);
        }
    }

    pub(super) fn is_first(&self, site: SiteId) -> bool {
        self.field(site, FIRST).is_some()
    }

    /// A function of a service's package.
    fn call_of_service(
        &mut self,
        service: &'static str,
        package: &str,
        name: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let below = package.split("/service/").nth(1).is_some_and(|rest| rest.contains('/'));
        if below || !name.starts_with("New") {
            let address = name.starts_with("EndpointResolverFromURL");
            return match arguments.get(0, "") {
                Some(url) if address => url,
                _ => {
                    self.escape_harmlessly(arguments, whole);
                    unknown(&format!("a value of {service}"))
                }
            };
        }
        match name {
            "New" | "NewFromConfig" => {
                let site = self.site(whole.id, 30, Shape::Map);
                self.mark(site, package, whole);
                self.options_of(service, arguments, whole);
                return one(Atom::sdk(Sdk::Client(service.into(), site)));
            }
            // The client itself: its methods only have other names.
            "NewPresignClient" => return arguments.get(0, "").unwrap_or_default(),
            _ => {}
        }
        let made = name.strip_prefix("New").unwrap_or(name);
        if let Some(operation) = made.strip_suffix("Paginator").and_then(|name| self.table.paginator(service, name)) {
            let input = arguments.get(1, "").unwrap_or_default();
            let given = Given { objects: vec![(input, whole.at)], ..Given::default() };
            self.record(service, operation, &given, whole);
            return unknown(&format!("what {service}:{operation} answers"));
        }
        if let Some(waiter) = made.strip_suffix("Waiter") {
            if let Some(operation) = self.table.waiter(service, &crate::program::snake_case(waiter)) {
                return one(Atom::sdk(Sdk::Waiter(service.into(), operation.into())));
            }
        } else if !made.ends_with("Paginator") {
            // Resolvers of endpoints and the like.
            self.escape_harmlessly(arguments, whole);
            return unknown(&format!("a value of {service}"));
        }
        self.unknown_method(service, name, whole);
        unknown("a value of an unknown function")
    }

    /// The settings of a client: functions that change them (v2), or structures (v1).
    fn options_of(&mut self, service: &str, arguments: &Arguments, whole: &Expression) {
        let options = self.site(whole.id, 36, Shape::Map);
        let passed = Arguments::of(vec![one(Atom::Object(options))]);
        let mut settings = one(Atom::Object(options));
        for atoms in arguments.all() {
            for atom in atoms {
                match atom {
                    Atom::Closure(..) | Atom::Method(..) => {
                        self.call(&one(atom.clone()), &passed, whole);
                    }
                    Atom::Object(_) => {
                        settings.insert(atom.clone());
                    }
                    _ => {}
                }
            }
        }
        let mut endpoint = Atoms::new();
        for atom in settings {
            let Atom::Object(site) = atom else { continue };
            for field in ["BaseEndpoint", "EndpointResolver", "EndpointResolverV2", "Endpoint"] {
                endpoint.extend(self.field(site, field).map(|field| field.atoms.clone()).unwrap_or_default());
            }
        }
        self.endpoint(service, (!endpoint.is_empty()).then_some(endpoint), whole.at);
    }

    /// Uploads and downloads in parts.
    fn call_of_manager(&mut self, name: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        match name {
            "NewUploader" | "NewUploaderWithClient" => self.provider("uploader", whole),
            "NewDownloader" | "NewDownloaderWithClient" => self.provider("downloader", whole),
            "GetBucketRegion" | "GetBucketRegionWithClient" => {
                let bucket = arguments.get(2, "").unwrap_or_default();
                self.record("s3", "HeadBucket", &Given::default().with("Bucket", bucket, whole.at), whole);
                unknown("what s3:HeadBucket answers")
            }
            _ if name.starts_with("New") && !name.contains("Buffer") && !name.contains("Retryer") => {
                self.unknown_method("s3", name, whole);
                unknown("a value of an unknown function")
            }
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown("a value of the transfer manager")
            }
        }
    }
}

/// `aws.String(…)`, `aws.ToString(…)`, `aws.StringValue(…)`: a pointer to a value, and the value.
fn is_pointer_helper(name: &str) -> bool {
    const KINDS: [&str; 22] = [
        "String",
        "StringSlice",
        "StringMap",
        "StringValue",
        "StringValueSlice",
        "StringValueMap",
        "Bool",
        "BoolValue",
        "Int",
        "IntValue",
        "Int32",
        "Int32Value",
        "Int64",
        "Int64Value",
        "Float64",
        "Float64Value",
        "Time",
        "TimeValue",
        "Float32",
        "Duration",
        "Byte",
        "JSONValue",
    ];
    KINDS.contains(&name.strip_prefix("To").unwrap_or(name))
}
