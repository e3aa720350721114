//! Renews credentials during a run. The provider checks the account of each new set of credentials before it signs a
//! request with the set.
//!
//! [`open`](super::open) checks the first set, with error messages for people. This module must not know the data that
//! the run reads.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use super::session::ask;

/// Credentials are renewed this long before they expire.
const EARLY: Duration = Duration::from_secs(60);

/// A provider whose credentials all belong to one account.
pub(super) struct Renewed {
    inner: SharedCredentialsProvider,
    /// The Region and the transport for the check of a set.
    sdk: SdkConfig,
    account: String,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    last: Option<Credentials>,
    /// The reason why a set of credentials was refused. After one refused set the provider returns no more credentials,
    /// because the account of the next sets is uncertain.
    wrong: Option<String>,
}

impl Renewed {
    pub(super) fn new(inner: SharedCredentialsProvider, sdk: SdkConfig, account: &str) -> Self {
        Self { inner, sdk, account: account.to_owned(), known: Mutex::default() }
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        let mut known = self.known.lock().await;
        if let Some(wrong) = &known.wrong {
            return Err(CredentialsError::provider_error(wrong.clone()));
        }
        let lasts = |it: &&Credentials| it.expiry().is_some_and(|end| end > SystemTime::now() + EARLY);
        if let Some(last) = known.last.as_ref().filter(lasts) {
            return Ok(last.clone());
        }
        let found = self.inner.provide_credentials().await?;
        let same = |last: &Credentials| {
            (last.access_key_id(), last.session_token()) == (found.access_key_id(), found.session_token())
        };
        if known.last.as_ref().is_some_and(|last| !same(last)) {
            let sdk = self.sdk.to_builder().credentials_provider(SharedCredentialsProvider::new(found.clone())).build();
            let caller = ask(&sdk, super::session::FIRST_ATTEMPTS).await;
            let caller = caller.map_err(|gap| {
                CredentialsError::provider_error(format!("whose the renewed credentials are, AWS did not say: {gap}"))
            })?;
            if let Some(wrong) = caller.unlike(&self.account) {
                let wrong = format!("the renewed credentials are not those of the run: {wrong}; nothing more is read");
                known.wrong = Some(wrong.clone());
                return Err(CredentialsError::provider_error(wrong));
            }
        }
        known.last = Some(found.clone());
        Ok(found)
    }
}

impl fmt::Debug for Renewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Renewed({})", self.account)
    }
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_config::{BehaviorVersion, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
    use aws_smithy_types::body::SdkBody;

    use super::*;

    const OURS: &str = "111122223333";

    /// Answers that a key `AKIA<account>…` belongs to that account.
    #[derive(Debug)]
    struct Sts(Arc<AtomicUsize>);

    impl HttpConnector for Sts {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.fetch_add(1, Ordering::SeqCst);
            let signed = request.headers().get("authorization").unwrap_or_default();
            let key = signed.split_once("Credential=AKIA").map_or("", |(_, key)| key);
            let (account, named) = (key.get(..12).unwrap_or_default(), key.get(12..24).unwrap_or_default());
            let body = format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{named}:user/ana</Arn>\
                 <UserId>AIDAEXAMPLE</UserId><Account>{account}</Account></GetCallerIdentityResult>\
                 <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
            );
            let response = http::Response::builder().header("content-type", "text/xml").body(SdkBody::from(body));
            let response = response.ok().and_then(|it| HttpResponse::try_from(it).ok());
            HttpConnectorFuture::ready(response.ok_or_else(|| unreachable!("a response")))
        }
    }

    /// Returns the sets one after the other.
    #[derive(Debug)]
    struct Sets(Vec<Credentials>, AtomicUsize);

    impl ProvideCredentials for Sets {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let next = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
            let found = self.0.get(next).cloned();
            future::ProvideCredentials::ready(found.ok_or_else(|| CredentialsError::not_loaded("none")))
        }
    }

    /// Returns which of these requests for credentials are granted, and the number of checks at AWS.
    async fn granted(keys: &[(&str, &str, Option<Duration>)]) -> (Vec<bool>, usize) {
        let set = |(account, named, lasts): &(&str, &str, Option<Duration>)| {
            let end = lasts.map(|lasts| SystemTime::now() + lasts);
            Credentials::new(format!("AKIA{account}{named}"), "secret", None, end, "test")
        };
        let asked = Arc::new(AtomicUsize::new(0));
        let connector = SharedHttpConnector::new(Sts(Arc::clone(&asked)));
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .build();
        let sets = Sets(keys.iter().map(set).collect(), AtomicUsize::new(0));
        let renewed = Renewed::new(SharedCredentialsProvider::new(sets), sdk, OURS);
        let mut found = Vec::new();
        for _ in keys {
            found.push(renewed.provide_credentials().await.is_ok());
        }
        (found, asked.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn renewed_credentials_of_another_account_are_the_end() {
        const OTHER: &str = "444455556666";
        let (soon, late) = (Some(Duration::from_secs(5)), Some(Duration::from_secs(3600)));
        let ours = (OURS, OURS, soon);
        // The same set again, and a set that does not expire soon, need no check.
        assert_eq!(granted(&[ours, ours, ours]).await, (vec![true, true, true], 0));
        assert_eq!(granted(&[(OURS, OURS, late), (OTHER, OTHER, late)]).await, (vec![true, true], 0));
        assert_eq!(granted(&[(OURS, OURS, None), (OURS, OURS, None)]).await, (vec![true, true], 0));
        // Another set is checked. After a set with another account or another ARN, no request is granted.
        assert_eq!(granted(&[ours, (OTHER, OTHER, late), ours]).await, (vec![true, false, false], 1));
        assert_eq!(granted(&[ours, (OURS, OTHER, late), ours]).await, (vec![true, false, false], 1));
        assert_eq!(granted(&[ours, (OTHER, OURS, None), ours]).await, (vec![true, false, false], 1));
    }
}
