//! The bucket of evidence commands: its arguments, its address and its failures.
//!
//! This module must not know the content of the bucket.

use crate::aws::bucket::{Access, Address, Bucket, NotKept};
use crate::aws::{Link, Operations, Pace};
use crate::failure::Failure;
use crate::run::network;
use attestry_core::verify::Exit;

/// Arguments about how a bucket is reached.
#[derive(Debug, clap::Args)]
pub(crate) struct BucketArgs {
    /// The Region of the bucket. Without it, the command requests the Region from S3.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// The profile of the AWS configuration files. Without it, the environment selects the credentials.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Send requests to this URL instead of AWS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// The account that must own the bucket. S3 refuses every request when another account owns it.
    #[arg(long, value_name = "ACCOUNT")]
    owner: Option<String>,
}

impl BucketArgs {
    /// Opens the bucket.
    pub(crate) async fn open(&self, address: &Address) -> Result<Bucket, Failure> {
        network::check_url(self.endpoint.as_deref())?;
        let access = Access {
            region: self.region.clone(),
            profile: self.profile.clone(),
            endpoint: self.endpoint.clone(),
            owner: self.owner.clone(),
        };
        let pace = if self.endpoint.is_some() { Pace::none() } else { Pace::by_quota(&Operations::new([])) };
        Bucket::open(&address.bucket, &access, &Link::new(pace)).await.map_err(|why| bucket_failure(&why))
    }
}

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<Address, Failure> {
    Address::parse(text).map_err(|wrong| Failure::new(Exit::Usage, format!("{text}: {wrong}")))
}

pub(crate) fn bucket_failure(why: &NotKept) -> Failure {
    Failure::new(if why.is_usage() { Exit::Usage } else { Exit::Output }, why.to_string())
}
