//! The control block of a page, read into what it declares.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

use super::control::{CompanionSpec, Exemption, FixSpec, OptionSpec, Rule};
use super::later;
use super::page::{self, PageError};
use crate::fix::{Effect, Grade};
use crate::hcl::literal;
use crate::model::Value;

/// The type that a block judges.
pub(super) fn kind(keyword: &str, label: &str) -> String {
    if keyword == "module" { format!("module:{label}") } else { label.to_owned() }
}

/// The control block of a page.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) page: String,
    pub(super) text: Arc<str>,
    /// Of the block in the page, from 1.
    pub(super) first_line: usize,
}

impl Source {
    pub(super) fn new(page: &str, parts: &page::Parts) -> Self {
        Self { page: page.to_owned(), text: parts.control.as_str().into(), first_line: parts.control_line }
    }

    /// Parses the text, or a part of it at its place.
    pub(super) fn body(&self, text: &str) -> Result<Body, PageError> {
        crate::hcl::parse_body(text).map_err(|error| {
            let line = text[..error.offset.min(text.len())].matches('\n').count();
            PageError::new(&self.page, self.first_line + line, error.message)
        })
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { page: &self.page, source: &self.text, first_line: self.first_line }
    }

    /// Reads blocks of a page that is built in.
    ///
    /// # Panics
    ///
    /// When one isn't as it should be, which the tests of the built-in pages would have found.
    pub(super) fn read<'s, T>(
        &'s self,
        ranges: &[Range<usize>],
        read: impl Fn(&Reader<'s>, &Block) -> Result<T, PageError>,
    ) -> Vec<T> {
        let body = self.body(&later::only(&self.text, ranges));
        let all = body.and_then(|body| body.blocks().map(|block| read(&self.reader(), block)).collect());
        all.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Reads declarations, with places for what is wrong.
pub(super) struct Reader<'a> {
    page: &'a str,
    source: &'a str,
    first_line: usize,
}

impl Reader<'_> {
    pub(super) fn error(&self, range: Option<std::ops::Range<usize>>, message: impl Into<String>) -> PageError {
        let line = range.map_or(0, |range| self.source[..range.start].matches('\n').count());
        PageError::new(self.page, self.first_line + line, message)
    }

    /// Refuses what the grammar doesn't know.
    pub(super) fn known(&self, body: &Body, attributes: &[&str], blocks: &[&str]) -> Result<(), PageError> {
        for attribute in body.attributes() {
            if !attributes.contains(&attribute.key.as_str()) {
                let message =
                    format!("unknown argument `{}`; known here: {}", attribute.key.as_str(), attributes.join(", "));
                return Err(self.error(attribute.span(), message));
            }
        }
        for block in body.blocks() {
            if !blocks.contains(&block.ident.as_str()) {
                let message = format!("unknown block `{}`; known here: {}", block.ident.as_str(), blocks.join(", "));
                return Err(self.error(block.span(), message));
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, body: &Body, name: &str) -> Result<Option<String>, PageError> {
        let Some(attribute) = body.get_attribute(name) else { return Ok(None) };
        match attribute.value.as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(self.error(attribute.span(), format!("`{name}` is a plain string"))),
        }
    }

    pub(super) fn required(&self, body: &Body, name: &str) -> Result<String, PageError> {
        self.text(body, name)?.ok_or_else(|| self.error(None, format!("`{name}` is missing")))
    }

    pub(super) fn parsed<T: std::str::FromStr<Err = String>>(&self, body: &Body, name: &str) -> Result<T, PageError> {
        self.required(body, name)?
            .parse()
            .map_err(|message: String| self.error(body.get_attribute(name).and_then(hcl_edit::Span::span), message))
    }

    pub(super) fn texts(&self, body: &Body, name: &str) -> Result<Vec<String>, PageError> {
        let Some(attribute) = body.get_attribute(name) else { return Ok(Vec::new()) };
        let wrong = || self.error(attribute.span(), format!("`{name}` is a list of plain strings"));
        let array = attribute.value.as_array().ok_or_else(wrong)?;
        array.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    pub(super) fn label(&self, block: &Block, i: usize, what: &str) -> Result<String, PageError> {
        block
            .labels
            .get(i)
            .map(|label| label.as_str().to_owned())
            .ok_or_else(|| self.error(block.span(), format!("`{}` needs {what} as a label", block.ident.as_str())))
    }

    pub(super) fn option(&self, block: &Block) -> Result<OptionSpec, PageError> {
        self.known(&block.body, &["default", "values", "description"], &[])?;
        let default = block.body.get_attribute("default").map_or(Value::Null, |a| literal(&a.value));
        let values = match block.body.get_attribute("values").map(|a| literal(&a.value)) {
            Some(Value::List(items)) => items.into_iter().map(|node| node.value).collect(),
            _ => Vec::new(),
        };
        let description = self.required(&block.body, "description")?;
        Ok(OptionSpec { name: self.label(block, 0, "a name")?, description, default, values })
    }

    pub(super) fn rule(&self, block: &Block) -> Result<Rule, PageError> {
        self.known(&block.body, &["skip", "pass", "fixer", "cost", "message"], &["companion", "exempt", "fix"])?;
        let expression = |name: &str| block.body.get_attribute(name).map(|a| a.value.clone());
        let mut rule = Rule {
            kind: kind(block.ident.as_str(), &self.label(block, 0, "a resource type")?),
            companions: Vec::new(),
            skip: expression("skip"),
            pass: expression("pass"),
            exempt: Vec::new(),
            fixer: self.text(&block.body, "fixer")?,
            cost: self.costs(&block.body)?,
            message: expression("message"),
            fixes: Vec::new(),
        };
        if rule.pass.is_some() == rule.fixer.is_some() {
            return Err(self.error(block.span(), "a rule has either `pass` or `fixer`"));
        }
        for companion in block.body.get_blocks("companion") {
            self.known(&companion.body, &["type", "by", "name", "only"], &[])?;
            rule.companions.push(CompanionSpec {
                name: self.label(companion, 0, "a name")?,
                kind: self.required(&companion.body, "type")?,
                by: self.required(&companion.body, "by")?,
                target_name: self.text(&companion.body, "name")?.unwrap_or_else(|| "name".into()),
                only: companion.body.get_attribute("only").map(|a| a.value.clone()),
            });
        }
        for exempt in block.body.get_blocks("exempt") {
            self.known(&exempt.body, &["when", "reason"], &[])?;
            let part = |name: &str| {
                let attribute = exempt.body.get_attribute(name).map(|a| a.value.clone());
                attribute.ok_or_else(|| self.error(exempt.span(), format!("`{name}` is missing")))
            };
            rule.exempt.push(Exemption { when: part("when")?, reason: part("reason")? });
        }
        for fix in block.body.get_blocks("fix") {
            rule.fixes.push(self.fix(fix, &rule.kind)?);
        }
        Ok(rule)
    }

    /// Names of prices.
    pub(super) fn costs(&self, body: &Body) -> Result<Vec<String>, PageError> {
        let names = self.texts(body, "cost")?;
        match names.iter().find(|name| !crate::cost::prices().contains_key(*name)) {
            Some(name) => Err(self.error(
                body.get_attribute("cost").and_then(hcl_edit::Span::span),
                format!("there is no price `{name}`"),
            )),
            None => Ok(names),
        }
    }

    fn fix(&self, block: &Block, kind: &str) -> Result<FixSpec, PageError> {
        self.known(
            &block.body,
            &["when", "effect", "title", "note", "notes", "key", "cost", "remove", "together"],
            &["set", "set_companion", "append", "add", "shared"],
        )?;
        let grade = self.label(block, 0, "a grade")?.parse().map_err(|m: String| self.error(block.span(), m))?;
        let effect = match self.text(&block.body, "effect")? {
            Some(effect) => effect.parse().map_err(|m: String| self.error(block.span(), m))?,
            None if grade == Grade::Manual => Effect::None,
            None => return Err(self.error(block.span(), "`effect` is missing: say what deploying the fix does")),
        };
        let mut notes: Vec<Expression> =
            block.body.get_attribute("note").map(|a| a.value.clone()).into_iter().collect();
        if let Some(more) = block.body.get_attribute("notes").and_then(|a| a.value.as_array()) {
            notes.extend(more.iter().cloned());
        }
        let mut spec = FixSpec {
            grade,
            when: block.body.get_attribute("when").map(|a| a.value.clone()),
            effect,
            title: self.text(&block.body, "title")?,
            notes,
            key: self.text(&block.body, "key")?,
            cost: self.costs(&block.body)?,
            together: block.body.get_attribute("together").and_then(|a| a.value.as_bool()).unwrap_or_default(),
            set: block.body.get_blocks("set").next().map(|set| set.body.clone()),
            set_companion: Vec::new(),
            append: Vec::new(),
            remove: self.texts(&block.body, "remove")?,
            add: Vec::new(),
            shared: Vec::new(),
        };
        for set in block.body.get_blocks("set_companion") {
            spec.set_companion.push((self.label(set, 0, "a companion's name")?, set.body.clone()));
        }
        for append in block.body.get_blocks("append").flat_map(|append| append.body.blocks()) {
            spec.append.push(element(append, kind.contains("::")));
        }
        for add in block.body.get_blocks("add") {
            let suffix = add.labels.get(1).map_or(String::new(), |label| label.as_str().to_owned());
            spec.add.push((self.label(add, 0, "a resource type")?, suffix, add.body.clone()));
        }
        for shared in block.body.get_blocks("shared") {
            let (kind, name) = (self.label(shared, 0, "a resource type")?, self.label(shared, 1, "a name")?);
            spec.shared.push((kind, name, shared.body.clone()));
        }
        Ok(spec)
    }
}

/// The list that an element is added to, and the element. In templates lists stand in objects, too:
/// `LifecycleConfiguration { Rules { ... } }` is an element of the inner list.
fn element(block: &Block, nested: bool) -> (String, Body) {
    let (mut name, mut body) = (block.ident.as_str().to_owned(), &block.body);
    while let ([only], 0, true) = (&*body.blocks().collect::<Vec<_>>(), body.attributes().count(), nested) {
        name = format!("{name}.{}", only.ident.as_str());
        body = &only.body;
    }
    (name, body.clone())
}
