//! What a sweep looks for: the shipped rules, and the values of secrets where the stage lets them be read.
//!
//! Must not know log groups. A value is asked for by version, goes into the index of the engine, and is wiped: what stays
//! are keyed digests.

use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::SecretListEntry;
use tokio::task::JoinSet;
use zeroize::{Zeroize, Zeroizing};

use super::VALUES;
use crate::aws::{At, refused_with, tracked};
use crate::facts::redact::REDACTED;
use crate::facts::{Cause, Gap};
use crate::iam::{Case, Pattern};
use crate::kinds::convert::malformed;
use crate::kinds::secretsmanager_secret::secrets;
use crate::logs::{Engine, Key, Rules, Secret, Unsearchable, Values};

/// What to look for in one account and Region.
#[derive(Debug)]
pub(super) struct Eyes {
    pub(super) key: Key,
    pub(super) engine: Engine,
    /// Why some value is not looked for, the first of all reasons.
    pub(super) blind: Option<Gap>,
}

/// Versions of other labels, and of none, are not what anybody uses.
const LABELS: [&str; 3] = ["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"];

/// Values that are asked for at the same time.
const AT_ONCE: usize = 16;

/// Only what looks like a secret.
pub(super) async fn patterns(at: &At) -> Result<Arc<Eyes>, Gap> {
    at.once("logs.sweep patterns", async { Eyes::new(Vec::new(), None) }).await
}

/// The values of the secrets in scope too.
pub(super) async fn values(at: &At) -> Result<Arc<Eyes>, Gap> {
    at.once("logs.sweep values", async {
        let (values, blind) = read(at).await?;
        Eyes::new(values, blind)
    })
    .await
}

/// The secrets of the account that the stage's sweep is about, and AWS still gives the values of.
pub(super) async fn in_scope(at: &At) -> Result<Vec<SecretListEntry>, Gap> {
    let all = secrets(at).await?;
    all.whole()?;
    let patterns: Vec<Pattern> = at.logs.secrets.iter().map(|text| Pattern::new(text)).collect();
    let meant = |name: &str| patterns.is_empty() || patterns.iter().any(|it| it.matches(name, Case::Exact));
    let named = |secret: &&SecretListEntry| secret.name().is_none_or(meant) && secret.deleted_date().is_none();
    Ok(all.items.iter().filter(named).cloned().collect())
}

impl Eyes {
    pub(super) fn new(secrets: Vec<Secret>, blind: Option<Gap>) -> Result<Self, Gap> {
        let defect = |message: String| Gap { message, ..Gap::new(Cause::Unexpected) };
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *random).map_err(|error| defect(error.to_string()))?;
        let key = Key::new(&random).ok_or_else(|| defect("no key for digests".to_owned()))?;
        let rules = Rules::shipped().map_err(|(line, error)| defect(format!("rule in line {line}: {error}")))?;
        let values = Values::new(&key, secrets);
        let engine = Engine { rules: Arc::new(rules), values: Arc::new(values) };
        Ok(Self { key, engine, blind })
    }

    /// Why a value that could be read is still not looked for.
    pub(super) fn unsearchable(&self) -> Option<Gap> {
        let all = self.engine.values.unsearchable();
        let (part, why) = all.first()?;
        let (secret, version, path) = (&part.secret, &part.version, &part.path);
        let more = if all.len() > 1 { format!(", and {} more", all.len() - 1) } else { String::new() };
        let message = format!("{secret} {version} {path} cannot be looked for: {}{more}", word(*why));
        Some(Gap { message, ..Gap::new(Cause::Undecided) })
    }
}

/// Why a value cannot be looked for.
pub(super) fn word(why: Unsearchable) -> &'static str {
    match why {
        Unsearchable::TooShort => "too short",
        Unsearchable::TooCommon => "too common",
    }
}

/// Every value in scope that AWS gives, and the first reason why it does not give another.
async fn read(at: &At) -> Result<(Vec<Secret>, Option<Gap>), Gap> {
    let (mut values, mut blind, mut asking) = (Vec::new(), None, JoinSet::new());
    for secret in in_scope(at).await? {
        let arn = secret.arn().ok_or_else(|| malformed("a secret without ARN"))?;
        for (version, label) in versions(&secret) {
            if asking.len() >= AT_ONCE {
                keep(asking.join_next().await, &mut values, &mut blind);
            }
            asking.spawn(tracked(value(at.client(Client::new), arn.to_owned(), version, label)));
        }
    }
    while !asking.is_empty() {
        keep(asking.join_next().await, &mut values, &mut blind);
    }
    Ok((values, blind))
}

type Asked = Result<Option<Secret>, Gap>;

fn keep(done: Option<Result<Asked, tokio::task::JoinError>>, values: &mut Vec<Secret>, blind: &mut Option<Gap>) {
    match done {
        Some(Ok(Ok(value))) => values.extend(value),
        Some(Ok(Err(gap))) => *blind = blind.take().map(|first| first.min(gap.clone())).or(Some(gap)),
        Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
        None => {}
    }
}

/// The versions with a label that somebody uses, each once, with its first label. Where AWS names none, the current one is
/// asked for: that there is none, AWS then says itself.
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

/// One value. The caller wipes it.
async fn value(client: Client, arn: String, version: Option<String>, label: &'static str) -> Asked {
    let named = |gap: Gap| Gap { message: format!("{arn} {label}: {}", gap.message), ..gap };
    let request = client.get_secret_value().secret_id(&arn).set_version_id(version.clone());
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        // A secret that was made without a value, or a label that moved on since the list was read.
        Err(error) if version.is_none() && refused_with(&error, &["ResourceNotFoundException"]) => return Ok(None),
        Err(error) => return Err(named(error.into())),
    };
    let text = answer.secret_string.take().map(String::into_bytes);
    let bytes = answer.secret_binary.take().map(aws_sdk_secretsmanager::primitives::Blob::into_inner);
    let Some(mut value) = text.or(bytes) else {
        return Err(named(malformed(format!("the answer of {VALUES} holds no value"))));
    };
    if value == REDACTED.as_bytes() {
        value.zeroize();
        return Err(named(withheld("the recording holds no values of secrets")));
    }
    Ok(Some(Secret { name: arn, version: label.to_owned(), value: Zeroizing::new(value) }))
}

/// The gap of what a recording was not given.
pub(super) fn withheld(message: &str) -> Gap {
    Gap { message: message.to_owned(), ..Gap::new(Cause::NotRecorded) }
}
