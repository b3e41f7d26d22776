//! What a function's role needs, from its own code and its configuration, held against what the role is granted.
//!
//! The steps are modules: [`source`] finds the code, [`crate::iam::usage`] reads its calls, [`bind`] ties their arguments
//! to resources, [`configuration`] adds what Lambda does on the function's behalf, [`grant`] reads what is granted,
//! [`narrow`] compares. Nothing is ever added to a role: the result is a part of what it has.

mod arguments;
pub mod arn;
pub mod bind;
pub mod configuration;
mod derivations;
pub mod derive;
pub mod document;
mod extension;
pub mod grant;
pub mod kinds;
pub mod library;
pub mod log_group;
mod managed;
pub mod narrow;
pub mod need;
mod partiql;
mod pollers;
mod presence;
pub mod published;
pub mod source;
mod target;
mod template;
mod trigger;
pub mod wide;

pub use derivations::Derivations;
pub use derive::{Derivation, Tier};
pub use need::{Certainty, Need, On, Target};

#[cfg(test)]
mod tests;
