//! Benchmarks, written with the next change.
fn main() {}
