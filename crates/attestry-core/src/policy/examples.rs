//! Examples: facts for which a case must be met or violated. The evaluator that judges real accounts judges them, too.
//!
//! A case that never failed proves nothing, so every case needs a violating example.

use std::collections::HashMap;

use jiff::Timestamp;

use super::parameters::{Parameters, Settings, Spent};
use super::policies::CaseText;
use super::{Case, Compiled, Judgement, Stage, Suite, WindowPlace, follow, values};
use crate::facts::{Attribute, Fact, Follow, Followed, Kind, Resource, Value};
use crate::source::{Content, Diagnostic, Diagnostics, Node};

/// Returns the instant at which examples are judged. `3d ago` is relative to this instant.
fn example_now() -> Timestamp {
    Timestamp::constant(1_795_219_200, 0)
}

/// Reads the examples of a case and checks the types of their values.
pub(super) fn read(
    case: &Case,
    text: &CaseText,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Vec<(Resource, Meant, Node)> {
    let all = [
        (&text.examples.met, Meant::Met),
        (&text.examples.violated, Meant::Violated),
        (&text.examples.undecided, Meant::Undecided),
    ];
    all.into_iter()
        .flat_map(|(nodes, meant)| nodes.iter().map(move |node| (node, meant)))
        .filter_map(|(node, meant)| Some((resource(node, case, parameters, sink)?, meant, node.clone())))
        .collect()
}

/// The expected verdict of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    Met,
    Violated,
    Undecided,
}

/// Judges every example of the suite with the evaluator, and refuses cases without a violating example.
pub fn check_examples(suite: &Suite, sink: &mut Diagnostics) {
    if let Some(examples) = Examples::of(suite) {
        examples.check(0, 1, sink);
    }
}

/// The examples of a suite, ready for the judgement.
#[derive(Debug)]
pub struct Examples<'a> {
    suite: &'a Suite,
    stage: &'a Stage,
    compiled: Compiled,
}

impl<'a> Examples<'a> {
    /// Compiles a suite for its first stage, with its examples. Returns `None` when the suite has other errors.
    #[must_use]
    pub fn of(suite: &'a Suite) -> Option<Self> {
        let stage = suite.stages.first()?;
        let compiled = super::compile(suite, stage, &[], &mut Diagnostics::new())?;
        Some(Self { suite, stage, compiled })
    }

    /// Judges the examples of one part of the suite. `parts` is the number of equal parts.
    pub fn check(&self, part: usize, parts: usize, sink: &mut Diagnostics) {
        self.each(part, parts, |case, text, parameters| check(case, text, parameters, sink));
    }

    /// Returns the cases in the order of the suite, each with the facts of its examples: first the examples that meet
    /// the case, then the examples that violate it.
    #[must_use]
    pub fn facts(&self) -> Vec<(&Case, Vec<Resource>, Vec<Resource>)> {
        let mut found = Vec::new();
        self.each(0, 1, |case, text, parameters| {
            let all = read(case, text, parameters, &mut Diagnostics::new());
            let of = |which| all.iter().filter(|it| it.1 == which).map(|it| it.0.clone()).collect();
            found.push((case, of(Meant::Met), of(Meant::Violated)));
        });
        found
    }

    /// Returns the instant at which the examples are judged.
    #[must_use]
    pub fn now() -> Timestamp {
        example_now()
    }

    fn each<'s>(
        &'s self,
        part: usize,
        parts: usize,
        mut visit: impl FnMut(&'s Case, &'s CaseText, &mut Parameters<'_>),
    ) {
        let Self { suite, stage, compiled } = self;
        let built_in = super::compile::built_in(stage, &[]);
        let settings = Settings::of(suite, stage, &built_in);
        let (mut spent, mut sink) = (Spent::default(), Diagnostics::new());
        let mut parameters = Parameters::new(&settings, &mut spent);
        // A text with a table, or a text that is compiled for each account, becomes several cases. Its examples are
        // about the first of these cases.
        let mut first = HashMap::new();
        for case in &compiled.cases {
            first.entry(case.id.split('[').next().unwrap_or_default()).or_insert(case);
        }
        let mut texts: Vec<_> = Vec::new();
        for policy in &suite.policies {
            let all = super::compile::texts(policy, &parameters, &mut sink).into_iter();
            texts.extend(all.map(|(text, row)| (policy, text, row)));
        }
        let of_text = texts.into_iter().filter_map(|(policy, text, row)| {
            let case = first.remove(&*format!("{}/{}", policy.id.value, text.name.value))?;
            Some((policy, case, text, row))
        });
        for (policy, case, text, row) in of_text.skip(part).step_by(parts) {
            parameters.set_defaults(&policy.parameters);
            parameters.set_row(row);
            visit(case, text, &mut parameters);
        }
    }
}

fn check(case: &Case, text: &CaseText, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) {
    if text.examples.violated.is_empty() {
        let message = format!("case `{}` has no violating example", case.id);
        sink.push(
            Diagnostic::error("no-violating-example", text.name.span, message)
                .help("add `examples: { violated: {…} }` with facts that the case must find"),
        );
    }
    for (resource, meant, node) in read(case, text, parameters, sink) {
        let now = example_now();
        let (found, why) = match (case.filter.judge(&resource, now), case.expect.judge(&resource, now)) {
            _ if case.windowed().place(&resource, now) == WindowPlace::Outside => {
                ("lies outside the window of `over`", None)
            }
            (Judgement::Met, Judgement::Met) if meant == Meant::Met => continue,
            (Judgement::Met, Judgement::Unmet(_)) if meant == Meant::Violated => continue,
            (Judgement::Met, Judgement::Unknown(_)) if meant == Meant::Undecided => continue,
            (Judgement::Met, Judgement::Met) => ("is met", None),
            (Judgement::Met, Judgement::Unmet(differences)) => {
                ("is violated", differences.first().map(|it| format!("{} is {}", it.attribute, it.actual)))
            }
            (Judgement::Met, Judgement::Unknown(gaps)) => {
                ("cannot be decided", gaps.first().map(|gap| gap.message.clone()))
            }
            (Judgement::Met, _) => ("cannot be judged", None),
            _ => ("lies outside `where`", None),
        };
        let meant = match meant {
            Meant::Met => "met",
            Meant::Violated => "violated",
            Meant::Undecided => "undecided",
        };
        let message = format!("this example of `{}` should be {meant} but {found}", case.id);
        let error = Diagnostic::error("wrong-example", node.span, message);
        sink.push(why.into_iter().fold(error, Diagnostic::help));
    }
}

/// Returns a resource with the facts of an example. An attribute that is not in the example is absent.
fn resource(node: &Node, case: &Case, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) -> Option<Resource> {
    let kind = case.kind;
    let service = kind.name.split('.').next().unwrap_or_default();
    let id = format!("arn:aws:{service}:eu-west-1:000000000000:example");
    let mut resource = Resource::new(kind, "000000000000".into(), "eu-west-1".into(), id, "example");
    let (own, described) = apart(node, case);
    let (own, others) = others(own, parameters, sink);
    fill(&mut resource, &own, "", kind, parameters, sink)?;
    for (attribute, list) in described {
        let value = values::read(&list, attribute.of, Some(example_now()), parameters, sink)?;
        resource.facts.insert(attribute.name, Fact::Known(value));
    }
    let related = count_others(case, &resource, &others);
    resource.facts.extend(related);
    // The ARN of the example sets the resource and its account.
    if let Some(arn) = resource.text("arn").map(str::to_owned) {
        resource.account = account_of(&arn).unwrap_or("000000000000").into();
        resource.id = arn;
    }
    // If the example has no fact for a reference, the referenced resource exists and the tested attribute is absent.
    case.visit(&mut |test| {
        let attribute = test.lookup.attribute;
        let Some(follow) = attribute.follow else { return };
        for owner in test.beside.iter().filter(|it| it.follow.is_some()) {
            let fact = owner_of(follow, &resource);
            resource.facts.entry(owner.name).or_insert(fact);
        }
        let fact = match (follow.what, resource.get(follow.via.name)) {
            (Followed::Missing | Followed::Elsewhere, _) => Fact::Known(false.into()),
            (Followed::Records(_), Some(Fact::Known(Value::List(items)))) if items.is_empty() => {
                Fact::Known(Value::List(Vec::new()))
            }
            (Followed::Names, Some(Fact::Known(name))) => Fact::Known(Value::List(vec![name.clone()])),
            _ => Fact::Absent,
        };
        resource.facts.entry(attribute.name).or_insert(fact);
    });
    for attribute in kind.attributes {
        resource.facts.entry(attribute.name).or_insert(Fact::Absent);
    }
    Some(resource)
}

/// Returns the owner of the documents to which a reference leads: the ARN that the example gives it, or an ARN in the
/// account of the example.
fn owner_of(follow: &Follow, resource: &Resource) -> Fact {
    let service = follow.kind.name.split('.').next().unwrap_or_default();
    let arn = resource.text(&format!("{}.arn", follow.via.name)).map(str::to_owned);
    let id = arn.unwrap_or_else(|| format!("arn:aws:{service}:eu-west-1:{}:example", resource.account));
    let account = account_of(&id).unwrap_or(&resource.account).to_owned();
    Fact::Known(Value::record([("id", Some(id.into())), ("account", Some(account.into()))]))
}

/// Returns the account of an ARN. Some ARNs have none, such as that of a bucket.
fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| !account.is_empty())
}

/// Splits an example into its own facts and its related resources: `related: { cloudwatch.alarm: [{ … }] }`.
fn others(node: Node, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) -> (Node, Vec<Resource>) {
    let Node { span, content: Content::Mapping(entries) } = node else { return (node, Vec::new()) };
    let (related, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.key.value == "related");
    let mut resources = Vec::new();
    for of_kind in related.iter().filter_map(|entry| match &entry.value.content {
        Content::Mapping(entries) => Some(entries),
        _ => None,
    }) {
        for entry in of_kind {
            let Some(kind) = parameters.kinds().find(&entry.key.value) else {
                let message = format!("unknown kind `{}`", entry.key.value);
                let error = Diagnostic::error("unknown-kind", entry.key.span, message);
                sink.push(error.suggest(&entry.key.value, parameters.kinds().names()));
                continue;
            };
            for item in entry.value.sequence("the others of an example", sink).unwrap_or_default() {
                let id = format!("other-{}", resources.len());
                let mut other = Resource::new(kind, "000000000000".into(), "eu-west-1".into(), id, "other");
                if fill(&mut other, item, "", kind, parameters, sink).is_some() {
                    for attribute in kind.attributes {
                        other.facts.entry(attribute.name).or_insert(Fact::Absent);
                    }
                    resources.push(other);
                }
            }
        }
    }
    (Node { span, content: Content::Mapping(own) }, resources)
}

/// Counts the resources in `others` that meet the requirements of the case for related resources. Each requirement has
/// its own count.
fn count_others(case: &Case, resource: &Resource, others: &[Resource]) -> Vec<(&'static str, Fact)> {
    let mut counts = Vec::new();
    case.visit(&mut |test| {
        let Some(related) = &test.related else { return };
        let of_kind = others.iter().filter(|other| other.kind.name == related.kind.name);
        let met = |other: &&Resource| related.judge(other, resource, example_now()) == Judgement::Met;
        let count = i64::try_from(of_kind.filter(met).count()).unwrap_or(i64::MAX);
        counts.push((test.lookup.attribute.name, Fact::Known(Value::Integer(count))));
    });
    counts
}

/// Splits an example into its plain facts and the lists that describe referenced resources: `topics: [{ fifo: true }]`.
fn apart(node: &Node, case: &Case) -> (Node, Vec<(&'static Attribute, Node)>) {
    let mut described = Vec::new();
    let Content::Mapping(entries) = &node.content else { return (node.clone(), described) };
    let is_described = |node: &Node| matches!(&node.content, Content::Sequence(items) if items.iter().any(|it| matches!(it.content, Content::Mapping(_))));
    case.visit(&mut |test| {
        let attribute = test.lookup.attribute;
        let Some(follow) = attribute.follow.filter(|follow| matches!(follow.what, Followed::Records(_))) else {
            return;
        };
        let list = entries.iter().find(|entry| entry.key.value == follow.via.name && is_described(&entry.value));
        described.extend(list.map(|entry| (attribute, entry.value.clone())));
    });
    let taken = |name: &str| {
        described.iter().any(|(attribute, _)| attribute.follow.is_some_and(|follow| follow.via.name == name))
    };
    let own = entries.iter().filter(|entry| !taken(&entry.key.value)).cloned().collect();
    (Node { span: node.span, content: Content::Mapping(own) }, described)
}

fn fill(
    resource: &mut Resource,
    node: &Node,
    prefix: &str,
    kind: &'static Kind,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<()> {
    let Content::Mapping(entries) = &node.content else {
        sink.push(node.unexpected("expected-mapping", "a mapping of attributes", "an example"));
        return None;
    };
    let mut whole = Some(());
    for entry in entries {
        let path = format!("{prefix}{}", entry.key.value);
        let filled = if follow::describes(kind, &path, &entry.value, parameters.kinds()) {
            fill(resource, &entry.value, &format!("{path}."), kind, parameters, sink)
        } else if let Some(attribute) = kind.attribute(&path) {
            if resource.facts.contains_key(attribute.name) {
                let message = format!("`{path}` twice in one example");
                sink.push(Diagnostic::error("duplicate-attribute", entry.key.span, message));
            }
            // In an example, `~` means that AWS answered that there is no value.
            if entry.value.is_null() {
                resource.facts.insert(attribute.name, Fact::Absent);
                Some(())
            } else if is_not_applicable(&entry.value) {
                resource.facts.insert(attribute.name, Fact::not_applicable("the example says so"));
                Some(())
            } else {
                values::read(&entry.value, attribute.of, Some(example_now()), parameters, sink).map(|value| {
                    resource.facts.insert(attribute.name, Fact::Known(value));
                })
            }
        } else if let Some(found) = follow::lookup(kind, &path, parameters.kinds()).filter(|it| it.inside.is_empty()) {
            values::read(&entry.value, found.of, Some(example_now()), parameters, sink).map(|value| {
                resource.facts.insert(found.attribute.name, Fact::Known(value));
            })
        } else if kind.attributes.iter().any(|attribute| attribute.name.starts_with(&format!("{path}."))) {
            fill(resource, &entry.value, &format!("{path}."), kind, parameters, sink)
        } else {
            sink.push(
                Diagnostic::error(
                    "unknown-attribute",
                    entry.key.span,
                    format!("{} has no attribute `{path}`", kind.name),
                )
                .suggest(&path, kind.attributes.iter().map(|attribute| attribute.name)),
            );
            None
        };
        whole = whole.and(filled);
    }
    whole
}

fn is_not_applicable(node: &Node) -> bool {
    node.scalar().is_some_and(|scalar| !scalar.quoted && scalar.text == "not-applicable")
}
