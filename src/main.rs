//! The `terramend` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    terramend::cli::run()
}
