//! JavaScript and TypeScript: SDK v3 and v2, Powertools, Node.

mod call;
mod client;
mod expression;
mod function;
mod global;
mod import;
mod lower;
mod module;
mod names;
mod powertools;
mod sdk;

use super::evaluate::{Arguments, Atom, Evaluator, one};
use super::ir::At;
use super::report::{Place, Refusal, RefusalKind};

pub(super) use names::{is_global, is_like_operation};

/// Calls the handler, as the runtime does: with the event, a context and a callback.
pub(super) fn start(evaluator: &mut Evaluator<'_>, handler: &str) {
    let refuse = |evaluator: &mut Evaluator<'_>, what: String| {
        let place = Place { file: handler.to_owned(), line: 1, column: 1 };
        evaluator.refusals.insert(Refusal { kind: RefusalKind::HandlerMissing, place, what });
    };
    let folder = handler.rfind('/').map_or(0, |end| end + 1);
    let Some((module, export)) = handler[folder..].split_once('.') else {
        refuse(evaluator, format!("`{handler}` isn't of the form `file.export`"));
        return;
    };
    let path = format!("{}{module}", &handler[..folder]);
    let Some(file) = evaluator.handler_file(&path) else {
        refuse(evaluator, format!("`{path}` isn't in the source"));
        return;
    };
    let Some(id) = evaluator.load_script(&file) else { return };
    let Some(unit) = evaluator.module_units.get(&id).copied() else { return };
    evaluator.here = (unit, file.as_str().into());
    let whole = Evaluator::placeholder();
    let mut names = export.split('.');
    let mut found = evaluator.exported(id, &names.next().unwrap_or_default().into());
    for name in names {
        found = evaluator.attribute(&found, &name.into(), &whole);
    }
    if found.is_empty() {
        if evaluator.is_last_round() {
            refuse(evaluator, format!("`{export}` isn't exported by `{file}`"));
        }
        return;
    }
    let arguments = Arguments {
        positional: vec![
            (one(Atom::Event("".into())), At::default()),
            (one(Atom::context()), At::default()),
            (one(Atom::unknown("the callback of the invocation")), At::default()),
        ],
        ..Arguments::default()
    };
    evaluator.call(&found, &arguments, &whole);
}
