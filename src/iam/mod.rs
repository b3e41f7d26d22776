//! IAM: one model of policies, however they are written, and what functions' sources need of them.

pub mod actions;
pub mod policies;
pub mod policy;
pub mod role;
pub mod scope;
pub mod text;
pub mod usage;

/// What a role needs to have logs delivered by `CloudWatch`; none of these takes a resource.
/// <https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html>
pub const LOG_DELIVERY: [&str; 8] = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
];
