//! Reading the value of a secret, into memory that is wiped. The SDK's own buffers are dropped, which this cannot wipe.
//!
//! Must not know what the value is read for.

use crate::aws::OrGap;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_smithy_types::retry::RetryConfig;
use zeroize::Zeroizing;

use crate::aws::At;
use attestry_core::facts::Gap;

/// The value of a version by its label, or of the current one; empty where AWS answers without a value.
pub(super) async fn read(at: &At, secret: &str, label: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Gap> {
    from(&at.client(Client::new), secret, label).await
}

/// The current value, asked for once: another attempt would be another access, with a record and an alert of its own.
pub(super) async fn read_once(at: &At, secret: &str) -> Result<Zeroizing<Vec<u8>>, Gap> {
    let once = Builder::from(at.sdk()).retry_config(RetryConfig::disabled()).build();
    from(&Client::from_conf(once), secret, None).await
}

async fn from(client: &Client, secret: &str, label: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Gap> {
    let request = client.get_secret_value().secret_id(secret).set_version_stage(label.map(str::to_owned));
    let mut answer = request.send().await.or_gap()?;
    let text = answer.secret_string.take().map(String::into_bytes);
    let bytes = answer.secret_binary.take().map(|bytes| bytes.into_inner());
    Ok(Zeroizing::new(text.or(bytes).unwrap_or_default()))
}
