use super::*;

fn actions(service: &str, operation: &str) -> Vec<String> {
    match table().permission(service, operation) {
        Permission::Actions(needs) => needs.into_iter().map(|need| need.action).collect(),
        other => panic!("{service} {operation}: {other:?}"),
    }
}

/// Whatever an operation needs is an action of the reference, and every argument that decides has a type.
#[test]
fn the_table_agrees_with_itself() {
    let table = table();
    let mut counted = 0;
    for (name, service) in &table.services {
        for operation in service.operations() {
            let Permission::Actions(needs) = table.permission(name, operation) else { continue };
            counted += needs.len();
            for need in needs {
                assert!(table.action(&need.action).is_some(), "{name} {operation} {}", need.action);
                for (path, kind) in &need.on {
                    assert!(!kind.ends_with(':'), "{name} {operation} {} at {path}", need.action);
                    let known = table.arn(kind).is_some() || kind == "rds-data:cluster";
                    assert!(known, "{name} {operation}: there is no {kind}");
                }
            }
        }
        for (class, members) in &service.classes {
            for (member, of) in &members.members {
                for operation in &of.operations {
                    assert!(service.operations.contains_key(operation), "{name} {class}.{member} {operation}");
                }
                let makes = of.makes.as_ref().map_or("", |(class, _)| class);
                assert!(service.classes.contains_key(makes), "{name} {class}.{member} makes {makes}");
            }
        }
        for operation in service.waiters.values().chain(&service.paginators) {
            assert!(service.operations.contains_key(operation), "{name} {operation}");
        }
    }
    assert!(counted > 6000, "{counted}");
    assert!(table.actions.values().all(|actions| !actions.is_empty()));
    assert!(table.arns.values().all(|kinds| kinds.values().all(|form| form.starts_with("arn:"))));
    for library in table.javascript.values().flat_map(|of| of.values()).chain(table.powertools.values()) {
        for operation in &library.operations {
            assert!(table.services[library.service].operations.contains_key(operation), "{library:?}");
        }
    }
}

#[test]
fn operations_in_each_sdk() {
    let table = table();
    for (service, name, operation) in [
        ("dynamodb", "get_item", Some("GetItem")),
        ("dynamodb", "getItem", Some("GetItem")),
        ("dynamodb", "GetItemCommand", Some("GetItem")),
        ("dynamodb", "GetItem", Some("GetItem")),
        ("lambda", "invoke", Some("Invoke")),
        ("lambda", "InvokeCommand", Some("Invoke")),
        ("s3", "list_objects_v2", Some("ListObjectsV2")),
        ("rds", "describe_db_clusters", Some("DescribeDBClusters")),
        ("dynamodb", "getitem", None),
        ("dynamodb", "get_items", None),
        ("nothing", "get_item", None),
    ] {
        assert_eq!(table.operation(service, name), operation, "{service} {name}");
    }
    assert_eq!(table.service_of_package("@aws-sdk/client-sfn"), Some("stepfunctions"));
    assert_eq!(table.service_of_package("@aws-sdk/client-cognito-identity-provider"), Some("cognito-idp"));
    assert_eq!(table.service_of_package("@aws-sdk/lib-storage"), Some("s3"));
    assert_eq!(table.service_of_package("@aws-sdk/client-nothing"), None);
    assert_eq!(table.service_of_v2_class("StepFunctions"), Some("stepfunctions"));
    assert_eq!(table.service_of_v2_class("DynamoDB.DocumentClient"), Some("dynamodb"));
    assert_eq!(table.waiter("s3", "bucket_exists"), Some("HeadBucket"));
    assert_eq!(table.paginator("dynamodb", "scan"), Some("Scan"));
    assert_eq!(table.paginator("dynamodb", "paginateListTables"), Some("ListTables"));
    assert_eq!(table.paginator("dynamodb", "get_item"), None);
    assert_eq!(table.injected("s3", "upload_file").unwrap().operations, ["PutObject", "AbortMultipartUpload"]);
    let get = &table.class("dynamodb", "Table").unwrap().members["get_item"];
    assert_eq!((get.operations.as_slice(), get.with["TableName"]), (["GetItem"].as_slice(), "Name"));
    let (class, from) = table.class("s3", "Bucket").unwrap().members["Object"].makes.as_ref().unwrap();
    assert_eq!((*class, &from["BucketName"], &from["Key"]), ("Object", &Origin::Identifier("Name"), &Origin::Input));
}

/// What differs from the action of the operation's own name, with the page that says so.
#[test]
fn needs() {
    // Service Authorization Reference, Amazon S3: HeadObject is s3:GetObject.
    assert_eq!(actions("s3", "HeadObject")[0], "s3:GetObject");
    // API reference of SQS, SendMessageBatch: "permission for SendMessage".
    assert_eq!(actions("sqs", "SendMessageBatch"), ["sqs:SendMessage"]);
    assert_eq!(actions("bedrock-runtime", "Converse")[0], "bedrock:InvokeModel");
    assert_eq!(table().permission("sts", "GetCallerIdentity"), Permission::Free);
    assert_eq!(table().permission("s3", "NoSuchOperation"), Permission::Unmapped);
    let Permission::Actions(labels) = table().permission("rekognition", "DetectLabels") else { panic!() };
    let read = Need {
        action: "s3:GetObject".to_owned(),
        on: vec![("Image.S3Object.Bucket", "s3:bucket".to_owned())],
        when: When::Given("Image.S3Object.Bucket"),
    };
    assert_eq!(labels[1], read);
}

#[test]
fn actions_and_wildcards() {
    let table = table();
    let query = table.action("dynamodb:query").unwrap();
    assert!(query.is_on("table") && query.is_on("index") && query.required == ["table"]);
    assert_eq!(query.level, Some(Level::Read));
    assert!(table.action("cloudwatch:PutMetricData").unwrap().takes_no_resource());
    assert!(table.action("dynamodb:Nothing").is_none());
    assert!(table.action("ecs:RunTask").unwrap().dependent.contains(&"iam:PassRole"));
    let get = table.expand("S3:GetObject*").unwrap();
    assert!(get.contains(&"s3:GetObjectTagging".to_owned()) && !get.contains(&"s3:PutObject".to_owned()));
    assert!(table.expand("*").unwrap().len() > table.expand("dynamodb:*").unwrap().len());
    assert_eq!(table.expand("nothing:*"), None);
    assert_eq!(table.arn("s3:bucket"), Some("arn:${Partition}:s3:::${BucketName}"));
}
