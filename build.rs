//! Says that the pages are part of the program: `include_dir!` alone doesn't notice when one changes.

fn main() {
    println!("cargo::rerun-if-changed=fixes");
}
