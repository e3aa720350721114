//! The public keys of the small account: a key of the curve P-256 and one of RSA.

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::{ACCOUNT, REGION};

/// The alias of the keys, and the page that a server would publish about each.
pub const PUBLIC: [(&str, &str); 2] = [
    (
        "alias/sign/ec",
        r#"{"kty":"EC","crv":"P-256","x":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","y":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI"}"#,
    ),
    ("alias/sign/rsa", r#"{"kty":"RSA","n":"_wID","e":"AQAB"}"#),
];

/// The bytes of AWS for a key.
fn der(alias: &str) -> Option<Vec<u8>> {
    let ec: &[u8] = &[
        0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7,
        3, 0x42, 0, 4,
    ];
    let rsa: &[u8] = &[
        0x30, 0x1f, 0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0, 3, 14, 0, 0x30, 11, 2, 4, 0,
        0xff, 2, 3, 2, 3, 1, 0, 1,
    ];
    match alias {
        "alias/sign/ec" => Some([ec, &[1; 32], &[2; 32]].concat()),
        "alias/sign/rsa" => Some(rsa.to_vec()),
        _ => None,
    }
}

/// Answers GetPublicKey.
pub fn answer(asked: &Value) -> Result<Value, (&'static str, &'static str)> {
    let alias = asked["KeyId"].as_str().unwrap();
    let der = der(alias).ok_or(("NotFoundException", "no such key"))?;
    let arn = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{}", alias.rsplit('/').next().unwrap());
    Ok(json!({ "KeyId": arn, "PublicKey": base64::encode(der), "KeyUsage": "SIGN_VERIFY" }))
}
