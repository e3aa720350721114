//! Finds the endpoint of a service. The module must not know the purpose of a request.

use aws_types::SdkConfig;

use super::unsent::NoEndpoint;
use attestry_core::facts::Partition;

/// Returns the URL of a service for a configuration.
///
/// # Errors
/// No endpoint is known for the Region, or FIPS or dual-stack was requested. There is no fallback to another endpoint.
pub fn of(service: &str, sdk: &SdkConfig) -> Result<String, NoEndpoint> {
    if sdk.use_fips() == Some(true) || sdk.use_dual_stack() == Some(true) {
        return Err(NoEndpoint::Sort(service.to_owned()));
    }
    if let Some(url) = sdk.endpoint_url() {
        return Ok(url.trim_end_matches('/').to_owned());
    }
    let region = sdk.region().map(AsRef::as_ref).unwrap_or_default();
    // The Region becomes a part of the host name, so it must not contain a character that ends the host name.
    if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(NoEndpoint::NoRegion(region.to_owned()));
    }
    let domain = Partition::of(region).ok_or(NoEndpoint::NoPartition)?.domain;
    Ok(format!("https://{service}.{region}.{domain}"))
}
