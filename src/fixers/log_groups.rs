//! Log groups: one for each function, and what a group is for.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{Draft, DraftBody, Node, Project, Resource, Value};

/// Where Lambda writes by itself.
const PREFIX: &str = "/aws/lambda/";

/// Groups that only hold what functions, APIs and workflows say.
const APPLICATION_PREFIXES: [&str; 8] = [
    "/aws/lambda/",
    "/aws/apigateway/",
    "/aws/api-gateway/",
    "/aws/vendedlogs/",
    "/aws/states/",
    "/aws/appsync/",
    "/aws/codebuild/",
    "API-Gateway-Execution-Logs",
];
/// Words of groups that somebody may have to keep.
const RECORDS: [&str; 8] = ["audit", "security", "cloudtrail", "trail", "flow", "waf", "vpn", "compliance"];

/// A function's log group is declared.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    if function.body.at("logging_config.log_group").is_present() != Some(false) {
        return Verdict::Pass;
    }
    if super::is_edge_function(project, function) {
        return Verdict::Pass;
    }
    let name = project.settle(&function.body.get("function_name"));
    if matches!(name, Value::Null | Value::Unknown) {
        return Verdict::Unknown("the function's name isn't known".into());
    }
    let piece = |value| Node { value, span: function.span };
    let expected = Value::text(vec![piece(Value::string(PREFIX)), piece(name)]);
    let mut maybe = None;
    for group in project.of_kind("aws_cloudwatch_log_group") {
        if project.instance(group.instance).root != project.instance(function.instance).root {
            continue;
        }
        match is_group_of(project, group, function, &expected) {
            Some(true) => return Verdict::Pass,
            Some(false) => {}
            None => maybe = Some(group.address()),
        }
    }
    match maybe {
        Some(group) => Verdict::Unknown(format!("{group} may be its log group")),
        None => {
            Verdict::fail("its log group is made by Lambda at the first call, and keeps logs for ever", fix(context))
        }
    }
}

/// Whether a log group is the one that the function writes to.
fn is_group_of(project: &Project, group: &Resource, function: &Resource, expected: &Value) -> Option<bool> {
    let name = group.body.get("name");
    let (mut this, mut other) = (false, false);
    name.each_reference(&mut |reference| {
        let target = project.resource(reference.resource);
        this |= target.span == function.span;
        other |= &*target.kind == "aws_lambda_function" && target.span != function.span;
    });
    if this {
        return Some(true);
    }
    if other {
        return Some(false);
    }
    if name.is_null() {
        return Some(false);
    }
    project.settle(&name).equals(expected)
}

fn fix(context: &Context<'_>) -> Fix {
    let (project, function) = (context.project, context.resource);
    let known_before = own_name(project, function);
    let ordered = known_before.is_some();
    let by_reference =
        || Draft::Text(vec![Draft::string(PREFIX), Draft::Attribute(function.id, "function_name".into())]);
    let name = known_before.unwrap_or_else(by_reference);
    let days = context.number("retention_days").unwrap_or(30.0);
    let address = format!("aws_cloudwatch_log_group.{}", function.name);
    let mut changes = vec![Change::Add {
        near: function.id,
        kind: "aws_cloudwatch_log_group".into(),
        name: function.name.to_string(),
        mirror: true,
        content: DraftBody::arguments([("name", name), ("retention_in_days", Draft::Number(days.to_string()))]),
    }];
    if ordered {
        let group = Draft::AddedAttribute(address.clone(), String::new());
        changes.extend(super::order::after(function, vec![group]));
    }
    let literal = project.settle(&function.body.get("function_name"));
    let id = literal.as_str().map_or_else(|| format!("{PREFIX}NAME"), |name| format!("{PREFIX}{name}"));
    let mut notes = Vec::new();
    if context.option("import").as_bool() == Some(true) && literal.as_str().is_some() {
        changes.push(Change::Import { near: function.id, to: address, id });
    } else {
        notes.push(format!(
            "if the function has run before, the group exists: `terraform import {address} {id}` first, or set the option `import`"
        ));
    }
    Fix {
        title: format!("Declare its log group with {days} days of retention"),
        grade: Grade::Review,
        effect: Effect::InPlace,
        changes,
        notes,
    }
}

/// The group's name without a reference to the function, so that the group can be there before the first call. Where the
/// name is JSON, or goes over lines, the reference has to do.
fn own_name(project: &Project, function: &Resource) -> Option<Draft> {
    let node = &function.body.entry("function_name")?.node;
    let file = project.file(node.span.file);
    let text = file.text[node.span.range()].trim();
    if file.display.ends_with(".json") || text.contains('\n') {
        return None;
    }
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    Some(match quoted {
        Some(inner) => Draft::Expression(format!("\"{PREFIX}{inner}\"")),
        None => Draft::Text(vec![Draft::string(PREFIX), Draft::Expression(text.to_owned())]),
    })
}

/// `"application"`, `"record"` (somebody may have to keep it) or `"other"`.
pub(super) fn purpose(context: &Context<'_>) -> Value {
    let name = context.project.settle(&context.resource.body.get("name"));
    let pieces = name.known_pieces();
    let own: &str = &context.resource.name;
    let is_record = pieces.into_iter().chain([own]).any(|text| {
        text.to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| RECORDS.iter().any(|record| word.contains(record)))
    });
    let is_application = APPLICATION_PREFIXES.iter().any(|prefix| name.known_prefix().starts_with(prefix));
    Value::string(if is_record {
        "record"
    } else if is_application {
        "application"
    } else {
        "other"
    })
}
