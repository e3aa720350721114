//! From the SDK's errors to gaps: which error class of AWS is which [`Cause`].
//!
//! Must not know which call failed for which resource; the driver adds that.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::facts::{Cause, Gap};

impl<E> From<SdkError<E, HttpResponse>> for Gap
where
    E: ProvideErrorMetadata,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let _ = error;
        Gap::new(Cause::Unexpected)
    }
}

/// Whether AWS refused with one of these codes: the errors that are answers ("there is none") and not gaps.
pub fn refused_with<E>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool
where
    E: ProvideErrorMetadata,
{
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| codes.contains(&code))
}
