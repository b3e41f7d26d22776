//! Statements of policies in a program: `new iam.PolicyStatement({ actions: [...], resources: [...] })`, and grants
//! (`table.grantReadWriteData(handler)`).
//!
//! What makes a statement of the template is found by what it says. Where that isn't one call for sure, nothing is written.

mod grant;
mod literal;
mod target;

use std::collections::BTreeSet;

use self::target::draft;
use super::{Place, call_name, source};
use crate::edit::Edit;
use crate::fix::{Change, StatementEdit};
use crate::iam::policy::{Policy, Statement, StatementAt};
use crate::iam::scope::library::{self, Subject};
use crate::model::{CallKey, CallSite, Draft, ProgramDraft, Project, Resource, ResourceId, Value};
use crate::source::{FileId, Span};
use crate::workspace::{Lowered, Sharing, Touched, Tree, Workspace};

/// What is left of a statement, part by part; nothing when it goes.
struct Wanted<'w> {
    holder: &'w Resource,
    old: Statement,
    left: Vec<Part>,
}

/// Actions on the same resources.
struct Part {
    actions: Vec<String>,
    /// Nothing where the statement's own stay.
    resources: Option<Draft>,
}

/// What is written in one file.
struct Written {
    file: FileId,
    edits: Vec<Edit>,
    /// What is called so among what changes.
    name: String,
    /// What a comment says for what stands there.
    decided: Option<String>,
}

/// Lowers what changes in statements: how many there are, and how many of them this run has changed already.
pub(super) fn lower(workspace: &Workspace, changes: &[Change], out: &mut Lowered) -> Result<(usize, usize), String> {
    let mut wanted = Vec::new();
    let (mut all, mut settled) = (0, 0);
    for (holder, at) in places(changes) {
        all += 1;
        if workspace.rewritten.contains(&(holder, at.span)) {
            settled += 1;
            continue;
        }
        out.rewritten.push((holder, at.span));
        out.updated.push((holder, vec!["PolicyDocument".into()]));
        wanted.push(wish(workspace, changes, holder, at)?);
    }
    let mut grants: Vec<(Subject, Vec<Wanted<'_>>)> = Vec::new();
    for wanted in wanted {
        let literals = literal::find(workspace, &wanted)?;
        for literal in &literals {
            take(workspace, literal::write(workspace, &wanted, literal)?, out);
        }
        if !literals.is_empty() {
            continue;
        }
        let subject = library::subject(&wanted.old.resources).ok_or_else(|| not_found(workspace, &wanted))?;
        match grants.iter_mut().find(|(known, of)| *known == subject && of[0].holder.id == wanted.holder.id) {
            Some((_, of)) => of.push(wanted),
            None => grants.push((subject, vec![wanted])),
        }
    }
    for (subject, wanted) in &grants {
        take(workspace, grant::write(workspace, *subject, wanted)?, out);
    }
    Ok((all, settled))
}

/// The statements that change.
fn places(changes: &[Change]) -> Vec<(ResourceId, StatementAt)> {
    let mut found = Vec::new();
    let mut take = |resource, at| {
        if !found.contains(&(resource, at)) {
            found.push((resource, at));
        }
    };
    for change in changes {
        match change {
            Change::EditStatement { resource, at, .. } => take(*resource, *at),
            Change::RewriteStatements { resource, removed, added, .. } => {
                removed.iter().chain(added.iter().map(|(at, _)| at)).for_each(|at| take(*resource, *at));
            }
            _ => {}
        }
    }
    found
}

fn wish<'w>(
    workspace: &'w Workspace,
    changes: &[Change],
    id: ResourceId,
    at: StatementAt,
) -> Result<Wanted<'w>, String> {
    let project = &workspace.project;
    let holder = project.resource(id);
    let old = statement(project, holder, at).ok_or("the statement isn't in the template any more")?;
    let mut first = Part { actions: names(&old), resources: None };
    let (mut left, mut goes) = (Vec::new(), false);
    for change in changes {
        match change {
            Change::EditStatement { resource, at: here, edits, .. } if *resource == id && *here == at => {
                for edit in edits {
                    match edit {
                        StatementEdit::Replace(name, value) if name == "Action" => first.actions = texts(value)?,
                        StatementEdit::Replace(name, value) if name == "Resource" => {
                            first.resources = Some(value.clone());
                        }
                        _ => return Err("only actions and resources of a statement are changed in a program".into()),
                    }
                }
            }
            Change::RewriteStatements { resource, removed, added, .. } if *resource == id => {
                goes |= removed.contains(&at);
                let added = added.iter().filter(|(beside, _)| *beside == at);
                left.extend(added.map(|(_, statement)| part(statement)).collect::<Result<Vec<_>, _>>()?);
            }
            _ => {}
        }
    }
    if !goes {
        left.insert(0, first);
    }
    Ok(Wanted { holder, old, left })
}

/// The statement of a resource at a place.
fn statement(project: &Project, holder: &Resource, at: StatementAt) -> Option<Statement> {
    policies(project, holder).into_iter().flat_map(|policy| policy.statements).find(|statement| statement.at == at)
}

/// The policies that a resource of a template holds.
fn policies(project: &Project, holder: &Resource) -> Vec<Policy> {
    let own = Policy::of(project, &holder.body, "PolicyDocument");
    let listed = holder.body.get("Policies");
    let listed = listed.as_list().into_iter().flatten();
    let inline = listed.filter_map(|item| Policy::read(project, &item.value.step("PolicyDocument"), item.span));
    own.into_iter().chain(inline).collect()
}

/// Actions, as far as they are known.
fn names(statement: &Statement) -> Vec<String> {
    statement.actions.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn texts(value: &Draft) -> Result<Vec<String>, String> {
    let text = |value: &Draft| match value {
        Draft::String(text) => Ok(text.clone()),
        _ => Err("an action isn't known".to_owned()),
    };
    match value {
        Draft::List(items) => items.iter().map(text).collect(),
        one => Ok(vec![text(one)?]),
    }
}

fn part(statement: &Draft) -> Result<Part, String> {
    let Draft::Object(entries) = statement else { return Err("a statement is no object".into()) };
    let of = |wanted: &str| entries.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let actions = texts(of("Action").ok_or("a statement has no actions")?)?;
    Ok(Part { actions, resources: of("Resource").cloned() })
}

/// Whether both say the same, in whatever order.
fn same(some: &[String], others: &[String]) -> bool {
    let all = |list: &[String]| list.iter().map(|action| action.to_ascii_lowercase()).collect::<BTreeSet<_>>();
    all(some) == all(others)
}

fn not_found(workspace: &Workspace, wanted: &Wanted<'_>) -> String {
    let actions = names(&wanted.old).join(", ");
    let at = wanted.old.at.span;
    let file = workspace.project.file(at.file);
    format!(
        "no call of the program writes the statement at {}:{} out ({actions})",
        file.display,
        file.position(at.start).line
    )
}

/// Takes what is written in, with the calls around it, which change by it.
fn take(workspace: &Workspace, written: Written, out: &mut Lowered) {
    let file = written.file;
    let touch = |block: String| Touched { file, block, path: String::new(), shared: Sharing::Alone };
    if let Tree::Program(program) = &workspace.trees[file.0 as usize] {
        let calls = source::calls(program, &program.text);
        for edit in &written.edits {
            let range = edit.span.range();
            let around = calls.iter().filter(|call| call.range.start <= range.start && range.end <= call.range.end);
            let innermost = around.min_by_key(|call| call.range.len());
            out.touched.extend(innermost.map(|call| touch(call_name(&source::key(&calls, call)))));
        }
    }
    out.touched.push(touch(written.name));
    out.decided = out.decided.take().or(written.decided);
    out.edits.extend(written.edits);
}

/// A place in a program where there is no construct.
fn place<'w>(workspace: &'w Workspace, file: usize, node: tree_sitter::Node<'_>) -> Option<Place<'w>> {
    let Tree::Program(program) = &workspace.trees[file] else { return None };
    let source = &workspace.project.files[file];
    let (line, column) = crate::program::start(node);
    let class = "PolicyStatement".to_owned();
    let key = CallKey { class: class.as_str().into(), id: "".into(), nth: 0 };
    Some(Place {
        file: source,
        id: FileId(file as u32),
        program,
        call: source::Call {
            class,
            id: source::Id::Other,
            line,
            column,
            written: String::new(),
            range: node.byte_range(),
        },
        class: "aws-cdk-lib.aws_iam.PolicyStatement".into(),
        site: CallSite { file: source.display.clone(), line, key },
    })
}

/// Something as `app.ts:12`.
fn shown(workspace: &Workspace, file: usize, node: tree_sitter::Node<'_>) -> String {
    format!("{}:{}", workspace.project.files[file].display, crate::program::start(node).0)
}

fn edit(file: usize, range: std::ops::Range<usize>, text: String) -> Edit {
    Edit::replace(Span::new(FileId(file as u32), range), text)
}

/// The names of constructs that a value speaks of.
fn made(value: &ProgramDraft) -> Vec<ResourceId> {
    value.made()
}

/// Resources as the program writes them: always a list.
fn resources(workspace: &Workspace, value: &Draft) -> Result<ProgramDraft, String> {
    let items = match value {
        Draft::List(items) => items.iter().map(|item| draft(&workspace.project, item)).collect::<Result<_, _>>()?,
        one => vec![draft(&workspace.project, one)?],
    };
    Ok(ProgramDraft::List(items))
}
