use super::arn::Pattern;
use super::bind::Binder;
use super::narrow::{Element, Fate, narrow};
use super::need::{Certainty, Need, On};
use super::{configuration, grant};
use crate::backend;
use crate::iam::role;
use crate::iam::usage::{Argument, Call, Place, Value};
use crate::model::{Project, Resource};
use crate::source::SourceFile;

fn project(files: &[(&str, &str)]) -> Project {
    let file = |(name, text): &(&str, &str)| SourceFile::new((*name).into(), name, text);
    let parsed = files.iter().map(|f| backend::parse(file(f)).unwrap().unwrap()).collect();
    let mut groups = backend::group(parsed);
    assert_eq!(groups.len(), 1);
    backend::build(groups.remove(0)).project
}

const FUNCTION: &str = r#"
resource "aws_iam_role" "f" {
  name = "f"
}

resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.f.arn

  environment {
    variables = {
      TABLE  = aws_dynamodb_table.t.name
      QUEUE  = aws_sqs_queue.q.url
      SECRET = aws_secretsmanager_secret.s.id
      BUCKET = aws_s3_bucket.b.bucket
      PLAIN  = var.plain
    }
  }
}

variable "plain" {}

resource "aws_dynamodb_table" "t" {
  name = "orders"
}

resource "aws_sqs_queue" "q" {
  name              = "jobs"
  kms_master_key_id = aws_kms_key.k.arn
}

resource "aws_kms_key" "k" {}

resource "aws_secretsmanager_secret" "s" {}

resource "aws_s3_bucket" "b" {
  bucket_prefix = "b"
}
"#;

fn place() -> Place {
    Place { file: "app.py".into(), line: 1, column: 1 }
}

fn variable(name: &str) -> Value {
    Value::Environment { name: name.into(), default: None, place: place() }
}

fn literal(text: &str) -> Value {
    Value::Literal(text.into())
}

fn call(service: &str, operation: &str, arguments: &[(&str, Value)]) -> Call {
    let argument =
        |(path, value): &(&str, Value)| Argument { path: (*path).to_owned(), value: value.clone(), place: place() };
    Call {
        service: service.into(),
        operation: operation.into(),
        place: place(),
        arguments: arguments.iter().map(argument).collect(),
        keys_complete: true,
    }
}

fn function(project: &Project) -> &Resource {
    project.of_kind("aws_lambda_function").next().unwrap()
}

/// Action and what it is on, in words.
fn bound(project: &Project, call: &Call) -> Vec<String> {
    let needs = Binder::new(project, function(project)).needs(call).unwrap();
    let shown = |need: &Need| match &need.on {
        On::Everything => "*".to_owned(),
        On::Open(reason) => format!("? {reason}"),
        On::Targets(targets) => targets.iter().map(|t| t.shown.clone()).collect::<Vec<_>>().join(" "),
    };
    let needed = needs.iter().filter(|need| need.certainty == Certainty::Needed);
    needed.map(|need| format!("{} {}", need.action, shown(need))).collect()
}

#[test]
fn arguments_are_tied_to_resources() {
    let project = project(&[("main.tf", FUNCTION)]);
    for (call, expected) in [
        (call("dynamodb", "GetItem", &[("TableName", variable("TABLE"))]), "dynamodb:GetItem aws_dynamodb_table.t.arn"),
        (
            call("dynamodb", "Query", &[("TableName", variable("TABLE")), ("IndexName", literal("by_day"))]),
            "dynamodb:Query aws_dynamodb_table.t.arn/index/*",
        ),
        (call("dynamodb", "GetItem", &[("TableName", literal("orders"))]), "dynamodb:GetItem aws_dynamodb_table.t.arn"),
        (
            call("dynamodb", "GetItem", &[("TableName", literal("others"))]),
            "dynamodb:GetItem arn:aws:dynamodb:*:*:table/others",
        ),
        (call("sqs", "SendMessage", &[("QueueUrl", variable("QUEUE"))]), "sqs:SendMessage aws_sqs_queue.q.arn"),
        (
            call("sqs", "SendMessage", &[("QueueUrl", literal("https://sqs.eu-west-1.amazonaws.com/1/jobs"))]),
            "sqs:SendMessage aws_sqs_queue.q.arn",
        ),
        (
            call("secretsmanager", "GetSecretValue", &[("SecretId", variable("SECRET"))]),
            "secretsmanager:GetSecretValue aws_secretsmanager_secret.s.arn",
        ),
        (call("s3", "GetObject", &[("Bucket", variable("BUCKET"))]), "s3:GetObject aws_s3_bucket.b.arn/*"),
        (call("s3", "ListObjectsV2", &[("Bucket", variable("BUCKET"))]), "s3:ListBucket aws_s3_bucket.b.arn"),
        (call("dynamodb", "ListTables", &[]), "dynamodb:ListTables *"),
        (
            call("dynamodb", "GetItem", &[("TableName", variable("PLAIN"))]),
            "dynamodb:GetItem ? var.plain isn't known before a deploy",
        ),
        (
            call("dynamodb", "GetItem", &[("TableName", variable("NOTHING"))]),
            "dynamodb:GetItem ? the variable NOTHING isn't set in the configuration",
        ),
        (
            call("s3", "GetObject", &[("Bucket", Value::Event { path: "Records[].s3.bucket.name".into() })]),
            "s3:GetObject ? it comes from the event (Records[].s3.bucket.name), and no notification shows which",
        ),
        (call("events", "PutEvents", &[]), "events:PutEvents arn:aws:events:*:*:event-bus/default"),
        (
            call("bedrock-runtime", "Converse", &[("modelId", literal("eu.amazon.nova-lite-v1:0"))]),
            "bedrock:InvokeModel arn:aws:bedrock:*:*:inference-profile/eu.amazon.nova-lite-v1:0 \
             arn:aws:bedrock:*::foundation-model/amazon.nova-lite-v1:0",
        ),
    ] {
        assert_eq!(bound(&project, &call), [expected], "{call:?}");
    }
}

/// A copy reads one bucket and writes another; an image in a bucket needs the bucket, an image in the request doesn't.
#[test]
fn each_action_has_its_own_argument() {
    let project = project(&[("main.tf", FUNCTION)]);
    let copy = call("s3", "CopyObject", &[("Bucket", variable("BUCKET")), ("CopySource.Bucket", literal("elsewhere"))]);
    assert_eq!(bound(&project, &copy), ["s3:GetObject arn:aws:s3:::elsewhere/*", "s3:PutObject aws_s3_bucket.b.arn/*"]);
    let image = call("rekognition", "DetectFaces", &[("Image.S3Object.Bucket", variable("BUCKET"))]);
    assert_eq!(bound(&project, &image)[1], "s3:GetObject aws_s3_bucket.b.arn/*");
    assert_eq!(bound(&project, &call("rekognition", "DetectFaces", &[("Image.Bytes", literal(""))])).len(), 1);
    let media =
        Value::Parts(vec![literal("s3://"), variable("BUCKET"), literal("/"), Value::Unknown { reason: "key".into() }]);
    let job = call("transcribe", "StartTranscriptionJob", &[("Media.MediaFileUri", media)]);
    assert_eq!(bound(&project, &job)[1], "s3:GetObject aws_s3_bucket.b.arn/*");
    let unknown = Binder::new(&project, function(&project)).needs(&call("s3", "Nothing", &[]));
    assert!(unknown.unwrap_err().contains("isn't known"));
}

#[test]
fn resources_of_other_modules_are_passed_in() {
    let module = r#"
variable "table" {}
variable "table_arn" {}
resource "aws_iam_role" "f" {}
resource "aws_lambda_function" "f" {
  role = aws_iam_role.f.arn
  environment {
    variables = { TABLE = var.table, ARN = var.table_arn }
  }
}
"#;
    let root = r#"
resource "aws_dynamodb_table" "t" { name = "orders" }
module "f" {
  source    = "./f"
  table     = aws_dynamodb_table.t.name
  table_arn = aws_dynamodb_table.t.arn
}
"#;
    let project = project(&[("main.tf", root), ("f/main.tf", module)]);
    let function = function(&project);
    let draft = |name: &str| {
        let call = call("dynamodb", "GetItem", &[("TableName", variable(name))]);
        let needs = Binder::new(&project, function).needs(&call).unwrap();
        let On::Targets(targets) = &needs[0].on else { panic!("{needs:?}") };
        assert!(targets[0].doubt.as_ref().unwrap().contains("another module"));
        format!("{:?}", targets[0].draft(&project, function.instance).unwrap())
    };
    assert_eq!(draft("ARN"), r#"Expression("var.table_arn")"#);
    assert_eq!(draft("TABLE"), r#"Text([String("arn:aws:dynamodb:*:*:table/"), Expression("var.table")])"#);
}

#[test]
fn what_lambda_does_itself() {
    let more = r#"
resource "aws_lambda_event_source_mapping" "m" {
  event_source_arn = aws_sqs_queue.q.arn
  function_name    = aws_lambda_function.f.arn
}
resource "aws_lambda_function_event_invoke_config" "c" {
  function_name = aws_lambda_function.f.function_name
  destination_config {
    on_failure { destination = aws_sns_topic.t.arn }
  }
}
resource "aws_sns_topic" "t" {}
"#;
    let project = project(&[("main.tf", &format!("{FUNCTION}{more}"))]);
    let needs = configuration::needs(&project, function(&project));
    assert!(needs.unknown.is_empty(), "{:?}", needs.unknown);
    let has = |action: &str, certainty: Certainty, on: &str| {
        needs.needs.iter().any(|need| {
            let shown = match &need.on {
                On::Targets(targets) => targets[0].shown.as_str(),
                _ => "*",
            };
            need.action == action && need.certainty == certainty && shown == on
        })
    };
    assert!(has("sqs:ReceiveMessage", Certainty::Needed, "aws_sqs_queue.q.arn"));
    assert!(has("kms:Decrypt", Certainty::Kept, "aws_kms_key.k.arn"));
    assert!(has("sns:Publish", Certainty::Needed, "aws_sns_topic.t.arn"));
    assert!(has("logs:PutLogEvents", Certainty::Needed, "arn:aws:logs:*:*:log-group:/aws/lambda/f:*"));
    assert!(!needs.needs.iter().any(|need| need.action.starts_with("ec2:")), "it is in no VPC");
}

/// What becomes of one statement when `needs` are the calls: actions with their resources, or a word.
fn fates(statements: &str, calls: &[Call]) -> Vec<String> {
    let policy = format!(
        "resource \"aws_iam_role_policy\" \"p\" {{\n  role = aws_iam_role.f.name\n  policy = jsonencode({{ Statement = [{statements}] }})\n}}\n"
    );
    let project = project(&[("main.tf", &format!("{FUNCTION}{policy}"))]);
    let function = function(&project);
    let granted = grant::of(&project, role::named(&project, function, "role").unwrap());
    assert!(granted.unread.is_empty(), "{:?}", granted.unread);
    let binder = Binder::new(&project, function);
    let needs: Vec<Need> = calls.iter().flat_map(|call| binder.needs(call).unwrap()).collect();
    let plan = narrow(&granted, &needs, &|_, target| target.draft(&project, function.instance).is_ok());
    assert_subset(&granted, &plan);
    let element = |held: &grant::Held, element: &Element| match element {
        Element::Own(i) => held.patterns[*i].text_of(),
        Element::Target(target) => target.shown.clone(),
        Element::Everything => "*".into(),
    };
    let shown = |(held, fate): (&grant::Held, &Fate)| match fate {
        Fate::Stays => "stays".to_owned(),
        Fate::Goes => "goes".to_owned(),
        Fate::Becomes(groups) => {
            let group = |group: &super::narrow::Group| {
                let on: Vec<String> = group.resources.iter().map(|e| element(held, e)).collect();
                format!("{} on {}", group.actions.join(" "), on.join(" "))
            };
            groups.iter().map(group).collect::<Vec<_>>().join("; ")
        }
    };
    granted.documents[0].statements.iter().zip(&plan.documents[0]).map(shown).collect()
}

/// Whatever comes out was allowed before.
fn assert_subset(granted: &grant::Granted, plan: &super::narrow::Plan) {
    for (held, fate) in granted.documents[0].statements.iter().zip(&plan.documents[0]) {
        let Fate::Becomes(groups) = fate else { continue };
        for group in groups {
            assert!(group.actions.iter().all(|action| held.covers_action(action)), "{group:?}");
            for resource in &group.resources {
                let within = match resource {
                    Element::Own(i) => *i < held.patterns.len(),
                    Element::Target(target) => held.patterns.iter().any(|p| p.covers(&target.pattern) == Some(true)),
                    Element::Everything => held.patterns.iter().any(Pattern::is_everything),
                };
                assert!(within, "{resource:?}");
            }
        }
    }
}

#[test]
fn statements_are_narrowed() {
    let get = || call("dynamodb", "GetItem", &[("TableName", variable("TABLE"))]);
    let read = || call("s3", "GetObject", &[("Bucket", variable("BUCKET"))]);
    let open = || call("dynamodb", "PutItem", &[("TableName", variable("PLAIN"))]);
    let table = "aws_dynamodb_table.t.arn";
    for (statements, calls, expected) in [
        // Divided by resource.
        (
            r#"{ Effect = "Allow", Action = ["s3:*", "dynamodb:*"], Resource = "*" }"#,
            vec![get(), read()],
            vec![format!("dynamodb:GetItem on {table}; s3:GetObject on aws_s3_bucket.b.arn/*")],
        ),
        // What fits stays, as it is written.
        (
            r#"{ Effect = "Allow", Action = "dynamodb:GetItem", Resource = aws_dynamodb_table.t.arn }"#,
            vec![get()],
            vec!["stays".into()],
        ),
        (
            r#"{ Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.b.arn}/up/*" }"#,
            vec![read()],
            vec!["stays".into()],
        ),
        // A region written out may be the one.
        (
            r#"{ Effect = "Allow", Action = "dynamodb:*", Resource = "arn:aws:dynamodb:eu-west-1:*:table/orders" }"#,
            vec![get()],
            vec!["dynamodb:GetItem on arn:aws:dynamodb:eu-west-1:*:table/orders".into()],
        ),
        (
            r#"{ Effect = "Allow", Action = "dynamodb:*", Resource = "arn:aws:dynamodb:*:*:table/*" }"#,
            vec![get()],
            vec![format!("dynamodb:GetItem on {table}")],
        ),
        // Of two that allow it, the one that fits is kept.
        (
            r#"{ Effect = "Allow", Action = "dynamodb:*", Resource = "*" },
               { Effect = "Allow", Action = "dynamodb:GetItem", Resource = aws_dynamodb_table.t.arn }"#,
            vec![get()],
            vec!["goes".into(), "stays".into()],
        ),
        // What isn't known keeps its resource and loses the other actions.
        (
            r#"{ Effect = "Allow", Action = ["dynamodb:PutItem", "dynamodb:Scan"], Resource = "*" }"#,
            vec![open()],
            vec!["dynamodb:PutItem on *".into()],
        ),
        // A condition narrows already; a denial stays.
        (
            r#"{ Effect = "Allow", Action = "dynamodb:*", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = "true" } } },
               { Effect = "Deny", Action = "s3:*", Resource = "*" }"#,
            vec![get()],
            vec!["stays".into(), "stays".into()],
        ),
        (r#"{ Effect = "Allow", Action = "s3:*", Resource = "*" }"#, vec![], vec!["goes".into()]),
    ] {
        assert_eq!(fates(statements, &calls), expected, "{statements}");
    }
}
