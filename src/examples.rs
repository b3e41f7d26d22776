//! Runs the examples of the pages: each `bad` one must become its `fixed` one byte for byte, in every shape that a file
//! can have; `good` ones stay; `exempt` ones stay with a reason; `manual` ones are shown and not edited.

use crate::backend;
use crate::catalogue::{Catalogue, Control, Example, ExampleKind, Settings};
use crate::cdk::{self, Synthesised};
use crate::engine::{self, Options, Outcome};
use crate::fix::{Effect, Grade};
use crate::source::SourceFile;
use crate::workspace::{Group, Loaded};

/// One example in one shape.
#[derive(Debug, Clone)]
pub struct Case<'c> {
    /// `sqs-encryption/1/crlf`
    pub name: String,
    control: &'c Control,
    example: &'c Example,
    shape: Shape,
}

/// How the example's text is turned before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    AsWritten,
    Crlf,
    Tabs,
    Bom,
    NoFinalNewline,
    LeadingComments,
    OneSpace,
}

const SHAPES: [(Shape, &str); 7] = [
    (Shape::AsWritten, "as-written"),
    (Shape::Crlf, "crlf"),
    (Shape::Tabs, "tabs"),
    (Shape::Bom, "bom"),
    (Shape::NoFinalNewline, "no-final-newline"),
    (Shape::LeadingComments, "leading-comments"),
    (Shape::OneSpace, "one-space"),
];

impl Shape {
    /// JSON has no comments; `terraform fmt` knows one indentation only.
    fn fits(self, extension: &str) -> bool {
        match self {
            Self::LeadingComments => matches!(extension, "tf" | "ts" | "py"),
            Self::OneSpace => extension != "tf",
            _ => true,
        }
    }

    fn apply(self, text: &str, extension: &str) -> String {
        let step = if extension == "py" { 4 } else { 2 };
        match self {
            Self::AsWritten => text.to_owned(),
            Self::Crlf => text.replace('\n', "\r\n"),
            Self::Tabs => text.split_inclusive('\n').map(|line| indented(line, step, "\t")).collect(),
            Self::OneSpace => text.split_inclusive('\n').map(|line| indented(line, step, " ")).collect(),
            Self::Bom => format!("\u{feff}{text}"),
            Self::NoFinalNewline => text.trim_end_matches('\n').to_owned(),
            Self::LeadingComments if extension == "py" => format!("# Owned by the platform team.\n\n{text}"),
            Self::LeadingComments if extension == "ts" => {
                format!("// Owned by the platform team.\n/* {{ not a block }} */\n\n{text}")
            }
            Self::LeadingComments => format!("# Owned by the platform team.\n/* {{ not a block }} */\n\n{text}"),
        }
    }
}

/// Steps of indentation become another unit.
fn indented(line: &str, step: usize, unit: &str) -> String {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    format!("{}{}", unit.repeat(spaces / step), &line[spaces / step * step..])
}

impl Case<'_> {
    /// The page that holds the example.
    pub fn page(&self) -> &str {
        &self.control.page
    }
}

/// The headings that every page has.
const HEADINGS: [&str; 4] = ["Why", "What deploying the fix does", "When not to", "Examples"];

/// What a page lacks.
pub fn faults(control: &Control) -> Vec<String> {
    let mut faults = Vec::new();
    let stem = std::path::Path::new(&control.page).file_stem().and_then(|stem| stem.to_str());
    if stem != Some(&control.id) {
        faults.push(format!("{} should be called {}.md, by its id", control.page, control.id));
    }
    for heading in HEADINGS.iter().filter(|heading| !control.headings.iter().any(|h| h == **heading)) {
        faults.push(format!("{} has no heading `## {heading}`", control.page));
    }
    if !control.examples.iter().any(|example| example.kind == ExampleKind::Good) {
        faults.push(format!("{} has no `good` example", control.page));
    }
    if control.examples.iter().all(|example| example.kind == ExampleKind::Good) {
        faults.push(format!("{} has no `bad` or `manual` example", control.page));
    }
    for fix in control.rules.iter().flat_map(|rule| &rule.fixes) {
        if fix.effect == Effect::Cost && fix.cost.is_empty() {
            faults.push(format!("{} has a fix that costs, and names no price (`cost = [...]`)", control.page));
        }
    }
    for (n, alias) in control.aliases.iter().enumerate() {
        if control.aliases[..n].contains(alias) {
            faults.push(format!("{} lists the alias `{alias}` twice", control.page));
        }
    }
    faults
}

/// Every example in every shape.
pub fn cases(catalogue: &Catalogue) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for control in catalogue.controls() {
        for (n, example) in control.examples.iter().enumerate() {
            for (shape, name) in SHAPES.into_iter().filter(|(shape, _)| shape.fits(example.extension)) {
                cases.push(Case { name: format!("{}/{}/{name}", control.id, n + 1), control, example, shape });
            }
        }
    }
    cases
}

/// Runs one case; the error says what is different.
pub fn run(catalogue: &Catalogue, case: &Case<'_>) -> Result<(), String> {
    let input = case.shape.apply(&case.example.text, case.example.extension);
    let place = format!("{}:{}", case.control.page, case.example.line);
    let outcome = fix(catalogue, case, &input).map_err(|reason| format!("{place}: {reason}"))?;
    let main = format!("main.{}", case.example.extension);
    if let Some(other) = outcome.changed.iter().find(|file| *file.before.display != *main) {
        return Err(format!("{place}: it changes the `common` block too:\n{}", other.after.text));
    }
    let result = match outcome.changed.first() {
        Some(file) => String::from_utf8_lossy(&file.after.bytes()).into_owned(),
        None => input,
    };
    match &case.example.kind {
        ExampleKind::Bad { fixed, grade, effect, .. } => {
            let expected = case.shape.apply(fixed, case.example.extension);
            if result != expected {
                return Err(format!(
                    "{place}: not as in the `fixed` block:\n{}{}",
                    crate::report::unified("example", &expected, &result, 3),
                    reasons(&outcome)
                ));
            }
            let applied = outcome.applied.first().ok_or_else(|| format!("{place}: no fix was applied"))?;
            for (what, expected, is) in
                [("grade", grade, applied.grade.to_string()), ("effect", effect, applied.effect.to_string())]
            {
                if expected.as_ref().is_some_and(|expected| *expected != is) {
                    return Err(format!(
                        "{place}: the {what} is {is}, the page says {}",
                        expected.as_deref().unwrap_or_default()
                    ));
                }
            }
            if applied.effect == Effect::Cost && applied.costs.is_empty() {
                return Err(format!("{place}: the fix costs, and the page names no price (`cost = [...]`)"));
            }
            let again = fix(catalogue, case, &result).map_err(|reason| format!("{place}: again: {reason}"))?;
            if again.changed.is_empty() { Ok(()) } else { Err(format!("{place}: a second run changes it again")) }
        }
        ExampleKind::Good if !outcome.findings.is_empty() || !outcome.changed.is_empty() => {
            Err(format!("{place}: a good example, but: {}", outcome.findings.first().map_or("", |f| &f.message)))
        }
        ExampleKind::Exempt if !outcome.findings.is_empty() || !outcome.changed.is_empty() => {
            Err(format!("{place}: an exempt example, but: {}", outcome.findings.first().map_or("", |f| &f.message)))
        }
        ExampleKind::Exempt if outcome.exempt.is_empty() => Err(format!("{place}: nothing says why it is exempt")),
        ExampleKind::Manual if !outcome.changed.is_empty() => Err(format!("{place}: it was edited:\n{result}")),
        ExampleKind::Manual if outcome.findings.is_empty() => Err(format!("{place}: nothing was found")),
        _ => Ok(()),
    }
}

fn reasons(outcome: &Outcome) -> String {
    outcome.not_applied.iter().map(|left| format!("{} {}: {}\n", left.control, left.resource, left.reason)).collect()
}

/// Fixes an example in memory with its control alone.
fn fix(catalogue: &Catalogue, case: &Case<'_>, text: &str) -> Result<Outcome, String> {
    let mut files = vec![(format!("main.{}", case.example.extension), text)];
    if !case.example.common.is_empty() {
        files.push(("common.tf".into(), case.example.common.as_str()));
    }
    if matches!(case.example.extension, "ts" | "py") {
        let group = program(case, text)?;
        let loaded = Loaded { files: 1, groups: vec![group], ..Loaded::default() };
        return Ok(engine::run(loaded, catalogue, &settings(catalogue, case), OPTIONS));
    }
    let mut parsed = Vec::new();
    for (name, text) in &files {
        let file = SourceFile::new(name.into(), name, text);
        let file = backend::parse(file).map_err(|diagnostic| diagnostic.to_string())?;
        parsed.push(file.ok_or_else(|| format!("{name} holds no configuration"))?);
    }
    let loaded = Loaded { files: parsed.len(), groups: backend::group(parsed), ..Loaded::default() };
    Ok(engine::run(loaded, catalogue, &settings(catalogue, case), OPTIONS))
}

const OPTIONS: Options = Options { apply: Some(Grade::Review), preview: false, severity: None };

/// The settings of an example: its control alone.
fn settings(catalogue: &Catalogue, case: &Case<'_>) -> Settings {
    let only = Settings::only(&case.control.id, catalogue).in_profile(case.example.profile);
    let id = &case.control.id;
    case.example.options.iter().fold(only, |settings, (name, value)| settings.with(id, name, value))
}

/// A program with what it makes.
fn program(case: &Case<'_>, text: &str) -> Result<Group, String> {
    let name = format!("main.{}", case.example.extension);
    let file = SourceFile::new(name.as_str().into(), &name, text);
    let judged = case.control.rules.iter().map(|rule| rule.kind.as_str()).find(|kind| kind.contains("::"));
    let classes = case.control.constructs.iter().flat_map(|spec| {
        let kind = spec.kind.as_deref().or(judged).unwrap_or_default();
        spec.classes.iter().map(move |class| (class.as_str(), kind))
    });
    let made = Synthesised {
        classes: classes.collect(),
        resources: &case.example.synthesised,
        library: case.example.library.unwrap_or(cdk::NEWEST),
    };
    cdk::example(file, &made).map_err(|diagnostic| diagnostic.to_string())
}
