//! Templates: quoted strings and heredocs, with interpolations and directives.

use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Strip, Template};

use super::evaluate::{Bindings, Names, Scope, evaluate};
use super::{functions, loops};
use crate::model::{Node, Value};
use crate::source::Span;

/// The string of a template; a template of one interpolation is that value itself.
pub fn value(template: &Template, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    stripped(template, (false, false), scope, bound, span)
}

/// The same without the white space at its start and its end, where `strip` says so.
fn stripped(template: &Template, strip: (bool, bool), scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    // White space beside `~` goes.
    let mut pieces: Vec<Node> = Vec::new();
    let (mut strip_next, mut was_literal) = (strip.0, false);
    for element in template {
        let piece = match element {
            Element::Literal(text) => {
                let text = if strip_next { text.trim_start() } else { text.as_str() };
                (strip_next, was_literal) = (false, true);
                pieces.push(Node { value: Value::string(text), span });
                continue;
            }
            Element::Interpolation(interpolation) => evaluate(&interpolation.expr, scope, bound),
            Element::Directive(directive) => Node { value: directive_value(directive, scope, bound, span), span },
        };
        let (before, after) = match element {
            Element::Interpolation(interpolation) => sides(interpolation.strip, interpolation.strip),
            Element::Directive(directive) => match &**directive {
                Directive::If(inner) => sides(inner.if_expr.strip, inner.endif_expr.strip),
                Directive::For(inner) => sides(inner.for_expr.strip, inner.endfor_expr.strip),
            },
            Element::Literal(_) => (false, false),
        };
        if before && was_literal {
            strip_end(&mut pieces);
        }
        was_literal = false;
        strip_next = after;
        pieces.push(piece);
    }
    if strip.1 && template.iter().last().is_some_and(|last| matches!(last, Element::Literal(_))) {
        strip_end(&mut pieces);
    }
    if let [Node { value: Value::String(_) | Value::Null | Value::List(_) | Value::Map(_), .. }] = pieces.as_slice() {
        return pieces.swap_remove(0).value;
    }
    functions::lift(&pieces, &|pieces| Value::text(pieces.to_vec()))
}

/// Whether the space before an element goes, by the marker that opens it, and that behind, by the one that closes it.
fn sides(open: Strip, close: Strip) -> (bool, bool) {
    (matches!(open, Strip::Start | Strip::Both), matches!(close, Strip::End | Strip::Both))
}

fn strip_end(pieces: &mut [Node]) {
    if let Some(Node { value: Value::String(text), .. }) = pieces.last_mut() {
        *text = text.trim_end().into();
    }
}

fn directive_value(directive: &Directive, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    match directive {
        Directive::If(inner) => if_value(inner, scope, bound, span),
        Directive::For(inner) => for_value(inner, scope, bound, span),
    }
}

/// The markers of a directive strip inside it, too.
fn inside(template: &Template, open: Strip, close: Strip, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    let strip = (matches!(open, Strip::End | Strip::Both), matches!(close, Strip::Start | Strip::Both));
    stripped(template, strip, scope, bound, span)
}

fn if_value(inner: &IfDirective, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    let (first, last) = (&inner.if_expr, &inner.endif_expr);
    let middle = inner.else_expr.as_ref();
    let between = middle.map_or(last.strip, |middle| middle.strip);
    let yes = || inside(&first.template, first.strip, between, scope, bound, span);
    let no = || match middle {
        Some(middle) => inside(&middle.template, middle.strip, last.strip, scope, bound, span),
        None => Value::string(""),
    };
    match evaluate(&first.cond_expr, scope, bound).value.as_bool() {
        Some(true) => yes(),
        Some(false) => no(),
        None => Value::either(vec![Node { value: yes(), span }, Node { value: no(), span }]),
    }
}

fn for_value(inner: &ForDirective, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    let (first, last) = (&inner.for_expr, &inner.endfor_expr);
    let collection = evaluate(&first.collection_expr, scope, bound).value;
    let Some(turns) = loops::turns(&collection, &first.collection_expr).filter(|turns| turns.complete) else {
        return Value::Unknown;
    };
    let pieces = turns.items.into_iter().map(|(key, item)| {
        let outer = Bindings::new(first.value_var.as_str(), item.value, bound);
        let key_name = first.key_var.as_ref().map_or("", |name| name.as_str());
        let names = Bindings::new(key_name, key, Some(&outer));
        Node { value: inside(&first.template, first.strip, last.strip, scope, Some(&names), span), span }
    });
    Value::text([Node { value: Value::string(""), span }].into_iter().chain(pieces).collect())
}
