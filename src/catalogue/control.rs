//! A control as it is declared in the block of its page.

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};
use serde::Serialize;

use super::constructs::ConstructSpec;
use super::page::{self, Example, PageError};
use super::profile::ProfileSpec;
use crate::fix::{Effect, Grade, names};
use crate::hcl::literal;
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
    /// What a configuration may set.
    pub options: Vec<OptionSpec>,
    /// What profiles mean here.
    pub profiles: Vec<ProfileSpec>,
    /// One rule a resource type and backend.
    pub rules: Vec<Rule>,
    /// What is set in the calls of CDK programs.
    pub constructs: Vec<ConstructSpec>,
    /// The page's path.
    pub page: String,
    /// The whole page.
    pub text: String,
    /// The text of the control block, that spans point into.
    pub source: String,
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
    /// Code that decides instead.
    pub fixer: Option<String>,
    /// What the fixes of a fixer cost: rows of the table of prices.
    pub cost: Vec<String>,
    /// What is wrong, for the reader.
    pub message: Option<Expression>,
    /// The first one whose `when` holds is the fix.
    pub fixes: Vec<FixSpec>,
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

impl Control {
    /// Parses a page.
    pub fn parse(page: &str, text: &str) -> Result<Self, PageError> {
        let parts = page::split(page, text)?;
        let body = crate::hcl::parse_body(&parts.control).map_err(|error| {
            let line = parts.control[..error.offset.min(parts.control.len())].matches('\n').count();
            PageError::new(page, parts.control_line + line, error.message)
        })?;
        let reader = Reader { page, source: &parts.control, first_line: parts.control_line };
        reader.known(
            &body,
            &["id", "family", "severity", "aliases", "quiet", "early"],
            &["option", "profile", "terraform", "module", "cloudformation", "cdk"],
        )?;
        let flag = |name| body.get_attribute(name).and_then(|a| a.value.as_bool()).unwrap_or_default();
        let mut control = Self {
            id: reader.required(&body, "id")?,
            title: parts.title,
            family: reader.required(&body, "family")?,
            severity: reader.parsed(&body, "severity")?,
            aliases: reader.texts(&body, "aliases")?,
            quiet: flag("quiet"),
            early: flag("early"),
            options: Vec::new(),
            profiles: Vec::new(),
            rules: Vec::new(),
            constructs: Vec::new(),
            page: page.to_owned(),
            text: text.to_owned(),
            examples: parts.examples,
            headings: parts.headings,
            source: parts.control.clone(),
        };
        for block in body.get_blocks("option") {
            control.options.push(reader.option(block)?);
        }
        for block in body.get_blocks("profile") {
            let profile = reader.profile(block, &control)?;
            control.profiles.push(profile);
        }
        for block in body.get_blocks("terraform").chain(body.get_blocks("cloudformation")) {
            control.rules.push(reader.rule(block)?);
        }
        for block in body.get_blocks("module") {
            let rule = reader.rule(block)?;
            control.rules.push(Rule { kind: format!("module:{}", rule.kind), ..rule });
        }
        for block in body.get_blocks("cdk") {
            control.constructs.push(reader.construct(block)?);
        }
        super::names::check(&control, parts.control_line)?;
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

/// Reads declarations, with places for what is wrong.
pub(super) struct Reader<'a> {
    page: &'a str,
    source: &'a str,
    first_line: usize,
}

impl Reader<'_> {
    pub(super) fn error(&self, range: Option<std::ops::Range<usize>>, message: impl Into<String>) -> PageError {
        let line = range.map_or(0, |range| self.source[..range.start].matches('\n').count());
        PageError::new(self.page, self.first_line + line, message)
    }

    /// Refuses what the grammar doesn't know.
    pub(super) fn known(&self, body: &Body, attributes: &[&str], blocks: &[&str]) -> Result<(), PageError> {
        for attribute in body.attributes() {
            if !attributes.contains(&attribute.key.as_str()) {
                let message =
                    format!("unknown argument `{}`; known here: {}", attribute.key.as_str(), attributes.join(", "));
                return Err(self.error(attribute.span(), message));
            }
        }
        for block in body.blocks() {
            if !blocks.contains(&block.ident.as_str()) {
                let message = format!("unknown block `{}`; known here: {}", block.ident.as_str(), blocks.join(", "));
                return Err(self.error(block.span(), message));
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, body: &Body, name: &str) -> Result<Option<String>, PageError> {
        let Some(attribute) = body.get_attribute(name) else { return Ok(None) };
        match attribute.value.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(self.error(attribute.span(), format!("`{name}` is a plain string"))),
        }
    }

    fn required(&self, body: &Body, name: &str) -> Result<String, PageError> {
        self.text(body, name)?.ok_or_else(|| self.error(None, format!("`{name}` is missing")))
    }

    pub(super) fn parsed<T: std::str::FromStr<Err = String>>(&self, body: &Body, name: &str) -> Result<T, PageError> {
        self.required(body, name)?
            .parse()
            .map_err(|message: String| self.error(body.get_attribute(name).and_then(hcl_edit::Span::span), message))
    }

    pub(super) fn texts(&self, body: &Body, name: &str) -> Result<Vec<String>, PageError> {
        let Some(attribute) = body.get_attribute(name) else { return Ok(Vec::new()) };
        let wrong = || self.error(attribute.span(), format!("`{name}` is a list of plain strings"));
        let array = attribute.value.as_array().ok_or_else(wrong)?;
        array.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    pub(super) fn label(&self, block: &Block, i: usize, what: &str) -> Result<String, PageError> {
        block
            .labels
            .get(i)
            .map(|label| label.as_str().to_owned())
            .ok_or_else(|| self.error(block.span(), format!("`{}` needs {what} as a label", block.ident.as_str())))
    }

    fn option(&self, block: &Block) -> Result<OptionSpec, PageError> {
        self.known(&block.body, &["default", "values", "description"], &[])?;
        let default = block.body.get_attribute("default").map_or(Value::Null, |a| literal(&a.value));
        let values = match block.body.get_attribute("values").map(|a| literal(&a.value)) {
            Some(Value::List(items)) => items.into_iter().map(|node| node.value).collect(),
            _ => Vec::new(),
        };
        let description = self.required(&block.body, "description")?;
        Ok(OptionSpec { name: self.label(block, 0, "a name")?, description, default, values })
    }

    fn rule(&self, block: &Block) -> Result<Rule, PageError> {
        self.known(&block.body, &["skip", "pass", "fixer", "cost", "message"], &["companion", "fix"])?;
        let expression = |name: &str| block.body.get_attribute(name).map(|a| a.value.clone());
        let mut rule = Rule {
            kind: self.label(block, 0, "a resource type")?,
            companions: Vec::new(),
            skip: expression("skip"),
            pass: expression("pass"),
            fixer: self.text(&block.body, "fixer")?,
            cost: self.costs(&block.body)?,
            message: expression("message"),
            fixes: Vec::new(),
        };
        if rule.pass.is_some() == rule.fixer.is_some() {
            return Err(self.error(block.span(), "a rule has either `pass` or `fixer`"));
        }
        for companion in block.body.get_blocks("companion") {
            self.known(&companion.body, &["type", "by", "name", "only"], &[])?;
            rule.companions.push(CompanionSpec {
                name: self.label(companion, 0, "a name")?,
                kind: self.required(&companion.body, "type")?,
                by: self.required(&companion.body, "by")?,
                target_name: self.text(&companion.body, "name")?.unwrap_or_else(|| "name".into()),
                only: companion.body.get_attribute("only").map(|a| a.value.clone()),
            });
        }
        for fix in block.body.get_blocks("fix") {
            rule.fixes.push(self.fix(fix, &rule.kind)?);
        }
        Ok(rule)
    }

    /// Names of prices.
    pub(super) fn costs(&self, body: &Body) -> Result<Vec<String>, PageError> {
        let names = self.texts(body, "cost")?;
        match names.iter().find(|name| !crate::cost::prices().contains_key(*name)) {
            Some(name) => Err(self.error(
                body.get_attribute("cost").and_then(hcl_edit::Span::span),
                format!("there is no price `{name}`"),
            )),
            None => Ok(names),
        }
    }

    fn fix(&self, block: &Block, kind: &str) -> Result<FixSpec, PageError> {
        self.known(
            &block.body,
            &["when", "effect", "title", "note", "notes", "key", "cost", "remove", "together"],
            &["set", "set_companion", "append", "add", "shared"],
        )?;
        let grade = self.label(block, 0, "a grade")?.parse().map_err(|m: String| self.error(block.span(), m))?;
        let effect = match self.text(&block.body, "effect")? {
            Some(effect) => effect.parse().map_err(|m: String| self.error(block.span(), m))?,
            None if grade == Grade::Manual => Effect::None,
            None => return Err(self.error(block.span(), "`effect` is missing: say what deploying the fix does")),
        };
        let mut notes: Vec<Expression> =
            block.body.get_attribute("note").map(|a| a.value.clone()).into_iter().collect();
        if let Some(more) = block.body.get_attribute("notes").and_then(|a| a.value.as_array()) {
            notes.extend(more.iter().cloned());
        }
        let mut spec = FixSpec {
            grade,
            when: block.body.get_attribute("when").map(|a| a.value.clone()),
            effect,
            title: self.text(&block.body, "title")?,
            notes,
            key: self.text(&block.body, "key")?,
            cost: self.costs(&block.body)?,
            together: block.body.get_attribute("together").and_then(|a| a.value.as_bool()).unwrap_or_default(),
            set: block.body.get_blocks("set").next().map(|set| set.body.clone()),
            set_companion: Vec::new(),
            append: Vec::new(),
            remove: self.texts(&block.body, "remove")?,
            add: Vec::new(),
            shared: Vec::new(),
        };
        for set in block.body.get_blocks("set_companion") {
            spec.set_companion.push((self.label(set, 0, "a companion's name")?, set.body.clone()));
        }
        for append in block.body.get_blocks("append").flat_map(|append| append.body.blocks()) {
            spec.append.push(element(append, kind.contains("::")));
        }
        for add in block.body.get_blocks("add") {
            let suffix = add.labels.get(1).map_or(String::new(), |label| label.as_str().to_owned());
            spec.add.push((self.label(add, 0, "a resource type")?, suffix, add.body.clone()));
        }
        for shared in block.body.get_blocks("shared") {
            let (kind, name) = (self.label(shared, 0, "a resource type")?, self.label(shared, 1, "a name")?);
            spec.shared.push((kind, name, shared.body.clone()));
        }
        Ok(spec)
    }
}

/// The list that an element is added to, and the element. In templates lists stand in objects, too:
/// `LifecycleConfiguration { Rules { ... } }` is an element of the inner list.
fn element(block: &Block, nested: bool) -> (String, Body) {
    let (mut name, mut body) = (block.ident.as_str().to_owned(), &block.body);
    while let ([only], 0, true) = (&*body.blocks().collect::<Vec<_>>(), body.attributes().count(), nested) {
        name = format!("{name}.{}", only.ident.as_str());
        body = &only.body;
    }
    (name, body.clone())
}
