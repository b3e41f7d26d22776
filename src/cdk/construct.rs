//! From a logical id to the construct that the author of the program made, and whether it is the author's at all.

use std::sync::Arc;

use super::Assembly;
use super::trace;
use crate::model::{CallSite, Origin};

/// Types below which an author's own constructs stand.
const SCOPES: [&str; 8] = [
    "aws-cdk-lib.App",
    "aws-cdk-lib.NestedStack",
    "aws-cdk-lib.Stack",
    "aws-cdk-lib.Stage",
    "constructs.Construct",
    "constructs.RootConstruct",
    "@aws-cdk/core.Construct",
    "@aws-cdk/core.Stack",
];

/// Starts of the ids that libraries give to what they make once for a stack.
const SINGLETONS: [(&str, &str); 8] = [
    ("Custom::", "a custom resource's provider of a library"),
    ("LogRetentionaae0aa3c", "the function that sets retentions for `logRetention`"),
    ("AWS679f53fac002430cb0da5b7982bd2287", "the function behind AwsCustomResource"),
    ("BucketNotificationsHandler050a0587", "the function that sets notifications of buckets"),
    ("AWSCDK", "a custom resource's provider of a library"),
    ("@aws-cdk--aws-eks.", "a provider of the EKS constructs"),
    ("DrainECSHook", "the function by which ECS drains instances"),
    ("EcsDeploymentGroupProvider", "a provider of the ECS constructs"),
];

/// Types whose inside is a library's business.
const PROVIDERS: [&str; 4] = [
    "aws-cdk-lib.CustomResourceProvider",
    "aws-cdk-lib.CustomResourceProviderBase",
    "aws-cdk-lib.custom_resources.Provider",
    "@aws-cdk/custom-resources.Provider",
];

/// Where a resource comes from; nothing for one that no program made.
pub fn origin(
    assembly: Option<&Assembly>,
    template: &Arc<str>,
    logical_id: &str,
    kind: &str,
    path: Option<&str>,
) -> Option<Arc<Origin>> {
    let known = || assembly.and_then(|assembly| assembly.path_of(template, logical_id)).map(|path| &**path);
    let path = path.or_else(known)?;
    let foreign = foreign(assembly, path, kind);
    let (owner, call) = match (assembly, &foreign) {
        (_, Some(whose)) => (owner(assembly, path), Err(format!("not written in the program: {whose}"))),
        (None, None) => (owner(None, path), Err("the template stands outside its cloud assembly".into())),
        (Some(assembly), None) => made(assembly, path),
    };
    let class = assembly.and_then(|assembly| assembly.class(owner)).map(Arc::from);
    let library = assembly.and_then(|assembly| assembly.library);
    Some(Arc::new(Origin { construct: owner.into(), class, library, foreign, call }))
}

/// The construct that the author's call made, and that call: the topmost one of a library, else one below it that the
/// call stack names (who extends a class of a library makes constructs below it, too).
fn made<'a>(assembly: &Assembly, path: &'a str) -> (&'a str, Result<CallSite, String>) {
    let top = owner(Some(assembly), path);
    let call = trace::call(assembly, path, top);
    if call.is_ok() {
        return (top, call);
    }
    let below = ancestors(path).take_while(|ancestor| *ancestor != top);
    let found = below.filter_map(|own| Some((own, trace::by_stack_only(assembly, path, own)?))).last();
    found.map_or((top, call), |(own, site)| (own, Ok(site)))
}

/// A path and all that it stands below, innermost first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above))
}

/// The topmost library construct that a path belongs to: what the author's call made.
pub(super) fn owner<'a>(assembly: Option<&Assembly>, path: &'a str) -> &'a str {
    let is_scope = |above: &str, below: &str| match assembly.and_then(|assembly| assembly.class(above)) {
        Some(class) => SCOPES.contains(&class),
        // Without a tree: the resource itself is called so by every construct of the library.
        None => !below.ends_with("/Resource") && below != "Resource",
    };
    let mut owner = path;
    let mut below = path;
    for above in ancestors(path).skip(1) {
        if !is_scope(above, below) {
            // A library's construct may hold plain ones, in which it makes more.
            owner = above;
        } else if assembly.is_none() {
            break;
        }
        below = above;
    }
    owner
}

/// Why a construct isn't the author's, when it isn't.
fn foreign(assembly: Option<&Assembly>, path: &str, kind: &str) -> Option<String> {
    if let Some((_, whose)) =
        SINGLETONS.iter().find(|(start, _)| path.split('/').any(|component| component.starts_with(start)))
    {
        return Some((*whose).to_owned());
    }
    let framework = path.split('/').any(|component| component.starts_with("framework-"));
    if framework || path.ends_with("/waiter-state-machine/Resource") {
        return Some("the provider framework of custom resources".into());
    }
    let assembly = assembly?;
    for ancestor in ancestors(path) {
        if assembly.is_handler(ancestor) || assembly.class(ancestor).is_some_and(|class| PROVIDERS.contains(&class)) {
            return Some(format!("`{ancestor}` is a library's own {}", kind.rsplit("::").next().unwrap_or(kind)));
        }
    }
    None
}
