//! Imports and exports, in both of JavaScript's forms.

use tree_sitter::Node;

use super::super::ir::{Expression, Kind, Statement, Target};
use super::super::lower::{Lowering, children};

impl Lowering<'_> {
    /// `exports`, and `module.exports`, which is the same until it is set.
    pub(super) fn common_js(&mut self, root: Node<'_>) {
        let exports = self.make(root, Kind::Map(Vec::new()));
        self.assign_name("exports", exports);
        let exports = self.name(root, "exports");
        let module = self.make(root, Kind::Map(vec![super::super::ir::Entry::Named("exports".into(), exports)]));
        self.assign_name("module", module);
    }

    pub(super) fn script_import(&mut self, node: Node<'_>) {
        if node.child(1).is_some_and(|child| matches!(child.kind(), "type" | "typeof")) {
            return;
        }
        let parts = children(node);
        if let Some(required) = parts.iter().find(|part| part.kind() == "import_require_clause") {
            let Some(source) = required.child_by_field_name("source") else { return };
            let module = self.import_of(source);
            let name = children(*required).first().map(|name| self.text(*name)).unwrap_or_default();
            self.assign_name(name, module);
            return;
        }
        let Some(source) = node.child_by_field_name("source") else { return };
        let Some(clause) = parts.iter().find(|part| part.kind() == "import_clause") else {
            let module = self.import_of(source);
            self.push(Statement::Evaluate(module));
            return;
        };
        for part in children(*clause) {
            match part.kind() {
                "identifier" => {
                    let value = self.import_name_of(source, "default");
                    self.assign_name(self.text(part), value);
                }
                "namespace_import" => {
                    let module = self.import_of(source);
                    let name = children(part).first().map(|name| self.text(*name)).unwrap_or_default();
                    self.assign_name(name, module);
                }
                "named_imports" => {
                    for specifier in children(part) {
                        if specifier.child(0).is_some_and(|child| child.kind() == "type") {
                            continue;
                        }
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let alias = specifier.child_by_field_name("alias").unwrap_or(name);
                        let value = self.import_name_of(source, self.text(name));
                        self.assign_name(self.text(alias), value);
                    }
                }
                _ => {}
            }
        }
    }

    pub(super) fn import_of(&mut self, source: Node<'_>) -> Expression {
        let module = self.plain(source);
        self.make(source, Kind::Import(module.into()))
    }

    pub(super) fn import_name_of(&mut self, source: Node<'_>, name: &str) -> Expression {
        let module = self.plain(source);
        self.make(source, Kind::ImportName(module.into(), name.into()))
    }

    pub(super) fn export(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let words: Vec<&str> = node.children(&mut cursor).map(|child| child.kind()).collect();
        if words.get(1) == Some(&"type") {
            return;
        }
        let source = node.child_by_field_name("source");
        if let (Some(source), true) = (source, words.contains(&"*") || words.contains(&"namespace_export")) {
            let module = self.import_of(source);
            let named = children(node).into_iter().find(|child| child.kind() == "namespace_export");
            match named.and_then(|named| children(named).first().copied()) {
                Some(name) => self.export_as(self.text(name), module),
                None => self.push(Statement::ImportAll(module)),
            }
            return;
        }
        if let Some(clause) = children(node).into_iter().find(|child| child.kind() == "export_clause") {
            for specifier in children(clause) {
                let Some(name) = specifier.child_by_field_name("name") else { continue };
                let alias = specifier.child_by_field_name("alias").unwrap_or(name);
                let value = match source {
                    Some(source) => self.import_name_of(source, self.text(name)),
                    None => self.name(name, self.text(name)),
                };
                self.export_as(self.text(alias).trim_matches(['\'', '"']), value);
            }
            return;
        }
        let default = words.contains(&"default");
        if let Some(declaration) = node.child_by_field_name("declaration") {
            self.script_statement(declaration);
            for name in self.declared_names(declaration) {
                let value = self.name(declaration, &name);
                self.export_as(if default { "default" } else { &name }, value);
            }
        }
        if let Some(value) = node.child_by_field_name("value") {
            let value = self.script(value);
            self.export_as("default", value);
        } else if words.contains(&"=") {
            // TypeScript's `export = value`.
            if let Some(value) = children(node).last() {
                let value = self.script(*value);
                let module = self.name(node, "module");
                self.push(Statement::Assign(Target::Attribute(module, "exports".into()), value));
            }
        }
    }

    pub(super) fn export_as(&mut self, name: &str, value: Expression) {
        self.assign_name(&exported(name), value);
    }

    /// The names that a declaration binds.
    pub(super) fn declared_names(&self, node: Node<'_>) -> Vec<String> {
        if let Some(name) = node.child_by_field_name("name") {
            return vec![self.text(name).to_owned()];
        }
        let mut names = Vec::new();
        for declarator in children(node) {
            let mut open: Vec<Node<'_>> = declarator.child_by_field_name("name").into_iter().collect();
            while let Some(part) = open.pop() {
                match part.kind() {
                    "identifier" | "shorthand_property_identifier_pattern" => names.push(self.text(part).to_owned()),
                    "pair_pattern" => open.extend(part.child_by_field_name("value")),
                    "assignment_pattern" | "object_assignment_pattern" => open.extend(part.child_by_field_name("left")),
                    _ => open.extend(children(part)),
                }
            }
        }
        names
    }
}

/// The name under which a module keeps what it exports: one that no source can have.
pub(super) fn exported(name: &str) -> String {
    format!("export {name}")
}
