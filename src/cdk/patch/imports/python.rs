//! Imports of Python.

use tree_sitter::Node;

use super::super::list::List;
use super::{Form, Import, Style};
use crate::program::{parts, text};

/// The imports at the top of a file.
pub(super) fn imports(root: Node<'_>, source: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for statement in parts(root) {
        match statement.kind() {
            "import_statement" => found.extend(parts(statement).into_iter().map(|part| whole(statement, part, source))),
            "import_from_statement" => found.extend(from(statement, source)),
            _ => {}
        }
    }
    found
}

/// `import aws_cdk as cdk`, `import aws_cdk.aws_sqs as sqs`
fn whole(statement: Node<'_>, part: Node<'_>, source: &str) -> Import {
    let (name, alias) = renamed(part, source);
    let form = if name.contains('.') { Form::Dotted } else { Form::Usual };
    let style = Style { form, ..Style::default() };
    Import { module: module_of(&name), namespace: Some(alias), end: statement.end_byte(), style, ..Import::default() }
}

/// `from aws_cdk import Stack, aws_sqs as sqs`
fn from(statement: Node<'_>, source: &str) -> Option<Import> {
    let module = statement.child_by_field_name("module_name")?;
    let mut cursor = statement.walk();
    let names: Vec<Node<'_>> = statement.children_by_field_name("name", &mut cursor).collect();
    let named = names.iter().map(|name| renamed(*name, source)).collect();
    let list = (!names.is_empty()).then(|| List::names(statement, module.end_byte()));
    let module = module_of(text(module, source));
    Some(Import { module, named, list, end: statement.end_byte(), ..Import::default() })
}

fn renamed(node: Node<'_>, source: &str) -> (String, String) {
    let field = |field: &str| node.child_by_field_name(field).map(|node| text(node, source).to_owned());
    let whole = text(node, source).to_owned();
    (field("name").unwrap_or_else(|| whole.clone()), field("alias").unwrap_or(whole))
}

/// `aws_cdk.aws_sqs` is `aws-cdk-lib.aws_sqs`.
fn module_of(path: &str) -> String {
    match path.strip_prefix("aws_cdk") {
        Some(rest) if rest.contains("_alpha") => format!("@aws-cdk/{}", rest.trim_start_matches('.').replace('_', "-")),
        Some(rest) if rest.is_empty() || rest.starts_with('.') => format!("aws-cdk-lib{rest}"),
        _ => path.to_owned(),
    }
}

fn path_of(module: &str) -> String {
    match (module.strip_prefix("aws-cdk-lib"), module.strip_prefix("@aws-cdk/")) {
        (Some(rest), _) => format!("aws_cdk{rest}"),
        (_, Some(rest)) => format!("aws_cdk.{}", rest.replace('-', "_")),
        _ => module.to_owned(),
    }
}

/// A line that imports a module under a name.
pub(super) fn module_line(module: &str, alias: &str, style: Style) -> String {
    let path = path_of(module);
    match path.rsplit_once('.') {
        _ if style.form == Form::Dotted => format!("import {path} as {alias}"),
        Some((package, member)) if member == alias => format!("from {package} import {member}"),
        Some((package, member)) => format!("from {package} import {member} as {alias}"),
        None => format!("import {path} as {alias}"),
    }
}

/// A line that takes classes out of a module.
pub(super) fn named_line(module: &str, classes: &str) -> String {
    format!("from {} import {classes}", path_of(module))
}
