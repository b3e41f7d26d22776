//! What bringing source into the common form needs in every language: scopes, places, and trees that aren't too deep.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tree_sitter::{Node, Tree};

use super::content::Content;
use super::ir::{
    At, Expression, Function, FunctionId, Kind, ModuleId, Name, Parameter, Program, Role, Statement, Target,
};
use super::report::{Place, Refusal, RefusalKind};

/// Source files above this size are generated or bundled; in bytes.
const MAX_FILE: usize = 2 * 1024 * 1024;
/// Nodes of a tree inside each other, at most.
const MAX_DEPTH: usize = 900;

/// A function whose statements are being collected.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) locals: HashSet<Name>,
    /// Names declared to belong outside.
    pub(super) outside: HashSet<Name>,
    pub(super) statements: Vec<Statement>,
}

/// The state of bringing one file into the common form.
pub(super) struct Lowering<'a, X = ()> {
    pub(super) program: &'a mut Program,
    pub(super) source: &'a str,
    pub(super) file: Arc<str>,
    pub(super) module: ModuleId,
    pub(super) scopes: Vec<Scope>,
    pub(super) not_found: Vec<Place>,
    /// What a language needs to know besides.
    pub(super) extra: X,
    temporaries: u32,
    /// Names of blocks inside each other, and what each is called here: no two variables share a name.
    blocks: Vec<HashMap<Name, Name>>,
}

impl<'a, X: Default> Lowering<'a, X> {
    pub(super) fn new(program: &'a mut Program, source: &'a str, file: Arc<str>, module: ModuleId) -> Self {
        Self {
            program,
            source,
            file,
            module,
            scopes: vec![Scope::default()],
            not_found: Vec::new(),
            extra: X::default(),
            temporaries: 0,
            blocks: Vec::new(),
        }
    }
}

impl<'a, X> Lowering<'a, X> {
    pub(super) fn text(&self, node: Node<'_>) -> &'a str {
        self.source.get(node.byte_range()).unwrap_or_default()
    }

    pub(super) fn scope(&mut self) -> &mut Scope {
        // The scope of the file is never taken off before the end.
        self.scopes.last_mut().expect("there is always the scope of the file")
    }

    pub(super) fn push(&mut self, statement: Statement) {
        self.scope().statements.push(statement);
    }

    pub(super) fn make(&mut self, node: Node<'_>, kind: Kind) -> Expression {
        self.program.expression(at(node), kind)
    }

    pub(super) fn opaque(&mut self, node: Node<'_>, parts: Vec<Expression>, why: &'static str) -> Expression {
        self.make(node, Kind::Opaque(parts, why))
    }

    pub(super) fn name(&mut self, node: Node<'_>, name: &str) -> Expression {
        self.make(node, Kind::Name(name.into()))
    }

    /// A name of the current function, unless it was declared to belong outside.
    pub(super) fn declare(&mut self, name: &str) {
        let scope = self.scope();
        if !scope.outside.contains(name) {
            scope.locals.insert(name.into());
        }
    }

    pub(super) fn assign_name(&mut self, name: &str, value: Expression) {
        self.declare(name);
        self.push(Statement::Assign(Target::Name(name.into()), value));
    }

    /// Keeps a value under a name that the source can't have, to use it more than once.
    pub(super) fn keep(&mut self, value: Expression) -> Name {
        if let Kind::Name(name) = &*value.kind {
            return Arc::clone(name);
        }
        self.temporaries += 1;
        let name: Name = format!("${}", self.temporaries).into();
        self.scope().locals.insert(Arc::clone(&name));
        self.push(Statement::Assign(Target::Name(Arc::clone(&name)), value));
        name
    }

    /// A block begins: what it declares is seen until it ends.
    pub(super) fn open_block(&mut self) {
        self.blocks.push(HashMap::new());
    }

    pub(super) fn close_block(&mut self) {
        self.blocks.pop();
    }

    /// Declares a variable of the innermost block; outside of all blocks, of the file.
    pub(super) fn declare_in_block(&mut self, name: &str) -> Name {
        let Some(block) = self.blocks.last_mut() else {
            self.declare(name);
            return name.into();
        };
        self.temporaries += 1;
        let own: Name = format!("{name} {}", self.temporaries).into();
        block.insert(name.into(), Arc::clone(&own));
        self.scope().locals.insert(Arc::clone(&own));
        own
    }

    /// Whether the innermost block declares a name.
    pub(super) fn is_in_block(&self, name: &str) -> bool {
        self.blocks.last().is_some_and(|block| block.contains_key(name))
    }

    /// What a variable of the blocks around is called here; nothing for names of files.
    pub(super) fn in_blocks(&self, name: &str) -> Option<Name> {
        self.blocks.iter().rev().find_map(|block| block.get(name).cloned())
    }

    pub(super) fn refuse(&mut self, node: Node<'_>, kind: RefusalKind, what: &str) {
        self.push(Statement::Refuse(kind, at(node), what.to_owned()));
    }

    pub(super) fn note_not_found(&mut self, node: Node<'_>) {
        let At { line, column } = at(node);
        self.not_found.push(Place { file: self.file.to_string(), line, column });
    }

    /// Ends the innermost scope: it becomes a function.
    pub(super) fn finish(&mut self, parameters: Vec<Parameter>, role: Role) -> FunctionId {
        let scope = self.scopes.pop().unwrap_or_default();
        let function = Function {
            module: self.module,
            parameters,
            body: scope.statements,
            locals: scope.locals,
            role,
            lexical_this: false,
        };
        self.program.add_function(function)
    }
}

/// The place of a node.
pub(super) fn at(node: Node<'_>) -> At {
    let start = node.start_position();
    At { line: start.row as u32 + 1, column: start.column as u32 + 1 }
}

/// The named children of a node, without comments.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.is_extra()).collect()
}

/// The children of a node that have a field's name.
pub(super) fn fields<'t>(node: Node<'t>, field: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(Node::is_named).collect()
}

/// The parts of a sum, in order. A long one is a tree as deep as it is long: it is taken apart in a loop.
pub(super) fn sum(node: Node<'_>) -> Vec<Node<'_>> {
    let mut parts = Vec::new();
    let mut rest = node;
    while rest.kind() == node.kind()
        && rest.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+")
        && let (Some(left), Some(right)) = (rest.child_by_field_name("left"), rest.child_by_field_name("right"))
    {
        parts.push(right);
        rest = left;
    }
    parts.push(rest);
    parts.reverse();
    parts
}

/// A file that isn't read.
pub(super) fn refused(kind: RefusalKind, file: &str, what: &str) -> Refusal {
    Refusal { kind, place: Place { file: file.to_owned(), line: 1, column: 1 }, what: what.to_owned() }
}

/// The text of a file, without a byte-order mark.
pub(super) fn text<'c>(file: &str, content: &'c Content) -> Result<&'c str, Refusal> {
    let refused = |kind, what: &str| refused(kind, file, what);
    let bytes = content.bytes().map_err(|reason| refused(RefusalKind::Unparsable, reason))?;
    if bytes.len() > MAX_FILE {
        return Err(refused(RefusalKind::TooLarge, "the file is larger than 2 MiB"));
    }
    let text = std::str::from_utf8(bytes);
    let text = text.map_err(|_| refused(RefusalKind::Unparsable, "the file isn't valid UTF-8"))?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// What forbids to read a tree: errors, or nodes too deep inside each other.
pub(super) fn fault(tree: &Tree, file: &str) -> Option<Refusal> {
    let mut cursor = tree.walk();
    let mut depth = 0;
    let errors = tree.root_node().has_error();
    loop {
        let node = cursor.node();
        let refuse = |kind, what: &str| {
            let At { line, column } = at(node);
            Some(Refusal { kind, place: Place { file: file.to_owned(), line, column }, what: what.to_owned() })
        };
        if depth > MAX_DEPTH {
            return refuse(RefusalKind::TooLarge, "nested too deeply to be read");
        }
        if errors && (node.is_error() || node.is_missing()) {
            return refuse(RefusalKind::Unparsable, "a syntax error");
        }
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
            depth -= 1;
        }
    }
}

/// Words that tell that something isn't there.
pub(super) fn says_not_found(text: &str) -> bool {
    ["NoSuchKey", "NoSuchBucket", "NotFound", "404"].iter().any(|word| text.contains(word))
}

/// The usual escapes of strings undone.
pub(super) fn unescaped(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut written = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            written.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => written.push('\n'),
            Some('t') => written.push('\t'),
            Some('r') => written.push('\r'),
            Some('\n') | None => {}
            Some(other) => written.push(other),
        }
    }
    written
}
