//! One request to somebody who is not AWS, over the client that asks AWS: the same TLS, the same proxy.
//!
//! Nothing is signed, retried or logged as a call. Must not know what is asked.

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

/// How long the connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the whole answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// The body of the answer to a body that is sent, if the answer is of the wanted type and no larger than `most`.
///
/// # Errors
/// Why there is none, for people.
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
