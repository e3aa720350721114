//! What a policy speaks of: accounts, services, providers, condition keys; and names that it does not speak of.
//!
//! Must not know callers or claims.

use std::collections::BTreeSet;

use super::keys::{Says, naming};
use super::party::account;
use super::providers::host_of;
use super::resource::Guarded;
use crate::context::Context;
use crate::decide::{Subject, Truth, holds};
use crate::policy::{Condition, Policy, Principal, Statement, Test, Which};

/// Addresses of the internet for callers that are made up.
const ADDRESSES: [&str; 5] = ["198.51.100.77", "203.0.113.77", "192.0.2.77", "8.8.4.77", "2001:db8:77::77"];

/// What a policy speaks of.
#[derive(Clone, Debug, Default)]
pub(super) struct Said {
    /// The account of the resource.
    pub(super) owner: String,
    pub(super) partition: String,
    /// The resource is a role, and the policy its trust policy.
    pub(super) is_trust: bool,
    /// An account that the policy does not speak of.
    pub(super) stranger: String,
    /// An address that it does not speak of.
    pub(super) address: String,
    /// All of its texts.
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

    /// The keys that it names, in conditions and variables, in small letters.
    pub(super) fn keys(&self) -> BTreeSet<String> {
        let keys = self.conditions.iter().map(|it| it.key.as_str()).chain(variables(&self.text));
        keys.map(|it| it.trim().to_ascii_lowercase()).filter(|it| it.contains(':')).collect()
    }

    /// The values that it compares a key with, each with its condition.
    pub(super) fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a Condition, &'a str)> {
        let conditions = self.conditions.iter().filter(move |it| it.key.eq_ignore_ascii_case(key));
        conditions.flat_map(|it| it.values.iter().map(move |value| (it, value.as_str())))
    }

    /// The accounts of its principals, and of the values of its conditions that are not about a way.
    pub(super) fn accounts<'a>(&'a self, policy: &'a Policy) -> BTreeSet<String> {
        let of_way = |it: &&Condition| !matches!(naming(&it.key.to_ascii_lowercase()), Some((Says::Way, _)));
        let values = self.conditions.iter().filter(of_way).flat_map(|it| &it.values).map(String::as_str);
        principals(policy).filter_map(aws).chain(values).filter_map(account).map(str::to_owned).collect()
    }

    /// The services that its conditions name.
    pub(super) fn services(&self) -> BTreeSet<String> {
        let keys = ["aws:principalservicename", "aws:principalservicenameslist"];
        let values = keys.iter().flat_map(|key| self.values(key)).map(|(_, value)| value);
        values.filter(|it| !it.contains(['*', '?', '$'])).map(str::to_owned).collect()
    }

    /// The hosts of providers that its conditions are about.
    pub(super) fn hosts(&self) -> BTreeSet<String> {
        self.keys()
            .iter()
            .filter(|it| !it.starts_with("kms:"))
            .filter_map(|it| host_of(it))
            .map(str::to_owned)
            .collect()
    }

    /// The keys that only tokens have, where the policy is about assuming a role.
    pub(super) fn claims(&self) -> BTreeSet<String> {
        let of_token = |key: &String| key.starts_with("saml:") || !key.starts_with("kms:") && host_of(key).is_some();
        self.keys().into_iter().filter(|it| self.is_trust && of_token(it)).collect()
    }

    /// A name that it does not say.
    pub(super) fn fresh_name(&self) -> &'static str {
        ["x", "someone", "somebody-else"]
            .into_iter()
            .find(|it| !self.text.contains(&format!("/{it}\"")))
            .unwrap_or("nobody-knows")
    }

    /// What `aws:userid` is for somebody whose id it does not say.
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

    /// What `aws:PrincipalArn` is for a subject with an account.
    pub(super) fn arn_of(&self, subject: &Subject) -> String {
        match subject {
            Subject::User { arn } | Subject::Role { arn, .. } | Subject::FederatedUser { arn, .. } => arn.clone(),
            _ => format!("arn:{}:iam::{}:root", self.partition, subject.account().unwrap_or_default()),
        }
    }

    /// A service that could ask: the one of a source that the policy names, or one that every account can send.
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

/// The keys of the variables of a text.
pub(super) fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|it| it.split(['}', ',', '\'']).next()).map(str::trim)
}

/// The principals that a statement names, left out or not.
pub(super) fn named(statement: &Statement) -> &[Principal] {
    match &statement.principals {
        Some(Which::In(list) | Which::NotIn(list)) => list,
        None => &[],
    }
}

/// All principals that a policy names.
pub(super) fn principals(policy: &Policy) -> impl Iterator<Item = &Principal> {
    policy.statements.iter().flat_map(named)
}

fn aws(principal: &Principal) -> Option<&str> {
    if let Principal::Aws(text) = principal { Some(text) } else { None }
}
