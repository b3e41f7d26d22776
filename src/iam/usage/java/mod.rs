//! Java: SDK v2 with its builders, the enhanced client of tables, transfers; plain calls of SDK v1.

mod collection;
mod expression;
mod lower;
mod names;
mod object;
mod package;
mod sdk;
mod signature;
mod standard;
mod statement;
mod table;

use super::evaluate::{Arguments, Atom, Atoms, Evaluator, one};
use super::report::{Place, Refusal, RefusalKind};

pub(super) use names::{global, has, is_like_operation, operation};

/// Calls the handler, as the runtime does: `com.example.Handler::handleRequest`, or a class that implements one of the
/// runtime's interfaces.
pub(super) fn start(evaluator: &mut Evaluator<'_>, handler: &str) {
    let refuse = |evaluator: &mut Evaluator<'_>, what: String| {
        let place = Place { file: handler.to_owned(), line: 1, column: 1 };
        evaluator.refusals.insert(Refusal { kind: RefusalKind::HandlerMissing, place, what });
    };
    let (class, method) = handler.split_once("::").unwrap_or((handler, "handleRequest"));
    let mut names = class.split('$');
    let outer = names.next().unwrap_or(class);
    let files = evaluator.java_files(outer);
    let [file] = files.as_slice() else {
        let many = if files.is_empty() { "isn't in the source" } else { "is in the source several times" };
        return refuse(evaluator, format!("the class `{outer}` {many}"));
    };
    let Some(id) = evaluator.load_java(file) else { return };
    let Some(unit) = evaluator.module_units.get(&id).copied() else { return };
    evaluator.here = (unit, file.as_str().into());
    let whole = Evaluator::placeholder();
    let mut found = evaluator.exported(id, &outer.rsplit('.').next().unwrap_or(outer).into());
    for name in names {
        found = evaluator.attribute(&found, &name.into(), &whole);
    }
    let mut methods = Atoms::new();
    for class in found {
        let Atom::Class(class, made_in) = class else { continue };
        let made = evaluator.instantiate(class, made_in, &Arguments::default(), &whole);
        let members = evaluator.attribute(&made, &method.into(), &whole);
        methods.extend(members.into_iter().filter(|atom| matches!(atom, Atom::Closure(..) | Atom::Method(..))));
    }
    if methods.is_empty() {
        if evaluator.is_last_round() {
            refuse(evaluator, format!("`{class}` has no method `{method}`"));
        }
        return;
    }
    for called in &methods {
        let (Atom::Closure(function, _) | Atom::Method(function, ..)) = called else { continue };
        let count = evaluator.program.function(*function).parameters.len();
        let (event, context) = (one(Atom::Event("".into())), one(Atom::context()));
        let passed = match count {
            0 | 1 => vec![event],
            2 => vec![event, context],
            // A stream to write the answer into.
            _ => vec![event, one(Atom::unknown("a value of a stream")), context],
        };
        evaluator.call(&one(called.clone()), &Arguments::of(passed), &whole);
    }
}
