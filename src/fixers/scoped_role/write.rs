//! A plan as changes: statements edited where they stand, others beside them, policies that go.

use crate::fix::{Change, StatementEdit};
use crate::fixers::draft_of;
use crate::iam::policy::StatementAt;
use crate::iam::scope::grant::{Attached, Document, Held};
use crate::iam::scope::narrow::{Element, Fate, Group};
use crate::iam::scope::{Derivation, published};
use crate::model::{Draft, DraftBody, InstanceId, Language, Mode, Project, Resource, ResourceId, Value};

/// The changes of a derivation.
pub(super) fn changes(project: &Project, derivation: &Derivation) -> Result<Vec<Change>, String> {
    let mut changes = Vec::new();
    let role = project.resource(derivation.role.ok_or("its role isn't declared in this configuration")?);
    if project.language == Language::CloudFormation {
        return of_program(project, role, derivation);
    }
    if published::is_call(role) {
        return of_call(project, role, derivation);
    }
    if role.instance != project.resource(derivation.function).instance {
        // That module may be used for other functions, too.
        return Err(format!("{} stands in another module: narrow it there", project.plan_address(role.id)));
    }
    for (document, fates) in derivation.granted.documents.iter().zip(&derivation.plan.documents) {
        if fates.iter().any(|fate| *fate != Fate::Stays) {
            changes.extend(of_document(project, role, document, fates)?);
        }
    }
    let function = project.resource(derivation.function);
    let attached = derivation.granted.attached.iter().zip(&derivation.plan.attached);
    let changed = attached.filter(|(_, fate)| **fate != Fate::Stays);
    let (listed, apart): (Vec<_>, Vec<_>) = changed.partition(|(attached, _)| attached.by == role.id);
    for (attached, fate) in apart {
        changes.extend(of_attached(project, function, role, attached, fate)?);
    }
    if !listed.is_empty() {
        changes.extend(of_listed(project, function, role, &listed)?);
    }
    Ok(changes)
}

fn of_document(project: &Project, role: &Resource, document: &Document, fates: &[Fate]) -> Result<Vec<Change>, String> {
    let holder = project.resource(document.holder);
    serves_one_role(project, holder, document.by, role)?;
    let goes: Vec<StatementAt> = pairs(document, fates, |fate| *fate == Fate::Goes).map(|(held, _)| held.at).collect();
    if goes.len() == fates.len() {
        return whole(project, document);
    }
    statements(project, document, fates)
}

/// What becomes of the statements of a document, where they stand.
fn statements(project: &Project, document: &Document, fates: &[Fate]) -> Result<Vec<Change>, String> {
    let holder = project.resource(document.holder);
    let goes: Vec<StatementAt> = pairs(document, fates, |fate| *fate == Fate::Goes).map(|(held, _)| held.at).collect();
    let mut changes = Vec::new();
    let mut added = Vec::new();
    for (held, fate) in pairs(document, fates, |fate| matches!(fate, Fate::Becomes(_))) {
        let Fate::Becomes(groups) = fate else { continue };
        let Some((first, others)) = groups.split_first() else { continue };
        changes.push(Change::EditStatement {
            resource: holder.id,
            argument: document.argument.clone(),
            at: held.at,
            edits: edits(project, holder.instance, held, first)?,
        });
        for group in others {
            added.push((held.at, statement(project, holder.instance, held, group)?));
        }
    }
    if !goes.is_empty() || !added.is_empty() {
        changes.push(Change::RewriteStatements {
            resource: holder.id,
            argument: document.argument.clone(),
            removed: goes,
            added,
        });
    }
    changes.retain(|change| !matches!(change, Change::EditStatement { edits, .. } if edits.is_empty()));
    Ok(changes)
}

fn pairs<'d>(
    document: &'d Document,
    fates: &'d [Fate],
    is_meant: impl Fn(&Fate) -> bool + 'd,
) -> impl Iterator<Item = (&'d Held, &'d Fate)> {
    document.statements.iter().zip(fates).filter(move |(_, fate)| is_meant(fate))
}

/// What a published module's role is granted by a call: its documents stand in inputs of the call, or in policies that
/// these name.
fn of_call(project: &Project, call: &Resource, derivation: &Derivation) -> Result<Vec<Change>, String> {
    let mut changes = Vec::new();
    for (document, fates) in derivation.granted.documents.iter().zip(&derivation.plan.documents) {
        if fates.iter().any(|fate| *fate != Fate::Stays) {
            changes.extend(of_document(project, call, document, fates)?);
        }
    }
    let mut attached = derivation.granted.attached.iter().zip(&derivation.plan.attached);
    match attached.find(|(_, fate)| **fate != Fate::Stays) {
        Some((attached, _)) => Err(format!("{} gives {}: take it out", call.address(), attached.name)),
        None => Ok(changes),
    }
}

/// What a role of a program is granted: the calls that make the statements change.
fn of_program(project: &Project, role: &Resource, derivation: &Derivation) -> Result<Vec<Change>, String> {
    let function = project.resource(derivation.function);
    let origin = function.origin.as_ref().ok_or("policies of templates are shown, not edited")?;
    origin.call.as_ref().map_err(|reason| format!("where {} is made isn't known: {reason}", function.address()))?;
    let mut attached = derivation.granted.attached.iter().zip(&derivation.plan.attached);
    if let Some((attached, _)) = attached.find(|(_, fate)| **fate != Fate::Stays) {
        return Err(format!("{} has {}: give it what is used instead", role.address(), attached.name));
    }
    let mut changes = Vec::new();
    for (document, fates) in derivation.granted.documents.iter().zip(&derivation.plan.documents) {
        if fates.iter().all(|fate| *fate == Fate::Stays) {
            continue;
        }
        let holder = project.resource(document.holder);
        let roles = holder.body.get("Roles");
        let is_alone = holder.id == role.id || roles.as_list().is_some_and(|roles| roles.len() == 1);
        if !is_alone {
            return Err(format!("{} may also serve other roles", holder.address()));
        }
        changes.extend(statements(project, document, fates)?);
    }
    Ok(changes)
}

/// A policy that is attached serves this role alone.
fn serves_one_role(project: &Project, holder: &Resource, by: ResourceId, role: &Resource) -> Result<(), String> {
    if holder.id == role.id || holder.body.get("role").refers_to(role.id) || &*holder.kind == "aws_iam_role_policy" {
        return Ok(());
    }
    let others: Vec<&Resource> = project.users_of(holder).filter(|user| user.id != by).collect();
    let named = others.into_iter().find(|user| !user.body.get("depends_on").refers_to(holder.id));
    let by = project.resource(by);
    let elsewhere = project.handed_out_beside(holder.id, |call| call.is(by));
    match named.map(Resource::address).or(elsewhere) {
        Some(other) => Err(format!("{} also serves {other}", holder.address())),
        None => Ok(()),
    }
}

/// Nothing of a document is needed: what holds it goes, with what attaches it and the data source that nobody else uses.
fn whole(project: &Project, document: &Document) -> Result<Vec<Change>, String> {
    let holder = project.resource(document.holder);
    if published::is_call(project.resource(document.by)) {
        return published::inputs_of(project, document)
            .map(|names| vec![Change::Remove { resource: document.by, names }]);
    }
    if &*holder.kind == "aws_iam_role" {
        // Without any block the provider would leave the policy where it is.
        let note = "leave an empty `inline_policy {}` in its place";
        return Err(format!("nothing of an `inline_policy` of {} is needed: {note}", holder.address()));
    }
    let by = project.resource(document.by);
    if &*by.kind == "aws_iam_role" {
        return Err(format!("`managed_policy_arns` of {} lists {}: take it out", by.address(), holder.address()));
    }
    let mut resources = vec![document.by];
    if document.by != holder.id {
        resources.push(holder.id);
    }
    if let Value::Reference(reference) = holder.body.get("policy") {
        let data = project.resource(reference.resource);
        let alone = project.users_of(data).all(|user| user.id == holder.id);
        if data.mode == Mode::Data && data.instance == holder.instance && alone {
            resources.push(data.id);
        }
    }
    Ok(vec![Change::Delete { resources }])
}

/// What changes in a statement that stays.
fn edits(project: &Project, instance: InstanceId, held: &Held, group: &Group) -> Result<Vec<StatementEdit>, String> {
    let mut edits = Vec::new();
    let same = group.actions.len() == held.actions.len()
        && group.actions.iter().all(|action| held.actions.iter().any(|own| own.eq_ignore_ascii_case(action)));
    if !same {
        edits.push(StatementEdit::Replace("Action".into(), actions(group)));
    }
    if !group.as_written {
        edits.push(StatementEdit::Replace("Resource".into(), resources(project, instance, held, group)?));
    }
    Ok(edits)
}

fn statement(project: &Project, instance: InstanceId, held: &Held, group: &Group) -> Result<Draft, String> {
    Ok(Draft::object([
        ("Effect", Draft::string("Allow")),
        ("Action", actions(group)),
        ("Resource", resources(project, instance, held, group)?),
    ]))
}

fn actions(group: &Group) -> Draft {
    Draft::List(group.actions.iter().map(Draft::string).collect())
}

fn resources(project: &Project, instance: InstanceId, held: &Held, group: &Group) -> Result<Draft, String> {
    let element = |element: &Element| match element {
        Element::Everything => Ok(Draft::string("*")),
        Element::Target(target) => target.draft(project, instance),
        Element::Own(i) => {
            let own = held.resources.get(*i).and_then(draft_of);
            own.ok_or_else(|| "a resource of the statement can't be written a second time".to_owned())
        }
    };
    let mut drafts = group.resources.iter().map(element).collect::<Result<Vec<_>, String>>()?;
    Ok(if drafts.len() == 1 { drafts.remove(0) } else { Draft::List(drafts) })
}

/// An attached policy of AWS goes, or gives way to one with what is needed of it.
fn of_attached(
    project: &Project,
    function: &Resource,
    role: &Resource,
    attached: &Attached,
    fate: &Fate,
) -> Result<Vec<Change>, String> {
    let attachment = project.resource(attached.by);
    let Fate::Becomes(groups) = fate else {
        return Ok(vec![Change::Delete { resources: vec![attachment.id] }]);
    };
    let document = document(project, role.instance, attachment, groups)?;
    let name = project.unused_name(role.instance, "aws_iam_policy", &function.name);
    // The attachment stays, so that what waits for it goes on doing so.
    Ok(vec![
        Change::Add {
            near: attachment.id,
            kind: "aws_iam_policy".into(),
            name: name.clone(),
            mirror: true,
            content: DraftBody::arguments([("policy", Draft::Json(Box::new(document)))]),
        },
        Change::Set {
            resource: attachment.id,
            content: DraftBody::arguments([(
                "policy_arn",
                Draft::AddedAttribute(format!("aws_iam_policy.{name}"), "arn".into()),
            )]),
        },
    ])
}

/// A document of its own for what is needed of a policy of AWS.
fn document(project: &Project, instance: InstanceId, at: &Resource, groups: &[Group]) -> Result<Draft, String> {
    let nothing = Held {
        at: StatementAt { span: at.span, index: None },
        actions: Vec::new(),
        resources: Vec::new(),
        patterns: Vec::new(),
        fixed: None,
        allows: true,
    };
    let statements: Result<Vec<_>, String> =
        groups.iter().map(|group| statement(project, instance, &nothing, group)).collect();
    Ok(Draft::object([("Version", Draft::string("2012-10-17")), ("Statement", Draft::List(statements?))]))
}

/// Policies of AWS that the role itself lists: they leave the list, which owns what is attached, and a policy in the role
/// has what is needed of them.
fn of_listed(
    project: &Project,
    function: &Resource,
    role: &Resource,
    listed: &[(&Attached, &Fate)],
) -> Result<Vec<Change>, String> {
    const LIST: &str = "managed_policy_arns";
    let Value::List(items) = role.body.get(LIST) else { return Err(format!("`{LIST}` isn't written out")) };
    let is_gone = |value: &Value| {
        let arn = project.settle(value);
        let name = arn.known_pieces().last().and_then(|piece| piece.rsplit('/').next()).unwrap_or_default();
        listed.iter().any(|(attached, _)| attached.name == name)
    };
    let left = items.iter().filter(|item| !is_gone(&item.value)).map(|item| draft_of(&item.value));
    let left: Option<Vec<Draft>> = left.collect();
    let left = left.ok_or_else(|| format!("what `{LIST}` of {} lists can't be written again", role.address()))?;
    if left.len() + listed.len() != items.len() {
        return Err(format!("`{LIST}` of {} lists a policy in a way that isn't read", role.address()));
    }
    let content = DraftBody::arguments([(LIST, Draft::List(left))]);
    let mut changes = vec![Change::Set { resource: role.id, content }];
    let fates =
        listed.iter().filter_map(|(_, fate)| if let Fate::Becomes(groups) = fate { Some(groups) } else { None });
    let groups: Vec<Group> = fates.flatten().cloned().collect();
    if groups.is_empty() {
        return Ok(changes);
    }
    if role.body.blocks("inline_policy").next().is_some() {
        return Err(format!("the `inline_policy` of {} would undo a policy beside it", role.address()));
    }
    changes.push(Change::Add {
        near: role.id,
        kind: "aws_iam_role_policy".into(),
        name: project.unused_name(role.instance, "aws_iam_role_policy", &function.name),
        mirror: true,
        content: DraftBody::arguments([
            ("role", Draft::Attribute(role.id, "id".into())),
            ("policy", Draft::Json(Box::new(document(project, role.instance, role, &groups)?))),
        ]),
    });
    Ok(changes)
}
