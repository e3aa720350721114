//! Tests unreadable members of answers. Each one blinds the attributes that depend on it, and nothing else changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::{cases_of, every_attribute, needs, run, whole};
use attestry::aws::described::{Change, Fault, Faults, Mutation};
use attestry::aws::{Described, Operation};
use attestry::facts::{Fact, Population};
use attestry::kinds;
use tokio::task::JoinSet;

const TWO: &str = r#"
account: "111122223333"
regions: [eu-central-1]
as_of: 2026-11-20T22:15:00Z
answers:
  secretsmanager:
    ListSecrets:
      SecretList:
        - { Name: a, ARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-AbCdEf", CreatedDate: yesterday }
        - { Name: b, ARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:b-AbCdEf", CreatedDate: 2026-01-01T00:00:00Z }
"#;

const POLICY: &str = "id: TWO\ntitle: Two\nseverity: high\ncases:
  created: { each: secretsmanager.secret, when_none: violated, expect: { created: { present: true } } }
  named: { each: secretsmanager.secret, when_none: violated, expect: { name: { one_of: [a, b] } } }
";

#[tokio::test]
async fn one_instant_blinds_one_attribute_of_one_secret() {
    let account = Arc::new(Described::read("two.yaml", TWO).unwrap());
    let ran = run(&cases_of(&account, POLICY), &account, account.connector()).await.unwrap();
    let verdicts = |id: &str| {
        let case = ran.result.cases.iter().find(|it| it.case.id == id).unwrap();
        let of: Vec<_> = case.resources.iter().map(|it| (it.name.to_string(), it.verdict.word())).collect();
        (case, of)
    };
    let (case, of) = verdicts("TWO/created");
    assert_eq!(of, [("a".to_owned(), "not_evaluated"), ("b".to_owned(), "met")]);
    let gap = &case.resources[0].gaps[0];
    assert_eq!(gap.message, "`SecretList[].CreatedDate` is a text, and no instant");
    assert_eq!((gap.operation.as_str(), gap.request_id.is_empty()), ("ListSecrets", false));
    let (_, of) = verdicts("TWO/named");
    assert_eq!(of, [("a".to_owned(), "met"), ("b".to_owned(), "met")]);
}

type Facts = BTreeMap<(String, String, &'static str), Fact>;

fn facts(populations: &[Population]) -> Facts {
    let all = populations.iter().flat_map(|it| &it.resources);
    all.flat_map(|it| {
        it.facts.iter().map(|(name, fact)| ((it.kind.name.to_owned(), it.id.clone(), *name), fact.clone()))
    })
    .collect()
}

/// No other fact treats an unreadable member of an answer as absent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_changes_no_other_fact() {
    let account = whole();
    let cases = Arc::new(cases_of(&account, &every_attribute(kinds::schemas())));
    let sound = Arc::new(facts(&run(&cases, &account, account.connector()).await.unwrap().populations));
    let mut running = JoinSet::new();
    let (mut wrong, mut blinded, mut runs) = (Vec::new(), 0, 0);
    let mut calls: Vec<_> = kinds::schemas().flat_map(|it| it.calls).map(|it| (it.service, it.operation)).collect();
    calls.sort_unstable();
    calls.dedup();
    for (service, name) in calls {
        let operation = Operation::new(service, name);
        let changes =
            |it: &Mutation| matches!(it, Mutation::Member(_, Change::Scalar | Change::Container | Change::Low));
        for mutation in Mutation::all(&operation).into_iter().filter(changes) {
            let needing: Vec<_> = cases.iter().filter(|it| needs(it, service, name)).cloned().collect();
            let (account, sound, operation) = (Arc::clone(&account), Arc::clone(&sound), operation.clone());
            if running.len() >= 8 {
                collect(running.join_next().await, &mut wrong, &mut blinded);
            }
            runs += 1;
            running.spawn(async move {
                let what = mutation.describe(&operation);
                let broken = Faults::new(account.connector(), operation, Fault::Changed(mutation)).unwrap();
                let Ok(ran) = run(&needing, &account, broken.connector()).await else { return (Vec::new(), false) };
                let (mut wrong, mut blind, mut known) = (Vec::new(), false, false);
                // A sweep reports the events that it read, and these are fewer.
                let of_sweep = |kind: &str| matches!(kind, "logs.archive" | "logs.sweep");
                for (place, fact) in facts(&ran.populations).into_iter().filter(|(place, _)| !of_sweep(&place.0)) {
                    match (sound.get(&place), &fact) {
                        (_, Fact::Unknown(_)) => blind = true,
                        (Some(before), after) if before == after => known = true,
                        (before, after) => wrong.push(format!("{what}: {place:?} was {before:?} and is {after:?}")),
                    }
                }
                (wrong, blind && known)
            });
        }
    }
    while let Some(done) = running.join_next().await {
        collect(Some(done), &mut wrong, &mut blinded);
    }
    assert!(wrong.is_empty(), "{} facts: {:#?}", wrong.len(), &wrong[..wrong.len().min(30)]);
    assert!(blinded > 20, "{blinded} of {runs} runs were blind for a part only");
}

type Done = Result<(Vec<String>, bool), tokio::task::JoinError>;

fn collect(done: Option<Done>, wrong: &mut Vec<String>, blinded: &mut usize) {
    if let Some(Ok((more, partly))) = done {
        wrong.extend(more);
        *blinded += usize::from(partly);
    }
}
