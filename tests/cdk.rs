//! Cloud assemblies: what is found, whose it is, where it is made; assemblies that are broken.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use support::{Scratch, items, text};

fn fixture(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/cdk").join(format!("orders-{version}"))
}

/// A copy of a fixture in which the assembly is newer than its source.
fn copy(version: &str) -> Scratch {
    let scratch = Scratch::with(&[]);
    let from = fixture(version);
    let mut open = vec![from.clone()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&from).unwrap().to_str().unwrap().to_owned();
                scratch.write(&name, fs::read(&path).unwrap());
            }
        }
    }
    scratch
}

fn places(report: &Value) -> BTreeMap<String, BTreeSet<u64>> {
    let mut places: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for finding in items(&report["findings"]) {
        let source = &finding["source"];
        assert_eq!(source["file"], "app.ts", "{finding}");
        assert!(finding["no_source_reason"].is_null(), "{finding}");
        places.entry(text(&finding["control"]).to_owned()).or_default().insert(source["line"].as_u64().unwrap());
    }
    places
}

#[test]
fn assemblies_of_old_and_new_versions_are_located() {
    let source = fs::read_to_string(fixture("2.276").join("app.ts")).unwrap();
    let line = |start: &str| source.lines().position(|line| line.contains(start)).unwrap() as u64 + 1;
    for version in ["2.100", "2.180", "2.276"] {
        let report = copy(version).json(1, &["scan"]);
        let places = places(&report);
        let buckets = [line("this.uploads = new s3.Bucket"), line("new s3.Bucket(this, `")];
        assert_eq!(places["s3-versioning"], buckets.into(), "{version}");
        assert_eq!(places["sqs-encryption"], [line("new WorkQueue(")].into(), "{version}: in the nested stack");
        assert_eq!(places["dynamodb-point-in-time-recovery"], [line("new Table(")].into(), "{version}");
        assert_eq!(places["lambda-tracing"], [line("new lambda.Function(")].into(), "{version}");
        assert_eq!(places["apigateway-throttling"], [line("new apigateway.LambdaRestApi(")].into(), "{version}");
        assert_eq!(places["iam-wildcard-actions"], [line("new lambda.Function(")].into(), "{version}");
    }
}

#[test]
fn a_stage_is_an_assembly_in_the_assembly() {
    let report = copy("2.276").json(1, &["scan"]);
    let files: BTreeSet<&str> = items(&report["findings"]).iter().map(|finding| text(&finding["file"])).collect();
    assert!(files.contains("assembly/Dev.template.json"), "{files:?}");
    assert!(files.iter().any(|file| file.starts_with("assembly/assembly-Live/")), "{files:?}");
}

#[test]
fn what_libraries_make_for_themselves_is_left_out() {
    for version in ["2.100", "2.180", "2.276"] {
        let scratch = copy(version);
        let functions = |report: &Value| -> BTreeSet<String> {
            let all = items(&report["findings"]).iter().map(|finding| text(&finding["resource"]).to_owned());
            all.filter(|resource| resource.starts_with("AWS::Lambda::Function")).collect()
        };
        let own = functions(&scratch.json(1, &["scan"]));
        assert_eq!(own.len(), 1, "{version}: {own:?}");
        let all = functions(&scratch.json(1, &["scan", "--all"]));
        assert_eq!(all.len(), 4, "{version}: {all:?}");
    }
}

#[test]
fn a_function_with_a_retention_has_its_log_group() {
    let report = copy("2.276").json(1, &["scan"]);
    assert!(items(&report["findings"]).iter().all(|finding| finding["control"] != "lambda-log-group"));
}

#[test]
fn synthesised_templates_are_never_edited() {
    let scratch = copy("2.276");
    let before: Vec<String> = scratch.names();
    scratch.json(1, &["fix", "--grade", "review", "--write"]);
    assert!(scratch.names() == before);
    let template = fs::read(fixture("2.276").join("assembly/Dev.template.json")).unwrap();
    assert_eq!(fs::read(scratch.path("assembly/Dev.template.json")).unwrap(), template);
    // Also where the template stands alone.
    let alone = Scratch::with(&[("Dev.template.json", std::str::from_utf8(&template).unwrap())]);
    let report = alone.json(1, &["fix", "--grade", "review", "--write"]);
    assert!(items(&report["applied"]).is_empty() && alone.read("Dev.template.json").as_bytes() == template);
    assert!(items(&report["findings"]).iter().all(|finding| finding["source"].is_null()));
    assert!(items(&report["not_applied"]).iter().any(|left| text(&left["reason"]).contains("synthesised")));
}

#[test]
fn the_program_is_edited_once() {
    for version in ["2.100", "2.180", "2.276"] {
        let scratch = copy(version);
        // Nothing is safe before somebody has looked at what the program makes.
        assert!(items(&scratch.json(1, &["fix", "--write"])["applied"]).is_empty());
        let report = scratch.json(1, &["fix", "--grade", "review", "--write"]);
        let fixed = scratch.read("app.ts");
        for written in [
            "import { Queue as WorkQueue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';\n",
            "new WorkQueue(this, 'Orders', {\n      encryption: QueueEncryption.SQS_MANAGED,\n    });\n",
            "      autoDeleteObjects: true,\n      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,\n",
            "new s3.Bucket(this, `${kind}Bucket`, {\n        blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,\n",
        ] {
            assert_eq!(fixed.matches(written).count(), 1, "{version}: {written}\n{fixed}");
        }
        let old = fixed.contains("      pointInTimeRecovery: true,\n");
        let new =
            fixed.contains("      pointInTimeRecoverySpecification: {\n        pointInTimeRecoveryEnabled: true,\n");
        assert_eq!((old, new), if version == "2.100" { (true, false) } else { (false, true) }, "{version}");
        let applied = items(&report["applied"]);
        let in_loop = applied.iter().find(|fix| text(&fix["resource"]).contains("AuditBucket"));
        let notes = in_loop.unwrap()["notes"].to_string();
        assert!(notes.contains("the call makes ") && notes.contains("all of them change"), "{notes}");
        let gone = |control: &str| items(&report["findings"]).iter().all(|finding| finding["control"] != control);
        assert!(gone("sqs-encryption") && gone("s3-public-access-block"), "{version}");
        // The assembly is the old one: it says what was, and the program is left alone.
        let again = scratch.json(1, &["fix", "--grade", "review", "--write"]);
        assert!(items(&again["applied"]).is_empty() && scratch.read("app.ts") == fixed, "{version}");
        let left = items(&again["not_applied"]).iter().find(|left| left["control"] == "sqs-encryption").unwrap();
        assert!(text(&left["reason"]).contains("synthesise again"), "{left}");
    }
}

#[test]
fn an_assembly_may_be_named() {
    let scratch = copy("2.180");
    fs::rename(scratch.path("assembly"), scratch.path("elsewhere")).unwrap();
    let ran = scratch.expect(1, &["scan", ".", "--assembly", "elsewhere"]);
    assert!(ran.stdout.contains("made at app.ts:"), "{}", ran.stdout);
    let ran = scratch.expect(2, &["scan", ".", "--assembly", "nowhere"]);
    assert!(ran.stderr.contains("nowhere is no cloud assembly"), "{}", ran.stderr);
}

#[test]
fn an_application_without_an_assembly_is_said() {
    let scratch = Scratch::with(&[("infra/cdk.json", "{}"), ("main.tf", "")]);
    let ran = scratch.expect(0, &["scan"]);
    assert!(ran.stderr.contains("infra/cdk.json: a CDK application without a synthesised assembly"), "{}", ran.stderr);
}

#[test]
fn an_assembly_older_than_its_source_is_said() {
    let scratch = copy("2.180");
    let ran = scratch.expect(1, &["scan"]);
    assert!(!ran.stderr.contains("older than"), "{}", ran.stderr);
    let manifest = fs::File::options().write(true).open(scratch.path("assembly/manifest.json")).unwrap();
    manifest.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
    let ran = scratch.expect(1, &["scan"]);
    assert!(ran.stderr.contains("seconds older than app.ts"), "{}", ran.stderr);
}

#[test]
fn a_call_that_is_not_there_is_not_claimed() {
    let scratch = copy("2.276");
    // Lines that moved: the call stack names what is no call any more, the ids still tell.
    let source = scratch.read("app.ts");
    scratch.write("app.ts", format!("\n\n{source}"));
    let report = scratch.json(1, &["scan", "--control", "sqs-encryption"]);
    let line = source.lines().position(|line| line.contains("new WorkQueue(")).unwrap() as u64 + 3;
    for finding in items(&report["findings"]) {
        assert_eq!(finding["source"]["line"], line);
    }
    scratch.write(
        "app.ts",
        source.replace("this, 'Orders');\n  }\n}\n\nclass Storage", "this, 'Renamed');\n  }\n}\n\nclass Storage"),
    );
    let report = scratch.json(1, &["scan", "--control", "sqs-encryption"]);
    for finding in items(&report["findings"]) {
        assert!(finding["source"].is_null(), "{finding}");
        assert!(text(&finding["no_source_reason"]).contains("no call of Queue with the id `Orders`"), "{finding}");
    }
}

#[test]
fn two_calls_that_fit_are_told_apart_by_the_call_stack_only() {
    let scratch = copy("2.276");
    let twin = "\nexport function other(scope: Construct) {\n  return new WorkQueue(scope, 'Orders');\n}\n";
    let source = scratch.read("app.ts");
    scratch.write("app.ts", format!("{source}{twin}"));
    let report = scratch.json(1, &["scan", "--control", "sqs-encryption"]);
    assert!(items(&report["findings"]).iter().all(|finding| finding["source"]["line"].is_u64()));
    let old = copy("2.100");
    old.write("app.ts", format!("{source}{twin}"));
    let report = old.json(1, &["scan", "--control", "sqs-encryption"]);
    let reason = text(&items(&report["findings"])[0]["no_source_reason"]).to_owned();
    assert!(reason.contains("2 calls of Queue have the id `Orders`"), "{reason}");
}

/// A manifest with one stack.
fn manifest(template: &str) -> String {
    let stack = json!({ "type": "aws:cloudformation:stack", "properties": { "templateFile": template } });
    json!({ "version": "36.0.0", "artifacts": { "S": stack } }).to_string()
}

#[test]
fn a_manifest_can_not_lead_out_of_the_assembly() {
    let template = json!({ "Resources": { "Q": { "Type": "AWS::SQS::Queue" } } }).to_string();
    for outside in ["../secret.json", "/etc/hostname", "../../nowhere.json"] {
        let scratch = Scratch::with(&[
            ("app/cdk.out/cdk.out", "{}"),
            ("app/cdk.out/manifest.json", &manifest(outside)),
            ("app/cdk.json", "{}"),
            ("app/secret.json", &template),
        ]);
        let ran = scratch.expect(4, &["scan", "app/cdk.out"]);
        assert!(ran.stderr.contains("lies outside the assembly"), "{outside}: {}", ran.stderr);
    }
}

#[test]
fn broken_assemblies_are_said() {
    let stage = |directory: &str| {
        let stage = json!({ "type": "cdk:cloud-assembly", "properties": { "directoryName": directory } });
        json!({ "version": "36.0.0", "artifacts": { "Stage": stage } }).to_string()
    };
    for (manifest, template, said) in [
        ("{\"artifacts\": {", "", "manifest.json: not valid JSON"),
        (&*manifest("S.template.json"), "{\"Resources\": {\"Q\": {\"Type\": \"AWS::SQS::Queue\"", "not valid JSON"),
        (&*manifest("missing.json"), "", "missing.json: can't be read"),
        (&*stage("gone"), "", "gone/manifest.json: can't be read"),
    ] {
        let scratch = Scratch::with(&[
            ("cdk.out/cdk.out", "{}"),
            ("cdk.out/manifest.json", manifest),
            ("cdk.out/S.template.json", template),
            ("cdk.json", "{}"),
        ]);
        let ran = scratch.expect(4, &["scan"]);
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
    // A stage that is its own parent ends.
    let scratch =
        Scratch::with(&[("cdk.out/cdk.out", "{}"), ("cdk.out/manifest.json", &stage(".")), ("cdk.json", "{}")]);
    scratch.run(&["scan"]);
}

#[test]
fn python_calls_are_located() {
    let stack = |trace: Value| {
        let entry = json!([{ "type": "aws:cdk:logicalId", "data": "Jobs" }, { "type": "aws:cdk:creationStack", "data": trace }]);
        let stack = json!({
            "type": "aws:cloudformation:stack",
            "properties": { "templateFile": "S.template.json" },
            "metadata": { "/S/Jobs/Resource": entry },
        });
        json!({ "version": "36.0.0", "artifacts": { "S": stack } }).to_string()
    };
    let template = json!({ "Resources": { "Jobs": { "Type": "AWS::SQS::Queue", "Metadata": { "aws:cdk:path": "S/Jobs/Resource" } } } });
    let class = |fqn: &str| json!({ "fqn": fqn, "version": "2.276.0" });
    let tree = json!({ "version": "tree-0.1", "tree": { "id": "App", "path": "", "children": { "S": {
        "id": "S", "path": "S", "constructInfo": class("aws-cdk-lib.Stack"), "children": { "Jobs": {
            "id": "Jobs", "path": "S/Jobs", "constructInfo": class("aws-cdk-lib.aws_sqs.Queue"), "children": { "Resource": {
                "id": "Resource", "path": "S/Jobs/Resource", "constructInfo": class("aws-cdk-lib.aws_sqs.CfnQueue") } } } } } } } });
    let source = "import aws_cdk as cdk\nfrom aws_cdk.aws_sqs import Queue as JobQueue\n\n\nclass S(cdk.Stack):\n    \
        def __init__(self, scope, id):\n        super().__init__(scope, id)\n        JobQueue(\n            self,\n            \
        \"Jobs\",\n        )\n";
    for trace in [json!(["...jsii runtime...", "__init__ (/srv/work/app.py:8)"]), json!([])] {
        let scratch = Scratch::with(&[
            ("cdk.json", "{}"),
            ("app.py", source),
            ("cdk.out/cdk.out", "{}"),
            ("cdk.out/manifest.json", &stack(trace)),
            ("cdk.out/tree.json", &tree.to_string()),
            ("cdk.out/S.template.json", &template.to_string()),
        ]);
        let report = scratch.json(1, &["scan", "--control", "sqs-encryption"]);
        let finding = &items(&report["findings"])[0];
        assert_eq!(finding["source"], json!({ "file": "app.py", "line": 8, "construct": "S/Jobs" }), "{finding}");
    }
}

/// An application with one construct `Jobs` in the stack `S`, and the resource that it makes.
fn one(class: &str, path: &str, resource: &Value, source: &str) -> Scratch {
    let mut resource = resource.clone();
    resource["Metadata"] = json!({ "aws:cdk:path": path });
    let info = |fqn: &str| json!({ "fqn": fqn, "version": "2.276.0" });
    let jobs = json!({ "id": "Jobs", "path": "S/Jobs", "constructInfo": info(class) });
    let stack =
        json!({ "id": "S", "path": "S", "constructInfo": info("aws-cdk-lib.Stack"), "children": { "Jobs": jobs } });
    let tree = json!({ "tree": { "id": "App", "path": "", "children": { "S": stack } } });
    Scratch::with(&[
        ("cdk.json", "{}"),
        ("app.ts", source),
        ("cdk.out/cdk.out", "{}"),
        ("cdk.out/manifest.json", &manifest("S.template.json")),
        ("cdk.out/tree.json", &tree.to_string()),
        ("cdk.out/S.template.json", &json!({ "Resources": { "Jobs": resource } }).to_string()),
    ])
}

#[test]
fn bare_classes_have_the_templates_properties() {
    let source = "import { Stack, aws_appsync as appsync } from 'aws-cdk-lib';\n\nexport class S extends Stack {\n  \
        jobs = new appsync.CfnGraphQLApi(this, 'Jobs', {\n    name: 'jobs',\n  });\n}\n";
    let resource = json!({ "Type": "AWS::AppSync::GraphQLApi", "Properties": { "Name": "jobs" } });
    let scratch = one("aws-cdk-lib.aws_appsync.CfnGraphQLApi", "S/Jobs", &resource, source);
    let arguments = ["fix", "--write", "--grade", "review", "--control", "appsync-tracing"];
    scratch.expect(0, &arguments);
    let edited = scratch.read("app.ts");
    assert!(edited.contains("    name: 'jobs',\n    xrayEnabled: true,\n"), "{edited}");
    // The assembly is as it was: nobody synthesised again.
    let again = scratch.json(1, &arguments);
    assert!(items(&again["applied"]).is_empty(), "{again}");
    assert_eq!(scratch.read("app.ts"), edited);
}

#[test]
fn values_inside_of_values_of_bare_classes_have_their_names() {
    let source = "import { Stack } from 'aws-cdk-lib';\nimport { CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';\n\n\
        export class S extends Stack {\n  jobs = new CfnStage(this, 'Jobs', { apiId: 'a', stageName: 's' });\n}\n";
    let properties = json!({ "ApiId": "a", "StageName": "s" });
    let resource = json!({ "Type": "AWS::ApiGatewayV2::Stage", "Properties": properties });
    let scratch = one("aws-cdk-lib.aws_apigatewayv2.CfnStage", "S/Jobs", &resource, source);
    scratch.expect(0, &["fix", "--write", "--grade", "review", "--control", "apigateway-throttling"]);
    let edited = scratch.read("app.ts");
    let added = "stageName: 's', defaultRouteSettings: {\n    throttlingBurstLimit: 200,\n    throttlingRateLimit: 100,\n  } });";
    assert!(edited.contains(added), "{edited}");
}

#[test]
fn comments_of_the_program_silence() {
    let resource = json!({ "Type": "AWS::SQS::Queue" });
    let before = "import { Stack, aws_sqs as sqs } from 'aws-cdk-lib';\n\nexport class S extends Stack {\n";
    let call = "jobs = new sqs.Queue(this, 'Jobs');";
    for (body, tool) in [
        (format!("  // terramend:ignore sqs-encryption -- holds nothing\n  {call}\n"), Some("terramend")),
        (format!("  {call} // checkov:skip=CKV_AWS_27:holds nothing\n"), Some("checkov")),
        (format!("  // terramend:ignore sqs-encryption -- holds nothing\n\n  {call}\n"), None),
        (format!("  // terramend:ignore sqs-tls-only -- holds nothing\n  {call}\n"), None),
    ] {
        let scratch = one("aws-cdk-lib.aws_sqs.Queue", "S/Jobs/Resource", &resource, &format!("{before}{body}}}\n"));
        let report = scratch.json(i32::from(tool.is_none()), &["scan", "--control", "sqs-encryption"]);
        let suppressed = &items(&report["findings"])[0]["suppressed"];
        assert_eq!(suppressed["tool"].as_str(), tool, "{body}");
        assert!(tool.is_none() || suppressed["reason"] == "holds nothing", "{suppressed}");
    }
}

/// An application whose "library" is a shell script: queues in `app.ts`, and what becomes of an encryption that is set.
fn scripted(then: &str) -> Scratch {
    let queue = |id: &str| json!({ "Type": "AWS::SQS::Queue", "Properties": format!("PROPERTIES-{id}"), "Metadata": { "aws:cdk:path": format!("S/{id}/Resource") } });
    let template = json!({ "Resources": { "Jobs": queue("Jobs"), "Orders": queue("Orders") } }).to_string();
    let class = |fqn: &str| json!({ "fqn": fqn, "version": "2.276.0" });
    let child =
        |id: &str| json!({ "id": id, "path": format!("S/{id}"), "constructInfo": class("aws-cdk-lib.aws_sqs.Queue") });
    let children = json!({ "Jobs": child("Jobs"), "Orders": child("Orders") });
    let stack = json!({ "id": "S", "path": "S", "constructInfo": class("aws-cdk-lib.Stack"), "children": children });
    let tree = json!({ "tree": { "id": "App", "path": "", "children": { "S": stack } } }).to_string();
    let script = format!(
        r#"set -e
mkdir -p "$CDK_OUTDIR"
set_to='{{}}'
extra=''
count=$(grep -c SQS_MANAGED app.ts || true)
if [ "$count" -gt 0 ]; then {then}; fi
cp template.txt t
for id in Jobs Orders; do
  own='{{}}'
  if grep -A1 "'$id', {{" app.ts | grep -q SQS_MANAGED; then own="$set_to"; fi
  sed "s/\"PROPERTIES-$id\"/$own/" t > u
  mv u t
done
sed "s/}}}}\$/$extra}}}}/" t > "$CDK_OUTDIR/S.template.json"
cp tree.txt "$CDK_OUTDIR/tree.json"
cp manifest.txt "$CDK_OUTDIR/manifest.json"
echo '{{}}' > "$CDK_OUTDIR/cdk.out"
"#
    );
    let source = "import { Stack } from 'aws-cdk-lib';\nimport * as sqs from 'aws-cdk-lib/aws-sqs';\n\n\
        export class S extends Stack {\n  jobs = new sqs.Queue(this, 'Jobs');\n  orders = new sqs.Queue(this, 'Orders');\n}\n";
    Scratch::with(&[
        ("cdk.json", r#"{ "app": "sh synth.sh" }"#),
        ("app.ts", source),
        ("synth.sh", &script),
        ("tree.txt", &tree),
        ("manifest.txt", &manifest("S.template.json")),
        ("template.txt", &template),
    ])
}

const ENCRYPTED: &str = "set_to='{\"SqsManagedSseEnabled\":true}'";

#[test]
fn what_is_proven_may_be_safe() {
    let scratch = scripted(ENCRYPTED);
    let arguments = ["fix", "--write", "--control", "sqs-encryption", "--verify-cdk"];
    let ran = scratch.expect(0, &arguments);
    assert!(ran.stderr.contains("running the code of the CDK application"), "{}", ran.stderr);
    assert_eq!(scratch.read("app.ts").matches("encryption: sqs.QueueEncryption.SQS_MANAGED,").count(), 2);
    assert!(!scratch.path("cdk.out").exists(), "all is done in a copy");
    let again = scratch.json(0, &arguments);
    assert!(items(&again["applied"]).is_empty() && items(&again["findings"]).is_empty());
}

#[test]
fn what_is_not_proven_is_taken_back() {
    let other = r#","Extra":{"Type":"AWS::SNS::Topic"}"#;
    for (then, kept, said) in [
        (":".to_owned(), 0, "synthesised again, AWS::SQS::Queue.Jobs still fails sqs-encryption"),
        ("echo 'Error: no encryption' >&2; exit 1".into(), 0, "Error: no encryption"),
        (format!("{ENCRYPTED}; extra='{other}'"), 0, "AWS::SNS::Topic Extra would be added, too"),
        // Both together are too much: one is kept.
        (
            format!("{ENCRYPTED}; if [ \"$count\" -gt 1 ]; then echo 'Error: one only' >&2; exit 1; fi"),
            1,
            "Error: one only",
        ),
    ] {
        let scratch = scripted(&then);
        let report = scratch.json(1, &["fix", "--write", "--control", "sqs-encryption", "--verify-cdk"]);
        let reasons = report["not_applied"].to_string();
        assert!(reasons.contains(said) && reasons.contains("taken back"), "{then}: {reasons}");
        let written = scratch.read("app.ts").matches("SQS_MANAGED").count();
        assert_eq!((items(&report["applied"]).len(), written), (kept, kept), "{then}: {reasons}");
    }
}

#[test]
fn what_another_tool_reported_is_proven_too() {
    let location = |line: usize| json!([{ "physicalLocation": { "artifactLocation": { "uri": "app.ts" }, "region": { "startLine": line } } }]);
    let driver = json!({ "driver": { "name": "scanner" } });
    let result =
        json!({ "ruleId": "sqs-encryption", "message": { "text": "no encryption" }, "locations": location(6) });
    let sarif = json!({ "version": "2.1.0", "runs": [{ "tool": driver, "results": [result] }] }).to_string();
    for (then, applied) in [(ENCRYPTED, 1), (":", 0)] {
        let scratch = scripted(then);
        scratch.write("report.sarif", &sarif);
        let arguments = ["fix", "--write", "--from", "report.sarif", "--verify-cdk"];
        let report = scratch.json(i32::from(applied == 0), &arguments);
        assert_eq!(items(&report["applied"]).len(), applied, "{report}");
        let source = scratch.read("app.ts");
        assert_eq!(
            source.matches("SQS_MANAGED").count(),
            applied,
            "only what was reported, when it is proven: {source}"
        );
    }
}

#[test]
fn what_does_not_synthesise_is_said() {
    for (command, said) in
        [("echo 'Error: broken' >&2; exit 1", "Error: broken"), ("sleep 60", "longer than 1 seconds")]
    {
        let scratch = scripted(":");
        scratch.write("cdk.json", json!({ "app": command }).to_string());
        let ran = scratch.expect(4, &["fix", "--verify-cdk", "--cdk-timeout", "1"]);
        assert!(ran.stderr.contains("doesn't synthesise") && ran.stderr.contains(said), "{}", ran.stderr);
    }
}
