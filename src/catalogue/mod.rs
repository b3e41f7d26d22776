//! The catalogue: controls, each a page that is rule, documentation and test in one.
//!
//! The pages of `fixes/` are built into the program; a repository may add its own in `.terramend/fixes/`.

mod check;
mod constructs;
mod content;
mod control;
mod decided;
mod later;
mod names;
mod page;
mod profile;
mod prose;
mod pull_request;
mod reader;
mod scope;
mod settings;
mod together;
mod trivy;

use std::path::Path;

use include_dir::{Dir, include_dir};
use rayon::prelude::*;

pub use check::{Context, Failure, Verdict};
pub use constructs::{ConstructSpec, EscapeSpec};
pub use control::{Control, Declared, OptionSpec, Rule, Severity};
pub use page::{Example, ExampleKind, PageError};
pub use profile::{Profile, ProfileSpec, written};
pub use pull_request::{GroupBy, MergeMethod, PLACEHOLDERS, PullRequestSettings, branch_prefix, template};
pub use settings::{ALARMS, Settings, SettingsError};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/fixes");

/// The controls of a run, by id.
#[derive(Debug, Default)]
pub struct Catalogue {
    controls: Vec<Control>,
    quiet: Vec<Control>,
}

impl Catalogue {
    /// The controls that are built in.
    pub fn built_in() -> Result<Self, PageError> {
        let mut pages = Vec::new();
        collect(&BUILT_IN, &mut pages);
        let read = |(name, text)| Control::built_in(name, text);
        Self::of(pages.into_par_iter().map(read).collect::<Result<_, _>>()?)
    }

    /// The built-in controls and those of a directory of pages, which may replace built-in ones by id.
    pub fn with_directory(directory: &Path) -> Result<Self, PageError> {
        let mut catalogue = Self::built_in()?;
        let mut pages = Vec::new();
        read_pages(directory, &mut pages)?;
        let own = Self::from_pages(pages.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect())?;
        for control in own.controls {
            catalogue.controls.retain(|old| old.id != control.id);
            catalogue.controls.push(control);
        }
        catalogue.sort();
        Ok(catalogue)
    }

    /// Controls from the texts of their pages.
    pub fn from_pages(pages: Vec<(&str, &str)>) -> Result<Self, PageError> {
        let read = |(name, text)| Control::parse(name, text);
        Self::of(pages.into_par_iter().map(read).collect::<Result<_, _>>()?)
    }

    fn of(controls: Vec<Control>) -> Result<Self, PageError> {
        let mut catalogue = Self { controls, quiet: Vec::new() };
        catalogue.sort();
        for pair in catalogue.controls.windows(2) {
            if pair[0].id == pair[1].id {
                return Err(PageError::new(
                    &pair[1].page,
                    1,
                    format!("the id `{}` is taken by {}", pair[1].id, pair[0].page),
                ));
            }
        }
        Ok(catalogue)
    }

    fn sort(&mut self) {
        self.controls.sort_by(|a, b| a.id.cmp(&b.id));
    }

    /// All controls, sorted by id.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// A control by its id, or by the id that another tool gives to it.
    pub fn find(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|c| c.id == id).or_else(|| self.controls.iter().find(|c| c.has_alias(id)))
    }

    /// Keeps the controls for which `keep` holds.
    pub fn retain(&mut self, keep: impl Fn(&Control) -> bool) {
        self.controls.retain(keep);
    }

    /// Sets apart the controls that are quiet, unless the settings ask for them.
    pub fn set_quiet_apart(&mut self, settings: &Settings) {
        let is_quiet = |control: &Control| control.is_quiet(settings.profile) && !settings.asks_for(control);
        let quiet = self.controls.extract_if(.., |control| is_quiet(control));
        self.quiet.extend(quiet);
    }

    /// What was set apart: nothing of it is reported as a finding or fixed.
    pub fn quiet(&self) -> &[Control] {
        &self.quiet
    }

    /// The ids nearest to a mistyped one.
    pub fn suggest(&self, id: &str) -> Vec<&str> {
        nearest(id, self.controls.iter().map(|control| control.id.as_str()))
    }
}

/// The names most like a mistyped one.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let mut near: Vec<(f32, &str)> = known
        .map(|known| (similar::TextDiff::from_chars(name, known).ratio(), known))
        .filter(|(ratio, _)| *ratio > 0.6)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, known)| known).collect()
}

fn collect<'a>(directory: &'a Dir<'a>, pages: &mut Vec<(&'a str, &'a str)>) {
    for file in directory.files() {
        let path = file.path().to_str().unwrap_or_default();
        if let (true, Some(text)) = (is_page(file.path()), file.contents_utf8()) {
            pages.push((path, text));
        }
    }
    directory.dirs().for_each(|inner| collect(inner, pages));
}

/// Pages are Markdown; an index (README.md) is none.
fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "md") && path.file_stem().is_some_and(|s| s != "README")
}

fn read_pages(directory: &Path, pages: &mut Vec<(String, String)>) -> Result<(), PageError> {
    let failed = |path: &Path, error: std::io::Error| PageError::new(&path.display().to_string(), 0, error.to_string());
    let mut entries: Vec<_> = std::fs::read_dir(directory)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(directory, error))?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            read_pages(&path, pages)?;
        } else if is_page(&path) {
            let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, error))?;
            pages.push((path.display().to_string(), text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_pages_are_as_if_they_were_read_at_once() {
        let catalogue = Catalogue::built_in().unwrap();
        assert!(catalogue.controls().len() > 100);
        for later in catalogue.controls() {
            let at_once = Control::parse(&later.page, &later.text).unwrap();
            assert_eq!(format!("{later:?}"), format!("{at_once:?}"));
        }
    }
}
