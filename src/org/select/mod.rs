//! Which repositories a run treats, and why it leaves the others.
//!
//! Pure: [`Filters::judge`] decides by what a listing says of a [`Repository`], [`prefilter`] by the names of its files.

mod prefilter;
mod repository;

pub use prefilter::{Prefilter, prefilter};
pub use repository::{Owner, Repository};

use std::collections::BTreeMap;

use globset::{Glob, GlobSet, GlobSetBuilder};

/// What is left out. Everything empty: archived repositories, forks, templates and empty ones only.
#[derive(Debug, Clone, Default)]
pub struct Filters {
    /// Only names that match one of these, when there are any.
    pub include: Patterns,
    /// No names that match one of these.
    pub exclude: Patterns,
    /// Only those with one of these topics, when there are any.
    pub topics: Vec<String>,
    /// None with one of these topics.
    pub exclude_topics: Vec<String>,
    /// Only those whose main language is one of these, when there are any; case doesn't matter.
    pub languages: Vec<String>,
    /// Only those whose custom properties have these values.
    pub properties: BTreeMap<String, String>,
    /// `public`, `private` or `internal`.
    pub visibility: Option<String>,
    /// Archived ones, too. They can be scanned, never changed.
    pub archived: bool,
    /// Forks, too.
    pub forks: bool,
    /// Templates, too.
    pub templates: bool,
}

/// Why a repository is left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// Nobody can write to it.
    #[error("it is archived (take it with --archived)")]
    Archived,
    /// GitHub shut it.
    #[error("GitHub has disabled it")]
    Disabled,
    /// Its fixes belong where it comes from.
    #[error("it is a fork (take it with --forks)")]
    Fork,
    /// What is made of it has its own pull requests.
    #[error("it is a template (take it with --templates)")]
    Template,
    /// There is no commit.
    #[error("it is empty")]
    Empty,
    /// No pattern takes it.
    #[error("no pattern of --include matches its name")]
    NotIncluded,
    /// A pattern leaves it out.
    #[error("the pattern `{0}` of --exclude matches its name")]
    Excluded(String),
    /// It lacks the topics.
    #[error("it has none of the topics {0}")]
    Topics(String),
    /// A topic leaves it out.
    #[error("it has the topic `{0}` of --exclude-topic")]
    ExcludedTopic(String),
    /// Another language.
    #[error("its main language is {0}")]
    Language(String),
    /// Another value of a custom property.
    #[error("its property `{name}` is {value}")]
    Property {
        /// The property.
        name: String,
        /// What it is, in words.
        value: String,
    },
    /// Another visibility.
    #[error("it is {0}")]
    Visibility(String),
    /// No file that would be looked at.
    #[error("it holds no Terraform, no CloudFormation in JSON and no CDK application")]
    NoConfiguration,
    /// It says so itself.
    #[error("it opted out: {0}")]
    OptedOut(String),
}

impl Filters {
    /// Whether a repository is taken.
    pub fn judge(&self, repository: &Repository) -> Result<(), Skip> {
        self.name(repository)?;
        self.state(repository)?;
        self.about(repository)
    }

    fn name(&self, repository: &Repository) -> Result<(), Skip> {
        if let Some(pattern) = self.exclude.find(&repository.full_name) {
            return Err(Skip::Excluded(pattern.to_owned()));
        }
        if self.include.is_empty() || self.include.find(&repository.full_name).is_some() {
            Ok(())
        } else {
            Err(Skip::NotIncluded)
        }
    }

    fn state(&self, repository: &Repository) -> Result<(), Skip> {
        let skips = [
            (repository.disabled, Skip::Disabled),
            (repository.archived && !self.archived, Skip::Archived),
            (repository.fork && !self.forks, Skip::Fork),
            (repository.is_template && !self.templates, Skip::Template),
            (repository.is_empty(), Skip::Empty),
        ];
        skips.into_iter().find(|(applies, _)| *applies).map_or(Ok(()), |(_, skip)| Err(skip))
    }

    fn about(&self, repository: &Repository) -> Result<(), Skip> {
        let has = |topic: &&String| repository.topics.iter().any(|own| own == *topic);
        if let Some(topic) = self.exclude_topics.iter().find(has) {
            return Err(Skip::ExcludedTopic(topic.clone()));
        }
        if !self.topics.is_empty() && !self.topics.iter().any(|topic| has(&topic)) {
            return Err(Skip::Topics(self.topics.join(", ")));
        }
        let language = repository.language.as_deref().unwrap_or("unknown");
        if !self.languages.is_empty() && !self.languages.iter().any(|wanted| wanted.eq_ignore_ascii_case(language)) {
            return Err(Skip::Language(language.to_owned()));
        }
        if self.visibility.as_deref().is_some_and(|wanted| wanted != repository.visibility()) {
            return Err(Skip::Visibility(repository.visibility().to_owned()));
        }
        for (name, wanted) in &self.properties {
            if !repository.has_property(name, wanted) {
                let value = repository.property(name).unwrap_or_else(|| "not set".into());
                return Err(Skip::Property { name: name.clone(), value });
            }
        }
        Ok(())
    }
}

/// Patterns of names: `acme/*`, `*-infra`, `acme/{api,web}`. One without a slash is matched with the name alone. Case
/// doesn't matter, as on GitHub.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    texts: Vec<String>,
    set: GlobSet,
}

impl Patterns {
    /// Reads patterns.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let whole =
                if pattern.contains('/') { pattern.to_lowercase() } else { format!("*/{}", pattern.to_lowercase()) };
            set.add(
                Glob::new(&whole).map_err(|error| format!("`{pattern}` is no pattern of names: {}", error.kind()))?,
            );
        }
        let set = set.build().map_err(|error| format!("the patterns of names are too large: {error}"))?;
        Ok(Self { texts: patterns.to_vec(), set })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The first pattern that matches `owner/name`.
    pub fn find(&self, full_name: &str) -> Option<&str> {
        self.set.matches(full_name.to_lowercase()).first().map(|i| self.texts[*i].as_str())
    }
}

/// The names in a file: one a line, `owner/name` or GitHub's address of it; `#` begins a comment. An error says which line.
pub fn names(text: &str) -> Result<Vec<String>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut names = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let name = full_name(line).ok_or_else(|| {
            let shown = super::content::shown(line.as_bytes());
            format!("line {}: `{shown}` names no repository; write owner/name", i + 1)
        })?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// `owner/name` out of that or an address.
pub fn full_name(text: &str) -> Option<String> {
    let path = match text.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => text.strip_prefix("git@").map_or(Some(text), |rest| rest.split_once(':').map(|(_, path)| path))?,
    };
    let path = path.trim_end_matches('/');
    let (owner, name) = path.strip_suffix(".git").unwrap_or(path).split_once('/')?;
    let is_name = |text: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        !text.is_empty() && text.len() <= 100 && text.chars().all(known) && !matches!(text, "." | "..")
    };
    (is_name(owner) && is_name(name)).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests;
