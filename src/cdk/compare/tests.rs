//! What may differ, and what must not.

use super::*;
use serde_json::json;

fn differ(before: &Json, after: &Json) -> Option<String> {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for (place, template) in [(&old, before), (&new, after)] {
        fs::write(place.path().join("S.template.json"), template.to_string()).unwrap();
    }
    let constructs = vec!["S/Api".into()];
    let announced =
        [Announced { constructs, beside: vec!["Logs".into()], narrowed: vec!["Narrowed".into()], replaces: false }];
    unexpected(old.path(), new.path(), &announced, &BTreeSet::new())
}

fn resources(resources: &Json) -> Json {
    json!({ "Resources": resources })
}

fn made(kind: &str, path: &str, value: &str) -> Json {
    json!({ "Type": kind, "Properties": { "Value": value }, "Metadata": { "aws:cdk:path": path } })
}

fn policy(statements: &Json) -> Json {
    let properties = json!({ "PolicyDocument": { "Statement": statements } });
    json!({ "Type": "AWS::IAM::Policy", "Properties": properties, "Metadata": { "aws:cdk:path": "S/Role/DefaultPolicy" } })
}

#[test]
fn what_belongs_to_the_construct_may_change() {
    let stage = |deployment: &str| {
        let properties = json!({ "DeploymentId": { "Ref": deployment } });
        json!({ "Type": "AWS::ApiGateway::Stage", "Properties": properties, "Metadata": { "aws:cdk:path": "S/Other" } })
    };
    let before = resources(&json!({
        "Api": made("AWS::ApiGateway::RestApi", "S/Api/Resource", "a"),
        "D1": made("AWS::ApiGateway::Deployment", "S/Api/Deployment/Resource", "a"),
        "Stage": stage("D1"),
        "F": made("AWS::Lambda::Function", "S/F/Resource", &"ab".repeat(32)),
    }));
    let after = resources(&json!({
        "Api": made("AWS::ApiGateway::RestApi", "S/Api/Resource", "b"),
        "D2": made("AWS::ApiGateway::Deployment", "S/Api/Deployment/Resource", "a"),
        "Stage": stage("D2"),
        "F": made("AWS::Lambda::Function", "S/F/Resource", &"cd".repeat(32)),
        "L": made("AWS::Logs::LogGroup", "S/ApiLogs/Resource", "a"),
    }));
    assert_eq!(differ(&before, &after), None);
}

#[test]
fn a_role_may_write_traces_and_nothing_else() {
    let own = json!({ "Action": ["s3:GetObject"], "Effect": "Allow", "Resource": "*" });
    let traces = json!({ "Action": ["xray:PutTraceSegments"], "Effect": "Allow", "Resource": "*" });
    let merged = json!({ "Action": ["s3:GetObject", "xray:PutTraceSegments"], "Effect": "Allow", "Resource": "*" });
    let more = json!({ "Action": "s3:*", "Effect": "Allow", "Resource": "*" });
    let was = resources(&json!({ "P": policy(&json!([own])) }));
    for (statements, is_fine) in
        [(json!([own, traces]), true), (json!([merged]), true), (json!([traces]), false), (json!([own, more]), false)]
    {
        let now = resources(&json!({ "P": policy(&statements) }));
        assert_eq!(differ(&was, &now).is_none(), is_fine, "{statements}");
    }
    assert_eq!(differ(&resources(&json!({})), &resources(&json!({ "P": policy(&json!([traces])) }))), None);
    let wide = resources(&json!({ "P": policy(&json!([more])) }));
    assert!(differ(&resources(&json!({})), &wide).is_some());
}

#[test]
fn everything_else_is_said() {
    let one = |path: &str, value: &str| resources(&json!({ "Q": made("AWS::SQS::Queue", path, value) }));
    let named = |name: &str| {
        let queue = json!({ "Type": "AWS::SQS::Queue", "Properties": { "QueueName": name }, "Metadata": { "aws:cdk:path": "S/Api/Q" } });
        resources(&json!({ "Q": queue }))
    };
    let nothing = resources(&json!({}));
    for (before, after, said) in [
        (one("S/Q/Resource", "a"), nothing.clone(), "would be removed"),
        (one("S/Api/Q/Resource", "a"), nothing.clone(), "would be removed"),
        (one("S/Q/Resource", "a"), one("S/Q/Resource", "b"), "would change, too"),
        (one("S/ApiKeys/Resource", "a"), one("S/ApiKeys/Resource", "b"), "would change, too"),
        (nothing.clone(), one("S/Q/Resource", "a"), "would be added, too"),
        (nothing.clone(), one("S/ApiKeys/Resource", "a"), "would be added, too"),
        (named("a"), named("b"), "would be replaced, for its QueueName"),
        (nothing, json!({ "Resources": {}, "Outputs": { "A": {} } }), "the Outputs of a template would change"),
    ] {
        assert!(differ(&before, &after).is_some_and(|is| is.contains(said)), "{said}");
    }
}

#[test]
fn a_template_that_is_gone_is_said() {
    let (old, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(old.path().join("S.template.json"), "{}").unwrap();
    let said = unexpected(old.path(), new.path(), &[], &BTreeSet::new());
    assert_eq!(said.as_deref(), Some("the template S.template.json would be gone"));
}

#[test]
fn what_is_different_in_every_synthesis_is_no_difference() {
    let place = |value: &str| {
        let directory = tempfile::tempdir().unwrap();
        let template = resources(&json!({ "K": made("AWS::AppSync::ApiKey", "S/K", value) }));
        fs::write(directory.path().join("S.template.json"), template.to_string()).unwrap();
        directory
    };
    let (before, again, after) = (place("1"), place("2"), place("3"));
    let volatile = volatile(before.path(), again.path());
    assert_eq!(unexpected(before.path(), after.path(), &[], &volatile), None);
    assert!(unexpected(before.path(), after.path(), &[], &BTreeSet::new()).is_some());
}

/// Two templates of resources, compared; `S/Api` is edited, and `Narrowed` is a policy that is to allow less.
fn differs(before: &Json, after: &Json) -> Option<String> {
    differ(&resources(before), &resources(after))
}

#[test]
fn the_permission_for_everybody_goes_with_an_open_url() {
    let permission = |path: &str, principal: &str| {
        let properties = json!({ "Principal": principal });
        let made = json!({ "Type": "AWS::Lambda::Permission", "Properties": properties, "Metadata": { "aws:cdk:path": path } });
        json!({ "P": made })
    };
    let gone = |path, principal| differs(&permission(path, principal), &json!({}));
    assert_eq!(gone("S/Api/invoke-function-url", "*"), None);
    for (path, principal) in [("S/Api/invoke", "s3.amazonaws.com"), ("S/Other/invoke-function-url", "*")] {
        assert!(gone(path, principal).is_some_and(|said| said.contains("would be removed")), "{path} {principal}");
    }
}

#[test]
fn the_function_for_retentions_comes_with_a_retention_only() {
    let helper = made("AWS::Lambda::Function", "S/LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a/Resource", "a");
    let asks = |path: &str| made("Custom::LogRetention", path, "a");
    let comes = |asking: &Json| differs(&json!({}), &json!({ "Helper": helper, "Retention": asking }));
    assert_eq!(comes(&asks("S/Api/LogRetention")), None);
    assert!(comes(&asks("S/Other/LogRetention")).is_some(), "nothing of what was edited asks for it");
    let alone = differs(&json!({}), &json!({ "Helper": helper }));
    assert!(alone.is_some_and(|said| said.contains("Helper would be added")));
}

#[test]
fn the_way_into_a_database_and_the_role_of_a_placed_function() {
    // `db.connections.allowDefaultPortFrom(handler)` adds to what the construct of the database has.
    let rule = |path: &str| json!({ "Rule": made("AWS::EC2::SecurityGroupIngress", path, "a") });
    assert_eq!(differs(&json!({}), &rule("S/Api/SecurityGroup/from SHandler:5432")), None);
    assert!(differs(&json!({}), &rule("S/Db/SecurityGroup/from SHandler:5432")).is_some());
    // Its own role gets the policy for networks; another role doesn't.
    let role = |path: &str, policies: &Json| {
        let properties = json!({ "ManagedPolicyArns": policies });
        json!({ "Role": { "Type": "AWS::IAM::Role", "Properties": properties, "Metadata": { "aws:cdk:path": path } } })
    };
    let more = |path| differs(&role(path, &json!(["basic"])), &role(path, &json!(["basic", "network"])));
    assert_eq!(more("S/Api/ServiceRole/Resource"), None);
    assert!(more("S/OtherRole/Resource").is_some_and(|said| said.contains("would change, too")));
}

#[test]
fn a_role_may_use_what_is_added_for_its_function() {
    let statement = |id: &str| json!({ "Action": "sqs:SendMessage", "Effect": "Allow", "Resource": { "Ref": id } });
    let after = |id: &str| json!({ "Queue": made("AWS::SQS::Queue", "S/ApiLogs/Resource", "a"), "P": policy(&json!([statement(id)])) });
    let before = json!({ "P": policy(&json!([])) });
    assert_eq!(differs(&before, &after("Queue")), None);
    assert!(differs(&before, &after("Orders")).is_some(), "it was there, and nobody asked for it");
}

#[test]
fn a_policy_that_is_narrowed_allows_less() {
    let policy = |statements: &Json| json!({ "Narrowed": policy(statements) });
    let allow = |actions: &Json, on: &Json| json!({ "Action": actions, "Effect": "Allow", "Resource": on });
    let table = json!({ "Fn::GetAtt": ["Table", "Arn"] });
    let was = policy(&json!([allow(&json!(["dynamodb:*", "xray:PutTraceSegments"]), &json!("*"))]));
    let all = json!(["dynamodb:GetItem", "dynamodb:PutItem"]);
    for (statements, is_fine) in [
        (json!([allow(&all, &table)]), true),
        (json!([allow(&json!("dynamodb:GetItem"), &table), allow(&json!("dynamodb:Query"), &json!("*"))]), true),
        (json!([allow(&all, &table), allow(&json!("xray:PutTelemetryRecords"), &json!("*"))]), true),
        (json!([allow(&json!("s3:GetObject"), &json!("*"))]), false),
        (json!([{ "Action": "dynamodb:GetItem", "Effect": "Deny", "Resource": "*" }]), false),
    ] {
        assert_eq!(differs(&was, &policy(&statements)).is_none(), is_fine, "{statements}");
    }
    let one = policy(&json!([allow(&all, &table)]));
    assert!(differs(&one, &policy(&json!([allow(&all, &json!("*"))]))).is_some(), "on more than it was");
    let denies = json!({ "Action": "s3:*", "Effect": "Deny", "Resource": "*" });
    let both = policy(&json!([allow(&all, &table), denies]));
    assert!(differs(&both, &one).is_some(), "a denial stays");
    assert!(differs(&both, &json!({})).is_some(), "also when the policy is gone");
}

#[test]
fn a_policy_of_which_nothing_is_needed_is_gone_and_nobody_waits_for_it() {
    let function = |awaited: &Json| {
        let mut function = made("AWS::Lambda::Function", "S/F/Resource", "a");
        function["DependsOn"] = awaited.clone();
        function
    };
    let statement = json!({ "Action": "dynamodb:*", "Effect": "Allow", "Resource": "*" });
    let narrowed = policy(&json!([statement]));
    let before = json!({ "Narrowed": narrowed, "F": function(&json!(["Narrowed", "Role"])) });
    assert_eq!(differs(&before, &json!({ "F": function(&json!(["Role"])) })), None);
    assert!(differs(&before, &json!({ "F": function(&json!([])) })).is_some());
    let other = json!({ "Other": narrowed, "F": function(&json!(["Other", "Role"])) });
    assert!(differs(&other, &json!({ "F": function(&json!(["Role"])) })).is_some());
}

#[test]
fn a_role_with_policies_in_it_allows_less_and_stays_the_same_otherwise() {
    let role = |actions: &Json, name: &str| {
        let statement = json!({ "Action": actions, "Effect": "Allow", "Resource": "*" });
        let policies = json!([{ "PolicyName": "p", "PolicyDocument": { "Statement": [statement] } }]);
        let properties = json!({ "RoleName": name, "Policies": policies });
        json!({ "Narrowed": { "Type": "AWS::IAM::Role", "Properties": properties, "Metadata": { "aws:cdk:path": "S/R" } } })
    };
    let was = role(&json!("dynamodb:*"), "a");
    assert_eq!(differs(&was, &role(&json!(["dynamodb:GetItem"]), "a")), None);
    assert!(differs(&was, &role(&json!(["s3:GetObject"]), "a")).is_some_and(|said| said.contains("would allow more")));
    assert!(
        differs(&was, &role(&json!("dynamodb:GetItem"), "b")).is_some_and(|said| said.contains("would change, too"))
    );
}
