//! The hidden marker in the text of a pull request: what it was made for, so that a later run knows it again.
//!
//! The marker is a comment of HTML with JSON in it. What stands outside of the marked part belongs to people and is kept.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

const BEGIN: &str = "<!-- terramend:begin ";
const END: &str = "<!-- terramend:end -->";

/// What a run wrote down about a pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The version of this format.
    pub version: u32,
    /// The group's name: `safe`, `review family encryption`.
    pub group: String,
    /// The scanned directory, relative to the repository; empty for the top.
    pub directory: String,
    /// The controls that it repairs.
    pub controls: BTreeSet<String>,
    /// The title that the run gave to it: another one is a person's, and stays.
    pub title: String,
    /// Whether terramend closed it itself: then that is nobody's refusal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// The version that this program writes.
pub const VERSION: u32 = 1;

impl Marker {
    /// The marked part of a text: the marker, what is said, and the end.
    pub fn wrap(&self, said: &str) -> String {
        // Strings serialise without failing, and no `>` ends the comment.
        let json = serde_json::to_string(self).unwrap_or_default().replace('>', "\\u003e");
        format!("{BEGIN}{json} -->\n{}\n{END}\n", said.trim_end())
    }

    /// The marker in a text; nothing when there is none, or one that this version can't read.
    pub fn find(text: &str) -> Option<Self> {
        let json = text.split_once(BEGIN)?.1.split_once(" -->")?.0;
        serde_json::from_str::<Self>(json).ok().filter(|marker| marker.version <= VERSION)
    }

    /// What is said in the marked part of a text.
    pub fn said(text: &str) -> Option<&str> {
        let (_, rest) = text.split_once(BEGIN)?;
        let (_, said) = rest.split_once(" -->")?;
        said.split_once(END).map(|(said, _)| said.trim())
    }
}

/// Puts a marked part in the place of the one in `text`; what people wrote around it is kept.
pub fn replace(text: &str, marked: &str) -> String {
    // GitHub's web editor ends lines with a carriage return.
    let Some((before, rest)) = text.split_once(BEGIN) else { return marked.to_owned() };
    let after = rest.split_once(END).map_or("", |(_, after)| after.trim_start_matches(['\r', '\n']));
    let kept = format!("{before}{marked}{after}");
    if kept.chars().count() > crate::report::markdown::fixes::LIMIT { marked.to_owned() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> Marker {
        Marker {
            version: VERSION,
            group: "safe".into(),
            directory: "a --> b".into(),
            controls: ["sqs-encryption".to_owned()].into(),
            title: "Fix <everything>".into(),
            closed: false,
        }
    }

    #[test]
    fn a_marker_is_found_again() {
        let text = marker().wrap("What it does.\n\n");
        assert_eq!(Marker::find(&text), Some(marker()));
        assert_eq!(Marker::find(&text.replace('\n', "\r\n")), Some(marker()), "as the web editor sends it");
        assert_eq!(text.matches("-->").count(), 2, "no text ends the comment: {text}");
        assert_eq!(Marker::said(&text), Some("What it does."));
        assert_eq!(Marker::find("a text of a person"), None);
        let newer = Marker { version: VERSION + 1, ..marker() };
        assert_eq!(Marker::find(&newer.wrap("x")), None, "the format of a later version isn't guessed");
    }

    #[test]
    fn what_people_wrote_around_it_is_kept() {
        let old = format!("Please merge after the freeze.\n{}cc the platform team\n", marker().wrap("old"));
        let new = replace(&old, &marker().wrap("new"));
        assert_eq!(new, format!("Please merge after the freeze.\n{}cc the platform team\n", marker().wrap("new")));
        assert_eq!(replace("no marker", &marker().wrap("new")), marker().wrap("new"));
    }
}
