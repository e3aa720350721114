//! The calls of kinds and probes: one API operation each, with all that the driver and the client need of it.
//!
//! Pure data. Must not know collectors, policies or AWS clients.

use super::{Attribute, Oracle, Type};

/// One API operation that a kind's collector makes.
#[derive(Debug)]
pub struct Call {
    /// IAM prefix of the service, such as `secretsmanager`.
    pub service: &'static str,
    /// Operation, such as `ListSecrets`.
    pub operation: &'static str,
    /// IAM action that it needs; mostly of the same name. Empty where AWS asks for none.
    pub permission: &'static str,
    /// How often it is made.
    pub frequency: Frequency,
    /// Operations of the same kind whose facts decide whether, or how, this call is made.
    pub after: &'static [&'static str],
    /// The oracle that it asks; the call is then made only for a stage that wants it.
    pub oracle: Option<Oracle>,
    /// Actions that AWS checks beside, for some resources: `kms:Decrypt` where a key of the account encrypts.
    pub also: &'static [&'static str],
    /// Whether it reads values of secrets; it is then made only for a stage that says `read_secret_values: true`.
    pub values: bool,
    /// The action that AWS checks beside where a stage says `unmask: true`; empty where that changes nothing.
    pub unmasked: &'static str,
    /// How fast it may be made.
    pub pace: Pace,
    /// The pages of its answer; a call without them is answered at once.
    pub paging: Option<Paging>,
    /// Whether evidence may keep its answers as AWS gave them, after redaction. It may not unless the call says so: an
    /// answer that holds values of secrets or events of logs has no name that the redaction could know.
    pub kept: bool,
}

/// How often a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// Once per account and Region, page by page: it enumerates the population.
    Population {
        /// The number of items on a full page.
        page: u32,
    },
    /// Once per account and Region, page by page: it adds to every resource.
    Joined {
        /// The number of items on a full page.
        page: u32,
    },
    /// Once per resource that is still of interest.
    Resource,
    /// For each resource that a claim has questions about, in as few calls as they fit into.
    Asked,
}

impl Call {
    /// A call whose IAM action has the operation's name.
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
        }
    }

    /// The same call, made with another frequency: the population of one kind joins another kind.
    #[must_use]
    pub const fn made(self, frequency: Frequency) -> Self {
        Self { frequency, ..self }
    }

    /// The same call with a pace of its own.
    #[must_use]
    pub const fn pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// The same call, whose answer comes in pages.
    #[must_use]
    pub const fn paged(self, paging: Paging) -> Self {
        Self { paging: Some(paging), ..self }
    }

    /// The same call, whose answers evidence may keep.
    #[must_use]
    pub const fn kept(self) -> Self {
        Self { kept: true, ..self }
    }

    /// An attribute whose value the call yields.
    #[must_use]
    pub const fn yields(&self, name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
        Attribute::new(name, of, self.operation, field, doc)
    }

    /// The same call, which reads values of secrets.
    #[must_use]
    pub const fn of_values(self) -> Self {
        Self { values: true, ..self }
    }

    /// The same call, which may ask for what is masked.
    #[must_use]
    pub const fn unmasking(self, action: &'static str) -> Self {
        Self { unmasked: action, ..self }
    }

    /// The same call, for which AWS checks more actions.
    #[must_use]
    pub const fn also(self, actions: &'static [&'static str]) -> Self {
        Self { also: actions, ..self }
    }

    /// The same call, made after others of its kind.
    #[must_use]
    pub const fn after(self, operations: &'static [&'static str]) -> Self {
        Self { after: operations, ..self }
    }

    /// The same call, made only for stages that want the oracle.
    #[must_use]
    pub const fn of(self, oracle: Oracle) -> Self {
        Self { oracle: Some(oracle), ..self }
    }
}

/// How fast an operation may be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// By the quota of its service.
    OfService,
    /// AWS publishes no quota and is known to throttle the operation early.
    Cautious,
    /// By a published quota, per account and Region unless the service is global.
    Published {
        /// Requests a second.
        rate: f64,
        /// Regions in which the quota is another, each group with its requests a second.
        regional: &'static [(&'static [&'static str], f64)],
        /// The name of a quota that several operations share; empty where the operation has its own.
        shared: &'static str,
    },
}

impl Pace {
    /// A published quota of the operation alone, in requests a second.
    #[must_use]
    pub const fn per_second(rate: f64) -> Self {
        Self::Published { rate, regional: &[], shared: "" }
    }

    /// A published quota, in requests a second, which all operations share that name it.
    #[must_use]
    pub const fn shared(name: &'static str, rate: f64) -> Self {
        Self::Published { rate, regional: &[], shared: name }
    }

    /// A published quota of the operation alone, which is another in some Regions.
    #[must_use]
    pub const fn by_region(regional: &'static [(&'static [&'static str], f64)], elsewhere: f64) -> Self {
        Self::Published { rate: elsewhere, regional, shared: "" }
    }

    /// The published requests a second in a Region; absent where the operation has no quota of its own.
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

/// How an answer pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Lists that are paged, one after the other.
    pub lists: &'static [&'static str],
    /// The parameter for the greatest number of items on a page; empty where there is none.
    pub limit: &'static str,
    /// The parameter with the token.
    pub token_in: &'static str,
    /// The member with the token of the next page.
    pub token_out: &'static str,
    /// The member that shows whether there are more pages; empty where only the token does.
    pub truncated: &'static str,
    /// Items on a page of a request without a limit.
    pub usual: usize,
    /// The greatest number of items on a page.
    pub most: usize,
    /// Whether the end of the list is a token that comes twice, and not a missing token.
    pub repeats_last: bool,
}

impl Paging {
    /// The pages of these lists. The token has one name in request and answer, and a page holds so many items.
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

    /// The same, whose answer has the token by another name.
    #[must_use]
    pub const fn answered(self, token_out: &'static str) -> Self {
        Self { token_out, ..self }
    }

    /// The same, with a parameter for the items on a page, and the greatest number for it.
    #[must_use]
    pub const fn limited(self, parameter: &'static str, most: usize) -> Self {
        Self { limit: parameter, most, ..self }
    }

    /// The same, whose answer shows in this member whether there are more pages.
    #[must_use]
    pub const fn flagged(self, truncated: &'static str) -> Self {
        Self { truncated, ..self }
    }

    /// The same, whose end is a token that comes twice.
    #[must_use]
    pub const fn repeating(self) -> Self {
        Self { repeats_last: true, ..self }
    }
}
