//! Programs as text with exact places: TypeScript, JavaScript and Python, parsed by tree-sitter.
//!
//! Nothing is executed, and nothing is known here of what the programs make.

mod expression;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use tree_sitter::{Node, Parser, Tree};

pub use expression::parse as parse_expression;

/// Nodes nested deeper than this are not looked at.
const MAX_DEPTH: usize = 400;

/// The languages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// TypeScript.
    TypeScript,
    /// With tags; JavaScript too.
    Tsx,
    /// Python.
    Python,
}

/// A parsed file.
#[derive(Debug, Clone)]
pub struct Program {
    /// What it is written in.
    pub language: Language,
    /// Its text.
    pub text: Arc<str>,
    /// Its nodes.
    pub tree: Tree,
}

impl Language {
    /// By the file's name; nothing for other files.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" | "js" | "mjs" | "cjs" => Some(Self::Tsx),
            "py" => Some(Self::Python),
            _ => None,
        }
    }

    /// Parses a text; what is wrong in it becomes an error node.
    pub fn parse(self, text: &Arc<str>) -> Option<Program> {
        Some(Program { language: self, tree: self.tree(text)?, text: text.clone() })
    }

    /// The syntax tree of a text.
    pub fn tree(self, text: &str) -> Option<Tree> {
        let language = match self {
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
            Self::Python => tree_sitter_python::LANGUAGE,
        };
        tree(language, text)
    }
}

/// The syntax tree of a text in a grammar.
pub fn tree(grammar: impl Into<tree_sitter::Language>, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&grammar.into()).ok()?;
    parser.parse(text, None)
}

impl Program {
    /// The whole file.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// The comments, in order.
    pub fn comments(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        each(self.root(), &mut |node| {
            if node.kind() == "comment" {
                found.push(node.byte_range());
            }
        });
        found.sort_by_key(|range| range.start);
        found
    }
}

/// Visits every node below one.
pub fn each<'t>(node: Node<'t>, visit: &mut dyn FnMut(Node<'t>)) {
    let mut open = vec![(node, 0)];
    while let Some((node, depth)) = open.pop() {
        visit(node);
        if depth < MAX_DEPTH {
            let mut cursor = node.walk();
            open.extend(node.children(&mut cursor).map(|child| (child, depth + 1)));
        }
    }
}

/// The named nodes right below one, without comments.
pub fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|node| node.kind() != "comment").collect()
}

/// The text of a node.
pub fn text<'s>(node: Node<'_>, source: &'s str) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// Where a node starts: line and column in bytes, from 1.
pub fn start(node: Node<'_>) -> (usize, usize) {
    (node.start_position().row + 1, node.start_position().column + 1)
}

/// A name as Python writes it, by jsii's rule, which is botocore's for the names of operations and waiters: `enforceSSL` is
/// `enforce_ssl`, `DBInstanceAvailable` `db_instance_available`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in letters.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| letters[i]);
        let after = letters.get(i + 1);
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() && before != '_' || after.is_some_and(|after| after.is_lowercase())
            });
        if begins && !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// A name of a template as CDK's bare classes write it: `SSEAlgorithm` is `sseAlgorithm`.
pub fn camel_case(name: &str) -> String {
    let snake = snake_case(name);
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut out, word| {
        let mut letters = word.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_python() {
        for (name, expected) in [
            ("encryption", "encryption"),
            ("enforceSSL", "enforce_ssl"),
            ("minimumTLSVersion", "minimum_tls_version"),
            ("blockPublicAccess", "block_public_access"),
            ("DBInstanceAvailable", "db_instance_available"),
            ("fromAliasName", "from_alias_name"),
            ("s3OriginConfig", "s3_origin_config"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
    #[test]
    fn names_of_bare_classes() {
        for (name, expected) in [
            ("SqsManagedSseEnabled", "sqsManagedSseEnabled"),
            ("SSEAlgorithm", "sseAlgorithm"),
            ("KMSMasterKeyID", "kmsMasterKeyId"),
            ("EnableIAMDatabaseAuthentication", "enableIamDatabaseAuthentication"),
        ] {
            assert_eq!(camel_case(name), expected);
        }
    }
}
