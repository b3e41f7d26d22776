//! GraphQL documents and their answers, held against the part of GitHub's schema in `graphql.json`. Documents are read as
//! far as publishing writes them: one operation, variables, fields with arguments.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::sync::OnceLock;
use std::vec::IntoIter;

use serde_json::Value;

/// An operation.
#[derive(Debug)]
pub(crate) struct Document {
    /// `query` or `mutation`.
    operation: String,
    /// Variables with their types, as they are written.
    variables: BTreeMap<String, String>,
    selection: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: String,
    arguments: Vec<(String, Argument)>,
    selection: Vec<Field>,
}

#[derive(Debug)]
enum Argument {
    Variable(String),
    Object(Vec<(String, Argument)>),
    Literal(String),
}

fn types() -> &'static Value {
    static ALL: OnceLock<Value> = OnceLock::new();
    &ALL.get_or_init(|| serde_json::from_str(include_str!("graphql.json")).unwrap())["types"]
}

/// The name in a type: of `[String!]!` it is `String`.
fn named(written: &str) -> &str {
    written.trim_matches(['[', ']', '!'])
}

impl Document {
    /// Reads a document.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = tokens(text)?.into_iter().peekable();
        let operation = tokens.next().filter(|word| word == "query" || word == "mutation");
        let operation = operation.ok_or("a document begins with query or mutation")?;
        let mut variables = BTreeMap::new();
        if tokens.next_if_eq("(").is_some() {
            while tokens.next_if_eq(")").is_none() {
                let name = next(&mut tokens)?.strip_prefix('$').ok_or("a variable has a $")?.to_owned();
                expect(&mut tokens, ":")?;
                let mut written = next(&mut tokens)?;
                if tokens.next_if_eq("!").is_some() {
                    written.push('!');
                }
                variables.insert(name, written);
            }
        }
        let selection = selection(&mut tokens)?;
        match tokens.next() {
            None => Ok(Self { operation, variables, selection }),
            Some(more) => Err(format!("nothing is known of `{more}` behind the operation")),
        }
    }

    /// The name of the only field at the top.
    pub(crate) fn root(&self) -> &str {
        self.selection.first().map_or("", |field| &field.name)
    }

    /// What is wrong with the document and its variables.
    pub(crate) fn request_faults(&self, variables: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let mut used = BTreeSet::new();
        let root = if self.operation == "query" { "Query" } else { "Mutation" };
        self.fields(root, &self.selection, &mut used, &mut faults);
        for (name, written) in &self.variables {
            if !used.contains(name) {
                faults.push(format!("${name} isn't used"));
            }
            check(written, &variables[name], &format!("${name}"), &mut faults);
        }
        for name in variables.as_object().into_iter().flatten().map(|(name, _)| name) {
            if !self.variables.contains_key(name) {
                faults.push(format!("${name} isn't declared"));
            }
        }
        faults
    }

    fn fields(&self, kind: &str, selection: &[Field], used: &mut BTreeSet<String>, faults: &mut Vec<String>) {
        for field in selection {
            let Some(about) = types()[kind]["fields"].get(&field.name) else {
                faults.push(format!("{kind} has no field {}", field.name));
                continue;
            };
            let takes = about["arguments"].as_object().unwrap();
            let place = format!("{kind}.{}", field.name);
            let takes = takes.iter().map(|(name, written)| (name.as_str(), written.as_str().unwrap()));
            self.arguments(&place, &takes.collect(), &field.arguments, used, faults);
            let inner = named(about["type"].as_str().unwrap());
            if types()[inner]["kind"] == "OBJECT" && field.selection.is_empty() {
                faults.push(format!("{place}: what is wanted of {inner}?"));
            }
            self.fields(inner, &field.selection, used, faults);
        }
    }

    fn arguments(
        &self,
        place: &str,
        takes: &BTreeMap<&str, &str>,
        given: &[(String, Argument)],
        used: &mut BTreeSet<String>,
        faults: &mut Vec<String>,
    ) {
        for (name, written) in takes {
            if written.ends_with('!') && !given.iter().any(|(given, _)| given == name) {
                faults.push(format!("{place} needs {name}"));
            }
        }
        for (name, argument) in given {
            let Some(wanted) = takes.get(name.as_str()) else {
                faults.push(format!("{place} takes no {name}"));
                continue;
            };
            match argument {
                Argument::Variable(variable) => {
                    used.insert(variable.clone());
                    match self.variables.get(variable) {
                        // What may be nothing takes what never is.
                        Some(is) if is == wanted || is.strip_suffix('!') == Some(wanted) => {}
                        Some(is) => faults.push(format!("{place}({name}) is {wanted}, and ${variable} {is}")),
                        None => faults.push(format!("${variable} isn't declared")),
                    }
                }
                Argument::Object(members) => {
                    let fields = types()[named(wanted)]["fields"].as_object();
                    let takes = fields.into_iter().flatten();
                    let takes = takes.map(|(name, about)| (name.as_str(), about["type"].as_str().unwrap()));
                    self.arguments(&format!("{place}({name})"), &takes.collect(), members, used, faults);
                }
                Argument::Literal(text) => {
                    check(wanted, &Value::from(text.as_str()), &format!("{place}({name})"), faults);
                }
            }
        }
    }

    /// What is wrong with the member `data` of an answer.
    pub(crate) fn answer_faults(&self, data: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let root = if self.operation == "query" { "Query" } else { "Mutation" };
        answered(root, &self.selection, data, "data", &mut faults);
        faults
    }
}

fn answered(kind: &str, selection: &[Field], value: &Value, place: &str, faults: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        faults.push(format!("{place}: {value} is no {kind}"));
        return;
    };
    for name in members.keys().filter(|name| !selection.iter().any(|field| field.name == **name)) {
        faults.push(format!("{place}.{name} wasn't asked for"));
    }
    for field in selection {
        let place = format!("{place}.{}", field.name);
        let written = types()[kind]["fields"][&field.name]["type"].as_str().unwrap_or_default();
        match members.get(&field.name) {
            None => faults.push(format!("{place} is missing")),
            Some(Value::Null) if !written.ends_with('!') => {}
            Some(value) if field.selection.is_empty() => check(written, value, &place, faults),
            Some(value) => answered(named(written), &field.selection, value, &place, faults),
        }
    }
}

/// Holds a value against the type of a leaf.
fn check(written: &str, value: &Value, place: &str, faults: &mut Vec<String>) {
    if value.is_null() && !written.ends_with('!') {
        return;
    }
    let fits = match named(written) {
        "ID" | "String" | "URI" | "DateTime" => value.is_string(),
        "Int" => value.is_i64() || value.is_u64(),
        "Boolean" => value.is_boolean(),
        other => types()[other]["values"].as_array().is_some_and(|values| values.contains(value)),
    };
    if !fits {
        faults.push(format!("{place}: {value} is no {written}"));
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut word = String::new();
    // The blank ends the last word.
    for c in text.chars().chain([' ']) {
        let is_word = c.is_ascii_alphanumeric() || c == '_' || (c == '$' && word.is_empty());
        if is_word {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        match c {
            '{' | '}' | '(' | ')' | ':' | '!' => tokens.push(c.to_string()),
            // Commas are blanks.
            c if c.is_whitespace() || c == ',' => {}
            c => return Err(format!("`{c}` isn't known here")),
        }
    }
    Ok(tokens)
}

type Tokens = Peekable<IntoIter<String>>;

fn next(tokens: &mut Tokens) -> Result<String, String> {
    tokens.next().ok_or_else(|| "the document ends too early".to_owned())
}

fn expect(tokens: &mut Tokens, wanted: &str) -> Result<(), String> {
    let found = next(tokens)?;
    if found == wanted { Ok(()) } else { Err(format!("`{found}` instead of `{wanted}`")) }
}

fn selection(tokens: &mut Tokens) -> Result<Vec<Field>, String> {
    expect(tokens, "{")?;
    let mut fields = Vec::new();
    while tokens.next_if_eq("}").is_none() {
        let name = next(tokens)?;
        let arguments =
            if tokens.peek().is_some_and(|token| token == "(") { list(tokens, "(", ")")? } else { Vec::new() };
        let selection = if tokens.peek().is_some_and(|token| token == "{") { selection(tokens)? } else { Vec::new() };
        fields.push(Field { name, arguments, selection });
    }
    Ok(fields)
}

fn list(tokens: &mut Tokens, begin: &str, end: &str) -> Result<Vec<(String, Argument)>, String> {
    expect(tokens, begin)?;
    let mut arguments = Vec::new();
    while tokens.next_if_eq(end).is_none() {
        let name = next(tokens)?;
        expect(tokens, ":")?;
        let value = if tokens.peek().is_some_and(|token| token == "{") {
            Argument::Object(list(tokens, "{", "}")?)
        } else {
            let word = next(tokens)?;
            word.strip_prefix('$')
                .map_or_else(|| Argument::Literal(word.clone()), |name| Argument::Variable(name.into()))
        };
        arguments.push((name, value));
    }
    Ok(arguments)
}
