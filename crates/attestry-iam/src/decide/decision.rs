//! The layers of policies in the order that AWS documents, and the special rules between them.
//!
//! 1. An explicit deny in any layer wins.
//! 2. Each level of the organization must allow, for resources (RCP) and for principals (SCP). Neither binds service-linked
//!    roles, and SCPs bind nobody without an account.
//! 3. Within one account the resource policy *or* the identity policies allow, where the resource needs no policy of its
//!    own. Key policies and trust policies must allow themselves.
//!    - A resource policy that names the user or session itself, or everyone, is not limited by what identity policies,
//!      boundary and session policies leave out.
//!    - One that names the role, or the user who federated, is limited by boundary and session policies.
//!    - One that names the account allows nobody by itself: identity policies must.
//! 4. Across accounts the resource policy *and* the identity side allow.
//! 5. A boundary and session policies only take away.
//! 6. The root user needs no policy in its own account. A service, a federated or an anonymous caller has only the policy
//!    of the resource.
//!
//! Must not know statements.

use super::found::{At, Found, Layer};
use super::principals::Naming;
use super::request::{Request, Subject};
use super::statement::Whom;
use super::truth::Truth;
use crate::policy::{Effect, Policy};

/// The policies that a request is judged by. Which of them exist is for the caller to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// Service control policies of the principal's account, one list a level of the organization. None for the management
    /// account.
    pub scps: Vec<Vec<Policy>>,
    /// Resource control policies of the resource's account, one list a level of the organization.
    pub rcps: Vec<Vec<Policy>>,
    /// The permissions boundary, if there is one.
    pub boundary: Option<Vec<Policy>>,
    /// Policies of the user and its groups, or of the role.
    pub identity: Vec<Policy>,
    /// The policy of the resource.
    pub resource: Option<Policy>,
    /// Policies that were passed for the session, if there were any.
    pub session: Option<Vec<Policy>>,
    /// Whether nothing is allowed without the policy of the resource, as for keys and for assuming roles.
    pub resource_must_allow: bool,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed.
    Allowed {
        /// The statement that allows; none for the root user of the account, who needs none.
        by: Option<At>,
    },
    /// A statement denies it.
    ExplicitDeny {
        /// The statement.
        by: At,
    },
    /// Nothing denies it, and nothing allows it.
    ImplicitDeny {
        /// The layer that lacks an allow.
        layer: Layer,
    },
    /// What is unknown decides.
    Undecided {
        /// The condition keys that decide. None of them where AWS does not document what does.
        keys: Vec<String>,
        /// The statements that wait for them.
        by: Vec<At>,
    },
}

/// Judges a request.
#[must_use]
pub fn decide(request: &Request, policies: &Policies) -> Decision {
    let denied = denied(request, policies);
    if let (Truth::Yes, Some(by)) = (denied.truth, denied.by.clone()) {
        return Decision::ExplicitDeny { by };
    }
    let allowed = allowed(request, policies);
    match (allowed.truth, denied.truth) {
        (Truth::No, _) => Decision::ImplicitDeny { layer: allowed.layer },
        (Truth::Yes, Truth::No) => Decision::Allowed { by: allowed.by },
        _ => {
            let unknown = denied.merged(allowed);
            Decision::Undecided { keys: unknown.keys.into_iter().collect(), by: unknown.doubts }
        }
    }
}

fn denied(request: &Request, policies: &Policies) -> Found {
    let subject = &request.principal;
    let bounded = policies.boundary.is_some();
    let deny = |layer, list: &[Policy], whom| Found::any(layer, list, Effect::Deny, request, whom);
    let mut found = Found { truth: Truth::No, ..Found::given(Layer::Resource) };
    for level in rcps(subject, policies) {
        found = found.or(deny(Layer::ResourceControl, level, Whom::Anyhow { bounded: false }));
    }
    for level in scps(subject, policies) {
        found = found.or(deny(Layer::ServiceControl, level, Whom::Owner));
    }
    found = found.or(deny(Layer::Resource, resource(policies), Whom::Anyhow { bounded }));
    if subject.has_policies() {
        found = found.or(deny(Layer::Identity, &policies.identity, Whom::Owner));
        found = found.or(deny(Layer::Boundary, policies.boundary.as_deref().unwrap_or_default(), Whom::Owner));
        found = found.or(deny(Layer::Session, policies.session.as_deref().unwrap_or_default(), Whom::Owner));
    }
    found
}

fn allowed(request: &Request, policies: &Policies) -> Found {
    let subject = &request.principal;
    let allow = |layer, list: &[Policy], whom| Found::any(layer, list, Effect::Allow, request, whom);
    let mut guards = Found::given(Layer::ResourceControl);
    for level in rcps(subject, policies) {
        guards = guards.and(allow(Layer::ResourceControl, level, Whom::Anyhow { bounded: false }).guard());
    }
    for level in scps(subject, policies) {
        guards = guards.and(allow(Layer::ServiceControl, level, Whom::Owner).guard());
    }

    let named = |way| allow(Layer::Resource, resource(policies), Whom::As(way));
    let (itself, origin, account) = (named(Naming::Itself), named(Naming::Origin), named(Naming::Account));
    let limited = |found: Found| {
        let limit = |layer, list: &Option<Vec<Policy>>| match list {
            Some(list) => allow(layer, list, Whom::Owner).guard(),
            None => Found::given(layer),
        };
        found.and(limit(Layer::Boundary, &policies.boundary)).and(limit(Layer::Session, &policies.session))
    };
    let same_account = subject.account() == Some(request.resource_account.as_str());
    let own = match subject {
        Subject::Service { .. } | Subject::Federated { .. } | Subject::Anonymous => itself,
        Subject::Root { .. } if same_account && !policies.resource_must_allow => Found::given(Layer::Identity),
        Subject::Root { .. } => itself,
        Subject::User { .. } | Subject::Role { .. } | Subject::FederatedUser { .. } => {
            let identity = allow(Layer::Identity, &policies.identity, Whom::Owner);
            if !same_account {
                limited(identity).and(itself.or(origin).or(account))
            } else if policies.resource_must_allow {
                itself.or(limited(origin)).or(account.guard().and(limited(identity)))
            } else {
                itself.or(limited(origin)).or(limited(identity))
            }
        }
    };
    guards.and(own)
}

fn resource(policies: &Policies) -> &[Policy] {
    policies.resource.as_slice()
}

fn rcps<'a>(subject: &Subject, policies: &'a Policies) -> &'a [Vec<Policy>] {
    if subject.is_service_linked() { &[] } else { &policies.rcps }
}

fn scps<'a>(subject: &Subject, policies: &'a Policies) -> &'a [Vec<Policy>] {
    if subject.account().is_none() || subject.is_service_linked() { &[] } else { &policies.scps }
}
