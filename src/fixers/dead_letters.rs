//! A queue for what a function fails on, with the permission of the function's role to send to it.

use crate::fix::Change;
use crate::model::{Draft, DraftBody, DraftItem, Mode, Project, Repeat, Resource, Value};

/// Keeps what fails for 14 days, the longest that a queue can.
const RETENTION_SECONDS: &str = "1209600";

/// A queue that a function's role may send to.
pub(super) struct DeadLetters {
    additions: Vec<Change>,
    queue: String,
}

impl DeadLetters {
    /// A queue below `near`, called `name` in the module and `title` in AWS; or why there is none.
    pub(super) fn plan(project: &Project, function: &Resource, near: &Resource, title: Draft) -> Result<Self, String> {
        let Some(role) = own_role(project, function) else {
            return Err("the function's role stands elsewhere: it needs sqs:SendMessage on the queue".into());
        };
        if [function, near, role].iter().any(|resource| resource.repeat != Repeat::Once) {
            return Err("function and role are repeated: which queue belongs to which role isn't known".into());
        }
        let queue = format!("{}_dlq", near.name);
        let arn = Draft::AddedAttribute(format!("aws_sqs_queue.{queue}"), "arn".into());
        let statement = Draft::object([
            ("Effect", Draft::string("Allow")),
            ("Action", Draft::string("sqs:SendMessage")),
            ("Resource", arn),
        ]);
        let policy =
            Draft::object([("Version", Draft::string("2012-10-17")), ("Statement", Draft::List(vec![statement]))]);
        let add = |near: &Resource, kind: &str, content| Change::Add {
            near: near.id,
            kind: kind.into(),
            name: queue.clone(),
            mirror: true,
            content,
        };
        let queue_body = DraftBody::arguments([
            ("name", title.clone()),
            ("message_retention_seconds", Draft::Number(RETENTION_SECONDS.into())),
            ("sqs_managed_sse_enabled", Draft::Bool(true)),
        ]);
        let policy_body = DraftBody::arguments([
            ("name", title),
            ("role", Draft::Attribute(role.id, "id".into())),
            ("policy", Draft::Json(Box::new(policy))),
        ]);
        let additions = vec![add(near, "aws_sqs_queue", queue_body), add(role, "aws_iam_role_policy", policy_body)];
        Ok(Self { additions, queue })
    }

    /// The queue's ARN.
    pub(super) fn arn(&self) -> Draft {
        Draft::AddedAttribute(format!("aws_sqs_queue.{}", self.queue), "arn".into())
    }

    /// The changes that use the queue: `content` is set on `user`, after the permission is there. Lambda checks it then,
    /// and without the order the first deploy may fail.
    pub(super) fn used_by(self, user: &Resource, mut content: DraftBody) -> Vec<Change> {
        let order = Draft::AddedAttribute(format!("aws_iam_role_policy.{}", self.queue), String::new());
        let mut changes = self.additions;
        if user.body.entry("depends_on").is_some() {
            changes.push(Change::Set { resource: user.id, content });
            changes.push(Change::Append { resource: user.id, argument: "depends_on".into(), value: order });
        } else {
            content.items.push(("depends_on".into(), DraftItem::Argument(Draft::List(vec![order]))));
            changes.push(Change::Set { resource: user.id, content });
        }
        changes
    }
}

fn own_role<'a>(project: &'a Project, function: &Resource) -> Option<&'a Resource> {
    let Value::Reference(reference) = function.body.get("role") else { return None };
    let role = project.resource(reference.resource);
    (&*role.kind == "aws_iam_role" && role.mode == Mode::Managed && role.instance == function.instance).then_some(role)
}
