//! Evaluates the layers of policies in the order that AWS documents, with the special rules between them.
//!
//! 1. An explicit deny in any layer wins.
//! 2. On each level of the organization, the RCPs for the resource and the SCPs for the principal must allow the
//!    request. RCPs and SCPs do not limit service-linked roles. SCPs do not limit a principal without an account.
//! 3. Within one account the resource policy *or* the identity policies must allow the request. Key policies and trust
//!    policies are an exception: the policy of the resource itself must allow the request.
//!    - When a resource policy names the user or session itself, or everyone, its Allow is enough. A missing Allow in
//!      the identity policies, the boundary or the session policies does not limit this Allow.
//!    - When a resource policy names the role, or the user who requested the federated session, its Allow is limited by
//!      the boundary and the session policies.
//!    - A resource policy that names the account allows no request by itself. The identity policies must allow it.
//! 4. Across accounts the resource policy *and* the identity policies must allow.
//! 5. A boundary and session policies only remove permissions.
//! 6. The root user needs no policy in its own account. For a service, a federated or an anonymous caller, only the
//!    policy of the resource can allow the request.
//!
//! AWS documents these rules in the IAM User Guide, "Policy evaluation logic"
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>: rule 1 and the root
//! user of rule 6 under "How AWS enforcement code logic evaluates requests to allow or deny access", rules 3 and 5
//! under "Policy evaluation for requests within a single account", and rule 4 under "Cross-account policy evaluation
//! logic". For rule 2 see "SCP evaluation" in the AWS Organizations User Guide.
//!
//! This module must not know statements.

use super::found::{Layer, Outcome, StatementPlace};
use super::principals::Naming;
use super::request::{Request, Subject};
use super::statement::Whom;
use super::truth::Truth;
use crate::policy::{Effect, Policy};

/// The policies that apply to a request. The code that calls [`decide`] determines which of them exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// The service control policies of the account of the principal, one list for each level of the organization. The
    /// list is empty for the management account.
    pub scps: Vec<Vec<Policy>>,
    /// The resource control policies of the account of the resource, one list for each level of the organization.
    pub rcps: Vec<Vec<Policy>>,
    /// The permissions boundary, if there is one.
    pub boundary: Option<Vec<Policy>>,
    /// The policies of the user and its groups, or of the role.
    pub identity: Vec<Policy>,
    /// The policy of the resource.
    pub resource: Option<Policy>,
    /// The policies that were passed for the session, if there are any.
    pub session: Option<Vec<Policy>>,
    /// Whether the policy of the resource must allow the request, as for keys and for assuming roles.
    pub resource_must_allow: bool,
}

/// The decision on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The request is allowed.
    Allowed {
        /// The statement that allows the request. The root user of the account needs none.
        by: Option<StatementPlace>,
    },
    /// A statement denies the request.
    ExplicitDeny {
        /// The statement.
        by: StatementPlace,
    },
    /// No statement denies the request, and none allows it.
    ImplicitDeny {
        /// The layer without an allow.
        layer: Layer,
    },
    /// Unknown facts decide the result.
    Undecided {
        /// The condition keys that decide. The list is empty when AWS does not document the deciding rule.
        keys: Vec<String>,
        /// The statements that depend on these keys.
        by: Vec<StatementPlace>,
    },
}

/// Decides a request.
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

fn denied(request: &Request, policies: &Policies) -> Outcome {
    let subject = &request.principal;
    let bounded = policies.boundary.is_some();
    let deny = |layer, list: &[Policy], whom| Outcome::any(layer, list, Effect::Deny, request, whom);
    let mut found = Outcome { truth: Truth::No, ..Outcome::given(Layer::Resource) };
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

fn allowed(request: &Request, policies: &Policies) -> Outcome {
    let subject = &request.principal;
    let allow = |layer, list: &[Policy], whom| Outcome::any(layer, list, Effect::Allow, request, whom);
    let mut guards = Outcome::given(Layer::ResourceControl);
    for level in rcps(subject, policies) {
        guards = guards.and(allow(Layer::ResourceControl, level, Whom::Anyhow { bounded: false }).guard());
    }
    for level in scps(subject, policies) {
        guards = guards.and(allow(Layer::ServiceControl, level, Whom::Owner).guard());
    }

    let named = |way| allow(Layer::Resource, resource(policies), Whom::As(way));
    let (itself, origin, account) = (named(Naming::Itself), named(Naming::Origin), named(Naming::Account));
    let limited = |found: Outcome| {
        let limit = |layer, list: &Option<Vec<Policy>>| match list {
            Some(list) => allow(layer, list, Whom::Owner).guard(),
            None => Outcome::given(layer),
        };
        found.and(limit(Layer::Boundary, &policies.boundary)).and(limit(Layer::Session, &policies.session))
    };
    let same_account = subject.account() == Some(request.resource_account.as_str());
    let own = match subject {
        Subject::Service { .. } | Subject::Federated { .. } | Subject::Anonymous => itself,
        Subject::Root { .. } if same_account && !policies.resource_must_allow => Outcome::given(Layer::Identity),
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
