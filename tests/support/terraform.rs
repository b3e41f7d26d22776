//! Random Terraform, made from a tape of choices: an empty tape gives the simplest configuration, so that proptest
//! shrinks by shortening the tape.

use std::fmt;

use super::specs::{ROOTS, Spec};

/// Choices, in the order in which they are made.
pub(crate) struct Tape<'t> {
    choices: &'t [u16],
    comments: usize,
}

impl<'t> Tape<'t> {
    pub(crate) fn new(choices: &'t [u16]) -> Self {
        Self { choices, comments: 0 }
    }

    /// A number below `n`; 0 when the tape is at its end.
    pub(crate) fn pick(&mut self, n: usize) -> usize {
        match self.choices.split_first() {
            Some((first, rest)) => {
                self.choices = rest;
                usize::from(*first) % n
            }
            None => 0,
        }
    }

    pub(crate) fn one_of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.pick(list.len())]
    }

    /// True one time in `n`; false at the end of the tape.
    pub(crate) fn chance(&mut self, n: usize) -> bool {
        self.pick(n) == n - 1
    }

    /// A comment that stands nowhere else.
    fn comment(&mut self) -> String {
        self.comments += 1;
        let n = self.comments;
        [format!("# note {n}"), format!("// note {n} }}"), format!("/* note {n} */")][self.pick(3)].clone()
    }
}

/// `head` and `tail` stay, what is between may change.
#[derive(Clone)]
pub(crate) struct Slot {
    head: String,
    value: String,
    tail: String,
}

impl Slot {
    /// Finds the line that begins so, and the one that ends so: a value may become one of several lines.
    fn find<'a, 'l>(&self, after: &'a [&'l str], indented: bool) -> Option<&'a [&'l str]> {
        let bare = |line: &str| if indented { line.trim_start().len() } else { line.len() };
        let start = after.iter().position(|line| line[line.len() - bare(line)..].starts_with(&self.head))?;
        let rest = &after[start..];
        let fits = bare(rest[0]) >= self.head.len() + self.tail.len();
        let end = rest.iter().skip(usize::from(!fits)).position(|line| line.ends_with(&self.tail))?;
        Some(&rest[end + usize::from(!fits) + 1..])
    }
}

/// A line, and what a fix may do to it.
#[derive(Clone)]
pub(crate) enum Line {
    /// Nothing.
    Kept(String),
    /// Replace or extend a value.
    Value(Slot),
    /// Fold out a block of one line.
    Folded { open: String, inner: Option<Slot>, close: String },
}

impl Line {
    fn text(&self) -> String {
        match self {
            Self::Kept(text) => text.clone(),
            Self::Value(Slot { head, value, tail }) => format!("{head}{value}{tail}"),
            Self::Folded { open, inner: None, close } => format!("{open}{close}"),
            Self::Folded { open, inner: Some(Slot { head, value, tail }), close } => {
                format!("{open} {head}{value}{tail} {close}")
            }
        }
    }

    /// Finds the line in what a fix left; gives what follows it.
    fn find<'a, 'l>(&self, after: &'a [&'l str]) -> Option<&'a [&'l str]> {
        let starting = |start: &str| after.iter().position(|line| line.starts_with(start));
        match self {
            Self::Kept(text) => after.iter().position(|line| line == text).map(|at| &after[at + 1..]),
            Self::Value(value) => value.find(after, false),
            Self::Folded { open, inner, close } => {
                let at = starting(open)?;
                if after[at] != open {
                    return after[at].ends_with(close).then(|| &after[at + 1..]);
                }
                let mut rest = &after[at + 1..];
                if let Some(inner) = inner {
                    rest = inner.find(rest, true)?;
                }
                let at = rest.iter().position(|line| line.trim_start() == close)?;
                Some(&rest[at + 1..])
            }
        }
    }
}

/// A random file.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) name: String,
    lines: Vec<Line>,
    pub(crate) newline: &'static str,
    pub(crate) final_newline: bool,
    bom: bool,
    unit: &'static str,
}

impl Source {
    pub(crate) fn text(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(Line::text).collect();
        let end = if self.final_newline && !lines.is_empty() { self.newline } else { "" };
        format!("{}{}{end}", if self.bom { "\u{feff}" } else { "" }, lines.join(self.newline))
    }

    /// Whether every line stands in `after` still, in the same order, changed only as it may be.
    pub(crate) fn is_kept_in(&self, after: &str) -> Result<(), String> {
        let after: Vec<&str> = after.trim_start_matches('\u{feff}').split(self.newline).collect();
        let mut rest = after.as_slice();
        for line in &self.lines {
            rest = line.find(rest).ok_or_else(|| format!("lost or moved: {:?}", line.text()))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "--- {} (newline {:?}, final {}, bom {})", self.name, self.newline, self.final_newline, self.bom)?;
        f.write_str(&self.text())
    }
}

/// A module of some files.
pub(crate) fn module(choices: &[u16]) -> Vec<Source> {
    let mut tape = Tape::new(choices);
    let count = 1 + tape.pick(3);
    let mut files: Vec<Source> = (0..count)
        .map(|n| Source {
            name: format!("file{n}.tf"),
            lines: Vec::new(),
            newline: ["\n", "\r\n"][tape.pick(2)],
            final_newline: !tape.chance(4),
            bom: tape.chance(6),
            unit: ["  ", "    ", "\t"][tape.pick(3)],
        })
        .collect();
    prelude(&mut tape, &mut files[0]);
    for n in 0..=tape.pick(4) {
        let spec = ROOTS[tape.pick(ROOTS.len())];
        let repeat =
            ["", "", "count = 2", "for_each = toset([\"a\", \"b\"])", "count = var.create ? 1 : 0"][tape.pick(5)];
        let family = Family { name: format!("r{n}"), repeat };
        let at = tape.pick(count);
        family.resource(&mut tape, &mut files[at], spec);
        for companion in spec.companions {
            if tape.chance(2) {
                let at = tape.pick(count);
                family.resource(&mut tape, &mut files[at], companion);
            }
        }
    }
    for file in &mut files {
        // Without a line end in it a file has none of its own.
        if file.lines.len() < 2 && !file.final_newline {
            file.newline = "\n";
        }
    }
    files
}

/// Variables, and the version of the provider.
fn prelude(tape: &mut Tape<'_>, file: &mut Source) {
    if tape.chance(3) {
        let version = tape.one_of(&["~> 5.0", "~> 3.76", ">= 4.0"]);
        let lines = ["terraform {", "required_providers {", &format!("aws = \"{version}\""), "}", "}"];
        file.lines.extend(lines.iter().map(|line| Line::Kept((*line).to_owned())));
    }
    for name in ["seconds", "role", "mode", "policy"] {
        if tape.chance(2) {
            file.lines.push(Line::Kept(format!("variable \"{name}\" {{}}")));
        }
    }
    if tape.chance(2) {
        file.lines.push(Line::Kept("variable \"zero\" {".into()));
        file.lines.push(Line::Value(Slot { head: "default =".into(), value: " 0".into(), tail: " # days".into() }));
        file.lines.push(Line::Kept("}".into()));
    }
}

/// A resource and its companions: one name, one repetition.
struct Family {
    name: String,
    repeat: &'static str,
}

struct Argument {
    name: &'static str,
    value: String,
    may_change: bool,
}

enum Item {
    Argument(Argument),
    Block(&'static str, Vec<Item>),
}

impl Family {
    fn resource(&self, tape: &mut Tape<'_>, file: &mut Source, spec: &Spec) {
        for _ in 0..tape.pick(3) {
            file.lines.push(Line::Kept(String::new()));
        }
        while tape.chance(4) {
            file.lines.push(Line::Kept(tape.comment()));
        }
        let mut items = self.arguments(tape, spec.arguments);
        for (name, arguments) in spec.blocks {
            if tape.chance(3) {
                items.push(Item::Block(name, self.arguments(tape, arguments)));
                if tape.chance(8) {
                    items.push(Item::Block(name, self.arguments(tape, arguments)));
                }
            }
        }
        if tape.chance(3) && !items.is_empty() {
            let turn = tape.pick(items.len());
            items.rotate_left(turn);
        }
        if let Some((name, value)) = self.repeat.split_once(" = ") {
            let at = if tape.chance(4) { items.len() } else { 0 };
            items.insert(at, Item::Argument(Argument { name, value: value.to_owned(), may_change: false }));
        }
        let header = match tape.pick(4) {
            _ if spec.kind == "module" => format!("module \"{}\"", self.name),
            3 => format!("resource {} {}", spec.kind, self.name),
            _ => format!("resource \"{}\" \"{}\"", spec.kind, self.name),
        };
        let indent = if tape.chance(8) { file.unit } else { "" };
        block(tape, file, indent, &header, items);
    }

    /// A random part of the arguments, in random order.
    fn arguments(&self, tape: &mut Tape<'_>, all: &[(&'static str, &'static [&'static str])]) -> Vec<Item> {
        let mut chosen = Vec::new();
        for (name, values) in all {
            if name.starts_with('+') || tape.chance(2) {
                let index = match self.repeat.split_once(" = ") {
                    Some(("count", _)) => "[count.index]",
                    Some(_) => "[each.key]",
                    None => "",
                };
                let value = tape.one_of(values).replace("[@]", index).replace('@', &self.name);
                let may_change = name.contains('!');
                let argument = Argument { name: name.trim_start_matches(['!', '+']), value, may_change };
                chosen.insert(tape.pick(chosen.len() + 1), Item::Argument(argument));
            }
        }
        chosen
    }
}

/// Writes a block.
fn block(tape: &mut Tape<'_>, file: &mut Source, indent: &str, header: &str, mut items: Vec<Item>) {
    let close = if tape.chance(6) { format!("}} {}", tape.comment()) } else { "}".into() };
    let open = format!("{indent}{header} {{");
    let one_line = match items.as_slice() {
        [] => tape.chance(2),
        [Item::Argument(argument)] => !argument.value.contains('\n') && tape.chance(2),
        _ => false,
    };
    if one_line {
        let inner = items.pop().and_then(|item| match item {
            Item::Argument(Argument { name, value, .. }) => {
                Some(Slot { head: format!("{name} ="), value: format!(" {value}"), tail: String::new() })
            }
            Item::Block(..) => None,
        });
        file.lines.push(Line::Folded { open, inner, close });
        return;
    }
    let comment = if tape.chance(8) { format!(" {}", tape.comment()) } else { String::new() };
    file.lines.push(Line::Kept(format!("{open}{comment}")));
    let inner = format!("{indent}{}", file.unit);
    let width = if tape.chance(2) { 0 } else { items.iter().map(width_of).max().unwrap_or(0) };
    for item in items {
        loosen(tape, file, &inner, width > 0);
        match item {
            Item::Argument(argument) => write(tape, file, &inner, &argument, width),
            Item::Block(name, items) => block(tape, file, &inner, name, items),
        }
    }
    loosen(tape, file, &inner, width > 0);
    file.lines.push(Line::Kept(format!("{indent}{close}")));
}

fn width_of(item: &Item) -> usize {
    match item {
        Item::Argument(argument) if !argument.value.contains('\n') => argument.name.len(),
        _ => 0,
    }
}

/// Blank lines and comments between the items; rare where they are aligned.
fn loosen(tape: &mut Tape<'_>, file: &mut Source, indent: &str, aligned: bool) {
    let rarity = if aligned { 16 } else { 4 };
    if tape.chance(rarity) {
        file.lines.push(Line::Kept(tape.one_of(&["", "", "  "]).to_owned()));
    }
    if tape.chance(rarity) {
        file.lines.push(Line::Kept(format!("{indent}{}", tape.comment())));
    }
}

/// Writes an argument, aligned to `width`, or anyhow.
fn write(tape: &mut Tape<'_>, file: &mut Source, indent: &str, argument: &Argument, width: usize) {
    let Argument { name, value, may_change } = argument;
    let (before, after) = match width {
        0 => (tape.one_of(&[" ", "   ", "\t"]), tape.one_of(&[" ", "  ", ""])),
        _ => (" ", " "),
    };
    let head = format!("{indent}{name:width$}{before}=");
    let tail = if tape.chance(5) && !value.ends_with("EOT") { format!(" {}", tape.comment()) } else { String::new() };
    let lines: Vec<&str> = value.split('\n').collect();
    let last = lines.len() - 1;
    for (n, line) in lines.iter().enumerate() {
        let tail = if n == last { tail.as_str() } else { "" };
        let (head, value) = match n {
            0 => (head.clone(), format!("{after}{line}")),
            // An empty list is filled, and a statement for everybody gets a condition at its end.
            _ => match (line.strip_suffix("[]"), line.strip_suffix(" }")) {
                (Some(name), _) => (format!("{indent}{name}["), "]".to_owned()),
                (_, Some(open)) if open.contains("\"Principal\": \"*\"") => {
                    (format!("{indent}{open}"), " }".to_owned())
                }
                _ => (format!("{indent}{line}"), String::new()),
            },
        };
        file.lines.push(if *may_change {
            Line::Value(Slot { head, value, tail: tail.to_owned() })
        } else {
            Line::Kept(format!("{head}{value}{tail}"))
        });
    }
}
