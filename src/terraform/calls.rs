//! Calls of modules as resources: of code that isn't here, and of copies of published modules.

use std::sync::Arc;

use super::build::{Builder, merge_override, repeat_of};
use super::declare::{Call, Declared};
use crate::effects::schema;
use crate::model::{InstanceId, Mode, OpaqueCall, Project, Resource, ResourceId};

/// Calls of copies of published modules. What the copy declares is judged; this is for what its calls lack.
pub(super) fn add_of_copies(builder: &Builder<'_>, instance: InstanceId, project: &mut Project) {
    for call in &builder.declared(instance).calls {
        let Some(child) = builder.instances[instance.0 as usize].children.get(call.name) else { continue };
        let (directory, _) = &builder.modules[builder.instances[child.0 as usize].module];
        let Some(published) = copy_of(builder.modules, directory) else { continue };
        let resource = call_resource(builder, instance, call, format!("module:{published}").into(), project);
        project.by_address.insert((instance, resource.address()), resource.id);
        project.calls_of_copies.push(resource.id);
        project.resources.push(resource);
    }
}

/// The published module of which a directory holds a copy: those of terraform-aws-modules say so to the provider; older
/// ones have exactly the inputs of a release.
pub(super) fn copy_of(modules: &[(String, Declared<'_>)], directory: &str) -> Option<String> {
    let declared = |directory: &str| Some(&modules.iter().find(|(known, _)| known == directory)?.1);
    let agent = |directory: &str| declared(directory)?.agent;
    let Some(own) = agent(directory) else {
        return schema::module_with(&declared(directory)?.inputs()).map(str::to_owned);
    };
    // Modules inside a published one say the same.
    let above = directory.rsplit_once('/').map_or((".", directory), |both| both).0;
    let outer = above.strip_suffix("modules").map(|outer| outer.strip_suffix('/').unwrap_or("."));
    let inside = outer.is_some_and(|outer| agent(outer) == Some(own));
    published_name(own).filter(|_| !inside)
}

/// Calls to code that isn't here; those of published modules are judged by their inputs.
pub(super) fn add_opaque(builder: &Builder<'_>, instance: InstanceId, project: &mut Project) {
    let children = &builder.instances[instance.0 as usize].children;
    for call in builder.declared(instance).calls.iter().filter(|call| !children.contains_key(call.name)) {
        let source = call.source.as_deref().unwrap_or_default();
        let published = published_name(source);
        let kind: Arc<str> = published.as_ref().map_or(Arc::from(ANY_MODULE), |name| format!("module:{name}").into());
        let resource = call_resource(builder, instance, call, kind.clone(), project);
        if published.is_some() {
            project.by_kind.entry(kind).or_default().push(resource.id);
            project.by_address.insert((instance, resource.address()), resource.id);
        }
        project.by_kind.entry(ANY_MODULE.into()).or_default().push(resource.id);
        project.opaque_calls.push(OpaqueCall {
            instance,
            name: call.name.into(),
            source: source.into(),
            span: call.header,
            arguments: resource.body.clone(),
        });
        project.resources.push(resource);
    }
}

/// A call as a resource whose arguments are its inputs.
fn call_resource(
    builder: &Builder<'_>,
    instance: InstanceId,
    call: &Call<'_>,
    kind: Arc<str>,
    project: &Project,
) -> Resource {
    let mut body = builder.scope(instance, call.base).body(call.content, None);
    for (base, content) in &call.overrides {
        merge_override(&mut body, builder.scope(instance, *base).body(*content, None));
    }
    Resource {
        id: ResourceId(project.resources.len() as u32),
        instance,
        mode: Mode::Call,
        kind,
        name: call.name.into(),
        span: call.span,
        header: call.header,
        repeat: repeat_of(&body),
        body,
        watched: Vec::new(),
        origin: None,
    }
}

/// The type by which a page asks of every call of a module that isn't in the scanned directory.
const ANY_MODULE: &str = "module:*";

/// The registry's name of a module, also when its source names the repository: `terraform-aws-modules/lambda/aws`.
fn published_name(source: &str) -> Option<String> {
    const OWNER: &str = "terraform-aws-modules/";
    let source = source.strip_prefix("registry.terraform.io/").unwrap_or(source);
    if source.starts_with(OWNER) {
        return Some(source.to_owned());
    }
    let (_, path) = source.split_once("github.com")?;
    let repository = path.trim_start_matches(['/', ':']).strip_prefix("terraform-aws-modules/terraform-aws-")?;
    let (name, rest) = repository.split_once(['.', '?', '/']).unwrap_or((repository, ""));
    let submodule = rest.contains("//").then(|| rest.rsplit("//").next()).flatten();
    let submodule = submodule.map_or(String::new(), |path| format!("//{}", path.split('?').next().unwrap_or_default()));
    Some(format!("{OWNER}{name}/aws{submodule}"))
}
