//! From a stage to the accounts it reads: sessions, the clock to judge by, and who answers.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::network::{network, sound};
use super::suite::Chosen;
use super::{Ended, output};
use crate::aws::described;
use crate::aws::recording::{Recording, Replay, ReplayLimits};
use crate::aws::{At, Backend, Call, Clocks, Described, Link, Pace, Refusal, Role, Session, Target, clocks, open};
use attestry_core::facts::{LogScope, format_duration, scrub};
use attestry_core::policy::{Source, Stage, beside};
use attestry_core::source::{Limits, folder_below, read_below};
use attestry_core::verify::{Caller, Exit};

/// A stage that is ready to be read.
#[derive(Debug)]
pub(super) struct Ground {
    /// What answers, for verdicts.
    pub(super) backend: String,
    /// The instant for which ages are judged: now, or when the description or recording was true.
    pub(super) now: Timestamp,
    /// What is to be known of the clock, where that is not that of this machine.
    pub(super) clock: String,
    /// Seconds that were added to this machine's clock.
    pub(super) added: i64,
    /// Variables of the environment that say how requests go out.
    pub(super) network: Vec<String>,
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
        let below = |path: &str| beside(&chosen.suite_path, path);
        sound(endpoint)?;
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
                let unplayable = |why: &dyn Display| Ended::new(Exit::Usage, format!("{}: {why}", path.display()));
                let folder = folder_below(&chosen.root, &path).map_err(|why| unplayable(&why))?;
                let replay = Replay::read(&folder, ReplayLimits::default()).map_err(|why| unplayable(&why))?;
                now = replay.as_of;
                let (label, replay) = (format!("recording {}", path.display()), Arc::new(replay));
                Box::new(move |account| Backend::InProcess {
                    label: label.clone(),
                    connector: replay.connector(account),
                })
            }
        };
        let unwritten = |path: &Path, error| Ended::new(Exit::Output, format!("{}: {error}", path.display()));
        let (operations, mut recordings) = (crate::kinds::operations(), Vec::new());
        if let Some(path) = record {
            recordings.push(Recording::create(path, now).map_err(|error| unwritten(path, error))?);
        }
        if let Some(path) = answers {
            recordings.push(Recording::of_evidence(path, now, &operations).map_err(|error| unwritten(path, error))?);
        }
        let targets = targets(&chosen.stage, &*backend, &recordings);
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
        label.push_str(&network.way);
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
        let (clock, network) = (String::new(), network.told);
        Ok(Self { backend: label, now, clock, added: 0, network, described, link, recordings, targets })
    }

    /// Opens a session for every account; the account is checked before anything else is asked. Where this machine's clock
    /// is not that of AWS, everything is judged by AWS's, and that is told.
    pub(super) async fn open(&mut self) -> Result<Opened, Ended> {
        let mut opened = self.open_all().await?;
        // What answers inside the process has a clock of its own.
        if self.targets.iter().any(|target| matches!(target.backend, Backend::InProcess { .. })) {
            return Ok(opened);
        }
        match clocks(&self.link.calls.all(), 0) {
            Clocks::Untold | Clocks::Agree => {}
            Clocks::Disagree(least, greatest) => {
                let apart = length(greatest.saturating_sub(least));
                return Err(Ended::new(Exit::Incomplete, format!("the clocks of those who answer are {apart} apart")));
            }
            Clocks::Apart(seconds) => {
                let now = self.now.checked_add(SignedDuration::from_secs(seconds));
                self.now = now.map_err(|_| Ended::new(Exit::Incomplete, "the answers are of no time that there is"))?;
                self.added = seconds;
                let way = if seconds > 0 { "behind" } else { "ahead" };
                self.clock = format!("judged for {}: the clock of this machine is {} {way}", self.now, length(seconds));
                output::tell(&format!("warning: {}", self.clock));
                self.link = self.link.until(self.now);
                opened.sessions = opened.sessions.into_iter().map(|session| session.over(&self.link)).collect();
                opened.places = opened.sessions.iter().flat_map(Session::places).collect();
                for recording in &self.recordings {
                    let unwritten = |error| Ended::new(Exit::Output, format!("the recording: {error}"));
                    recording.asks_for(self.now).map_err(unwritten)?;
                }
            }
        }
        Ok(opened)
    }

    /// What is to be known of the clock when everything was read.
    pub(super) fn told_clock(&self, calls: &[Call]) -> String {
        let in_process = self.targets.iter().any(|target| matches!(target.backend, Backend::InProcess { .. }));
        let apart = match clocks(calls, self.added) {
            _ if in_process => None,
            Clocks::Untold | Clocks::Agree => None,
            Clocks::Apart(seconds) => Some(length(seconds)),
            Clocks::Disagree(least, greatest) => Some(length(greatest.saturating_sub(least))),
        };
        let apart = apart.map(|apart| format!("the dates of answers are up to {apart} apart"));
        let told = Some(self.clock.clone()).filter(|told| !told.is_empty());
        told.into_iter().chain(apart).collect::<Vec<_>>().join("; ")
    }

    async fn open_all(&self) -> Result<Opened, Ended> {
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

/// A difference of clocks, for people.
fn length(seconds: i64) -> String {
    format_duration(seconds.saturating_abs())
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
    let most = u64::try_from(Limits::default().bytes).unwrap_or(u64::MAX);
    let unreadable = |why: &dyn Display| Unreadable::File(format!("{name}: {why}"));
    let bytes = read_below(root, path, most).map_err(|why| unreadable(&why))?;
    let text = std::str::from_utf8(&bytes).map_err(|why| unreadable(&why))?;
    let described = Described::read(&name, text).map_err(Unreadable::Text)?;
    Ok((described, bytes))
}
