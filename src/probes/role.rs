//! Acting as a role: the stage's caller assumes it under a name that tells whose deed it is.
//!
//! Must not know what is done in the role.

use crate::aws::OrGap;
use aws_credential_types::Credentials;

use crate::aws::At;
use attestry_core::facts::{Cause, Gap};

/// The place as a session of the role. The name stands in the user agent, so that whoever sees a request in a log can tell
/// which probe made it.
pub(super) async fn assume(at: &At, role: &str, session: &str, name: &str) -> Result<At, Gap> {
    let client = at.client(aws_sdk_sts::Client::new);
    let assumed = client.assume_role().role_arn(role).role_session_name(session).send().await.or_gap()?;
    let Some(given) = assumed.credentials() else {
        return Err(Gap::new(Cause::Malformed).with_message("the answer holds no credentials"));
    };
    // Whatever is done from here on is done as whoever AWS says this is.
    let told = assumed.assumed_role_user().map(|user| user.arn()).unwrap_or_default();
    let expected = Role::of(role)?.session(session);
    if told != expected {
        let message = format!("AWS gave the credentials of `{told}` where those of `{expected}` were asked for");
        return Err(Gap::new(Cause::Credentials).with_message(message));
    }
    let (key, secret, token) = (given.access_key_id(), given.secret_access_key(), given.session_token());
    let credentials = Credentials::new(key, secret, Some(token.to_owned()), None, "attestry");
    Ok(at.acting_as(credentials, name))
}

/// A role by its ARN.
pub(super) struct Role<'a> {
    /// `arn:aws:iam::123456789012:role/path/name`.
    pub(super) arn: &'a str,
    partition: &'a str,
    pub(super) account: &'a str,
    /// Without its path, as sessions carry it.
    pub(super) name: &'a str,
}

impl<'a> Role<'a> {
    /// Reads the ARN.
    pub(super) fn of(arn: &'a str) -> Result<Self, Gap> {
        let mut parts = arn.splitn(6, ':');
        let parts: [Option<&str>; 6] = std::array::from_fn(|_| parts.next());
        if let [Some("arn"), Some(partition), Some("iam"), Some(""), Some(account), Some(resource)] = parts
            && let Some(name) = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next())
            && !name.is_empty()
        {
            return Ok(Self { arn, partition, account, name });
        }
        let message = format!("`{arn}` is not the ARN of a role");
        Err(Gap::new(Cause::Unexpected).with_message(message))
    }

    /// The ARN of a session of it: what records name.
    pub(super) fn session(&self, name: &str) -> String {
        format!("arn:{}:sts::{}:assumed-role/{}/{name}", self.partition, self.account, self.name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_the_name_of_the_role_without_its_path() {
        let role = Role::of("arn:aws-cn:iam::000000000001:role/bank/ops/reader").unwrap();
        assert_eq!(role.session("me"), "arn:aws-cn:sts::000000000001:assumed-role/reader/me");
        for wrong in ["", "reader", "arn:aws:iam::1:user/reader", "arn:aws:iam::1:role/", "arn:aws:sts::1:role/x"] {
            assert!(Role::of(wrong).is_err(), "{wrong}");
        }
    }
}
