//! Lists everything that a policy mentions: accounts, services, providers and condition keys. It also makes up names
//! that the policy does not mention.
//!
//! This module must not know callers or claims.

use std::collections::BTreeSet;

use super::keys::{Says, naming};
use super::party::account;
use super::providers::host_of;
use super::resource::Guarded;
use crate::context::Context;
use crate::decide::{Subject, Truth, holds};
use crate::policy::{Condition, Policy, Principal, Statement, Test, Which};

/// Public addresses for made-up callers.
const ADDRESSES: [&str; 5] = ["198.51.100.77", "203.0.113.77", "192.0.2.77", "8.8.4.77", "2001:db8:77::77"];

/// Everything that a policy mentions.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The account of the resource.
    pub(super) owner: String,
    pub(super) partition: String,
    /// Whether the resource is a role, and the policy its trust policy.
    pub(super) is_trust: bool,
    /// An account that the policy does not mention.
    pub(super) stranger: String,
    /// An address that the policy does not mention.
    pub(super) address: String,
    /// All texts of the policy.
    text: String,
    conditions: Vec<Condition>,
}

impl Said {
    pub(super) fn new(of: &Guarded) -> Self {
        let text = of.policy.as_ref().map(|policy| format!("{policy:?}")).unwrap_or_default();
        let conditions: Vec<Condition> =
            of.policy.iter().flat_map(|it| &it.statements).flat_map(|it| it.conditions.iter().cloned()).collect();
        let repeated = (1..10).rev().map(|digit| digit.to_string().repeat(12));
        let stranger = repeated.into_iter().find(|it| *it != of.owner && !text.contains(it));
        let is_said = |address: &str| {
            let context = Context::unknown().with("aws:SourceIp", [address]);
            let networks = conditions.iter().filter(|it| it.key.eq_ignore_ascii_case("aws:SourceIp"));
            networks.flat_map(|it| it.values.iter().map(move |value| (it, value))).any(|(it, value)| {
                let one = Condition { values: vec![value.clone()], operator: it.operator, key: it.key.clone() };
                let inside = match it.operator.test {
                    Test::NotIpAddress => !holds(&one, false, &context),
                    _ => holds(&one, false, &context),
                };
                inside == Truth::Yes && !value.ends_with("/0")
            })
        };
        let address = ADDRESSES.iter().find(|it| !is_said(it)).copied().unwrap_or(ADDRESSES[0]);
        Self {
            owner: of.owner.clone(),
            partition: of.arn.split(':').nth(1).unwrap_or("aws").to_owned(),
            is_trust: of.arn.split(':').nth(2) == Some("iam"),
            stranger: stranger.unwrap_or_else(|| "998877665544".to_owned()),
            address: address.to_owned(),
            text,
            conditions,
        }
    }

    /// Returns the keys in conditions and variables, in lower case.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let keys = self.conditions.iter().map(|it| it.key.as_str()).chain(variables(&self.text));
        keys.map(|it| it.trim().to_ascii_lowercase()).filter(|it| it.contains(':')).collect()
    }

    /// Returns the values with which the policy compares a key, each with its condition.
    pub(super) fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a Condition, &'a str)> {
        let conditions = self.conditions.iter().filter(move |it| it.key.eq_ignore_ascii_case(key));
        conditions.flat_map(|it| it.values.iter().map(move |value| (it, value.as_str())))
    }

    /// Returns the accounts of the principals, and the accounts in conditions that are not about the path of a request.
    pub(super) fn accounts<'a>(&'a self, policy: &'a Policy) -> BTreeSet<String> {
        let of_way = |it: &&Condition| !matches!(naming(&it.key.to_ascii_lowercase()), Some((Says::Way, _)));
        let values = self.conditions.iter().filter(of_way).flat_map(|it| &it.values).map(String::as_str);
        principals(policy).filter_map(aws).chain(values).filter_map(account).map(str::to_owned).collect()
    }

    /// Returns the services that the conditions name.
    pub(super) fn services(&self) -> BTreeSet<String> {
        let keys = ["aws:principalservicename", "aws:principalservicenameslist"];
        let values = keys.iter().flat_map(|key| self.values(key)).map(|(_, value)| value);
        values.filter(|it| !it.contains(['*', '?', '$'])).map(str::to_owned).collect()
    }

    /// Returns the hosts of providers that occur in condition keys.
    pub(super) fn hosts(&self) -> BTreeSet<String> {
        self.keys()
            .iter()
            .filter(|it| !it.starts_with("kms:"))
            .filter_map(|it| host_of(it))
            .map(str::to_owned)
            .collect()
    }

    /// Returns the keys that only tokens have, if the policy is a trust policy.
    pub(super) fn claims(&self) -> BTreeSet<String> {
        let of_token = |key: &String| key.starts_with("saml:") || !key.starts_with("kms:") && host_of(key).is_some();
        self.keys().into_iter().filter(|it| self.is_trust && of_token(it)).collect()
    }

    /// Returns a name that the policy does not mention.
    pub(super) fn fresh_name(&self) -> &'static str {
        ["x", "someone", "somebody-else"]
            .into_iter()
            .find(|it| !self.text.contains(&format!("/{it}\"")))
            .unwrap_or("nobody-knows")
    }

    /// Returns the value of `aws:userid` for a subject whose id the policy does not mention.
    pub(super) fn user_id(&self, subject: &Subject) -> String {
        let id = |kind: &str| {
            let ids = ["X", "Y", "Z"].map(|letter| format!("{kind}{}", letter.repeat(17)));
            ids.into_iter()
                .find(|it| !self.text.contains(it.as_str()))
                .unwrap_or_else(|| format!("{kind}WWWWWWWWWWWWWWWWW"))
        };
        match subject {
            Subject::User { .. } => id("AIDA"),
            Subject::Role { session, .. } => {
                let name = session.as_deref().and_then(|it| it.rsplit('/').next()).unwrap_or("x");
                format!("{}:{name}", id("AROA"))
            }
            Subject::FederatedUser { arn, .. } => {
                let name = arn.rsplit('/').next().unwrap_or_default();
                format!("{}:{name}", subject.account().unwrap_or_default())
            }
            _ => subject.account().unwrap_or("anonymous").to_owned(),
        }
    }

    /// Returns the value of `aws:PrincipalArn` for a subject with an account.
    pub(super) fn arn_of(&self, subject: &Subject) -> String {
        match subject {
            Subject::User { arn } | Subject::Role { arn, .. } | Subject::FederatedUser { arn, .. } => arn.clone(),
            _ => format!("arn:{}:iam::{}:root", self.partition, subject.account().unwrap_or_default()),
        }
    }

    /// Returns a likely service: the service of a source that the policy names, or a service that acts for every
    /// account.
    pub(super) fn natural_service(&self) -> String {
        let sources = self.values("aws:sourcearn").filter_map(|(_, value)| value.split(':').nth(2));
        let named = sources
            .filter(|it| !it.is_empty() && !it.contains(['*', '?', '$']))
            .map(|it| format!("{it}.amazonaws.com"));
        let usual = ["s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"].map(str::to_owned);
        let mut all = named.chain(usual);
        all.find(|it| !self.text.contains(&format!("\"{it}\""))).unwrap_or_else(|| "a-service.amazonaws.com".to_owned())
    }
}

/// Returns the keys of the variables in a text.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|it| it.split(['}', ',', '\'']).next()).map(str::trim)
}

/// Returns the principals in the element `Principal` or `NotPrincipal` of a statement.
pub(super) fn named(statement: &Statement) -> &[Principal] {
    match &statement.principals {
        Some(Which::In(list) | Which::NotIn(list)) => list,
        None => &[],
    }
}

/// Returns all principals in a policy.
pub(super) fn principals(policy: &Policy) -> impl Iterator<Item = &Principal> {
    policy.statements.iter().flat_map(named)
}

fn aws(principal: &Principal) -> Option<&str> {
    if let Principal::Aws(text) = principal { Some(text) } else { None }
}
