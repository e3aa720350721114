//! Verifies a signature with a public key in DER, without AWS.
//!
//! Pure. Must not know the origin of a key or of a signature.

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// The identifiers of the algorithms of public keys, in DER with their parameters.
const P256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// The algorithm of that name, and the type of its keys.
fn algorithm(name: &str) -> Option<(&'static dyn VerificationAlgorithm, &'static [u8])> {
    Some(match name {
        "ECDSA_SHA_256" => (&ECDSA_P256_SHA256_ASN1, P256),
        "ECDSA_SHA_384" => (&ECDSA_P384_SHA384_ASN1, P384),
        "RSASSA_PKCS1_V1_5_SHA_256" => (&RSA_PKCS1_2048_8192_SHA256, RSA),
        "RSASSA_PKCS1_V1_5_SHA_384" => (&RSA_PKCS1_2048_8192_SHA384, RSA),
        "RSASSA_PKCS1_V1_5_SHA_512" => (&RSA_PKCS1_2048_8192_SHA512, RSA),
        "RSASSA_PSS_SHA_256" => (&RSA_PSS_2048_8192_SHA256, RSA),
        "RSASSA_PSS_SHA_384" => (&RSA_PSS_2048_8192_SHA384, RSA),
        "RSASSA_PSS_SHA_512" => (&RSA_PSS_2048_8192_SHA512, RSA),
        _ => return None,
    })
}

/// Verifies the signature of the message by the key: DER, SubjectPublicKeyInfo.
///
/// # Errors
/// The key is no key of this algorithm, or the signature is not one of this key and message.
pub(super) fn verify(key: &[u8], name: &str, message: &[u8], signature: &[u8]) -> Result<(), String> {
    let (algorithm, of) = algorithm(name).ok_or_else(|| format!("{name} is not verified offline"))?;
    let bits = bits(key, of).ok_or_else(|| format!("the public key is no key for {name}"))?;
    let verified = UnparsedPublicKey::new(algorithm, bits).verify(message, signature);
    verified.map_err(|_| "the signature is not one of this key and message".to_owned())
}

/// The bits of a key whose type has this identifier.
fn bits<'a>(key: &'a [u8], of: &[u8]) -> Option<&'a [u8]> {
    let (inner, rest) = element(key, 0x30)?;
    let (bits, end) = element(inner.strip_prefix(of)?, 0x03)?;
    // The first byte is the number of unused bits at the end.
    if rest.is_empty() && end.is_empty() { bits.strip_prefix(&[0]) } else { None }
}

/// The content of the DER element with this tag, and the bytes after it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, der) = der.strip_prefix(&[tag])?.split_first()?;
    let (length, der) = match first {
        0..=0x7f => (usize::from(*first), der),
        0x81 => der.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => {
            let (length, rest) = der.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    der.split_at_checked(length)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const MESSAGE: &[u8] = b"kept with the evidence";

    // OpenSSL made the keys and the signatures.
    const P256_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIEgUX33Ac+ysGK+w+dPqvTIC2cngF47M+GmU7l7Tkj4fxTrqcQvfa6W1uUGoq5HQ\
        IQVbNKj7pYKGAa2cnKkMEA==";
    const P256_SIGNATURE: &str =
        "MEYCIQDJNv/jZo5KhWuCygYE2o2iHtg1Ujwnf7OqcYcr9E0JzwIhAIVH8mZFnBfZBoCCGVdsu0WWUD3w6agfE1/r0Up5jhzV";
    const P384_KEY: &str = "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE37HRe5L1xaw4Qr3U4/ePoNvLAIRsEatK4/GMh+TJreuMjS37SZqyv4J/4jhfg3H6enwh\
        zBvrPWeepDxm9mhspn7DQqonTlY/rgL87tTQnNt+vGGC5lDXI6elVCEubmAY";
    const P384_SIGNATURE: &str = "MGYCMQDRuKIFrxt4ZqcMQHW/CarBJezVO2LajBbFwVZhPgTDHxvGSTHI+FxUOzfnBnrmANoCMQD+V0Q5wW299n4QzIFrnnk9+Soe\
        Qs6GswSyTvUXuTxCG777XRQ+Pc1grjY2SI6Hejk=";
    const RSA_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxIXTfxzdNPRi1KHhwhkSsDMYn/3VksBWTFzYYhSUUEtWqvcvfVUnc8Dh\
        xD5KJbxEF1Lq0/eV+7WBqJeTtZn3JGKX8YiUaViElZiIfU6dXw2XRMOOTCuI0JTuNNJIp9RTaMoZxBtTExxd4gstAPR5F+Kbt4+b\
        J+CgdlhPzvQeiDxYbrQ0RfGAfCckhY0Kl78sEVaFJWCiszQj84+lesYKL0e/MxPwyu0ILv0NElB6BT8bdiyAs6fiaLmZ7h4vvHgr\
        8I4hFwBOsGDCcbn7OimEHR7c50Y02qzQs++PGWUUWUX7bjWtXIPgIwT98QhYzY2VsyNHhj7lAUPIoFeQuj54qQIDAQAB";
    const PKCS1_SIGNATURE: &str = "LFWIDsVUP3ZP3api+pP26/h01d+eWVCXg03QEkzeFQc7OpSyrWC1VXZ/GGe2KwKDVygqV2sT2kOl7Mphy0Xg+r0R76BijfOYvQGc\
        vNLCeOEH0vvsTNCRA1seCAAchsGdkoZaMgsFANudNJPTgw0KBA7pXuoCgQNba/0/9MenlE4wp2GbMAlQKv4MncI9XHZtFOrVro8M\
        uObSvPqKOvApEboTQmzyvSdNeAlOQAxveOHz2/GbCQHMmdUZT1bSRh+mJY6Byx9+sB88LkkgNJ82texsB5hP0NyKuh6XMXW3YKiX\
        PWy+eUnz5VwTIJQjGrc/FaBRo7Sg6r2ZWmjGCmFRnw==";
    const PSS_SIGNATURE: &str = "lvCJIVC638+PfVr/AI7qmVWrdT9HVIBOvxdmopJwwg/FIIlYg4f+/KKXHcfs7DZiyqzkj75iY/QQyPU2tYUZw9y9oahwJ46kAVaK\
        VNhgWdNYZ5np2IkpXdXzdAg55IzdKUXC39jvFzbweqyW1wVYe8pnBsvnF1G8oCA5LX8tAh9zIGEkYBKcQPO9ecvyPfixwRyLFV8W\
        W/KI11s0EqhzwBFwRGI8i97pUYdRYVKIOKSUCJF9Y74FetI7UCjFF/53kUa/joodrJzxz2HRjlMVUzzivnYONaZ160lv/uQL/nCI\
        nVTidTJDkqLTTcbHMw0CHlG3GRR212YJd3/5FkXBCQ==";

    fn bytes(base64: &str) -> Vec<u8> {
        STANDARD.decode(base64).unwrap()
    }

    #[test]
    fn a_signature_is_verified_by_its_key_for_its_message_alone() {
        let all = [
            ("ECDSA_SHA_256", P256_KEY, P256_SIGNATURE),
            ("ECDSA_SHA_384", P384_KEY, P384_SIGNATURE),
            ("RSASSA_PKCS1_V1_5_SHA_256", RSA_KEY, PKCS1_SIGNATURE),
            ("RSASSA_PSS_SHA_384", RSA_KEY, PSS_SIGNATURE),
        ];
        for (name, key, signature) in all {
            let (key, signature) = (bytes(key), bytes(signature));
            assert_eq!(verify(&key, name, MESSAGE, &signature), Ok(()), "{name}");
            assert!(verify(&key, name, b"another message", &signature).is_err(), "{name}");
            for (other, another_key, another) in all.iter().filter(|it| it.0 != name) {
                assert!(verify(&key, other, MESSAGE, &signature).is_err(), "{name} as {other}");
                assert!(verify(&key, name, MESSAGE, &bytes(another)).is_err(), "{name} with that of {other}");
                let verified = verify(&bytes(another_key), name, MESSAGE, &signature);
                assert_eq!(verified.is_ok(), bytes(another_key) == key, "{name} with the key of {other}");
            }
        }
    }

    #[test]
    fn a_key_that_is_cut_or_longer_is_no_key() {
        for (name, key, signature) in
            [("ECDSA_SHA_256", P256_KEY, P256_SIGNATURE), ("RSASSA_PKCS1_V1_5_SHA_256", RSA_KEY, PKCS1_SIGNATURE)]
        {
            let (key, signature) = (bytes(key), bytes(signature));
            for length in 0..key.len() {
                assert!(verify(key.get(..length).unwrap(), name, MESSAGE, &signature).is_err(), "{name}: {length}");
            }
            let longer = [&*key, &[0]].concat();
            assert!(verify(&longer, name, MESSAGE, &signature).is_err(), "{name}");
        }
        assert!(verify(&bytes(P256_KEY), "SM2DSA", MESSAGE, &bytes(P256_SIGNATURE)).is_err());
    }
}
