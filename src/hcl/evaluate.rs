//! Expressions to values, three-valued: what can't be known stays unknown.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::{BinaryOperator, Expression, FuncCall, ObjectKey, UnaryOperator};

use super::functions::{self, Call};
use super::traverse::{lookup, traversal_value};
use super::{failure, loops, templates};
use crate::model::{Body, Entry, Form, Node, Value, weight};
use crate::source::{Base, Span};

/// What names mean.
pub trait Scope {
    /// Where the expressions stand.
    fn base(&self) -> Base;

    /// The source text of the file.
    fn source(&self) -> &str;

    /// The value of `root` followed by `steps`, and how many of the steps are used up by it.
    fn lookup(&self, root: &str, steps: &[Step]) -> (Value, usize);

    /// Whether what is looked up isn't there, so that Terraform fails.
    fn lacks(&self, _root: &str, _steps: &[Step]) -> Option<bool> {
        Some(false)
    }

    /// A function that only this scope knows, called at `span`.
    fn call(&self, _name: &str, _arguments: &[Node], _span: Span) -> Option<Value> {
        None
    }

    /// Takes note that a value of this weight was made from others; false where all of them are more than can be held.
    fn charge(&self, _weight: usize) -> bool {
        true
    }

    /// Whether values of different types are compared as the provider would convert them: `"7"` is 7. Terraform's own
    /// `==` says no then, as far as types are known.
    fn converts(&self) -> bool {
        false
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

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        if self.name == name { Some(&self.value) } else { self.outer.and_then(|outer| outer.get(name)) }
    }
}

/// The value of an expression.
pub fn evaluate(expr: &Expression, scope: &dyn Scope, bound: Option<&Bindings<'_>>) -> Node {
    let span = scope.base().span(expr.span());
    Node { value: value(expr, scope, bound, span), span }
}

/// The value of an expression that needs no names, for instance a default: unknown where it has some.
pub fn literal(expr: &Expression) -> Value {
    struct NoNames;
    impl Scope for NoNames {
        fn base(&self) -> Base {
            Base::default()
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

/// The names that stand behind an expression.
pub type Names<'n> = Option<&'n Bindings<'n>>;

fn value(expr: &Expression, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    match expr {
        Expression::Null(_) => Value::Null,
        Expression::Bool(b) => Value::Bool(*b.value()),
        Expression::Number(n) => n.value().as_f64().map_or(Value::Unknown, Value::Number),
        Expression::String(s) => Value::string(s.value().as_str()),
        Expression::Array(items) => Value::List(items.iter().map(|item| evaluate(item, scope, bound)).collect()),
        Expression::Object(object) => object_value(object, scope, bound),
        Expression::StringTemplate(template) => templates::value(template, scope, bound, span),
        Expression::HeredocTemplate(heredoc) => templates::value(&heredoc.template, scope, bound, span),
        Expression::Parenthesis(inner) => evaluate(inner.inner(), scope, bound).value,
        Expression::Variable(name) => lookup(name.as_str(), &[], scope, bound),
        Expression::Traversal(traversal) => traversal_value(traversal, scope, bound),
        Expression::FuncCall(call) => call_value(call, scope, bound, span),
        Expression::Conditional(c) => {
            let sets = loops::is_set(&c.true_expr) || loops::is_set(&c.false_expr);
            let arm = |expr: &Expression| match evaluate(expr, scope, bound) {
                // A list beside a set becomes one.
                Node { value: Value::List(items), span } if sets => Node { value: functions::list_or_set(items), span },
                node => node,
            };
            let (yes, no) = (arm(&c.true_expr), arm(&c.false_expr));
            match evaluate(&c.cond_expr, scope, bound).value.as_bool() {
                Some(true) => like(yes.value, &no.value),
                Some(false) => like(no.value, &yes.value),
                None => Value::either(vec![yes, no]),
            }
        }
        Expression::UnaryOp(op) => {
            let operand = evaluate(&op.expr, scope, bound);
            functions::lift(&[operand], &|operand| match op.operator.value() {
                UnaryOperator::Not => truth(operand[0].value.as_bool().map(|b| !b)),
                UnaryOperator::Neg => operand[0].value.as_number().map_or(Value::Unknown, |n| Value::Number(0.0 - n)),
            })
        }
        Expression::BinaryOp(op) => {
            let operands = [evaluate(&op.lhs_expr, scope, bound), evaluate(&op.rhs_expr, scope, bound)];
            let operator = *op.operator.value();
            functions::lift(&operands, &|pair| binary(operator, &pair[0].value, &pair[1].value, scope.converts()))
        }
        Expression::ForExpr(expr) => loops::value(expr, scope, bound),
    }
}

/// Both arms of a conditional have one type: a number beside a string becomes one.
fn like(chosen: Value, other: &Value) -> Value {
    match (&chosen, other) {
        (Value::Number(_) | Value::Bool(_), Value::String(_) | Value::Text(_)) => functions::to_text(&chosen),
        _ => chosen,
    }
}

pub(super) fn truth(answer: Option<bool>) -> Value {
    answer.map_or(Value::Unknown, Value::Bool)
}

fn binary(operator: BinaryOperator, left: &Value, right: &Value, converts: bool) -> Value {
    use BinaryOperator as Op;
    match operator {
        Op::And => truth(crate::model::value::all([left.as_bool(), right.as_bool()])),
        Op::Or => truth(crate::model::value::any([left.as_bool(), right.as_bool()])),
        Op::Eq => truth(equal(left, right, converts)),
        Op::NotEq => truth(equal(left, right, converts).map(|b| !b)),
        _ => {
            let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else { return Value::Unknown };
            match operator {
                Op::Less => Value::Bool(a < b),
                Op::LessEq => Value::Bool(a <= b),
                Op::Greater => Value::Bool(a > b),
                Op::GreaterEq => Value::Bool(a >= b),
                Op::Plus => functions::number(a + b, &[a, b]),
                Op::Minus => functions::number(a - b, &[a, b]),
                Op::Mul => functions::number(a * b, &[a, b]),
                Op::Div if b != 0.0 => functions::number(a / b, &[a, b]),
                Op::Mod if b != 0.0 => functions::number(a % b, &[a, b]),
                _ => Value::Unknown,
            }
        }
    }
}

/// Equality. Where nothing converts, values of two primitive types are equal to nobody's certain knowledge: a type that
/// isn't seen here may have made a string of the number.
pub(super) fn equal(left: &Value, right: &Value, converts: bool) -> Option<bool> {
    let primitive = |value: &Value| match value {
        Value::Bool(_) => Some(0),
        Value::Number(_) => Some(1),
        Value::String(_) => Some(2),
        _ => None,
    };
    match (primitive(left), primitive(right)) {
        (Some(a), Some(b)) if a != b && !converts => None,
        _ => left.equals(right),
    }
}

fn object_value(object: &hcl_edit::expr::Object, scope: &dyn Scope, bound: Names<'_>) -> Value {
    let mut body = Body::default();
    for (key, item) in object {
        let name = match key {
            ObjectKey::Ident(ident) => Some(Arc::from(ident.as_str())),
            ObjectKey::Expression(expr) => functions::key(&evaluate(expr, scope, bound).value),
        };
        let node = evaluate(item.expr(), scope, bound);
        let start = match key {
            ObjectKey::Ident(ident) => ident.span(),
            ObjectKey::Expression(expr) => expr.span(),
        };
        let start = start.map_or(node.span.start, |range| scope.base().span(Some(range)).start);
        match name {
            Some(name) => {
                body.entries.push(Entry { name, span: Span { start, ..node.span }, form: Form::Attribute, node });
            }
            None => body.open = true,
        }
    }
    Value::Map(body)
}

fn call_value(call: &FuncCall, scope: &dyn Scope, bound: Names<'_>, span: Span) -> Value {
    if call.name.is_namespaced() {
        return Value::Unknown;
    }
    let name = call.name.name.as_str();
    match name {
        "try" => return failure::first_that_works(&call.args, scope, bound),
        "can" => {
            let fails = call.args.iter().next().and_then(|argument| failure::fails(argument, scope, bound));
            return truth(fails.map(|fails| !fails));
        }
        _ => {}
    }
    let mut arguments: Vec<Node> = call.args.iter().map(|argument| evaluate(argument, scope, bound)).collect();
    if call.args.expand_final() {
        match arguments.pop().map(|last| last.value) {
            Some(Value::List(items)) => arguments.extend(items),
            // Of how many there are nothing is known.
            _ => return functions::unknown_rest(name, &arguments),
        }
    }
    if multiplies(name, &arguments) {
        return Value::Unknown;
    }
    let here = Call { name, span, converts: scope.converts() };
    let value = scope.call(name, &arguments, span).unwrap_or_else(|| here.value(&arguments));
    charged(value, scope)
}

/// A value that was made of others, while there is room for it.
pub(super) fn charged(value: Value, scope: &dyn Scope) -> Value {
    if scope.charge(weight::of(&value)) { value } else { Value::Unknown }
}

/// Whether a call may give far more than it takes: a long text for each piece of another.
fn multiplies(name: &str, arguments: &[Node]) -> bool {
    let weigh = |arguments: &[Node]| arguments.iter().map(|argument| weight::of(&argument.value)).sum::<usize>();
    match (name, arguments) {
        ("format" | "formatlist" | "indent" | "replace", _) => weigh(arguments) > weight::LONG,
        ("join", [between, ..]) => weight::of(&between.value) > 4 && weigh(arguments) > weight::LONG,
        _ => false,
    }
}
