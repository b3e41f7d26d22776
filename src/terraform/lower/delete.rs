//! Takes blocks away with the comments that belong to them.

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, Traversal};

use super::{Lowering, header_of};
use crate::edit::Edit;
use crate::model::{Resource, ResourceId};
use crate::source::{Span, line_end, line_start};

impl Lowering<'_> {
    /// Takes away resources to which nothing else refers but in `depends_on`.
    pub(super) fn delete(&mut self, resources: &[ResourceId]) -> Result<(), String> {
        let project = &self.workspace.project;
        for id in resources {
            let resource = project.resource(*id);
            let others = project.users_of(resource).filter(|user| !resources.contains(&user.id));
            let (waiting, using): (Vec<_>, Vec<_>) = others.partition(|user| only_waits(user, *id));
            let other = using.first().map(|user| user.address()).or_else(|| project.handed_out(*id));
            if let Some(other) = other.or_else(|| project.loose_mention(resource)) {
                return Err(format!("{other} refers to {}", resource.address()));
            }
            for user in waiting {
                self.forget(user, &resource.address(), resources)?;
            }
            self.take_away(resource)?;
        }
        Ok(())
    }

    fn take_away(&mut self, resource: &Resource) -> Result<(), String> {
        let file = self.workspace.project.file(resource.span.file);
        if !file.editable {
            return Err(format!("{} is a symbolic link", file.display));
        }
        let text = &*file.text;
        self.block(resource)?;
        let (start, end) = (resource.span.start as usize, resource.span.end as usize);
        let before = text[line_start(text, start)..start].trim();
        let behind = text[end..line_end(text, end)].trim();
        if !before.is_empty() || !behind.is_empty() {
            return Err(format!("{} shares its line with something else", resource.address()));
        }
        let comments = crate::hcl::comments(text);
        let first = crate::hcl::comments_above(text, &comments, start);
        let next_line = |at: usize| text[at..].find('\n').map_or(text.len(), |n| at + n + 1);
        let mut from = first;
        let mut last = next_line(end);
        // One of the blank lines around it goes, too; at the end of the file, the one above.
        let is_blank = |at: usize| at < text.len() && text[at..line_end(text, at)].trim().is_empty();
        let above = text[..first].trim_end_matches([' ', '\t', '\r', '\n']).len();
        let blank_above = first == 0 || text[above..first].matches('\n').count() > 1;
        if is_blank(last) && blank_above {
            last = next_line(last);
        } else if last >= text.len() && above > 0 && blank_above {
            from = next_line(above);
        }
        self.out.edits.push(Edit::replace(Span::new(resource.span.file, from..last), String::new()));
        self.out.deleted.push((header_of(resource), resource.id));
        Ok(())
    }

    /// Takes an address out of the `depends_on` of a resource that waits for it.
    fn forget(&mut self, user: &Resource, address: &str, gone: &[ResourceId]) -> Result<(), String> {
        let project = &self.workspace.project;
        let file = project.file(user.span.file);
        let refuse = || format!("{} waits for {address}", user.address());
        let block = self.block(user).map_err(|_| refuse())?;
        let attribute = block.body.get_attribute("depends_on").ok_or_else(refuse)?;
        let Expression::Array(items) = &attribute.value else { return Err(refuse()) };
        let text = &*file.text;
        let mut spans = Vec::new();
        for item in items {
            let span = item.span().ok_or_else(refuse)?;
            let start = span.start + text[span.clone()].len() - text[span.clone()].trim_start().len();
            spans.push(start..start + text[span].trim().len());
        }
        let is_it = |item: &Expression| match item {
            Expression::Traversal(traversal) => named(traversal).as_deref() == Some(address),
            _ => false,
        };
        let at = items.iter().position(is_it).ok_or_else(refuse)?;
        let others = items.iter().filter(|item| match item {
            Expression::Traversal(traversal) => {
                let name = named(traversal).unwrap_or_default();
                !gone.iter().any(|id| project.resource(*id).address() == name)
            }
            _ => true,
        });
        let left = others.count();
        let range = match (left, spans.get(at + 1)) {
            (0, _) if at > 0 => return Ok(()),
            // Nothing is left to wait for.
            (0, _) => {
                let whole = attribute.span().ok_or_else(refuse)?;
                super::place::whole_lines(text, &whole).ok_or_else(refuse)?
            }
            (_, Some(next)) => spans[at].start..next.start,
            (_, None) if at > 0 => spans[at - 1].end..spans[at].end,
            _ => return Err(refuse()),
        };
        if crate::hcl::comments(text).iter().any(|c| range.start <= c.start && c.end <= range.end) {
            return Err(refuse());
        }
        self.out.edits.push(Edit::replace(Span::new(user.span.file, range), String::new()));
        self.touch(user.span.file, header_of(user), "depends_on");
        self.out.updated.push((user.id, vec!["depends_on".to_owned()]));
        Ok(())
    }
}

/// Whether a resource refers to another one in `depends_on` alone.
fn only_waits(user: &Resource, id: ResourceId) -> bool {
    let mut elsewhere = false;
    user.body.each_place(&mut |name, reference| elsewhere |= reference.resource == id && name != "depends_on");
    !elsewhere
}

/// `kind.name` of a reference to a whole resource.
fn named(traversal: &Traversal) -> Option<String> {
    use hcl_edit::expr::TraversalOperator;
    let Expression::Variable(root) = &traversal.expr else { return None };
    let mut name = root.as_str().to_owned();
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(part) => name.push_str(&format!(".{}", part.as_str())),
            _ => return None,
        }
    }
    Some(name)
}
