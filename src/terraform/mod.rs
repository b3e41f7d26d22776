//! The Terraform backend: from files to the model, and from changes to byte edits.
//!
//! It knows syntax and Terraform's rules; it never knows a control.

mod build;
mod declare;
pub mod json;
pub mod lower;
mod scope;
pub mod suppress;
mod versions;

use hcl_edit::structure::Body;
use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::discover::{Discovery, Found, read};
use crate::model::Project;
use crate::source::{SourceFile, Syntax};

pub use build::build;
pub use versions::{NEWEST, highest};

/// The syntax tree of a file.
#[derive(Debug)]
pub enum Tree {
    /// Native syntax.
    Hcl(Box<Body>),
    /// JSON syntax.
    Json(json::Node),
}

/// A file and its tree.
#[derive(Debug)]
pub struct Parsed {
    /// The file.
    pub file: SourceFile,
    /// Its tree.
    pub tree: Tree,
}

/// A group of modules that refer to each other: loaded, judged and fixed on its own.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The model.
    pub project: Project,
    /// The trees, by file.
    pub trees: Vec<Tree>,
}

/// What one directory tree holds.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The groups, in order of their first directory.
    pub groups: Vec<Vec<Parsed>>,
    /// What could not be read or parsed.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were parsed.
    pub files: usize,
}

/// Parses one file.
pub fn parse(file: SourceFile) -> Result<Parsed, Diagnostic> {
    let tree = match file.syntax() {
        Syntax::Hcl => crate::hcl::parse_body(&file.text).map(|body| Tree::Hcl(Box::new(body))).map_err(|error| {
            Diagnostic::error(
                &*file.display,
                format!("not valid HCL: {}", error.message.replace('\n', "; ")),
                "`terraform validate` names the fault; the other files were analysed",
            )
            .at(file.position(error.offset as u32))
        })?,
        Syntax::Json => json::parse(&file.text).map(Tree::Json).map_err(|(message, offset)| {
            Diagnostic::error(
                &*file.display,
                format!("not valid JSON: {message}"),
                "Terraform's JSON syntax is plain JSON",
            )
            .at(file.position(offset as u32))
        })?,
    };
    Ok(Parsed { file, tree })
}

/// Reads and parses everything that was discovered, in parallel, and groups it.
pub fn load(discovery: Discovery) -> Loaded {
    let mut diagnostics = discovery.diagnostics;
    let results: Vec<Result<Parsed, Diagnostic>> =
        discovery.files.par_iter().map(|found: &Found| read(found).and_then(parse)).collect();
    let mut parsed = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Ok(file) => parsed.push(file),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let files = parsed.len();
    Loaded { groups: declare::group(parsed), diagnostics, files }
}
