//! Judges one resource by one rule.

use super::constructs;
use super::control::{Control, Rule};
use super::scope::PageScope;
use super::settings::Settings;
use crate::fix::Fix;
use crate::fixers::Registry;
use crate::iam::policies::Policies;
use crate::iam::scope::Derivations;
use crate::model::{Draft, Language, Project, Resource, Value};
use crate::source::Span;

/// What a rule says of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The property holds, or doesn't apply.
    Pass,
    /// It can't be told, for this reason. No finding, no edit.
    Unknown(String),
    /// Right as it is for this reason, although other tools may not see it. No finding, no edit.
    Exempt(String),
    /// The property does not hold.
    Fail(Box<Failure>),
}

/// A failure and what would repair it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What is wrong.
    pub message: String,
    /// The place, when it is more precise than the resource's header.
    pub at: Option<Span>,
    /// The repair, or why there is none.
    pub fix: Result<Fix, String>,
}

impl Verdict {
    /// A failure at the resource itself.
    pub fn fail(message: impl Into<String>, fix: Fix) -> Self {
        Self::Fail(Box::new(Failure { message: message.into(), at: None, fix: Ok(fix) }))
    }

    /// A failure that can only be shown.
    pub fn show(message: impl Into<String>, title: &str, note: impl Into<String>) -> Self {
        Self::fail(message, Fix::manual(title, note))
    }
}

/// One resource under one control.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The project.
    pub project: &'a Project,
    /// The user's options.
    pub settings: &'a Settings,
    /// What functions need.
    pub derivations: &'a Derivations,
    /// The policies of the project.
    pub policies: &'a Policies,
    /// The control.
    pub control: &'a Control,
    /// The rule.
    pub rule: &'a Rule,
    /// The resource that is judged.
    pub resource: &'a Resource,
}

impl Context<'_> {
    /// The value of an option: the user's, or the page's default.
    pub fn option(&self, name: &str) -> Value {
        self.settings.option(self.control, name)
    }

    /// An option that is a number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.option(name).as_number()
    }

    /// What the project's language calls something: in Terraform, in CloudFormation.
    pub fn named<T>(&self, terraform: T, cloudformation: T) -> T {
        match self.project.language {
            Language::Terraform => terraform,
            Language::CloudFormation => cloudformation,
        }
    }

    /// An argument (a dotted path) as it is written, to be written again in the same module; nothing when it is absent.
    pub fn as_written(&self, resource: &Resource, argument: &str) -> Option<Draft> {
        let mut names = argument.split('.');
        let first = &resource.body.entry(names.next()?)?.node;
        let node = names.try_fold(first, |node, name| Some(&node.value.as_map()?.entry(name)?.node))?;
        let file = self.project.file(node.span.file);
        let text = file.text[node.span.range()].trim();
        let is_template = text.contains("${") || text.contains("%{");
        match &node.value {
            Value::String(known) if self.project.language == Language::CloudFormation => Some(Draft::string(&**known)),
            _ if self.project.language == Language::CloudFormation => Some(Draft::Expression(text.to_owned())),
            Value::String(known) if text.starts_with('"') && !is_template => Some(Draft::string(&**known)),
            // In JSON syntax an expression stands in a string.
            _ if text.starts_with('"') && file.syntax() == crate::source::Syntax::Json => {
                Some(Draft::Expression(text.trim_matches('"').strip_prefix("${")?.strip_suffix('}')?.to_owned()))
            }
            _ => Some(Draft::Expression(text.to_owned())),
        }
    }

    /// Judges the resource. What a program makes is repaired in the program.
    pub fn judge(&self) -> Verdict {
        match self.verdict() {
            Verdict::Fail(mut failure) if self.resource.origin.is_some() => {
                let scope = PageScope::new(*self);
                failure.fix = constructs::in_program(&scope, failure.fix);
                Verdict::Fail(failure)
            }
            verdict => verdict,
        }
    }

    fn verdict(&self) -> Verdict {
        let scope = PageScope::new(*self);
        match scope.truth(self.rule.skip.as_ref(), false) {
            Some(true) => return Verdict::Pass,
            None => return Verdict::Unknown("whether the control applies depends on values that aren't known".into()),
            Some(false) => {}
        }
        match self.property(&scope) {
            Verdict::Pass => Verdict::Pass,
            Verdict::Unknown(reason) => match scope.exemption() {
                Some(Verdict::Exempt(reason)) => Verdict::Exempt(reason),
                _ => Verdict::Unknown(reason),
            },
            verdict => scope.exemption().unwrap_or(verdict),
        }
    }

    fn property(&self, scope: &PageScope<'_>) -> Verdict {
        if let Some(fixer) = &self.rule.fixer {
            return Registry::run(fixer, self);
        }
        match scope.truth(self.rule.pass.as_ref(), true) {
            Some(true) => scope.tied_by_name().map_or(Verdict::Pass, Verdict::Exempt),
            None => Verdict::Unknown(scope.why_unknown()),
            Some(false) => {
                let message = self.rule.message.as_ref().map_or_else(
                    || format!("not the case: {}", self.control.title.to_lowercase()),
                    |message| scope.text(message),
                );
                Verdict::Fail(Box::new(Failure { message, at: None, fix: scope.fix() }))
            }
        }
    }

    /// The rows of the table of prices that the page names for its fix.
    pub fn costs(&self) -> Vec<String> {
        let scope = PageScope::new(*self);
        let chosen = scope.chosen().map_or(&[][..], |spec| &spec.cost);
        self.rule.cost.iter().chain(chosen).cloned().chain(constructs::costs(&scope)).collect()
    }

    /// The fix of the page whose `when` holds, for fixers that leave that part to the page.
    pub fn page_fix(&self) -> Result<Fix, String> {
        PageScope::new(*self).fix()
    }
}
