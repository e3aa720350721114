//! The connection to AWS for a purpose that does not read an account, such as signing or keeping evidence. It consists
//! of credentials, Region and transport.
//!
//! This module must not know the purpose. The connection does not prove which account answers. [`open`](super::open)
//! proves it for a session.

use aws_config::{Region, SdkConfig};

use super::session::{base, client, credentials};
use super::transport::{Link, Transport};
use super::{Backend, GLOBAL, Refusal, Target};

/// The account, Region, profile and backend for one purpose.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The account, 12 digits, if it is known.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The profile of the configuration files. If it is absent, the default sources of the SDK give the credentials.
    pub profile: Option<String>,
    /// The backend that answers.
    pub backend: Backend,
}

impl Connection {
    /// Builds the configuration of the SDK. Every request goes over the link.
    ///
    /// # Errors
    /// There are no credentials, or they are incomplete.
    pub(super) async fn configure(&self, link: &Link) -> Result<SdkConfig, Refusal> {
        let target = Target {
            account: self.account.clone(),
            regions: vec![self.region.clone()],
            profile: self.profile.clone(),
            role: None,
            backend: self.backend.clone(),
            recordings: Vec::new(),
        };
        let transport = Transport {
            account: self.account.as_str().into(),
            region: GLOBAL.into(),
            link: link.clone(),
            inner: client(&target),
        };
        let base = base(&target);
        let credentials = credentials(&target, &self.region, transport.clone(), &base).await?;
        let config = base
            .into_builder()
            .region(Region::new(self.region.clone()))
            .credentials_provider(credentials)
            .http_client(transport);
        Ok(config.build())
    }
}
