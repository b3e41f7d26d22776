//! What a statement in `PartiQL` does, and to which table: the call is one operation, its text decides on the action.

use crate::iam::usage::{Call, Value};

/// The arguments that hold statements.
const STATEMENTS: [&str; 3] = ["Statement", "Statements[].Statement", "TransactStatements[].Statement"];

/// A statement, as far as a policy asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// `dynamodb:PartiQLSelect`
    pub action: &'static str,
    /// What names the table.
    pub table: Value,
    /// Whether it reads an index.
    pub indexed: bool,
}

/// The statements of a call; nothing when it isn't such a call or one of them can't be read.
pub(super) fn statements(call: &Call) -> Option<Vec<Statement>> {
    let is_one = call.service == "dynamodb"
        && matches!(call.operation.as_str(), "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction");
    if !is_one || !call.keys_complete {
        return None;
    }
    let given = call.arguments.iter().filter(|argument| STATEMENTS.contains(&argument.path.as_str()));
    let mut found = Vec::new();
    for argument in given {
        match &argument.value {
            Value::OneOf(arms) => found.extend(arms.iter().map(statement).collect::<Option<Vec<_>>>()?),
            one => found.push(statement(one)?),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// A piece of a statement's text.
enum Piece<'v> {
    Word(String),
    Value(&'v Value),
}

fn statement(value: &Value) -> Option<Statement> {
    let parts = match value {
        Value::Literal(_) => std::slice::from_ref(value),
        Value::Parts(parts) => parts,
        _ => return None,
    };
    let mut pieces = Vec::new();
    for part in parts {
        match part {
            // A point separates a table from its index; quotes are around either.
            Value::Literal(text) => {
                let text = text.replace('"', " ").replace('.', " . ");
                pieces.extend(text.split_whitespace().map(|word| Piece::Word(word.to_owned())));
            }
            other => pieces.push(Piece::Value(other)),
        }
    }
    let word = |i: usize| match pieces.get(i) {
        Some(Piece::Word(word)) => word.to_ascii_uppercase(),
        _ => String::new(),
    };
    let (action, at) = match word(0).as_str() {
        "SELECT" => ("dynamodb:PartiQLSelect", (1..pieces.len()).find(|i| word(*i) == "FROM")? + 1),
        "INSERT" if word(1) == "INTO" => ("dynamodb:PartiQLInsert", 2),
        "UPDATE" => ("dynamodb:PartiQLUpdate", 1),
        "DELETE" if word(1) == "FROM" => ("dynamodb:PartiQLDelete", 2),
        _ => return None,
    };
    let table = match pieces.get(at)? {
        Piece::Word(name) => Value::Literal(name.clone()),
        Piece::Value(value) => (*value).clone(),
    };
    Some(Statement { action, table, indexed: word(at + 1) == "." })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(&'static str, String, bool)> {
        let found = statement(&Value::Literal(text.into()))?;
        let Value::Literal(table) = found.table else { return None };
        Some((found.action, table, found.indexed))
    }

    #[test]
    fn what_statements_do() {
        for (text, action, table, indexed) in [
            ("SELECT * FROM \"orders\" WHERE id = ?", "dynamodb:PartiQLSelect", "orders", false),
            ("select a.b from orders.\"by-name\" where x = 1", "dynamodb:PartiQLSelect", "orders", true),
            ("INSERT INTO Music VALUE {'a': 'b'}", "dynamodb:PartiQLInsert", "Music", false),
            ("UPDATE \"Music\" SET a = 1", "dynamodb:PartiQLUpdate", "Music", false),
            ("DELETE FROM \"Music\" WHERE a = 1", "dynamodb:PartiQLDelete", "Music", false),
        ] {
            assert_eq!(read(text), Some((action, table.to_owned(), indexed)), "{text}");
        }
        assert_eq!(read("EXISTS(SELECT * FROM x)"), None);
    }

    #[test]
    fn a_table_of_a_variable() {
        let place = crate::iam::usage::Place::default();
        let variable = Value::Environment { name: "TABLE".into(), default: None, place };
        let parts =
            vec![Value::Literal("SELECT * FROM \"".into()), variable.clone(), Value::Literal("\" WHERE a = 1".into())];
        assert_eq!(statement(&Value::Parts(parts)).map(|found| found.table), Some(variable));
    }
}
