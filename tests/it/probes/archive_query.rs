//! Tests `archive-query` on the small account.

use super::fake::Query;
use super::*;

const QUERY: &str = r#"id: P
title: Probes
severity: high
cases:
  queryable:
    probe: archive-query
    with: { table: trails.logs, workgroup: audit, event: RotationSucceeded, over: 90d, within: 1s,
            resource: "arn:aws:secretsmanager:eu-central-1:000000000001:secret:bank/probe-AbCdEf" }
    when_none: violated
    expect: { found: true, rows: { at_least: 1 }, latest: { present: true }, took: { at_most: 1s } }
    examples: { violated: { found: false } }
"#;

fn run_with(policy: &str, query: Query) -> (Vec<Case>, Arc<Fake>, Outcome) {
    let (cases, folder) = (cases(policy, ""), tempfile::tempdir().unwrap());
    let fake = Arc::new(Fake::new(Rotation::Sticks).with_archive(query));
    let outcome = run(&cases, &fake, folder.path()).unwrap();
    assert!(outcome.residue.is_empty() && outcome.cleaned.is_empty());
    (cases, fake, outcome)
}

#[test]
fn an_archive_is_met_when_it_has_the_event_and_never_without_a_result() {
    for (query, verdict, rows) in [
        (Query::Finds(1, 1), "met", Some(1)),
        (Query::Finds(2, 4), "met", Some(2)),
        (Query::Finds(100, 1), "met", Some(100)),
        (Query::Finds(0, 1), "violated", Some(0)),
        (Query::Finds(101, 1), "not_evaluated", None),
        (Query::Fails, "not_evaluated", None),
        (Query::Hangs, "not_evaluated", None),
        (Query::Strange, "not_evaluated", None),
        (Query::Torn, "not_evaluated", None),
    ] {
        let policy = if query == Query::Hangs { QUERY.replace("within: 1s", "within: 0s") } else { QUERY.to_owned() };
        let (cases, fake, outcome) = run_with(&policy, query);
        let facts = &outcome.populations[0].resources[0].facts;
        assert_eq!(verdicts(&cases, &outcome), [verdict], "{query:?}: {facts:?}");
        assert_eq!(fact(&outcome, "rows"), rows.map(|rows: i64| rows.into()), "{query:?}");
        assert_eq!(fake.log().iter().filter(|call| *call == "StartQueryExecution").count(), 1, "{query:?}");
    }
}

#[test]
fn a_part_of_another_form_reaches_no_query() {
    for (part, other) in [
        ("trails.logs", "trails"),
        ("event: RotationSucceeded", "event: \"Rotation' OR '1'='1\""),
        ("secret:bank/probe-AbCdEf", "secret:bank/probe' OR '1'='1"),
        ("over: 90d", "day_column: \"day\\\" OR 1=1\""),
    ] {
        let (cases, fake, outcome) = run_with(&QUERY.replace(part, other), Query::Finds(1, 1));
        assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"], "{other}");
        assert_eq!(fake.log(), ["GetCallerIdentity"], "{other}");
    }
    let (cases, _, outcome) = run_with(&QUERY.replace("workgroup: audit", "workgroup: other"), Query::Finds(1, 1));
    assert_eq!(verdicts(&cases, &outcome), ["not_evaluated"]);
}

#[test]
fn whatever_call_of_a_query_fails_it_is_not_met_and_runs_once() {
    let troubles = [
        Trouble::KilledBefore,
        Trouble::KilledAfter,
        Trouble::Denied,
        Trouble::Throttled,
        Trouble::Lost,
        Trouble::Stopped,
    ];
    // The account panics at a second query.
    assert!(matrix(QUERY, Rotation::Sticks, &troubles) >= 30);
    let (cases, fake, _) = run_with(QUERY, Query::Finds(1, 1));
    let calls = Plan::new(cases).probe_calls();
    let needed: Vec<&str> = calls.iter().map(|call| call.operation).collect();
    let mut called = fake.log()[1..].to_vec();
    called.sort();
    assert_eq!(needed, called);
}
