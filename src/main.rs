//! The `terramend` program.

use std::process::ExitCode;

// Trees are many small pieces made on several threads, for which the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    terramend::cli::run()
}
