//! CDK applications: the cloud assembly that a synthesis leaves, and where in the source its resources come from.
//!
//! Findings are made on the synthesised templates, which are never edited: `patch` edits the calls that make them.

mod assembly;
mod compare;
mod construct;
mod example;
mod load;
mod patch;
mod python;
mod source;
mod synth;
mod trace;
mod typescript;

pub use assembly::{App, Assembly};
pub use compare::{unexpected, volatile};
pub use construct::origin;
pub use example::{NEWEST, Synthesised, example};
pub use load::Loader;
pub use patch::{frame, lower, statement};
pub use source::parse;
pub use synth::Synthesiser;
