//! Which files of a repository matter, by their paths.

use crate::discover;

/// Directories that hold downloaded or generated code, at any depth.
const SKIPPED: [&str; 3] = [".git", ".terraform", "node_modules"];

/// Ends of the names that source code, documents and templates have which configuration reads or points to.
const AROUND: [&str; 24] = [
    ".cjs",
    ".cts",
    ".graphql",
    ".hcl",
    ".ini",
    ".js",
    ".json",
    ".jsx",
    ".mjs",
    ".mts",
    ".py",
    ".sh",
    ".sql",
    ".template",
    ".tf",
    ".tftpl",
    ".tfvars",
    ".toml",
    ".tpl",
    ".ts",
    ".tsx",
    ".txt",
    ".yaml",
    ".yml",
];

/// Names that matter whatever they end in.
const NAMES: [&str; 6] = [".gitignore", ".ignore", "cdk.out", "Dockerfile", "Gemfile", "Pipfile"];

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relevance {
    /// Nothing that is looked at.
    None,
    /// Read because configuration points to it.
    Around,
    /// Terraform, a template, or a CDK application: a repository without any of these needs no look.
    Configuration,
}

/// What the file at `path` is for. Paths are relative to the repository, with `/`.
pub fn relevance(path: &str) -> Relevance {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    if parts.any(|directory| SKIPPED.contains(&directory)) {
        return Relevance::None;
    }
    if discover::is_terraform(name) || discover::is_json(name) || name == "cdk.json" || name == "cdk.out" {
        return Relevance::Configuration;
    }
    let around = NAMES.contains(&name) || AROUND.iter().any(|end| name.ends_with(end));
    if around { Relevance::Around } else { Relevance::None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_paths() {
        for (path, expected) in [
            ("main.tf", Relevance::Configuration),
            ("infra/prod.tfvars", Relevance::Configuration),
            ("stacks/orders.template", Relevance::Configuration),
            ("cdk.json", Relevance::Configuration),
            ("app/cdk.out/manifest.json", Relevance::Configuration),
            ("package.json", Relevance::Around),
            (".terraform.lock.hcl", Relevance::Around),
            (".terramend.hcl", Relevance::Around),
            ("src/handler.py", Relevance::Around),
            (".gitignore", Relevance::Around),
            (".terraform/modules/a/main.tf", Relevance::None),
            ("web/node_modules/a/b.json", Relevance::None),
            ("logo.png", Relevance::None),
            (".#main.tf", Relevance::Around),
            ("main.tf~", Relevance::None),
        ] {
            assert_eq!(relevance(path), expected, "{path}");
        }
    }
}
