"""Which services the table has, and what the SDKs call them. Written by hand; sources: botocore's models (the Python
name is the folder's name), the reference of the AWS SDK for JavaScript v2 (class names)."""

# botocore's name -> prefix of its IAM actions
SERVICES = {
    "acm": "acm", "apigateway": "apigateway", "apigatewaymanagementapi": "execute-api", "appconfig": "appconfig",
    "appconfigdata": "appconfig", "application-autoscaling": "application-autoscaling", "appsync": "appsync",
    "athena": "athena", "autoscaling": "autoscaling", "backup": "backup", "batch": "batch", "bedrock": "bedrock",
    "bedrock-agent": "bedrock", "bedrock-agent-runtime": "bedrock", "bedrock-agentcore": "bedrock-agentcore",
    "bedrock-agentcore-control": "bedrock-agentcore", "bedrock-runtime": "bedrock", "budgets": "budgets", "ce": "ce",
    "cloudformation": "cloudformation", "cloudfront": "cloudfront", "cloudtrail": "cloudtrail",
    "cloudwatch": "cloudwatch", "codebuild": "codebuild", "codecommit": "codecommit", "codepipeline": "codepipeline",
    "cognito-identity": "cognito-identity", "cognito-idp": "cognito-idp", "comprehend": "comprehend",
    "comprehendmedical": "comprehendmedical", "config": "config", "connect": "connect", "dsql": "dsql",
    "dynamodb": "dynamodb", "dynamodbstreams": "dynamodb", "ec2": "ec2", "ecr": "ecr", "ecs": "ecs",
    "efs": "elasticfilesystem", "eks": "eks", "elasticache": "elasticache", "elasticbeanstalk": "elasticbeanstalk", "elbv2": "elasticloadbalancing",
    "emr-serverless": "emr-serverless", "events": "events", "firehose": "firehose", "globalaccelerator": "globalaccelerator", "glue": "glue",
    "guardduty": "guardduty", "iam": "iam", "identitystore": "identitystore", "iot": "iot", "iot-data": "iot",
    "kafka": "kafka", "kendra": "kendra", "kinesis": "kinesis", "kms": "kms", "lakeformation": "lakeformation",
    "lambda": "lambda", "lexv2-runtime": "lex", "location": "geo", "logs": "logs", "mediaconvert": "mediaconvert",
    "opensearch": "es", "opensearchserverless": "aoss", "organizations": "organizations", "personalize-runtime": "personalize",
    "personalize-events": "personalize", "pinpoint": "mobiletargeting", "pinpoint-sms-voice-v2": "sms-voice",
    "pipes": "pipes", "polly": "polly", "pricing": "pricing", "qbusiness": "qbusiness", "quicksight": "quicksight",
    "rbin": "rbin", "rds": "rds", "rds-data": "rds-data", "redshift": "redshift", "redshift-data": "redshift-data",
    "redshift-serverless": "redshift-serverless", "rekognition": "rekognition", "resourcegroupstaggingapi": "tag",
    "route53": "route53", "route53domains": "route53domains", "s3": "s3", "s3control": "s3", "s3vectors": "s3vectors", "sagemaker": "sagemaker",
    "sagemaker-runtime": "sagemaker", "scheduler": "scheduler", "schemas": "schemas", "secretsmanager": "secretsmanager",
    "securityhub": "securityhub", "servicediscovery": "servicediscovery", "ses": "ses", "sesv2": "ses", "sns": "sns",
    "sqs": "sqs", "ssm": "ssm", "sso-admin": "sso", "stepfunctions": "states", "sts": "sts", "support": "support",
    "textract": "textract", "timestream-query": "timestream", "timestream-write": "timestream", "transcribe": "transcribe",
    "transfer": "transfer", "translate": "translate", "verifiedpermissions": "verifiedpermissions", "wafv2": "wafv2",
    "xray": "xray",
}

# Classes of the JavaScript SDK v2 that aren't the service's id without its blanks.
V2_CLASSES = {
    "ce": "CostExplorer", "cognito-idp": "CognitoIdentityServiceProvider", "config": "ConfigService", "efs": "EFS",
    "elasticache": "ElastiCache", "elbv2": "ELBv2", "iot": "Iot", "iot-data": "IotData", "lexv2-runtime": "LexRuntimeV2",
    "opensearchserverless": "OpenSearchServerless", "rds-data": "RDSDataService", "redshift-data": "RedshiftData",
    "sesv2": "SESV2", "sso-admin": "SSOAdmin", "stepfunctions": "StepFunctions", "transcribe": "TranscribeService",
}
