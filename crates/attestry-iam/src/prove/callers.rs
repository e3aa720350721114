//! Describes the possible callers of a resource: the caller, the certain keys of its requests, and one example of a
//! request.
//!
//! A caller that the policy does not mention stands for all similar callers. This module must not know claims, nor the
//! callers for which a policy is judged.

use super::keys::{self, Says, Shape};
use super::party::{account, is_whole};
use super::providers;
use super::said::Said;
use crate::context::{Context, Known};
use crate::decide::Subject;

/// The keys that hold the account of a caller.
const OF_CALLER: [&str; 3] = ["aws:PrincipalAccount", "kms:CallerAccount", "aws:SourceOwner"];

/// The keys of a service that sends a request in its own name.
const OF_SERVICE: [&str; 2] = ["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"];

/// The callers that one caller represents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// All similar callers that the policy names neither by account nor individually.
    Anybody,
    /// All similar callers of one account, without the callers that the policy names individually.
    OfAccount(String),
    /// The one principal that the policy writes as this text.
    Named(String),
}

/// A sender of requests.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) who: Who,
    pub(super) subject: Subject,
    /// The condition keys that all requests of the caller have for certain.
    pub(super) certain: Context,
    /// The condition keys of an example request of the caller.
    pub(super) made: Context,
    /// Whether the policy must allow the request without the help of the caller's own policies. If not, the caller's
    /// own policies are assumed to allow everything.
    pub(super) alone: bool,
    /// Whether the caller is a guest: it has a token of an identity pool without a sign-in.
    pub(super) guest: bool,
    /// A deciding fact about the caller that no document contains, if there is such a fact.
    pub(super) open: Option<String>,
}

/// Returns one caller of each type for an account: a role, a user, a federated user and the root user. The policy names
/// none of them individually.
pub(super) fn of_account(said: &Said, own: &str, who: &Who) -> Vec<Caller> {
    let (name, partition) = (said.fresh_name(), &said.partition);
    let iam = |kind: &str| format!("arn:{partition}:iam::{own}:{kind}/{name}");
    let subjects = [
        Subject::Role { arn: iam("role"), session: None },
        Subject::User { arn: iam("user") },
        Subject::FederatedUser { arn: format!("arn:{partition}:sts::{own}:federated-user/{name}"), user: iam("user") },
        Subject::Root { account: own.to_owned() },
    ];
    subjects.into_iter().map(|subject| signed(said, who, subject)).collect()
}

/// Returns callers that the policy does not mention: callers of another account, an anonymous caller and a service. For
/// a trust policy, it also returns callers with tokens of the providers in the condition keys.
pub(super) fn strangers(said: &Said) -> Vec<Caller> {
    let mut all = of_account(said, &said.stranger, &Who::Anybody);
    all.push(anonymous(said));
    all.push(service(said, &said.natural_service(), Who::Anybody));
    all.extend(said.hosts().iter().filter(|_| said.is_trust).flat_map(|host| federated(said, host)));
    all
}

/// Returns the callers for a principal, which is an ARN or a whole account.
pub(super) fn named(said: &Said, principal: &str) -> Vec<Caller> {
    let Some(own) = account(principal) else { return Vec::new() };
    if is_whole(principal) {
        return of_account(said, own, &Who::OfAccount(own.to_owned()));
    }
    vec![signed(said, &Who::Named(principal.to_owned()), subject(principal, own))]
}

fn subject(principal: &str, own: &str) -> Subject {
    let fields: Vec<&str> = principal.splitn(6, ':').collect();
    match fields.as_slice() {
        [_, _, "iam", _, _, resource] if resource.starts_with("user/") => Subject::User { arn: principal.to_owned() },
        [_, _, "iam", _, _, resource] if resource.starts_with("role/") => {
            Subject::Role { arn: principal.to_owned(), session: None }
        }
        [_, partition, "sts", _, _, resource] if resource.starts_with("federated-user/") => {
            let user = format!("arn:{partition}:iam::{own}:user/x");
            Subject::FederatedUser { arn: principal.to_owned(), user }
        }
        [_, partition, "sts", _, _, resource] => {
            let name = resource.split('/').nth(1).unwrap_or_default();
            Subject::Role {
                arn: format!("arn:{partition}:iam::{own}:role/{name}"),
                session: Some(principal.to_owned()),
            }
        }
        _ => Subject::Role { arn: format!("arn:aws:iam::{own}:role/x"), session: None },
    }
}

/// Returns a caller with an account.
fn signed(said: &Said, who: &Who, subject: Subject) -> Caller {
    let own = subject.account().unwrap_or_default().to_owned();
    let of_caller = |context| OF_CALLER.iter().fold(context, |it: Context, key| it.with(key, [own.as_str()]));
    let told = subject.tell(Context::unknown());
    let kind = only(&told, &["aws:PrincipalType", "aws:PrincipalIsAWSService"]);
    let kind = if told.get("aws:username") == Known::Absent { kind.without("aws:username") } else { kind };
    // The ARN of a role has a path. The ARN of its session leaves the path out.
    let is_exact =
        matches!((who, &subject), (Who::Named(_), Subject::User { .. } | Subject::Role { session: None, .. }));
    let certain = match who {
        Who::Anybody => kind,
        _ if is_exact => of_caller(told.clone()),
        _ => of_caller(kind),
    };
    let certain = without(certain, keys::of_services().chain(OF_SERVICE));
    // The claims of a token are visible only when a role is assumed with the token.
    let certain = without(certain, said.claims().iter().map(String::as_str));
    let made = of_caller(told)
        .with("aws:userid", [said.user_id(&subject)])
        .with("aws:SourceIp", [said.address.as_str()])
        .with("aws:PrincipalArn", [said.arn_of(&subject)]);
    Caller::new(said, who.clone(), subject, certain, made)
}

fn anonymous(said: &Said) -> Caller {
    let told = Subject::Anonymous.tell(Context::unknown());
    let absent = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];
    let certain = without(told, keys::of_services().chain(OF_CALLER).chain(OF_SERVICE).chain(absent));
    let certain = certain.with("aws:PrincipalType", ["Anonymous"]).with("aws:userid", ["anonymous"]);
    let certain = without(certain, said.claims().iter().map(String::as_str));
    let made = Context::unknown().with("aws:SourceIp", [said.address.as_str()]);
    Caller::new(said, Who::Anybody, Subject::Anonymous, certain, made)
}

/// Returns a service that acts for a caller of another account.
pub(super) fn service(said: &Said, name: &str, who: Who) -> Caller {
    let subject = Subject::Service { name: name.to_owned() };
    let told = subject.tell(Context::unknown()).with("aws:PrincipalServiceNamesList", [name]);
    let certain = match who {
        Who::Anybody => only(&told, &["aws:PrincipalIsAWSService"]),
        _ => told.clone(),
    };
    let absent = ["aws:username", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];
    let certain = without(certain, OF_CALLER.into_iter().filter(|it| *it != "aws:SourceOwner").chain(absent));
    let made = told.with("aws:SourceAccount", [said.stranger.as_str()]);
    let open = said.is_trust.then(|| format!("on whose behalf {name} takes on the role is"));
    Caller { open, ..Caller::new(said, who, subject, certain, made) }
}

/// Returns the callers that can have a token of a web identity provider. The policy may still limit the owner of the
/// token.
pub(super) fn federated(said: &Said, provider: &str) -> Vec<Caller> {
    let host = providers::host(provider);
    let key = |claim: &str| format!("{host}:{claim}");
    let others =
        said.claims().into_iter().filter(|it| providers::host_of(it).is_none_or(|of| !of.eq_ignore_ascii_case(host)));
    let certain = without(Context::unknown(), OF_CALLER.into_iter().chain(keys::of_services()).chain(OF_SERVICE));
    let certain = others.fold(certain, |context, key| context.without(&key)).without("aws:username");
    let there = ["aud", "sub", "app_id"].map(key).into_iter().filter(|it| providers::is_always_there(host, it));
    let there = there.filter(|it| !it.ends_with(":app_id") || providers::naming(host, it).is_some());
    let made = there.fold(Context::unknown(), |context, key| context.with(&key, ["x"]));
    let made = made.with("aws:SourceIp", [said.address.as_str()]).with("sts:RoleSessionName", ["x"]);
    let open = match providers::shared(host) {
        Some(_) => None,
        None => Some(format!("who can have a token of {host} is")),
    };
    let subject = Subject::Federated { provider: provider.to_owned() };
    let one = Caller { open, ..Caller::new(said, Who::Anybody, subject, certain.clone(), made.clone()) };
    if host != providers::POOLS {
        return vec![one];
    }
    let with_sign = |context: &Context, sign: &str| context.clone().with(&key("amr"), [sign]);
    let whoever =
        |sign: &str| Caller { certain: with_sign(&certain, sign), made: with_sign(&made, sign), ..one.clone() };
    vec![whoever("authenticated"), Caller { guest: true, ..whoever("unauthenticated") }]
}

/// Returns a caller with a token of a provider in another account.
pub(super) fn foreign(said: &Said, provider: &str) -> Caller {
    let certain = without(Context::unknown(), OF_CALLER.into_iter().chain(keys::of_services()));
    let subject = Subject::Federated { provider: provider.to_owned() };
    Caller::new(said, Who::Named(provider.to_owned()), subject, certain, Context::unknown())
}

fn without<'a>(context: Context, keys: impl Iterator<Item = &'a str>) -> Context {
    keys.fold(context, Context::without)
}

fn only(context: &Context, keys: &[&str]) -> Context {
    keys.iter().fold(Context::unknown(), |all, key| match context.get(key) {
        Known::Values(values) => all.with(key, values.to_vec()),
        Known::Absent => all.without(key),
        Known::Unknown => all,
    })
}

impl Caller {
    fn new(said: &Said, who: Who, subject: Subject, certain: Context, made: Context) -> Self {
        let certain = certain.with("aws:ResourceAccount", [said.owner.as_str()]);
        Self { who, subject, made: made.and(&certain), certain, alone: false, guest: false, open: None }
    }

    /// Returns the caller in the spelling of a policy or a counterexample.
    pub(super) fn text(&self) -> String {
        match (&self.who, &self.subject) {
            (Who::Named(text) | Who::OfAccount(text), _) => text.clone(),
            (Who::Anybody, Subject::Federated { provider: name } | Subject::Service { name }) => name.clone(),
            (Who::Anybody, _) => "*".to_owned(),
        }
    }

    pub(super) fn account(&self) -> Option<&str> {
        self.subject.account()
    }

    /// Returns whether the caller has a token of an identity pool. Any account can own the pool.
    pub(super) fn is_of_pool(&self) -> bool {
        self.host() == Some(providers::POOLS)
    }

    fn host(&self) -> Option<&str> {
        match &self.subject {
            Subject::Federated { provider } if self.is_web() => Some(providers::host(provider)),
            _ => None,
        }
    }

    fn is_web(&self) -> bool {
        matches!(&self.subject, Subject::Federated { provider } if providers::is_web(provider))
            && !matches!(self.who, Who::Named(_))
    }

    /// Returns the meaning of a key (in lower case) for the requests of the caller, when the key identifies a party.
    pub(super) fn naming(&self, key: &str) -> Option<(Says, Shape)> {
        if matches!(self.subject, Subject::Service { .. }) && keys::is_set_by_services(key) {
            return Some((Says::Behalf, Shape::Arn));
        }
        if let Some(host) = self.host()
            && let Some(shape) = providers::naming(host, key)
        {
            return Some((Says::Caller, shape));
        }
        keys::naming(key)
    }

    /// Returns whether a made-up request of the caller can have the key or lack it.
    pub(super) fn can_have(&self, key: &str) -> bool {
        if self.certain.get(key) != Known::Unknown || keys::is_of_resource(key) {
            return false;
        }
        if self.alone {
            return keys::is_chosen(key);
        }
        let of_somebody = [
            "aws:principal",
            "aws:user",
            "aws:multifactor",
            "aws:token",
            "aws:ec2",
            "aws:sourceidentity",
            "aws:calledvia",
            "aws:via",
        ];
        let of_way = ["aws:sourceip", "aws:sourcevpc", "aws:vpc"];
        match &self.subject {
            Subject::Service { .. } => !of_somebody.iter().chain(&of_way).any(|it| key.starts_with(it)),
            Subject::Anonymous => !of_somebody.iter().any(|it| key.starts_with(it)),
            Subject::Federated { .. } => !key.starts_with("aws:principal"),
            _ => !["aws:principalaccount", "kms:calleraccount", "aws:sourceowner"].contains(&key),
        }
    }

    /// Returns whether each request of the caller has a key.
    pub(super) fn always_has(&self, key: &str) -> bool {
        match (&self.subject, self.host()) {
            (_, Some(host)) => providers::is_always_there(host, key),
            (Subject::Service { .. } | Subject::Federated { .. } | Subject::Anonymous, _) => false,
            _ => ["aws:principalarn", "aws:userid"].contains(&key),
        }
    }
}
