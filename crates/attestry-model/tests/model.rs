//! Tests the names, addresses and refusals of the model, and the members of a few operations.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use attestry_model::{Location, Operation, Protocol, Refused, Service, Shape, TimeFormat, service, services};

fn operation(word: &str) -> Operation {
    let (name, operation) = word.split_once(':').unwrap();
    service(name).unwrap().operation(operation).unwrap_or_else(|| panic!("{word}"))
}

fn named(name: &str) -> &'static Service {
    service(name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn services_have_the_names_that_attestry_uses() {
    let row = |name: &str| {
        let it = named(name);
        (it.prefix(), it.cli_name(), it.host(), it.signing_name(), it.protocol())
    };
    assert_eq!(row("cloudwatch"), ("cloudwatch", "cloudwatch", "monitoring", "monitoring", Protocol::Json));
    assert_eq!(row("tag"), ("tag", "resourcegroupstaggingapi", "tagging", "tagging", Protocol::Json));
    assert_eq!(row("access-analyzer").1, "accessanalyzer");
    assert_eq!(
        row("elb"),
        ("elasticloadbalancing", "elb", "elasticloadbalancing", "elasticloadbalancing", Protocol::Query)
    );
    assert_eq!(row("elbv2").0, "elasticloadbalancing");
    assert_eq!(row("s3control"), ("s3", "s3control", "s3-control", "s3", Protocol::RestXml));
    assert_eq!(row("opensearch"), ("es", "opensearch", "es", "es", Protocol::RestJson));
    assert_eq!(row("es").1, "es");
    assert_eq!(row("apigatewayv2").0, "apigateway");
    assert_eq!(
        row("cloudcontrol"),
        ("cloudformation", "cloudcontrol", "cloudcontrolapi", "cloudcontrolapi", Protocol::Json)
    );
    assert_eq!(row("states").1, "stepfunctions");
    assert_eq!(row("elasticfilesystem").1, "efs");
    assert_eq!(row("sso").1, "sso-admin");
    assert_eq!(row("rds").4, Protocol::Query);
    assert_eq!(row("ec2").4, Protocol::Ec2);
    assert_eq!(row("ecr").2, "api.ecr");
    assert_eq!(row("cloudwatchomni").4, Protocol::Cbor);
    for name in
        ["cloudtrail", "config", "events", "iam", "kms", "lambda", "logs", "s3", "secretsmanager", "securityhub"]
    {
        assert_eq!(row(name).0, name);
    }
    for name in ["sns", "sqs", "ssm", "sts"] {
        assert_eq!(row(name).0, name);
    }
    assert!(service("elasticloadbalancing").is_none() && service("").is_none() && service("monitoring").is_none());
    assert!(named("sqs").query_compatible() && !named("kms").query_compatible());
    assert_eq!((named("kms").target(), named("iam").version()), ("TrentService", "2010-05-08"));
}

#[test]
fn addresses_are_those_of_the_partition() {
    let of = |name: &str, partition: &str, region: &str, domain: &str| {
        let it = named(name).endpoint(partition, region, domain);
        (it.host, it.region)
    };
    let pair = |host: &str, region: &str| (host.to_owned(), region.to_owned());
    let (aws, china) = ("amazonaws.com", "amazonaws.com.cn");
    assert_eq!(of("kms", "aws", "eu-west-1", aws), pair("kms.eu-west-1.amazonaws.com", "eu-west-1"));
    assert_eq!(of("ecr", "aws", "eu-west-1", aws), pair("api.ecr.eu-west-1.amazonaws.com", "eu-west-1"));
    assert_eq!(of("iam", "aws", "eu-west-1", aws), pair("iam.amazonaws.com", "us-east-1"));
    assert_eq!(of("iam", "aws-us-gov", "us-gov-east-1", aws), pair("iam.us-gov.amazonaws.com", "us-gov-west-1"));
    assert_eq!(of("iam", "aws-cn", "cn-northwest-1", china), pair("iam.cn-north-1.amazonaws.com.cn", "cn-north-1"));
    assert_eq!(
        of("organizations", "aws", "eu-west-1", aws),
        pair("organizations.us-east-1.amazonaws.com", "us-east-1")
    );
    assert_eq!(of("route53", "aws-cn", "cn-north-1", china), pair("route53.amazonaws.com.cn", "cn-northwest-1"));
    assert_eq!(of("health", "aws", "eu-west-1", aws), pair("global.health.amazonaws.com", "us-east-1"));
    assert_eq!(of("support", "aws", "eu-west-1", aws), pair("support.us-east-1.amazonaws.com", "us-east-1"));
    assert_eq!(of("shield", "aws", "eu-west-1", aws), pair("shield.us-east-1.amazonaws.com", "us-east-1"));
    assert_eq!(of("s3control", "aws", "eu-west-1", aws), pair("s3-control.eu-west-1.amazonaws.com", "eu-west-1"));
    assert_eq!(of("dsql", "aws", "eu-west-1", aws), pair("dsql.eu-west-1.api.aws", "eu-west-1"));
    assert_eq!(of("sts", "aws", "eu-west-1", aws), pair("sts.eu-west-1.amazonaws.com", "eu-west-1"));
    for name in ["account", "cloudfront", "iam", "networkmanager", "organizations", "route53", "savingsplans", "shield"]
    {
        assert!(named(name).global("aws").is_some(), "{name}");
    }
    for name in ["sts", "s3", "s3control", "kms", "ec2", "dsql"] {
        assert!(named(name).global("aws").is_none(), "{name}");
    }
}

#[test]
fn what_writes_and_what_returns_secrets_is_refused_with_the_reason() {
    let secrets = "secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue secretsmanager:GetRandomPassword \
        ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath ssm:GetParameterHistory kms:Decrypt kms:GenerateDataKey \
        kms:GenerateDataKeyPair kms:ReEncrypt s3:GetObject s3:SelectObjectContent ec2:GetPasswordData \
        ecr:GetAuthorizationToken codeartifact:GetAuthorizationToken sts:GetSessionToken sts:GetFederationToken \
        sts:AssumeRole sts:AssumeRoleWithSAML lambda:Invoke redshift:GetClusterCredentials \
        cognito-identity:GetCredentialsForIdentity bedrock-runtime:InvokeModel dynamodb:GetItem dynamodb:Scan \
        sqs:ReceiveMessage ebs:GetSnapshotBlock eks-auth:AssumeRoleForPodIdentity";
    let writes = "s3:PutBucketPolicy ec2:RunInstances iam:CreateUser kms:ScheduleKeyDeletion logs:StartQuery \
        cloudformation:DetectStackDrift config:DeliverConfigSnapshot lambda:UpdateFunctionCode";
    let reads = "iam:GetAccountPasswordPolicy iam:GetCredentialReport iam:GenerateCredentialReport sqs:GetQueueUrl \
        logs:FilterLogEvents config:SelectResourceConfig s3:HeadBucket secretsmanager:DescribeSecret \
        access-analyzer:CheckNoPublicAccess iam:SimulatePrincipalPolicy kms:ListGrants";
    for (words, reason) in [(secrets, Some(Refused::Secret)), (writes, Some(Refused::Writes)), (reads, None)] {
        for word in words.split_whitespace() {
            let (name, operation) = word.split_once(':').unwrap();
            assert_eq!(named(name).refused(operation), reason, "{word}");
            assert_eq!(named(name).operation(operation).is_none(), reason.is_some(), "{word}");
        }
    }
    assert_eq!(named("kms").refused("DescribeKeys"), None);
    for service in services() {
        let mut kept = service.operation_names();
        assert!(!kept.any(|name| service.refused(name).is_some()), "{service:?}");
        let writes = ["Create", "Delete", "Put", "Update", "Modify", "Start", "Terminate", "Attach", "Tag"];
        let mut kept = service.operation_names();
        assert_eq!(kept.find(|name| writes.iter().any(|verb| name.starts_with(verb))), None, "{service:?}");
    }
}

#[test]
fn members_have_their_names_on_the_wire() {
    let output = operation("guardduty:ListDetectors").output().unwrap();
    assert_eq!(output.member("DetectorIds").unwrap().wire_name(), "detectorIds");
    assert!(output.member("detectorIds").is_none());
    let volumes = operation("ec2:DescribeVolumes").output().unwrap().member("Volumes").unwrap();
    let Shape::List(list) = volumes.shape() else { panic!() };
    assert_eq!((volumes.wire_name(), list.wire_item(), list.flattened()), ("volumeSet", Some("item"), false));
    assert!(matches!(list.item().member("Encrypted").unwrap().shape(), Shape::Boolean));
    assert!(matches!(list.item().member("CreateTime").unwrap().shape(), Shape::Timestamp(TimeFormat::Usual)));
    let input = operation("eks:DescribeCluster").input().unwrap();
    let name = input.member("name").unwrap();
    assert_eq!((name.location(), name.required()), (Location::Path, true));
    let rules = operation("s3:GetBucketLifecycleConfiguration").output().unwrap().member("Rules").unwrap();
    let Shape::List(list) = rules.shape() else { panic!() };
    assert!(list.flattened());
    let bucket = operation("s3:GetBucketPolicy").output().unwrap();
    assert_eq!(bucket.payload().unwrap().name(), "Policy");
    let state =
        operation("kms:DescribeKey").output().unwrap().member("KeyMetadata").unwrap().shape().member("KeyState");
    let Shape::Text(state) = state.unwrap().shape() else { panic!() };
    assert!(state.words().contains(&"PendingDeletion"));
    let attributes = operation("sqs:GetQueueAttributes").output().unwrap().member("Attributes").unwrap();
    let Shape::Map(map) = attributes.shape() else { panic!() };
    let Shape::Text(key) = map.key() else { panic!() };
    assert!(key.words().contains(&"RedrivePolicy"));
}

#[test]
fn what_aws_marks_as_sensitive_is_sensitive() {
    let client = operation("cognito-idp:DescribeUserPoolClient").output().unwrap().member("UserPoolClient").unwrap();
    assert!(client.shape().member("ClientSecret").unwrap().sensitive());
    assert!(!client.shape().member("ClientName").unwrap().sensitive());
    let keys = operation("apigateway:GetApiKeys").output().unwrap().member("items").unwrap();
    assert!(!keys.sensitive());
    let marked = services().iter().flat_map(|it| it.operation_names().filter_map(|name| it.operation(name)));
    let marked = marked.filter_map(Operation::output).flat_map(|it| it.members()).filter(|it| it.sensitive()).count();
    assert!(marked > 100, "{marked}");
}

#[test]
fn errors_are_codes_on_the_wire() {
    assert!(operation("iam:GetRolePolicy").has_error("NoSuchEntity"));
    assert!(operation("sns:GetTopicAttributes").has_error("NotFound"));
    assert!(operation("sqs:GetQueueAttributes").has_error("AWS.SimpleQueueService.NonExistentQueue"));
    assert!(operation("ecs:ListServices").has_error("ClusterNotFoundException"));
    assert!(!operation("iam:GetRolePolicy").has_error("NoSuchEntityException"));
}

#[test]
fn pages_are_those_of_the_paginators() {
    let pages = operation("iam:ListVirtualMFADevices").pages().unwrap();
    assert_eq!((&pages.send[..], &pages.next[..]), (&["Marker"][..], &["Marker"][..]));
    assert_eq!(
        (pages.more, pages.limit, &pages.items[..]),
        (Some("IsTruncated"), Some("MaxItems"), &["VirtualMFADevices"][..])
    );
    let records = operation("route53:ListResourceRecordSets").pages().unwrap();
    assert_eq!((records.send.len(), records.next.len()), (3, 3));
    let without = operation("wafv2:ListWebACLs");
    assert_eq!((without.pages(), without.tokens()), (None, &["NextMarker"][..]));
    assert_eq!(operation("cloudfront:ListKeyGroups").tokens(), ["KeyGroupList.NextMarker"]);
    assert_eq!(operation("kms:DescribeKey").tokens(), [""; 0]);
    let all = || services().iter().flat_map(|it| it.operation_names().filter_map(|name| it.operation(name)));
    // The answers of 865 operations had a token and no paginator when they were counted.
    let found = all().filter(|it| it.pages().is_none() && !it.tokens().is_empty()).count();
    assert!((800..1100).contains(&found), "{found}");
    // The token of a paginator looks like a token, too, or the pattern misses others.
    let top = |it: &Operation| {
        it.pages()
            .is_some_and(|pages| pages.next.iter().all(|next| next.chars().all(|it| it.is_alphanumeric() || it == '.')))
    };
    let (all_top, missed): (Vec<_>, Vec<_>) =
        (all().filter(top).collect(), all().filter(|it| top(it) && it.tokens().is_empty()).collect());
    assert!(
        all_top.len() > 3000 && missed.len() * 50 < all_top.len(),
        "{} of {}: {missed:?}",
        missed.len(),
        all_top.len()
    );
}
