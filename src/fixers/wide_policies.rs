//! Policies that allow whole services, or everything. What is needed instead follows from the code of the function whose
//! role it is (`scoped_role`); else they are only shown.

use super::open_policies::{POLICIES, statements};
use crate::catalogue::{Context, Verdict};
use crate::fix::Fix;
use crate::iam::policy::Statement;
use crate::model::Value;

/// Names of managed policies that allow everything.
const ADMIN_POLICIES: [&str; 2] = ["AdministratorAccess", "IAMFullAccess"];

/// No statement allows all actions of a service.
pub(super) fn wildcard_actions(context: &Context<'_>) -> Verdict {
    statements(context, POLICIES, |statement, _| {
        if is_admin(statement) {
            return None;
        }
        let wide: Vec<&str> = wide_actions(statement);
        (!wide.is_empty())
            .then(|| (format!("allows {}", wide.join(", ")), narrowed(context, "Name the actions that are used")))
    })
}

/// No statement allows everything on everything, no attachment gives administration.
pub(super) fn admin_policy(context: &Context<'_>) -> Verdict {
    let fix = || narrowed(context, "Replace it by a policy with what is used");
    for argument in ["policy_arn", "managed_policy_arns", "ManagedPolicyArns"] {
        let value = context.project.settle(&context.resource.body.get(argument));
        let values: Vec<Value> = match &value {
            Value::List(items) => items.iter().map(|item| item.value.clone()).collect(),
            other => vec![other.clone()],
        };
        let attached = values.iter().find_map(|value| {
            let pieces = value.known_pieces();
            ADMIN_POLICIES.iter().find(|name| pieces.last().is_some_and(|end| end.ends_with(&format!("/{name}"))))
        });
        if let Some(name) = attached {
            return Verdict::fail(format!("{name} is attached"), fix());
        }
    }
    statements(context, POLICIES, |statement, _| {
        is_admin(statement).then(|| ("allows every action on every resource".into(), fix()))
    })
}

/// What the function's code needs instead, or why that isn't known.
fn narrowed(context: &Context<'_>, title: &str) -> Fix {
    super::scoped_role::of_policy(context).unwrap_or_else(|reason| {
        Fix::manual(title, format!("which actions are needed is in the code that uses it: {reason}"))
    })
}

fn is_admin(statement: &Statement) -> bool {
    statement.allow == Some(true)
        && !statement.not_actions
        && statement.on_everything()
        && statement.actions.iter().any(|action| matches!(action.as_str(), Some("*" | "*:*")))
}

fn wide_actions(statement: &Statement) -> Vec<&str> {
    if statement.allow != Some(true) || statement.not_actions {
        return Vec::new();
    }
    statement.actions.iter().filter_map(|a| a.as_str()).filter(|a| *a == "*" || a.ends_with(":*")).collect()
}
