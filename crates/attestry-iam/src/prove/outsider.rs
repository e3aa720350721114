//! Evaluates conditions for a caller that is known only in part: the parties that a condition names, and the parties
//! that it leaves out.
//!
//! This module must not know statements, nor how a claim is proved.

use super::callers::{Caller, Who};
use super::keys::{Says, Shape};
use super::party::{Meant, is_account, meant};
use crate::context::Known;
use crate::decide::{Truth, holds};
use crate::policy::{Condition, Quantity, Test};

/// The parties outside of the account that may be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    parties: Vec<String>,
}

impl Exception {
    /// Creates an exception. The parties are accounts, organizations, organizational units, VPCs, VPC endpoints,
    /// services and ARNs.
    #[must_use]
    pub fn new(parties: impl IntoIterator<Item = String>) -> Self {
        Self { parties: parties.into_iter().collect() }
    }

    pub(super) fn has_account(&self, account: &str) -> bool {
        self.parties.iter().any(|it| it == account)
    }

    /// `text` is a party as policies write it. Returns whether the exception contains the party, an organization or
    /// unit in its path, or the VPC in its ARN.
    pub(super) fn has(&self, text: &str) -> bool {
        self.parties.iter().filter(|it| !is_account(it)).any(|party| {
            let through = !text.contains(':') && text.split('/').any(|part| part == party);
            text == party || through || text.ends_with(&format!(":vpc/{party}"))
        })
    }
}

/// The definition of an outsider in a claim.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claim<'a> {
    /// A caller that the policy does not name.
    Public,
    /// A caller that is neither of the account of the owner nor an exception.
    Others(&'a Exception),
    /// One particular caller. Unknown facts about its requests stay unknown.
    One,
}

/// Whether a caller can have a value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Has {
    Never,
    /// The caller can have the value, and an example request can contain the value.
    Can,
    /// The document does not decide whether the caller can have the value.
    Perhaps,
}

/// The settings for the evaluation of all conditions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) claim: Claim<'a>,
    /// The account of the resource.
    pub(super) owner: &'a str,
    /// Whether `${…}` is a variable.
    pub(super) variables: bool,
}

impl Reading<'_> {
    /// Returns whether a condition holds for a caller and for all callers that it represents. Unknown means that the
    /// condition may hold for one of them.
    pub(super) fn holds(&self, condition: &Condition, caller: &Caller) -> Truth {
        let key = condition.key.to_ascii_lowercase();
        let is_known = caller.certain.get(&key) != Known::Unknown;
        let Some((_, shape)) = self.naming(&key, caller).filter(|_| !is_known) else {
            return holds(condition, self.variables, &caller.certain);
        };
        let Some(negated) = negated(condition.operator.test, shape) else { return Truth::Unknown };
        if condition.values.iter().any(|value| self.has(condition, value, caller) != Has::Never) {
            return Truth::Unknown;
        }
        match (negated, condition.operator.quantity) {
            // Without the key, these conditions hold too.
            (true, None | Some(Quantity::All)) => Truth::Yes,
            (true, Some(Quantity::Any)) | (false, Some(Quantity::All)) => Truth::Unknown,
            (false, _) if condition.operator.if_exists => Truth::Unknown,
            (false, _) => Truth::No,
        }
    }

    /// Returns whether a caller can have the value of a condition.
    pub(super) fn has(&self, condition: &Condition, value: &str, caller: &Caller) -> Has {
        let key = condition.key.to_ascii_lowercase();
        let Some((says, shape)) = self.naming(&key, caller) else { return Has::Can };
        let meant = meant(shape, condition.operator.test, value, self.variables, self.owner);
        match &meant {
            Meant::Nobody => Has::Never,
            Meant::Anybody => Has::Can,
            Meant::Blurred => Has::Perhaps,
            Meant::Account(account) if says == Says::Caller => {
                if caller.account() == Some(account) {
                    Has::Can
                } else {
                    Has::Never
                }
            }
            // A named identity pool may accept any guest.
            Meant::Other(_) if caller.guest && key.ends_with(":aud") => Has::Can,
            // A named service is a separate caller.
            Meant::Other(_) if key.starts_with("aws:principalservicename") => Has::Never,
            // A caller without an account is none of the parties with an account.
            Meant::Other(_)
                if says == Says::Caller && caller.account().is_none() && !matches!(shape, Shape::Claim(_)) =>
            {
                Has::Never
            }
            Meant::Account(_) | Meant::Other(_) => self.party(&meant, value, (says, shape), caller),
        }
    }

    /// Returns whether a value seems to contain an account but may belong to another party.
    pub(super) fn is_blurred(&self, condition: &Condition, value: &str, caller: &Caller) -> bool {
        let shape = self.naming(&condition.key.to_ascii_lowercase(), caller).map(|(_, shape)| shape);
        let meant = |shape| meant(shape, condition.operator.test, value, self.variables, self.owner);
        shape.is_some_and(|shape| meant(shape) == Meant::Blurred)
    }

    fn party(&self, meant: &Meant, value: &str, (says, shape): (Says, Shape), caller: &Caller) -> Has {
        let except = match self.claim {
            Claim::Public => return Has::Never,
            Claim::Others(except) => except,
            Claim::One => return Has::Can,
        };
        match meant {
            // A service acts for this account. In a key about the network path, the account is only the owner of the
            // path, and not the caller.
            Meant::Account(account) if says == Says::Behalf => {
                match *account == self.owner || except.has_account(account) {
                    true => Has::Never,
                    false => Has::Can,
                }
            }
            Meant::Other(text) if except.has(text) => Has::Never,
            Meant::Account(_) if says == Says::Way && except.has(value) => Has::Never,
            // The claims of a token belong to no account. Identity pools of an account are the exception.
            Meant::Other(_) if matches!(shape, Shape::Claim(_)) && !caller.is_of_pool() => Has::Never,
            _ if matches!(caller.who, Who::Anybody) || says == Says::Behalf || matches!(shape, Shape::Claim(_)) => {
                Has::Perhaps
            }
            // The path of a request does not identify the party for which a service acts.
            _ if says == Says::Way && caller.account().is_none() => Has::Perhaps,
            _ => Has::Can,
        }
    }

    pub(super) fn naming(&self, key: &str, caller: &Caller) -> Option<(Says, Shape)> {
        if matches!(self.claim, Claim::One) { None } else { caller.naming(key) }
    }
}

/// Returns whether an operator is negated. Returns `None` when the operator does not compare values of this form.
fn negated(test: Test, shape: Shape) -> Option<bool> {
    let is_network = shape == Shape::Network;
    match test {
        Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike => Some(false),
        Test::StringNotEquals | Test::StringNotEqualsIgnoreCase | Test::StringNotLike => Some(true),
        Test::ArnEquals | Test::ArnLike => Some(false),
        Test::ArnNotEquals | Test::ArnNotLike => Some(true),
        Test::IpAddress if is_network => Some(false),
        Test::NotIpAddress if is_network => Some(true),
        _ => None,
    }
}
