//! Sessions: credentials, roles and Regions. A session proves which account answers before it makes any other request.
//!
//! This module must not know the data that the run will read.

use super::gap::OrGap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpClient as _, SharedHttpClient, SharedHttpConnector, http_client_fn};
use thiserror::Error;

use super::gap::causes;
use super::recording::Recording;
use super::renewal::Renewed;
use super::transport::{Link, Transport};
use super::{AccountRegion, GLOBAL};
use attestry_core::facts::{Cause, Gap, partition};
use attestry_core::source::printable;

/// The source of the answers.
#[derive(Clone, Debug)]
pub enum Backend {
    /// AWS.
    Aws,
    /// Another endpoint that implements the protocols of AWS.
    Endpoint(String),
    /// A connector inside the process.
    InProcess {
        /// The name of the connector, for verdicts.
        label: String,
        /// The connector.
        connector: SharedHttpConnector,
    },
}

impl Backend {
    /// Returns the name of the backend. Verdicts show it.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Aws => "aws".to_owned(),
            Self::Endpoint(url) => format!("endpoint {url}"),
            Self::InProcess { label, .. } => label.clone(),
        }
    }
}

/// An account that a run reads.
#[derive(Clone, Debug)]
pub struct Target {
    /// The account, 12 digits. A session refuses any other account that answers.
    pub account: String,
    /// The Regions. The first Region also serves the global services.
    pub regions: Vec<String>,
    /// The profile of the configuration files.
    pub profile: Option<String>,
    /// The role to assume in the account.
    pub role: Option<Role>,
    /// The backend that answers.
    pub backend: Backend,
    /// The recordings of the traffic.
    pub recordings: Vec<Recording>,
}

/// A role to assume.
#[derive(Clone, Debug)]
pub struct Role {
    /// The ARN of the role.
    pub arn: String,
    /// The external id that the trust policy of the role requires.
    pub external_id: Option<String>,
}

/// The identity of the credentials.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The account, 12 digits.
    pub account: String,
    /// The ARN of the caller.
    pub arn: String,
    /// The unique id of the caller.
    pub user_id: String,
}

/// An open account. The session has proved that it is the account of the stage.
#[derive(Debug)]
pub struct Session {
    /// The caller.
    pub identity: Identity,
    places: BTreeMap<String, Arc<AccountRegion>>,
    connection: Connection,
}

impl Session {
    /// Returns all places of the account: one for each Region, and the global one.
    #[must_use]
    pub fn places(&self) -> Vec<Arc<AccountRegion>> {
        self.places.values().cloned().collect()
    }

    /// Returns the same session over another link. The link sets the instant at which the log events of a sweep end.
    #[must_use]
    pub fn over(mut self, link: &Link) -> Self {
        self.connection.transport.link = link.clone();
        self.places = self.connection.places();
        self
    }

    /// Returns the same places for probes. The user agent of their requests contains the id of the run. A stop of the
    /// run does not block these requests, because a stopped probe must clean up.
    #[must_use]
    pub fn acting(&self, run: &str) -> Vec<Arc<AccountRegion>> {
        let Connection { target, base, credentials, transport } = &self.connection;
        let mut base = base.clone().into_builder();
        base.set_app_name(AppName::new(format!("attestry-{run}")).ok());
        let transport = Transport { link: transport.link.unstoppable(), ..transport.clone() };
        let connection =
            Connection { target: target.clone(), base: base.build(), credentials: credentials.clone(), transport };
        connection.places().into_values().collect()
    }
}

/// The data that all places of a session share.
#[derive(Debug)]
struct Connection {
    target: Target,
    base: SdkConfig,
    credentials: SharedCredentialsProvider,
    transport: Transport,
}

impl Connection {
    fn places(&self) -> BTreeMap<String, Arc<AccountRegion>> {
        let regions = &self.target.regions;
        let first = regions.first().map_or("us-east-1", String::as_str);
        let path_style = !matches!(self.target.backend, Backend::Aws);
        let all: Arc<[String]> = regions.iter().cloned().collect();
        std::iter::once((GLOBAL, first))
            .chain(regions.iter().map(|it| (it.as_str(), it.as_str())))
            .map(|(label, region)| {
                let config = self
                    .base
                    .clone()
                    .into_builder()
                    .region(Region::new(region.to_owned()))
                    .credentials_provider(self.credentials.clone())
                    .http_client(Transport { region: label.into(), ..self.transport.clone() })
                    .build();
                let account = Arc::clone(&self.transport.account);
                let logs = Arc::clone(&self.transport.link.logs);
                (label.to_owned(), Arc::new(AccountRegion::new(account, label, config, path_style, logs).among(&all)))
            })
            .collect()
    }
}

/// The reason why a session could not be opened.
#[derive(Debug, Error)]
pub enum Refusal {
    /// There are no credentials, or none in the named profile.
    #[error("no AWS credentials were found{}", in_profile(.0.as_deref()))]
    NoCredentials(Option<String>),
    /// AWS does not accept the credentials.
    #[error("AWS does not accept the credentials: {0}")]
    BadCredentials(String),
    /// Another account answered.
    #[error("the stage is for account {expected}, and the credentials are of account {found}; nothing was read")]
    WrongAccount {
        /// The account of the stage.
        expected: String,
        /// The account of the credentials.
        found: String,
    },
    /// The ARN of the caller does not fit its account.
    #[error("the credentials are not what the stage is for: {0}; nothing was read")]
    WrongCaller(String),
    /// The role may not be assumed.
    #[error("the role {role} could not be assumed: {reason}")]
    Role {
        /// The ARN of the role.
        role: String,
        /// The error of AWS.
        reason: String,
    },
    /// The endpoint does not answer.
    #[error("{0} does not answer: {1}")]
    Unreachable(String, String),
    /// Any other error of AWS.
    #[error("{0}")]
    Other(String),
}

impl Refusal {
    /// Returns advice for the user.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoCredentials(Some(_)) => "check the name of the profile, and log in with it (`aws sso login`)",
            Self::NoCredentials(None) => {
                "set AWS_PROFILE, name a `profile` in the stage, or log in (`aws sso login`); to try Attestry without an \
                 account, run the stage `embedded`"
            }
            Self::BadCredentials(_) => "log in again (`aws sso login`), or check the clock of this machine",
            Self::WrongAccount { .. } | Self::WrongCaller(_) => "choose the stage or the profile that belongs together",
            Self::Role { .. } => "check the role's trust policy, its external id and sts:AssumeRole of the caller",
            Self::Unreachable(..) => "check the network, the proxy and the Region or endpoint of the stage",
            Self::Other(_) => "read the message of AWS above",
        }
    }

    /// Returns whether the user must correct the input. Otherwise AWS did not answer as expected.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoCredentials(_) | Self::WrongAccount { .. } | Self::WrongCaller(_))
    }
}

/// The attempts for each request, the first one included.
const ATTEMPTS: u32 = 6;

/// The time limit for getting credentials. Single sign-on and credential processes are slow.
const CREDENTIALS: Duration = Duration::from_secs(30);

/// The attempts of the first request of a session.
pub(super) const FIRST_ATTEMPTS: u32 = 3;

/// Opens a session. It requests only the identity of the caller until it has proved that the account is the account of
/// the stage.
///
/// # Errors
/// The reason why the account cannot be read.
pub async fn open(target: &Target, link: &Link) -> Result<Session, Refusal> {
    let account: Arc<str> = target.account.as_str().into();
    let first = target.regions.first().cloned().unwrap_or_else(|| "us-east-1".to_owned());
    let inner = client(target);
    let transport = |label: &str| Transport {
        account: Arc::clone(&account),
        region: label.into(),
        link: link.clone(),
        inner: inner.clone(),
    };
    let base = base(target);
    let credentials = credentials(target, &first, transport(GLOBAL), &base).await?;
    let asks = base.to_builder().region(Region::new(first.clone())).http_client(transport(GLOBAL)).build();
    let credentials = SharedCredentialsProvider::new(Renewed::new(credentials, asks, &account));
    let connection = Connection { target: target.clone(), base, credentials, transport: transport(GLOBAL) };
    let places = connection.places();
    let session_identity = match places.get(GLOBAL) {
        Some(at) => identity(at).await.map_err(|gap| refusal(&gap, &target.backend))?,
        None => return Err(Refusal::Other("a stage without Regions looks nowhere".to_owned())),
    };
    if session_identity.account != target.account {
        let (expected, found) = (target.account.clone(), session_identity.account.clone());
        return Err(Refusal::WrongAccount { expected, found });
    }
    let wrong = session_identity.unlike(&target.account).or_else(|| match &target.backend {
        Backend::Aws => session_identity.outside(partition(&first)),
        Backend::Endpoint(_) | Backend::InProcess { .. } => None,
    });
    if let Some(wrong) = wrong {
        return Err(Refusal::WrongCaller(wrong));
    }
    Ok(Session { identity: Identity::clone(&session_identity), places, connection })
}

/// Returns the caller of an account and Region. The caller is requested from AWS only once.
///
/// # Errors
/// The gap, when AWS does not return the identity.
pub async fn identity(at: &AccountRegion) -> Result<Arc<Identity>, Gap> {
    at.once("sts:GetCallerIdentity", ask(at.sdk(), FIRST_ATTEMPTS)).await
}

/// Requests the identity of the caller from AWS.
pub(super) async fn ask(sdk: &SdkConfig, attempts: u32) -> Result<Identity, Gap> {
    // This call has few attempts, so that a user without network gets the error soon.
    let soon =
        aws_sdk_sts::config::Builder::from(sdk).retry_config(super::account_region::retries(sdk, attempts)).build();
    let answer = aws_sdk_sts::Client::from_conf(soon).get_caller_identity().send().await.or_gap()?;
    match (answer.account(), answer.arn(), answer.user_id()) {
        (Some(account), Some(arn), Some(user_id)) => {
            Ok(Identity { account: account.to_owned(), arn: arn.to_owned(), user_id: user_id.to_owned() })
        }
        _ => Err(Gap::new(Cause::Malformed).with_message("the answer names no caller")),
    }
}

impl Identity {
    /// Returns the partition and the account in the ARN: `arn:aws:sts::111122223333:assumed-role/…`.
    fn named(&self) -> Option<(&str, &str)> {
        let mut parts = self.arn.split(':');
        let arn = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let ("arn", partition, "sts" | "iam", "", account) = arn else { return None };
        Some((partition, account))
    }

    /// Returns the reason why this caller does not belong to the account.
    pub(super) fn unlike(&self, account: &str) -> Option<String> {
        let said = |what: &str| Some(format!("they are of {what}, and the stage is for account {account}"));
        match self.named() {
            _ if self.account != account => said(&format!("account {}", self.account)),
            Some((_, named)) if named == account => None,
            Some((_, named)) => said(&format!("account {} by number and of {named} by ARN", self.account)),
            None => said("a caller whose ARN cannot be read"),
        }
    }

    /// Returns the reason why this caller does not belong to the partition.
    fn outside(&self, partition: &str) -> Option<String> {
        let (named, _) = self.named()?;
        (named != partition)
            .then(|| format!("they are of partition {named}, and the stage's Regions are of {partition}"))
    }
}

fn in_profile(profile: Option<&str>) -> String {
    profile.map(|name| format!(" in the profile `{}`", printable(name, 100))).unwrap_or_default()
}

pub(super) fn client(target: &Target) -> SharedHttpClient {
    let client = match &target.backend {
        Backend::Aws | Backend::Endpoint(_) => {
            aws_smithy_http_client::Builder::new().build_with_connector_fn(|settings, components| {
                let mut builder = Connector::builder()
                    .tls_provider(Provider::Rustls(CryptoMode::Ring))
                    .proxy_config(ProxyConfig::from_env());
                builder.set_connector_settings(settings.cloned());
                builder.set_sleep_impl(components.and_then(|it| it.sleep_impl()));
                builder.build()
            })
        }
        Backend::InProcess { connector, .. } => {
            let connector = connector.clone();
            http_client_fn(move |_, _| connector.clone())
        }
    };
    target.recordings.iter().fold(client, |client, recording| {
        let (recording, account) = (recording.clone(), target.account.clone());
        http_client_fn(move |settings, components| {
            recording.connector(&account, client.http_connector(settings, components))
        })
    })
}

/// Returns the retry settings. A backend inside the process needs no time to recover, so its retries do not wait.
fn retries(backend: &Backend) -> RetryConfig {
    let config = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    match backend {
        Backend::InProcess { .. } => {
            config.with_initial_backoff(Duration::from_millis(1)).with_max_backoff(Duration::from_millis(1))
        }
        Backend::Aws | Backend::Endpoint(_) => config.with_max_backoff(Duration::from_secs(10)),
    }
}

/// Returns the configuration that all places of a target share. It is not loaded from the environment or from a
/// profile, because an endpoint from there must not answer in place of AWS.
pub(super) fn base(target: &Target) -> SdkConfig {
    let mut base = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(retries(&target.backend))
        .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build())
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(SystemTimeSource::new()))
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS).build());
    base.set_app_name(AppName::new("attestry").ok());
    if let Backend::Endpoint(url) = &target.backend {
        base.set_endpoint_url(Some(url.clone()));
    }
    base.build()
}

pub(super) async fn credentials(
    target: &Target,
    region: &str,
    transport: Transport,
    base: &SdkConfig,
) -> Result<SharedCredentialsProvider, Refusal> {
    let fixed = |key: &str| SharedCredentialsProvider::new(Credentials::new(key, "test", None, None, "attestry"));
    match &target.backend {
        Backend::InProcess { .. } => return Ok(fixed("ATTESTRYINPROCESS")),
        // An emulator accepts any credentials. Where an emulator has several accounts, the key id selects the account.
        Backend::Endpoint(_) if target.profile.is_none() && std::env::var_os("AWS_ACCESS_KEY_ID").is_none() => {
            return Ok(fixed(&target.account));
        }
        Backend::Aws | Backend::Endpoint(_) => {}
    }
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .timeout_config(TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build())
        .http_client(transport.clone());
    let loaded = match &target.profile {
        Some(name) => {
            // A profile of the stage has priority over keys in the environment.
            let config = ProviderConfig::without_region()
                .with_region(Some(Region::new(region.to_owned())))
                .with_http_client(transport.clone());
            let provider = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(name).build();
            loader.profile_name(name).credentials_provider(provider).load().await
        }
        None => loader.load().await,
    };
    let provider = loaded.credentials_provider().ok_or_else(|| Refusal::NoCredentials(target.profile.clone()))?;
    if let Err(error) = provider.provide_credentials().await {
        use aws_credential_types::provider::error::CredentialsError;
        let text = causes(&error);
        return Err(match error {
            CredentialsError::CredentialsNotLoaded(_) => Refusal::NoCredentials(target.profile.clone()),
            // The last provider of the chain is the metadata service of an EC2 instance. Its error means that no
            // provider has credentials.
            _ if text.contains("IMDS") => Refusal::NoCredentials(target.profile.clone()),
            _ => Refusal::BadCredentials(text),
        });
    }
    let Some(role) = &target.role else { return Ok(provider) };
    let region = Region::new(region.to_owned());
    let config = base
        .clone()
        .into_builder()
        .region(region)
        .credentials_provider(provider.clone())
        .http_client(transport)
        .build();
    let mut builder =
        aws_config::sts::AssumeRoleProvider::builder(&role.arn).session_name("attestry").configure(&config);
    if let Some(external_id) = &role.external_id {
        builder = builder.external_id(external_id);
    }
    let assumed = builder.build_from_provider(provider).await;
    if let Err(error) = assumed.provide_credentials().await {
        return Err(Refusal::Role { role: role.arn.clone(), reason: causes(&error) });
    }
    Ok(SharedCredentialsProvider::new(assumed))
}

fn refusal(gap: &Gap, backend: &Backend) -> Refusal {
    let said = if gap.message.is_empty() { gap.code.clone() } else { gap.message.clone() };
    match gap.cause {
        Cause::Credentials | Cause::RegionDisabled => Refusal::BadCredentials(said),
        Cause::Unreachable | Cause::TimedOut => Refusal::Unreachable(backend.label(), said),
        _ => Refusal::Other(format!("{} refused to say who we are: {gap} {said}", backend.label())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_of_one_account_and_one_partition() {
        let caller = |account: &str, arn: &str| Identity {
            account: account.to_owned(),
            arn: arn.to_owned(),
            user_id: "AIDAEXAMPLE".to_owned(),
        };
        for (account, arn, partition, sound) in [
            ("111122223333", "arn:aws:iam::111122223333:user/ana", "aws", true),
            ("111122223333", "arn:aws:sts::111122223333:assumed-role/ci/1", "aws", true),
            ("111122223333", "arn:aws:iam::111122223333:root", "aws", true),
            ("111122223333", "arn:aws-cn:iam::111122223333:user/ana", "aws-cn", true),
            ("111122223333", "arn:aws-cn:iam::111122223333:user/ana", "aws", false),
            ("111122223333", "arn:aws:iam::444455556666:user/ana", "aws", false),
            ("444455556666", "arn:aws:iam::444455556666:user/ana", "aws", false),
            ("111122223333", "arn:aws:s3::111122223333:user/ana", "aws", false),
            ("111122223333", "ana", "aws", false),
            ("", "", "aws", false),
        ] {
            let caller = caller(account, arn);
            let wrong = caller.unlike("111122223333").or_else(|| caller.outside(partition));
            assert_eq!(wrong.is_none(), sound, "{account} {arn} {partition}: {wrong:?}");
        }
    }

    #[test]
    fn a_profile_that_is_missing_is_named() {
        let named = Refusal::NoCredentials(Some("bank-prod".to_owned()));
        assert!(named.is_usage() && named.to_string().contains("`bank-prod`"));
        assert!(!Refusal::NoCredentials(None).to_string().contains("profile"));
    }
}
