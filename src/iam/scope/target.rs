//! What a value of the configuration means, as a resource of a type in IAM.

use super::arguments::{literal, name_of};
use super::arn::Pattern;
use super::bind::{Binder, Found};
use super::kinds::{self, Kind};
use super::need::{On, Origin, Passed, Target, Variable, written};
use super::trigger;
use crate::iam::actions;
use crate::iam::usage::Call;
use crate::model::{Node, Resource, Value};

impl<'p> Binder<'p> {
    /// The API that an address names.
    pub(super) fn api_in(&self, value: &Value) -> Option<Value> {
        let pieces = match value {
            Value::Text(pieces) => pieces.as_slice(),
            one => {
                return kinds::meant(self.project, one).filter(|(_, of)| of.iam == trigger::API).map(|_| one.clone());
            }
        };
        pieces.iter().find_map(|piece| self.api_in(&piece.value))
    }

    /// What a value of the configuration means, as a resource of a type.
    pub(super) fn targets(&self, found: &Found, kind: &str, suffix: &'static str) -> Result<Vec<Target>, String> {
        let value = found.value.as_ref().map_err(Clone::clone)?;
        if let Value::Either(arms) | Value::List(arms) = value {
            let mut all = Vec::new();
            for arm in arms {
                let found = Found { value: Ok(arm.value.clone()), variable: found.variable.clone(), trigger: None };
                all.extend(self.targets(&found, kind, suffix)?);
            }
            return Ok(all);
        }
        let address = (kind == trigger::API).then(|| self.api_in(value)).flatten();
        let value = address.as_ref().unwrap_or(value);
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
        const OUTPUTS: [(&str, &str, &str); 10] = [
            ("s3:bucket", "s3_bucket_id", "s3_bucket_arn"),
            ("dynamodb:table", "dynamodb_table_id", "dynamodb_table_arn"),
            ("sqs:queue", "queue_url", "queue_arn"),
            ("sqs:queue", "queue_id", "queue_arn"),
            ("sqs:queue", "sqs_queue_id", "sqs_queue_arn"),
            ("sns:topic", "sns_topic_id", "sns_topic_arn"),
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
            let ids = self.project.by_kind.get(kind.of).map_or(&[][..], Vec::as_slice);
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

    /// A schedule stands in a group, which a call names or leaves to be the default one; its own name is made at run time.
    pub(super) fn schedule(&self, call: &Call, need: &actions::Need) -> Option<(On, Option<Variable>, Option<String>)> {
        const ON_SCHEDULES: [&str; 4] = ["CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"];
        let action = need.action.strip_prefix("scheduler:")?;
        if !ON_SCHEDULES.contains(&action) || !call.keys_complete {
            return None;
        }
        let (group, variable) = match call.argument("GroupName") {
            None => ("default".to_owned(), None),
            Some(said) => {
                let found = self.found(said, "").pop()?;
                let name = self.project.settle(&found.value.ok()?);
                (name.as_str()?.to_owned(), found.variable.map(|(variable, _)| variable))
            }
        };
        let mut groups = self.project.of_kind("aws_scheduler_schedule_group");
        let declared = groups.any(|it| self.project.settle(&it.body.get("name")).as_str() == Some(&group));
        let text = format!("arn:aws:scheduler:*:*:schedule/{group}/*");
        let doubt =
            (!declared && group != "default").then(|| format!("`{group}` isn't declared in this configuration"));
        let target = Target {
            pattern: Pattern::text(&text),
            shown: text.clone(),
            origin: Origin::Text(text),
            suffix: "",
            doubt,
        };
        Some((On::Targets(vec![target]), variable, None))
    }
}
