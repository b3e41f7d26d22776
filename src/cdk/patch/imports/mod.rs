//! What a file calls the classes of a library, and imports for those that it doesn't name yet.
//!
//! A module is named as jsii does (`aws-cdk-lib.aws_sqs`), in whatever language the file is written.

mod python;
mod typescript;

use std::collections::BTreeSet;

use super::Place;
use super::list::List;
use crate::edit::Edit;
use crate::program::{Language, each, text};
use crate::source::line_end;

/// The library itself.
const ROOT: &str = "aws-cdk-lib";

/// An import at the top of a file.
#[derive(Debug, Default)]
struct Import {
    /// The module: `aws-cdk-lib.aws_sqs`.
    module: String,
    /// What the whole module is called.
    namespace: Option<String>,
    /// What is taken out of it, and what that is called.
    named: Vec<(String, String)>,
    /// Where more can be taken out.
    list: Option<List>,
    /// The end of the statement.
    end: usize,
    style: Style,
}

/// How an import is written.
#[derive(Debug, Default, Clone, Copy)]
struct Style {
    double_quotes: bool,
    semicolon: bool,
    form: Form,
}

/// The forms of imports.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// What most files of the language have.
    #[default]
    Usual,
    /// JavaScript's `require`.
    Require,
    /// Python's `import aws_cdk.aws_sqs as sqs`.
    Dotted,
}

/// Something that must be imported.
#[derive(Debug, PartialEq, Eq)]
enum Added {
    /// One more out of a module that others are taken out of: the import, and what is written.
    More(usize, String),
    /// A whole module under a name.
    Module(String, String),
    /// Something out of a module that nothing is taken out of yet.
    Named(String, String),
}

/// The names of a file.
pub(super) struct Names<'p> {
    place: &'p Place<'p>,
    imports: Vec<Import>,
    /// Every name that stands in the file.
    used: BTreeSet<String>,
    added: Vec<Added>,
}

impl<'p> Names<'p> {
    pub(super) fn of(place: &'p Place<'p>) -> Self {
        let (root, source) = (place.program.root(), &*place.file.text);
        let python = place.program.language == Language::Python;
        let imports = if python { python::imports(root, source) } else { typescript::imports(root, source) };
        let mut used = BTreeSet::new();
        each(root, &mut |node| {
            if node.kind().contains("identifier") && node.kind() != "property_identifier" {
                used.insert(text(node, source).to_owned());
            }
        });
        Self { place, imports, used, added: Vec::new() }
    }

    fn is_python(&self) -> bool {
        self.place.program.language == Language::Python
    }

    /// What the file calls a class of a module; it is imported where it has no name yet.
    pub(super) fn resolve(&mut self, module: &str, class: &str) -> Result<String, String> {
        match self.known(module, class) {
            Some(name) => Ok(name),
            None => self.import(module, class),
        }
    }

    fn known(&self, module: &str, class: &str) -> Option<String> {
        let member = module.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('.'));
        let whole = self.imports.iter().find_map(|i| i.namespace.as_ref().filter(|_| i.module == module));
        let local = |module: &str, name: &str| {
            let mut named = self.imports.iter().filter(|i| i.module == module).flat_map(|i| &i.named);
            named.find(|(known, _)| known == name).map(|(_, local)| local.clone())
        };
        let added = self.added.iter().find_map(|added| match added {
            Added::Module(known, alias) if known == module => Some(format!("{alias}.{class}")),
            _ => None,
        });
        // A class that the file has a name of its own for is called by it, also beside the name of the module.
        local(module, class)
            .or_else(|| whole.map(|namespace| format!("{namespace}.{class}")))
            .or_else(|| member.and_then(|member| local(ROOT, member)).map(|alias| format!("{alias}.{class}")))
            .or(added)
            .or_else(|| self.through_root(member?, class))
    }

    /// `cdk.aws_sqs.Queue`, where the file writes so.
    fn through_root(&self, member: &str, class: &str) -> Option<String> {
        let root = self.imports.iter().find_map(|i| i.namespace.as_ref().filter(|_| i.module == ROOT))?;
        let writes = |start: String| self.place.file.text.contains(&start);
        let others = self.imports.iter().any(|i| i.module.starts_with("aws-cdk-lib."));
        let so = writes(format!("{root}.{member}.")) || !others && writes(format!("{root}.aws_"));
        so.then(|| format!("{root}.{member}.{class}"))
    }

    fn import(&mut self, module: &str, class: &str) -> Result<String, String> {
        let member = module.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix('.'));
        let list_of = |module: &str| self.imports.iter().position(|i| i.module == module && i.list.is_some());
        if let Some(i) = list_of(module).filter(|_| !self.used.contains(class)) {
            self.add(Added::More(i, class.to_owned()));
            return Ok(class.to_owned());
        }
        let alias = self.alias(member.unwrap_or(module))?;
        let members = |i: &usize| {
            let import = &self.imports[*i];
            let count = import.named.iter().filter(|(name, _)| name.starts_with("aws_")).count();
            // One a line is a habit, too.
            count > 1 || count == 1 && import.list.as_ref().is_some_and(List::has_brackets)
        };
        if let (Some(i), Some(member)) = (list_of(ROOT).filter(members), member) {
            let item = if alias == member { alias.clone() } else { format!("{member} as {alias}") };
            self.add(Added::More(i, item));
            return Ok(format!("{alias}.{class}"));
        }
        let others = || self.imports.iter().filter(|i| i.module.starts_with("aws-cdk-lib."));
        let by_name = others().all(|i| i.namespace.is_none()) && others().any(|i| !i.named.is_empty());
        if by_name && !self.used.contains(class) {
            self.add(Added::Named(module.to_owned(), class.to_owned()));
            return Ok(class.to_owned());
        }
        self.add(Added::Module(module.to_owned(), alias.clone()));
        Ok(format!("{alias}.{class}"))
    }

    fn add(&mut self, added: Added) {
        if !self.added.contains(&added) {
            self.added.push(added);
        }
    }

    /// A free name for a module, as most people call it.
    fn alias(&self, member: &str) -> Result<String, String> {
        let last = member.rsplit(['.', '/']).next().unwrap_or(member).replace('-', "_");
        let bare = last.trim_start_matches("aws_");
        let usual = match (bare, self.is_python()) {
            ("lambda", true) => "lambda_".to_owned(),
            ("apigatewayv2", _) => "apigwv2".to_owned(),
            (bare, true) => bare.to_owned(),
            (bare, false) => camel(bare),
        };
        let long = if self.is_python() { format!("aws_{bare}") } else { camel(&format!("aws_{bare}")) };
        let is_added =
            |name: &String| self.added.iter().any(|added| matches!(added, Added::Module(_, alias) if alias == name));
        let free = |name: &String| !self.used.contains(name) && !is_added(name);
        // Added before by this very fix, with another class.
        let again = |name: &String| {
            self.added
                .iter()
                .any(|added| matches!(added, Added::More(_, item) if item.ends_with(&format!(" as {name}"))))
        };
        let candidates = [usual, long];
        let found = candidates.into_iter().find(|name| free(name) || again(name));
        found.ok_or_else(|| format!("the names for `{last}` are taken in the file"))
    }

    /// The edits that import what was asked for; whether other fixes may import at the same time.
    pub(super) fn edits(&self) -> Result<(Vec<Edit>, bool), String> {
        let (file, id) = (self.place.file, self.place.id);
        let mut edits = Vec::new();
        let mut joint = true;
        let mut named: Vec<(&str, Vec<&str>)> = Vec::new();
        for added in &self.added {
            match added {
                Added::More(i, item) => {
                    if let Some(list) = &self.imports[*i].list {
                        let addition = list.append(file, id, item);
                        edits.extend(addition.edits);
                        joint &= addition.joint;
                    }
                }
                Added::Module(module, alias) => edits.push(self.line(|style| self.module_line(module, alias, style))?),
                Added::Named(module, class) => match named.iter_mut().find(|(known, _)| known == module) {
                    Some((_, classes)) => classes.push(class),
                    None => named.push((module, vec![class])),
                },
            }
        }
        for (module, classes) in named {
            // Another fix may take other names out of it.
            joint = false;
            let line = self.line(|style| self.named_line(module, &classes, style))?;
            edits.push(line);
        }
        Ok((edits, joint))
    }

    /// A line below the last import of the library.
    fn line(&self, line: impl Fn(Style) -> String) -> Result<Edit, String> {
        let ours = |import: &&Import| import.module.starts_with(ROOT) || import.module.starts_with("@aws-cdk/");
        let last = self.imports.iter().filter(ours).max_by_key(|import| import.end);
        let last = last.ok_or("the file has no import of the library beside which another one can stand")?;
        let (file, id) = (self.place.file, self.place.id);
        let at = line_end(&file.text, last.end);
        Ok(Edit::insert(id, at, format!("{}{}", file.newline(), line(last.style))))
    }

    fn module_line(&self, module: &str, alias: &str, style: Style) -> String {
        if self.is_python() {
            python::module_line(module, alias, style)
        } else {
            typescript::module_line(module, alias, style)
        }
    }

    fn named_line(&self, module: &str, classes: &[&str], style: Style) -> String {
        let classes = classes.join(", ");
        if self.is_python() {
            python::named_line(module, &classes)
        } else {
            typescript::named_line(module, &classes, style)
        }
    }
}

fn camel(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut out, part| {
        let mut letters = part.chars();
        out.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(letters.as_str());
        out
    })
}
