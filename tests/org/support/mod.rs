//! What the tests of organisation-wide runs share.

// Every test uses a part of it.
#![allow(dead_code)]

pub(crate) mod tar;
