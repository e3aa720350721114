//! Turns a claim into questions for AWS, and compares AWS's answers with our proof.
//!
//! This module must not know kinds, nor how the questions are sent. When an answer and the proof disagree, the claim
//! stays undecided. One of them is wrong, or uses data that the other one does not have, and the facts do not show
//! which one.

use std::collections::BTreeMap;

use super::area::names;
use super::rights;
use crate::facts::iam::PERMISSIONS;
use crate::facts::{ACCESS, Access, Fact, PARTITIONS, Question, SIMULATED, Simulated, Type, Value};
use crate::matchers::MatchContext;
use attestry_iam::language::Budget;
use attestry_iam::{
    Area, Catalogue, Context, Form, Known, Policies, Proof, Prover, Rights, Set, Subject, parse, reference,
};

/// The number of sample requests for one part of a claim, when the proof has no requests of its own.
const SAMPLES: usize = 25;

/// The largest number of actions in one question for Access Analyzer, and also the largest number of resources.
const LISTED: usize = 100;

/// The statement of a claim about each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::matchers) enum Says {
    /// The request cannot be allowed.
    NeverAllowed,
    /// A Deny applies to the request.
    Denied,
    /// The request is allowed.
    Allowed,
}

/// The requests of a claim, and their known condition keys.
pub(in crate::matchers) type Part = (Area, Context);

/// A statement about requests.
#[derive(Clone, Debug)]
pub(in crate::matchers) struct Claim {
    says: Says,
    /// The parts of each duty. The claim holds when there is a duty for which it holds in all parts.
    duties: Vec<Vec<Part>>,
}

impl Claim {
    /// Creates a claim that must hold for all these requests.
    pub(in crate::matchers) fn about(says: Says, parts: Vec<Part>) -> Self {
        Self { says, duties: vec![parts] }
    }

    /// Creates a claim that is met when it holds for all parts of at least one list in `duties`.
    pub(in crate::matchers) fn either(says: Says, duties: Vec<Vec<Part>>) -> Self {
        Self { says, duties }
    }

    /// Whether even an identity with all permissions meets the claim. Then the claim is about no request.
    pub(in crate::matchers) fn is_about_nothing(&self) -> bool {
        let prover = Prover::new(Catalogue::aws()).with(Budget::of(BUDGET));
        // A caller belongs to one partition. Only the partitions that the claim names are relevant.
        let parts = || self.duties.iter().flatten();
        let patterns = || parts().flat_map(|(area, _)| area.resources.of.iter().chain(&area.resources.except));
        let named = |partition: &&str| patterns().any(|pattern| pattern.starts_with(&format!("arn:{partition}:")));
        let mut partitions: Vec<&str> = PARTITIONS.iter().map(|it| it.name).filter(named).collect();
        if partitions.is_empty() {
            partitions.push("aws");
        }
        let everybody: Vec<Rights> = partitions.into_iter().filter_map(everything).collect();
        let holds = |area: &Area, known: &Context| {
            everybody.iter().all(|rights| prover.never(rights, area, known) == Proof::Proved)
        };
        // One action is enough to decide nearly every claim. It is tried first, because `*` stands for tens of
        // thousands of actions.
        let one = |area: &Area| {
            let first = |word: &String| match reference::expand(word) {
                Ok(actions) if word.contains('/') => actions.first().copied(),
                _ => reference::matching(word).next(),
            };
            let name = area.actions.of.iter().find_map(first)?.name();
            Some(Area { actions: Set::of([name]).except(area.actions.except.clone()), ..area.clone() })
        };
        let nothing = |(area, known): &Part| one(area).is_none_or(|one| holds(&one, known)) && holds(area, known);
        !everybody.is_empty() && self.duties.iter().any(|parts| parts.iter().all(nothing))
    }

    /// Returns the attributes with AWS's answers to the claim, for a claim about a value of this type.
    pub(in crate::matchers) fn oracle_attributes(&self, of: Type) -> Vec<&'static str> {
        match of {
            Type::Record(fields) if fields == PERMISSIONS => vec![SIMULATED],
            _ if self.listed().is_some() => vec![ACCESS],
            _ => Vec::new(),
        }
    }

    /// Returns the questions for AWS. For permissions, they are the counterexamples of a refuted claim, or sample
    /// requests of a proved claim. For a document, the question is the claim itself. There are none for an undecided
    /// claim, because an answer of AWS would decide nothing.
    pub(in crate::matchers) fn questions(
        &self,
        proof: &Proof,
        actual: &Value,
        setting: &MatchContext<'_>,
    ) -> Vec<Question> {
        match (proof, actual) {
            (Proof::Refuted(examples), Value::Map(_)) => {
                examples.iter().map(|it| question(&it.action, &it.resource, &it.context)).collect()
            }
            (Proof::Proved, Value::Map(_)) => {
                self.samples(actual, setting).into_iter().flatten().map(|(question, _)| question).collect()
            }
            (Proof::Proved | Proof::Refuted(_), Value::List(_)) => self.listed().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Describes how AWS's answers contradict the proof, if they do.
    pub(in crate::matchers) fn against(
        &self,
        proof: &Proof,
        actual: &Value,
        setting: &MatchContext<'_>,
    ) -> Option<String> {
        match actual {
            Value::Map(_) => self.simulated(proof, actual, setting),
            Value::List(_) => self.analyzed(proof, setting),
            _ => None,
        }
    }

    /// Returns the sample requests of each duty, with their known condition keys. As in a proof, these include the keys
    /// that follow from the caller.
    fn samples(&self, actual: &Value, setting: &MatchContext<'_>) -> Vec<Vec<(Question, Context)>> {
        let Ok((rights, known)) = rights(actual, setting) else { return Vec::new() };
        let prover = Prover::new(Catalogue::aws());
        let part = |(area, given): &Part| {
            let context = known.clone().and(given);
            let samples = prover.samples(&rights, area, SAMPLES).into_iter();
            let asked =
                |(action, resource): (String, String)| (question(&action, &resource, &context), context.clone());
            samples.map(asked).collect::<Vec<_>>()
        };
        self.duties.iter().map(|parts| parts.iter().flat_map(part).collect()).collect()
    }

    /// Describes how the policy simulator contradicts the proof, if it does.
    fn simulated(&self, proof: &Proof, actual: &Value, setting: &MatchContext<'_>) -> Option<String> {
        let answers = answers(setting, SIMULATED, Simulated::from_value)?;
        let find = |question: &Question| answers.iter().find(|it| it.answers(question));
        match proof {
            Proof::Undecided(_) => None,
            Proof::Refuted(examples) => examples.iter().find_map(|example| {
                match find(&question(&example.action, &example.resource, &example.context)) {
                    Some(told) => self.against_refutation(told, &example.context),
                    None => Some(unanswered(&example.action, &example.resource)),
                }
            }),
            Proof::Proved => {
                let against = |(question, context): &(Question, Context)| match find(question) {
                    Some(told) => self.against_proof(told, context),
                    None => Some(unanswered(&question.actions.join(", "), &question.resources.join(", "))),
                };
                let duties = self.samples(actual, setting);
                let told: Option<Vec<String>> = duties.iter().map(|duty| duty.iter().find_map(against)).collect();
                told.filter(|told| !told.is_empty()).map(|told| told.join("; "))
            }
        }
    }

    fn against_refutation(&self, told: &Simulated, context: &Context) -> Option<String> {
        let (against, proof) = match self.says {
            Says::NeverAllowed => (told.decision != ALLOWED, "can be allowed"),
            Says::Denied => (told.decision == EXPLICIT, "meets no Deny"),
            Says::Allowed => (told.decision == ALLOWED, "is refused"),
        };
        if against && told.organizations == Some(false) {
            return Some(by_organization(told));
        }
        (against && open(told, context).is_empty()).then(|| disagreement(told, proof))
    }

    fn against_proof(&self, told: &Simulated, context: &Context) -> Option<String> {
        let allowed = told.decision == ALLOWED;
        let by_organization = told.organizations == Some(false);
        let is_open = || !open(told, context).is_empty();
        let undenied = || told.decision != EXPLICIT && !by_organization && !is_open();
        let (against, proof) = match self.says {
            Says::NeverAllowed => (allowed, "can never be allowed"),
            Says::Denied => (allowed || undenied(), "always meets a Deny"),
            Says::Allowed if !allowed && by_organization => return Some(self::by_organization(told)),
            Says::Allowed => (!allowed && !is_open(), "is always allowed"),
        };
        against.then(|| disagreement(told, proof))
    }

    /// Returns the claim as a question for Access Analyzer, if the claim consists of lists of actions and resources,
    /// without exceptions or condition keys.
    fn listed(&self) -> Option<Question> {
        let [parts] = self.duties.as_slice() else { return None };
        let [(area, context)] = parts.as_slice() else { return None };
        let plain =
            area.actions.except.is_empty() && area.resources.except.is_empty() && context.keys().next().is_none();
        let resources = match area.resources.of.as_slice() {
            [all] if all == "*" => Vec::new(),
            list => list.to_vec(),
        };
        let actions = names(&area.actions.of);
        let fits = !actions.is_empty() && actions.len() <= LISTED && resources.len() <= LISTED;
        // Access Analyzer accepts a wildcard only in the last part of an ARN.
        let exact = |arn: &String| {
            let mut parts = arn.splitn(6, ':');
            parts.by_ref().take(5).filter(|part| !part.contains(['*', '?'])).count() == 5 && parts.next().is_some()
        };
        (self.says == Says::NeverAllowed && plain && fits && resources.iter().all(exact)).then(|| Question {
            actions,
            resources,
            context: BTreeMap::new(),
        })
    }

    /// Describes how Access Analyzer contradicts the proof, if it does.
    fn analyzed(&self, proof: &Proof, setting: &MatchContext<'_>) -> Option<String> {
        let question = self.listed()?;
        let answers = answers(setting, ACCESS, Access::from_value)?;
        let Some(told) = answers.iter().find(|it| it.answers(&question)) else {
            return (!matches!(proof, Proof::Undecided(_)))
                .then(|| "Access Analyzer gave no answer about these actions and resources".to_owned());
        };
        let reasons = if told.reasons.is_empty() { String::new() } else { format!(" ({})", told.reasons.join("; ")) };
        match proof {
            Proof::Proved if told.granted => Some(format!(
                "Access Analyzer says that the document might grant it{reasons}, and the proof says that it cannot; both \
                 are told, and neither is believed"
            )),
            Proof::Refuted(examples) if !told.granted => {
                let shown = examples.first().map(|it| format!("{} on {}", it.action, it.resource)).unwrap_or_default();
                Some(format!(
                    "Access Analyzer says that the document grants none of it, and the proof says that it allows {shown}; \
                     both are told, and neither is believed"
                ))
            }
            _ => None,
        }
    }
}

/// The budget for deciding whether a claim is about no request.
const BUDGET: u64 = 100_000;

/// Returns the rights of an identity with all permissions in a partition.
fn everything(partition: &str) -> Option<Rights> {
    const DOCUMENT: &str =
        r#"{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }"#;
    let identity = vec![parse("everything", DOCUMENT, Form::Identity).ok()?];
    let subject = Subject::User { arn: format!("arn:{partition}:iam::000000000000:user/anyone") };
    Some(Rights { subject, policies: Policies { identity, ..Policies::default() } })
}

const ALLOWED: &str = "allowed";
const EXPLICIT: &str = "explicitDeny";

/// Returns the answers of AWS. The result is `None` when the stage does not enable the oracle, or the attribute is
/// absent. The list is empty when the answers are a gap. Then the caller reports that its answer is missing.
fn answers<T>(setting: &MatchContext<'_>, attribute: &str, read: fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    match setting.fact(attribute)? {
        Fact::Known(Value::List(items)) => Some(items.iter().filter_map(read).collect()),
        Fact::Absent => None,
        Fact::Known(_) | Fact::NotApplicable(_) | Fact::Unknown(_) => Some(Vec::new()),
    }
}

fn question(action: &str, resource: &str, context: &Context) -> Question {
    Question { actions: vec![action.to_owned()], resources: vec![resource.to_owned()], context: known(context) }
}

/// Returns the condition keys with values. A key that is known to be absent is left out, because the simulator treats a
/// missing key as absent.
fn known(context: &Context) -> BTreeMap<String, Vec<String>> {
    let values = |(key, known): (&str, Known<'_>)| match known {
        Known::Values(values) => Some((key.to_owned(), values.to_vec())),
        Known::Absent | Known::Unknown => None,
    };
    context.keys().filter_map(values).collect()
}

/// Returns the condition keys that the simulator reports as missing and that the claim does not declare absent.
fn open<'a>(told: &'a Simulated, context: &Context) -> Vec<&'a str> {
    told.missing.iter().map(String::as_str).filter(|key| context.get(key) != Known::Absent).collect()
}

fn disagreement(told: &Simulated, proof: &str) -> String {
    let missing = if told.missing.is_empty() { String::new() } else { format!(" without {}", told.missing.join(", ")) };
    let boundary = if told.boundary == Some(false) { " because of the permissions boundary" } else { "" };
    format!(
        "the policy simulator says {} for {} on {}{missing}{boundary}, and the proof says that it {proof}; both are told, and \
         neither is believed",
        told.decision, told.action, told.resource
    )
}

fn by_organization(told: &Simulated) -> String {
    format!(
        "a service control policy of the organization denies {} on {}, says the policy simulator; the proof is about the policies \
         of the identity alone",
        told.action, told.resource
    )
}

fn unanswered(action: &str, resource: &str) -> String {
    format!("the policy simulator gave no answer about {action} on {resource}")
}
