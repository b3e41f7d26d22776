//! Which versions of the provider know a type and its arguments, and which releases of a published module have an input:
//! looked up for everything that a fix writes, so that nothing is written that the module's versions don't know.
//!
//! The data is generated (see its first line). What it doesn't list is not judged.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::fix::Change;
use crate::model::{DraftBody, Project, ResourceId, Version};

/// How many inputs make a set that no other module has by chance. All releases of the published modules with as many have
/// one that is no other's.
const DISTINCT: usize = 12;

/// The published modules, each with its inputs and the releases that have them. Their own modules (`//modules/...`) have few.
static MODULES: LazyLock<Vec<(&str, HashMap<&str, Span>)>> = LazyLock::new(|| {
    let modules = TABLE.iter().filter_map(|(kind, known)| Some((kind.strip_prefix("module:")?, known)));
    let modules = modules.filter(|(name, _)| !name.contains("//"));
    modules.map(|(name, known)| (name, cells(known.inner).map(|(cell, _)| Span::split(cell)).collect())).collect()
});

/// The published module of which a release has exactly these inputs: whoever declares them holds a copy of it.
pub fn module_with(inputs: &BTreeSet<String>) -> Option<&'static str> {
    if inputs.len() < DISTINCT {
        return None;
    }
    let release_has = |known: &HashMap<&str, Span>, version: Version| {
        let has: Vec<&str> = known.iter().filter(|(_, span)| span.has(version)).map(|(name, _)| *name).collect();
        has.len() == inputs.len() && has.iter().all(|name| inputs.contains(*name))
    };
    let fits = |known: &HashMap<&str, Span>| {
        inputs.iter().all(|input| known.contains_key(input.as_str()))
            && releases(known).into_iter().any(|version| release_has(known, version))
    };
    let mut fitting = MODULES.iter().filter(|(_, known)| fits(known)).map(|(name, _)| *name);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// The releases in which a module's inputs change, and the newest.
fn releases(known: &HashMap<&str, Span>) -> BTreeSet<Version> {
    let changes = known.values().flat_map(|span| span.runs());
    let next = |last: Version| match last.minor {
        u32::MAX => Version { major: last.major + 1, minor: 0 },
        minor => Version { minor: minor + 1, ..last },
    };
    let changes = changes.flat_map(|(first, last)| first.into_iter().chain(last.map(next)));
    changes.chain([Version { major: 0, minor: 0 }, Version::UNBOUNDED]).collect()
}

/// Arguments that every block has.
const META: [&str; 8] = ["count", "for_each", "provider", "providers", "depends_on", "lifecycle", "source", "version"];

/// The lines of both tables by type.
static TABLE: LazyLock<HashMap<&str, Known>> = LazyLock::new(|| {
    let lines = include_str!("providers.tsv").lines().chain(include_str!("modules.tsv").lines());
    let rows = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    rows.map(|(head, inner)| {
        let (kind, span) = Span::split(head);
        (kind, Known { span, inner })
    })
    .collect()
});

/// What is known of a type, an argument or a block.
#[derive(Clone, Copy)]
struct Known {
    span: Span,
    /// The arguments in it, as the table lists them.
    inner: &'static str,
}

/// The versions that have something: runs with a first and a last one, where it wasn't there always.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span(&'static str);

impl Span {
    /// `name@4.2-5` as name and versions.
    fn split(cell: &'static str) -> (&'static str, Self) {
        // The names of modules have hyphens.
        let is_module = cell.contains('/');
        let end = cell.find(|c| c == '@' || c == '-' && !is_module).unwrap_or(cell.len());
        (&cell[..end], Self(&cell[end..]))
    }

    fn runs(self) -> impl Iterator<Item = (Option<Version>, Option<Version>)> {
        let pieces = self.0.split('@').enumerate().filter(|(i, piece)| *i > 0 || !piece.is_empty());
        pieces.map(|(_, piece)| {
            let (first, last) = piece.split_once('-').unwrap_or((piece, ""));
            let line = |major: &str| Some(Version { major: major.parse().ok()?, minor: u32::MAX });
            (Version::parse(first), if last.contains('.') { Version::parse(last) } else { line(last) })
        })
    }

    fn has(self, version: Version) -> bool {
        let within = |(first, last): (Option<Version>, Option<Version>)| {
            first.is_none_or(|first| version >= first) && last.is_none_or(|last| version <= last)
        };
        self.0.is_empty() || self.runs().any(within)
    }

    /// The first version after this one that has it.
    fn after(self, version: Version) -> Option<Version> {
        self.runs().filter_map(|(first, _)| first).filter(|first| *first > version).min()
    }
}

impl Known {
    /// The argument or block of a name in this.
    fn get(&self, name: &str) -> Option<Self> {
        cells(self.inner).find_map(|(cell, inner)| {
            let (listed, span) = Span::split(cell);
            (listed == name).then_some(Self { span, inner })
        })
    }
}

/// The cells at the top of a list such as `name@4.2 block{argument}`: each with what stands in its braces.
fn cells(list: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let mut depth = 0;
        let end = rest.find(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ' ' && depth == 0
        });
        let (cell, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        let (head, inner) = cell.split_once('{').unwrap_or((cell, ""));
        (!cell.is_empty()).then(|| (head, inner.strip_suffix('}').unwrap_or(inner)))
    })
}

/// Whether a version of the provider, or of the module itself, knows a type and the argument at a dotted path in it.
/// Without a version only what every version knows is known.
fn check(kind: &str, path: &str, version: Option<Version>) -> Result<(), String> {
    let Some(known) = TABLE.get(kind) else { return Ok(()) };
    let of_module = kind.starts_with("module:");
    let whose = if of_module { "the module" } else { "the AWS provider" };
    let within = |span: Span, what: &str| match version {
        Some(has) if span.has(has) => Ok(()),
        Some(has) => Err(match span.after(has) {
            Some(first) => {
                format!("`{what}` needs version {first} of {whose}; {has} is the highest that is allowed here")
            }
            None => format!("`{what}` is not there any more in version {has} of {whose}"),
        }),
        None if span.0.is_empty() => Ok(()),
        None => Err(format!("`{what}` is not in every version of {whose}, and which one is used here can't be read")),
    };
    let whole = if of_module || path.is_empty() { path.to_owned() } else { format!("{kind}.{path}") };
    if !of_module {
        within(known.span, kind)?;
    }
    let mut at = *known;
    for (i, name) in path.split('.').filter(|name| !name.is_empty()).enumerate() {
        if i == 0 && META.contains(&name) || i > 0 && at.inner.is_empty() {
            break;
        }
        at = at.get(name).ok_or_else(|| format!("no version of {whose} that is known here has `{whole}`"))?;
        within(at.span, &whole)?;
    }
    Ok(())
}

/// Refuses a change that writes what isn't known where it stands.
pub fn refuse(project: &Project, change: &Change) -> Result<(), String> {
    let below = |content: &DraftBody, prefix: &str| -> Vec<String> {
        content.paths().into_iter().map(|path| format!("{prefix}{path}")).collect()
    };
    let near_provider = |id: ResourceId| Some(project.provider(project.resource(id).instance));
    let (kind, paths, version) = match change {
        Change::Set { resource, content } => (&*project.resource(*resource).kind, below(content, ""), {
            let resource = project.resource(*resource);
            if resource.kind.starts_with("module:") { resource.module_version() } else { near_provider(resource.id) }
        }),
        Change::AppendBlock { resource, name, content } => {
            (&*project.resource(*resource).kind, below(content, &format!("{name}.")), near_provider(*resource))
        }
        Change::Add { near, kind, content, .. } | Change::AddShared { near, kind, content, .. } => {
            (kind.as_str(), below(content, ""), near_provider(*near))
        }
        _ => return Ok(()),
    };
    check(kind, "", version)?;
    paths.iter().try_for_each(|path| check(kind, path, version))
}

/// Why a version can't be given a type, or the argument at a dotted path in it.
pub fn refusal(kind: &str, path: &str, version: Option<Version>) -> Option<String> {
    check(kind, path, version).err()
}

/// Whether the tables list a type.
pub fn lists(kind: &str) -> bool {
    TABLE.contains_key(kind)
}

/// Why no version that is known has an argument (a dotted path) of a type, where that is so.
pub fn unknown(kind: &str, path: &str) -> Option<String> {
    let newest = if kind.starts_with("module:") { Version::UNBOUNDED } else { Version::NEWEST_PROVIDER };
    let versions = [newest, Version { major: 5, minor: u32::MAX }, Version { major: 3, minor: u32::MAX }];
    let said: Vec<String> = versions.iter().filter_map(|version| check(kind, path, Some(*version)).err()).collect();
    (said.len() == versions.len()).then(|| said.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: &str, path: &str, version: &str) -> Result<(), String> {
        check(kind, path, Version::parse(version))
    }

    #[test]
    fn copies_are_known_by_their_inputs() {
        let table = TABLE["module:terraform-aws-modules/dynamodb-table/aws"];
        let release = |version: &str| -> BTreeSet<String> {
            let version = Version::parse(version).expect("a version");
            let inputs = cells(table.inner).map(|(cell, _)| Span::split(cell));
            inputs.filter(|(_, span)| span.has(version)).map(|(name, _)| name.to_owned()).collect()
        };
        for version in ["0.4", "1.2", "3.3", "5.3"] {
            assert_eq!(module_with(&release(version)), Some("terraform-aws-modules/dynamodb-table/aws"), "{version}");
        }
        let mut own = release("5.3");
        own.insert("owner".into());
        assert_eq!(module_with(&own), None);
        own.remove("owner");
        own.remove("hash_key");
        assert_eq!(module_with(&own), None);
        assert_eq!(module_with(&["create".to_owned(), "name".to_owned()].into()), None);
    }

    #[test]
    fn cells_have_names_versions_and_insides() {
        let listed: Vec<_> = cells("a b@4.2{c d-5{e}} f").collect();
        assert_eq!(listed, [("a", ""), ("b@4.2", "c d-5{e}"), ("f", "")]);
        assert_eq!(Span::split("b@4.2-5").0, "b");
        let has = |cell, version| Span::split(cell).1.has(Version::parse(version).expect("a version"));
        for (cell, there, not) in [
            ("b@4.2", "4.2", "4.1"),
            ("b@4.2-5", "5.99", "6.0"),
            ("b-5.1", "3.0", "5.2"),
            ("b-3@4.9", "4.9", "4.0"),
            ("b-3@4.9", "3.9", "4.8"),
        ] {
            assert!(has(cell, there) && !has(cell, not), "{cell}");
        }
        assert_eq!(Span::split("module:x/s3-bucket/aws@1.2").0, "module:x/s3-bucket/aws");
    }

    /// What was planned with provider 3.39, and what upgrade guides say.
    #[test]
    fn what_providers_know() {
        for (kind, path, version, knows) in [
            ("aws_sqs_queue", "sqs_managed_sse_enabled", "3.39", false),
            ("aws_sqs_queue", "sqs_managed_sse_enabled", "4.0", true),
            ("aws_sqs_queue", "kms_master_key_id", "3.0", true),
            ("aws_lambda_event_source_mapping", "scaling_config.maximum_concurrency", "4.50", false),
            ("aws_lambda_event_source_mapping", "scaling_config.maximum_concurrency", "4.51", true),
            ("aws_dynamodb_table", "deletion_protection_enabled", "4.58", false),
            ("aws_dynamodb_table", "deletion_protection_enabled", "4.59", true),
            ("aws_s3_bucket_versioning", "versioning_configuration.status", "3.39", false),
            ("aws_s3_bucket_versioning", "versioning_configuration.status", "4.0", true),
            ("aws_s3_bucket_public_access_block", "block_public_acls", "3.39", true),
            ("aws_lambda_function_url", "", "3.39", false),
            ("aws_vpc_security_group_ingress_rule", "", "4.0", false),
            ("aws_api_gateway_deployment", "stage_name", "5.99", true),
            ("aws_api_gateway_deployment", "stage_name", "6.0", false),
            ("aws_sqs_queue", "encrypted", "6.0", false),
            ("aws_sqs_queue", "lifecycle.prevent_destroy", "3.0", true),
            ("aws_s3_bucket", "region", "5.99", false),
            ("aws_s3_bucket", "acl", "3.39", true),
            ("aws_s3_bucket", "acl", "4.8", false),
            ("aws_s3_bucket", "acl", "4.67", true),
            ("aws_no_such_thing", "name", "3.0", true),
            ("module:terraform-aws-modules/sqs/aws", "create_dlq", "3.4", false),
            ("module:terraform-aws-modules/sqs/aws", "create_dlq", "4.0", true),
            ("module:terraform-aws-modules/sqs/aws", "policy", "4.0", false),
        ] {
            let said = at(kind, path, version);
            assert_eq!(said.is_ok(), knows, "{kind} {path} {version}: {said:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_needed() {
        let said = at("aws_sqs_queue", "sqs_managed_sse_enabled", "3.39").expect_err("a refusal");
        assert_eq!(
            said,
            "`aws_sqs_queue.sqs_managed_sse_enabled` needs version 3.76 of the AWS provider; 3.39 is the highest that is \
             allowed here"
        );
        let unread = check("module:terraform-aws-modules/sqs/aws", "create_dlq", None).expect_err("a refusal");
        assert!(unread.contains("can't be read"), "{unread}");
        assert!(check("module:terraform-aws-modules/sqs/aws", "kms_master_key_id", None).is_ok());
    }

    #[test]
    fn every_line_is_read() {
        assert!(TABLE.len() > 200);
        assert!(TABLE.values().all(|known| cells(known.inner).next().is_some()));
        assert!(lists("aws_sqs_queue") && !lists("aws_no_such_thing"));
        assert_eq!(unknown("aws_api_gateway_deployment", "stage_name"), None);
        assert!(unknown("aws_sqs_queue", "encrypted").is_some());
    }
}
