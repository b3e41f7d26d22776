//! The Terraform backend: from files to the model, and from changes to byte edits.
//!
//! It knows syntax and Terraform's rules; it never knows a control.

mod build;
mod calls;
mod declare;
mod files;
pub mod lower;
mod outputs;
mod provider;
mod scope;
mod types;
mod watched;

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::edit::Replaced;
use crate::hcl::{Document, ParseError};
use crate::source::{SourceFile, Syntax};
use crate::workspace::{Parsed, Tree};

pub use build::build;
pub use declare::group;

/// Parses one file.
pub fn parse(file: SourceFile) -> Result<Parsed, Diagnostic> {
    parse_with(file, Document::parse)
}

/// Parses a file after edits: what none of them touched is taken from the tree that was there before.
pub fn parse_edited(file: SourceFile, before: &Tree, edits: &[Replaced]) -> Result<Parsed, Diagnostic> {
    match before {
        Tree::Hcl(before) => parse_with(file, |text| before.edited(text, edits)),
        Tree::Json(_) | Tree::Template(_) | Tree::Program(_) => parse(file),
    }
}

fn parse_with(
    file: SourceFile,
    hcl: impl FnOnce(&Arc<str>) -> Result<Document, ParseError>,
) -> Result<Parsed, Diagnostic> {
    let tree = match file.syntax() {
        Syntax::Hcl => hcl(&file.text).map(Tree::Hcl).map_err(|error| {
            let (message, hint) = if error.message.contains(crate::hcl::REPEATED_KEY) {
                // Keys that are names are no error: the last one counts.
                let message = "an object has the same expression as a key twice, which can't be read here".to_owned();
                (message, "Terraform takes the last one: remove the first; the other files were analysed")
            } else {
                let message = format!("not valid HCL: {}", error.message.replace('\n', "; "));
                (message, "`terraform validate` names the fault; the other files were analysed")
            };
            Diagnostic::error(&*file.display, message, hint).at(file.position(error.offset as u32))
        })?,
        Syntax::Json => crate::json::parse(&file.text).map(Tree::Json).map_err(|(message, offset)| {
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
