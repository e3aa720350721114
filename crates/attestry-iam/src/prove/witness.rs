//! Searches for a request of a caller that a statement allows and that no Deny matches. The search chooses values for
//! the condition keys.
//!
//! The search gives each key a value at most once. The certain keys of a caller, and the keys that the caller cannot
//! choose, keep their values. `decide` judges each result before the search returns it. This module must not know
//! actions or resources.

use super::callers::Caller;
use super::keys::{Shape, form, is_of_resource};
use super::outsider::{Has, Reading};
use super::party::{account, can_be};
use super::possible::{is_of_one_organization, organization};
use super::said::{Said, variables};
use crate::context::{Context, Known};
use crate::decide::{Subject, Truth, holds};
use crate::policy::{Condition, Statement, Test};

/// The maximum number of values that the search tries for a request.
const TRIES: usize = 4_000;

/// The key with the ARN of a VPC, in lower case.
const VPC: &str = "aws:sourcevpcarn";

/// The Allow that must apply to a request, and the Denies that must not.
pub(super) struct Wanted<'a> {
    pub(super) allow: &'a Statement,
    /// The Denies that may apply to the request.
    pub(super) denies: Vec<&'a Statement>,
}

/// A search for a request of one caller.
pub(super) struct Search<'a> {
    pub(super) said: &'a Said,
    pub(super) reading: Reading<'a>,
    pub(super) caller: &'a Caller,
}

impl Search<'_> {
    /// Returns the caller and the condition keys of a request, if the search finds one.
    pub(super) fn find(&self, wanted: &Wanted<'_>) -> Option<(Subject, Context)> {
        let mut context = self.caller.made.clone();
        for key in self.said.keys() {
            // A key that the caller cannot have is absent. Keys of the resource stay unknown here.
            if context.get(&key) == Known::Unknown && !is_of_resource(&key) {
                context = context.without(&key);
            }
        }
        if self.caller.alone {
            context = self.caller.certain.clone();
        }
        let mut tries = TRIES;
        self.step(wanted, self.consistent(&self.caller.subject, context, &[])?, &[], &mut tries)
    }

    /// Returns the context to show when the search found no request.
    pub(super) fn roughly(&self) -> Context {
        self.caller.certain.clone()
    }

    fn step(
        &self,
        wanted: &Wanted<'_>,
        (subject, context): (Subject, Context),
        given: &[String],
        tries: &mut usize,
    ) -> Option<(Subject, Context)> {
        let test = |condition: &Condition| holds(condition, self.reading.variables, &context);
        let give_one = |key: &str, condition: &Condition, truth: Truth, tries: &mut usize| {
            let key = key.to_ascii_lowercase();
            if given.contains(&key) || !self.caller.can_have(&key) {
                return None;
            }
            let given: Vec<String> = given.iter().cloned().chain([key.clone()]).collect();
            // The key can be a variable in the condition. It can then have the value with which it is compared.
            let same = match context.get(&condition.key) {
                Known::Values([one]) if !key.eq_ignore_ascii_case(&condition.key) => Some(Some(one.clone())),
                _ => None,
            };
            let same_organization = self.of_same_organization(&key, &context).map(Some);
            self.values(&key).into_iter().chain(same).chain(same_organization).find_map(|value| {
                *tries = tries.checked_sub(1)?;
                let next = match &value {
                    Some(value) => context.clone().with(&key, [value.as_str()]),
                    None => context.clone().without(&key),
                };
                if holds(condition, self.reading.variables, &next) != truth {
                    return None;
                }
                self.step(wanted, self.consistent(&subject, next, &given)?, &given, tries)
            })
        };
        let give = |condition: &Condition, truth: Truth, tries: &mut usize| {
            let of_values = condition.values.iter().flat_map(|it| variables(it));
            let mut keys = std::iter::once(condition.key.as_str()).chain(of_values);
            keys.find_map(|key| give_one(key, condition, truth, tries))
        };
        if let Some(condition) = wanted.allow.conditions.iter().find(|it| test(it) != Truth::Yes) {
            return give(condition, Truth::Yes, tries);
        }
        let is_near = |deny: &&&Statement| deny.conditions.iter().all(|it| test(it) != Truth::No);
        match wanted.denies.iter().find(is_near) {
            Some(deny) => deny.conditions.iter().find_map(|condition| give(condition, Truth::No, tries)),
            None => Some((subject, context)),
        }
    }

    /// Returns the values that a caller may have for a key in the policy. `None` in the list stands for an absent key.
    fn values(&self, key: &str) -> Vec<Option<String>> {
        let mut all: Vec<Option<String>> = Vec::new();
        for (condition, value) in self.said.values(key) {
            if self.caller.alone || self.reading.has(condition, value, self.caller) == Has::Can {
                all.extend(self.made_up(key, condition, value).into_iter().map(Some));
            }
        }
        let vpc =
            || format!("arn:{}:ec2:eu-west-1:{}:vpc/vpc-0e15e0e15e0e15e0e", self.said.partition, self.said.stranger);
        let other = match self.reading.naming(key, self.caller).map(|(_, shape)| shape) {
            None if key == VPC => vpc(),
            None | Some(Shape::Claim(_)) => "someone-else".to_owned(),
            Some(Shape::Account) => self.caller.account().unwrap_or(&self.said.stranger).to_owned(),
            Some(Shape::Organization) => "o-someoneelse".to_owned(),
            Some(Shape::Path) => "o-someoneelse/r-else/".to_owned(),
            Some(Shape::Principal) => self.said.arn_of(&self.caller.subject),
            Some(Shape::Vpc) => vpc(),
            Some(Shape::Arn) => format!("arn:{}:sns:eu-west-1:{}:x", self.said.partition, self.said.stranger),
            Some(Shape::UserId) => self.said.user_id(&self.caller.subject),
            Some(Shape::Network) => self.said.address.clone(),
            Some(Shape::Id) if key == "aws:sourcevpce" => "vpce-0e15e0e15e0e15e0e".to_owned(),
            Some(Shape::Id) => "vpc-0e15e0e15e0e15e0e".to_owned(),
        };
        all.push(Some(other));
        if let Known::Values([usual]) = self.caller.made.get(key) {
            all.insert(0, Some(usual.clone()));
        }
        if !self.caller.always_has(key) {
            all.push(None);
        }
        // `ForAnyValue:` treats an empty text like an absent key, and no caller has an empty text.
        all.retain(|it| it.as_deref() != Some(""));
        all.retain(|it| it.as_deref().is_none_or(|text| self.is_real(key, text)));
        let mut seen = Vec::new();
        all.retain(|it| {
            !seen.contains(it) && {
                seen.push(it.clone());
                true
            }
        });
        all
    }

    /// Returns a value for a key of an organization. One key has the id and another key has paths, and both must agree.
    fn of_same_organization(&self, key: &str, context: &Context) -> Option<String> {
        let other = |key: String| match context.get(&key) {
            Known::Values([one]) => Some(one.clone()),
            _ => None,
        };
        let value = match (key.strip_suffix("orgid"), key.strip_suffix("orgpaths")) {
            (Some(of), _) => organization(&other(format!("{of}orgpaths"))?).to_owned(),
            (_, Some(of)) => format!("{}/r-else/", other(format!("{of}orgid"))?),
            _ => return None,
        };
        self.is_real(key, &value).then_some(value)
    }

    /// Returns whether a made-up value looks like a value of its key and does not belong to another party that the
    /// policy names.
    fn is_real(&self, key: &str, text: &str) -> bool {
        let context = self.caller.made.clone().with(key, [text]);
        let is_of_other = |(condition, value): (&Condition, &str)| {
            let one = Condition { values: vec![value.to_owned()], operator: condition.operator, key: key.to_owned() };
            let negated = matches!(
                condition.operator.test,
                Test::StringNotEquals
                    | Test::StringNotLike
                    | Test::StringNotEqualsIgnoreCase
                    | Test::ArnNotEquals
                    | Test::ArnNotLike
            );
            let matched = holds(&one, self.reading.variables, &context) == if negated { Truth::No } else { Truth::Yes };
            condition.operator.test != Test::Null
                && matched
                && self.reading.naming(key, self.caller).is_some()
                && self.reading.has(condition, value, self.caller) != Has::Can
        };
        let form = form(key, &self.said.partition);
        form.is_none_or(|form| form.matches(text)) && (self.caller.alone || !self.said.values(key).any(is_of_other))
    }

    /// Returns example values that a condition distinguishes.
    fn made_up(&self, key: &str, condition: &Condition, value: &str) -> Vec<String> {
        let resolved = crate::pattern::resolved(value, self.reading.variables, false, &self.caller.made);
        let value = &resolved.pattern.text().filter(|_| resolved.absent.is_none()).unwrap_or_else(|| value.to_owned());
        match condition.operator.test {
            Test::Null => vec!["x".to_owned()],
            Test::Bool => vec![value.clone(), "true".to_owned(), "false".to_owned()],
            Test::StringLike
            | Test::StringNotLike
            | Test::ArnEquals
            | Test::ArnLike
            | Test::ArnNotEquals
            | Test::ArnNotLike => self.filled(key, value),
            Test::IpAddress | Test::NotIpAddress => {
                vec![value.split('/').next().unwrap_or_default().to_owned(), self.said.address.clone()]
            }
            Test::DateEquals
            | Test::DateNotEquals
            | Test::DateLessThan
            | Test::DateLessThanEquals
            | Test::DateGreaterThan
            | Test::DateGreaterThanEquals => {
                vec![value.clone(), "1970-01-02T00:00:00Z".to_owned(), "2999-01-01T00:00:00Z".to_owned()]
            }
            Test::NumericEquals
            | Test::NumericNotEquals
            | Test::NumericLessThan
            | Test::NumericLessThanEquals
            | Test::NumericGreaterThan
            | Test::NumericGreaterThanEquals => {
                let by = |more: i64| value.parse::<i64>().ok().map(|it| it.saturating_add(more).to_string());
                std::iter::once(value.clone()).chain(by(-1)).chain(by(1)).collect()
            }
            _ => vec![value.clone()],
        }
    }

    /// Returns texts for a pattern with its wildcards replaced. In the place of an account, the text has the account of
    /// the caller.
    fn filled(&self, key: &str, pattern: &str) -> Vec<String> {
        let plain = |text: &str, with: &str| text.replace('*', with).replace('?', "x");
        if !pattern.contains(['*', '?']) {
            return vec![pattern.to_owned()];
        }
        let own = self.caller.account().unwrap_or(&self.said.stranger);
        let parts: Vec<&str> = pattern.splitn(6, ':').collect();
        let mut all = Vec::new();
        if let [arn, partition, service, region, account, rest] = parts.as_slice() {
            let part =
                |text: &str, with: &str| if text.contains(['*', '?']) { with.to_owned() } else { text.to_owned() };
            let is_principal = key == "aws:principalarn";
            let service = part(service, if is_principal { "iam" } else { "sns" });
            let region = part(region, if matches!(service.as_str(), "iam" | "s3") { "" } else { "eu-west-1" });
            let account = part(account, if service == "s3" { "" } else { own });
            let rest = if is_principal && rest.starts_with('*') {
                self.said.arn_of(&self.caller.subject).splitn(6, ':').nth(5).unwrap_or_default().to_owned()
            } else {
                plain(rest, "x")
            };
            all.push([arn, &*part(partition, &self.said.partition), &service, &region, &account, &rest].join(":"));
        }
        if key.ends_with("account") || key == "aws:sourceowner" {
            all.push(own.to_owned());
        }
        all.extend(["x", "", "x:x", "o-x", "true"].map(|with| plain(pattern, with)));
        if let Some(rest) = pattern.strip_prefix('*') {
            all.push(format!("{}{}", self.said.user_id(&self.caller.subject), plain(rest, "x")));
            let id = self.said.user_id(&self.caller.subject);
            all.push(format!("{}{}", id.split(':').next().unwrap_or_default(), plain(rest, "x")));
        }
        all
    }

    /// Returns the caller that fits the identity keys, if the keys are consistent. A name and an ARN must belong to one
    /// caller. An account and an ARN must belong to one source. The last key in `given` is the new one.
    fn consistent(&self, subject: &Subject, context: Context, given: &[String]) -> Option<(Subject, Context)> {
        let value = |context: &Context, key: &str| match context.get(key) {
            Known::Values([one]) => Some(one.clone()),
            _ => None,
        };
        if !is_of_one_organization(&context) {
            return None;
        }
        let is_given = |key: &str| given.iter().any(|it| it == key);
        let changed = given.last().map(String::as_str);
        if matches!(changed, Some("aws:sourcearn" | "aws:sourceaccount")) {
            let arn = value(&context, "aws:sourcearn");
            if arn.as_deref().is_some_and(|it| !can_be(it)) {
                return None;
            }
            let (of_arn, own) = (arn.as_deref().and_then(account), value(&context, "aws:sourceaccount"));
            return match (of_arn, own) {
                (Some(of_arn), Some(own)) if *of_arn != own && is_given("aws:sourceaccount") => None,
                (Some(of_arn), Some(own)) if *of_arn != own => {
                    Some((subject.clone(), context.clone().with("aws:SourceAccount", [of_arn])))
                }
                _ => Some((subject.clone(), context)),
            };
        }
        match (changed, subject) {
            (Some("aws:principalarn"), Subject::User { arn } | Subject::Role { arn, session: None }) => {
                let new = value(&context, "aws:principalarn")?;
                let is_same = |one: &str, other: &str| one.split('/').next() == other.split('/').next();
                if !is_same(arn, &new) || new.ends_with('/') || !new.contains('/') {
                    return None;
                }
                let name = new.rsplit('/').next().unwrap_or_default().to_owned();
                let is_user = matches!(subject, Subject::User { .. });
                Some(match is_user {
                    true if is_given("aws:username") && value(&context, "aws:username")? != name => return None,
                    true => (Subject::User { arn: new }, context.with("aws:username", [name])),
                    false => (Subject::Role { arn: new, session: None }, context),
                })
            }
            (Some("aws:userid"), _) => {
                // The id of a user contains no colon. The id of a role is followed by a colon and the name of the
                // session.
                let id = value(&context, "aws:userid")?;
                let usual = self.said.user_id(subject);
                let may_be = match subject {
                    Subject::User { .. } => !id.contains(':'),
                    Subject::Role { session: None, .. } => id.contains(':'),
                    Subject::Role { .. } => id.split(':').nth(1) == usual.split(':').nth(1),
                    _ => id == usual,
                };
                may_be.then(|| (subject.clone(), context))
            }
            (Some("aws:principalarn"), _) if value(&context, "aws:principalarn")? != self.said.arn_of(subject) => None,
            (Some("aws:username"), Subject::User { arn }) => {
                let (head, _) = arn.rsplit_once('/')?;
                let arn = format!("{head}/{}", value(&context, "aws:username")?);
                if is_given("aws:principalarn") && value(&context, "aws:principalarn")? != arn {
                    return None;
                }
                Some((Subject::User { arn: arn.clone() }, context.with("aws:PrincipalArn", [arn])))
            }
            _ => Some((subject.clone(), context)),
        }
    }
}
