//! What a fix writes in a program that makes resources, in no programming language.
//!
//! Names are those of jsii: `aws_kms.Alias.fromAliasName`, properties in camel case. A language has its own way to write
//! and to import them.

use super::ResourceId;

/// An expression to be written.
#[derive(Debug, Clone, PartialEq)]
pub enum ProgramDraft {
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(String),
    /// A text.
    Text(String),
    /// A member of a class: `QueueEncryption.SQS_MANAGED`, with the module before it unless it is the construct's own.
    Name(Vec<String>),
    /// A new object.
    New(Construct),
    /// A call of a static method.
    Call {
        /// Its name, with the class and perhaps the module.
        function: Vec<String>,
        /// What it takes.
        arguments: Vec<ProgramDraft>,
    },
    /// Properties; the type's name is written in some languages.
    Struct {
        /// `StageOptions`, with the module before it unless it is the construct's own.
        name: Option<Vec<String>>,
        /// In order.
        fields: Vec<(String, ProgramDraft)>,
    },
    /// Values by names that aren't the library's: `{ 'FlowLog': ... }`.
    Map(Vec<(String, ProgramDraft)>),
    /// Several.
    List(Vec<ProgramDraft>),
    /// A text with values in it.
    Joined(Vec<ProgramDraft>),
    /// The scope in which the construct stands: `this`. A text that follows it in a call is the end of an id, whose start
    /// is the construct's own.
    Scope,
    /// What a page has a name for: `$topic`. It is filled in before anything is written.
    Given(String),
    /// What the program made of a resource, by the name that it has where this is written.
    Made(ResourceId),
    /// A member of a value: `topic.topicArn`.
    Member {
        /// Of what.
        of: Box<ProgramDraft>,
        /// Its name.
        name: String,
    },
    /// A call of a method of a value.
    Method {
        /// Of what.
        of: Box<ProgramDraft>,
        /// Its name.
        name: String,
        /// What it takes.
        arguments: Vec<ProgramDraft>,
    },
}

impl ProgramDraft {
    /// The values right below.
    fn inner(&self) -> Vec<&Self> {
        match self {
            Self::New(Construct { arguments, .. }) | Self::Call { arguments, .. } => arguments.iter().collect(),
            Self::Struct { fields, .. } | Self::Map(fields) => fields.iter().map(|(_, value)| value).collect(),
            Self::List(values) | Self::Joined(values) => values.iter().collect(),
            Self::Member { of, .. } => vec![of],
            Self::Method { of, arguments, .. } => std::iter::once(&**of).chain(arguments).collect(),
            Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Name(_)
            | Self::Scope
            | Self::Given(_)
            | Self::Made(_) => Vec::new(),
        }
    }

    fn inner_mut(&mut self) -> Vec<&mut Self> {
        match self {
            Self::New(Construct { arguments, .. }) | Self::Call { arguments, .. } => arguments.iter_mut().collect(),
            Self::Struct { fields, .. } | Self::Map(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
            Self::List(values) | Self::Joined(values) => values.iter_mut().collect(),
            Self::Member { of, .. } => vec![of],
            Self::Method { of, arguments, .. } => std::iter::once(&mut **of).chain(arguments).collect(),
            Self::Bool(_)
            | Self::Number(_)
            | Self::Text(_)
            | Self::Name(_)
            | Self::Scope
            | Self::Given(_)
            | Self::Made(_) => Vec::new(),
        }
    }

    /// Fills in what a page has names for; the error is of the first one that can't be.
    pub fn fill(&mut self, given: &dyn Fn(&str) -> Result<Self, String>) -> Result<(), String> {
        if let Self::Given(name) = self {
            *self = given(name)?;
            return Ok(());
        }
        self.inner_mut().into_iter().try_for_each(|value| value.fill(given))
    }

    /// The resources whose constructs it names.
    pub fn made(&self) -> Vec<ResourceId> {
        match self {
            Self::Made(resource) => vec![*resource],
            _ => self.inner().into_iter().flat_map(Self::made).collect(),
        }
    }

    /// The resource on whose construct a method is called.
    pub fn receiver(&self) -> Option<ResourceId> {
        match self {
            Self::Made(resource) => Some(*resource),
            Self::Member { of, .. } | Self::Method { of, .. } => of.receiver(),
            _ => None,
        }
    }

    /// The ends of the ids of all constructs that it makes.
    pub fn ids(&self) -> Vec<&str> {
        let mut found = Vec::new();
        if let Self::New(Construct { arguments, .. }) | Self::Call { arguments, .. } = self {
            found.extend(arguments.windows(2).filter_map(|pair| match pair {
                [Self::Scope, Self::Text(end)] => Some(end.as_str()),
                _ => None,
            }));
        }
        found.extend(self.inner().into_iter().flat_map(Self::ids));
        found
    }
}

/// A new object.
#[derive(Debug, Clone, PartialEq)]
pub struct Construct {
    /// Its class, with the module before it unless it is the construct's own.
    pub class: Vec<String>,
    /// What its constructor takes.
    pub arguments: Vec<ProgramDraft>,
}

/// What is set in the call that makes a resource.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CallContent {
    /// Properties in order.
    pub properties: Vec<(String, ProgramDraft)>,
    /// Properties beside which they can't stand.
    pub without: Vec<String>,
    /// What no property leads to.
    pub overrides: Vec<Override>,
    /// Where the properties belong, when not to the construct itself.
    pub within: Option<Within>,
    /// Statements below the one that makes the construct.
    pub below: Vec<ProgramDraft>,
}

/// A call that belongs to a construct: `rule.addTarget(new targets.LambdaFunction(handler, { ... }))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// What is called (the last name of a class or a method), and which argument holds the properties, from 0. Python has
    /// them by name.
    pub calls: Vec<(String, usize)>,
}

/// A property of the template that is set past the construct.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// Members that lead to the construct whose resource it is: `defaultStage`.
    pub through: Vec<String>,
    /// The resource's own class: `CfnStage`.
    pub class: String,
    /// The property, by CloudFormation's name.
    pub property: String,
    /// Its value, with CloudFormation's names.
    pub value: ProgramDraft,
}
