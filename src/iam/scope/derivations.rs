//! Derivations that were made already: several controls ask for the same one, and rounds of fixes for the same source.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::derive::{Derivation, For, derive};
use super::source::{Hints, Located};
use crate::iam::usage::{self, Language, SourceSet, Usage};
use crate::model::{Project, Resource, ResourceId};

/// Sources that are kept at once: those of one project belong together, and memory has an end.
const SOURCES: usize = 128;

/// What is known of the functions of one project.
#[derive(Debug, Default)]
pub struct Derivations {
    made: Mutex<BTreeMap<ResourceId, Arc<Derivation>>>,
    sources: Arc<Mutex<BTreeMap<String, Read>>>,
}

/// A source that was read, and what it calls.
#[derive(Debug)]
struct Read {
    files: SourceSet,
    handler: String,
    language: Language,
    usage: Arc<Usage>,
}

impl Derivations {
    /// For another project, or the same one after an edit: what is derived from the configuration is derived anew, and a
    /// source that is still the same isn't read again.
    #[must_use]
    pub fn with_same_sources(&self) -> Self {
        Self { made: Mutex::default(), sources: Arc::clone(&self.sources) }
    }

    /// What a function needs. `hints` are the user's words on where sources are, the same for each question. What becomes
    /// of its grants is left out where it isn't known (tier C).
    pub fn of(&self, project: &Project, function: &Resource, hints: &Hints) -> Arc<Derivation> {
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&function.id).cloned();
        known.unwrap_or_else(|| {
            let made = Arc::new(self.derive(project, function, hints, For::Judging));
            self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(function.id, Arc::clone(&made));
            made
        })
    }

    /// The same for people who read it, with what would become of each grant in any case.
    pub fn shown(&self, project: &Project, function: &Resource, hints: &Hints) -> Derivation {
        self.derive(project, function, hints, For::Showing)
    }

    fn derive(&self, project: &Project, function: &Resource, hints: &Hints, whom: For) -> Derivation {
        let read = |located: &Located| self.usage(&format!("{} {}", located.place, located.handler), located);
        derive(project, function, hints, &read, whom)
    }

    fn usage(&self, place: &str, located: &Located) -> Arc<Usage> {
        let sources = || self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sources().get(place).filter(|read| read.is(located)).map(|read| Arc::clone(&read.usage));
        known.unwrap_or_else(|| {
            let Located { files, handler, language, .. } = located.clone();
            let usage = Arc::new(usage::analyse(&files, &handler, language));
            let mut sources = sources();
            if sources.len() >= SOURCES {
                sources.clear();
            }
            sources.insert(place.to_owned(), Read { files, handler, language, usage: Arc::clone(&usage) });
            usage
        })
    }
}

impl Read {
    fn is(&self, located: &Located) -> bool {
        (self.language, &self.handler, &self.files) == (located.language, &located.handler, &located.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::scope::source::Layers;

    fn located(code: &str) -> Located {
        Located {
            files: SourceSet { files: [("app.py".to_owned(), code.as_bytes().into())].into() },
            handler: "app.handler".to_owned(),
            language: Language::Python,
            place: "src/".to_owned(),
            doubt: None,
            layers: Layers::default(),
            others: Vec::new(),
        }
    }

    const CODE: &str =
        "import boto3\ndef handler(event, context):\n    boto3.client('sqs').purge_queue(QueueUrl='q')\n";

    #[test]
    fn a_source_is_read_once_until_it_changes() {
        let derivations = Derivations::default();
        let first = derivations.usage("src app.handler", &located(CODE));
        assert_eq!(first.calls.len(), 1);
        let later = derivations.with_same_sources();
        assert!(Arc::ptr_eq(&first, &later.usage("src app.handler", &located(CODE))));
        let changed = later.usage("src app.handler", &located("def handler(event, context):\n    pass\n"));
        assert!(changed.calls.is_empty());
    }
}
