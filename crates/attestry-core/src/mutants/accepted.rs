//! The list of harmless survivors. Each entry is a pattern of survivors with a reason.
//!
//! This module must not know how mutants are made or judged.

use super::Change;
use super::subject::pattern;
use super::summary::Survivor;
use crate::facts::words::words;
use crate::matchers::Glob;
use crate::source::{Diagnostic, Diagnostics, FileId, Limits, Node, Spanned, Table, parse};

/// All acceptances of a list.
#[derive(Clone, Debug, Default)]
pub struct Accepted {
    /// The acceptances, in the order of the list.
    pub all: Vec<Acceptance>,
}

/// One pattern of survivors that are harmless.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// The kind.
    pub kind: Spanned<String>,
    /// The pattern of the fact, such as `subscriptions[].endpoint`. Without a pattern, the acceptance covers every fact
    /// of the kind.
    pub fact: Option<String>,
    /// The pattern of the name or the id of the resource. Without a pattern, the acceptance covers every resource.
    pub resource: Option<String>,
    /// The changes. An empty list means every change.
    pub changes: Vec<Change>,
    /// The reason why it is harmless that no case notices these mutants.
    pub reason: String,
}

/// The use of an acceptance.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum State {
    /// The acceptance covers no mutant. This is a mistake in the list.
    MatchesNothing,
    /// The cases notice all mutants that the acceptance covers.
    NotNeeded,
    /// The acceptance covers a survivor.
    Used,
}

words!(State);

impl Accepted {
    /// Reads a list: `accept:` with one entry for each pattern.
    pub fn read(file: FileId, text: &str, sink: &mut Diagnostics) -> Self {
        let Some(node) = parse(file, text, &Limits::default(), sink) else { return Self::default() };
        let Some(mut table) = Table::new(&node, "a list of accepted survivors", sink) else { return Self::default() };
        let list = table.need("accept", sink).and_then(|node| node.sequence("`accept`", sink));
        table.finish(sink);
        let all = list.unwrap_or_default().iter().filter_map(|node| Acceptance::read(node, sink)).collect();
        Self { all }
    }
}

impl Acceptance {
    fn read(node: &Node, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "an accepted survivor", sink)?;
        let kind = table.need("kind", sink).and_then(|node| node.text("`kind`", sink));
        let mut text = |key: &'static str| table.take(key).map(|node| node.text(&format!("`{key}`"), sink));
        let (fact, resource) = (text("fact"), text("resource"));
        let changes = table.take("change").map_or(Some(Vec::new()), |node| changes(node, sink));
        let reason = table.need("reason", sink).and_then(|node| node.text("`reason`", sink));
        table.finish(sink);
        let optional = |it: Option<Option<Spanned<String>>>| it.map_or(Some(None), |it| it.map(|it| Some(it.value)));
        Some(Self {
            kind: kind?,
            fact: optional(fact)?,
            resource: optional(resource)?,
            changes: changes?,
            reason: reason?.value,
        })
    }

    /// Whether the acceptance covers a mutant.
    pub(super) fn covers(&self, mutant: &Survivor) -> bool {
        let matches = |text: &Option<String>, of: &[&str]| match text {
            Some(text) => of.iter().any(|it| Glob::new(text).is_match(it)),
            None => true,
        };
        self.kind.value == mutant.kind
            && (self.changes.is_empty() || self.changes.contains(&mutant.change))
            && matches(&self.fact, &[&pattern(&mutant.fact)])
            && matches(&self.resource, &[&mutant.name, &mutant.id])
    }
}

/// Reads one change or a list of changes.
fn changes(node: &Node, sink: &mut Diagnostics) -> Option<Vec<Change>> {
    let words = match node.scalar() {
        Some(_) => vec![node.text("`change`", sink)?],
        None => node.texts("`change`", sink)?,
    };
    let read = |word: &Spanned<String>| {
        let change = Change::of(&word.value);
        if change.is_none() {
            let known = || Change::ALL.iter().map(|it| it.word());
            let message = format!("unknown change `{}`", word.value);
            let error = Diagnostic::error("unknown-word", word.span, message).suggest(&word.value, known());
            let help = format!("changes: {}", known().collect::<Vec<_>>().join(", "));
            sink.push(if error.help.is_some() { error } else { error.help(help) });
        }
        change
    };
    words.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}
