//! A file as its top-level blocks, each kept while edits go around it.
//!
//! Between blocks at the top level there is nothing but blanks, line endings and comments, so what stands between two
//! that no edit touched can be parsed by itself. A block that an edit before it moved keeps its tree, and how far it
//! moved; it is parsed again where somebody must know every place in it.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use hcl_edit::Span as _;
use hcl_edit::structure::{Attribute, Block, Structure};

use super::{ParseError, parse_body, parse_shallow, too_deep};
use crate::edit::Replaced;

/// The top level of a file.
#[derive(Debug, Clone)]
pub struct Document {
    text: Arc<str>,
    pieces: Vec<Piece>,
}

/// A block or an argument at the top level.
#[derive(Debug)]
pub struct Piece {
    /// With the places that it had when it was parsed.
    structure: Arc<Structure>,
    /// By how many bytes it has moved since.
    shift: i32,
    /// With the places of now: parsed when it is asked for.
    here: OnceLock<Option<Box<Structure>>>,
}

impl Document {
    /// Parses a file's text.
    pub fn parse(text: &Arc<str>) -> Result<Self, ParseError> {
        let pieces = parse_body(text)?.into_iter().map(Piece::new).collect();
        Ok(Self { text: text.clone(), pieces })
    }

    /// The same after edits, which come in order of place: `text` is what they made of this one's.
    pub fn edited(&self, text: &Arc<str>, edits: &[Replaced]) -> Result<Self, ParseError> {
        let Some(pieces) = self.patched(text, edits) else { return Self::parse(text) };
        let new = Self { text: text.clone(), pieces };
        debug_assert!(Self::parse(text).is_ok_and(|whole| new.is_like(&whole)), "parsed in parts:\n{text}");
        Ok(new)
    }

    /// What stands at the top level, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The blocks among it.
    pub fn blocks(&self) -> impl Iterator<Item = (&Piece, &Block)> {
        self.pieces.iter().filter_map(|piece| Some((piece, piece.structure.as_block()?)))
    }

    /// The arguments among it, as files of values have them.
    pub fn attributes(&self) -> impl Iterator<Item = (&Piece, &Attribute)> {
        self.pieces.iter().filter_map(|piece| Some((piece, piece.structure.as_attribute()?)))
    }

    /// The pieces that another one of the same file doesn't have.
    pub fn apart_from<'d>(&'d self, other: &Self) -> impl Iterator<Item = &'d Piece> {
        let known: HashSet<_> = other.pieces.iter().map(|piece| Arc::as_ptr(&piece.structure)).collect();
        self.pieces.iter().filter(move |piece| !known.contains(&Arc::as_ptr(&piece.structure)))
    }

    /// A piece with all of its places as they are in the text.
    pub fn placed<'d>(&'d self, piece: &'d Piece) -> Option<&'d Structure> {
        if piece.shift == 0 {
            return Some(&piece.structure);
        }
        let parse = || parse_within(&self.text, piece.range())?.pop().map(Box::new);
        piece.here.get_or_init(parse).as_deref()
    }

    /// The same of a piece that is a block.
    pub fn placed_block<'d>(&'d self, piece: &'d Piece) -> Option<&'d Block> {
        self.placed(piece)?.as_block()
    }

    /// The block that spans exactly `range`, with its places.
    pub fn block_at(&self, range: &Range<usize>) -> Option<&Block> {
        self.placed_block(self.pieces.iter().find(|piece| piece.range() == *range)?)
    }

    /// What is left of the pieces, and what is new between them; nothing where a part can't be told from the rest.
    fn patched(&self, text: &str, edits: &[Replaced]) -> Option<Vec<Piece>> {
        // An argument's name must be the only one of its kind: the whole file tells.
        if self.attributes().next().is_some() {
            return None;
        }
        let mut edits = edits.iter().peekable();
        let mut pieces = Vec::with_capacity(self.pieces.len() + 4);
        // The end of the last piece that stays, in the new text; how far the edits moved what comes; how far they reach.
        let (mut from, mut shift, mut reach) = (0, 0, 0);
        let mut changed = false;
        for piece in &self.pieces {
            let old = piece.range();
            while let Some((range, new)) = edits.next_if(|(range, _)| range.end <= old.start || range.start < old.end) {
                shift += i64::try_from(*new).ok()? - i64::try_from(range.len()).ok()?;
                // One that ends before a piece leaves it as it is.
                reach = reach.max(range.end);
                changed = true;
            }
            if reach > old.start {
                continue;
            }
            let kept = piece.moved(i32::try_from(shift).ok()?)?;
            let new = kept.range();
            if changed {
                pieces.extend(between(text, from..new.start)?);
            }
            (from, changed) = (new.end, false);
            pieces.push(kept);
        }
        if changed || edits.next().is_some() {
            pieces.extend(between(text, from..text.len())?);
        }
        Some(pieces)
    }

    fn is_like(&self, other: &Self) -> bool {
        let same = |(a, b): (&Piece, &Piece)| a.range() == b.range() && a.structure == b.structure;
        self.pieces.len() == other.pieces.len() && self.pieces.iter().zip(&other.pieces).all(same)
    }
}

impl Piece {
    fn new(structure: Structure) -> Self {
        Self { structure: Arc::new(structure), shift: 0, here: OnceLock::new() }
    }

    /// The tree, with the places that it had when it was parsed.
    pub fn structure(&self) -> &Structure {
        &self.structure
    }

    /// By how many bytes it has moved since it was parsed.
    pub fn shift(&self) -> i32 {
        self.shift
    }

    /// Where it stands.
    pub fn range(&self) -> Range<usize> {
        let range = self.structure.span().unwrap_or_default();
        let moved = |at: usize| at.saturating_add_signed(self.shift as isize);
        moved(range.start)..moved(range.end)
    }

    /// Whether both are one that no edit touched.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.structure, &other.structure)
    }

    fn moved(&self, by: i32) -> Option<Self> {
        Some(Self { shift: self.shift.checked_add(by)?, ..Self::clone(self) })
    }
}

impl Clone for Piece {
    /// Its places are parsed anew: a copy may move.
    fn clone(&self) -> Self {
        Self { structure: self.structure.clone(), shift: self.shift, here: OnceLock::new() }
    }
}

/// The pieces between two others; nothing where a line or a comment of theirs reaches into it, or it isn't HCL.
fn between(text: &str, range: Range<usize>) -> Option<Vec<Piece>> {
    let part = text.get(range.clone())?;
    let first = part.lines().next().unwrap_or_default().trim();
    let is_apart = first.is_empty() || first.starts_with('#') || first.starts_with("//");
    let last = part.rsplit('\n').next().unwrap_or_default();
    let is_whole = range.end == text.len() || last.trim().is_empty() && (part.contains('\n') || range.start == 0);
    // What begins the file begins a line.
    if !(is_apart || range.start == 0) || !is_whole {
        return None;
    }
    Some(parse_within(text, range)?.into_iter().map(Piece::new).collect())
}

/// What stands in a part, with its places in the whole text: a comment stands for what comes before it.
fn parse_within(text: &str, range: Range<usize>) -> Option<Vec<Structure>> {
    let part = text.get(range.clone())?;
    if part.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut whole = String::with_capacity(range.end);
    // Parsers pass a comment over faster than blanks.
    let (open, close) = if range.start < 4 { ("", "") } else { ("/*", "*/") };
    whole.push_str(open);
    whole.extend(std::iter::repeat_n(' ', range.start - open.len() - close.len()));
    whole.push_str(close);
    whole.push_str(part);
    if too_deep(part.as_bytes()).is_some() {
        return None;
    }
    Some(parse_shallow(&whole).ok()?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# top\nresource \"a\" \"b\" {\n  x = 1\n}\n\n/* of c */\nresource \"a\" \"c\" {\n  y = 2\n}\n\
                        resource \"a\" \"d\" {\n  z = [3]\n}\n";

    fn before() -> Document {
        Document::parse(&TEXT.into()).expect("it is HCL")
    }

    /// The text with `old` replaced, the document that was parsed in parts, and that of the whole.
    fn edited(before: &Document, edits: &[(&str, &str)]) -> (Document, Document) {
        let mut text = TEXT.to_owned();
        let mut ranges = Vec::new();
        for (old, new) in edits {
            let at = TEXT.find(old).expect("it is there");
            ranges.push((at..at + old.len(), new.len()));
            text = text.replacen(old, new, 1);
        }
        let text: Arc<str> = text.into();
        let after = before.edited(&text, &ranges).expect("it is HCL");
        (after, Document::parse(&text).expect("it is HCL"))
    }

    fn kept(before: &Document, after: &Document) -> usize {
        after.pieces.len() - after.apart_from(before).count()
    }

    #[test]
    fn blocks_that_no_edit_touches_are_kept() {
        let before = before();
        let (parts, whole) = edited(&before, &[("x = 1", "x = 1\n  more = true")]);
        assert!(parts.is_like(&whole));
        assert_eq!(kept(&before, &parts), 2);
        let (parts, whole) =
            edited(&before, &[("\n/* of c */", "\nresource \"n\" \"n\" {}\n\n/* of c */"), ("[3]", "[3, 4]")]);
        assert!(parts.is_like(&whole));
        assert_eq!((kept(&before, &parts), parts.pieces.len()), (2, 4));
    }

    #[test]
    fn places_of_what_moved_are_those_in_the_text() {
        let before = before();
        let (parts, _) = edited(&before, &[("# top", "# another top")]);
        let piece = &parts.pieces[2];
        let block = parts.placed_block(piece).expect("it is a block");
        assert_eq!(
            &parts.text[block.span().expect("it has a place")],
            &TEXT[TEXT.find("resource \"a\" \"d\"").unwrap()..].trim_end().to_owned()
        );
        let z = block.body.get_attribute("z").and_then(|z| z.value.span()).expect("it has a place");
        assert_eq!(parts.text[z].trim(), "[3]");
        assert!(parts.block_at(&piece.range()).is_some());
    }

    #[test]
    fn an_edit_over_two_blocks_changes_both() {
        let before = before();
        let (parts, whole) =
            edited(&before, &[("2\n}\nresource \"a\" \"d\" {\n  z", "3\n}\nresource \"a\" \"e\" {\n  q")]);
        assert!(parts.is_like(&whole));
        assert_eq!(kept(&before, &parts), 1);
    }

    #[test]
    fn what_reaches_into_the_next_block_is_no_part() {
        let before = before();
        for (old, new) in
            [("/* of c */\n", "# of c "), ("}\n\n/*", "} /*"), ("/* of c */", "/* of c"), ("{\n  y", "{ y")]
        {
            let at = TEXT.find(old).expect("it is there");
            let text: Arc<str> = TEXT.replacen(old, new, 1).into();
            let parts = before.edited(&text, &[(at..at + old.len(), new.len())]);
            let whole = Document::parse(&text);
            match (parts, whole) {
                (Ok(parts), Ok(whole)) => assert!(parts.is_like(&whole), "{new}"),
                (parts, whole) => assert_eq!(parts.is_err(), whole.is_err(), "{new}"),
            }
        }
    }
}
