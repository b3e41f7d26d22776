"""What an operation needs where that isn't the action of its own name. Written by hand; sources: the Service
Authorization Reference of each service and the API reference of each operation. Not verified against a live account.

An entry is an action, or (action, argument): the action is on what the argument names. An argument with `?` means that
the action is needed only by calls that have it; (action, argument, condition) names another argument for that, and the
condition `~` means that it depends on what the call works on. An empty argument: no argument says which resource.
"""


def each(names, actions):
    return {name: actions(name) if callable(actions) else actions for name in names.split()}


def same(service, extra):
    """Its own action and others."""
    return lambda name: [f"{service}:{name}", *extra]


ACL = [("s3:PutObjectAcl", "Bucket", "ACL"), ("s3:PutObjectTagging", "Bucket", "Tagging")]
LOCK = [("s3:PutObjectRetention", "Bucket", "ObjectLockMode"), ("s3:PutObjectLegalHold", "Bucket", "ObjectLockLegalHoldStatus")]
VERSION = [("s3:GetObjectVersion", "Bucket", "VersionId")]
CONFIGURATIONS = {
    f"{verb}Bucket{name}Configuration": [f"s3:{'Get' if verb == 'Get' else 'Put'}{name}Configuration"]
    for verb in ("Get", "Put", "Delete")
    for name in ("Analytics", "Inventory", "Metrics", "IntelligentTiering")
}
S3 = {
    "GetObject": ["s3:GetObject", *VERSION],
    "HeadObject": ["s3:GetObject", *VERSION],
    "GetObjectAttributes": ["s3:GetObject", "s3:GetObjectAttributes"],
    "SelectObjectContent": ["s3:GetObject"],
    "PutObject": ["s3:PutObject", *ACL, *LOCK],
    "CreateMultipartUpload": ["s3:PutObject", *ACL, *LOCK],
    "UploadPart": ["s3:PutObject"],
    "CompleteMultipartUpload": ["s3:PutObject"],
    "CopyObject": [("s3:GetObject", "CopySource"), ("s3:PutObject", "Bucket"), *ACL, *LOCK,
                   ("s3:GetObjectTagging", "CopySource", "~"), ("s3:PutObjectTagging", "Bucket", "~")],
    "UploadPartCopy": [("s3:GetObject", "CopySource"), ("s3:PutObject", "Bucket")],
    "DeleteObject": ["s3:DeleteObject", ("s3:DeleteObjectVersion", "Bucket", "VersionId")],
    "DeleteObjects": ["s3:DeleteObject", ("s3:DeleteObjectVersion", "Bucket", "Delete.Objects[].VersionId")],
    "HeadBucket": ["s3:ListBucket"],
    "ListObjects": ["s3:ListBucket"],
    "ListObjectsV2": ["s3:ListBucket"],
    "ListObjectVersions": ["s3:ListBucketVersions"],
    "ListBuckets": ["s3:ListAllMyBuckets"],
    "ListMultipartUploads": ["s3:ListBucketMultipartUploads"],
    "ListParts": ["s3:ListMultipartUploadParts"],
    "GetBucketLifecycle": ["s3:GetLifecycleConfiguration"],
    "GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "PutBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "GetBucketNotificationConfiguration": ["s3:GetBucketNotification"],
    "PutBucketNotificationConfiguration": ["s3:PutBucketNotification"],
    "GetBucketReplication": ["s3:GetReplicationConfiguration"],
    "PutBucketReplication": ["s3:PutReplicationConfiguration"],
    "DeleteBucketReplication": ["s3:PutReplicationConfiguration"],
    "GetBucketAccelerateConfiguration": ["s3:GetAccelerateConfiguration"],
    "PutBucketAccelerateConfiguration": ["s3:PutAccelerateConfiguration"],
    "GetBucketCors": ["s3:GetBucketCORS"],
    "PutBucketCors": ["s3:PutBucketCORS"],
    "DeleteBucketCors": ["s3:PutBucketCORS"],
    "DeleteBucketTagging": ["s3:PutBucketTagging"],
    "DeleteBucketWebsite": ["s3:DeleteBucketWebsite"],
    "GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "GetObjectLockConfiguration": ["s3:GetBucketObjectLockConfiguration"],
    "PutObjectLockConfiguration": ["s3:PutBucketObjectLockConfiguration"],
    **CONFIGURATIONS,
    "ListBucketAnalyticsConfigurations": ["s3:GetAnalyticsConfiguration"],
    "ListBucketInventoryConfigurations": ["s3:GetInventoryConfiguration"],
    "ListBucketMetricsConfigurations": ["s3:GetMetricsConfiguration"],
    "ListBucketIntelligentTieringConfigurations": ["s3:GetIntelligentTieringConfiguration"],
    "GetBucketAbac": ["s3:GetBucketAbac"],
    "DeleteBucketOwnershipControls": ["s3:PutBucketOwnershipControls"],
    "WriteGetObjectResponse": ["s3-object-lambda:WriteGetObjectResponse"],
    "GetObjectTorrent": ["s3:GetObjectTorrent"],
}

PARTIQL = ["dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"]
DYNAMODB = {
    "TransactGetItems": [("dynamodb:GetItem", "TransactItems[].Get.TableName")],
    "TransactWriteItems": [
        ("dynamodb:PutItem", "?TransactItems[].Put.TableName"),
        ("dynamodb:UpdateItem", "?TransactItems[].Update.TableName"),
        ("dynamodb:DeleteItem", "?TransactItems[].Delete.TableName"),
        ("dynamodb:ConditionCheckItem", "?TransactItems[].ConditionCheck.TableName"),
    ],
    **each("ExecuteStatement BatchExecuteStatement ExecuteTransaction", PARTIQL),
}

IMAGE = [("s3:GetObject", "?Image.S3Object.Bucket")]
REKOGNITION = {
    **each("DetectLabels DetectText DetectFaces DetectModerationLabels DetectProtectiveEquipment DetectCustomLabels "
           "RecognizeCelebrities IndexFaces SearchFacesByImage SearchUsersByImage", same("rekognition", IMAGE)),
    "CompareFaces": ["rekognition:CompareFaces", ("s3:GetObject", "?SourceImage.S3Object.Bucket"),
                     ("s3:GetObject", "?TargetImage.S3Object.Bucket")],
    **each("StartLabelDetection StartFaceDetection StartFaceSearch StartTextDetection StartContentModeration "
           "StartCelebrityRecognition StartPersonTracking StartSegmentDetection",
           same("rekognition", [("s3:GetObject", "Video.S3Object.Bucket"),
                                ("iam:PassRole", "?NotificationChannel.RoleArn")])),
}
DOCUMENT = [("s3:GetObject", "?Document.S3Object.Bucket")]
LOCATION = [("s3:GetObject", "DocumentLocation.S3Object.Bucket"), ("s3:PutObject", "?OutputConfig.S3Bucket"),
            ("iam:PassRole", "?NotificationChannel.RoleArn")]
TEXTRACT = {
    **each("AnalyzeDocument DetectDocumentText AnalyzeExpense", same("textract", DOCUMENT)),
    "AnalyzeID": ["textract:AnalyzeID", ("s3:GetObject", "?DocumentPages[].S3Object.Bucket")],
    **each("StartDocumentAnalysis StartDocumentTextDetection StartExpenseAnalysis StartLendingAnalysis",
           same("textract", LOCATION)),
}

OVERRIDES = {
    "s3": S3,
    "dynamodb": DYNAMODB,
    "rekognition": REKOGNITION,
    "textract": TEXTRACT,
    "transcribe": {
        "StartTranscriptionJob": ["transcribe:StartTranscriptionJob", ("s3:GetObject", "Media.MediaFileUri"),
                                  ("s3:PutObject", "?OutputBucketName")],
    },
    "sqs": {
        "SendMessageBatch": ["sqs:SendMessage"],
        "DeleteMessageBatch": ["sqs:DeleteMessage"],
        "ChangeMessageVisibilityBatch": ["sqs:ChangeMessageVisibility"],
    },
    "sns": {"PublishBatch": ["sns:Publish"]},
    "lambda": {
        "Invoke": ["lambda:InvokeFunction"],
        "InvokeWithResponseStream": ["lambda:InvokeFunction"],
        "GetLayerVersionByArn": ["lambda:GetLayerVersion"],
        "CreateFunction": ["lambda:CreateFunction", ("iam:PassRole", "Role")],
        "UpdateFunctionConfiguration": ["lambda:UpdateFunctionConfiguration", ("iam:PassRole", "?Role")],
    },
    "apigatewaymanagementapi": each("PostToConnection DeleteConnection GetConnection", ["execute-api:ManageConnections"]),
    "bedrock-runtime": {
        "Converse": ["bedrock:InvokeModel", ("bedrock:ApplyGuardrail", "?guardrailConfig.guardrailIdentifier")],
        "ConverseStream": ["bedrock:InvokeModelWithResponseStream",
                           ("bedrock:ApplyGuardrail", "?guardrailConfig.guardrailIdentifier")],
        "InvokeModel": ["bedrock:InvokeModel", ("bedrock:ApplyGuardrail", "?guardrailIdentifier")],
        "InvokeModelWithResponseStream": ["bedrock:InvokeModelWithResponseStream",
                                          ("bedrock:ApplyGuardrail", "?guardrailIdentifier")],
        "InvokeModelWithBidirectionalStream": ["bedrock:InvokeModel"],
        "StartAsyncInvoke": ["bedrock:InvokeModel", ("s3:PutObject", "outputDataConfig.s3OutputDataConfig.s3Uri")],
    },
    "kms": {"ReEncrypt": [("kms:ReEncryptFrom", "SourceKeyId"), ("kms:ReEncryptTo", "DestinationKeyId")]},
    "ses": {},
    "sesv2": {
        "SendEmail": [("ses:SendEmail", "FromEmailAddress", "Content.Simple"),
                      ("ses:SendRawEmail", "FromEmailAddress", "Content.Raw"),
                      ("ses:SendTemplatedEmail", "FromEmailAddress", "Content.Template")],
        "SendBulkEmail": ["ses:SendBulkTemplatedEmail", "ses:SendBulkEmail"],
    },
    "timestream-query": {"Query": ["timestream:Select", "timestream:DescribeEndpoints"]},
    "timestream-write": {"WriteRecords": ["timestream:WriteRecords", "timestream:DescribeEndpoints"]},
    "scheduler": {
        "CreateSchedule": ["scheduler:CreateSchedule", ("iam:PassRole", "Target.RoleArn")],
        "UpdateSchedule": ["scheduler:UpdateSchedule", ("iam:PassRole", "Target.RoleArn")],
    },
    "ecs": {"RunTask": [("ecs:RunTask", "taskDefinition"), ("iam:PassRole", "taskDefinition"),
                        ("iam:PassRole", "?overrides.taskRoleArn"), ("iam:PassRole", "?overrides.executionRoleArn")]},
    "mediaconvert": {"CreateJob": ["mediaconvert:CreateJob", ("iam:PassRole", "Role")]},
    "rds-data": each(
        "ExecuteStatement BatchExecuteStatement BeginTransaction CommitTransaction RollbackTransaction",
        same("rds-data", [("secretsmanager:GetSecretValue", "secretArn")])),
    # What a query reads and where it writes is in the text and in the workgroup.
    "athena": {
        "StartQueryExecution": ["athena:StartQueryExecution", ("glue:GetTable", ""), ("glue:GetPartitions", ""),
                                ("glue:GetDatabase", ""), ("s3:GetBucketLocation", ""), ("s3:GetObject", ""),
                                ("s3:ListBucket", ""), ("s3:PutObject", "")],
        "GetQueryResults": ["athena:GetQueryResults", ("s3:GetObject", "")],
    },
    "stepfunctions": {"StartExecution": ["states:StartExecution"], "StartSyncExecution": ["states:StartSyncExecution"]},
}

# What is no operation: a token that is signed here lets its bearer do something.
TOKENS = {
    "rds": {"GenerateDBAuthToken": [("rds-db:connect", "")]},
    "dsql": {"GenerateDbConnectAuthToken": ["dsql:DbConnect"], "GenerateDbConnectAdminAuthToken": ["dsql:DbConnectAdmin"]},
}

# Actions that tag what is created: by them alone, or by the name of what a service creates.
TAGGING = "TagResource AddTagsToResource AddTags CreateTags TagQueue".split()

# Signed or public, but nothing that a policy must allow.
NO_PERMISSION = {
    "sts": "GetCallerIdentity",
    "dynamodb": "DescribeEndpoints",
    "cognito-idp": "InitiateAuth RespondToAuthChallenge SignUp ConfirmSignUp ForgotPassword ConfirmForgotPassword "
                   "ResendConfirmationCode GetUser GlobalSignOut ChangePassword RevokeToken UpdateUserAttributes DeleteUser "
                   "VerifyUserAttribute GetUserAttributeVerificationCode AssociateSoftwareToken VerifySoftwareToken "
                   "SetUserMFAPreference",
    "cognito-identity": "GetId GetCredentialsForIdentity GetOpenIdToken",
}

# Which arguments name what an operation works on, and its type in IAM; `{}` is for the keys of a map. The first that a
# call has counts; a type with a colon belongs to another service.
RESOURCES = {
    "apigatewaymanagementapi": {"@endpoint": "execute-api-general"},
    "appconfigdata": {"ApplicationIdentifier": "configuration"},
    "appsync": {"apiId": "graphqlapi"},
    "athena": {"WorkGroup": "workgroup"},
    "batch": {"jobQueue": "job-queue", "jobDefinition": "job-definition"},
    "bedrock-agent-runtime": {"agentAliasId": "agent-alias", "knowledgeBaseId": "knowledge-base",
                              "retrieveAndGenerateConfiguration.knowledgeBaseConfiguration.knowledgeBaseId": "knowledge-base"},
    "bedrock-agentcore": {"agentRuntimeArn": "runtime", "memoryId": "memory"},
    "bedrock-runtime": {"modelId": "foundation-model", "guardrailIdentifier": "guardrail"},
    "codebuild": {"projectName": "project"},
    "codecommit": {"repositoryName": "repository"},
    "codepipeline": {"name": "pipeline", "pipelineName": "pipeline"},
    "cognito-idp": {"UserPoolId": "userpool"},
    "dynamodb": {"TableName": "table", "TableArn": "table", "RequestItems{}": "table"},
    "dynamodbstreams": {"StreamArn": "stream"},
    "ecs": {"taskDefinition": "task-definition", "cluster": "cluster"},
    "events": {"Entries[].EventBusName": "event-bus", "EventBusName": "event-bus"},
    "firehose": {"DeliveryStreamName": "deliverystream"},
    "glue": {"JobName": "job"},
    "iot-data": {"topic": "topic", "thingName": "thing"},
    "kinesis": {"StreamARN": "stream", "StreamName": "stream"},
    "kms": {"KeyId": "key"},
    "lambda": {"FunctionName": "function"},
    "logs": {"logGroupName": "log-group"},
    "rds-data": {"resourceArn": "cluster"},
    "s3": {"Bucket": "bucket"},
    "s3vectors": {"vectorBucketName": "VectorBucket"},
    "sagemaker-runtime": {"EndpointName": "endpoint"},
    "scheduler": {"GroupName": "schedule-group"},
    "secretsmanager": {"SecretId": "Secret"},
    "ses": {"Source": "identity"},
    "sesv2": {"FromEmailAddress": "identity"},
    "sns": {"TopicArn": "topic", "TargetArn": "topic"},
    "sqs": {"QueueUrl": "queue", "QueueName": "queue"},
    "ssm": {"Name": "parameter", "Names[]": "parameter", "Path": "parameter"},
    "stepfunctions": {"stateMachineArn": "statemachine", "activityArn": "activity", "executionArn": "execution"},
}
