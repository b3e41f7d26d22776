//! Methods of strings.

use std::sync::Arc;

use super::super::ir::{Expression, Name};
use super::super::report::Language;
use super::atom::{Atom, Atoms, only_text, unknown};
use super::{Arguments, Evaluator, Shape, one};

impl Evaluator<'_> {
    pub(super) fn method_of_string(
        &mut self,
        of: &Atom,
        name: &Name,
        arguments: &Arguments,
        whole: &Expression,
    ) -> Atoms {
        let itself = one(of.clone());
        match (&**name, of) {
            ("strip" | "rstrip" | "lstrip" | "trim" | "toString" | "encode" | "decode" | "valueOf", _) => itself,
            ("lower" | "toLowerCase", Atom::Text(text)) => one(Atom::text(&text.to_lowercase())),
            ("upper" | "toUpperCase", Atom::Text(text)) => one(Atom::text(&text.to_uppercase())),
            ("format", Atom::Text(text)) => {
                let text = Arc::clone(text);
                self.format_string(&text, arguments, whole)
            }
            ("concat", _) => {
                let mut parts = vec![itself];
                parts.extend(arguments.positional.iter().map(|(atoms, _)| atoms.clone()));
                self.join_atoms(&parts, whole, 1)
            }
            ("join", Atom::Text(between)) if self.language == Language::Python => {
                let list = arguments.get(0, "").unwrap_or_default();
                self.join_list(&list, between, whole)
            }
            ("split" | "rsplit", _) => {
                let site = self.site(whole.id, 3, Shape::List);
                self.push(site, one(of.cut()), whole.at);
                one(Atom::Object(site))
            }
            _ => {
                self.escape_harmlessly(arguments, whole);
                unknown(&format!("a string after `{name}`"))
            }
        }
    }

    /// A list whose elements are known becomes one string.
    pub(in super::super) fn join_list(&mut self, list: &Atoms, between: &Arc<str>, whole: &Expression) -> Atoms {
        let (1, Some(Atom::Object(site))) = (list.len(), list.first()) else { return unknown("a joined string") };
        if self.field(*site, "[]").is_some() || self.is_open(*site) {
            return unknown("a joined string");
        }
        let mut elements = self.fields(*site);
        elements.sort_by_key(|(index, _)| index.parse::<usize>().unwrap_or(usize::MAX));
        let mut parts = Vec::new();
        for (index, (_, field)) in elements.into_iter().enumerate() {
            if index > 0 && !between.is_empty() {
                parts.push(one(Atom::Text(Arc::clone(between))));
            }
            parts.push(field.atoms);
        }
        self.join_atoms(&parts, whole, 2)
    }

    /// Python's `'{}-{name}'.format(…)`.
    pub(super) fn format_string(&mut self, text: &str, arguments: &Arguments, whole: &Expression) -> Atoms {
        let mut parts = Vec::new();
        let mut next = 0;
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if rest[open..].starts_with("{{") {
                parts.push(one(Atom::text(&rest[..=open])));
                rest = &rest[open + 2..];
                continue;
            }
            parts.push(one(Atom::text(&rest[..open])));
            let Some(close) = rest[open..].find('}') else { break };
            let inside = &rest[open + 1..open + close];
            let name = inside.split([':', '!', '.', '[']).next().unwrap_or_default();
            let whole_value = name.len() == inside.len() || inside[name.len()..].starts_with([':', '!']);
            let index = name.parse().unwrap_or_else(|_| {
                next += 1;
                next - 1
            });
            let index = if name.is_empty() || name.bytes().all(|b| b.is_ascii_digit()) { index } else { usize::MAX };
            let value = arguments.get(index, name).filter(|_| whole_value);
            parts.push(value.unwrap_or_else(|| unknown("a part of a format")));
            rest = &rest[open + close + 1..];
        }
        parts.push(one(Atom::text(&rest.replace("}}", "}"))));
        parts.retain(|part| only_text(part).is_none_or(|text| !text.is_empty()));
        if parts.is_empty() {
            return one(Atom::text(""));
        }
        self.join_atoms(&parts, whole, 3)
    }
}
