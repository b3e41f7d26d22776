"""Functions whose narrowed policies are judged: what they run on, their code, an event, what they need.

`needs` are the actions with the resource that the code works on, in account 123456789012 and us-east-1: written by hand
from the code, not by terramend. `unexercised`: allowed for good reasons, but no call of this event needs it.
"""

TABLE = 'resource "aws_dynamodb_table" "t" {\n  name = "orders"\n  hash_key = "id"\n}\n'
BUCKET = 'resource "aws_s3_bucket" "b" {\n  bucket = "uploads"\n}\n'
OTHER = 'resource "aws_s3_bucket" "o" {\n  bucket = "archive"\n}\n'
QUEUE = 'resource "aws_sqs_queue" "q" {\n  name = "jobs"\n}\n'
TOPIC = 'resource "aws_sns_topic" "s" {\n  name = "news"\n}\n'
SECRET = 'resource "aws_secretsmanager_secret" "k" {\n  name = "token"\n}\n'
PARAMETER = 'resource "aws_ssm_parameter" "p" {\n  name = "/app/mode"\n  type = "String"\n  value = "x"\n}\n'
STREAM = 'resource "aws_kinesis_stream" "d" {\n  name = "clicks"\n  shard_count = 1\n}\n'
BUS = 'resource "aws_cloudwatch_event_bus" "e" {\n  name = "shop"\n}\n'
KEY = 'resource "aws_kms_key" "c" {\n}\n'
NOTIFY = """resource "aws_s3_bucket_notification" "n" {
  bucket = aws_s3_bucket.b.id
  lambda_function {
    lambda_function_arn = aws_lambda_function.f.arn
    events = ["s3:ObjectCreated:*"]
  }
}
"""
T_ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
Q_ARN = "arn:aws:sqs:us-east-1:123456789012:jobs"
S_ARN = "arn:aws:sns:us-east-1:123456789012:news"
OBJECT, COPY = "arn:aws:s3:::uploads/a", "arn:aws:s3:::archive/a"

RECORD = {"Records": [{"s3": {"bucket": {"name": "uploads"}, "object": {"key": "a"}}}]}


def case(name, resources, environment, code, needs, event=None, unexercised=()):
    return {"name": name, "resources": "".join(resources), "environment": environment, "code": code, "needs": needs,
            "event": event or {"id": "1"}, "unexercised": list(unexercised)}


CASES = [
    case("table-get", [TABLE], {"TABLE": "aws_dynamodb_table.t.name"}, '''
import os, boto3
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
def handler(event, context):
    return table.get_item(Key={"id": event["id"]}).get("Item")
''', {"dynamodb:GetItem": T_ARN}),
    case("table-put-update", [TABLE], {"TABLE": "aws_dynamodb_table.t.id"}, '''
import os, boto3
client = boto3.client("dynamodb")
def handler(event, context):
    client.put_item(TableName=os.environ["TABLE"], Item={"id": {"S": event["id"]}})
    client.update_item(TableName=os.environ["TABLE"], Key={"id": {"S": event["id"]}},
                       UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}})
''', {"dynamodb:PutItem": T_ARN, "dynamodb:UpdateItem": T_ARN}),
    case("table-class", [TABLE], {"TABLE": "aws_dynamodb_table.t.name"}, '''
import os, boto3
class Store:
    def __init__(self, name):
        self.table = boto3.resource("dynamodb").Table(name)
    def all(self):
        return self.table.scan()["Items"]
    def drop(self, key):
        self.table.delete_item(Key={"id": key})
store = Store(os.environ["TABLE"])
def handler(event, context):
    store.drop(event["id"])
    return store.all()
''', {"dynamodb:Scan": T_ARN, "dynamodb:DeleteItem": T_ARN}),
    case("table-query-literal", [TABLE], {}, '''
import boto3
from boto3.dynamodb.conditions import Key
def handler(event, context):
    table = boto3.resource("dynamodb").Table("orders")
    return table.query(KeyConditionExpression=Key("id").eq(event["id"]))["Items"]
''', {"dynamodb:Query": T_ARN}),
    case("table-paginator", [TABLE], {"TABLE": "aws_dynamodb_table.t.name"}, '''
import os, boto3
def handler(event, context):
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=os.environ["TABLE"])
    return [item for page in pages for item in page["Items"]]
''', {"dynamodb:Scan": T_ARN}),
    case("table-batch-writer", [TABLE], {"TABLE": "aws_dynamodb_table.t.name"}, '''
import os, boto3
def handler(event, context):
    with boto3.resource("dynamodb").Table(os.environ["TABLE"]).batch_writer() as batch:
        batch.put_item(Item={"id": event["id"]})
''', {"dynamodb:BatchWriteItem": T_ARN}),
    case("bucket-put", [BUCKET], {"BUCKET": "aws_s3_bucket.b.bucket"}, '''
import os, boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="a", Body=b"x")
''', {"s3:PutObject": OBJECT}),
    case("bucket-event", [BUCKET, NOTIFY], {}, '''
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        s3.get_object(Bucket=bucket, Key=record["s3"]["object"]["key"])
''', {"s3:GetObject": OBJECT}, RECORD),
    case("bucket-list-delete", [BUCKET], {"BUCKET": "aws_s3_bucket.b.id"}, '''
import os, boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.list_objects_v2(Bucket=os.environ["BUCKET"])
    s3.delete_object(Bucket=os.environ["BUCKET"], Key="a")
''', {"s3:ListBucket": "arn:aws:s3:::uploads", "s3:DeleteObject": OBJECT}),
    case("bucket-upload-file", [BUCKET], {"BUCKET": "aws_s3_bucket.b.id"}, '''
import io, os, boto3
def handler(event, context):
    boto3.client("s3").upload_fileobj(io.BytesIO(b"x"), os.environ["BUCKET"], "a")
''', {"s3:PutObject": OBJECT, "s3:AbortMultipartUpload": OBJECT}, unexercised=["s3:AbortMultipartUpload"]),
    case("bucket-resource", [BUCKET], {"BUCKET": "aws_s3_bucket.b.id"}, '''
import os, boto3
def handler(event, context):
    return boto3.resource("s3").Object(os.environ["BUCKET"], "a").get()["Body"].read().decode()
''', {"s3:GetObject": OBJECT}),
    case("queue-send", [QUEUE], {"QUEUE": "aws_sqs_queue.q.url"}, '''
import os, boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody="x")
''', {"sqs:SendMessage": Q_ARN}),
    case("queue-receive-delete", [QUEUE], {"QUEUE": "aws_sqs_queue.q.id"}, '''
import os, boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    for message in sqs.receive_message(QueueUrl=os.environ["QUEUE"]).get("Messages", []):
        sqs.delete_message(QueueUrl=os.environ["QUEUE"], ReceiptHandle=message["ReceiptHandle"])
''', {"sqs:ReceiveMessage": Q_ARN, "sqs:DeleteMessage": Q_ARN}),
    case("topic-publish", [TOPIC], {"TOPIC": "aws_sns_topic.s.arn"}, '''
import os, boto3
def publish(client, text):
    client.publish(TopicArn=os.environ["TOPIC"], Message=text)
def handler(event, context):
    publish(boto3.client("sns"), "x")
''', {"sns:Publish": S_ARN}),
    case("secret", [SECRET], {"SECRET": "aws_secretsmanager_secret.k.name"}, '''
import os, boto3
def handler(event, context):
    return boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]
''', {"secretsmanager:GetSecretValue": "arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf"}),
    case("parameter", [PARAMETER], {}, '''
import boto3
def handler(event, context):
    return boto3.client("ssm").get_parameter(Name="/app/mode")["Parameter"]["Value"]
''', {"ssm:GetParameter": "arn:aws:ssm:us-east-1:123456789012:parameter/app/mode"}),
    case("stream-put", [STREAM], {"STREAM": "aws_kinesis_stream.d.name"}, '''
import os, boto3
def handler(event, context):
    boto3.client("kinesis").put_record(StreamName=os.environ["STREAM"], Data=b"x", PartitionKey="a")
''', {"kinesis:PutRecord": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks"}),
    case("bus-put", [BUS], {"BUS": "aws_cloudwatch_event_bus.e.name"}, '''
import os, boto3
def handler(event, context):
    entry = {"Source": "shop", "DetailType": "x", "Detail": "{}", "EventBusName": os.environ["BUS"]}
    boto3.client("events").put_events(Entries=[entry])
''', {"events:PutEvents": "arn:aws:events:us-east-1:123456789012:event-bus/shop"}),
    case("event-to-table", [BUCKET, NOTIFY, TABLE], {"TABLE": "aws_dynamodb_table.t.name"}, '''
import os, boto3
s3, table = boto3.client("s3"), boto3.resource("dynamodb").Table(os.environ["TABLE"])
def handler(event, context):
    record = event["Records"][0]["s3"]
    body = s3.get_object(Bucket=record["bucket"]["name"], Key=record["object"]["key"])["Body"].read()
    table.put_item(Item={"id": body.decode()})
''', {"s3:GetObject": OBJECT, "dynamodb:PutItem": T_ARN}, RECORD),
]
