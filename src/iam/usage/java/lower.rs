//! Files, classes and methods of Java.

use std::collections::HashSet;
use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{
    Class, Expression, FunctionId, Kind, Module, ModuleId, Name, Passed, Program, Role, Spread, Statement, Target,
};
use super::super::lower::{Lowering, Scope, children, fields};

/// A class around what is being read.
#[derive(Debug, Default)]
pub(super) struct Enclosing {
    /// Its name, inside those of the classes around.
    path: Vec<Name>,
    statics: HashSet<String>,
    members: HashSet<String>,
    extends: bool,
    in_static: bool,
}

/// What reading one file knows besides.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) classes: Vec<Enclosing>,
    /// Names that are imported one by one.
    pub(super) imported: HashSet<String>,
}

/// The state of reading one file.
pub(super) type File<'a> = Lowering<'a, Around>;

/// Brings a file into the common form.
pub(super) fn lower(program: &mut Program, root: Node<'_>, source: &str, file: &Arc<str>) -> ModuleId {
    let id = ModuleId(program.modules.len() as u32);
    // The body's number is set below, when it is known.
    program.modules.push(Module { file: Arc::clone(file), body: FunctionId(0), not_found: Vec::new() });
    let mut lowering = File::new(program, source, Arc::clone(file), id);
    for child in children(root) {
        match child.kind() {
            "import_declaration" => lowering.import(child),
            "package_declaration" | "module_declaration" => {}
            _ => lowering.type_declaration(child),
        }
    }
    let not_found = std::mem::take(&mut lowering.not_found);
    let body = lowering.finish(Vec::new(), Role::Body);
    program.modules[id.0 as usize].body = body;
    program.modules[id.0 as usize].not_found = not_found;
    id
}

/// Whether a declaration has a modifier or an annotation.
fn has_modifier(lowering: &File<'_>, node: Node<'_>, words: &[&str]) -> bool {
    let list = children(node).into_iter().find(|child| child.kind() == "modifiers");
    let text = list.map(|list| lowering.text(list)).unwrap_or_default();
    text.split_whitespace().any(|word| words.contains(&word.trim_start_matches('@').split('(').next().unwrap_or(word)))
}

impl File<'_> {
    fn import(&mut self, node: Node<'_>) {
        let Some(of) = children(node).into_iter().find(|child| child.kind() != "asterisk") else { return };
        let path = self.text(of).to_owned();
        let wild = children(node).iter().any(|child| child.kind() == "asterisk");
        let mut cursor = node.walk();
        let is_static = node.children(&mut cursor).any(|child| child.kind() == "static");
        match (is_static, wild) {
            (false, false) => {
                let name = path.rsplit('.').next().unwrap_or(&path).to_owned();
                let value = self.make(of, Kind::ImportName(path.as_str().into(), name.as_str().into()));
                self.assign_name(&name, value);
                self.extra.imported.insert(name);
            }
            (false, true) => {
                let value = self.make(of, Kind::Import(path.as_str().into()));
                self.push(Statement::ImportAll(value));
            }
            (true, false) => {
                let (class, name) = path.rsplit_once('.').unwrap_or((&path, ""));
                let simple = class.rsplit('.').next().unwrap_or(class);
                let class = self.make(of, Kind::ImportName(class.into(), simple.into()));
                let value = self.make(of, Kind::Attribute(class, name.into()));
                self.assign_name(name, value);
                self.extra.imported.insert(name.to_owned());
            }
            (true, true) => {
                let what = "all names of a class are imported, so that it isn't seen whose a method is";
                if path.contains("awssdk") || path.contains("amazonaws") {
                    self.refuse(of, super::super::report::RefusalKind::DynamicMethod, what);
                }
            }
        }
    }

    /// A class, interface, enumeration or record: bound to its name.
    pub(super) fn type_declaration(&mut self, node: Node<'_>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let name = self.text(name);
        let own = if self.extra.classes.is_empty() {
            self.declare(name);
            Name::from(name)
        } else {
            self.declare_in_block(name)
        };
        let class = self.class(node, vec![Arc::clone(&own)]);
        self.push(Statement::Assign(Target::Name(own), class));
    }

    /// The class around, as an expression.
    fn path(&mut self, node: Node<'_>, index: usize) -> Expression {
        let path = self.extra.classes[index].path.clone();
        let mut names = path.into_iter();
        let first = names.next().unwrap_or_else(|| "".into());
        let mut class = self.make(node, Kind::Name(first));
        for name in names {
            class = self.make(node, Kind::Attribute(class, name));
        }
        class
    }

    /// A variable, field, method or class by its name alone.
    pub(super) fn named(&mut self, node: Node<'_>, text: &str) -> Expression {
        if let Some(own) = self.in_blocks(text) {
            return self.make(node, Kind::Name(own));
        }
        let innermost = self.extra.classes.len();
        for index in (0..innermost).rev() {
            let class = &self.extra.classes[index];
            if class.statics.contains(text) {
                let class = self.path(node, index);
                return self.make(node, Kind::Attribute(class, text.into()));
            }
            if class.members.contains(text) {
                return self.member_of(node, index, text);
            }
        }
        let inherits = self.extra.classes.last().is_some_and(|class| class.extends && !class.in_static);
        if inherits && !self.extra.imported.contains(text) && text.starts_with(char::is_lowercase) {
            let this = self.make(node, Kind::This);
            return self.make(node, Kind::Attribute(this, text.into()));
        }
        self.make(node, Kind::Name(text.into()))
    }

    /// A member of the object of one of the classes around.
    fn member_of(&mut self, node: Node<'_>, index: usize, text: &str) -> Expression {
        if index + 1 == self.extra.classes.len() {
            let this = self.make(node, Kind::This);
            return self.make(node, Kind::Attribute(this, text.into()));
        }
        let around = self.extra.classes[index].path.join(".");
        match self.in_blocks(&format!("this {around}")) {
            Some(this) => {
                let this = self.make(node, Kind::Name(this));
                self.make(node, Kind::Attribute(this, text.into()))
            }
            None => self.opaque(node, Vec::new(), "the object around this one"),
        }
    }

    /// A class whose members can be named by `path`.
    pub(super) fn class(&mut self, node: Node<'_>, path: Vec<Name>) -> Expression {
        let body = match node.kind() {
            "object_creation_expression" => children(node).into_iter().find(|child| child.kind() == "class_body"),
            _ => node.child_by_field_name("body"),
        };
        let mut members: Vec<Node<'_>> = body.map(children).unwrap_or_default();
        let inner = members.iter().filter(|child| child.kind() == "enum_body_declarations").copied();
        let inner: Vec<Node<'_>> = inner.flat_map(children).collect();
        members.extend(inner);
        let bases = self.bases(node);
        let mut around =
            Enclosing { path, extends: node.child_by_field_name("superclass").is_some(), ..Enclosing::default() };
        for member in &members {
            self.note(node, *member, &mut around);
        }
        let components = self.components(node);
        around.members.extend(components.iter().map(ToString::to_string));
        self.extra.classes.push(around);
        self.scopes.push(Scope::default());
        for member in &members {
            self.member(node, *member);
        }
        let body = self.finish(Vec::new(), Role::ClassBody);
        let initialiser = self.initialiser(node, &members);
        self.extra.classes.pop();
        let class = Class {
            bases,
            body,
            fields: components,
            embedded: Vec::new(),
            initialiser: Some(initialiser),
            constructor: "<init>",
        };
        let class = self.program.add_class(class);
        self.make(node, Kind::Class(class))
    }

    /// The names of a record's components.
    fn components(&self, node: Node<'_>) -> Vec<Name> {
        if node.kind() != "record_declaration" {
            return Vec::new();
        }
        let list = node.child_by_field_name("parameters").map(children).unwrap_or_default();
        let named = list.into_iter().filter_map(|parameter| parameter.child_by_field_name("name"));
        named.map(|name| self.text(name).into()).collect()
    }

    /// Classes above; of what is implemented only what is local matters.
    fn bases(&mut self, node: Node<'_>) -> Vec<Expression> {
        let mut bases = Vec::new();
        for above in children(node) {
            let listed: Vec<Node<'_>> = match above.kind() {
                "superclass" => {
                    if let Some(of) = children(above).first() {
                        let class = self.type_expression(*of);
                        bases.extend(class);
                    }
                    continue;
                }
                "super_interfaces" | "extends_interfaces" => children(above).into_iter().flat_map(children).collect(),
                _ => continue,
            };
            for of in listed {
                if let Some(class) = self.type_expression(of) {
                    bases.push(self.local_only(of, class));
                }
            }
        }
        if node.kind() == "object_creation_expression"
            && let Some(class) = node.child_by_field_name("type").and_then(|of| self.type_expression(of))
        {
            bases.push(self.local_only(node, class));
        }
        bases
    }

    fn local_only(&mut self, node: Node<'_>, class: Expression) -> Expression {
        let callee = self.name(node, "$local");
        self.make(node, Kind::Call(callee, vec![Passed { name: None, value: class, spread: Spread::No }]))
    }

    /// Notes what a class declares.
    fn note(&mut self, class: Node<'_>, member: Node<'_>, around: &mut Enclosing) {
        let constant = class.kind() == "interface_declaration" && member.kind() != "method_declaration";
        let is_static = constant || has_modifier(self, member, &["static"]);
        let to = if is_static { &mut around.statics } else { &mut around.members };
        match member.kind() {
            "field_declaration" | "constant_declaration" => {
                for declarator in fields(member, "declarator") {
                    to.extend(declarator.child_by_field_name("name").map(|name| self.text(name).to_owned()));
                }
            }
            "method_declaration" => {
                to.extend(member.child_by_field_name("name").map(|name| self.text(name).to_owned()));
            }
            "class_declaration"
            | "enum_declaration"
            | "record_declaration"
            | "interface_declaration"
            | "enum_constant" => {
                around.statics.extend(member.child_by_field_name("name").map(|name| self.text(name).to_owned()));
            }
            _ => {}
        }
    }

    /// A member that belongs to the class: methods, static fields, classes inside.
    fn member(&mut self, class: Node<'_>, member: Node<'_>) {
        let is_static = has_modifier(self, member, &["static"]);
        match member.kind() {
            "method_declaration" | "constructor_declaration" | "compact_constructor_declaration" => {
                let constructs = member.kind() != "method_declaration";
                if member.child_by_field_name("body").is_none() {
                    return;
                }
                let name = member.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
                let name = if constructs { "<init>" } else { name };
                let arity = member.child_by_field_name("parameters").map(children).unwrap_or_default().len();
                let function = self.method(member, is_static);
                self.assign_name(&format!("{name}/{arity}"), function.clone());
                self.assign_name(name, function);
            }
            "field_declaration" | "constant_declaration" if is_static || class.kind() == "interface_declaration" => {
                self.in_static(true);
                for declarator in fields(member, "declarator") {
                    let Some(name) = declarator.child_by_field_name("name") else { continue };
                    let name = self.text(name);
                    match declarator.child_by_field_name("value") {
                        Some(value) => {
                            let value = self.expression(value);
                            self.assign_name(name, value);
                        }
                        None => self.declare(name),
                    }
                }
                self.in_static(false);
            }
            "static_initializer" => {
                self.in_static(true);
                for block in children(member) {
                    self.block(block);
                }
                self.in_static(false);
            }
            "enum_constant" => {
                let Some(name) = member.child_by_field_name("name") else { return };
                let passed = member.child_by_field_name("arguments").map(|list| self.passed(list)).unwrap_or_default();
                let index = self.extra.classes.len() - 1;
                let class = self.path(member, index);
                let value = self.make(member, Kind::New(class, passed));
                self.assign_name(self.text(name), value);
            }
            "class_declaration" | "enum_declaration" | "record_declaration" | "interface_declaration" => {
                let Some(name) = member.child_by_field_name("name") else { return };
                let name: Name = self.text(name).into();
                let mut path = self.extra.classes.last().map(|class| class.path.clone()).unwrap_or_default();
                path.push(Arc::clone(&name));
                let inner = self.class(member, path);
                self.assign_name(&name, inner);
            }
            _ => {}
        }
    }

    fn in_static(&mut self, is_static: bool) {
        if let Some(class) = self.extra.classes.last_mut() {
            class.in_static = is_static;
        }
    }

    /// What each new object has: fields with their values, and blocks.
    fn initialiser(&mut self, class: Node<'_>, members: &[Node<'_>]) -> FunctionId {
        self.scopes.push(Scope::default());
        self.open_block();
        self.bind_this(class);
        for member in members {
            match member.kind() {
                "field_declaration" if !has_modifier(self, *member, &["static"]) => {
                    let injected = has_modifier(self, *member, &["Inject", "Autowired", "Resource"]);
                    for declarator in fields(*member, "declarator") {
                        let Some(name) = declarator.child_by_field_name("name") else { continue };
                        let value = match declarator.child_by_field_name("value") {
                            Some(value) => Some(self.expression(value)),
                            None => self.given_by_container(*member, injected),
                        };
                        let Some(value) = value else { continue };
                        let name: Name = self.text(name).into();
                        let this = self.make(*member, Kind::This);
                        self.push(Statement::Assign(Target::Attribute(this, name), value));
                    }
                }
                "block" => self.block(*member),
                _ => {}
            }
        }
        self.close_block();
        self.finish(Vec::new(), Role::Plain)
    }

    /// A field that a container sets.
    fn given_by_container(&mut self, field: Node<'_>, injected: bool) -> Option<Expression> {
        let class = self.declared(field.child_by_field_name("type")?)?;
        let callee = self.name(field, if injected { "$injected" } else { "$unset" });
        Some(self.make(field, Kind::Call(callee, vec![Passed { name: None, value: class, spread: Spread::No }])))
    }

    /// Keeps the object for the classes inside.
    fn bind_this(&mut self, node: Node<'_>) {
        let Some(around) = self.extra.classes.last().map(|class| class.path.join(".")) else { return };
        let own = self.declare_in_block(&format!("this {around}"));
        let this = self.make(node, Kind::This);
        self.push(Statement::Assign(Target::Name(own), this));
    }

    fn method(&mut self, node: Node<'_>, is_static: bool) -> Expression {
        self.scopes.push(Scope::default());
        self.open_block();
        if is_static {
            self.in_static(true);
        } else {
            self.bind_this(node);
        }
        let parameters = self.parameters(node.child_by_field_name("parameters"));
        if let Some(body) = node.child_by_field_name("body") {
            let constructs = body.kind() == "constructor_body";
            let extends = self.extra.classes.last().is_some_and(|class| class.extends);
            let explicit = children(body).iter().any(|child| child.kind() == "explicit_constructor_invocation");
            if constructs && extends && !explicit {
                let above = self.make(node, Kind::Super);
                let call = self.make(node, Kind::Call(above, Vec::new()));
                self.push(Statement::Evaluate(call));
            }
            self.block(body);
        }
        self.in_static(false);
        self.close_block();
        let id = self.finish(parameters, if is_static { Role::Static } else { Role::Plain });
        self.make(node, Kind::Function(id))
    }
}
