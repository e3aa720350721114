//! The reasons why a claim about a value has no proof. This module must not know any single claim.

use crate::facts::iam::NoPolicy;

/// The reason why a value cannot be judged as policies.
#[derive(Debug, thiserror::Error)]
pub(in crate::matchers) enum Unjudged {
    /// The records of the value are no policies.
    #[error(transparent)]
    NoPolicy(#[from] NoPolicy),
    /// A document of an identity denies some principals and not others.
    #[error("a Deny of it is about some principals only")]
    DeniesSome,
    /// The id of the resource looks like a secret.
    #[error("what names the resource is withheld")]
    Withheld,
    /// The id of the resource does not have the form that the claim needs.
    #[error("`{0}` is no ARN")]
    NoArn(String),
    /// The list of identities of a claim does not contain an identity with its permissions.
    #[error("the permissions of an identity are not known")]
    NoIdentity,
    /// The operand of a claim about two duties does not have exactly two duties.
    #[error("two duties are kept apart")]
    Duties,
}
