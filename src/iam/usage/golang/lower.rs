//! Files and statements of Go.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{
    Expression, FunctionId, Kind, Module, ModuleId, Name, Passed, Program, Role, Spread, Statement, Target,
};
use super::super::lower::{Lowering, children, fields};
use super::super::report::RefusalKind;
use super::names::default_name;

/// What the files of a package declare together, as far as reading one of them needs it.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// What stands behind the name of each type: `struct_type`, `map_type`.
    pub(super) types: BTreeMap<String, &'static str>,
    /// The methods of each type.
    pub(super) methods: BTreeMap<String, BTreeSet<String>>,
}

impl Declared {
    /// Adds what a file declares.
    pub(super) fn read(&mut self, root: Node<'_>, source: &str) {
        let text = |node: Node<'_>| source.get(node.byte_range()).unwrap_or_default().to_owned();
        for child in children(root) {
            match child.kind() {
                "type_declaration" => {
                    for named in children(child) {
                        if let (Some(name), Some(of)) =
                            (named.child_by_field_name("name"), named.child_by_field_name("type"))
                        {
                            self.types.insert(text(name), of.kind());
                        }
                    }
                }
                "method_declaration" => {
                    let receiver = child.child_by_field_name("receiver").and_then(receiver_type).map(text);
                    if let (Some(of), Some(name)) = (receiver, child.child_by_field_name("name")) {
                        self.methods.entry(of).or_default().insert(text(name));
                    }
                }
                _ => {}
            }
        }
    }
}

/// The name in a receiver's type: `(s *Store[T])` is of `Store`.
fn receiver_type(list: Node<'_>) -> Option<Node<'_>> {
    let mut of = children(list).first()?.child_by_field_name("type")?;
    loop {
        of = match of.kind() {
            "pointer_type" | "parenthesized_type" => *children(of).first()?,
            "generic_type" => of.child_by_field_name("type")?,
            _ => return Some(of),
        };
    }
}

/// What reading one file knows besides.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// What the files of the package declare.
    pub(super) package: Rc<Declared>,
    /// The named results of the functions around.
    pub(super) results: Vec<Vec<Name>>,
}

/// The state of reading one file.
pub(super) type File<'a> = Lowering<'a, Around>;

/// Brings a file into the common form.
pub(super) fn lower(
    program: &mut Program,
    root: Node<'_>,
    source: &str,
    file: &Arc<str>,
    package: &Rc<Declared>,
) -> ModuleId {
    let id = ModuleId(program.modules.len() as u32);
    // The body's number is set below, when it is known.
    program.modules.push(Module { file: Arc::clone(file), body: FunctionId(0), not_found: Vec::new() });
    let mut lowering = File::new(program, source, Arc::clone(file), id);
    lowering.extra.package = Rc::clone(package);
    for child in children(root) {
        lowering.declaration(child);
    }
    let not_found = std::mem::take(&mut lowering.not_found);
    let body = lowering.finish(Vec::new(), Role::Body);
    program.modules[id.0 as usize].body = body;
    program.modules[id.0 as usize].not_found = not_found;
    id
}

impl File<'_> {
    fn declaration(&mut self, node: Node<'_>) {
        match node.kind() {
            "import_declaration" => {
                let specs = children(node).into_iter().flat_map(|child| match child.kind() {
                    "import_spec_list" => children(child),
                    _ => vec![child],
                });
                specs.into_iter().for_each(|spec| self.import(spec));
            }
            "function_declaration" => self.function_declaration(node),
            "method_declaration" => self.method_declaration(node),
            _ => self.statement(node),
        }
    }

    fn import(&mut self, spec: Node<'_>) {
        let Some(path) = spec.child_by_field_name("path") else { return };
        let module: Name = self.plain(path).into();
        if &*module == "C" {
            self.refuse(path, RefusalKind::LanguageUnsupported, "C is called, which isn't read");
            return;
        }
        let named = spec.child_by_field_name("name");
        let value = self.make(path, Kind::Import(Arc::clone(&module)));
        match named.map(|name| (name.kind(), name)) {
            Some(("blank_identifier", _)) => self.push(Statement::Evaluate(value)),
            Some(("dot", _)) => self.push(Statement::ImportAll(value)),
            Some((_, name)) => self.assign_name(self.text(name), value),
            None => {
                let name = self.name_of(&module);
                self.assign_name(&name, value);
            }
        }
    }

    /// What a package is called in this file: by rule as its folder, else as that part of the folder's name which is used.
    fn name_of(&self, package: &str) -> String {
        let rule = default_name(package);
        let used = |name: &str| !name.is_empty() && self.source.contains(&format!("{name}."));
        if used(rule) {
            return rule.to_owned();
        }
        let parts = package.rsplit('/').take(2).flat_map(|folder| folder.split(['-', '_', '.']));
        let joined = rule.replace(['-', '_', '.'], "");
        [joined.as_str()].into_iter().chain(parts).find(|name| used(name)).unwrap_or(rule).to_owned()
    }

    fn function_declaration(&mut self, node: Node<'_>) {
        let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
        let function = self.function(node, None);
        if name == "init" {
            // Each file may have several, and they can't be called by name.
            let call = self.make(node, Kind::Call(function, Vec::new()));
            self.push(Statement::Evaluate(call));
        } else {
            self.assign_name(name, function);
        }
    }

    fn method_declaration(&mut self, node: Node<'_>) {
        let Some(receiver) = node.child_by_field_name("receiver") else { return };
        let (Some(of), Some(name)) = (receiver_type(receiver), node.child_by_field_name("name")) else { return };
        let name: Name = self.text(name).into();
        let class = self.name(of, self.text(of));
        let function = self.function(node, Some(receiver));
        self.push(Statement::Assign(Target::Attribute(class, name), function));
    }

    pub(super) fn block(&mut self, node: Node<'_>) {
        self.open_block();
        self.statements(node);
        self.close_block();
    }

    /// The statements inside a node, in the block that is open.
    pub(super) fn statements(&mut self, node: Node<'_>) {
        let mut present: Option<Expression> = None;
        for child in children(node) {
            if child.kind() == "statement_list" {
                self.statements(child);
                continue;
            }
            // `if v != "" { return v }; return fallback`: the fallback stands for a variable that isn't set.
            if let (Some(set), "return_statement") = (present.take(), child.kind()) {
                self.return_with_default(child, Some(set));
                continue;
            }
            self.statement(child);
            if child.kind() == "if_statement" {
                present = self.returned_when_set(child);
            }
        }
    }

    pub(super) fn statement(&mut self, node: Node<'_>) {
        match node.kind() {
            "var_declaration" | "const_declaration" => {
                let specs = children(node).into_iter().flat_map(|child| match child.kind() {
                    "var_spec_list" => children(child),
                    _ => vec![child],
                });
                specs.into_iter().for_each(|spec| self.variables(spec));
            }
            "type_declaration" => children(node).into_iter().for_each(|spec| self.type_declaration(spec)),
            "short_var_declaration" => self.short_declaration(node),
            "assignment_statement" => self.assignment(node),
            "return_statement" => self.return_with_default(node, None),
            "if_statement" => self.if_statement(node),
            "for_statement" => self.for_statement(node),
            "expression_switch_statement" | "type_switch_statement" => self.switch(node),
            "select_statement" => children(node).into_iter().for_each(|case| self.communication(case)),
            "go_statement" | "defer_statement" | "expression_statement" | "inc_statement" | "dec_statement" => {
                for inner in children(node) {
                    let value = self.expression(inner);
                    self.push(Statement::Evaluate(value));
                }
            }
            "send_statement" => {
                let (Some(channel), Some(value)) =
                    (node.child_by_field_name("channel"), node.child_by_field_name("value"))
                else {
                    return;
                };
                let passed = vec![self.expression(channel), self.expression(value)];
                let sent = self.builtin(node, "$send", passed);
                self.push(Statement::Evaluate(sent));
            }
            "block" => self.block(node),
            "labeled_statement" => {
                let inner = children(node).into_iter().filter(|child| child.kind() != "label_name");
                inner.for_each(|inner| self.statement(inner));
            }
            "package_clause"
            | "empty_statement"
            | "break_statement"
            | "continue_statement"
            | "goto_statement"
            | "fallthrough_statement"
            | "comment" => {}
            _ => {
                let value = self.expression(node);
                self.push(Statement::Evaluate(value));
            }
        }
    }

    fn variables(&mut self, spec: Node<'_>) {
        let names: Vec<Node<'_>> = fields(spec, "name");
        let values = spec.child_by_field_name("value").map(children).unwrap_or_default();
        let of = spec.child_by_field_name("type");
        if let Some(of) = of.filter(|of| super::expression::says_not_found(self.text(*of))) {
            self.note_not_found(of);
        }
        if values.is_empty() {
            for name in names {
                let zero = of.and_then(|of| self.zero(of));
                let own = self.declare_in_block(self.text(name));
                if let Some(zero) = zero {
                    self.push(Statement::Assign(Target::Name(own), zero));
                }
            }
            return;
        }
        let values = self.distributed(&values, names.len());
        for (name, value) in names.into_iter().zip(values) {
            let value = match of {
                Some(of) => self.of_type(of, value),
                None => value,
            };
            let own = self.declare_in_block(self.text(name));
            self.push(Statement::Assign(Target::Name(own), value));
        }
    }

    /// As many values as there are names: of one call several, of a look-up the value and whether it was there.
    pub(super) fn distributed(&mut self, values: &[Node<'_>], names: usize) -> Vec<Expression> {
        if let ([single], true) = (values, names > 1) {
            let value = self.expression(*single);
            let called = matches!(*value.kind, Kind::Call(..));
            let kept = self.keep(value);
            return (0..names as u32)
                .map(|index| {
                    let again = self.name(*single, &kept);
                    match (called, index) {
                        (true, _) => self.make(*single, Kind::Part(again, index)),
                        (false, 0) => again,
                        _ => self.opaque(*single, Vec::new(), "a value that says whether it was there"),
                    }
                })
                .collect();
        }
        values.iter().map(|value| self.expression(*value)).collect()
    }

    fn short_declaration(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        let names = children(left);
        let values = self.distributed(&children(right), names.len());
        for (name, value) in names.into_iter().zip(values) {
            let text = self.text(name);
            let own = if text == "_" || !self.is_in_block(text) { None } else { self.in_blocks(text) };
            let own = own.unwrap_or_else(|| self.declare_in_block(text));
            self.push(Statement::Assign(Target::Name(own), value));
        }
    }

    fn assignment(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        let targets = children(left);
        let operator = node.child_by_field_name("operator").map(|operator| operator.kind()).unwrap_or_default();
        let mut values = self.distributed(&children(right), targets.len());
        if let ([target], Some(added)) = (targets.as_slice(), values.pop_if(|_| operator != "=")) {
            let before = self.expression(*target);
            let value = match operator {
                "+=" => self.make(node, Kind::Join(vec![before, added])),
                _ => self.opaque(node, vec![before, added], "a value that is computed"),
            };
            values.push(value);
        }
        for (target, value) in targets.into_iter().zip(values) {
            self.assign_to(target, value);
        }
    }

    /// Assigns to anything that can stand on the left.
    pub(super) fn assign_to(&mut self, target: Node<'_>, value: Expression) {
        match target.kind() {
            "identifier" => {
                let text = self.text(target);
                let own: Name = self.in_blocks(text).unwrap_or_else(|| text.into());
                self.push(Statement::Assign(Target::Name(own), value));
            }
            "selector_expression" => {
                let (Some(of), Some(name)) =
                    (target.child_by_field_name("operand"), target.child_by_field_name("field"))
                else {
                    return;
                };
                let name: Name = self.text(name).into();
                let of = self.expression(of);
                self.push(Statement::Assign(Target::Attribute(of, name), value));
            }
            "index_expression" => {
                let (Some(of), Some(key)) =
                    (target.child_by_field_name("operand"), target.child_by_field_name("index"))
                else {
                    return;
                };
                let (of, key) = (self.expression(of), self.expression(key));
                self.push(Statement::Assign(Target::Index(of, key), value));
            }
            "parenthesized_expression" => {
                if let Some(inner) = children(target).first() {
                    self.assign_to(*inner, value);
                }
            }
            "unary_expression" => {
                // `*p = v`: what is pointed at gets what `v` has.
                let Some(of) = target.child_by_field_name("operand") else { return };
                let passed = vec![self.expression(of), value];
                let written = self.builtin(target, "$store", passed);
                self.push(Statement::Evaluate(written));
            }
            _ => self.push(Statement::Evaluate(value)),
        }
    }

    /// A call of something that the language does by itself.
    pub(super) fn builtin(&mut self, node: Node<'_>, name: &str, values: Vec<Expression>) -> Expression {
        let callee = self.name(node, name);
        let passed = values.into_iter().map(|value| Passed { name: None, value, spread: Spread::No }).collect();
        self.make(node, Kind::Call(callee, passed))
    }
}
