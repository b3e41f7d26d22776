//! Statements of Python.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{Expression, Kind, Module, ModuleId, Name, Program, Role, Statement, Target};
use super::super::lower::{Lowering, children, fields, says_not_found};

/// Brings a file into the common form.
pub(super) fn lower(program: &mut Program, root: Node<'_>, source: &str, file: &Arc<str>) -> ModuleId {
    let id = ModuleId(program.modules.len() as u32);
    // The body's number is set below, when it is known.
    let body = super::super::ir::FunctionId(0);
    program.modules.push(Module { file: Arc::clone(file), body, not_found: Vec::new() });
    let mut lowering = Lowering::new(program, source, Arc::clone(file), id);
    lowering.block(root);
    let not_found = std::mem::take(&mut lowering.not_found);
    let body = lowering.finish(Vec::new(), Role::Body);
    program.modules[id.0 as usize].body = body;
    program.modules[id.0 as usize].not_found = not_found;
    id
}

impl Lowering<'_> {
    pub(super) fn block(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.python_statement(child);
        }
    }

    fn python_statement(&mut self, node: Node<'_>) {
        match node.kind() {
            "function_definition" => self.definition(node, &[]),
            "class_definition" => self.class_definition(node, &[]),
            "decorated_definition" => self.decorated(node),
            "import_statement" => self.import_statement(node),
            "import_from_statement" => self.import_from(node),
            "delete_statement"
            | "type_alias_statement"
            | "comment"
            | "future_import_statement"
            | "pass_statement"
            | "break_statement"
            | "continue_statement" => {}
            "global_statement" | "nonlocal_statement" => self.outside_names(node),
            "return_statement" => {
                let value = self.first_of(node);
                self.push(Statement::Return(value));
            }
            "for_statement" => self.for_statement(node),
            "with_statement" => self.with_statement(node),
            "try_statement" | "if_statement" | "while_statement" | "else_clause" | "elif_clause" | "finally_clause"
            | "block" | "module" | "case_clause" | "if_clause" => self.inner(node),
            "except_clause" | "except_group_clause" => self.except_clause(node),
            "match_statement" => self.match_statement(node),
            _ => {
                for child in if node.kind() == "expression_statement" { children(node) } else { vec![node] } {
                    let value = self.expression(child);
                    self.push(Statement::Evaluate(value));
                }
            }
        }
    }

    /// Conditions and blocks alike: order doesn't matter.
    fn inner(&mut self, node: Node<'_>) {
        for child in children(node) {
            if child.kind() != "case_pattern" {
                self.python_statement(child);
            }
        }
    }

    fn first_of(&mut self, node: Node<'_>) -> Expression {
        match children(node).first() {
            Some(child) => self.expression(*child),
            None => self.make(node, Kind::Nothing),
        }
    }

    fn outside_names(&mut self, node: Node<'_>) {
        for name in children(node) {
            let name: Name = self.text(name).into();
            if node.kind() == "global_statement" {
                self.scopes[0].locals.insert(Arc::clone(&name));
            }
            if self.scopes.len() > 1 {
                let scope = self.scope();
                scope.locals.remove(&name);
                scope.outside.insert(name);
            }
        }
    }

    fn for_statement(&mut self, node: Node<'_>) {
        if let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) {
            let over = self.expression(right);
            let each = self.make(right, Kind::Each(over));
            self.bind_pattern(left, each);
        }
        for part in ["body", "alternative"] {
            for child in fields(node, part) {
                self.inner(child);
            }
        }
    }

    fn with_statement(&mut self, node: Node<'_>) {
        for clause in children(node).into_iter().filter(|child| child.kind() == "with_clause") {
            for item in children(clause) {
                let Some(value) = item.child_by_field_name("value") else { continue };
                if value.kind() == "as_pattern" {
                    let parts = children(value);
                    let (Some(of), Some(target)) = (parts.first(), value.child_by_field_name("alias")) else {
                        continue;
                    };
                    let of = self.expression(*of);
                    let entered = self.make(value, Kind::Enter(of));
                    for name in children(target).into_iter().take(1) {
                        self.bind_pattern(name, entered.clone());
                    }
                } else {
                    let of = self.expression(value);
                    let entered = self.make(value, Kind::Enter(of));
                    self.push(Statement::Evaluate(entered));
                }
            }
        }
        for body in fields(node, "body") {
            self.block(body);
        }
    }

    fn except_clause(&mut self, node: Node<'_>) {
        for child in children(node) {
            match child.kind() {
                "block" => self.block(child),
                "as_pattern" => {
                    if says_not_found(self.text(child)) {
                        self.note_not_found(child);
                    }
                    for of in children(child).into_iter().filter(|part| part.kind() != "as_pattern_target") {
                        let value = self.expression(of);
                        self.push(Statement::Evaluate(value));
                    }
                    if let Some(name) = child.child_by_field_name("alias") {
                        let caught = self.opaque(name, Vec::new(), "an exception");
                        for name in children(name).into_iter().take(1) {
                            self.bind_pattern(name, caught.clone());
                        }
                    }
                }
                _ => {
                    if says_not_found(self.text(child)) {
                        self.note_not_found(child);
                    }
                    let value = self.expression(child);
                    self.push(Statement::Evaluate(value));
                }
            }
        }
    }

    fn match_statement(&mut self, node: Node<'_>) {
        let subjects: Vec<_> = fields(node, "subject").into_iter().map(|subject| self.expression(subject)).collect();
        let subject = self.opaque(node, subjects, "what a pattern matches");
        let subject = self.keep(subject);
        let mut open: Vec<Node<'_>> = fields(node, "body");
        while let Some(part) = open.pop() {
            match part.kind() {
                "case_clause" => {
                    for child in children(part) {
                        if child.kind() == "case_pattern" {
                            if says_not_found(self.text(child)) {
                                self.note_not_found(child);
                            }
                            self.bind_case(child, &subject);
                        } else {
                            self.python_statement(child);
                        }
                    }
                }
                _ => open.extend(children(part)),
            }
        }
    }

    /// Every name in a pattern may be the subject or a part of it.
    fn bind_case(&mut self, pattern: Node<'_>, subject: &Name) {
        let mut open = vec![pattern];
        while let Some(part) = open.pop() {
            if part.kind() == "identifier" {
                let name = self.text(part);
                let value = self.name(part, subject);
                if name != "_" {
                    self.assign_name(name, value);
                }
            }
            open.extend(children(part));
        }
    }

    fn import_statement(&mut self, node: Node<'_>) {
        for child in fields(node, "name") {
            if child.kind() == "aliased_import" {
                let name = child.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
                let alias = child.child_by_field_name("alias").map(|name| self.text(name)).unwrap_or_default();
                let module = self.make(child, Kind::Import(name.into()));
                self.assign_name(alias, module);
            } else {
                let name = self.text(child);
                let first = name.split('.').next().unwrap_or(name);
                let module = self.make(child, Kind::Import(first.into()));
                self.assign_name(first, module);
                if first != name {
                    let inner = self.make(child, Kind::Import(name.into()));
                    self.push(Statement::Evaluate(inner));
                }
            }
        }
    }

    fn import_from(&mut self, node: Node<'_>) {
        let Some(module) = node.child_by_field_name("module_name") else { return };
        let module: Name = self.text(module).split_whitespace().collect::<String>().into();
        if children(node).iter().any(|child| child.kind() == "wildcard_import") {
            let all = self.make(node, Kind::Import(module));
            self.push(Statement::ImportAll(all));
            return;
        }
        for child in fields(node, "name") {
            let named = child.child_by_field_name("name").unwrap_or(child);
            let name: Name = self.text(named).into();
            let alias = child.child_by_field_name("alias").map_or(&*name, |alias| self.text(alias)).to_owned();
            let value = self.make(child, Kind::ImportName(Arc::clone(&module), name));
            self.assign_name(&alias, value);
        }
    }

    /// Binds a pattern: a name, an attribute, an element, or several of what is given.
    pub(super) fn bind_pattern(&mut self, pattern: Node<'_>, value: Expression) {
        match pattern.kind() {
            "identifier" => {
                let name = self.text(pattern);
                self.assign_name(name, value);
            }
            "attribute" => {
                let (Some(of), Some(name)) =
                    (pattern.child_by_field_name("object"), pattern.child_by_field_name("attribute"))
                else {
                    return;
                };
                let name: Name = self.text(name).into();
                let of = self.expression(of);
                self.push(Statement::Assign(Target::Attribute(of, name), value));
            }
            "subscript" => {
                let Some(of) = pattern.child_by_field_name("value") else { return };
                let of = self.expression(of);
                let key = match pattern.child_by_field_name("subscript") {
                    Some(key) => self.expression(key),
                    None => self.opaque(pattern, Vec::new(), "a key"),
                };
                self.push(Statement::Assign(Target::Index(of, key), value));
            }
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" => {
                let whole = self.keep(value);
                for (index, part) in children(pattern).into_iter().enumerate() {
                    let of = self.name(part, &whole);
                    if part.kind() == "list_splat_pattern" {
                        let element = self.make(part, Kind::Each(of));
                        let list = self.make(part, Kind::Spread(element));
                        let list = self.make(part, Kind::List(vec![list]));
                        for inner in children(part) {
                            self.bind_pattern(inner, list.clone());
                        }
                        continue;
                    }
                    let key = self.make(part, Kind::Constant(index.to_string().into()));
                    let element = self.make(part, Kind::Index(of, key));
                    self.bind_pattern(part, element);
                }
            }
            "parenthesized_expression" | "as_pattern_target" => {
                for inner in children(pattern).into_iter().take(1) {
                    self.bind_pattern(inner, value.clone());
                }
            }
            _ => self.push(Statement::Evaluate(value)),
        }
    }
}
