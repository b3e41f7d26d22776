//! Where the text of a configuration mentions a resource, whether or not the mention could be read as a reference.

use super::{InstanceId, Project, Resource};

/// Names that a resource is followed under, through locals, outputs and arguments.
const NAMES: usize = 64;

impl Project {
    /// A place that mentions `target` without being known to refer to it: an output of a root module, an argument whose
    /// value can't be read. Whatever is said of all users of a resource needs this to be nothing. Outputs of modules that
    /// are called here, their arguments and locals are followed to where they are used.
    pub fn unread_mention(&self, target: &Resource) -> Option<String> {
        self.mention(target, true)
    }

    /// A place outside of resources, or in an argument whose value can't be read, that mentions `target` itself: what would
    /// refer to nothing if the resource went.
    pub fn loose_mention(&self, target: &Resource) -> Option<String> {
        self.mention(target, false)
    }

    fn mention(&self, target: &Resource, follow: bool) -> Option<String> {
        let mut open = vec![(target.instance, target.address())];
        let mut next = 0;
        while let Some((instance, name)) = open.get(next).cloned() {
            next += 1;
            for id in &self.module_of(instance).files {
                let file = self.file(*id);
                for at in mentions_of(&file.text, &name) {
                    let place = || Some(format!("line {} of {}", file.position(at as u32).line, file.name()));
                    let mut around = self.resources.iter().filter(|r| r.instance == instance && r.span.file == *id);
                    match around.find(|r| r.span.contains(at as u32)) {
                        Some(holder) if holder.id == target.id || holder.body.refers_to(target.id) => {}
                        Some(_) => return place(),
                        None => match self.carried(instance, &file.text, at) {
                            Some(name) if open.contains(&name) => {}
                            Some(name) if follow && open.len() < NAMES => open.push(name),
                            _ => return place(),
                        },
                    }
                }
            }
        }
        None
    }

    /// Under which name, and where, a value at this offset, outside of resources, is used on. Outputs of a published module
    /// are used elsewhere, too.
    fn carried(&self, instance: InstanceId, text: &str, at: usize) -> Option<(InstanceId, String)> {
        let header = header_at(text, at)?;
        let label = |kind: &str| header.strip_prefix(kind)?.trim_start().strip_prefix('"')?.split('"').next();
        if let Some(output) = label("output") {
            let (caller, call) =
                self.caller(instance).filter(|_| !self.is_published(self.instance(instance).module))?;
            return Some((caller, format!("module.{call}.{output}")));
        }
        let argument = argument_at(text, at)?;
        if let Some(call) = label("module") {
            let ids = (0..self.instances.len() as u32).map(InstanceId);
            let child = ids.into_iter().find(|id| self.caller(*id) == Some((instance, call)))?;
            return Some((child, format!("var.{argument}")));
        }
        header.starts_with("locals").then(|| (instance, format!("local.{argument}")))
    }

    /// The resources of the same module that mention `target` in an expression that can't be read.
    pub fn unread_users<'a>(&'a self, target: &'a Resource) -> impl Iterator<Item = &'a Resource> + use<'a> {
        let address = target.address();
        let near = self.resources.iter().filter(|user| user.instance == target.instance && user.id != target.id);
        near.filter(move |user| {
            let mentioned = mentions(&self.file(user.span.file).text, &address).any(|at| user.span.contains(at as u32));
            mentioned && !user.body.refers_to(target.id)
        })
    }

    /// The name of a call of a module, in the file's own syntax, that mentions `target` in its arguments.
    pub fn passed_to(&self, target: &Resource) -> Option<String> {
        let address = target.address();
        self.module_of(target.instance).files.iter().find_map(|id| {
            let file = self.file(*id);
            mentions(&file.text, &address).find_map(|at| called_at(&file.text, at).map(str::to_owned))
        })
    }
}

/// The line that opened the block around an offset: one that begins at the margin.
fn header_at(text: &str, at: usize) -> Option<&str> {
    let opens = |line: &&str| line.starts_with(|c: char| c.is_ascii_alphabetic()) && line.contains('{');
    text[..at].lines().rev().find(opens)
}

/// The name of the `module` block that stands around an offset.
fn called_at(text: &str, at: usize) -> Option<&str> {
    header_at(text, at)?.strip_prefix("module")?.trim_start().strip_prefix('"')?.split('"').next()
}

/// The argument of a block whose value begins on the line of an offset, and before it.
fn argument_at(text: &str, at: usize) -> Option<&str> {
    let before = &text[crate::source::line_start(text, at)..at];
    let (name, _) = before.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    is_name.then_some(name)
}

/// Where a text mentions a name; an output of a module also with an index, and where the module is named as a whole.
fn mentions_of<'a>(text: &'a str, name: &'a str) -> Vec<usize> {
    let Some((call, output)) = name.strip_prefix("module.").and_then(|rest| rest.split_once('.')) else {
        return mentions(text, name).collect();
    };
    let call = &name[..("module.".len() + call.len())];
    let means = |at: &usize| {
        let mut rest = &text[at + call.len()..];
        while let Some(end) = rest.starts_with('[').then(|| rest.find(']')).flatten() {
            rest = &rest[end + 1..];
        }
        let attribute = rest.strip_prefix('.').unwrap_or_default();
        let end = attribute.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(attribute.len());
        end == 0 || &attribute[..end] == output
    };
    mentions(text, call).filter(means).collect()
}

/// Where an address stands in a text as a whole name, comment lines apart.
fn mentions<'a>(text: &'a str, address: &'a str) -> impl Iterator<Item = usize> + use<'a> {
    let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '.';
    let found = text.match_indices(address).map(|(at, _)| at);
    found.filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + address.len()..].chars().next();
        let line = text[crate::source::line_start(text, *at)..*at].trim_start();
        !before.is_some_and(in_name)
            && !after.is_some_and(|c| in_name(c) && c != '.')
            && !line.starts_with('#')
            && !line.starts_with("//")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_meant_with_an_index_and_by_the_whole_module() {
        let found = |text: &str| mentions_of(text, "module.net.vpc_id").len();
        for text in [
            "module.net.vpc_id",
            "module.net[0].vpc_id",
            "module.net[\"a\"].vpc_id",
            "[module.net]",
            "module.net[*].vpc_id",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in ["module.net.vpc_ids", "module.network.vpc_id", "# module.net.vpc_id", "module.net[0].subnets"] {
            assert_eq!(found(text), 0, "{text}");
        }
    }

    #[test]
    fn arguments_begin_on_their_line() {
        let text = "module \"a\" {\n  vpc = x.y\n  list = [\n    x.z,\n  ]\n  map = { k = x.w }\n}\n";
        let at = |what: &str| argument_at(text, text.find(what).unwrap_or_default());
        assert_eq!((at("x.y"), at("x.z"), at("x.w")), (Some("vpc"), None, Some("map")));
        assert_eq!(called_at(text, text.find("x.z").unwrap_or_default()), Some("a"));
    }
}
