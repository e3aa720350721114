//! Expectations: conditions on the attributes of one resource, joined by `all`, `any` and `not`.
//!
//! This module must not know the resource under test. `verify` evaluates expectations against facts.

use std::sync::Arc;

use super::condition;
use super::follow;
use super::parameters::Parameters;
use super::related::Related;
use crate::facts::{Attribute, Followed, Kind, Lookup};
use crate::matchers::{Condition, Quantity, Test};
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Spanned};

/// The requirement for a resource.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// Every part holds.
    All(Vec<Expectation>),
    /// At least one part holds.
    Any(Vec<Expectation>),
    /// The part does not hold.
    Not(Box<Expectation>),
    /// The attribute meets the condition.
    Attribute(Box<AttributeTest>),
}

/// A condition on one attribute.
#[derive(Clone, Debug)]
pub struct AttributeTest {
    /// The path as in the policy, such as `tags.owner`.
    pub path: String,
    /// The attribute at the path, and the part inside it.
    pub lookup: Lookup,
    /// The condition on the value at the path.
    pub condition: Condition,
    /// The related resources, if the value is their number.
    pub related: Option<Arc<Related>>,
    /// The other attributes that a matcher reads from the resource, in addition to the value.
    pub beside: Vec<&'static Attribute>,
}

impl AttributeTest {
    /// Returns the attributes that decide the test: its own attribute, the attributes that it is compared with, and the
    /// attributes that a matcher reads.
    #[must_use]
    pub fn attributes(&self) -> Vec<&'static Attribute> {
        let mut all = vec![self.lookup.attribute];
        all.extend(self.condition.compared());
        all.extend(&self.beside);
        all.extend(self.related.iter().flat_map(|related| related.outer()));
        all
    }
}

impl Expectation {
    /// Returns an expectation that always holds.
    #[must_use]
    pub fn nothing() -> Self {
        Self::All(Vec::new())
    }

    /// Calls `visit` for every attribute test inside.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a AttributeTest)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.visit(visit)),
            Self::Not(part) => part.visit(visit),
            Self::Attribute(test) => visit(test),
        }
    }

    /// Reads a mapping of attribute paths (and `all`, `any`, `not`) for a kind.
    pub(super) fn read(
        node: &Node,
        kind: &'static Kind,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let Content::Mapping(entries) = &node.content else {
            sink.push(
                node.unexpected("expected-mapping", "a mapping of attributes", "an expectation")
                    .help("write `attribute: value` or `attribute: { matcher: operand }`"),
            );
            return None;
        };
        if entries.is_empty() {
            sink.push(Diagnostic::error("empty-expectation", node.span, "an expectation without any attribute"));
            return None;
        }
        // Every entry is read before the function gives up, so that all errors are reported at once.
        let parts: Vec<Option<Self>> =
            entries.iter().map(|entry| Self::read_entry(entry, kind, parameters, sink)).collect();
        parts.into_iter().collect::<Option<Vec<_>>>().map(Self::All)
    }

    /// Reads the requirement that no other resource of the case has the same value of an attribute.
    pub(super) fn distinct(
        node: &Node,
        kind: &'static Kind,
        filter: &Self,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let related = Related::same(node, kind, filter, parameters, sink)?;
        let (lookup, condition) = (related.lookup(kind), related.condition()?);
        let path = format!("{} with the same {}", kind.plural, node.scalar()?.text);
        let related = Some(Arc::new(related));
        Some(Self::Attribute(Box::new(AttributeTest { path, lookup, condition, related, beside: Vec::new() })))
    }

    fn read_entry(
        entry: &Entry,
        kind: &'static Kind,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let mut group = |sink: &mut Diagnostics| -> Option<Vec<Self>> {
            let nodes = entry.value.sequence(&format!("`{}`", entry.key.value), sink)?;
            if nodes.is_empty() {
                let message = format!("`{}` over nothing", entry.key.value);
                sink.push(Diagnostic::error("empty-expectation", entry.value.span, message));
                return None;
            }
            let parts: Vec<_> = nodes.iter().map(|node| Self::read(node, kind, parameters, sink)).collect();
            parts.into_iter().collect()
        };
        match entry.key.value.as_str() {
            "all" => group(sink).map(Self::All),
            "any" => group(sink).map(Self::Any),
            "related" if kind.lookup("related").is_none() => {
                let related = Related::read(&entry.value, kind, parameters, sink)?;
                let (lookup, condition) = (related.lookup(kind), related.condition()?);
                let path = format!("related {}", related.kind.plural);
                let related = Some(Arc::new(related));
                Some(Self::Attribute(Box::new(AttributeTest { path, lookup, condition, related, beside: Vec::new() })))
            }
            "not" => Self::read(&entry.value, kind, parameters, sink).map(|part| Self::Not(Box::new(part))),
            _ => {
                let key = Spanned::new(parameters.fill_text(&entry.key, sink)?, entry.key.span);
                let entry = &Entry { key, value: entry.value.clone() };
                let path = entry.key.value.as_str();
                let kinds = parameters.kinds();
                if follow::describes(kind, path, &entry.value, kinds) {
                    return Self::read_below(entry, kind, parameters, sink);
                }
                let followed = || follow::lookup(kind, path, kinds);
                let listed = follow::list(kind, path, &entry.value, kinds);
                let Some(lookup) = listed.or_else(|| kind.lookup(path)).or_else(followed) else {
                    return Self::read_nested(entry, kind, parameters, sink);
                };
                let condition = condition::read(&entry.value, lookup.of, parameters, sink)?;
                let named = follow::names(kind, &lookup, &condition, kinds);
                if lookup.attribute.follow.is_some_and(|follow| matches!(follow.what, Followed::Records(_)))
                    && matches!(&condition, Condition::Tests(tests) if tests.iter().any(Test::has_claim_inside))
                {
                    let message = format!("a claim about a document of the items of `{path}`");
                    let help = "a claim depends on the resource that has the document: write a case about its kind";
                    sink.push(Diagnostic::error("claim-about-items", entry.value.span, message).help(help));
                    return None;
                }
                let owner = follow::owner(kind, &lookup).filter(|_| condition.has_claim());
                let beside = |condition: &Condition| -> Vec<&'static Attribute> {
                    let own = condition.beside().into_iter().filter_map(|name| kind.attribute(name));
                    own.chain(owner).collect()
                };
                let test = |lookup, condition| {
                    let path = path.to_owned();
                    Self::Attribute(Box::new(AttributeTest {
                        path,
                        beside: beside(&condition),
                        lookup,
                        condition,
                        related: None,
                    }))
                };
                let own = test(lookup, condition);
                Some(match named {
                    None => own,
                    // The first part tests the text of the reference itself. If it decides the result, the other names
                    // are not needed.
                    Some((lookup, condition, Quantity::One)) => Self::Any(vec![own, test(lookup, condition)]),
                    Some((lookup, condition, Quantity::All)) => Self::All(vec![own, test(lookup, condition)]),
                })
            }
        }
    }

    /// Reads the nested form of a path: `rotation: { enabled: true }` for `rotation.enabled: true`.
    fn read_nested(
        entry: &Entry,
        kind: &'static Kind,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let prefix = format!("{}.", entry.key.value);
        let is_prefix = kind.attributes.iter().any(|attribute| attribute.name.starts_with(&prefix));
        let Content::Mapping(entries) = &entry.value.content else {
            sink.push(unknown_attribute(&entry.key.value, entry, kind));
            return None;
        };
        if !is_prefix || entries.is_empty() {
            sink.push(unknown_attribute(&entry.key.value, entry, kind));
            return None;
        }
        Self::read_below(entry, kind, parameters, sink)
    }

    /// Reads the entries of a mapping. The path of the mapping is put before the paths of the entries.
    fn read_below(
        entry: &Entry,
        kind: &'static Kind,
        parameters: &mut Parameters<'_>,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let prefix = format!("{}.", entry.key.value);
        let Content::Mapping(entries) = &entry.value.content else { return None };
        let parts: Vec<_> = entries
            .iter()
            .map(|inner| {
                let mut full = inner.clone();
                // The mapping can have attributes of the referenced resource and matchers. A matcher tests the
                // reference itself.
                let is_matcher = kind.attribute(&entry.key.value).is_some_and(|it| it.refers.is_some())
                    && crate::matchers::find(&inner.key.value).is_some();
                if is_matcher {
                    full.key.value.clone_from(&entry.key.value);
                    let test = Entry { key: inner.key.clone(), value: inner.value.clone() };
                    full.value = Node { span: inner.value.span, content: Content::Mapping(vec![test]) };
                } else {
                    full.key.value = format!("{prefix}{}", inner.key.value);
                }
                Self::read_entry(&full, kind, parameters, sink)
            })
            .collect();
        parts.into_iter().collect::<Option<Vec<_>>>().map(Self::All)
    }
}

fn unknown_attribute(path: &str, entry: &Entry, kind: &Kind) -> Diagnostic {
    let names = || kind.attributes.iter().map(|attribute| attribute.name);
    let error =
        Diagnostic::error("unknown-attribute", entry.key.span, format!("{} has no attribute `{path}`", kind.name));
    // The last segment alone is compared too: `rotation.perod` is nearer to `rotation.period` than to any other name.
    let error = error.suggest(path, names());
    if error.help.is_some() {
        return error;
    }
    let first = path.split('.').next().unwrap_or(path);
    let near: Vec<&str> = names().filter(|name| name.split('.').next() == Some(first)).collect();
    let shown = if near.is_empty() { names().collect() } else { near };
    error.help(format!("attributes of {}: {}", kind.name, shown.join(", ")))
}
