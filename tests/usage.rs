//! Functions whose calls were written down by hand from reading their code: does the analysis find the same?
//!
//! Each folder of `fixtures/iam` holds a function's source and `expected.json`. Values are written shortly: `'text'`,
//! `$VARIABLE`, `$VARIABLE='default'`, `event.Records[].body`, `?` for what isn't known; parts are joined by ` + `, one of
//! several by ` | `. Only the arguments that are written down are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

#[path = "usage/hostile.rs"]
mod hostile;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use terramend::iam::usage::{Content, Language, SourceSet, Usage, Value, analyse};

/// Calls found and expected, found and not expected, expected and not found.
static COUNTED: [AtomicUsize; 3] = [AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What it shows.
    shows: String,
    handler: String,
    calls: Vec<ExpectedCall>,
    /// `kind file:line`.
    #[serde(default)]
    refusals: BTreeSet<String>,
    /// Files read, where that is what is shown.
    files: Option<Vec<String>>,
    /// Lines `file:line` at which code depends on whether something exists.
    not_found_matters: Option<BTreeSet<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedCall {
    /// `file:line service:Operation`.
    call: String,
    #[serde(default)]
    arguments: BTreeMap<String, String>,
    /// Arguments that must not be there.
    #[serde(default)]
    without: Vec<String>,
    /// Whether there may be more arguments than are listed.
    #[serde(default)]
    more: bool,
}

#[expect(clippy::print_stdout, reason = "the numbers are what this test reports")]
fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/iam");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("fixtures/iam is a folder")
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.is_dir()))
        .collect();
    folders.sort();
    let total = folders.len();
    let mut trials: Vec<Trial> = folders
        .into_iter()
        .map(|folder| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Trial::test(name, move || judge(&folder).map_err(Failed::from))
        })
        .collect();
    trials.extend(hostile::trials());
    let conclusion = libtest_mimic::run(&arguments, trials);
    let [right, invented, missed] = [0, 1, 2].map(|index| COUNTED[index].load(Ordering::Relaxed));
    let share = |of: usize| 100.0 * right as f64 / (right + of).max(1) as f64;
    println!(
        "{total} functions, {} calls: precision {:.1} %, recall {:.1} %",
        right + missed,
        share(invented),
        share(missed)
    );
    conclusion.exit_code()
}

fn judge(folder: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(folder.join("expected.json")).map_err(|error| error.to_string())?;
    let expected: Expected = serde_json::from_str(&text).map_err(|error| format!("expected.json: {error}"))?;
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files).map_err(|error| error.to_string())?;
    files.remove("expected.json");
    let has = |language: &str| files.keys().any(|file| Path::new(file).extension().is_some_and(|end| end == language));
    let language = match (has("py"), has("go"), has("java")) {
        (true, ..) => Language::Python,
        (_, true, _) => Language::Go,
        (.., true) => Language::Java,
        _ => Language::JavaScript,
    };
    let usage = analyse(&SourceSet { files }, &expected.handler, language);
    let mut faults = calls(&expected, &usage);
    let refusals: BTreeSet<String> = usage
        .refusals
        .iter()
        .map(|refusal| {
            let kind = serde_json::to_value(refusal.kind).unwrap_or_default();
            format!("{} {}:{}", kind.as_str().unwrap_or_default(), refusal.place.file, refusal.place.line)
        })
        .collect();
    if refusals != expected.refusals {
        faults.push(format!("refusals: {refusals:?}, expected {:?}", expected.refusals));
    }
    if let Some(files) = expected.files.filter(|files| *files != usage.imports.files) {
        faults.push(format!("files: {:?}, expected {files:?}", usage.imports.files));
    }
    if let Some(places) = expected.not_found_matters {
        let found: BTreeSet<String> =
            usage.not_found_matters.iter().map(|place| format!("{}:{}", place.file, place.line)).collect();
        if found != places {
            faults.push(format!("not found matters: {found:?}, expected {places:?}"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(format!("{}\n  {}", expected.shows, faults.join("\n  "))) }
}

fn calls(expected: &Expected, usage: &Usage) -> Vec<String> {
    let mut faults = Vec::new();
    let mut left: Vec<&ExpectedCall> = expected.calls.iter().collect();
    for call in &usage.calls {
        let name = format!("{}:{} {}:{}", call.place.file, call.place.line, call.service, call.operation);
        let Some(index) = left.iter().position(|known| known.call == name) else {
            COUNTED[1].fetch_add(1, Ordering::Relaxed);
            faults.push(format!("not expected: {name}"));
            continue;
        };
        COUNTED[0].fetch_add(1, Ordering::Relaxed);
        let known = left.remove(index);
        for (path, value) in &known.arguments {
            let found = call.argument(path).map_or_else(|| "nothing".to_owned(), shown);
            if found != *value {
                faults.push(format!("{name}: {path} is {found}, expected {value}"));
            }
        }
        for path in known.without.iter().filter(|path| call.argument(path).is_some()) {
            faults.push(format!("{name}: {path} isn't given"));
        }
        if call.keys_complete == known.more {
            faults.push(format!("{name}: keys are complete: {}", call.keys_complete));
        }
    }
    COUNTED[2].fetch_add(left.len(), Ordering::Relaxed);
    faults.extend(left.iter().map(|call| format!("not found: {}", call.call)));
    faults
}

fn shown(value: &Value) -> String {
    let all = |values: &[Value], between: &str| values.iter().map(shown).collect::<Vec<_>>().join(between);
    match value {
        Value::Literal(text) => format!("'{text}'"),
        Value::Environment { name, default: None, .. } => format!("${name}"),
        Value::Environment { name, default: Some(default), .. } => format!("${name}='{default}'"),
        Value::Parts(parts) => all(parts, " + "),
        Value::Cut { of } => format!("part of {}", shown(of)),
        Value::Event { path } => format!("event.{path}"),
        Value::OneOf(values) => all(values, " | "),
        Value::Unknown { .. } => "?".into(),
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Content>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.insert(name, std::fs::read(&path)?.into());
        }
    }
    Ok(())
}
