//! Survivors that are accepted, and acceptances that are of no use.

use super::*;
use crate::source::Files;

fn read(text: &str) -> Result<Accepted, String> {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let accepted = Accepted::read(files.add("accept.yaml", text), text, &mut sink);
    if sink.has_errors() { Err(render(&files, &sink, false)) } else { Ok(accepted) }
}

fn boxes() -> [Population; 1] {
    let facts = [("open", Fact::from(false)), ("label", Fact::from("red"))];
    [population(&BOX, vec![resource(&BOX, "b", &facts), resource(&BOX, "c", &facts)])]
}

#[test]
fn an_accepted_survivor_has_its_reason_and_an_acceptance_its_use() {
    let text = "\
accept:
  - { kind: test.box, change: removed, reason: a box may go }
  - { kind: test.box, fact: open, resource: b, reason: b is open by night }
  - { kind: test.box, fact: lab*, change: [absent, changed], reason: labels are for people }
  - { kind: test.box, fact: count, reason: no case reads it }
  - { kind: test.key, reason: no such thing }
";
    let cases = cases(
        "  a: { title: a, each: test.box, when_none: violated, expect: { any: [{ open: false }, { label: { present: true } }], label: red } }\n",
    );
    let accepted = read(text).unwrap();
    let mutants = Mutants::new(&cases, &boxes(), &accepted, now());
    let mut worker = mutants.worker();
    let summary = mutants.summary((0..mutants.len()).map(|number| worker.try_subject(number)).collect());
    let states: Vec<&str> = summary.acceptances.iter().map(|it| it.state.word()).collect();
    assert_eq!(states, ["used", "used", "not-needed", "matches-nothing", "matches-nothing"]);
    let reasons: Vec<_> =
        summary.all.iter().map(|it| (it.name.as_str(), it.change.word(), it.reason.as_deref())).collect();
    let expected = [
        ("b", "flipped", Some("b is open by night")),
        ("b", "removed", Some("a box may go")),
        ("c", "flipped", None),
        ("c", "removed", Some("a box may go")),
    ];
    assert_eq!(reasons, expected);
    assert_eq!((summary.survivors, summary.accepted), (1, 3));
}

#[test]
fn a_mistake_in_the_list_has_its_place() {
    for (text, expected) in [
        ("accept:\n  - { kind: a }\n", "missing `reason` in an accepted survivor"),
        ("accept:\n  - { reason: a }\n", "missing `kind` in an accepted survivor"),
        ("accept:\n  - { kind: a, change: flippd, reason: b }\n", "did you mean `flipped`?"),
        ("accept:\n  - { kind: a, attribute: c, reason: b }\n", "unknown key `attribute` in an accepted survivor"),
        ("accept: a\n", "expected a list for `accept`"),
        ("[]\n", "expected a mapping for a list of accepted survivors"),
    ] {
        let told = read(text).unwrap_err();
        assert!(told.contains(expected) && told.contains("accept.yaml:"), "{text}: {told}");
    }
}

#[test]
fn every_change_has_a_word_of_its_own() {
    let words: BTreeSet<&str> = Change::ALL.iter().map(|it| it.word()).collect();
    assert_eq!(words.len(), Change::ALL.len());
    assert!(words.iter().all(|word| Change::of(word).is_some()));
}
