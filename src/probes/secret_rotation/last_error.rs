//! The errors of a rotation function, for people. An error that contains a value is not shown.
//!
//! Must not know what is expected.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;

use super::act::holder;
use crate::aws::AccountRegion;
use crate::probes::support::forms::Forms;
use crate::probes::support::function_log::{self, excerpt};
use crate::probes::support::secret::read_value;
use attestry_core::facts::Gap;

/// The last error of the function in its log since an instant, after a rotation that did not end.
pub(super) async fn last_error(
    at: &AccountRegion,
    secret: &str,
    last: &DescribeSecretOutput,
    since: Timestamp,
) -> Result<String, Gap> {
    let what = match holder(last, "AWSPENDING") {
        Some(_) => "the rotation stayed pending",
        None => "the new version never became AWSCURRENT",
    };
    let Some(function) = last.rotation_lambda_arn() else {
        return Ok(format!("{what}, and the secret has no rotation function"));
    };
    let group = function_log::log_group(at, function).await?;
    let messages = match function_log::messages(at, &group, since).await {
        Err(gap) if gap.code == "ResourceNotFoundException" => Vec::new(),
        read => read?,
    };
    let Some(error) = function_log::last_error(&messages) else {
        return Ok(format!("{what}, and {group} holds no error"));
    };
    Ok(match withheld(at, secret, &error).await? {
        None => format!("{what}: {}", excerpt(&error)),
        Some(why) => format!("{what}; {group} holds {why}"),
    })
}

/// The reason why an error is not shown; `None` when it contains no value of the secret.
pub(super) async fn withheld(at: &AccountRegion, secret: &str, error: &str) -> Result<Option<String>, Gap> {
    for label in ["AWSCURRENT", "AWSPENDING"] {
        let value = match read_value(at, secret, Some(label)).await {
            Ok(value) => value,
            // A new version has no value before the function stages one.
            Err(gap) if gap.code == "ResourceNotFoundException" => continue,
            Err(gap) => return Err(gap),
        };
        let Ok(forms) = Forms::of(value) else {
            return Ok(Some("an error that may contain the value, which is too short for a search".to_owned()));
        };
        if !forms.found(error).is_empty() {
            return Ok(Some(format!("an error that contains the value of {label}")));
        }
    }
    Ok(None)
}
