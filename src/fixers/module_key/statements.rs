//! The statements of the key's policy, one for each service that uses it.

use std::cell::RefCell;

use super::Service;
use crate::fix::Change;
use crate::iam::policy::{Policy, Statement};
use crate::model::{Draft, Language, Project, Resource, Value};

/// What a service does with a key that it encrypts and decrypts with.
const EVERY_USE: [&str; 5] =
    ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];

/// Writes statements, and remembers which data sources they refer to.
pub(super) struct Writer<'a> {
    project: &'a Project,
    resource: &'a Resource,
    /// The provider of the key, where it isn't the module's own.
    provider: Option<&'a str>,
    data: RefCell<Vec<&'static str>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(project: &'a Project, resource: &'a Resource) -> Self {
        Self { project, resource, provider: project.own_provider(resource), data: RefCell::default() }
    }

    /// The data sources that the statements refer to and the module doesn't have.
    pub(super) fn data_sources(&self, near: &Resource, below: bool) -> Vec<Change> {
        let near = near.id;
        let add = |kind: &&str| Change::AddData {
            near,
            below,
            kind: (*kind).into(),
            name: self.data_name(),
            provider: self.provider.map(str::to_owned),
        };
        self.data.borrow().iter().map(add).collect()
    }

    /// What a data source is called: `current`, or as the provider.
    fn data_name(&self) -> String {
        self.provider.map_or_else(|| "current".into(), alias)
    }

    /// The directory's name, as a part of an alias.
    pub(super) fn module_name(&self) -> String {
        let directory = &self.project.module_of(self.resource.instance).directory;
        let last = directory.rsplit('/').next().unwrap_or_default();
        let plain: String =
            last.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        let plain = plain.trim_matches('-');
        if plain.is_empty() { "main".into() } else { plain.into() }
    }

    /// The account's administrators, and through them the policies of its roles.
    pub(super) fn administration(&self) -> Draft {
        let root = vec![
            Draft::string("arn:"),
            super::super::partition(self.project, self.resource.instance),
            Draft::string(":iam::"),
            self.account(),
            Draft::string(":root"),
        ];
        Draft::object([
            ("Sid", Draft::string("AccountAdministration")),
            ("Effect", Draft::string("Allow")),
            ("Principal", Draft::object([("AWS", Draft::Text(root))])),
            ("Action", Draft::string("kms:*")),
            ("Resource", Draft::string("*")),
        ])
    }

    /// What a service needs.
    pub(super) fn statement(&self, service: Service) -> Draft {
        let list = |items: &[&str]| Draft::List(items.iter().map(|item| Draft::string(*item)).collect());
        let mut entries = vec![
            ("Sid".to_owned(), Draft::string(service.sid())),
            ("Effect".to_owned(), Draft::string("Allow")),
            ("Principal".to_owned(), self.principal(service)),
            ("Action".to_owned(), list(service.actions())),
            ("Resource".to_owned(), Draft::string("*")),
        ];
        entries.extend(self.condition(service).map(|condition| ("Condition".to_owned(), condition)));
        Draft::Object(entries)
    }

    fn principal(&self, service: Service) -> Draft {
        let name = match service {
            Service::Users(_) => return Draft::object([("AWS", Draft::string("*"))]),
            Service::Logs => self.regional("logs"),
            other => Draft::string(other.principal()),
        };
        Draft::object([("Service", name)])
    }

    fn regional(&self, service: &str) -> Draft {
        Draft::Text(vec![Draft::string(format!("{service}.")), self.region(), Draft::string(".amazonaws.com")])
    }

    fn condition(&self, service: Service) -> Option<Draft> {
        match service {
            Service::Logs => {
                let groups = vec![
                    Draft::string("arn:"),
                    super::super::partition(self.project, self.resource.instance),
                    Draft::string(":logs:"),
                    self.region(),
                    Draft::string(":"),
                    self.account(),
                    Draft::string(":log-group:*"),
                ];
                let context = Draft::object([("kms:EncryptionContext:aws:logs:arn", Draft::Text(groups))]);
                Some(Draft::object([("ArnLike", context)]))
            }
            // NOTE: what the policies of AWS's own keys say (`aws/dynamodb`, `aws/lambda`).
            // https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
            Service::Users(through) => {
                let entries = [("kms:CallerAccount", self.account()), ("kms:ViaService", self.regional(through))];
                Some(Draft::object([("StringEquals", Draft::object(entries))]))
            }
            // NOTE: events that EventBridge publishes to a topic carry no source that a key's policy could ask for.
            // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
            // Neither does the guide of CloudTrail ask for one.
            // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html
            Service::EventsToTopics | Service::Trails => None,
            _ => {
                let account = Draft::object([("aws:SourceAccount", self.account())]);
                Some(Draft::object([("StringEquals", account)]))
            }
        }
    }

    fn account(&self) -> Draft {
        if self.project.language == Language::CloudFormation {
            return Draft::Expression("AWS::AccountId".into());
        }
        self.attribute("aws_caller_identity", "account_id")
    }

    fn region(&self) -> Draft {
        if self.project.language == Language::CloudFormation {
            return Draft::Expression("AWS::Region".into());
        }
        // NOTE: provider 6 renamed the attribute.
        // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade
        self.attribute("aws_region", self.project.region_attribute(self.resource.instance))
    }

    fn attribute(&self, kind: &'static str, attribute: &str) -> Draft {
        let is_its = |data: &&Resource| is_plain(data) && self.project.own_provider(data) == self.provider;
        if let Some(data) = self.project.data_of(kind, self.resource.instance).find(is_its) {
            return Draft::Attribute(data.id, attribute.into());
        }
        let mut data = self.data.borrow_mut();
        if !data.contains(&kind) {
            data.push(kind);
        }
        Draft::Expression(format!("data.{kind}.{}.{attribute}", self.data_name()))
    }
}

/// The last name of a provider, as a part of names: `central` of `aws.central`.
pub(super) fn alias(provider: &str) -> String {
    provider.rsplit('.').next().unwrap_or(provider).replace('-', "_")
}

/// Whether a data source tells of a deployment itself, whichever provider reads it.
fn is_plain(data: &Resource) -> bool {
    data.body.entries.iter().all(|entry| &*entry.name == "provider") && data.repeat == crate::model::Repeat::Once
}

impl Service {
    fn principal(self) -> &'static str {
        match self {
            Self::Logs => "logs.amazonaws.com",
            Self::Alarms => "cloudwatch.amazonaws.com",
            Self::Events | Self::EventsToTopics | Self::Buses => "events.amazonaws.com",
            Self::Buckets => "s3.amazonaws.com",
            Self::Topics => "sns.amazonaws.com",
            Self::Trails => "cloudtrail.amazonaws.com",
            Self::Users(_) => "*",
        }
    }

    fn sid(self) -> &'static str {
        match self {
            Self::Logs => "LogGroups",
            Self::Alarms => "Alarms",
            Self::Events => "EventsToQueues",
            Self::EventsToTopics => "EventsToTopics",
            Self::Buses => "EventBuses",
            Self::Buckets => "BucketNotifications",
            Self::Topics => "TopicsToQueues",
            Self::Trails => "TrailsToTopics",
            Self::Users("dynamodb") => "UsersOfTables",
            Self::Users("kinesis") => "UsersOfStreams",
            Self::Users("lambda") => "UsersOfFunctions",
            Self::Users("s3") => "UsersOfBuckets",
            Self::Users("secretsmanager") => "UsersOfSecrets",
            Self::Users("sns") => "UsersOfTopics",
            Self::Users("sqs") => "UsersOfQueues",
            Self::Users(_) => "UsersOfParameters",
        }
    }

    fn actions(self) -> &'static [&'static str] {
        match self {
            // Both keep a grant on the key for what they do later on.
            Self::Users("dynamodb" | "lambda") => &[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:CreateGrant",
                "kms:DescribeKey",
            ],
            Self::Logs | Self::Users(_) => &EVERY_USE,
            Self::Buses => &["kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"],
            _ => &["kms:Decrypt", "kms:GenerateDataKey*"],
        }
    }

    /// Whether a policy certainly lets the service use the key for everything of this account.
    pub(super) fn is_served(self, policy: &Policy) -> bool {
        policy.statements.iter().any(|statement| {
            statement.allow == Some(true)
                && statement.principals.iter().any(|(kind, value)| &**kind == self.kind() && self.is_principal(value))
                && self.actions().iter().all(|action| statement.covers_action(action.trim_end_matches('*')))
                && statement.conditions.iter().all(|condition| self.is_harmless(condition))
        })
    }

    fn kind(self) -> &'static str {
        if matches!(self, Self::Users(_)) { "AWS" } else { "Service" }
    }

    fn is_principal(self, value: &Value) -> bool {
        let pieces = value.known_pieces();
        let (first, last) = (pieces.first().copied().unwrap_or_default(), pieces.last().copied().unwrap_or_default());
        match self {
            Self::Logs => first.starts_with("logs.") && last.ends_with("amazonaws.com"),
            other => value.as_str() == Some(other.principal()),
        }
    }

    /// A condition that holds for whatever of the account uses the key.
    fn is_harmless(self, (_, key, values): &(std::sync::Arc<str>, std::sync::Arc<str>, Vec<Value>)) -> bool {
        let wide = |value: &Value| value.known_pieces().last().is_some_and(|end| end.ends_with(":*") || *end == "*");
        match self {
            Self::Logs => &**key == "kms:EncryptionContext:aws:logs:arn" && values.iter().all(wide),
            Self::EventsToTopics | Self::Trails => false,
            Self::Users(through) => match &**key {
                "kms:CallerAccount" => true,
                "kms:ViaService" => values.iter().any(|value| {
                    let first = value.known_pieces().first().copied().unwrap_or_default();
                    first.strip_prefix(through).is_some_and(|rest| rest.starts_with('.'))
                }),
                _ => false,
            },
            _ => &**key == "aws:SourceAccount",
        }
    }
}

/// Whether the policies of the account's roles count: without that a permission in a role gives nothing.
pub(super) fn lets_roles_in(policy: &Policy) -> bool {
    let root = |(kind, value): &(std::sync::Arc<str>, Value)| {
        &**kind == "AWS" && value.known_pieces().last().is_some_and(|end| end.ends_with(":root"))
    };
    let is_whole = |statement: &Statement| {
        statement.allow == Some(true)
            && statement.principals.iter().any(root)
            && statement.conditions.is_empty()
            && statement.covers_action("kms:Decrypt")
            && statement.covers_action("kms:CreateGrant")
    };
    policy.complete
        && policy.statements.iter().any(is_whole)
        && policy.statements.iter().all(|statement| statement.allow == Some(true))
}
