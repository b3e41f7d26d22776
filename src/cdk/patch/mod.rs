//! Sets properties in the calls of a program: only what is written there is read, and only insertions and the
//! replacement of literals are made.
//!
//! Every refusal is a sentence. What stands there already is told apart from what can't be written: then the template
//! is older than the program.

mod below;
mod escape;
mod frame;
mod given;
mod imports;
mod inner;
mod list;
mod naming;
mod patcher;
mod python;
mod scope;
mod statement;
mod typescript;
mod write;

use std::ops::Range;
use std::sync::Arc;

pub use self::frame::frame;
use self::patcher::Patcher;
use super::source;
use crate::fix::Change;
use crate::model::{CallKey, CallSite, Project, Resource};
use crate::program::Program;
use crate::source::{FileId, SourceFile};
use crate::workspace::{Lowered, Sharing, Touched, Tree, Workspace};

/// Lowers what a fix sets in calls; its other changes say what becomes of the template.
pub fn lower(workspace: &Workspace, changes: &[Change]) -> Result<Lowered, String> {
    let mut out = Lowered::default();
    let (mut set, mut settled) = (0, 0);
    for change in changes {
        match change {
            Change::SetInCall { resource, content } => {
                let resource = workspace.project.resource(*resource);
                let place = Place::of(workspace, resource)?;
                let done = Patcher::run(workspace, &place, resource.id, content)?;
                set += 1;
                settled += usize::from(done.edits.is_empty());
                place.finish(done, &mut out);
                out.shared = out.shared.take().or_else(|| place.shared(&workspace.project));
            }
            Change::Set { resource, content } => out.updated.push((*resource, content.paths())),
            _ => {}
        }
    }
    let (statements, done) = statement::lower(workspace, changes, &mut out)?;
    (set, settled) = (set + statements, settled + done);
    out.settled = set == settled;
    Ok(out)
}

/// The statement with the call that makes a resource: the file among the workspace's, and its bytes up to the end of the
/// last line.
pub fn statement(workspace: &Workspace, resource: &Resource) -> Option<(usize, Range<usize>)> {
    const BLOCKS: [&str; 6] = ["program", "module", "statement_block", "block", "class_body", "switch_case"];
    let place = Place::of(workspace, resource).ok()?;
    let range = &place.call.range;
    let mut node = place.program.root().descendant_for_byte_range(range.start, range.end)?;
    while node.parent().is_some_and(|parent| !BLOCKS.contains(&parent.kind())) {
        node = node.parent()?;
    }
    let end = crate::source::line_end(&place.file.text, node.end_byte());
    Some((place.id.0 as usize, node.start_byte()..end))
}

/// A call in a program.
pub(super) struct Place<'w> {
    pub(super) file: &'w SourceFile,
    pub(super) id: FileId,
    pub(super) program: &'w Program,
    pub(super) call: source::Call,
    /// The class of the construct: `aws-cdk-lib.aws_sqs.Queue`.
    pub(super) class: Arc<str>,
    site: CallSite,
}

impl<'w> Place<'w> {
    fn of(workspace: &'w Workspace, resource: &Resource) -> Result<Self, String> {
        let origin = resource.origin.as_ref().ok_or("no program makes it")?;
        let site = origin.call.as_ref().map_err(Clone::clone)?;
        let class = origin.class.clone().ok_or("the construct tree doesn't know it")?;
        let files = &workspace.project.files;
        let at = files.iter().position(|file| file.display == site.file);
        let at = at.ok_or_else(|| format!("{} isn't here", site.file))?;
        let Tree::Program(program) = &workspace.trees[at] else { return Err(format!("{} is no program", site.file)) };
        let file = &files[at];
        if !file.editable {
            return Err(format!("{} is a symbolic link", file.display));
        }
        let calls = source::calls(program, &file.text);
        let call = source::find(&calls, &site.key).cloned();
        let call = call.ok_or_else(|| format!("the call is not in {} any more", file.display))?;
        Ok(Self { file, id: FileId(at as u32), program, call, class, site: site.clone() })
    }

    /// What the call is called among what changes.
    fn name(&self) -> String {
        call_name(&self.site.key)
    }

    fn finish(&self, done: Done, out: &mut Lowered) {
        let touch = |block: String, path: &str, joint: bool| {
            let shared = if joint { Sharing::List } else { Sharing::Alone };
            Touched { file: self.id, block, path: path.to_owned(), shared }
        };
        for name in &done.properties {
            // Two fixes never set one property at a time.
            out.touched.push(touch(format!("{} {name}", self.name()), name, false));
        }
        if !done.properties.is_empty() {
            out.touched.push(touch(self.name(), "", done.joint));
        }
        out.touched.extend(done.inner.iter().map(|name| touch(name.clone(), "", done.joint)));
        if !done.imports.is_empty() {
            out.touched.push(touch("imports".into(), "", done.joint_imports));
        }
        if done.joint {
            out.joint.extend(done.edits);
        } else {
            out.edits.extend(done.edits);
        }
        out.decided = out.decided.take().or(done.decided);
        if done.joint_imports { out.joint.extend(done.imports) } else { out.edits.extend(done.imports) }
    }

    /// How many resources of the type the call makes, when it makes several.
    fn shared(&self, project: &Project) -> Option<String> {
        let is_same = |resource: &&Resource| {
            let origin = resource.origin.as_ref();
            origin.is_some_and(|origin| {
                let same = origin.call.as_ref().is_ok_and(|site| *site == self.site);
                same && origin.class.as_ref() == Some(&self.class)
            })
        };
        let mut constructs: Vec<_> =
            project.resources.iter().filter(is_same).filter_map(|r| Some(&r.origin.as_ref()?.construct)).collect();
        constructs.sort();
        constructs.dedup();
        let count = constructs.len();
        (count > 1)
            .then(|| format!("the call makes {count} constructs ({} and others): all of them change", constructs[0]))
    }
}

/// What a call is called among what changes.
fn call_name(key: &CallKey) -> String {
    format!("{}({})#{}", key.class, key.id, key.nth)
}

/// What a patch amounts to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) edits: Vec<crate::edit::Edit>,
    /// Whether all edits are insertions beside which others may stand.
    pub(super) joint: bool,
    pub(super) imports: Vec<crate::edit::Edit>,
    pub(super) joint_imports: bool,
    /// Names of the properties that change.
    pub(super) properties: Vec<String>,
    /// The call that belongs to the construct and changes, when that makes a construct by its looks.
    pub(super) inner: Option<String>,
    /// What a comment says for a value that changes.
    pub(super) decided: Option<String>,
}
