//! Expressions, functions and classes of JavaScript and TypeScript.

use tree_sitter::Node;

use super::super::ir::{Entry, Expression, Kind, Name, Passed, Spread, Statement};
use super::super::lower::{Lowering, children, says_not_found, sum, unescaped};

impl Lowering<'_> {
    pub(super) fn script(&mut self, node: Node<'_>) -> Expression {
        match node.kind() {
            "identifier" | "shorthand_property_identifier" => self.name(node, self.text(node)),
            "this" => self.make(node, Kind::This),
            "super" => self.make(node, Kind::Super),
            "string" => self.make(node, Kind::Text(self.plain(node).into())),
            "template_string" => self.template(node),
            "number" | "true" | "false" => self.make(node, Kind::Constant(self.text(node).into())),
            "null" | "undefined" => self.make(node, Kind::Nothing),
            "member_expression" => {
                let (Some(of), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("property"))
                else {
                    return self.script_parts(node, "a member");
                };
                let name: Name = self.text(name).into();
                let of = self.script(of);
                self.make(node, Kind::Attribute(of, name))
            }
            "subscript_expression" => {
                let (Some(of), Some(key)) = (node.child_by_field_name("object"), node.child_by_field_name("index"))
                else {
                    return self.script_parts(node, "an element");
                };
                let (of, key) = (self.script(of), self.script(key));
                self.make(node, Kind::Index(of, key))
            }
            "call_expression" => self.call_or_import(node),
            "new_expression" => {
                let Some(of) = node.child_by_field_name("constructor") else { return self.script_parts(node, "new") };
                let of = self.script(of);
                let passed = node.child_by_field_name("arguments").map(|list| self.passed(list)).unwrap_or_default();
                self.make(node, Kind::New(of, passed))
            }
            "await_expression"
            | "parenthesized_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "instantiation_expression"
            | "expression_statement"
            | "computed_property_name" => {
                // What follows is a type, if anything.
                match children(node).first() {
                    Some(inner) => self.script(*inner),
                    None => self.make(node, Kind::Nothing),
                }
            }
            "type_assertion" => match children(node).last() {
                Some(inner) => self.script(*inner),
                None => self.make(node, Kind::Nothing),
            },
            "arrow_function" => self.function(node, true),
            "function_expression" | "function" | "generator_function" | "function_declaration" => {
                self.function(node, false)
            }
            "class" | "class_declaration" => self.class(node),
            "object" => self.object(node),
            "array" => {
                let elements = children(node).into_iter().map(|element| self.script(element)).collect();
                self.make(node, Kind::List(elements))
            }
            "spread_element" => {
                let of = self.script_parts_one(node);
                self.make(node, Kind::Spread(of))
            }
            "binary_expression" => self.binary_script(node),
            "regex" | "jsx_text" | "meta_property" => self.opaque(node, Vec::new(), "a pattern"),
            kind if kind.ends_with("_type") || kind.starts_with("type_") => self.opaque(node, Vec::new(), "a type"),
            _ => self.script_operator(node),
        }
    }

    fn script_operator(&mut self, node: Node<'_>) -> Expression {
        match node.kind() {
            "ternary_expression" => {
                if let Some(condition) = node.child_by_field_name("condition") {
                    let condition = self.script(condition);
                    self.push(Statement::Evaluate(condition));
                }
                let arms = ["consequence", "alternative"].into_iter().filter_map(|arm| node.child_by_field_name(arm));
                let arms: Vec<Node<'_>> = arms.collect();
                let arms = arms.into_iter().map(|arm| self.script(arm)).collect();
                self.make(node, Kind::Either(arms))
            }
            "assignment_expression" => self.assignment_script(node),
            "augmented_assignment_expression" => self.augmented_script(node),
            "sequence_expression" => {
                let parts: Vec<Expression> = children(node).into_iter().map(|part| self.script(part)).collect();
                let Some((last, before)) = parts.split_last() else { return self.make(node, Kind::Nothing) };
                for part in before {
                    self.push(Statement::Evaluate(part.clone()));
                }
                last.clone()
            }
            "yield_expression" => {
                let values: Vec<Expression> = children(node).into_iter().map(|child| self.script(child)).collect();
                let all = node.child(1).is_some_and(|child| child.kind() == "*");
                for value in values {
                    let value = if all { self.make(node, Kind::Each(value)) } else { value };
                    self.push(Statement::Yield(value));
                }
                self.opaque(node, Vec::new(), "what is sent to a generator")
            }
            _ => self.script_parts(node, "an expression"),
        }
    }

    fn script_parts(&mut self, node: Node<'_>, why: &'static str) -> Expression {
        let parts = children(node).into_iter().map(|part| self.script(part)).collect();
        self.opaque(node, parts, why)
    }

    fn script_parts_one(&mut self, node: Node<'_>) -> Expression {
        match children(node).first() {
            Some(inner) => self.script(*inner),
            None => self.make(node, Kind::Nothing),
        }
    }

    fn template(&mut self, node: Node<'_>) -> Expression {
        let mut parts = Vec::new();
        for child in children(node) {
            parts.push(match child.kind() {
                "template_substitution" => self.script_parts_one(child),
                _ => self.make(child, Kind::Text(unescaped(self.text(child)).into())),
            });
        }
        match parts.len() {
            0 => self.make(node, Kind::Text("".into())),
            _ => self.make(node, Kind::Join(parts)),
        }
    }

    fn call_or_import(&mut self, node: Node<'_>) -> Expression {
        let (Some(callee), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return self.script_parts(node, "a call");
        };
        if matches!(callee.kind(), "import") || self.text(callee) == "require" {
            let first = children(arguments).first().copied();
            if let Some(source) = first.filter(|first| first.kind() == "string") {
                return self.import_of(source);
            }
            let text = first.filter(|first| first.kind() == "template_string" && children(*first).len() == 1);
            if let Some(text) = text {
                let module = unescaped(self.text(children(text)[0]));
                return self.make(text, Kind::Import(module.into()));
            }
            let what = "a module is imported by a name that isn't known";
            self.refuse(node, super::super::report::RefusalKind::RunsCode, what);
            return self.opaque(node, Vec::new(), "a module whose name isn't known");
        }
        if arguments.kind() == "template_string" {
            let callee = self.script(callee);
            let text = self.script(arguments);
            return self.make(node, Kind::Call(callee, vec![Passed { name: None, value: text, spread: Spread::No }]));
        }
        let callee = self.script(callee);
        let passed = self.passed(arguments);
        self.make(node, Kind::Call(callee, passed))
    }

    fn passed(&mut self, arguments: Node<'_>) -> Vec<Passed> {
        let mut passed = Vec::new();
        for argument in children(arguments) {
            let spread = if argument.kind() == "spread_element" { Spread::List } else { Spread::No };
            let value = if spread == Spread::List { self.script_parts_one(argument) } else { self.script(argument) };
            passed.push(Passed { name: None, value, spread });
        }
        passed
    }

    fn object(&mut self, node: Node<'_>) -> Expression {
        let mut entries = Vec::new();
        for child in children(node) {
            match child.kind() {
                "pair" => {
                    let (Some(key), Some(value)) =
                        (child.child_by_field_name("key"), child.child_by_field_name("value"))
                    else {
                        continue;
                    };
                    if key.kind() == "computed_property_name" {
                        let key = self.script(key);
                        entries.push(Entry::Computed(key, self.script(value)));
                    } else {
                        let name = self.plain(key);
                        entries.push(Entry::Named(name.into(), self.script(value)));
                    }
                }
                "shorthand_property_identifier" => {
                    let name = self.text(child);
                    entries.push(Entry::Named(name.into(), self.name(child, name)));
                }
                "spread_element" => {
                    let of = self.script_parts_one(child);
                    entries.push(Entry::Spread(of));
                }
                "method_definition" => {
                    let Some(name) = child.child_by_field_name("name") else { continue };
                    let name = self.plain(name);
                    let function = self.function(child, false);
                    let value = if super::function::has_word(child, "get") {
                        self.make(child, Kind::Call(function, Vec::new()))
                    } else {
                        function
                    };
                    entries.push(Entry::Named(name.into(), value));
                }
                _ => {}
            }
        }
        self.make(node, Kind::Map(entries))
    }

    fn binary_script(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.script_parts(node, "an expression");
        };
        match node.child_by_field_name("operator").map(|operator| operator.kind()).unwrap_or_default() {
            "+" => {
                let parts = sum(node).into_iter().map(|part| self.script(part)).collect();
                self.make(node, Kind::Join(parts))
            }
            "||" | "??" => {
                let (left, right) = (self.script(left), self.script(right));
                self.make(node, Kind::Or(left, right))
            }
            "&&" => {
                let (left, right) = (self.script(left), self.script(right));
                self.push(Statement::Evaluate(left));
                right
            }
            _ => {
                if says_not_found(self.text(node)) {
                    self.note_not_found(node);
                }
                self.script_parts(node, "a comparison")
            }
        }
    }

    fn assignment_script(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.script_parts(node, "an assignment");
        };
        let value = self.script(right);
        let kept = self.keep(value);
        let again = self.name(right, &kept);
        self.bind_script(left, again);
        self.name(node, &kept)
    }

    fn augmented_script(&mut self, node: Node<'_>) -> Expression {
        let (Some(left), Some(right)) = (node.child_by_field_name("left"), node.child_by_field_name("right")) else {
            return self.script_parts(node, "an assignment");
        };
        let (before, added) = (self.script(left), self.script(right));
        let value = match node.child_by_field_name("operator").map(|operator| operator.kind()).unwrap_or_default() {
            "+=" => self.make(node, Kind::Join(vec![before, added])),
            "||=" | "??=" | "&&=" => self.make(node, Kind::Either(vec![before, added])),
            _ => self.opaque(node, vec![before, added], "a computed value"),
        };
        let kept = self.keep(value);
        let again = self.name(node, &kept);
        self.bind_script(left, again);
        self.name(node, &kept)
    }
}
