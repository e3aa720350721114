//! Where a service is asked. Must not know what for.

use aws_types::SdkConfig;

use super::unsent::NoEndpoint;
use attestry_core::facts::Partition;

/// The URL of a service at a place.
///
/// # Errors
/// A place that has none, or wants one of a sort that is not known here: then nobody else is asked instead.
pub fn of(service: &str, sdk: &SdkConfig) -> Result<String, NoEndpoint> {
    if sdk.use_fips() == Some(true) || sdk.use_dual_stack() == Some(true) {
        return Err(NoEndpoint::Sort(service.to_owned()));
    }
    if let Some(url) = sdk.endpoint_url() {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let region = sdk.region().map(AsRef::as_ref).unwrap_or_default();
    // The Region becomes part of a host, and so must not bring its end along.
    if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(NoEndpoint::NoRegion(region.to_owned()));
    }
    let domain = Partition::of(region).ok_or(NoEndpoint::NoPartition)?.domain;
    Ok(format!("https://{service}.{region}.{domain}"))
}
