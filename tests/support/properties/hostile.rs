//! Any text: refused with a place, or treated; never a panic.

use proptest::prelude::*;
use terramend::fix::Grade;
use terramend::source::SourceFile;

use crate::fixes::{CATALOGUE, Files, after, run, show};
use crate::terraform::module;

/// A JSON file with most of what the controls look at.
const JSON: &str = r#"{
  "variable": { "zero": { "default": 0 } },
  "resource": {
    "aws_sqs_queue": { "a": { "name": "a", "sqs_managed_sse_enabled": false }, "b": {} },
    "aws_s3_bucket": { "c": { "bucket": "c", "versioning": [{ "enabled": false }] } },
    "aws_s3_bucket_policy": { "c": { "bucket": "${aws_s3_bucket.c.id}", "policy": "{\"Statement\": []}" } },
    "aws_dynamodb_table": { "d": [{ "name": "d", "point_in_time_recovery": { "enabled": false } }] },
    "aws_lambda_function": { "e": { "function_name": "e", "role": "${aws_iam_role.e.arn}" } },
    "aws_iam_role": { "e": { "name": "e", "managed_policy_arns": [] } },
    "aws_cloudwatch_log_group": { "f": { "for_each": "${toset([\"x\"])}", "retention_in_days": "${var.zero}" } }
  }
}
"#;

/// A change to the bytes of a valid file.
#[derive(Debug, Clone)]
enum Mutation {
    Delete(usize, usize),
    Double(usize, usize),
    Insert(usize, Vec<u8>),
    Swap(usize, usize, usize),
    DeleteLine(usize),
    DoubleLine(usize, usize),
    /// A name, a number or a quoted string becomes something else.
    Word(usize, &'static str),
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let size = 0..40_usize;
    let syntax: Vec<&[u8]> = [
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "\\",
        "${",
        "%{",
        "%{if x}",
        "%{endif}",
        "<<E\n",
        "\nE\n",
        "#",
        "//",
        "/*",
        "*/",
        "\n",
        "\r",
        "\r\n",
        "=",
        ",",
        ":",
        "?",
        "for_each = x\n",
        "count = 2\n",
        "...",
        "é",
        "\u{feff}",
        "\0",
        "null",
        "!",
        "-",
        "resource \"aws_sqs_queue\" \"x\" {}\n",
        "dynamic \"tracing_config\" {\ncontent {}\n}\n",
        "each.key",
        "\\u12",
    ]
    .map(str::as_bytes)
    .to_vec();
    let bytes = prop_oneof![
        3 => prop::sample::select(syntax).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 1..6)
    ];
    let place = any::<prop::sample::Index>().prop_map(|index| index.index(1 << 20));
    let words = ["null", "true", "0", "-1", "\"x\"", "\"\"", "\"${var.zero}\"", "[]", "{}", "[{}]", "[1, \"a\"]"];
    let one = prop_oneof![
        1 => (place.clone(), size.clone()).prop_map(|(at, n)| Mutation::Delete(at, n)),
        1 => (place.clone(), size.clone()).prop_map(|(at, n)| Mutation::Double(at, n)),
        2 => (place.clone(), bytes).prop_map(|(at, bytes)| Mutation::Insert(at, bytes)),
        1 => (place.clone(), place.clone(), size).prop_map(|(a, b, n)| Mutation::Swap(a, b, n)),
        2 => place.clone().prop_map(Mutation::DeleteLine),
        2 => (place.clone(), place.clone()).prop_map(|(a, b)| Mutation::DoubleLine(a, b)),
        4 => (place, prop::sample::select(words.to_vec())).prop_map(|(at, word)| Mutation::Word(at, word)),
    ];
    prop::collection::vec(one, 1..4)
}

fn mutate(text: &str, mutations: &[Mutation]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for mutation in mutations {
        let len = bytes.len().max(1);
        let range = |at: usize, n: usize, len: usize| at % len..(at % len + n).min(len);
        match mutation {
            _ if bytes.is_empty() => {}
            Mutation::Delete(at, n) => drop(bytes.drain(range(*at, *n, len))),
            Mutation::Double(at, n) => {
                let range = range(*at, *n, len);
                let copy = bytes[range.clone()].to_vec();
                bytes.splice(range.end..range.end, copy);
            }
            Mutation::Insert(at, new) => drop(bytes.splice(at % len..at % len, new.iter().copied())),
            Mutation::Swap(a, b, n) => {
                for i in 0..*n {
                    bytes.swap((a + i) % len, (b + i) % len);
                }
            }
            Mutation::DeleteLine(at) => {
                let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                lines.remove(at % lines.len());
                bytes = lines.concat();
            }
            Mutation::DoubleLine(from, to) => {
                let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                lines.insert(to % lines.len(), lines[from % lines.len()]);
                bytes = lines.concat();
            }
            Mutation::Word(at, new) => {
                let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"_\"$-.".contains(byte);
                let start = bytes.iter().skip(at % len).position(inside).map_or(0, |n| at % len + n);
                let start = start - bytes[..start].iter().rev().take_while(|byte| inside(byte)).count();
                let end = start + bytes[start..].iter().take_while(|byte| inside(byte)).count();
                bytes.splice(start..end, new.bytes());
            }
        }
    }
    // Files that are not UTF-8 are refused before they come this far.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Treats files that may be broken; says whether they were treated.
fn treat(files: &Files) -> Result<bool, TestCaseError> {
    for (name, text) in files {
        if let Err(diagnostic) = terramend::backend::parse(SourceFile::new(name.into(), name, text)) {
            let lines = text.matches('\n').count() + 1;
            prop_assert!(diagnostic.line.is_some_and(|line| (1..=lines).contains(&line)), "{}", diagnostic);
            prop_assert!(diagnostic.column.is_some_and(|column| column >= 1), "{}", diagnostic);
            return Ok(false);
        }
    }
    let outcome = run(files, Some(Grade::Review)).map_err(TestCaseError::fail)?;
    let fixed = after(files, &outcome);
    let again = run(&fixed, Some(Grade::Review)).map_err(|e| TestCaseError::fail(format!("{e}\n{}", show(&fixed))))?;
    prop_assert!(again.changed.is_empty(), "changed again\n{}\n{}", show(files), show(&fixed));
    Ok(true)
}

fn one(name: &str, text: String) -> Files {
    vec![(name.to_owned(), text)]
}

proptest! {
    #![proptest_config(crate::config(300))]

    #[test]
    fn arbitrary_text(text in any::<String>(), json in any::<bool>()) {
        treat(&one(if json { "main.tf.json" } else { "main.tf" }, text))?;
    }

    #[test]
    fn text_of_the_right_tokens(tokens in prop::collection::vec(token(), 0..40)) {
        treat(&one("main.tf", tokens.concat()))?;
    }

    #[test]
    fn mutated_hcl(choices in prop::collection::vec(any::<u16>(), 0..200), mutations in mutations()) {
        let mut files: Files = module(&choices).iter().map(|source| (source.name.clone(), source.text())).collect();
        files[0].1 = mutate(&files[0].1, &mutations);
        treat(&files)?;
    }

    #[test]
    fn mutated_examples(which in any::<prop::sample::Index>(), mutations in mutations()) {
        let examples: Vec<_> = CATALOGUE.controls().iter().flat_map(|control| &control.examples).collect();
        let example = which.get(&examples);
        treat(&one(&format!("main.{}", example.extension), mutate(&example.text, &mutations)))?;
    }

    #[test]
    fn mutated_json(mutations in mutations()) {
        treat(&one("main.tf.json", mutate(JSON, &mutations)))?;
    }
}

fn token() -> impl Strategy<Value = String> {
    let tokens = [
        "resource ",
        "\"aws_sqs_queue\" ",
        "\"aws_s3_bucket\" ",
        "\"a\" ",
        "{",
        "}",
        "\n",
        "{\n",
        "}\n",
        "name = ",
        "1",
        "\"x\"",
        "[",
        "]",
        ",",
        "true",
        "null",
        "var.x",
        "aws_sqs_queue.a.id",
        "\"${",
        "}\"",
        "<<E\n",
        "\nE\n",
        "# c\n",
        "/* c */",
        "count = 2\n",
        "for_each = ",
        "sqs_managed_sse_enabled = ",
        "module ",
        "source = \"./\"\n",
        "locals ",
        "x = local.x\n",
        "variable ",
        "default = ",
        "? ",
        ": ",
        "(",
        ")",
        "dynamic ",
        " ",
    ];
    prop::sample::select(tokens.to_vec()).prop_map(str::to_owned)
}

/// Not all that is mutated may be refused by the parser.
#[test]
fn mutations_are_worth_it() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::new(crate::config(1));
    let mut treated = [0, 0];
    for _ in 0..100 {
        let mutations = mutations().new_tree(&mut runner).unwrap().current();
        let choices: Vec<u16> = (1..200_u16).map(|n| n.wrapping_mul(7919)).collect();
        let hcl = module(&choices)[0].text();
        treated[0] += usize::from(treat(&one("main.tf", mutate(&hcl, &mutations))).unwrap());
        treated[1] += usize::from(treat(&one("main.tf.json", mutate(JSON, &mutations))).unwrap());
    }
    assert!(treated.iter().all(|n| (10..95).contains(n)), "{treated:?} of 100 were treated");
}
