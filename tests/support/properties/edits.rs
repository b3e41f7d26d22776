//! Edits: bytes outside of them stay, conflicts are refused, inversion restores.

use proptest::prelude::*;
use terramend::edit::{Edit, EditSet};
use terramend::source::{FileId, Span};

const FILE: FileId = FileId(0);
const OTHER: FileId = FileId(7);

/// A piece of a text that stays, and what replaces the piece after it.
#[derive(Debug, Clone)]
struct Piece {
    kept: String,
    old: String,
    new: String,
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    // Few characters, of all lengths, so that pieces are alike and often empty.
    let text = "[aé€\u{1F600}\n\r{}]{0,4}";
    prop::collection::vec((text, text, text).prop_map(|(kept, old, new)| Piece { kept, old, new }), 0..8)
}

/// The text before and after, and the edits that lead from one to the other.
fn texts(pieces: &[Piece], tail: &str) -> (String, String, Vec<Edit>) {
    let (mut before, mut after, mut edits) = (String::new(), String::new(), Vec::new());
    for Piece { kept, old, new } in pieces {
        before.push_str(kept);
        after.push_str(kept);
        let start = before.len();
        before.push_str(old);
        after.push_str(new);
        edits.push(Edit::replace(Span::new(FILE, start..before.len()), new.clone()));
    }
    (before + tail, after + tail, edits)
}

proptest! {
    #![proptest_config(crate::config(256))]

    #[test]
    fn bytes_outside_of_edits_stay(pieces in pieces(), tail in "[a-c\n]{0,3}") {
        let (before, after, edits) = texts(&pieces, &tail);
        let mut set = EditSet::default();
        prop_assert!(set.accept(&edits));
        prop_assert_eq!(set.apply(FILE, &before), after);
        // Another file has none of them.
        prop_assert_eq!(set.apply(OTHER, &before), before);
        prop_assert_eq!(set.files(), if edits.is_empty() { vec![] } else { vec![FILE] });
    }

    #[test]
    fn inversion_restores(pieces in pieces(), tail in "[a-c\n]{0,3}") {
        let (before, after, edits) = texts(&pieces, &tail);
        let mut set = EditSet::default();
        prop_assert!(set.accept(&edits));
        let inverse = set.invert(FILE, &before);
        prop_assert_eq!(inverse.apply(FILE, &after), before.clone());
        // And the inverse of the inverse does it again.
        prop_assert_eq!(inverse.invert(FILE, &after).apply(FILE, &before), after);
    }

    #[test]
    fn the_order_of_arrival_is_nothing(pieces in pieces(), keys in prop::collection::vec(any::<u32>(), 8)) {
        // Insertions at one place do stand in order of arrival: keep the places apart.
        let pieces: Vec<Piece> = pieces.into_iter().map(|p| Piece { kept: p.kept + "|", ..p }).collect();
        let (before, after, edits) = texts(&pieces, "|");
        let mut order: Vec<usize> = (0..edits.len()).collect();
        order.sort_by_key(|i| keys[*i]);
        let mut set = EditSet::default();
        for i in order {
            prop_assert!(set.accept(std::slice::from_ref(&edits[i])));
        }
        prop_assert_eq!(set.apply(FILE, &before), after);
    }

    #[test]
    fn a_group_with_a_conflict_is_refused_whole(
        length in 3..60_usize,
        first in (0..60_usize, 1..60_usize),
        second in (0..60_usize, 0..60_usize),
        elsewhere in 0..60_usize,
    ) {
        let text = "x".repeat(length);
        let range = |(start, size): (usize, usize)| {
            let start = start % length;
            start..(start + size).min(length)
        };
        let (a, b) = (range(first), range(second));
        let mut set = EditSet::default();
        prop_assert!(set.accept(&[Edit::replace(Span::new(FILE, a.clone()), "<a>")]));
        let once = set.apply(FILE, &text);
        let harmless = Edit::insert(OTHER, elsewhere % length, "!");
        let taken = set.accept(&[harmless, Edit::replace(Span::new(FILE, b.clone()), "<b>")]);
        // They share a byte, or the insertion stands strictly inside the replaced range.
        let shared = a.clone().any(|byte| b.contains(&byte));
        let inside = b.is_empty() && a.start < b.start && b.start < a.end;
        prop_assert_eq!(taken, !shared && !inside, "{:?} {:?}", a, b);
        // The same in one group.
        let both = [(a, "<a>"), (b, "<b>")].map(|(range, text)| Edit::replace(Span::new(FILE, range), text));
        let mut together = EditSet::default();
        prop_assert_eq!(together.accept(&both), taken, "{:?}", both);
        if taken {
            prop_assert_eq!(set.files(), vec![FILE, OTHER]);
        } else {
            prop_assert_eq!(set.apply(FILE, &text), once);
            prop_assert_eq!(set.files(), vec![FILE]);
        }
    }
}
