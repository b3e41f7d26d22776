//! Networks as the configuration shows them: data stores and who uses them, subnets and their routes, security groups.
//!
//! Nothing is guessed: a route, a group or a use that isn't written is [`None`], or isn't listed.

pub mod endpoint;
pub mod group;
pub mod route;
pub mod store;
pub mod user;
