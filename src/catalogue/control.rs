//! A control as it is declared in the block of its page.

use std::sync::Arc;

use hcl_edit::expr::Expression;
use hcl_edit::structure::Body;
use serde::Serialize;

use super::constructs::ConstructSpec;
use super::later::{self, Later};
use super::page::{self, Example, PageError};
use super::profile::ProfileSpec;
use super::reader::{Reader, Source, kind};
use crate::fix::{Effect, Grade, names};
use crate::fixers::Registry;
use crate::model::Value;

/// How bad a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good practice.
    Low,
    /// A weakness.
    Medium,
    /// Open to attack under common conditions.
    High,
    /// Open to attack.
    Critical,
}

names!(Severity { Low = "low", Medium = "medium", High = "high", Critical = "critical" });

/// A security property and how to bring it about.
#[derive(Debug)]
pub struct Control {
    /// Unique, kebab-case.
    pub id: String,
    /// The page's title: the property as a sentence.
    pub title: String,
    /// `encryption`, `access`, `monitoring`, ...
    pub family: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// What other tools call it.
    pub aliases: Vec<String>,
    /// Judged only when asked for: a property that few want, or that other tools ask of everything.
    pub quiet: bool,
    /// Whether its fixes go before those of other controls, which build on what it makes.
    pub early: bool,
    /// Whether its fixes wait until all others are made: they are made from what these leave.
    pub late: bool,
    /// What a configuration may set.
    pub options: Vec<OptionSpec>,
    /// What profiles mean here.
    pub profiles: Vec<ProfileSpec>,
    /// One rule a resource type and backend.
    pub rules: Vec<Declared>,
    /// What is set in the calls of CDK programs.
    pub constructs: Later<Vec<ConstructSpec>>,
    /// The page's path.
    pub page: String,
    /// The whole page.
    pub text: String,
    /// The text of the control block, that spans point into.
    pub source: Arc<str>,
    /// The examples.
    pub examples: Vec<Example>,
    /// The second-level headings of the page.
    pub headings: Vec<String>,
}

/// An option with its default.
#[derive(Debug)]
pub struct OptionSpec {
    /// The name.
    pub name: String,
    /// What it sets, with the unit.
    pub description: String,
    /// The value when the configuration says nothing.
    pub default: Value,
    /// The values that are allowed; any when empty.
    pub values: Vec<Value>,
}

/// A rule as it is declared: read when a resource of its type turns up.
#[derive(Debug)]
pub struct Declared {
    /// The type.
    pub kind: String,
    rule: Later<Rule>,
}

impl std::ops::Deref for Declared {
    type Target = Rule;

    fn deref(&self) -> &Rule {
        &self.rule
    }
}

impl From<Rule> for Declared {
    fn from(rule: Rule) -> Self {
        Self { kind: rule.kind.clone(), rule: rule.into() }
    }
}

/// What is asked of one resource type.
#[derive(Debug)]
pub struct Rule {
    /// The type: Terraform's, CloudFormation's, or a published module's behind `module:`.
    pub kind: String,
    /// Companions that the predicates speak of.
    pub companions: Vec<CompanionSpec>,
    /// Does not apply where this holds.
    pub skip: Option<Expression>,
    /// Passes where this holds.
    pub pass: Option<Expression>,
    /// What stays as it is although the property doesn't hold.
    pub exempt: Vec<Exemption>,
    /// Code that decides instead.
    pub fixer: Option<String>,
    /// What the fixes of a fixer cost: rows of the table of prices.
    pub cost: Vec<String>,
    /// What is wrong, for the reader.
    pub message: Option<Expression>,
    /// The first one whose `when` holds is the fix.
    pub fixes: Vec<FixSpec>,
}

/// What the property isn't asked of, for a reason that a reader of other tools' reports wants to know.
#[derive(Debug)]
pub struct Exemption {
    /// Where it holds.
    pub when: Expression,
    /// Why the resource stays as it is.
    pub reason: Expression,
}

/// A companion, under the name by which predicates speak of it.
#[derive(Debug)]
pub struct CompanionSpec {
    /// The name.
    pub name: String,
    /// The companion's type.
    pub kind: String,
    /// Its argument that names the target.
    pub by: String,
    /// The target's argument with its own name.
    pub target_name: String,
    /// Only companions for which this holds (`self` is the companion).
    pub only: Option<Expression>,
}

/// One way to repair.
#[derive(Debug)]
pub struct FixSpec {
    /// The highest grade.
    pub grade: Grade,
    /// Applies where this holds.
    pub when: Option<Expression>,
    /// What deploying does.
    pub effect: Effect,
    /// Imperative.
    pub title: Option<String>,
    /// What the reader should know.
    pub notes: Vec<Expression>,
    /// What it costs: rows of the table of prices.
    pub cost: Vec<String>,
    /// What a customer-managed key is used for: `key.arn` and `key.id` are there then.
    pub key: Option<String>,
    /// Whether one resource with `for_each` is added where many of a module fail.
    pub together: bool,
    /// Arguments and blocks to set on the resource.
    pub set: Option<Body>,
    /// Arguments and blocks to set on a companion, by its name.
    pub set_companion: Vec<(String, Body)>,
    /// Blocks to add beside those of their name.
    pub append: Vec<(String, Body)>,
    /// Arguments and blocks to take away.
    pub remove: Vec<String>,
    /// Resources to add: type, name suffix, content.
    pub add: Vec<(String, String, Body)>,
    /// Resources that the module has once: type, name, content.
    pub shared: Vec<(String, String, Body)>,
}

/// The blocks that are rules.
const RULES: [&str; 3] = ["terraform", "cloudformation", "module"];

impl Control {
    /// Parses a page.
    pub fn parse(page: &str, text: &str) -> Result<Self, PageError> {
        let parts = page::split(page, text)?;
        let source = Source::new(page, &parts);
        let body = source.body(&source.text)?;
        let reader = source.reader();
        let mut rules = Vec::new();
        for block in body.blocks().filter(|block| RULES.contains(&block.ident.as_str())) {
            rules.push(reader.rule(block)?.into());
        }
        let mut constructs = Vec::new();
        for block in body.get_blocks("cdk") {
            constructs.push(reader.construct(block)?);
        }
        let control = Self::declared(&source, parts, &body, rules, constructs.into())?;
        super::names::check(&control, source.first_line)?;
        Registry::check(&control)?;
        Ok(control)
    }

    /// Takes a page of which the tests have shown that it parses: its rules are read when they are asked for.
    pub(super) fn built_in(page: &'static str, text: &'static str) -> Result<Self, PageError> {
        let parts = page::split(page, text)?;
        let source = Arc::new(Source::new(page, &parts));
        let mut keywords = RULES.to_vec();
        keywords.push("cdk");
        let cuts = later::cut(&source.text, &keywords);
        let ranges: Vec<_> = cuts.iter().map(|cut| cut.range.clone()).collect();
        let head = source.body(&later::only(&source.text, &later::between(&ranges, source.text.len())))?;
        let (calls, rules): (Vec<_>, Vec<_>) = cuts.iter().partition(|cut| cut.keyword == "cdk");
        let rules = rules.into_iter().map(|cut| {
            let (shared, range) = (Arc::clone(&source), cut.range.clone());
            let rule = Later::new(move || shared.read(&[range], Reader::rule).remove(0));
            Declared { kind: kind(cut.keyword, cut.label), rule }
        });
        let (shared, ranges) = (Arc::clone(&source), calls.iter().map(|cut| cut.range.clone()).collect::<Vec<_>>());
        let constructs = Later::new(move || shared.read(&ranges, Reader::construct));
        Self::declared(&source, parts, &head, rules.collect(), constructs)
    }

    fn declared(
        source: &Source,
        parts: page::Parts,
        body: &Body,
        rules: Vec<Declared>,
        constructs: Later<Vec<ConstructSpec>>,
    ) -> Result<Self, PageError> {
        let reader = source.reader();
        reader.known(
            body,
            &["id", "family", "severity", "aliases", "quiet", "early", "late"],
            &["option", "profile", "terraform", "module", "cloudformation", "cdk"],
        )?;
        let flag = |name| body.get_attribute(name).and_then(|a| a.value.as_bool()).unwrap_or_default();
        let mut control = Self {
            id: reader.required(body, "id")?,
            title: parts.title,
            family: reader.required(body, "family")?,
            severity: reader.parsed(body, "severity")?,
            aliases: reader.texts(body, "aliases")?,
            quiet: flag("quiet"),
            early: flag("early"),
            late: flag("late"),
            options: Vec::new(),
            profiles: Vec::new(),
            rules,
            constructs,
            page: source.page.clone(),
            text: parts.text,
            examples: parts.examples,
            headings: parts.headings,
            source: Arc::clone(&source.text),
        };
        for block in body.get_blocks("option") {
            control.options.push(reader.option(block)?);
        }
        for block in body.get_blocks("profile") {
            let profile = reader.profile(block, &control)?;
            control.profiles.push(profile);
        }
        Ok(control)
    }

    /// Whether another tool calls it so. A tool's own prefix, case, and Trivy's and tfsec's names for a number don't
    /// matter (`AVD-AWS-0096`, `aws-0096`, `aws-sqs-enable-queue-encryption`), nor where Semgrep keeps a rule
    /// (`terraform.aws.security.wildcard-assume-role.wildcard-assume-role`).
    pub fn has_alias(&self, id: &str) -> bool {
        let bare = |id: &str| {
            let id = id.to_ascii_lowercase();
            let id = id.rsplit('.').next().unwrap_or_default();
            let id = id.trim_start_matches("avd-").trim_start_matches("kics:");
            super::trivy::number(id).unwrap_or(id).to_owned()
        };
        let id = bare(id);
        self.aliases.iter().any(|alias| bare(alias) == id)
    }

    /// An option's declaration.
    pub fn option(&self, name: &str) -> Option<&OptionSpec> {
        self.options.iter().find(|option| option.name == name)
    }
}
