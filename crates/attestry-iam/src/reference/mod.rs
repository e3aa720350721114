//! What actions AWS has, at what access level, and on what resources, and which condition keys: its Service Authorization
//! Reference, as files.
//!
//! Must not know policies, requests or what a condition says. What is not in the file may still exist: AWS adds actions every week,
//! so that "not known" is a reason to warn, never one to decide.

mod action;
mod format;
mod groups;
mod keys;
mod level;
mod sends;
mod service;
mod unknown;

#[cfg(test)]
mod tests;

pub use action::Action;
pub use format::Format;
pub use groups::{Group, expand, groups};
pub use keys::{Chosen, Holds, Key, key, keys_like};
pub use level::Level;
pub use sends::sends;
pub use service::{Service, as_of, service, services, source};
pub use unknown::{Unknown, unknown};

use super::pattern::{Case, Pattern};

/// The action of a name such as `secretsmanager:GetSecretValue`, in whatever case.
#[must_use]
pub fn action(name: &str) -> Option<Action> {
    let (prefix, operation) = name.split_once(':')?;
    service(prefix)?.action(operation)
}

/// The actions that a pattern with `*` and `?` covers, as in an `Action` element: without regard to case, in the order
/// of their names. Reads only the services that the pattern may cover.
pub fn matching(pattern: &str) -> impl Iterator<Item = Action> + use<'_> {
    let parts =
        pattern.split_once(':').map(|(prefix, operation)| (prefix, Pattern::new(prefix), Pattern::new(operation)));
    let one = parts.as_ref().and_then(|(prefix, ..)| service(prefix));
    let whole = Pattern::new(pattern);
    let wanted = parts.as_ref().map(|(_, prefix, _)| prefix.clone());
    // Without a colon the pattern may still cover one: `*` does.
    let every =
        services(move |prefix| one.is_none() && wanted.as_ref().is_none_or(|it| it.matches(prefix, Case::Ascii)));
    one.into_iter().chain(every).flat_map(Service::actions).filter(move |action| match &parts {
        Some((_, _, operation)) => operation.matches(action.operation(), Case::Ascii),
        None => whole.matches(&action.name(), Case::Ascii),
    })
}
