//! Reading the files of a source, in whatever language: what can't be read is a refusal, never passed over.

use tree_sitter::Tree;

use super::super::lower::{fault, refused, text};
use super::super::report::RefusalKind;
use super::Evaluator;

impl<'s> Evaluator<'s> {
    /// The text of a file of the source. Until it is read whole it counts as one that gives nothing: imports go in circles.
    pub(in super::super) fn text_of(&mut self, file: &str) -> Option<&'s str> {
        let content = self.source.files.get(file)?;
        self.loaded.insert(file.to_owned(), None);
        text(file, content).map_err(|refusal| self.refusals.insert(refusal)).ok()
    }

    /// A file's tree, unless it is too deep to be read.
    pub(in super::super) fn readable(&mut self, tree: Option<Tree>, file: &str) -> Option<Tree> {
        let unparsable = || refused(RefusalKind::Unparsable, file, "the file can't be parsed");
        let found = tree.as_ref().map_or_else(|| Some(unparsable()), |tree| fault(tree, file));
        let is_deep = found.as_ref().is_some_and(|fault| fault.kind == RefusalKind::TooLarge);
        self.refusals.extend(found);
        tree.filter(|_| !is_deep)
    }
}
