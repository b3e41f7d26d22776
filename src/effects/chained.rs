//! What an input of a published module replaces although it is about something else: modules order what they make by taking
//! a name from the resource that goes first (`bucket = local.attach_policy ? aws_s3_bucket_policy.this[0].id :
//! aws_s3_bucket.this[0].id`), and a name that isn't known before the deploy replaces what has it, inside of the module or,
//! by an output, outside.

use super::{facts, is_stateful};
use crate::model::{Mode, Project, Resource, ResourceId, Symbol, Value, Version};

/// A name that comes from another resource of a module, where an input makes that.
struct Chain {
    /// The module, as a resource type.
    module: &'static str,
    /// What has the name.
    named: Named,
    /// The first and the last version of the module in which it is so.
    versions: (Version, Version),
}

enum Named {
    /// A resource of the module; the input that makes it, and whether it is there without the input.
    Inside(&'static str, &'static str, bool),
    /// Whatever uses an output.
    Output(&'static str),
}

/// What makes the resource that goes first: inputs that begin so, but for one that is about something else.
const FIRST: (&str, &str) = ("attach_", "attach_public_policy");

const BUCKET: &str = "module:terraform-aws-modules/s3-bucket/aws";

const fn version(major: u32, minor: u32) -> Version {
    Version { major, minor }
}

/// Read in every version of the module's main.tf and outputs.tf.
const CHAINS: [Chain; 3] = [
    Chain {
        module: BUCKET,
        named: Named::Inside("aws_s3_bucket_ownership_controls.this", "control_object_ownership", false),
        versions: (version(2, 8), Version::UNBOUNDED),
    },
    Chain {
        module: BUCKET,
        named: Named::Inside("aws_s3_bucket_public_access_block.this", "attach_public_policy", true),
        versions: (version(1, 6), version(3, 10)),
    },
    Chain { module: BUCKET, named: Named::Output("s3_bucket_id"), versions: (version(1, 2), version(4, 10)) },
];

/// Something that a change replaces behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Behind {
    /// Its address, in the module of what changes, or from the root.
    pub address: String,
    /// The resource or call, unless it stands in the published module.
    pub resource: Option<ResourceId>,
    /// How that comes, as a clause.
    pub why: &'static str,
    /// Whether it holds data or identity.
    pub stateful: bool,
}

impl Chain {
    /// Whether a change of the call's `paths` (dotted) makes the resource that goes first; what isn't known counts.
    fn begins(&self, call: &Resource, paths: &[String]) -> bool {
        let (start, except) = FIRST;
        let makes = |name: &str| name.starts_with(start) && name != except;
        let is_on = |name: &str| call.body.get(name).as_bool() == Some(true);
        let (since, last) = self.versions;
        *call.kind == *self.module
            && call.module_version().is_none_or(|version| (since..=last).contains(&version))
            && paths.iter().any(|path| makes(path.split('.').next().unwrap_or(path)))
            && !call.body.entries.iter().any(|entry| makes(&entry.name) && is_on(&entry.name))
    }

    fn replaced(&self, project: &Project, call: &Resource) -> Vec<Behind> {
        match self.named {
            Named::Inside(address, made_by, by_itself) => {
                let made = match call.body.get(made_by) {
                    Value::Null => by_itself,
                    value => value.as_bool() != Some(false),
                };
                let address = format!("{}.{address}", call.address());
                let why = "which the module makes after what this adds";
                made.then_some(Behind { address, resource: None, why, stateful: false }).into_iter().collect()
            }
            Named::Output(output) => {
                let name = format!("{}.{output}", call.address()).into();
                let symbol = Symbol { name, instance: call.instance };
                let users = project.resources.iter().filter(|user| takes(user, &symbol));
                users.map(|user| by_output(project, call, user)).collect()
            }
        }
    }
}

fn by_output(project: &Project, call: &Resource, user: &Resource) -> Behind {
    let near = user.instance == call.instance;
    Behind {
        address: if near { user.address() } else { project.plan_address(user.id) },
        resource: Some(user.id),
        why: "whose name comes from the module, which knows it only after what this adds",
        stateful: is_stateful(&user.kind),
    }
}

/// Whether the value stands in an argument whose change replaces the user; of the arguments of calls nothing is known.
fn takes(user: &Resource, symbol: &Symbol) -> bool {
    let replaces = |name: &str| match user.mode {
        Mode::Call => true,
        Mode::Managed => facts(&user.kind).force_new.iter().any(|path| path == name),
        Mode::Data => false,
    };
    let mut entries = user.body.entries.iter();
    entries.any(|entry| holds(&entry.node.value, symbol) && replaces(&entry.name))
}

fn holds(value: &Value, symbol: &Symbol) -> bool {
    match value {
        Value::Symbol(other) => other == symbol,
        Value::List(nodes) | Value::AtLeast(nodes) | Value::Text(nodes) | Value::Either(nodes) => {
            nodes.iter().any(|node| holds(&node.value, symbol))
        }
        Value::Map(body) => body.entries.iter().any(|entry| holds(&entry.node.value, symbol)),
        Value::Json(node) => holds(&node.value, symbol),
        _ => false,
    }
}

/// What a change of a call's `paths` replaces behind it.
pub fn chained(project: &Project, call: &Resource, paths: &[String]) -> Vec<Behind> {
    let breaking = CHAINS.iter().filter(|chain| chain.begins(call, paths));
    breaking.flat_map(|chain| chain.replaced(project, call)).collect()
}
