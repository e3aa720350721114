//! Proves a kind file against the model of AWS: its operations, parameters, paths, types, tokens, errors and permissions
//! exist.
//!
//! Each mistake is a diagnostic with its place. This module must not know how calls are made, nor policies.

mod parameters;
mod paths;

use attestry_model::{Operation, Refused, Shape, service, services};

use crate::kinds::{FILES, SCHEMAS, find};
use attestry_core::facts::redact::is_secret_member;
use attestry_core::facts::{Frequency, Kind};
use attestry_core::kind_files::{Each, FileCall, Join, KindFile, Origin, Path, Reading, Reference};
use attestry_core::source::{Diagnostic, Diagnostics, Span};
use paths::Typed;

/// Proves a file. `own` has the other kinds of its suite.
pub fn prove(file: &KindFile, own: &[&'static KindFile], sink: &mut Diagnostics) {
    let kind = |name: &str| find(name).or_else(|| own.iter().find(|it| it.kind.name == name).map(|it| it.kind));
    let parent = file.kind.parent.and_then(|name| {
        let parent = kind(name);
        if parent.is_none() {
            sink.push(wrong(file.span, format!("there is no kind `{name}` to be the parent")));
        }
        parent
    });
    if let Some(parent) = parent
        && parent.scope != file.kind.scope
    {
        sink.push(wrong(file.span, format!("the parent `{}` has another scope", parent.name)));
    }
    if parent.is_some() && is_own_ancestor(file.kind, &kind) {
        sink.push(wrong(file.span, "the kind is a parent of its own parents"));
    }
    for call in &file.calls {
        prove_call(call, parent, sink);
    }
    for attribute in file.calls.iter().flat_map(|call| &call.attributes) {
        if let Some(refers) = attribute.reading.refers
            && kind(refers).is_none()
        {
            let message = format!("`{}` refers to `{refers}`, which is no kind", attribute.name);
            let names = SCHEMAS.iter().map(|kind| kind.name).chain(FILES.names());
            let names = names.chain(own.iter().map(|file| file.kind.name));
            sink.push(wrong(attribute.reading.span, message).suggest(refers, names.collect::<Vec<_>>()));
        }
    }
}

/// Returns whether a kind is one of its own ancestors. Then its list would wait for itself.
fn is_own_ancestor(of: &Kind, find: &dyn Fn(&str) -> Option<&'static Kind>) -> bool {
    let mut seen = vec![of.name];
    let mut parent = of.parent;
    while let Some(name) = parent {
        if seen.contains(&name) {
            return true;
        }
        seen.push(name);
        parent = find(name).and_then(|kind| kind.parent);
    }
    false
}

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error("kind-model", span, message)
}

fn prove_call(call: &FileCall, parent: Option<&Kind>, sink: &mut Diagnostics) {
    permissions(call, sink);
    let Some(operation) = operation(call, sink) else { return };
    parameters::prove(call, operation, sink);
    references(call, parent, sink);
    errors(call, operation, sink);
    let answer = operation.output().map_or(Typed::Nothing, |output| Typed::Model(Shape::Structure(output)));
    pages(call, operation, &answer, sink);
    let item = match &call.items {
        None => Ok(answer),
        Some((path, span)) => paths::of(path, &answer)
            .map(|found| match found {
                Typed::List(item) => *item,
                Typed::Model(Shape::List(list)) => Typed::Model(list.item()),
                one => one,
            })
            .map_err(|why| (*span, why)),
    };
    let item = match (item, &call.document) {
        (Ok(_), Some((path, _))) if is_resource(call, path) => {
            secrets(call, sink);
            Ok(Typed::Any)
        }
        (Ok(item), Some((path, span))) => match paths::of(path, &item) {
            Ok(found) if found.is_text() => Ok(Typed::Any),
            Ok(_) => Err((*span, "the document is no text".to_owned())),
            Err(why) => Err((*span, why)),
        },
        (item, _) => item,
    };
    let item = match item {
        Ok(item) => item,
        Err((span, why)) => return sink.push(wrong(span, why)),
    };
    if let Some((path, span)) = &call.keep
        && let Err(why) = paths::of(path, &item)
    {
        sink.push(wrong(*span, why));
    }
    let item = match &call.join {
        Some(Join::Key { theirs, many, span, .. }) => {
            match paths::of(theirs, &item) {
                Ok(found) if found.is_text() => {}
                Ok(_) => sink.push(wrong(*span, format!("`{theirs}` is no text"))),
                Err(why) => sink.push(wrong(*span, why)),
            }
            if *many { Typed::List(Box::new(item)) } else { item }
        }
        _ => item,
    };
    for attribute in &call.attributes {
        paths::prove(&attribute.reading, &item, sink);
    }
}

/// Returns whether a document holds the properties of a resource, as Cloud Control returns them. AWS's model marks this
/// document as sensitive, because a service can put anything into it. The schema of a type marks the secret properties,
/// and Cloud Control never returns them.
fn is_resource(call: &FileCall, document: &Path) -> bool {
    (call.call.service, call.call.operation) == ("cloudcontrol", "GetResource")
        && call.items.is_none()
        && document.to_string() == "ResourceDescription.Properties"
}

/// Checks that no attribute reads a property whose name is the name of a secret.
fn secrets(call: &FileCall, sink: &mut Diagnostics) {
    fn of(reading: &Reading, sink: &mut Diagnostics) {
        let mut chains = Vec::new();
        if let (Origin::Path(path), false) = (&reading.from, reading.write_only) {
            path.members(&mut chains);
        }
        if let Some(name) = chains.iter().flatten().find(|name| is_secret_member(name)) {
            let message = format!("`{name}` holds a secret, so no file may read it");
            sink.push(wrong(reading.span, message).help("`write_only: true` says that AWS never returns it"));
        }
        reading.fields.iter().for_each(|(_, field)| of(field, sink));
    }
    call.attributes.iter().for_each(|attribute| of(&attribute.reading, sink));
}

/// Returns the operation of a call, if the operation only reads.
fn operation(call: &FileCall, sink: &mut Diagnostics) -> Option<Operation> {
    let (of, name) = (call.call.service, call.call.operation);
    let Some(service) = service(of) else {
        let error = wrong(call.span, format!("AWS has no service `{of}`"));
        sink.push(error.suggest(of, services().iter().map(attestry_model::Service::name)));
        return None;
    };
    if let Some(operation) = service.operation(name) {
        return Some(operation);
    }
    let error = match service.refused(name) {
        Some(Refused::Writes) => wrong(call.span, format!("{of}:{name} does more than read"))
            .help("a kind file names only operations that read"),
        Some(Refused::Secret) => wrong(call.span, format!("{of}:{name} returns secrets, or content of customers"))
            .help("such a call needs a kind in Rust, which wipes the values from memory"),
        Some(Refused::Stream) => wrong(call.span, format!("{of}:{name} answers with a stream")),
        None => wrong(call.span, format!("{of} has no operation `{name}`")).suggest(name, service.operation_names()),
    };
    sink.push(error);
    None
}

/// Checks that each permission is an action of IAM.
fn permissions(call: &FileCall, sink: &mut Diagnostics) {
    let named = call.permissions.iter().map(|(name, span)| (name.as_str(), *span));
    let usual =
        (call.permissions.is_empty() && !call.call.permission.is_empty()).then_some((call.call.permission, call.span));
    for (name, span) in named.chain(usual) {
        match attestry_iam::reference::action(name) {
            None => {
                let error = wrong(span, format!("IAM has no action `{name}`"));
                sink.push(error.help("`permissions` names the actions, where they are not `SERVICE:Operation`"));
            }
            Some(action) if action.level().mutates() => {
                sink.push(wrong(span, format!("the action `{name}` changes something")));
            }
            Some(_) if returns_secrets(name) => {
                sink.push(wrong(span, format!("the action `{name}` returns secrets, or content of customers")));
            }
            Some(_) => {}
        }
    }
}

/// Returns whether the operation of an action returns values of secrets, or content of customers.
pub(super) fn returns_secrets(action: &str) -> bool {
    let Some((prefix, operation)) = action.split_once(':') else { return false };
    let of = services().iter().filter(|it| it.prefix().eq_ignore_ascii_case(prefix));
    of.flat_map(attestry_model::Service::refused_names)
        .any(|(name, why)| why == Refused::Secret && name.eq_ignore_ascii_case(operation))
}

/// Checks that the list of the parent sets each attribute of the parent that the call uses.
fn references(call: &FileCall, parent: Option<&Kind>, sink: &mut Diagnostics) {
    let Some(parent) = parent else { return };
    let listed = |name: &str| {
        let attribute = parent.attribute(name);
        attribute
            .and_then(|it| parent.call(it.call))
            .is_some_and(|it| matches!(it.frequency, Frequency::Population { .. }))
    };
    let mut check = |reference: &Reference, span: Span| {
        if let Reference::Parent(name) = reference
            && !listed(name)
        {
            let message = format!("the list of `{}` returns no `{name}`", parent.name);
            let known = parent.attributes.iter().map(|it| it.name).filter(|name| listed(name));
            sink.push(wrong(span, message).suggest(name, known));
        }
    };
    for (_, parameter, span) in &call.parameters {
        let mut used = Vec::new();
        parameter.references(&mut used);
        used.into_iter().for_each(|reference| check(reference, *span));
    }
}

/// Checks that the operation has each error code, or that the file names the page that documents the code.
fn errors(call: &FileCall, operation: Operation, sink: &mut Diagnostics) {
    for (code, _, span) in &call.errors {
        let documented = call.unmodelled.contains(code);
        if !documented && !operation.has_error(code) {
            let error = wrong(*span, format!("{} has no error `{code}`", operation.name()));
            sink.push(
                error
                    .suggest(code, operation.errors().iter().copied())
                    .help("`unmodelled` names the page that documents a code which AWS's model does not have"),
            );
        }
        if documented && operation.has_error(code) {
            sink.push(wrong(*span, format!("AWS's model has the error `{code}`, so `unmodelled` is not needed")));
        }
    }
}

/// Checks that the tokens are the tokens of the operation, and that the file does not ignore pages.
fn pages(call: &FileCall, operation: Operation, answer: &Typed, sink: &mut Diagnostics) {
    let Some(pages) = &call.pages else {
        let token = operation.pages().and_then(|pages| pages.next.first().copied());
        if let Some(token) = token.or_else(|| operation.tokens().first().copied()) {
            let message = format!("the answer of {} has pages, with the token `{token}`", operation.name());
            sink.push(wrong(call.span, message).help("the call needs `pages`"));
        }
        return;
    };
    if operation.input().is_none_or(|input| input.member(&pages.send).is_none()) {
        let error = wrong(pages.span, format!("{} has no parameter `{}`", operation.name(), pages.send));
        let names = operation.input().into_iter().flat_map(attestry_model::Structure::members).map(|it| it.name());
        sink.push(error.suggest(&pages.send, names.collect::<Vec<_>>()));
    }
    match paths::of(&pages.next, answer) {
        Ok(found) if found.is_text() => {}
        Ok(_) => sink.push(wrong(pages.span, format!("`{}` is no text", pages.next))),
        Err(why) => sink.push(wrong(pages.span, why)),
    }
    if let Some(more) = &pages.more {
        match paths::of(more, answer) {
            Ok(Typed::Model(Shape::Boolean) | Typed::Flag) => {}
            Ok(_) => sink.push(wrong(pages.span, format!("`{more}` is not true or false"))),
            Err(why) => sink.push(wrong(pages.span, why)),
        }
    }
    if let Some(known) = operation.pages() {
        let (send, next) = (known.send.first().copied(), known.next.first().copied());
        let fits = send == Some(pages.send.as_str()) && next == Some(pages.next.to_string().as_str());
        // A token in the model can be an expression that kind files do not support.
        if !fits && known.send.len() == 1 && next.is_some_and(|next| !next.contains(['|', '['])) {
            let message = format!(
                "AWS's paginator sends `{}` and reads `{}`",
                send.unwrap_or_default(),
                next.unwrap_or_default()
            );
            sink.push(wrong(pages.span, message));
        }
    }
    if call.each == Each::Resource && call.items.is_none() && call.attributes.is_empty() {
        sink.push(wrong(pages.span, "the pages are read and no attribute uses them"));
    }
}

#[cfg(test)]
mod tests;
