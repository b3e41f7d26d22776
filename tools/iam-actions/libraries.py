"""What libraries on top of the SDKs call. Written by hand from their documentation: boto3's customisations (s3transfer,
DynamoDB's batch writer), @aws-sdk/lib-*, Powertools for AWS Lambda."""

# Methods that boto3 adds: (class, method) -> operations, names of positional arguments. "" is the client.
INJECTED = {
    "s3": {
        "": {
            "upload_file": (["PutObject", "AbortMultipartUpload"], ["Filename", "Bucket", "Key"]),
            "upload_fileobj": (["PutObject", "AbortMultipartUpload"], ["Fileobj", "Bucket", "Key"]),
            "download_file": (["GetObject"], ["Bucket", "Key", "Filename"]),
            "download_fileobj": (["GetObject"], ["Bucket", "Key", "Fileobj"]),
            "copy": (["CopyObject", "AbortMultipartUpload"], ["CopySource", "Bucket", "Key"]),
            "generate_presigned_post": (["PutObject"], ["Bucket", "Key"]),
        },
        "Bucket": {
            "upload_file": (["PutObject", "AbortMultipartUpload"], ["Filename", "Key"]),
            "upload_fileobj": (["PutObject", "AbortMultipartUpload"], ["Fileobj", "Key"]),
            "download_file": (["GetObject"], ["Key", "Filename"]),
            "download_fileobj": (["GetObject"], ["Key", "Fileobj"]),
            "copy": (["CopyObject", "AbortMultipartUpload"], ["CopySource", "Key"]),
            "load": (["ListBuckets"], []),
            "reload": (["ListBuckets"], []),
        },
        "Object": {
            "upload_file": (["PutObject", "AbortMultipartUpload"], ["Filename"]),
            "upload_fileobj": (["PutObject", "AbortMultipartUpload"], ["Fileobj"]),
            "download_file": (["GetObject"], ["Filename"]),
            "download_fileobj": (["GetObject"], ["Fileobj"]),
            "copy": (["CopyObject", "AbortMultipartUpload"], ["CopySource"]),
        },
        "ObjectSummary": {"load": (["HeadObject"], [])},
    },
    "rds": {"": {"generate_db_auth_token": (["GenerateDBAuthToken"], ["DBHostname", "Port", "DBUsername"])}},
    "dsql": {"": {"generate_db_connect_auth_token": (["GenerateDbConnectAuthToken"], ["Hostname"]),
                  "generate_db_connect_admin_auth_token": (["GenerateDbConnectAdminAuthToken"], ["Hostname"])}},
    "dynamodb": {"Table": {"batch_writer": (["BatchWriteItem"], [])}},
    "ec2": {"": {"create_tags": (["CreateTags"], []), "delete_tags": (["DeleteTags"], [])}},
}

# Methods of every client that call nothing. What `generate_presigned_url` signs is called by who has the URL, with the
# permissions of the function: it stands for the operation that its first argument names.
NO_CALL = ["can_paginate", "close", "get_paginator", "get_waiter", "meta", "exceptions", "get_available_subresources"]

COMMANDS = {
    "GetCommand": "GetItem", "PutCommand": "PutItem", "UpdateCommand": "UpdateItem", "DeleteCommand": "DeleteItem",
    "QueryCommand": "Query", "ScanCommand": "Scan", "BatchGetCommand": "BatchGetItem",
    "BatchWriteCommand": "BatchWriteItem", "TransactGetCommand": "TransactGetItems",
    "TransactWriteCommand": "TransactWriteItems", "ExecuteStatementCommand": "ExecuteStatement",
    "BatchExecuteStatementCommand": "BatchExecuteStatement", "ExecuteTransactionCommand": "ExecuteTransaction",
    "paginateQuery": "Query", "paginateScan": "Scan",
}
METHODS = {
    "get": "GetItem", "put": "PutItem", "update": "UpdateItem", "delete": "DeleteItem", "query": "Query", "scan": "Scan",
    "batchGet": "BatchGetItem", "batchWrite": "BatchWriteItem", "transactGet": "TransactGetItems",
    "transactWrite": "TransactWriteItems",
}
# Package (or class of SDK v2) -> name -> service, operations. Arguments are those of the operations.
JAVASCRIPT = {
    "@aws-sdk/lib-dynamodb": {name: ("dynamodb", [operation]) for name, operation in
                              {**COMMANDS, **METHODS}.items()},
    "@aws-sdk/lib-storage": {"Upload": ("s3", ["PutObject", "AbortMultipartUpload"])},
    "@aws-sdk/s3-presigned-post": {"createPresignedPost": ("s3", ["PutObject"])},
    "DynamoDB.DocumentClient": {name: ("dynamodb", [operation]) for name, operation in METHODS.items()},
    "S3": {"upload": ("s3", ["PutObject", "AbortMultipartUpload"]), "createPresignedPost": ("s3", ["PutObject"])},
}

ITEMS = ["GetItem", "PutItem", "UpdateItem", "DeleteItem"]
CONFIGURATION = ["StartConfigurationSession", "GetLatestConfiguration"]
# Function or class -> service, operations, its arguments under the names of the operations' (in order).
POWERTOOLS = {
    "aws_lambda_powertools.utilities.parameters.get_parameter": ("ssm", ["GetParameter"], {"name": "Name", "decrypt": "WithDecryption"}),
    "aws_lambda_powertools.utilities.parameters.get_parameters": ("ssm", ["GetParametersByPath"], {"path": "Path", "decrypt": "WithDecryption"}),
    "aws_lambda_powertools.utilities.parameters.get_parameters_by_name": ("ssm", ["GetParameters"], {"parameters": "Names[]", "decrypt": "WithDecryption"}),
    "aws_lambda_powertools.utilities.parameters.set_parameter": ("ssm", ["PutParameter"], {"name": "Name"}),
    "aws_lambda_powertools.utilities.parameters.get_secret": ("secretsmanager", ["GetSecretValue"], {"name": "SecretId"}),
    "aws_lambda_powertools.utilities.parameters.get_app_config": ("appconfigdata", CONFIGURATION, {"name": "ConfigurationProfileIdentifier", "environment": "EnvironmentIdentifier", "application": "ApplicationIdentifier"}),
    "aws_lambda_powertools.utilities.parameters.SSMProvider.get": ("ssm", ["GetParameter"], {"name": "Name", "decrypt": "WithDecryption"}),
    "aws_lambda_powertools.utilities.parameters.SSMProvider.get_multiple": ("ssm", ["GetParametersByPath"], {"path": "Path", "decrypt": "WithDecryption"}),
    "aws_lambda_powertools.utilities.parameters.SecretsProvider.get": ("secretsmanager", ["GetSecretValue"], {"name": "SecretId"}),
    "aws_lambda_powertools.utilities.parameters.DynamoDBProvider": ("dynamodb", ["GetItem", "Query"], {"table_name": "TableName"}),
    "aws_lambda_powertools.utilities.idempotency.DynamoDBPersistenceLayer": ("dynamodb", ITEMS, {"table_name": "TableName"}),
    "aws_lambda_powertools.utilities.feature_flags.AppConfigStore": ("appconfigdata", CONFIGURATION, {"environment": "EnvironmentIdentifier", "application": "ApplicationIdentifier", "name": "ConfigurationProfileIdentifier"}),
    "aws_lambda_powertools.utilities.streaming.S3Object": ("s3", ["GetObject"], {"bucket": "Bucket", "key": "Key", "version_id": "VersionId"}),
    "aws_lambda_powertools.Tracer": ("xray", ["PutTraceSegments", "PutTelemetryRecords"], {}),
    "aws_lambda_powertools.Metrics": ("", [], {}),
    "aws_lambda_powertools.Logger": ("", [], {}),
    "@aws-lambda-powertools/parameters/ssm.getParameter": ("ssm", ["GetParameter"], {"name": "Name", "decrypt": "WithDecryption"}),
    "@aws-lambda-powertools/parameters/ssm.getParameters": ("ssm", ["GetParametersByPath"], {"path": "Path", "decrypt": "WithDecryption"}),
    "@aws-lambda-powertools/parameters/ssm.getParametersByName": ("ssm", ["GetParameters"], {"parameters": "Names[]", "decrypt": "WithDecryption"}),
    "@aws-lambda-powertools/parameters/secrets.getSecret": ("secretsmanager", ["GetSecretValue"], {"name": "SecretId"}),
    "@aws-lambda-powertools/parameters/appconfig.getAppConfig": ("appconfigdata", CONFIGURATION, {"name": "ConfigurationProfileIdentifier", "environment": "EnvironmentIdentifier", "application": "ApplicationIdentifier"}),
    "@aws-lambda-powertools/parameters/dynamodb.DynamoDBProvider": ("dynamodb", ["GetItem", "Query"], {"tableName": "TableName"}),
    "@aws-lambda-powertools/idempotency/dynamodb.DynamoDBPersistenceLayer": ("dynamodb", ITEMS, {"tableName": "TableName"}),
    "@aws-lambda-powertools/tracer.Tracer": ("xray", ["PutTraceSegments", "PutTelemetryRecords"], {}),
    "@aws-lambda-powertools/metrics.Metrics": ("", [], {}),
    "@aws-lambda-powertools/logger.Logger": ("", [], {}),
}
