//! A run: it selects cases, opens the stage, collects facts, judges them, and delivers the results.
//!
//! [`Run`] is the facade of this crate, and the command `attestry run` uses it too. This module must not know the
//! command line or the terminal.

pub(crate) mod core_dumps;
mod deliver;
mod earlier;
pub(crate) mod facts;
mod interrupt;
pub(crate) mod network;
mod notice;
mod outcome;
pub(crate) mod probing;
mod provenance;
pub(crate) mod seal;
pub(crate) mod selection;
pub(crate) mod signing;
pub(crate) mod stage;
pub(crate) mod timestamp;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::collect::{Watch, collect};
use crate::failure::Failure;
use crate::kinds;
use crate::probes::Ledger;
use crate::runtime::block_on;
use attestry_core::evidence;
use attestry_core::facts::Population;
use attestry_core::plan::Plan;
use attestry_core::policy::{self, ATTESTATION};
use attestry_core::report::Results;
use attestry_core::source::read_below;
use attestry_core::verify::{Exit, Reason, RunResult, complete, evaluate};
use deliver::Delivery;
use seal::Sealer;
use selection::{Selection, SelectionRequest};
use stage::{Sessions, StageSession};

pub(crate) use earlier::{check_comparable, read_results};
pub use interrupt::Interrupt;
pub use outcome::Outcome;
pub use seal::OutputPlan;

/// A listener for messages of a run to the user. A message may hold ANSI styles.
pub type Messages = fn(&str);

/// The signals that stop a run, by number.
pub(crate) const SIGNALS: &[(u8, &str)] = &[(1, "SIGHUP"), (2, "SIGINT"), (15, "SIGTERM")];

/// The limit of a file that an attestation refers to, in bytes. A longer file counts as altered.
const ATTESTED: u64 = 256 << 20;

/// A run of a suite against one of its stages.
///
/// ```
/// let outcome = attestry::Run::new("suites/mod-045.yaml", "embedded").cases(["DT-001"]).execute()?;
/// for case in &outcome.result().cases {
///     println!("{}: {}", case.case.id, case.verdict.word());
/// }
/// assert!(outcome.is_compliant());
/// assert_eq!(outcome.exit_code(), 0);
/// # Ok::<(), attestry::Failure>(())
/// ```
#[derive(Clone)]
pub struct Run {
    request: SelectionRequest,
    endpoint: Option<String>,
    recording: Option<PathBuf>,
    ledger: PathBuf,
    baseline: Option<PathBuf>,
    gate_new: bool,
    output: Option<OutputPlan>,
    messages: Messages,
    watch: Watch,
    interrupt: Interrupt,
}

/// The selection of a run, checked without a request.
#[derive(Debug)]
pub(crate) struct Selected {
    /// The selected cases of the suite.
    pub(crate) selection: Selection,
    /// The announcement of the probes.
    pub(crate) effects: String,
    plan: Plan,
    baseline: Option<Results>,
}

/// A run that is ready to make its first request.
#[derive(Debug)]
struct Prepared {
    selected: Selected,
    sealer: Option<Sealer>,
    stage: StageSession,
    ledger: Option<Arc<Ledger>>,
    started: Timestamp,
    id: String,
}

/// The facts of a run.
#[derive(Debug)]
struct Collected {
    populations: Vec<Population>,
    /// The artifacts of probes that could not be removed.
    residue: Vec<String>,
}

/// The verdicts of a run.
#[derive(Debug)]
struct Judged {
    result: RunResult,
    reason: Reason,
}

impl Run {
    /// Creates a run of all cases of a suite, without output files and without messages.
    #[must_use]
    pub fn new(suite: impl Into<PathBuf>, stage: impl Into<String>) -> Self {
        Self::from_request(SelectionRequest {
            suite: suite.into(),
            stage: Some(stage.into()),
            ..SelectionRequest::default()
        })
    }

    pub(crate) fn from_request(request: SelectionRequest) -> Self {
        Self {
            request,
            endpoint: None,
            recording: None,
            ledger: probing::LEDGERS.into(),
            baseline: None,
            gate_new: false,
            output: None,
            messages: |_| {},
            watch: Arc::new(|_| {}),
            interrupt: Interrupt::default(),
        }
    }

    /// Selects cases: `POLICY`, `POLICY/case` with `*`, `kind:NAME`, `severity:LEVEL`, `control:FRAMEWORK:ID`.
    #[must_use]
    pub fn cases<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.request.cases = patterns.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a parameter of the suite.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.parameters.push((name.into(), value.into()));
        self
    }

    /// Sends requests to this URL instead of AWS, such as an emulator.
    #[must_use]
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Writes reports and evidence by this plan.
    #[must_use]
    pub fn output(mut self, plan: OutputPlan) -> Self {
        self.output = Some(plan);
        self
    }

    /// Records the redacted traffic into a directory. A stage with `recording:` replays it.
    #[must_use]
    pub fn record(mut self, directory: impl Into<PathBuf>) -> Self {
        self.recording = Some(directory.into());
        self
    }

    /// Keeps the ledger of the probes in this directory.
    #[must_use]
    pub fn ledger(mut self, directory: impl Into<PathBuf>) -> Self {
        self.ledger = directory.into();
        self
    }

    /// Compares with an earlier run: its output directory, bundle or `results.json`.
    #[must_use]
    pub fn baseline(mut self, run: impl Into<PathBuf>) -> Self {
        self.baseline = Some(run.into());
        self
    }

    /// Sets whether only violations that the baseline does not have fail the run.
    #[must_use]
    pub fn gate_new(mut self, gate_new: bool) -> Self {
        self.gate_new = gate_new;
        self
    }

    /// Sends messages to this listener.
    #[must_use]
    pub fn messages(mut self, listener: Messages) -> Self {
        self.messages = listener;
        self
    }

    /// Sends the events of the collection to this listener.
    #[must_use]
    pub fn watch(mut self, listener: Watch) -> Self {
        self.watch = listener;
        self
    }

    /// Stops when this interrupt is requested.
    #[must_use]
    pub fn interrupt(mut self, interrupt: Interrupt) -> Self {
        self.interrupt = interrupt;
        self
    }

    /// Runs on a runtime of its own and waits for the end.
    ///
    /// # Errors
    /// The run ended without verdicts: a mistake in the suite, a refused account, or an output that cannot be written.
    pub fn execute(&self) -> Result<Outcome, Failure> {
        block_on(async { self.perform(self.select()?).await })
    }

    /// Returns the selected cases of the suite.
    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        self.request.select(self.messages)
    }

    /// Loads the suite, selects cases and checks the probes. Makes no request and writes no file.
    pub(crate) fn select(&self) -> Result<Selected, Failure> {
        network::check_url(self.endpoint.as_deref())?;
        let selection = self.selection()?;
        if selection.cases.is_empty() {
            return Err(Failure::new(Exit::Nothing, "the suite has no case"));
        }
        let baseline = self.read_baseline(&selection)?;
        probing::check(&selection, self.recording.is_some(), self.endpoint.is_some())?;
        let plan = selection.plan();
        let effects = probing::announce(&plan, &selection.stage);
        Ok(Selected { selection, plan, baseline, effects })
    }

    /// Checks that the outputs overwrite neither an input nor each other.
    fn check_outputs(&self, selected: &Selected) -> Result<(), Failure> {
        let Some(output) = &self.output else { return Ok(()) };
        output.check(&selected.selection, self.recording.as_deref(), &self.ledger)
    }

    /// Runs the selected cases.
    pub(crate) async fn perform(&self, selected: Selected) -> Result<Outcome, Failure> {
        self.check_outputs(&selected)?;
        let mut prepared = self.prepare(selected).await?;
        let sessions = self.open(&mut prepared).await?;
        let mut collected = self.collect(&prepared, &sessions).await?;
        let judged = self.judge(&prepared, &mut collected);
        Ok(self.deliver(prepared, sessions, collected, judged).await)
    }

    /// Prepares outputs, stage and ledger. An output that cannot be written or signed is an error before the first
    /// request.
    async fn prepare(&self, selected: Selected) -> Result<Prepared, Failure> {
        let (selection, endpoint) = (&selected.selection, self.endpoint.as_deref());
        let sealer = match &self.output {
            Some(output) => {
                let preparing = Sealer::prepare(output, selection, endpoint, self.messages);
                Some(self.unless_stopped(1, "nothing was read", preparing).await??)
            }
            None => None,
        };
        let answers = sealer.as_ref().and_then(|sealer| sealer.answers.as_deref());
        let stage = StageSession::new(selection, endpoint, [self.recording.as_deref(), answers], self.messages)?;
        let started = Timestamp::now();
        let id = run_id(started, selection);
        let ledger = probing::begin_ledger(&selected.plan, &self.ledger, &id)?;
        self.interrupt.attach(&stage.link);
        Ok(Prepared { selected, sealer, stage, ledger, started, id })
    }

    /// Opens a session for each account.
    async fn open(&self, prepared: &mut Prepared) -> Result<Sessions, Failure> {
        let sessions = self.unless_stopped(1, "nothing was read", prepared.stage.open()).await??;
        let effects = &prepared.selected.effects;
        if !effects.is_empty() {
            (self.messages)(effects.trim_end());
        }
        Ok(sessions)
    }

    /// Collects the facts. Reads come first, so that no case sees the changes of a probe. Probes come last, so that a
    /// stopped run starts no probe.
    async fn collect(&self, prepared: &Prepared, sessions: &Sessions) -> Result<Collected, Failure> {
        let Prepared { selected, stage, ledger, id, .. } = prepared;
        let Selected { selection, plan, .. } = selected;
        let own = selection.loaded.words.kinds.own();
        let find = |name: &str| kinds::collector(name, own);
        let reading = collect(plan, &sessions.places, &find, stage.now, &self.watch);
        let mut populations = self.unless_stopped(2, "at once, without evidence", reading).await?;
        let acting = probing::Acting { plan, ledger: ledger.clone(), pace: self.interrupt.pace(), run: id };
        let acted = probing::act(acting, selection, stage, sessions, self.messages).await;
        populations.extend(acted.populations);
        populations.extend(attested(selection, stage.now));
        Ok(Collected { populations, residue: acted.residue })
    }

    /// Evaluates the cases and chooses the exit code.
    fn judge(&self, prepared: &Prepared, collected: &mut Collected) -> Judged {
        let Selected { selection, baseline, .. } = &prepared.selected;
        // A population that was never read gets a gap, too.
        complete(&selection.stage, &selection.cases, &mut collected.populations);
        let result = evaluate(&selection.cases, &collected.populations, &selection.waivers, prepared.stage.now);
        let known = baseline.as_ref().filter(|_| self.gate_new).map(Results::violated);
        let reason = Reason::of_run(&result, selection.suite.gate, known.as_ref(), &collected.residue);
        Judged { result, reason }
    }

    /// Writes reports and evidence. A failure to write changes the exit code and never the verdicts.
    async fn deliver(&self, prepared: Prepared, sessions: Sessions, collected: Collected, judged: Judged) -> Outcome {
        // The message comes first: it must not be lost in a later failure.
        collected.residue.iter().for_each(|name| (self.messages)(&format!("left behind: {name}")));
        Delivery { run: self, prepared, sessions, collected, judged }.outcome().await
    }

    /// Does the work, unless `count` interrupts come first.
    async fn unless_stopped<T>(&self, count: u8, state: &str, work: impl Future<Output = T>) -> Result<T, Failure> {
        let stopped = |signal| Failure::stopped(signal, signal_name(signal), state);
        self.interrupt.unless(count, work).await.map_err(stopped)
    }

    /// Returns the run to compare with. It is read before the first request.
    fn read_baseline(&self, selection: &Selection) -> Result<Option<Results>, Failure> {
        let Some(path) = &self.baseline else {
            return if self.gate_new {
                Err(Failure::new(Exit::Usage, "`--gate new` needs a `--baseline`"))
            } else {
                Ok(None)
            };
        };
        let earlier = read_results(path, self.messages)?;
        check_comparable(&earlier, (&selection.suite.id.value, &selection.stage.name.value))?;
        Ok(Some(earlier))
    }
}

/// Returns the name of a signal.
pub(crate) fn signal_name(number: u8) -> &'static str {
    SIGNALS.iter().find(|(it, _)| *it == number).map_or("a signal", |(_, name)| name)
}

/// Returns the population of attestations, if the suite has one or a case needs one.
fn attested(selection: &Selection, now: Timestamp) -> Vec<Population> {
    let needed = selection.cases.iter().any(|case| case.kind.name == ATTESTATION.name);
    if !needed && selection.suite.attestations.is_empty() {
        return Vec::new();
    }
    let accounts = selection.stage.accounts.iter().map(|account| account.id.value.as_str());
    let digest = |path: &Path| Some(evidence::digest(&read_below(&selection.root, path, ATTESTED).ok()?));
    policy::attested(&selection.suite.attestations, accounts, now, digest)
}

/// Returns an id that is unique among the runs of one account, and that sorts by time.
fn run_id(started: Timestamp, selection: &Selection) -> String {
    let second = started.strftime("%Y%m%dT%H%M%SZ");
    let seed = format!("{started} {} {} {}", selection.suite.id.value, selection.stage.name.value, std::process::id());
    let digest = evidence::digest(seed.as_bytes());
    format!("{second}-{}", digest.get(..8).unwrap_or(&digest))
}
