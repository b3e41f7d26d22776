//! CDK applications: the cloud assembly that a synthesis leaves, and where in the source its resources come from.
//!
//! Findings are made on the synthesised templates, which are never edited.

mod assembly;
mod construct;
mod load;
mod python;
mod source;
mod trace;
mod typescript;

pub use assembly::{App, Assembly};
pub use construct::origin;
pub use load::Loader;
