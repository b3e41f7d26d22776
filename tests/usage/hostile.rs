//! Source that nobody sane writes: the analysis ends, without a panic, and says what it must.

use std::collections::BTreeSet;

use libtest_mimic::{Failed, Trial};
use rayon::prelude::*;
use terramend::iam::usage::{Language, SourceSet, analyse};

/// All of them as tests.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    let sources = python().into_iter().chain(script()).map(|(name, handler, language, files, refusal)| {
        Trial::test(format!("hostile/{name}"), move || {
            survives(handler, language, files, refusal).map_err(Failed::from)
        })
    });
    sources.chain([Trial::test("hostile/many-at-once", many_at_once)])
}

/// Workers with a small stack that ask for many functions: none takes on another one while it waits.
fn many_at_once() -> Result<(), Failed> {
    let code = "def f(x):\n    return [x]\n\n\ndef handler(event, context):\n    return f(event)\n".repeat(5);
    let source = SourceSet { files: [("app.py".to_owned(), code.as_bytes().into())].into() };
    let workers = rayon::ThreadPoolBuilder::new().num_threads(4).stack_size(64 * 1024).build()?;
    let refused = workers.install(|| {
        let all = (0..600).into_par_iter().map(|_| analyse(&source, "app.handler", Language::Python));
        all.filter(|usage| !usage.refusals.is_empty()).count()
    });
    if refused == 0 { Ok(()) } else { Err(format!("{refused} were refused").into()) }
}

/// Name, handler, language, files, and the refusal that it must lead to; none if it is read.
type Hostile = (&'static str, &'static str, Language, Vec<(&'static str, Vec<u8>)>, Option<&'static str>);

fn python() -> Vec<Hostile> {
    let deep =
        |open: &str, close: &str| format!("x = {}{}\n", open.repeat(100_000), close.repeat(100_000)).into_bytes();
    let handler = "\ndef handler(event, context):\n    pass\n";
    let python = |bytes: Vec<u8>| vec![("app.py", [bytes, handler.as_bytes().to_vec()].concat())];
    let chain = |step: &str| format!("x = a{}\n", step.repeat(50_000)).into_bytes();
    let calls =
        (0..300).map(|n| format!("def f{n}(x):\n    f{}(x + 'a')\n    return f{}(x)\n", (n + 1) % 300, (n + 7) % 300));
    let recursive = calls.collect::<String>() + "\ndef handler(event, context):\n    return f0(event['a'])\n";
    vec![
        ("python-brackets", "app.handler", Language::Python, python(deep("[", "]")), Some("too_large")),
        ("python-parentheses", "app.handler", Language::Python, python(deep("(", ")")), Some("too_large")),
        ("python-long-sum", "app.handler", Language::Python, python(chain(" + a")), Some("too_large")),
        ("python-long-chain", "app.handler", Language::Python, python(chain(".b()")), Some("too_large")),
        ("python-not-utf8", "app.handler", Language::Python, python(vec![b'#', 0xff, 0xfe]), Some("unparsable")),
        ("python-null-bytes", "app.handler", Language::Python, python(vec![0; 64]), Some("unparsable")),
        ("python-large", "app.handler", Language::Python, python(vec![b'\n'; 3 << 20]), Some("too_large")),
        ("python-recursion", "app.handler", Language::Python, vec![("app.py", recursive.into_bytes())], None),
        (
            "python-string-loop",
            "app.handler",
            Language::Python,
            python(b"s = ''\nfor i in range(9):\n    s = s + 'a'\n    s += s\n".to_vec()),
            None,
        ),
        (
            "python-self-list",
            "app.handler",
            Language::Python,
            python(b"a = []\na.append(a)\nimport boto3\nboto3.client('sqs').send_message(A=a)\n".to_vec()),
            None,
        ),
        (
            "python-unicode",
            "app.handler",
            Language::Python,
            python("é = '☃'; print(f'{é}💥')\n".as_bytes().to_vec()),
            None,
        ),
        (
            "python-byte-order-mark",
            "app.handler",
            Language::Python,
            python("\u{feff}import os\n".as_bytes().to_vec()),
            None,
        ),
        ("python-no-handler", "handler", Language::Python, python(Vec::new()), Some("handler_missing")),
        ("python-empty", "app.handler", Language::Python, vec![("app.py", Vec::new())], Some("handler_missing")),
        ("python-nothing", "app.handler", Language::Python, Vec::new(), Some("handler_missing")),
    ]
}

fn script() -> Vec<Hostile> {
    let script = |text: String| vec![("app.js", text.into_bytes())];
    let exports = "exports.handler = async () => {};\n";
    vec![
        (
            "script-brackets",
            "app.handler",
            Language::JavaScript,
            script(format!("{exports}x = {}{};", "[".repeat(100_000), "]".repeat(100_000))),
            Some("bundled"),
        ),
        (
            "script-lines-of-brackets",
            "app.handler",
            Language::JavaScript,
            script(format!("{exports}x = {}{};", "[\n".repeat(100_000), "]\n".repeat(100_000))),
            Some("too_large"),
        ),
        (
            "script-else-if",
            "app.handler",
            Language::JavaScript,
            script(format!("{exports}{}{{}}", "if (a) {} else\n".repeat(20_000))),
            Some("too_large"),
        ),
        (
            "script-syntax",
            "app.handler",
            Language::JavaScript,
            script(format!("{exports}const = ;")),
            Some("unparsable"),
        ),
        (
            "script-minified",
            "app.handler",
            Language::JavaScript,
            script(format!("{exports}{}", "a(1);".repeat(20_000))),
            Some("bundled"),
        ),
        (
            "script-promise-loop",
            "app.handler",
            Language::JavaScript,
            script("let f = async (x) => f(f(x).then(f));\nexports.handler = f;\n".into()),
            Some("dynamic_method"),
        ),
        (
            "script-cycle",
            "app.handler",
            Language::JavaScript,
            vec![
                ("app.js", b"const b = require('./b'); exports.handler = () => b.x();".to_vec()),
                ("b.js", b"const a = require('./app'); exports.x = () => a.handler();".to_vec()),
            ],
            None,
        ),
    ]
}

/// The analysis ends, without a panic, and says what it must.
fn survives(
    handler: &str,
    language: Language,
    files: Vec<(&'static str, Vec<u8>)>,
    refusal: Option<&str>,
) -> Result<(), String> {
    let files = files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.into())).collect();
    let usage = analyse(&SourceSet { files }, handler, language);
    let kinds: BTreeSet<String> = usage
        .refusals
        .iter()
        .filter_map(|refusal| serde_json::to_value(refusal.kind).ok()?.as_str().map(str::to_owned))
        .collect();
    match refusal {
        Some(kind) if kinds.contains(kind) => Ok(()),
        None if kinds.is_empty() => Ok(()),
        _ => Err(format!("{:?}, expected {refusal:?}", usage.refusals)),
    }
}
