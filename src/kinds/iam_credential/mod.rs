//! `iam.credential`: schema. The attributes of one user in the credential report, including the root user.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod csv;
#[cfg(feature = "aws")]
mod report;

use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// The call for the report. An account has at most 5,000 users, and the report is one answer for all of them.
const GENERATE_CREDENTIAL_REPORT: Call =
    Call::new("iam", "GenerateCredentialReport", "iam:GenerateCredentialReport", Frequency::Population { page: 5000 })
        .kept();
const GET_CREDENTIAL_REPORT: Call =
    Call::new("iam", "GetCredentialReport", "iam:GetCredentialReport", Frequency::Population { page: 5000 }).kept();

const fn column(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    GET_CREDENTIAL_REPORT.yields(name, of, field, doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.credential",
    plural: "credentials",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "The credentials of one IAM user or of the root user, as the account's credential report tells them; AWS makes \
          the report anew at most every four hours.",
    attributes: &[
        column("arn", Type::Text, "Content.arn", "ARN of the user."),
        column("name", Type::Text, "Content.user", "Name of the user, `<root_account>` for the root user."),
        column("root", Type::Bool, "Content.user", "Whether it is the root user."),
        column("created", Type::Time, "Content.user_creation_time", "When the user was created."),
        column(
            "password_enabled",
            Type::Bool,
            "Content.password_enabled",
            "Whether the user has a console password; absent when the report does not tell, as for the root user.",
        ),
        column(
            "password_last_used",
            Type::Time,
            "Content.password_last_used",
            "When the password was last used to sign in; absent without a password and when it never was.",
        ),
        column(
            "password_last_changed",
            Type::Time,
            "Content.password_last_changed",
            "When the password was last set; absent without a password and for the root user.",
        ),
        column(
            "password_next_rotation",
            Type::Time,
            "Content.password_next_rotation",
            "When the password policy asks for a new password; absent when it does not and for the root user.",
        ),
        column("mfa_active", Type::Bool, "Content.mfa_active", "Whether an MFA device is on."),
        column("access_key_1.active", Type::Bool, "Content.access_key_1_active", "Whether the first key is active."),
        column(
            "access_key_1.last_rotated",
            Type::Time,
            "Content.access_key_1_last_rotated",
            "When the first access key was made or last changed; absent when there is no such key.",
        ),
        column(
            "access_key_1.last_used",
            Type::Time,
            "Content.access_key_1_last_used_date",
            "When the first access key was last used; absent when it never was or there is no such key.",
        ),
        column(
            "access_key_1.last_used_region",
            Type::Text,
            "Content.access_key_1_last_used_region",
            "Region in which the first access key was last used; absent as `access_key_1.last_used`.",
        ),
        column(
            "access_key_1.last_used_service",
            Type::Text,
            "Content.access_key_1_last_used_service",
            "Service that the first access key was last used for; absent as `access_key_1.last_used`.",
        ),
        column("access_key_2.active", Type::Bool, "Content.access_key_2_active", "Whether the second key is active."),
        column(
            "access_key_2.last_rotated",
            Type::Time,
            "Content.access_key_2_last_rotated",
            "When the second access key was made or last changed; absent when there is no such key.",
        ),
        column(
            "access_key_2.last_used",
            Type::Time,
            "Content.access_key_2_last_used_date",
            "When the second access key was last used; absent when it never was or there is no such key.",
        ),
        column(
            "access_key_2.last_used_region",
            Type::Text,
            "Content.access_key_2_last_used_region",
            "Region in which the second access key was last used; absent as `access_key_2.last_used`.",
        ),
        column(
            "access_key_2.last_used_service",
            Type::Text,
            "Content.access_key_2_last_used_service",
            "Service that the second access key was last used for; absent as `access_key_2.last_used`.",
        ),
        column("cert_1.active", Type::Bool, "Content.cert_1_active", "Whether the first certificate is active."),
        column(
            "cert_1.last_rotated",
            Type::Time,
            "Content.cert_1_last_rotated",
            "When the first signing certificate was made or last changed; absent when there is none.",
        ),
        column("cert_2.active", Type::Bool, "Content.cert_2_active", "Whether the second certificate is active."),
        column(
            "cert_2.last_rotated",
            Type::Time,
            "Content.cert_2_last_rotated",
            "When the second signing certificate was made or last changed; absent when there is none.",
        ),
        column(
            "active_keys",
            Type::Integer,
            "Content.access_key_1_active, access_key_2_active",
            "Number of active access keys.",
        ),
        column(
            "oldest_active_key_rotated",
            Type::Time,
            "Content.access_key_1_last_rotated, access_key_2_last_rotated",
            "When the oldest active access key was made or last changed; absent when no key is active.",
        ),
        column(
            "last_activity",
            Type::Time,
            "Content.password_last_used, access_key_1_last_used_date, access_key_2_last_used_date",
            "When the password or an access key was last used; absent when none ever was.",
        ),
        column("reported", Type::Time, "GeneratedTime", "When AWS made the report: the facts are as old as it is."),
    ],
    calls: &[GENERATE_CREDENTIAL_REPORT, GET_CREDENTIAL_REPORT],
};
