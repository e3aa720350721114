//! An account that is described in readable YAML. It answers the real SDK clients inside the process.
//!
//! This module must not know kinds or policies. It contains the operations of the API as AWS documents them, their
//! lists and their parameters. `suites/accounts/README.md` documents the format for authors:
//!
//! ```yaml
//! account: "647751526084"
//! regions: [ap-southeast-2]            # AWS refuses requests to other Regions
//! as_of: 2026-11-20T22:15:00Z          # the instant of the description; ages are counted from it
//! pages: { ListSecrets: 5 }            # the largest number of items on a page, to force paging
//! answers:
//!   secretsmanager:
//!     ListSecrets:                     # one answer; the server divides its list into pages, with opaque tokens
//!       SecretList: [{ Name: bank-a }]
//!     GetResourcePolicy:               # one answer for each resource
//!       by SecretId:
//!         bank-a: { ResourcePolicy: { Version: "2012-10-17", Statement: [] } }
//!         "*": {}                      # all other resources
//!     DescribeSecret: { error: AccessDeniedException, message: no }
//!     ListSecretVersionIds:            # the first answer; `then` is every later answer, or a list of answers
//!       Versions: []
//!       then: { error: ResourceNotFoundException }
//!   logs in us-east-1:                 # only this Region; it comes before `logs`
//!     DescribeMetricFilters:
//!       metricFilters: []
//!       page 2: { error: ServiceUnavailableException, status: 503 }
//! simulator:                           # decisions of the policy simulator; the first that covers a request counts
//!   - { principal: bank-app, action: "kms:*", resource: "*", decision: implicitDeny }
//! ```

mod answer;
mod complete;
mod faults;
mod lookup;
mod mutate;
mod paging;
mod places;
mod read;
mod select;
mod simulator;
mod turns;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Operation;
use super::wire::{self, Failure, Protocol};
use answer::{Answer, Choice};
use attestry_core::facts::partition;
use attestry_core::source::{Diagnostics, Files, render};
use simulator::Simulation;
use turns::Turns;

pub use complete::{Place, complete};
pub use faults::{Fault, Faults};
pub use mutate::{Change, Mutation};
pub use paging::{PAGED, Paged};

/// An account of a description.
#[derive(Debug)]
pub struct Described {
    /// The account, 12 digits.
    pub account: String,
    /// The Regions that are enabled.
    pub regions: Vec<String>,
    /// The instant of the description.
    pub as_of: Timestamp,
    pages: BTreeMap<String, usize>,
    answers: BTreeMap<Key, Answer>,
    simulations: Vec<Simulation>,
}

/// The key of an answer: service, Region (empty for all Regions) and operation.
type Key = (String, String, String);

/// A description that cannot be used.
#[derive(Debug)]
pub struct Unreadable {
    /// The text of the description. Messages show places in it.
    pub files: Files,
    /// The diagnostics.
    pub diagnostics: Diagnostics,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(render(&self.files, &self.diagnostics, false).trim_end())
    }
}

impl std::error::Error for Unreadable {}

impl Described {
    /// Reads a description.
    ///
    /// # Errors
    /// The diagnostics for all mistakes in the text, with their places.
    pub fn read(file_name: &str, text: &str) -> Result<Self, Box<Unreadable>> {
        let mut files = Files::new();
        let mut diagnostics = Diagnostics::new();
        let described = read::read(files.add(file_name, text), text, &mut diagnostics);
        match described {
            Some(described) if !diagnostics.has_errors() => Ok(described),
            _ => Err(Box::new(Unreadable { files, diagnostics })),
        }
    }

    /// Returns the transport that answers as the account would.
    #[must_use]
    pub fn connector(self: &Arc<Self>) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { account: Arc::clone(self), turns: Turns::default() })
    }

    fn answer(&self, request: &HttpRequest, turns: &Turns) -> HttpResponse {
        let Some(operation) = &Operation::of(request) else {
            let nothing = Operation { service: String::new(), name: String::new() };
            return wire::not_described(&nothing, "the request does not name its operation");
        };
        let region = wire::region(request).unwrap_or_default();
        if !is_global(&operation.service, region)
            && !region.is_empty()
            && !self.regions.iter().any(|enabled| enabled == region)
        {
            return wire::refuse(operation, &not_enabled(&operation.service));
        }
        let parameters = wire::parameters(operation, request);
        match self.value(operation, region, &parameters, turns) {
            Ok(mut value) => {
                let sent = wire::sent(operation, request);
                let as_of = &self.as_of.to_string();
                let place = Place { account: &self.account, region, as_of, parameters: &sent };
                complete(operation, &place, &mut value);
                wire::answer(operation, 200, &value)
            }
            Err(failure) => wire::refuse(operation, &failure),
        }
    }

    fn value(&self, operation: &Operation, region: &str, parameters: &Value, turns: &Turns) -> Result<Value, Failure> {
        let key = |region: &str| (operation.service.clone(), region.to_owned(), operation.name.clone());
        let Some(answer) = self.answers.get(&key(region)).or_else(|| self.answers.get(&key(""))) else {
            let value =
                self.own(operation, region, parameters).ok_or_else(|| not_described(operation, "nothing"))??;
            return self.page(operation, region, parameters, &BTreeMap::new(), value);
        };
        let (value, failing) =
            match answer.choose(parameters, &|answer| turns.of(answer, operation, region, parameters)) {
                Choice::Value(value, failing) => (value, failing),
                Choice::Refusal(failure) => return Err(failure.clone()),
                Choice::None(parameter) => {
                    return Err(not_described(operation, &format!("no answer for this {parameter}")));
                }
            };
        let mut value = value.clone();
        select::apply(operation, region, parameters, &mut value);
        lookup::apply(operation, self.as_of, parameters, &mut value);
        self.page(operation, region, parameters, failing, value)
    }

    /// Returns the requested page of an answer, or the whole answer when it has no pages.
    fn page(
        &self,
        operation: &Operation,
        region: &str,
        parameters: &Value,
        failing: &BTreeMap<usize, Failure>,
        value: Value,
    ) -> Result<Value, Failure> {
        match Paged::of(operation) {
            Some(paged) => {
                let most = self.pages.get(&operation.name).copied();
                paging::cut(paged, region, parameters, most, failing, &value)
            }
            None => Ok(value),
        }
    }

    /// Returns an answer that needs no entry in `answers`: the identity of the caller, or a decision of the simulator.
    fn own(&self, operation: &Operation, region: &str, parameters: &Value) -> Option<Result<Value, Failure>> {
        if operation.service == "iam" && operation.name == simulator::OPERATION && !self.simulations.is_empty() {
            let told = simulator::answer(&self.simulations, parameters);
            return Some(told.map_err(|what| not_described(operation, &what)));
        }
        (operation.service == "sts" && operation.name == "GetCallerIdentity").then(|| {
            Ok(json!({
                "Account": self.account,
                "Arn": format!("arn:{}:sts::{}:assumed-role/described/attestry", partition(region), self.account),
                "UserId": "AROADESCRIBEDACCOUNT:attestry",
            }))
        })
    }
}

/// Returns whether a service has one endpoint for all Regions. Its requests are signed for the Region of that endpoint.
fn is_global(service: &str, region: &str) -> bool {
    attestry_model::service(service).is_some_and(|it| it.global(partition(region)).is_some())
}

fn not_described(operation: &Operation, what: &str) -> Failure {
    let message = format!("the description holds {what} for {}:{}", operation.service, operation.name);
    Failure::new(wire::NOT_DESCRIBED, message).with_status(400)
}

/// Returns the error of AWS for a Region that is not enabled: AWS does not accept the credentials there.
fn not_enabled(service: &str) -> Failure {
    match Protocol::of(service) {
        Protocol::Json | Protocol::RestJson => {
            Failure::new("UnrecognizedClientException", "The security token included in the request is invalid.")
                .with_status(if service == "lambda" { 403 } else { 400 })
        }
        Protocol::Query | Protocol::Cbor => {
            Failure::new("InvalidClientTokenId", "The security token included in the request is invalid.")
                .with_status(403)
        }
        Protocol::RestXml => {
            Failure::new("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
                .with_status(403)
        }
    }
}

#[derive(Debug)]
struct Connector {
    account: Arc<Described>,
    turns: Turns,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.account.answer(&request, &self.turns)))
    }
}

#[cfg(test)]
pub(super) mod tests;
