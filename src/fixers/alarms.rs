//! Where alarms go.
//!
//! One topic for a module: what the option names, what the module's alarms go to already, a topic that is called so; else,
//! where it is asked for, one that is added once, encrypted with a key that `CloudWatch` may use.

use super::apis::refers;
use super::{module_anchor, module_key};
use crate::catalogue::Context;
use crate::fix::Change;
use crate::iam::policy::Policy;
use crate::model::{Draft, DraftBody, InstanceId, Language, Mode, Node, Project, Reference, Repeat, Resource, Value};

/// The option's value that asks for the module's own topic; any other is an expression that names one.
const MODULE: &str = "module";
/// What the topic is called where a module has none.
const NAME: (&str, &str) = ("alarms", "Alarms");
pub(super) const ALARM: &str = "aws_cloudwatch_metric_alarm";
pub(super) const TOPIC: &str = "aws_sns_topic";
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
    /// A variable that the module is to get, and what each of its uses passes.
    Passed(Vec<(InstanceId, Draft)>),
    /// A topic that is to be added.
    New,
}

/// Where the alarm of the resource that is judged goes.
pub(super) fn plan(context: &Context<'_>) -> Result<AlarmPlan, String> {
    match target(context)? {
        Target::Known(actions) => Ok(AlarmPlan { actions, changes: Vec::new(), notes: Vec::new() }),
        Target::Passed(values) => Ok(passed(context, values)),
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

/// The topic that alarms go to, where it is one of the configuration; else null.
pub(super) fn topic(context: &Context<'_>) -> Value {
    let (project, instance) = (context.project, context.resource.instance);
    if obstacle(context) != Value::Null || context.option("alarm_topic").as_str().is_some() {
        return Value::Null;
    }
    let mut topics = Vec::new();
    for alarm in project.all(ALARM).filter(|alarm| alarm.instance == instance) {
        let actions = project.value(alarm, ALARM, "alarm_actions");
        actions.each_reference(&mut |reference| topics.push(project.resource(reference.resource)));
    }
    topics.extend(named_so(project, instance).filter(|_| topics.is_empty()));
    topics.dedup_by_key(|topic| topic.id);
    let only = topics.first().filter(|topic| topics.len() == 1 && &*topic.kind == project.kind(TOPIC));
    only.map_or(Value::Null, |topic| {
        Value::Reference(Reference {
            resource: topic.id,
            within: Vec::new(),
            index: None,
            path: vec![context.named("arn", "Ref").into()],
        })
    })
}

fn target(context: &Context<'_>) -> Result<Target, String> {
    let (project, resource) = (context.project, context.resource);
    let option = context.option("alarm_topic");
    if let Some(expression) = option.as_str().filter(|text| *text != MODULE) {
        return Ok(Target::Known(Draft::List(vec![Draft::Expression(expression.to_owned())])));
    }
    if let Some(actions) = known(context, resource.instance)? {
        return Ok(Target::Known(actions));
    }
    if let Some(values) = of_callers(context)? {
        return Ok(Target::Passed(values));
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

/// Where the alarms of a use of a module go, or a topic for them.
fn known(context: &Context<'_>, instance: InstanceId) -> Result<Option<Draft>, String> {
    let (project, resource) = (context.project, context.resource);
    if let Some(actions) = of_others(project, instance, resource)? {
        return Ok(Some(actions));
    }
    let Some(topic) = named_so(project, instance) else { return Ok(None) };
    usable(project, topic, resource)?;
    let attribute = context.named("arn", "Ref");
    Ok(Some(Draft::List(vec![if instance == resource.instance {
        Draft::Attribute(topic.id, attribute.into())
    } else {
        Draft::Expression(format!("{}.{attribute}", topic.address()))
    }])))
}

/// Where the alarms of the modules go that call this one, for each of its uses; nothing where one of them has no place
/// for alarms, or the module is deployed by itself, too.
fn of_callers(context: &Context<'_>) -> Result<Option<Vec<(InstanceId, Draft)>>, String> {
    let (project, resource) = (context.project, context.resource);
    if project.language != Language::Terraform {
        return Ok(None);
    }
    let module = project.instance(resource.instance).module;
    let mut values = Vec::new();
    for (i, _) in project.instances.iter().enumerate().filter(|(_, instance)| instance.module == module) {
        let instance = InstanceId(i as u32);
        let Some((caller, _)) = project.caller(instance) else { return Ok(None) };
        let Some(actions) = known(context, caller)? else { return Ok(None) };
        values.push((instance, actions));
    }
    Ok(Some(values))
}

fn passed(context: &Context<'_>, values: Vec<(InstanceId, Draft)>) -> AlarmPlan {
    const VARIABLE: &str = "alarm_actions";
    let near = context.resource.id;
    let description = "ARNs of what alarms notify".into();
    AlarmPlan {
        actions: Draft::Expression(format!("var.{VARIABLE}")),
        changes: vec![Change::Pass { near, variable: VARIABLE.into(), description, values }],
        notes: vec![format!("the module gets the variable `{VARIABLE}`, and its calls pass where their own alarms go")],
    }
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
fn of_others(project: &Project, instance: InstanceId, near: &Resource) -> Result<Option<Draft>, String> {
    let mut found: Option<(Draft, String)> = None;
    for alarm in project.all(ALARM).filter(|alarm| alarm.instance == instance) {
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
fn named_so(project: &Project, instance: InstanceId) -> Option<&Resource> {
    let says_so = |topic: &&Resource| {
        let name = project.settle(&project.value(topic, TOPIC, "name"));
        let words = [topic.name.to_lowercase(), name.known_pieces().join(" ").to_lowercase()];
        words.iter().any(|text| text.contains("alarm") || text.contains("alert"))
    };
    let here = |topic: &&Resource| topic.instance == instance && topic.repeat == Repeat::Once;
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
    if &*topic.kind != project.kind(TOPIC) {
        return Ok(());
    }
    if !project.stand_together(topic, near) {
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
