//! The evidence in a bucket: bundles with their index entries.

use std::collections::BTreeMap;

use super::super::{Damage, Format, Placed};
use super::{Inventory, Location, Note, ObjectVersion, StoredBundle};
use crate::source::printable;

/// Sorts the objects of a bucket into series.
#[must_use]
pub fn in_bucket(bucket: &str, objects: Vec<ObjectVersion>) -> Inventory {
    let mut found = Inventory::default();
    let placed = |object: &ObjectVersion| object.path.as_deref().and_then(Placed::read);
    let (index, bundles): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| placed(object).is_some());
    let mut bundles: BTreeMap<String, ObjectVersion> = bundles.into_iter().map(|it| (it.key.clone(), it)).collect();
    for index in index {
        let Some(placed) = placed(&index) else { continue };
        // The key of the bundle has the same prefix, and ends in the path of the bundle.
        let prefix = index.path.as_deref().and_then(|path| index.key.strip_suffix(path)).unwrap_or_default();
        let key = format!("{prefix}{}", placed.bundle);
        let name = format!("s3://{bucket}/{key}");
        let Some(bundle) = bundles.remove(&key) else {
            found.damaged(&name, vec![Damage::Missing(placed.bundle)]);
            continue;
        };
        if bundle.covered || index.covered {
            let name = printable(&name, 200);
            found.notes.push(Note::Warning(format!("{name} was deleted or written over: its first version is read")));
        }
        let stored = StoredBundle { name, started: placed.started, location: Location::Objects { bundle, index } };
        found.series.entry(placed.series).or_default().push(stored);
    }
    for key in bundles.into_keys().filter(|key| Format::of_name(key).is_some()) {
        let reason = "it has no index entry, as after a push that was killed: push it again".to_owned();
        found.damaged(&format!("s3://{bucket}/{key}"), vec![Damage::Unusable { path: key, reason }]);
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &str = "647751526084/bank/dev/2026/11/20/20261120T055011Z-0c4d11aa.tar.zst";

    fn object(path: &str, covered: bool) -> ObjectVersion {
        ObjectVersion { key: format!("a/b/{path}"), path: Some(path.to_owned()), version: "1".to_owned(), covered }
    }

    #[test]
    fn a_bundle_is_found_by_its_index_entry_below_any_prefix() {
        let index = format!("{BUNDLE}.json");
        let found = in_bucket("kept", vec![object(&index, false), object(BUNDLE, false)]);
        let names: Vec<&str> = found.series.values().flatten().map(|bundle| bundle.name.as_str()).collect();
        assert_eq!(names, [format!("s3://kept/a/b/{BUNDLE}")]);
        assert!(found.notes.is_empty(), "{:?}", found.notes);
    }

    #[test]
    fn a_bundle_or_index_entry_alone_is_damage_and_a_covered_one_a_warning() {
        let index = format!("{BUNDLE}.json");
        for (objects, damaged) in [
            (vec![object(&index, false)], true),
            (vec![object(BUNDLE, false)], true),
            (vec![object(&index, true), object(BUNDLE, false)], false),
        ] {
            let found = in_bucket("kept", objects);
            let damage: Vec<bool> = found.notes.iter().map(Note::is_damage).collect();
            assert_eq!(damage, [damaged], "{:?}", found.notes);
        }
    }
}
