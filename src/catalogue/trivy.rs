//! What Trivy and its forerunner tfsec call their checks: one number, and names that changed with their releases.

/// Trivy's numbers by the names of the same checks, without `aws-`, sorted.
const NUMBERS: [(&str, &str); 66] = [
    ("api-gateway-enable-access-logging", "aws-0001"),
    ("api-gateway-enable-cache", "aws-0190"),
    ("api-gateway-enable-cache-encryption", "aws-0002"),
    ("api-gateway-enable-tracing", "aws-0003"),
    ("api-gateway-no-public-access", "aws-0004"),
    ("api-gateway-use-secure-tls-policy", "aws-0005"),
    ("cloudwatch-log-group-customer-key", "aws-0017"),
    ("documentdb-enable-storage-encryption", "aws-0021"),
    ("dynamodb-enable-at-rest-encryption", "aws-0023"),
    ("dynamodb-enable-recovery", "aws-0024"),
    ("dynamodb-table-customer-key", "aws-0025"),
    ("ec2-add-description-to-security-group", "aws-0099"),
    ("ec2-add-description-to-security-group-rule", "aws-0124"),
    ("ec2-no-public-egress-sgr", "aws-0104"),
    ("ec2-no-public-ingress-sgr", "aws-0107"),
    ("ec2-no-public-ip-subnet", "aws-0164"),
    ("ec2-require-vpc-flow-logs-for-all-vpcs", "aws-0178"),
    ("ec2-restrict-all-in-default-sg", "aws-0173"),
    ("ecr-enable-image-scans", "aws-0030"),
    ("ecr-enforce-immutable-repository", "aws-0031"),
    ("ecr-repository-customer-key", "aws-0033"),
    ("efs-enable-at-rest-encryption", "aws-0037"),
    ("elastic-service-enable-domain-encryption", "aws-0048"),
    ("elasticache-enable-at-rest-encryption", "aws-0045"),
    ("elasticache-enable-in-transit-encryption", "aws-0051"),
    ("elasticsearch-enable-domain-encryption", "aws-0048"),
    ("elasticsearch-enable-in-transit-encryption", "aws-0043"),
    ("elasticsearch-encrypt-replication-group", "aws-0045"),
    ("elasticsearch-enforce-https", "aws-0046"),
    ("elasticsearch-use-secure-tls-policy", "aws-0126"),
    ("iam-no-policy-wildcards", "aws-0057"),
    ("kinesis-enable-in-transit-encryption", "aws-0064"),
    ("kms-auto-rotate-keys", "aws-0065"),
    ("lambda-enable-tracing", "aws-0066"),
    ("lambda-restrict-source-arn", "aws-0067"),
    ("mq-no-public-access", "aws-0072"),
    ("msk-enable-in-transit-encryption", "aws-0073"),
    ("neptune-enable-storage-encryption", "aws-0076"),
    ("rds-enable-iam-auth", "aws-0176"),
    ("rds-enable-public-access", "aws-0180"),
    ("rds-encrypt-cluster-storage-data", "aws-0079"),
    ("rds-encrypt-instance-storage-data", "aws-0080"),
    ("rds-no-public-db-access", "aws-0180"),
    ("s3-block-public-acls", "aws-0086"),
    ("s3-block-public-policy", "aws-0087"),
    ("s3-enable-bucket-encryption", "aws-0088"),
    ("s3-enable-bucket-logging", "aws-0089"),
    ("s3-enable-versioning", "aws-0090"),
    ("s3-encryption-customer-key", "aws-0132"),
    ("s3-ignore-public-acls", "aws-0091"),
    ("s3-no-public-access-with-acl", "aws-0092"),
    ("s3-no-public-buckets", "aws-0093"),
    ("s3-specify-public-access-block", "aws-0094"),
    ("sns-enable-topic-encryption", "aws-0095"),
    ("sns-topic-encryption-use-cmk", "aws-0136"),
    ("sqs-enable-queue-encryption", "aws-0096"),
    ("sqs-no-wildcards-in-policy-documents", "aws-0097"),
    ("sqs-queue-encryption-use-cmk", "aws-0135"),
    ("ssm-secret-use-customer-key", "aws-0098"),
    ("vpc-add-decription-to-security-group", "aws-0099"),
    ("vpc-add-description-to-security-group", "aws-0099"),
    ("vpc-no-public-egress-sg", "aws-0104"),
    ("vpc-no-public-egress-sgr", "aws-0104"),
    ("vpc-no-public-ingress-sg", "aws-0107"),
    ("vpc-no-public-ingress-sgr", "aws-0107"),
    ("vpc-require-vpc-flow-logs-for-all-vpcs", "aws-0178"),
];

/// The number of a check that has a name: `aws-0096` for `aws-sqs-enable-queue-encryption`.
pub(super) fn number(name: &str) -> Option<&'static str> {
    // The service was written in two ways.
    let name = name.strip_prefix("aws-")?.replace("elastic-search-", "elasticsearch-");
    let at = NUMBERS.binary_search_by(|(known, _)| (*known).cmp(name.as_str())).ok()?;
    Some(NUMBERS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_search() {
        assert!(NUMBERS.is_sorted());
        for (name, expected) in NUMBERS {
            assert_eq!(number(&format!("aws-{name}")), Some(expected));
        }
        assert_eq!(number("aws-elastic-search-enforce-https"), Some("aws-0046"));
        assert_eq!(number("aws-no-such-check"), None);
    }

    /// A number that no page knows is of no use here.
    #[test]
    fn every_number_is_the_alias_of_a_control() {
        let catalogue = crate::catalogue::Catalogue::built_in().expect("the pages are well formed");
        for (name, number) in NUMBERS {
            assert!(catalogue.find(&format!("aws-{name}")).is_some(), "{name}, {number}");
        }
    }
}
