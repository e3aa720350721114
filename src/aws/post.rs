//! Sends one HTTP request to a server that does not belong to AWS, such as a time-stamp authority. It uses the HTTP
//! client of the AWS requests, with the same TLS and the same proxy.
//!
//! The request is not signed, not retried and not in the log of calls. This module must not know the content of the
//! request.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::gap::causes;

/// The time limit for the connection.
const CONNECT: Duration = Duration::from_secs(5);

/// The time limit for the whole answer.
const ANSWER: Duration = Duration::from_secs(30);

/// Posts a body and returns the body of the answer. The answer must have the wanted content type and at most `most`
/// bytes.
///
/// # Errors
/// The reason why there is no such answer, as a text for people.
pub async fn post(
    url: &str,
    (content_type, wanted): (&str, &str),
    body: Vec<u8>,
    most: usize,
) -> Result<Vec<u8>, String> {
    let asked = async {
        let request = http::Request::post(url).header("content-type", content_type).header("accept", wanted);
        let request = request.body(SdkBody::from(body)).map_err(|error| causes(&error))?;
        let request = HttpRequest::try_from(request).map_err(|error| causes(&error))?;
        let mut connector = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .proxy_config(ProxyConfig::from_env())
            .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build());
        connector.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
        let mut answer = connector.build().call(request).await.map_err(|error| causes(&error))?;
        let of = answer.headers().get("content-type").unwrap_or_default().to_owned();
        if !answer.status().is_success() || !of.starts_with(wanted) {
            return Err(format!("it answered with status {} and `{of}`, not `{wanted}`", answer.status().as_u16()));
        }
        let mut stream = ByteStream::new(answer.take_body());
        let mut read = Vec::new();
        while let Some(bytes) = stream.next().await {
            read.extend_from_slice(&bytes.map_err(|error| causes(&error))?);
            if read.len() > most {
                return Err(format!("its answer is larger than {most} bytes"));
            }
        }
        Ok(read)
    };
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("it did not answer within {} s", ANSWER.as_secs())),
    }
}
