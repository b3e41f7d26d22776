//! Override files: a change goes to the block that counts.

use super::Lowering;
use crate::model::Resource;
use crate::source::Span;
use crate::workspace::Tree;

impl Lowering<'_> {
    /// The block in which an argument or block of a resource counts: that of an override file, where one has it.
    pub(super) fn effective(&self, resource: &Resource, name: &str) -> Result<Option<Resource>, String> {
        let Some(entry) = resource.body.entry(name).filter(|entry| entry.span.file != resource.span.file) else {
            return Ok(None);
        };
        let id = entry.span.file;
        let file = self.workspace.project.file(id);
        let Tree::Hcl(document) = self.tree(id) else {
            return Err(format!("`{name}` is overridden in {}", file.display));
        };
        let holds = |range: &std::ops::Range<usize>| {
            range.start <= entry.span.start as usize && entry.span.end as usize <= range.end
        };
        let block = document.blocks().map(|(piece, _)| piece.range()).find(holds);
        let block = block.ok_or_else(|| format!("`{name}` is overridden in {}", file.display))?;
        if !file.editable {
            return Err(format!("{} is a symbolic link", file.display));
        }
        Ok(Some(Resource { span: Span::new(id, block), ..resource.clone() }))
    }
}
