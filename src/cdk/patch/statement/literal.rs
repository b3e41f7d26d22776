//! Statements that a program writes out.

use std::ops::Range;

use tree_sitter::Node;

use super::super::list::{Form, List};
use super::super::patcher::call_at;
use super::super::write::Writer;
use super::super::{Place, naming, python, scope, typescript};
use super::{Part, Wanted, Written, edit, made, names, place, policies, resources, same, shown};
use crate::edit::Edit;
use crate::iam::policy::pattern_matches;
use crate::model::Value;
use crate::program::{Language, each, parts, text};
use crate::source::{FileId, indentation, line_end, line_start, reason_behind};
use crate::workspace::{Tree, Workspace};

/// Starts of actions that the library lets a role do beside what a statement says, and may put into it.
const BESIDE: [&str; 2] = ["xray:GetSampling", "xray:Put"];
/// Lists longer than this are broken into lines.
const MAX_LINE: usize = 120;
/// Properties that say more than which actions are allowed on what.
const OTHERS: [&str; 7] =
    ["conditions", "notActions", "notPrincipals", "notResources", "not_actions", "not_resources", "principals"];

/// A statement in the source.
pub(super) struct Literal<'t> {
    file: usize,
    call: Node<'t>,
    actions: Node<'t>,
    listed: Vec<String>,
    resources: Option<Node<'t>>,
    has_sid: bool,
}

/// The statements that are written out and make one of the template: one with the same actions, or several that the library
/// unites because they are on the same. None where there are none.
pub(super) fn find<'w>(workspace: &'w Workspace, wanted: &Wanted<'_>) -> Result<Vec<Literal<'w>>, String> {
    let old = names(&wanted.old);
    let own: Vec<String> = old.iter().filter(|a| !BESIDE.iter().any(|start| a.starts_with(start))).cloned().collect();
    let mut all = all(workspace);
    all.retain(|literal| is_on_the_same(workspace, literal, &wanted.old.resources));
    let (exact, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|literal| same(&literal.listed, &old) || same(&literal.listed, &own));
    if !exact.is_empty() {
        return the_one(workspace, wanted, exact).map(|literal| vec![literal]);
    }
    let is_part = |literal: &Literal<'_>| literal.listed.iter().all(|action| contains(&own, action));
    let united: Vec<Literal<'_>> = others.into_iter().filter(is_part).collect();
    let listed: Vec<String> = united.iter().flat_map(|literal| literal.listed.clone()).collect();
    let once = listed.len() == own.len() && united.iter().all(|literal| makes(workspace, &literal.listed) == 1);
    if united.is_empty() || !once || !same(&listed, &own) {
        return Ok(Vec::new());
    }
    united.iter().try_for_each(|literal| editable(workspace, literal))?;
    Ok(united)
}

/// Whether what a statement is on may be what the template has: texts are the same, and what an expression gives is no text
/// alone.
fn is_on_the_same(workspace: &Workspace, literal: &Literal<'_>, resources: &[Value]) -> bool {
    let source = &workspace.project.files[literal.file].text;
    let Some(node) = literal.resources.filter(|node| matches!(node.kind(), "array" | "list")) else { return true };
    let written: Option<Vec<String>> = parts(node).into_iter().map(|item| plain(item, source)).collect();
    let known: Option<Vec<String>> = resources.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    match (written, known) {
        (Some(written), Some(known)) => same(&written, &known),
        (Some(_), None) => false,
        (None, Some(known)) => !known.iter().any(|resource| resource == "*"),
        (None, None) => true,
    }
}

fn contains(actions: &[String], action: &str) -> bool {
    actions.iter().any(|known| known.eq_ignore_ascii_case(action))
}

fn editable(workspace: &Workspace, literal: &Literal<'_>) -> Result<(), String> {
    if workspace.project.files[literal.file].editable {
        return Ok(());
    }
    Err(format!("{} is behind a symbolic link", shown(workspace, literal.file, literal.call)))
}

/// Of statements with the same actions the one that is meant: the only one, or that in the function which makes what has
/// the policy, where each makes one of the templates.
fn the_one<'w>(
    workspace: &'w Workspace,
    wanted: &Wanted<'_>,
    mut found: Vec<Literal<'w>>,
) -> Result<Literal<'w>, String> {
    let count = makes(workspace, &found[0].listed);
    let places: Vec<String> = found.iter().map(|literal| shown(workspace, literal.file, literal.call)).collect();
    if found.len() == 1 && count > 1 {
        return Err(format!("the statement at {} is {count} statements of the templates", places[0]));
    }
    if found.len() > 1 && found.len() == count {
        let home = Place::of(workspace, wanted.holder).ok();
        let home = home.and_then(|at| {
            Some((at.id.0 as usize, scope::function(call_at(at.program, &at.call.range).ok()?)?.byte_range()))
        });
        found.retain(|literal| {
            let function = scope::function(literal.call).map(|function| (literal.file, function.byte_range()));
            function.is_some() && function == home
        });
    }
    let mut rest = found.into_iter();
    let literal = rest.next().filter(|_| rest.next().is_none());
    let literal = literal.ok_or_else(|| format!("the statement may be the one at {}", places.join(" or at ")))?;
    editable(workspace, &literal)?;
    Ok(literal)
}

/// How many statements of the templates have these actions.
fn makes(workspace: &Workspace, actions: &[String]) -> usize {
    const HOLDERS: [&str; 5] = [
        "AWS::IAM::GroupPolicy",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
    ];
    let project = &workspace.project;
    let holders = HOLDERS.iter().flat_map(|kind| project.of_kind(kind));
    let statements = holders.flat_map(|holder| policies(project, holder)).flat_map(|policy| policy.statements);
    let has =
        |names: &[String]| actions.iter().all(|action| names.iter().any(|name| name.eq_ignore_ascii_case(action)));
    let mut spans: Vec<_> = statements.filter(|statement| has(&names(statement))).map(|s| s.at.span).collect();
    spans.sort();
    spans.dedup();
    spans.len()
}

/// All statements that programs write out, with all of their actions.
fn all(workspace: &Workspace) -> Vec<Literal<'_>> {
    let mut found = Vec::new();
    for (file, tree) in workspace.trees.iter().enumerate() {
        let Tree::Program(program) = tree else { continue };
        each(program.root(), &mut |node| found.extend(read(file, node, &program.text, program.language)));
    }
    found.sort_by_key(|literal| (literal.file, literal.call.start_byte()));
    found
}

fn read<'t>(file: usize, node: Node<'t>, source: &str, language: Language) -> Option<Literal<'t>> {
    let python = language == Language::Python;
    let field = match node.kind() {
        "new_expression" if !python => "constructor",
        "call" if python => "function",
        _ => return None,
    };
    let class = text(node.child_by_field_name(field)?, source);
    if class.rsplit('.').next() != Some("PolicyStatement") {
        return None;
    }
    let arguments = node.child_by_field_name("arguments")?;
    let properties = if python {
        python::properties(arguments, source)
    } else {
        let first = parts(arguments).into_iter().next()?;
        let first = if first.kind() == "parenthesized_expression" { parts(first).into_iter().next()? } else { first };
        typescript::properties(Some(first).filter(|first| first.kind() == "object")?, source)
    };
    let of = |name: &str| properties.all.iter().find(|property| property.name == name);
    let is_allow = |value| text(value, source).rsplit('.').next() == Some("ALLOW");
    let allows = of("effect").is_none_or(|effect| effect.value.is_some_and(is_allow));
    if properties.open || !allows || OTHERS.iter().any(|name| of(name).is_some()) {
        return None;
    }
    let actions = of("actions")?.value.filter(|value| matches!(value.kind(), "array" | "list"))?;
    let listed: Option<Vec<String>> = parts(actions).into_iter().map(|item| plain(item, source)).collect();
    let resources = of("resources").and_then(|property| property.value);
    let has_sid = of("sid").is_some();
    Some(Literal { file, call: node, actions, listed: listed?, resources, has_sid })
}

/// The text of a string without anything put in or escaped.
fn plain(node: Node<'_>, source: &str) -> Option<String> {
    let written = text(node, source);
    let inner = written.get(1..written.len().checked_sub(1)?)?;
    (node.kind() == "string" && written.starts_with(['\'', '"']) && !inner.contains(['\\', '\'', '"']))
        .then(|| inner.to_owned())
}

/// Writes what is left of it.
pub(super) fn write(workspace: &Workspace, wanted: &Wanted<'_>, literal: &Literal<'_>) -> Result<Written, String> {
    let source = &workspace.project.files[literal.file].text;
    let at = shown(workspace, literal.file, literal.call);
    let left: Vec<(Vec<String>, &Part)> = wanted.left.iter().map(|part| (own(literal, part), part)).collect();
    let left: Vec<_> = left.into_iter().filter(|(actions, _)| !actions.is_empty()).collect();
    let commented = [Some(literal.actions), literal.resources].into_iter().flatten().find(|node| has_comment(*node));
    let mut decided = commented.map(|_| format!("comments in the statement at {at} explain it"));
    let file = FileId(literal.file as u32);
    let name = format!("statement {at}");
    let Some((first, others)) = left.split_first() else {
        let (edits, reason) = remove(workspace, literal)?;
        return Ok(Written { file, edits, name, decided: decided.or(reason) });
    };
    let replaced = replacements(workspace, literal, first)?;
    for (range, _) in &replaced {
        let reason = reason_behind(source, range.end);
        decided = decided
            .or_else(|| reason.map(|comment| format!("whoever wrote the statement at {at} explains it: {comment}")));
    }
    let mut edits: Vec<Edit> = replaced.into_iter().map(|(range, text)| edit(literal.file, range, text)).collect();
    if !others.is_empty() {
        if literal.has_sid {
            return Err(format!("the statement at {at} has a `sid`, and would have to be divided"));
        }
        let (unit, between) = unit(workspace, literal)?;
        let mut more = String::new();
        for part in others {
            more.push_str(&between);
            more.push_str(&copied(source, &unit, replacements(workspace, literal, part)?));
        }
        edits.push(edit(literal.file, unit.end..unit.end, more));
    }
    Ok(Written { file, edits, name, decided })
}

/// The actions of a part that come from a statement: others of the template's come from elsewhere.
fn own(literal: &Literal<'_>, part: &Part) -> Vec<String> {
    let is_own = |action: &&String| literal.listed.iter().any(|pattern| pattern_matches(pattern, action));
    part.actions.iter().filter(is_own).cloned().collect()
}

fn has_comment(node: Node<'_>) -> bool {
    let mut found = false;
    each(node, &mut |node| found |= node.kind() == "comment");
    found
}

/// What stands in the place of the lists of a statement.
fn replacements(
    workspace: &Workspace,
    literal: &Literal<'_>,
    (actions, part): &(Vec<String>, &Part),
) -> Result<Vec<(Range<usize>, String)>, String> {
    let place = place(workspace, literal.file, literal.call).ok_or("the statement stands in no program")?;
    let source = &*place.file.text;
    let mut writer = Writer::new(&place, literal.call)?;
    let mut replaced = Vec::new();
    if !same(actions, &literal.listed) {
        replaced.push((literal.actions.byte_range(), listed(&writer, literal.actions, source, actions)));
    }
    if let Some(wanted) = &part.resources {
        let node = literal.resources.ok_or_else(|| {
            format!("the statement at {} names its resources elsewhere", shown(workspace, literal.file, literal.call))
        })?;
        let value = resources(workspace, wanted)?;
        let here = scope::statement(literal.call).ok_or("the statement stands in no block")?;
        for id in made(&value) {
            let kept = naming::other(&place, workspace, id)?;
            if scope::later(&kept, here, source) != Some(here) {
                return Err(format!("`{}` isn't there where the statement is made", kept.name));
            }
            writer.hold(id, kept.name);
        }
        let written = writer.value(&value, None)?;
        if written != text(node, source) {
            replaced.push((node.byte_range(), written));
        }
    }
    Ok(replaced)
}

/// A list of actions in the style of the one that stands there.
fn listed(writer: &Writer<'_>, node: Node<'_>, source: &str, actions: &[String]) -> String {
    let items = parts(node);
    let (Some(first), Some(last)) = (items.first(), items.last()) else { return String::new() };
    let quote = &source[first.start_byte()..=first.start_byte()];
    let written: Vec<String> = actions.iter().map(|action| format!("{quote}{action}{quote}")).collect();
    let between = match items.as_slice() {
        [one, two, ..] => source[one.end_byte()..two.start_byte()].to_owned(),
        _ => match List::of(node).form(source) {
            Form::Lines(indent) => format!(",{}{indent}", if source.contains("\r\n") { "\r\n" } else { "\n" }),
            Form::Inline => ", ".to_owned(),
        },
    };
    let (start, end) = (&source[node.start_byte()..first.start_byte()], &source[last.end_byte()..node.end_byte()]);
    let inline = format!("{start}{}{end}", written.join(&between));
    let line = line_start(source, node.start_byte())..line_end(source, node.end_byte());
    let width = source[line].chars().count() + inline.chars().count() - text(node, source).chars().count();
    if inline.contains('\n') || width <= MAX_LINE {
        return inline;
    }
    writer.broken(&written, indentation(source, node.start_byte()))
}

/// What holds the statement and can stand a second time, and what stands between two of them.
fn unit(workspace: &Workspace, literal: &Literal<'_>) -> Result<(Range<usize>, String), String> {
    let file = &workspace.project.files[literal.file];
    let source = &*file.text;
    match holder(literal.call) {
        Holder::Statement(node) => {
            let indent = indentation(source, node.start_byte());
            Ok((node.byte_range(), format!("{}{indent}", file.newline())))
        }
        Holder::List(list) => {
            let between = match List::of(list).form(source) {
                Form::Lines(indent) => format!(",{}{indent}", file.newline()),
                Form::Inline => ", ".to_owned(),
            };
            Ok((literal.call.byte_range(), between))
        }
        Holder::Other => {
            let at = shown(workspace, literal.file, literal.call);
            Err(format!("the statement at {at} would have to be divided, and is part of another expression"))
        }
    }
}

enum Holder<'t> {
    /// `handler.addToRolePolicy(new PolicyStatement(...));`
    Statement(Node<'t>),
    /// `statements: [new PolicyStatement(...)]`
    List(Node<'t>),
    Other,
}

fn holder(call: Node<'_>) -> Holder<'_> {
    let Some(parent) = call.parent() else { return Holder::Other };
    if matches!(parent.kind(), "array" | "list") {
        return Holder::List(parent);
    }
    let method = parent.parent().filter(|_| matches!(parent.kind(), "arguments" | "argument_list"));
    let alone = method.filter(|method| matches!(method.kind(), "call_expression" | "call") && parts(parent).len() == 1);
    let statement = alone.and_then(|method| method.parent()).filter(|node| node.kind() == "expression_statement");
    statement.map_or(Holder::Other, Holder::Statement)
}

/// A text with other parts.
fn copied(source: &str, unit: &Range<usize>, mut replaced: Vec<(Range<usize>, String)>) -> String {
    replaced.sort_by_key(|(range, _)| range.start);
    let mut text = String::new();
    let mut at = unit.start;
    for (range, new) in replaced {
        text.push_str(&source[at..range.start]);
        text.push_str(&new);
        at = range.end;
    }
    text.push_str(&source[at..unit.end]);
    without_comments(&text)
}

/// A text without the lines that are only a comment: what is said of a statement isn't said twice.
fn without_comments(text: &str) -> String {
    let is_comment = |line: &str| line.trim_start().starts_with("//") || line.trim_start().starts_with('#');
    text.split_inclusive('\n').filter(|line| !is_comment(line)).collect()
}

/// Takes a statement away, with what holds it; and a comment that speaks for it.
fn remove(workspace: &Workspace, literal: &Literal<'_>) -> Result<(Vec<Edit>, Option<String>), String> {
    let source = &*workspace.project.files[literal.file].text;
    let at = shown(workspace, literal.file, literal.call);
    match holder(literal.call) {
        Holder::Statement(node) => super::grant::without(workspace, literal.file, node),
        Holder::List(list) => {
            let items = parts(list);
            let index = items.iter().position(|item| *item == literal.call).unwrap_or_default();
            let range = match (index.checked_sub(1).map(|i| items[i]), items.get(index + 1)) {
                (_, Some(next)) => literal.call.start_byte()..next.start_byte(),
                (Some(before), None) => before.end_byte()..literal.call.end_byte(),
                (None, None) => {
                    return Err(format!("nothing is needed of the statement at {at}, and nothing else is in its list"));
                }
            };
            let commented = source[range.clone()].contains("//") || source[range.clone()].contains('#');
            let reason = commented.then(|| format!("comments beside the statement at {at} explain it"));
            Ok((vec![edit(literal.file, range, String::new())], reason))
        }
        Holder::Other => Err(format!("nothing is needed of the statement at {at}: take it out")),
    }
}
