//! The backend-neutral model that controls judge: values, resources, and how resources refer to each other.
//!
//! Nothing here knows HCL, JSON or TypeScript. Backends (`terraform`, later `cloudformation` and `cdk`) fill the model;
//! the catalogue and the fixers read it and answer with [`draft`]s of what should be written.

pub mod companion;
mod construct;
pub mod draft;
pub mod mentions;
mod place;
mod project;
pub mod reference;
pub mod resource;
mod text;
pub mod value;
mod version;
mod vocabulary;
pub mod weight;

pub use construct::{CallContent, Construct, Override, ProgramDraft, Within};
pub use draft::{Draft, DraftBody, DraftItem};
pub use project::{Instance, InstanceId, Language, Module, ModuleId, OpaqueCall, Project};
pub use reference::Reference;
pub use resource::{CallKey, CallSite, Mode, Origin, Repeat, Resource, ResourceId};
pub use value::{Body, Entry, Form, Node, Symbol, Value};
pub use version::{Version, highest};
