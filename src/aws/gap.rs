//! From the SDK's errors to gaps: which error class of AWS is which [`Cause`].
//!
//! Must not know for which resource a call failed; the driver adds that.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::gone::says_gone;
use super::operation;
use super::transport::Stopped;
use super::unreadable;
use super::whole::Unsound;
use super::wire::NOT_DESCRIBED;
use attestry_core::facts::{Cause, Gap, scrub};

/// Codes with one meaning in all services, by cause.
const CODES: &[(Cause, &[&str])] = &[
    (
        Cause::Denied,
        &[
            "AccessDenied",
            "AccessDeniedException",
            "AuthorizationError",
            "AuthorizationErrorException",
            "NotAuthorized",
            "NotAuthorizedException",
            "UnauthorizedOperation",
            "UnauthorizedException",
            "KMSAccessDeniedException",
            "InsufficientPrivilegesException",
            // What is left of a refusal whose answer has no body.
            "403",
            "Forbidden",
        ],
    ),
    (
        Cause::Throttled,
        &[
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ],
    ),
    (
        Cause::Credentials,
        &[
            "ExpiredToken",
            "ExpiredTokenException",
            "RequestExpired",
            "SignatureDoesNotMatch",
            "InvalidSignatureException",
            "IncompleteSignature",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
            "InvalidAccessKeyId",
            "RequestTimeTooSkewed",
            "TokenRefreshRequired",
        ],
    ),
    (
        Cause::RegionDisabled,
        &["AuthFailure", "InvalidClientTokenId", "RegionDisabledException", "UnrecognizedClientException"],
    ),
    (
        Cause::ServiceOff,
        &[
            "AWSOrganizationsNotInUseException",
            "InvalidAccessException",
            "NotSignedUp",
            "OptInRequired",
            "SubscriptionRequiredException",
        ],
    ),
    // No permission mends these.
    (
        Cause::Refused,
        &[
            "AccountProblem",
            "AccountSuspended",
            "AccountSuspendedException",
            "AllAccessDisabled",
            "InactiveAccount",
            "InvalidPayer",
            "InvalidSecurity",
        ],
    ),
    (
        Cause::Unavailable,
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServiceError",
            "InternalServiceException",
            "KMSInternalException",
            "DependencyTimeoutException",
            "ServiceException",
            "ServiceFailure",
            "ServiceFailureException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
    ),
    (Cause::TimedOut, &["RequestTimeout", "RequestTimeoutException"]),
    (Cause::NotRecorded, &[NOT_DESCRIBED]),
];

/// Whether AWS refused with one of these codes: for collectors that know that such an error is an answer.
pub fn refused_with<E>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool
where
    E: ProvideErrorMetadata,
{
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| codes.contains(&code))
}

/// Whether an answer says that it was asked too much.
pub(super) fn is_throttled(code: &str, status: u16) -> bool {
    classify(code, status) == Cause::Throttled
}

/// What a code and a status say.
fn classify(code: &str, status: u16) -> Cause {
    // Services with awsJson put a namespace before the code, and some a URL after it.
    let bare = code.rsplit('#').next().unwrap_or(code).split(':').next().unwrap_or(code);
    if let Some((cause, _)) = CODES.iter().find(|(_, codes)| codes.contains(&bare)) {
        return *cause;
    }
    match status {
        _ if bare.contains("Throttl") => Cause::Throttled,
        429 => Cause::Throttled,
        401 | 403 if bare.is_empty() => Cause::Denied,
        // Who has a word of its own for a refusal does not speak of permissions.
        401 | 403 => Cause::Refused,
        408 => Cause::TimedOut,
        500.. => Cause::Unavailable,
        _ => Cause::Unexpected,
    }
}

/// An answer of the SDK whose error is a gap.
pub trait OrGap<T> {
    /// The answer, or its error as a gap.
    ///
    /// # Errors
    ///
    /// The gap, with cause, operation and request id.
    fn or_gap(self) -> Result<T, Gap>;
}

impl<T, E> OrGap<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn or_gap(self) -> Result<T, Gap> {
        self.map_err(gap_of)
    }
}

/// An error of the SDK as a gap.
pub fn gap_of<E>(error: SdkError<E, HttpResponse>) -> Gap
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (cause, code, message) = match &error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            let code = refused.err().code().unwrap_or_default();
            let message = refused.err().message().unwrap_or_default();
            // A success status with an error inside is an answer that could not be read.
            if code.is_empty() && status < 400 {
                let body = refused.raw().body().bytes().unwrap_or_default();
                (Cause::Malformed, String::new(), unreadable::words(body, &causes(&error)))
            } else if operation::current().is_some_and(|asked| says_gone(&asked, code, message)) {
                (Cause::Gone, code.to_owned(), message.to_owned())
            } else {
                (classify(code, status), code.to_owned(), message.to_owned())
            }
        }
        SdkError::TimeoutError(_) => (Cause::TimedOut, String::new(), "no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) => {
            let source = failure.as_connector_error().map_or_else(String::new, |error| causes(error));
            if let Some(unsound) = unsound(&error) {
                (unsound.cause, String::new(), unsound.what.clone())
            } else if source.contains(Stopped::MESSAGE) {
                (Cause::Interrupted, String::new(), Stopped::MESSAGE.to_owned())
            } else if failure.is_timeout() {
                (Cause::TimedOut, String::new(), source)
            } else if source.contains("credentials") || source.contains("identity") {
                (Cause::Credentials, String::new(), source)
            } else {
                (Cause::Unreachable, String::new(), source)
            }
        }
        SdkError::ResponseError(_) => (Cause::Malformed, String::new(), causes(&error)),
        other => {
            let text = causes(other);
            let credentials = text.contains("credential") || text.contains("identity");
            (if credentials { Cause::Credentials } else { Cause::Unexpected }, String::new(), text)
        }
    };
    let request_id = match &error {
        SdkError::ServiceError(refused) => request_id(refused.raw()),
        SdkError::ResponseError(refused) => request_id(refused.raw()),
        _ => unsound(&error).map(|it| it.request_id.clone()).unwrap_or_default(),
    };
    let (code, message) = (scrub(&code).into_owned(), scrub(&message).into_owned());
    of_current(Gap { code, message, request_id, ..Gap::new(cause) })
}

/// Why an answer was not believed, where that is the cause.
fn unsound<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Unsound> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(unsound) = error.downcast_ref() {
            return Some(unsound);
        }
        next = error.source();
    }
    None
}

/// The gap of an answer that came and could not be read.
pub(super) fn malformed(message: String, request_id: String) -> Gap {
    of_current(Gap { message, request_id, ..Gap::new(Cause::Malformed) })
}

/// The gap with the operation that was sent last.
fn of_current(gap: Gap) -> Gap {
    let Some(current) = operation::current() else { return gap };
    Gap { service: current.service, operation: current.name, ..gap }
}

/// The request id of an answer, whatever the service calls it.
pub(super) fn request_id(response: &HttpResponse) -> String {
    let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    scrub(names.iter().find_map(|name| response.headers().get(*name)).unwrap_or_default()).into_owned()
}

/// An error with all its causes, in one line.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_its_class() {
        let table = [
            ("AccessDenied", 403, Cause::Denied),
            ("AccessDeniedException", 400, Cause::Denied),
            ("com.amazonaws.kms#AccessDeniedException", 400, Cause::Denied),
            ("UnauthorizedOperation", 403, Cause::Denied),
            ("AuthorizationError", 403, Cause::Denied),
            ("", 403, Cause::Denied),
            ("SomethingNew", 403, Cause::Refused),
            ("AccountProblem", 403, Cause::Refused),
            ("NotSignedUp", 403, Cause::ServiceOff),
            ("OptInRequired", 403, Cause::ServiceOff),
            ("NewThrottlingOfAService", 400, Cause::Throttled),
            ("Throttling", 400, Cause::Throttled),
            ("ThrottlingException", 400, Cause::Throttled),
            ("SlowDown", 503, Cause::Throttled),
            ("", 429, Cause::Throttled),
            ("RequestLimitExceeded", 503, Cause::Throttled),
            ("LimitExceededException", 400, Cause::Unexpected),
            ("LimitExceeded", 409, Cause::Unexpected),
            ("ExpiredToken", 403, Cause::Credentials),
            ("ExpiredTokenException", 400, Cause::Credentials),
            ("SignatureDoesNotMatch", 403, Cause::Credentials),
            ("UnrecognizedClientException", 400, Cause::RegionDisabled),
            ("InvalidClientTokenId", 403, Cause::RegionDisabled),
            ("SubscriptionRequiredException", 400, Cause::ServiceOff),
            ("InternalFailure", 500, Cause::Unavailable),
            ("", 502, Cause::Unavailable),
            ("KMSInvalidStateException", 400, Cause::Unexpected),
            (NOT_DESCRIBED, 400, Cause::NotRecorded),
        ];
        for (code, status, cause) in table {
            assert_eq!(classify(code, status), cause, "{code} {status}");
        }
    }
}
