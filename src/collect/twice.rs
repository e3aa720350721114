//! Resources that a list returns twice. This happens when the list changes while its pages are read. Each resource
//! counts once.
//!
//! Where the two entries differ, it is unknown which of them is right, so the attribute becomes unknown. This module
//! must not know any single kind.

use std::collections::HashMap;
use std::sync::Arc;

use attestry_core::facts::{Call, Cause, Fact, Gap, Resource};

/// Merges the repeated entries of a list into the resources that the list returned first.
pub(super) fn merge(resources: &mut [Resource], again: Vec<Resource>, call: Option<&Call>) {
    if again.is_empty() {
        return;
    }
    let places: HashMap<String, usize> = resources.iter().enumerate().map(|(at, it)| (it.id.clone(), at)).collect();
    for second in again {
        if let Some(first) = places.get(&second.id).and_then(|at| resources.get_mut(*at)) {
            doubt(first, second, call);
        }
    }
}

fn doubt(first: &mut Resource, second: Resource, call: Option<&Call>) {
    for (name, fact) in second.facts {
        if first.facts.get(name) == Some(&fact) {
            continue;
        }
        let gap = Gap::new(Cause::Malformed)
            .of_call(
                call.map_or_else(String::new, |call| call.service.to_owned()),
                call.map_or_else(String::new, |call| call.operation.to_owned()),
            )
            .at(first.account.to_string(), first.region.to_string())
            .with_resource(first.id.clone())
            .with_message(format!("the list tells it twice, with two values of `{name}`"));
        first.facts.insert(name, Fact::Unknown(Arc::new(gap)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::facts::{Attribute, Frequency, Kind, Scope, Type};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[
            Attribute::new("name", Type::Text, "ListThings", "Things[].Name", "Name."),
            Attribute::new("size", Type::Integer, "ListThings", "Things[].Size", "Size."),
            Attribute::new("kept", Type::Bool, "ReadThing", "Kept", "Kept."),
        ],
        calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 100 })],
    };

    fn thing(size: i64) -> Resource {
        let mut thing = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        thing.set("name", "a");
        thing.set("size", size);
        thing
    }

    #[test]
    fn what_the_two_tell_alike_is_known_and_the_rest_is_not() {
        for (second, known) in [(1, true), (2, false)] {
            let mut all = vec![thing(1)];
            all.iter_mut().for_each(|it| it.set("kept", true));
            merge(&mut all, vec![thing(second)], KIND.calls.first());
            let told = |name: &str| all.first().and_then(|it| it.get(name)).cloned();
            assert_eq!(all.len(), 1);
            assert_eq!((told("name"), told("kept")), (Some("a".into()), Some(true.into())));
            match told("size") {
                Some(Fact::Unknown(gap)) => {
                    assert!(!known && gap.operation == "ListThings" && gap.message.contains("`size`"), "{gap:?}");
                }
                size => assert!(known && size == Some(1_i64.into()), "{size:?}"),
            }
        }
    }
}
