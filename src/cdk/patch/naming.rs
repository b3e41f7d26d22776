//! Names for the constructs that a patch speaks of, and statements about them.

use super::patcher::{Patcher, call_at};
use super::{Place, below, scope};
use crate::model::{CallContent, ProgramDraft, ResourceId};
use crate::workspace::Workspace;

impl<'p> Patcher<'p> {
    /// Finds names for the constructs that are written of, and writes the statements about them.
    pub(super) fn name(
        &mut self,
        workspace: &'p Workspace,
        own: ResourceId,
        content: &CallContent,
    ) -> Result<(), String> {
        let source = &self.place.file.text;
        let inside = content.properties.iter().flat_map(|(_, value)| value.made()).filter(|made| *made != own);
        for made in inside {
            let other = self.other(workspace, made)?;
            let here = scope::statement(self.call).ok_or("the call stands in no block")?;
            if scope::later(&other, here, source) != Some(here) {
                return Err(format!("`{}` isn't there before the call", other.name));
            }
            self.writer.hold(made, other.name);
        }
        if content.below.is_empty() { Ok(()) } else { self.below(workspace, own, &content.below) }
    }

    /// Writes statements about the construct.
    fn below(&mut self, workspace: &'p Workspace, own: ResourceId, statements: &[ProgramDraft]) -> Result<(), String> {
        let source = &self.place.file.text;
        let (kept, introduced) = match scope::kept(self.call, source) {
            Some(kept) => (kept, None),
            None => scope::introduce(self.place, self.call).map(|(kept, edit)| (kept, Some(edit)))?,
        };
        self.writer.hold(own, kept.name.clone());
        let mut uses_own = false;
        let mut others = Vec::new();
        for made in statements.iter().flat_map(ProgramDraft::made) {
            uses_own |= made == own;
            if made != own {
                let other = self.other(workspace, made)?;
                self.writer.hold(made, other.name.clone());
                others.push(other);
            }
        }
        let at = below::anchor(&kept, &others, source)?;
        let mut written = false;
        for value in statements {
            let Some(edit) = below::write(self.place, &mut self.writer, at, value)? else { continue };
            self.done.edits.push(edit);
            value.ids().iter().for_each(|id| self.touch(id));
            written = true;
        }
        if let Some(edit) = introduced.filter(|_| written && uses_own) {
            self.done.edits.push(edit);
            self.done.joint = false;
        }
        if written && self.done.properties.is_empty() {
            self.touch("below");
        }
        Ok(())
    }

    /// The variable of another construct of the program.
    fn other(&self, workspace: &'p Workspace, made: ResourceId) -> Result<scope::Kept<'p>, String> {
        let resource = workspace.project.resource(made);
        let what =
            || resource.origin.as_ref().map_or_else(|| resource.address(), |origin| origin.construct.to_string());
        let place = Place::of(workspace, resource).map_err(|reason| format!("{}: {reason}", what()))?;
        if place.id != self.place.id {
            return Err(format!("{} is made in another file, {}", what(), place.file.display));
        }
        let call = call_at(self.place.program, &place.call.range)?;
        scope::kept(call, &self.place.file.text).ok_or_else(|| format!("no variable holds {}", what()))
    }
}
