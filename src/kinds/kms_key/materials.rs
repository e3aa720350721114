//! Reads the entries of ListKeyRotations: the completed rotations of a key, and all its key material.
//!
//! The list has the first key material, which no rotation made, and material that waits for its rotation. These entries
//! have neither a date nor a type. Must not make calls.

use aws_sdk_kms::types::{ExpirationModelType, ImportState, KeyMaterialState, RotationType, RotationsListEntry};
use jiff::Timestamp;

use crate::kinds::support::convert::{malformed, maybe_word, named, time, told, word};
use attestry_core::facts::{Gap, Resource, Value};

/// The states of key material that KMS does not use yet.
const PENDING: &[&str] = &["PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"];

/// The entries of one key.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) rotations: Vec<Value>,
    pub(super) on_demand: i64,
    pub(super) last: Option<Timestamp>,
    /// The entries without a rotation that KMS uses. The first key material is the only one.
    first: usize,
    /// All key material, or the first reason why an entry does not describe its material.
    materials: Option<Result<Vec<Value>, Gap>>,
}

impl Entries {
    /// Adds an entry of this key.
    pub(super) fn add(&mut self, entry: &RotationsListEntry, key: &Resource) -> Result<(), Gap> {
        let state = maybe_word(entry.key_material_state().map(|it| it.as_str()), KeyMaterialState::values())?;
        let of = maybe_word(entry.rotation_type().map(|it| it.as_str()), RotationType::values())?;
        let date = time(entry.rotation_date())?;
        let waits = state.is_some_and(|state| PENDING.contains(&state));
        match (date, of, state) {
            (Some(date), Some(of), _) if !waits => {
                self.on_demand += i64::from(of == RotationType::OnDemand.as_str());
                self.last = self.last.max(Some(date));
                self.rotations.push(Value::record([
                    ("date", Some(date.into())),
                    ("type", Some(of.into())),
                    ("material", entry.key_material_id().map(Value::from)),
                ]));
            }
            (None, None, Some(_)) => self.first += usize::from(!waits),
            _ => return Err(malformed("an entry of the rotations has no date, no type, or one too many")),
        }
        let material = material(entry, key, state, date, of);
        match (self.materials.get_or_insert_with(|| Ok(Vec::new())), material) {
            (Ok(all), Ok(material)) => all.push(material),
            (Ok(_), Err(gap)) => self.materials = Some(Err(gap)),
            (Err(_), _) => {}
        }
        Ok(())
    }

    /// Checks the whole list. Two entries without a date are a rotation whose date is missing.
    pub(super) fn check(&self) -> Result<(), Gap> {
        if self.first > 1 { Err(malformed("the list has the first key material twice")) } else { Ok(()) }
    }

    /// All key material of the key. AWS lists the first material of each key, and exactly one material is current.
    pub(super) fn materials(self) -> Result<Value, Gap> {
        let materials = told(self.materials, "key material")??;
        let is_current =
            |it: &&Value| matches!(it, Value::Map(fields) if fields.get("state") == Some(&"CURRENT".into()));
        if self.first != 1 || materials.iter().filter(is_current).count() != 1 {
            return Err(malformed("the list does not have one first and one current key material"));
        }
        Ok(Value::List(materials))
    }
}

/// The key material of an entry. Only material that a customer imports has the two states of an import.
fn material(
    entry: &RotationsListEntry,
    key: &Resource,
    state: Option<&str>,
    date: Option<Timestamp>,
    of: Option<&str>,
) -> Result<Value, Gap> {
    let import = maybe_word(entry.import_state().map(|it| it.as_str()), ImportState::values())?;
    let import =
        if key.text("origin") == Some("EXTERNAL") { Some(told(import, "state of the import")?) } else { import };
    let model = maybe_word(entry.expiration_model().map(|it| it.as_str()), ExpirationModelType::values())?;
    let model =
        if import == Some(ImportState::Imported.as_str()) { Some(told(model, "model of the expiry")?) } else { model };
    let until = time(entry.valid_to())?;
    let expires = model == Some(ExpirationModelType::KeyMaterialExpires.as_str());
    let until = if expires { Some(told(until, "day of the expiry")?) } else { until };
    Ok(Value::record([
        ("id", Some(named(entry.key_material_id(), "id of a key material")?.into())),
        ("state", Some(word(told(state, "state of a key material")?, KeyMaterialState::values())?.into())),
        ("date", date.map(Value::from)),
        ("type", of.map(Value::from)),
        ("import", import.map(Value::from)),
        ("expires", until.map(Value::from)),
    ]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use attestry_core::facts::Fact;
    use aws_smithy_types::DateTime;

    fn entry(id: &str, state: &str, date: Option<i64>, of: Option<&str>) -> RotationsListEntry {
        RotationsListEntry::builder()
            .key_material_id(id)
            .set_key_material_state(Some(state).filter(|it| !it.is_empty()).map(KeyMaterialState::from))
            .set_rotation_date(date.map(DateTime::from_secs))
            .set_rotation_type(of.map(RotationType::from))
            .build()
    }

    fn read(entries: &[RotationsListEntry], origin: &str) -> Result<Entries, Gap> {
        let mut key = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "id");
        key.set("origin", Fact::Known(Value::from(origin)));
        let mut read = Entries::default();
        entries.iter().try_for_each(|entry| read.add(entry, &key))?;
        read.check().map(|()| read)
    }

    #[test]
    fn the_first_material_and_waiting_material_are_no_rotations() {
        let all = [
            entry("a", "NON_CURRENT", None, None),
            entry("b", "CURRENT", Some(1_700_000_000), Some("ON_DEMAND")),
            entry("c", "PENDING_ROTATION", None, None),
        ];
        let read = read(&all, "AWS_KMS").unwrap();
        assert_eq!((read.rotations.len(), read.on_demand, read.last.is_some()), (1, 1, true));
        let Value::List(materials) = read.materials().unwrap() else { return assert!(all.is_empty()) };
        assert_eq!(materials.len(), 3);
    }

    #[test]
    fn a_rotation_that_lost_a_member_is_refused() {
        let first = || entry("a", "NON_CURRENT", None, None);
        for wrong in [
            entry("b", "CURRENT", None, Some("AUTOMATIC")),
            entry("b", "CURRENT", Some(1_700_000_000), None),
            entry("b", "CURRENT", None, None),
            entry("b", "", None, None),
            entry("b", "PENDING_ROTATION", Some(1_700_000_000), Some("AUTOMATIC")),
            entry("b", "OTHER", Some(1_700_000_000), Some("AUTOMATIC")),
        ] {
            assert!(read(&[first(), wrong.clone()], "AWS_KMS").is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn material_is_all_there_is_or_unknown() {
        let first = || entry("a", "NON_CURRENT", None, None);
        let second = |state: &str| entry("b", state, Some(1_700_000_000), Some("AUTOMATIC"));
        for (entries, origin, known) in [
            (vec![first(), second("CURRENT")], "AWS_KMS", true),
            (vec![], "AWS_KMS", false),
            (vec![second("CURRENT")], "AWS_KMS", false),
            (vec![first(), second("NON_CURRENT")], "AWS_KMS", false),
            (vec![first(), second("")], "AWS_KMS", false),
            (vec![first(), second("CURRENT")], "EXTERNAL", false),
        ] {
            let read = read(&entries, origin).unwrap();
            assert_eq!(read.rotations.len(), entries.iter().filter(|it| it.rotation_date().is_some()).count());
            assert_eq!(read.materials().is_ok(), known, "{entries:?} {origin}");
        }
    }

    #[test]
    fn imported_material_expires_by_its_model() {
        let imported = |model: Option<&str>, until: Option<i64>| {
            let first =
                RotationsListEntry::builder().key_material_id("a").key_material_state(KeyMaterialState::Current);
            first
                .import_state(ImportState::Imported)
                .set_expiration_model(model.map(ExpirationModelType::from))
                .set_valid_to(until.map(DateTime::from_secs))
                .build()
        };
        for (model, until, known) in [
            (Some("KEY_MATERIAL_EXPIRES"), Some(1_800_000_000), true),
            (Some("KEY_MATERIAL_EXPIRES"), None, false),
            (Some("KEY_MATERIAL_DOES_NOT_EXPIRE"), None, true),
            (None, None, false),
        ] {
            let read = read(&[imported(model, until)], "EXTERNAL").unwrap();
            assert_eq!(read.materials().is_ok(), known, "{model:?} {until:?}");
        }
    }
}
