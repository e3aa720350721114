//! Sends one HTTP request to a server that does not belong to AWS, such as a time-stamp authority. It uses the HTTP
//! client of the AWS requests, with the same TLS and the same proxy.
//!
//! The request is not signed, not retried, not redirected and not in the log of calls. The module must not know the
//! content of the request.

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

/// The answer of a server, whatever its status is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status. A redirection is not followed, so its status is here.
    pub status: u16,
    /// The content type. It is empty when the server named none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

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
    let request = http::Request::post(url).header("content-type", content_type).header("accept", wanted);
    let page = within(ANSWER, send(request, body, most)).await?;
    let of = page.content_type;
    if !(200..300).contains(&page.status) || !of.starts_with(wanted) {
        return Err(format!("it answered with status {} and `{of}`, not `{wanted}`", page.status));
    }
    Ok(page.body)
}

/// Gets a page of at most `most` bytes.
///
/// # Errors
/// The reason why there is no answer in time, as a text for people.
pub async fn get(url: &str, wanted: &str, most: usize, longest: Duration) -> Result<Page, String> {
    let request = http::Request::get(url).header("accept", wanted);
    within(longest.min(ANSWER), send(request, Vec::new(), most)).await
}

async fn within(longest: Duration, asked: impl Future<Output = Result<Page, String>>) -> Result<Page, String> {
    match tokio::time::timeout(longest, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("it did not answer within {} s", longest.as_secs())),
    }
}

async fn send(request: http::request::Builder, body: Vec<u8>, most: usize) -> Result<Page, String> {
    let request = request.body(SdkBody::from(body)).map_err(|error| causes(&error))?;
    let request = HttpRequest::try_from(request).map_err(|error| causes(&error))?;
    let mut connector = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .proxy_config(ProxyConfig::from_env())
        .connector_settings(HttpConnectorSettings::builder().connect_timeout(CONNECT).build());
    connector.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
    let mut answer = connector.build().call(request).await.map_err(|error| causes(&error))?;
    let content_type = answer.headers().get("content-type").unwrap_or_default().to_owned();
    let mut stream = ByteStream::new(answer.take_body());
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await {
        read.extend_from_slice(&bytes.map_err(|error| causes(&error))?);
        if read.len() > most {
            return Err(format!("its answer is larger than {most} bytes"));
        }
    }
    Ok(Page { status: answer.status().as_u16(), content_type, body: read })
}
