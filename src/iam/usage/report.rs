//! What an analysis takes and gives: plain data, in a stable order, ready for JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::content::Content;

/// The files of one function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceSet {
    /// Contents by path relative to the root of the function's source, folders by `/`.
    pub files: BTreeMap<String, Content>,
}

/// The languages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Python 3.
    Python,
    /// JavaScript and TypeScript, as ES modules or `CommonJS`.
    JavaScript,
    /// Go, as a module with packages.
    Go,
    /// Java, with classes by their packages.
    Java,
}

impl Language {
    /// Its name, as JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::Go => "go",
            Self::Java => "java",
        }
    }
}

/// What a function's source asks of AWS, and how far it was understood.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// By file, line, column, service and operation.
    pub calls: Vec<Call>,
    /// Everything that wasn't understood; when it is empty, [`Usage::calls`] is complete.
    pub refusals: Vec<Refusal>,
    /// Files read, and what is imported from outside.
    pub imports: Imports,
    /// Environment variables read anywhere, each with its place.
    pub environment: Vec<EnvironmentRead>,
    /// Code that branches on an S3 object's absence: without `s3:ListBucket` a missing key is 403, not 404.
    pub not_found_matters: Vec<Place>,
}

impl Usage {
    /// Whether every call that the source can make is listed.
    pub fn is_complete(&self) -> bool {
        self.refusals.is_empty()
    }
}

/// What several sources ask for together: the functions of one `for_each`.
impl FromIterator<Usage> for Usage {
    fn from_iter<I: IntoIterator<Item = Usage>>(all: I) -> Self {
        let mut whole = Self::default();
        for usage in all {
            whole.calls.extend(usage.calls);
            whole.refusals.extend(usage.refusals);
            whole.environment.extend(usage.environment);
            whole.not_found_matters.extend(usage.not_found_matters);
            let imports = [
                (&mut whole.imports.standard, usage.imports.standard),
                (&mut whole.imports.sdk, usage.imports.sdk),
                (&mut whole.imports.aws_free, usage.imports.aws_free),
                (&mut whole.imports.unknown, usage.imports.unknown),
            ];
            for (known, more) in imports {
                let new = more.into_iter().filter(|import| !known.iter().any(|other| other.name == import.name));
                let new: Vec<_> = new.collect();
                known.extend(new);
            }
            whole.imports.files.extend(usage.imports.files);
        }
        whole
    }
}

/// A place in the function's source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Path relative to the root of the source.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in bytes.
    pub column: u32,
}

/// A call of an AWS API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// botocore's name of the service: `dynamodb`, `secretsmanager`, `stepfunctions`.
    pub service: String,
    /// The API's operation: `GetItem`. A convenience method (`upload_file`) is listed as the operations that it makes.
    pub operation: String,
    /// Where the call is; in JavaScript's SDK v3 where the command is made.
    pub place: Place,
    /// Arguments whose presence is known, by path, with their values as far as they could be read.
    pub arguments: Vec<Argument>,
    /// False when arguments may be given that aren't listed (`**kwargs`, a spread or an object that couldn't be read).
    pub keys_complete: bool,
}

impl Call {
    /// The value of an argument, by its path.
    pub fn argument(&self, path: &str) -> Option<&Value> {
        self.arguments.iter().find(|argument| argument.path == path).map(|argument| &argument.value)
    }
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// As in the API, elements of lists by `[]`: `TableName`, `Image.S3Object.Bucket`, `Entries[].EventBusName`. For
    /// `RequestItems` of `DynamoDB`'s batches, whose keys are names of tables, the value is the key.
    pub path: String,
    /// What is given.
    pub value: Value,
    /// Where it is given.
    pub place: Place,
}

/// The value of an argument, as far as the source shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A string; numbers and truth values as JSON writes them.
    Literal(String),
    /// An environment variable.
    Environment {
        /// The variable's name.
        name: String,
        /// What stands for it when it isn't set.
        default: Option<String>,
        /// Where it is read.
        place: Place,
    },
    /// A string put together: parts in order.
    Parts(Vec<Value>),
    /// A part that is cut out of a string (`arn.split("/")[1]`).
    Cut {
        /// The string.
        of: Box<Value>,
    },
    /// From the event of the trigger.
    Event {
        /// As far as it is read, e.g. `Records[].s3.bucket.name`; JSON inside a string is followed like a member.
        path: String,
    },
    /// One of several: arms of a conditional, elements of a list that is looped over, values of several callers.
    OneOf(Vec<Value>),
    /// Not known.
    Unknown {
        /// Why: a key of another call's result, a parameter that nobody sets.
        reason: String,
    },
}

/// Something that wasn't understood, because of which calls may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// What kind of thing it is.
    pub kind: RefusalKind,
    /// Where it is.
    pub place: Place,
    /// In words, for people.
    pub what: String,
}

/// Why calls may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// A client whose service isn't known.
    DynamicClient,
    /// A method or command whose name isn't known.
    DynamicMethod,
    /// A client is handed to code that isn't read.
    ClientEscapes,
    /// A method, command or service that the table of actions doesn't know.
    UnknownMethod,
    /// A library that isn't known to be free of AWS calls.
    UnknownLibrary,
    /// The handler isn't in the source.
    HandlerMissing,
    /// A file isn't valid in its language.
    Unparsable,
    /// Code is made at run time: `eval`, `exec`, imports by a computed name.
    RunsCode,
    /// Requests to AWS are signed by hand.
    SelfSigned,
    /// Another role is assumed: later calls aren't the function's own.
    AssumesRole,
    /// Another program is started, which may use the function's credentials.
    Subprocess,
    /// A language that isn't read.
    LanguageUnsupported,
    /// Bundled or minified output.
    Bundled,
    /// Too large or too deeply nested to be read.
    TooLarge,
}

/// What was read and what wasn't.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Imports {
    /// Files read, relative to the root of the source.
    pub files: Vec<String>,
    /// Parts of the standard library or runtime.
    pub standard: Vec<OutsideImport>,
    /// AWS SDKs and libraries whose calls are understood.
    pub sdk: Vec<OutsideImport>,
    /// Libraries known to make no AWS calls.
    pub aws_free: Vec<OutsideImport>,
    /// Everything else; each is a refusal too.
    pub unknown: Vec<OutsideImport>,
}

/// An import of something that isn't part of the source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct OutsideImport {
    /// The package: `requests`, `@aws-sdk/client-s3`.
    pub name: String,
    /// Where it is imported first.
    pub place: Place,
}

/// A read of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct EnvironmentRead {
    /// The variable's name.
    pub name: String,
    /// Where it is read.
    pub place: Place,
}
