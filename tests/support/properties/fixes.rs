//! Fixes on random configurations: what stands there stays, the result parses and comes to rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use terramend::backend;
use terramend::catalogue::{Catalogue, Profile, Settings};
use terramend::engine::{self, Options, Outcome};
use terramend::finding::{Action, Finding};
use terramend::fix::{Effect, Grade};
use terramend::source::SourceFile;
use terramend::workspace::Loaded;

use crate::terraform::{Source, module};

pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

/// Names and texts of files, with their byte-order marks.
pub(crate) type Files = Vec<(String, String)>;

/// Judges files in memory and fixes them up to a grade; the error is a file that doesn't parse.
pub(crate) fn run(files: &Files, apply: Option<Grade>) -> Result<Outcome, String> {
    run_in(Profile::Default, files, apply)
}

fn run_in(profile: Profile, files: &Files, apply: Option<Grade>) -> Result<Outcome, String> {
    let mut parsed = Vec::new();
    for (name, text) in files {
        let file = SourceFile::new(name.into(), name, text);
        parsed.extend(backend::parse(file).map_err(|diagnostic| diagnostic.to_string())?);
    }
    let loaded = Loaded { files: parsed.len(), groups: backend::group(parsed), ..Loaded::default() };
    let options = Options { apply, ..Options::default() };
    Ok(engine::run(loaded, &CATALOGUE, &Settings::default().in_profile(profile), options))
}

/// The files after the fixes.
pub(crate) fn after(files: &Files, outcome: &Outcome) -> Files {
    let mut files = files.clone();
    for changed in &outcome.changed {
        let file = files.iter_mut().find(|(name, _)| **name == *changed.after.display).unwrap();
        file.1 = String::from_utf8(changed.after.bytes()).unwrap();
    }
    files
}

/// What is found, whatever the order.
fn findings(outcome: &Outcome) -> BTreeSet<(String, String, String, usize)> {
    let key = |f: &Finding| (f.control.clone(), f.resource.clone(), f.file.to_string(), f.line);
    outcome.findings.iter().map(key).collect()
}

/// What is applied, whatever the order.
fn applied(outcome: &Outcome) -> BTreeSet<(String, String)> {
    outcome.applied.iter().map(|fix| (fix.control.clone(), fix.resource.clone())).collect()
}

/// The addresses of resources that fixes add.
fn added(outcome: &Outcome) -> BTreeSet<String> {
    let changes = outcome.applied.iter().flat_map(|fix| &fix.changes);
    changes.filter(|change| change.action == Action::Create).map(|change| change.address.clone()).collect()
}

fn files(sources: &[Source]) -> Files {
    sources.iter().map(|source| (source.name.clone(), source.text())).collect()
}

fn modules() -> impl Strategy<Value = Vec<Source>> {
    prop::collection::vec(any::<u16>(), 0..300).prop_map(|choices| module(&choices))
}

proptest! {
    #![proptest_config(crate::config(150))]

    #[test]
    fn what_stands_there_stays(sources in modules()) {
        let before = files(&sources);
        let outcome = run(&before, Some(Grade::Review)).unwrap();
        for (source, (name, text)) in sources.iter().zip(after(&before, &outcome)) {
            // Where a control may replace the value of an argument, support/specs.rs marks it with `!`.
            prop_assert_eq!(source.is_kept_in(&text), Ok(()), "{}:\n{}", name, text);
            let lines = text.matches('\n').count();
            let with_return = text.matches("\r\n").count();
            prop_assert_eq!(with_return, if source.newline == "\r\n" { lines } else { 0 }, "{}: line ends", name);
            prop_assert_eq!(text.matches('\r').count(), with_return, "{}: line ends", name);
            let ends = |text: &str| text.ends_with('\n');
            prop_assert_eq!(ends(&text), ends(&source.text()), "{}: the last line end\n{}", name, text);
            let marks = |text: &str| text.matches('\u{feff}').count();
            prop_assert_eq!(marks(&text), marks(&source.text()), "{}: byte-order mark", name);
        }
    }

    #[test]
    fn fixes_come_to_rest(sources in modules()) {
        let before = files(&sources);
        let outcome = run(&before, Some(Grade::Review)).unwrap();
        let fixed = after(&before, &outcome);
        let again = run(&fixed, Some(Grade::Review)).map_err(TestCaseError::fail)?;
        prop_assert!(again.changed.is_empty(), "changed again: {:?}\n{}", applied(&again), show(&fixed));
        prop_assert!(again.applied.is_empty());
        // What the first run said is left is what a fresh look finds.
        prop_assert_eq!(findings(&outcome), findings(&again), "{}", show(&fixed));
        // What it said is fixed was found before, and is found no more; findings are new only on what was added.
        let first: BTreeSet<_> = findings(&run(&before, None).unwrap()).into_iter().map(|f| (f.0, f.1)).collect();
        let left: BTreeSet<_> = findings(&again).into_iter().map(|f| (f.0, f.1)).collect();
        let added = added(&outcome);
        let known = |finding: &(String, String)| first.contains(finding) || added.contains(&finding.1);
        for fix in applied(&outcome) {
            prop_assert!(known(&fix) && !left.contains(&fix), "{:?}", fix);
        }
        prop_assert!(left.iter().all(known), "new findings: {:?}", left.difference(&first));
    }

    /// What is shared (a key, its policy, a bucket for logs) grows over the rounds, and ends there.
    #[test]
    fn strict_fixes_come_to_rest(sources in modules()) {
        let before = files(&sources);
        let outcome = run_in(Profile::Strict, &before, Some(Grade::Review)).unwrap();
        let fixed = after(&before, &outcome);
        let again = run_in(Profile::Strict, &fixed, Some(Grade::Review)).map_err(TestCaseError::fail)?;
        prop_assert!(again.changed.is_empty(), "changed again: {:?}\n{}", applied(&again), show(&fixed));
        prop_assert_eq!(findings(&outcome), findings(&again), "{}", show(&fixed));
        let text: String = fixed.iter().map(|(_, text)| text.as_str()).collect();
        for once in ["\"aws_kms_key\" \"main\"", "\"aws_s3_bucket\" \"access_logs\"", "data \"aws_region\" \"current\""] {
            prop_assert!(text.matches(once).count() <= 1, "{}:\n{}", once, show(&fixed));
        }
        let mut turned = before.clone();
        turned.reverse();
        let other = run_in(Profile::Strict, &turned, Some(Grade::Review)).unwrap();
        prop_assert_eq!(applied(&outcome), applied(&other));
    }

    #[test]
    fn a_report_tells_what_was_done(sources in modules(), safe_only in any::<bool>()) {
        let before = files(&sources);
        let grade = if safe_only { Grade::Safe } else { Grade::Review };
        let outcome = run(&before, Some(grade)).unwrap();
        prop_assert_eq!(&outcome.diagnostics, &vec![]);
        let changed: BTreeSet<String> = outcome.changed.iter().map(|file| file.after.display.to_string()).collect();
        let named: BTreeSet<String> = outcome.applied.iter().flat_map(|fix| fix.files.iter().cloned()).collect();
        prop_assert_eq!(changed, named);
        for fix in &outcome.applied {
            // Settings of Terraform's own (`lifecycle`) are no change in a plan.
            let planned = fix.effect == Effect::None || !fix.changes.is_empty();
            prop_assert!(fix.grade >= grade && planned, "{:?}", fix);
        }
        let left = outcome.not_applied.iter().map(|left| (left.control.clone(), left.resource.clone()));
        let found = findings(&outcome).into_iter().map(|f| (f.0, f.1));
        prop_assert_eq!(left.collect::<BTreeSet<_>>(), found.collect::<BTreeSet<_>>());
        prop_assert!(outcome.not_applied.iter().all(|left| !left.reason.is_empty()));
    }

    #[test]
    fn the_order_of_files_is_nothing(sources in modules(), keys in prop::collection::vec(any::<u16>(), 3)) {
        let before = files(&sources);
        let mut order: Vec<usize> = (0..before.len()).collect();
        order.sort_by_key(|i| keys[*i]);
        let shuffled: Files = order.iter().map(|i| before[*i].clone()).collect();
        let (one, two) = (run(&before, Some(Grade::Review)).unwrap(), run(&shuffled, Some(Grade::Review)).unwrap());
        let sorted = |files: Files| files.into_iter().collect::<BTreeMap<_, _>>();
        prop_assert_eq!(sorted(after(&before, &one)), sorted(after(&shuffled, &two)));
        prop_assert_eq!(findings(&one), findings(&two));
        prop_assert_eq!(applied(&one), applied(&two));
    }
}

pub(crate) fn show(files: &Files) -> String {
    files.iter().map(|(name, text)| format!("--- {name}\n{text}\n")).collect()
}

/// The properties above would hold for a program that finds nothing.
#[test]
fn random_modules_are_worth_it() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::new(crate::config(1));
    let (mut fixes, mut controls, mut edited) = (0, BTreeSet::new(), 0);
    for _ in 0..60 {
        let before = files(&modules().new_tree(&mut runner).unwrap().current());
        let outcome = run(&before, Some(Grade::Review)).unwrap();
        fixes += outcome.applied.len();
        edited += usize::from(!outcome.changed.is_empty());
        controls.extend(outcome.applied.into_iter().map(|fix| fix.control));
    }
    assert!(fixes > 120 && edited > 30, "{fixes} fixes in {edited} of 60 modules");
    assert!(controls.len() >= 10, "only {controls:?}");
}

/// One argument of a block on one line is replaced, and others are to join it.
#[test]
fn blocks_of_one_line_are_folded_out_with_their_values() {
    let block = "resource \"aws_s3_bucket_public_access_block\" \"b\" { block_public_acls = false } # closed\n";
    let stage = "resource \"aws_apigatewayv2_stage\" \"s\" {\n  api_id = \"a\"\n  name   = \"live\"\n\n  \
                 default_route_settings { throttling_rate_limit = 0.0 }\n}\n";
    for (text, kept) in [(block, " # closed"), (stage, "  default_route_settings {")] {
        let before = vec![("main.tf".to_owned(), text.to_owned())];
        let outcome = run(&before, Some(Grade::Review)).unwrap();
        let fixed = after(&before, &outcome);
        assert!(fixed[0].1.contains(kept), "{}", fixed[0].1);
        assert!(run(&fixed, Some(Grade::Review)).unwrap().changed.is_empty(), "{}", fixed[0].1);
    }
}
