//! Blocks that are added beside a resource: companions, data sources, imports.

use hcl_edit::Span as _;
use hcl_edit::structure::Block;

use super::{Lowering, render, unit};
use crate::edit::Edit;
use crate::model::{Draft, DraftBody, DraftItem, Mode, Resource, resource};
use crate::source::{SourceFile, Span};

impl Lowering<'_> {
    pub(super) fn add(
        &mut self,
        near: &Resource,
        kind: &str,
        name: &str,
        mirror: bool,
        content: &DraftBody,
    ) -> Result<(), String> {
        let file = self.workspace.project.file(near.span.file);
        let block = self.block(near)?;
        let renamed = self.renamed.clone();
        let place = self.written_at(file, near, mirror, &renamed);
        let name = self.free_name(near, kind, name);
        let mut content = content.clone();
        if mirror {
            let version = self.workspace.project.provider(near.instance);
            let inherited = inherited(file, block, version.major);
            content.items.splice(0..0, inherited);
            if let Some(tags) = shared_tags(file, block).filter(|_| TAGGABLE.contains(&kind)) {
                let first_block = content.items.iter().position(|(_, item)| matches!(item, DraftItem::Block(_)));
                content.items.insert(first_block.unwrap_or(content.items.len()), tags);
            }
        }
        let text = place.block(&format!("resource \"{kind}\" \"{name}\""), &content, "")?;
        self.insert_below(file, near.span, &text);
        self.out.added.push(format!("resource {kind} {name}"));
        self.out.created.push((resource::address(Mode::Managed, kind, &name), near.id));
        Ok(())
    }

    /// A top-level block below another one, with a blank line between.
    pub(super) fn insert_below(&mut self, file: &SourceFile, block: Span, text: &str) {
        let at = crate::source::line_end(&file.text, block.end as usize);
        let nl = file.newline();
        self.out.edits.push(Edit::insert(block.file, at, format!("{nl}{nl}{text}")));
    }

    /// The name, with a number when it is taken.
    pub(super) fn free_name(&mut self, near: &Resource, kind: &str, name: &str) -> String {
        let project = &self.workspace.project;
        let taken = |name: &str| project.at(near.instance, &resource::address(Mode::Managed, kind, name)).is_some();
        if !taken(name) {
            return name.to_owned();
        }
        let mut n = 2;
        while taken(&format!("{name}_{n}")) {
            n += 1;
        }
        let free = format!("{name}_{n}");
        let address = |name: &str| resource::address(Mode::Managed, kind, name);
        self.renamed.push((address(name), address(&free)));
        free
    }

    /// A data source: by which provider, and whether below or above what it stands beside.
    pub(super) fn add_data(
        &mut self,
        near: &Resource,
        kind: &str,
        name: &str,
        (provider, below): (Option<&str>, bool),
    ) {
        let project = &self.workspace.project;
        if project.at(near.instance, &resource::address(Mode::Data, kind, name)).is_some() {
            return;
        }
        let file = project.file(near.span.file);
        let nl = file.newline();
        let body =
            provider.map_or(String::new(), |provider| format!("{nl}{}provider = {provider}{nl}", unit(&file.text)));
        let text = format!("data \"{kind}\" \"{name}\" {{{body}}}");
        if below {
            self.insert_below(file, near.span, &text);
        } else {
            let comments = crate::hcl::comments(&file.text);
            let start = crate::hcl::comments_above(&file.text, &comments, near.span.start as usize);
            self.out.edits.push(Edit::insert(near.span.file, start, format!("{text}{nl}{nl}")));
        }
        self.out.added.push(format!("data {kind} {name}"));
    }

    pub(super) fn import(&mut self, near: &Resource, to: &str, id: &str) -> Result<(), String> {
        let project = &self.workspace.project;
        if !project.instance(near.instance).address.is_empty() {
            return Err("import blocks may stand in the root module only".into());
        }
        let file = project.file(near.span.file);
        let nl = file.newline();
        let lines = [("to".to_owned(), to.to_owned()), ("id".to_owned(), format!("\"{}\"", render::escape(id)))];
        let text = format!("import {{{nl}{}}}", render::aligned(&lines, unit(&file.text), nl));
        self.insert_below(file, near.span, &text);
        self.out.added.push("import".into());
        Ok(())
    }
}

/// What is added and takes tags.
const TAGGABLE: [&str; 10] = [
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_metric_alarm",
    "aws_default_security_group",
    "aws_flow_log",
    "aws_iam_role",
    "aws_kms_key",
    "aws_s3_bucket",
    "aws_security_group",
    "aws_sns_topic",
    "aws_sqs_queue",
];

/// `tags` of a block where they are a name, `var.tags`, and so are meant for more than this block.
fn shared_tags(file: &SourceFile, block: &Block) -> Option<(String, DraftItem)> {
    let value = &block.body.get_attribute("tags")?.value;
    let text = file.text[value.span()?].trim();
    let is_shared = value.as_traversal().is_some() && (text.starts_with("var.") || text.starts_with("local."));
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    (is_shared && is_plain).then(|| ("tags".to_owned(), DraftItem::Argument(Draft::Expression(text.to_owned()))))
}

/// `count`, `for_each`, `provider` and `region` of a block, as they are written, for what is added beside it.
fn inherited(file: &SourceFile, block: &Block, provider: u32) -> Vec<(String, DraftItem)> {
    // NOTE: every resource has `region` since provider 6; before 3, buckets had an argument of that name.
    let everywhere = ["count", "for_each", "provider"].into_iter();
    everywhere
        .chain((provider >= 6).then_some("region"))
        .filter_map(|name| {
            let range = block.body.get_attribute(name)?.value.span()?;
            Some((name.to_owned(), DraftItem::Argument(Draft::Expression(file.text[range].trim().to_owned()))))
        })
        .collect()
}
