//! What a fix writes in a program that makes resources, in no programming language.
//!
//! Names are those of jsii: `aws_kms.Alias.fromAliasName`, properties in camel case. A language has its own way to write
//! and to import them.

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
    /// The scope in which the construct stands: `this`. A text that follows it in a call is the end of an id, whose start
    /// is the construct's own.
    Scope,
}

impl ProgramDraft {
    /// The ends of the ids of all constructs that it makes.
    pub fn ids(&self) -> Vec<&str> {
        match self {
            Self::New(Construct { arguments, .. }) | Self::Call { arguments, .. } => {
                let mut found: Vec<&str> = arguments
                    .windows(2)
                    .filter_map(|pair| match pair {
                        [Self::Scope, Self::Text(end)] => Some(end.as_str()),
                        _ => None,
                    })
                    .collect();
                found.extend(arguments.iter().flat_map(Self::ids));
                found
            }
            Self::Struct { fields, .. } | Self::Map(fields) => {
                fields.iter().flat_map(|(_, value)| value.ids()).collect()
            }
            Self::List(values) => values.iter().flat_map(Self::ids).collect(),
            Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Name(_) | Self::Scope => Vec::new(),
        }
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
#[derive(Debug, Clone, PartialEq)]
pub struct CallContent {
    /// Properties in order.
    pub properties: Vec<(String, ProgramDraft)>,
    /// Properties beside which they can't stand.
    pub without: Vec<String>,
    /// What no property leads to.
    pub overrides: Vec<Override>,
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
