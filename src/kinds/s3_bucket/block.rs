//! The block of public access: the settings of a bucket and of its account. S3 combines them.
//!
//! This module must not know what is expected of the bucket or the account.

use crate::aws::gap_of;
use std::sync::Arc;

use aws_sdk_s3::types::PublicAccessBlockConfiguration;

use super::collect::client;
use crate::aws::client::{NoEndpoint, endpoint};
use crate::aws::{ACCOUNT_BLOCK, AccountRegion, refused_with};
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value};

/// The four settings, in the order of [`NAMES`].
pub(in crate::kinds) type Settings = [bool; 4];

const NAMES: [&str; 4] = [
    "public_access_block.block_acls",
    "public_access_block.ignore_acls",
    "public_access_block.block_policy",
    "public_access_block.restrict_buckets",
];

/// Sets the four settings, and whether all four are on.
pub(in crate::kinds) fn set(resource: &mut Resource, settings: Settings) {
    for (name, on) in NAMES.into_iter().zip(settings) {
        resource.set(name, on);
    }
    resource.set("public_access_block.all", settings == [true; 4]);
}

/// Sets whether all four settings are on for a bucket. A setting of the bucket or of its account is enough.
pub(super) fn set_effective(bucket: &mut Resource, account: Result<Arc<Settings>, Gap>) -> Result<(), Gap> {
    let own = NAMES.map(|name| match bucket.get(name) {
        Some(Fact::Known(Value::Bool(on))) => Some(*on),
        _ => None,
    });
    let account = match account {
        Ok(account) => *account,
        // When the bucket itself blocks everything, the settings of the account are not needed.
        Err(_) if own == [Some(true); 4] => [false; 4],
        Err(gap) => return Err(gap),
    };
    let either = own.into_iter().zip(account).map(|(own, account)| if account { Some(true) } else { own });
    let either: Option<Vec<bool>> = either.collect();
    // When a setting of the bucket is unknown, the gap of its own call is the reason.
    if let Some(either) = either {
        bucket.set("public_access_block.effective", either.into_iter().all(|on| on));
    }
    Ok(())
}

/// Returns the settings of a configuration. All are off when there is no configuration.
pub(super) fn settings(block: Option<&PublicAccessBlockConfiguration>) -> Settings {
    let settings = [
        block.and_then(|it| it.block_public_acls()),
        block.and_then(|it| it.ignore_public_acls()),
        block.and_then(|it| it.block_public_policy()),
        block.and_then(|it| it.restrict_public_buckets()),
    ];
    settings.map(|on| on.unwrap_or(false))
}

/// Returns the settings of the account. The run requests them once. The operation on an account has the same answer as
/// the operation on a bucket, but an endpoint of its own:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html>.
pub(in crate::kinds) async fn of_account(at: &AccountRegion) -> Result<Arc<Settings>, Gap> {
    at.once("s3:GetAccountPublicAccessBlock", async {
        let url = url(at)?;
        let account = at.account.to_string();
        let request = client(at, None).get_public_access_block().bucket(&account).customize();
        let request = request.mutate_request(move |request| {
            // An invalid URL or header needs no error here. The endpoint refuses the request.
            let _ = request.set_uri(url.clone());
            request.headers_mut().insert("x-amz-account-id", account.clone());
        });
        match request.send().await {
            Ok(answer) => Ok(settings(answer.public_access_block_configuration())),
            Err(error) if refused_with(&error, &["NoSuchPublicAccessBlockConfiguration"]) => Ok([false; 4]),
            Err(error) => Err(gap_of(error)),
        }
    })
    .await
}

fn url(at: &AccountRegion) -> Result<String, Gap> {
    let unknown = |why: NoEndpoint| Gap::new(Cause::Unexpected).with_message(why.to_string());
    let place = endpoint("s3-control", at.sdk()).map_err(unknown)?;
    // Only AWS has a host for each account.
    let place = match place.strip_prefix("https://s3-control.") {
        Some(rest) => format!("https://{}.s3-control.{rest}", at.account),
        None => place,
    };
    Ok(format!("{place}{ACCOUNT_BLOCK}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::s3_bucket::KIND;

    #[test]
    fn a_bucket_is_blocked_by_itself_or_by_its_account() {
        let denied = || Err(Gap::new(Cause::Denied));
        let (none, all, three) = ([false; 4], [true; 4], [true, true, true, false]);
        for (own, account, expected) in [
            (none, Ok(Arc::new(all)), Ok(Some(true))),
            (all, Ok(Arc::new(none)), Ok(Some(true))),
            (none, Ok(Arc::new(three)), Ok(Some(false))),
            ([false, false, false, true], Ok(Arc::new(three)), Ok(Some(true))),
            (none, Ok(Arc::new(none)), Ok(Some(false))),
            (all, denied(), Ok(Some(true))),
            (three, denied(), Err(Cause::Denied)),
        ] {
            let mut bucket = Resource::new(&KIND, "1".into(), "aws-global".into(), "a", "a");
            set(&mut bucket, own);
            let told = set_effective(&mut bucket, account.clone()).map_err(|gap| gap.cause);
            let told = told.map(|()| bucket.get("public_access_block.effective").cloned());
            assert_eq!(told, expected.map(|on| on.map(Fact::from)), "{own:?} {account:?}");
        }
    }
}
