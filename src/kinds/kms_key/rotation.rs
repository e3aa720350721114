//! Decides from the answer of DescribeKey which keys AWS KMS can rotate at all.
//!
//! This module must not make calls.

use attestry_core::facts::Resource;

/// The error codes of the rotation calls that are valid answers: for the type of the key, and for a key that waits for
/// its deletion.
pub(super) const UNSUPPORTED: &str = "UnsupportedOperationException";
pub(super) const INVALID_STATE: &str = "KMSInvalidStateException";

/// The reason for [`UNSUPPORTED`] when DescribeKey returned none.
pub(super) const NOT_ROTATABLE: &str = "AWS KMS does not support rotation of this type of key";

const WAITS_FOR_DELETION: &str = "the key waits for its deletion";

/// Returns the reason why a customer cannot set a rotation for the key. `None` when a customer can set it, or when
/// DescribeKey did not return the data.
pub(super) fn inapplicable(key: &Resource) -> Option<&'static str> {
    if key.text("manager") == Some("AWS") {
        return Some("an AWS managed key: AWS rotates it, and nobody can change how");
    }
    never_rotates(key)
}

/// Returns the reason why the key has no rotations. `None` when it can have rotations, as AWS managed keys do, or when
/// DescribeKey did not return the data.
pub(super) fn never_rotates(key: &Resource) -> Option<&'static str> {
    keeps_its_material(key).or_else(|| waits_for_deletion(key))
}

/// The reason why a key of this type has one key material for its whole life. `None` as for [`never_rotates`].
pub(super) fn keeps_its_material(key: &Resource) -> Option<&'static str> {
    if key.text("spec").is_some_and(|spec| spec != "SYMMETRIC_DEFAULT") {
        return Some("an asymmetric or HMAC key: AWS KMS rotates only symmetric encryption keys");
    }
    let of_store = key.text("custom_key_store").is_some()
        || matches!(key.text("origin"), Some("AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE"));
    of_store.then_some("a key of a custom key store: AWS KMS does not rotate these")
}

/// Returns the reason why AWS can answer [`INVALID_STATE`] for the key. `None` when the state of the key does not
/// explain it.
pub(super) fn waits_for_deletion(key: &Resource) -> Option<&'static str> {
    matches!(key.text("state"), Some("PendingDeletion" | "PendingReplicaDeletion")).then_some(WAITS_FOR_DELETION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::facts::{Fact, Value};

    #[test]
    fn rotation_applies_to_symmetric_customer_keys_with_their_own_material() {
        let plain =
            [("manager", "CUSTOMER"), ("spec", "SYMMETRIC_DEFAULT"), ("origin", "AWS_KMS"), ("state", "Enabled")];
        for (changed, value, applies) in [
            ("state", "Enabled", true),
            ("state", "Disabled", true),
            ("state", "PendingDeletion", false),
            ("state", "PendingReplicaDeletion", false),
            ("manager", "AWS", false),
            ("spec", "RSA_2048", false),
            ("spec", "HMAC_256", false),
            ("origin", "EXTERNAL", true),
            ("origin", "AWS_CLOUDHSM", false),
            ("origin", "EXTERNAL_KEY_STORE", false),
            ("custom_key_store", "cks-1", false),
        ] {
            let mut key = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "id");
            for (attribute, value) in plain {
                key.set(attribute, Fact::Known(Value::from(value)));
            }
            key.set(changed, Fact::Known(Value::from(value)));
            assert_eq!(inapplicable(&key).is_none(), applies, "{changed} {value}");
            // The rotations of AWS managed keys can be read, although a customer cannot set them.
            assert_eq!(never_rotates(&key).is_none(), applies || value == "AWS", "{changed} {value}");
        }
        let unknown = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "id");
        assert_eq!(inapplicable(&unknown), None, "what is not known must be asked for");
    }
}
