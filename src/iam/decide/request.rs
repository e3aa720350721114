//! One request: who does what to which resource.
//!
//! Must not know policies.

use crate::iam::context::Context;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub principal: Subject,
    /// The action, such as `kms:Decrypt`.
    pub action: String,
    /// The ARN of the resource, or `*` for an action that has none.
    pub resource: String,
    /// The account of the resource.
    pub resource_account: String,
    /// What is known of the condition keys. Keys that follow from the fields above are not added to it.
    pub context: Context,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User {
        /// `arn:aws:iam::111122223333:user/anna`
        arn: String,
    },
    /// A session of a role.
    Role {
        /// The ARN of the role.
        arn: String,
        /// The ARN of the session, `arn:aws:sts::111122223333:assumed-role/role/session`, where it is known.
        session: Option<String>,
    },
    /// A session that a user got from `GetFederationToken`.
    FederatedUser {
        /// The ARN of the session, `arn:aws:sts::111122223333:federated-user/anna`.
        arn: String,
        /// The ARN of the user.
        user: String,
    },
    /// The root user of an account.
    Root {
        /// Its account.
        account: String,
    },
    /// A service of AWS in its own name, such as `cloudtrail.amazonaws.com`.
    Service {
        /// The service principal.
        name: String,
    },
    /// Somebody with a token of a SAML or OIDC provider, who asks to assume a role.
    Federated {
        /// The provider: an ARN, or a name such as `accounts.google.com`.
        provider: String,
    },
    /// Nobody signed the request.
    Anonymous,
}

impl Subject {
    /// The account, if it belongs to one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::User { arn } | Self::Role { arn, .. } | Self::FederatedUser { arn, .. } => arn.split(':').nth(4),
            Self::Root { account } => Some(account),
            Self::Service { .. } | Self::Federated { .. } | Self::Anonymous => None,
        }
    }

    /// Whether identity policies, a boundary and session policies are evaluated for it.
    pub(super) fn has_policies(&self) -> bool {
        matches!(self, Self::User { .. } | Self::Role { .. } | Self::FederatedUser { .. })
    }

    /// Whether it is a role that a service created for itself. Control policies of the organization do not bind those.
    pub(super) fn is_service_linked(&self) -> bool {
        matches!(self, Self::Role { arn, .. } if arn.contains(":role/aws-service-role/"))
    }
}
