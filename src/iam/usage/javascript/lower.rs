//! Statements of JavaScript and TypeScript.

use std::sync::Arc;

use tree_sitter::Node;

use super::super::ir::{Expression, FunctionId, Kind, Module, ModuleId, Name, Program, Role, Statement, Target};
use super::super::lower::{Lowering, children, fields, says_not_found};

/// Brings a file into the common form.
pub(super) fn lower(program: &mut Program, root: Node<'_>, source: &str, file: &Arc<str>) -> ModuleId {
    let id = ModuleId(program.modules.len() as u32);
    // The body's number is set below, when it is known.
    program.modules.push(Module { file: Arc::clone(file), body: FunctionId(0), not_found: Vec::new() });
    let mut lowering = Lowering::new(program, source, Arc::clone(file), id);
    lowering.common_js(root);
    for child in children(root) {
        lowering.script_statement(child);
    }
    let not_found = std::mem::take(&mut lowering.not_found);
    let body = lowering.finish(Vec::new(), Role::Body);
    program.modules[id.0 as usize].body = body;
    program.modules[id.0 as usize].not_found = not_found;
    id
}

impl Lowering<'_> {
    pub(super) fn script_block(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.script_statement(child);
        }
    }

    pub(super) fn script_statement(&mut self, node: Node<'_>) {
        match node.kind() {
            "lexical_declaration" | "variable_declaration" | "using_declaration" => self.declaration(node),
            "function_declaration" | "generator_function_declaration" => {
                let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
                let function = self.function(node, false);
                self.assign_name(name, function);
            }
            "class_declaration" | "abstract_class_declaration" => {
                let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
                let class = self.class(node);
                self.assign_name(name, class);
            }
            "import_statement" => self.script_import(node),
            "export_statement" => self.export(node),
            "return_statement" => {
                let value = match children(node).first() {
                    Some(value) => self.script(*value),
                    None => self.make(node, Kind::Nothing),
                };
                self.push(Statement::Return(value));
            }
            "for_in_statement" => self.for_in(node),
            "catch_clause" => {
                if says_not_found(self.text(node)) {
                    self.note_not_found(node);
                }
                if let Some(parameter) = node.child_by_field_name("parameter") {
                    let caught = self.opaque(parameter, Vec::new(), "an error");
                    self.bind_script(parameter, caught);
                }
                for body in fields(node, "body") {
                    self.script_block(body);
                }
            }
            "enum_declaration" => self.enumeration(node),
            "switch_case"
            | "if_statement"
            | "for_statement"
            | "while_statement"
            | "do_statement"
            | "try_statement"
            | "switch_statement"
            | "switch_body"
            | "switch_default"
            | "labeled_statement"
            | "statement_block"
            | "else_clause"
            | "finally_clause"
            | "expression_statement"
            | "throw_statement"
            | "class_static_block"
            | "with_statement" => {
                self.script_block(node);
            }
            "interface_declaration"
            | "type_alias_declaration"
            | "ambient_declaration"
            | "empty_statement"
            | "comment"
            | "break_statement"
            | "continue_statement"
            | "debugger_statement"
            | "statement_identifier"
            | "hash_bang_line"
            | "function_signature"
            | "import_alias" => {}
            "internal_module" | "module" => fields(node, "body").into_iter().for_each(|body| self.script_block(body)),
            _ => {
                let value = self.script(node);
                self.push(Statement::Evaluate(value));
            }
        }
    }

    fn declaration(&mut self, node: Node<'_>) {
        for declarator in children(node).into_iter().filter(|child| child.kind() == "variable_declarator") {
            let Some(name) = declarator.child_by_field_name("name") else { continue };
            match declarator.child_by_field_name("value") {
                Some(value) => {
                    let value = self.script(value);
                    self.bind_script(name, value);
                }
                None if name.kind() == "identifier" => self.declare(self.text(name)),
                None => {}
            }
        }
    }

    fn for_in(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return;
        };
        let over = self.script(right);
        let keys = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "in");
        let value = if keys { self.opaque(right, vec![over], "a key") } else { self.make(right, Kind::Each(over)) };
        self.bind_script(left, value);
        for body in fields(node, "body") {
            self.script_statement(body);
        }
    }

    fn enumeration(&mut self, node: Node<'_>) {
        let name = node.child_by_field_name("name").map(|name| self.text(name)).unwrap_or_default();
        let mut entries = Vec::new();
        for member in node.child_by_field_name("body").map(children).unwrap_or_default() {
            let named = member.child_by_field_name("name").unwrap_or(member);
            let key: Name = self.text(named).trim_matches(['\'', '"']).into();
            let value = match member.child_by_field_name("value") {
                Some(value) => self.script(value),
                None => self.opaque(member, Vec::new(), "a member of an enumeration"),
            };
            entries.push(super::super::ir::Entry::Named(key, value));
        }
        let value = self.make(node, Kind::Map(entries));
        self.assign_name(name, value);
    }

    /// Binds a pattern.
    pub(super) fn bind_script(&mut self, pattern: Node<'_>, value: Expression) {
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => self.bind_variable(pattern, value),
            "member_expression" => {
                let (Some(of), Some(name)) =
                    (pattern.child_by_field_name("object"), pattern.child_by_field_name("property"))
                else {
                    return;
                };
                let name: Name = self.text(name).into();
                let of = self.script(of);
                self.push(Statement::Assign(Target::Attribute(of, name), value));
            }
            "subscript_expression" => {
                let (Some(of), Some(key)) =
                    (pattern.child_by_field_name("object"), pattern.child_by_field_name("index"))
                else {
                    return;
                };
                let (of, key) = (self.script(of), self.script(key));
                self.push(Statement::Assign(Target::Index(of, key), value));
            }
            "object_pattern" => {
                let whole = self.keep(value);
                for part in children(pattern) {
                    self.bind_member(part, &whole);
                }
            }
            "array_pattern" => {
                let whole = self.keep(value);
                for (index, part) in positions(pattern) {
                    let of = self.name(part, &whole);
                    if part.kind() == "rest_pattern" {
                        for inner in children(part) {
                            self.bind_script(inner, of.clone());
                        }
                        continue;
                    }
                    let key = self.make(part, Kind::Constant(index.to_string().into()));
                    let element = self.make(part, Kind::Index(of, key));
                    self.bind_script(part, element);
                }
            }
            "assignment_pattern" | "object_assignment_pattern" => {
                let (Some(left), Some(right)) =
                    (pattern.child_by_field_name("left"), pattern.child_by_field_name("right"))
                else {
                    return;
                };
                let default = self.script(right);
                let value = self.make(pattern, Kind::Or(value, default));
                self.bind_script(left, value);
            }
            "rest_pattern" | "non_null_expression" | "parenthesized_expression" | "as_expression" => {
                for inner in children(pattern).into_iter().take(1) {
                    self.bind_script(inner, value.clone());
                }
            }
            _ => self.push(Statement::Evaluate(value)),
        }
    }

    /// A declaration binds in this function; an assignment binds where the name is declared.
    fn bind_variable(&mut self, name: Node<'_>, value: Expression) {
        let text = self.text(name);
        let declares = {
            let mut above = name.parent();
            loop {
                match above.map(|node| node.kind()) {
                    Some("assignment_expression" | "augmented_assignment_expression") => break false,
                    Some("for_in_statement") => {
                        break above.is_some_and(|node| node.child_by_field_name("kind").is_some());
                    }
                    Some(
                        "object_pattern"
                        | "array_pattern"
                        | "pair_pattern"
                        | "assignment_pattern"
                        | "rest_pattern"
                        | "object_assignment_pattern"
                        | "parenthesized_expression",
                    ) => above = above.and_then(|node| node.parent()),
                    _ => break true,
                }
            }
        };
        if declares || (self.scopes.len() == 1 && !self.scopes[0].locals.contains(text)) {
            self.declare(text);
        }
        self.push(Statement::Assign(Target::Name(text.into()), value));
    }

    fn bind_member(&mut self, part: Node<'_>, whole: &Name) {
        let of = self.name(part, whole);
        match part.kind() {
            "shorthand_property_identifier_pattern" => {
                let value = self.make(part, Kind::Attribute(of, self.text(part).into()));
                self.bind_script(part, value);
            }
            "object_assignment_pattern" => {
                let Some(left) = part.child_by_field_name("left") else { return };
                let value = self.make(left, Kind::Attribute(of, self.text(left).into()));
                self.bind_script(part, value);
            }
            "pair_pattern" => {
                let (Some(key), Some(target)) = (part.child_by_field_name("key"), part.child_by_field_name("value"))
                else {
                    return;
                };
                let value = if key.kind() == "computed_property_name" {
                    let key = children(key).first().map(|inner| self.script(*inner));
                    match key {
                        Some(key) => self.make(part, Kind::Index(of, key)),
                        None => return,
                    }
                } else {
                    let name = self.plain(key);
                    self.make(part, Kind::Attribute(of, name.into()))
                };
                self.bind_script(target, value);
            }
            _ => self.bind_script(part, of),
        }
    }

    /// The text of a plain string or name.
    pub(super) fn plain(&self, node: Node<'_>) -> String {
        match node.kind() {
            "string" => {
                let mut cursor = node.walk();
                let inner =
                    node.named_children(&mut cursor).map(|part| super::super::lower::unescaped(self.text(part)));
                inner.collect()
            }
            _ => self.text(node).to_owned(),
        }
    }
}

/// The elements of an array pattern with their positions; holes count.
fn positions(pattern: Node<'_>) -> Vec<(usize, Node<'_>)> {
    let mut cursor = pattern.walk();
    let mut index = 0;
    let mut found = Vec::new();
    for child in pattern.children(&mut cursor) {
        match child.kind() {
            "," => index += 1,
            "[" | "]" | "comment" => {}
            _ => found.push((index, child)),
        }
    }
    found
}
