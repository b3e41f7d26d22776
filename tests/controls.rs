//! Every example of every page, in every shape that a file can have, as a test of its own.

use libtest_mimic::{Arguments, Failed, Trial};
use terramend::catalogue::Catalogue;
use terramend::examples;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::from_args();
    let catalogue: &'static Catalogue = Box::leak(Box::new(Catalogue::built_in().expect("the pages are well formed")));
    let mut trials: Vec<Trial> = examples::cases(catalogue)
        .into_iter()
        .map(|case| {
            let name = case.name.clone();
            Trial::test(name, move || examples::run(catalogue, &case).map_err(Failed::from))
        })
        .collect();
    for control in catalogue.controls() {
        trials.push(Trial::test(format!("{}/page", control.id), move || page(control)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What every page must have.
fn page(control: &terramend::catalogue::Control) -> Result<(), Failed> {
    let stem = control.page.rsplit('/').next().and_then(|name| name.strip_suffix(".md"));
    if stem != Some(&control.id) {
        return Err(format!("{} should be called {}.md", control.page, control.id).into());
    }
    for heading in ["Why", "What deploying the fix does", "When not to", "Examples"] {
        if !control.headings.iter().any(|h| h == heading) {
            return Err(format!("{} has no heading `## {heading}`", control.page).into());
        }
    }
    let has = |wanted: fn(&terramend::catalogue::ExampleKind) -> bool| control.examples.iter().any(|e| wanted(&e.kind));
    if !has(|kind| matches!(kind, terramend::catalogue::ExampleKind::Good)) {
        return Err("there is no `good` example".into());
    }
    if !has(|kind| !matches!(kind, terramend::catalogue::ExampleKind::Good)) {
        return Err("there is no `bad` or `manual` example".into());
    }
    let mut aliases = control.aliases.clone();
    aliases.sort();
    aliases.dedup();
    if aliases.len() != control.aliases.len() {
        return Err("an alias is listed twice".into());
    }
    Ok(())
}
