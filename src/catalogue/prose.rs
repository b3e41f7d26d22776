//! What a page says to people, apart from rule and examples.

use super::Control;

impl Control {
    /// The sentence on the risk below the page's title; the title where there is none.
    pub fn summary(&self) -> &str {
        let below = self.text.split_once("\n## ").map_or(&*self.text, |(below, _)| below);
        let before = below.split_once("\n```").map_or(below, |(before, _)| before);
        match before.trim().trim_start_matches(['#', ' ']).split_once('\n').map(|(_, text)| text.trim()) {
            Some(text) if !text.is_empty() => text,
            _ => &self.title,
        }
    }

    /// What the page tells people, without rule and examples: why, what a deploy does, when not to.
    pub fn prose(&self) -> &str {
        let start = self.text.find("\n## ").map_or(self.text.len(), |at| at + 1);
        let prose = &self.text[start..];
        let end = if prose.starts_with("## Examples") { Some(0) } else { prose.find("\n## Examples") };
        let prose = prose[..end.unwrap_or(prose.len())].trim();
        if prose.is_empty() { self.summary() } else { prose }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;

    #[test]
    fn every_page_has_a_summary_and_prose() {
        for control in Catalogue::built_in().unwrap().controls() {
            assert!(control.summary().len() > 10 && !control.summary().contains("```"), "{}", control.id);
            assert!(control.prose().starts_with("## Why"), "{}: {}", control.id, control.prose());
            assert!(!control.prose().contains("```hcl bad"), "{}", control.id);
        }
    }
}
