//! Reads a kind file. This module must not know the model of AWS. Another module proves that the operations and paths
//! of the file exist.

use std::collections::BTreeSet;

use super::attributes::{Described, references, sentence};
use super::calls::{DescribedCall, call, count};
use super::{Each, FileAttribute, Join, KindFile, Limits, Reference};
use crate::facts::{Attribute, Call, Frequency, Kind, Scope, Type};
use crate::source::{Diagnostic, Diagnostics, FileId, Limits as TextLimits, Node, Span, Table, parse};

/// The limits of a kind file. Kind files are small.
const TEXT: TextLimits = TextLimits { bytes: 1 << 20, depth: 24, nodes: 50_000, alias_expansions: 1000 };

/// The attributes of a kind file, to check the references between its parts.
struct Names {
    /// Each attribute with the index of its call.
    attributes: Vec<(&'static str, usize)>,
}

/// Reads a kind file. The result is never freed, because kinds live as long as the program.
pub fn read(file: FileId, text: &str, sink: &mut Diagnostics) -> Option<&'static KindFile> {
    let before = sink.errors();
    let root = parse(file, text, &TEXT, sink)?;
    let mut table = Table::new(&root, "a kind", sink)?;
    let name = table.need("kind", sink).and_then(|node| name(node, sink));
    let plural = table.need("plural", sink).and_then(|node| node.text("the plural", sink));
    let scope = table.need("scope", sink).and_then(|node| scope(node, sink));
    let doc = table.need("doc", sink).and_then(|node| sentence(node, sink));
    let parent = table.take("parent").and_then(|node| node.text("the parent", sink));
    let qualified = table.take("qualified").and_then(|node| sentence(node, sink));
    let limits = table.take("limits").map_or(Some(USUAL), |node| limits(node, sink));
    let calls: Vec<DescribedCall> = table
        .need("calls", sink)
        .and_then(|node| node.sequence("the calls", sink))
        .map(|nodes| nodes.iter().filter_map(|node| call(node, sink)).collect())
        .unwrap_or_default();
    table.finish(sink);
    let ((name, span), plural, scope, doc, limits) = (name?, plural?, scope?, doc?, limits?);
    // After an error, the check is left out. It would report parts as missing that the file has but that could not be
    // read.
    if sink.errors() == before {
        check(&calls, span, parent.is_some(), sink);
    }
    if sink.errors() > before {
        return None;
    }
    Some(assemble(Head { name, span, plural: plural.value, scope, doc, parent, qualified, limits }, calls))
}

const USUAL: Limits = Limits { parents: 1000, resources: 20_000 };

/// The keys of a file except `calls`.
struct Head {
    name: &'static str,
    span: Span,
    plural: String,
    scope: Scope,
    doc: String,
    parent: Option<crate::source::Spanned<String>>,
    qualified: Option<String>,
    limits: Limits,
}

fn assemble(head: Head, calls: Vec<DescribedCall>) -> &'static KindFile {
    let names = Names::of(&calls);
    let mut kind_calls = Vec::with_capacity(calls.len());
    let mut kind_attributes: Vec<Attribute> = Vec::new();
    let mut parts = Vec::with_capacity(calls.len());
    for (place, DescribedCall { call, file, attributes }) in calls.into_iter().enumerate() {
        let operations: Vec<&'static str> = kind_calls.iter().map(|call: &Call| call.operation).collect();
        let earlier = |attribute: &str| {
            names.call_of(attribute).filter(|of| *of < place).and_then(|of| operations.get(of).copied())
        };
        let mut after: BTreeSet<&'static str> = BTreeSet::new();
        let mut used = Vec::new();
        file.parameters.iter().for_each(|(_, parameter, _)| parameter.references(&mut used));
        let in_parameters = used.into_iter().filter_map(|reference| match reference {
            Reference::Attribute(name) => Some(name.as_str()),
            _ => None,
        });
        let in_condition = file.when.iter().map(|when| when.attribute.as_str());
        let in_join = file.join.iter().filter_map(|join| match join {
            Join::Key { ours, .. } => Some(ours.as_str()),
            Join::First => None,
        });
        after.extend(in_parameters.chain(in_condition).chain(in_join).filter_map(earlier));
        // The facts of a list are known before every call for a resource. So only calls for a resource are kept in
        // `after`.
        after.retain(|operation| {
            kind_calls.iter().any(|it: &Call| it.operation == *operation && it.frequency == Frequency::Resource)
        });
        let mut readings = Vec::with_capacity(attributes.len());
        for Described { name, attribute, reading } in attributes {
            let used = references(&reading).into_iter().filter_map(|reference| match reference {
                Reference::Attribute(name) => Some(name.as_str()),
                _ => None,
            });
            let in_condition = reading.absent_when.iter().map(|(other, _)| other.as_str());
            let needs: Vec<&'static str> = used.chain(in_condition).filter_map(earlier).collect();
            kind_attributes.push(Attribute { needs: needs.leak(), ..attribute });
            readings.push(FileAttribute { name, reading });
        }
        kind_calls.push(Call { after: after.into_iter().collect::<Vec<_>>().leak(), ..call });
        parts.push((file, readings));
    }
    let calls: &'static [Call] = kind_calls.leak();
    let kind: &'static Kind = Box::leak(Box::new(Kind {
        name: head.name,
        plural: head.plural.leak(),
        scope: head.scope,
        doc: head.doc.leak(),
        attributes: kind_attributes.leak(),
        calls,
        parent: head.parent.map(|parent| &*parent.value.leak()),
        qualified: head.qualified.map(|text| &*text.leak()).unwrap_or_default(),
    }));
    let calls = calls.iter().zip(parts).map(|(call, (file, readings))| file.whole(call, readings)).collect();
    Box::leak(Box::new(KindFile { kind, span: head.span, limits: head.limits, calls }))
}

impl Names {
    fn of(calls: &[DescribedCall]) -> Self {
        let attributes = calls
            .iter()
            .enumerate()
            .flat_map(|(place, call)| call.attributes.iter().map(move |attribute| (attribute.name, place)));
        Self { attributes: attributes.collect() }
    }

    fn call_of(&self, attribute: &str) -> Option<usize> {
        self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, place)| *place)
    }
}

/// Checks that the parts of a file fit each other.
fn check(calls: &[DescribedCall], span: Span, has_parent: bool, sink: &mut Diagnostics) {
    let names = Names::of(calls);
    let populates = |call: &DescribedCall| matches!(call.file.each, Each::Population | Each::Parent);
    if !calls.first().is_some_and(populates) {
        sink.push(Diagnostic::error("kind-call", span, "the first call lists the population: `each: population`"));
    }
    let of_parent = calls.iter().any(|call| call.file.each == Each::Parent);
    if of_parent != has_parent {
        let message = if has_parent { "no call has `each: parent`" } else { "`each: parent` needs the key `parent`" };
        sink.push(Diagnostic::error("kind-call", span, message));
    }
    let listed = |name: &str| names.call_of(name).and_then(|place| calls.get(place)).is_some_and(populates);
    if !listed("name") {
        sink.push(Diagnostic::error("kind-attribute", span, "a call of the population returns `name`"));
    }
    if !listed("arn") && !listed("id") {
        sink.push(Diagnostic::error("kind-attribute", span, "a call of the population returns `arn` or `id`"));
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut operations: Vec<(&str, &str)> = Vec::new();
    let mut last = 0;
    for (place, call) in calls.iter().enumerate() {
        let operation = (call.call.service, call.call.operation);
        if operations.contains(&operation) {
            sink.push(Diagnostic::error("kind-call", call.file.place(), "a file makes each call once"));
        }
        operations.push(operation);
        let rank = usize::from(!populates(call));
        if rank < last {
            sink.push(Diagnostic::error("kind-call", call.file.place(), "calls of the population come first"));
        }
        last = rank;
        if populates(call) {
            call.file.refuse_not_applicable(sink);
        }
        if call.attributes.is_empty() && !populates(call) {
            sink.push(Diagnostic::error("kind-call", call.file.place(), "the call returns no attribute"));
        }
        call.file.meanings(sink);
        uses(call, place, &names, has_parent, sink);
        for attribute in &call.attributes {
            if seen.contains(&attribute.name) {
                let message = format!("the attribute `{}` stands there twice", attribute.name);
                sink.push(Diagnostic::error("kind-attribute", attribute.reading.span, message));
            }
            seen.push(attribute.name);
        }
    }
    for call in calls {
        for attribute in &call.attributes {
            let below = format!("{}.", attribute.name);
            let free = matches!(attribute.reading.of, Type::Map(_) | Type::Record(_));
            if free && seen.iter().any(|name| name.starts_with(&below)) {
                let message = format!("`{}` hides keys of its own", attribute.name);
                sink.push(Diagnostic::error("kind-attribute", attribute.reading.span, message));
            }
        }
    }
}

/// Checks the references of a call.
fn uses(call: &DescribedCall, place: usize, names: &Names, has_parent: bool, sink: &mut Diagnostics) {
    let check = |name: &str, span: Span, own: bool, sink: &mut Diagnostics| {
        let limit = if own { place + 1 } else { place };
        if names.call_of(name).is_none_or(|of| of >= limit) {
            let message = format!("no earlier call returns `{name}`");
            let known = names.attributes.iter().filter(|(_, of)| *of < limit).map(|(name, _)| *name);
            sink.push(Diagnostic::error("kind-reference", span, message).suggest(name, known));
        }
    };
    let resolve = |reference: &Reference, span: Span, own: bool, sink: &mut Diagnostics| match reference {
        Reference::Attribute(name) => check(name, span, own, sink),
        Reference::Parent(_) if !has_parent => {
            sink.push(Diagnostic::error("kind-reference", span, "this kind has no parent"));
        }
        Reference::Parent(name) if !matches!(call.file.each, Each::Parent) => {
            let message = "only a call with `each: parent` has the parent";
            let help = format!("keep the value in an attribute of that call: `value: \"${{parent.{name}}}\"`");
            sink.push(Diagnostic::error("kind-reference", span, message).help(help));
        }
        Reference::Each if call.file.repeats().is_none() => {
            sink.push(Diagnostic::error("kind-reference", span, "`${each}` needs `for_each`"));
        }
        _ => {}
    };
    let mut repeated = false;
    for (_, parameter, span) in &call.file.parameters {
        let mut used = Vec::new();
        parameter.references(&mut used);
        for reference in used {
            repeated |= *reference == Reference::Each;
            match reference {
                Reference::Attribute(name) if call.file.each != Each::Resource => {
                    let message = format!("the call is not made for one resource, so it has no `{name}`");
                    sink.push(Diagnostic::error("kind-reference", *span, message));
                }
                reference => resolve(reference, *span, false, sink),
            }
        }
    }
    if let (Some(span), false) = (call.file.repeats(), repeated) {
        sink.push(Diagnostic::error("kind-call", span, "no parameter has `${each}`, so each call is the same"));
    }
    for (place, attribute) in call.attributes.iter().enumerate() {
        let span = attribute.reading.span;
        let used = references(&attribute.reading);
        used.iter().for_each(|reference| resolve(reference, span, true, sink));
        let used = used.into_iter().filter_map(|reference| match reference {
            Reference::Attribute(name) => Some(name.as_str()),
            _ => None,
        });
        let condition = attribute.reading.absent_when.as_ref().map(|(other, _)| other.as_str());
        condition.iter().for_each(|other| check(other, span, true, sink));
        for other in used.chain(condition) {
            let own = call.attributes.iter().position(|it| it.name == other);
            let order = |place: usize| call.attributes.get(place).map(|it| (it.reading.rank(), place));
            if own.is_some_and(|own| order(own) >= order(place)) {
                let message = format!("`{other}` is read after `{}`", attribute.name);
                sink.push(Diagnostic::error("kind-reference", span, message));
            }
        }
    }
    if let Some(when) = &call.file.when {
        resolve(&Reference::Attribute(when.attribute.clone()), when.span, false, sink);
    }
    if let Some(Join::Key { ours, span, .. }) = &call.file.join {
        resolve(&Reference::Attribute(ours.clone()), *span, false, sink);
    }
}

fn name(node: &Node, sink: &mut Diagnostics) -> Option<(&'static str, Span)> {
    let text = node.text("the kind", sink)?;
    let plain = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
    };
    // Every kind in a file has the name of its service before a dot. Only the kind `account` has no dot, and it is no
    // file.
    match text.split_once('.') {
        Some((service, noun)) if plain(service) && plain(noun) => Some((text.value.leak(), text.span)),
        _ => {
            let error = Diagnostic::error("kind-name", text.span, "this is no name of a kind");
            sink.push(error.help("such as `sns.topic`: the service, a dot and a noun, in lower case"));
            None
        }
    }
}

fn scope(node: &Node, sink: &mut Diagnostics) -> Option<Scope> {
    let text = node.text("the scope", sink)?;
    match text.value.as_str() {
        "regional" => Some(Scope::Regional),
        "global" => Some(Scope::Global),
        other => {
            let error = Diagnostic::error("kind-call", text.span, "expected `regional` or `global`");
            sink.push(error.suggest(other, ["regional", "global"]));
            None
        }
    }
}

fn limits(node: &Node, sink: &mut Diagnostics) -> Option<Limits> {
    let mut table = Table::new(node, "the limits", sink)?;
    let number = |node: Option<&Node>, usual: usize, sink: &mut Diagnostics| match node {
        None => Some(usual),
        Some(node) => count(node, "a limit", sink),
    };
    let parents = number(table.take("parents"), USUAL.parents, sink);
    let resources = number(table.take("resources"), USUAL.resources, sink);
    table.finish(sink);
    Some(Limits { parents: parents?, resources: resources? })
}
