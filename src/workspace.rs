//! What backends and the engine hand to each other: files with their trees, groups of them as a model, and edits.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::cdk::Assembly;
use crate::diagnostic::Diagnostic;
use crate::edit::Edit;
use crate::fix::Change;
use crate::hcl::Document;
use crate::iam::policies::Policies;
use crate::iam::scope::Derivations;
use crate::json;
use crate::model::{InstanceId, Project, ResourceId};
use crate::program::Program;
use crate::source::{FileId, SourceFile, Span};

/// The syntax tree of a file.
#[derive(Debug)]
pub enum Tree {
    /// Terraform's native syntax.
    Hcl(Document),
    /// Terraform's JSON syntax.
    Json(json::Node),
    /// A CloudFormation template.
    Template(json::Node),
    /// A program that makes templates.
    Program(Program),
}

/// A file and its tree.
#[derive(Debug)]
pub struct Parsed {
    /// The file.
    pub file: SourceFile,
    /// Its tree.
    pub tree: Tree,
}

/// Files that refer to each other, in one language.
#[derive(Debug, Default)]
pub struct Group {
    /// The files.
    pub parsed: Vec<Parsed>,
    /// The cloud assembly that they belong to.
    pub assembly: Option<Arc<Assembly>>,
}

impl From<Vec<Parsed>> for Group {
    fn from(parsed: Vec<Parsed>) -> Self {
        Self { parsed, assembly: None }
    }
}

/// A group as a model: judged and fixed on its own.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The model; its language says which backend made it.
    pub project: Project,
    /// The trees, by file.
    pub trees: Vec<Tree>,
    /// The cloud assembly that the files belong to.
    pub assembly: Option<Arc<Assembly>>,
    /// What was worked out for functions: kept, because reading their source takes longer than all else.
    pub derivations: Derivations,
    /// Policies that were read.
    pub policies: Policies,
    /// Statements of policies (the resource that holds them, their place) that this run has changed in the program: the
    /// templates still have what it said before.
    pub rewritten: BTreeSet<(ResourceId, Span)>,
}

/// What one directory tree holds.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The groups, in order of their first directory.
    pub groups: Vec<Group>,
    /// What could not be read or parsed.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were parsed.
    pub files: usize,
}

/// A path in a block that an edit changes: the place where verification allows a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The file.
    pub file: FileId,
    /// The block's header without quotes: `resource aws_s3_bucket uploads`.
    pub block: String,
    /// The dotted path in it.
    pub path: String,
    /// What other fixes may do to the block at the same time.
    pub shared: Sharing,
}

/// What fixes may do to one block at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nothing: one fix changes it.
    Alone,
    /// All only add to a list, maybe the same one.
    List,
    /// Each adds a part of its own below the others, or an element to a list of its own.
    Below,
    /// One adds arguments, and others parts below.
    Above,
}

/// Something that the module has once, whoever asks for it.
#[derive(Debug, Clone)]
pub struct Common {
    /// Its header without quotes.
    pub header: String,
    /// What adds it.
    pub change: Change,
    /// The edits of this fix alone.
    pub edits: Vec<Edit>,
}

/// The edits of a fix and what they amount to.
#[derive(Debug, Clone, Default)]
pub struct Lowered {
    /// In order.
    pub edits: Vec<Edit>,
    /// Insertions into a list; equal ones of other fixes are the same.
    pub joint: Vec<Edit>,
    /// What other fixes may ask for, too.
    pub common: Vec<Common>,
    /// Where existing blocks change.
    pub touched: Vec<Touched>,
    /// Headers of the blocks that are added.
    pub added: Vec<String>,
    /// Resources whose arguments change, with the paths.
    pub updated: Vec<(ResourceId, Vec<String>)>,
    /// Resources that are created: address and the resource that they stand below.
    pub created: Vec<(String, ResourceId)>,
    /// Copies among those: the new address and that of what was copied.
    pub copies: Vec<(String, String)>,
    /// Whether what is to be written stands in the program already: the template is older.
    pub settled: bool,
    /// Statements that change in a program, by the resource that holds them and their place in its template.
    pub rewritten: Vec<(ResourceId, Span)>,
    /// Resources that are taken away, with the headers of their blocks.
    pub deleted: Vec<(String, ResourceId)>,
    /// Why the fix needs a look at the callers, if it does.
    pub shared: Option<String>,
    /// What speaks for the present state in the source itself: a comment that explains a value, or holds what would be
    /// added.
    pub decided: Option<String>,
    /// The uses of the module that change, when not all do.
    pub only: Option<Vec<InstanceId>>,
}

impl Lowered {
    /// All edits of the fix, when it goes alone.
    pub fn all_edits(&self) -> impl Iterator<Item = &Edit> {
        self.edits.iter().chain(&self.joint).chain(self.common.iter().flat_map(|common| &common.edits))
    }
}
