//! Imports of TypeScript, and `require` of JavaScript.

use tree_sitter::Node;

use super::super::list::List;
use super::{Form, Import, Style};
use crate::program::{parts, text};

/// The imports at the top of a file; those of types only are left out.
pub(super) fn imports(root: Node<'_>, source: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for statement in parts(root) {
        match statement.kind() {
            "import_statement" => found.extend(import(statement, source)),
            "lexical_declaration" | "variable_declaration" => {
                for declarator in parts(statement) {
                    found.extend(required(statement, declarator, source));
                }
            }
            _ => {}
        }
    }
    found
}

fn start(statement: Node<'_>, module: Node<'_>, source: &str) -> Import {
    let style = Style {
        double_quotes: text(module, source).starts_with('"'),
        semicolon: text(statement, source).ends_with(';'),
        ..Style::default()
    };
    let module = module_of(text(module, source));
    Import { module, end: statement.end_byte(), style, ..Import::default() }
}

fn import(statement: Node<'_>, source: &str) -> Option<Import> {
    if text(statement, source).starts_with("import type ") {
        return None;
    }
    let parts_of = parts(statement);
    if let Some(require) = parts_of.iter().find(|part| part.kind() == "import_require_clause") {
        let mut import = start(statement, require.child_by_field_name("source")?, source);
        import.namespace = parts(*require).first().map(|name| text(*name, source).to_owned());
        return Some(import);
    }
    let mut import = start(statement, statement.child_by_field_name("source")?, source);
    let clause = parts_of.into_iter().find(|part| part.kind() == "import_clause");
    for part in clause.map(parts).unwrap_or_default() {
        match part.kind() {
            "identifier" => import.namespace = Some(text(part, source).to_owned()),
            "namespace_import" => import.namespace = parts(part).first().map(|name| text(*name, source).to_owned()),
            "named_imports" => {
                for specifier in parts(part) {
                    let name = |field: &str| specifier.child_by_field_name(field).map(|n| text(n, source).to_owned());
                    if let Some(known) = name("name") {
                        import.named.push((known.clone(), name("alias").unwrap_or(known)));
                    }
                }
                let list = List::of(part);
                import.list = (!list.is_empty()).then_some(list);
            }
            _ => {}
        }
    }
    Some(import)
}

/// `const sqs = require('aws-cdk-lib/aws-sqs')`, `const { Stack, Duration: Time } = require('aws-cdk-lib')`
fn required(statement: Node<'_>, declarator: Node<'_>, source: &str) -> Option<Import> {
    let value = declarator.child_by_field_name("value").filter(|value| value.kind() == "call_expression")?;
    if text(value.child_by_field_name("function")?, source) != "require" {
        return None;
    }
    let module = *parts(value.child_by_field_name("arguments")?).first()?;
    let mut import = start(statement, module, source);
    import.style.form = Form::Require;
    let name = declarator.child_by_field_name("name")?;
    match name.kind() {
        "identifier" => import.namespace = Some(text(name, source).to_owned()),
        "object_pattern" => {
            for part in parts(name) {
                let field = |field: &str| part.child_by_field_name(field).map(|node| text(node, source).to_owned());
                let whole = text(part, source).to_owned();
                import.named.push((field("key").unwrap_or_else(|| whole.clone()), field("value").unwrap_or(whole)));
            }
            // `a as b` is no pattern: names are added, modules get a line of their own.
            let list = List::of(name);
            let plain = !list.is_empty() && import.module != super::ROOT;
            import.list = plain.then_some(list);
        }
        _ => return None,
    }
    Some(import)
}

/// `'aws-cdk-lib/aws-sqs'` is `aws-cdk-lib.aws_sqs`.
fn module_of(quoted: &str) -> String {
    let path = quoted.trim_matches(['\'', '"']);
    match path.strip_prefix("aws-cdk-lib/") {
        Some(inner) => format!("aws-cdk-lib.{}", inner.replace('-', "_").replace('/', ".")),
        None => path.to_owned(),
    }
}

fn path_of(module: &str, style: Style) -> String {
    let path = match module.strip_prefix("aws-cdk-lib.") {
        Some(inner) => format!("aws-cdk-lib/{}", inner.replace('_', "-").replace('.', "/")),
        None => module.to_owned(),
    };
    if style.double_quotes { format!("\"{path}\"") } else { format!("'{path}'") }
}

/// A line that imports a module under a name.
pub(super) fn module_line(module: &str, alias: &str, style: Style) -> String {
    let (path, end) = (path_of(module, style), if style.semicolon { ";" } else { "" });
    if style.form == Form::Require {
        format!("const {alias} = require({path}){end}")
    } else {
        format!("import * as {alias} from {path}{end}")
    }
}

/// A line that takes classes out of a module.
pub(super) fn named_line(module: &str, classes: &str, style: Style) -> String {
    let (path, end) = (path_of(module, style), if style.semicolon { ";" } else { "" });
    if style.form == Form::Require {
        format!("const {{ {classes} }} = require({path}){end}")
    } else {
        format!("import {{ {classes} }} from {path}{end}")
    }
}
