//! The values that a sweep searches for: the values of the secrets and of the SecureString parameters in scope.
//!
//! This module must not know log groups. A request names a value by name and version. The code that gets the value
//! wipes it.

use crate::aws::gap_of;
use std::collections::HashSet;

use aws_sdk_secretsmanager::Client as Secrets;
use aws_sdk_secretsmanager::types::SecretListEntry;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;
use zeroize::{Zeroize, Zeroizing};

use super::{GET_EARLIER, GET_PARAMETERS, GET_SECRETS, LIST_PARAMETERS, LIST_SECRETS};
use crate::aws::client::{Api, Client, SSM};
use crate::aws::{AccountRegion, refused_with};
use crate::kinds::secretsmanager_secret::secrets;
use crate::kinds::ssm_parameter::{Parameter, parameters};
use crate::kinds::support::convert::{malformed, time};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::redact::REDACTED;
use attestry_core::facts::{Cause, Gap};
use attestry_iam::{LetterCase, Pattern};
use attestry_logs::Secret;

/// The labels of versions in use. Versions with other labels or without a label are not in use.
const LABELS: [&str; 3] = ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"];

/// The largest number of open requests.
const AT_ONCE: usize = 16;

/// The number of parameters in one request.
const BATCH: usize = 10;

const PARAMETERS_API: Api = SSM.api(GET_PARAMETERS.operation);
const HISTORY_API: Api = SSM.api(GET_EARLIER.operation);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Values {
    parameters: Option<Vec<Decrypted>>,
    invalid_parameters: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versions {
    parameters: Option<Vec<Decrypted>>,
    next_token: Option<String>,
}

/// A version of a parameter with its value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Decrypted {
    name: Option<String>,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    #[serde(default)]
    version: i64,
    value: Option<String>,
}

/// The values that were read, the numbers of parameters and of their earlier versions among them, and the first reason
/// why another value was not read.
#[derive(Default)]
pub(super) struct Read {
    pub(super) values: Vec<Secret>,
    /// All versions of the parameters. The newest version is among `values` too.
    pub(super) history: Vec<Secret>,
    pub(super) parameters: usize,
    pub(super) earlier: usize,
    pub(super) blind: Option<Gap>,
}

impl Read {
    fn miss(&mut self, gap: Gap) {
        self.blind = self.blind.take().map(|first| first.min(gap.clone())).or(Some(gap));
    }

    fn add(&mut self, other: Self) {
        self.values.extend(other.values);
        self.history.extend(other.history);
        self.parameters += other.parameters;
        other.blind.into_iter().for_each(|gap| self.miss(gap));
    }

    /// Removes repeated versions, after all answers have come.
    fn settle(&mut self) {
        let version = |it: &Secret| (it.name.clone(), it.version.clone());
        let mut known: HashSet<_> = self.values.iter().map(version).collect();
        let earlier = std::mem::take(&mut self.history).into_iter().filter(|it| known.insert(version(it)));
        let before = self.values.len();
        self.values.extend(earlier);
        self.earlier = self.values.len() - before;
    }
}

/// Returns the secrets in the scope of the stage's sweep whose values AWS still returns. The second value is a gap if
/// the secrets may be incomplete.
pub(super) async fn secrets_in_scope(at: &AccountRegion) -> (Vec<SecretListEntry>, Result<(), Gap>) {
    let all = match secrets(at).await {
        Ok(all) => all,
        Err(gap) => return (Vec::new(), Err(gap)),
    };
    let wanted = wanted(&at.logs.secrets);
    let named = |secret: &&SecretListEntry| secret.name().is_none_or(&wanted);
    // An unreadable date does not hide a value. The sweep still requests the value, and the answer of AWS decides.
    let gone = |secret: &SecretListEntry| matches!(time(secret.deleted_date()), Ok(Some(_)));
    (all.items.iter().filter(named).filter(|it| !gone(it)).cloned().collect(), all.whole())
}

/// Returns the SecureString parameters in the scope of the sweep, and a gap if they may be incomplete.
pub(super) async fn parameters_in_scope(at: &AccountRegion) -> (Vec<Parameter>, Result<(), Gap>) {
    let all = match parameters(at).await {
        Ok(all) => all,
        Err(gap) => return (Vec::new(), Err(gap)),
    };
    let wanted = wanted(&at.logs.parameters);
    let named = |it: &&Parameter| !it.is_plain() && it.name.as_deref().is_none_or(&wanted);
    (all.items.iter().filter(named).cloned().collect(), all.whole())
}

fn wanted(names: &[String]) -> impl Fn(&str) -> bool {
    let patterns: Vec<Pattern> = names.iter().map(|text| Pattern::new(text)).collect();
    move |name| patterns.is_empty() || patterns.iter().any(|it| it.matches(name, LetterCase::Exact))
}

/// Reads every value in scope that AWS returns.
pub(super) async fn read(at: &AccountRegion) -> Read {
    let (mut found, mut asking) = (Read::default(), JoinSet::new());
    let (secrets, all) = secrets_in_scope(at).await;
    all.unwrap_or_else(|gap| found.miss(placed(gap, "secretsmanager", LIST_SECRETS.operation)));
    for secret in secrets {
        let Some(arn) = secret.arn() else {
            found.miss(malformed("a secret without ARN"));
            continue;
        };
        for (version, label) in versions(&secret) {
            room(&mut asking, &mut found).await;
            asking.spawn(of_secret(at.client(Secrets::new), arn.to_owned(), version, label));
        }
    }
    let (parameters, all) = parameters_in_scope(at).await;
    all.unwrap_or_else(|gap| found.miss(placed(gap, "ssm", LIST_PARAMETERS.operation)));
    let names: Vec<String> = parameters.iter().filter_map(|it| it.name.clone()).collect();
    if names.len() < parameters.len() {
        found.miss(malformed("a parameter without name"));
    }
    for names in names.chunks(BATCH) {
        room(&mut asking, &mut found).await;
        asking.spawn(of_parameters(at.client(Client::new), names.to_vec()));
    }
    // The first version of a parameter has no earlier version.
    for parameter in parameters.iter().filter(|it| it.version != 1) {
        let Some(name) = parameter.name.clone() else { continue };
        let known = parameter.arn.clone().unwrap_or_else(|| name.clone());
        room(&mut asking, &mut found).await;
        asking.spawn(history(at.client(Client::new), name, known));
    }
    while let Some(done) = asking.join_next().await {
        found.add(whole(done));
    }
    found.settle();
    found
}

async fn room(asking: &mut JoinSet<Read>, found: &mut Read) {
    if asking.len() >= AT_ONCE
        && let Some(done) = asking.join_next().await
    {
        found.add(whole(done));
    }
}

fn whole(done: Result<Read, tokio::task::JoinError>) -> Read {
    done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}

/// Returns the versions that have a label in use. Each version appears once, with its first label. If AWS lists no
/// version, the result is the current version, and the answer to the request shows whether there is one.
fn versions(secret: &SecretListEntry) -> Vec<(Option<String>, &'static str)> {
    let Some(all) = secret.secret_versions_to_stages().filter(|all| !all.is_empty()) else {
        return vec![(None, "AWSCURRENT")];
    };
    let label = |stages: &Vec<String>| LABELS.into_iter().find(|label| stages.iter().any(|stage| stage == label));
    let labelled = all.iter().filter_map(|(id, stages)| Some((Some(id.clone()), label(stages)?)));
    let mut found: Vec<_> = labelled.collect();
    found.sort();
    found
}

/// Reads the value of one version of a secret.
async fn of_secret(client: Secrets, arn: String, version: Option<String>, label: &'static str) -> Read {
    let name = format!("{arn} {label}");
    let missed =
        |gap: Gap| Read { blind: Some(named(gap, &name, "secretsmanager", GET_SECRETS.operation)), ..Read::default() };
    let request = client.get_secret_value().secret_id(&arn).set_version_id(version.clone());
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        // The secret was created without a value, or the label moved after the list was read.
        Err(error) if version.is_none() && refused_with(&error, &["ResourceNotFoundException"]) => {
            return Read::default();
        }
        Err(error) => return missed(gap_of(error)),
    };
    let text = answer.secret_string.take().map(String::into_bytes);
    let bytes = answer.secret_binary.take().map(aws_sdk_secretsmanager::primitives::Blob::into_inner);
    let Some(mut value) = text.or(bytes) else {
        return missed(malformed(format!("the answer of {} holds no value", GET_SECRETS.operation)));
    };
    if value == REDACTED.as_bytes() {
        value.zeroize();
        return missed(withheld("the recording holds no values of secrets"));
    }
    let value = Secret { name: arn, version: label.to_owned(), value: Zeroizing::new(value) };
    Read { values: vec![value], ..Read::default() }
}

/// Reads the values of some parameters. One parameter can make AWS refuse the whole request. Then each parameter is
/// requested alone.
async fn of_parameters(client: Client, names: Vec<String>) -> Read {
    match ask(&client, &names).await {
        Ok(read) => read,
        Err(gap) if matches!(gap.cause, Cause::Denied | Cause::Unexpected) && names.len() > 1 => {
            let mut found = Read::default();
            for name in names {
                let read = ask(&client, std::slice::from_ref(&name)).await;
                found.add(read.unwrap_or_else(|gap| missed(gap, &name)));
            }
            found
        }
        Err(gap) => missed(gap, &names.join(", ")),
    }
}

async fn ask(client: &Client, names: &[String]) -> Result<Read, Gap> {
    let input = json!({ "Names": names, "WithDecryption": true });
    let answer: Values = client.call(&PARAMETERS_API, input).await?;
    let mut found = Read::default();
    let mut given = HashSet::new();
    for parameter in answer.parameters.into_iter().flatten() {
        given.extend(parameter.name.clone());
        found.add(of_parameter(parameter));
    }
    let told = |name: &String| answer.invalid_parameters.iter().flatten().any(|it| it == name);
    for name in names.iter().filter(|name| told(name)) {
        let gone = Gap::new(Cause::Undecided).with_message("it is not there any more");
        found.add(missed(gone, name));
    }
    for name in names.iter().filter(|name| !told(name) && !given.contains(*name)) {
        found.add(missed(malformed("the answer leaves out what was asked for"), name));
    }
    Ok(found)
}

fn of_parameter(mut parameter: Decrypted) -> Read {
    let name = parameter.arn.or(parameter.name).unwrap_or_default();
    let Some(mut value) = parameter.value.take().map(String::into_bytes) else {
        return missed(malformed("the answer holds no value"), &name);
    };
    if value == REDACTED.as_bytes() {
        value.zeroize();
        return missed(withheld("the recording holds no values of parameters"), &name);
    }
    let value = Secret { name, version: parameter.version.to_string(), value: Zeroizing::new(value) };
    Read { values: vec![value], parameters: 1, ..Read::default() }
}

/// Reads the current and the earlier values of a parameter. AWS keeps the last hundred values.
async fn history(client: Client, name: String, known: String) -> Read {
    let (mut found, mut pages) = (Read::default(), Pages::default());
    while pages.go_on() {
        let input = json!({ "Name": name, "WithDecryption": true, "NextToken": pages.token() });
        let page: Result<Versions, Gap> = client.call(&HISTORY_API, input).await;
        let turned = page.and_then(|page| {
            page.parameters.into_iter().flatten().for_each(|it| found.add(of_version(it, &known)));
            pages.turn(page.next_token.as_deref(), false)
        });
        if let Err(gap) = turned {
            found.miss(named(gap, &known, "ssm", GET_EARLIER.operation));
            break;
        }
    }
    found
}

fn of_version(mut parameter: Decrypted, name: &str) -> Read {
    let missed = |gap: Gap| Read { blind: Some(named(gap, name, "ssm", GET_EARLIER.operation)), ..Read::default() };
    let Some(mut value) = parameter.value.take().map(String::into_bytes) else {
        return missed(malformed("the answer holds no value"));
    };
    if value == REDACTED.as_bytes() {
        value.zeroize();
        return missed(withheld("the recording holds no values of parameters"));
    }
    let version = parameter.version.to_string();
    let value = Secret { name: name.to_owned(), version, value: Zeroizing::new(value) };
    Read { history: vec![value], ..Read::default() }
}

fn missed(gap: Gap, name: &str) -> Read {
    Read { blind: Some(named(gap, name, "ssm", GET_PARAMETERS.operation)), ..Read::default() }
}

/// Adds the name of the secret or parameter to the message of a gap.
fn named(gap: Gap, name: &str, service: &str, operation: &str) -> Gap {
    let message = format!("{name}: {}", gap.message);
    placed(gap.with_message(message), service, operation)
}

/// Adds the operation to a gap, unless the transport has already set it.
fn placed(gap: Gap, service: &str, operation: &str) -> Gap {
    if !gap.operation.is_empty() {
        return gap;
    }
    gap.of_call(service, operation)
}

/// Returns the gap of data that a recording does not contain.
pub(in crate::kinds) fn withheld(message: &str) -> Gap {
    Gap::new(Cause::NotRecorded).with_message(message)
}
