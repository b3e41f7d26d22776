//! The backends as the engine sees them: each function finds out which one a file or a project belongs to.
//!
//! A backend turns files into the model and changes into byte edits. It is recognised by the syntax tree of a file and
//! by the language of a project.

use std::cell::OnceCell;

use rayon::prelude::*;

use crate::cdk;
use crate::cloudformation;
use crate::diagnostic::Diagnostic;
use crate::discover::{Discovery, Found, is_terraform, read, read_candidate};
use crate::edit::{Edit, EditSet, Replaced};
use crate::finding::Suppression;
use crate::fix::Change;
use crate::model::{self, InstanceId, Resource};
use crate::program::Language;
use crate::source::{SourceFile, Syntax};
use crate::suppress::{self, Comments};
use crate::terraform;
use crate::workspace::{Group, Loaded, Lowered, Parsed, Tree, Workspace};

/// Parses one file by its name; nothing when it holds no configuration.
pub fn parse(file: SourceFile) -> Result<Option<Parsed>, Diagnostic> {
    match Language::of(&file.path) {
        _ if is_terraform(file.name()) => terraform::parse(file).map(Some),
        Some(language) => Ok(cdk::parse(language, file)),
        None => cloudformation::parse(file),
    }
}

/// Parses one file after edits; `before` is its tree without them.
pub fn parse_edited(file: SourceFile, before: &Tree, edits: &[Replaced]) -> Result<Option<Parsed>, Diagnostic> {
    if is_terraform(file.name()) { terraform::parse_edited(file, before, edits).map(Some) } else { parse(file) }
}

/// Reads and parses everything that was discovered, in parallel, and groups it.
pub fn load(discovery: Discovery) -> Loaded {
    let mut diagnostics = discovery.diagnostics;
    let results: Vec<Result<Option<Parsed>, Diagnostic>> = discovery.files.par_iter().map(read_and_parse).collect();
    let mut parsed = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Ok(file) => parsed.extend(file),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let mut loaded = Loaded { groups: group(parsed), diagnostics, files: 0 };
    for assembly in discovery.assemblies {
        let (group, said) = cdk::Loader::load(&assembly.path, &assembly.display, assembly.app);
        loaded.groups.extend(group);
        loaded.diagnostics.extend(said);
    }
    loaded.files = loaded.groups.iter().map(|group| group.parsed.len()).sum();
    loaded
}

fn read_and_parse(found: &Found) -> Result<Option<Parsed>, Diagnostic> {
    let name = found.display.rsplit('/').next().unwrap_or_default();
    let file = if is_terraform(name) { Some(read(found)?) } else { read_candidate(found)? };
    file.map_or(Ok(None), parse)
}

/// Groups files by what refers to what.
pub fn group(parsed: Vec<Parsed>) -> Vec<Group> {
    let (templates, others) = parsed.into_iter().partition(|p| matches!(p.tree, Tree::Template(_)));
    let mut groups = terraform::group(others);
    groups.extend(cloudformation::group(templates));
    groups
}

/// Builds the model of a group.
pub fn build(group: Group) -> Workspace {
    let is_template = |parsed: &Parsed| matches!(parsed.tree, Tree::Template(_));
    if group.parsed.iter().any(is_template) { cloudformation::build(group) } else { terraform::build(group) }
}

/// Lowers the changes of a fix to edits: all of them or none. `only` says for which uses of the module, when not for all.
pub fn lower(workspace: &Workspace, changes: &[Change], only: Option<Vec<InstanceId>>) -> Result<Lowered, String> {
    match workspace.project.language {
        model::Language::Terraform => terraform::lower::lower(workspace, changes, only),
        model::Language::CloudFormation if changes.iter().any(|change| is_of_program(workspace, change)) => {
            cdk::lower(workspace, changes)
        }
        model::Language::CloudFormation => cloudformation::lower::lower(workspace, changes, only.as_deref()),
    }
}

/// Whether a change is made in the program that makes a template.
fn is_of_program(workspace: &Workspace, change: &Change) -> bool {
    match change {
        Change::SetInCall { .. } => true,
        Change::EditStatement { resource, .. } | Change::RewriteStatements { resource, .. } => {
            workspace.project.resource(*resource).origin.is_some()
        }
        _ => false,
    }
}

/// What keeps the lines around edits as the language's formatter leaves them.
pub fn align(workspace: &Workspace, edits: &EditSet) -> Vec<Edit> {
    match workspace.project.language {
        model::Language::Terraform => terraform::lower::align(workspace, edits),
        model::Language::CloudFormation => Vec::new(),
    }
}

/// What silences findings in the files of a workspace: the comments of each, read when a finding in it asks for them.
pub struct Suppressions<'w> {
    workspace: &'w Workspace,
    comments: Vec<OnceCell<Comments>>,
}

impl<'w> Suppressions<'w> {
    /// Those of a workspace.
    pub fn of(workspace: &'w Workspace) -> Self {
        Self { workspace, comments: vec![OnceCell::new(); workspace.project.files.len()] }
    }

    fn comments(&self, i: usize) -> &Comments {
        let file = &self.workspace.project.files[i];
        let read = || match &self.workspace.trees[i] {
            Tree::Program(program) => suppress::comments(&file.text, || program.comments()),
            // JSON has none: a template's metadata is read where it stands.
            _ if file.syntax() == Syntax::Json => Comments::default(),
            _ => suppress::comments(&file.text, || crate::hcl::comments(&file.text)),
        };
        self.comments[i].get_or_init(read)
    }

    /// What silences a control for a resource. `is_meant` says whether an id means the control.
    pub fn find(&self, resource: &Resource, is_meant: impl Fn(&str) -> bool) -> Option<Suppression> {
        let workspace = self.workspace;
        let id = resource.span.file;
        let file = workspace.project.file(id);
        match workspace.project.language {
            model::Language::Terraform => {
                suppress::find(file, self.comments(id.0 as usize), resource.span.range(), is_meant)
            }
            model::Language::CloudFormation => {
                let tree = &workspace.trees[id.0 as usize];
                cloudformation::suppress::find(file, tree, resource.span, &is_meant).or_else(|| {
                    let (at, statement) = cdk::statement(workspace, resource)?;
                    suppress::find(&workspace.project.files[at], self.comments(at), statement, is_meant)
                })
            }
        }
    }
}
