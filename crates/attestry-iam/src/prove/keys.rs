//! The condition keys that identify the caller, the party for which a service acts, or the path of a request.
//!
//! AWS uses these keys when it decides whether a policy is public (S3 User Guide, *The meaning of "public"*, and the
//! documentation of Access Analyzer on external principals). The list also has the similar global condition keys. This
//! module must not know claims.

use crate::language::{Class, Pattern, Token};

/// The meaning of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The caller.
    Caller,
    /// The party for which a service acts. Only requests that a service makes in its own name have such a key.
    Behalf,
    /// The network path of a request. Such a key identifies the owner of the path and not the caller.
    Way,
}

/// The form of the values of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Account,
    Organization,
    /// A path through an organization: `o-1/r-1/ou-1/`.
    Path,
    /// The ARN of a user, a role or a session.
    Principal,
    /// The ARN of a VPC. Its id identifies the VPC.
    Vpc,
    /// The ARN of another resource.
    Arn,
    UserId,
    Network,
    /// An id, such as the id of a VPC, or the name of a service.
    Id,
    /// A claim of a token. Values of these forms, and any fixed text, identify the owner of the token.
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
    // SNS sets this key for every caller, including a user of the account.
    ("aws:sourceowner", Says::Caller, Shape::Account),
    ("aws:sourcevpc", Says::Way, Shape::Id),
    ("aws:sourcevpcarn", Says::Way, Shape::Vpc),
    ("aws:sourcevpce", Says::Way, Shape::Id),
    ("aws:userid", Says::Caller, Shape::UserId),
    ("aws:vpceaccount", Says::Way, Shape::Account),
    ("aws:vpceorgid", Says::Way, Shape::Organization),
    ("aws:vpceorgpaths", Says::Way, Shape::Path),
    ("kms:calleraccount", Says::Caller, Shape::Account),
    // The Alexa skill that calls a function.
    ("lambda:eventsourcetoken", Says::Behalf, Shape::Id),
    ("s3:dataaccesspointaccount", Says::Way, Shape::Account),
    ("s3:dataaccesspointarn", Says::Way, Shape::Arn),
];

/// Returns the meaning of a key (in lower case). Returns `None` when the key identifies no party.
pub(super) fn naming(key: &str) -> Option<(Says, Shape)> {
    KEYS.iter().find(|(name, _, _)| *name == key).map(|(_, says, shape)| (*says, *shape))
}

/// Returns the pattern of all values of a key, if AWS creates all of them in one form. A text of another form in a
/// condition matches no request. `partition` is the partition of the request.
pub(super) fn form(key: &str, partition: &str) -> Option<Pattern> {
    let some = || [Token::One(Class::Field), Token::Many(Class::Field)];
    let id = |prefix| Pattern::new(text(prefix).chain(some()));
    let small = key.to_ascii_lowercase();
    match small.as_str() {
        "aws:sourcevpc" | "aws:ec2instancesourcevpc" => Some(id("vpc-")),
        "aws:sourcevpce" => Some(id("vpce-")),
        "aws:sourcevpcarn" => {
            let region = text("arn:").chain(text(partition)).chain(text(":ec2:")).chain(some()).chain(text(":"));
            let account = [Token::One(Class::Digit); 12];
            Some(Pattern::new(region.chain(account).chain(text(":vpc/")).chain(some())))
        }
        _ if small.starts_with("aws:") && small.ends_with("orgid") => Some(id("o-")),
        _ if small.starts_with("aws:") && small.ends_with("orgpaths") => {
            Some(Pattern::new(text("o-").chain(some()).chain(text("/"))))
        }
        _ => None,
    }
}

fn text(text: &str) -> impl Iterator<Item = Token> {
    text.chars().map(Token::Char)
}

/// Returns the keys that only requests of a service have.
pub(super) fn of_services() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter(|(_, says, _)| *says == Says::Behalf).map(|(name, _, _)| *name)
}

/// Returns whether a key is the encryption context that services set: the ARN of the encrypted resource. Other callers
/// can send any value for it.
pub(super) fn is_set_by_services(key: &str) -> bool {
    key.starts_with("kms:encryptioncontext:aws:")
}

/// Returns whether a key describes the resource. No caller can choose the value of such a key.
pub(super) fn is_of_resource(key: &str) -> bool {
    let tags = ["s3:existingobjecttag/", "s3:buckettag/", "kms:resourcealiases", "aws:resourceorg"];
    key.contains(":resourcetag/") || tags.iter().any(|it| key.starts_with(it))
}

/// Returns whether every caller can choose the value of a key in every request, because the key describes how the
/// request is sent. The reference does not list which requests have the keys of a service.
pub(super) fn is_chosen(key: &str) -> bool {
    ["aws:securetransport", "aws:useragent", "aws:referer", "sts:rolesessionname"].contains(&key)
}
