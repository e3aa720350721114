//! Policy files: one control objective with its cases. They are read here, and compiled for a stage later.
//!
//! This module must not know suites or stages.

use std::str::FromStr;

use strum::VariantNames;

use super::bounds::{count, share};
use super::catalogue::Judge;
use super::window;
use super::{
    ATTESTATION, Bounds, Catalogues, Citation, Kinds, Per, ProbeText, Quantifier, Severity, Vocabulary, WhenNone,
};
use crate::facts::{Kind, ProbeSpec, Scope};
use crate::kind_files::KindSet;
use crate::source::{Content, Diagnostic, Diagnostics, FileId, Node, Span, Spanned, Table};

/// A policy file.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The id, unique in a suite.
    pub id: Spanned<String>,
    /// The objective in one sentence.
    pub title: String,
    /// The weight of a violation.
    pub severity: Severity,
    /// The document that requires the policy.
    pub source: Option<String>,
    /// The reason for the policy.
    pub rationale: Option<String>,
    /// The way to correct a violation.
    pub remediation: Option<String>,
    /// The controls that all cases serve.
    pub controls: Vec<Citation>,
    /// The parameters that the policy declares, with their defaults.
    pub parameters: Vec<Declared>,
    /// The cases, in the order of the file.
    pub cases: Vec<CaseText>,
    /// The file.
    pub file: FileId,
}

/// A case in the form of the file.
#[derive(Clone, Debug)]
pub struct CaseText {
    /// The name, unique in the policy.
    pub name: Spanned<String>,
    /// The statement of the case, when the name does not contain it.
    pub title: Option<String>,
    /// The kind.
    pub kind: &'static Kind,
    /// The table for the copies of the case. Each row becomes one case.
    pub for_each: Option<ForEach>,
    /// The probe, in a case that acts.
    pub probe: Option<ProbeText>,
    /// Whether every resource must be as expected, or at least one.
    pub quantifier: Quantifier,
    /// The text of `where`.
    pub filter: Option<Node>,
    /// The text of `expect`.
    pub expect: Node,
    /// The weight of a violation of this case, when it differs from the weight in the policy.
    pub severity: Option<Severity>,
    /// The text of `over`.
    pub over: Option<Node>,
    /// The percentage of the resources that must be as expected. Without it, all resources must be as expected.
    pub share: Option<u8>,
    /// The number of resources that must be as expected, in a case with `some`.
    pub count: Option<Bounds>,
    /// The attribute whose value no two resources may share.
    pub distinct: Option<Node>,
    /// The value of `when_none`.
    pub when_none: WhenNone,
    /// The value of `per`. The default is `account`.
    pub per: Per,
    /// The controls of this case alone.
    pub controls: Vec<Citation>,
    /// `examples.met`, `examples.violated` and `examples.undecided`.
    pub examples: Examples,
    /// The place of the whole case in its file.
    pub span: Span,
}

/// The rows of a table that become one case each: `for_each: row in registry`.
#[derive(Clone, Debug)]
pub struct ForEach {
    /// The name of the row in the case.
    pub row: String,
    /// The name of the table.
    pub table: Spanned<String>,
}

impl ForEach {
    fn read(node: &Node, sink: &mut Diagnostics) -> Option<Self> {
        let text = node.text("`for_each`", sink)?;
        match text.value.split_once(" in ").map(|(row, table)| (row.trim(), table.trim())) {
            Some((row, table)) if is_identifier(row) && is_identifier(table) => {
                Some(Self { row: row.to_owned(), table: Spanned::new(table.to_owned(), text.span) })
            }
            _ => {
                let error = Diagnostic::error("bad-for-each", text.span, "this names no rows of a table");
                sink.push(
                    error.help("such as `for_each: row in registry`, with `registry` among the `tables:` of the suite"),
                );
                None
            }
        }
    }
}

/// A parameter that a policy declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The name.
    pub name: Spanned<String>,
    /// The value when a suite sets none.
    pub default: Option<Node>,
    /// The meaning, for people.
    pub description: Option<String>,
}

impl Declared {
    fn read_all(node: &Node, sink: &mut Diagnostics) -> Vec<Self> {
        let Some(mut table) = Table::new(node, "`parameters`", sink) else { return Vec::new() };
        let mut declared = Vec::new();
        for entry in table.rest() {
            let key = Node { span: entry.key.span, content: scalar(&entry.key.value) };
            let Some(name) = identifier(&key, "the name of a parameter", sink) else { continue };
            let Content::Mapping(_) = &entry.value.content else {
                declared.push(Self { name, default: Some(entry.value.clone()), description: None });
                continue;
            };
            let Some(mut table) = Table::new(&entry.value, "a parameter", sink) else { continue };
            let default = table.take("default").cloned();
            let description = table.take("description").and_then(|node| node.text("`description`", sink));
            table.finish(sink);
            declared.push(Self { name, default, description: description.map(|it| it.value) });
        }
        table.finish(sink);
        declared
    }
}

/// Facts that must meet or violate the case.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// The resources that must meet the case.
    pub met: Vec<Node>,
    /// The resources that must violate the case.
    pub violated: Vec<Node>,
    /// The resources that the case cannot decide although all their facts are known.
    pub undecided: Vec<Node>,
}

impl Policy {
    /// Reads a policy file.
    pub(super) fn read(node: &Node, file: FileId, words: &Vocabulary, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "a policy", sink)?;
        let id = table.need("id", sink).and_then(|node| identifier(node, "`id`", sink));
        let title = table.need("title", sink).and_then(|node| node.text("`title`", sink));
        let severity = table.need("severity", sink).and_then(|node| Severity::read(node, "`severity`", sink));
        let mut text = |key| table.take(key).and_then(|node| node.text(&format!("`{key}`"), sink)).map(|it| it.value);
        let (source, rationale, remediation) = (text("source"), text("rationale"), text("remediation"));
        let controls = table.take("controls");
        let parameters = table.take("parameters").map(|node| Declared::read_all(node, sink)).unwrap_or_default();
        let cases: Vec<CaseText> = match table.need("cases", sink).map(|node| (node, &node.content)) {
            Some((_, Content::Mapping(entries))) if !entries.is_empty() => entries
                .iter()
                .filter_map(|entry| {
                    let name = Node { span: entry.key.span, content: scalar(&entry.key.value) };
                    let name = identifier(&name, "a case's name", sink);
                    CaseText::read(name?, &entry.value, words, sink)
                })
                .collect(),
            Some((node, Content::Mapping(_))) => {
                sink.push(Diagnostic::error("no-cases", node.span, "a policy without cases asserts nothing"));
                Vec::new()
            }
            Some((node, _)) => {
                sink.push(node.unexpected("expected-mapping", "a mapping from name to case", "`cases`"));
                Vec::new()
            }
            None => Vec::new(),
        };
        let judge = if cases.iter().all(CaseText::is_attested) { Judge::Person } else { Judge::Program };
        let controls = controls.map(|node| words.catalogues.read(node, judge, sink)).unwrap_or_default();
        table.finish(sink);
        // The mistakes are reported already. A placeholder allows the check of the rest of the policy.
        Some(Self {
            id: id.unwrap_or_else(|| Spanned::new(String::new(), node.span)),
            title: title.map(|it| it.value).unwrap_or_default(),
            severity: severity.unwrap_or(Severity::Info),
            source,
            rationale,
            remediation,
            controls,
            parameters,
            cases,
            file,
        })
    }
}

impl Policy {
    /// Returns the number of values in the cases, without the examples.
    pub(super) fn values(&self) -> usize {
        let one = |case: &CaseText| {
            let with = case.probe.as_ref().and_then(|probe| probe.with.as_ref());
            let nodes = case.filter.iter().chain(with).chain(&case.over).chain([&case.expect]);
            nodes.map(Node::values).sum::<usize>()
        };
        self.cases.iter().map(one).sum()
    }
}

impl CaseText {
    /// Whether the case tests statements of persons.
    #[must_use]
    pub fn is_attested(&self) -> bool {
        self.kind.name == ATTESTATION.name
    }

    fn read(name: Spanned<String>, node: &Node, words: &Vocabulary, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "a case", sink)?;
        let probe = table.take_entry("probe");
        let title = table.take("title").and_then(|node| node.text("`title`", sink)).map(|it| it.value);
        let (each, some) = (table.take_entry("each"), table.take_entry("some"));
        let population = match (each, some) {
            (Some(other), _) | (_, Some(other)) if probe.is_some() => {
                let message = "a case has either a probe or a population";
                sink.push(Diagnostic::error("two-populations", other.key.span, message));
                None
            }
            (None, None) if probe.is_some() => None,
            (Some(each), None) => Some((Quantifier::Each, each)),
            (None, Some(some)) => Some((Quantifier::Some, some)),
            (Some(_), Some(some)) => {
                let message = "a case has either `each` or `some`";
                sink.push(Diagnostic::error("two-populations", some.key.span, message));
                None
            }
            (None, None) => {
                let message = format!("case `{}` has no population", name.value);
                sink.push(
                    Diagnostic::error("no-population", node.span, message)
                        .help("write `each: KIND` (every resource), `some: KIND` (at least one) or `probe: NAME`"),
                );
                None
            }
        };
        let population =
            population.and_then(|(quantifier, entry)| Some((quantifier, words.read_kind(&entry.value, sink)?)));
        let acts = probe.is_some();
        let probe = probe.and_then(|entry| ProbeText::read(&entry.value, table.take("with"), words, sink));
        let kind = match &probe {
            Some(probe) => Some((Quantifier::Each, probe.spec.kind)),
            None if acts => {
                table.take("with");
                None
            }
            None => population,
        };
        let for_each = table.take("for_each").map(|node| ForEach::read(node, sink));
        let severity = table.take("severity").and_then(|node| Severity::read(node, "`severity`", sink));
        let share = table.take("share").and_then(|node| share(node, some.is_some() || acts, sink));
        let count = table.take("count").and_then(|node| count(node, some.is_some() && !acts, sink));
        let distinct = table.take("distinct").cloned();
        if let Some(node) = distinct.as_ref().filter(|_| some.is_some() || acts) {
            let message = "only a case with `each` compares its resources with each other";
            sink.push(Diagnostic::error("bad-distinct", node.span, message));
        }
        let when_none = table.need("when_none", sink).and_then(|node| word(node, "`when_none`", sink));
        // A probe acts now, and it has one resource. So there is no window, and nothing to select or to group.
        let over = if acts { None } else { table.take_entry("over") };
        let mut of_population = |key| if acts { None } else { table.take(key) };
        let per = of_population("per").map_or(Some(Per::Account), |node| word(node, "`per`", sink));
        let filter = of_population("where").cloned();
        let expect = table.need("expect", sink).cloned();
        let attested = kind.is_some_and(|(_, kind)| kind.name == ATTESTATION.name);
        let judge = if attested { Judge::Person } else { Judge::Program };
        let controls = table.take("controls").map(|node| words.catalogues.read(node, judge, sink)).unwrap_or_default();
        let examples = table.take("examples").map(|node| Examples::read(node, sink)).unwrap_or_default();
        let errors = sink.errors();
        table.finish(sink);
        // An unknown key may be a misspelt `over`. Then the missing `over` is not reported as a second mistake.
        let misspelt = sink.errors() > errors && over.is_none();
        let (quantifier, kind) = kind?;
        if per == Some(Per::Region) && kind.scope == Scope::Global {
            let message = format!("{} has one population per account, not per Region", kind.plural);
            sink.push(Diagnostic::error("per-region", name.span, message).help("write `per: account`"));
        }
        if !acts && !misspelt {
            let what = format!("case `{}`", name.value);
            window::check(over, kind, (&what, name.span), &words.kinds.windowed(), sink);
        }
        Some(Self {
            name,
            title,
            kind,
            for_each: for_each.flatten(),
            probe,
            quantifier,
            filter,
            expect: expect?,
            severity,
            over: over.map(|entry| entry.value.clone()),
            share,
            count,
            distinct,
            when_none: when_none.unwrap_or(WhenNone::Violated),
            per: per.unwrap_or(Per::Account),
            controls,
            examples,
            span: node.span,
        })
    }
}

impl Examples {
    fn read(node: &Node, sink: &mut Diagnostics) -> Self {
        let Some(mut table) = Table::new(node, "`examples`", sink) else { return Self::default() };
        // A single example can be written without a list.
        let mut list = |key| match table.take(key) {
            Some(Node { content: Content::Sequence(nodes), .. }) => nodes.clone(),
            Some(node) => vec![node.clone()],
            None => Vec::new(),
        };
        let examples = Self { met: list("met"), violated: list("violated"), undecided: list("undecided") };
        table.finish(sink);
        examples
    }
}

/// Reads a word of `T`. Any other word is reported.
fn word<T: FromStr + VariantNames>(node: &Node, what: &str, sink: &mut Diagnostics) -> Option<T> {
    let text = node.text(what, sink)?;
    let found = text.value.parse().ok();
    if found.is_none() {
        sink.push(
            Diagnostic::error("unknown-word", text.span, format!("{what} cannot be `{}`", text.value))
                .suggest(&text.value, T::VARIANTS.iter().copied())
                .label(format!("one of {}", T::VARIANTS.join(", "))),
        );
    }
    found
}

/// Whether the text is valid as an id or a name.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty() && text.len() <= 80 && text.chars().all(fits)
}

/// Reads an id or a name. Ids and names appear in file names, test names and URLs.
pub(super) fn identifier(node: &Node, what: &str, sink: &mut Diagnostics) -> Option<Spanned<String>> {
    let text = node.text(what, sink)?;
    if !is_identifier(&text.value) {
        let message = format!("{what} must be letters, digits, `-`, `_` and `.`");
        sink.push(Diagnostic::error("bad-id", text.span, message));
        return None;
    }
    Some(text)
}

fn scalar(text: &str) -> Content {
    Content::Scalar(crate::source::Scalar { text: text.to_owned(), quoted: true })
}

impl Vocabulary {
    /// Creates a vocabulary with these kinds and the shipped catalogues.
    #[must_use]
    pub fn new(kinds: impl IntoIterator<Item = &'static Kind>) -> Self {
        Self { kinds: Kinds::new(kinds), probes: Vec::new(), catalogues: Catalogues::shipped() }
    }

    /// Adds the kinds of the shipped files.
    #[must_use]
    pub fn with_files(self, shipped: &'static KindSet) -> Self {
        Self { kinds: self.kinds.with_files(shipped), ..self }
    }

    /// Replaces the probes of the vocabulary.
    #[must_use]
    pub fn with_probes(self, probes: impl IntoIterator<Item = &'static ProbeSpec>) -> Self {
        Self { probes: probes.into_iter().collect(), ..self }
    }

    fn read_kind(&self, node: &Node, sink: &mut Diagnostics) -> Option<&'static Kind> {
        let name = node.text("a kind", sink)?;
        let found = self.kinds.find(&name.value);
        if found.is_none() {
            let names = self.kinds.names();
            let error = Diagnostic::error("unknown-kind", name.span, format!("unknown kind `{}`", name.value))
                .suggest(&name.value, names.iter().copied());
            let known = format!("kinds: {}", names.join(", "));
            sink.push(if error.help.is_some() { error } else { error.help(known) });
        }
        found
    }
}
