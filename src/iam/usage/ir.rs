//! The one form that every language's source is brought into: expressions with places, and what is bound to which name.
//!
//! Order and branches are left out on purpose: the analysis asks what a name *may* be, so every assignment counts.

use std::collections::HashSet;
use std::sync::Arc;

use super::report::Place;

/// A name, shared.
pub(super) type Name = Arc<str>;

/// Index of a file's module in [`Program::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ModuleId(pub(super) u32);

/// Index of a function in [`Program::functions`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FunctionId(pub(super) u32);

/// Index of a class in [`Program::classes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ClassId(pub(super) u32);

/// Everything that was lowered so far.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) modules: Vec<Module>,
    pub(super) functions: Vec<Arc<Function>>,
    pub(super) classes: Vec<Arc<Class>>,
    /// Expressions made so far: each has a number of its own.
    pub(super) expressions: u32,
}

/// A file.
#[derive(Debug, Clone)]
pub(super) struct Module {
    pub(super) file: Arc<str>,
    /// The statements at the top of the file.
    pub(super) body: FunctionId,
    /// Code that branches on the absence of something.
    pub(super) not_found: Vec<Place>,
}

/// A function, a method, or the top of a file or class.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) module: ModuleId,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Vec<Statement>,
    /// Names that belong to this function; all others are looked up outside.
    pub(super) locals: HashSet<Name>,
    pub(super) role: Role,
    /// `this` is that of the function around (JavaScript's arrows).
    pub(super) lexical_this: bool,
}

/// What a function is to its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Not a member, or called on an instance.
    Plain,
    Static,
    /// Called on the class.
    OfClass,
    /// Read like a field.
    Property,
    /// The top of a file.
    Body,
    /// The top of a class: its names are the class's attributes and aren't seen by its methods.
    ClassBody,
}

/// A parameter.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: Name,
    pub(super) default: Option<Expression>,
    /// Its type, where the language has one that is a class or an SDK's.
    pub(super) declared: Option<Expression>,
    pub(super) kind: Takes,
}

/// How a parameter takes arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    One,
    /// `*args`, `...rest`.
    Rest,
    /// `**kwargs`.
    Keywords,
}

/// A class.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) bases: Vec<Expression>,
    /// Runs once; its names are the class's attributes and methods.
    pub(super) body: FunctionId,
    /// Names of annotated fields in order: what a data class's constructor takes.
    pub(super) fields: Vec<Name>,
    /// Fields whose members are the instance's too (Go).
    pub(super) embedded: Vec<Name>,
    /// Values of fields of each new instance; `this` is the instance.
    pub(super) initialiser: Option<FunctionId>,
    /// What the constructor is called.
    pub(super) constructor: &'static str,
}

/// A statement: what is bound, and what is evaluated.
#[derive(Debug, Clone)]
pub(super) enum Statement {
    Evaluate(Expression),
    Assign(Target, Expression),
    Return(Expression),
    /// An element of what a generator yields.
    Yield(Expression),
    /// All names of a module become names of this one.
    ImportAll(Expression),
    /// Something that can't be followed.
    Refuse(super::report::RefusalKind, At, String),
}

/// What is assigned to.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Name(Name),
    Attribute(Expression, Name),
    Index(Expression, Expression),
}

/// A place without its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct At {
    /// From 1.
    pub(super) line: u32,
    /// From 1, in bytes.
    pub(super) column: u32,
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    /// Its own number in the program.
    pub(super) id: u32,
    pub(super) at: At,
    pub(super) kind: Box<Kind>,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Text(Arc<str>),
    /// A number or a truth value, as JSON writes it.
    Constant(Arc<str>),
    /// `None`, `null`, `undefined`.
    Nothing,
    Name(Name),
    This,
    Super,
    Attribute(Expression, Name),
    Index(Expression, Expression),
    Call(Expression, Vec<Passed>),
    /// `new` of JavaScript.
    New(Expression, Vec<Passed>),
    /// A string put together.
    Join(Vec<Expression>),
    /// One of several.
    Either(Vec<Expression>),
    /// The first that is set.
    Or(Expression, Expression),
    List(Vec<Expression>),
    /// Several values that a function returns at once (Go).
    Tuple(Vec<Expression>),
    /// One of several values that are returned at once, from 0.
    Part(Expression, u32),
    Map(Vec<Entry>),
    /// All elements of a list, in a list or in arguments.
    Spread(Expression),
    /// An element of what is looped over.
    Each(Expression),
    /// Some elements of a list, or a part of a string.
    Slice(Expression),
    /// What `with … as` binds.
    Enter(Expression),
    Function(FunctionId),
    Class(ClassId),
    /// A module, as the source names it.
    Import(Name),
    /// A name of a module, or a module inside it.
    ImportName(Name, Name),
    /// Evaluated for what is called inside; its value is of no interest.
    Opaque(Vec<Expression>, &'static str),
}

/// An argument that is passed.
#[derive(Debug, Clone)]
pub(super) struct Passed {
    pub(super) name: Option<Name>,
    pub(super) value: Expression,
    pub(super) spread: Spread,
}

/// Whether an argument stands for many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    No,
    List,
    Map,
}

/// An entry of a map.
#[derive(Debug, Clone)]
pub(super) enum Entry {
    Named(Name, Expression),
    Computed(Expression, Expression),
    Spread(Expression),
}

impl Program {
    /// Makes an expression.
    pub(super) fn expression(&mut self, at: At, kind: Kind) -> Expression {
        self.expressions += 1;
        Expression { id: self.expressions, at, kind: Box::new(kind) }
    }

    pub(super) fn function(&self, id: FunctionId) -> Arc<Function> {
        Arc::clone(&self.functions[id.0 as usize])
    }

    pub(super) fn class(&self, id: ClassId) -> Arc<Class> {
        Arc::clone(&self.classes[id.0 as usize])
    }

    pub(super) fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// The class whose body a function is.
    pub(super) fn class_with_body(&self, body: FunctionId) -> Option<ClassId> {
        if self.functions[body.0 as usize].role != Role::ClassBody {
            return None;
        }
        let found = self.classes.iter().position(|class| class.body == body);
        found.map(|index| ClassId(index as u32))
    }

    /// Puts a function into the program.
    pub(super) fn add_function(&mut self, function: Function) -> FunctionId {
        self.functions.push(Arc::new(function));
        FunctionId(self.functions.len() as u32 - 1)
    }

    /// Puts a class into the program.
    pub(super) fn add_class(&mut self, class: Class) -> ClassId {
        self.classes.push(Arc::new(class));
        ClassId(self.classes.len() as u32 - 1)
    }
}
