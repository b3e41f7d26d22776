//! A page as Markdown: title, control block, prose, examples.

use std::fmt;

use super::profile::Profile;
use crate::model::Version;

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct PageError {
    /// The page's path.
    pub page: String,
    /// From 1; 0 where the whole page is meant.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl PageError {
    pub(crate) fn new(page: &str, line: usize, message: impl Into<String>) -> Self {
        Self { page: page.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.page, self.message),
            line => write!(f, "{}:{line}: {}", self.page, self.message),
        }
    }
}

/// What an example shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExampleKind {
    /// Becomes the text of the block that follows, at this grade and effect.
    Bad {
        /// The fixed text.
        fixed: String,
        /// The line of the fixed block in the page, from 1.
        fixed_line: usize,
        /// `grade=` of the fixed block.
        grade: Option<String>,
        /// `effect=` of the fixed block.
        effect: Option<String>,
    },
    /// No finding.
    Good,
    /// No finding, and the report says why.
    Exempt,
    /// A finding without an edit.
    Manual,
}

/// An example block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Line in the page, from 1.
    pub line: usize,
    /// The configuration.
    pub text: String,
    /// `tf`, `tf.json` for Terraform's JSON syntax, `template.json` for CloudFormation, `ts` and `py` for CDK.
    pub extension: &'static str,
    /// What it shows.
    pub kind: ExampleKind,
    /// Configuration that stands in a file beside it.
    pub common: String,
    /// Of a program: the resources that it makes, as JSON.
    pub synthesised: String,
    /// Of a program: the version of aws-cdk-lib, `library=2.100` there.
    pub library: Option<Version>,
    /// Options that are set for it: `option.retention_days=90` in the block's first line.
    pub options: Vec<(String, String)>,
    /// The profile that it is judged in: `profile=strict` there.
    pub profile: Profile,
}

/// The parts of a page.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) title: String,
    /// The whole page.
    pub(super) text: String,
    pub(super) control: String,
    pub(super) control_line: usize,
    pub(super) examples: Vec<Example>,
    pub(super) headings: Vec<String>,
}

/// A fenced block.
struct Fence<'a> {
    line: usize,
    info: Vec<&'a str>,
    text: String,
}

/// Splits a page.
pub(super) fn split(page: &str, text: &str) -> Result<Parts, PageError> {
    let mut parts = Parts {
        title: String::new(),
        text: text.to_owned(),
        control: String::new(),
        control_line: 0,
        examples: Vec::new(),
        headings: Vec::new(),
    };
    let mut common = String::new();
    let mut synthesised = String::new();
    let mut open_bad = false;
    for piece in pieces(page, text)? {
        match piece {
            Piece::Title(title) if parts.title.is_empty() => title.clone_into(&mut parts.title),
            Piece::Title(_) => {}
            Piece::Heading(heading) => parts.headings.push(heading.to_owned()),
            Piece::Fence(fence) => {
                if fence.info.contains(&"control") {
                    (parts.control, parts.control_line) = (fence.text, fence.line + 1);
                } else if fence.info.contains(&"common") {
                    common = fence.text;
                } else if fence.info.contains(&"synthesised") {
                    synthesised = fence.text;
                } else {
                    let (before, beside) =
                        (parts.examples.len(), Beside { common: &common, synthesised: &synthesised });
                    open_bad = add_example(page, &mut parts.examples, fence, beside, open_bad)?;
                    // It says what the next program makes.
                    let is_program = |example: &Example| ["ts", "py"].contains(&example.extension);
                    if parts.examples.get(before).is_some_and(is_program) {
                        synthesised.clear();
                    }
                }
            }
        }
    }
    if open_bad {
        return Err(PageError::new(page, 0, "the last `bad` example has no `fixed` block after it"));
    }
    if parts.title.is_empty() {
        return Err(PageError::new(page, 1, "a page begins with a title: `# Queues are encrypted at rest`"));
    }
    if parts.control.is_empty() {
        return Err(PageError::new(page, 1, "a page holds one block that begins with ```hcl control"));
    }
    Ok(parts)
}

/// Adds an example; says whether a `fixed` block must follow.
fn add_example(
    page: &str,
    examples: &mut Vec<Example>,
    fence: Fence<'_>,
    beside: Beside<'_>,
    open_bad: bool,
) -> Result<bool, PageError> {
    let extension = match fence.info.as_slice() {
        ["hcl", ..] => "tf",
        ["json", "terraform", ..] => "tf.json",
        ["json", "cloudformation", ..] => "template.json",
        ["typescript", ..] => "ts",
        ["python", ..] => "py",
        _ => return Ok(open_bad),
    };
    let has = |word: &str| fence.info.contains(&word);
    let value =
        |key: &str| fence.info.iter().find_map(|word| word.strip_prefix(key)?.strip_prefix('=')).map(str::to_owned);
    if open_bad != has("fixed") {
        return Err(PageError::new(page, fence.line, "a `fixed` block follows each `bad` one, and only there"));
    }
    if has("fixed") {
        if let Some(Example { kind: ExampleKind::Bad { fixed, fixed_line, grade, effect }, .. }) = examples.last_mut() {
            (*fixed, *fixed_line) = (fence.text.clone(), fence.line);
            (*grade, *effect) = (value("grade"), value("effect"));
        }
        return Ok(false);
    }
    let kind = if has("bad") {
        ExampleKind::Bad { fixed: String::new(), fixed_line: 0, grade: None, effect: None }
    } else if has("good") {
        ExampleKind::Good
    } else if has("exempt") {
        ExampleKind::Exempt
    } else if has("manual") {
        ExampleKind::Manual
    } else {
        return Ok(false);
    };
    let bad = has("bad");
    // What stands beside other examples is Terraform.
    let common = if extension.starts_with("tf") { beside.common } else { "" };
    let option = |word: &&str| word.strip_prefix("option.")?.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
    let options = fence.info.iter().filter_map(option).collect();
    let profile = value("profile").unwrap_or_else(|| "default".into());
    let profile = profile.parse().map_err(|message: String| PageError::new(page, fence.line, message))?;
    let (common, synthesised) = (common.to_owned(), beside.synthesised.to_owned());
    let library = value("library").as_deref().and_then(Version::parse);
    let (line, text) = (fence.line, fence.text);
    examples.push(Example { line, text, extension, kind, common, synthesised, library, options, profile });
    Ok(bad)
}

/// What stands beside an example.
#[derive(Clone, Copy)]
struct Beside<'a> {
    common: &'a str,
    synthesised: &'a str,
}

enum Piece<'a> {
    Title(&'a str),
    Heading(&'a str),
    Fence(Fence<'a>),
}

fn pieces<'a>(page: &str, text: &'a str) -> Result<Vec<Piece<'a>>, PageError> {
    let mut pieces = Vec::new();
    let mut open: Option<Opening<'a>> = None;
    let mut start = 0;
    for (i, end) in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]).enumerate() {
        let from = std::mem::replace(&mut start, (end + 1).min(text.len()));
        let line = text[from..end].trim_end_matches('\r');
        match &open {
            Some(opening) if line == "```" => {
                pieces.push(Piece::Fence(opening.closed(&text[opening.behind..from])));
                open = None;
            }
            Some(_) => {}
            None => {
                if let Some(info) = line.strip_prefix("```") {
                    open = Some(Opening { line: i + 1, info, behind: start });
                } else if let Some(title) = line.strip_prefix("# ") {
                    pieces.push(Piece::Title(title));
                } else if let Some(heading) = line.strip_prefix("## ") {
                    pieces.push(Piece::Heading(heading));
                }
            }
        }
    }
    match open {
        Some(opening) => Err(PageError::new(page, opening.line, "this block is not closed: add ``` below it")),
        None => Ok(pieces),
    }
}

/// The line that opens a block: its number, what it says, and the offset behind it.
struct Opening<'a> {
    line: usize,
    info: &'a str,
    behind: usize,
}

impl<'a> Opening<'a> {
    fn closed(&self, text: &str) -> Fence<'a> {
        let text = if text.contains('\r') { text.replace("\r\n", "\n") } else { text.to_owned() };
        Fence { line: self.line, info: self.info.split_whitespace().collect(), text }
    }
}
