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
        trials.push(Trial::test(format!("{}/page", control.id), move || match examples::faults(control) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(faults.join("\n").into()),
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
