//! What a page sets in the call of a CDK program that makes the resource.
//!
//! ```hcl
//! cdk "aws-cdk-lib.aws_sqs.Queue" { set = { encryption = "QueueEncryption.SQS_MANAGED" } }
//! ```
//!
//! Classes that are the template's own types (`CfnQueue`) need no block: their properties have the template's names.
//!
//! A block follows the template's fix: its effect, its notes, and `manual` where that is. One with an `effect` of its own
//! stands for itself.

mod bare;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::{Block, Body};

use super::page::PageError;
use super::reader::Reader;
use super::scope::PageScope;
use crate::fix::{Change, Effect, Fix, Grade};
use crate::model::{CallContent, Origin, Override, ProgramDraft, Value, Version, Within};
use crate::program::parse_expression;

/// What is set in the calls of some classes.
#[derive(Debug)]
pub struct ConstructSpec {
    /// The classes: `aws-cdk-lib.aws_sqs.Queue`.
    pub classes: Vec<String>,
    /// The type of the template's resource; all that the page judges when it is missing.
    pub kind: Option<String>,
    /// The first version of aws-cdk-lib that has the properties.
    pub since: Option<Version>,
    /// The first version in which another block is better.
    pub before: Option<Version>,
    /// Applies where this holds; `self` is the template's resource.
    pub when: Option<Expression>,
    /// What deploying does, where the block stands for itself.
    pub effect: Option<Effect>,
    /// What it costs: rows of the table of prices.
    pub cost: Vec<String>,
    /// What the reader should know.
    pub notes: Vec<Expression>,
    /// Properties, and what gives the text of their expressions.
    pub set: Vec<(String, Expression)>,
    /// Properties beside which they can't stand.
    pub without: Vec<String>,
    /// A property of the template that no property leads to.
    pub escape: Option<EscapeSpec>,
    /// The call that the properties belong to, when it is not the construct's own.
    pub within: Option<Within>,
    /// Names for other constructs of the program.
    pub names: Vec<(String, Expression)>,
    /// What gives the text of statements below the construct's own.
    pub below: Vec<Expression>,
}

/// A property of the template that is set past the construct.
#[derive(Debug)]
pub struct EscapeSpec {
    /// Members that lead to the construct whose resource it is.
    pub through: Vec<String>,
    /// The resource's own class.
    pub class: String,
    /// The property.
    pub property: String,
    /// What gives the text of its value.
    pub value: Expression,
}

impl Reader<'_> {
    pub(super) fn construct(&self, block: &Block) -> Result<ConstructSpec, PageError> {
        let known = [
            "for", "since", "before", "when", "effect", "cost", "note", "set", "without", "override", "within",
            "names", "below",
        ];
        self.known(&block.body, &known, &[])?;
        self.label(block, 0, "a class (`aws-cdk-lib.aws_sqs.Queue`)")?;
        let classes: Vec<String> = block.labels.iter().map(|label| label.as_str().to_owned()).collect();
        if let Some(wrong) = classes.iter().find(|class| !class.contains('.')) {
            let message = format!("`{wrong}` is no class with its module: `aws-cdk-lib.aws_sqs.Queue`");
            return Err(self.error(block.span(), message));
        }
        let version = |name: &str| match self.text(&block.body, name)? {
            None => Ok(None),
            Some(text) => match Version::parse(&text) {
                Some(version) => Ok(Some(version)),
                None => Err(self.error(block.span(), format!("`{name}` is a version: \"2.110\""))),
            },
        };
        let effect = match self.text(&block.body, "effect")? {
            Some(_) => Some(self.parsed(&block.body, "effect")?),
            None => None,
        };
        let escape = self.escape(&block.body)?;
        let below: Vec<Expression> = match block.body.get_attribute("below").map(|a| &a.value) {
            Some(Expression::Array(all)) => all.iter().cloned().collect(),
            one => one.into_iter().cloned().collect(),
        };
        if block.body.get_attribute("set").is_none() && escape.is_none() && below.is_empty() {
            return Err(self.error(block.span(), "`set` is missing"));
        }
        let properties = self.expressions(block, "set")?;
        for expression in properties.iter().map(|(_, value)| value).chain(&below) {
            if let Some(text) = expression.as_str() {
                parse_expression(text).map_err(|message| self.error(expression.span(), message))?;
            }
        }
        let expression = |name: &str| block.body.get_attribute(name).map(|a| a.value.clone());
        Ok(ConstructSpec {
            classes,
            kind: self.text(&block.body, "for")?,
            since: version("since")?,
            before: version("before")?,
            when: expression("when"),
            effect,
            cost: self.costs(&block.body)?,
            notes: expression("note").into_iter().collect(),
            set: properties,
            without: self.texts(&block.body, "without")?,
            escape,
            within: self.within(block)?,
            names: self.expressions(block, "names")?,
            below,
        })
    }

    /// The values of an object by names.
    fn expressions(&self, block: &Block, name: &str) -> Result<Vec<(String, Expression)>, PageError> {
        let Some(attribute) = block.body.get_attribute(name) else { return Ok(Vec::new()) };
        let wrong = || self.error(attribute.span(), format!("`{name}` is an object: name = \"expression\""));
        let entry = |(key, value): (&ObjectKey, &hcl_edit::expr::ObjectValue)| match key {
            ObjectKey::Ident(name) => Ok((name.as_str().to_owned(), value.expr().clone())),
            ObjectKey::Expression(_) => Err(wrong()),
        };
        attribute.value.as_object().ok_or_else(wrong)?.iter().map(entry).collect()
    }

    /// `within = { LambdaFunction = 2, EcsTask = 1 }`: the argument that holds the properties, from 1.
    fn within(&self, block: &Block) -> Result<Option<Within>, PageError> {
        let entries = self.expressions(block, "within")?;
        let mut calls = Vec::new();
        for (name, value) in entries {
            let number = value.as_number().and_then(hcl_edit::Number::as_u64).filter(|number| *number > 0);
            let wrong = || self.error(value.span(), "`within` counts the arguments of calls, from 1: { SqsQueue = 2 }");
            calls.push((name, number.ok_or_else(wrong)? as usize - 1));
        }
        Ok((!calls.is_empty()).then_some(Within { calls }))
    }

    /// `override = { through = "defaultStage", class = "CfnStage", property = "DefaultRouteSettings", value = "{ ... }" }`
    fn escape(&self, body: &Body) -> Result<Option<EscapeSpec>, PageError> {
        let Some(attribute) = body.get_attribute("override") else { return Ok(None) };
        let wrong = || self.error(attribute.span(), "`override` is an object with through, class, property and value");
        let object = attribute.value.as_object().ok_or_else(wrong)?;
        let find = |wanted: &str| {
            let is_it = |key: &ObjectKey| matches!(key, ObjectKey::Ident(name) if name.as_str() == wanted);
            object.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value.expr()).ok_or_else(wrong)
        };
        let text = |name: &str| find(name)?.as_str().map(str::to_owned).ok_or_else(wrong);
        let through = text("through")?.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let (class, property, value) = (text("class")?, text("property")?, find("value")?.clone());
        Ok(Some(EscapeSpec { through, class, property, value }))
    }
}

/// The rows of the table of prices that the blocks name which are meant for the resource.
pub(super) fn costs(scope: &PageScope<'_>) -> Vec<String> {
    let class = scope.context.resource.origin.as_ref().and_then(|origin| origin.class.clone());
    let meant = |spec: &&ConstructSpec| class.as_ref().is_some_and(|class| spec.classes.iter().any(|c| **c == **class));
    scope.context.control.constructs.iter().filter(meant).flat_map(|spec| spec.cost.clone()).collect()
}

/// The members of `RetentionDays` by days.
const RETENTIONS: [(u32, &str); 22] = [
    (1, "ONE_DAY"),
    (3, "THREE_DAYS"),
    (5, "FIVE_DAYS"),
    (7, "ONE_WEEK"),
    (14, "TWO_WEEKS"),
    (30, "ONE_MONTH"),
    (60, "TWO_MONTHS"),
    (90, "THREE_MONTHS"),
    (120, "FOUR_MONTHS"),
    (150, "FIVE_MONTHS"),
    (180, "SIX_MONTHS"),
    (365, "ONE_YEAR"),
    (400, "THIRTEEN_MONTHS"),
    (545, "EIGHTEEN_MONTHS"),
    (731, "TWO_YEARS"),
    (1096, "THREE_YEARS"),
    (1827, "FIVE_YEARS"),
    (2192, "SIX_YEARS"),
    (2557, "SEVEN_YEARS"),
    (2922, "EIGHT_YEARS"),
    (3288, "NINE_YEARS"),
    (3653, "TEN_YEARS"),
];

/// What the library calls a retention.
pub(super) fn retention(days: f64) -> Option<&'static str> {
    RETENTIONS.iter().find(|(known, _)| known.to_string() == days.to_string()).map(|(_, name)| *name)
}

/// The fix of what a program makes, in the program. `fix` is the template's.
pub(super) fn in_program(scope: &PageScope<'_>, fix: Result<Fix, String>) -> Result<Fix, String> {
    let (resource, control) = (scope.context.resource, scope.context.control);
    let Some(origin) = resource.origin.as_ref().filter(|origin| origin.foreign.is_none()) else { return fix };
    let Some(class) = &origin.class else { return fix };
    // Statements of policies are found in the program by what they say.
    let speaks_of_statements =
        |change: &Change| matches!(change, Change::EditStatement { .. } | Change::RewriteStatements { .. });
    if fix.as_ref().is_ok_and(|fix| fix.changes.iter().any(speaks_of_statements)) {
        return fix;
    }
    let mut specs = control.constructs.iter().filter(|spec| {
        spec.classes.iter().any(|known| **known == **class)
            && spec.kind.as_ref().is_none_or(|kind| **kind == *resource.kind)
    });
    let is_manual = |fix: &Result<Fix, String>| fix.as_ref().is_ok_and(|fix| fix.changes.is_empty());
    let Some(first) = specs.clone().next() else {
        return match fix {
            Ok(fix) if !fix.changes.is_empty() && bare::is_bare(class, &resource.kind) => {
                located(origin)?;
                bare::in_call(scope, &fix).map_err(|reason| format!("the template is synthesised, and {reason}"))
            }
            fix if is_manual(&fix) => fix,
            _ => Err(no_property(class)),
        };
    };
    let library = origin.library.unwrap_or(Version::UNBOUNDED);
    let fits = |spec: &&super::ConstructSpec| {
        spec.since.is_none_or(|since| since <= library)
            && spec.before.is_none_or(|before| library < before)
            && scope.truth(spec.when.as_ref(), true) == Some(true)
    };
    let Some(spec) = specs.find(fits) else {
        return match first.since {
            Some(since) if since > library => {
                Err(format!("aws-cdk-lib {library} doesn't have the property: {since} and later do"))
            }
            _ if is_manual(&fix) => fix,
            _ => Err(no_property(class)),
        };
    };
    let template = fix.as_ref().ok().filter(|fix| !fix.changes.is_empty());
    if template.is_none() && spec.effect.is_none() {
        return fix;
    }
    located(origin)?;
    build(scope, spec, template)
}

fn located(origin: &Origin) -> Result<(), String> {
    origin.call.as_ref().map(|_| ()).map_err(|reason| format!("where it is made isn't known: {reason}"))
}

fn no_property(class: &str) -> String {
    let class = class.rsplit('.').next().unwrap_or(class);
    format!("the template is synthesised, and no property of {class} is known that sets it")
}

/// Nobody knows what the program makes of an edit, unless it is synthesised again.
fn highest(scope: &PageScope<'_>) -> Grade {
    if scope.context.settings.proof.is_some() { Grade::Safe } else { Grade::Review }
}

/// The fix that sets what the page says.
fn build(scope: &PageScope<'_>, spec: &ConstructSpec, template: Option<&Fix>) -> Result<Fix, String> {
    let resource = scope.context.resource.id;
    let highest = highest(scope);
    let mut properties = Vec::new();
    for (name, value) in &spec.set {
        properties.push((name.clone(), property(scope, spec, value)?));
    }
    let below: Vec<ProgramDraft> =
        spec.below.iter().map(|value| property(scope, spec, value)).collect::<Result<_, _>>()?;
    let mut overrides = Vec::new();
    if let Some(EscapeSpec { through, class, property, value }) = &spec.escape {
        let (through, class, name, value) =
            (through.clone(), class.clone(), property.clone(), self::property(scope, spec, value)?);
        overrides.push(Override { through, class, property: name, value });
    }
    let escaped = overrides.iter().map(|change| change.property.as_str());
    let names: Vec<&str> = properties.iter().map(|(name, _)| name.as_str()).chain(escaped).collect();
    let class = scope.context.resource.origin.as_ref().and_then(|origin| origin.class.clone()).unwrap_or_default();
    let class = class.rsplit('.').next().unwrap_or_default();
    let title = match (template, names.is_empty(), &spec.within) {
        (Some(fix), true, _) => fix.title.clone(),
        (None, true, _) => format!("Add what watches the {class} below its call"),
        (_, false, Some(_)) => format!("Set {} in a call that belongs to the {class}", names.join(", ")),
        (_, false, None) => format!("Set {} in the call of {class}", names.join(", ")),
    };
    let notes = spec.notes.iter().map(|note| scope.text(note)).filter(|note| !note.is_empty());
    let highest = if overrides.is_empty() { highest } else { Grade::Review };
    let within = spec.within.clone();
    let content = CallContent { properties, without: spec.without.clone(), overrides, within, below };
    let mut changes = vec![Change::SetInCall { resource, content }];
    // What the template will show. What a library adds beside it isn't known.
    let sets = template.into_iter().flat_map(|fix| &fix.changes);
    changes.extend(sets.filter(|change| matches!(change, Change::Set { .. })).cloned());
    Ok(Fix {
        title,
        grade: template.map_or(Grade::Review, |fix| fix.grade).min(highest),
        effect: spec.effect.or(template.map(|fix| fix.effect)).unwrap_or(Effect::InPlace),
        changes,
        notes: notes.chain(template.into_iter().flat_map(|fix| fix.notes.iter().cloned())).collect(),
    })
}

fn property(scope: &PageScope<'_>, spec: &ConstructSpec, value: &Expression) -> Result<ProgramDraft, String> {
    let mut draft = match crate::hcl::evaluate(value, scope, None).value {
        Value::Bool(b) => ProgramDraft::Bool(b),
        Value::Number(n) => ProgramDraft::Number(n.to_string()),
        Value::String(text) => parse_expression(&text)?,
        _ => return Err("the value to write isn't known".into()),
    };
    draft.fill(&|name| {
        if name == "self" {
            return Ok(ProgramDraft::Made(scope.context.resource.id));
        }
        let (_, value) =
            spec.names.iter().find(|(known, _)| known == name).ok_or(format!("nothing is called `${name}`"))?;
        match crate::hcl::evaluate(value, scope, None).value {
            Value::Reference(reference) => Ok(ProgramDraft::Made(reference.resource)),
            Value::String(text) => parse_expression(&text),
            _ => Err(format!("what `{name}` is isn't known")),
        }
    })?;
    Ok(draft)
}
