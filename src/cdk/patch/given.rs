//! Names of constructs that a class is given: by its properties, by arguments of its constructor, by what else the same
//! function writes about them.

use tree_sitter::Node;

use super::patcher::call_at;
use super::{Place, python, scope, typescript};
use crate::model::{ProgramDraft, Resource, ResourceId};
use crate::program::{Language, each, parts, text};
use crate::workspace::Workspace;

/// A VPC of a program.
const NETWORK: &str = "AWS::EC2::VPC";
/// The types that it is passed as.
const NETWORK_TYPES: [&str; 2] = ["IVpc", "Vpc"];
/// Members of a database that a function is given to find it.
const OF_STORES: [&str; 10] = [
    ".clusterEndpoint",
    ".clusterReadEndpoint",
    ".cluster_endpoint",
    ".cluster_read_endpoint",
    ".dbInstanceEndpoint",
    ".db_instance_endpoint",
    ".endpoint",
    ".instanceEndpoint",
    ".instance_endpoint",
    ".secret",
];

/// The name that a construct has in the function where a call stands, when the function doesn't make it itself. `property`
/// is what it is given as; `others` are constructs that the fix speaks of, too.
pub(super) fn name(
    place: &Place<'_>,
    workspace: &Workspace,
    call: Node<'_>,
    made: ResourceId,
    (property, others): (&str, &[ResourceId]),
) -> Option<String> {
    let resource = workspace.project.resource(made);
    if &*resource.kind != NETWORK {
        return in_environment(place, call, resource);
    }
    let beside = others.iter().find_map(|other| beside(place, workspace, call, *other, property));
    // With one only it can't be another one that is passed.
    let is_only = workspace.project.of_kind(NETWORK).count() == 1;
    beside.or_else(|| passed(place, call).filter(|_| is_only))
}

/// What a call in the same function gives to another construct as the property.
fn beside(
    place: &Place<'_>,
    workspace: &Workspace,
    call: Node<'_>,
    other: ResourceId,
    property: &str,
) -> Option<String> {
    let at = Place::of(workspace, workspace.project.resource(other)).ok().filter(|at| at.id == place.id)?;
    let there = call_at(place.program, &at.call.range).ok()?;
    if scope::function(there)? != scope::function(call)? {
        return None;
    }
    let source = &*place.file.text;
    let arguments = there.child_by_field_name("arguments")?;
    let properties = if place.program.language == Language::Python {
        python::properties(arguments, source)
    } else {
        typescript::properties(parts(arguments).into_iter().find(|part| part.kind() == "object")?, source)
    };
    let found = properties.all.iter().find(|known| known.name == property)?;
    let written = found.value.map_or(property, |value| text(value, source));
    is_path(written).then(|| written.to_owned())
}

/// A name, or a member of one.
fn is_path(written: &str) -> bool {
    !written.is_empty() && written.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// The VPC among what the function takes: a parameter of its type, or the one member of its type of a parameter's.
fn passed(place: &Place<'_>, call: Node<'_>) -> Option<String> {
    let source = &*place.file.text;
    let parameters = scope::function(call)?.child_by_field_name("parameters")?;
    let mut found = Vec::new();
    for parameter in parts(parameters) {
        let python = place.program.language == Language::Python;
        if python {
            let name = match parameter.kind() {
                "identifier" => Some(parameter),
                _ => parts(parameter).into_iter().next(),
            };
            let name = name.map_or("", |name| text(name, source));
            let kind = parameter.child_by_field_name("type").map(|kind| text(kind, source));
            if kind.map_or(name == "vpc", is_network) {
                found.push(name.to_owned());
            }
            continue;
        }
        let Some(name) = parameter.child_by_field_name("pattern").filter(|name| name.kind() == "identifier") else {
            continue;
        };
        let kind = parameter.child_by_field_name("type").map_or("", |kind| text(kind, source));
        let kind = kind.trim_start_matches(':').trim();
        let name = text(name, source);
        if is_network(kind) && parameter.kind() == "required_parameter" {
            found.push(name.to_owned());
        } else if parameter.kind() == "required_parameter" {
            found.extend(member_of(place, kind).map(|member| format!("{name}.{member}")));
        }
    }
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

fn is_network(kind: &str) -> bool {
    kind.rsplit('.').next().is_some_and(|last| NETWORK_TYPES.contains(&last))
}

/// The one member of a type of this file that is a VPC, and always there.
fn member_of(place: &Place<'_>, kind: &str) -> Option<String> {
    let source = &*place.file.text;
    let mut found = Vec::new();
    each(place.program.root(), &mut |node| {
        let is_type = matches!(node.kind(), "interface_declaration" | "type_alias_declaration");
        if !is_type || node.child_by_field_name("name").is_none_or(|name| text(name, source) != kind) {
            return;
        }
        each(node, &mut |member| {
            let kind = member.child_by_field_name("type").filter(|_| member.kind() == "property_signature");
            let is_it = kind.is_some_and(|kind| is_network(text(kind, source).trim_start_matches(':').trim()));
            let name = member.child_by_field_name("name").map(|name| text(name, source).to_owned());
            if is_it {
                // It may not be there.
                found.push(name.filter(|_| !text(member, source).contains("?:")));
            }
        });
    });
    match found.as_mut_slice() {
        [only] => only.take(),
        _ => None,
    }
}

/// What the call itself calls a database by which it gets its address: `props.db` of `props.db.dbInstanceEndpointAddress`.
fn in_environment(place: &Place<'_>, call: Node<'_>, store: &Resource) -> Option<String> {
    let source = &*place.file.text;
    if !store.kind.starts_with("AWS::RDS::") && !store.kind.starts_with("AWS::DocDB::") {
        return None;
    }
    let mut found = Vec::new();
    each(call.child_by_field_name("arguments")?, &mut |node| {
        if !matches!(node.kind(), "member_expression" | "attribute") {
            return;
        }
        let written = text(node, source);
        let end = OF_STORES.iter().filter_map(|member| written.find(member)).min();
        found.extend(end.map(|end| written[..end].to_owned()).filter(|name| is_path(name)));
    });
    found.sort();
    found.dedup();
    let mut found = found.into_iter();
    found.next().filter(|_| found.next().is_none())
}

/// The constructs of which values speak.
pub(super) fn spoken_of<'v>(values: impl Iterator<Item = &'v ProgramDraft>) -> Vec<ResourceId> {
    values.flat_map(ProgramDraft::made).collect()
}
