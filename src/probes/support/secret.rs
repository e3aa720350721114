//! Reads of a secret: its description, and its value into memory that is wiped.
//!
//! The SDK drops its own buffers, which this module cannot wipe. Must not know why a secret is read.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_smithy_types::retry::RetryConfig;
use zeroize::Zeroizing;

use crate::aws::{AccountRegion, OrGap, gap_of, refused_with};
use attestry_core::facts::Gap;

/// The description of a secret, without its value; `None` when there is no such secret.
pub(in crate::probes) async fn describe(at: &AccountRegion, secret: &str) -> Result<Option<DescribeSecretOutput>, Gap> {
    match at.client(Client::new).describe_secret().secret_id(secret).send().await {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if refused_with(&error, &["ResourceNotFoundException"]) => Ok(None),
        Err(error) => Err(gap_of(error)),
    }
}

/// The value of the version with the label, or the current value. It is empty when AWS answers without a value.
pub(in crate::probes) async fn read_value(
    at: &AccountRegion,
    secret: &str,
    label: Option<&str>,
) -> Result<Zeroizing<Vec<u8>>, Gap> {
    value(&at.client(Client::new), secret, label).await
}

/// The current value, by one request. A retry would be another access, with a record and an alert of its own.
pub(in crate::probes) async fn read_value_once(at: &AccountRegion, secret: &str) -> Result<Zeroizing<Vec<u8>>, Gap> {
    let once = Builder::from(at.sdk()).retry_config(RetryConfig::disabled()).build();
    value(&Client::from_conf(once), secret, None).await
}

async fn value(client: &Client, secret: &str, label: Option<&str>) -> Result<Zeroizing<Vec<u8>>, Gap> {
    let request = client.get_secret_value().secret_id(secret).set_version_stage(label.map(str::to_owned));
    let mut answer = request.send().await.or_gap()?;
    let text = answer.secret_string.take().map(String::into_bytes);
    let bytes = answer.secret_binary.take().map(|bytes| bytes.into_inner());
    Ok(Zeroizing::new(text.or(bytes).unwrap_or_default()))
}
