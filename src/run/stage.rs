//! Prepares a stage and opens its accounts: the backend, the clock of the verdicts, and the sessions.
//!
//! This module must not know cases or verdicts.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Messages;
use super::network::{check_url, network};
use super::selection::Selection;
use crate::aws::recording::{Recording, Replay, ReplayLimits};
use crate::aws::{
    AccountRegion, Backend, Clocks, Described, Link, LoggedCall, Pace, Refusal, Role, Session, Target, clocks, open,
};
use crate::failure::Failure;
use attestry_core::facts::{LogScope, format_duration, scrub};
use attestry_core::policy::{Source, Stage, beside};
use attestry_core::source::{Limits, folder_below, read_below};
use attestry_core::verify::{Caller, Exit};

/// A stage that is prepared for a run.
#[derive(Debug)]
pub(crate) struct StageSession {
    /// The name of the backend, for verdicts.
    pub(crate) backend: String,
    /// The instant for which ages are judged: now, or the instant of the described account or recording.
    pub(crate) now: Timestamp,
    /// The note about the clock, when verdicts do not use the clock of this machine.
    pub(crate) clock: String,
    /// The offset in seconds from the clock of this machine to the clock of the run.
    pub(crate) added: i64,
    /// The variables of the environment that decide the path of requests.
    pub(crate) network: Vec<String>,
    /// The path below the root and the text of the described account. It is an input like the policies.
    pub(crate) described: Option<(String, Vec<u8>)>,
    /// The state that all requests share.
    pub(crate) link: Link,
    /// The recordings of the traffic. The run must finish them.
    pub(crate) recordings: Vec<Recording>,
    targets: Vec<Target>,
    messages: Messages,
}

/// The open accounts of a stage.
#[derive(Debug)]
pub(crate) struct Sessions {
    /// The caller in each account.
    pub(crate) callers: Vec<Caller>,
    /// Each account in each of its Regions.
    pub(crate) places: Vec<Arc<AccountRegion>>,
    /// One session for each account.
    pub(crate) sessions: Vec<Session>,
}

impl StageSession {
    /// Prepares the stage: reads described accounts and recordings, and opens no session.
    pub(crate) fn new(
        selection: &Selection,
        endpoint: Option<&str>,
        [record, answers]: [Option<&Path>; 2],
        messages: Messages,
    ) -> Result<Self, Failure> {
        let below = |path: &str| beside(&selection.suite_path, path);
        check_url(endpoint)?;
        let mut described = None;
        let mut now = Timestamp::now();
        let backend: Box<dyn Fn(&str) -> Backend> = match (endpoint, &selection.stage.source) {
            (Some(url), _) => always(Backend::Endpoint(url.to_owned())),
            (None, Source::Endpoint(url)) => always(Backend::Endpoint(url.clone())),
            (None, Source::Aws) => always(Backend::Aws),
            (None, Source::Described(path)) => {
                let path = below(&path.value);
                let (account, text) = read_described(&selection.root, &path)?;
                now = account.as_of;
                described = Some((path.display().to_string(), text));
                let label = format!("described account {}", path.display());
                always(Backend::InProcess { label, connector: Arc::new(account).connector() })
            }
            (None, Source::Recording(path)) => {
                let path = below(&path.value);
                let unplayable = |why: &dyn Display| Failure::new(Exit::Usage, format!("{}: {why}", path.display()));
                let folder = folder_below(&selection.root, &path).map_err(|why| unplayable(&why))?;
                let replay = Replay::read(&folder, ReplayLimits::default()).map_err(|why| unplayable(&why))?;
                now = replay.as_of;
                let (label, replay) = (format!("recording {}", path.display()), Arc::new(replay));
                Box::new(move |account| Backend::InProcess {
                    label: label.clone(),
                    connector: replay.connector(account),
                })
            }
        };
        let words = &selection.loaded.words.kinds;
        let kinds = selection.plan().demands.into_iter().map(|demand| demand.kind);
        let kinds = kinds.filter(|kind| words.file(kind.name).is_some());
        let unwritten = |path: &Path, error| Failure::new(Exit::Output, format!("{}: {error}", path.display()));
        let (operations, mut recordings) = (crate::kinds::operations(kinds), Vec::new());
        if let Some(path) = record {
            recordings.push(Recording::create(path, now).map_err(|error| unwritten(path, error))?);
        }
        if let Some(path) = answers {
            recordings.push(Recording::of_evidence(path, now, &operations).map_err(|error| unwritten(path, error))?);
        }
        let targets = targets(&selection.stage, &*backend, &recordings);
        let first = targets.first().map(|target| &target.backend);
        let pace =
            if matches!(first, Some(Backend::InProcess { .. })) { Pace::none() } else { Pace::by_quota(&operations) };
        let mut label = first.map(Backend::label).unwrap_or_default();
        let url = match first {
            Some(Backend::Endpoint(url)) => Some(Some(url.as_str())),
            Some(Backend::Aws) => Some(None),
            Some(Backend::InProcess { .. }) | None => None,
        };
        let network = url.map(|url| network(url, |name| std::env::var(name).ok())).unwrap_or_default();
        label.push_str(&network.suffix);
        let sweep = &selection.stage.log_sweep;
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
        let (clock, network) = (String::new(), network.shown);
        Ok(Self { backend: label, now, clock, added: 0, network, described, link, recordings, targets, messages })
    }

    /// Opens a session for each account. The check of the account is the first request. When the clock of this machine
    /// differs from the clock of AWS, verdicts use the clock of AWS, and a warning goes to the messages.
    pub(crate) async fn open(&mut self) -> Result<Sessions, Failure> {
        let mut opened = self.open_all().await?;
        // A backend inside the process has its own clock.
        if self.targets.iter().any(|target| matches!(target.backend, Backend::InProcess { .. })) {
            return Ok(opened);
        }
        match clocks(&self.link.calls.all(), 0) {
            Clocks::Untold | Clocks::Agree => {}
            Clocks::Disagree(least, greatest) => {
                let apart = length(greatest.saturating_sub(least));
                return Err(Failure::new(Exit::Incomplete, format!("the clocks of the services differ by {apart}")));
            }
            Clocks::Apart(seconds) => {
                let now = self.now.checked_add(SignedDuration::from_secs(seconds));
                self.now =
                    now.map_err(|_| Failure::new(Exit::Incomplete, "the dates of the answers are out of range"))?;
                self.added = seconds;
                let way = if seconds > 0 { "behind" } else { "ahead" };
                self.clock = format!("judged for {}: the clock of this machine is {} {way}", self.now, length(seconds));
                (self.messages)(&format!("warning: {}", self.clock));
                self.link = self.link.until(self.now);
                opened.sessions = opened.sessions.into_iter().map(|session| session.over(&self.link)).collect();
                opened.places = opened.sessions.iter().flat_map(Session::places).collect();
                for recording in &self.recordings {
                    let unwritten = |error| Failure::new(Exit::Output, format!("the recording: {error}"));
                    recording.asks_for(self.now).map_err(unwritten)?;
                }
            }
        }
        Ok(opened)
    }

    /// Returns the note about the clock after all reads.
    pub(crate) fn clock_note(&self, calls: &[LoggedCall]) -> String {
        let in_process = self.targets.iter().any(|target| matches!(target.backend, Backend::InProcess { .. }));
        let apart = match clocks(calls, self.added) {
            _ if in_process => None,
            Clocks::Untold | Clocks::Agree => None,
            Clocks::Apart(seconds) => Some(length(seconds)),
            Clocks::Disagree(least, greatest) => Some(length(greatest.saturating_sub(least))),
        };
        let apart = apart.map(|apart| format!("the dates of answers are up to {apart} apart"));
        let note = Some(self.clock.clone()).filter(|note| !note.is_empty());
        note.into_iter().chain(apart).collect::<Vec<_>>().join("; ")
    }

    async fn open_all(&self) -> Result<Sessions, Failure> {
        let (mut callers, mut places, mut sessions) = (Vec::new(), Vec::new(), Vec::new());
        for target in &self.targets {
            let session: Session = open(target, &self.link).await.map_err(|refusal| refusal_failure(&refusal))?;
            callers.push(Caller {
                account: session.identity.account.clone(),
                // The name of a session is free text, so it could contain a secret.
                arn: scrub(&session.identity.arn).into_owned(),
                user_id: scrub(&session.identity.user_id).into_owned(),
            });
            places.extend(session.places());
            sessions.push(session);
        }
        Ok(Sessions { callers, places, sessions })
    }
}

/// Returns a difference of clocks as a text for people.
fn length(seconds: i64) -> String {
    format_duration(seconds.saturating_abs())
}

fn refusal_failure(refusal: &Refusal) -> Failure {
    let exit = if refusal.is_usage() { Exit::Usage } else { Exit::Incomplete };
    Failure::new(exit, format!("{refusal}\n  help: {}", refusal.help()))
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

/// Reads a described account below the root.
pub(crate) fn read_described(root: &Path, path: &Path) -> Result<(Described, Vec<u8>), Failure> {
    let name = path.display().to_string();
    let most = u64::try_from(Limits::default().bytes).unwrap_or(u64::MAX);
    let unreadable = |why: &dyn Display| Failure::new(Exit::Usage, format!("{name}: {why}"));
    let bytes = read_below(root, path, most).map_err(|why| unreadable(&why))?;
    let text = std::str::from_utf8(&bytes).map_err(|why| unreadable(&why))?;
    let described =
        Described::read(&name, text).map_err(|wrong| Failure::of_diagnostics(&wrong.files, &wrong.diagnostics))?;
    Ok((described, bytes))
}
