//! Python packages that were installed into a folder: downloaded code, as what is in `node_modules/`.
//!
//! An installer leaves `NAME-VERSION.dist-info` beside the package's own directory (Python packaging: "Recording installed
//! projects").

use std::ffi::OsStr;

/// What a directory holds as installed.
pub(super) struct Installed(Vec<String>);

impl Installed {
    /// By the names of the directory's entries.
    pub(super) fn among<'a>(names: impl Iterator<Item = &'a OsStr>) -> Self {
        let recorded = names.filter_map(|name| name.to_str()?.strip_suffix(".dist-info"));
        Self(recorded.map(|record| record.split('-').next().unwrap_or(record).to_lowercase()).collect())
    }

    /// Whether the directory of that name was installed.
    pub(super) fn has(&self, name: &OsStr) -> bool {
        !self.0.is_empty()
            && name.to_str().is_some_and(|name| {
                name.ends_with(".dist-info") || self.0.iter().any(|package| name.eq_ignore_ascii_case(package))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_what_was_installed() {
        let names = ["botocore-1.31.57.dist-info", "PyYAML-6.0.dist-info", "botocore", "infra"].map(OsStr::new);
        let installed = Installed::among(names.into_iter());
        let has = |name: &str| installed.has(OsStr::new(name));
        assert!(has("botocore") && has("pyyaml") && has("botocore-1.31.57.dist-info"));
        assert!(!has("infra") && !has("boto"));
        assert!(!Installed::among(["botocore", "a.egg-info"].map(OsStr::new).into_iter()).has(OsStr::new("botocore")));
    }
}
