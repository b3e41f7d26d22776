//! GraphQL documents and their answers, held against the part of GitHub's schema in `graphql.json`. Documents are read as
//! far as they are written here: one operation, variables, fields with arguments and other names, fragments in place.

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
    /// What the answer calls it.
    key: String,
    /// The field; or the type of a fragment, with [`FRAGMENT`] before it.
    name: String,
    arguments: Vec<(String, Argument)>,
    selection: Vec<Field>,
}

/// What stands before the type of a fragment.
const FRAGMENT: &str = "...";

impl Field {
    /// The type, if this is a fragment.
    fn fragment(&self) -> Option<&str> {
        self.name.strip_prefix(FRAGMENT)
    }
}

#[derive(Debug)]
enum Argument {
    Variable(String),
    List(Vec<Argument>),
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

    /// The name of the fields at the top.
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
            if let Some(narrower) = field.fragment() {
                let may = &types()[kind]["possible"];
                if !may.as_array().is_some_and(|may| may.contains(&Value::from(narrower))) {
                    faults.push(format!("{kind} is never {narrower}"));
                }
                self.fields(narrower, &field.selection, used, faults);
                continue;
            }
            let Some(about) = types()[kind]["fields"].get(&field.name) else {
                faults.push(format!("{kind} has no field {}", field.name));
                continue;
            };
            let takes = about["arguments"].as_object().unwrap();
            let place = format!("{kind}.{}", field.name);
            let takes = takes.iter().map(|(name, written)| (name.as_str(), written.as_str().unwrap()));
            self.arguments(&place, &takes.collect(), &field.arguments, used, faults);
            let inner = named(about["type"].as_str().unwrap());
            let is_leaf = types()[inner]["fields"].is_null() && types()[inner]["possible"].is_null();
            if !is_leaf && field.selection.is_empty() {
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
            self.argument(&format!("{place}({name})"), wanted, argument, used, faults);
        }
    }

    fn argument(
        &self,
        place: &str,
        wanted: &str,
        argument: &Argument,
        used: &mut BTreeSet<String>,
        faults: &mut Vec<String>,
    ) {
        match argument {
            Argument::Variable(variable) => {
                used.insert(variable.clone());
                match self.variables.get(variable) {
                    // What may be nothing takes what never is.
                    Some(is) if is == wanted || is.strip_suffix('!') == Some(wanted) => {}
                    Some(is) => faults.push(format!("{place} is {wanted}, and ${variable} {is}")),
                    None => faults.push(format!("${variable} isn't declared")),
                }
            }
            Argument::Object(members) => {
                let fields = types()[named(wanted)]["fields"].as_object();
                let takes = fields.into_iter().flatten();
                let takes = takes.map(|(name, about)| (name.as_str(), about["type"].as_str().unwrap()));
                self.arguments(place, &takes.collect(), members, used, faults);
            }
            Argument::List(items) => match wanted.trim_end_matches('!').strip_prefix('[') {
                Some(item) => {
                    let item = item.trim_end_matches(']');
                    for each in items {
                        self.argument(place, item, each, used, faults);
                    }
                }
                None => faults.push(format!("{place} is no list")),
            },
            Argument::Literal(text) => {
                let number = text.parse::<i64>().map(Value::from);
                check(wanted, &number.unwrap_or_else(|_| Value::from(text.as_str())), place, faults);
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

/// The fields that are asked of an object, with the types that have them. Of a fragment's, only what came is known.
fn asked<'a>(kind: &'a str, selection: &'a [Field], value: &Value) -> Vec<(&'a str, &'a Field)> {
    let mut all = Vec::new();
    for field in selection {
        match field.fragment() {
            Some(narrower) => {
                let inner = asked(narrower, &field.selection, value).into_iter();
                all.extend(inner.filter(|(_, field)| value.get(&field.key).is_some()));
            }
            None => all.push((kind, field)),
        }
    }
    all
}

fn answered(kind: &str, selection: &[Field], value: &Value, place: &str, faults: &mut Vec<String>) {
    let Some(members) = value.as_object() else {
        faults.push(format!("{place}: {value} is no {kind}"));
        return;
    };
    let asked = asked(kind, selection, value);
    for name in members.keys().filter(|name| !asked.iter().any(|(_, field)| field.key == **name)) {
        faults.push(format!("{place}.{name} wasn't asked for"));
    }
    for (kind, field) in asked {
        let place = format!("{place}.{}", field.key);
        let written = types()[kind]["fields"][&field.name]["type"].as_str().unwrap_or_default();
        match members.get(&field.key) {
            None => faults.push(format!("{place} is missing")),
            Some(value) => answered_field(written, field, value, &place, faults),
        }
    }
}

fn answered_field(written: &str, field: &Field, value: &Value, place: &str, faults: &mut Vec<String>) {
    if value.is_null() && !written.ends_with('!') {
        return;
    }
    let item = written.trim_end_matches('!').strip_prefix('[').and_then(|list| list.strip_suffix(']'));
    match (item, value.as_array()) {
        (Some(item), Some(values)) => {
            for value in values {
                answered_field(item, field, value, place, faults);
            }
        }
        (Some(_), None) => faults.push(format!("{place}: {value} is no {written}")),
        (None, _) if field.selection.is_empty() => check(written, value, place, faults),
        (None, _) => answered(named(written), &field.selection, value, place, faults),
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
            '.' if tokens.last().is_some_and(|last| FRAGMENT.starts_with(last.as_str()) && last != FRAGMENT) => {
                tokens.last_mut().unwrap().push('.');
            }
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '!' | '.' => tokens.push(c.to_string()),
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
        let mut name = next(tokens)?;
        if name == FRAGMENT {
            expect(tokens, "on")?;
            name = format!("{FRAGMENT}{}", next(tokens)?);
        }
        let mut key = name.clone();
        if tokens.next_if_eq(":").is_some() {
            name = next(tokens)?;
        }
        let arguments =
            if tokens.peek().is_some_and(|token| token == "(") { list(tokens, "(", ")")? } else { Vec::new() };
        let selection = if tokens.peek().is_some_and(|token| token == "{") { selection(tokens)? } else { Vec::new() };
        if name.starts_with(FRAGMENT) {
            key.clear();
        }
        fields.push(Field { key, name, arguments, selection });
    }
    Ok(fields)
}

fn value(tokens: &mut Tokens) -> Result<Argument, String> {
    if tokens.peek().is_some_and(|token| token == "{") {
        return Ok(Argument::Object(list(tokens, "{", "}")?));
    }
    if tokens.next_if_eq("[").is_some() {
        let mut items = Vec::new();
        while tokens.next_if_eq("]").is_none() {
            items.push(value(tokens)?);
        }
        return Ok(Argument::List(items));
    }
    let word = next(tokens)?;
    Ok(word.strip_prefix('$').map_or_else(|| Argument::Literal(word.clone()), |name| Argument::Variable(name.into())))
}

fn list(tokens: &mut Tokens, begin: &str, end: &str) -> Result<Vec<(String, Argument)>, String> {
    expect(tokens, begin)?;
    let mut arguments = Vec::new();
    while tokens.next_if_eq(end).is_none() {
        let name = next(tokens)?;
        expect(tokens, ":")?;
        let value = value(tokens)?;
        arguments.push((name, value));
    }
    Ok(arguments)
}
