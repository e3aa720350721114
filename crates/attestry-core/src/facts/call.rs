//! The calls of kinds and probes. A call is one API operation with the properties that the driver and the client need.
//!
//! This module is pure data. It must not know collectors, policies or AWS clients.

use super::{Attribute, Oracle, Type, Window};

/// One API operation that a kind's collector makes.
#[derive(Debug)]
pub struct Call {
    /// The IAM prefix of the service, such as `secretsmanager`.
    pub service: &'static str,
    /// The operation, such as `ListSecrets`.
    pub operation: &'static str,
    /// The IAM action that the call needs. It usually has the name of the operation. It is empty if AWS requires no
    /// permission.
    pub permission: &'static str,
    /// The frequency of the call.
    pub frequency: Frequency,
    /// The operations of the same kind that are called before. Their facts decide whether and how this call is made.
    pub after: &'static [&'static str],
    /// The oracle of the call. Such a call is made only for a stage that enables the oracle.
    pub oracle: Option<Oracle>,
    /// Further actions that AWS checks for some resources. Example: `kms:Decrypt` for a resource that is encrypted with
    /// a key of the account.
    pub also: &'static [&'static str],
    /// Whether the call reads values of secrets. Such a call is made only for a stage with `read_secret_values: true`.
    pub values: bool,
    /// A further action that AWS checks for a stage with `unmask: true`. It is empty if the call returns no masked
    /// data.
    pub unmasked: &'static str,
    /// The limit for the rate of the call.
    pub pace: Pace,
    /// The pages of the answer. A call without pages has a single answer.
    pub paging: Option<Paging>,
    /// Whether evidence may keep the redacted answers of the call. The default is no. The redaction finds secrets by
    /// the names of members, and answers with values of secrets or events of logs have no such names.
    pub kept: bool,
    /// The error codes with which AWS answers that the resource does not exist. Only kind files set them here.
    pub gone: &'static [&'static str],
    /// The window of time, if the answers are about a span of time.
    pub window: Option<&'static Window>,
}

/// The frequency of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Once for each account and Region, page by page. The call lists the population.
    Population {
        /// The number of items on a full page.
        page: u32,
    },
    /// Once for each account and Region, page by page. The call adds facts to every resource.
    Joined {
        /// The number of items on a full page.
        page: u32,
    },
    /// Once for each resource that still needs facts.
    Resource,
    /// For each resource that a claim has questions about. Each call has as many questions as one request can contain.
    Asked,
}

impl Call {
    /// Creates a call with the IAM action `permission`. All other properties have their defaults.
    #[must_use]
    pub const fn new(
        service: &'static str,
        operation: &'static str,
        permission: &'static str,
        frequency: Frequency,
    ) -> Self {
        Self {
            service,
            operation,
            permission,
            frequency,
            after: &[],
            oracle: None,
            also: &[],
            values: false,
            unmasked: "",
            pace: Pace::OfService,
            paging: None,
            kept: false,
            gone: &[],
            window: None,
        }
    }

    /// Returns a copy of the call with another frequency. For example, a call that lists one kind can add facts to
    /// another kind.
    #[must_use]
    pub const fn made(self, frequency: Frequency) -> Self {
        Self { frequency, ..self }
    }

    /// Returns a copy of the call with its own pace.
    #[must_use]
    pub const fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Returns a copy of the call with an answer in pages.
    #[must_use]
    pub const fn paged(self, paging: Paging) -> Self {
        Self { paging: Some(paging), ..self }
    }

    /// Returns a copy of the call whose answers evidence may keep.
    #[must_use]
    pub const fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// Creates an attribute whose value the call returns.
    #[must_use]
    pub const fn yields(&self, name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
        Attribute::new(name, of, self.operation, field, doc)
    }

    /// Returns a copy of the call that reads values of secrets.
    #[must_use]
    pub const fn of_values(self) -> Self {
        Self { values: true, ..self }
    }

    /// Returns a copy of the call that may request masked data.
    #[must_use]
    pub const fn unmasking(self, action: &'static str) -> Self {
        Self { unmasked: action, ..self }
    }

    /// Returns a copy of the call whose answers are limited to a window of time.
    #[must_use]
    pub const fn windowed(self, window: &'static Window) -> Self {
        Self { window: Some(window), ..self }
    }

    /// Returns a copy of the call that also needs the permission for these actions.
    #[must_use]
    pub const fn also(self, actions: &'static [&'static str]) -> Self {
        Self { also: actions, ..self }
    }

    /// Returns a copy of the call that is made after these operations of its kind.
    #[must_use]
    pub const fn after(self, operations: &'static [&'static str]) -> Self {
        Self { after: operations, ..self }
    }

    /// Returns a copy of the call that is made only for stages that enable the oracle.
    #[must_use]
    pub const fn of(self, oracle: Oracle) -> Self {
        Self { oracle: Some(oracle), ..self }
    }
}

/// The limit for the rate of an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// The quota of the service.
    OfService,
    /// AWS publishes no quota, and AWS throttles the operation at low rates.
    Cautious,
    /// A published quota for each account and Region. For a global service, it is a quota for each account.
    Published {
        /// The quota in requests per second.
        rate: f64,
        /// The Regions with another quota. Each group has its own number of requests per second.
        regional: &'static [(&'static [&'static str], f64)],
        /// The name of a quota that several operations share. It is empty if the operation has its own quota.
        shared: &'static str,
    },
}

impl Pace {
    /// Creates the published quota of a single operation, in requests per second.
    #[must_use]
    pub const fn per_second(rate: f64) -> Self {
        Self::Published { rate, regional: &[], shared: "" }
    }

    /// Creates a published quota in requests per second. All operations with the same `name` share the quota.
    #[must_use]
    pub const fn shared(name: &'static str, rate: f64) -> Self {
        Self::Published { rate, regional: &[], shared: name }
    }

    /// Creates the published quota of a single operation. `regional` has the Regions with another quota.
    #[must_use]
    pub const fn by_region(regional: &'static [(&'static [&'static str], f64)], elsewhere: f64) -> Self {
        Self::Published { rate: elsewhere, regional, shared: "" }
    }

    /// Returns the published quota in a Region, in requests per second. It is `None` if AWS publishes no quota for the
    /// operation.
    #[must_use]
    pub fn rate_in(&self, region: &str) -> Option<f64> {
        match self {
            Self::Published { rate, regional, .. } => {
                let here = regional.iter().find(|(regions, _)| regions.contains(&region));
                Some(here.map_or(*rate, |(_, rate)| *rate))
            }
            Self::OfService | Self::Cautious => None,
        }
    }
}

/// The description of the pages of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The lists that are paged, one after the other.
    pub lists: &'static [&'static str],
    /// The parameter for the greatest number of items on a page. It is empty if the operation has no such parameter.
    pub limit: &'static str,
    /// The parameter of the request that holds the token.
    pub token_in: &'static str,
    /// The member of the answer that holds the token of the next page.
    pub token_out: &'static str,
    /// The member that shows whether there are more pages. It is empty if only the token shows it.
    pub truncated: &'static str,
    /// The number of items on a page when the request has no limit.
    pub usual: usize,
    /// The greatest number of items on a page.
    pub most: usize,
    /// Whether the list ends with a repeated token. Other lists end without a token.
    pub repeats_last: bool,
}

impl Paging {
    /// Describes the pages of these lists. The token has the same name in the request and in the answer. A page has
    /// `items` items.
    #[must_use]
    pub const fn by(token: &'static str, lists: &'static [&'static str], items: usize) -> Self {
        Self {
            lists,
            limit: "",
            token_in: token,
            token_out: token,
            truncated: "",
            usual: items,
            most: items,
            repeats_last: false,
        }
    }

    /// Sets another name for the token in the answer.
    #[must_use]
    pub const fn answered(self, token_out: &'static str) -> Self {
        Self { token_out, ..self }
    }

    /// Sets the parameter for the number of items on a page, and the greatest value of this parameter.
    #[must_use]
    pub const fn limited(self, parameter: &'static str, most: usize) -> Self {
        Self { limit: parameter, most, ..self }
    }

    /// Sets the member of the answer that shows whether there are more pages.
    #[must_use]
    pub const fn flagged(self, truncated: &'static str) -> Self {
        Self { truncated, ..self }
    }

    /// Declares that the list ends with a repeated token.
    #[must_use]
    pub const fn repeating(self) -> Self {
        Self { repeats_last: true, ..self }
    }
}
