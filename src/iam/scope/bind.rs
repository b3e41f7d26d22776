//! Ties the arguments of calls to resources: argument, environment variable, reference, ARN.

use std::collections::BTreeSet;

use super::arguments::{fits, has, is_spared, suffixes, values};
use super::arn::node;
use super::kinds;
use super::need::{Certainty, Need, On, Target, Variable, Why};
use super::{partiql, published, trigger};
use crate::iam::actions::{self, Permission, When};
use crate::iam::usage::{Call, Value as Said};
use crate::model::{Node, Project, Reference, Resource, Value};

/// Ties the calls of one function.
pub struct Binder<'p> {
    pub(super) project: &'p Project,
    pub(super) function: &'p Resource,
}

/// A value of the code as the configuration knows it.
pub(super) struct Found {
    /// What it is.
    pub(super) value: Result<Value, String>,
    /// The variable that gives it, with its expression.
    pub(super) variable: Option<(Variable, Node)>,
    /// What calls the function with it.
    pub(super) trigger: Option<String>,
}

/// What a value is tied to, and by what.
#[derive(Default)]
struct Bound {
    targets: Vec<Target>,
    variable: Option<Variable>,
    trigger: Option<String>,
}

impl<'p> Binder<'p> {
    /// For the calls of a function.
    pub fn new(project: &'p Project, function: &'p Resource) -> Self {
        Self { project, function }
    }

    /// What a call needs; why it isn't known, when it isn't.
    pub fn needs(&self, call: &Call) -> Result<Vec<Need>, String> {
        if let Some(statements) = partiql::statements(call) {
            return Ok(statements.iter().map(|statement| self.stated(call, statement)).collect());
        }
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
        let in_python = self.function.body.get("runtime").known_prefix().starts_with("python");
        for need in needed.into_iter().filter(|need| !is_spared(call, &need.action, in_python)) {
            let certainty = match need.when {
                When::Always => Certainty::Needed,
                When::Given(path) if has(call, path) => Certainty::Needed,
                When::MaybeGiven(path) if has(call, path) => Certainty::Kept,
                When::Given(_) | When::MaybeGiven(_) if call.keys_complete => continue,
                When::Given(_) | When::MaybeGiven(_) | When::Maybe => Certainty::Kept,
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

    /// What a statement in `PartiQL` needs.
    fn stated(&self, call: &Call, statement: &partiql::Statement) -> Need {
        let suffix = if statement.indexed { "/index/*" } else { "" };
        let mut bound = Bound::default();
        let on = match self.bind(&statement.table, "dynamodb:table", &[suffix], &mut bound) {
            Ok(()) => On::Targets(bound.targets),
            Err(reason) => On::Open(reason),
        };
        let operation = format!("{}.{}", call.service, call.operation);
        let (environment, trigger) = (bound.variable, bound.trigger);
        let why = Why::Call { operation, place: call.place.clone(), environment, trigger };
        Need { action: statement.action.to_owned(), on, certainty: Certainty::Needed, why }
    }

    /// What an action of a call is on.
    fn on(&self, call: &Call, need: &actions::Need) -> (On, Option<Variable>, Option<String>) {
        let action = actions::table().action(&need.action);
        if action.as_ref().is_some_and(actions::Action::takes_no_resource) {
            return (On::Everything, None, None);
        }
        if let Some(on) = self.schedule(call, need) {
            return on;
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
        let mut bound = Bound::default();
        let suffixes = suffixes(call, &need.action, kind);
        let result = values.into_iter().try_for_each(|value| self.bind(value, kind, &suffixes, &mut bound));
        let on = match result {
            Ok(()) => On::Targets(bound.targets),
            Err(reason) => On::Open(reason),
        };
        (on, bound.variable, bound.trigger)
    }

    /// Ties a value of the code to resources of a type.
    fn bind(&self, value: &Said, kind: &str, suffixes: &[&'static str], bound: &mut Bound) -> Result<(), String> {
        for found in self.found(value, kind) {
            bound.variable = bound.variable.take().or(found.variable.as_ref().map(|(variable, _)| variable.clone()));
            bound.trigger = bound.trigger.take().or(found.trigger.clone());
            for suffix in suffixes {
                for target in self.targets(&found, kind, suffix)? {
                    if !bound.targets.contains(&target) {
                        bound.targets.push(target);
                    }
                }
            }
        }
        Ok(())
    }

    /// What an action is on when no argument of its call says so.
    fn without_argument(&self, call: &Call, need: &actions::Need) -> On {
        if need.action == "events:PutEvents" && call.keys_complete {
            let mut target = Target::named(self.project, "events:event-bus", "default", "");
            target.doubt = None;
            return On::Targets(vec![target]);
        }
        // An argument that isn't given would have named a resource.
        let names_none = match need.action.as_str() {
            "rekognition:DetectModerationLabels" => !has(call, "ProjectVersion"),
            "sns:Publish" => has(call, "PhoneNumber"),
            "translate:TranslateText" => !has(call, "TerminologyNames"),
            _ => false,
        };
        if names_none && call.keys_complete {
            return On::Everything;
        }
        On::Open(if call.keys_complete {
            format!("no argument of {} names it", call.operation)
        } else {
            format!("the arguments of {} couldn't all be read", call.operation)
        })
    }

    /// The values in the configuration that a value of the code stands for.
    pub(super) fn found(&self, said: &Said, kind: &str) -> Vec<Found> {
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
            // The address of an API has the API in it.
            Said::Parts(parts) if kind == trigger::API => {
                let found: Vec<Found> = parts.iter().flat_map(|part| self.found(part, kind)).collect();
                let (known, unknown): (Vec<_>, Vec<_>) = found.into_iter().partition(|found| match &found.value {
                    Ok(value) => self.api_in(value).is_some(),
                    Err(_) => false,
                });
                if known.is_empty() { unknown } else { known }
            }
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
            Said::Cut { of } => self.found(of, kind).into_iter().map(|found| self.cut(found, kind)).collect(),
            Said::Event { path } => self.trigger(path, kind),
            Said::OneOf(arms) => arms.iter().flat_map(|arm| self.found(arm, kind)).collect(),
            Said::Unknown { reason } => vec![plain(Err(reason.clone()))],
        }
    }

    /// Of what names a resource (its ARN, its URL) a part does so, too: the call would fail with another one.
    fn cut(&self, found: Found, kind: &str) -> Found {
        let names = |value: &Value| kinds::meant(self.project, value).is_some_and(|(_, of)| of.iam == kind);
        match found.value {
            Ok(value) if names(&value) => Found { value: Ok(value), ..found },
            value => Found { value: value.and(Err("it is a part of a string".into())), ..found },
        }
    }

    /// An environment variable of the function; the reason is nothing when it certainly isn't set.
    fn variable(&self, name: &str) -> Result<(Variable, Node), Option<String>> {
        if name == "AWS_LAMBDA_FUNCTION_NAME" {
            let elsewhere = || Some("the function is declared elsewhere".to_owned());
            return self.own_name().ok_or_else(elsewhere);
        }
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

    /// What the runtime says of the function.
    fn own_name(&self) -> Option<(Variable, Node)> {
        let span = self.function.header;
        let file = self.project.files.get(span.file.0 as usize)?;
        let line = file.position(span.start).line;
        let variable = Variable { name: "AWS_LAMBDA_FUNCTION_NAME".into(), file: file.display.to_string(), line };
        let own = Reference {
            resource: self.function.id,
            within: Vec::new(),
            index: None,
            path: vec!["function_name".into()],
        };
        Some((variable, Node { value: Value::Reference(own), span }))
    }

    /// What the event names, by what calls the function.
    fn trigger(&self, path: &str, kind: &str) -> Vec<Found> {
        let unknown = |reason: String| vec![Found { value: Err(reason), variable: None, trigger: None }];
        match trigger::named(self.project, self, path, kind) {
            Ok(sources) => {
                let found = |source: trigger::Source| Found {
                    value: Ok(source.name),
                    variable: None,
                    trigger: Some(source.by),
                };
                sources.into_iter().map(found).collect()
            }
            Err(reason) => unknown(reason),
        }
    }

    /// Whether a value names the function: its ARN, its name, an alias.
    pub(super) fn is_function(&self, value: &Value) -> bool {
        // What a published module gives of the function that it makes.
        let output = format!("module.{}.lambda_", self.function.name);
        let made = published::is_call(self.function)
            && matches!(value, Value::Symbol(symbol) if symbol.name.starts_with(&output));
        made || value.refers_to(self.function.id)
            || kinds::meant(self.project, value).is_some_and(|(alias, _)| {
                &*alias.kind == "aws_lambda_alias" && alias.body.get("function_name").refers_to(self.function.id)
            })
    }

    /// The mappings that feed the function.
    pub fn event_sources(&self) -> impl Iterator<Item = &'p Resource> + use<'p, '_> {
        const MAPPING: &str = "aws_lambda_event_source_mapping";
        self.project.all(MAPPING).filter(|mapping| {
            let name = self.project.value(mapping, MAPPING, "function_name");
            self.is_function(&name) || self.project.names(&name, self.function, "function_name") == Some(true)
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
