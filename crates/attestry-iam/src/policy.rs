//! The content of a policy document as types. Patterns and variables are kept as they are written.
//!
//! IAM User Guide, "IAM JSON policy element reference". This module must not know JSON, requests or facts.

use std::fmt;
use std::sync::Arc;

/// One policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name for messages: the name of the policy, `trust policy` or `key policy`.
    pub name: Arc<str>,
    /// Whether `${…}` is a variable. This is so only in documents of `Version` 2012-10-17. In other documents it is
    /// plain text.
    pub variables: bool,
    /// The statements, in the order of the document.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The element `Sid`, if the statement has one.
    pub sid: Option<String>,
    /// The element `Effect`.
    pub effect: Effect,
    /// The element `Principal` or `NotPrincipal`. Identity policies have neither.
    pub principals: Option<Which<Principal>>,
    /// The element `Action` or `NotAction`: patterns with `*` and `?`. The case of letters does not matter.
    pub actions: Which<String>,
    /// The element `Resource` or `NotResource`: patterns with `*`, `?` and variables. Trust policies have neither.
    pub resources: Option<Which<String>>,
    /// The element `Condition`, with one entry for each operator and key. All entries must hold.
    pub conditions: Vec<Condition>,
}

/// The effect of a statement that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The statement allows the request.
    Allow,
    /// The statement denies the request, even if other statements allow it.
    Deny,
}

/// An element or its negated form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which<T> {
    /// The element covers a text that one item of the list covers (`Action`, `Resource`, `Principal`).
    In(Vec<T>),
    /// The element covers a text that no item of the list covers (`NotAction`, `NotResource`, `NotPrincipal`).
    NotIn(Vec<T>),
}

/// A principal of a statement of a resource policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// `"*"` or `"AWS": "*"`, which means the same in a resource policy: every caller, signed or anonymous.
    Everyone,
    /// `AWS`: an account (an id, or its `:root` ARN), a user, a role, a session, or a unique id such as `AIDA…`.
    Aws(String),
    /// `Service`, such as `kms.amazonaws.com`.
    Service(String),
    /// `Federated`: a SAML or OIDC provider.
    Federated(String),
    /// `CanonicalUser`: an S3 canonical user id.
    Canonical(String),
}

/// One operator on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key as it is written, such as `aws:ResourceTag/owner`. The case of letters does not matter.
    pub key: String,
    /// The values, with their variables. One matching value is enough. For a negated operator no value may match.
    pub values: Vec<String>,
}

/// A condition operator, split into its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// The comparison.
    pub test: Test,
    /// `…IfExists`: the condition also holds when the request does not have the key.
    pub if_exists: bool,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantity: Option<Quantity>,
}

/// Writes the operator as IAM does. The variants of [`Test`] have the names of IAM.
impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantity = match self.quantity {
            Some(Quantity::All) => "ForAllValues:",
            Some(Quantity::Any) => "ForAnyValue:",
            None => "",
        };
        write!(f, "{quantity}{:?}{}", self.test, if self.if_exists { "IfExists" } else { "" })
    }
}

/// The comparison of a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// `ForAllValues`: each value of the request must match. A request without the key matches, too.
    All,
    /// `ForAnyValue`: at least one value of the request must match.
    Any,
}

/// The comparison of a condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the IAM documentation")]
pub enum Test {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
}
