//! What pages ask and write, against what versions of the provider and of published modules have
//! (`src/effects/providers.tsv`, `modules.tsv`).

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::structure::Body;
use hcl_edit::visit::{Visit, visit_traversal};
use terramend::catalogue::{Catalogue, Control, ExampleKind, Rule};
use terramend::effects::schema::{lists, unknown};

/// The paths that expressions ask of `self`.
#[derive(Default)]
struct Asked(BTreeSet<String>);

impl Visit for Asked {
    fn visit_traversal(&mut self, node: &Traversal) {
        if matches!(&node.expr, Expression::Variable(root) if root.as_str() == "self") {
            let name = |operator: &TraversalOperator| match operator {
                TraversalOperator::GetAttr(name) => Some(name.to_string()),
                _ => None,
            };
            let names: Vec<_> = node.operators.iter().map_while(|operator| name(operator.value())).collect();
            self.0.insert(names.join("."));
        }
        visit_traversal(self, node);
    }
}

/// The paths that a body writes.
fn paths(body: &Body, prefix: &str, into: &mut BTreeSet<String>) {
    into.extend(body.attributes().map(|argument| format!("{prefix}{}", argument.key.as_str())));
    for block in body.blocks() {
        let path = format!("{prefix}{}", block.ident.as_str());
        paths(&block.body, &format!("{path}."), into);
        into.insert(path);
    }
}

/// Types, and paths in them, that a rule asks for or writes.
fn named(rule: &Rule) -> Vec<(String, BTreeSet<String>)> {
    let mut own = Asked::default();
    for expr in [&rule.skip, &rule.pass, &rule.message].into_iter().flatten() {
        own.visit_expr(expr);
    }
    let mut all = Vec::new();
    let write = |kind: &str, prefix: &str, body: &Body, all: &mut Vec<_>| {
        let mut written = BTreeSet::new();
        paths(body, prefix, &mut written);
        all.push((kind.to_owned(), written));
    };
    for companion in &rule.companions {
        let mut asked = Asked::default();
        companion.only.iter().for_each(|expr| asked.visit_expr(expr));
        asked.0.insert(companion.by.clone());
        all.push((companion.kind.clone(), asked.0));
    }
    for fix in &rule.fixes {
        fix.when.iter().for_each(|expr| own.visit_expr(expr));
        own.0.extend(fix.remove.iter().cloned());
        fix.set.iter().for_each(|body| write(&rule.kind, "", body, &mut all));
        fix.append.iter().for_each(|(block, body)| write(&rule.kind, &format!("{block}."), body, &mut all));
        for (name, body) in &fix.set_companion {
            let companion = rule.companions.iter().find(|companion| companion.name == *name).unwrap();
            write(&companion.kind, "", body, &mut all);
        }
        fix.add.iter().chain(&fix.shared).for_each(|(kind, _, body)| write(kind, "", body, &mut all));
    }
    all.push((rule.kind.clone(), own.0));
    all
}

/// What pages name that no version has.
fn mistakes(controls: &[Control]) -> Vec<String> {
    let mut mistakes = Vec::new();
    for control in controls {
        // CloudFormation has a schema of its own.
        for rule in control.rules.iter().filter(|rule| !rule.kind.contains("::") && rule.kind != "module:*") {
            for (kind, paths) in named(rule) {
                if !lists(&kind) {
                    mistakes.push(format!("{}: `{kind}` is not in the table", control.id));
                }
                let unknown = paths.iter().filter_map(|path| unknown(&kind, path));
                mistakes.extend(unknown.map(|why| format!("{}: {why}", control.id)));
            }
        }
    }
    mistakes
}

#[test]
fn pages_name_what_a_version_has() {
    let catalogue = Catalogue::built_in().unwrap();
    assert_eq!(mistakes(catalogue.controls()), Vec::<String>::new());
    let of_modules = catalogue.controls().iter().flat_map(|control| &control.rules);
    assert!(of_modules.filter(|rule| rule.kind.starts_with("module:")).count() > 15);
}

/// The tables are complete enough to tell a mistake.
#[test]
fn what_no_version_has_is_found() {
    let page = |rule: &str| {
        let text = format!(
            "# X\n\n```hcl control\nid = \"x\"\nfamily = \"access\"\nseverity = \"low\"\n\n{rule} {{\n  pass = self.kms_key \
             == true && self.name == null\n\n  fix \"safe\" {{\n    effect = \"none\"\n    set {{\n      sse {{\n        on = \
             true\n      }}\n      name = \"x\"\n    }}\n  }}\n}}\n```\n"
        );
        mistakes(&[Control::parse("x.md", &text).unwrap()]).len()
    };
    assert_eq!(page("module \"terraform-aws-modules/sqs/aws\""), 3);
    assert_eq!(page("terraform \"aws_sqs_queue\""), 3);
    assert!(page("terraform \"aws_sqs_cue\"") > 0);
}

/// Whatever a fix adds, by a page or by a fixer, is in the table: else nothing would look it up.
#[test]
fn types_that_fixes_add_are_in_the_table() {
    let kinds = |text: &str| -> BTreeSet<String> {
        let resource = |line: &str| Some(line.strip_prefix("resource \"")?.split('"').next()?.to_owned());
        text.lines().filter_map(resource).collect()
    };
    let catalogue = Catalogue::built_in().unwrap();
    let mut added = BTreeSet::new();
    for example in catalogue.controls().iter().flat_map(|control| &control.examples) {
        if let ExampleKind::Bad { fixed, .. } = &example.kind {
            added.extend(kinds(fixed).difference(&kinds(&example.text)).cloned());
        }
    }
    assert!(added.len() > 15);
    let missing: Vec<_> = added.iter().filter(|kind| !lists(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}: make the table again (tests/oracles/schemas/first_versions.py)");
}
