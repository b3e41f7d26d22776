//! Which AWS calls a function's own source makes.
//!
//! Nothing is executed. The source is read from the handler along its imports; every SDK call that can be reached gets its
//! operation, the arguments that could be read, and its place. What isn't understood is a [`Refusal`] with a place: an
//! empty list of refusals says that the calls are complete, and nothing else says so.

mod content;
mod evaluate;
mod golang;
mod ir;
mod java;
mod javascript;
mod library;
mod lower;
mod python;
mod report;

use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

use evaluate::Evaluator;

pub use content::Content;
pub use report::{
    Argument, Call, EnvironmentRead, Imports, Language, OutsideImport, Place, Refusal, RefusalKind, SourceSet, Usage,
    Value,
};

/// Stack of a thread that reads source, in bytes: trees are walked by recursion up to a fixed depth.
const STACK: usize = 256 * 1024 * 1024;

/// Threads with such a stack, kept: one for each function would cost more than most functions take.
static READERS: LazyLock<Option<ThreadPool>> =
    LazyLock::new(|| ThreadPoolBuilder::new().thread_name(|_| "usage".into()).stack_size(STACK).build().ok());

/// Reads the calls of one function from the entry on, e.g. `app.handler` (Python: module and function, JavaScript: file
/// and export; folders by `/`).
///
/// Never panics on any input: what can't be read is a refusal.
pub fn analyse(source: &SourceSet, handler: &str, language: Language) -> Usage {
    let (source, entry) = (source.clone(), handler.to_owned());
    // Nothing that was being made is used after a panic.
    let read = move || std::panic::catch_unwind(AssertUnwindSafe(|| read(&source, &entry, language))).ok();
    // NOTE: not by `install`: a worker of another pool that waits for it takes on more work meanwhile, which waits in turn,
    // until its stack ends.
    let (sender, answer) = std::sync::mpsc::channel();
    let waits = READERS.as_ref().map(|readers| readers.spawn(move || drop(sender.send(read()))));
    let usage = waits.and_then(|()| answer.recv().ok().flatten());
    usage.unwrap_or_else(|| too_large(handler))
}

/// With as much context as the program's size allows.
fn read(source: &SourceSet, handler: &str, language: Language) -> Usage {
    for depth in [2, 1, 0] {
        let start = |evaluator: &mut Evaluator<'_>| match language {
            Language::Python => python::start(evaluator, handler),
            Language::JavaScript => javascript::start(evaluator, handler),
            Language::Go => golang::start(evaluator, handler),
            Language::Java => java::start(evaluator, handler),
        };
        if let Some(usage) = Evaluator::new(source, language, depth).run(&start) {
            return usage;
        }
    }
    too_large(handler)
}

fn too_large(handler: &str) -> Usage {
    let mut usage = Usage::default();
    let place = Place { file: handler.to_owned(), line: 1, column: 1 };
    usage.refusals.push(Refusal {
        kind: RefusalKind::TooLarge,
        place,
        what: "the program is too large to be read".into(),
    });
    usage
}
