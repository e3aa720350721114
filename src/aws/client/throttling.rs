//! Decides which refused requests are retried because AWS throttled them.
//!
//! The table of error codes in `gap` decides, so a retried code and the cause of its gap always agree. This module must
//! not know the content of a request.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority};
use aws_smithy_types::error::metadata::ErrorMetadata;

use crate::aws::gap::is_throttled;

/// Classifies an error by the table of error codes. The classifiers of the SDK also run, for other errors and for the
/// delay that AWS requests in a header.
#[derive(Debug)]
pub(super) struct ThrottlingClassifier;

impl ClassifyRetry for ThrottlingClassifier {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let (Some(Err(error)), Some(response)) = (context.output_or_error(), context.response()) else {
            return RetryAction::NoActionIndicated;
        };
        let refusal = OrchestratorError::as_operation_error(error).and_then(|it| it.downcast_ref::<ErrorMetadata>());
        let code = refusal.map(|it| it.code().unwrap_or_default());
        match code {
            Some(code) if is_throttled(code, response.status().as_u16()) => RetryAction::throttling_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Throttling"
    }

    fn priority(&self) -> RetryClassifierPriority {
        // The classifier of the SDK for error codes runs after this one. It adds the delay of the header.
        RetryClassifierPriority::run_after(RetryClassifierPriority::http_status_code_classifier())
    }
}
