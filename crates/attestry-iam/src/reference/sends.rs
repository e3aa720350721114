//! The condition keys that the requests of an action may have, besides the keys of every request. This module must not
//! know the party that determines their values.
//!
//! A request may also have a key that is not listed, because the reference of AWS is not complete. For a key that is
//! not listed, it is therefore uncertain whether a request has it.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::packed::unpacked;

/// The data. Its first lines describe the format. `ci/reference/sends.py` writes the file.
static TEXT: LazyLock<String> = LazyLock::new(|| unpacked(include_bytes!("sends.txt.z")));

/// Keys that the reference lists for a service, but not for these actions. AWS's own policies use the keys with these
/// actions, as the *AWS Managed Policy Reference* shows (`ROSAManageSubscription`, `AWSIoTTwinMakerServiceRolePolicy`
/// and `AWSDeadlineCloud-UserAccess…`).
const BESIDE: &[(&str, &str)] = &[
    ("aws-marketplace:productid", "aws-marketplace:subscribe aws-marketplace:unsubscribe"),
    (
        "iottwinmaker:linkedservices",
        "iottwinmaker:createentity iottwinmaker:updateentity iottwinmaker:deleteentity iottwinmaker:getentity \
         iottwinmaker:listentities iottwinmaker:createcomponenttype iottwinmaker:updatecomponenttype \
         iottwinmaker:deletecomponenttype iottwinmaker:getcomponenttype iottwinmaker:listcomponenttypes",
    ),
    (
        "deadline:farmmembershiplevels",
        "deadline:associatemembertofarm deadline:associatemembertofleet deadline:associatemembertojob \
         deadline:associatemembertoqueue deadline:disassociatememberfromfarm deadline:disassociatememberfromfleet \
         deadline:disassociatememberfromjob deadline:disassociatememberfromqueue",
    ),
    ("deadline:fleetmembershiplevels", "deadline:associatemembertofleet deadline:disassociatememberfromfleet"),
    ("deadline:jobmembershiplevels", "deadline:associatemembertojob deadline:disassociatememberfromjob"),
    (
        "deadline:queuemembershiplevels",
        "deadline:associatemembertojob deadline:associatemembertoqueue deadline:disassociatememberfromjob \
         deadline:disassociatememberfromqueue",
    ),
];

/// The rows of the file for a service. They are read at the first use.
struct Service {
    text: &'static str,
    read: OnceLock<HashMap<String, Vec<&'static str>>>,
}

/// Returns whether requests of an action may have a key, according to the reference of AWS. The case of letters does
/// not matter.
#[must_use]
pub fn sends(action: &str, key: &str) -> bool {
    let (action, key) = (action.to_ascii_lowercase(), key.to_ascii_lowercase());
    if BESIDE.iter().any(|(own, actions)| *own == key && actions.split(' ').any(|it| it == action)) {
        return true;
    }
    let Some((prefix, operation)) = action.split_once(':') else { return false };
    let Some(service) = services().get(prefix) else { return false };
    let listed = service.read.get_or_init(|| read(service.text)).get(operation);
    listed
        .is_some_and(|keys| keys.iter().any(|it| it.strip_suffix('*').map_or(*it == key, |head| key.starts_with(head))))
}

fn services() -> &'static HashMap<&'static str, Service> {
    static ALL: OnceLock<HashMap<&'static str, Service>> = OnceLock::new();
    ALL.get_or_init(|| {
        // The comment at the top is no service.
        let blocks = TEXT.split("\n\n").skip(1).filter_map(|block| block.split_once('\n'));
        blocks.map(|(prefix, text)| (prefix, Service { text, read: OnceLock::new() })).collect()
    })
}

fn read(text: &'static str) -> HashMap<String, Vec<&'static str>> {
    let (mut keys, mut found, mut own) = (HashMap::new(), HashMap::new(), Vec::new());
    for line in text.lines() {
        let entry = line.trim_start();
        let names = match entry.split_once(' ') {
            Some((number, key)) if number.bytes().all(|it| it.is_ascii_digit()) => {
                keys.insert(number, key);
                continue;
            }
            _ if line.starts_with("    ") => entry,
            // After many numbers, a line has no room for names. The names then start in the next line.
            _ => {
                let (numbers, names) = entry.split_once(':').unwrap_or_default();
                own = numbers.split(',').filter_map(|number| keys.get(number).copied()).collect();
                names
            }
        };
        found.extend(names.split_ascii_whitespace().map(|name| (name.to_ascii_lowercase(), own.clone())));
    }
    found
}
