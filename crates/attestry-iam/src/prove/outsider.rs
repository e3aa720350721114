//! Conditions as somebody meets them of whom not everything is known: whom they name, and whom they leave out.
//!
//! Must not know statements, or how a claim is proved.

use super::callers::{Caller, Who};
use super::keys::{Says, Shape};
use super::party::{Meant, is_account, meant};
use crate::context::Known;
use crate::decide::{Truth, holds};
use crate::policy::{Condition, Quantity, Test};

/// Who may be let in from outside of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exception {
    parties: Vec<String>,
}

impl Exception {
    /// Accounts, organizations, organizational units, VPCs, VPC endpoints, services, and ARNs.
    #[must_use]
    pub fn new(parties: impl IntoIterator<Item = String>) -> Self {
        Self { parties: parties.into_iter().collect() }
    }

    pub(super) fn has_account(&self, account: &str) -> bool {
        self.parties.iter().any(|it| it == account)
    }

    /// Whether it names a party as policies write it: itself, an organization or a unit that a path leads through, or the
    /// VPC of an ARN.
    pub(super) fn has(&self, text: &str) -> bool {
        self.parties.iter().filter(|it| !is_account(it)).any(|party| {
            let through = !text.contains(':') && text.split('/').any(|part| part == party);
            text == party || through || text.ends_with(&format!(":vpc/{party}"))
        })
    }
}

/// Who counts as an outsider.
#[derive(Clone, Copy, Debug)]
pub(super) enum Claim<'a> {
    /// Whom the policy does not name.
    Public,
    /// Who is neither of the owner's account nor an exception.
    Others(&'a Exception),
    /// Somebody in particular: what is not known of its requests is not known.
    One,
}

/// Whether a caller can have a value of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Has {
    Never,
    /// It can, and a request with it can be made up.
    Can,
    /// Whether it can is not in the document.
    Perhaps,
}

/// What all conditions are read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading<'a> {
    pub(super) claim: Claim<'a>,
    /// The account of the resource.
    pub(super) owner: &'a str,
    /// Whether `${…}` is a variable.
    pub(super) variables: bool,
}

impl Reading<'_> {
    /// Whether a condition holds for a caller and all for whom it stands. Unknown: it may, for one of them.
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
            // Without the key these hold too.
            (true, None | Some(Quantity::All)) => Truth::Yes,
            (true, Some(Quantity::Any)) | (false, Some(Quantity::All)) => Truth::Unknown,
            (false, _) if condition.operator.if_exists => Truth::Unknown,
            (false, _) => Truth::No,
        }
    }

    /// Whether a caller can have what a value of a condition says.
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
            // A pool that is named may let in whoever comes.
            Meant::Other(_) if caller.guest && key.ends_with(":aud") => Has::Can,
            // A service that is named is a caller of its own.
            Meant::Other(_) if key.starts_with("aws:principalservicename") => Has::Never,
            // Who has no account is nobody of those.
            Meant::Other(_)
                if says == Says::Caller && caller.account().is_none() && !matches!(shape, Shape::Claim(_)) =>
            {
                Has::Never
            }
            Meant::Account(_) | Meant::Other(_) => self.party(&meant, value, (says, shape), caller),
        }
    }

    /// Whether a value seems to say an account, and may be of somebody else.
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
            // Whose the way is does not say whose the caller is.
            Meant::Account(account) if says == Says::Behalf => {
                match *account == self.owner || except.has_account(account) {
                    true => Has::Never,
                    false => Has::Can,
                }
            }
            Meant::Other(text) if except.has(text) => Has::Never,
            Meant::Account(_) if says == Says::Way && except.has(value) => Has::Never,
            // What a token says is of no account, but for the pools of an account.
            Meant::Other(_) if matches!(shape, Shape::Claim(_)) && !caller.is_of_pool() => Has::Never,
            _ if matches!(caller.who, Who::Anybody) || says == Says::Behalf || matches!(shape, Shape::Claim(_)) => {
                Has::Perhaps
            }
            // For whom a service acts, the way by which it comes does not say.
            _ if says == Says::Way && caller.account().is_none() => Has::Perhaps,
            _ => Has::Can,
        }
    }

    pub(super) fn naming(&self, key: &str, caller: &Caller) -> Option<(Says, Shape)> {
        if matches!(self.claim, Claim::One) { None } else { caller.naming(key) }
    }
}

/// Whether an operator is negated; none where it compares no values of a shape.
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
