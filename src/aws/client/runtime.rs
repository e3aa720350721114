//! Sets up the SDK runtime for requests without an SDK client: the parts that sign, retry and send a request.
//!
//! The parts are the same as in the clients of the SDK. This module must not know the content of the request.

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{ServiceClockSkewClassifier, ServiceClockSkewInterceptor};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::{Region, SigningRegion};
use aws_types::{SdkConfig, SigningName};

use super::throttling::ThrottlingClassifier;
use super::{Answer, Client};

/// An operation that is ready to send.
pub(super) type Prepared = Operation<HttpRequest, Answer, ErrorMetadata>;

/// The operation of a request, and the names for its signature.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The service, for the quota of retries and the user agent.
    pub(super) service: &'static str,
    /// The operation.
    pub(super) operation: &'static str,
    /// The name of the service in signatures.
    pub(super) signing_name: &'static str,
    /// The Region in signatures.
    pub(super) signing_region: String,
    /// Whether the signature follows the rules of S3: the path is encoded once, and a header has the digest of the body.
    pub(super) is_s3: bool,
}

/// Prepares an operation. Returns `None` when the configuration has no Region, transport, credentials or retries.
pub(super) fn operation<F>(
    target: &Target,
    to: &Client,
    url: &str,
    interceptor: Option<SharedInterceptor>,
    read: F,
) -> Option<Prepared>
where
    F: Fn(&HttpResponse) -> Result<Answer, OrchestratorError<ErrorMetadata>> + Send + Sync + 'static,
{
    let sdk = &*to.sdk;
    let region = sdk.region()?;
    let (client, credentials, retries) = (sdk.http_client()?, sdk.credentials_provider()?, sdk.retry_config()?);
    let mut components = RuntimeComponentsBuilder::new(target.service)
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_resolver(SCHEME_ID, credentials)
        .with_identity_cache(sdk.identity_cache())
        .with_interceptor(to.clock.clone())
        .with_interceptor(SharedInterceptor::new(UserAgentInterceptor::new()));
    if let Some(interceptor) = interceptor {
        components = components.with_interceptor(interceptor);
    }
    let plugin =
        StaticRuntimePlugin::new().with_config(signing(target, sdk).freeze()).with_runtime_components(components);
    let mut builder = OperationBuilder::new()
        // The quota of retries is separate for each service in each Region.
        .service_name(format!("{}-{region}", target.service))
        .operation_name(target.operation)
        .http_client(client)
        .endpoint_url(url)
        .standard_retry(retries)
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(ThrottlingClassifier)
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .timeout_config(sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .interceptor(StalledStreamProtectionInterceptor::default())
        .interceptor(InvocationIdInterceptor::new())
        .interceptor(RequestInfoInterceptor::new())
        .interceptor(RecursionDetectionInterceptor::new())
        .with_connection_poisoning()
        .runtime_plugin(plugin);
    if let Some(protection) = sdk.stalled_stream_protection() {
        builder = builder.stalled_stream_protection(protection);
    }
    if let Some(sleep) = sdk.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(time) = sdk.time_source() {
        builder = builder.time_source(time);
    }
    Some(builder.serializer(Ok::<HttpRequest, _>).deserializer(move |response| read(response)).build())
}

/// Returns the interceptor that measures the difference between our clock and the clock of AWS in the answers, and
/// corrects the time in signatures.
pub(super) fn clock() -> SharedInterceptor {
    SharedInterceptor::new(ServiceClockSkewInterceptor::new())
}

/// Returns the settings of the signature and of the user agent.
fn signing(target: &Target, sdk: &SdkConfig) -> Layer {
    let service = target.service;
    let mut layer = Layer::new(service);
    let mut config = SigV4OperationSigningConfig::default();
    if target.is_s3 {
        config.signing_options.double_uri_encode = false;
        config.signing_options.content_sha256_header = true;
        config.signing_options.normalize_uri_path = false;
    }
    layer.store_put(config);
    layer.store_put(SigningName::from_static(target.signing_name));
    layer.store_put(SigningRegion::from(Region::new(target.signing_region.clone())));
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(ApiMetadata::new(service, env!("CARGO_PKG_VERSION")));
    if let Some(name) = sdk.app_name() {
        layer.store_put(name.clone());
    }
    layer
}
