//! Ties the arguments of calls to resources: argument, environment variable, reference, ARN.

use std::collections::BTreeSet;

use super::arguments::{fits, has, literal, name_of, suffixes, values};
use super::arn::{Pattern, node};
use super::kinds::{self, Kind};
use super::need::{Certainty, Need, On, Origin, Passed, Target, Variable, Why, written};
use crate::iam::actions::{self, Permission, When};
use crate::iam::usage::{Call, Value as Said};
use crate::model::{Node, Project, Resource, Value};

/// Ties the calls of one function.
pub struct Binder<'p> {
    project: &'p Project,
    function: &'p Resource,
}

/// A value of the code as the configuration knows it.
struct Found {
    /// What it is.
    value: Result<Value, String>,
    /// The variable that gives it, with its expression.
    variable: Option<(Variable, Node)>,
    trigger: Option<String>,
}

impl<'p> Binder<'p> {
    /// For the calls of a function.
    pub fn new(project: &'p Project, function: &'p Resource) -> Self {
        Self { project, function }
    }

    /// What a call needs; why it isn't known, when it isn't.
    pub fn needs(&self, call: &Call) -> Result<Vec<Need>, String> {
        let table = actions::table();
        let needed = match table.permission(&call.service, &call.operation) {
            Permission::Free => return Ok(Vec::new()),
            Permission::Actions(needed) => needed,
            Permission::Unmapped => {
                return Err(format!("what {} {} needs isn't known", call.service, call.operation));
            }
        };
        let mut needs = Vec::new();
        let named: BTreeSet<String> = needed.iter().map(|need| need.action.clone()).collect();
        for need in needed {
            let certainty = match need.when {
                When::Always => Certainty::Needed,
                When::Given(path) if has(call, path) => Certainty::Needed,
                When::Given(_) if call.keys_complete => continue,
                When::Given(_) | When::Maybe => Certainty::Kept,
            };
            let (on, variable, trigger) = self.on(call, &need);
            let operation = format!("{}.{}", call.service, call.operation);
            let why = Why::Call { operation, place: call.place.clone(), environment: variable, trigger };
            let known = table.action(&need.action);
            let dependent = known.map(|action| action.dependent).unwrap_or_default();
            // One that an argument ties to a resource of its own is among them.
            for other in dependent.into_iter().filter(|other| !named.contains(*other)) {
                let on = On::Open(format!("it comes with {}", need.action));
                let action = other.to_owned();
                needs.push(Need { action, on, certainty: Certainty::Kept, why: why.clone() });
            }
            needs.push(Need { action: need.action, on, certainty, why });
        }
        Ok(needs)
    }

    /// What an action of a call is on.
    fn on(&self, call: &Call, need: &actions::Need) -> (On, Option<Variable>, Option<String>) {
        let action = actions::table().action(&need.action);
        if action.as_ref().is_some_and(actions::Action::takes_no_resource) {
            return (On::Everything, None, None);
        }
        let fitting =
            need.on.iter().filter(|(_, kind)| action.as_ref().is_none_or(|action| fits(action, &need.action, kind)));
        let given = fitting.into_iter().find_map(|(path, kind)| {
            let values = values(call, path);
            (!values.is_empty()).then_some((values, kind.as_str()))
        });
        let Some((values, kind)) = given else {
            return (self.without_argument(call, need), None, None);
        };
        let mut targets: Vec<Target> = Vec::new();
        let (mut variable, mut trigger) = (None, None);
        for value in values {
            for found in self.found(value, kind) {
                variable = variable.or(found.variable.as_ref().map(|(variable, _)| variable.clone()));
                trigger = trigger.or(found.trigger.clone());
                for suffix in suffixes(call, &need.action, kind) {
                    match self.targets(&found, kind, suffix) {
                        Ok(more) => {
                            for target in more {
                                if !targets.contains(&target) {
                                    targets.push(target);
                                }
                            }
                        }
                        Err(reason) => return (On::Open(reason), variable, trigger),
                    }
                }
            }
        }
        (On::Targets(targets), variable, trigger)
    }

    /// What an action is on when no argument of its call says so.
    fn without_argument(&self, call: &Call, need: &actions::Need) -> On {
        if need.action == "events:PutEvents" && call.keys_complete {
            let mut target = Target::named(self.project, "events:event-bus", "default", "");
            target.doubt = None;
            return On::Targets(vec![target]);
        }
        On::Open(if call.keys_complete {
            format!("no argument of {} names it", call.operation)
        } else {
            format!("the arguments of {} couldn't all be read", call.operation)
        })
    }

    /// The values in the configuration that a value of the code stands for.
    fn found(&self, said: &Said, kind: &str) -> Vec<Found> {
        let plain = |value| Found { value, variable: None, trigger: None };
        match said {
            Said::Literal(text) => vec![plain(Ok(Value::string(text.as_str())))],
            Said::Environment { name, default, .. } => match self.variable(name) {
                Ok((variable, node)) => {
                    let value = Ok(node.value.clone());
                    vec![Found { value, variable: Some((variable, node)), trigger: None }]
                }
                Err(reason) => match default {
                    Some(text) if reason.is_none() => vec![plain(Ok(Value::string(text.as_str())))],
                    _ => {
                        let unset = || format!("the variable {name} isn't set in the configuration");
                        vec![plain(Err(reason.unwrap_or_else(unset)))]
                    }
                },
            },
            Said::Parts(parts) => {
                let mut pieces = Vec::new();
                let mut variable = None;
                for part in parts {
                    let mut found = self.found(part, kind);
                    match (found.pop(), found.is_empty()) {
                        (Some(Found { value: Ok(value), variable: more, .. }), true) => {
                            variable = variable.or(more);
                            pieces.push(node(value));
                        }
                        // An object's key doesn't matter, only its bucket.
                        _ => pieces.push(node(Value::Unknown)),
                    }
                }
                vec![Found { value: Ok(Value::text(pieces)), variable, trigger: None }]
            }
            Said::Event { path } => self.trigger(path, kind),
            Said::OneOf(arms) => arms.iter().flat_map(|arm| self.found(arm, kind)).collect(),
            Said::Unknown { reason } => vec![plain(Err(reason.clone()))],
        }
    }

    /// An environment variable of the function; the reason is nothing when it certainly isn't set.
    fn variable(&self, name: &str) -> Result<(Variable, Node), Option<String>> {
        let variables = self.function.body.at("environment.variables");
        let map = match &variables {
            Value::Map(map) => map,
            Value::Null => return Err(None),
            _ => return Err(Some("the function's variables aren't known before a deploy".into())),
        };
        let Some(entry) = map.entries.iter().rev().find(|entry| &*entry.name == name) else {
            let unsure = map.open.then(|| format!("whether the variable {name} is set isn't known before a deploy"));
            return Err(unsure);
        };
        let span = entry.node.span;
        let file = self.project.file(span.file);
        let line = file.position(span.start).line;
        let variable = Variable { name: name.to_owned(), file: file.display.to_string(), line };
        Ok((variable, entry.node.clone()))
    }

    /// Buckets whose events reach the function: by a notification, by a queue that it reads, or by a rule.
    fn trigger(&self, path: &str, kind: &str) -> Vec<Found> {
        let unknown = |reason: String| vec![Found { value: Err(reason), variable: None, trigger: None }];
        let is_bucket =
            path.ends_with("s3.bucket.name") || path.ends_with("s3.bucket.arn") || path.ends_with("detail.bucket.name");
        if kind != "s3:bucket" || !is_bucket {
            return unknown(format!("it comes from the event ({path})"));
        }
        let queues: Vec<Value> = self.event_sources().map(|mapping| mapping.body.get("event_source_arn")).collect();
        let is_queue = |value: &Value| {
            let mut same = false;
            value.each_reference(&mut |r| same |= queues.iter().any(|queue| queue.refers_to(r.resource)));
            same
        };
        let mut found = Vec::new();
        for notification in self.project.of_kind("aws_s3_bucket_notification") {
            let lambda = notification.body.blocks("lambda_function").map(|block| block.get("lambda_function_arn"));
            let direct = lambda.into_iter().any(|arn| self.is_function(&arn));
            let queued = notification.body.blocks("queue").any(|block| is_queue(&block.get("queue_arn")));
            if direct || queued {
                let value = Ok(notification.body.get("bucket"));
                found.push(Found { value, variable: None, trigger: Some(notification.address()) });
            }
        }
        if found.is_empty() {
            unknown(format!("it comes from the event ({path}), and no notification shows which"))
        } else {
            found
        }
    }

    /// Whether a value names the function: its ARN, its name, an alias.
    fn is_function(&self, value: &Value) -> bool {
        value.refers_to(self.function.id)
            || kinds::meant(self.project, value).is_some_and(|(alias, _)| {
                &*alias.kind == "aws_lambda_alias" && alias.body.get("function_name").refers_to(self.function.id)
            })
    }

    /// The mappings that feed the function.
    pub fn event_sources(&self) -> impl Iterator<Item = &'p Resource> + use<'p, '_> {
        let mappings = self.project.of_kind("aws_lambda_event_source_mapping");
        mappings.filter(|mapping| {
            let name = mapping.body.get("function_name");
            self.is_function(&name) || self.project.names(&name, self.function, "function_name") == Some(true)
        })
    }

    /// What a value of the configuration means, as a resource of a type.
    fn targets(&self, found: &Found, kind: &str, suffix: &'static str) -> Result<Vec<Target>, String> {
        let value = found.value.as_ref().map_err(Clone::clone)?;
        if let Value::Either(arms) | Value::List(arms) = value {
            let mut all = Vec::new();
            for arm in arms {
                let found = Found { value: Ok(arm.value.clone()), variable: found.variable.clone(), trigger: None };
                all.extend(self.targets(&found, kind, suffix)?);
            }
            return Ok(all);
        }
        let name = name_of(value, kind);
        let meant = kinds::meant(self.project, value).or_else(|| kinds::meant(self.project, &name));
        if let Some((resource, of)) = meant {
            if of.iam != kind {
                return Err(format!("{} is no {kind}", resource.address()));
            }
            return Ok(vec![self.declared(found, resource, of, suffix)]);
        }
        if let Some(resource) = self.called(&name, kind) {
            return Ok(vec![self.declared(found, resource.0, resource.1, suffix)]);
        }
        match &self.project.settle(&name) {
            Value::String(text) if text.starts_with("arn:") => Ok(vec![Target {
                pattern: Pattern::text(text).with(suffix),
                shown: format!("{text}{suffix}"),
                origin: Origin::Text(text.to_string()),
                suffix,
                doubt: Some(format!("`{text}` isn't declared in this configuration")),
            }]),
            Value::String(text) if !text.is_empty() => literal(self.project, kind, text, suffix),
            Value::Symbol(symbol) => self.symbol(found, &symbol.name, kind, suffix),
            Value::Null => Err("it is empty".into()),
            _ => Err("what names it isn't known before a deploy".into()),
        }
    }

    /// An output of a published module that is known to give the ARN beside the name.
    fn symbol(&self, found: &Found, name: &str, kind: &str, suffix: &'static str) -> Result<Vec<Target>, String> {
        // Outputs of terraform-aws-modules: name or id, and ARN.
        const OUTPUTS: [(&str, &str, &str); 8] = [
            ("s3:bucket", "s3_bucket_id", "s3_bucket_arn"),
            ("dynamodb:table", "dynamodb_table_id", "dynamodb_table_arn"),
            ("sqs:queue", "queue_url", "queue_arn"),
            ("sqs:queue", "queue_id", "queue_arn"),
            ("sns:topic", "topic_id", "topic_arn"),
            ("lambda:function", "lambda_function_name", "lambda_function_arn"),
            ("secretsmanager:Secret", "secret_id", "secret_arn"),
            ("states:statemachine", "state_machine_id", "state_machine_arn"),
        ];
        let parts: Vec<&str> = name.split('.').collect();
        let ["module", call, output] = parts.as_slice() else {
            return Err(format!("{name} isn't known before a deploy"));
        };
        let arn = OUTPUTS
            .iter()
            .find(|(of, name, arn)| *of == kind && (name == output || arn == output))
            .map(|(.., arn)| *arn)
            .ok_or_else(|| format!("{name} isn't known before a deploy"))?;
        let text = format!("module.{call}.{arn}");
        let instance = found.variable.as_ref().map_or(self.function.instance, |_| self.function.instance);
        let symbol = crate::model::Symbol { name: text.as_str().into(), instance };
        Ok(vec![Target {
            pattern: Pattern::of(self.project, &Value::Symbol(symbol)).with(suffix),
            shown: format!("{text}{suffix}"),
            origin: Origin::Expression(instance, text.clone()),
            suffix,
            doubt: Some(format!("{text} is what a published module gives")),
        }])
    }

    fn declared(&self, found: &Found, resource: &Resource, kind: &Kind, suffix: &'static str) -> Target {
        let mut target = Target::declared(self.project, resource, kind, suffix);
        if resource.instance == self.function.instance {
            return target;
        }
        target.doubt = Some(format!("{} stands in another module", self.project.plan_address(resource.id)));
        let Some((_, node)) = &found.variable else { return target };
        let passed = self.passed(node, kind, resource);
        if let Origin::Declared { passed: slot, .. } = &mut target.origin {
            *slot = passed;
        }
        target
    }

    /// The expression by which the function gets a resource of another module.
    fn passed(&self, node: &Node, kind: &Kind, resource: &Resource) -> Option<Passed> {
        let text = self.project.file(node.span.file).text[node.span.range()].trim();
        let is_name = |c: char| c.is_alphanumeric() || "._-[]\"".contains(c);
        let starts = ["var.", "local.", "module."].iter().any(|start| text.starts_with(start));
        if !starts || !text.chars().all(is_name) {
            return None;
        }
        let Value::Reference(reference) = &node.value else { return None };
        let attribute = reference.attribute();
        let arn_by_id =
            attribute == "id" && matches!(kind.iam, "sns:topic" | "secretsmanager:Secret" | "states:statemachine");
        let is_arn = attribute == kind.arn || arn_by_id;
        if !is_arn && (attribute != kind.name && attribute != "id" || kind.name.is_empty() || kind.iam == "sqs:queue") {
            return None;
        }
        let whole = written(&Pattern::named(self.project, kind.iam, &Value::string("\u{e000}")));
        let before = whole.split('\u{e000}').next().unwrap_or_default().to_owned();
        (resource.instance != self.function.instance).then(|| Passed {
            instance: self.function.instance,
            text: text.to_owned(),
            is_arn,
            before,
        })
    }

    /// The declared resource of a type with a name, when it is one.
    fn called(&self, name: &Value, kind: &str) -> Option<(&'p Resource, &'static Kind)> {
        let root = self.project.instance(self.function.instance).root;
        let wanted = Pattern::of(self.project, name);
        if wanted.0.is_empty() {
            return None;
        }
        let mut found = kinds::named(kind).flat_map(|kind| {
            let ids = self.project.by_kind.get(kind.terraform).map_or(&[][..], Vec::as_slice);
            ids.iter().map(move |id| (self.project.resource(*id), kind))
        });
        found.find(|(resource, kind)| {
            let own = if kind.name.is_empty() { Value::Null } else { resource.body.get(kind.name) };
            self.project.instance(resource.instance).root == root
                && !own.is_null()
                && Pattern::of(self.project, &own) == wanted
                && !matches!(own, Value::Unknown)
        })
    }
}

/// The names of the environment variables that name resources.
pub fn variables(needs: &[Need]) -> BTreeSet<&str> {
    let calls = needs.iter().filter_map(|need| match &need.why {
        Why::Call { environment, .. } => environment.as_ref(),
        Why::Configuration(_) => None,
    });
    calls.map(|variable| variable.name.as_str()).collect()
}
