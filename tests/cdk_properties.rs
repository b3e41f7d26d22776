//! What pages set in calls, asked of the library's own type declarations: every class, property and expression compiles.
//!
//! Needs aws-cdk-lib and TypeScript (`npm install aws-cdk-lib constructs typescript@5.9`) below `target/cdk`, or below the
//! directory that `TERRAMEND_CDK` names.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use hcl_edit::Span as _;
use terramend::catalogue::{Catalogue, Control};
use terramend::model::{Construct, ProgramDraft};
use terramend::program::parse_expression;

/// Where the packages are installed; nothing, said, when they aren't.
fn modules() -> Option<PathBuf> {
    let named = std::env::var_os("TERRAMEND_CDK").map(PathBuf::from);
    let place = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cdk"));
    let modules = place.join("node_modules");
    if modules.join("aws-cdk-lib").is_dir() && modules.join(".bin/tsc").exists() {
        return Some(modules);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "aws-cdk-lib is not installed in {}: .ci/run does that",
        modules.display()
    );
    eprintln!("skipped: aws-cdk-lib and TypeScript are not installed in {}", modules.display());
    None
}

/// A name with its module, as a file writes it that imports the whole library.
fn path(own: &str, names: &[String]) -> String {
    match names {
        [module, rest @ ..] if module == "core" => format!("cdk.{}", rest.join(".")),
        [module, rest @ ..] if module.starts_with(char::is_lowercase) => format!("cdk.{module}.{}", rest.join(".")),
        names => format!("{own}.{}", names.join(".")),
    }
}

fn expression(own: &str, draft: &ProgramDraft) -> String {
    let all = |drafts: &[ProgramDraft]| drafts.iter().map(|d| expression(own, d)).collect::<Vec<_>>().join(", ");
    match draft {
        ProgramDraft::Bool(b) => b.to_string(),
        ProgramDraft::Number(number) => number.clone(),
        ProgramDraft::Text(text) => format!("'{text}'"),
        ProgramDraft::Scope => "scope".into(),
        ProgramDraft::Name(names) => path(own, names),
        ProgramDraft::List(items) => format!("[{}]", all(items)),
        ProgramDraft::New(Construct { class, arguments }) => format!("new {}({})", path(own, class), all(arguments)),
        ProgramDraft::Call { function, arguments } => format!("{}({})", path(own, function), all(arguments)),
        // What a page has names for: the construct itself, and others by their types.
        ProgramDraft::Given(name) => format!("${name}"),
        ProgramDraft::Made(_) | ProgramDraft::Joined(_) => unreachable!("a page doesn't know what was made"),
        ProgramDraft::Member { of, name } => format!("{}.{name}", expression(own, of)),
        ProgramDraft::Method { of, name, arguments } => format!("{}.{name}({})", expression(own, of), all(arguments)),
        ProgramDraft::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(name, value)| format!("{name}: {}", expression(own, value))).collect();
            format!("({{ {} }})", entries.join(", "))
        }
        ProgramDraft::Struct { name, fields } => {
            let fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name}: {}", expression(own, value))).collect();
            // Not `as`: that would take a field that the type doesn't have.
            let type_of =
                name.as_ref().map_or(String::new(), |name| format!(" satisfies Partial<{}>", path(own, name)));
            format!("({{ {} }}{type_of})", fields.join(", "))
        }
    }
}

/// The text of a value in a page, with something in the place of what options give.
fn written(control: &Control, value: &hcl_edit::expr::Expression) -> String {
    let mut text = control.source[value.span().unwrap()].trim().trim_matches('"').to_owned();
    while let Some(start) = text.find("${") {
        let end = start + text[start..].find('}').unwrap();
        let given = match &text[start..end] {
            option if option.contains("log_retention") => "ONE_MONTH",
            option if option.contains("option.log_ip") => "true",
            option if option.contains("option.traffic") => "REJECT",
            _ => "12",
        };
        text.replace_range(start..=end, given);
    }
    // An option alone.
    if text.starts_with("option.") { "12".into() } else { text }
}

/// The type of an argument of a call that pages name by its last name: of a class, of a static method, of a method.
fn argument(modules: &Path, own: &str, class: &str, call: &str, at: usize) -> String {
    const MODULES: [&str; 6] = [
        "aws-events-targets",
        "aws-scheduler-targets",
        "aws-lambda-event-sources",
        "aws-sns-subscriptions",
        "aws-ecs",
        "aws-events",
    ];
    let (class_of, static_of) = (format!("export declare class {call} "), format!("static {call}("));
    for module in MODULES {
        let mut open = vec![modules.join("aws-cdk-lib").join(module).join("lib")];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                if !path.to_string_lossy().ends_with(".d.ts") {
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                let module = module.replace('-', "_");
                if text.contains(&class_of) {
                    return format!("ConstructorParameters<typeof cdk.{module}.{call}>[{at}]");
                }
                if let Some(found) = text.find(&static_of) {
                    let class = text[..found].rsplit("export declare class ").next().unwrap();
                    let class = class.split([' ', '<']).next().unwrap();
                    return format!("Parameters<typeof cdk.{module}.{class}.{call}>[{at}]");
                }
            }
        }
    }
    format!("Parameters<{own}.{class}['{call}']>[{at}]")
}

#[test]
fn everything_that_pages_set_has_its_type() {
    let Some(modules) = modules() else { return };
    let catalogue = Catalogue::built_in().unwrap();
    let mut source = String::from(
        "import * as cdk from 'aws-cdk-lib';\ndeclare const scope: cdk.Stack;\ndeclare const $vpc: cdk.aws_ec2.Vpc;\ntype Parts<T> = { [K in keyof NonNullable<T>]?: Partial<NonNullable<NonNullable<T>[K]>> };\n",
    );
    let mut namespaces: BTreeMap<String, String> = BTreeMap::new();
    let mut count = 0;
    for control in catalogue.controls() {
        for spec in control.constructs.iter() {
            for class in &spec.classes {
                let (module, name) = class.rsplit_once('.').unwrap();
                let own = match module.strip_prefix("aws-cdk-lib.") {
                    Some(inner) => format!("cdk.{inner}"),
                    None if modules.join(module).is_dir() => {
                        let next = format!("module{}", namespaces.len());
                        namespaces.entry(module.to_owned()).or_insert(next).clone()
                    }
                    // Packages of their own come when they like.
                    None => continue,
                };
                let within = spec.within.iter().flat_map(|within| &within.calls);
                let mut holders: Vec<String> =
                    within.map(|(call, at)| argument(&modules, &own, name, call, *at)).collect();
                if holders.is_empty() {
                    holders.push(format!("ConstructorParameters<typeof {own}.{name}>[2]"));
                }
                for (property, value) in &spec.set {
                    let draft = parse_expression(&written(control, value)).unwrap();
                    let value = expression(&own, &draft);
                    // What a structure must have stands in the call already.
                    let parts = matches!(draft, ProgramDraft::Struct { .. });
                    for holder in &holders {
                        let holder = if parts { format!("Parts<{holder}>") } else { holder.clone() };
                        writeln!(
                            source,
                            "/* {} {class} */ {{ const p: Partial<NonNullable<{holder}>> = {{ {property}: {value} }}; void p; }}",
                            control.id
                        )
                        .unwrap();
                        count += 1;
                    }
                }
                for statement in &spec.below {
                    let statement = expression(&own, &parse_expression(&written(control, statement)).unwrap());
                    writeln!(
                        source,
                        "/* {} {class} */ (($self: {own}.{name}, $topic: cdk.aws_sns.Topic, $store: cdk.aws_rds.DatabaseCluster) => {{ {statement}; }});",
                        control.id
                    )
                    .unwrap();
                    count += 1;
                }
            }
        }
    }
    for (module, name) in &namespaces {
        source.insert_str(0, &format!("import * as {name} from '{module}';\n"));
    }
    let place = modules.parent().unwrap().join("properties.ts");
    std::fs::write(&place, &source).unwrap();
    let arguments = ["--noEmit", "--strict", "--skipLibCheck", "--pretty", "false", "--target", "es2022", "--module"];
    let tsc = modules.join(".bin/tsc");
    let output = Command::new(tsc)
        .args(arguments)
        .args(["commonjs", "--moduleResolution", "node"])
        .arg(&place)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(count > 60, "{count} properties: the pages have more");
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
