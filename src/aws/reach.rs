//! A place for one purpose that reads no account, such as signing or keeping evidence: credentials, Region and transport.
//!
//! Must not know the purpose. Nobody proves which account answers here; [`open`](super::open) does.

use aws_config::{Region, SdkConfig};

use super::session::{base, client, credentials};
use super::transport::{Link, Transport};
use super::{Backend, GLOBAL, Refusal, Target};

/// Where a single purpose is reached.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Account, 12 digits, where it is known.
    pub account: String,
    /// Region.
    pub region: String,
    /// Profile of the configuration files; none means the environment decides.
    pub profile: Option<String>,
    /// What answers.
    pub backend: Backend,
}

impl Reach {
    /// The SDK's configuration for it; every request goes over the link.
    ///
    /// # Errors
    /// No credentials, or what they lack.
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
