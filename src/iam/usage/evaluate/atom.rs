//! What an expression may be.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::ir::{ClassId, FunctionId, ModuleId, Name};

/// One invocation context of a function: its variables are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) struct UnitId(pub(in super::super) u32);

/// An object, by where it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) struct SiteId(pub(in super::super) u32);

/// Why the context isn't known; its function's name is.
const CONTEXT: &str = "the context of the invocation";

/// One thing that an expression may be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) enum Atom {
    Text(Arc<str>),
    /// A number or truth value.
    Constant(Arc<str>),
    /// `None`, `null`, `undefined`.
    Nothing,
    /// An environment variable, by number.
    Environment(u32),
    /// A string put together; its parts are the fields of the site.
    Joined(SiteId),
    /// A part that is cut out of a string.
    Cut(Arc<Atom>),
    /// A part of the trigger's event.
    Event(Arc<str>),
    /// Not known, and certainly no way to AWS: why.
    Unknown(Arc<str>),
    /// A parameter of a function that only code outside calls.
    FromOutside,
    /// A module outside the source, or something of it: `boto3.client`.
    Library(Arc<str>),
    Module(ModuleId),
    /// A function, and the invocation that it is made in.
    Closure(FunctionId, UnitId),
    Class(ClassId, UnitId),
    /// A map, list or instance.
    Object(SiteId),
    /// A local function with its receiver.
    Method(FunctionId, UnitId, SiteId),
    /// `super` in a method of a class, with the instance.
    Super(ClassId, SiteId),
    /// Something of an SDK.
    Sdk(Arc<Sdk>),
    /// A method of something that isn't local, not called yet.
    Member(Arc<Atom>, Name),
}

/// Things of an SDK. A site holds what is given when it is made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) enum Sdk {
    Session,
    /// A client: `boto3.client('s3')`, `new AWS.S3()`, `new S3Client()`. The site holds arguments of every call.
    Client(Name, SiteId),
    /// `DynamoDB.DocumentClient` of JavaScript's SDK v2 and `DynamoDBDocument` of v3.
    Document(SiteId),
    /// `boto3.resource('s3')`.
    Root(Name),
    /// `Table`, `Bucket`, …: service, kind, identifiers.
    Resource(Name, Name, SiteId),
    /// `bucket.objects`: service, kind of the parent, name of the collection, identifiers of the parent.
    Collection(Name, Name, Name, SiteId),
    /// `bucket.objects.all()`: service, kind of the elements, identifiers of an element.
    Listed(Name, Name, SiteId),
    Paginator(Name, Name),
    Waiter(Name, Name),
    /// `table.batch_writer()`: identifiers.
    Batch(SiteId),
    /// A command of JavaScript's SDK v3.
    Command(Name, Name),
    /// A provider of Powertools: its kind, what it is made with.
    Provider(Name, SiteId),
}

/// Everything that an expression may be.
pub(in super::super) type Atoms = BTreeSet<Atom>;

impl Atom {
    /// Whether something can be called on it, or by it, that matters: it must never get lost.
    pub(in super::super) fn matters(&self) -> bool {
        match self {
            Self::Sdk(_)
            | Self::Closure(..)
            | Self::Class(..)
            | Self::Object(_)
            | Self::Method(..)
            | Self::Module(_)
            | Self::Library(_) => true,
            Self::Member(of, _) => of.matters(),
            _ => false,
        }
    }

    /// Whether it is a client or something made by one.
    pub(in super::super) fn is_sdk(&self) -> bool {
        match self {
            Self::Sdk(_) => true,
            Self::Member(of, _) => of.is_sdk(),
            _ => false,
        }
    }

    pub(in super::super) fn sdk(sdk: Sdk) -> Self {
        Self::Sdk(Arc::new(sdk))
    }

    /// The context that the runtime gives to the handler.
    pub(in super::super) fn context() -> Self {
        Self::unknown(CONTEXT)
    }

    pub(in super::super) fn is_context(&self) -> bool {
        matches!(self, Self::Unknown(reason) if &**reason == CONTEXT)
    }

    /// A part of a string: what it is a part of is known as long as that is a variable or put together.
    pub(in super::super) fn cut(&self) -> Self {
        match self {
            Self::Environment(_) | Self::Joined(_) => Self::Cut(Arc::new(self.clone())),
            Self::Cut(_) => self.clone(),
            _ => Self::unknown("a part of a string"),
        }
    }

    pub(in super::super) fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    pub(in super::super) fn unknown(reason: &str) -> Self {
        Self::Unknown(reason.into())
    }
}

/// A set with one atom.
pub(in super::super) fn one(atom: Atom) -> Atoms {
    Atoms::from([atom])
}

/// A value that isn't known and can't make calls.
pub(in super::super) fn unknown(reason: &str) -> Atoms {
    one(Atom::unknown(reason))
}

/// The string, if it is one and nothing else.
pub(in super::super) fn only_text(atoms: &Atoms) -> Option<Arc<str>> {
    let mut left = atoms.iter();
    match (left.next(), left.next()) {
        (Some(Atom::Text(text)), None) => Some(Arc::clone(text)),
        _ => None,
    }
}

/// All strings, if there is nothing but strings.
pub(in super::super) fn texts(atoms: &Atoms) -> Option<Vec<Arc<str>>> {
    if atoms.is_empty() {
        return None;
    }
    atoms.iter().map(|atom| if let Atom::Text(text) = atom { Some(Arc::clone(text)) } else { None }).collect()
}
