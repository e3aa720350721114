//! Turns errors of the SDK into gaps. It maps each error class of AWS to a [`Cause`].
//!
//! This module must not know the resource of a failed call. The driver adds the resource.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::Operation;
use super::gone::says_gone;
use super::transport::{Failed, Stopped};
use super::unreadable;
use super::whole::Unsound;
use super::wire::NOT_DESCRIBED;
use attestry_core::facts::{Cause, Gap, scrub};

/// The error codes with one meaning in all services, by cause.
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
            // The code of a refusal without a body.
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
    // No permission can change these refusals.
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

/// Returns whether AWS refused with one of these codes. Collectors use it for calls whose error is a valid answer.
pub fn refused_with<E>(error: &SdkError<E, HttpResponse>, codes: &[&str]) -> bool
where
    E: ProvideErrorMetadata,
{
    error.as_service_error().and_then(ProvideErrorMetadata::code).is_some_and(|code| codes.contains(&code))
}

/// Returns whether AWS refused the request because there were too many requests.
pub(super) fn is_throttled(code: &str, status: u16) -> bool {
    classify(code, status) == Cause::Throttled
}

/// Returns the error codes of throttling in the table.
#[cfg(test)]
pub(super) fn throttling_codes() -> Vec<&'static str> {
    CODES.iter().filter(|(cause, _)| *cause == Cause::Throttled).flat_map(|(_, codes)| codes.iter().copied()).collect()
}

/// Returns the cause of a code and a status.
fn classify(code: &str, status: u16) -> Cause {
    // Services with the protocol awsJson put a namespace before the code. Some of them put a URL after it.
    let bare = code.rsplit('#').next().unwrap_or(code).split(':').next().unwrap_or(code);
    if let Some((cause, _)) = CODES.iter().find(|(_, codes)| codes.contains(&bare)) {
        return *cause;
    }
    match status {
        _ if bare.contains("Throttl") => Cause::Throttled,
        429 => Cause::Throttled,
        401 | 403 if bare.is_empty() => Cause::Denied,
        // The table has the codes for missing permissions. A service with another code refuses for another reason.
        401 | 403 => Cause::Refused,
        408 => Cause::TimedOut,
        500.. => Cause::Unavailable,
        _ => Cause::Unexpected,
    }
}

/// A result of the SDK whose error becomes a gap.
pub trait OrGap<T> {
    /// Returns the answer, or its error as a gap.
    ///
    /// # Errors
    ///
    /// The gap, with the cause, the operation and the request id.
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

/// Returns an error of the SDK as a gap.
pub fn gap_of<E>(error: SdkError<E, HttpResponse>) -> Gap
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let (cause, code, message) = match &error {
        SdkError::ServiceError(refused) => {
            let status = refused.raw().status().as_u16();
            let code = refused.err().code().unwrap_or_default();
            let message = refused.err().message().unwrap_or_default();
            // An error with a success status means that the answer was unreadable.
            if code.is_empty() && status < 400 {
                let body = refused.raw().body().bytes().unwrap_or_default();
                (Cause::Malformed, String::new(), unreadable::words(body, &causes(&error)))
            } else if operation(&error).is_some_and(|asked| says_gone(asked, code, message)) {
                (Cause::Gone, code.to_owned(), message.to_owned())
            } else {
                (classify(code, status), code.to_owned(), message.to_owned())
            }
        }
        SdkError::TimeoutError(_) => (Cause::TimedOut, String::new(), "no answer in time".to_owned()),
        SdkError::DispatchFailure(failure) => {
            let source = failure.as_connector_error().map_or_else(String::new, |error| causes(error));
            if let Some(unsound) = caused_by::<Unsound>(&error) {
                (unsound.cause, String::new(), unsound.what.clone())
            } else if caused_by::<Stopped>(&error).is_some() {
                (Cause::Interrupted, String::new(), Stopped.to_string())
            } else if failure.is_timeout() {
                (Cause::TimedOut, String::new(), source)
            } else if is_about_credentials(&error, &source) {
                (Cause::Credentials, String::new(), source)
            } else {
                (Cause::Unreachable, String::new(), source)
            }
        }
        SdkError::ResponseError(_) => (Cause::Malformed, String::new(), causes(&error)),
        other => {
            let text = causes(other);
            let credentials = is_about_credentials(other, &text);
            (if credentials { Cause::Credentials } else { Cause::Unexpected }, String::new(), text)
        }
    };
    let request_id = match &error {
        SdkError::ServiceError(refused) => request_id(refused.raw()),
        SdkError::ResponseError(refused) => request_id(refused.raw()),
        _ => caused_by::<Unsound>(&error).map(|it| it.request_id.clone()).unwrap_or_default(),
    };
    let (code, message) = (scrub(&code).into_owned(), scrub(&message).into_owned());
    of(Gap::new(cause).with_code(code).with_message(message).with_request_id(request_id), operation(&error))
}

/// Returns the operation of the failed request. The transport put it on the answer or on the error. Returns `None` when
/// no request was sent.
fn operation<E: Error + 'static>(error: &SdkError<E, HttpResponse>) -> Option<&Operation> {
    let answer = error.raw_response().and_then(|answer| answer.extension::<Operation>());
    answer.or_else(|| caused_by::<Failed>(error).map(|failed| &failed.operation))
}

/// Returns whether the credentials for the signature are missing. The SDK has only private types for the time-out of
/// the identity cache and for a missing identity. Only their texts identify these errors.
fn is_about_credentials(error: &(dyn Error + 'static), text: &str) -> bool {
    caused_by::<CredentialsError>(error).is_some() || text.contains("identity")
}

/// Returns the first error of that type among an error and its causes.
fn caused_by<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Returns the gap of an answer that arrived and is unreadable.
pub(super) fn malformed(operation: Option<&Operation>, message: String, request_id: String) -> Gap {
    of(Gap::new(Cause::Malformed).with_message(message).with_request_id(request_id), operation)
}

/// Adds the operation of the request to the gap.
fn of(gap: Gap, operation: Option<&Operation>) -> Gap {
    let Some(Operation { service, name }) = operation else { return gap };
    gap.of_call(service.clone(), name.clone())
}

/// Returns the request id of an answer. Services use different headers for it.
pub(super) fn request_id(response: &HttpResponse) -> String {
    let names = ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"];
    scrub(names.iter().find_map(|name| response.headers().get(*name)).unwrap_or_default()).into_owned()
}

/// Returns an error with all its causes, in one line.
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
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::error::ErrorMetadata;

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

    fn failed(error: ConnectorError) -> Gap {
        let error = Failed::of(error, Operation::new("iam", "ListRoles"));
        gap_of(SdkError::<ErrorMetadata, HttpResponse>::dispatch_failure(error))
    }

    #[test]
    fn an_error_of_the_transport_keeps_its_sort_and_its_text_and_has_the_operation() {
        let unsound = Unsound { cause: Cause::Malformed, what: "no list".to_owned(), request_id: "r-1".to_owned() };
        let table = [
            (ConnectorError::user(Box::new(Stopped)), Cause::Interrupted, Stopped.to_string()),
            (ConnectorError::timeout("late".into()), Cause::TimedOut, "timeout: late".to_owned()),
            (ConnectorError::io("no credentials".into()), Cause::Unreachable, "io error: no credentials".to_owned()),
            (ConnectorError::other("odd".into(), None), Cause::Unreachable, "other: odd".to_owned()),
            (ConnectorError::other(Box::new(unsound), None), Cause::Malformed, "no list".to_owned()),
        ];
        for (error, cause, message) in table {
            let gap = failed(error);
            assert_eq!((gap.service.as_str(), gap.operation.as_str()), ("iam", "ListRoles"), "{gap}");
            assert_eq!((gap.cause, &gap.message), (cause, &message));
        }
    }

    #[test]
    fn without_credentials_no_operation_was_sent() {
        let none = ConnectorError::other(CredentialsError::not_loaded("none").into(), None);
        let gap = gap_of(SdkError::<ErrorMetadata, HttpResponse>::dispatch_failure(none));
        assert_eq!((gap.cause, gap.operation.as_str()), (Cause::Credentials, ""));
    }
}
