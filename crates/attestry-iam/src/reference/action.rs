//! One action. This module must not know the file with the actions.

use std::cmp::Ordering;
use std::fmt;

use super::service::{Row, Service, without_case};
use super::{Format, Level};

/// One action of AWS. Equality, order and display use only the name. The order ignores the case of letters.
#[derive(Clone, Copy)]
pub struct Action {
    pub(super) service: &'static Service,
    pub(super) operation: &'static str,
    pub(super) row: &'static Row,
}

impl Action {
    /// Returns the whole name in the spelling of AWS: `secretsmanager:GetSecretValue`.
    #[must_use]
    pub fn name(self) -> String {
        self.to_string()
    }

    /// Returns the service.
    #[must_use]
    pub fn service(self) -> &'static Service {
        self.service
    }

    /// Returns the name within the service: `GetSecretValue`.
    #[must_use]
    pub fn operation(self) -> &'static str {
        self.operation
    }

    /// Returns the access level.
    #[must_use]
    pub fn level(self) -> Level {
        self.row.level
    }

    /// Returns the ARN formats of its resource types. An empty list means that the action has no resource-level
    /// permissions, so only a statement for `*` covers it. The data does not show whether a request may also have no
    /// resource.
    #[must_use]
    pub fn resources(self) -> &'static [Format] {
        &self.row.formats
    }

    fn key(self) -> (&'static str, &'static str) {
        (self.service.prefix(), self.operation)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service.prefix(), self.operation)
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartialEq for Action {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Action {}

impl PartialOrd for Action {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Action {
    fn cmp(&self, other: &Self) -> Ordering {
        let of_service = self.service.prefix().cmp(other.service.prefix());
        of_service.then_with(|| without_case(self.operation, other.operation))
    }
}

impl std::hash::Hash for Action {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}
