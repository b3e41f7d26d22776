//! The log group that a function writes to.

use super::need::{Origin, Target};
use crate::iam::policy::Policy;
use crate::model::{InstanceId, Node, Project, Resource, Value};

/// Where Lambda writes by itself.
pub const PREFIX: &str = "/aws/lambda/";

/// Whether a function runs at `CloudFront`'s edge: there it logs in every region, to groups of other names, and leaves no
/// traces. A distribution names it; or, where that stands elsewhere, it is published, and its role or a permission is for
/// `CloudFront` too.
pub fn at_edge(project: &Project, function: &Resource) -> bool {
    let distributions = ["aws_cloudfront_distribution", "AWS::CloudFront::Distribution"];
    distributions.iter().flat_map(|kind| project.of_kind(kind)).any(|distribution| distribution.uses(function))
        // The input of a published module.
        || project.settle(&function.body.get("lambda_at_edge")) == Value::Bool(true)
        || (project.settle(&function.body.get("publish")) == Value::Bool(true)
            && (has_edge_role(project, function) || may_be_replicated(project, function)))
}

/// Whether a permission lets `CloudFront`'s replication have the function.
fn may_be_replicated(project: &Project, function: &Resource) -> bool {
    project.of_kind("aws_lambda_permission").any(|permission| {
        permission.body.get("function_name").refers_to(function.id)
            && project.settle(&permission.body.get("principal")).as_str() == Some("edgelambda.amazonaws.com")
    })
}

/// Whether the role of a function may be assumed by `CloudFront`.
fn has_edge_role(project: &Project, function: &Resource) -> bool {
    let Value::Reference(reference) = function.body.get("role") else { return false };
    let policy = Policy::of(project, &project.resource(reference.resource).body, "assume_role_policy");
    policy.is_some_and(|policy| {
        let mut principals = policy.statements.iter().flat_map(|statement| &statement.principals);
        principals.any(|(_, value)| value.as_str() == Some("edgelambda.amazonaws.com"))
    })
}

/// The group that Lambda makes for a function, by the function's name; nothing where that isn't known or another group is
/// chosen.
pub fn made(project: &Project, function: &Resource) -> Option<Target> {
    let name = project.settle(&function.body.get("function_name"));
    let custom = !function.body.at("logging_config.log_group").is_null();
    let name = name.as_str().filter(|_| !custom)?;
    let mut target = Target::named(project, "logs:log-group", &format!("{PREFIX}{name}"), ":*");
    target.doubt = None;
    // What a name is put together from may be given otherwise at the next deploy: the group follows it.
    if !is_written_out(project, function) {
        target.origin = match expression(project, function) {
            Some(expression) => Origin::Expression(function.instance, arn(project, function.instance, &expression)),
            None => Origin::Unwritable,
        };
    }
    Some(target)
}

/// Whether a function's name stands there as a text without parts.
fn is_written_out(project: &Project, function: &Resource) -> bool {
    let Some(entry) = function.body.entry("function_name") else { return false };
    let span = entry.node.span;
    let text = project.file(span.file).text.get(span.range()).unwrap_or_default().trim();
    text.starts_with(['"', '\'']) && !["${", "%{"].iter().any(|part| text.contains(part))
}

/// The name of a function's group as an expression, from how the function's name is written; nothing where that is JSON, or
/// goes over lines.
pub fn expression(project: &Project, function: &Resource) -> Option<String> {
    let span = function.body.entry("function_name")?.node.span;
    let file = project.file(span.file);
    let text = file.text.get(span.range())?.trim();
    if file.display.ends_with(".json") || text.contains('\n') {
        return None;
    }
    Some(match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) => format!("\"{PREFIX}{inner}\""),
        None => format!("\"{PREFIX}${{{text}}}\""),
    })
}

/// The ARN of a group in any region and account, by the expression that names it.
fn arn(project: &Project, instance: InstanceId, name: &str) -> String {
    let partition = match project.data_of("aws_partition", instance).next() {
        Some(data) => format!("${{{}.partition}}", data.address()),
        None => "aws".to_owned(),
    };
    format!("\"arn:{partition}:logs:*:*:log-group:{}", name.trim_start_matches('"'))
}

/// The declared log group that a function certainly writes to.
pub fn declared<'a>(project: &'a Project, function: &Resource) -> Option<&'a Resource> {
    let chosen = function.body.at("logging_config.log_group");
    let mut groups = project.of_kind("aws_cloudwatch_log_group").filter(|group| group.instance == function.instance);
    if !chosen.is_null() {
        return groups.find(|group| project.names(&chosen, group, "name") == Some(true));
    }
    let piece = |value| Node { value, span: function.span };
    let name = project.settle(&function.body.get("function_name"));
    let expected = Value::text(vec![piece(Value::string(PREFIX)), piece(name)]);
    // Behind a key the name stays a reference.
    let by_name = |value: &Value| match value {
        Value::Text(pieces) => match pieces.as_slice() {
            [start, Node { value: Value::Reference(reference), .. }] => {
                start.value.as_str() == Some(PREFIX)
                    && reference.resource == function.id
                    && reference.path.last().is_some_and(|name| matches!(&**name, "function_name" | "id"))
            }
            _ => false,
        },
        _ => false,
    };
    groups.find(|group| {
        let name = group.body.get("name");
        by_name(&name)
            || project.settle(&name).equals(&expected) == Some(true)
            || is_written_for(project, group, function)
    })
}

/// Whether the name of a group is written with the expression that names the function. What that gives needn't be known: it
/// is the same in one module, unless it depends on the instance or on the moment.
fn is_written_for(project: &Project, group: &Resource, function: &Resource) -> bool {
    const CHANGING: [&str; 5] = ["count.", "each.", "bcrypt(", "timestamp(", "uuid("];
    let written = |resource: &Resource, argument: &str| {
        let span = resource.body.entry(argument)?.node.span;
        let text = project.file(span.file).text.get(span.range())?.trim();
        (!CHANGING.iter().any(|word| text.contains(word))).then(|| text.to_owned())
    };
    let Some((group, function)) = written(group, "name").zip(written(function, "function_name")) else { return false };
    let expected = match function.strip_prefix('"') {
        Some(template) => format!("\"{PREFIX}{template}"),
        None => format!("\"{PREFIX}${{{function}}}\""),
    };
    group == expected
}
