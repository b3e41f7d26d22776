//! The `set` and `add` bodies of a page as drafts: `target` is the resource that is judged, `option` a setting, `added` a
//! resource that the same fix adds.

use std::cell::RefCell;

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::structure::{Body, Structure};
use hcl_edit::template::Element;

use super::check::Context;
use super::scope::PageScope;
use crate::fix::Change;
use crate::fixers::{AlarmPlan, KeyPlan, Registry};
use crate::hcl::evaluate;
use crate::model::{Draft, DraftBody, DraftItem, Value};

/// Data sources without arguments, which a fix may declare where the module has none.
const PLAIN_DATA: [&str; 3] = ["aws_caller_identity", "aws_partition", "aws_region"];

/// Turns the bodies of one fix into drafts.
pub(super) struct Writer<'s, 'a> {
    scope: &'s PageScope<'a>,
    /// Type and name of what the fix adds.
    added: Vec<(String, String)>,
    /// Type and name of what the module has once.
    shared: Vec<(String, String)>,
    /// The customer-managed key that the fix encrypts with.
    key: Option<&'s KeyPlan>,
    /// Where alarms go, once one is written.
    alarm: RefCell<Option<AlarmPlan>>,
    /// Type and name of data sources that must be declared.
    data: RefCell<Vec<(String, String)>>,
}

impl<'s, 'a> Writer<'s, 'a> {
    pub(super) fn new(
        scope: &'s PageScope<'a>,
        added: impl Iterator<Item = (String, String)>,
        shared: &[(String, String, Body)],
        key: Option<&'s KeyPlan>,
    ) -> Self {
        let Context { project, resource, .. } = scope.context;
        let free = |kind: &str, name: &str| project.unused_name(resource.instance, kind, name);
        let shared = shared.iter().map(|(kind, name, _)| (kind.clone(), free(kind, name))).collect();
        Self { scope, added: added.collect(), shared, key, alarm: RefCell::default(), data: RefCell::default() }
    }

    /// What the resource of this type is called that the module has once.
    pub(super) fn shared_name(&self, kind: &str) -> &str {
        self.shared.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| name)
    }

    /// Where the alarms go that were written.
    pub(super) fn alarm(&self) -> Option<AlarmPlan> {
        self.alarm.take()
    }

    fn alarm_actions(&self) -> Result<Draft, String> {
        let plan = Registry::alarm(&self.scope.context)?;
        let actions = plan.actions.clone();
        *self.alarm.borrow_mut() = Some(plan);
        Ok(actions)
    }

    /// The data sources that the drafts refer to and the module doesn't have.
    pub(super) fn data_sources(&self) -> Vec<Change> {
        let near = self.scope.context.resource.id;
        let data = self.data.borrow();
        data.iter()
            .map(|(kind, name)| Change::AddData {
                near,
                below: false,
                kind: kind.clone(),
                name: name.clone(),
                provider: None,
            })
            .collect()
    }

    /// The draft of a body. An argument whose condition gives `null` is left out.
    pub(super) fn body(&self, body: &Body) -> Result<DraftBody, String> {
        let mut draft = DraftBody::default();
        for structure in body {
            draft.items.push(match structure {
                Structure::Attribute(attribute) if self.is_left_out(&attribute.value) => continue,
                Structure::Attribute(attribute) => {
                    (attribute.key.as_str().to_owned(), DraftItem::Argument(self.value(&attribute.value)?))
                }
                Structure::Block(block) => (block.ident.as_str().to_owned(), DraftItem::Block(self.body(&block.body)?)),
            });
        }
        Ok(draft)
    }

    fn is_left_out(&self, expr: &Expression) -> bool {
        matches!(expr, Expression::Conditional(_)) && evaluate(expr, self.scope, None).value.is_null()
    }

    fn value(&self, expr: &Expression) -> Result<Draft, String> {
        Ok(match expr {
            Expression::Array(items) => {
                Draft::List(items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?)
            }
            Expression::Object(object) => {
                let mut entries = Vec::new();
                for (key, item) in object {
                    let name = match key {
                        ObjectKey::Ident(ident) => ident.as_str().to_owned(),
                        ObjectKey::Expression(Expression::String(name)) => name.value().clone(),
                        ObjectKey::Expression(_) => return Err("the names in an object of a page are plain".into()),
                    };
                    entries.push((name, self.value(item.expr())?));
                }
                Draft::Object(entries)
            }
            Expression::Traversal(traversal) => self.reference(traversal)?,
            Expression::StringTemplate(template) => {
                let pieces = template.iter().map(|element| match element {
                    Element::Literal(text) => Ok(Draft::string(text.as_str())),
                    Element::Interpolation(inner) => self.value(&inner.expr),
                    Element::Directive(_) => Err("directives can't stand in a page".to_owned()),
                });
                Draft::Text(pieces.collect::<Result<_, _>>()?)
            }
            Expression::FuncCall(call) if call.args.len() == 1 => {
                let argument = call.args.iter().next().ok_or("a function needs an argument")?;
                match call.name.name.as_str() {
                    "jsonencode" => Draft::Json(Box::new(self.value(argument)?)),
                    "expression" => match evaluate(argument, self.scope, None).value {
                        Value::String(text) => Draft::Expression(text.to_string()),
                        _ => return Err("the expression to write isn't known".into()),
                    },
                    _ => known(&evaluate(expr, self.scope, None).value)?,
                }
            }
            other => known(&evaluate(other, self.scope, None).value)?,
        })
    }

    /// `target.id`, `option.days`, `added.aws_sqs_queue.arn`, `companion.name`, `data.aws_region.current.region`;
    /// anything else is an expression of the user's language.
    fn reference(&self, traversal: &Traversal) -> Result<Draft, String> {
        let Expression::Variable(root) = &traversal.expr else { return Err("can't be written".into()) };
        let names: Option<Vec<&str>> = traversal
            .operators
            .iter()
            .map(|operator| match operator.value() {
                TraversalOperator::GetAttr(name) => Some(name.as_str()),
                // Types of CloudFormation are no plain names: `added["AWS::SQS::Queue"].Arn`.
                TraversalOperator::Index(key) => key.as_str(),
                _ => None,
            })
            .collect();
        let names = names.ok_or("only names can follow here")?;
        let attribute = names.join(".");
        match (root.as_str(), names.as_slice()) {
            // Where a reference to itself would make a circle.
            ("target", ["LogicalId"]) => Ok(Draft::string(&*self.scope.context.resource.name)),
            ("target", _) => Ok(Draft::Attribute(self.scope.context.resource.id, attribute)),
            ("self", _) => {
                let context = self.scope.context;
                let written = context.as_written(context.resource, &attribute);
                written.ok_or_else(|| format!("`{attribute}` isn't there"))
            }
            ("shared", [kind, rest @ ..]) => {
                let name = self.shared_name(kind);
                Ok(self.scope.context.project.once(kind, name, &rest.join(".")))
            }
            ("key", ["arn"]) => self.key.map(|key| key.arn.clone()).ok_or_else(|| "the fix names no `key`".into()),
            ("alarm", ["actions"]) => self.alarm_actions(),
            ("option", _) => known(&self.scope.context.option(&attribute)),
            ("added", [kind, rest @ ..]) => {
                let added = self.added.iter().find(|(added, _)| added == kind);
                let (kind, name) = added.ok_or_else(|| format!("the fix adds no {kind}"))?;
                Ok(Draft::AddedAttribute(format!("{kind}.{name}"), rest.join(".")))
            }
            // CloudFormation's pseudo parameters: `aws.AccountId`.
            ("aws", [name]) => Ok(Draft::Expression(format!("AWS::{name}"))),
            ("data", [kind, name, rest @ ..]) if PLAIN_DATA.contains(kind) => {
                Ok(self.data(kind, name, &rest.join(".")))
            }
            (name, _) => match self.scope.companion_id(name) {
                Some(companion) => Ok(Draft::Attribute(companion, attribute)),
                None => Ok(Draft::Expression(format!("{name}.{attribute}"))),
            },
        }
    }

    /// An attribute of a data source: the module's own, or one that the fix declares.
    fn data(&self, kind: &str, name: &str, attribute: &str) -> Draft {
        let context = self.scope.context;
        let instance = context.resource.instance;
        // NOTE: provider 6 renamed the attribute; before, only `name` exists.
        // https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade
        let attribute = match (kind, attribute) {
            ("aws_region", "region") => context.project.region_attribute(instance),
            (_, attribute) => attribute,
        };
        if let Some(data) = context.project.data_of(kind, instance).next() {
            return Draft::Attribute(data.id, attribute.to_owned());
        }
        let needed = (kind.to_owned(), name.to_owned());
        let mut data = self.data.borrow_mut();
        if !data.contains(&needed) {
            data.push(needed);
        }
        Draft::Expression(format!("data.{kind}.{name}.{attribute}"))
    }
}

/// The draft of a known value.
fn known(value: &Value) -> Result<Draft, String> {
    Ok(match value {
        Value::Bool(b) => Draft::Bool(*b),
        Value::Number(n) => Draft::Number(n.to_string()),
        Value::String(text) => Draft::string(&**text),
        Value::List(items) => Draft::List(items.iter().map(|item| known(&item.value)).collect::<Result<_, _>>()?),
        Value::Map(body) => Draft::Object(
            body.entries
                .iter()
                .map(|e| Ok((e.name.to_string(), known(&e.node.value)?)))
                .collect::<Result<_, String>>()?,
        ),
        Value::Reference(reference) => Draft::Attribute(reference.resource, reference.attribute()),
        _ => return Err("the value to write isn't known".into()),
    })
}
