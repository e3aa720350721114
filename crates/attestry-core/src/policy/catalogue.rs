//! Catalogues: the frameworks and their controls.
//!
//! The shipped catalogues are `policies/catalogues/*.yaml`. A suite can name more. A catalogue also states which
//! controls no case can test, each with the reason. This module must not know policies.

use std::collections::BTreeMap;

use flate2::read::ZlibDecoder;
use serde::Serialize;

use super::waivers::said;
use crate::source::{Content, Diagnostic, Diagnostics, Files, Limits, Node, Spanned, Table, parse};

/// A control of a framework.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Control {
    /// The key of the catalogue, such as `nist-800-53-r5`.
    pub framework: String,
    /// The id in the catalogue, such as `SC-12`.
    pub id: String,
}

/// A control that a policy or a case cites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citation {
    /// The control.
    pub control: Control,
    /// The part of the control that is not tested. Without it, the whole control is tested.
    pub untested: Option<String>,
}

/// Whether the program or a person judges the facts of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judge {
    /// The facts come from an API.
    Program,
    /// The facts are the statement of a person.
    Person,
}

/// All catalogues. Each control of a policy is checked against them.
#[derive(Clone, Debug, Default)]
pub struct Catalogues {
    frameworks: BTreeMap<String, Framework>,
}

/// One framework.
#[derive(Clone, Debug)]
struct Framework {
    name: String,
    /// The title of each control.
    controls: BTreeMap<String, String>,
    /// The controls that no case can test.
    untestable: BTreeMap<String, Untestable>,
    /// The part of every control that no case tests. A framework has one when its controls require more of an
    /// organization than the facts of an account can show.
    untested: Option<String>,
}

/// An entry of a catalogue for a control that no case can test, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untestable {
    /// Whether a person can judge the control.
    pub sort: UntestableSort,
    /// The reason, in one sentence.
    pub reason: String,
}

/// The two sorts of controls that no case can test. The words are the keys of a catalogue file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UntestableSort {
    /// No API returns the needed facts. A person must judge the control, and an attestation can serve it.
    Manual,
    /// Neither an API nor a person can show that the control holds.
    Impossible,
}

impl UntestableSort {
    const ALL: [Self; 2] = [Self::Manual, Self::Impossible];

    /// Returns the key in a catalogue file.
    fn key(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Impossible => "impossible",
        }
    }
}

/// The shipped catalogues. The build script packs the files of `policies/catalogues/`.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalogues.z"));

/// Returns the names and the texts of the shipped catalogues, in the order of their names.
fn shipped() -> Vec<(String, String)> {
    serde_json::from_reader(ZlibDecoder::new(PACKED)).unwrap_or_default()
}

impl Catalogues {
    /// Returns the catalogues that Attestry ships.
    #[must_use]
    pub fn shipped() -> Self {
        let (mut files, mut sink, mut all) = (Files::new(), Diagnostics::new(), Self::default());
        for (name, text) in shipped() {
            let file = files.add(name, text.as_str());
            if let Some(node) = parse(file, &text, &Limits::default(), &mut sink) {
                all.add(&node, &mut sink);
            }
        }
        debug_assert!(sink.is_empty(), "the shipped catalogues are well-formed: {sink:?}");
        all
    }

    /// Adds the catalogue of a file. A second file with the same key adds its controls to the first catalogue.
    pub(super) fn add(&mut self, node: &Node, sink: &mut Diagnostics) {
        let Some(mut table) = Table::new(node, "a catalogue", sink) else { return };
        let key = table.need("framework", sink).and_then(|node| node.text("`framework`", sink));
        let name = table.need("name", sink).and_then(|node| node.text("`name`", sink));
        let controls = table.need("controls", sink);
        let untestable = UntestableSort::ALL.map(|sort| (sort, table.take(sort.key())));
        let untested = table.take("untested").and_then(|node| said(node, "the part that is not tested", sink));
        table.finish(sink);
        let (Some(key), Some(name), Some(controls)) = (key, name, controls) else { return };
        let Content::Mapping(entries) = &controls.content else {
            sink.push(controls.unexpected("expected-mapping", "a mapping from id to title", "`controls`"));
            return;
        };
        let framework = self.frameworks.entry(key.value).or_insert_with(|| Framework {
            name: name.value,
            controls: BTreeMap::new(),
            untestable: BTreeMap::new(),
            untested: None,
        });
        framework.untested = untested.map(|it| it.value).or(framework.untested.take());
        for entry in entries {
            if let Some(title) = entry.value.text("a control's title", sink) {
                framework.controls.insert(entry.key.value.clone(), title.value);
            }
        }
        for (sort, node) in untestable.into_iter().filter_map(|(sort, node)| Some((sort, node?))) {
            framework.add_untestable(sort, node, sink);
        }
    }

    /// Returns the title of a control.
    #[must_use]
    pub fn title(&self, control: &Control) -> Option<&str> {
        Some(self.frameworks.get(&control.framework)?.controls.get(&control.id)?.as_str())
    }

    /// Returns the keys and names of all frameworks.
    pub fn frameworks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.frameworks.iter().map(|(key, framework)| (key.as_str(), framework.name.as_str()))
    }

    /// Returns the name of a framework.
    #[must_use]
    pub fn name(&self, framework: &str) -> Option<&str> {
        Some(self.frameworks.get(framework)?.name.as_str())
    }

    /// Returns the ids and titles of the controls of a framework, in the order of the ids.
    pub fn controls(&self, framework: &str) -> impl Iterator<Item = (&str, &str)> {
        let framework = self.frameworks.get(framework).into_iter();
        framework.flat_map(|it| it.controls.iter().map(|(id, title)| (id.as_str(), title.as_str())))
    }

    /// Returns the entry of the catalogue for this control, if no case can test the control.
    #[must_use]
    pub fn untestable(&self, framework: &str, id: &str) -> Option<&Untestable> {
        self.frameworks.get(framework)?.untestable.get(id)
    }

    /// Checks the name of a framework that the user typed.
    pub fn check_framework(&self, framework: &str, sink: &mut Diagnostics) {
        if !self.frameworks.contains_key(framework) {
            let error = Diagnostic::error_nowhere("unknown-framework", format!("unknown framework `{framework}`"));
            sink.push(self.with_help(error, framework));
        }
    }

    /// Reads `controls:` of a policy or case: a mapping from framework to a list of ids. An item can also be a mapping
    /// with the id and the part that is not tested. Each id is checked. `judge` states who judges the cases that cite
    /// the controls.
    pub(super) fn read(&self, node: &Node, judge: Judge, sink: &mut Diagnostics) -> Vec<Citation> {
        let Some(mut table) = Table::new(node, "`controls`", sink) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in table.rest() {
            let cited = citations(&entry.value, sink);
            let Some(framework) = self.frameworks.get(&entry.key.value) else {
                let message = format!("unknown framework `{}`", entry.key.value);
                let error = Diagnostic::error("unknown-framework", entry.key.span, message);
                sink.push(self.with_help(error, &entry.key.value));
                continue;
            };
            for (id, untested) in cited {
                if framework.knows(&id, sink) {
                    framework.check_untestable(&id, judge, sink);
                    let control = Control { framework: entry.key.value.clone(), id: id.value };
                    let untested = untested.or_else(|| framework.untested.clone());
                    found.push(Citation { control, untested });
                }
            }
        }
        table.finish(sink);
        found
    }

    /// Adds a help text to the error: the framework that the author may have meant, or all frameworks.
    fn with_help(&self, error: Diagnostic, wanted: &str) -> Diagnostic {
        let known: Vec<&str> = self.frameworks.keys().map(String::as_str).collect();
        let error = error.suggest(wanted, known.iter().copied());
        if error.help.is_some() { error } else { error.help(format!("catalogues: {}", known.join(", "))) }
    }
}

/// Returns the control ids of a list, each with the part of the control that is not tested.
fn citations(node: &Node, sink: &mut Diagnostics) -> Vec<(Spanned<String>, Option<String>)> {
    let mut found = Vec::new();
    for node in node.sequence("a list of control ids", sink).unwrap_or_default() {
        if !matches!(node.content, Content::Mapping(_)) {
            found.extend(node.text("a control id", sink).map(|id| (id, None)));
            continue;
        }
        let Some(mut table) = Table::new(node, "a control that is tested in part", sink) else { continue };
        let id = table.need("id", sink).and_then(|node| node.text("a control id", sink));
        let untested = table.need("untested", sink).and_then(|node| said(node, "the part that is not tested", sink));
        table.finish(sink);
        found.extend(id.zip(untested).map(|(id, untested)| (id, Some(untested.value))));
    }
    found
}

impl Framework {
    /// Reads `manual:` or `impossible:`: a mapping from id to reason. Each id is checked.
    fn add_untestable(&mut self, sort: UntestableSort, node: &Node, sink: &mut Diagnostics) {
        let what = format!("`{}`", sort.key());
        let Some(mut table) = Table::new(node, &what, sink) else { return };
        for entry in table.rest() {
            let Some(reason) = said(&entry.value, "the reason", sink) else { continue };
            if !self.knows(&entry.key, sink) {
                continue;
            }
            let untestable = Untestable { sort, reason: reason.value };
            match self.untestable.get(&entry.key.value) {
                // When two suites name the same file, the file is added twice, so an equal entry is no mistake.
                Some(earlier) if *earlier != untestable => {
                    let as_well = if earlier.sort == sort {
                        format!("{} for two reasons", sort.key())
                    } else {
                        format!("{} and as {}", earlier.sort.key(), sort.key())
                    };
                    let message = format!("control `{}` is stated as {as_well}", entry.key.value);
                    sink.push(Diagnostic::error("stated-twice", entry.key.span, message));
                }
                _ => {
                    self.untestable.insert(entry.key.value.clone(), untestable);
                }
            }
        }
        table.finish(sink);
    }

    /// Returns whether the framework has the control. Reports an unknown id as an error.
    fn knows(&self, id: &Spanned<String>, sink: &mut Diagnostics) -> bool {
        let known = self.controls.contains_key(&id.value);
        if !known {
            let message = format!("{} has no control `{}` in the catalogue", self.name, id.value);
            let error = Diagnostic::error("unknown-control", id.span, message);
            sink.push(sink.suggest(error, &id.value, self.controls.keys().map(String::as_str)));
        }
        known
    }

    /// Reports a case that cites a control although the catalogue states that no case can test it. The report is a
    /// warning, because the author of a case cannot change a shipped catalogue.
    fn check_untestable(&self, id: &Spanned<String>, judge: Judge, sink: &mut Diagnostics) {
        let Some(untestable) = self.untestable.get(&id.value) else { return };
        if untestable.sort == UntestableSort::Manual && judge == Judge::Person {
            return;
        }
        let message =
            format!("a case cites control `{}`, which the catalogue states as {}", id.value, untestable.sort.key());
        sink.push(
            Diagnostic::warning("cited-untestable", id.span, message)
                .label(untestable.reason.clone())
                .help("remove the control here, or the statement in the catalogue"),
        );
    }
}
