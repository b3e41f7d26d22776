//! What the tests of organisation-wide runs share.

// Every test uses a part of it.
#![allow(dead_code)]

pub(crate) mod clock;
#[path = "../../support/github/mod.rs"]
pub(crate) mod github;
pub(crate) mod organisation;
pub(crate) mod visible;
