//! Many of one kind: one resource with `for_each` over all of them, instead of one for each.
//!
//! Every fix asks for the same shared resource with its own entry in `for_each`; those that go in one round make one map.

use hcl_edit::expr::{Expression, Traversal};
use hcl_edit::structure::Body;
use hcl_edit::visit::{Visit, visit_expr};

use super::scope::PageScope;
use crate::fix::Change;
use crate::fixers;
use crate::model::{Draft, DraftBody, DraftItem, Mode, Project, Resource};

/// From so many on that fail in a module, one resource stands for all.
pub(super) const MANY: usize = 5;

/// Whether this resource and others beside it, `many` in all, fail the same rule, and none of them is special.
pub(super) fn are(many: usize, scope: &PageScope<'_>) -> bool {
    let context = scope.context;
    if !context.resource.is_plain() {
        return false;
    }
    let alike = context.project.of_kind(&context.resource.kind).filter(|other| {
        other.instance == context.resource.instance
            && other.mode == Mode::Managed
            && other.is_plain()
            && scope.of(other).fails()
    });
    alike.take(many).count() == many
}

/// The shared resource: `drafts` are the contents for this resource, `written` what the page says.
pub(super) fn shared(scope: &PageScope<'_>, kind: &str, suffix: &str, written: &Body, drafts: DraftBody) -> Change {
    let (project, resource) = (scope.context.project, scope.context.resource);
    let own: Vec<&str> = written
        .attributes()
        .filter(|attribute| speaks_of_self(&attribute.value))
        .map(|attribute| attribute.key.as_str())
        .collect();
    let mut values = Vec::new();
    for (name, item) in &drafts.items {
        match item {
            DraftItem::Argument(draft) if own.contains(&name.as_str()) => values.push((name.clone(), draft.clone())),
            DraftItem::Argument(draft) => attributes(draft, resource, &mut values),
            DraftItem::Block(_) => {}
        }
    }
    let alone = values.len() == 1;
    let each =
        |name: &str| Draft::Expression(if alone { "each.value".to_owned() } else { format!("each.value.{name}") });
    let entry = match (values.as_slice(), alone) {
        ([(_, value)], true) => value.clone(),
        _ => Draft::Object(values.clone()),
    };
    let mut content = DraftBody::arguments([("for_each", Draft::Object(vec![(resource.name.to_string(), entry)]))]);
    for (name, item) in drafts.items {
        let item = match item {
            DraftItem::Argument(_) if own.contains(&name.as_str()) => DraftItem::Argument(each(&name)),
            DraftItem::Argument(draft) => DraftItem::Argument(replaced(draft, resource, &each)),
            block @ DraftItem::Block(_) => block,
        };
        content.items.push((name, item));
    }
    let word = resource.kind.rsplit('_').next().unwrap_or_default();
    let name = project.unused_name(resource.instance, kind, &format!("{word}_{suffix}"));
    Change::AddShared { near: anchor(project, resource).id, kind: kind.to_owned(), name, mirror: false, content }
}

/// Below the last of its kind: all that share it find the same place.
fn anchor<'a>(project: &'a Project, resource: &'a Resource) -> &'a Resource {
    let alike = project.of_kind(&resource.kind).filter(|other| other.instance == resource.instance && other.is_plain());
    alike.max_by_key(|other| other.span).unwrap_or(resource)
}

/// Where a resource of a kind stands that the module has once: in its service's file, else where those are that ask for it.
pub(super) fn place_of_shared<'a>(project: &'a Project, resource: &'a Resource, kind: &str) -> &'a Resource {
    let service = kind.split('_').nth(1).unwrap_or_default();
    let alike = project.of_kind(&resource.kind);
    let alike = alike.filter(|other| other.instance == resource.instance && other.mode == Mode::Managed);
    fixers::last_in(project, resource, &format!("{service}.tf"))
        .or_else(|| alike.max_by_key(|other| other.span))
        .unwrap_or(resource)
}

/// The attributes of the resource that a draft refers to.
fn attributes(draft: &Draft, resource: &Resource, found: &mut Vec<(String, Draft)>) {
    match draft {
        Draft::Attribute(id, name) if *id == resource.id && !found.iter().any(|(known, _)| known == name) => {
            found.push((name.clone(), draft.clone()));
        }
        Draft::Text(items) | Draft::List(items) => items.iter().for_each(|item| attributes(item, resource, found)),
        Draft::Object(entries) => entries.iter().for_each(|(_, value)| attributes(value, resource, found)),
        Draft::Json(inner) | Draft::Digest(inner) => attributes(inner, resource, found),
        _ => {}
    }
}

/// The draft with `each.value` in place of the resource's attributes.
fn replaced(draft: Draft, resource: &Resource, each: &dyn Fn(&str) -> Draft) -> Draft {
    let all = |items: Vec<Draft>| items.into_iter().map(|item| replaced(item, resource, each)).collect();
    match draft {
        Draft::Attribute(id, name) if id == resource.id => each(&name),
        Draft::Text(items) => Draft::Text(all(items)),
        Draft::List(items) => Draft::List(all(items)),
        Draft::Object(entries) => {
            Draft::Object(entries.into_iter().map(|(name, value)| (name, replaced(value, resource, each))).collect())
        }
        Draft::Json(inner) => Draft::Json(Box::new(replaced(*inner, resource, each))),
        Draft::Digest(inner) => Draft::Digest(Box::new(replaced(*inner, resource, each))),
        other => other,
    }
}

fn speaks_of_self(expr: &Expression) -> bool {
    #[derive(Default)]
    struct Finder(bool);
    impl Visit for Finder {
        fn visit_traversal(&mut self, node: &Traversal) {
            self.0 |= matches!(&node.expr, Expression::Variable(name) if name.as_str() == "self");
            hcl_edit::visit::visit_traversal(self, node);
        }
    }
    let mut finder = Finder::default();
    visit_expr(&mut finder, expr);
    finder.0
}
