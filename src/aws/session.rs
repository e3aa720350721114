//! Sessions: credentials, roles, Regions, and the proof of which account answers before anything else is asked.
//!
//! Must not know what will be read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use thiserror::Error;

use super::transport::{Link, Transport};
use super::{At, GLOBAL, tracked};
use crate::facts::{Cause, Gap};

/// What answers.
#[derive(Clone, Debug)]
pub enum Backend {
    /// AWS.
    Aws,
    /// Another endpoint that speaks AWS's protocols.
    Endpoint(String),
    /// Something inside the process.
    InProcess {
        /// What it is, for verdicts.
        label: String,
        /// It.
        connector: SharedHttpConnector,
    },
}

impl Backend {
    /// What verdicts say they come from.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Aws => "aws".to_owned(),
            Self::Endpoint(url) => format!("endpoint {url}"),
            Self::InProcess { label, .. } => label.clone(),
        }
    }
}

/// An account to read.
#[derive(Clone, Debug)]
pub struct Target {
    /// 12 digits; any other account that answers is refused.
    pub account: String,
    /// Regions; the first one also serves the global services.
    pub regions: Vec<String>,
    /// Profile of the configuration files.
    pub profile: Option<String>,
    /// Role to assume in the account.
    pub role: Option<Role>,
    /// What answers.
    pub backend: Backend,
    /// Wraps what answers, for recording; called with the connector that reaches it.
    pub recorder: Option<Recorder>,
}

/// Wraps a client so that its traffic is recorded.
#[derive(Clone)]
pub struct Recorder(pub Arc<dyn Fn(SharedHttpClient) -> SharedHttpClient + Send + Sync>);

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

/// A role to assume.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
}

/// Who answers to our credentials.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Account, 12 digits.
    pub account: String,
    /// ARN of the caller.
    pub arn: String,
    /// Unique id of the caller.
    pub user_id: String,
}

/// An account that was found to be the one meant.
#[derive(Debug)]
pub struct Session {
    /// Who asks.
    pub identity: Identity,
    places: BTreeMap<String, Arc<At>>,
}

impl Session {
    /// All places of the account: one for each Region, and the global one.
    #[must_use]
    pub fn places(&self) -> Vec<Arc<At>> {
        self.places.values().cloned().collect()
    }
}

/// Why a session could not be opened.
#[derive(Debug, Error)]
pub enum Refusal {
    /// No credentials anywhere.
    #[error("no AWS credentials were found")]
    NoCredentials,
    /// Credentials that AWS does not take.
    #[error("AWS does not accept the credentials: {0}")]
    BadCredentials(String),
    /// Another account answered.
    #[error("the stage is for account {expected}, and the credentials are of account {found}; nothing was read")]
    WrongAccount {
        /// The stage's.
        expected: String,
        /// The credentials'.
        found: String,
    },
    /// The role may not be assumed.
    #[error("the role {role} could not be assumed: {reason}")]
    Role {
        /// Its ARN.
        role: String,
        /// What AWS said.
        reason: String,
    },
    /// Nothing answered.
    #[error("{0} does not answer: {1}")]
    Unreachable(String, String),
    /// Anything else that AWS said.
    #[error("{0}")]
    Other(String),
}

impl Refusal {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "set AWS_PROFILE, name a `profile` in the stage, or log in (`aws sso login`); to try Attestry without an \
                 account, run the stage `embedded`"
            }
            Self::BadCredentials(_) => "log in again (`aws sso login`), or check the clock of this machine",
            Self::WrongAccount { .. } => "choose the stage or the profile that belongs together",
            Self::Role { .. } => "check the role's trust policy, its external id and sts:AssumeRole of the caller",
            Self::Unreachable(..) => "check the network, the proxy and the Region or endpoint of the stage",
            Self::Other(_) => "read the message of AWS above",
        }
    }

    /// Whether the user's text is wrong, rather than AWS silent.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoCredentials | Self::WrongAccount { .. })
    }
}

/// Attempts for each request, the first one included.
const ATTEMPTS: u32 = 6;

/// Attempts of the first request of a session.
const FIRST_ATTEMPTS: u32 = 3;

/// Opens a session: nothing but the caller's identity is asked before the account is found to be the one meant.
///
/// # Errors
/// Why the account cannot be read.
pub async fn open(target: &Target, link: &Link) -> Result<Session, Refusal> {
    let account: Arc<str> = target.account.as_str().into();
    let first = target.regions.first().cloned().unwrap_or_else(|| "us-east-1".to_owned());
    let inner = client(target);
    let configure = |region: &str, label: &str| {
        let (account, inner, link) = (Arc::clone(&account), inner.clone(), link.clone());
        let transport = Transport { account, region: label.into(), link, inner };
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .retry_config(retries(&target.backend))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .operation_attempt_timeout(Duration::from_secs(30))
                    .build(),
            )
            .http_client(transport);
        if let Ok(name) = AppName::new("attestry") {
            loader = loader.app_name(name);
        }
        match &target.backend {
            Backend::Aws => {}
            Backend::Endpoint(url) => loader = loader.endpoint_url(url),
            Backend::InProcess { .. } => loader = loader.empty_test_environment(),
        }
        if let Some(profile) = &target.profile {
            loader = loader.profile_name(profile);
        }
        loader
    };
    let credentials = credentials(target, configure(&first, GLOBAL)).await?;
    let mut places = BTreeMap::new();
    for (label, region) in
        std::iter::once((GLOBAL, first.as_str())).chain(target.regions.iter().map(|it| (it.as_str(), it.as_str())))
    {
        let config = configure(region, label).credentials_provider(credentials.clone()).load().await;
        let path_style = !matches!(target.backend, Backend::Aws);
        places.insert(label.to_owned(), Arc::new(At::new(Arc::clone(&account), label, config, path_style)));
    }
    let session_identity = match places.get(GLOBAL) {
        Some(at) => identity(at).await.map_err(|gap| refusal(&gap, &target.backend))?,
        None => return Err(Refusal::Other("a stage without Regions looks nowhere".to_owned())),
    };
    if session_identity.account != target.account {
        let (expected, found) = (target.account.clone(), session_identity.account.clone());
        return Err(Refusal::WrongAccount { expected, found });
    }
    Ok(Session { identity: Identity::clone(&session_identity), places })
}

/// The caller at a place, asked once.
///
/// # Errors
/// What AWS did not tell.
pub async fn identity(at: &At) -> Result<Arc<Identity>, Gap> {
    at.once("sts:GetCallerIdentity", async {
        let answer =
            tracked(async { Ok::<_, Gap>(at.client(aws_sdk_sts::Client::new).get_caller_identity().send().await?) })
                .await?;
        match (answer.account(), answer.arn(), answer.user_id()) {
            (Some(account), Some(arn), Some(user_id)) => {
                Ok(Identity { account: account.to_owned(), arn: arn.to_owned(), user_id: user_id.to_owned() })
            }
            _ => Err(Gap { message: "the answer names no caller".to_owned(), ..Gap::new(Cause::Malformed) }),
        }
    })
    .await
}

fn client(target: &Target) -> SharedHttpClient {
    let client = match &target.backend {
        Backend::Aws | Backend::Endpoint(_) => {
            aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https()
        }
        Backend::InProcess { connector, .. } => {
            let connector = connector.clone();
            http_client_fn(move |_, _| connector.clone())
        }
    };
    match &target.recorder {
        Some(recorder) => (recorder.0)(client),
        None => client,
    }
}

/// Nobody waits for something inside the process to recover.
fn retries(backend: &Backend) -> RetryConfig {
    let config = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    match backend {
        Backend::InProcess { .. } => {
            config.with_initial_backoff(Duration::from_millis(1)).with_max_backoff(Duration::from_millis(1))
        }
        Backend::Aws | Backend::Endpoint(_) => config.with_max_backoff(Duration::from_secs(10)),
    }
}

async fn credentials(target: &Target, loader: aws_config::ConfigLoader) -> Result<SharedCredentialsProvider, Refusal> {
    let fixed = |key: &str| SharedCredentialsProvider::new(Credentials::new(key, "test", None, None, "attestry"));
    let base = match &target.backend {
        Backend::InProcess { .. } => return Ok(fixed("ATTESTRYINPROCESS")),
        // An emulator takes any credentials; the account id as key id selects the account on those that have several.
        Backend::Endpoint(_) if target.profile.is_none() && std::env::var_os("AWS_ACCESS_KEY_ID").is_none() => {
            return Ok(fixed(&target.account));
        }
        Backend::Aws | Backend::Endpoint(_) => loader.load().await,
    };
    let provider = base.credentials_provider().ok_or(Refusal::NoCredentials)?;
    if let Err(error) = provider.provide_credentials().await {
        use aws_credential_types::provider::error::CredentialsError;
        let text = causes(&error);
        return Err(match error {
            CredentialsError::CredentialsNotLoaded(_) => Refusal::NoCredentials,
            // The last resort of the chain is the metadata service of an instance; elsewhere it cannot answer.
            _ if text.contains("IMDS") => Refusal::NoCredentials,
            _ => Refusal::BadCredentials(text),
        });
    }
    let Some(role) = &target.role else { return Ok(provider) };
    let mut builder = aws_config::sts::AssumeRoleProvider::builder(&role.arn).session_name("attestry").configure(&base);
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

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
