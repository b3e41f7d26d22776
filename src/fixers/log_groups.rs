//! Log groups: one for each function, and what a group is for.

use crate::catalogue::{Context, Verdict};
use crate::fix::{Change, Effect, Fix, Grade};
use crate::iam::role;
use crate::iam::scope::log_group::{self, PREFIX};
use crate::model::{Draft, DraftBody, Language, Node, Project, Resource, Value};

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
/// Managed policies that let a function write to any log group.
const MAY_LOG: [&str; 8] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AdministratorAccess",
    "CloudWatchLogsFullAccess",
    "PowerUserAccess",
];
/// Words of groups that somebody may have to keep.
const RECORDS: [&str; 8] = ["audit", "security", "cloudtrail", "trail", "flow", "waf", "vpn", "compliance"];

/// The id of the construct that a program made; null where no program did.
pub(super) fn construct_id(context: &Context<'_>) -> Value {
    let origin = context.resource.origin.as_ref();
    let id = origin.and_then(|origin| origin.construct.rsplit('/').next());
    id.map_or(Value::Null, Value::string)
}

/// A function's log group is declared.
pub(super) fn judge(context: &Context<'_>) -> Verdict {
    let (project, function) = (context.project, context.resource);
    let log_group = context.named("logging_config.log_group", "LoggingConfig.LogGroup");
    if function.body.at(log_group).is_present() != Some(false) {
        return Verdict::Pass;
    }
    if log_group::at_edge(project, function) {
        return Verdict::Pass;
    }
    let name = project.settle(&function.body.get(context.named("function_name", "FunctionName")));
    let piece = |value| Node { value, span: function.span };
    let expected = match name {
        // CloudFormation makes a name, which only a reference can give.
        Value::Null if project.language == Language::CloudFormation => None,
        Value::Null | Value::Unknown => return Verdict::Unknown("the function's name isn't known".into()),
        name => Some(Value::text(vec![piece(Value::string(PREFIX)), piece(name)])),
    };
    let mut maybe = None;
    let kinds = context.named(["aws_cloudwatch_log_group", ""], ["AWS::Logs::LogGroup", "Custom::LogRetention"]);
    for group in kinds.iter().flat_map(|kind| project.of_kind(kind)) {
        if project.instance(group.instance).root != project.instance(function.instance).root {
            continue;
        }
        match is_group_of(context, group, function, expected.as_ref()) {
            Some(true) => return Verdict::Pass,
            Some(false) => {}
            None => maybe = Some(group.address()),
        }
    }
    let maybe = maybe.or_else(|| made_by_call(project, function, expected.as_ref()?));
    if let Some(group) = maybe {
        return Verdict::Unknown(format!("{group} may be its log group"));
    }
    let fix = match project.language {
        Language::Terraform => fix(context),
        Language::CloudFormation => template_fix(context),
    };
    Verdict::fail("its log group is made by Lambda at the first call, and keeps logs for ever", fix)
}

/// The call of a module that can't be read here and may make the function's log group: it is given the group's name, or
/// is for logs by its own name or source and belongs to the function.
fn made_by_call(project: &Project, function: &Resource, expected: &Value) -> Option<String> {
    let root = |instance| project.instance(instance).root;
    let awaited = written(project, function, "depends_on").unwrap_or_default();
    let named = written(project, function, "function_name");
    let mut calls = project.opaque_calls.iter().filter(|call| root(call.instance) == root(function.instance));
    let found = calls.find(|call| {
        let values = || call.arguments.entries.iter().map(|entry| &entry.node);
        let is_awaited = call.instance == function.instance && awaits(awaited, &call.name);
        let belongs = || {
            values().any(|node| node.value.refers_to(function.id))
                || named.is_some_and(|name| values().any(|node| text_of(project, node) == Some(name)))
        };
        values().any(|node| may_be_text(project, &node.value, expected))
            || is_for_logs(&[&call.name, &call.source]) && (is_awaited || belongs())
    });
    found.map(|call| format!("what module.{} makes", call.name))
}

fn text_of<'p>(project: &'p Project, node: &Node) -> Option<&'p str> {
    project.files.get(node.span.file.0 as usize)?.text.get(node.span.range()).map(str::trim)
}

fn written<'p>(project: &'p Project, resource: &Resource, argument: &str) -> Option<&'p str> {
    text_of(project, &resource.body.entry(argument)?.node)
}

/// Whether a list of dependencies names a module.
fn awaits(list: &str, module: &str) -> bool {
    let mut names = list.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.'));
    names.any(|name| name.strip_prefix("module.") == Some(module))
}

/// Whether a name or a source has a word for logs.
fn is_for_logs(names: &[&str]) -> bool {
    let is_word = |word: &str| matches!(word.to_ascii_lowercase().as_str(), "log" | "logs" | "loggroup" | "logging");
    names.iter().any(|name| name.split(|c: char| !c.is_alphanumeric()).any(is_word))
}

/// Whether a value is a text, or has one in it, that may be `expected`: one that starts as groups of functions do.
fn may_be_text(project: &Project, value: &Value, expected: &Value) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| may_be_text(project, &item.value, expected)),
        Value::Map(map) => map.entries.iter().any(|entry| may_be_text(project, &entry.node.value, expected)),
        other => {
            let settled = project.settle(other);
            settled.known_prefix().starts_with(PREFIX) && settled.equals(expected) != Some(false)
        }
    }
}

/// Whether a log group is the one that the function writes to.
fn is_group_of(context: &Context<'_>, group: &Resource, function: &Resource, expected: Option<&Value>) -> Option<bool> {
    let project = context.project;
    let name = group.body.get(context.named("name", "LogGroupName"));
    let (mut this, mut other) = (false, false);
    name.each_reference(&mut |reference| {
        let target = project.resource(reference.resource);
        this |= target.span == function.span;
        other |= target.kind == function.kind && target.span != function.span;
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
    expected.map_or(Some(false), |expected| project.settle(&name).equals(expected))
}

fn fix(context: &Context<'_>) -> Fix {
    let (project, function) = (context.project, context.resource);
    // Without a reference to the function, so that the group can be there before the first call.
    let known_before = log_group::expression(project, function).map(Draft::Expression);
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

/// A template can't take over the group that Lambda has made, so the function gets another one, under a name that
/// nothing has: a deploy can't fail for a group that exists.
fn template_fix(context: &Context<'_>) -> Fix {
    let function = context.resource;
    let days = context.number("retention_days").unwrap_or(30.0);
    let title = format!("Log to a group of its own with {days} days of retention");
    let role = match function.body.get("Role") {
        Value::Reference(reference) => Some(context.project.resource(reference.resource)),
        _ => None,
    };
    let may_log = role.is_some_and(|role| {
        let grants = role::grants(context.project, role);
        grants.allows("logs:PutLogEvents", &MAY_LOG) && grants.allows("logs:CreateLogStream", &MAY_LOG)
    });
    if !may_log {
        return Fix::manual(&title, "its role isn't seen to write to any group but the one that Lambda makes");
    }
    let name = format!("{}_log_group", function.name);
    let group = Draft::AddedAttribute(format!("AWS::Logs::LogGroup.{name}"), "Ref".into());
    let changes = vec![
        Change::Add {
            near: function.id,
            kind: "AWS::Logs::LogGroup".into(),
            name,
            mirror: true,
            content: DraftBody::arguments([("RetentionInDays", Draft::Number(days.to_string()))]),
        },
        Change::Set {
            resource: function.id,
            content: DraftBody::default().with_block("LoggingConfig", DraftBody::arguments([("LogGroup", group)])),
        },
    ];
    let notes = vec![
        "new log lines go to the new group; the old one stays, with what it holds, until somebody deletes it".into(),
        "whatever reads the old group by its name (filters, dashboards) must be pointed to the new one".into(),
    ];
    Fix { title, grade: Grade::Review, effect: Effect::InPlace, changes, notes }
}

/// `"application"`, `"record"` (somebody may have to keep it) or `"other"`.
pub(super) fn purpose(context: &Context<'_>) -> Value {
    let name = context.project.settle(&context.resource.body.get(context.named("name", "LogGroupName")));
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
