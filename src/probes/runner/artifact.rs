//! An artifact: a thing that a probe creates in the account and that Attestry removes.
//!
//! The trait holds everything that the ledger and the cleanup need: the words for people, the form in the ledger, how AWS
//! shows the artifact, and how it is removed. Each artifact lies in the folder of the probe that creates it, and [`ARTIFACTS`]
//! lists its kind. Must not know any single artifact.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::{Map, Value};

use super::mark;
use super::ownership::{Origin, Ownership};
use crate::aws::AccountRegion;
use crate::probes::ARTIFACTS;
use attestry_core::facts::Gap;

/// Work under way on an account.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A kind of artifact.
pub struct ArtifactKind {
    /// The name, which the ledger has as `type`.
    pub name: &'static str,
    /// The probe that creates it. When a stage names neither this probe nor one that also creates it, Attestry removes no such
    /// artifact there.
    pub probe: &'static str,
    /// Reads the members of the ledger, without `type`.
    pub parse: fn(Value) -> Result<Arc<dyn Artifact>, serde_json::Error>,
    /// Finds such artifacts when the ledger is lost.
    pub search: Search,
}

/// Lists the artifacts of the account and Region that carry a mark.
pub type List = fn(&AccountRegion) -> Pending<'_, Result<Vec<Marked>, Gap>>;

/// How artifacts are found by the marks in their names.
pub enum Search {
    /// By a listing of one account and Region.
    Listing(List),
    /// By the listing of another kind, of this name.
    ListedWith(&'static str),
}

impl fmt::Debug for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// An artifact, by names only. It displays as words for people.
pub trait Artifact: LedgerForm + fmt::Debug + fmt::Display + Send + Sync {
    /// Its kind, one of [`ARTIFACTS`].
    fn kind(&self) -> &'static ArtifactKind;

    /// The command with which a person removes it.
    fn undo(&self) -> String;

    /// Whether it is named as a probe names it in this account and Region: by this mark, in the right place.
    fn bears(&self, mark: &str, account: &str, region: &str) -> bool;

    /// Whether AWS shows it, or its absence, only some time later.
    fn is_seen_late(&self) -> bool {
        false
    }

    /// Waits for a change that AWS may still make by itself.
    fn settle<'a>(&'a self, at: &'a AccountRegion, pause: Duration) -> Pending<'a, ()> {
        let _ = (at, pause);
        Box::pin(std::future::ready(()))
    }

    /// Looks the artifact up, and proves from the answers of AWS that the run created it.
    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>>;

    /// Removes the artifact by the handle that [`Self::find`] gave.
    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>>;
}

/// The members of an artifact in the ledger. Every artifact that serde can write has them.
pub trait LedgerForm {
    /// The members, without `type`.
    ///
    /// # Errors
    /// The artifact has no form in JSON.
    fn members(&self) -> Result<Value, serde_json::Error>;
}

impl<T: Serialize> LedgerForm for T {
    fn members(&self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(self)
    }
}

impl PartialEq for dyn Artifact + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.kind().name == other.kind().name && self.members().ok() == other.members().ok()
    }
}

/// Reads an artifact from its form in the ledger: an object with `type` and the members of that kind.
///
/// # Errors
/// No kind has the name in `type`, or the members are not those of the kind.
pub fn artifact(form: Value) -> Result<Arc<dyn Artifact>, serde_json::Error> {
    let mut members: Map<String, Value> = serde_json::from_value(form)?;
    let name = members.remove("type").ok_or_else(|| <serde_json::Error as de::Error>::missing_field("type"))?;
    let kind = ARTIFACTS.iter().find(|kind| name == kind.name);
    let kind = kind.ok_or_else(|| <serde_json::Error as de::Error>::custom(format!("unknown artifact {name}")))?;
    (kind.parse)(Value::Object(members))
}

/// Reads the members as one artifact; the `parse` of most kinds.
pub(in crate::probes) fn parse<A>(members: Value) -> Result<Arc<dyn Artifact>, serde_json::Error>
where
    A: Artifact + for<'de> Deserialize<'de> + 'static,
{
    serde_json::from_value::<A>(members).map(|artifact| Arc::new(artifact) as Arc<dyn Artifact>)
}

/// Writes an artifact into the ledger.
pub(super) fn serialize<S: Serializer>(artifact: &Arc<dyn Artifact>, serializer: S) -> Result<S::Ok, S::Error> {
    let Value::Object(members) = artifact.members().map_err(ser::Error::custom)? else {
        return Err(ser::Error::custom("the form of an artifact is an object"));
    };
    let name = Value::from(artifact.kind().name);
    serializer.collect_map(std::iter::once((&"type".to_owned(), &name)).chain(&members))
}

/// Reads an artifact from the ledger.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<dyn Artifact>, D::Error> {
    artifact(Value::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// An artifact that a search found by its name.
#[derive(Debug)]
pub struct Marked {
    pub(super) artifact: Arc<dyn Artifact>,
    /// The mark and the start of its run. `None` when the name contains the id of a run and no mark at its end.
    pub(super) mark: Option<(String, Timestamp)>,
}

impl Marked {
    /// The artifact of that name; `None` when the name contains no id of a run. `make` takes the start of the run.
    pub(in crate::probes) fn by<A: Artifact + 'static>(name: &str, make: impl FnOnce(Timestamp) -> A) -> Option<Self> {
        match mark::parse(name) {
            Some((mark, start)) => Some(Self { artifact: Arc::new(make(start)), mark: Some((mark.to_owned(), start)) }),
            None if mark::resembles(name) => Some(Self { artifact: Arc::new(make(Timestamp::UNIX_EPOCH)), mark: None }),
            None => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::probes::find;

    #[test]
    fn every_kind_of_artifact_has_a_probe_a_name_of_its_own_and_a_search() {
        let names: BTreeSet<&str> = ARTIFACTS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), ARTIFACTS.len());
        for kind in ARTIFACTS {
            assert!(find(kind.probe).is_some(), "{kind:?}: no probe {}", kind.probe);
            if let Search::ListedWith(other) = kind.search {
                assert!(names.contains(other), "{kind:?}: no listing {other}");
            }
        }
    }

    /// The bytes that ledgers have had since format 2.
    #[test]
    fn an_artifact_keeps_its_form_in_the_ledger() {
        for (name, text) in [
            ("secret", r#"{"type":"secret","name":"a/b"}"#),
            ("parameter", r#"{"type":"parameter","name":"/a"}"#),
            (
                "rotation",
                r#"{"type":"rotation","secret":"s","version":"v","before":["a","b"],"begun":"1970-01-01T00:00:00Z"}"#,
            ),
            ("queue", r#"{"type":"queue","name":"q"}"#),
            ("subscription", r#"{"type":"subscription","topic":"t","queue":"q"}"#),
            ("key-state", r#"{"type":"key-state","key":"k","tag":"t"}"#),
            ("rollback-version", r#"{"type":"rollback-version","secret":"s","version":"v"}"#),
            ("alias", r#"{"type":"alias","name":"alias/a"}"#),
        ] {
            let read = artifact(serde_json::from_str(text).unwrap()).unwrap();
            assert_eq!(
                (read.kind().name, &*serialize(&read, serde_json::value::Serializer).unwrap().to_string()),
                (name, text)
            );
            assert_eq!(&*read, &*artifact(serde_json::from_str(text).unwrap()).unwrap());
            let more = text.replace("{\"type\"", "{\"more\":1,\"type\"");
            assert!(artifact(serde_json::from_str(&more).unwrap()).is_err(), "{more}");
        }
        for wrong in [json!({}), json!({ "type": "bucket", "name": "b" }), json!({ "type": "secret" }), json!("secret")]
        {
            assert!(artifact(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
