//! Calls that belong to a construct: `rule.addTarget(new targets.LambdaFunction(handler))`, `targets: [new ...]`.

use tree_sitter::Node;

use super::Place;
use super::scope::{Kept, kept};
use crate::model::Within;
use crate::program::{each, parts, text};

/// The only call of these names that belongs to a construct (in its own call, in that of a method, or one that takes it
/// first), and which argument holds the properties, from 0.
pub(super) fn find<'t>(place: &'t Place<'_>, call: Node<'t>, within: &Within) -> Result<(Node<'t>, usize), String> {
    let source = &*place.file.text;
    let mut found: Vec<(Node<'t>, usize)> = Vec::new();
    let mut take = |node: Node<'t>| {
        let name = name_of(node, source).filter(|_| !makes_construct(node, source));
        let meant = within.calls.iter().find(|(call, _)| name.is_some_and(|name| is_called(call, name)));
        if let Some((_, argument)) = meant.filter(|_| found.iter().all(|(known, _)| *known != node)) {
            found.push((node, *argument));
        }
    };
    let mut regions = own_regions(call);
    if let Some(kept) = kept(call, source) {
        for statement in following(&kept, source) {
            each(statement, &mut |node| {
                if let Some(arguments) = arguments_of_method(node, &kept.name, source) {
                    take(node);
                    regions.push(arguments);
                } else if takes(node, &kept.name, source) {
                    take(node);
                }
            });
        }
    }
    // What a variable holds that nothing else uses counts as written where it is used.
    let mut names = Vec::new();
    for region in &regions {
        each(*region, &mut |node| {
            take(node);
            if matches!(node.kind(), "identifier" | "shorthand_property_identifier") {
                names.push(text(node, source));
            }
        });
    }
    for value in names.into_iter().filter_map(|name| held_once(place.program.root(), name, source)) {
        take(value);
    }
    let names = within.calls.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    match found.as_slice() {
        [only] => Ok(*only),
        [] => Err(format!("no call of {names} belongs to it in {}", place.file.display)),
        all => Err(format!("{} calls of {names} belong to it: which one is meant isn't known", all.len())),
    }
}

/// What a variable holds that is given a value once and used once.
fn held_once<'t>(root: Node<'t>, name: &str, source: &str) -> Option<Node<'t>> {
    let (mut uses, mut values) = (0, Vec::new());
    each(root, &mut |node| {
        let (field, value) = match node.kind() {
            "identifier" | "shorthand_property_identifier" if is_variable(node) && text(node, source) == name => {
                uses += 1;
                return;
            }
            "variable_declarator" => ("name", "value"),
            "assignment" => ("left", "right"),
            _ => return,
        };
        let is_it = node.child_by_field_name(field).is_some_and(|left| text(left, source) == name);
        values.extend(node.child_by_field_name(value).filter(|_| is_it));
    });
    // Where it is given and where it is used.
    (uses == 2 && values.len() == 1).then(|| values[0])
}

/// Python's names of arguments and of members are identifiers, too.
fn is_variable(node: Node<'_>) -> bool {
    let field = |kind: &str, field: &str| {
        let parent = node.parent().filter(|parent| parent.kind() == kind);
        parent.and_then(|parent| parent.child_by_field_name(field)) == Some(node)
    };
    !field("keyword_argument", "name") && !field("attribute", "attribute")
}

/// Whether a call makes a construct of its own: `new EventBus(this, 'Bus')` is the bus, and not the target of a rule that
/// has its name.
fn makes_construct(node: Node<'_>, source: &str) -> bool {
    let arguments = node.child_by_field_name("arguments").map(parts).unwrap_or_default();
    arguments.first().is_some_and(|first| matches!(text(*first, source), "this" | "self" | "scope"))
}

/// Python has the names of methods in its own way.
fn is_called(wanted: &str, name: &str) -> bool {
    wanted == name || wanted.starts_with(char::is_lowercase) && crate::program::snake_case(wanted) == name
}

/// The arguments of the call, and those of a method that is called on what it makes at once.
fn own_regions(call: Node<'_>) -> Vec<Node<'_>> {
    let mut regions: Vec<Node<'_>> = call.child_by_field_name("arguments").into_iter().collect();
    let mut object = call;
    while let Some(member) = object.parent().filter(|parent| matches!(parent.kind(), "member_expression" | "attribute"))
    {
        let Some(method) = member.parent().filter(|parent| matches!(parent.kind(), "call_expression" | "call")) else {
            break;
        };
        regions.extend(method.child_by_field_name("arguments"));
        object = method;
    }
    regions
}

/// The statements behind the one that keeps a construct, as long as the name means it.
fn following<'t>(kept: &Kept<'t>, source: &str) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut next = kept.statement.next_named_sibling();
    while let Some(statement) = next {
        if assigns(statement, &kept.name, source) {
            break;
        }
        found.push(statement);
        next = statement.next_named_sibling();
    }
    found
}

fn assigns(statement: Node<'_>, name: &str, source: &str) -> bool {
    parts(statement).into_iter().any(|node| {
        let field = match node.kind() {
            "variable_declarator" => "name",
            "assignment_expression" | "assignment" => "left",
            _ => return false,
        };
        node.child_by_field_name(field).is_some_and(|left| text(left, source) == name)
    })
}

fn callee(node: Node<'_>) -> Option<Node<'_>> {
    match node.kind() {
        "new_expression" => node.child_by_field_name("constructor"),
        "call_expression" | "call" => node.child_by_field_name("function"),
        _ => None,
    }
}

fn name_of<'s>(node: Node<'_>, source: &'s str) -> Option<&'s str> {
    text(callee(node)?, source).rsplit('.').next()
}

/// The arguments of a method of what a name holds.
fn arguments_of_method<'t>(node: Node<'t>, name: &str, source: &str) -> Option<Node<'t>> {
    let callee = callee(node).filter(|_| node.kind() != "new_expression")?;
    let object = callee.child_by_field_name("object").filter(|object| text(*object, source) == name);
    object.and(node.child_by_field_name("arguments"))
}

/// Whether the first argument of a call is what a name holds.
fn takes(node: Node<'_>, name: &str, source: &str) -> bool {
    let arguments = callee(node).and(node.child_by_field_name("arguments"));
    arguments.is_some_and(|arguments| parts(arguments).first().is_some_and(|first| text(*first, source) == name))
}
