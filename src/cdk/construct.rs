//! From a logical id to the construct that the author of the program made, and whether it is the author's at all.

use std::sync::Arc;

use super::Assembly;
use super::trace;
use crate::model::Origin;

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
const SINGLETONS: [(&str, &str); 7] = [
    ("Custom::", "a custom resource's provider of a library"),
    ("LogRetentionaae0aa3c", "the function that sets retentions for `logRetention`"),
    ("AWS679f53fac002430cb0da5b7982bd2287", "the function behind AwsCustomResource"),
    ("BucketNotificationsHandler050a0587", "the function that sets notifications of buckets"),
    ("AWSCDK", "a custom resource's provider of a library"),
    ("@aws-cdk--aws-eks.", "a provider of the EKS constructs"),
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
    let owner = owner(assembly, path);
    let foreign = foreign(assembly, path, kind);
    let call = match (assembly, &foreign) {
        (_, Some(whose)) => Err(format!("not written in the program: {whose}")),
        (None, None) => Err("the template stands outside its cloud assembly".into()),
        (Some(assembly), None) => trace::call(assembly, path, owner),
    };
    let class = assembly.and_then(|assembly| assembly.class(owner)).map(Arc::from);
    let library = assembly.and_then(|assembly| assembly.library);
    Some(Arc::new(Origin { construct: owner.into(), class, library, foreign, call }))
}

/// The topmost library construct that a path belongs to: what the author's call made.
pub(super) fn owner<'a>(assembly: Option<&Assembly>, path: &'a str) -> &'a str {
    let mut owner = path;
    while let Some((above, last)) = owner.rsplit_once('/') {
        let is_scope = match assembly.and_then(|assembly| assembly.class(above)) {
            Some(class) => SCOPES.contains(&class),
            // Without a tree: the resource itself is called so by every construct of the library.
            None => last != "Resource",
        };
        if is_scope {
            break;
        }
        owner = above;
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
    let ancestors = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above));
    let assembly = assembly?;
    for ancestor in ancestors {
        if assembly.is_handler(ancestor) || assembly.class(ancestor).is_some_and(|class| PROVIDERS.contains(&class)) {
            return Some(format!("`{ancestor}` is a library's own {}", kind.rsplit("::").next().unwrap_or(kind)));
        }
    }
    None
}
