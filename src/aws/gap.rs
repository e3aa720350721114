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

/// Whether AWS refused with one of these codes: for errors that the documentation calls an answer.
pub fn refused_with<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool {
    error.code().is_some_and(|code| codes.contains(&code))
}
