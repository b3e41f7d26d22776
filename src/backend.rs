//! The backends as the engine sees them: each function finds out which one a file or a project belongs to.
//!
//! A backend turns files into the model and changes into byte edits. It is recognised by the syntax tree of a file and
//! by the language of a project.

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::discover::{Discovery, Found, read};
use crate::finding::Suppression;
use crate::fix::Change;
use crate::model::{InstanceId, Resource};
use crate::source::SourceFile;
use crate::terraform;
use crate::workspace::{Loaded, Lowered, Parsed, Workspace};

/// Parses one file.
pub fn parse(file: SourceFile) -> Result<Parsed, Diagnostic> {
    terraform::parse(file)
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
    Loaded { groups: terraform::group(parsed), diagnostics, files }
}

/// Builds the model of a group.
pub fn build(group: Vec<Parsed>) -> Workspace {
    terraform::build(group)
}

/// Lowers the changes of a fix to edits: all of them or none. `only` says for which uses of the module, when not for all.
pub fn lower(workspace: &Workspace, changes: &[Change], only: Option<Vec<InstanceId>>) -> Result<Lowered, String> {
    terraform::lower::lower(workspace, changes, only)
}

/// What silences findings in the files of a workspace.
pub struct Suppressions(Vec<terraform::suppress::Comments>);

impl Suppressions {
    /// Reads them, once for all findings.
    pub fn of(workspace: &Workspace) -> Self {
        Self(workspace.project.files.iter().map(terraform::suppress::comments).collect())
    }

    /// What silences a control for a resource. `is_meant` says whether an id means the control.
    pub fn find(
        &self,
        workspace: &Workspace,
        resource: &Resource,
        is_meant: impl Fn(&str) -> bool,
    ) -> Option<Suppression> {
        let file = workspace.project.file(resource.span.file);
        let comments = &self.0[resource.span.file.0 as usize];
        terraform::suppress::find(file, comments, resource.span, is_meant)
    }
}
