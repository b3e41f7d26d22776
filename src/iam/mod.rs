//! IAM: one model of policies, however they are written, and what functions' sources need of them.

pub mod actions;
pub mod policy;
pub mod role;
pub mod scope;
pub mod text;
pub mod usage;
