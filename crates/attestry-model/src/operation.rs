//! The read operations of a service. This module must not know the purpose of an operation.

use crate::data::{Model, OperationData};
use crate::service::Service;
use crate::shape::{Shape, Structure};

/// One operation that only reads.
#[derive(Clone, Copy)]
pub struct Operation {
    pub(crate) service: &'static Service,
    pub(crate) model: &'static Model,
    pub(crate) data: &'static OperationData,
}

impl Operation {
    /// Returns the name, such as `DescribeInstances`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.data.name
    }

    /// Returns the service.
    #[must_use]
    pub fn service(self) -> &'static Service {
        self.service
    }

    /// Returns the HTTP method.
    #[must_use]
    pub fn method(self) -> &'static str {
        self.data.method
    }

    /// Returns the template of the path, such as `/clusters/{name}`. `{name+}` may contain slashes.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.data.path
    }

    /// Returns the template of the text in front of the host, such as `{AccountId}.`. It is usually empty.
    #[must_use]
    pub fn host_prefix(self) -> &'static str {
        self.data.host_prefix
    }

    /// Returns the members of the input. An operation without an input has none.
    #[must_use]
    pub fn input(self) -> Option<Structure> {
        self.structure(self.data.input)
    }

    /// Returns the members of the answer. An operation without an output has none.
    #[must_use]
    pub fn output(self) -> Option<Structure> {
        self.structure(self.data.output)
    }

    /// Returns the codes of the errors in AWS's model, as they are on the wire. AWS sends others, too.
    #[must_use]
    pub fn errors(self) -> &'static [&'static str] {
        &self.data.errors
    }

    /// Returns whether the model has this error code for the operation.
    #[must_use]
    pub fn has_error(self, code: &str) -> bool {
        self.errors().contains(&code)
    }

    /// Returns the paginator of the model.
    #[must_use]
    pub fn pages(self) -> Option<&'static Pages> {
        self.data.pages.as_ref()
    }

    /// Returns the paths of the members of the answer that look like the token of a next page, such as
    /// `DistributionList.NextMarker`. They matter where the model has no paginator, because such an operation can still
    /// have several pages.
    #[must_use]
    pub fn tokens(self) -> &'static [&'static str] {
        &self.data.tokens
    }

    /// Returns the name of the element that contains the members in a Query answer.
    pub(crate) fn wrapper(self) -> Option<&'static str> {
        self.data.wrapper
    }

    fn structure(self, at: Option<u32>) -> Option<Structure> {
        match Shape::at(self.model, at?) {
            Shape::Structure(structure) => Some(structure),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Operation({}:{})", self.service.name(), self.name())
    }
}

/// The paginator of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// The members of the input that take the tokens.
    pub send: Vec<&'static str>,
    /// The paths of the tokens in the answer, in the same order. A few are expressions of JMESPath.
    pub next: Vec<&'static str>,
    /// The path of the member that is true when there is another page.
    pub more: Option<&'static str>,
    /// The member of the input that limits the size of a page.
    pub limit: Option<&'static str>,
    /// The paths of the items.
    pub items: Vec<&'static str>,
}
