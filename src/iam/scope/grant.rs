//! What a role is granted, statement by statement, and what of it can be changed.

use super::arn::Pattern;
use super::managed;
use crate::iam::policy::{Policy, Statement, StatementAt};
use crate::iam::role::{self, Exclusive};
use crate::model::{Language, Mode, Project, Resource, ResourceId, Value};

/// Managed policies that stay: what Lambda needs for a feature, in the words of AWS.
const STANDING: [&str; 12] = [
    "AWSLambdaBasicDurableExecutionRolePolicy",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaENIManagementAccess",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "CloudWatchLambdaApplicationSignalsExecutionRolePolicy",
    "CloudWatchLambdaInsightsExecutionRolePolicy",
];

/// What a role has.
#[derive(Debug, Default)]
pub struct Granted {
    /// Its policy documents.
    pub documents: Vec<Document>,
    /// Managed policies that are attached to it.
    pub attached: Vec<Attached>,
    /// What can't be read.
    pub unread: Vec<String>,
}

/// A policy document of a role.
#[derive(Debug)]
pub struct Document {
    /// The resource whose argument it is.
    pub holder: ResourceId,
    /// What ties the holder to the role: the holder itself, or an attachment.
    pub by: ResourceId,
    /// The argument (dotted).
    pub argument: String,
    /// Its statements, in order.
    pub statements: Vec<Held>,
    /// Whether it is there wherever the function is.
    pub sure: bool,
}

/// A statement.
#[derive(Debug)]
pub struct Held {
    /// Where it stands.
    pub at: StatementAt,
    /// Patterns of actions.
    pub actions: Vec<String>,
    /// What it is on, as written.
    pub resources: Vec<Value>,
    /// The same as patterns.
    pub patterns: Vec<Pattern>,
    /// Why it isn't changed, if it isn't: a condition, a denial, something that isn't known.
    pub fixed: Option<String>,
    /// Whether it allows anything.
    pub allows: bool,
}

/// A managed policy of AWS that is attached.
#[derive(Debug)]
pub struct Attached {
    /// The attachment; the role where it lists the policy itself.
    pub by: ResourceId,
    /// `AmazonS3FullAccess`
    pub name: String,
    /// Patterns of actions that it allows on everything; nothing when its content isn't known.
    pub actions: Option<Vec<&'static str>>,
    /// Patterns of actions that it allows on some things, or under a condition.
    pub limited: Vec<&'static str>,
    /// Whether it stays as it is.
    pub standing: bool,
    /// Whether it is there wherever the function is.
    pub sure: bool,
}

/// What a role is granted.
pub fn of(project: &Project, role: &Resource) -> Granted {
    let grants = role::grants(project, role);
    if project.language == Language::CloudFormation {
        return in_template(project, role, &grants);
    }
    let mut granted = Granted::default();
    let homes = role::homes(project, role);
    if let Some(maybe) = homes.maybe {
        granted.unread.push(maybe);
    }
    if let Some(list) = homes.lists.first() {
        granted.unread.push(format!("{} attaches a policy to several roles", project.resource(*list).address()));
    }
    for found in &grants.granted {
        if !found.policy.complete {
            let holder = project.resource(found.holder).address();
            granted.unread.push(format!("parts of {holder} aren't known before a deploy"));
        }
        granted.documents.push(document(project, found));
    }
    for id in homes.own {
        let attachment = project.resource(id);
        if &*attachment.kind == "aws_iam_role_policy_attachment" {
            granted.attachment(project, attachment, &attachment.body.get("policy_arn"));
        } else if Policy::of(project, &attachment.body, "policy").is_none() {
            granted.unread.push(format!("the policy of {} can't be read", attachment.address()));
        }
    }
    for block in role.body.blocks("inline_policy") {
        if Policy::of(project, block, "policy").is_none() {
            granted.unread.push(format!("an inline policy of {} can't be read", role.address()));
        }
    }
    if let Value::List(items) = role.body.get("managed_policy_arns") {
        for item in items {
            granted.attachment(project, role, &item.value);
        }
    } else if !role.body.get("managed_policy_arns").is_null() {
        granted.unread.push("managed_policy_arns isn't known before a deploy".into());
    }
    if let Some(Exclusive::Resource(id)) = grants.exclusive {
        granted.unread.push(format!("{} fixes what is attached", project.resource(id).address()));
    }
    granted
}

/// What a role of a template is granted.
fn in_template(project: &Project, role: &Resource, grants: &role::Grants) -> Granted {
    let mut granted = Granted::default();
    granted.documents.extend(grants.granted.iter().map(|found| document(project, found)));
    for arn in &grants.managed {
        granted.attachment(project, role, arn);
    }
    if grants.unread && granted.unread.is_empty() {
        granted.unread.push(format!("policies of {} aren't known before a deploy", role.address()));
    }
    granted
}

/// The statements of a policy.
pub(super) fn held_of(project: &Project, policy: &Policy) -> Vec<Held> {
    policy.statements.iter().map(|statement| held(project, statement)).collect()
}

fn document(project: &Project, found: &role::Granted) -> Document {
    let statements = held_of(project, &found.policy);
    Document { holder: found.holder, by: found.by, argument: found.argument.to_owned(), statements, sure: true }
}

fn held(project: &Project, statement: &Statement) -> Held {
    let actions: Vec<String> = statement.actions.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let fixed = if !statement.certain {
        Some("a statement isn't certain to be there")
    } else if statement.allow.is_none() {
        Some("the effect of a statement isn't known")
    } else if statement.allow == Some(false) {
        Some("a statement denies")
    } else if statement.not_actions || statement.not_resources {
        Some("a statement says what it doesn't allow")
    } else if !statement.conditions.is_empty() {
        Some("a statement has a condition")
    } else if actions.len() < statement.actions.len() {
        Some("an action isn't known before a deploy")
    } else {
        None
    };
    let patterns: Vec<Pattern> = statement.resources.iter().map(|value| Pattern::of(project, value)).collect();
    Held {
        at: statement.at,
        actions,
        resources: statement.resources.clone(),
        patterns,
        fixed: fixed.map(str::to_owned),
        allows: statement.allow != Some(false),
    }
}

impl Granted {
    /// Adds a managed policy of AWS. One that is declared is a document, which is read apart.
    pub(super) fn attachment(&mut self, project: &Project, by: &Resource, arn: &Value) {
        let declared = match arn {
            Value::Reference(reference) => Some(project.resource(reference.resource)),
            _ => None,
        };
        if let Some(policy) = declared.filter(|policy| policy.mode == Mode::Managed) {
            if &*policy.kind != "aws_iam_policy" || Policy::of(project, &policy.body, "policy").is_none() {
                self.unread.push(format!("{} can't be read", policy.address()));
            }
            return;
        }
        // A data source says the name or the ARN.
        let arn = match declared.filter(|data| &*data.kind == "aws_iam_policy") {
            Some(data) if data.body.get("arn").is_null() => data.body.get("name"),
            Some(data) => data.body.get("arn"),
            None => arn.clone(),
        };
        let settled = project.settle(&arn);
        let pieces = settled.known_pieces();
        let named = |text: &&&str| text.contains("policy/") || declared.is_some();
        let Some(name) = pieces.last().filter(named) else {
            self.unread.push(format!("what {} attaches isn't known before a deploy", by.address()));
            return;
        };
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let statements = managed::statements(&name);
        let (mut free, mut limited) = (Vec::new(), Vec::new());
        for allowed in statements.into_iter().flatten() {
            match allowed {
                Some(allowed) if allowed.1 && !allowed.2 => free.extend(allowed.0.iter().copied()),
                Some(allowed) => limited.extend(allowed.0.iter().copied()),
                None => self.unread.push(format!("{name} denies something")),
            }
        }
        let actions = statements.map(|_| free);
        let standing = STANDING.contains(&name.as_str());
        if actions.is_none() && !standing {
            self.unread.push(format!("what {name} allows isn't known"));
        }
        self.attached.push(Attached { by: by.id, name, actions, limited, standing, sure: true });
    }
}

impl Held {
    /// Whether an action is certainly among its own.
    pub fn covers_action(&self, action: &str) -> bool {
        self.actions.iter().any(|pattern| crate::iam::policy::pattern_matches(pattern, action))
    }
}

impl Attached {
    /// Whether it allows an action on everything.
    pub fn covers_action(&self, action: &str) -> bool {
        let actions = self.actions.as_deref().unwrap_or_default();
        actions.iter().any(|pattern| crate::iam::policy::pattern_matches(pattern, action))
    }

    /// Whether it allows an action on some things only.
    pub fn limits_action(&self, action: &str) -> bool {
        let limited = self.limited.iter().any(|pattern| crate::iam::policy::pattern_matches(pattern, action));
        limited && !self.covers_action(action)
    }
}
