//! What an organisation decides for all of its repositories, and what one of them may decide for itself.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::catalogue::{Catalogue, GroupBy, PullRequestSettings, Settings, Severity};
use crate::fix::Grade;
use crate::publish::{Scope, github};

/// Catalogues that are kept: most repositories have the same settings.
const MOST_KEPT: usize = 16;

/// The name of a repository's own file.
const OWN: &str = ".terramend.hcl";

/// The policy of a run.
pub struct Policy {
    /// The central settings, in the language of `.terramend.hcl`.
    pub settings: Settings,
    /// Controls that no repository may switch off.
    pub required: Vec<String>,
    /// Only findings of this severity and above.
    pub severity: Option<Severity>,
    /// Only these controls, or all.
    pub controls: Vec<String>,
    /// A directory of pages besides the built-in ones.
    pub pages: Option<std::path::PathBuf>,
    catalogues: Mutex<HashMap<String, Arc<Catalogue>>>,
}

/// The settings of one repository, and what goes with them.
pub struct Effective {
    /// The settings.
    pub settings: Settings,
    /// The controls.
    pub catalogue: Arc<Catalogue>,
    /// What the repository asked for and doesn't get.
    pub refused: Vec<String>,
}

impl Policy {
    /// A policy. Controls may be named as other tools call them.
    pub fn new(
        text: Option<&str>,
        pages: Option<&Path>,
        required: &[String],
        controls: &[String],
        severity: Option<Severity>,
    ) -> anyhow::Result<Self> {
        let catalogue = read(pages)?;
        let settings = text.map_or_else(|| Ok(Settings::default()), |text| Settings::parse(text, &catalogue))?;
        let id = |name: &String| match catalogue.find(name) {
            Some(control) => Ok(control.id.clone()),
            None => anyhow::bail!("there is no control `{name}` (see `terramend controls`)"),
        };
        Ok(Self {
            settings,
            required: required.iter().map(id).collect::<anyhow::Result<_>>()?,
            controls: controls.iter().map(id).collect::<anyhow::Result<_>>()?,
            severity,
            pages: pages.map(Path::to_owned),
            catalogues: Mutex::default(),
        })
    }

    /// What holds in the repository at `root`. Its own pages are not read: they would say themselves what is safe.
    pub fn of(&self, root: &Path) -> anyhow::Result<Effective> {
        let whole = self.catalogue(None)?;
        let (settings, mut refused) = Settings::load(root, &whole)?.below(&self.settings, &self.required);
        if root.join(".terramend").join("fixes").is_dir() {
            refused.push("pages in .terramend/fixes: runs over the organisation use the policy's".into());
        }
        Ok(Effective { catalogue: self.catalogue(Some(&settings))?, settings, refused })
    }

    /// The controls under some settings; all without.
    fn catalogue(&self, settings: Option<&Settings>) -> anyhow::Result<Arc<Catalogue>> {
        let key = format!("{settings:?}");
        let mut kept = self.catalogues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(catalogue) = kept.get(&key) {
            return Ok(Arc::clone(catalogue));
        }
        let mut catalogue = read(self.pages.as_deref())?;
        if let Some(settings) = settings {
            if self.controls.is_empty() {
                catalogue.set_quiet_apart(settings);
            } else {
                catalogue.retain(|control| self.controls.contains(&control.id));
            }
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        let catalogue = Arc::new(catalogue);
        kept.insert(key, Arc::clone(&catalogue));
        Ok(catalogue)
    }

    /// Whether everything is asked for, so that what isn't found any more is done.
    pub fn is_whole(&self) -> bool {
        self.controls.is_empty() && self.severity.is_none()
    }
}

fn read(pages: Option<&Path>) -> anyhow::Result<Catalogue> {
    Ok(match pages {
        Some(directory) => Catalogue::with_directory(directory)?,
        None => Catalogue::built_in()?,
    })
}

/// Where a repository's own settings stand, for messages.
pub fn own_file() -> &'static str {
    OWN
}

/// How pull requests are made under some settings.
pub fn options(settings: &PullRequestSettings, whole: bool) -> github::Options {
    let scope = Scope::new(settings, "");
    github::Options {
        base: settings.base.clone(),
        branch_prefix: scope.branch_prefix,
        directory: String::new(),
        labels: settings.labels.clone(),
        reviewers: settings.reviewers.clone(),
        team_reviewers: settings.team_reviewers.clone(),
        max_open: settings.max,
        auto_merge: settings.auto_merge,
        closing: None,
        fork: None,
        closes: whole.then_some(if scope.grade == Grade::Safe { Grade::Safe } else { Grade::Review }),
    }
}

/// The scope of proposals under some settings.
pub fn scope(settings: &PullRequestSettings) -> Scope {
    let scope = Scope::new(settings, "");
    // Fewer pull requests are better ones: a part for each module only when asked.
    Scope { by: settings.group_by.unwrap_or(GroupBy::Repository), ..scope }
}
