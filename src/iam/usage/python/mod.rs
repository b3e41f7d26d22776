//! Python: boto3, aioboto3, Powertools and the standard library.

mod boto;
mod builtin;
mod call;
mod expression;
mod function;
mod import;
mod lower;
mod names;
mod powertools;
mod resource;
mod standard;

use super::evaluate::{Arguments, Atom, Evaluator, one};
use super::ir::At;
use super::report::{Place, Refusal, RefusalKind};

pub(super) use call::passed_through;
pub(super) use names::{is_builtin, is_like_operation};
pub(super) use standard::makes_no_calls;

/// Calls the handler, as the runtime does: with the event and a context.
pub(super) fn start(evaluator: &mut Evaluator<'_>, handler: &str) {
    let refuse = |evaluator: &mut Evaluator<'_>, what: String| {
        let place = Place { file: handler.to_owned(), line: 1, column: 1 };
        evaluator.refusals.insert(Refusal { kind: RefusalKind::HandlerMissing, place, what });
    };
    let Some((module, function)) = handler.rsplit_once('.') else {
        refuse(evaluator, format!("`{handler}` isn't of the form `module.function`"));
        return;
    };
    let path = module.trim_start_matches("./").replace('.', "/");
    let files = [format!("{path}.py"), format!("{path}/__init__.py")];
    let Some(file) = files.iter().find(|file| evaluator.source.files.contains_key(*file)) else {
        refuse(evaluator, format!("`{path}.py` isn't in the source"));
        return;
    };
    let file = file.clone();
    let Some(id) = evaluator.load_python(&file) else { return };
    let Some(unit) = evaluator.module_units.get(&id).copied() else { return };
    evaluator.here = (unit, file.as_str().into());
    let found = evaluator.exported(id, &function.into());
    if found.is_empty() {
        if evaluator.is_last_round() {
            refuse(evaluator, format!("`{function}` isn't defined in `{file}`"));
        }
        return;
    }
    let whole = Evaluator::placeholder();
    let arguments = Arguments {
        positional: vec![(one(Atom::Event("".into())), At::default()), (one(Atom::context()), At::default())],
        ..Arguments::default()
    };
    evaluator.call(&found, &arguments, &whole);
}
