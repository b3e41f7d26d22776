//! The fixes that go together in one round.
//!
//! Two fixes never change one block or add one thing in the same round, with four exceptions: plain insertions into one
//! list stand beside each other, blocks of different names below one another and below the arguments that one fix adds,
//! and what a module has once (a key, a data source) is added once for all who ask.

use std::collections::BTreeSet;

use super::judge::Judged;
use crate::backend::{align, lower};
use crate::edit::EditSet;
use crate::fix::{Change, Fix};
use crate::fixers::order;
use crate::model::{ModuleId, ResourceId};
use crate::source::FileId;
use crate::workspace::{Lowered, Sharing, Workspace};

/// Fixes that go together, with their edits.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) edits: EditSet,
    pub(super) chosen: Vec<usize>,
    changed: BTreeSet<(FileId, String)>,
    extended: BTreeSet<(FileId, String)>,
    /// Blocks with the names of what is put below in them.
    longer: BTreeSet<(FileId, String, String)>,
    /// Blocks that get arguments.
    wider: BTreeSet<(FileId, String)>,
    added: BTreeSet<(ModuleId, String)>,
    /// What is made in an order: the resource that it belongs to, and its address.
    ordered: Vec<(ResourceId, String)>,
    shared: Vec<((ModuleId, String), Change)>,
}

impl Batch {
    /// Takes a fix whole, or refuses it: then it waits for the next round.
    pub(super) fn take(&mut self, workspace: &Workspace, i: usize, judged: &Judged<'_>) -> bool {
        let Ok((fix, Some(lowered))) = &judged.fix else { return false };
        let project = &workspace.project;
        let ordered = || lowered.created.iter().filter(|(address, _)| order::matters(address));
        // What is made in an order: the second fix must know what the first adds.
        let Ok(waiting) = self.behind_others(workspace, fix, lowered, ordered()) else { return false };
        let module = project.instance(project.resource(judged.resource).instance).module;
        let Some(shared) = self.with_shared(module, lowered) else { return false };
        let touched = |shared: Sharing| lowered.touched.iter().filter(move |touched| touched.shared == shared);
        let blocks = |shared: Sharing| touched(shared).map(|touched| (touched.file, touched.block.clone()));
        let parts =
            || touched(Sharing::Below).map(|touched| (touched.file, touched.block.clone(), touched.path.clone()));
        let own = |header: &&String| !lowered.common.iter().any(|common| common.header == **header);
        let added: Vec<_> = lowered.added.iter().filter(own).map(|header| (module, header.clone())).collect();
        let taken = blocks(Sharing::Alone).any(|block| self.is_changed(&block) || self.is_extended(&block))
            || [Sharing::List, Sharing::Below, Sharing::Above]
                .into_iter()
                .flat_map(blocks)
                .any(|b| self.is_changed(&b))
            || blocks(Sharing::Above).any(|block| self.wider.contains(&block))
            || parts().any(|part| self.longer.contains(&part) || self.is_shared(&part))
            || added.iter().any(|header| self.is_added(header));
        let mut edits = waiting.as_ref().unwrap_or(lowered).edits.clone();
        edits.extend(lowered.joint.iter().filter(|edit| !self.edits.contains(edit)).cloned());
        if taken || !self.edits.accept(&edits) {
            return false;
        }
        self.changed.extend(blocks(Sharing::Alone));
        self.extended.extend(blocks(Sharing::List));
        self.longer.extend(parts());
        self.wider.extend(blocks(Sharing::Above));
        self.added.extend(added);
        self.ordered.extend(ordered().map(|(address, below)| (*below, address.clone())));
        self.shared = shared;
        self.chosen.push(i);
        true
    }

    /// A fix that adds what comes behind additions of others, with that order; nothing when none is before it. An error
    /// when it can't go in this round.
    fn behind_others<'l>(
        &self,
        workspace: &Workspace,
        fix: &Fix,
        lowered: &Lowered,
        ordered: impl Iterator<Item = &'l (String, ResourceId)>,
    ) -> Result<Option<Lowered>, ()> {
        let mut waiting = None;
        for (_, below) in ordered {
            let pending: Vec<&str> =
                self.ordered.iter().filter(|(other, _)| other == below).map(|(_, address)| address.as_str()).collect();
            if pending.is_empty() {
                continue;
            }
            if waiting.is_some() {
                return Err(());
            }
            let changes = order::behind(&workspace.project, &fix.changes, *below, &pending).ok_or(())?;
            waiting = Some(lower(workspace, &changes, lowered.only.clone()).map_err(|_| ())?);
        }
        Ok(waiting)
    }

    fn is_changed(&self, block: &(FileId, String)) -> bool {
        self.changed.contains(block)
    }

    fn is_extended(&self, block: &(FileId, String)) -> bool {
        self.extended.contains(block)
            || self.wider.contains(block)
            || self.longer.iter().any(|(file, header, _)| (*file, header.as_str()) == (block.0, block.1.as_str()))
    }

    /// Whether an argument of a block is one that all fixes of the round write together.
    fn is_shared(&self, (_, block, path): &(FileId, String, String)) -> bool {
        self.shared.iter().any(|((_, header), _)| {
            header.strip_prefix(block.as_str()).and_then(|rest| rest.strip_prefix(' ')) == Some(path)
        })
    }

    fn is_added(&self, header: &(ModuleId, String)) -> bool {
        self.added.contains(header) || self.shared.iter().any(|(known, _)| known == header)
    }

    /// What the module has once, with what this fix asks for; nothing when that contradicts what others ask for.
    fn with_shared(&self, module: ModuleId, lowered: &Lowered) -> Option<Vec<((ModuleId, String), Change)>> {
        let mut all = self.shared.clone();
        for common in &lowered.common {
            let key = (module, common.header.clone());
            let is_written = |(_, block, path): &(FileId, String, String)| format!("{block} {path}") == common.header;
            if self.added.contains(&key) || self.longer.iter().any(is_written) {
                return None;
            }
            match all.iter_mut().find(|(known, _)| *known == key) {
                Some((_, change)) => *change = change.united(&common.change)?,
                None => all.push((key, common.change.clone())),
            }
        }
        Some(all)
    }

    /// Writes what the module has once, and keeps lines aligned. What can't be written is missed by verification.
    pub(super) fn close(&mut self, workspace: &Workspace) {
        // Data sources first, as people write them.
        let is_data = |change: &Change| matches!(change, Change::AddData { .. });
        let (data, resources): (Vec<_>, Vec<_>) = self.shared.iter().partition(|(_, change)| is_data(change));
        for (_, change) in data.into_iter().chain(resources) {
            if let Ok(lowered) = lower(workspace, std::slice::from_ref(change), None) {
                let edits: Vec<_> = lowered.all_edits().cloned().collect();
                self.edits.accept(&edits);
            }
        }
        let moved = align(workspace, &self.edits);
        self.edits.accept(&moved);
    }
}
