//! The condition keys that say who asks, on whose behalf, or by which way.
//!
//! They are those that AWS counts when it decides whether a policy is public (S3, *The meaning of "public"*, and what Access
//! Analyzer says of external principals), and their siblings among the global condition keys. Must not know claims.

/// What a key is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Who asks.
    Caller,
    /// For whom a service asks. Only requests that a service makes in its own name have it.
    Behalf,
    /// The way by which a request comes: whose the way is, not whose the caller is.
    Way,
}

/// What its values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Account,
    Organization,
    /// A path through an organization: `o-1/r-1/ou-1/`.
    Path,
    /// The ARN of a user, a role or a session.
    Principal,
    /// The ARN of a VPC, whose id says which one it is.
    Vpc,
    /// The ARN of anything else.
    Arn,
    UserId,
    Network,
    /// An id, such as that of a VPC; or the name of a service.
    Id,
    /// A claim of a token. These forms, and any fixed text, say whose the token is.
    Claim(&'static [&'static str]),
}

const KEYS: &[(&str, Says, Shape)] = &[
    ("aws:ec2instancesourcevpc", Says::Way, Shape::Id),
    ("aws:principalaccount", Says::Caller, Shape::Account),
    ("aws:principalarn", Says::Caller, Shape::Principal),
    ("aws:principalorgid", Says::Caller, Shape::Organization),
    ("aws:principalorgpaths", Says::Caller, Shape::Path),
    ("aws:principalservicename", Says::Caller, Shape::Id),
    ("aws:principalservicenameslist", Says::Caller, Shape::Id),
    ("aws:sourceaccount", Says::Behalf, Shape::Account),
    ("aws:sourcearn", Says::Behalf, Shape::Arn),
    ("aws:sourceip", Says::Way, Shape::Network),
    ("aws:sourceorgid", Says::Behalf, Shape::Organization),
    ("aws:sourceorgpaths", Says::Behalf, Shape::Path),
    // SNS says it of whoever asks, a user of the account too.
    ("aws:sourceowner", Says::Caller, Shape::Account),
    ("aws:sourcevpc", Says::Way, Shape::Id),
    ("aws:sourcevpcarn", Says::Way, Shape::Vpc),
    ("aws:sourcevpce", Says::Way, Shape::Id),
    ("aws:userid", Says::Caller, Shape::UserId),
    ("aws:vpceaccount", Says::Way, Shape::Account),
    ("aws:vpceorgid", Says::Way, Shape::Organization),
    ("aws:vpceorgpaths", Says::Way, Shape::Path),
    ("kms:calleraccount", Says::Caller, Shape::Account),
    // The skill that calls a function.
    ("lambda:eventsourcetoken", Says::Behalf, Shape::Id),
    ("s3:dataaccesspointaccount", Says::Way, Shape::Account),
    ("s3:dataaccesspointarn", Says::Way, Shape::Arn),
];

/// What a key, in small letters, says; none where it names nobody.
pub(super) fn naming(key: &str) -> Option<(Says, Shape)> {
    KEYS.iter().find(|(name, _, _)| *name == key).map(|(_, says, shape)| (*says, *shape))
}

/// The keys of requests that only a service makes.
pub(super) fn of_services() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(|(_, says, _)| *says == Says::Behalf).map(|(name, _, _)| *name)
}

/// The encryption context that a service sets itself: the ARN of what it encrypts. Other callers may write what they like.
pub(super) fn is_set_by_services(key: &str) -> bool {
    key.starts_with("kms:encryptioncontext:aws:")
}

/// Whether a key is about the resource, so that no caller can choose its value.
pub(super) fn is_of_resource(key: &str) -> bool {
    let tags = ["s3:existingobjecttag/", "s3:buckettag/", "kms:resourcealiases", "aws:resourceorg"];
    key.contains(":resourcetag/") || tags.iter().any(|it| key.starts_with(it))
}

/// Whether every caller can choose the value of a key in every request: how it sends it. Which requests have the keys of a
/// service, the reference does not say.
pub(super) fn is_chosen(key: &str) -> bool {
    ["aws:securetransport", "aws:useragent", "aws:referer", "sts:rolesessionname"].contains(&key)
}
