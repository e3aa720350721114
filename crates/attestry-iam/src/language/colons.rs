//! The few names of resources that may contain colons or slashes. A `*` in the element `Resource` also covers colons,
//! so a name with colons could look like another resource. Where AWS allows no colon, the patterns here allow none.
//!
//! The rules are the naming rules in the API references of the services. This module must not know actions or policies.

use super::pattern::Class;

/// The characters that the variable parts of a format may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// All variable parts are texts of this class.
    Of(Class),
    /// The last variable part is a name. At most this many parts can follow, each with a colon at its start, such as
    /// the id of a build.
    Parted(usize),
    /// The last variable part is any text, such as the key of an object. The parts before it contain neither colons nor
    /// slashes.
    Keys,
}

/// The rows for names that may contain colons or slashes: the service of the ARN, the beginning of the resource, and
/// the characters of the names. The first matching row applies. Names without a row contain no colon.
const TABLE: &[(&str, &str, Names)] = {
    use Names::{Keys, Of, Parted};
    const ANY: Names = Of(Class::Any);
    &[
        // The formats for all services.
        ("*", "", ANY),
        // The keys of objects.
        ("s3", "accesspoint/*/object/", Keys),
        ("s3", "*/*", Keys),
        ("s3-outposts", "outpost/*/bucket/*/object/", Keys),
        // A path may contain any printable character.
        ("iam", "user/", ANY),
        ("iam", "group/", ANY),
        ("iam", "role/", ANY),
        ("iam", "policy/", ANY),
        ("iam", "instance-profile/", ANY),
        ("iam", "server-certificate/", ANY),
        ("iam", "mfa/", ANY),
        // Ids that AWS builds from several parts.
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
        // A version, an alias or a revision may follow.
        ("lambda", "function:", Parted(1)),
        ("batch", "job-definition/", Parted(1)),
        ("bedrock", "foundation-model/", Parted(2)),
        ("bedrock", "inference-profile/", Parted(2)),
        ("bedrock", "custom-model", ANY),
        ("bedrock", "model-customization-job/", ANY),
        // Names that users choose, with any printable character, and paths.
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

/// Returns the characters of the variable parts in the resource part of a format.
pub(super) fn names(service: &str, resource: &str) -> Names {
    // A bare resource name contains neither a colon nor a slash. A bucket name with a slash would be an object.
    if resource == "*" {
        return Names::Of(Class::Segment);
    }
    let is = |(of, begins, _): &&(&str, &str, Names)| *of == service && resource.starts_with(begins);
    TABLE.iter().find(is).map_or(Names::Of(Class::Field), |(_, _, names)| *names)
}
