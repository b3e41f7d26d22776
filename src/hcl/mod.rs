//! HCL as a language: parsing with byte spans, and evaluation as far as values are known.
//!
//! Terraform files and the pages of the catalogue are both HCL; they differ only in what names mean, which is a
//! [`Scope`]. Parsing is for spans: nothing is ever encoded back from the tree.

mod comments;
mod document;
mod evaluate;
mod failure;
mod functions;
mod loops;
mod repeated_keys;
mod templates;
mod traverse;

pub use comments::{comments, comments_above};
pub use document::{Document, Piece};
pub use evaluate::{Bindings, Names, Scope, Step, evaluate, literal};
pub use functions::{FUNCTIONS, set};
pub use loops::turns;
pub use repeated_keys::MESSAGE as REPEATED_KEY;
pub use templates::value as template;

use hcl_edit::structure::Body;

/// Why a text is not HCL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What the parser expected.
    pub message: String,
    /// Byte offset in the text.
    pub offset: usize,
}

/// Brackets nested deeper than this are refused before parsing: no configuration has them, and parsers recurse.
const MAX_DEPTH: usize = 200;

/// Parses a body.
pub fn parse_body(text: &str) -> Result<Body, ParseError> {
    if let Some(offset) = too_deep(text.as_bytes()) {
        return Err(ParseError { message: format!("brackets nested more than {MAX_DEPTH} deep"), offset });
    }
    parse_shallow(text)
}

/// Parses a body that isn't too deep.
fn parse_shallow(text: &str) -> Result<Body, ParseError> {
    hcl_edit::parser::parse_body(text).or_else(|error| {
        let refused = || ParseError { message: error.message().to_owned(), offset: error.location().offset() };
        repeated_keys::parse(text, &error).ok_or_else(refused)
    })
}

/// The offset at which brackets are nested deeper than parsers can take, strings and comments counted too: an upper bound.
pub fn too_deep(text: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    for (offset, byte) in text.iter().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(offset);
                }
            }
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
