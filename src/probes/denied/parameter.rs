//! The parameter that the probe `denied` stores if AWS wrongly allows it.
//!
//! Must not know why it was created.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::client::{Api, Client, SSM};
use crate::aws::{AccountRegion, Pages};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::mark::MARK;
use crate::probes::runner::ownership::{Origin, Ownership, not_seen_yet};
use attestry_core::facts::Gap;

const LIST_TAGS: Api = SSM.api("ListTagsForResource");
const DESCRIBE_PARAMETERS: Api = SSM.api("DescribeParameters");
const DELETE_PARAMETER: Api = SSM.api("DeleteParameter");

/// The kind of this artifact.
pub(in crate::probes) static PARAMETER: ArtifactKind = ArtifactKind {
    name: "parameter",
    probe: "denied",
    parse: parse::<Parameter>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// A parameter of Systems Manager.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameter {
    pub(super) name: String,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parameter {}", self.name)
    }
}

impl Artifact for Parameter {
    fn kind(&self) -> &'static ArtifactKind {
        &PARAMETER
    }

    fn undo(&self) -> String {
        format!("aws ssm delete-parameter --name {}", self.name)
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.name.ends_with(mark)
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            at.client(Client::new).send(&DELETE_PARAMETER, json!({ "Name": handle })).await?;
            Ok(())
        })
    }
}

impl Parameter {
    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let tags = json!({ "ResourceType": "Parameter", "ResourceId": self.name });
        match at.client(Client::new).call::<IgnoredAny>(&LIST_TAGS, tags).await {
            Ok(_) => {}
            Err(gap) if gap.code == "InvalidResourceId" => return Ok(Ownership::Gone),
            Err(gap) => return Err(gap),
        }
        let mut pages = Pages::default();
        while pages.go_on() {
            let page = page_of(at, "Equals", &self.name, &pages).await?;
            let described = page.parameters.into_iter().flatten().find(|it| it.name.as_ref() == Some(&self.name));
            if let Some(described) = described {
                return Ok(Ownership::judged(&*self.name, described.prove(origin)));
            }
            pages.turn(page.next_token.as_deref(), false)?;
        }
        Err(not_seen_yet(&format!("DescribeParameters does not show {} yet", self.name)))
    }
}

/// A page of parameters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ParameterPage {
    parameters: Option<Vec<Described>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    name: Option<String>,
    description: Option<String>,
    version: Option<i64>,
    last_modified_date: Option<f64>,
}

impl Described {
    fn prove(&self, origin: &Origin) -> Result<(), String> {
        origin.check_description(self.description.as_deref())?;
        // The last change of the first version is the creation.
        if self.version != Some(1) {
            return Err("its value was changed after the probe made it".to_owned());
        }
        let seconds = self.last_modified_date.and_then(|it| SignedDuration::try_from_secs_f64(it).ok());
        origin.check_time("it", seconds.and_then(|it| Timestamp::from_duration(it).ok()))
    }
}

/// The next page of the parameters whose name compares with the text in this way.
async fn page_of(at: &AccountRegion, comparison: &str, text: &str, pages: &Pages) -> Result<ParameterPage, Gap> {
    let filter = json!({ "Key": "Name", "Option": comparison, "Values": [text] });
    let input = json!({ "ParameterFilters": [filter], "NextToken": pages.token() });
    at.client(Client::new).call(&DESCRIBE_PARAMETERS, input).await
}

async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let page = page_of(at, "Contains", MARK, &pages).await?;
        for name in page.parameters.into_iter().flatten().filter_map(|described| described.name) {
            found.extend(Marked::by(&name, |_| Parameter { name: name.clone() }));
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(found)
}
