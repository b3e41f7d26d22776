//! Permissions that a CDK program writes: narrowed in its own statements and grants, in every ending and style of a file,
//! or shown with the place and the reason.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Scratch, items, text};

const CODE: &str = "import os\nimport boto3\n\ntable = boto3.resource(\"dynamodb\").Table(os.environ[\"TABLE\"])\nsqs = boto3.client(\"sqs\")\n\n\ndef handler(event, context):\n    sqs.send_message(QueueUrl=os.environ[\"QUEUE\"], MessageBody=\"x\")\n    return table.get_item(Key={\"id\": event[\"id\"]})\n";

/// A program in one file, and what it makes: a function with a role that has these statements, a table and a queue.
fn app(name: &str, program: &str, statements: &Value) -> Scratch {
    let scratch = Scratch::with(&[("cdk.json", r#"{ "app": "node app.js" }"#), (name, program)]);
    let stack = json!({ "type": "aws:cloudformation:stack", "properties": { "templateFile": "S.template.json" } });
    scratch.write("cdk.out/manifest.json", json!({ "artifacts": { "S": stack } }).to_string());
    let node =
        |path: &str, class: &str| json!({ "path": path, "constructInfo": { "fqn": class, "version": "2.276.0" } });
    let mut top = node("S", "aws-cdk-lib.Stack");
    top["children"] = json!({
        "Orders": node("S/Orders", "aws-cdk-lib.aws_dynamodb.Table"),
        "Jobs": node("S/Jobs", "aws-cdk-lib.aws_sqs.Queue"),
        "Handler": node("S/Handler", "aws-cdk-lib.aws_lambda.Function"),
    });
    scratch.write("cdk.out/tree.json", json!({ "tree": { "path": "", "children": { "S": top } } }).to_string());
    let at = |path: &str| json!({ "aws:cdk:path": format!("S/{path}/Resource") });
    let trust =
        json!([{ "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" } }]);
    let basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    let resources = json!({
        "Orders": { "Type": "AWS::DynamoDB::Table", "Properties": { "KeySchema": [] }, "Metadata": at("Orders") },
        "Jobs": { "Type": "AWS::SQS::Queue", "Metadata": at("Jobs") },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": { "AssumeRolePolicyDocument": { "Statement": trust }, "ManagedPolicyArns": [basic] },
            "Metadata": at("Handler/ServiceRole"),
        },
        "Policy": {
            "Type": "AWS::IAM::Policy",
            "Properties": { "PolicyName": "p", "PolicyDocument": { "Statement": statements }, "Roles": [{ "Ref": "Role" }] },
            "Metadata": at("Handler/ServiceRole/DefaultPolicy"),
        },
        "Handler": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Code": { "ZipFile": CODE },
                "Role": { "Fn::GetAtt": ["Role", "Arn"] },
                "Environment": { "Variables": { "TABLE": { "Ref": "Orders" }, "QUEUE": { "Ref": "Jobs" } } },
            },
            "Metadata": at("Handler"),
        },
    });
    scratch.write("cdk.out/S.template.json", json!({ "Resources": resources }).to_string());
    scratch
}

/// The program after a run that narrows what its functions may do.
fn fixed(scratch: &Scratch, name: &str) -> (String, Value) {
    let arguments = ["fix", "--control", "lambda-scoped-role", "--grade", "review", "--write", "--format", "json"];
    let report = scratch.run(&arguments).json();
    (scratch.read(name), report)
}

fn all(actions: &Value) -> Value {
    json!([{ "Action": actions, "Effect": "Allow", "Resource": "*" }])
}

const BEFORE: &str = "import { Stack, aws_dynamodb as dynamodb, aws_iam as iam, aws_lambda as lambda, aws_sqs as sqs } from 'aws-cdk-lib';

export class App extends Stack {
  constructor(scope, id, code) {
    super(scope, id);
    const orders = new dynamodb.Table(this, 'Orders', { partitionKey: KEY });
    const jobs = new sqs.Queue(this, 'Jobs');
    const handler = new lambda.Function(this, 'Handler', { code, environment: { TABLE: orders.tableName } });
";
const AFTER: &str = "  }
}
";

/// What is written, the statements that it makes, what is to be written.
type Case = (&'static str, Value, &'static str);

/// Statements that are written out.
fn written_out() -> Vec<Case> {
    vec![
        // One statement for two services is divided.
        (
            "    handler.addToRolePolicy(new iam.PolicyStatement({
      // All of it, with jobs.
      actions: ['dynamodb:*', 'sqs:*'],
      resources: ['*'],
    }));
",
            all(&json!(["dynamodb:*", "sqs:*"])),
            "    handler.addToRolePolicy(new iam.PolicyStatement({
      // All of it, with jobs.
      actions: ['dynamodb:GetItem'],
      resources: [orders.tableArn],
    }));
    handler.addToRolePolicy(new iam.PolicyStatement({
      actions: ['sqs:SendMessage'],
      resources: [jobs.queueArn],
    }));
",
        ),
        // Lines stay lines.
        (
            "    const statements = [
      new iam.PolicyStatement({
        effect: iam.Effect.ALLOW,
        actions: [
          'dynamodb:GetItem',
          'dynamodb:Scan',
          'sqs:SendMessage',
        ],
        resources: ['*'],
      }),
    ];
",
            all(&json!(["dynamodb:GetItem", "dynamodb:Scan", "sqs:SendMessage"])),
            "    const statements = [
      new iam.PolicyStatement({
        effect: iam.Effect.ALLOW,
        actions: [
          'dynamodb:GetItem',
        ],
        resources: [orders.tableArn],
      }),
      new iam.PolicyStatement({
        effect: iam.Effect.ALLOW,
        actions: [
          'sqs:SendMessage',
        ],
        resources: [jobs.queueArn],
      }),
    ];
",
        ),
    ]
}

/// Grants, and statements beside them.
fn granted() -> Vec<Case> {
    let on = |actions: Value, id: &str| json!({ "Action": actions, "Effect": "Allow", "Resource": { "Fn::GetAtt": [id, "Arn"] } });
    let write = on(
        json!(["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]),
        "Orders",
    );
    let read = on(
        json!([
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:Query",
            "dynamodb:Scan"
        ]),
        "Orders",
    );
    let send = on(json!(["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]), "Jobs");
    vec![
        // What the library puts beside the statement is none of it; a grant of which nothing is needed goes.
        (
            "    handler.role!.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['dynamodb:*'], resources: ['*'] }));

    orders.grantWriteData(handler);

    jobs.grantSendMessages(handler);
",
            json!([
                { "Action": ["dynamodb:*", "xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Effect": "Allow", "Resource": "*" },
                write.clone(),
                send.clone(),
            ]),
            "    handler.role!.addToPrincipalPolicy(new iam.PolicyStatement({ actions: ['dynamodb:GetItem'], resources: [orders.tableArn] }));

    jobs.grantSendMessages(handler);
",
        ),
        // Grants: the one for what is done.
        (
            "    orders.grantReadData(handler);
    jobs.grantSendMessages(handler);
    orders.grantWriteData(handler.role!);
",
            json!([read, send, write]),
            "    orders.grantReadData(handler);
    jobs.grantSendMessages(handler);
",
        ),
    ]
}

#[test]
fn statements_and_grants_become_narrower_in_every_ending_and_style() {
    type Style = fn(&str) -> String;
    let styles: [(&str, Style); 4] = [
        ("ts", str::to_owned),
        ("ts", |text| text.replace('\'', "\"")),
        ("mts", |text| text.replace('\n', "\r\n")),
        ("cts", |text| text.replace("  ", "\t")),
    ];
    for (i, (before, statements, after)) in written_out().into_iter().chain(granted()).enumerate() {
        for (style, (ending, styled)) in styles.into_iter().enumerate() {
            let name = format!("app.{ending}");
            let program = |middle: &str| styled(&format!("{BEFORE}{middle}{AFTER}"));
            let scratch = app(&name, &program(before), &statements);
            let (written, report) = fixed(&scratch, &name);
            assert_eq!(written, program(after), "case {i}, style {style}: {}", report["not_applied"]);
            if style == 0 {
                let (again, _) = fixed(&scratch, &name);
                assert_eq!(again, written, "case {i}: a second run edits");
            }
        }
    }
}

#[test]
fn statements_about_constructs_keep_the_style_of_every_ending() {
    // An alarm stands below the function that it watches.
    let before = format!("{BEFORE}    const topic = lambda.topic;\n{AFTER}");
    for ending in ["mts", "cts"] {
        for styled in [|text: &str| text.replace('\n', "\r\n"), |text: &str| text.replace("  ", "\t")] {
            let name = format!("app.{ending}");
            let scratch = app(&name, &styled(&before), &json!([]));
            scratch.run(&["fix", "--control", "lambda-tracing", "--grade", "review", "--write"]);
            let expected = before.replace(
                "{ code, environment: { TABLE: orders.tableName } }",
                "{ code, environment: { TABLE: orders.tableName }, tracing: lambda.Tracing.ACTIVE }",
            );
            assert_eq!(scratch.read(&name), styled(&expected), "{ending}");
        }
    }
}

#[test]
fn what_is_not_edited_is_shown_with_its_place_and_the_reason() {
    let add = |statement: &str| format!("    handler.addToRolePolicy(new iam.PolicyStatement({statement}));\n");
    let wide = "{ actions: ['dynamodb:*', 'sqs:*'], resources: ['*'] }";
    for (written, said) in [
        (add(wide) + &add(wide), "may be the one at app.ts:9 or at app.ts:10"),
        (add("{ actions: ACTIONS, resources: ['*'] }"), "no call of the program writes the statement at"),
        (add("{ actions: ['dynamodb:*', 'sqs:*'], resources: ['*'], sid: 'All' }"), "app.ts:9 has a `sid`"),
        (
            add("{ actions: ['dynamodb:*', /* jobs */ 'sqs:*'], resources: ['*'] }"),
            "comments in the statement at app.ts:9",
        ),
        (add("{ actions: ['dynamodb:*', 'sqs:*'] }"), "app.ts:9 names its resources elsewhere"),
        (
            format!(
                "    const statement = new iam.PolicyStatement({wide});\n    handler.addToRolePolicy(statement);\n"
            ),
            "app.ts:9 would have to be divided",
        ),
    ] {
        let program = format!("{BEFORE}{written}{AFTER}");
        let scratch = app("app.ts", &program, &all(&json!(["dynamodb:*", "sqs:*"])));
        let (after, report) = fixed(&scratch, "app.ts");
        assert_eq!(after, program);
        let reasons: Vec<&str> = items(&report["not_applied"]).iter().map(|left| text(&left["reason"])).collect();
        assert!(reasons.iter().any(|reason| reason.contains(said)), "{said}: {reasons:?}");
    }
}

#[test]
fn one_statement_for_several_policies_is_not_edited() {
    let program = format!(
        "{BEFORE}    handler.addToRolePolicy(new iam.PolicyStatement({{ actions: ['dynamodb:*'], resources: ['*'] }}));\n{AFTER}"
    );
    let scratch = app("app.ts", &program, &all(&json!(["dynamodb:*"])));
    let mut template: Value = serde_json::from_str(&scratch.read("cdk.out/S.template.json")).unwrap();
    template["Resources"]["Other"] = json!({
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": { "PolicyDocument": { "Statement": all(&json!(["dynamodb:*"])) } },
        "Metadata": { "aws:cdk:path": "S/Other/Resource" },
    });
    scratch.write("cdk.out/S.template.json", template.to_string());
    let (after, report) = fixed(&scratch, "app.ts");
    assert_eq!(after, program);
    assert!(report["not_applied"].to_string().contains("app.ts:9 is 2 statements of the templates"), "{report}");
}

#[test]
fn a_grant_that_a_comment_explains_stays() {
    let written = "    orders.grantReadData(handler);\n    // The nightly job writes through this function.\n    orders.grantWriteData(handler);\n    jobs.grantSendMessages(handler);\n";
    let program = format!("{BEFORE}{written}{AFTER}");
    let (_, statements, _) = &granted()[1];
    let scratch = app("app.ts", &program, statements);
    let (after, report) = fixed(&scratch, "app.ts");
    assert_eq!(after, program);
    assert!(report["not_applied"].to_string().contains("explains it: // The nightly job"), "{}", report["not_applied"]);
}
