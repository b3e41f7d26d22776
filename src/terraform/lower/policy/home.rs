//! Where a statement is written, and whether it serves one policy only.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression, Object};
use hcl_edit::structure::{Block, Body, Structure};

use super::super::{Lowering, shorten};
use super::statement::name_of;
use crate::model::{Mode, Project, Resource, ResourceId};
use crate::source::{FileId, Span};
use crate::terraform::Tree;

/// How a statement is written.
#[derive(Clone, Copy)]
pub(super) enum Written<'w> {
    /// An object, with what holds it.
    Object(&'w Object, Among<'w>),
    /// A `statement` block.
    Block(&'w Block),
    /// JSON in a heredoc.
    Text(&'w Expression),
    /// Something that isn't the statement itself.
    Elsewhere(&'w Expression),
}

/// What holds the object of a statement.
#[derive(Clone, Copy)]
pub(super) enum Among<'w> {
    /// Nothing: it is the only one.
    Alone,
    /// A list.
    List(&'w Array),
    /// A map, where each statement has a key of its own, as inputs of modules have.
    Map(&'w Object),
}

/// The place of a statement.
pub(super) struct Home<'w> {
    pub(super) file: FileId,
    /// The top-level block that holds it.
    pub(super) block: &'w Block,
    /// The dotted path in that block.
    pub(super) path: String,
    pub(super) written: Written<'w>,
}

impl Home<'_> {
    /// The block's header without quotes.
    pub(super) fn header(&self) -> String {
        let labels = self.block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str);
        std::iter::once(self.block.ident.as_str()).chain(labels).collect::<Vec<_>>().join(" ")
    }
}

/// Finds what stands at `span`.
pub(super) fn find<'w>(lowering: &Lowering<'w>, span: Span) -> Result<Home<'w>, String> {
    let Tree::Hcl(document) = lowering.tree(span.file) else {
        return Err("policies in JSON files are not edited yet".into());
    };
    let target = span.range();
    let around = document.pieces().iter().filter(|piece| contains(Some(piece.range()), &target));
    for block in around.filter_map(|piece| document.placed_block(piece)) {
        if let Some((path, written)) = in_body(&block.body, &target, "") {
            return Ok(Home { file: span.file, block, path, written });
        }
    }
    Err("the statement stands in a `for` expression or a dynamic block".into())
}

fn contains(outer: Option<Range<usize>>, inner: &Range<usize>) -> bool {
    outer.is_some_and(|outer| outer.start <= inner.start && inner.end <= outer.end)
}

fn in_body<'w>(body: &'w Body, target: &Range<usize>, prefix: &str) -> Option<(String, Written<'w>)> {
    let path = |name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    body.iter().filter(|structure| contains(structure.span(), target)).find_map(|structure| match structure {
        Structure::Attribute(attribute) => {
            Some((path(attribute.key.as_str()), in_expression(&attribute.value, target, Among::Alone)?))
        }
        Structure::Block(block) if block.ident.as_str() == "dynamic" => None,
        Structure::Block(block) if block.span().as_ref() == Some(target) => {
            Some((path(block.ident.as_str()), Written::Block(block)))
        }
        Structure::Block(block) => in_body(&block.body, target, &path(block.ident.as_str())),
    })
}

fn in_expression<'w>(expr: &'w Expression, target: &Range<usize>, among: Among<'w>) -> Option<Written<'w>> {
    if expr.span().as_ref() == Some(target) {
        return Some(match expr {
            Expression::Object(object) => Written::Object(object, among),
            Expression::HeredocTemplate(_) => Written::Text(expr),
            _ => Written::Elsewhere(expr),
        });
    }
    let inside = |inner: &'w Expression| in_expression(inner, target, Among::Alone);
    match expr {
        Expression::Array(items) => items.iter().find_map(|item| in_expression(item, target, Among::List(items))),
        Expression::Object(object) => object.iter().find_map(|(key, value)| {
            // The one statement of a document needs no list.
            let among = if name_of(key) == Some("Statement") { Among::Alone } else { Among::Map(object) };
            in_expression(value.expr(), target, among)
        }),
        Expression::FuncCall(call) => call.args.iter().find_map(inside),
        Expression::Parenthesis(inner) => inside(inner.inner()),
        Expression::Conditional(c) => inside(&c.true_expr).or_else(|| inside(&c.false_expr)),
        _ => None,
    }
}

/// Why a policy that an expression gives isn't changed.
pub(super) fn not_here(text: &str, expr: &Expression) -> String {
    let written = |expr: &Expression| shorten(text[expr.span().unwrap_or_default()].trim());
    match expr {
        Expression::FuncCall(call) if matches!(call.name.name.as_str(), "templatefile" | "file") => {
            let path = call.args.iter().next().map(written).unwrap_or_default();
            format!("the policy stands in a file of its own, which others may use: {path}")
        }
        other => format!("it is written elsewhere: {}", written(other)),
    }
}

/// Refuses a place that serves others than the policy of `resource`, too.
pub(super) fn serves_only(lowering: &Lowering<'_>, home: &Home<'_>, resource: &Resource) -> Result<(), String> {
    let project = &lowering.workspace.project;
    if home.file == resource.span.file && contains(home.block.span(), &resource.span.range()) {
        return Ok(());
    }
    if !project.file(home.file).editable {
        return Err(format!("{} is a symbolic link", project.file(home.file).display));
    }
    if home.block.ident.as_str() == "locals" {
        return local_serves_only(lowering, home, resource);
    }
    let span = Span::new(home.file, home.block.span().unwrap_or_default());
    let document = project.resources.iter().find(|r| r.instance == resource.instance && r.span == span);
    match document.filter(|document| is_document(document)) {
        Some(document) => document_serves_only(project, document, resource),
        None => Err(format!("the policy is written elsewhere: {}", shorten(&home.header()))),
    }
}

pub(super) fn is_document(resource: &Resource) -> bool {
    resource.mode == Mode::Data && &*resource.kind == "aws_iam_policy_document"
}

/// Whether a document, and those that take it up, are used by `resource` alone.
pub(super) fn document_serves_only(project: &Project, document: &Resource, resource: &Resource) -> Result<(), String> {
    let refers = |value: &crate::model::Value| value.refers_to(document.id);
    let uses = |other: &&Resource| other.body.refers_to(document.id);
    for other in project.resources.iter().filter(|other| other.span != resource.span && other.id != document.id) {
        if !uses(&other) {
            continue;
        }
        if !is_document(other) {
            return Err(format!("{} also serves {}", document.address(), other.address()));
        }
        document_serves_only(project, other, resource)?;
    }
    if project.outputs.iter().any(|(_, value)| refers(value)) {
        return Err(format!("{} is an output of the module, too", document.address()));
    }
    let calls = project.opaque_calls.iter();
    let others = calls.filter(|call| !call.is(resource));
    let passed = others.filter(|call| call.arguments.entries.iter().any(|entry| refers(&entry.node.value)));
    match passed.map(|call| &call.name).next() {
        Some(name) => Err(format!("{} is passed to module.{name}, too", document.address())),
        None => Ok(()),
    }
}

/// A local value is used once, in the block of `resource`.
fn local_serves_only(lowering: &Lowering<'_>, home: &Home<'_>, resource: &Resource) -> Result<(), String> {
    let project = &lowering.workspace.project;
    let name = format!("local.{}", home.path);
    let in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let mut uses = Vec::new();
    for file in &project.module_of(resource.instance).files {
        let text = &project.file(*file).text;
        let found = text.match_indices(&name).filter(|(at, _)| !text[at + name.len()..].starts_with(in_name));
        uses.extend(found.map(|(at, _)| (*file, at as u32)));
    }
    match uses.as_slice() {
        [(file, at)] if *file == resource.span.file && resource.span.contains(*at) => Ok(()),
        _ => Err(format!("`{name}` serves others, too")),
    }
}

/// The document that a resource's argument refers to, when it is declared in the same module.
pub(super) fn document_of<'w>(lowering: &Lowering<'w>, id: ResourceId) -> Option<&'w Resource> {
    let document = lowering.workspace.project.resource(id);
    is_document(document).then_some(document)
}
