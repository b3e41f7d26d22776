//! Powertools for AWS Lambda in TypeScript.

use super::super::evaluate::{Arguments, Atom, Atoms, Evaluator, Given, Sdk, Shape, SiteId, one, unknown};
use super::super::ir::{Expression, Name};

impl Evaluator<'_> {
    /// Providers and functions of Powertools.
    pub(super) fn powertools_of_script(
        &mut self,
        path: &str,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Option<Atoms> {
        let (package, name) = path.split_once(':')?;
        if !package.starts_with("@aws-lambda-powertools/") {
            return None;
        }
        if name.ends_with("Provider") {
            let site = self.site(whole.id, 40, Shape::Map);
            let options = arguments.get(0, "").unwrap_or_default();
            self.spread_into(site, &options);
            return Some(one(Atom::sdk(Sdk::Provider(name.into(), site))));
        }
        let found =
            self.table.powertools.get(format!("{package}.{name}").as_str()).filter(|found| found.service != "xray")?;
        let mut all =
            Arguments { positional: arguments.positional.iter().take(1).cloned().collect(), ..Arguments::default() };
        let options = arguments.get(1, "").unwrap_or_default();
        self.named_of(&options, &mut all);
        if let Some((atoms, _)) =
            arguments.positional.first().filter(|(atoms, _)| atoms.iter().any(|atom| matches!(atom, Atom::Object(_))))
            && !found.arguments.first().is_some_and(|(_, path)| path.ends_with("[]"))
        {
            let atoms = atoms.clone();
            all.positional.clear();
            self.named_of(&atoms, &mut all);
        }
        self.record_library(found, &all, whole);
        Some(unknown(&format!("what {name} of Powertools returns")))
    }

    pub(super) fn provider_of_script(
        &mut self,
        kind: &Name,
        site: SiteId,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let (service, operations, argument): (&str, &[&str], &str) = match (&**kind, &**name) {
            ("SSMProvider", "get") => ("ssm", &["GetParameter"], "Name"),
            ("SSMProvider", "getMultiple") => ("ssm", &["GetParametersByPath"], "Path"),
            ("SSMProvider", "getParametersByName") => ("ssm", &["GetParameters"], "Names"),
            ("SecretsProvider", "get") => ("secretsmanager", &["GetSecretValue"], "SecretId"),
            ("DynamoDBProvider", "get") => ("dynamodb", &["GetItem"], "Key"),
            ("DynamoDBProvider", "getMultiple") => ("dynamodb", &["Query"], "Key"),
            ("AppConfigProvider", "get") => (
                "appconfigdata",
                &["StartConfigurationSession", "GetLatestConfiguration"],
                "ConfigurationProfileIdentifier",
            ),
            _ => {
                self.unknown_method("Powertools", &format!("{kind}.{name}"), whole);
                return unknown("what a provider of Powertools returns");
            }
        };
        let mut given = Given::default();
        given = given.with(argument, arguments.get(0, "").unwrap_or_default(), whole.at);
        for (own, path) in [
            ("tableName", "TableName"),
            ("environment", "EnvironmentIdentifier"),
            ("application", "ApplicationIdentifier"),
        ] {
            if let Some(field) = self.field(site, own).cloned() {
                given = given.with(path, field.atoms, field.spot.at);
            }
        }
        for operation in operations {
            self.record(service, operation, &given, whole);
        }
        unknown("what a provider of Powertools returns")
    }
}
