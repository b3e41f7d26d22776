//! What the files of a module declare, still as syntax.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body};

use foldhash::HashMap;

use crate::discover::directory;
use crate::json;
use crate::model::Mode;
use crate::source::{Base, FileId, Span};
use crate::workspace::{Group, Parsed, Tree};

/// An expression in either syntax.
#[derive(Debug, Clone, Copy)]
pub(super) enum Expr<'a> {
    Hcl(&'a Expression),
    Json(&'a json::Node),
}

/// An expression and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) base: Base,
    pub(super) expr: Expr<'a>,
}

/// The inside of a block in either syntax.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content<'a> {
    Hcl(&'a Body),
    Json(&'a json::Node),
}

/// A `resource` or `data` block.
#[derive(Debug)]
pub(super) struct Declaration<'a> {
    pub(super) mode: Mode,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) base: Base,
    pub(super) span: Span,
    pub(super) header: Span,
    pub(super) content: Content<'a>,
}

/// A `module` block.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) source: Option<String>,
    pub(super) base: Base,
    pub(super) span: Span,
    pub(super) header: Span,
    pub(super) content: Content<'a>,
    /// The same call in override files: their arguments replace those above.
    pub(super) overrides: Vec<(Base, Content<'a>)>,
}

/// A `variable` block.
#[derive(Debug)]
pub(super) struct Variable<'a> {
    pub(super) default: Option<Source<'a>>,
    /// The type that values are converted to.
    pub(super) kind: Option<Cow<'a, Expression>>,
    /// `nullable = false`: null means the default.
    pub(super) nullable: bool,
}

/// Everything that a directory declares.
#[derive(Debug, Default)]
pub(super) struct Declared<'a> {
    pub(super) files: Vec<FileId>,
    pub(super) variables: HashMap<&'a str, Variable<'a>>,
    pub(super) locals: HashMap<&'a str, Source<'a>>,
    pub(super) outputs: HashMap<&'a str, Source<'a>>,
    pub(super) calls: Vec<Call<'a>>,
    pub(super) resources: Vec<Declaration<'a>>,
    /// Blocks of override files: merged into what they override.
    pub(super) overrides: Vec<Declaration<'a>>,
    /// Version constraints on the AWS provider.
    pub(super) constraints: Vec<String>,
    /// What the module calls itself to the AWS provider.
    pub(super) agent: Option<&'a str>,
    /// Values from `*.tfvars`, by variable; the flag says that the file is loaded without being named.
    pub(super) values: HashMap<&'a str, Vec<(Source<'a>, bool)>>,
}

impl<'a> Call<'a> {
    /// The expression of an argument, where it counts.
    pub(super) fn argument(&self, name: &str) -> Option<Source<'a>> {
        let over = self.overrides.iter().rev().find_map(|(base, content)| content.argument(*base, name));
        over.or_else(|| self.content.argument(self.base, name))
    }
}

impl Source<'_> {
    /// Where the expression stands.
    pub(super) fn span(self) -> Span {
        self.base.span(match self.expr {
            Expr::Hcl(expr) => expr.span(),
            Expr::Json(node) => Some(node.range.clone()),
        })
    }
}

impl<'a> Content<'a> {
    /// The expression of an argument.
    pub(super) fn argument(self, base: Base, name: &str) -> Option<Source<'a>> {
        let expr = match self {
            Self::Hcl(body) => Expr::Hcl(&body.get_attribute(name)?.value),
            Self::Json(node) => Expr::Json(node.get(name)?),
        };
        Some(Source { base, expr })
    }

    /// An argument that is a plain string.
    pub(super) fn text(self, name: &str) -> Option<String> {
        match self.argument(Base::default(), name)?.expr {
            Expr::Hcl(expr) => expr.as_str().map(str::to_owned),
            Expr::Json(node) => node.as_str().map(str::to_owned),
        }
    }
}

/// Whether the blocks of a file are merged into those of the other files.
pub(super) fn is_override(name: &str) -> bool {
    let stem = name.trim_end_matches(".json").trim_end_matches(".tf");
    !name.contains(".tfvars") && (stem == "override" || stem.ends_with("_override"))
}

/// `source` as seen from `directory`, when it is a local path inside the tree.
pub(super) fn resolve_local(directory: &str, source: &str) -> Option<String> {
    if !source.starts_with("./") && !source.starts_with("../") && source != "." && source != ".." {
        return None;
    }
    let mut parts: Vec<&str> = directory.split('/').filter(|p| *p != "." && !p.is_empty()).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(if parts.is_empty() { ".".into() } else { parts.join("/") })
}

/// Groups files whose modules call each other, in order of their first path.
pub fn group(parsed: Vec<Parsed>) -> Vec<Group> {
    let mut by_directory: BTreeMap<String, Vec<Parsed>> = BTreeMap::new();
    for file in parsed {
        by_directory.entry(directory(&file.file.display).to_owned()).or_default().push(file);
    }
    let names: Vec<String> = by_directory.keys().cloned().collect();
    let position: HashMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (name.as_str(), i)).collect();
    let mut leader: Vec<usize> = (0..names.len()).collect();
    for (i, (name, files)) in by_directory.iter().enumerate() {
        for called in files.iter().flat_map(|file| local_sources(&file.tree, name)) {
            if let Some(&j) = position.get(called.as_str()) {
                let (a, b) = (find(&mut leader, i), find(&mut leader, j));
                leader[a.max(b)] = a.min(b);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<Parsed>> = BTreeMap::new();
    for (i, (_, files)) in by_directory.into_iter().enumerate() {
        groups.entry(find(&mut leader, i)).or_default().extend(files);
    }
    groups.into_values().map(Group::from).collect()
}

fn find(leader: &mut [usize], mut i: usize) -> usize {
    while leader[i] != i {
        leader[i] = leader[leader[i]];
        i = leader[i];
    }
    i
}

fn local_sources(tree: &Tree, directory: &str) -> Vec<String> {
    let mut sources = Vec::new();
    match tree {
        Tree::Hcl(document) => {
            for (_, block) in document.blocks().filter(|(_, block)| block.ident.as_str() == "module") {
                sources.extend(Content::Hcl(&block.body).text("source"));
            }
        }
        Tree::Template(_) | Tree::Program(_) => {}
        Tree::Json(root) => each_block(root, "module", 1, &mut |_, _, node| {
            sources.extend(Content::Json(node).text("source"));
        }),
    }
    sources.iter().filter_map(|source| resolve_local(directory, source)).collect()
}

/// Gets the labels of a block, its range and its content.
type Visit<'v, 'a> = &'v mut dyn FnMut(&[&'a str], &'a std::ops::Range<usize>, &'a json::Node);

/// Visits the blocks of a JSON file: `labels` says how many names stand between the block's type and its content.
fn each_block<'a>(root: &'a json::Node, kind: &str, labels: usize, visit: Visit<'_, 'a>) {
    fn descend<'a>(
        node: &'a json::Node,
        range: &'a std::ops::Range<usize>,
        labels: usize,
        path: &mut Vec<&'a str>,
        visit: Visit<'_, 'a>,
    ) {
        for item in node.each() {
            if labels == 0 {
                visit(path, range, item);
                continue;
            }
            for property in item.properties() {
                path.push(&property.name);
                descend(&property.value, &property.range, labels - 1, path, visit);
                path.pop();
            }
        }
    }
    for top in root.each() {
        for property in top.properties().iter().filter(|p| &*p.name == kind) {
            descend(&property.value, &property.range, labels, &mut Vec::new(), visit);
        }
    }
}

impl<'a> Declared<'a> {
    /// The names of its variables.
    pub(super) fn inputs(&self) -> BTreeSet<String> {
        self.variables.keys().map(|name| (*name).to_owned()).collect()
    }

    /// Adds what one file declares.
    pub(super) fn add(&mut self, file: FileId, name: &str, tree: &'a Tree) {
        self.files.push(file);
        if name.ends_with(".tfvars") || name.ends_with(".tfvars.json") {
            self.add_values(file, name, tree);
            return;
        }
        let overriding = is_override(name);
        match tree {
            Tree::Hcl(document) => document.blocks().for_each(|(piece, block)| {
                self.add_block(Base { file, shift: piece.shift() }, block, overriding);
            }),
            Tree::Json(root) => self.add_json(file, root, overriding),
            Tree::Template(_) | Tree::Program(_) => {}
        }
    }

    fn add_values(&mut self, file: FileId, name: &str, tree: &'a Tree) {
        let automatic = name.starts_with("terraform.tfvars") || name.contains(".auto.tfvars");
        match tree {
            Tree::Hcl(document) => {
                for (piece, attribute) in document.attributes() {
                    let base = Base { file, shift: piece.shift() };
                    let source = Source { base, expr: Expr::Hcl(&attribute.value) };
                    self.values.entry(attribute.key.as_str()).or_default().push((source, automatic));
                }
            }
            Tree::Template(_) | Tree::Program(_) => {}
            Tree::Json(root) => {
                for property in root.properties() {
                    let source = Source { base: file.into(), expr: Expr::Json(&property.value) };
                    self.values.entry(&property.name).or_default().push((source, automatic));
                }
            }
        }
    }

    fn add_block(&mut self, base: Base, block: &'a Block, overriding: bool) {
        let labels: Vec<&str> = block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect();
        let content = Content::Hcl(&block.body);
        let header = header(base, block);
        match (block.ident.as_str(), labels.as_slice()) {
            (keyword @ ("resource" | "data"), [kind, name]) => {
                let mode = if keyword == "data" { Mode::Data } else { Mode::Managed };
                let span = base.span(block.span());
                let declaration = Declaration { mode, kind, name, base, span, header, content };
                if overriding { self.overrides.push(declaration) } else { self.resources.push(declaration) }
            }
            ("module", [name]) => {
                let span = base.span(block.span());
                self.add_call(name, base, span, header, content);
            }
            ("variable", [name]) => self.add_variable(name, base, content),
            ("output", [name]) => {
                self.outputs.extend(content.argument(base, "value").map(|source| (*name, source)));
            }
            ("locals", []) => {
                let locals = block.body.attributes();
                self.locals.extend(locals.map(|a| (a.key.as_str(), Source { base, expr: Expr::Hcl(&a.value) })));
            }
            ("terraform", []) => {
                let mut agents =
                    block.body.get_blocks("provider_meta").filter_map(|meta| meta.body.get_attribute("user_agent"));
                self.agent = agents.find_map(|agent| agent.value.as_array()?.get(0)?.as_str()).or(self.agent);
                for providers in block.body.get_blocks("required_providers") {
                    if let Some(aws) = providers.body.get_attribute("aws") {
                        self.constraints.extend(version_of(aws));
                    }
                }
            }
            ("provider", ["aws"]) => self.constraints.extend(content.text("version")),
            _ => {}
        }
    }

    /// A call; in an override file, one more part of a call that is there.
    fn add_call(&mut self, name: &'a str, base: Base, span: Span, header: Span, content: Content<'a>) {
        let source = content.text("source");
        match self.calls.iter_mut().find(|call| call.name == name) {
            Some(call) => {
                call.source = source.or_else(|| call.source.take());
                call.overrides.push((base, content));
            }
            None => {
                self.calls.push(Call { name, source, base, span, header, content, overrides: Vec::new() });
            }
        }
    }

    fn add_variable(&mut self, name: &'a str, base: Base, content: Content<'a>) {
        let kind = match content {
            Content::Hcl(body) => body.get_attribute("type").map(|a| Cow::Borrowed(&a.value)),
            // In JSON syntax a type stands in a string, as HCL.
            Content::Json(_) => content.text("type").and_then(|text| {
                let body = crate::hcl::parse_body(&format!("type = {text}\n")).ok()?;
                Some(Cow::Owned(body.get_attribute("type")?.value.clone()))
            }),
        };
        let nullable = match content.argument(base, "nullable").map(|source| source.expr) {
            Some(Expr::Hcl(expr)) => expr.as_bool(),
            Some(Expr::Json(json::Node { kind: json::Kind::Bool(b), .. })) => Some(*b),
            _ => None,
        };
        // What an override file leaves out stays.
        let variable = self.variables.entry(name).or_insert(Variable { default: None, kind: None, nullable: true });
        variable.default = content.argument(base, "default").or(variable.default);
        variable.kind = kind.or_else(|| variable.kind.take());
        variable.nullable = nullable.unwrap_or(variable.nullable);
    }

    fn add_json(&mut self, file: FileId, root: &'a json::Node, overriding: bool) {
        for (keyword, mode) in [("resource", Mode::Managed), ("data", Mode::Data)] {
            each_block(root, keyword, 2, &mut |labels, range, node| {
                let span = Span::new(file, range.clone());
                let declaration = Declaration {
                    mode,
                    kind: labels[0],
                    name: labels[1],
                    base: file.into(),
                    span,
                    header: Span::new(file, range.start..node.range.start),
                    content: Content::Json(node),
                };
                if overriding { self.overrides.push(declaration) } else { self.resources.push(declaration) }
            });
        }
        each_block(root, "module", 1, &mut |labels, range, node| {
            let header = Span::new(file, range.start..node.range.start);
            self.add_call(labels[0], file.into(), Span::new(file, range.clone()), header, Content::Json(node));
        });
        each_block(root, "variable", 1, &mut |labels, _, node| {
            self.add_variable(labels[0], file.into(), Content::Json(node));
        });
        each_block(root, "output", 1, &mut |labels, _, node| {
            self.outputs.extend(Content::Json(node).argument(file.into(), "value").map(|source| (labels[0], source)));
        });
        each_block(root, "locals", 0, &mut |_, _, node| {
            for property in node.properties() {
                self.locals.insert(&property.name, Source { base: file.into(), expr: Expr::Json(&property.value) });
            }
        });
        each_block(root, "terraform", 0, &mut |_, _, node| {
            let aws = node.get("required_providers").and_then(|p| p.each().first()).and_then(|p| p.get("aws"));
            self.constraints
                .extend(aws.and_then(|aws| aws.as_str().or_else(|| aws.get("version")?.as_str())).map(str::to_owned));
        });
    }
}

/// `aws = "~> 5.0"` or `aws = { version = "~> 5.0" }`.
fn version_of(aws: &Attribute) -> Option<String> {
    if let Some(text) = aws.value.as_str() {
        return Some(text.to_owned());
    }
    let object = aws.value.as_object()?;
    object
        .iter()
        .find(|(key, _)| key.as_ident().is_some_and(|i| i.as_str() == "version"))
        .and_then(|(_, value)| value.expr().as_str())
        .map(str::to_owned)
}

/// The header of a block: from its type to its last label.
pub(super) fn header(base: Base, block: &Block) -> Span {
    let start = block.ident.span().unwrap_or_default();
    let end = block.labels.last().and_then(hcl_edit::Span::span).map_or(start.end, |label| label.end);
    base.span(Some(start.start..end))
}
