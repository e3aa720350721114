//! The Service Authorization Reference of AWS, as files: the actions with their access levels and resources, and the
//! condition keys.
//!
//! AWS publishes the reference at <https://docs.aws.amazon.com/service-authorization/latest/reference/>. This module
//! must not know policies, requests or the meaning of a condition. An action that is not in the file may still exist,
//! because AWS adds actions every week. An unknown action is therefore a reason for a warning and never decides a
//! claim.

mod action;
mod format;
mod groups;
mod keys;
mod level;
mod packed;
mod sends;
mod service;
mod unknown;

#[cfg(test)]
mod tests;

pub use action::Action;
pub use format::Format;
pub use groups::{Group, expand, groups};
pub use keys::{Chosen, Holds, Key, key, keys_like};
pub(crate) use keys::{
    describes_caller, describes_holder, names_organization_of_caller, names_organization_of_resource,
};
pub use level::Level;
pub use sends::sends;
pub use service::{Service, as_of, service, services, source};
pub use unknown::{Unknown, unknown};

use super::pattern::{LetterCase, Pattern};

/// Returns the action with a name such as `secretsmanager:GetSecretValue`. The case of letters does not matter.
#[must_use]
pub fn action(name: &str) -> Option<Action> {
    let (prefix, operation) = name.split_once(':')?;
    service(prefix)?.action(operation)
}

/// Returns the actions that a pattern with `*` and `?` covers, in the order of their names. The case of letters does
/// not matter, as in an `Action` element. The function reads only the services that the pattern may cover.
pub fn matching(pattern: &str) -> impl Iterator<Item = Action> + use<'_> {
    let parts =
        pattern.split_once(':').map(|(prefix, operation)| (prefix, Pattern::new(prefix), Pattern::new(operation)));
    let one = parts.as_ref().and_then(|(prefix, ..)| service(prefix));
    let whole = Pattern::new(pattern);
    let wanted = parts.as_ref().map(|(_, prefix, _)| prefix.clone());
    // A pattern without a colon may cover an action, too: `*` does.
    let every =
        services(move |prefix| one.is_none() && wanted.as_ref().is_none_or(|it| it.matches(prefix, LetterCase::Ascii)));
    one.into_iter().chain(every).flat_map(Service::actions).filter(move |action| match &parts {
        Some((_, _, operation)) => operation.matches(action.operation(), LetterCase::Ascii),
        None => whole.matches(&action.name(), LetterCase::Ascii),
    })
}
