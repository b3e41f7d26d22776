//! What stands for an environment variable that isn't set, however a program says it.

use tree_sitter::Node;

use super::super::ir::{Expression, Kind, Statement};
use super::super::lower::children;
use super::lower::File;

impl File<'_> {
    pub(super) fn return_with_default(&mut self, node: Node<'_>, set: Option<Expression>) {
        let given = children(node).first().map(|list| children(*list)).unwrap_or_default();
        let value = match given.as_slice() {
            [] => match self.extra.results.last().cloned().unwrap_or_default().as_slice() {
                [] => return,
                [only] => self.name(node, only),
                several => {
                    let values = several.iter().map(|name| self.name(node, name)).collect();
                    self.make(node, Kind::Tuple(values))
                }
            },
            [only] => {
                let value = self.expression(*only);
                match set {
                    Some(set) => self.make(*only, Kind::Or(set, value)),
                    None => value,
                }
            }
            several => {
                let values = several.iter().map(|value| self.expression(*value)).collect();
                self.make(node, Kind::Tuple(values))
            }
        };
        self.push(Statement::Return(value));
    }

    pub(super) fn if_statement(&mut self, node: Node<'_>) {
        self.open_block();
        if let Some(first) = node.child_by_field_name("initializer") {
            self.statement(first);
        }
        if let Some(condition) = node.child_by_field_name("condition") {
            let value = self.expression(condition);
            self.push(Statement::Evaluate(value));
        }
        let unset = self.tested(node).filter(|(_, set)| !set).map(|(name, _)| name);
        if let Some(then) = node.child_by_field_name("consequence") {
            match unset.and_then(|name| Some((name, single_statement(then)?))) {
                Some((name, only)) => self.when_unset(name, only),
                None => self.block(then),
            }
        }
        if let Some(otherwise) = node.child_by_field_name("alternative") {
            self.statement(otherwise);
        }
        self.close_block();
    }

    /// `if v == "" { v = fallback }`, `if !ok { return fallback }`: the fallback stands for what isn't set.
    pub(super) fn when_unset(&mut self, name: Node<'_>, only: Node<'_>) {
        self.open_block();
        let before = self.expression(name);
        match (only.kind(), single_value(only, "left"), single_value(only, "right")) {
            ("return_statement", ..) => self.return_with_default(only, Some(before)),
            ("assignment_statement", Some(left), Some(right)) if self.text(left) == self.text(name) => {
                let fallback = self.expression(right);
                let value = self.make(only, Kind::Or(before, fallback));
                self.assign_to(left, value);
            }
            _ => self.statement(only),
        }
        self.close_block();
    }

    /// The variable whose being set a condition asks for, and whether it holds when it is.
    pub(super) fn tested<'t>(&self, node: Node<'t>) -> Option<(Node<'t>, bool)> {
        let condition = node.child_by_field_name("condition")?;
        if condition.kind() == "binary_expression" {
            let (left, right) = (condition.child_by_field_name("left")?, condition.child_by_field_name("right")?);
            let empty = matches!(self.text(right), "\"\"" | "``");
            let set = match condition.child_by_field_name("operator")?.kind() {
                "!=" => true,
                "==" => false,
                _ => return None,
            };
            return (empty && left.kind() == "identifier").then_some((left, set));
        }
        // `if v, ok := os.LookupEnv(name); ok`, or the same in two statements.
        let (flag, set) = match condition.kind() {
            "identifier" => (condition, true),
            "unary_expression" => (condition.child_by_field_name("operand")?, false),
            _ => return None,
        };
        let declares = |node: Node<'t>| {
            let left = children(node.child_by_field_name("left")?);
            match left.as_slice() {
                [value, ok] if self.text(*ok) == self.text(flag) => Some(*value),
                _ => None,
            }
        };
        let first = node.child_by_field_name("initializer").or_else(|| node.prev_named_sibling())?;
        let named = self.text(first).contains("LookupEnv").then(|| declares(first))??;
        Some((named, set))
    }

    /// What is returned when it is set, at the end of such a condition.
    pub(super) fn returned_when_set(&mut self, node: Node<'_>) -> Option<Expression> {
        let (name, _) = self.tested(node).filter(|(_, set)| *set)?;
        let only = single_statement(node.child_by_field_name("consequence")?)?;
        let returned = children(*children(only).first()?);
        let same =
            only.kind() == "return_statement" && returned.len() == 1 && self.text(returned[0]) == self.text(name);
        // Its block is closed: the value is read again where it comes from.
        let declared = node.child_by_field_name("initializer").and_then(|first| first.child_by_field_name("right"));
        let from = match declared {
            Some(right) => *children(right).first()?,
            None => name,
        };
        same.then(|| {
            let value = self.expression(from);
            match *value.kind {
                Kind::Call(..) => self.make(from, Kind::Part(value, 0)),
                _ => value,
            }
        })
    }
}

/// The expression of a field that lists only one.
fn single_value<'t>(node: Node<'t>, field: &str) -> Option<Node<'t>> {
    let list = children(node.child_by_field_name(field)?);
    if let [only] = list.as_slice() { Some(*only) } else { None }
}

/// The statement of a block that has only one.
fn single_statement(block: Node<'_>) -> Option<Node<'_>> {
    let list = children(block);
    let inside = match list.as_slice() {
        [one] if one.kind() == "statement_list" => children(*one),
        _ => list,
    };
    if let [only] = inside.as_slice() { Some(*only) } else { None }
}
