//! Powertools for AWS Lambda: what its utilities ask for.

use super::super::super::actions::Library;
use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};

/// The package.
const PACKAGE: &str = "aws_lambda_powertools.";

impl Evaluator<'_> {
    /// A call of Powertools.
    pub(super) fn call_powertools(&mut self, path: &str, arguments: &Arguments, whole: &Expression) -> Option<Atoms> {
        let path = path.strip_prefix(PACKAGE)?;
        let last = path.rsplit('.').next().unwrap_or(path);
        let module = path.strip_suffix(last).unwrap_or_default();
        if last.ends_with("Provider") && module.starts_with("utilities.parameters") {
            let site = self.site(whole.id, 40, Shape::Map);
            for (name, atoms, at) in &arguments.named {
                self.put(site, name, atoms.clone(), *at);
            }
            if let Some((atoms, at)) = arguments.positional.first() {
                let first = if last == "AppConfigProvider" { "environment" } else { "table_name" };
                self.put(site, first, atoms.clone(), *at);
            }
            return Some(one(Atom::sdk(Sdk::Provider(last.into(), site))));
        }
        if last == "Tracer" || last == "Logger" || last == "Metrics" {
            return Some(unknown("a tool of Powertools"));
        }
        let found = powertools(self.table, module, last)?;
        self.record_library(found, arguments, whole);
        Some(unknown(&format!("what {last} of Powertools returns")))
    }

    pub(in super::super) fn record_library(
        &mut self,
        library: &'static Library,
        arguments: &Arguments,
        whole: &Expression,
    ) {
        let mut given = Given { open: arguments.open, ..Given::default() };
        for (index, (own, path)) in library.arguments.iter().enumerate() {
            let index = if *own == "decrypt" { usize::MAX } else { index };
            let Some(atoms) = arguments.get(index, own) else { continue };
            if let Some(list) = path.strip_suffix("[]") {
                given = given.with(list, self.names_in(&atoms, whole), whole.at);
            } else {
                given = given.with(path, atoms, whole.at);
            }
        }
        for operation in &library.operations {
            self.record(library.service, operation, &given, whole);
        }
    }

    /// The keys of a map, or the elements of a list, as a list.
    fn names_in(&mut self, of: &Atoms, whole: &Expression) -> Atoms {
        let mut names = Atoms::new();
        for atom in of {
            match atom {
                Atom::Object(site) if self.shape(*site) == Shape::Map => names.extend(self.keys(*site)),
                Atom::Object(site) => names.extend(self.any(*site)),
                other => {
                    names.insert(other.clone());
                }
            }
        }
        self.made_list(names, 41, whole)
    }

    /// `SSMProvider().get(…)` and its like.
    pub(super) fn provider_method(
        &mut self,
        kind: &Name,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let mut all = arguments.clone();
        for (made_with, field) in self.fields(site) {
            all.named.push((made_with, field.atoms, field.spot.at));
        }
        let table = self.table;
        let calls: Option<(&str, Vec<&str>)> = match (&**kind, &**name) {
            ("DynamoDBProvider", "get") => Some(("dynamodb", vec!["GetItem"])),
            ("DynamoDBProvider", "get_multiple") => Some(("dynamodb", vec!["Query"])),
            ("AppConfigProvider", "get") => {
                Some(("appconfigdata", vec!["StartConfigurationSession", "GetLatestConfiguration"]))
            }
            ("SSMProvider", "get_parameters_by_name") => Some(("ssm", vec!["GetParameters"])),
            ("SSMProvider", "set") => Some(("ssm", vec!["PutParameter"])),
            ("SecretCache", "get_secret_string" | "get_secret_binary") => {
                Some(("secretsmanager", vec!["DescribeSecret", "GetSecretValue"]))
            }
            ("SecretsProvider", "set") => Some(("secretsmanager", vec!["PutSecretValue", "CreateSecret"])),
            _ => None,
        };
        if let Some((service, operations)) = calls {
            let given = provider_arguments(kind, &all, whole);
            for operation in operations {
                self.record(service, operation, &given, whole);
            }
            return unknown("what a provider of Powertools returns");
        }
        match powertools(table, "utilities.parameters.", &format!("{kind}.{name}")) {
            Some(found) => self.record_library(found, &all, whole),
            None if matches!(&**name, "clear_cache" | "add_to_cache") => {}
            None => self.unknown_method("Powertools", &format!("{kind}.{name}"), whole),
        }
        unknown("what a provider of Powertools returns")
    }
}

fn provider_arguments(kind: &str, arguments: &Arguments, whole: &Expression) -> Given {
    let names: &[(usize, &str, &str)] = match kind {
        "DynamoDBProvider" => &[(usize::MAX, "table_name", "TableName")],
        "AppConfigProvider" => &[
            (0, "name", "ConfigurationProfileIdentifier"),
            (usize::MAX, "environment", "EnvironmentIdentifier"),
            (usize::MAX, "application", "ApplicationIdentifier"),
        ],
        "SSMProvider" => &[(0, "name", "Name")],
        "SecretCache" => &[(0, "secret_id", "SecretId")],
        _ => &[(0, "name", "SecretId")],
    };
    let mut given = Given::default();
    for (index, own, path) in names {
        if let Some(atoms) = arguments.get(*index, own) {
            given = given.with(path, atoms, whole.at);
        }
    }
    given
}

/// What the table has of Powertools; a name may be imported from the module that defines it.
fn powertools(table: &'static crate::iam::actions::Table, module: &str, name: &str) -> Option<&'static Library> {
    let mut module = module.trim_end_matches('.');
    loop {
        if let Some(found) = table.powertools.get(format!("{PACKAGE}{module}.{name}").as_str()) {
            return Some(found);
        }
        module = module.rsplit_once('.')?.0;
    }
}
