//! Resources inside published modules that an input replaces although it isn't theirs: modules order what they make by
//! taking a name from the resource that goes first (`bucket = local.attach_policy ? aws_s3_bucket_policy.this[0].id :
//! aws_s3_bucket.this[0].id`), and a name that isn't known before the deploy replaces what has it.

use crate::model::{Resource, Value, Version};

/// A resource of a module that takes its name from another one, where an input makes that.
struct Chain {
    /// The module, as a resource type.
    module: &'static str,
    /// What is replaced.
    replaced: &'static str,
    /// The input that makes the replaced resource, and whether the module makes it without the input.
    made_by: (&'static str, bool),
    /// What makes the resource that goes first: inputs that begin so.
    first: &'static str,
    /// An input that begins so and is about something else.
    except: &'static str,
    /// The last version of the module in which it is so.
    last: Version,
}

/// Read in every version of the module's main.tf.
const CHAINS: [Chain; 2] = [
    Chain {
        module: "module:terraform-aws-modules/s3-bucket/aws",
        replaced: "aws_s3_bucket_ownership_controls.this",
        made_by: ("control_object_ownership", false),
        first: "attach_",
        except: "attach_public_policy",
        last: Version::UNBOUNDED,
    },
    Chain {
        module: "module:terraform-aws-modules/s3-bucket/aws",
        replaced: "aws_s3_bucket_public_access_block.this",
        made_by: ("attach_public_policy", true),
        first: "attach_",
        except: "attach_public_policy",
        last: Version { major: 3, minor: 10 },
    },
];

impl Chain {
    /// Whether a change of the call's `paths` (dotted) replaces the resource; what isn't known counts.
    fn breaks(&self, call: &Resource, paths: &[String]) -> bool {
        let begins = |name: &str| name.starts_with(self.first) && name != self.except;
        let is_on = |name: &str| match call.body.get(name) {
            Value::Null => Some(name == self.made_by.0 && self.made_by.1),
            value => value.as_bool(),
        };
        let already = call.body.entries.iter().any(|entry| begins(&entry.name) && is_on(&entry.name) == Some(true));
        *call.kind == *self.module
            && call.module_version().is_none_or(|version| version <= self.last)
            && paths.iter().any(|path| begins(path.split('.').next().unwrap_or(path)))
            && !already
            && is_on(self.made_by.0) != Some(false)
    }
}

/// The addresses, in the module of the call, of what a change of its `paths` replaces.
pub fn chained(call: &Resource, paths: &[String]) -> Vec<String> {
    let breaking = CHAINS.iter().filter(|chain| chain.breaks(call, paths));
    breaking.map(|chain| format!("{}.{}", call.address(), chain.replaced)).collect()
}
