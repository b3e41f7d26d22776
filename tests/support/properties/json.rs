//! Fixes on random configurations in Terraform's JSON syntax.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};
use terramend::fix::Grade;

use crate::fixes::{after, run};
use crate::specs::{ROOTS, Spec};
use crate::terraform::Tape;

/// A random file, and the arguments in it whose values may change.
#[derive(Debug, Clone)]
struct Source {
    text: String,
    value: Value,
    changeable: BTreeSet<String>,
}

fn source(choices: &[u16]) -> Source {
    let mut tape = Tape::new(choices);
    let mut source = Source { text: String::new(), value: json!({}), changeable: BTreeSet::new() };
    let mut kinds = Map::new();
    for n in 0..=tape.pick(4) {
        let spec = ROOTS[tape.pick(ROOTS.len())];
        let name = format!("r{n}");
        for spec in std::iter::once(&spec).chain(spec.companions) {
            if spec.kind == ROOTS[0].kind || !tape.chance(3) {
                let resource = resource(&mut tape, spec, &name, &mut source.changeable);
                let of_kind = kinds.entry(spec.kind).or_insert_with(|| json!({}));
                of_kind.as_object_mut().unwrap().insert(name.clone(), resource);
            }
        }
    }
    // Modules stand beside the resources, not among them.
    let modules = kinds.remove("module");
    source.value = json!({ "variable": { "seconds": {} }, "resource": kinds });
    if let Some(modules) = modules {
        source.value["module"] = modules;
    }
    source.text = print(&mut tape, &source.value);
    source
}

fn resource(tape: &mut Tape<'_>, spec: &Spec, name: &str, changeable: &mut BTreeSet<String>) -> Value {
    let mut body = arguments(tape, spec.arguments, name, changeable);
    for (block, inner) in spec.blocks {
        if tape.chance(3) {
            let inner = arguments(tape, inner, name, changeable);
            body[*block] = if tape.chance(3) { json!([inner]) } else { inner };
        }
    }
    body
}

fn arguments(
    tape: &mut Tape<'_>,
    all: &[(&'static str, &'static [&'static str])],
    name: &str,
    changeable: &mut BTreeSet<String>,
) -> Value {
    let mut body = json!({});
    for (argument, values) in all {
        let value = tape.one_of(values).replace("[@]", "").replace('@', name);
        if argument.starts_with('+') || (!value.contains('\n') && tape.chance(2)) {
            let plain = argument.trim_start_matches(['!', '+']);
            if argument.contains('!') {
                changeable.insert(plain.to_owned());
            }
            body[plain] = serde_json::from_str(&value).unwrap_or_else(|_| json!(format!("${{{value}}}")));
        }
    }
    body
}

/// The text in a random layout.
fn print(tape: &mut Tape<'_>, value: &Value) -> String {
    let text = match tape.pick(4) {
        3 => value.to_string(),
        n => {
            let mut bytes = Vec::new();
            let formatter = PrettyFormatter::with_indent([&b"  "[..], b"    ", b"\t"][n]);
            serde::Serialize::serialize(value, &mut Serializer::with_formatter(&mut bytes, formatter)).unwrap();
            String::from_utf8(bytes).unwrap() + if tape.chance(3) { "" } else { "\n" }
        }
    };
    if tape.chance(3) { text.replace('\n', "\r\n") } else { text }
}

/// Everything in `before` stands in `after`, in the same order; what may change is named.
fn is_kept(before: &Value, after: &Value, changeable: &BTreeSet<String>) -> Result<(), String> {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let mut names = after.keys();
            for (name, value) in before {
                if !names.any(|other| other == name) {
                    return Err(format!("{name} is lost or moved"));
                }
                if !changeable.contains(name) || value.is_object() {
                    is_kept(value, &after[name], changeable).map_err(|reason| format!("{name}: {reason}"))?;
                }
            }
            Ok(())
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).try_for_each(|(before, after)| is_kept(before, after, changeable))
        }
        _ if before == after => Ok(()),
        _ => Err(format!("{before} became {after}")),
    }
}

/// The lines without the commas that a new line after them brings.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.trim_end_matches(',')).collect()
}

proptest! {
    #![proptest_config(crate::config(200))]

    #[test]
    fn what_stands_there_stays(source in prop::collection::vec(any::<u16>(), 0..200).prop_map(|c| source(&c))) {
        let before = vec![("main.tf.json".to_owned(), source.text.clone())];
        let outcome = run(&before, Some(Grade::Review)).unwrap();
        let fixed = after(&before, &outcome);
        let text = &fixed[0].1;
        let value: Value = serde_json::from_str(text).map_err(|e| TestCaseError::fail(format!("{e}:\n{text}")))?;
        prop_assert_eq!(is_kept(&source.value, &value, &source.changeable), Ok(()), "{}", text);
        let mut rest = lines(text).into_iter();
        for line in lines(&source.text) {
            let may_change = line.ends_with("{}") || source.changeable.iter().any(|name| line.contains(&**name));
            let found = may_change || source.text.lines().count() == 1 || rest.any(|other| other == line);
            prop_assert!(found, "lost or moved: {}\n{}", line, text);
        }
        let ends = |text: &str| (text.ends_with('\n'), text.contains("\r\n"), text.replace("\r\n", "").contains('\r'));
        if source.text.contains('\n') {
            prop_assert_eq!(ends(text), ends(&source.text), "{}", text);
            prop_assert!(!text.contains("\r\n") || text.matches('\n').count() == text.matches("\r\n").count());
        }
        let again = run(&fixed, Some(Grade::Review)).map_err(TestCaseError::fail)?;
        prop_assert!(again.changed.is_empty(), "changed again:\n{}", text);
    }
}

/// The property above would hold for a program that edits no JSON.
#[test]
fn random_json_is_worth_it() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::new(crate::config(1));
    let mut controls = BTreeSet::new();
    for _ in 0..60 {
        let choices = prop::collection::vec(any::<u16>(), 0..200).new_tree(&mut runner).unwrap().current();
        let before = vec![("main.tf.json".to_owned(), source(&choices).text)];
        controls.extend(run(&before, Some(Grade::Review)).unwrap().applied.into_iter().map(|fix| fix.control));
    }
    assert!(controls.len() >= 8, "only {controls:?}");
}
