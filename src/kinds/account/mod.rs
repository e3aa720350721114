//! `account`: schema. The attributes that AWS returns for the account itself.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use super::s3_bucket;
use attestry_core::facts::{Attribute, Call, Frequency, Kind, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// AWS requires no permission for this call. Even a denied caller can read its own identity.
const GET_CALLER_IDENTITY: Call = Call::new("sts", "GetCallerIdentity", "", Frequency::Population { page: 1 }).kept();
const LIST_ACCOUNT_ALIASES: Call =
    Call::new("iam", "ListAccountAliases", "iam:ListAccountAliases", Frequency::Resource)
        .paged(Paging::by("Marker", &["AccountAliases"], 100).limited("MaxItems", 1000).flagged("IsTruncated"))
        .kept();
const GET_ACCOUNT_PASSWORD_POLICY: Call =
    Call::new("iam", "GetAccountPasswordPolicy", "iam:GetAccountPasswordPolicy", Frequency::Resource).kept();
const GET_ACCOUNT_SUMMARY: Call =
    Call::new("iam", "GetAccountSummary", "iam:GetAccountSummary", Frequency::Resource).kept();
const BLOCK: Call = s3_bucket::ACCOUNT_BLOCK.made(Frequency::Resource).after(&[]);

const fn password(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    GET_ACCOUNT_PASSWORD_POLICY.yields(name, of, field, doc)
}

const fn summary(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    GET_ACCOUNT_SUMMARY.yields(name, of, field, doc)
}

const fn block(name: &'static str, field: &'static str, doc: &'static str) -> Attribute {
    BLOCK.yields(name, Type::Bool, field, doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "account",
    plural: "accounts",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "The AWS account itself; the population is exactly one.",
    attributes: &[
        GET_CALLER_IDENTITY.yields("id", Type::Text, "Account", "Account id, 12 digits."),
        GET_CALLER_IDENTITY.yields("name", Type::Text, "Account", "Account id; aliases are in `aliases`."),
        LIST_ACCOUNT_ALIASES.yields(
            "aliases",
            Type::List(&Type::Text),
            "AccountAliases[]",
            "Sign-in aliases, at most one; empty when there is none.",
        ),
        password(
            "password_policy.present",
            Type::Bool,
            "PasswordPolicy",
            "Whether a password policy was set; without one AWS's defaults apply.",
        ),
        password(
            "password_policy.minimum_length",
            Type::Integer,
            "PasswordPolicy.MinimumPasswordLength",
            "Fewest characters; absent without a policy.",
        )
        .within(1, 128),
        password(
            "password_policy.symbols",
            Type::Bool,
            "PasswordPolicy.RequireSymbols",
            "Whether symbols are required; absent without a policy.",
        ),
        password(
            "password_policy.numbers",
            Type::Bool,
            "PasswordPolicy.RequireNumbers",
            "Whether digits are required; absent without a policy.",
        ),
        password(
            "password_policy.uppercase",
            Type::Bool,
            "PasswordPolicy.RequireUppercaseCharacters",
            "Whether capital letters are required; absent without a policy.",
        ),
        password(
            "password_policy.lowercase",
            Type::Bool,
            "PasswordPolicy.RequireLowercaseCharacters",
            "Whether small letters are required; absent without a policy.",
        ),
        password(
            "password_policy.users_may_change",
            Type::Bool,
            "PasswordPolicy.AllowUsersToChangePassword",
            "Whether users may change their own password; absent without a policy.",
        ),
        password(
            "password_policy.expires",
            Type::Bool,
            "PasswordPolicy.ExpirePasswords",
            "Whether passwords expire; absent without a policy.",
        ),
        password(
            "password_policy.max_age",
            Type::Duration,
            "PasswordPolicy.MaxPasswordAge",
            "Age at which passwords expire, in days; absent when they do not and without a policy.",
        )
        .within_days(1, 1095),
        password(
            "password_policy.reuse_prevention",
            Type::Integer,
            "PasswordPolicy.PasswordReusePrevention",
            "Number of earlier passwords that cannot be used again; absent when all can and without a policy.",
        )
        .within(1, 24),
        password(
            "password_policy.hard_expiry",
            Type::Bool,
            "PasswordPolicy.HardExpiry",
            "Whether users cannot set a new password after theirs expired; absent when AWS does not tell and without a \
             policy.",
        ),
        summary(
            "root.mfa",
            Type::Bool,
            "SummaryMap.AccountMFAEnabled",
            "Whether the root user has MFA; false also when root credentials are managed centrally and there are none.",
        ),
        summary(
            "root.access_keys",
            Type::Bool,
            "SummaryMap.AccountAccessKeysPresent",
            "Whether the root user has access keys.",
        ),
        summary(
            "root.signing_certificates",
            Type::Bool,
            "SummaryMap.AccountSigningCertificatesPresent",
            "Whether the root user has signing certificates.",
        ),
        summary(
            "root.password",
            Type::Bool,
            "SummaryMap.AccountPasswordPresent",
            "Whether the root user has a password; absent when AWS does not tell.",
        ),
        summary("counts.users", Type::Integer, "SummaryMap.Users", "Number of IAM users.").counting("iam.user"),
        summary("counts.groups", Type::Integer, "SummaryMap.Groups", "Number of IAM groups.").counting("iam.group"),
        summary("counts.roles", Type::Integer, "SummaryMap.Roles", "Number of IAM roles.").counting("iam.role"),
        summary("counts.policies", Type::Integer, "SummaryMap.Policies", "Number of customer managed policies.")
            .counting("iam.policy"),
        summary(
            "counts.mfa_devices",
            Type::Integer,
            "SummaryMap.MFADevices",
            "Number of virtual MFA devices, assigned or not.",
        ),
        summary(
            "counts.mfa_devices_in_use",
            Type::Integer,
            "SummaryMap.MFADevicesInUse",
            "Number of MFA devices that are assigned.",
        ),
        summary("counts.providers", Type::Integer, "SummaryMap.Providers", "Number of identity providers."),
        summary(
            "counts.server_certificates",
            Type::Integer,
            "SummaryMap.ServerCertificates",
            "Number of server certificates that IAM stores.",
        ),
        block(
            "public_access_block.block_acls",
            "BlockPublicAcls",
            "Whether new public ACLs are refused, of every bucket.",
        ),
        block(
            "public_access_block.ignore_acls",
            "IgnorePublicAcls",
            "Whether public ACLs have no effect, of every bucket.",
        ),
        block(
            "public_access_block.block_policy",
            "BlockPublicPolicy",
            "Whether new public policies are refused, of every bucket.",
        ),
        block(
            "public_access_block.restrict_buckets",
            "RestrictPublicBuckets",
            "Whether a public policy serves only this account, of every bucket.",
        ),
        block(
            "public_access_block.all",
            "PublicAccessBlockConfiguration",
            "Whether all four settings are on for the account.",
        ),
    ],
    calls: &[GET_CALLER_IDENTITY, LIST_ACCOUNT_ALIASES, GET_ACCOUNT_PASSWORD_POLICY, GET_ACCOUNT_SUMMARY, BLOCK],
};
