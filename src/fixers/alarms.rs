//! Alarms: where they go, and which ones an API's stage has.
//!
//! One topic for a module: what the option names, what the module's alarms go to already, a topic that is called so; else,
//! where it is asked for, one that is added once, encrypted with a key that `CloudWatch` may use.

use super::apis::{api_of, refers};
use super::{module_anchor, module_key};
use crate::catalogue::Context;
use crate::fix::Change;
use crate::iam::policy::Policy;
use crate::iam::text;
use crate::model::value::{all, any};
use crate::model::{Body, Draft, DraftBody, Language, Mode, Node, Project, Reference, Repeat, Resource, Value};

/// The option's value that asks for the module's own topic; any other is an expression that names one.
const MODULE: &str = "module";
const API: &str = "aws_api_gateway_rest_api";
/// What the topic is called where a module has none.
const NAME: (&str, &str) = ("alarms", "Alarms");
const ALARM: &str = "aws_cloudwatch_metric_alarm";
const TOPIC: &str = "aws_sns_topic";
const POLICY: &str = "aws_sns_topic_policy";
/// Files in which people look for alarms.
pub(super) const FILES: [&str; 3] = ["alarms.tf", "monitoring.tf", "cloudwatch.tf"];

/// What an alarm does, and what must be written for that.
pub(crate) struct AlarmPlan {
    /// Its `alarm_actions`.
    pub(crate) actions: Draft,
    /// The topic and its key, where they are new.
    pub(crate) changes: Vec<Change>,
    /// What the reader should know.
    pub(crate) notes: Vec<String>,
}

enum Target {
    /// As it is to be written.
    Known(Draft),
    /// A topic that is to be added.
    New,
}

/// Where the alarm of the resource that is judged goes.
pub(super) fn plan(context: &Context<'_>) -> Result<AlarmPlan, String> {
    match target(context)? {
        Target::Known(actions) => Ok(AlarmPlan { actions, changes: Vec::new(), notes: Vec::new() }),
        Target::New => new_topic(context),
    }
}

/// What stands in the way of an alarm, as a text; null when nothing does.
pub(super) fn obstacle(context: &Context<'_>) -> Value {
    match plan(context) {
        Ok(_) => Value::Null,
        Err(reason) => Value::string(reason),
    }
}

fn target(context: &Context<'_>) -> Result<Target, String> {
    let (project, resource) = (context.project, context.resource);
    let option = context.option("alarm_topic");
    if let Some(expression) = option.as_str().filter(|text| *text != MODULE) {
        return Ok(Target::Known(Draft::List(vec![Draft::Expression(expression.to_owned())])));
    }
    if let Some(actions) = of_others(project, resource)? {
        return Ok(Target::Known(actions));
    }
    if let Some(topic) = named_so(project, resource) {
        usable(project, topic, resource)?;
        let arn = Draft::Attribute(topic.id, context.named("arn", "Ref").into());
        return Ok(Target::Known(Draft::List(vec![arn])));
    }
    if option.as_str() != Some(MODULE) {
        return Err(
            "where alarms go is not in the configuration, and one without a target tells nobody: name a topic \
                    in the option `alarm_topic`, or `module` to have one added"
                .into(),
        );
    }
    if !is_deployed(project, resource) {
        return Err(
            "the module is used by others, or may be (no provider is configured in it), and each use would get a topic \
                    of its own: give it a variable with the topic's ARN, and name that in the option `alarm_topic`"
                .into(),
        );
    }
    Ok(Target::New)
}

/// Whether a module is deployed as it is: nothing here calls it, and it configures a provider or where its state is.
fn is_deployed(project: &Project, resource: &Resource) -> bool {
    let roots = ["provider \"", "backend \"", "cloud {", "\"provider\"", "\"backend\""];
    let says_so = |text: &str| text.lines().any(|line| roots.iter().any(|root| line.trim_start().starts_with(root)));
    // A template is deployed as it is; one that another nests gets what the other passes.
    let is_whole = |text: &str| project.language == Language::CloudFormation || says_so(text);
    project.instance(resource.instance).address.is_empty()
        && project.module_of(resource.instance).files.iter().any(|file| is_whole(&project.file(*file).text))
}

/// What the module's alarms do already, where all do the same.
fn of_others(project: &Project, near: &Resource) -> Result<Option<Draft>, String> {
    let mut found: Option<(Draft, String)> = None;
    for alarm in project.all(ALARM).filter(|alarm| alarm.instance == near.instance) {
        let Some(entry) = alarm.body.entry(&project.argument(ALARM, "alarm_actions")) else { continue };
        if matches!(&entry.node.value, Value::List(items) if items.is_empty()) {
            continue;
        }
        let mut elsewhere = Ok(());
        entry.node.value.each_reference(&mut |reference| {
            let topic = project.resource(reference.resource);
            if elsewhere.is_ok() {
                elsewhere = usable(project, topic, near);
            }
        });
        elsewhere?;
        let Some(actions) = as_written(project, &entry.node) else {
            return Err(format!("where {} goes can't be written again: name it in `alarm_topic`", alarm.address()));
        };
        match &found {
            Some((_, known)) if *known != actions.1 => {
                return Err("the module's alarms go to several places: name one in the option `alarm_topic`".into());
            }
            _ => found = Some(actions),
        }
    }
    Ok(found.map(|(actions, _)| actions))
}

/// A list, or a name for one, as it is to be written again; with its text. Nothing where it holds for one place only.
fn as_written(project: &Project, node: &Node) -> Option<(Draft, String)> {
    let text = |node: &Node| project.file(node.span.file).text[node.span.range()].trim().to_owned();
    let whole = text(node);
    if project.language == Language::CloudFormation {
        // An action under a condition is not always there.
        let items = node.value.as_list().filter(|_| whole.starts_with('[') && !whole.contains("Fn::If"))?;
        let texts: Vec<String> = items.iter().map(text).collect();
        return Some((Draft::List(texts.iter().cloned().map(Draft::Expression).collect()), texts.join(", ")));
    }
    let bound = ["each.", "count."].iter().any(|root| whole.contains(root));
    if bound || project.file(node.span.file).display.ends_with(".json") {
        return None;
    }
    let is_name = whole.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    match &node.value {
        Value::List(items) if whole.starts_with('[') && !whole[1..].trim_start().starts_with("for ") => {
            let texts: Vec<String> = items.iter().map(text).collect();
            let drafts = texts.iter().map(|text| Draft::Expression(text.clone())).collect();
            Some((Draft::List(drafts), texts.join(", ")))
        }
        _ if is_name => Some((Draft::Expression(whole.clone()), whole)),
        _ => None,
    }
}

/// The only topic of the module whose name says that it is for alarms.
fn named_so<'a>(project: &'a Project, near: &Resource) -> Option<&'a Resource> {
    let says_so = |topic: &&Resource| {
        let name = project.settle(&project.value(topic, TOPIC, "name"));
        let words = [topic.name.to_lowercase(), name.known_pieces().join(" ").to_lowercase()];
        words.iter().any(|text| text.contains("alarm") || text.contains("alert"))
    };
    let here = |topic: &&Resource| topic.instance == near.instance && topic.repeat == Repeat::Once;
    let mut topics = project.all(TOPIC).filter(here).filter(says_so);
    topics.next().filter(|_| topics.next().is_none()).filter(|topic| only_alarms(project, topic))
}

/// Whether nothing but alarms publishes to a topic, as far as the configuration shows it: alerts may be messages of the
/// application.
fn only_alarms(project: &Project, topic: &Resource) -> bool {
    const USERS: [&str; 6] = [
        "aws_autoscaling_notification",
        "aws_budgets_budget",
        "aws_cloudwatch_composite_alarm",
        "aws_cloudwatch_metric_alarm",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
    ];
    let mut users = project.resources.iter().filter(|user| user.uses(topic) && user.mode == Mode::Managed);
    users.all(|user| USERS.iter().any(|kind| project.kind(kind) == &*user.kind)) && lets_alarms_in(project, topic)
}

/// Whether `CloudWatch` may publish: a topic's own policy takes the place of the default one, which lets the account in.
fn lets_alarms_in(project: &Project, topic: &Resource) -> bool {
    let own = std::iter::once((topic.body.get("policy"), topic.span)).filter(|(policy, _)| !policy.is_null());
    let beside = project
        .all(POLICY)
        .filter(|policy| refers(&project.value(policy, POLICY, "arn"), topic))
        .map(|policy| (project.value(policy, POLICY, "policy"), policy.span));
    own.chain(beside).all(|(document, span)| {
        Policy::read(project, &document, span).is_some_and(|policy| {
            policy.statements.iter().any(|statement| {
                let service = statement.services().any(|service| service == "cloudwatch.amazonaws.com");
                statement.allow == Some(true)
                    && (service || statement.names_everybody())
                    && statement.covers_action("sns:Publish")
            })
        })
    })
}

/// Whether alarms can publish to a topic from where a resource is.
fn usable(project: &Project, topic: &Resource, near: &Resource) -> Result<(), String> {
    let place = |resource: &Resource| {
        ["provider", "region"].map(|argument| {
            let node = &resource.body.entry(argument)?.node;
            Some(project.file(node.span.file).text[node.span.range()].to_owned())
        })
    };
    if &*topic.kind != project.kind(TOPIC) {
        return Ok(());
    }
    if place(topic) != place(near) {
        return Err(format!("{} may stand in another region, and alarms publish in their own", topic.address()));
    }
    if project.language == Language::CloudFormation && topic.repeat != Repeat::Once {
        return Err(format!("{} is there under a condition only", topic.address()));
    }
    // NOTE: the AWS-managed key doesn't let CloudWatch in; alarms are lost without a word.
    // https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    if project.settle(&project.value(topic, TOPIC, "kms_master_key_id")).as_str() == Some("alias/aws/sns") {
        return Err(format!(
            "{} is encrypted with alias/aws/sns, which CloudWatch can't use: its alarms are lost",
            topic.address()
        ));
    }
    Ok(())
}

fn new_topic(context: &Context<'_>) -> Result<AlarmPlan, String> {
    let (project, resource) = (context.project, context.resource);
    let key = module_key::for_alarms(context)?;
    let mut files = FILES.to_vec();
    files.push("main.tf");
    let near = module_anchor(project, resource, &files);
    let kind = project.kind(TOPIC);
    let name = project.unused_name(resource.instance, kind, context.named(NAME.0, NAME.1));
    let mut changes = key.changes;
    changes.push(Change::AddShared {
        near: near.id,
        kind: kind.into(),
        name: name.clone(),
        mirror: false,
        content: match project.language {
            // A prefix: a topic of that name may be there, and would be taken as this one.
            Language::Terraform => {
                DraftBody::arguments([("name_prefix", Draft::string("alarms-")), ("kms_master_key_id", key.arn)])
            }
            Language::CloudFormation => project.arguments(TOPIC, [("kms_master_key_id", key.arn)]),
        },
    });
    let mut notes = key.notes;
    let what = context.named("module", "template");
    notes.push(format!("adds one topic for the alarms of the {what}: subscribe who is to be told"));
    let actions = Draft::List(vec![project.once(kind, &name, context.named("arn", "Ref"))]);
    Ok(AlarmPlan { actions, changes, notes })
}

/// The name of a stage's API, where it stands in the same module.
pub(super) fn api_name(context: &Context<'_>) -> Value {
    match api_of(context.project, context.resource) {
        // A template has no name for the name of an API.
        Some(api) if context.project.language == Language::CloudFormation => {
            match context.project.settle(&api.body.get("Name")) {
                Value::String(name) if api.instance == context.resource.instance => Value::String(name),
                _ => Value::Null,
            }
        }
        Some(api) if api.instance == context.resource.instance => {
            Value::Reference(Reference { resource: api.id, index: None, path: vec!["name".into()] })
        }
        _ => Value::Null,
    }
}

/// Whether an alarm watches the server errors of a stage.
pub(super) fn stage_alarm(context: &Context<'_>) -> Value {
    const METRICS: [&str; 4] = ["5XXError", "5xx", "ExecutionError", "IntegrationError"];
    let (project, stage) = (context.project, context.resource);
    let Some(api) = api_of(project, stage) else { return Value::Unknown };
    let watches = |body: &Body, alarm: &Resource| {
        let metric = project.settle(&body.at(&project.argument(ALARM, "metric_name")));
        match metric.as_str() {
            Some(name) if METRICS.contains(&name) => {}
            Some(_) => return Some(false),
            None => return if metric.is_null() { Some(false) } else { None },
        }
        let of = |dimension: &str, target: &Resource, name: &str| {
            let dimensions = project.argument(ALARM, "dimensions");
            let value = project.spread(alarm, body.pair(&format!("{dimensions}.{dimension}")));
            if value.is_null() { Some(true) } else { project.names(&value, target, name) }
        };
        let by_name = !body.pair(&format!("{}.ApiName", project.argument(ALARM, "dimensions"))).is_null();
        let by = if by_name { ("ApiName", project.argument(API, "name")) } else { ("ApiId", "id".into()) };
        all([of(by.0, api, &by.1), of("Stage", stage, stage_name(stage))])
    };
    let root = |resource: &Resource| project.instance(resource.instance).root;
    let mut answers = Vec::new();
    for alarm in project.all(ALARM).filter(|alarm| root(alarm) == root(stage)) {
        answers.push(watches(&alarm.body, alarm));
        for query in alarm.body.blocks("metric_query") {
            answers.extend(query.blocks("metric").map(|metric| watches(metric, alarm)));
        }
    }
    let called = project.of_kind("module:terraform-aws-modules/cloudwatch/aws//modules/metric-alarm");
    answers.extend(called.filter(|call| root(call) == root(stage)).map(|call| watches(&call.body, call)));
    any(answers).map_or(Value::Unknown, Value::Bool)
}

fn stage_name(stage: &Resource) -> &'static str {
    match &*stage.kind {
        "aws_api_gateway_stage" => "stage_name",
        "aws_apigatewayv2_stage" => "name",
        _ => "StageName",
    }
}

/// Resources that send what fails to a queue, and where they name it.
const SENDERS: [(&str, &str); 9] = [
    ("aws_cloudwatch_event_target", "dead_letter_config.arn"),
    ("aws_lambda_event_source_mapping", "destination_config.on_failure.destination_arn"),
    ("aws_lambda_function", "dead_letter_config.target_arn"),
    ("aws_lambda_function_event_invoke_config", "destination_config.on_failure.destination"),
    ("aws_pipes_pipe", "source_parameters"),
    ("aws_scheduler_schedule", "target.dead_letter_config.arn"),
    ("aws_sns_topic_subscription", "redrive_policy"),
    ("aws_sqs_queue", "redrive_policy"),
    ("aws_sqs_queue_redrive_policy", "redrive_policy"),
];
/// Parts of names that say it.
const WORDS: [&str; 5] = ["dlq", "dead-letter", "dead_letter", "deadletter", "redrive"];

/// Whether a queue takes what failed elsewhere: something sends it there, it says who may, or its name says so.
pub(super) fn is_dead_letter_queue(context: &Context<'_>) -> Value {
    let (project, queue) = (context.project, context.resource);
    let sent =
        SENDERS.iter().any(|(kind, path)| project.all(kind).any(|s| refers(&project.value(s, kind, path), queue)));
    let logical_id = context.named(Value::Null, Value::String(queue.name.clone()));
    let given = [project.value(queue, "aws_sqs_queue", "name"), queue.body.get("name_prefix"), logical_id];
    let named = given.iter().any(|name| {
        let settled = project.settle(name);
        let text = settled.known_pieces().join(" ").to_lowercase();
        WORDS.iter().any(|word| text.contains(word))
    });
    Value::Bool(sent || named || takes_redrives(project, queue))
}

fn takes_redrives(project: &Project, queue: &Resource) -> bool {
    let allows = |value: &Value| match text::document(value, queue.span) {
        Some(document) => document.step("redrivePermission").as_str().is_some_and(|who| who != "denyAll"),
        None => false,
    };
    allows(&project.value(queue, "aws_sqs_queue", "redrive_allow_policy"))
        || project.of_kind("aws_sqs_queue_redrive_allow_policy").any(|policy| {
            refers(&policy.body.get("queue_url"), queue) && allows(&policy.body.get("redrive_allow_policy"))
        })
}

/// The bus of a rule: `default`, `own` (by its name), `arn`, or unknown.
pub(super) fn event_bus(context: &Context<'_>) -> Value {
    let given = context.resource.body.get(context.named("event_bus_name", "EventBusName"));
    if let Value::Reference(reference) = &given {
        let is_bus =
            &*context.project.resource(reference.resource).kind == context.project.kind("aws_cloudwatch_event_bus");
        return match reference.attribute().as_str() {
            "name" | "id" | "Name" | "Ref" if is_bus => Value::string("own"),
            "arn" | "Arn" => Value::string("arn"),
            _ => Value::Unknown,
        };
    }
    match &context.project.settle(&given) {
        Value::Null => Value::string("default"),
        Value::String(name) if &**name == "default" => Value::string("default"),
        Value::String(name) if name.starts_with("arn:") => Value::string("arn"),
        Value::String(_) => Value::string("own"),
        _ => Value::Unknown,
    }
}

/// Whether a function runs at the edge, where its metrics are those of every region.
pub(super) fn is_edge_function(context: &Context<'_>) -> Value {
    Value::Bool(super::is_edge_function(context.project, context.resource))
}
