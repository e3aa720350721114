//! Sessions of a role. The caller of the stage assumes the role under a name that identifies the probe.
//!
//! Must not know the requests of the session.

use aws_credential_types::Credentials;

use super::{gap, malformed};
use crate::aws::{AccountRegion, OrGap};
use attestry_core::facts::{Cause, Gap};

/// The account and Region as a session of the role. The user agent contains the name, so the log of a request shows its
/// probe.
pub(in crate::probes) async fn assume(
    at: &AccountRegion,
    role: &str,
    session: &str,
    name: &str,
) -> Result<AccountRegion, Gap> {
    let client = at.client(aws_sdk_sts::Client::new);
    let assumed = client.assume_role().role_arn(role).role_session_name(session).send().await.or_gap()?;
    let given = assumed.credentials().ok_or_else(|| malformed("the answer holds no credentials"))?;
    // The requests of the session count as those of the role, so AWS must confirm that it is the role.
    let actual = assumed.assumed_role_user().map(|user| user.arn()).unwrap_or_default();
    let expected = Role::parse(role)?.session(session);
    if actual != expected {
        let message = format!("AWS returned the credentials of `{actual}` instead of those of `{expected}`");
        return Err(gap(Cause::Credentials, message));
    }
    let (key, secret, token) = (given.access_key_id(), given.secret_access_key(), given.session_token());
    let credentials = Credentials::new(key, secret, Some(token.to_owned()), None, "attestry");
    Ok(at.acting_as(credentials, name))
}

/// A role by its ARN.
pub(in crate::probes) struct Role<'a> {
    /// `arn:aws:iam::123456789012:role/path/name`.
    pub(in crate::probes) arn: &'a str,
    partition: &'a str,
    pub(in crate::probes) account: &'a str,
    /// The name without its path, as in the ARN of a session.
    pub(in crate::probes) name: &'a str,
}

impl<'a> Role<'a> {
    /// Reads the ARN.
    pub(in crate::probes) fn parse(arn: &'a str) -> Result<Self, Gap> {
        let mut parts = arn.splitn(6, ':');
        let parts: [Option<&str>; 6] = std::array::from_fn(|_| parts.next());
        if let [Some("arn"), Some(partition), Some("iam"), Some(""), Some(account), Some(resource)] = parts
            && let Some(name) = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next())
            && !name.is_empty()
        {
            return Ok(Self { arn, partition, account, name });
        }
        Err(gap(Cause::Unexpected, format!("`{arn}` is not the ARN of a role")))
    }

    /// The ARN of a session of the role, as records contain it.
    pub(in crate::probes) fn session(&self, name: &str) -> String {
        format!("arn:{}:sts::{}:assumed-role/{}/{name}", self.partition, self.account, self.name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_the_name_of_the_role_without_its_path() {
        let role = Role::parse("arn:aws-cn:iam::000000000001:role/bank/ops/reader").unwrap();
        assert_eq!(role.session("me"), "arn:aws-cn:sts::000000000001:assumed-role/reader/me");
        for wrong in ["", "reader", "arn:aws:iam::1:user/reader", "arn:aws:iam::1:role/", "arn:aws:sts::1:role/x"] {
            assert!(Role::parse(wrong).is_err(), "{wrong}");
        }
    }
}
