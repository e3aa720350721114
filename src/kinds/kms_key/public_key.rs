//! The public key of an asymmetric key, as a digest.
//!
//! Must not know what is expected of a key.

use aws_sdk_kms::Client;
use sha2::{Digest, Sha256};

use super::GET_PUBLIC_KEY;
use super::rotation::{INVALID_STATE, UNSUPPORTED, waits_for_deletion};
use crate::aws::{AccountRegion, gap_of, refused_with};
use crate::kinds::support::convert::{malformed, told};
use attestry_core::facts::{Fact, Gap, Resource};

/// The refusal of a disabled key.
const DISABLED: &str = "DisabledException";

const NO_PUBLIC_KEY: &str = "a symmetric or HMAC key: it has no public key";

/// Sets the digest of the public key.
pub(super) async fn public_key(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    const CALL: &str = GET_PUBLIC_KEY.operation;
    if let Some(reason) = has_none(resource).or_else(|| waits_for_deletion(resource)) {
        resource.set_all_of(CALL, &Fact::not_applicable(reason));
        return Ok(());
    }
    match at.client(Client::new).get_public_key().key_id(&resource.id).send().await {
        Ok(answer) => {
            let key = told(answer.public_key(), "public key")?.as_ref();
            if key.is_empty() {
                return Err(malformed("the public key is empty"));
            }
            let digest: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
            resource.set("public_key.sha256", digest);
            Ok(())
        }
        Err(error) => {
            let reason = if refused_with(&error, &[UNSUPPORTED]) {
                Some(NO_PUBLIC_KEY)
            } else if refused_with(&error, &[INVALID_STATE]) {
                waits_for_deletion(resource)
            } else if refused_with(&error, &[DISABLED]) {
                (resource.text("state") == Some("Disabled"))
                    .then_some("a disabled key: AWS KMS does not return its public key")
            } else {
                None
            };
            resource.set_all_of(CALL, &Fact::not_applicable(reason.ok_or(gap_of(error))?));
            Ok(())
        }
    }
}

/// The reason why the key has no public key. `None` when it has one, or when DescribeKey did not return the data.
fn has_none(key: &Resource) -> Option<&'static str> {
    let spec = key.text("spec")?;
    (spec == "SYMMETRIC_DEFAULT" || spec.starts_with("HMAC_")).then_some(NO_PUBLIC_KEY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::facts::Value;

    #[test]
    fn only_asymmetric_keys_have_a_public_key() {
        for (spec, has) in [
            ("SYMMETRIC_DEFAULT", false),
            ("HMAC_384", false),
            ("RSA_3072", true),
            ("ECC_NIST_P384", true),
            ("ML_DSA_65", true),
        ] {
            let mut key = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "id");
            key.set("spec", Fact::Known(Value::from(spec)));
            assert_eq!(has_none(&key).is_none(), has, "{spec}");
        }
        let unknown = Resource::new(&super::super::KIND, "1".into(), "r".into(), "arn", "id");
        assert_eq!(has_none(&unknown), None, "a key that was not described is read");
    }
}
