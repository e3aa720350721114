//! A gap: data that AWS did not return, and the cause. A gap is data and never an error that stops a run.
//!
//! This module must not know how a failure was detected. The module `aws` builds gaps from the errors of the SDK.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use super::scrub;
use super::words::words;

/// The cause of a gap. The causes are ordered by their importance for a reader. The most important cause comes first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Cause {
    /// The caller has no permission for the call. An identity policy, a boundary, an SCP or a resource policy can deny
    /// the call.
    Denied,
    /// AWS throttled the call and all retries.
    Throttled,
    /// The list is not complete. A page failed, or the answer announces more items and has no token for the next page.
    Truncated,
    /// The credentials expired or were refused during the run.
    Credentials,
    /// The Region is not enabled for the account.
    RegionDisabled,
    /// The service is not enabled in this account, or the account has no subscription for it.
    ServiceOff,
    /// AWS refused the call for a reason that no permission corrects: the account is suspended, or the error code is
    /// unknown.
    Refused,
    /// AWS answered the call and all retries with a server error.
    Unavailable,
    /// There was no answer in time.
    TimedOut,
    /// There was no connection, or the connection broke.
    Unreachable,
    /// The answer could not be understood.
    Malformed,
    /// AWS listed the resource, and a later answer of AWS is that the resource does not exist.
    Gone,
    /// An error that no collector expects.
    Unexpected,
    /// The run was stopped before the call was made.
    Interrupted,
    /// The recording or the described account holds no answer for the call.
    NotRecorded,
    /// The data need an oracle, and the stage does not enable it. Or a probe could get the data only by using up a
    /// resource that it must keep.
    NotAsked,
    /// Another answer of AWS has a greater number of resources than the list.
    Miscounted,
    /// The case is about a longer time than the run read, or about a Region that the stage does not name.
    OutOfReach,
    /// The data were read, but a text that the decision needs is withheld because it looks like a secret.
    Withheld,
    /// All data were read, but they are not enough to decide. The answer depends on data that no API returns, such as
    /// the user and the place of a sign-in.
    Undecided,
}

words!(Cause);

/// The data of one gap: the call, the resource and the answer of AWS. The size is only one pointer, because every read
/// returns this type as its error.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gap(Box<Details>);

/// The members of a [`Gap`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Details {
    /// The cause.
    pub cause: Cause,
    /// The IAM prefix of the service, such as `kms`.
    pub service: String,
    /// The API operation, such as `GetKeyPolicy`.
    pub operation: String,
    /// The account, 12 digits.
    pub account: String,
    /// The Region of the call.
    pub region: String,
    /// The resource of the call: an ARN or an id. It is empty for a list call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// The AWS error code, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The message of AWS or of the transport, redacted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The AWS request id, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_id: String,
}

impl Deref for Gap {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Gap {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

impl Gap {
    /// Creates a gap without a call and without a message. The driver of the collectors adds the call.
    #[must_use]
    pub fn new(cause: Cause) -> Self {
        Self(Box::new(Details {
            cause,
            service: String::new(),
            operation: String::new(),
            account: String::new(),
            region: String::new(),
            resource: String::new(),
            code: String::new(),
            message: String::new(),
            request_id: String::new(),
        }))
    }

    /// Replaces the cause.
    #[must_use]
    pub fn with_cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// Sets the service and the operation.
    #[must_use]
    pub fn of_call(mut self, service: impl Into<String>, operation: impl Into<String>) -> Self {
        self.service = service.into();
        self.with_operation(operation)
    }

    /// Replaces the operation.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = operation.into();
        self
    }

    /// Sets the account and the Region.
    #[must_use]
    pub fn at(mut self, account: impl Into<String>, region: impl Into<String>) -> Self {
        self.account = account.into();
        self.region = region.into();
        self
    }

    /// Sets the resource.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Sets the error code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// Sets the message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Sets the id of the request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// Replaces every text that looks like a secret in the message, the resource, the error code and the request id.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        let Details { resource, code, message, request_id, .. } = &mut *self;
        for text in [message, resource, code, request_id] {
            if let Cow::Owned(clean) = scrub(text) {
                *text = clean;
            }
        }
        self
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:{}", self.cause.word(), self.service, self.operation)?;
        if !self.code.is_empty() {
            write!(f, " ({})", self.code)?;
        }
        Ok(())
    }
}
