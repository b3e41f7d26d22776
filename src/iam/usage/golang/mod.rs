//! Go: both SDKs, packages of the same module, `aws-lambda-go`.

mod client;
mod control;
mod expression;
mod fallback;
mod function;
mod lower;
mod names;
mod object;
mod package;
mod sdk;
mod standard;

use super::evaluate::{Arguments, Evaluator};
use super::report::{Place, Refusal, RefusalKind};

pub(super) use names::{event_member, is_builtin, is_like_operation, operation};
pub(super) use object::is_data;

/// What a handler is called that says nothing of its source: the program itself, or what the runtime starts.
const PROGRAM: [&str; 4] = ["bootstrap", "main", "handler", ""];

/// Calls `main` of the program, which gives its handler to the runtime.
///
/// Lambda starts a program, so a handler names no function. It may be the program's folder.
pub(super) fn start(evaluator: &mut Evaluator<'_>, handler: &str) {
    let refuse = |evaluator: &mut Evaluator<'_>, what: String| {
        let place = Place { file: handler.to_owned(), line: 1, column: 1 };
        evaluator.refusals.insert(Refusal { kind: RefusalKind::HandlerMissing, place, what });
    };
    let folder = match program(evaluator, handler) {
        Ok(folder) => folder,
        Err(what) => return refuse(evaluator, what),
    };
    let files = evaluator.load_go_package(&folder);
    let Some(file) = files.first().copied() else {
        return refuse(evaluator, format!("`{folder}` holds no Go that can be read"));
    };
    let Some(unit) = evaluator.module_units.get(&file).copied() else { return };
    let name = evaluator.program.module(file).file.clone();
    evaluator.here = (unit, name);
    let found = evaluator.exported(file, &"main".into());
    let whole = Evaluator::placeholder();
    evaluator.call(&found, &Arguments::default(), &whole);
}

/// The folder of the program that a handler means.
fn program(evaluator: &Evaluator<'_>, handler: &str) -> Result<String, String> {
    let programs = evaluator.go_programs();
    let named = handler.trim_start_matches("./").trim_end_matches('/');
    let has = |folder: &str| programs.iter().any(|known| known == folder);
    if !PROGRAM.contains(&named) && has(named) {
        return Ok(named.to_owned());
    }
    if has("") {
        return Ok(String::new());
    }
    let ends: Vec<&String> = programs.iter().filter(|folder| folder.rsplit('/').next() == Some(named)).collect();
    match (ends.as_slice(), programs.as_slice()) {
        ([only], _) => Ok((*only).clone()),
        (_, [only]) => Ok(only.clone()),
        (_, []) => Err("no package `main` with a function `main` is in the source".into()),
        _ => Err(format!(
            "the source holds several programs, and `{handler}` names none of them: {}",
            programs.join(", ")
        )),
    }
}
