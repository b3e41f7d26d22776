//! How long a scan and a fix take beside reading and parsing alone, over a folder of Terraform.
//!
//! ```sh
//! TERRAMEND_CORPUS=/path/to/repositories cargo bench
//! ```
//!
//! Without the variable the projects in `fixtures/` are taken. All three work in this process, on the same files; files
//! are discovered once, outside of what is timed by `parse`.

use std::path::PathBuf;
use std::sync::OnceLock;

use terramend::backend;
use terramend::catalogue::{Catalogue, Settings};
use terramend::discover::{Found, discover, read};
use terramend::engine::{self, Options, Outcome};
use terramend::fix::Grade;

/// The binary's: what a run takes there is what counts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[allow(clippy::print_stdout)]
fn main() {
    println!("{} ({} files)", corpus().display(), files().len());
    divan::main();
}

fn corpus() -> PathBuf {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/terraform");
    std::env::var_os("TERRAMEND_CORPUS").map_or_else(|| PathBuf::from(fixtures), PathBuf::from)
}

fn files() -> &'static [Found] {
    static FILES: OnceLock<Vec<Found>> = OnceLock::new();
    FILES.get_or_init(|| discover(&corpus()).files)
}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::built_in().expect("the pages are well formed"))
}

fn run(apply: Option<Grade>) -> Outcome {
    let discovery = terramend::discover::Discovery { files: files().to_vec(), ..Default::default() };
    let options = Options { apply, ..Options::default() };
    engine::run(backend::load(discovery), catalogue(), &Settings::default(), options)
}

/// Reading and parsing every file, on one thread.
#[divan::bench]
fn parse_on_one_thread() -> usize {
    files().iter().filter_map(|found| read(found).ok()).filter_map(|file| backend::parse(file).ok()).count()
}

/// Reading, parsing and grouping, as scan and fix do it: on all threads.
#[divan::bench]
fn parse() -> usize {
    let discovery = terramend::discover::Discovery { files: files().to_vec(), ..Default::default() };
    backend::load(discovery).files
}

#[divan::bench]
fn scan() -> usize {
    run(None).findings.len()
}

#[divan::bench]
fn fix() -> usize {
    run(Some(Grade::Review)).applied.len()
}

/// Finding the files: walking the directory tree.
#[divan::bench]
fn walk() -> usize {
    discover(&corpus()).files.len()
}

/// Reading the pages: once a run.
#[divan::bench]
fn pages() -> usize {
    Catalogue::built_in().map_or(0, |catalogue| catalogue.controls().len())
}
