//! Names for the constructs that a patch speaks of, and statements about them.

use super::patcher::{Patcher, call_at};
use super::{Place, below, given, scope};
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
        let spoken_of = given::spoken_of(content.properties.iter().map(|(_, value)| value).chain(&content.below));
        for (property, value) in &content.properties {
            for made in value.made().into_iter().filter(|made| *made != own) {
                let here = scope::statement(self.call).ok_or("the call stands in no block")?;
                let kept = other(self.place, workspace, made).and_then(|other| {
                    let is_before = scope::later(&other, here, source) == Some(here);
                    is_before
                        .then(|| other.name.clone())
                        .ok_or_else(|| format!("`{}` isn't there before the call", other.name))
                });
                let written = self.writer.property(property);
                let given = || given::name(self.place, workspace, self.call, made, (&written, &spoken_of));
                let name = kept.or_else(|reason| given().ok_or(reason))?;
                self.writer.hold(made, name);
            }
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
            if made == own {
                continue;
            }
            match other(self.place, workspace, made) {
                Ok(other) => {
                    self.writer.hold(made, other.name.clone());
                    others.push(other);
                }
                // What the function is given is there everywhere in it.
                Err(reason) => {
                    let given = given::name(self.place, workspace, self.call, made, ("", &[]));
                    self.writer.hold(made, given.ok_or(reason)?);
                }
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
}

/// The variable of another construct of the program, in the same file.
pub(super) fn other<'p>(
    place: &Place<'p>,
    workspace: &'p Workspace,
    made: ResourceId,
) -> Result<scope::Kept<'p>, String> {
    let resource = workspace.project.resource(made);
    let what = || resource.origin.as_ref().map_or_else(|| resource.address(), |origin| origin.construct.to_string());
    let at = Place::of(workspace, resource).map_err(|reason| format!("{}: {reason}", what()))?;
    if at.id != place.id {
        return Err(format!("{} is made in another file, {}", what(), at.file.display));
    }
    let call = call_at(place.program, &at.call.range)?;
    scope::kept(call, &place.file.text).ok_or_else(|| format!("no variable holds {}", what()))
}
