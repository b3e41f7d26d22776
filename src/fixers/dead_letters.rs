//! A queue for what a function fails on, with the permission of the function's role to send to it.

use crate::catalogue::Context;
use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Language, Repeat, Resource, Value};

const FUNCTION: &str = "aws_lambda_function";
const ROLE: &str = "aws_iam_role";
const QUEUE: &str = "aws_sqs_queue";
const POLICY: &str = "aws_iam_role_policy";

/// Keeps what fails for 14 days, the longest that a queue can.
const RETENTION_SECONDS: &str = "1209600";

/// A queue that a function's role may send to.
pub(super) struct DeadLetters {
    additions: Vec<Change>,
    queue: String,
    policy: String,
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
        let role = own_role(context, function)
            .ok_or("the function's role stands elsewhere: it needs sqs:SendMessage on the queue")?;
        if [function, near, role].iter().any(|resource| resource.repeat != Repeat::Once) {
            return Err("function and role are repeated: which queue belongs to which role isn't known".into());
        }
        let name = match (project.language, context.as_written(function, "function_name")) {
            (Language::Terraform, Some(name)) => Some(Draft::Text(vec![name, Draft::string(suffix)])),
            (Language::Terraform, None) => return Err("the function's name isn't known".into()),
            // Without a name of its own the queue can't clash with another one.
            (Language::CloudFormation, _) => None,
        };
        // The role may serve several functions.
        let policy_name = name.clone().unwrap_or_else(|| Draft::string(format!("{}-dead-letter-queue", near.name)));
        let queue = format!("{}_dlq", near.name);
        let policy = context.named(&queue, &format!("{queue}_policy")).to_owned();
        let mut letters = Self { additions: Vec::new(), queue, policy };
        let mut body = project.arguments(
            QUEUE,
            [
                ("message_retention_seconds", Draft::Number(RETENTION_SECONDS.into())),
                ("sqs_managed_sse_enabled", Draft::Bool(true)),
            ],
        );
        if let Some(name) = name {
            body.items.insert(0, ("name".into(), DraftItem::Argument(name)));
        }
        let grant = letters.grant(context, role, policy_name);
        letters.add(context, near, QUEUE, body);
        letters.add(context, role, POLICY, grant);
        Ok(letters)
    }

    /// The policy that lets the role send.
    fn grant(&self, context: &Context<'_>, role: &Resource, name: Draft) -> DraftBody {
        let statement = Draft::object([
            ("Effect", Draft::string("Allow")),
            ("Action", Draft::string("sqs:SendMessage")),
            ("Resource", self.arn(context)),
        ]);
        let of_role = match context.project.language {
            Language::Terraform => Draft::Attribute(role.id, "id".into()),
            Language::CloudFormation => Draft::List(vec![Draft::Attribute(role.id, "Ref".into())]),
        };
        let document = context.project.document(vec![statement]);
        context.project.arguments(POLICY, [("name", name), ("role", of_role), ("policy", document)])
    }

    fn add(&mut self, context: &Context<'_>, near: &Resource, kind: &'static str, content: DraftBody) {
        let name = if kind == POLICY { self.policy.clone() } else { self.queue.clone() };
        let kind = context.project.kind(kind).into();
        self.additions.push(Change::Add { near: near.id, kind, name, mirror: true, content });
    }

    /// The queue's ARN.
    pub(super) fn arn(&self, context: &Context<'_>) -> Draft {
        let address = format!("{}.{}", context.project.kind(QUEUE), self.queue);
        Draft::AddedAttribute(address, context.named("arn", "Arn").into())
    }

    /// The changes that use the queue: `content` is set on `user`, after the permission is there. Lambda checks it then,
    /// and without the order the first deploy may fail.
    pub(super) fn used_by(self, context: &Context<'_>, user: &Resource, mut content: DraftBody) -> Vec<Change> {
        let address = format!("{}.{}", context.project.kind(POLICY), self.policy);
        let order = Draft::AddedAttribute(address, String::new());
        let argument = context.named("depends_on", "DependsOn").to_owned();
        let mut changes = self.additions;
        if user.body.entry(&argument).is_some() {
            changes.push(Change::Set { resource: user.id, content });
            changes.push(Change::Append { resource: user.id, argument, value: order });
        } else {
            content.items.push((argument, DraftItem::Argument(Draft::List(vec![order]))));
            changes.push(Change::Set { resource: user.id, content });
        }
        changes
    }
}

fn own_role<'a>(context: &Context<'a>, function: &Resource) -> Option<&'a Resource> {
    let project = context.project;
    let Value::Reference(reference) = project.value(function, FUNCTION, "role") else { return None };
    let role = project.resource(reference.resource);
    (project.is(role, ROLE) && role.instance == function.instance).then_some(role)
}
