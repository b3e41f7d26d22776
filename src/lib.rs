//! terramend finds serverless security mistakes in Terraform, CloudFormation and CDK, and fixes them byte-exactly.
//!
//! The flow is: [`discover`], parse and load ([`backend`]), judge by the [`catalogue`], choose and apply fixes
//! ([`engine`]), verify, report. ARCHITECTURE.md has the picture.

/// Where the project is: what links in reports and pull requests lead to.
pub const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub mod backend;
pub mod catalogue;
pub mod cdk;
pub mod cli;
pub mod cloudformation;
pub mod cost;
pub mod diagnostic;
pub mod discover;
pub mod edit;
pub mod effects;
pub mod engine;
pub mod examples;
pub mod finding;
pub mod fix;
pub mod fixers;
pub mod hcl;
pub mod iam;
pub mod json;
pub mod model;
pub mod network;
#[cfg(feature = "github")]
pub mod org;
pub mod program;
pub mod publish;
pub mod report;
pub mod reported;
pub mod review;
pub mod source;
pub mod suppress;
pub mod terraform;
pub mod verify;
pub mod workspace;
