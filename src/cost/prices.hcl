# What fixes cost, in US dollars, in us-east-1. Other regions differ by some tens of per cent.
# Each row: the amount, what it is for, the page that says so, and the year and month for which the figure is known.
# `added`: resource types whose addition costs this much, whatever page adds them.

price "alarm" {
  usd    = 0.10
  per    = "alarm and month"
  source = "https://aws.amazon.com/cloudwatch/pricing/"
  date   = "2025-06"
  added  = ["aws_cloudwatch_metric_alarm"]
}

price "flow-logs" {
  usd    = 0.50
  per    = "GB of flow logs that CloudWatch Logs takes in"
  source = "https://aws.amazon.com/cloudwatch/pricing/"
  date   = "2025-06"
  added  = ["aws_flow_log"]
}

price "key" {
  usd    = 1
  per    = "key and month"
  source = "https://aws.amazon.com/kms/pricing/"
  date   = "2026-03"
  added  = ["aws_kms_key"]
}

price "key-requests" {
  usd    = 0.03
  per    = "10,000 requests to the key"
  source = "https://aws.amazon.com/kms/pricing/"
  date   = "2026-03"
  added  = ["aws_kms_key"]
}

price "key-rotation" {
  usd    = 1
  per    = "month from the first rotation on, and 2 from the second on"
  source = "https://aws.amazon.com/kms/pricing/"
  date   = "2026-03"
}

price "log-ingestion" {
  usd    = 0.50
  per    = "GB of logs that CloudWatch Logs takes in"
  source = "https://aws.amazon.com/cloudwatch/pricing/"
  date   = "2026-06"
}

price "log-storage" {
  usd    = 0.03
  per    = "GB and month of logs that are kept"
  source = "https://aws.amazon.com/cloudwatch/pricing/"
  date   = "2025-06"
}

price "object-storage" {
  usd    = 0.023
  per    = "GB and month in S3 Standard"
  source = "https://aws.amazon.com/s3/pricing/"
  date   = "2025-06"
}

price "point-in-time-recovery" {
  usd    = 0.20
  per    = "GB and month of the table"
  source = "https://aws.amazon.com/dynamodb/pricing/on-demand/"
  date   = "2025-06"
}

price "traces" {
  usd    = 5
  per    = "million traces that are recorded, after 100,000 a month"
  source = "https://aws.amazon.com/xray/pricing/"
  date   = "2025-06"
}

price "web-acl" {
  usd    = 5
  per    = "web ACL and month, with 1 for each rule and 0.60 for a million requests"
  source = "https://aws.amazon.com/waf/pricing/"
  date   = "2025-06"
  added  = ["aws_wafv2_web_acl"]
}
