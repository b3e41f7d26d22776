//! The text of a pull request.

use terramend::catalogue::Catalogue;
use terramend::finding::{Action, Applied, NotApplied, PlannedChange};
use terramend::fix::{Effect, Grade};
use terramend::publish::marker::Marker;
use terramend::report::markdown::fixes::{Content, LIMIT, render};

fn fix(n: usize, effect: Effect) -> Applied {
    Applied {
        control: "s3-versioning".into(),
        severity: terramend::catalogue::Severity::Medium,
        module: ".".into(),
        resource: format!("aws_s3_bucket.b{n}"),
        file: "main.tf".into(),
        line: Some(n + 1),
        message: "old versions are | lost".into(),
        grade: Grade::Review,
        effect,
        costs: Vec::new(),
        title: "Keep versions".into(),
        notes: vec!["ask @octocat".into()],
        changes: vec![PlannedChange {
            address: format!("aws_s3_bucket_versioning.b{n}"),
            action: Action::Create,
            root: ".".into(),
        }],
        files: vec!["main.tf".into()],
        call: None,
        announced: terramend::finding::Announced::default(),
    }
}

fn text(applied: &[Applied], left: &[NotApplied]) -> String {
    let catalogue = Catalogue::built_in().unwrap();
    render(&Content {
        applied,
        left,
        errors: &[],
        files: 1,
        catalogue: &catalogue,
        directory: "",
        beside: &[],
        note: None,
    })
}

#[test]
fn the_effect_of_a_deploy_comes_first_and_worst_first() {
    let applied = [fix(0, Effect::InPlace), fix(1, Effect::Cost), fix(2, Effect::Access), fix(3, Effect::Replace)];
    let text = text(&applied, &[]);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} isn't in\n{text}"));
    assert!(at("## What deploying this does") < at("**Replaces**"));
    assert!(at("**Replaces**") < at("**Changes access**"));
    assert!(at("**Changes access**") < at("**Costs money**"));
    assert!(at("**Costs money**") < at("## What is fixed"));
    assert!(at("## What is fixed") < at("## How this was checked"));
    assert!(text.contains("What a deploy replaced doesn't come back"), "{text}");
    assert!(!text.contains("@octocat") && text.contains("are \\| lost"), "{text}");
    assert!(text.contains("fixes/s3/s3-versioning.md)"), "a link to the page: {text}");
}

#[test]
fn however_many_fixes_the_text_fits_and_says_what_it_leaves_out() {
    let catalogue = Catalogue::built_in().unwrap();
    let ids: Vec<String> = catalogue.controls().iter().map(|control| control.id.clone()).collect();
    for count in [1, 40, 300, 5_000] {
        let effects = [Effect::InPlace, Effect::Cost, Effect::Access, Effect::Replace];
        let applied: Vec<Applied> = (0..count)
            .map(|n| Applied {
                control: ids[n % ids.len()].clone(),
                title: format!("Keep versions, kind {n} of größe"),
                ..fix(n, effects[n % 4])
            })
            .collect();
        let left: Vec<NotApplied> = (0..count)
            .map(|n| NotApplied {
                control: ids[n % ids.len()].clone(),
                resource: format!("aws_s3_bucket.c{n}"),
                file: "main.tf".into(),
                line: n,
                reason: "manual: nobody knows".into(),
                quiet: false,
            })
            .collect();
        let text = text(&applied, &left);
        let marker = Marker {
            version: 1,
            group: "safe".into(),
            directory: String::new(),
            controls: ids.iter().cloned().collect(),
            title: "x".repeat(256),
            closed: false,
        };
        assert!(marker.wrap(&text).chars().count() < LIMIT, "{count}: with its marker");
        assert!(text.chars().count() < LIMIT, "{count}: {}", text.chars().count());
        let rows = text.lines().filter(|line| line.starts_with("| medium |")).count();
        assert!(
            rows == count || text.contains(&format!("…and {} more: the diff shows them.", count - rows)),
            "{count}"
        );
        for always in
            ["## What deploying this does", "## What is fixed", "## How this was checked", "## If you don't want it"]
        {
            assert!(text.contains(always), "{count}: {always}");
        }
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{count}");
    }
}

#[test]
fn a_run_without_fixes_says_so() {
    let text = text(&[], &[]);
    assert!(text.starts_with("terramend found nothing that it can fix."), "{text}");
    assert!(!text.contains("## What is fixed") && !text.contains("If you don't want it"), "{text}");
}
