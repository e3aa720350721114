//! Cases that act: the probe, its arguments, and the consent of the stage.
//!
//! This module must not know how a probe acts.

use super::parameters::Parameters;
use super::{Case, Stage, Vocabulary, values};
use crate::facts::{Arguments, ProbeCall, ProbeSpec, Value};
use crate::source::{Content, Diagnostic, Diagnostics, Node, Spanned};

/// A probe in the form of the file.
#[derive(Clone, Debug)]
pub struct ProbeText {
    /// The probe.
    pub spec: &'static ProbeSpec,
    /// The text of `with`.
    pub with: Option<Node>,
    /// The name of the probe in the text, with its place.
    pub name: Spanned<String>,
}

impl ProbeText {
    /// Reads `probe` and `with` of a case. Returns `None` when the probe is unknown.
    pub(super) fn read(node: &Node, with: Option<&Node>, words: &Vocabulary, sink: &mut Diagnostics) -> Option<Self> {
        let name = node.text("`probe`", sink)?;
        let spec = find(&name, words.probes.iter().map(|spec| spec.name), sink)
            .and_then(|found| words.probes.iter().copied().find(|spec| spec.name == found))?;
        Some(Self { spec, with: with.cloned(), name })
    }

    /// Replaces the parameters and checks every argument.
    pub(super) fn compile(&self, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) -> Option<ProbeCall> {
        let before = sink.errors();
        let mut arguments = Arguments::default();
        let entries = match self.with.as_ref().map(|node| (node, &node.content)) {
            None => &[][..],
            Some((_, Content::Mapping(entries))) => entries,
            Some((node, _)) => {
                sink.push(node.unexpected("expected-mapping", "a mapping from argument to value", "`with`"));
                return None;
            }
        };
        for entry in entries {
            let name = entry.key.value.as_str();
            let Some(argument) = self.spec.arguments.iter().find(|argument| argument.name == name) else {
                let names: Vec<&str> = self.spec.arguments.iter().map(|argument| argument.name).collect();
                let message = format!("probe `{}` has no argument `{name}`", self.spec.name);
                let error =
                    Diagnostic::error("unknown-argument", entry.key.span, message).suggest(name, names.iter().copied());
                let known = format!("arguments: {}", names.join(", "));
                sink.push(if error.help.is_some() { error } else { error.help(known) });
                continue;
            };
            let Some(value) = values::read(&entry.value, argument.of, None, parameters, sink) else { continue };
            if let (Value::Text(text), false) = (&value, argument.words.is_empty())
                && !argument.words.contains(&text.as_str())
            {
                sink.push(
                    Diagnostic::error("unknown-word", entry.value.span, format!("`{name}` cannot be `{text}`"))
                        .suggest(text, argument.words.iter().copied())
                        .label(format!("one of {}", argument.words.join(", "))),
                );
            }
            arguments.set(argument.name, value);
        }
        let missing = |name: &str| !entries.iter().any(|entry| entry.key.value == name);
        for argument in self.spec.arguments.iter().filter(|it| it.required && missing(it.name)) {
            let message = format!("probe `{}` needs the argument `{}`", self.spec.name, argument.name);
            sink.push(Diagnostic::error("missing-argument", self.name.span, message).help(argument.doc));
        }
        (sink.errors() == before).then_some(ProbeCall { spec: self.spec, arguments })
    }
}

/// Reads the consent of a stage: the names of probes.
pub(super) fn read_consent(node: &Node, sink: &mut Diagnostics) -> Vec<Spanned<String>> {
    node.texts("`probes`", sink).unwrap_or_default()
}

/// Reads the topic for the notices to people about probes. The topic must be in a Region of the stage, so that the
/// stage lists every Region in which a run writes.
pub(super) fn read_notice(
    node: &Node,
    regions: Option<&[Spanned<String>]>,
    sink: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let topic = node.text("`notice`", sink)?;
    let parts: Vec<&str> = topic.value.split(':').collect();
    let region = match parts.as_slice() {
        ["arn", _, "sns", region, account, name] if account.len() == 12 && !name.is_empty() => *region,
        _ => {
            let message = format!("`{}` is not the ARN of a topic", topic.value);
            let form = "write arn:aws:sns:REGION:ACCOUNT:NAME";
            sink.push(Diagnostic::error("bad-notice", topic.span, message).help(form));
            return None;
        }
    };
    if regions.is_some_and(|regions| regions.iter().all(|known| known.value != region)) {
        let message = format!("the topic is in {region}, which is no Region of the stage");
        sink.push(
            Diagnostic::error("notice-elsewhere", topic.span, message).help("name a topic in one of its Regions"),
        );
        return None;
    }
    Some(topic)
}

/// Reports a consent to a probe that does not exist.
pub(super) fn check_consent(stage: &Stage, words: &Vocabulary, sink: &mut Diagnostics) {
    for name in &stage.probes {
        find(name, words.probes.iter().map(|spec| spec.name), sink);
    }
}

/// Reports the cases whose probe the stage does not name. A run never acts on a stage without this consent.
pub fn check_probes(stage: &Stage, cases: &[Case], sink: &mut Diagnostics) {
    for case in cases {
        let Some(probe) = &case.probe else { continue };
        let name = probe.spec.name;
        if !stage.probes.iter().any(|consent| consent.value == name) {
            let message =
                format!("stage `{}` does not allow the probe `{name}` of case `{}`", stage.name.value, case.id);
            sink.push(
                Diagnostic::error("no-consent", case.span, message)
                    .related(stage.name.span, format!("add `probes: [{name}]` here"))
                    .help("a probe acts on the account, so its stage must name it; or leave the case out of the run"),
            );
        }
    }
}

fn find<'a>(
    name: &Spanned<String>,
    known: impl Iterator<Item = &'a str> + Clone,
    sink: &mut Diagnostics,
) -> Option<&'a str> {
    let found = known.clone().find(|it| *it == name.value);
    if found.is_none() {
        let error = Diagnostic::error("unknown-probe", name.span, format!("unknown probe `{}`", name.value))
            .suggest(&name.value, known.clone());
        let all = format!("probes: {}", known.collect::<Vec<_>>().join(", "));
        sink.push(if error.help.is_some() { error } else { error.help(all) });
    }
    found
}
