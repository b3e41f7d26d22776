//! Every example of every page, in every shape that a file can have, as a test of its own.

use libtest_mimic::{Arguments, Failed, Trial};
use terramend::catalogue::{Catalogue, Control};
use terramend::examples;
use terramend::fix::Effect;

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
        trials.push(Trial::test(format!("{}/page", control.id), move || match faults(control) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(faults.join("\n").into()),
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What a page lacks; a built-in one also says what costs.
fn faults(control: &Control) -> Vec<String> {
    let mut faults = examples::faults(control);
    let fixes = control.rules.iter().flat_map(|rule| &rule.fixes);
    if fixes.clone().any(|fix| fix.effect == Effect::Cost && fix.cost.is_empty()) {
        faults.push("a fix costs and names no price (`cost = [...]`)".into());
    }
    faults
}
