//! Tests probes on a small account that they can change. They must observe the right facts. They must leave nothing
//! behind, wherever they are killed, refused, throttled or stopped.

mod alarm;
mod alert_on_action;
mod archive_query;
mod fake;
mod fetch;
mod keys;
mod lifecycle;
mod listening;
mod replay;
mod rollback;
mod signature;

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use attestry::aws::{AccountRegion, Link, Pace, Session, open};
use attestry::facts::{Fact, Value};
use attestry::plan::{Plan, policy_document};
use attestry::policy::{Case, check_probes};
use attestry::probes::{
    self, Artifact, Cleaned, CleanupPace, CleanupScope, Entry, Ledger, Origin, Outcome, Running, Task, artifact,
    cleanup, cleanup_by_search, perform,
};
use attestry::source::Diagnostics;
use attestry::verify::{RunResult, evaluate};
use fake::{ACCOUNT, CANARY, Fake, REGION, Rotation, Stranger, Trouble};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::common;

/// The id of a run that begins now. AWS returns the time of a creation, and that time must be in the run.
static RUN: LazyLock<String> = LazyLock::new(|| format!("{}-0a1b2c3d", Timestamp::now().strftime("%Y%m%dT%H%M%SZ")));
const PAUSE: Duration = Duration::from_millis(1);

const ROTATION: &str = r#"id: P
title: Probes
severity: high
cases:
  rotation-works:
    probe: secret-rotation
    with: { secret: "${secret}", within: 1s, zero_downtime: true }
    when_none: violated
    expect: { rotated: true, previous_readable: true, pending_left: false, value_changed: true, failed_reads: 0 }
    examples:
      violated: { rotated: false }
"#;

const DENIED: &str = r#"id: P
title: Probes
severity: high
cases:
  create:
    probe: denied
    with: { action: create-secret, resource: outside/, as: "arn:aws:iam::000000000001:role/developer" }
    when_none: violated
    expect: { allowed: false }
    examples: { violated: { allowed: true } }
  put:
    probe: denied
    with: { action: put-parameter, resource: /bank-secrets/ }
    when_none: violated
    expect: { allowed: false }
    examples: { violated: { allowed: true } }
  read:
    probe: denied
    with: { action: get-secret-value, resource: "${secret}" }
    when_none: violated
    expect: { allowed: false }
    examples: { violated: { allowed: true } }
  break-glass:
    probe: denied
    with: { action: assume-role, resource: "arn:aws:iam::000000000001:role/break-glass" }
    when_none: violated
    expect: { allowed: false }
    examples: { violated: { allowed: true } }
"#;

fn suite(directory: &Path, policy: &str, secret: &str, consent: &str) {
    let parameters =
        if policy.contains("${secret}") { format!("parameters: {{ secret: {secret} }}\n") } else { String::new() };
    let suite = format!(
        "suite: made\ntitle: Made by a test\npolicies: [policy.yaml]\n{parameters}stages:\n  here:\n    account: \
         \"{ACCOUNT}\"\n    regions: [{REGION}]\n    probes: [{consent}]\n"
    );
    std::fs::write(directory.join("suite.yaml"), suite).unwrap();
    std::fs::write(directory.join("policy.yaml"), policy).unwrap();
}

fn cases(policy: &str, secret: &str) -> Vec<Case> {
    let directory = tempfile::tempdir().unwrap();
    suite(
        directory.path(),
        policy,
        secret,
        "alarm, alert-on-action, archive-query, decrypts-after-rotation, denied, fetch, key-lifecycle, rollback, secret-rotation",
    );
    common::cases(directory.path(), "suite.yaml", "here").0
}

async fn session(fake: &Arc<Fake>, link: &Link) -> Session {
    open(&common::target(ACCOUNT, &[REGION.to_owned()], fake.connector()), link).await.unwrap()
}

/// Returns the places of the account, without any trouble.
fn places(fake: &Arc<Fake>) -> Vec<Arc<AccountRegion>> {
    let sdk = runtime().block_on(session(fake, &Link::new(Pace::none())));
    sdk.places()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

const CONSENT: &[&str] = &["alarm", "alert", "denied", "key-lifecycle", "rollback", "secret-rotation"];

/// Runs the cleanup by the ledgers, for a stage that names these probes.
fn swept_by(probes: &[&str], folder: &Path, places: &[Arc<AccountRegion>]) -> Cleaned {
    runtime().block_on(cleanup(folder, &CleanupScope { places, probes, pause: PAUSE })).unwrap()
}

fn swept(folder: &Path, places: &[Arc<AccountRegion>]) -> Cleaned {
    swept_by(CONSENT, folder, places)
}

/// Runs the cleanup without a ledger, at a time so many minutes from now.
fn searched(probes: &[&str], places: &[Arc<AccountRegion>], minutes: i64) -> Cleaned {
    let now = Timestamp::now() + SignedDuration::from_mins(minutes);
    runtime().block_on(cleanup_by_search(&CleanupScope { places, probes, pause: PAUSE }, now))
}

/// Runs the probes in a run with this id. `pace` carries its signals.
async fn acting(cases: &[Case], fake: &Arc<Fake>, folder: &Path, (link, pace): (&Link, &CleanupPace)) -> Outcome {
    let session = session(fake, link).await;
    let at = session.acting(&RUN).into_iter().find(|at| !at.is_global()).unwrap();
    let plan = Plan::new(cases.to_vec());
    let tasks = plan.probes().map(|(case, call)| Task {
        case: case.id.clone(),
        probe: probes::find(call.spec.name).unwrap(),
        arguments: call.arguments.clone(),
        at: Arc::clone(&at),
    });
    let ledger = Arc::new(Ledger::begin(folder, &RUN).unwrap());
    let (link, pace) = (link.clone(), pace.clone());
    let running = Running { run: RUN.as_str().into(), ledger, link, pace, pause: PAUSE, show: |_| {} };
    perform(tasks.collect(), &Arc::new(running)).await
}

/// Runs the probes of the cases. Returns `None` when the process died, and only the ledger remains.
fn run(cases: &[Case], fake: &Arc<Fake>, folder: &Path) -> Option<Outcome> {
    let runtime = runtime();
    let stops = matches!(fake.trouble, Some((_, Trouble::Stopped)));
    let ran = runtime.block_on(async {
        let link = Link::new(Pace::none());
        let pace = CleanupPace::default();
        let mut acting = Box::pin(acting(cases, fake, folder, (&link, &pace)));
        tokio::select! {
            outcome = &mut acting => Some(outcome),
            () = fake.struck.notified() => {
                if stops {
                    link.stop();
                    Some(acting.await)
                } else {
                    None
                }
            }
        }
    });
    // The runtime ends with all its tasks, like a process.
    drop(runtime);
    ran
}

fn judge(cases: &[Case], outcome: &Outcome) -> RunResult {
    evaluate(cases, &outcome.populations, &[], Timestamp::now())
}

fn verdicts(cases: &[Case], outcome: &Outcome) -> Vec<&'static str> {
    judge(cases, outcome).cases.iter().map(|case| case.verdict.word()).collect()
}

fn fact(outcome: &Outcome, name: &str) -> Option<Value> {
    match outcome.populations[0].resources[0].get(name) {
        Some(Fact::Known(value)) => Some(value.clone()),
        _ => None,
    }
}

#[test]
fn a_rotation_is_met_when_it_works_and_violated_on_each_wrong_function() {
    let cases = cases(ROTATION, "probe/secret");
    for (rotation, verdict, wrong) in [
        (Rotation::Works(1), "met", ""),
        (Rotation::Works(4), "met", ""),
        (Rotation::Sticks, "violated", "rotated"),
        (Rotation::Strays, "violated", "rotated"),
        (Rotation::SameValue, "violated", "value_changed"),
        (Rotation::LosesPrevious, "violated", "previous_readable"),
        (Rotation::Interrupts(3), "violated", "failed_reads"),
    ] {
        let (fake, folder) = (Arc::new(Fake::new(rotation)), tempfile::tempdir().unwrap());
        let before = fake.listing();
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        let result = judge(&cases, &outcome);
        assert_eq!(result.cases[0].verdict.word(), verdict, "{rotation:?}");
        let differences = &result.cases[0].resources[0].differences;
        assert!(
            wrong.is_empty() || differences.iter().any(|it| it.attribute == wrong),
            "{rotation:?}: {differences:?}"
        );
        assert!(outcome.residue.is_empty(), "{:?}", outcome.residue);
        assert_eq!(fake.listing(), before, "{rotation:?}");
        assert!(fake.agents().iter().any(|agent| agent.contains(RUN.as_str())), "{:?}", fake.agents());
    }
}

#[test]
fn what_cannot_rotate_is_not_touched() {
    let cases = cases(ROTATION, "probe/secret");
    let mut fake = Fake::new(Rotation::Works(1));
    fake.rotation_enabled = false;
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["violated"]);
    assert_eq!(fact(&outcome, "last_error"), Some("rotation is not enabled".into()));
    assert!(!fake.log().contains(&"RotateSecret".to_owned()));
}

#[test]
fn a_target_that_does_not_exist_is_what_the_case_declares() {
    let cases = cases(ROTATION, "probe/other");
    let (fake, folder) = (Arc::new(Fake::new(Rotation::Works(1))), tempfile::tempdir().unwrap());
    assert_eq!(verdicts(&cases, &run(&cases, &fake, folder.path()).unwrap()), ["violated"]);
}

#[test]
fn probes_on_one_target_never_overlap() {
    let twice =
        ROTATION.to_owned() + &ROTATION[ROTATION.find("  rotation-works").unwrap()..].replace("works:", "again:");
    let cases = cases(&twice, "probe/secret");
    let (fake, folder) = (Arc::new(Fake::new(Rotation::Works(4))), tempfile::tempdir().unwrap());
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    // A second probe that began too early would have found a pending rotation.
    assert_eq!(verdicts(&cases, &outcome), ["met", "met"]);
    assert_eq!(fake.log().iter().filter(|call| *call == "RotateSecret").count(), 2);
}

#[test]
fn a_refusal_is_met_and_what_is_allowed_is_violated_and_undone() {
    let cases = cases(DENIED, "probe/secret");
    let (fake, folder) = (Arc::new(Fake::new(Rotation::Sticks)), tempfile::tempdir().unwrap());
    let before = fake.listing();
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["violated"; 4]);
    assert_eq!(fake.listing(), before);
    assert!(fake.log().contains(&"DeleteSecret".to_owned()) && fake.log().contains(&"DeleteParameter".to_owned()));

    let mut fake = Fake::new(Rotation::Sticks);
    fake.refused = ["CreateSecret", "PutParameter", "GetSecretValue"].into();
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["met", "met", "met", "violated"]);
    let first = &outcome.populations[0].resources;
    assert!(first.iter().any(|it| it.get("explicit") == Some(&Fact::Known(true.into()))));

    // A caller that cannot assume the role was not refused the action itself.
    let mut fake = Fake::new(Rotation::Sticks);
    fake.refused = ["AssumeRole"].into();
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated", "violated", "violated", "met"]);
}

/// Causes a trouble at each call of a normal run, and checks the state of the account afterwards.
fn matrix(policy: &str, rotation: Rotation, troubles: &[Trouble]) -> usize {
    // Without its ledger, there is no proof of the owner of a label on a version with a foreign id. The cleanup leaves
    // such a version.
    matrix_of(policy, &|| Fake::new(rotation), troubles, rotation != Rotation::Strays)
}

/// The same on an account of any behaviour. `searchable` states whether a cleanup without the ledger must undo all.
fn matrix_of(policy: &str, fake: &dyn Fn() -> Fake, troubles: &[Trouble], searchable: bool) -> usize {
    let cases = cases(policy, "probe/secret");
    let (calm, folder) = (Arc::new(fake()), tempfile::tempdir().unwrap());
    let calm_outcome = run(&cases, &calm, folder.path()).unwrap();
    let calm_facts = format!("{:?}", verdicts(&cases, &calm_outcome));
    let calls = calm.log().len();
    let mut points = 0;
    // The first call is only the identity call.
    for number in 2..=calls {
        for &trouble in troubles {
            let ledgers: &[bool] = if searchable { &[false, true] } else { &[false] };
            for &lost_ledger in ledgers {
                points += 1;
                let mut fake = fake();
                fake.trouble = Some((number, trouble));
                let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
                let before = fake.listing();
                let outcome = run(&cases, &fake, folder.path());
                let place =
                    format!("{trouble:?} at call {number} ({:?}), ledger lost: {lost_ledger}", fake.log().last());
                let left = fake.listing() != before;
                match &outcome {
                    Some(outcome) => {
                        // The outcome reports everything that is left. It contains no verdict without an answer of AWS.
                        assert!(!left || !outcome.residue.is_empty(), "{place}: left and not told");
                        for (told, calm) in verdicts(&cases, outcome).iter().zip(verdicts(&cases, &calm_outcome)) {
                            let lenient = *told != "met" || calm == "met" || trouble == Trouble::Denied;
                            assert!(lenient, "{place}: {told}, and {calm_facts} without trouble");
                        }
                    }
                    None => assert!(matches!(trouble, Trouble::KilledBefore | Trouble::KilledAfter), "{place}"),
                }
                let places = places(&undisturbed(&fake));
                let done = if lost_ledger { searched(CONSENT, &places, 120) } else { swept(folder.path(), &places) };
                assert_eq!(done.left, Vec::<String>::new(), "{place}");
                assert_eq!(fake.listing(), before, "{place}");
                // A second cleanup finds nothing.
                let again = swept(folder.path(), &places);
                assert!(lost_ledger || again.gone.is_empty(), "{place}: {again:?}");
            }
        }
    }
    points
}

/// Returns the same account after the end of the trouble.
fn undisturbed(fake: &Arc<Fake>) -> Arc<Fake> {
    fake.calm();
    Arc::clone(fake)
}

#[test]
fn wherever_a_probe_is_killed_a_sweep_leaves_nothing() {
    let killed = [Trouble::KilledBefore, Trouble::KilledAfter];
    let mut points = 0;
    let at_once = ROTATION.replace("within: 1s", "within: 0s");
    for (policy, rotation) in [
        (ROTATION, Rotation::Works(3)),
        (&at_once, Rotation::Sticks),
        (ROTATION, Rotation::SameValue),
        (&at_once, Rotation::Strays),
    ] {
        points += matrix(policy, rotation, &killed);
    }
    for policy in [DENIED, &listening::at_once(), listening::RECORD] {
        points += matrix(policy, Rotation::Sticks, &killed);
    }
    println!("{points} kill points, nothing left");
    assert!(points > 100, "{points}");
}

#[test]
fn whatever_call_of_a_probe_fails_nothing_is_left() {
    let failing = [Trouble::Denied, Trouble::Throttled, Trouble::ThrottledForEver, Trouble::Lost, Trouble::Stopped];
    let mut points = 0;
    let at_once = ROTATION.replace("within: 1s", "within: 0s");
    for (policy, rotation) in
        [(ROTATION, Rotation::Works(3)), (&at_once, Rotation::Sticks), (&at_once, Rotation::Strays)]
    {
        points += matrix(policy, rotation, &failing);
    }
    for policy in [DENIED, &listening::at_once(), listening::RECORD] {
        points += matrix(policy, Rotation::Sticks, &failing);
    }
    println!("{points} failing calls, nothing left");
    assert!(points > 100, "{points}");
}

#[test]
fn what_cannot_be_undone_is_named() {
    let cases = cases(DENIED, "probe/secret");
    let mut fake = Fake::new(Rotation::Sticks);
    fake.refused = ["DeleteSecret"].into();
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert_eq!(outcome.residue.len(), 1, "{:?}", outcome.residue);
    assert!(outcome.residue[0].contains(&format!("secret outside/attestry-{}", *RUN)), "{:?}", outcome.residue);
    let cleaned: Vec<_> = outcome.populations[0].resources.iter().map(|it| it.get("cleaned").cloned()).collect();
    assert_eq!(cleaned.iter().filter(|it| **it == Some(Fact::Known(false.into()))).count(), 1);
}

#[test]
fn what_attestry_did_not_make_is_refused_without_a_call() {
    let fake = Arc::new(Fake::new(Rotation::Sticks));
    let places = places(&fake);
    let calls = fake.log().len();
    for form in [
        json!({ "type": "secret", "name": "probe/secret" }),
        json!({ "type": "parameter", "name": "/bank/attestry-other" }),
        json!({
            "type": "rotation", "secret": "probe/secret", "version": "v1", "before": ["v0"],
            "begun": Timestamp::UNIX_EPOCH,
        }),
        json!({ "type": "pending-label", "secret": "probe/secret", "version": "v1", "holder": "v0" }),
        json!({ "type": "alarm-state", "alarm": "probe-alarm", "mark": "attestry-other", "before": "OK" }),
        json!({ "type": "queue", "name": "attestry-alerts" }),
        json!({ "type": "subscription", "topic": fake::TOPIC, "queue": "arn:aws:sqs:x:1:alerts" }),
        json!({ "type": "key-state", "key": fake::key_arn("k1"), "tag": "other" }),
        json!({ "type": "key-state", "key": "arn:aws:kms:eu-west-1:1:key/k1", "tag": mark(&RUN) }),
        json!({ "type": "rollback-version", "secret": "probe/secret", "version": "v1" }),
        json!({ "type": "rollback-version", "secret": "probe/secret", "version": mark(&RUN) }),
        json!({ "type": "alias", "name": "alias/attestry-signing" }),
    ] {
        let (artifact, origin) = (artifact(form).unwrap(), Origin::recorded(&RUN, "P/c", Timestamp::now()));
        let pace = CleanupPace::default();
        let refused = runtime().block_on(artifact.clean(&places[0], &origin, PAUSE, &pace)).unwrap_err();
        assert!(refused.contains("did not make it"), "{refused}");
    }
    assert_eq!(fake.log().len(), calls);
}

#[test]
fn a_search_leaves_what_is_young() {
    let cases = cases(DENIED, "probe/secret");
    let mut fake = Fake::new(Rotation::Sticks);
    fake.trouble = Some((4, Trouble::KilledAfter));
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    run(&cases, &fake, folder.path());
    let left = fake.listing();
    let places = places(&undisturbed(&fake));
    let done = searched(CONSENT, &places, 1);
    assert!(done.gone.is_empty() && !done.busy.is_empty(), "{done:?}");
    assert_eq!(fake.listing(), left);
}

/// Returns the mark of the case `P/c` in a run with that id.
fn mark(run: &str) -> String {
    mark_of(run, "P/c")
}

fn mark_of(run: &str, case: &str) -> String {
    use sha2::{Digest, Sha256};
    let case: String = Sha256::digest(case).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    format!("attestry-{run}-{case}")
}

/// Returns one artifact of each sort, with the names of the stranger's things and of the probe's own.
fn one_of_each(mark: &str, start: &str) -> Vec<Arc<dyn Artifact>> {
    let queue = format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{mark}");
    [
        json!({ "type": "secret", "name": format!("{start}{mark}") }),
        json!({ "type": "parameter", "name": format!("/{start}{mark}") }),
        json!({
            "type": "rotation", "secret": format!("{start}rotating"), "version": mark, "before": ["one"],
            "begun": Timestamp::UNIX_EPOCH,
        }),
        json!({ "type": "pending-label", "secret": format!("{start}labelled"), "version": mark, "holder": "one" }),
        json!({ "type": "alarm-state", "alarm": format!("{start}{mark}"), "mark": mark, "before": "OK" }),
        json!({ "type": "queue", "name": mark }),
        json!({ "type": "subscription", "topic": fake::TOPIC, "queue": queue }),
        json!({ "type": "key-state", "key": fake::key_arn(&format!("theirs-{mark}")), "tag": mark }),
        json!({
            "type": "rollback-version", "secret": format!("{start}rolled-{mark}"),
            "version": mark.replace("attestry-", "rollback-"),
        }),
        json!({ "type": "alias", "name": format!("alias/{mark}") }),
    ]
    .map(|form| artifact(form).unwrap())
    .into()
}

/// Writes a ledger with a key, as any owner of a key can.
fn announce(folder: &Path, run: &str, artifacts: impl IntoIterator<Item = Arc<dyn Artifact>>) {
    let ledger = Ledger::begin(folder, run).unwrap();
    for artifact in artifacts {
        let entry = Entry {
            run: run.to_owned(),
            case: "P/c".to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            aws: false,
            undo: artifact.undo(),
            artifact,
        };
        ledger.record_intent(entry, Timestamp::now()).unwrap();
    }
}

/// For every content and name of a ledger: the cleanup reports and leaves each thing that the account does not prove to
/// be ours.
#[test]
fn nothing_of_a_stranger_is_removed_by_a_ledger_or_a_name() {
    for stranger in [Stranger::Named, Stranger::Old, Stranger::Used] {
        let (fake, folder) = (Arc::new(Fake::new(Rotation::Sticks)), tempfile::tempdir().unwrap());
        fake.plant(&mark(&RUN), stranger);
        fake.plant("attestry-20200101T000000Z-deadbeef", stranger);
        let places = places(&fake);
        let before = fake.listing();
        announce(folder.path(), &RUN, one_of_each(&mark(&RUN), "bank/"));
        for done in [swept(folder.path(), &places), searched(CONSENT, &places, 120)] {
            assert_eq!(done.gone, Vec::<String>::new(), "{stranger:?}");
            assert_eq!(fake.listing(), before, "{stranger:?}");
            // The search cannot find a version with a foreign name.
            assert!(done.left.len() >= 4 && done.left.iter().all(|it| it.contains("not removed: ")), "{done:?}");
        }
        assert_eq!(swept(folder.path(), &places).left.len(), 10, "it is told again");
    }
}

/// Puts the true ledger of a killed run beside a ledger that an attacker changed, or wrote with another key.
#[test]
fn a_forged_ledger_beside_a_true_one_removes_nothing_and_hides_nothing() {
    let (mut points, at_once) = (0, ROTATION.replace("within: 1s", "within: 0s"));
    for policy in [DENIED, &at_once, &listening::at_once()] {
        let cases = cases(policy, "probe/secret");
        let calm = Arc::new(Fake::new(Rotation::Sticks));
        run(&cases, &calm, tempfile::tempdir().unwrap().path()).unwrap();
        let changing = ["CreateSecret", "PutParameter", "RotateSecret", "CreateQueue", "Subscribe"];
        let log = calm.log();
        for number in (1..=log.len()).filter(|number| changing.contains(&&*log[number - 1])) {
            points += 1;
            let mut fake = Fake::new(Rotation::Sticks);
            fake.trouble = Some((number, Trouble::KilledAfter));
            let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
            let clean = fake.listing();
            assert!(run(&cases, &fake, folder.path()).is_none());
            fake.calm();
            let run = "20200101T000000Z-deadbeef";
            fake.plant(&mark(run), Stranger::Named);
            let (places, path) = (places(&fake), |name: &str| folder.path().join(name));
            let file = |end: &str| path(&format!("{}.{end}", *RUN));
            let text = std::fs::read_to_string(file("jsonl")).unwrap();
            let left = fake.listing();

            // The attacker changes the true ledger so that it names the stranger's things.
            let changed =
                text.replace(RUN.as_str(), run).replace("outside/", "bank/").replace("probe/secret", "bank/rotating");
            std::fs::write(path(&format!("{run}.jsonl")), &changed).unwrap();
            std::fs::copy(file("key"), path(&format!("{run}.key"))).unwrap();
            std::fs::rename(file("jsonl"), path("aside")).unwrap();
            let done = swept(folder.path(), &places);
            assert_eq!((done.gone.len(), done.left.len()), (0, 1), "{done:?}");
            assert_eq!(fake.listing(), left);

            // The attacker also writes a ledger with another key. The true ledger is beside both.
            std::fs::remove_file(path(&format!("{run}.jsonl"))).unwrap();
            std::fs::remove_file(path(&format!("{run}.key"))).unwrap();
            announce(folder.path(), run, one_of_each(&mark(run), "bank/"));
            std::fs::rename(path("aside"), file("jsonl")).unwrap();
            let done = swept(folder.path(), &places);
            assert_eq!(done.left.len(), 10, "{done:?}");
            assert!(!done.gone.is_empty() && fake.listing().iter().all(|it| !it.contains(RUN.as_str())), "{done:?}");
            let strangers: Vec<String> = fake.listing().into_iter().filter(|it| !clean.contains(it)).collect();
            // A secret, a parameter, a queue, a subscription, the state of an alarm, two secrets with a pending version, a
            // key, an alias, and a secret with the version of a rollback.
            assert_eq!(strangers.len(), 12, "{strangers:?}");
        }
    }
    assert!(points >= 5, "{points}");
}

/// The cleanup ignores a true ledger of another place. It also changes nothing in a stage that names no such probe.
#[test]
fn a_sweep_needs_the_place_and_the_consent_of_the_stage() {
    let cases = cases(DENIED, "probe/secret");
    let mut fake = Fake::new(Rotation::Sticks);
    fake.trouble = Some((4, Trouble::KilledAfter));
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let clean = fake.listing();
    run(&cases, &fake, folder.path());
    fake.calm();
    let (left, places) = (fake.listing(), places(&fake));
    assert_ne!(left, clean);
    for probes in [&[][..], &["alert"], &["alert", "secret-rotation"]] {
        for done in [swept_by(probes, folder.path(), &places), searched(probes, &places, 120)] {
            assert!(done.gone.is_empty() && done.left.iter().any(|it| it.contains("`denied`")), "{probes:?}: {done:?}");
        }
    }
    let elsewhere = swept_by(CONSENT, folder.path(), &[]);
    assert!(elsewhere.left.iter().all(|it| it.contains("not a place of this stage")), "{elsewhere:?}");
    assert_eq!(fake.listing(), left);
    assert_eq!(swept_by(&["denied"], folder.path(), &places).left, Vec::<String>::new());
    assert_eq!(fake.listing(), clean);
}

/// A call without an answer does not block the cleanup for ever. The output names everything that is left, and the
/// ledger contains it.
#[test]
fn a_clean_up_ends_when_people_want_it_to() {
    let at_once = ROTATION.replace("within: 1s", "within: 0s");
    let cases = cases(&at_once, "probe/secret");
    let calm = Arc::new(Fake::new(Rotation::Sticks));
    run(&cases, &calm, tempfile::tempdir().unwrap().path()).unwrap();
    let undo = 1 + calm.log().iter().position(|call| call == "UpdateSecretVersionStage").unwrap();
    let mut fake = Fake::new(Rotation::Sticks);
    fake.trouble = Some((undo, Trouble::KilledBefore));
    let (fake, folder) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let outcome = runtime().block_on(async {
        let (link, pace) = (Link::new(Pace::none()), CleanupPace::default());
        let mut acting = Box::pin(acting(&cases, &fake, folder.path(), (&link, &pace)));
        tokio::select! {
            _ = &mut acting => panic!("it ends although nothing answers"),
            () = fake.struck.notified() => {}
        }
        link.stop();
        for _ in 0..3 {
            pace.request_stop();
            tokio::time::sleep(Duration::from_millis(510)).await;
        }
        tokio::time::timeout(Duration::from_secs(1), acting).await.expect("the third wish ends it")
    });
    assert!(outcome.residue[0].contains("AWSPENDING") && outcome.residue[0].contains("was over"), "{outcome:?}");
    fake.calm();
    let places = places(&fake);
    assert_eq!(swept(folder.path(), &places).left, Vec::<String>::new());
}

#[test]
fn a_stage_that_does_not_name_a_probe_is_never_acted_upon() {
    let directory = tempfile::tempdir().unwrap();
    suite(directory.path(), ROTATION, "probe/secret", "denied");
    let words = attestry::policy::Vocabulary::new(attestry::kinds::schemas()).with_probes(probes::specs());
    let loaded = attestry::policy::load_suite(directory.path(), Path::new("suite.yaml"), words);
    assert!(!loaded.diagnostics.has_errors());
    let suite = &loaded.library.suites[0];
    let mut sink = Diagnostics::new();
    let compiled = attestry::policy::compile(suite, &suite.stages[0], &[], &mut sink).unwrap();
    check_probes(&suite.stages[0], &compiled.cases, &mut sink);
    let told: Vec<&str> = sink.iter().map(|it| it.code).collect();
    assert_eq!(told, ["no-consent"]);
}

/// The user agent names the run. The permissions are those of the calls, without the operations that AWS must refuse.
#[test]
fn permissions_of_probes_equal_what_is_called() {
    let cases = cases(DENIED, "probe/secret");
    let fake = Arc::new(Fake::new(Rotation::Sticks));
    let folder = tempfile::tempdir().unwrap();
    run(&cases, &fake, folder.path()).unwrap();
    let document = policy_document(&Plan::new(cases));
    assert_eq!(document["Statement"][0]["Sid"], "AttestryProbes");
    let tried = ["CreateSecret", "PutParameter", "GetSecretValue", "GetCallerIdentity"];
    let called: Vec<String> = called(&fake).into_iter().filter(|call| !tried.contains(&call.as_str())).collect();
    assert_eq!(needed(&document), called);
}

/// Returns the operations that a policy document allows to the probes.
fn needed(document: &serde_json::Value) -> Vec<String> {
    let actions = document["Statement"][0]["Action"].as_array().unwrap().iter();
    let mut needed: Vec<String> =
        actions.map(|it| it.as_str().unwrap().split(':').nth(1).unwrap().to_owned()).collect();
    needed.sort();
    needed
}

/// Returns the operations that were called, without the identity call.
fn called(fake: &Fake) -> Vec<String> {
    let mut called: Vec<String> = fake.log().into_iter().filter(|call| call != "GetCallerIdentity").collect();
    called.sort();
    called.dedup();
    called
}

#[test]
fn no_value_of_a_secret_is_kept() {
    for policy in [ROTATION, DENIED, replay::REPLAY, listening::ALERT, listening::RECORD, rollback::BOTH] {
        let cases = cases(policy, "probe/secret");
        let (fake, folder) = (Arc::new(Fake::new(Rotation::Works(2))), tempfile::tempdir().unwrap());
        let outcome = run(&cases, &fake, folder.path()).unwrap();
        assert!(fake.log().contains(&"GetSecretValue".to_owned()));
        let mut kept = format!("{outcome:?}{:?}", judge(&cases, &outcome));
        for file in std::fs::read_dir(folder.path()).unwrap().flatten() {
            kept.push_str(&std::fs::read_to_string(file.path()).unwrap());
        }
        assert!(kept.contains("probe/secret") && !kept.contains(CANARY), "{kept}");
    }
}

/// Returns the command of the binary in a directory with a suite, for the account behind a port.
fn attestry(directory: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.current_dir(directory).args(arguments).args(["suite.yaml", "--stage", "here", "--endpoint", url]);
    command.env_remove("AWS_ACCESS_KEY_ID").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The number of the call that rotates, in a run of the binary.
const ROTATES: usize = 4;

fn stuck() -> (Arc<Fake>, String, tempfile::TempDir) {
    let mut fake = Fake::new(Rotation::Sticks);
    fake.trouble = Some((ROTATES, Trouble::KilledAfter));
    let (fake, directory) = (Arc::new(fake), tempfile::tempdir().unwrap());
    let url = fake.serve();
    suite(directory.path(), ROTATION, "probe/secret", "secret-rotation");
    (fake, url, directory)
}

fn code(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn after_sigkill_a_sweep_finishes_and_after_sigint_the_run_does() {
    let (fake, url, directory) = stuck();
    let before = fake.listing();
    let mut killed = attestry(directory.path(), &url, &["run"]).spawn().unwrap();
    runtime().block_on(fake.struck.notified());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(fake.log().last().unwrap(), "RotateSecret");
    assert_ne!(fake.listing(), before, "the rotation is pending");
    fake.calm();
    let (exit, told) = code(&attestry(directory.path(), &url, &["cleanup"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
    assert_eq!(fake.listing(), before, "{told}");

    let (fake, url, directory) = stuck();
    let interrupted = attestry(directory.path(), &url, &["run"]).spawn().unwrap();
    runtime().block_on(fake.struck.notified());
    for _ in 0..2 {
        let kill = Command::new("kill").args(["-INT", &interrupted.id().to_string()]).status().unwrap();
        assert!(kill.success());
        std::thread::sleep(Duration::from_millis(20));
    }
    let (exit, told) = code(&interrupted.wait_with_output().unwrap());
    assert_eq!(exit, Some(130), "{told}");
    assert_eq!(fake.listing(), before, "{told}");
    assert!(fake.log().contains(&"UpdateSecretVersionStage".to_owned()));
}

/// A cleanup without permission makes no request. A file that is no ledger does not stop it.
#[test]
fn a_sweep_refuses_without_a_call() {
    let (fake, url, directory) = stuck();
    let ledgers = directory.path().join("odd\u{1b}[31m");
    std::fs::create_dir(&ledgers).unwrap();
    let odd = ledgers.to_str().unwrap();
    let swept = |arguments: &[&str]| {
        let all = [&["cleanup", "--ledger", odd], arguments].concat();
        code(&attestry(directory.path(), &url, &all).output().unwrap())
    };
    suite(directory.path(), ROTATION, "probe/secret", "");
    for arguments in [&[][..], &["--search"]] {
        let (exit, told) = swept(arguments);
        assert_eq!(exit, Some(2), "{told}");
        assert!(told.contains("names no probe"), "{told}");
    }
    assert!(fake.log().is_empty(), "{:?}", fake.log());
    suite(directory.path(), ROTATION, "probe/secret", "secret-rotation");
    assert!(Command::new("mkfifo").arg(ledgers.join("r.jsonl")).status().unwrap().success());
    let old = "{\"begin\":{\"run\":\"s\",\"at\":\"2026-11-01T00:00:00Z\"}}\n{\"intend\":{\"entry\":{\"made\":{\"type\":\"secret\",\
               \"name\":\"bank/attestry-signing\\u001b[2J\"}}}}\n";
    std::fs::write(ledgers.join("s.jsonl"), old).unwrap();
    let (exit, told) = swept(&[]);
    assert_eq!(exit, Some(5), "{told}");
    for words in
        ["r.jsonl: this is no plain file", "an older version wrote it", "secret bank/attestry-signing", "2 left behind"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains('\u{1b}'), "{told:?}");
    assert_eq!(fake.log(), ["GetCallerIdentity"]);
}

#[test]
fn a_run_that_may_not_act_makes_no_call() {
    let (fake, url, directory) = stuck();
    let (exit, told) = code(&attestry(directory.path(), &url, &["run", "--dry-run"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
    assert!(
        told.contains("rotates the secret probe/secret") && told.contains("calls secretsmanager:RotateSecret"),
        "{told}"
    );
    let (exit, told) = code(&attestry(directory.path(), &url, &["run", "--ledger", "/proc/no"]).output().unwrap());
    assert_eq!(exit, Some(6), "{told}");
    suite(directory.path(), ROTATION, "probe/secret", "");
    let (exit, told) = code(&attestry(directory.path(), &url, &["run"]).output().unwrap());
    assert_eq!(exit, Some(2), "{told}");
    assert!(told.contains("add `probes: [secret-rotation]` here"), "{told}");
    assert!(fake.log().is_empty(), "{:?}", fake.log());
}

/// No output of the binary contains a form of a secret value, and the evidence gives its verdicts again.
#[test]
fn no_value_of_a_secret_is_in_any_output_of_a_run() {
    let (fake, directory) = (Arc::new(Fake::new(Rotation::Works(1))), tempfile::tempdir().unwrap());
    let url = fake.serve();
    suite(directory.path(), ROTATION, "probe/secret", "secret-rotation");
    let (exit, told) = code(&attestry(directory.path(), &url, &["run", "--out", "out"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
    assert!(!told.contains(CANARY), "{told}");
    let (mut folders, mut files) = (vec![directory.path().to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            files += 1;
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
            for form in [CANARY.to_owned(), CANARY.bytes().map(|byte| format!("{byte:02x}")).collect()] {
                assert!(!text.contains(&form), "{}", entry.path().display());
            }
        }
    }
    assert!(files > 12, "{files}");
    let mut verify = Command::new(env!("CARGO_BIN_EXE_attestry"));
    let (exit, told) = code(&verify.current_dir(directory.path()).args(["verify", "out"]).output().unwrap());
    assert_eq!(exit, Some(0), "{told}");
}
