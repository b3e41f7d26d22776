//! Properties that the configuration decides by an expression, although they are absent as it is.
//!
//! Invariant: what an author switches by `x = var.on ? ... : null`, or by a dynamic block over nothing, is never given by
//! a resource beside it: the two would contradict each other as soon as it is switched on.

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_traversal};

use super::control::{FixSpec, Rule};
use crate::model::{Form, Project, Resource};

/// The argument or block that a rule asks for and that an expression leaves out.
pub(super) fn by_expression<'a>(
    project: &Project,
    resource: &'a Resource,
    rule: &Rule,
    spec: &FixSpec,
) -> Option<&'a str> {
    let mut asked = Asked::default();
    for predicate in [&rule.pass, &rule.skip, &spec.when].into_iter().flatten() {
        asked.visit_expr(predicate);
    }
    resource.body.entries.iter().map(|entry| (entry, &*entry.name)).find_map(|(entry, name)| {
        let absent = match entry.form {
            Form::Empty => true,
            Form::Attribute => entry.node.value.is_null() && !is_null_literal(project, entry.node.span),
            Form::Block | Form::Dynamic => false,
        };
        (absent && asked.names.iter().any(|asked| asked == name)).then_some(name)
    })
}

fn is_null_literal(project: &Project, span: crate::source::Span) -> bool {
    project.file(span.file).text[span.range()].trim() == "null"
}

/// The names behind `self` in an expression.
#[derive(Default)]
struct Asked {
    names: Vec<String>,
}

impl Visit for Asked {
    fn visit_traversal(&mut self, node: &Traversal) {
        let is_self = matches!(&node.expr, Expression::Variable(root) if root.as_str() == "self");
        if let (true, Some(TraversalOperator::GetAttr(name))) =
            (is_self, node.operators.first().map(hcl_edit::Decorated::value))
        {
            self.names.push(name.as_str().to_owned());
        }
        visit_traversal(self, node);
    }
}
