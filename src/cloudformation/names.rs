//! What `Ref` gives, by type.

/// Types whose `Ref` is the value of a property of theirs.
///
/// Source: "Return values" on the page of each type, CloudFormation template reference.
const NAMES: [(&str, &str); 17] = [
    ("AWS::ApiGateway::Stage", "StageName"),
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::DynamoDB::GlobalTable", "TableName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::Scheduler::ScheduleGroup", "Name"),
];

/// The attribute name under which a `Ref` stands in a reference: the property that it gives, or `Ref`.
pub(super) fn of_ref(kind: &str) -> &'static str {
    NAMES.binary_search_by(|(known, _)| (*known).cmp(kind)).map_or("Ref", |i| NAMES[i].1)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_sorted() {
        assert!(super::NAMES.is_sorted());
        assert_eq!(super::of_ref("AWS::Lambda::Function"), "FunctionName");
        assert_eq!(super::of_ref("AWS::SQS::Queue"), "Ref");
    }
}
