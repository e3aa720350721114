//! A gap: something that AWS did not tell us, and why. It is data, never an error that stops a run.
//!
//! Must not know how the failure was found out; `aws` builds gaps from what the SDK reports.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use super::scrub;
use super::words::words;

/// Why something could not be read. The most severe cause for a reader comes first.
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
    /// The caller may not make the call (identity policy, boundary, SCP, resource policy).
    Denied,
    /// AWS kept throttling through all retries.
    Throttled,
    /// The answer ended before the list did: a page failed, or the list says there is more without saying where.
    Truncated,
    /// The credentials expired or were refused during the run.
    Credentials,
    /// The Region is not enabled for the account.
    RegionDisabled,
    /// The service is not enabled or not subscribed in this account.
    ServiceOff,
    /// AWS refuses for a reason that no permission mends: the account is suspended, or the code is not known here.
    Refused,
    /// AWS answered with a server error through all retries.
    Unavailable,
    /// No answer in time.
    TimedOut,
    /// No connection, or it broke.
    Unreachable,
    /// An answer that could not be understood.
    Malformed,
    /// AWS says that the resource does not exist, though it was listed.
    Gone,
    /// An error that no collector expects.
    Unexpected,
    /// The run was stopped before the call was made.
    Interrupted,
    /// A recording or described account holds no answer for the call.
    NotRecorded,
    /// Only an oracle tells it, and the stage does not want that one to be asked; or a probe would have to use up what it
    /// must keep.
    NotAsked,
    /// Another answer of AWS counts more resources than were listed.
    Miscounted,
    /// It was read, and the text that would decide is withheld: it looks like a secret.
    Withheld,
    /// Everything was read, and it does not decide: the answer depends on what no API tells, such as who signs in from
    /// where.
    Undecided,
}

words!(Cause);

/// What could not be read: the call, the resource it was about, and the answer of AWS. It is the error of every read, so
/// it is one pointer wide.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gap(Box<Details>);

/// The members of a [`Gap`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Details {
    /// Why.
    pub cause: Cause,
    /// IAM prefix of the service, such as `kms`.
    pub service: String,
    /// API operation, such as `GetKeyPolicy`.
    pub operation: String,
    /// Account, 12 digits.
    pub account: String,
    /// Region of the call.
    pub region: String,
    /// The resource (ARN or id) the call was about; empty for a list call.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// AWS error code, where there was one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The message of AWS or of the transport, redacted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// AWS request id, where there was one.
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
    /// A gap without a call or a message; the driver of the collectors adds the call.
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

    /// The same with another cause.
    #[must_use]
    pub fn with_cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// The same, of an operation of a service.
    #[must_use]
    pub fn of_call(mut self, service: impl Into<String>, operation: impl Into<String>) -> Self {
        self.service = service.into();
        self.with_operation(operation)
    }

    /// The same, of another operation.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = operation.into();
        self
    }

    /// The same, of an account and Region.
    #[must_use]
    pub fn at(mut self, account: impl Into<String>, region: impl Into<String>) -> Self {
        self.account = account.into();
        self.region = region.into();
        self
    }

    /// The same, of a resource.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// The same with an error code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// The same with a message.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same with the id of a request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = request_id.into();
        self
    }

    /// The gap without anything that looks like a secret in what AWS said, or in the name of the resource.
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
