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

    /// Where a built-in page can be read as this release holds it; nothing for a page of the user's own, which stands in his
    /// repository.
    pub fn address(&self) -> Option<String> {
        // Built-in pages have paths below `fixes/`; the user's own lie in a directory of theirs.
        let is_built_in = !self.page.contains(".terramend") && !self.page.starts_with(['/', '.']);
        let version = env!("CARGO_PKG_VERSION");
        is_built_in.then(|| format!("{}/blob/v{version}/fixes/{}", crate::REPOSITORY, self.page))
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

    #[test]
    fn every_built_in_page_has_an_address_in_the_release_and_no_other_has_one() {
        let start = format!("{}/blob/v{}/", env!("CARGO_PKG_REPOSITORY"), env!("CARGO_PKG_VERSION"));
        assert!(start.starts_with("https://github.com/"), "{start}");
        for control in Catalogue::built_in().unwrap().controls() {
            let address = control.address().unwrap();
            let path = address.strip_prefix(&start).unwrap();
            assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path).is_file(), "{address}");
        }
        let page = "# A\n\nB.\n\n```hcl control\nid = \"a-b\"\nfamily = \"access\"\nseverity = \"low\"\n\nterraform \"aws_sqs_queue\" {\n  pass = self.name != null\n  message = \"x\"\n}\n```\n\n## Why\n\nC.\n";
        for path in [".terramend/fixes/a-b.md", "/srv/acme/.terramend/fixes/a-b.md", "../a-b.md"] {
            let own = Catalogue::from_pages(vec![(path, page)]).unwrap();
            assert_eq!(own.find("a-b").unwrap().address(), None, "{path}");
        }
    }
}
