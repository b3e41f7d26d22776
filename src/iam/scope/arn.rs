//! ARNs and patterns of ARNs with parts that aren't known: what covers what, in three answers.

use crate::iam::actions;
use crate::model::{Node, Project, Reference, Resource, ResourceId, Value};

use super::kinds::{self, Kind};

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A character.
    Char(char),
    /// `*`
    Any,
    /// `?`
    One,
    /// Text that isn't known, but is the same wherever the same hole stands.
    Hole(Hole),
}

/// What stands in a hole.
#[derive(Debug, Clone, PartialEq)]
pub enum Hole {
    /// The region or the account of the deploy.
    Place(&'static str),
    /// The name that AWS gives to a resource, or what it puts behind it.
    Made(ResourceId),
    /// Any other value.
    Value(Value),
}

/// An ARN or a pattern of ARNs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pattern(pub Vec<Token>);

/// How two patterns relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// They match the same.
    Equal,
    /// The first matches a part of what the second does.
    Narrower,
    /// The first matches all that the second does, and more.
    Broader,
    /// It can't be told, or they overlap.
    Maybe,
    /// Nothing matches both.
    Disjoint,
}

impl Pattern {
    /// A pattern from text with wildcards.
    pub fn text(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push(text);
        pattern
    }

    fn push(&mut self, text: &str) {
        self.0.extend(text.chars().map(|c| match c {
            '*' => Token::Any,
            '?' => Token::One,
            c => Token::Char(c),
        }));
    }

    /// The same with text behind it.
    #[must_use]
    pub fn with(mut self, suffix: &str) -> Self {
        self.push(suffix);
        self
    }

    /// What a value of a policy or of an argument matches.
    pub fn of(project: &Project, value: &Value) -> Self {
        let mut pattern = Self::default();
        pattern.push_value(project, value, 8);
        pattern
    }

    /// The ARN of a declared resource.
    pub fn of_resource(project: &Project, resource: &Resource, kind: &Kind) -> Self {
        let mut pattern = Self::default();
        pattern.push_arn(project, resource, kind);
        pattern
    }

    /// The ARN of something of a type in IAM by its name.
    pub fn named(project: &Project, iam: &str, name: &Value) -> Self {
        let mut pattern = Self::default();
        let name = Self::of(project, name);
        pattern.push_form(iam, &name);
        if iam == "secretsmanager:Secret" {
            pattern.push("-??????");
        }
        pattern
    }

    /// The form of an ARN, the last part of it being a name.
    fn push_form(&mut self, iam: &str, name: &Pattern) {
        let form = match iam {
            // The table has the ARN of a connection only.
            "execute-api:execute-api-general" => "arn:${Partition}:execute-api:${Region}:${Account}:${Name}",
            "ecs:task-definition" => "arn:${Partition}:ecs:${Region}:${Account}:task-definition/${Name}",
            _ => actions::table().arn(iam).unwrap_or("*"),
        };
        let mut rest = form;
        while let Some((before, after)) = rest.split_once("${") {
            self.push(before);
            let (placeholder, tail) = after.split_once('}').unwrap_or((after, ""));
            match placeholder {
                "Partition" => self.push("aws"),
                "Region" => self.0.push(Token::Hole(Hole::Place("region"))),
                "Account" => self.0.push(Token::Hole(Hole::Place("account"))),
                // A leading slash of a parameter's name is the one behind `parameter`.
                _ if placeholder.contains("WithoutLeadingSlash") && name.0.first() == Some(&Token::Char('/')) => {
                    self.0.extend(name.0[1..].iter().cloned());
                }
                _ => self.0.extend(name.0.iter().cloned()),
            }
            rest = tail;
        }
        self.push(rest);
    }

    fn push_arn(&mut self, project: &Project, resource: &Resource, kind: &Kind) {
        let made = || Pattern(vec![Token::Hole(Hole::Made(resource.id))]);
        let written = if kind.name.is_empty() { Value::Null } else { resource.body.get(kind.name) };
        let name = match project.settle(&written) {
            Value::Null | Value::Unknown => made(),
            settled => Self::of(project, &settled),
        };
        self.push_form(kind.iam, &name);
        if kind.iam == "secretsmanager:Secret" {
            self.push("-");
            self.0.push(Token::Hole(Hole::Made(resource.id)));
        }
    }

    fn push_value(&mut self, project: &Project, value: &Value, depth: u8) {
        match value {
            Value::String(text) => self.push(text),
            Value::Text(pieces) if depth > 0 => {
                for piece in pieces {
                    self.push_value(project, &piece.value, depth - 1);
                }
            }
            Value::Reference(reference) if depth > 0 => self.push_reference(project, reference, depth - 1),
            other => self.0.push(Token::Hole(Hole::Value(other.clone()))),
        }
    }

    fn push_reference(&mut self, project: &Project, reference: &Reference, depth: u8) {
        let resource = project.resource(reference.resource);
        let attribute = reference.attribute();
        match (&*resource.kind, attribute.as_str()) {
            ("aws_region", _) => return self.0.push(Token::Hole(Hole::Place("region"))),
            ("aws_caller_identity", "account_id" | "id") => {
                return self.0.push(Token::Hole(Hole::Place("account")));
            }
            ("aws_partition", _) => return self.push("aws"),
            ("aws_dynamodb_table", "stream_arn") => {
                if let Some(kind) = kinds::of(resource) {
                    self.push_arn(project, resource, kind);
                    return self.push("/stream/*");
                }
            }
            _ => {}
        }
        if let Some(kind) = kinds::of(resource).filter(|kind| kind.is_identity(&attribute)) {
            // Of these the other attributes are no part of the ARN.
            if attribute == kind.arn {
                return self.push_arn(project, resource, kind);
            }
            let is_url =
                matches!(attribute.as_str(), "url" | "QueueUrl") || kind.iam == "sqs:queue" && attribute == "Ref";
            if kind.name.is_empty() || is_url || kind.iam == "kms:key" {
                return self.0.push(Token::Hole(Hole::Made(resource.id)));
            }
            let is_arn = attribute == "id"
                && matches!(
                    kind.iam,
                    "sns:topic"
                        | "secretsmanager:Secret"
                        | "states:statemachine"
                        | "kinesis:stream"
                        | "firehose:deliverystream"
                        | "ecs:cluster"
                );
            let is_arn = is_arn || attribute == "Ref" && matches!(kind.iam, "sns:topic" | "states:statemachine");
            if is_arn {
                return self.push_arn(project, resource, kind);
            }
            return match project.settle(&resource.body.get(kind.name)) {
                Value::Null | Value::Unknown => self.0.push(Token::Hole(Hole::Made(resource.id))),
                settled => self.push_value(project, &settled, depth),
            };
        }
        match project.settle(&Value::Reference(reference.clone())) {
            Value::Reference(same) if same == *reference => {
                self.0.push(Token::Hole(Hole::Value(Value::Reference(same))));
            }
            settled => self.push_value(project, &settled, depth),
        }
    }

    /// The same as text, with `*` for every hole.
    pub fn text_of(&self) -> String {
        super::need::written(self)
    }

    /// Whether every character is known: neither wildcards nor holes.
    pub fn is_known(&self) -> bool {
        self.0.iter().all(|token| matches!(token, Token::Char(_)))
    }

    /// Whether it matches everything.
    pub fn is_everything(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|token| *token == Token::Any)
    }

    /// Whether this matches all that another matches.
    pub fn covers(&self, other: &Self) -> Option<bool> {
        if self.is_everything() {
            return Some(true);
        }
        Matcher { left: &self.0, right: &other.0, overlap: false, known: Vec::new() }.answer()
    }

    /// How this relates to another.
    pub fn relation(&self, other: &Self) -> Relation {
        match (self.is_everything(), other.is_everything()) {
            (true, true) => return Relation::Equal,
            (true, false) => return Relation::Broader,
            (false, true) => return Relation::Narrower,
            (false, false) if self == other => return Relation::Equal,
            (false, false) => {}
        }
        match (self.covers(other), other.covers(self)) {
            (Some(true), Some(true)) => Relation::Equal,
            (Some(true), _) => Relation::Broader,
            (_, Some(true)) => Relation::Narrower,
            _ => match (Matcher { left: &self.0, right: &other.0, overlap: true, known: Vec::new() }).answer() {
                Some(false) => Relation::Disjoint,
                _ => Relation::Maybe,
            },
        }
    }
}

/// Matches two patterns token by token; each pair of places is looked at once.
struct Matcher<'t> {
    left: &'t [Token],
    right: &'t [Token],
    /// Whether it is asked if something matches both, not if the left covers the right.
    overlap: bool,
    known: Vec<Option<Answer>>,
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Answer {
    No,
    Maybe,
    Yes,
}

impl Matcher<'_> {
    fn answer(mut self) -> Option<bool> {
        // Longer ones than any ARN are not compared.
        const LONGEST: usize = 1_600;
        if self.left.len() > LONGEST || self.right.len() > LONGEST {
            return None;
        }
        // Most ARNs begin alike, and part at the service. What isn't known is the same text at both places.
        let is_same = |(a, b): &(&Token, &Token)| match (a, b) {
            (Token::Char(a), Token::Char(b)) => a == b,
            (Token::Hole(a), Token::Hole(b)) => a == b,
            _ => false,
        };
        let same = self.left.iter().zip(self.right).take_while(is_same).count();
        (self.left, self.right) = (&self.left[same..], &self.right[same..]);
        if let ([Token::Char(_), ..], [Token::Char(_), ..]) = (self.left, self.right) {
            return Some(false);
        }
        let same = self.left.iter().rev().zip(self.right.iter().rev()).take_while(is_same).count();
        (self.left, self.right) = (&self.left[..self.left.len() - same], &self.right[..self.right.len() - same]);
        if let ([.., Token::Char(_)], [.., Token::Char(_)]) = (self.left, self.right) {
            return Some(false);
        }
        let width = self.right.len() + 1;
        self.known = vec![None; (self.left.len() + 1) * width];
        // From the ends on: what a place needs is behind it.
        for i in (0..=self.left.len()).rev() {
            for j in (0..=self.right.len()).rev() {
                let answer = self.at(i, j);
                self.known[i * width + j] = Some(answer);
            }
        }
        match self.get(0, 0) {
            Answer::Yes => Some(true),
            Answer::No => Some(false),
            Answer::Maybe => None,
        }
    }

    fn get(&self, i: usize, j: usize) -> Answer {
        self.known[i * (self.right.len() + 1) + j].unwrap_or(Answer::No)
    }

    fn at(&self, i: usize, j: usize) -> Answer {
        let (left, right) = (self.left.get(i), self.right.get(j));
        let best = |a: Answer, b: Answer| if a > b { a } else { b };
        let perhaps = |answer: Answer| if answer == Answer::No { Answer::No } else { Answer::Maybe };
        // A hole is any run of the other side, none included.
        let run = || {
            let over = if left.is_some() { self.get(i + 1, j) } else { Answer::No };
            best(over, if right.is_some() { self.get(i, j + 1) } else { Answer::No })
        };
        match (left, right) {
            (None, None) => Answer::Yes,
            (Some(Token::Any), _) => run(),
            (_, Some(Token::Any)) if self.overlap => run(),
            (Some(Token::Hole(a)), Some(Token::Hole(b))) if a == b => best(self.get(i + 1, j + 1), perhaps(run())),
            (Some(Token::Hole(_)), Some(Token::Any)) => Answer::No,
            (Some(Token::Hole(_)), _) | (_, Some(Token::Hole(_))) => perhaps(run()),
            (Some(Token::One), Some(Token::Char(_) | Token::One)) => self.get(i + 1, j + 1),
            (Some(Token::Char(_)), Some(Token::One)) if self.overlap => self.get(i + 1, j + 1),
            (Some(Token::Char(a)), Some(Token::Char(b))) if a == b => self.get(i + 1, j + 1),
            _ => Answer::No,
        }
    }
}

/// A piece of text as a value.
pub fn node(value: Value) -> Node {
    Node { value, span: crate::source::Span::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        let mut pattern = Pattern::default();
        for (i, piece) in text.split('$').enumerate() {
            if i > 0 {
                // `$a` is a hole.
                let (hole, rest) = piece.split_at(1);
                pattern.0.push(Token::Hole(Hole::Value(Value::string(hole))));
                pattern.push(rest);
            } else {
                pattern.push(piece);
            }
        }
        pattern
    }

    #[test]
    fn patterns_relate() {
        for (a, b, expected) in [
            ("*", "arn:aws:s3:::b/*", Relation::Broader),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/*", Relation::Equal),
            ("arn:aws:s3:::b*", "arn:aws:s3:::b/*", Relation::Broader),
            ("arn:aws:s3:::b/up/*", "arn:aws:s3:::b/*", Relation::Narrower),
            ("arn:aws:s3:::c/*", "arn:aws:s3:::b/*", Relation::Disjoint),
            ("arn:aws:s3:::b", "arn:aws:s3:::b/*", Relation::Disjoint),
            ("arn:aws:dynamodb:*:*:table/$t", "arn:aws:dynamodb:$r:$a:table/$t", Relation::Broader),
            ("arn:aws:dynamodb:*:*:table/t", "arn:aws:dynamodb:$r:$a:table/t", Relation::Broader),
            ("arn:aws:dynamodb:eu-west-1:*:table/t", "arn:aws:dynamodb:$r:$a:table/t", Relation::Maybe),
            ("arn:aws:dynamodb:$r:$a:table/$u", "arn:aws:dynamodb:$r:$a:table/$t", Relation::Maybe),
            ("arn:aws:dynamodb:$r:$a:table/x", "arn:aws:dynamodb:$r:$a:table/y", Relation::Disjoint),
            ("arn:aws:dynamodb:$r:$a:table/*", "arn:aws:dynamodb:$r:$a:table/$t", Relation::Broader),
            ("arn:aws:sqs:$r:$a:q", "arn:aws:dynamodb:$r:$a:table/q", Relation::Disjoint),
            ("a?c", "abc", Relation::Broader),
            ("a*", "*b", Relation::Maybe),
            ("$x", "arn:aws:s3:::b", Relation::Maybe),
        ] {
            assert_eq!(pattern(a).relation(&pattern(b)), expected, "{a} to {b}");
        }
    }
}
