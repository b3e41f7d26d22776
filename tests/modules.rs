//! What pages say of published modules, against the modules' own inputs (`modules/inputs.tsv`).

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::expr::{Expression, Traversal, TraversalOperator};
use hcl_edit::visit::{Visit, visit_traversal};
use terramend::catalogue::{Catalogue, Control, Rule};

/// Arguments of every `module` block.
const META: [&str; 6] = ["source", "version", "count", "for_each", "providers", "depends_on"];

/// Modules whose inputs are not in the table.
const NOT_LISTED: [&str; 4] = ["ecr", "efs", "kms", "secrets-manager"];

fn inputs() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let lines = include_str!("modules/inputs.tsv").lines().filter(|line| !line.starts_with('#'));
    let row = |line: &'static str| {
        let [name, _, inputs] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        (name, inputs.split(' ').chain(META).collect())
    };
    lines.map(row).collect()
}

/// Names that a rule asks of `self`, and arguments that it sets.
fn names(rule: &Rule) -> BTreeSet<String> {
    #[derive(Default)]
    struct Asked(BTreeSet<String>);
    impl Visit for Asked {
        fn visit_traversal(&mut self, node: &Traversal) {
            let first = node.operators.first().map(hcl_edit::Decorated::value);
            match (&node.expr, first) {
                (Expression::Variable(root), Some(TraversalOperator::GetAttr(name))) if root.as_str() == "self" => {
                    self.0.insert(name.to_string());
                }
                _ => {}
            }
            visit_traversal(self, node);
        }
    }
    let mut asked = Asked::default();
    for expr in [&rule.skip, &rule.pass, &rule.message].into_iter().flatten() {
        asked.visit_expr(expr);
    }
    for fix in &rule.fixes {
        fix.when.iter().for_each(|expr| asked.visit_expr(expr));
        let set = fix.set.iter().flat_map(|body| body.attributes().map(|a| a.key.to_string()));
        asked.0.extend(set.chain(fix.remove.iter().cloned()));
        asked.0.extend(fix.set.iter().flat_map(|body| body.blocks().map(|b| b.ident.to_string())));
    }
    asked.0
}

/// The inputs that pages name and that the modules don't have.
fn unknown(controls: &[Control]) -> Vec<String> {
    let inputs = inputs();
    let mut unknown = Vec::new();
    for control in controls {
        for rule in &control.rules {
            let Some(module) = rule.kind.strip_prefix("module:") else { continue };
            let Some(inputs) = inputs.get(module) else {
                let short = module.split('/').nth(1).unwrap_or_default();
                assert!(NOT_LISTED.contains(&short), "{}: put {module} into the table", control.id);
                continue;
            };
            let missing = names(rule).into_iter().filter(|name| !inputs.contains(name.as_str()));
            unknown.extend(missing.map(|name| format!("{}: {module} has no input `{name}`", control.id)));
        }
    }
    unknown
}

#[test]
fn pages_name_inputs_that_the_modules_have() {
    let catalogue = Catalogue::built_in().unwrap();
    assert_eq!(unknown(catalogue.controls()), Vec::<String>::new());
    let of_modules = catalogue.controls().iter().flat_map(|control| &control.rules);
    assert!(of_modules.filter(|rule| rule.kind.starts_with("module:")).count() > 15);
}

/// The table is complete enough to tell a mistake.
#[test]
fn an_input_that_a_module_lacks_is_found() {
    let page = "# X\n\n```hcl control\nid = \"x\"\nfamily = \"access\"\nseverity = \"low\"\n\nmodule \
                \"terraform-aws-modules/sqs/aws\" {\n  pass = self.kms_key == true && self.create == true\n\n  fix \
                \"safe\" {\n    effect = \"none\"\n    set {\n      sse    = true\n      create = true\n    }\n  }\n}\n```\n";
    let control = Control::parse("x.md", page).unwrap();
    let said = unknown(&[control]);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].ends_with("no input `kms_key`") && said[1].ends_with("no input `sse`"), "{said:?}");
}
