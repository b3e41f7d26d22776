//! A queue for what a function fails on, with the permission of the function's role to send to it.

use crate::catalogue::Context;
use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Language, Mode, Repeat, Resource, Value, Version};

const FUNCTION: &str = "aws_lambda_function";
const ROLE: &str = "aws_iam_role";
const QUEUE: &str = "aws_sqs_queue";
const POLICY: &str = "aws_iam_role_policy";

/// Keeps what fails for 14 days, the longest that a queue can.
const RETENTION_SECONDS: &str = "1209600";

/// The first version of the provider that can ask for SQS's own encryption.
const SSE: Version = Version { major: 3, minor: 76 };

const ELSEWHERE: &str = "the function's role stands elsewhere: it needs sqs:SendMessage on the queue";

/// The role that sends.
#[derive(Clone)]
enum Sender<'a> {
    /// Declared in the module.
    Declared(&'a Resource),
    /// Declared elsewhere, in the function's account as Lambda asks for: its name.
    Named(Draft),
}

/// The queue of the module that another target of a rule has, as an expression that gives its ARN; else null. Its policy lets
/// the rule send already.
pub(super) fn rule_queue(context: &Context<'_>) -> Value {
    let (project, rule) = (context.project, context.resource);
    let of_rule = |target: &&Resource| {
        target.instance == rule.instance && project.names(&target.body.get("rule"), rule, "name") == Some(true)
    };
    let queues = project.of_kind("aws_cloudwatch_event_target").filter(of_rule).filter_map(|target| {
        match target.body.at("dead_letter_config.arn") {
            Value::Reference(reference) => Some(project.resource(reference.resource)),
            _ => None,
        }
    });
    let is_plain = |queue: &&Resource| {
        &*queue.kind == QUEUE
            && queue.mode == Mode::Managed
            && queue.instance == rule.instance
            && queue.repeat == Repeat::Once
    };
    let found = queues.into_iter().find(is_plain);
    found.map_or(Value::Null, |queue| Value::string(format!("{}.arn", queue.address())))
}

/// A queue that a function's role may send to.
pub(super) struct DeadLetters {
    additions: Vec<Change>,
    /// The queue's ARN.
    arn: Draft,
    /// The added policy that lets the role send.
    policy: Option<String>,
    /// Whether that is attached to a role which is declared elsewhere.
    to_named: bool,
}

impl DeadLetters {
    /// A queue below `near`, called like the function with `suffix`; or why there is none.
    pub(super) fn plan(
        context: &Context<'_>,
        function: &Resource,
        near: &Resource,
        suffix: &str,
    ) -> Result<Self, String> {
        let project = context.project;
        let sender = own_role(context, function).map(Sender::Declared).or_else(|| named_role(context, function));
        let sender = sender.ok_or(ELSEWHERE)?;
        let role = if let Sender::Declared(role) = sender { Some(role) } else { None };
        let mut all = [Some(function), Some(near), role].into_iter().flatten();
        // A queue beside a function is there as often as the function, and so is the permission.
        if near.id != function.id && all.any(|resource| resource.repeat != Repeat::Once) {
            return Err("function and role are repeated: which queue belongs to which role isn't known".into());
        }
        let name = name(context, function, suffix)?;
        let queue = format!("{}_dlq", near.name);
        let arn = Draft::AddedAttribute(format!("{}.{queue}", project.kind(QUEUE)), context.named("arn", "Arn").into());
        let mut body = queue_body(context);
        if let Some(name) = &name {
            body.items.insert(0, ("name".into(), DraftItem::Argument(name.clone())));
        }
        let mut letters = Self { additions: Vec::new(), arn, policy: None, to_named: role.is_none() };
        letters.add(context, near, QUEUE, queue, body);
        letters.grant(context, &sender, near, name);
        Ok(letters)
    }

    /// Whether the function's role is declared in its module.
    pub(super) fn knows_role(context: &Context<'_>, function: &Resource) -> bool {
        own_role(context, function).is_some()
    }

    /// What to know where the role is declared elsewhere.
    pub(super) fn note(&self) -> Option<String> {
        let note = "its role is declared elsewhere: the permission is attached to it by its name, and who deploys needs \
                    iam:PutRolePolicy on it";
        self.to_named.then(|| note.into())
    }

    /// One queue for all functions of a module that need one, whichever fix comes first.
    pub(super) fn shared(context: &Context<'_>, function: &Resource, last: &Resource) -> Result<Self, String> {
        const NAME: &str = "failed_invocations";
        let project = context.project;
        let role = own_role(context, function).ok_or(ELSEWHERE)?;
        if role.repeat != Repeat::Once {
            return Err("the function's role is repeated: which of them sends isn't known".into());
        }
        let named = |kind: &'static str, name: &str| project.unused_name(function.instance, project.kind(kind), name);
        let queue = named(QUEUE, NAME);
        let arn = Draft::AddedAttribute(format!("{}.{queue}", project.kind(QUEUE)), "arn".into());
        let policy = named(POLICY, &format!("{}_{NAME}", role.name));
        let mut letters = Self { additions: Vec::new(), arn, policy: Some(policy.clone()), to_named: false };
        let mut body = queue_body(context);
        body.items.insert(0, ("name_prefix".into(), DraftItem::Argument(Draft::string("failed-invocations-"))));
        let name = Draft::string("send-failed-invocations");
        let grant = letters.grant_body(context, &Sender::Declared(role), name);
        let add = |near: &Resource, kind: &'static str, name, content| {
            let kind = project.kind(kind).into();
            Change::AddShared { near: near.id, kind, name, mirror: false, content }
        };
        letters.additions = vec![add(last, QUEUE, queue, body), add(role, POLICY, policy, grant)];
        Ok(letters)
    }

    /// The one queue that other functions of the module use already; nothing where there is none, or several.
    pub(super) fn of_siblings(context: &Context<'_>, function: &Resource, suffix: &str) -> Option<Self> {
        let project = context.project;
        let role = own_role(context, function)?;
        let siblings = project.all(FUNCTION).filter(|f| f.instance == function.instance && f.id != function.id);
        let used: Vec<(&Resource, &Resource)> = siblings.filter_map(|f| Some((f, queue_of(context, f)?))).collect();
        let (_, queue) = used.first()?;
        let same = used.iter().all(|(_, other)| other.id == queue.id);
        // A key of one's own would have to let the role in.
        let plain = project.value(queue, QUEUE, "kms_master_key_id").is_null();
        if !same || !plain || [function, *queue, role].iter().any(|resource| resource.repeat != Repeat::Once) {
            return None;
        }
        let arn = Draft::Attribute(queue.id, context.named("arn", "Arn").into());
        let mut letters = Self { additions: Vec::new(), arn, policy: None, to_named: false };
        let sends = used.iter().any(|(other, _)| own_role(context, other).is_some_and(|own| own.id == role.id));
        if !sends {
            letters.grant(context, &Sender::Declared(role), function, name(context, function, suffix).ok()?);
        }
        Some(letters)
    }

    /// Lets the role send.
    fn grant(&mut self, context: &Context<'_>, sender: &Sender<'_>, near: &Resource, name: Option<Draft>) {
        // The role may serve several functions.
        let name = name.unwrap_or_else(|| Draft::string(format!("{}-dead-letter-queue", near.name)));
        let content = self.grant_body(context, sender, name);
        let queue = format!("{}_dlq", near.name);
        let policy = context.named(&queue, &format!("{queue}_policy")).to_owned();
        let beside = match sender {
            Sender::Declared(role) if near.repeat == Repeat::Once => role,
            _ => near,
        };
        self.add(context, beside, POLICY, policy.clone(), content);
        self.policy = Some(policy);
    }

    /// The policy that lets the role send.
    fn grant_body(&self, context: &Context<'_>, sender: &Sender<'_>, name: Draft) -> DraftBody {
        let statement = Draft::object([
            ("Effect", Draft::string("Allow")),
            ("Action", Draft::string("sqs:SendMessage")),
            ("Resource", self.arn.clone()),
        ]);
        let of_role = match (sender, context.project.language) {
            (Sender::Named(name), _) => name.clone(),
            (Sender::Declared(role), Language::Terraform) => Draft::Attribute(role.id, "id".into()),
            (Sender::Declared(role), Language::CloudFormation) => {
                Draft::List(vec![Draft::Attribute(role.id, "Ref".into())])
            }
        };
        let document = context.project.document(vec![statement]);
        context.project.arguments(POLICY, [("name", name), ("role", of_role), ("policy", document)])
    }

    fn add(&mut self, context: &Context<'_>, near: &Resource, kind: &'static str, name: String, content: DraftBody) {
        let kind = context.project.kind(kind).into();
        self.additions.push(Change::Add { near: near.id, kind, name, mirror: true, content });
    }

    /// The queue's ARN.
    pub(super) fn arn(&self) -> Draft {
        self.arn.clone()
    }

    /// The changes that use the queue: `content` is set on `user`, after the permission is there. Lambda checks it then,
    /// and without the order the first deploy may fail.
    pub(super) fn used_by(self, context: &Context<'_>, user: &Resource, content: DraftBody) -> Vec<Change> {
        let mut changes = self.additions;
        let Some(policy) = self.policy else {
            changes.push(Change::Set { resource: user.id, content });
            return changes;
        };
        let address = format!("{}.{policy}", context.project.kind(POLICY));
        let order = Draft::AddedAttribute(address, String::new());
        let argument = context.named("depends_on", "DependsOn").to_owned();
        changes.push(Change::Set { resource: user.id, content });
        changes.extend(super::order::listed(user, &argument, vec![order]));
        changes
    }
}

fn queue_body(context: &Context<'_>) -> DraftBody {
    let project = context.project;
    let is_old = project.language == Language::Terraform && project.provider(context.resource.instance) < SSE;
    // The policy of AWS's own key lets every principal of the account use it by way of SQS, and the role is one.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    let encryption = if is_old {
        ("kms_master_key_id", Draft::string("alias/aws/sqs"))
    } else {
        ("sqs_managed_sse_enabled", Draft::Bool(true))
    };
    project.arguments(QUEUE, [("message_retention_seconds", Draft::Number(RETENTION_SECONDS.into())), encryption])
}

/// What a new queue and the policy are called; nothing where names are left to CloudFormation, so that none can clash.
fn name(context: &Context<'_>, function: &Resource, suffix: &str) -> Result<Option<Draft>, String> {
    match (context.project.language, context.as_written(function, "function_name")) {
        (Language::Terraform, Some(name)) => Ok(Some(Draft::Text(vec![name, Draft::string(suffix)]))),
        (Language::Terraform, None) => Err("the function's name isn't known".into()),
        (Language::CloudFormation, _) => Ok(None),
    }
}

/// The queue of the same module that a function uses for what it fails on.
fn queue_of<'a>(context: &Context<'a>, function: &Resource) -> Option<&'a Resource> {
    let project = context.project;
    let Value::Reference(target) = project.value(function, FUNCTION, "dead_letter_config.target_arn") else {
        return None;
    };
    let queue = project.resource(target.resource);
    (project.is(queue, QUEUE) && queue.instance == function.instance && target.index.is_none()).then_some(queue)
}

fn own_role<'a>(context: &Context<'a>, function: &Resource) -> Option<&'a Resource> {
    let project = context.project;
    let Value::Reference(reference) = project.value(function, FUNCTION, "role") else { return None };
    let role = project.resource(reference.resource);
    (project.is(role, ROLE) && role.instance == function.instance).then_some(role)
}

/// The name of a function's role that is declared elsewhere, where the page's option asks to attach policies to such roles.
/// It is in the function's account: Lambda takes no other one.
fn named_role<'a>(context: &Context<'_>, function: &Resource) -> Option<Sender<'a>> {
    let project = context.project;
    if context.option("attach_policies").as_bool() != Some(true) || project.language != Language::Terraform {
        return None;
    }
    match project.value(function, FUNCTION, "role") {
        Value::String(arn) => {
            let (_, name) = arn.rsplit_once('/').filter(|(before, _)| before.contains(":role"))?;
            return (!name.is_empty()).then(|| Sender::Named(Draft::string(name)));
        }
        Value::Null => return None,
        Value::Reference(reference) => {
            let role = project.resource(reference.resource);
            let is_read = role.mode == Mode::Data && &*role.kind == ROLE && role.instance == function.instance;
            if is_read && role.repeat == Repeat::Once {
                return Some(Sender::Named(Draft::Attribute(role.id, "id".into())));
            }
        }
        _ => {}
    }
    let Draft::Expression(written) = context.as_written(function, "role")? else { return None };
    // What else is written may name something that isn't declared here.
    let is_passed = ["var.", "local.", "module."].iter().any(|root| written.starts_with(root));
    let is_path = written.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    (is_passed && is_path).then(|| Sender::Named(Draft::Expression(format!("reverse(split(\"/\", {written}))[0]"))))
}
