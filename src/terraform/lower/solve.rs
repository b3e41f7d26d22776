//! Which variable decides on an expression, and what it must be for the expression to have a wanted value.

use std::borrow::Cow;

use hcl_edit::expr::{Array, BinaryOperator, Conditional, Expression, FuncCall, TraversalOperator, UnaryOperator};
use hcl_edit::structure::Block;
use hcl_edit::template::Element;

use super::is_literal;
use crate::model::{Draft, DraftBody, DraftItem};

/// The variable that has to change.
#[derive(Debug, PartialEq)]
pub(super) struct Solution<'e> {
    pub name: &'e str,
    pub value: Cow<'e, Draft>,
    /// Whether it chooses between values, instead of being one.
    pub chooses: bool,
    /// Whether it only takes the place of nothing: a call that passes another value says that it is meant.
    pub fills: bool,
}

impl<'e> Solution<'e> {
    pub(super) fn is(name: &'e str, value: Draft) -> Self {
        Self { name, value: Cow::Owned(value), chooses: false, fills: false }
    }
}

/// What makes the expression `new`; nothing where more than one variable has a say, or no plain one.
pub(super) fn solve<'e>(expr: &'e Expression, new: &Draft) -> Option<Solution<'e>> {
    match expr {
        Expression::Traversal(_) => Some(Solution::is(variable_name(expr)?, new.clone())),
        Expression::Parenthesis(inner) => solve(inner.inner(), new),
        Expression::StringTemplate(template) => match template.iter().collect::<Vec<_>>().as_slice() {
            [Element::Interpolation(only)] => solve(&only.expr, new),
            _ => None,
        },
        Expression::UnaryOp(op) if *op.operator.value() == UnaryOperator::Not => match new {
            Draft::Bool(on) => solve(&op.expr, &Draft::Bool(!on)),
            _ => None,
        },
        Expression::Conditional(choice) => {
            let on = match (is(&choice.true_expr, new), is(&choice.false_expr, new)) {
                (true, false) => true,
                (false, true) => false,
                _ => return None,
            };
            chosen(choice, on)
        }
        // The first one that is something is taken.
        Expression::FuncCall(call) if is_call(call, "coalesce") || is_call(call, "try") => {
            solve(call.args.iter().next()?, new)
        }
        _ => None,
    }
}

/// What makes a condition true or false, where it is a variable.
fn chosen(choice: &Conditional, on: bool) -> Option<Solution<'_>> {
    let solution = condition(&choice.cond_expr, on)?;
    Some(Solution { chooses: true, ..solution })
}

fn condition(expr: &Expression, on: bool) -> Option<Solution<'_>> {
    match expr {
        Expression::Parenthesis(inner) => condition(inner.inner(), on),
        Expression::BinaryOp(op) => {
            let same = match op.operator.value() {
                BinaryOperator::Eq => true,
                BinaryOperator::NotEq => false,
                _ => return None,
            };
            let Expression::Bool(with) = &op.rhs_expr else { return None };
            condition(&op.lhs_expr, on == (same == **with))
        }
        _ => solve(expr, &Draft::Bool(on)),
    }
}

/// What makes a `dynamic` block be there with these arguments.
pub(super) fn solve_block<'e>(dynamic: &'e Block, content: &DraftBody) -> Option<Solution<'e>> {
    let Expression::Conditional(choice) = &dynamic.body.get_attribute("for_each")?.value else { return None };
    let on = match (is_empty(&choice.true_expr)?, is_empty(&choice.false_expr)?) {
        (false, true) => true,
        (true, false) => false,
        _ => return None,
    };
    let inner = dynamic.body.get_blocks("content").next()?;
    let wanted = content.items.iter().map(|(name, item)| match item {
        DraftItem::Argument(value) => Some((&inner.body.get_attribute(name)?.value, value)),
        DraftItem::Block(_) => None,
    });
    let wanted = wanted.collect::<Option<Vec<_>>>()?;
    if wanted.iter().all(|(written, value)| is(written, value)) {
        return chosen(choice, on);
    }
    // `var.mode == null ? [] : [1]` with `mode = var.mode`: the value is the switch.
    let [(written, value)] = wanted.as_slice() else { return None };
    let Expression::BinaryOp(op) = &choice.cond_expr else { return None };
    let unlike = match op.operator.value() {
        BinaryOperator::NotEq => on,
        BinaryOperator::Eq => !on,
        _ => return None,
    };
    let name = variable_name(written)?;
    let decides = variable_name(&op.lhs_expr) == Some(name) && is_literal(&op.rhs_expr) && !is(&op.rhs_expr, value);
    (unlike && decides).then(|| Solution { fills: true, ..Solution::is(name, (*value).clone()) })
}

/// Whether a list is empty, where that can be read.
fn is_empty(expr: &Expression) -> Option<bool> {
    match expr {
        Expression::Array(items) => Some(Array::is_empty(items)),
        Expression::Object(entries) => Some(entries.is_empty()),
        Expression::Parenthesis(inner) => is_empty(inner.inner()),
        Expression::FuncCall(call) if is_call(call, "toset") => is_empty(call.args.iter().next()?),
        _ => None,
    }
}

fn is_call(call: &FuncCall, name: &str) -> bool {
    call.name.namespace.is_empty() && call.name.name.as_str() == name
}

/// Whether an expression is this value, written out.
fn is(expr: &Expression, value: &Draft) -> bool {
    match (expr, value) {
        (Expression::Bool(written), Draft::Bool(wanted)) => **written == *wanted,
        (Expression::String(written), Draft::String(wanted)) => written.as_str() == wanted,
        (Expression::Number(written), Draft::Number(wanted)) => written.to_string() == *wanted,
        _ => false,
    }
}

/// `x` of `var.x`.
fn variable_name(expr: &Expression) -> Option<&str> {
    let Expression::Traversal(traversal) = expr else { return None };
    let Expression::Variable(root) = &traversal.expr else { return None };
    match (root.as_str(), traversal.operators.as_slice()) {
        ("var", [operator]) => match operator.value() {
            TraversalOperator::GetAttr(name) => Some(name.as_str()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Expression {
        text.parse().expect("an expression")
    }

    #[test]
    fn one_variable_decides() {
        let (on, enabled) = (Draft::Bool(true), Draft::String("Enabled".into()));
        for (text, new, name, value) in [
            ("var.a", &on, "a", Draft::Bool(true)),
            ("(var.a)", &on, "a", Draft::Bool(true)),
            ("!var.a", &on, "a", Draft::Bool(false)),
            (r#""${var.a}""#, &enabled, "a", enabled.clone()),
            ("coalesce(var.a, false)", &on, "a", Draft::Bool(true)),
            (r#"var.a ? "Enabled" : "Suspended""#, &enabled, "a", Draft::Bool(true)),
            (r#"var.a ? "Suspended" : "Enabled""#, &enabled, "a", Draft::Bool(false)),
            (r#"(var.a == false) ? "Suspended" : "Enabled""#, &enabled, "a", Draft::Bool(true)),
            (r#"var.a != true ? "Suspended" : "Enabled""#, &enabled, "a", Draft::Bool(true)),
        ] {
            let expr = parsed(text);
            let found = solve(&expr, new).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((found.name, found.value.as_ref()), (name, &value), "{text}");
            assert_eq!(found.chooses, text.contains('?'), "{text}");
        }
        for text in [
            r#"var.env == "prod" ? "Enabled" : "Suspended""#,
            r#"var.a && var.b ? "Enabled" : "Suspended""#,
            r#"var.a ? var.b : "Suspended""#,
            r#"local.a ? "Enabled" : "Suspended""#,
            r#""${var.a}-${var.b}""#,
            "var.a.b",
        ] {
            assert_eq!(solve(&parsed(text), &enabled), None, "{text}");
        }
    }

    #[test]
    fn one_variable_decides_on_a_block() {
        let active = DraftBody::arguments([("mode", Draft::String("Active".into()))]);
        for (each, mode, wanted) in [
            ("var.on ? [1] : []", r#""Active""#, Some(("on", Draft::Bool(true)))),
            ("var.mode == null ? [] : [true]", "var.mode", Some(("mode", Draft::String("Active".into())))),
            (r#"var.mode != "Disabled" ? [1] : []"#, "var.mode", Some(("mode", Draft::String("Active".into())))),
            ("var.off ? toset([]) : toset([1])", r#""Active""#, Some(("off", Draft::Bool(false)))),
            (r#"var.mode == "Active" ? [] : [1]"#, "var.mode", None),
            ("var.on ? [1] : []", "var.mode", None),
            ("var.modes", "each.value", None),
        ] {
            let text = format!("dynamic \"x\" {{\n  for_each = {each}\n  content {{\n    mode = {mode}\n  }}\n}}\n");
            let body: hcl_edit::structure::Body = text.parse().expect("a body");
            let block = body.blocks().next().expect("a block");
            let found = solve_block(block, &active).map(|found| (found.name, found.value.into_owned()));
            assert_eq!(found, wanted, "{each} {mode}");
        }
    }
}
