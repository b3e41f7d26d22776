//! `triggers`: a map with a hash of what replaces the resource, mostly `{ redeployment = sha1(jsonencode([...])) }`.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Array, Expression};

use super::render::Place;
use super::{Lowering, header_of, policy};
use crate::edit::Edit;
use crate::model::{Draft, Resource};
use crate::source::{FileId, SourceFile, Span, indentation};
use crate::workspace::Sharing;

const HASHES: [&str; 6] = ["base64sha256", "base64sha512", "md5", "sha1", "sha256", "sha512"];

/// What is hashed.
enum Hashed<'e> {
    List(&'e Array),
    Other(&'e Expression),
}

impl Lowering<'_> {
    /// Adds resources (a list of them) to what is hashed. Where it has the `id` of one, which stays the same when the
    /// resource changes, the resource itself takes its place.
    pub(super) fn add_triggers(
        &mut self,
        file: &SourceFile,
        resource: &Resource,
        triggers: &Expression,
        added: &Draft,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let Draft::List(added) = added else { return Err("triggers are added as a list".into()) };
        let mut names = added.iter().map(|one| place.value(one, "")).collect::<Result<Vec<_>, _>>()?;
        let id = resource.span.file;
        let edits = match hashed(triggers).ok_or("`triggers` isn't the hash of one value")? {
            Hashed::List(list) => {
                let mut edits = Vec::new();
                names.retain(|name| match id_of(&file.text, list, name) {
                    Some(suffix) => {
                        edits.push(Edit::replace(Span::new(id, suffix), String::new()));
                        false
                    }
                    None => true,
                });
                if !names.is_empty() {
                    let nl = file.newline();
                    let several = file.text[list.span().unwrap_or_default()].contains('\n');
                    let join = |indent: &str| names.join(&if several { format!(",{nl}{indent}") } else { ", ".into() });
                    edits.push(policy::append_element(file, id, list, place.unit, |indent| Ok(join(indent)))?);
                }
                edits
            }
            Hashed::Other(value) => made_a_list(file, id, value, &names, place)?,
        };
        self.out.edits.extend(edits);
        self.touch_with(id, header_of(resource), "triggers", Sharing::Below);
        self.out.updated.push((resource.id, vec!["triggers".to_owned()]));
        Ok(())
    }
}

/// A value becomes the first of a list.
fn made_a_list(
    file: &SourceFile,
    id: FileId,
    value: &Expression,
    names: &[String],
    place: &Place<'_>,
) -> Result<Vec<Edit>, String> {
    let range = value.span().ok_or("the value has no place in its file")?;
    let text = file.text[range.clone()].trim();
    if text.contains('\n') {
        return Err("what `triggers` hash has several lines".into());
    }
    let (indent, nl) = (indentation(&file.text, range.start), file.newline());
    let inner = format!("{indent}{}", place.unit);
    let lines = std::iter::once(text).chain(names.iter().map(String::as_str));
    let lines: String = lines.map(|line| format!("{inner}{line},{nl}")).collect();
    Ok(vec![Edit::replace(Span::new(id, range), format!("[{nl}{lines}{indent}]"))])
}

/// What the only hash of a map is made of.
fn hashed(triggers: &Expression) -> Option<Hashed<'_>> {
    let map = triggers.as_object().filter(|map| map.len() == 1)?;
    let hash = map.iter().next()?.1.expr().as_func_call()?;
    let argument = hash.args.iter().next().filter(|_| HASHES.contains(&hash.name.name.as_str()))?;
    let encoded = argument.as_func_call().filter(|call| call.name.name.as_str() == "jsonencode")?;
    Some(match encoded.args.iter().next()? {
        Expression::Array(list) => Hashed::List(list),
        other => Hashed::Other(other),
    })
}

/// The `.id` behind a resource's name in a list.
fn id_of(text: &str, list: &Array, name: &str) -> Option<Range<usize>> {
    let is_id = |item: &Range<usize>| text[item.clone()].trim().strip_suffix(".id") == Some(name);
    let item = list.iter().filter_map(hcl_edit::Span::span).find(is_id)?;
    let start = item.start + text[item.clone()].find(name)? + name.len();
    Some(start..start + ".id".len())
}
