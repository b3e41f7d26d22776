//! IAM: one model of policies, however they are written.

pub mod actions;
pub mod policy;
pub mod role;
pub mod text;
