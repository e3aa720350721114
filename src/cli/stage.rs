//! From a stage to the accounts it reads: sessions, the clock to judge by, and who answers.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::suite::Chosen;
use super::{Ended, output};
use crate::aws::{At, Backend, Described, Link, Pace, Recorder, Recording, Refusal, Role, Session, Target, open};
use crate::policy::{Source, Stage};
use crate::source::Diagnostics;
use crate::verify::{Caller, Exit};

/// A stage that is ready to be read.
#[derive(Debug)]
pub(super) struct Ground {
    /// What answers, for verdicts.
    pub(super) backend: String,
    /// The instant for which ages are judged: now, or when the description or recording was true.
    pub(super) now: Timestamp,
    /// Where the account's description lies below the root, if it is one: an input like the policies.
    pub(super) described: Option<(String, Vec<u8>)>,
    /// What all requests share.
    pub(super) link: Link,
    targets: Vec<Target>,
}

/// Who asks, and where.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) callers: Vec<Caller>,
    pub(super) places: Vec<Arc<At>>,
}

impl Ground {
    /// Prepares the stage: reads descriptions and recordings, opens nothing.
    pub(super) fn new(chosen: &Chosen, endpoint: Option<&str>, record: Option<&Path>) -> Result<Self, Ended> {
        let stage = &chosen.stage;
        let base = chosen.suite_path.parent().unwrap_or(Path::new(""));
        let mut described = None;
        let (backend, now) = match (endpoint, &stage.source) {
            (Some(url), _) => (Backend::Endpoint(url.to_owned()), Timestamp::now()),
            (None, Source::Endpoint(url)) => (Backend::Endpoint(url.clone()), Timestamp::now()),
            (None, Source::Aws) => (Backend::Aws, Timestamp::now()),
            (None, Source::Described(path)) => {
                let below = crate::policy::normal(&base.join(&path.value));
                let account = read_described(chosen, &below)?;
                described = Some((below.display().to_string(), account.1));
                let label = format!("described account {}", below.display());
                (Backend::InProcess { label, connector: account.0.connector() }, account.0.as_of)
            }
            (None, Source::Recording(path)) => {
                let below = crate::policy::normal(&base.join(&path.value));
                let full = chosen.root.join(&below);
                let recording = Recording::open(&full)
                    .map_err(|error| Ended::new(Exit::Usage, format!("{}: {error}", below.display())))?;
                let label = format!("recording {}", below.display());
                (Backend::InProcess { label, connector: recording.connector() }, recording.as_of)
            }
        };
        let recorder = match record {
            Some(path) => {
                let recorder = Recorder::begin(path, now)
                    .map_err(|error| Ended::new(Exit::Output, format!("{}: {error}", path.display())))?;
                Some(recorder)
            }
            None => None,
        };
        let pace = if matches!(backend, Backend::InProcess { .. }) { Pace::none() } else { Pace::by_quota() };
        let label = backend.label();
        Ok(Self {
            backend: label,
            now,
            described,
            link: Link::new(pace),
            targets: targets(stage, &backend, recorder.as_ref()),
        })
    }

    /// Opens a session for every account; the account is checked before anything else is asked.
    pub(super) async fn open(&self) -> Result<Opened, Ended> {
        let (mut callers, mut places) = (Vec::new(), Vec::new());
        for target in &self.targets {
            let session: Session = open(target, &self.link).await.map_err(|refusal| ended(&refusal))?;
            callers.push(Caller {
                account: session.identity.account.clone(),
                arn: session.identity.arn.clone(),
                user_id: session.identity.user_id.clone(),
            });
            places.extend(session.places());
        }
        Ok(Opened { callers, places })
    }
}

fn ended(refusal: &Refusal) -> Ended {
    let exit = if refusal.is_usage() { Exit::Usage } else { Exit::Incomplete };
    Ended::new(exit, format!("{refusal}\n  help: {}", refusal.help()))
}

fn targets(stage: &Stage, backend: &Backend, recorder: Option<&Recorder>) -> Vec<Target> {
    stage
        .accounts
        .iter()
        .map(|account| Target {
            account: account.id.value.clone(),
            regions: stage.regions.iter().map(|region| region.value.clone()).collect(),
            profile: stage.profile.clone(),
            role: account.role.as_ref().map(|arn| Role { arn: arn.clone(), external_id: account.external_id.clone() }),
            backend: backend.clone(),
            recorder: recorder.cloned(),
        })
        .collect()
}

fn read_described(chosen: &Chosen, below: &Path) -> Result<(Described, Vec<u8>), Ended> {
    let name = below.display().to_string();
    let bytes =
        std::fs::read(chosen.root.join(below)).map_err(|error| Ended::new(Exit::Usage, format!("{name}: {error}")))?;
    let mut files = crate::source::Files::new();
    let mut sink = Diagnostics::new();
    let read = files
        .add_bytes(name, bytes.clone(), &mut sink)
        .and_then(|file| Described::read(file, files.text(file), &mut sink));
    output::diagnostics(&files, &sink);
    match read {
        Some(described) if !sink.has_errors() => Ok((described, bytes)),
        _ => Err(Ended::told(Exit::Usage)),
    }
}
