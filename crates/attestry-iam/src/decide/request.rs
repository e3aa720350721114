//! One request: the caller, the action and the resource.
//!
//! This module must not know policies.

use crate::context::{Context, Known};

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The caller.
    pub principal: Subject,
    /// The action, such as `kms:Decrypt`.
    pub action: String,
    /// The ARN of the resource, or `*` for an action without a resource.
    pub resource: String,
    /// The account of the resource.
    pub resource_account: String,
    /// The known condition keys. [`Request::with_principal_keys`] adds the keys that follow from the caller.
    pub context: Context,
}

/// The caller of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A user.
    User {
        /// The ARN, such as `arn:aws:iam::111122223333:user/anna`.
        arn: String,
    },
    /// A session of a role.
    Role {
        /// The ARN of the role.
        arn: String,
        /// The ARN of the session, `arn:aws:sts::111122223333:assumed-role/role/session`, if it is known.
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
        /// The account of the root user.
        account: String,
    },
    /// A service of AWS that acts in its own name, such as `cloudtrail.amazonaws.com`.
    Service {
        /// The service principal.
        name: String,
    },
    /// A caller with a token of a SAML or OIDC provider, who requests to assume a role.
    Federated {
        /// The provider: an ARN, or a name such as `accounts.google.com`.
        provider: String,
    },
    /// A caller whose request is not signed.
    Anonymous,
}

/// The condition keys that identify the caller.
const OF_CALLER: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalType",
    "aws:userid",
    "aws:username",
    "kms:CallerAccount",
];

/// The condition keys that a request has only when a service sends it in its own name.
const OF_SERVICES: &[&str] = &[
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
];

impl Request {
    /// Adds the global condition keys that follow from the caller, as far as they are certain: its ARN, account, type
    /// and user name. IAM User Guide, "AWS global condition context keys".
    #[must_use]
    pub fn with_principal_keys(self) -> Self {
        let context = self.principal.tell(self.context);
        Self { context, ..self }
    }
}

impl Subject {
    /// Returns a caller of an account, in the partition of an ARN. Nothing else is known about the caller. A caller of
    /// another partition cannot reach the resource of the ARN, so every claim about such a caller holds.
    #[must_use]
    pub fn anyone(account: &str, arn: &str) -> Self {
        let partition = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next()).unwrap_or("aws");
        Self::User { arn: format!("arn:{partition}:iam::{account}:user/anyone") }
    }

    /// Turns a user into a role with the same name. Returns any other caller unchanged.
    pub(crate) fn as_role(&self) -> Self {
        match self {
            Self::User { arn } => Self::Role { arn: arn.replace(":user/", ":role/"), session: None },
            other => other.clone(),
        }
    }

    /// Adds the keys that are certain for all requests of the caller.
    pub(crate) fn tell(&self, context: Context) -> Context {
        let of = |context: Context, kind: &str| {
            let account = self.account().unwrap_or_default();
            let context = context.with("aws:PrincipalAccount", [account]).with("aws:PrincipalIsAWSService", ["false"]);
            let context = context.with("aws:PrincipalType", [kind]).with("kms:CallerAccount", [account]);
            OF_SERVICES.iter().fold(context, |context, key| context.without(key))
        };
        match self {
            Self::User { arn } => {
                let name = arn.rsplit('/').next().unwrap_or_default();
                of(context, "User").with("aws:PrincipalArn", [arn]).with("aws:username", [name])
            }
            Self::Role { arn, .. } => {
                of(context, "AssumedRole").with("aws:PrincipalArn", [arn]).without("aws:username")
            }
            Self::FederatedUser { arn, .. } => {
                of(context, "FederatedUser").with("aws:PrincipalArn", [arn]).without("aws:username")
            }
            // The ARN of a root user also contains a partition, which the account id does not determine.
            Self::Root { .. } => of(context, "Account").without("aws:username"),
            Self::Service { name } => {
                let context = context.with("aws:PrincipalIsAWSService", ["true"]);
                context.with("aws:PrincipalServiceName", [name]).without("aws:username")
            }
            Self::Federated { .. } => context.without("aws:username"),
            Self::Anonymous => {
                ["aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalIsAWSService", "aws:username"]
                    .into_iter()
                    .fold(context, Context::without)
            }
        }
    }

    /// Returns whether a key follows from the caller. Such a key identifies the caller, or it is absent because only
    /// services send it.
    #[must_use]
    pub fn tells(key: &str, known: Known<'_>) -> bool {
        let among = |list: &[&str]| list.iter().any(|it| it.eq_ignore_ascii_case(key));
        among(OF_CALLER) || known == Known::Absent && among(OF_SERVICES)
    }

    /// Returns the account of the caller, if it has one.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::User { arn } | Self::Role { arn, .. } | Self::FederatedUser { arn, .. } => arn.split(':').nth(4),
            Self::Root { account } => Some(account),
            Self::Service { .. } | Self::Federated { .. } | Self::Anonymous => None,
        }
    }

    /// Returns whether identity policies, a boundary and session policies apply to the caller.
    pub(super) fn has_policies(&self) -> bool {
        matches!(self, Self::User { .. } | Self::Role { .. } | Self::FederatedUser { .. })
    }

    /// Returns whether the caller is a service-linked role. Control policies of the organization do not limit such
    /// roles.
    pub(super) fn is_service_linked(&self) -> bool {
        matches!(self, Self::Role { arn, .. } if arn.contains(":role/aws-service-role/"))
    }
}
