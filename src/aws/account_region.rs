//! The account and Region of a collector, with the service clients and the shared reads for them.
//!
//! This module must not know the data of the reads. The collectors create the clients and the shared reads.

use std::any::{Any, TypeId};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use tokio::sync::OnceCell;

use super::sparing::{Unread, apart, note};
use attestry_core::facts::{Gap, LogScope};

pub use attestry_core::facts::GLOBAL;

type Shared = Arc<dyn Any + Send + Sync>;

/// One account and one Region.
pub struct AccountRegion {
    /// The account, 12 digits.
    pub account: Arc<str>,
    /// The Region, or `aws-global`.
    pub region: Arc<str>,
    /// All Regions of the account that the run reads, in the order of the stage.
    pub regions: Arc<[String]>,
    /// Whether S3 must be addressed by path. Emulators and accounts inside the process have no wildcard DNS.
    pub path_style: bool,
    /// The events of the logs that a sweep reads.
    pub logs: Arc<LogScope>,
    sdk: SdkConfig,
    clients: Mutex<HashMap<TypeId, Shared>>,
    reads: Mutex<HashMap<(TypeId, Cow<'static, str>), Shared>>,
}

impl AccountRegion {
    /// Creates an account and Region. `sdk` is the configuration for requests to it.
    pub fn new(
        account: impl Into<Arc<str>>,
        region: impl Into<Arc<str>>,
        sdk: SdkConfig,
        path_style: bool,
        logs: Arc<LogScope>,
    ) -> Self {
        let region = region.into();
        Self {
            account: account.into(),
            regions: Arc::from([region.to_string()]),
            region,
            path_style,
            logs,
            sdk,
            clients: Mutex::default(),
            reads: Mutex::default(),
        }
    }

    /// Returns the same account and Region for a run that reads these Regions.
    #[must_use]
    pub fn among(self, regions: &Arc<[String]>) -> Self {
        Self { regions: Arc::clone(regions), ..self }
    }

    /// Returns the same account and Region with other credentials, such as those of an assumed role. The user agent of
    /// the requests contains the name.
    #[must_use]
    pub fn acting_as(&self, credentials: impl ProvideCredentials + 'static, name: &str) -> Self {
        let provider = SharedCredentialsProvider::new(credentials);
        let mut sdk = self.sdk.clone().into_builder().credentials_provider(provider);
        sdk.set_app_name(AppName::new(name.to_owned()).ok().or_else(|| self.sdk.app_name().cloned()));
        Self::new(
            Arc::clone(&self.account),
            Arc::clone(&self.region),
            sdk.build(),
            self.path_style,
            Arc::clone(&self.logs),
        )
        .among(&self.regions)
    }

    /// Returns whether AWS answers, and not an emulator or a backend inside the process.
    pub fn is_aws(&self) -> bool {
        !self.path_style
    }

    /// Returns whether this is the pseudo Region of the kinds without Regions.
    pub fn is_global(&self) -> bool {
        &*self.region == GLOBAL
    }

    /// Returns whether this Region must read the resources with the home Region `home`, because the run does not read
    /// `home`. Only the first Region of the run reads them, so that each resource is counted once.
    pub fn looks_after(&self, home: &str) -> bool {
        self.regions.first().is_some_and(|first| **first == *self.region) && !self.regions.iter().any(|it| it == home)
    }

    /// Returns the SDK configuration for another Region. Some resources can be read only in their home Region.
    pub fn sdk_in(&self, region: &str) -> SdkConfig {
        self.sdk.clone().into_builder().region(Region::new(region.to_owned())).build()
    }

    /// Returns the SDK configuration: credentials, Region, transport, pacing and call log.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// Returns the client of a service. The first use creates it: `at.client(aws_sdk_kms::Client::new)`.
    pub fn client<C: Clone + Send + Sync + 'static>(&self, make: impl FnOnce(&SdkConfig) -> C) -> C {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients.entry(TypeId::of::<C>()).or_insert_with(|| Arc::new(make(&self.sdk)));
        client.downcast_ref::<C>().cloned().unwrap_or_else(|| unreachable!("clients are keyed by their type"))
    }

    /// Memoises a read for several collectors or resources. The first caller runs the read. Later callers get the same
    /// result, errors included.
    ///
    /// # Errors
    /// The read failed. All callers get the same gap.
    pub async fn once<T, F>(&self, what: impl Into<Cow<'static, str>>, read: F) -> Result<Arc<T>, Gap>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, Gap>>,
    {
        type Cell<T> = OnceCell<(Result<Arc<T>, Gap>, Vec<Unread>)>;
        let shared = {
            let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(reads.entry((TypeId::of::<T>(), what.into())).or_insert_with(|| Arc::new(Cell::<T>::new())))
        };
        let Ok(cell) = shared.downcast::<Cell<T>>() else { unreachable!("reads are keyed by their type") };
        // The future is on the heap. Nested reads need more space than the stack of a thread has.
        let read = Box::pin(read);
        let made = cell.get_or_init(|| async {
            let (told, unread) = apart(read).await;
            (told.map(Arc::new), unread)
        });
        let (told, unread) = made.await;
        note(unread);
        told.clone()
    }
}

/// Returns the retry settings of a configuration, with this number of attempts.
pub(super) fn retries(sdk: &SdkConfig, attempts: u32) -> aws_config::retry::RetryConfig {
    let retries = sdk.retry_config().cloned().unwrap_or_else(aws_config::retry::RetryConfig::standard);
    retries.with_max_attempts(attempts).with_initial_backoff(std::time::Duration::from_millis(200))
}

impl fmt::Debug for AccountRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At({} {})", self.account, self.region)
    }
}
