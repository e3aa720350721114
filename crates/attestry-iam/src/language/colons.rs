//! Which names of resources may hold colons, or slashes: few. A `*` of a `Resource` reaches beyond colons, so that a name with colons
//! could look like another resource; where AWS allows none, there is none here.
//!
//! From the naming rules of the services' API references. Must not know actions or policies.

use super::pattern::Class;

/// What may stand in the holes of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Texts of a class.
    Of(Class),
    /// The last hole is a name, and then at most so many parts that each begin with a colon, such as the id of a build.
    Parted(usize),
    /// The last hole is anything, such as the key of an object; those before it have neither colons nor slashes.
    Keys,
}

/// Service of the ARN, what its resource begins with, and its names. All others hold no colon. The first row counts.
const TABLE: &[(&str, &str, Names)] = {
    use Names::{Keys, Of, Parted};
    const ANY: Names = Of(Class::Any);
    &[
        // Formats for whatever any service has.
        ("*", "", ANY),
        // Keys of objects.
        ("s3", "accesspoint/*/object/", Keys),
        ("s3", "*/*", Keys),
        ("s3-outposts", "outpost/*/bucket/*/object/", Keys),
        // A path holds any printable character.
        ("iam", "user/", ANY),
        ("iam", "group/", ANY),
        ("iam", "role/", ANY),
        ("iam", "policy/", ANY),
        ("iam", "instance-profile/", ANY),
        ("iam", "server-certificate/", ANY),
        ("iam", "mfa/", ANY),
        // Ids that AWS makes of several parts.
        ("dynamodb", "table/*/stream/", Parted(2)),
        ("dynamodb", "", Of(Class::Segment)),
        ("codebuild", "build/", Parted(1)),
        ("codebuild", "build-batch/", Parted(1)),
        ("codebuild", "sandbox/", Parted(1)),
        ("cloudformation", "stackset-target/", Parted(1)),
        ("cognito-identity", "identitypool/", Parted(1)),
        ("cognito-sync", "identitypool/", Of(Class::Any)),
        ("rds", "snapshot:", Parted(1)),
        ("rds", "cluster-snapshot:", Parted(1)),
        ("rds", "og:", Parted(1)),
        ("redshift", "snapshot:", Parted(1)),
        // A version or an alias may follow, and a revision.
        ("lambda", "function:", Parted(1)),
        ("batch", "job-definition/", Parted(1)),
        ("bedrock", "foundation-model/", Parted(2)),
        ("bedrock", "inference-profile/", Parted(2)),
        ("bedrock", "custom-model", ANY),
        ("bedrock", "model-customization-job/", ANY),
        // Names that people give, of any printable character, and paths.
        ("apigateway", "", ANY),
        ("autoscaling", "launchConfiguration:", ANY),
        ("cloudwatch", "alarm", ANY),
        ("cloudwatch", "insight-rule/", ANY),
        ("codeartifact", "package", ANY),
        ("codedeploy", "", ANY),
        ("ec2", "key-pair/", ANY),
        ("ec2", "placement-group/", ANY),
        ("ec2", "", Of(Class::Segment)),
        ("elasticbeanstalk", "", ANY),
        ("execute-api", "", ANY),
        ("glue", "", ANY),
        ("iot", "", ANY),
        ("kafka", "group/", ANY),
        ("kafka", "transactional-id/", ANY),
        ("mediaconvert", "", ANY),
        ("quicksight", "group/", ANY),
        ("quicksight", "user/", ANY),
        ("rds-db", "", ANY),
        ("redshift", "db", ANY),
        ("xray", "", ANY),
    ]
};

/// What may stand in the holes of the resource part of a format.
pub(super) fn names(service: &str, resource: &str) -> Names {
    // What is nothing but a name has no slash either: a bucket with one would be an object.
    if resource == "*" {
        return Names::Of(Class::Segment);
    }
    let is = |(of, begins, _): &&(&str, &str, Names)| *of == service && resource.starts_with(begins);
    TABLE.iter().find(is).map_or(Names::Of(Class::Field), |(_, _, names)| *names)
}
