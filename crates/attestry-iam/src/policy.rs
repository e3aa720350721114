//! What a policy document says, in types. Nothing is resolved: patterns and variables are as written.
//!
//! Must not know JSON, requests or facts.

use std::fmt;
use std::sync::Arc;

/// One policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What people call it: the name of the policy, `trust policy`, `key policy`.
    pub name: Arc<str>,
    /// Whether `${…}` is a variable. It is only in documents of `Version` 2012-10-17; elsewhere it is plain text.
    pub variables: bool,
    /// Its statements, in the order of the document.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Sid`, where it has one.
    pub sid: Option<String>,
    /// `Effect`.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; identity policies have neither.
    pub principals: Option<Which<Principal>>,
    /// `Action` or `NotAction`: patterns with `*` and `?`, compared without regard to case.
    pub actions: Which<String>,
    /// `Resource` or `NotResource`: patterns with `*`, `?` and variables; trust policies have neither.
    pub resources: Option<Which<String>>,
    /// `Condition`, one entry an operator and key. All must hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does when it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// An element or its negated form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which<T> {
    /// What one of the list covers (`Action`, `Resource`, `Principal`).
    In(Vec<T>),
    /// What none of the list covers (`NotAction`, `NotResource`, `NotPrincipal`).
    NotIn(Vec<T>),
}

/// Who a statement of a resource policy is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// `"*"`, or `"AWS": "*"`, which means the same in a resource policy: everyone, signed in or not.
    Everyone,
    /// `AWS`: an account (id, or its `:root` ARN), a user, a role, a session, or a unique id such as `AIDA…`.
    Aws(String),
    /// `Service`, such as `kms.amazonaws.com`.
    Service(String),
    /// `Federated`: a SAML or OIDC provider.
    Federated(String),
    /// `CanonicalUser` of S3.
    Canonical(String),
}

/// One operator on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator.
    pub operator: Operator,
    /// The key as written, such as `aws:ResourceTag/owner`; compared without regard to case.
    pub key: String,
    /// The values, variables included. With several, one is enough (none may hold for a negated operator).
    pub values: Vec<String>,
}

/// A condition operator, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// What is compared.
    pub test: Test,
    /// `…IfExists`: holds where the request has no such key.
    pub if_exists: bool,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantity: Option<Quantity>,
}

/// As IAM writes it; the names of the tests are IAM's.
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

/// How a key of many values is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// `ForAllValues`: each value of the request, and so a key that is not there.
    All,
    /// `ForAnyValue`: at least one value of the request.
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
