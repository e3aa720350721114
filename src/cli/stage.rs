//! From a stage to the accounts it reads: sessions, the clock to judge by, and who answers.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::suite::Chosen;
use super::{Ended, output};
use crate::aws::described;
use crate::aws::recording::{Recording, Replay, ReplayLimits};
use crate::aws::{At, Backend, Described, Link, Pace, Refusal, Role, Session, Target, open};
use crate::facts::{LogScope, scrub};
use crate::policy::{Source, Stage};
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
    /// Where the traffic is recorded; they must be finished.
    pub(super) recordings: Vec<Recording>,
    targets: Vec<Target>,
}

/// Who asks, and where.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) callers: Vec<Caller>,
    pub(super) places: Vec<Arc<At>>,
    pub(super) sessions: Vec<Session>,
}

impl Ground {
    /// Prepares the stage: reads descriptions and recordings, opens nothing.
    pub(super) fn new(
        chosen: &Chosen,
        endpoint: Option<&str>,
        record: Option<&Path>,
        answers: Option<&Path>,
    ) -> Result<Self, Ended> {
        let base = chosen.suite_path.parent().unwrap_or(Path::new(""));
        let below = |path: &str| crate::policy::normal(&base.join(path));
        let mut described = None;
        let mut now = Timestamp::now();
        let backend: Box<dyn Fn(&str) -> Backend> = match (endpoint, &chosen.stage.source) {
            (Some(url), _) => always(Backend::Endpoint(url.to_owned())),
            (None, Source::Endpoint(url)) => always(Backend::Endpoint(url.clone())),
            (None, Source::Aws) => always(Backend::Aws),
            (None, Source::Described(path)) => {
                let path = below(&path.value);
                let read = read_described(&chosen.root, &path).inspect_err(Unreadable::tell);
                let (account, text) = read.map_err(|_| Ended::told(Exit::Usage))?;
                now = account.as_of;
                described = Some((path.display().to_string(), text));
                let label = format!("described account {}", path.display());
                always(Backend::InProcess { label, connector: Arc::new(account).connector() })
            }
            (None, Source::Recording(path)) => {
                let path = below(&path.value);
                let replay = Replay::read(&chosen.root.join(&path), ReplayLimits::default())
                    .map_err(|error| Ended::new(Exit::Usage, format!("{}: {error}", path.display())))?;
                now = replay.as_of;
                let (label, replay) = (format!("recording {}", path.display()), Arc::new(replay));
                Box::new(move |account| Backend::InProcess {
                    label: label.clone(),
                    connector: replay.connector(account),
                })
            }
        };
        let unwritten = |path: &Path, error| Ended::new(Exit::Output, format!("{}: {error}", path.display()));
        let mut recordings = Vec::new();
        if let Some(path) = record {
            recordings.push(Recording::create(path, now).map_err(|error| unwritten(path, error))?);
        }
        if let Some(path) = answers {
            recordings.push(Recording::of_evidence(path, now).map_err(|error| unwritten(path, error))?);
        }
        let targets = targets(&chosen.stage, &*backend, &recordings);
        let first = targets.first().map(|target| &target.backend);
        let pace = if matches!(first, Some(Backend::InProcess { .. })) { Pace::none() } else { Pace::by_quota() };
        let label = first.map(Backend::label).unwrap_or_default();
        let sweep = &chosen.stage.log_sweep;
        let logs = LogScope {
            window: sweep.window,
            until: now,
            secrets: sweep.secrets.clone(),
            parameters: sweep.parameters.clone(),
            sample: sweep.sample.clone(),
            left: sweep.left,
            archives: sweep.archives.clone(),
            unmask: sweep.unmask,
        };
        let link = Link::new(pace.leaving(logs.left)).sweeping(logs);
        Ok(Self { backend: label, now, described, link, recordings, targets })
    }

    /// Opens a session for every account; the account is checked before anything else is asked.
    pub(super) async fn open(&self) -> Result<Opened, Ended> {
        let (mut callers, mut places, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
        for target in &self.targets {
            let session: Session = open(target, &self.link).await.map_err(|refusal| ended(&refusal))?;
            callers.push(Caller {
                account: session.identity.account.clone(),
                // Somebody chose the name of the session.
                arn: scrub(&session.identity.arn).into_owned(),
                user_id: scrub(&session.identity.user_id).into_owned(),
            });
            places.extend(session.places());
            sessions.push(session);
        }
        Ok(Opened { callers, places, sessions })
    }
}

fn ended(refusal: &Refusal) -> Ended {
    let exit = if refusal.is_usage() { Exit::Usage } else { Exit::Incomplete };
    Ended::new(exit, format!("{refusal}\n  help: {}", refusal.help()))
}

fn always(backend: Backend) -> Box<dyn Fn(&str) -> Backend> {
    Box::new(move |_| backend.clone())
}

fn targets(stage: &Stage, backend: &dyn Fn(&str) -> Backend, recordings: &[Recording]) -> Vec<Target> {
    stage
        .accounts
        .iter()
        .map(|account| Target {
            account: account.id.value.clone(),
            regions: stage.regions.iter().map(|region| region.value.clone()).collect(),
            profile: stage.profile.clone(),
            role: account.role.as_ref().map(|arn| Role { arn: arn.clone(), external_id: account.external_id.clone() }),
            backend: backend(&account.id.value),
            recordings: recordings.to_vec(),
        })
        .collect()
}

/// Why a described account cannot be read.
pub(super) enum Unreadable {
    /// The file cannot.
    File(String),
    /// Its text is wrong.
    Text(Box<described::Unreadable>),
}

impl Unreadable {
    /// Shows it.
    pub(super) fn tell(&self) {
        match self {
            Self::File(error) => output::tell(&format!("error: {error}")),
            Self::Text(wrong) => output::diagnostics(&wrong.files, &wrong.diagnostics),
        }
    }
}

/// Reads a described account below the root.
pub(super) fn read_described(root: &Path, path: &Path) -> Result<(Described, Vec<u8>), Unreadable> {
    let name = path.display().to_string();
    let text =
        std::fs::read_to_string(root.join(path)).map_err(|error| Unreadable::File(format!("{name}: {error}")))?;
    let described = Described::read(&name, &text).map_err(Unreadable::Text)?;
    Ok((described, text.into_bytes()))
}
