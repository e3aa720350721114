//! The permissions of the handlers of a type. This module must not know schemas, nor how a file is written.

use attestry_iam::reference::{Level, action};

use super::attributes::LeftOut;
use crate::kinds::proof::returns_secrets;

/// Returns the actions that a verifier needs, in order. An action that a verifier must not have goes to `left_out`.
pub(super) fn permissions(own: &str, handler: &str, of: &[&str], left_out: &mut Vec<LeftOut>) -> Vec<String> {
    let mut needed: Vec<String> = Vec::new();
    for name in of {
        let known = action(name);
        let refused = match known {
            _ if name.contains(['*', '?']) => Some("it is a pattern: name the actions that the handler needs"),
            None => Some("this version does not know such an action"),
            Some(_) if returns_secrets(name) => Some("it returns secrets, or content of customers"),
            Some(action) if action.level() == Level::Unclassified => Some("AWS has not published its access level"),
            Some(action) if action.level().mutates() => Some("it changes something"),
            Some(_) => None,
        };
        match (known, refused) {
            (Some(action), None) => needed.push(action.name()),
            (_, why) => left_out.push(LeftOut {
                what: format!("{} of the {handler} handler", attestry_core::source::printable(name, 120)),
                why: why.unwrap_or_default().to_owned(),
            }),
        }
    }
    needed.sort();
    needed.dedup();
    needed.retain(|name| name != own);
    needed.insert(0, own.to_owned());
    needed
}
