//! What must hold for every input: edits touch nothing else, fixes come to rest, no text makes the program panic.
//!
//! The seed is fixed, so that a run is repeatable; `PROPTEST_RNG_SEED=... PROPTEST_CASES=...` search further.

#![allow(clippy::unwrap_used)]

#[path = "support/specs.rs"]
mod specs;
#[path = "support/terraform.rs"]
mod terraform;

#[path = "support/properties/edits.rs"]
mod edits;
#[path = "support/properties/fixes.rs"]
mod fixes;
#[path = "support/properties/hostile.rs"]
mod hostile;
#[path = "support/properties/json.rs"]
mod json;

use proptest::test_runner::{Config, RngSeed};

/// A fixed seed and this number of cases, unless the environment says otherwise.
fn config(cases: u32) -> Config {
    let given = |name: &str| std::env::var_os(name).is_some();
    let mut config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    if !given("PROPTEST_CASES") {
        config.cases = cases;
    }
    if !given("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(20);
    }
    config
}
