//! Expressions to values, three-valued: what can't be known stays unknown.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::template::{Element, Template};

use super::functions;
use crate::model::{Body, Entry, Form, Node, Reference, Value};
use crate::source::{FileId, Span};

/// What names mean.
pub trait Scope {
    /// The file that the expressions stand in.
    fn file(&self) -> FileId;

    /// The source text of the file.
    fn source(&self) -> &str;

    /// The value of `root` followed by `steps`, and how many of the steps are used up by it.
    fn lookup(&self, root: &str, steps: &[Step]) -> (Value, usize);

    /// A function that only this scope knows.
    fn call(&self, _name: &str, _arguments: &[Node]) -> Option<Value> {
        None
    }
}

/// One step of a traversal.
#[derive(Debug, Clone)]
pub enum Step {
    /// `.name`
    Name(Arc<str>),
    /// `[key]`, with the key as written.
    Key(Value, Arc<str>),
    /// `[*]` or `.*`
    Splat,
}

/// Names bound by `for`, innermost first.
pub struct Bindings<'a> {
    name: &'a str,
    value: Value,
    outer: Option<&'a Bindings<'a>>,
}

impl<'a> Bindings<'a> {
    /// One more name.
    pub fn new(name: &'a str, value: Value, outer: Option<&'a Bindings<'a>>) -> Self {
        Self { name, value, outer }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        if self.name == name { Some(&self.value) } else { self.outer.and_then(|outer| outer.get(name)) }
    }
}

/// The value of an expression.
pub fn evaluate(expr: &Expression, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Node {
    let span = Span::new(scope.file(), expr.span().unwrap_or_default());
    Node { value: value(expr, scope, bound, span), span }
}

/// The value of an expression that needs no names, for instance a default: unknown where it has some.
pub fn literal(expr: &Expression) -> Value {
    struct NoNames;
    impl Scope for NoNames {
        fn file(&self) -> FileId {
            FileId::default()
        }
        fn source(&self) -> &'static str {
            ""
        }
        fn lookup(&self, _: &str, steps: &[Step]) -> (Value, usize) {
            (Value::Unknown, steps.len())
        }
    }
    evaluate(expr, &NoNames, None).value
}

fn value(expr: &Expression, scope: &dyn Scope, bound: Option<&Bindings<'_>>, span: Span) -> Value {
    match expr {
        Expression::Null(_) => Value::Null,
        Expression::Bool(b) => Value::Bool(*b.value()),
        Expression::Number(n) => n.value().as_f64().map_or(Value::Unknown, Value::Number),
        Expression::String(s) => Value::string(s.value().as_str()),
        Expression::Array(items) => Value::List(items.iter().map(|item| evaluate(item, scope, bound)).collect()),
        Expression::Object(object) => object_value(object, scope, bound),
        Expression::StringTemplate(template) => template_value(template, scope, bound, span),
        Expression::HeredocTemplate(heredoc) => template_value(&heredoc.template, scope, bound, span),
        Expression::Parenthesis(inner) => evaluate(inner.inner(), scope, bound).value,
        Expression::Variable(name) => lookup(name.as_str(), &[], scope, bound),
        Expression::Traversal(traversal) => traversal_value(traversal, scope, bound),
        Expression::FuncCall(call) => call_value(call, scope, bound, span),
        Expression::Conditional(c) => match evaluate(&c.cond_expr, scope, bound).value.as_bool() {
            Some(true) => evaluate(&c.true_expr, scope, bound).value,
            Some(false) => evaluate(&c.false_expr, scope, bound).value,
            None => Value::either(vec![evaluate(&c.true_expr, scope, bound), evaluate(&c.false_expr, scope, bound)]),
        },
        Expression::UnaryOp(op) => {
            let operand = evaluate(&op.expr, scope, bound).value;
            match op.operator.value() {
                UnaryOperator::Not => truth(operand.as_bool().map(|b| !b)),
                UnaryOperator::Neg => operand.as_number().map_or(Value::Unknown, |n| Value::Number(-n)),
            }
        }
        Expression::BinaryOp(op) => {
            let left = evaluate(&op.lhs_expr, scope, bound).value;
            binary(*op.operator.value(), &left, || evaluate(&op.rhs_expr, scope, bound).value)
        }
        Expression::ForExpr(expr) => for_value(expr, scope, bound),
    }
}

fn truth(answer: Option<bool>) -> Value {
    answer.map_or(Value::Unknown, Value::Bool)
}

fn binary(operator: BinaryOperator, left: &Value, right: impl FnOnce() -> Value) -> Value {
    use BinaryOperator as Op;
    match operator {
        Op::And => truth(crate::model::value::all([left.as_bool(), right().as_bool()])),
        Op::Or => truth(crate::model::value::any([left.as_bool(), right().as_bool()])),
        Op::Eq => truth(left.equals(&right())),
        Op::NotEq => truth(left.equals(&right()).map(|b| !b)),
        _ => {
            let right = right();
            let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else { return Value::Unknown };
            match operator {
                Op::Less => Value::Bool(a < b),
                Op::LessEq => Value::Bool(a <= b),
                Op::Greater => Value::Bool(a > b),
                Op::GreaterEq => Value::Bool(a >= b),
                Op::Plus => Value::Number(a + b),
                Op::Minus => Value::Number(a - b),
                Op::Mul => Value::Number(a * b),
                Op::Div if b != 0.0 => Value::Number(a / b),
                Op::Mod if b != 0.0 => Value::Number(a % b),
                _ => Value::Unknown,
            }
        }
    }
}

fn object_value(object: &hcl_edit::expr::Object, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Value {
    let mut body = Body::default();
    for (key, item) in object {
        let name = match key {
            ObjectKey::Ident(ident) => Some(Arc::from(ident.as_str())),
            ObjectKey::Expression(expr) => match evaluate(expr, scope, bound).value {
                Value::String(name) => Some(name),
                Value::Number(n) => Some(n.to_string().into()),
                _ => None,
            },
        };
        let node = evaluate(item.expr(), scope, bound);
        let start = match key {
            ObjectKey::Ident(ident) => ident.span(),
            ObjectKey::Expression(expr) => expr.span(),
        };
        let start = start.map_or(node.span.start, |range| range.start as u32);
        match name {
            Some(name) => {
                body.entries.push(Entry { name, span: Span { start, ..node.span }, form: Form::Attribute, node });
            }
            None => body.open = true,
        }
    }
    Value::Map(body)
}

fn template_value(template: &Template, scope: &dyn Scope, bound: Option<&Bindings<'_>>, span: Span) -> Value {
    let pieces = template.iter().map(|element| match element {
        Element::Literal(text) => Node { value: Value::string(text.as_str()), span },
        Element::Interpolation(interpolation) => evaluate(&interpolation.expr, scope, bound),
        Element::Directive(_) => Node { value: Value::Unknown, span },
    });
    Value::text(pieces.collect())
}

fn lookup(root: &str, steps: &[Step], scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Value {
    let (start, used) = match bound.and_then(|bound| bound.get(root)) {
        Some(value) => (value.clone(), 0),
        None => scope.lookup(root, steps),
    };
    walk(start, &steps[used..])
}

fn traversal_value(traversal: &Traversal, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Value {
    let steps: Vec<Step> = traversal.operators.iter().map(|operator| step(operator.value(), scope, bound)).collect();
    match &traversal.expr {
        Expression::Variable(name) => lookup(name.as_str(), &steps, scope, bound),
        other => walk(evaluate(other, scope, bound).value, &steps),
    }
}

fn step(operator: &TraversalOperator, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Step {
    match operator {
        TraversalOperator::GetAttr(name) => Step::Name(name.as_str().into()),
        TraversalOperator::Index(key) => {
            let written = key.span().and_then(|range| scope.source().get(range)).unwrap_or("?");
            Step::Key(evaluate(key, scope, bound).value, written.trim().into())
        }
        TraversalOperator::LegacyIndex(n) => Step::Key(Value::Number(*n.value() as f64), n.to_string().into()),
        TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Splat,
    }
}

/// Follows `steps` from a value.
fn walk(start: Value, steps: &[Step]) -> Value {
    let Some((first, rest)) = steps.split_first() else { return start };
    let next = match (first, start) {
        (Step::Splat, Value::List(items)) => {
            let items = items.into_iter().map(|item| Node { value: walk(item.value, rest), span: item.span });
            return Value::List(items.collect());
        }
        (Step::Splat, Value::Reference(mut reference)) if reference.path.is_empty() => {
            reference.index = Some("*".into());
            Value::Reference(reference)
        }
        (Step::Splat, Value::Null) => return Value::List(Vec::new()),
        (Step::Splat, _) => return Value::Unknown,
        (Step::Name(name), value) => value.step(name),
        (Step::Key(key, written), value) => index(value, key, written),
    };
    walk(next, rest)
}

fn index(value: Value, key: &Value, written: &Arc<str>) -> Value {
    match (value, key) {
        (Value::List(items), Value::Number(n)) => items.get(*n as usize).map_or(Value::Unknown, |i| i.value.clone()),
        (Value::Map(body), Value::String(name)) => body.get(name),
        (Value::Reference(mut reference), _) if reference.path.is_empty() && reference.index.is_none() => {
            reference.index = Some(written.clone());
            Value::Reference(reference)
        }
        (Value::Reference(reference), _) => Value::Reference(reference.step(&format!("[{written}]"))),
        (value @ Value::Symbol(_), _) => value.step(&format!("[{written}]")),
        (Value::Either(arms), _) => Value::either(
            arms.into_iter().map(|arm| Node { value: index(arm.value, key, written), span: arm.span }).collect(),
        ),
        _ => Value::Unknown,
    }
}

fn call_value(call: &FuncCall, scope: &dyn Scope, bound: Option<&Bindings<'_>>, span: Span) -> Value {
    let name = call.name.name.as_str();
    let arguments: Vec<Node> = call.args.iter().map(|argument| evaluate(argument, scope, bound)).collect();
    if call.args.expand_final() || call.name.is_namespaced() {
        return Value::Unknown;
    }
    scope.call(name, &arguments).unwrap_or_else(|| functions::call(name, &arguments, span))
}

fn for_value(expr: &ForExpr, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Value {
    let collection = evaluate(&expr.intro.collection_expr, scope, bound).value;
    let pairs: Vec<(Value, Value)> = match collection {
        Value::Reference(reference) => return each_instance(expr, reference, scope, bound),
        Value::List(items) => {
            items.into_iter().enumerate().map(|(i, item)| (Value::Number(i as f64), item.value)).collect()
        }
        Value::Map(body) if !body.open => {
            body.entries.into_iter().map(|entry| (Value::String(entry.name), entry.node.value)).collect()
        }
        Value::Null => Vec::new(),
        _ => return Value::Unknown,
    };
    let mut list = Vec::new();
    let mut map = Body::default();
    for (key, item) in pairs {
        let outer = Bindings { name: expr.intro.value_var.as_str(), value: item, outer: bound };
        let key_name = expr.intro.key_var.as_ref().map_or("", |name| name.as_str());
        let inner = Bindings { name: key_name, value: key, outer: Some(&outer) };
        let keep = expr.cond.as_ref().map_or(Some(true), |c| evaluate(&c.expr, scope, Some(&inner)).value.as_bool());
        match keep {
            Some(true) => {}
            Some(false) => continue,
            None => return Value::Unknown,
        }
        let node = evaluate(&expr.value_expr, scope, Some(&inner));
        match expr.key_expr.as_ref().map(|key| evaluate(key, scope, Some(&inner)).value) {
            None => list.push(node),
            Some(Value::String(name)) if !expr.grouping => {
                map.entries.push(Entry { name, span: node.span, form: Form::Attribute, node });
            }
            Some(_) => return Value::Unknown,
        }
    }
    if expr.key_expr.is_some() { Value::Map(map) } else { Value::List(list) }
}

/// `[for x in aws_subnet.all : x.id]` means what `aws_subnet.all[*].id` does.
fn each_instance(expr: &ForExpr, mut all: Reference, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Value {
    if !all.path.is_empty() || all.index.is_some() || expr.key_expr.is_some() || expr.cond.is_some() {
        return Value::Unknown;
    }
    let target = all.resource;
    all.index = Some("*".into());
    let inner = Bindings { name: expr.intro.value_var.as_str(), value: Value::Reference(all), outer: bound };
    match evaluate(&expr.value_expr, scope, Some(&inner)).value {
        value @ Value::Reference(_) if value.refers_to(target) => value,
        _ => Value::Unknown,
    }
}
