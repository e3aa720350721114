//! One request: who does what to which resource.
//!
//! Must not know policies.

use crate::context::{Context, Known};

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
    /// What is known of the condition keys. Those that follow from who asks are in it only after
    /// [`Request::with_principal_keys`].
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

/// Keys that say who asks.
const OF_CALLER: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalType",
    "aws:userid",
    "aws:username",
    "kms:CallerAccount",
];

/// Keys that only the requests of a service in its own name have.
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
    /// With the global condition keys that follow from who asks: its ARN, account, type and user name, as far as
    /// they are certain.
    #[must_use]
    pub fn with_principal_keys(self) -> Self {
        let context = self.principal.tell(self.context);
        Self { context, ..self }
    }
}

impl Subject {
    /// Somebody of an account of whom no more is known, in the partition of an ARN: in another one there is nothing that the
    /// ARN is about, and every claim about it holds.
    #[must_use]
    pub fn anyone(account: &str, arn: &str) -> Self {
        let partition = arn.strip_prefix("arn:").and_then(|rest| rest.split(':').next()).unwrap_or("aws");
        Self::User { arn: format!("arn:{partition}:iam::{account}:user/anyone") }
    }

    /// With what is certain of all its requests.
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
            // Its ARN also has a partition, which an account does not tell.
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

    /// Whether a key says who asks, or is absent since that is no service: whoever knows the subject knows it too.
    #[must_use]
    pub fn tells(key: &str, known: Known<'_>) -> bool {
        let among = |list: &[&str]| list.iter().any(|it| it.eq_ignore_ascii_case(key));
        among(OF_CALLER) || known == Known::Absent && among(OF_SERVICES)
    }

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
