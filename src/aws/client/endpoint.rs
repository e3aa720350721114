//! Finds the endpoint of a service. This module must not know the purpose of a request.

use aws_types::SdkConfig;

use super::unsent::NoEndpoint;
use attestry_core::facts::Partition;

/// The URL of a service, and the Region for signatures.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) region: String,
}

/// Returns the URL and the signing Region of a service of the model. If a service has one endpoint for the whole
/// partition, its requests are signed for the Region of that endpoint.
///
/// # Errors
/// The errors of [`of`].
pub(super) fn modelled(
    service: &attestry_model::Service,
    host_prefix: &str,
    sdk: &SdkConfig,
) -> Result<Place, NoEndpoint> {
    if sdk.use_fips() == Some(true) || sdk.use_dual_stack() == Some(true) {
        return Err(NoEndpoint::Sort(service.name().to_owned()));
    }
    let region = region(sdk)?;
    let partition = Partition::of(region).ok_or(NoEndpoint::NoPartition)?;
    let place = service.endpoint(partition.name, region, partition.domain);
    let host = match sdk.endpoint_url() {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("https://{host_prefix}{}", place.host),
    };
    Ok(Place { host, region: place.region })
}

/// Returns the Region of a configuration. It becomes a part of the host name, so it must not contain a character that
/// ends the host name.
fn region(sdk: &SdkConfig) -> Result<&str, NoEndpoint> {
    let region = sdk.region().map(AsRef::as_ref).unwrap_or_default();
    if region.is_empty() || !region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(NoEndpoint::NoRegion(region.to_owned()));
    }
    Ok(region)
}

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
    let region = region(sdk)?;
    let domain = Partition::of(region).ok_or(NoEndpoint::NoPartition)?.domain;
    Ok(format!("https://{service}.{region}.{domain}"))
}
