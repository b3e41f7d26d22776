//! What random configurations are made of.
//!
//! `@` stands for the resource's name, `[@]` for the index of a repeated one. A name that begins with `!` is an argument
//! whose value a fix may replace, one with `+` always stands there. A value may have several lines.

type Arguments = &'static [(&'static str, &'static [&'static str])];

/// A resource type with what may stand in it.
pub(crate) struct Spec {
    pub(crate) kind: &'static str,
    pub(crate) arguments: Arguments,
    pub(crate) blocks: &'static [(&'static str, Arguments)],
    /// Resources of the same name that belong to it.
    pub(crate) companions: &'static [&'static Spec],
}

const TAGS: (&str, &[&str]) = ("tags", &["{ team = \"a\" }", "{\n  team = \"a\" # who\n  stage   = \"b\"\n}"]);
const SWITCH: &[&str] = &["false", "true"];

/// The types to begin with.
pub(crate) const ROOTS: &[&Spec] = &[
    &QUEUE,
    &BUCKET,
    &TABLE,
    &FUNCTION,
    &LOG_GROUP,
    &HTTP_STAGE,
    &REST_STAGE,
    &TOPIC,
    &PERMISSION,
    &WORKFLOW,
    &QUEUE_MODULE,
    &FUNCTION_MODULE,
];

const QUEUE: Spec = Spec {
    kind: "aws_sqs_queue",
    arguments: &[
        ("name", &["\"@\""]),
        ("delay_seconds", &["5"]),
        ("visibility_timeout_seconds", &["60", "var.seconds"]),
        ("!sqs_managed_sse_enabled", &["false", "true", "null"]),
        ("kms_master_key_id", &["\"alias/app\""]),
        ("redrive_policy", &["jsonencode({\n  maxReceiveCount = 3\n})", "<<-EOT\n{ \"maxReceiveCount\": 3 }\nEOT"]),
        TAGS,
    ],
    blocks: &[("timeouts", &[("create", &["\"3m\""])])],
    companions: &[&Spec {
        kind: "aws_sqs_queue_policy",
        arguments: &[("+queue_url", &["aws_sqs_queue.@[@].id"]), ("+!policy", POLICIES)],
        blocks: &[],
        companions: &[],
    }],
};

const BUCKET: Spec = Spec {
    kind: "aws_s3_bucket",
    arguments: &[
        ("bucket", &["\"acme-@\"", "\"acme-public-@\""]),
        ("force_destroy", SWITCH),
        ("!acl", &["\"private\"", "\"public-read\""]),
        TAGS,
    ],
    blocks: &[("versioning", &[("!enabled", SWITCH)]), ("lifecycle", &[("prevent_destroy", SWITCH)])],
    companions: &[
        &Spec {
            kind: "aws_s3_bucket_versioning",
            arguments: &[("+bucket", &["aws_s3_bucket.@[@].id", "\"acme-@\""])],
            blocks: &[("versioning_configuration", &[("!status", &["\"Suspended\"", "\"Enabled\""])])],
            companions: &[],
        },
        &Spec {
            kind: "aws_s3_bucket_public_access_block",
            arguments: &[
                ("+bucket", &["aws_s3_bucket.@[@].id"]),
                ("!block_public_acls", SWITCH),
                ("!block_public_policy", SWITCH),
                ("!ignore_public_acls", SWITCH),
                ("!restrict_public_buckets", SWITCH),
            ],
            blocks: &[],
            companions: &[],
        },
        &Spec {
            kind: "aws_s3_bucket_policy",
            arguments: &[("+bucket", &["aws_s3_bucket.@[@].id"]), ("+!policy", POLICIES)],
            blocks: &[],
            companions: &[],
        },
    ],
};

const POLICIES: &[&str] = &[
    "jsonencode({\n  Version = \"2012-10-17\"\n  Statement = [\n    {\n      Effect = \"Allow\"\n      Principal = \
     { AWS = \"111122223333\" }\n      Action = \"s3:GetObject\"\n      Resource = \"arn:aws:s3:::acme/*\"\n    }, # why\n  ]\n})",
    "jsonencode({ Version = \"2012-10-17\", Statement = [{ Effect = \"Allow\", Principal = \"*\", Action = \"s3:*\" }] })",
    "<<-EOT\n{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    { \"Effect\": \"Allow\", \"Principal\": \"*\", \
     \"Action\": \"s3:GetObject\", \"Resource\": \"*\" }\n  ]\n}\nEOT",
    "jsonencode({\n  Statement = []\n})",
    "var.policy",
];

const TABLE: Spec = Spec {
    kind: "aws_dynamodb_table",
    arguments: &[
        ("name", &["\"@\""]),
        ("hash_key", &["\"id\""]),
        ("billing_mode", &["\"PAY_PER_REQUEST\""]),
        ("stream_enabled", SWITCH),
        TAGS,
    ],
    blocks: &[
        ("attribute", &[("name", &["\"id\""]), ("type", &["\"S\""])]),
        ("point_in_time_recovery", &[("!enabled", SWITCH)]),
        ("server_side_encryption", &[("!enabled", SWITCH)]),
        ("ttl", &[("attribute_name", &["\"end\""]), ("enabled", SWITCH)]),
    ],
    companions: &[],
};

const FUNCTION: Spec = Spec {
    kind: "aws_lambda_function",
    arguments: &[
        ("function_name", &["\"@\""]),
        ("role", &["aws_iam_role.@[@].arn", "\"arn:aws:iam::111122223333:role/@\"", "var.role"]),
        ("handler", &["\"index.handler\""]),
        ("timeout", &["30", "var.seconds"]),
        ("!depends_on", &["[]", "[\n  aws_iam_role.@,\n]"]),
        TAGS,
    ],
    blocks: &[
        (
            "environment",
            &[("variables", &["{ TABLE = \"t\" }", "{\n  TABLE = \"t\"\n  TOPIC = aws_sns_topic.@.arn\n}"])],
        ),
        ("tracing_config", &[("!mode", &["\"PassThrough\"", "\"Active\"", "var.mode"])]),
        ("lifecycle", &[("ignore_changes", &["[filename]"])]),
    ],
    companions: &[
        &ROLE,
        &Spec {
            kind: "aws_cloudwatch_log_group",
            arguments: &[("name", &["\"/aws/lambda/@\""]), ("!retention_in_days", &["0", "7", "var.zero"])],
            blocks: &[],
            companions: &[],
        },
    ],
};

const LOG_GROUP: Spec = Spec {
    kind: "aws_cloudwatch_log_group",
    arguments: &[
        ("name", &["\"/aws/lambda/@\"", "\"acme-audit-@\"", "\"@\""]),
        ("!retention_in_days", &["0", "14", "var.zero", "var.seconds", "null"]),
        ("log_group_class", &["\"STANDARD\"", "\"DELIVERY\""]),
        TAGS,
    ],
    blocks: &[],
    companions: &[],
};

const HTTP_STAGE: Spec = Spec {
    kind: "aws_apigatewayv2_stage",
    arguments: &[
        ("+api_id", &["aws_apigatewayv2_api.@[@].id", "\"abc\""]),
        ("name", &["\"$default\"", "\"live\""]),
        ("auto_deploy", SWITCH),
        TAGS,
    ],
    blocks: &[
        (
            "default_route_settings",
            &[
                ("!throttling_rate_limit", &["10", "0"]),
                ("!throttling_burst_limit", &["5"]),
                ("logging_level", &["\"ERROR\""]),
            ],
        ),
        ("route_settings", &[("+route_key", &["\"send\""]), ("!throttling_burst_limit", &["5"])]),
        ("access_log_settings", &[("+destination_arn", &["\"arn:log\""]), ("format", &["\"$context.requestId\""])]),
    ],
    companions: &[&Spec {
        kind: "aws_apigatewayv2_api",
        arguments: &[("name", &["\"@\""]), ("protocol_type", &["\"HTTP\"", "\"WEBSOCKET\""])],
        blocks: &[],
        companions: &[],
    }],
};

const REST_STAGE: Spec = Spec {
    kind: "aws_api_gateway_stage",
    arguments: &[
        ("+rest_api_id", &["aws_api_gateway_rest_api.@[@].id", "\"abc\""]),
        ("+deployment_id", &["\"def\""]),
        ("+stage_name", &["\"live\""]),
        TAGS,
    ],
    blocks: &[("access_log_settings", &[("+destination_arn", &["\"arn:log\""]), ("format", &["\"x\""])])],
    companions: &[
        &Spec {
            kind: "aws_api_gateway_rest_api",
            arguments: &[("name", &["\"@\""])],
            blocks: &[("endpoint_configuration", &[("types", &["[\"REGIONAL\"]"])])],
            companions: &[],
        },
        &Spec {
            kind: "aws_api_gateway_method_settings",
            arguments: &[
                ("+rest_api_id", &["aws_api_gateway_rest_api.@[@].id", "\"abc\""]),
                ("+stage_name", &["aws_api_gateway_stage.@[@].stage_name", "\"live\""]),
                ("+method_path", &["\"*/*\"", "\"orders/GET\""]),
            ],
            blocks: &[("settings", &[("logging_level", &["\"ERROR\""]), ("!throttling_burst_limit", &["5"])])],
            companions: &[],
        },
    ],
};

const TOPIC: Spec = Spec {
    kind: "aws_sns_topic",
    arguments: &[("name", &["\"@\""]), ("kms_master_key_id", &["\"alias/app\""]), TAGS],
    blocks: &[],
    companions: &[&Spec {
        kind: "aws_sns_topic_policy",
        arguments: &[("+arn", &["aws_sns_topic.@[@].arn"]), ("+!policy", POLICIES)],
        blocks: &[],
        companions: &[],
    }],
};

const PERMISSION: Spec = Spec {
    kind: "aws_lambda_permission",
    arguments: &[
        ("statement_id", &["\"invoke\""]),
        ("action", &["\"lambda:InvokeFunction\""]),
        ("function_name", &["aws_lambda_function.@[@].function_name", "\"@\""]),
        ("+principal", &["\"events.amazonaws.com\"", "\"s3.amazonaws.com\"", "\"apigateway.amazonaws.com\""]),
        ("source_arn", &["aws_s3_bucket.@.arn"]),
    ],
    blocks: &[],
    companions: &[
        &FUNCTION,
        &Spec {
            kind: "aws_cloudwatch_event_rule",
            arguments: &[("name", &["\"@\""]), ("schedule_expression", &["\"rate(1 hour)\""])],
            blocks: &[],
            companions: &[],
        },
        &Spec {
            kind: "aws_cloudwatch_event_target",
            arguments: &[
                ("+rule", &["aws_cloudwatch_event_rule.@[@].name"]),
                ("+arn", &["aws_lambda_function.@[@].arn"]),
            ],
            blocks: &[],
            companions: &[],
        },
    ],
};

const WORKFLOW: Spec = Spec {
    kind: "aws_sfn_state_machine",
    arguments: &[
        ("name", &["\"@\""]),
        ("role_arn", &["aws_iam_role.@[@].arn", "var.role"]),
        ("definition", &["\"{}\"", "jsonencode({\n  StartAt = \"A\"\n})"]),
        TAGS,
    ],
    blocks: &[("tracing_configuration", &[("!enabled", SWITCH)])],
    companions: &[&ROLE],
};

const QUEUE_MODULE: Spec = Spec {
    kind: "module",
    arguments: &[
        ("+source", &["\"terraform-aws-modules/sqs/aws\""]),
        ("version", &["\"~> 4.0\"", "\"3.1.0\""]),
        ("name", &["\"@\""]),
        ("!sqs_managed_sse_enabled", SWITCH),
        TAGS,
    ],
    blocks: &[],
    companions: &[],
};

const FUNCTION_MODULE: Spec = Spec {
    kind: "module",
    arguments: &[
        ("+source", &["\"terraform-aws-modules/lambda/aws\""]),
        ("version", &["\"~> 7.0\""]),
        ("function_name", &["\"@\""]),
        ("create_role", SWITCH),
        ("!tracing_mode", &["\"PassThrough\"", "\"Active\"", "var.mode"]),
        ("!attach_tracing_policy", SWITCH),
        ("!cloudwatch_logs_retention_in_days", &["0", "14"]),
        ("environment_variables", &["{\n  TABLE = \"t\"\n}"]),
    ],
    blocks: &[],
    companions: &[],
};

const ROLE: Spec = Spec {
    kind: "aws_iam_role",
    arguments: &[
        ("name", &["\"@\""]),
        ("assume_role_policy", &["\"{}\"", "data.aws_iam_policy_document.assume.json"]),
        ("!managed_policy_arns", &["[]", "[\"arn:a\"]", "[\n  \"arn:a\",\n  \"arn:b\", # two\n]", "[\n  \"arn:a\"\n]"]),
    ],
    blocks: &[],
    companions: &[],
};
