//! The report as a page: shown by a real browser, harmless whatever the data holds.

use std::path::Path;

use terramend::org::journal::{Journal, Sent, Stage};
use terramend::org::plan::{Found, Making, Planned, PlannedFile, RepositoryPlan};
use terramend::org::report;
use terramend::org::select::Repository;
use terramend::publish::marker::{Marker, VERSION};

use crate::browser::Browser;

/// What would harm a page that took data for markup.
const HARM: &str = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";

fn plan(i: u64) -> RepositoryPlan {
    let controls = [
        ("sqs-encryption", "encryption", "medium"),
        ("s3-public-access", "access", "high"),
        ("lambda-tracing", "monitoring", "low"),
    ];
    let found = |n: u64| {
        let (control, family, severity) = controls[(n % 3) as usize];
        Found {
            control: control.into(),
            family: family.into(),
            severity: severity.into(),
            resource: format!("aws_sqs_queue.q{n}"),
            file: "main.tf".into(),
            line: 1,
            grade: (n % 4 != 3).then(|| "safe".into()),
        }
    };
    let title = format!("Fix {} findings {}", i + 1, if i == 3 { HARM } else { "" });
    RepositoryPlan {
        commit: "0".repeat(40),
        complete: i != 5,
        files: 3,
        findings: (0..=i).map(found).collect(),
        suppressed: 0,
        notes: if i == 3 { vec![HARM.into()] } else { Vec::new() },
        proposals: vec![Planned {
            grade: "safe".into(),
            by: "repository".into(),
            part: String::new(),
            branch: "terramend/safe".into(),
            title: title.clone(),
            message: title.clone(),
            body: "body".into(),
            marker: Marker {
                version: VERSION,
                group: "safe".into(),
                directory: String::new(),
                controls: std::iter::once("sqs-encryption".to_owned()).collect(),
                title,
                closed: false,
            },
            draft: i.is_multiple_of(2),
            fixes: Vec::new(),
            files: vec![PlannedFile {
                path: "main.tf".into(),
                before: "a\n".into(),
                after: "b\n".into(),
                diff: format!("--- a/main.tf\n+++ b/main.tf\n@@ -1 +1 @@\n-a\n+b {HARM}\n"),
            }],
        }],
        making: Making::default(),
    }
}

fn page(directory: &Path) -> String {
    let mut journal = Journal::open(&directory.join("journal.db")).unwrap();
    for turn in 0..2 {
        let (run, _) =
            journal.begin("run", &format!("organisation acme {HARM}"), &turn.to_string(), 1_795_900_000).unwrap();
        for i in 0..12 {
            let name = format!("svc-{i:02}");
            let repository = Repository { id: i + 1, full_name: format!("acme/{name}"), name, ..Repository::default() };
            journal.list(run, &[(repository, Stage::Listed, None)], 1_795_900_000).unwrap();
            if i == 11 {
                journal.set(run, i + 1, Stage::Failed, Some(HARM), 1_795_900_100).unwrap();
                continue;
            }
            journal.keep(run, i + 1, Stage::Published, &plan(i), 1_795_900_100).unwrap();
            let sent = Sent {
                branch: "terramend/safe".into(),
                operation: "created".into(),
                number: Some(i + 40),
                url: Some(if i == 4 {
                    "javascript:document.title='taken'".into()
                } else {
                    format!("https://github.com/acme/svc-{i}/pull/{}", i + 40)
                }),
                reason: None,
            };
            journal.sent(run, i + 1, &sent, 1_795_900_200).unwrap();
        }
        journal.listed(run, 1_795_900_000).unwrap();
        journal.finish(run, 1_795_903_600).unwrap();
    }
    report::html(&report::report(&journal, 2, true).unwrap()).unwrap()
}

#[test]
fn a_browser_shows_the_page_and_runs_nothing_of_the_data() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("report.html");
    let html = page(scratch.path());
    assert!(!html.contains(HARM), "the data stands in it escaped");
    std::fs::write(&file, html).unwrap();
    let Some(browser) = Browser::find() else { return };
    let dom = browser.dom(&file);
    assert!(dom.contains("<title>terramend: organisation report</title>"), "{dom}");
    for part in
        ["12 of 12 repositories", "acme/svc-03", "11 created", "11 published", "aria-sort=\"descending\"", "<summary>"]
    {
        assert!(dom.contains(part), "{part}: {dom}");
    }
    let shown = dom.split_once("id=\"data\"").map_or("", |(shown, _)| shown);
    assert!(!shown.contains("<img") && !shown.contains("href=\"javascript:"), "{shown}");
    // What sorts and opens is reached by the keyboard: native buttons and details.
    assert!(shown.matches("<th scope=\"col\"").count() == shown.matches("<button type=\"button\"").count());
    browser.pictures(&file, "org");
}
