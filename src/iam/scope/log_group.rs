//! The log group that a function writes to.

use super::need::Target;
use crate::model::{Node, Project, Resource, Value};

/// Where Lambda writes by itself.
pub const PREFIX: &str = "/aws/lambda/";

/// Whether a function runs at `CloudFront`'s edge: there it logs in every region, to groups of other names.
pub fn at_edge(project: &Project, function: &Resource) -> bool {
    project.of_kind("aws_cloudfront_distribution").any(|distribution| distribution.uses(function))
}

/// The group that Lambda makes for a function, by the function's name; nothing where that isn't known or another group is
/// chosen.
pub fn made(project: &Project, function: &Resource) -> Option<Target> {
    let name = project.settle(&function.body.get("function_name"));
    let custom = !function.body.at("logging_config.log_group").is_null();
    let name = name.as_str().filter(|_| !custom)?;
    let mut target = Target::named(project, "logs:log-group", &format!("{PREFIX}{name}"), ":*");
    target.doubt = None;
    Some(target)
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
        by_name(&name) || project.settle(&name).equals(&expected) == Some(true)
    })
}
