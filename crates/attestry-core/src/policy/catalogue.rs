//! Catalogues: the frameworks and their controls.
//!
//! The shipped catalogues are `policies/catalogues/*.yaml`. A suite can name more. Must not know policies.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::source::{Content, Diagnostic, Diagnostics, Files, Limits, Node, Span, Table, parse};

/// A control of a framework.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Control {
    /// The key of the catalogue, such as `nist-800-53-r5`.
    pub framework: String,
    /// The id in the catalogue, such as `SC-12`.
    pub id: String,
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
    controls: BTreeMap<String, String>,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$((concat!($name, ".yaml"), include_str!(concat!("../../../../policies/catalogues/", $name, ".yaml")))),*]
    };
}

const SHIPPED: &[(&str, &str)] = shipped![
    "aws-config-rules",
    "aws-fsbp",
    "aws-security-hub",
    "cis-aws-1.4",
    "cis-aws-1.5",
    "cis-aws-3.0",
    "cis-aws-4.0.1",
    "cis-aws-5.0",
    "cis-aws-6.0",
    "cis-aws-7.0",
    "hipaa-security-rule",
    "iso-27001-2022",
    "mod-045",
    "nist-800-53-r5",
    "nist-800-57-r5",
    "pci-dss-3.2.1",
    "pci-dss-4.0.1",
    "seed-requirements",
    "soc2-tsc-2017",
];

impl Catalogues {
    /// The catalogues that Attestry ships.
    #[must_use]
    pub fn shipped() -> Self {
        let (mut files, mut sink, mut all) = (Files::new(), Diagnostics::new(), Self::default());
        for (name, text) in SHIPPED {
            let file = files.add(*name, *text);
            if let Some(node) = parse(file, text, &Limits::default(), &mut sink) {
                all.add(&node, &mut sink);
            }
        }
        debug_assert!(sink.is_empty(), "the shipped catalogues are well-formed: {sink:?}");
        all
    }

    /// Adds the catalogue of a file. A second file with the same key adds its controls to the first one.
    pub(super) fn add(&mut self, node: &Node, sink: &mut Diagnostics) {
        let Some(mut table) = Table::new(node, "a catalogue", sink) else { return };
        let key = table.need("framework", sink).and_then(|node| node.text("`framework`", sink));
        let name = table.need("name", sink).and_then(|node| node.text("`name`", sink));
        let controls = table.need("controls", sink);
        table.finish(sink);
        let (Some(key), Some(name), Some(controls)) = (key, name, controls) else { return };
        let Content::Mapping(entries) = &controls.content else {
            sink.push(controls.unexpected("expected-mapping", "a mapping from id to title", "`controls`"));
            return;
        };
        let framework = self
            .frameworks
            .entry(key.value)
            .or_insert_with(|| Framework { name: name.value, controls: BTreeMap::new() });
        for entry in entries {
            if let Some(title) = entry.value.text("a control's title", sink) {
                framework.controls.insert(entry.key.value.clone(), title.value);
            }
        }
    }

    /// The title of a control.
    #[must_use]
    pub fn title(&self, control: &Control) -> Option<&str> {
        Some(self.frameworks.get(&control.framework)?.controls.get(&control.id)?.as_str())
    }

    /// The keys and names of all frameworks.
    pub fn frameworks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.frameworks.iter().map(|(key, framework)| (key.as_str(), framework.name.as_str()))
    }

    /// The name of a framework.
    #[must_use]
    pub fn name(&self, framework: &str) -> Option<&str> {
        Some(self.frameworks.get(framework)?.name.as_str())
    }

    /// The ids and titles of the controls of a framework, in the order of the ids.
    pub fn controls(&self, framework: &str) -> impl Iterator<Item = (&str, &str)> {
        let framework = self.frameworks.get(framework).into_iter();
        framework.flat_map(|it| it.controls.iter().map(|(id, title)| (id.as_str(), title.as_str())))
    }

    /// Reads `controls:` of a policy or case: a mapping from framework to a list of ids. Each id is checked.
    pub(super) fn read(&self, node: &Node, sink: &mut Diagnostics) -> Vec<Control> {
        let Some(mut table) = Table::new(node, "`controls`", sink) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in table.rest() {
            let ids = entry.value.texts("a list of control ids", sink).unwrap_or_default();
            let Some(framework) = self.frameworks.get(&entry.key.value) else {
                sink.push(unknown_framework(&entry.key.value, entry.key.span, self.frameworks.keys()));
                continue;
            };
            for id in ids {
                if framework.controls.contains_key(&id.value) {
                    found.push(Control { framework: entry.key.value.clone(), id: id.value });
                } else {
                    let message = format!("{} has no control `{}` in the catalogue", framework.name, id.value);
                    let error = Diagnostic::error("unknown-control", id.span, message);
                    sink.push(sink.suggest(error, &id.value, framework.controls.keys().map(String::as_str)));
                }
            }
        }
        table.finish(sink);
        found
    }
}

fn unknown_framework<'a>(key: &str, span: Span, known: impl Iterator<Item = &'a String>) -> Diagnostic {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let error = Diagnostic::error("unknown-framework", span, format!("unknown framework `{key}`"))
        .suggest(key, known.iter().copied());
    if error.help.is_some() { error } else { error.help(format!("catalogues: {}", known.join(", "))) }
}
