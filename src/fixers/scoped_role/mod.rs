//! A function's role allows what its code calls and Lambda needs for it, and nothing else.

mod evidence;
mod write;

use std::sync::Arc;

use super::open_policies::{POLICIES, statements};
use crate::catalogue::{Context, Verdict};
use crate::fix::{Effect, Fix, Grade};
use crate::iam::scope::{Derivation, Tier, wide};
use crate::model::{Language, Resource, Value};

const FUNCTION: &str = "aws_lambda_function";
const TITLE: &str = "Allow what its code calls, and nothing else";

fn of(context: &Context<'_>, function: &Resource) -> Arc<Derivation> {
    context.derivations.of(context.project, function, &context.settings.sources)
}

/// The role of a function allows no more than the function needs.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let derivation = of(context, context.resource);
    let wide = wide::breadth(&derivation.granted);
    if derivation.tier() == Tier::C {
        // What isn't understood is no finding by itself.
        return match wide {
            Some(wide) => Verdict::fail(
                format!("its role allows {wide}"),
                Fix { notes: evidence::refusal(&derivation), ..Fix::manual(TITLE, "") },
            ),
            None => Verdict::Unknown(derivation.obstacles.join("; ")),
        };
    }
    if derivation.plan.changes_nothing() {
        return Verdict::Pass;
    }
    let message = match wide {
        Some(wide) => format!("its role allows {wide}, which its code doesn't need"),
        None => match evidence::unused(&derivation) {
            unused if unused.is_empty() => "its role allows more than the resources that its code names".to_owned(),
            unused => format!("its role allows what its code doesn't call: {unused}"),
        },
    };
    Verdict::fail(message, fix(context, &derivation))
}

/// Whether a needed action is granted.
pub(super) fn missing(context: &Context<'_>) -> Verdict {
    let derivation = of(context, context.resource);
    if derivation.tier() == Tier::C {
        return Verdict::Unknown(derivation.obstacles.join("; "));
    }
    let lines: Vec<String> = derivation.missing().map(evidence::line).collect();
    if lines.is_empty() {
        return Verdict::Pass;
    }
    let actions = evidence::actions(derivation.missing());
    let fix = Fix { notes: lines, ..Fix::manual("Allow it, or take the call away", "") };
    Verdict::fail(format!("its role doesn't allow {actions}"), fix)
}

/// What writes a derivation down.
fn fix(context: &Context<'_>, derivation: &Derivation) -> Fix {
    let notes = evidence::notes(derivation);
    match write::changes(context.project, derivation) {
        Ok(changes) => {
            // Nobody knows what a program makes of an edit, unless it is synthesised again.
            let unproven = context.project.language == Language::CloudFormation && context.settings.proof.is_none();
            let grade = if derivation.tier() == Tier::A && !unproven { Grade::Safe } else { Grade::Review };
            Fix { title: TITLE.into(), grade, effect: Effect::Access, changes, notes }
        }
        Err(reason) => {
            let mut fix = Fix::manual(TITLE, reason);
            fix.notes.extend(notes);
            fix
        }
    }
}

/// A statement on everything whose actions could name a resource.
pub(super) fn resources(context: &Context<'_>) -> Verdict {
    statements(context, POLICIES, |statement, _| {
        let actions = wide::restrictable(statement);
        (!actions.is_empty()).then(|| {
            let fix = of_policy(context).unwrap_or_else(|reason| Fix::manual("Name the resources", reason));
            (format!("allows {} on every resource", wide::shortened(&actions)), fix)
        })
    })
}

/// The one role that has a policy of a template.
fn role_in_template<'a>(context: &Context<'a>) -> Option<&'a Resource> {
    let (project, holder) = (context.project, context.resource);
    if project.is(holder, "aws_iam_role") {
        return Some(holder);
    }
    let named = match holder.body.get("Roles") {
        Value::List(roles) if roles.len() == 1 => roles[0].value.clone(),
        Value::Null => holder.body.get("RoleName"),
        _ => return None,
    };
    let Value::Reference(reference) = named else { return None };
    Some(project.resource(reference.resource)).filter(|role| project.is(role, "aws_iam_role"))
}

/// The narrowing of the one function whose role has a policy, for a finding on that policy.
pub(super) fn of_policy(context: &Context<'_>) -> Result<Fix, String> {
    let project = context.project;
    let role = match project.language {
        Language::Terraform => super::log_scope::role_of(context)?,
        Language::CloudFormation => role_in_template(context).ok_or("which role has the policy isn't known")?,
    };
    let functions = project.all(FUNCTION).filter(|f| f.instance == role.instance);
    let mut functions = functions.filter(|f| project.value(f, FUNCTION, "role").refers_to(role.id));
    let (Some(function), None) = (functions.next(), functions.next()) else {
        return Err(format!("{} isn't the role of one function of this module", role.address()));
    };
    let derivation = of(context, function);
    if derivation.tier() == Tier::C {
        return Err(format!("what {} needs isn't known: {}", function.address(), derivation.obstacles.join("; ")));
    }
    if derivation.plan.changes_nothing() {
        return Err(format!("{} needs all of it: {}", function.address(), derivation.doubts.join("; ")));
    }
    Ok(fix(context, &derivation))
}
