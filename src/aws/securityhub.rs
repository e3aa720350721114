//! `BatchImportFindings` of AWS Security Hub CSPM: one request on the SDK's own runtime, without the client of a service
//! that is told one thing.
//!
//! It goes the way of every other request: signed, retried, paced and logged. Must not know what the findings say.

use aws_config::Region;
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::orchestrator::operation::{Operation, OperationBuilder};
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::ErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::SigningRegion;
use aws_types::{SdkConfig, SigningName};
use serde::Deserialize;
use serde_json::Value;

use super::{At, tracked};
use crate::facts::{Cause, Gap};

const SERVICE: &str = "securityhub";

/// Findings of one request.
pub const MOST_FINDINGS: usize = 100;
/// Bytes of one finding.
pub const MOST_BYTES: usize = 240 << 10;
/// Bytes of one request, with room for what stands around the findings.
pub const MOST_BATCH: usize = (6 << 20) - 1024;

/// What Security Hub says of one request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Answer {
    /// Findings that it took.
    pub success_count: usize,
    /// Those that it did not take.
    #[serde(default)]
    pub failed_findings: Vec<Failed>,
}

/// A finding that Security Hub did not take.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Failed {
    /// Its id.
    pub id: String,
    /// Why, in one word.
    pub error_code: String,
    /// Why.
    #[serde(default)]
    pub error_message: String,
}

/// Imports findings in ASFF, at most [`MOST_FINDINGS`] of them.
///
/// # Errors
/// What AWS did not take or did not say.
pub async fn import(at: &At, findings: &[Value]) -> Result<Answer, Gap> {
    let body = serde_json::json!({ "Findings": findings }).to_string();
    let nowhere =
        || Gap { message: "a place that lacks what a request needs".to_owned(), ..Gap::new(Cause::Unexpected) };
    let operation = operation(at.sdk()).ok_or_else(nowhere)?;
    tracked(async { Ok(operation.invoke(body).await?) }).await
}

/// The operation at a place; none where the place has no Region, transport, credentials or retries.
fn operation(sdk: &SdkConfig) -> Option<Operation<String, Answer, ErrorMetadata>> {
    let region = sdk.region()?.clone();
    let (client, credentials, retries) = (sdk.http_client()?, sdk.credentials_provider()?, sdk.retry_config()?);
    let url = sdk.endpoint_url().map_or_else(|| endpoint(&region), |url| url.trim_end_matches('/').to_owned());
    let components = RuntimeComponentsBuilder::new(SERVICE)
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_resolver(SCHEME_ID, credentials)
        .with_identity_cache(sdk.identity_cache())
        .with_interceptor(SharedInterceptor::new(UserAgentInterceptor::new()));
    let plugin =
        StaticRuntimePlugin::new().with_config(signing(sdk, &region).freeze()).with_runtime_components(components);
    let mut builder = OperationBuilder::new()
        .service_name(SERVICE)
        .operation_name("BatchImportFindings")
        .http_client(client)
        .endpoint_url(&url)
        .standard_retry(retries)
        .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .retry_classifier(HttpStatusCodeClassifier::default())
        .timeout_config(sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .interceptor(InvocationIdInterceptor::new())
        .interceptor(RequestInfoInterceptor::new())
        .runtime_plugin(plugin);
    if let Some(sleep) = sdk.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(time) = sdk.time_source() {
        builder = builder.time_source(time);
    }
    Some(builder.serializer(write).deserializer(read).build())
}

/// What signs the request, and who is said to send it.
fn signing(sdk: &SdkConfig, region: &Region) -> Layer {
    let mut layer = Layer::new(SERVICE);
    layer.store_put(SigV4OperationSigningConfig::default());
    layer.store_put(SigningName::from_static(SERVICE));
    layer.store_put(SigningRegion::from(region.clone()));
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(ApiMetadata::new(SERVICE, env!("CARGO_PKG_VERSION")));
    if let Some(name) = sdk.app_name() {
        layer.store_put(name.clone());
    }
    layer
}

fn endpoint(region: &Region) -> String {
    let suffix = if region.as_ref().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{SERVICE}.{region}.{suffix}")
}

fn write(body: String) -> Result<HttpRequest, aws_smithy_runtime_api::box_error::BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    request.set_uri("/findings/import")?;
    request.headers_mut().insert("content-type", "application/json");
    Ok(request)
}

fn read(response: &HttpResponse) -> Result<Answer, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    if response.status().is_success() {
        return serde_json::from_slice(body).map_err(OrchestratorError::other);
    }
    #[derive(Default, Deserialize)]
    struct Refused {
        #[serde(default, alias = "Message")]
        message: String,
        #[serde(default, rename = "__type", alias = "Code", alias = "code")]
        code: String,
    }
    let refused: Refused = serde_json::from_slice(body).unwrap_or_default();
    let code = response.headers().get("x-amzn-errortype").map_or(refused.code, str::to_owned);
    let code = code.split(':').next().unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
    Err(OrchestratorError::operation(ErrorMetadata::builder().code(code).message(refused.message).build()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
    use serde_json::json;

    use super::*;
    use crate::aws::{Backend, Link, Pace, Reach};

    /// Status, code and body.
    type Recorded = (u16, &'static str, &'static str);

    /// Answers, the last one first, and the requests that got them.
    #[derive(Clone, Debug, Default)]
    struct Hub {
        answers: Arc<Mutex<Vec<Recorded>>>,
        asked: Arc<Mutex<Vec<HttpRequest>>>,
    }

    impl HttpConnector for Hub {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let (status, code, body) = self.answers.lock().unwrap().pop().unwrap();
            self.asked.lock().unwrap().push(request);
            let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            answer.headers_mut().insert("x-amzn-requestid", "r-1");
            if !code.is_empty() {
                answer.headers_mut().insert("x-amzn-errortype", code);
            }
            HttpConnectorFuture::ready(Ok(answer))
        }
    }

    async fn told(answers: &[Recorded]) -> (Result<Answer, Gap>, Hub, Link) {
        let hub = Hub { answers: Arc::new(Mutex::new(answers.iter().rev().copied().collect())), ..Hub::default() };
        let connector = SharedHttpConnector::new(hub.clone());
        let backend = Backend::InProcess { label: "recorded".into(), connector };
        let reach = Reach { account: "123456789012".into(), region: "cn-north-1".into(), profile: None, backend };
        let link = Link::new(Pace::none());
        let sdk = reach.configure(&link).await.unwrap();
        let at = At::new("123456789012", "cn-north-1", sdk, true, Arc::clone(&link.logs));
        let findings = [json!({ "Id": "a" }), json!({ "Id": "b" })];
        (import(&at, &findings).await, hub, link)
    }

    const TAKEN: &str = r#"{ "SuccessCount": 2, "FailedCount": 0 }"#;

    #[tokio::test]
    async fn a_request_is_signed_paced_and_logged_like_any_other() {
        let (answer, hub, link) = told(&[(200, "", TAKEN)]).await;
        assert_eq!(answer.unwrap().success_count, 2);
        let asked = hub.asked.lock().unwrap();
        let request = asked.first().unwrap();
        assert_eq!(
            (request.method(), request.uri()),
            ("POST", "https://securityhub.cn-north-1.amazonaws.com.cn/findings/import")
        );
        assert_eq!(request.body().bytes(), Some(&br#"{"Findings":[{"Id":"a"},{"Id":"b"}]}"#[..]));
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        assert!(header("authorization").contains("/cn-north-1/securityhub/aws4_request"));
        assert!(header("user-agent").contains("app/attestry"), "{}", header("user-agent"));
        let calls = link.calls.all();
        let call = calls.first().unwrap();
        assert_eq!((call.service.as_str(), call.operation.as_str()), ("securityhub", "BatchImportFindings"));
        assert_eq!((call.attempt, call.request_id.as_str()), (1, "r-1"));
    }

    #[tokio::test]
    async fn what_is_not_taken_is_named() {
        let body = r#"{ "SuccessCount": 1, "FailedCount": 1,
            "FailedFindings": [{ "Id": "b", "ErrorCode": "InvalidInput", "ErrorMessage": "no" }] }"#;
        let answer = told(&[(200, "", body)]).await.0.unwrap();
        let failed = Failed { id: "b".into(), error_code: "InvalidInput".into(), error_message: "no".into() };
        assert_eq!((answer.success_count, answer.failed_findings), (1, vec![failed]));
    }

    #[tokio::test]
    async fn throttling_is_waited_for_and_refusals_are_not() {
        let slow = (429, "TooManyRequestsException", r#"{"Message":"slow"}"#);
        let (answer, _, link) = told(&[slow, (503, "", ""), (200, "", TAKEN)]).await;
        assert_eq!(answer.unwrap().success_count, 2);
        assert_eq!(link.calls.all().iter().map(|call| call.attempt).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(link.calls.counts(), (3, 1));
        for (status, code, cause) in [
            (401, "InvalidAccessException", Cause::ServiceOff),
            (403, "AccessDeniedException:http://internal", Cause::Denied),
            (400, "com.amazonaws.securityhub#InvalidInputException", Cause::Unexpected),
        ] {
            let (answer, _, link) = told(&[(status, code, r#"{"Message":"no"}"#)]).await;
            let gap = answer.unwrap_err();
            assert_eq!((gap.cause, gap.message.as_str(), gap.operation.as_str()), (cause, "no", "BatchImportFindings"));
            assert_eq!(link.calls.all().len(), 1);
        }
        for body in ["", "[]", "{}", "<html>"] {
            let gap = told(&[(200, "", body)]).await.0.unwrap_err();
            assert_eq!(gap.cause, Cause::Malformed, "{body}");
        }
    }
}
