//! Mutants of a small made-up account: how facts break, what notices them, and a slower judgement beside the fast one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod accepting;
mod changes;
mod noticing;
mod properties;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::*;
use crate::facts::iam::{PERMISSIONS, STATEMENTS};
use crate::facts::{Call, Fact, Field, Frequency, Scope, Type, Value};
use crate::policy::{Root, Vocabulary, compile, load_suite_of};
use crate::source::{Diagnostics, render};

const LIST_KEYS: Call = Call::new("key", "ListKeys", "key:ListKeys", Frequency::Population { page: 10 });
const LIST_BOXES: Call = Call::new("box", "ListBoxes", "box:ListBoxes", Frequency::Population { page: 10 });
const LIST_ALARMS: Call = Call::new("alarm", "ListAlarms", "alarm:ListAlarms", Frequency::Population { page: 10 });
const LIST_ROLES: Call = Call::new("iam", "ListRoles", "iam:ListRoles", Frequency::Population { page: 10 });

static KEY: Kind = Kind {
    name: "test.key",
    plural: "keys",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A key.",
    attributes: &[
        LIST_KEYS.yields("arn", Type::Text, "Keys[].Arn", "ARN."),
        LIST_KEYS.yields("name", Type::Text, "Keys[].Id", "Name."),
        LIST_KEYS.yields("aliases", Type::List(&Type::Text), "Keys[].Aliases", "Aliases."),
        LIST_KEYS.yields("manager", Type::Text, "Keys[].Manager", "Manager."),
    ],
    calls: &[LIST_KEYS],
};

static BOX: Kind = Kind {
    name: "test.box",
    plural: "boxes",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A box.",
    attributes: &[
        LIST_BOXES.yields("name", Type::Text, "Boxes[].Name", "Name."),
        LIST_BOXES.yields("open", Type::Bool, "Boxes[].Open", "Whether it is open."),
        LIST_BOXES.yields("count", Type::Integer, "Boxes[].Count", "Count.").within(1, 100),
        LIST_BOXES.yields("kept", Type::Duration, "Boxes[].Kept", "How long it is kept; absent when for ever."),
        LIST_BOXES.yields("made", Type::Time, "Boxes[].Made", "When it was made."),
        LIST_BOXES.yields("opened", Type::Time, "Boxes[].Opened", "When it was opened; absent when never."),
        LIST_BOXES.yields("label", Type::Text, "Boxes[].Label", "Label; absent without one."),
        LIST_BOXES.yields("tags", Type::Map(&Type::Text), "Boxes[].Tags", "Tags."),
        LIST_BOXES.yields("zones", Type::List(&Type::Text), "Boxes[].Zones", "Zones."),
        LIST_BOXES.yields("parts", Type::List(&Type::Record(PART)), "Boxes[].Parts", "Parts."),
        LIST_BOXES.yields("policy", STATEMENTS, "Boxes[].Policy", "Policy; absent when there is none."),
        LIST_BOXES.yields("key", Type::Text, "Boxes[].Key", "Key; absent without one.").referring("test.key"),
        LIST_BOXES.yields("spares", Type::List(&Type::Text), "Boxes[].Spares", "Spare keys.").referring("test.key"),
    ],
    calls: &[LIST_BOXES],
};

const PART: &[Field] = &[Field::new("name", Type::Text), Field::new("size", Type::Integer)];

static ALARM: Kind = Kind {
    name: "test.alarm",
    plural: "alarms",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An alarm.",
    attributes: &[
        LIST_ALARMS.yields("name", Type::Text, "Alarms[].Name", "Name."),
        LIST_ALARMS.yields("watches", Type::Text, "Alarms[].Box", "The name of the box."),
        LIST_ALARMS.yields("on", Type::Bool, "Alarms[].On", "Whether it is on."),
    ],
    calls: &[LIST_ALARMS],
};

static ROLE: Kind = Kind {
    name: "iam.holder",
    plural: "holders",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A role.",
    attributes: &[
        LIST_ROLES.yields("name", Type::Text, "Roles[].Name", "Name."),
        LIST_ROLES.yields("permissions", Type::Record(PERMISSIONS), "Roles[].P", "Rights; no boundary is absent."),
    ],
    calls: &[LIST_ROLES],
};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

/// The cases of a policy, given as the text below `cases:`.
fn cases(text: &str) -> Vec<Case> {
    let suite =
        "suite: s\ntitle: S\npolicies: [p.yaml]\nstages:\n  dev: { account: \"111122223333\", regions: [eu-west-1] }\n";
    let policy = format!("id: P\ntitle: P\nseverity: high\ncases:\n{text}");
    let texts = [("s.yaml", suite), ("p.yaml", &policy)];
    let root = Root::Held(texts.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())).collect());
    let loaded = load_suite_of(&root, Path::new("s.yaml"), Vocabulary::new([&KEY, &BOX, &ALARM, &ROLE]));
    let shown = |sink: &Diagnostics| render(&loaded.library.files, sink, false);
    assert!(!loaded.diagnostics.has_errors(), "{}", shown(&loaded.diagnostics));
    let suite = loaded.library.suites.first().unwrap();
    let mut sink = Diagnostics::new();
    compile(suite, suite.stages.first().unwrap(), &[], &mut sink).unwrap_or_else(|| panic!("{}", shown(&sink))).cases
}

/// One case about every box.
fn each_box(expect: &str) -> Vec<Case> {
    cases(&format!("  a: {{ title: a, each: test.box, when_none: met, expect: {expect} }}\n"))
}

fn resource(kind: &'static Kind, name: &str, facts: &[(&'static str, Fact)]) -> Resource {
    let mut resource = Resource::new(kind, ACCOUNT.into(), REGION.into(), name, name);
    resource.set("name", name);
    for (name, fact) in facts {
        resource.set(name, fact.clone());
    }
    resource
}

fn population(kind: &'static Kind, resources: Vec<Resource>) -> Population {
    Population {
        kind,
        account: ACCOUNT.into(),
        region: REGION.into(),
        resources,
        gaps: Vec::new(),
        reaches: Vec::new(),
    }
}

/// The summary of all mutants.
fn summary(cases: &[Case], populations: &[Population]) -> Summary {
    let accepted = Accepted::default();
    let mutants = Mutants::new(cases, populations, &accepted, now());
    let mut worker = mutants.worker();
    let tried = (0..mutants.len()).map(|number| worker.try_subject(number)).collect();
    mutants.summary(tried)
}

/// The survivors as `fact change: before -> after`.
fn survivors(cases: &[Case], populations: &[Population]) -> Vec<String> {
    let shown = |it: &Survivor| format!("{} {} {}: {} -> {}", it.name, it.fact, it.change.word(), it.before, it.after);
    summary(cases, populations).all.iter().map(shown).collect()
}
