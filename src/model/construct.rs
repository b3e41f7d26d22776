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
    /// Several.
    List(Vec<ProgramDraft>),
    /// The scope in which the construct stands: `this`. A text that follows it in a call is the end of an id, whose start
    /// is the construct's own.
    Scope,
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
