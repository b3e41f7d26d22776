//! What must hold after an edit: nothing changed that no fix declared, every reference resolves, nothing depends on
//! itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::{Block, Body, Structure};
use hcl_edit::visit::{Visit, visit_traversal};

use crate::hcl::{Document, Piece};
use crate::json;
use crate::model::{Language, Mode, Project, Resource, ResourceId, resource};
use crate::source::FileId;
use crate::workspace::{Lowered, Tree, Workspace};

/// The values before and after differ only where a fix said so.
pub fn frame(file: FileId, before: &Tree, after: &Tree, lowered: &[&Lowered]) -> Result<(), String> {
    let mut differences = Vec::new();
    let mut added = Vec::new();
    let gone: Vec<&str> = lowered.iter().flat_map(|l| &l.deleted).map(|(header, _)| header.as_str()).collect();
    match (before, after) {
        (Tree::Hcl(before), Tree::Hcl(after)) => hcl_files(before, after, &gone, &mut differences, &mut added)?,
        (Tree::Json(before), Tree::Json(after)) | (Tree::Template(before), Tree::Template(after)) => {
            let mut paths = Vec::new();
            json_difference(before, after, "", &mut paths);
            return json_frame(file, &paths, lowered);
        }
        (Tree::Program(before), Tree::Program(after)) => return crate::cdk::frame(file, before, after, lowered),
        _ => return Err("the file changed its syntax".into()),
    }
    for (block, path) in differences {
        let declared = lowered
            .iter()
            .flat_map(|l| &l.touched)
            .any(|touched| touched.file == file && touched.block == block && is_under(&path, &touched.path));
        if !declared {
            return Err(format!("`{path}` of {block} would change, which no fix declares"));
        }
    }
    for header in added {
        if !lowered.iter().any(|l| l.added.contains(&header)) {
            return Err(format!("{header} would be added, which no fix declares"));
        }
    }
    Ok(())
}

fn is_under(path: &str, declared: &str) -> bool {
    path == declared
        || path.strip_prefix(declared).is_some_and(|rest| rest.starts_with('.'))
        // A block that is added whole holds the declared path.
        || declared.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
}

fn header(structure: &Structure) -> String {
    match structure {
        Structure::Attribute(attribute) => attribute.key.as_str().to_owned(),
        Structure::Block(block) => block_header(block),
    }
}

fn block_header(block: &Block) -> String {
    let labels = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str);
    std::iter::once(block.ident.as_str()).chain(labels).collect::<Vec<_>>().join(" ")
}

/// Top-level blocks keep their order; between them others may be added, and those that are `gone` are not there any more.
fn hcl_files(
    before: &Document,
    after: &Document,
    gone: &[&str],
    differences: &mut Vec<(String, String)>,
    added: &mut Vec<String>,
) -> Result<(), String> {
    let is_gone = |piece: &Piece| !gone.is_empty() && gone.contains(&header(piece.structure()).as_str());
    let mut old = before.pieces().iter().filter(|piece| !is_gone(piece)).peekable();
    if let Some(back) = after.pieces().iter().find(|piece| is_gone(piece)) {
        return Err(format!("{} would still be there", header(back.structure())));
    }
    for piece in after.pieces() {
        if old.next_if(|old| old.is_same(piece)).is_some() {
            continue;
        }
        let new = piece.structure();
        let name = header(new);
        match old.peek() {
            Some(before) if header(before.structure()) == name => {
                if let (Some(Structure::Block(a)), Structure::Block(b)) = (old.next().map(Piece::structure), new)
                    && a.body != b.body
                {
                    let mut paths = Vec::new();
                    body_difference(&a.body, &b.body, "", &mut paths);
                    differences.extend(paths.into_iter().map(|path| (name.clone(), path)));
                }
            }
            _ => added.push(name),
        }
    }
    match old.next() {
        Some(lost) => Err(format!("{} would be lost", header(lost.structure()))),
        None => Ok(()),
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn body_difference(before: &Body, after: &Body, prefix: &str, paths: &mut Vec<String>) {
    let names: BTreeSet<&str> =
        before.attributes().chain(after.attributes()).map(|attribute| attribute.key.as_str()).collect();
    for name in names {
        let same = match (before.get_attribute(name), after.get_attribute(name)) {
            (Some(a), Some(b)) => a.value == b.value,
            _ => false,
        };
        if !same {
            paths.push(join(prefix, name));
        }
    }
    let mut kinds: BTreeMap<String, (Vec<&Body>, Vec<&Body>)> = BTreeMap::new();
    for block in before.blocks() {
        kinds.entry(block_header(block)).or_default().0.push(&block.body);
    }
    for block in after.blocks() {
        kinds.entry(block_header(block)).or_default().1.push(&block.body);
    }
    for (kind, (a, b)) in kinds {
        let path = join(prefix, kind.split(' ').next().unwrap_or_default());
        if a.len() != b.len() {
            // Blocks are added at the end, so that those before them differ only where it is declared; all of a name may
            // be taken away, or one.
            let one_less = || (0..a.len()).any(|gone| a[..gone] == b[..gone] && a[gone + 1..] == b[gone..]);
            let kept = b.is_empty() || a.len() < b.len() || a.len() == b.len() + 1 && one_less();
            if a.len() < b.len() {
                a.iter().zip(&b).for_each(|(a, b)| body_difference(a, b, &path, paths));
            }
            paths.push(if kept { path } else { format!("{path} (several)") });
            continue;
        }
        a.iter().zip(&b).for_each(|(a, b)| body_difference(a, b, &path, paths));
    }
}

fn json_difference(before: &json::Node, after: &json::Node, prefix: &str, paths: &mut Vec<String>) {
    match (&before.kind, &after.kind) {
        (json::Kind::Object(a), json::Kind::Object(b)) => {
            let names: BTreeSet<&str> = a.iter().chain(b).map(|p| &*p.name).collect();
            for name in names {
                match (before.get(name), after.get(name)) {
                    (Some(a), Some(b)) => json_difference(a, b, &join(prefix, name), paths),
                    _ => paths.push(join(prefix, name)),
                }
            }
        }
        (json::Kind::Array(a), json::Kind::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).for_each(|(a, b)| json_difference(a, b, prefix, paths));
        }
        // Elements added at the end leave those before them as they were.
        (json::Kind::Array(a), json::Kind::Array(b)) if !a.is_empty() => {
            let mut inside = Vec::new();
            a.iter().zip(b).for_each(|(a, b)| json_difference(a, b, prefix, &mut inside));
            let kept = b.len() > a.len() && inside.is_empty();
            paths.push(if kept { prefix.to_owned() } else { format!("{prefix} (several)") });
        }
        (a, b) if same_scalar(a, b) => {}
        _ => paths.push(prefix.to_owned()),
    }
}

fn same_scalar(a: &json::Kind, b: &json::Kind) -> bool {
    match (a, b) {
        (json::Kind::Null, json::Kind::Null) => true,
        (json::Kind::Bool(a), json::Kind::Bool(b)) => a == b,
        (json::Kind::Number(a), json::Kind::Number(b)) => a == b,
        (json::Kind::String(a), json::Kind::String(b)) => a == b,
        _ => false,
    }
}

fn json_frame(file: FileId, paths: &[String], lowered: &[&Lowered]) -> Result<(), String> {
    let touched = lowered.iter().flat_map(|l| &l.touched).filter(|t| t.file == file);
    let mut declared: Vec<String> = touched.map(|t| format!("{}.{}", t.block.replace(' ', "."), t.path)).collect();
    declared.extend(lowered.iter().flat_map(|l| &l.added).map(|header| header.replace(' ', ".")));
    match paths.iter().find(|path| !declared.iter().any(|d| is_under(path, d))) {
        Some(path) => Err(format!("`{path}` would change, which no fix declares")),
        None => Ok(()),
    }
}

/// What a file refers to and its module doesn't declare, where the file didn't before or not as often: repeating an
/// invalid reference makes another error.
pub fn unresolved(workspace: &Workspace, file: FileId, before: &Tree, old: &Project) -> Vec<String> {
    if workspace.project.language == Language::CloudFormation {
        return crate::cloudformation::unresolved(before, &workspace.trees[file.0 as usize]);
    }
    let directory = crate::discover::directory(&workspace.project.file(file).display);
    let module = workspace.project.modules.iter().find(|module| &*module.directory == directory);
    // No fix declares a variable or a local: those of the edited files are all.
    let names = module.map(|module| declared_names(workspace, &module.files)).unwrap_or_default();
    let after = &workspace.trees[file.0 as usize];
    // A block that is the same lacks the same, unless something is gone.
    let lost = old.by_address.keys().any(|address| !workspace.project.by_address.contains_key(address));
    let missing = |tree: &Tree, other: &Tree, project: &Project| -> BTreeMap<String, usize> {
        let module = project.modules.iter().position(|m| &*m.directory == directory);
        let instance = project.instances.iter().position(|i| Some(i.module.0 as usize) == module);
        let Some(instance) = instance else { return BTreeMap::new() };
        let instance = crate::model::InstanceId(instance as u32);
        let is_missing = |address: &str| match address.split_once('.') {
            Some(("var" | "local", _)) => !names.contains(address),
            _ => project.at(instance, address).is_none(),
        };
        let other = Some(other).filter(|_| !lost);
        addresses(tree, other).into_iter().filter(|(address, _)| is_missing(address)).collect()
    };
    let was = missing(before, after, old);
    let is = missing(after, before, &workspace.project);
    let more = is.into_iter().filter(|(address, times)| was.get(address).is_none_or(|before| times > before));
    more.map(|(address, _)| address).collect()
}

/// `var.x` and `local.y` for all that files declare.
fn declared_names(workspace: &Workspace, files: &[FileId]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in files {
        match &workspace.trees[file.0 as usize] {
            Tree::Hcl(document) => {
                for (_, block) in document.blocks() {
                    match (block.ident.as_str(), block.labels.first()) {
                        ("variable", Some(name)) => names.extend([format!("var.{}", name.as_str())]),
                        ("locals", None) => {
                            names.extend(block.body.attributes().map(|local| format!("local.{}", local.key.as_str())));
                        }
                        _ => {}
                    }
                }
            }
            Tree::Json(root) | Tree::Template(root) => {
                for (block, prefix) in [("variable", "var"), ("locals", "local")] {
                    let blocks = root.get(block).into_iter().flat_map(json::Node::each);
                    names.extend(blocks.flat_map(json::Node::properties).map(|p| format!("{prefix}.{}", p.name)));
                }
            }
            Tree::Program(_) => {}
        }
    }
    names
}

/// How often the expressions of a tree refer to each resource, data source, variable and local; those in blocks that
/// `except` has too don't count.
fn addresses(tree: &Tree, except: Option<&Tree>) -> BTreeMap<String, usize> {
    let mut collector = Collector::default();
    match (tree, except) {
        (Tree::Hcl(document), Some(Tree::Hcl(other))) => {
            document.apart_from(other).for_each(|piece| collector.visit_structure(piece.structure()));
        }
        (Tree::Hcl(document), _) => {
            document.pieces().iter().for_each(|piece| collector.visit_structure(piece.structure()));
        }
        (Tree::Json(node) | Tree::Template(node), _) => json_addresses(node, &mut collector),
        (Tree::Program(_), _) => {}
    }
    collector.found
}

fn json_addresses(node: &json::Node, collector: &mut Collector) {
    match &node.kind {
        json::Kind::String(text) if text.contains("${") => {
            if let Ok(template) = hcl_edit::parser::parse_template(text) {
                collector.visit_template(&template);
            }
        }
        json::Kind::Array(items) => items.iter().for_each(|item| json_addresses(item, collector)),
        json::Kind::Object(properties) => properties.iter().for_each(|p| json_addresses(&p.value, collector)),
        _ => {}
    }
}

#[derive(Default)]
struct Collector {
    found: BTreeMap<String, usize>,
}

impl Visit for Collector {
    fn visit_traversal(&mut self, node: &Traversal) {
        if let Expression::Variable(root) = &node.expr {
            let names: Vec<&str> = node
                .operators
                .iter()
                .map_while(|operator| match operator.value() {
                    TraversalOperator::GetAttr(name) => Some(name.as_str()),
                    _ => None,
                })
                .collect();
            let address = match (root.as_str(), names.as_slice()) {
                ("data", [kind, name, ..]) => Some(resource::address(Mode::Data, kind, name)),
                (root @ ("var" | "local"), [name, ..]) => Some(format!("{root}.{name}")),
                (kind, [name, ..]) if kind.starts_with("aws_") => Some(resource::address(Mode::Managed, kind, name)),
                _ => None,
            };
            if let Some(address) = address {
                *self.found.entry(address).or_default() += 1;
            }
        }
        visit_traversal(self, node);
    }
}

/// A circle of references through one of the changed resources that `before` didn't have, said as a sentence. What refers
/// to itself already (in a provisioner, where Terraform takes it) isn't the edit's doing.
pub fn cycle(project: &Project, before: &Project, changed: &[String]) -> Option<String> {
    if changed.is_empty() {
        return None;
    }
    let circular = |project: &Project| -> Vec<String> {
        let edges = edges(project);
        let starts = project.resources.iter().filter(|resource| changed.contains(&resource.address()));
        starts.filter(|start| reaches(&edges, start.id)).map(Resource::address).collect()
    };
    let found = circular(project);
    if found.is_empty() {
        return None;
    }
    let known = circular(before);
    found.iter().find(|address| !known.contains(address)).map(|address| format!("{address} would depend on itself"))
}

fn edges(project: &Project) -> HashMap<ResourceId, Vec<ResourceId>> {
    let mut edges: HashMap<ResourceId, Vec<ResourceId>> = HashMap::new();
    for resource in &project.resources {
        let targets = edges.entry(resource.id).or_default();
        for entry in &resource.body.entries {
            entry.node.value.each_reference(&mut |reference| targets.push(reference.resource));
        }
    }
    edges
}

fn reaches(edges: &HashMap<ResourceId, Vec<ResourceId>>, start: ResourceId) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<ResourceId> = edges.get(&start).cloned().unwrap_or_default();
    while let Some(next) = open.pop() {
        if next == start {
            return true;
        }
        if seen.insert(next) {
            open.extend(edges.get(&next).into_iter().flatten());
        }
    }
    false
}

/// What an account can't have twice by one name, and the argument that holds the name.
const NAMED: [(&str, &str); 8] = [
    ("aws_cloudwatch_log_group", "name"),
    ("aws_cloudwatch_metric_alarm", "alarm_name"),
    ("aws_iam_policy", "name"),
    ("aws_iam_role", "name"),
    ("aws_kms_alias", "name"),
    ("aws_s3_bucket", "bucket"),
    ("aws_sns_topic", "name"),
    ("aws_sqs_queue", "name"),
];

/// An added resource that would be called like another one of its root module, said as a sentence.
pub fn same_name(project: &Project, added: &[String]) -> Option<String> {
    for (kind, argument) in NAMED {
        let name = |resource: &Resource| project.settle(&resource.body.get(argument));
        for new in project.of_kind(kind).filter(|resource| added.contains(&resource.address())) {
            let root = project.instance(new.instance).root;
            let called = name(new);
            let is_same = |other: &&Resource| {
                other.span != new.span
                    && project.instance(other.instance).root == root
                    && !called.is_null()
                    && called.equals(&name(other)) == Some(true)
            };
            if let Some(other) = project.of_kind(kind).find(is_same) {
                return Some(format!("{} would have the name of {}", new.address(), other.address()));
            }
        }
    }
    None
}
