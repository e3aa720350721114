//! The key of the small account: the operations of AWS KMS on it, and the operations that must never happen.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::aliases::Aliases;
use super::lifecycle::{self, Lives};
use super::signing::Signer;

pub const ALIAS: &str = "alias/probe/key";

/// The behaviour of the key at a rotation on demand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aging {
    /// The rotation is completed after this number of looks at the list of rotations.
    Works(usize),
    /// The rotation is never completed.
    Sticks,
    /// The rotation is completed, but new data keys still use the old material.
    KeepsMaterial,
    /// The rotation is completed, but earlier ciphertexts can no longer be decrypted.
    LosesMaterial,
    /// The rotation is completed, but earlier ciphertexts decrypt to another text.
    Mixes,
    /// The key is disabled.
    Disabled,
}

#[derive(Debug)]
pub struct Keys {
    pub aging: Aging,
    /// The number of completed on-demand rotations.
    pub used: usize,
    /// The number of looks since a rotation began.
    pub under_way: Option<usize>,
    pub lives: Lives,
    material: usize,
    pub aliases: Aliases,
    pub signer: Signer,
    /// The plaintext, the encryption context, the material and the key, by ciphertext.
    sealed: BTreeMap<String, (String, Value, usize, String)>,
}

impl Keys {
    pub fn new() -> Self {
        Self {
            aging: Aging::Works(2),
            used: 3,
            under_way: None,
            lives: Lives::new(),
            aliases: Aliases::new(),
            signer: Signer::new(),
            material: 0,
            sealed: BTreeMap::new(),
        }
    }

    /// Returns all plaintexts that were ever encrypted, in their form on the network.
    pub fn plaintexts(&self) -> Vec<String> {
        self.sealed.values().map(|it| it.0.clone()).collect()
    }

    /// Answers a call of AWS KMS. Returns `None` for any other call.
    pub fn change(&mut self, operation: &str, asked: &Value) -> Option<Result<Value, (&'static str, &'static str)>> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(answer) = self.aliases.change(operation, asked, &self.lives) {
            return Some(answer);
        }
        if let Some(answer) = self.signer.change(operation, asked, &mut self.lives) {
            return Some(answer);
        }
        if let Some(answer) = self.lives.change(operation, asked) {
            return Some(answer);
        }
        let arn = lifecycle::arn("k1");
        let no_alias = || assert_eq!(text("KeyId"), arn, "{operation} takes no alias");
        let context = asked.get("EncryptionContext").cloned().unwrap_or(Value::Null);
        let disabled = self.aging == Aging::Disabled;
        let material = |number: usize| format!("{number:0>64}");
        Some(Ok(match operation {
            "DescribeKey" => {
                let found = self.aliases.key(&text("KeyId"));
                let Some((id, state)) = found.and_then(|id| Some((id.clone(), self.lives.described(&id)?))) else {
                    return Some(Err(("NotFoundException", "no such key")));
                };
                let (usage, algorithms) = if id == "k4" {
                    ("SIGN_VERIFY", json!(["ECDSA_SHA_256"]))
                } else {
                    ("ENCRYPT_DECRYPT", json!(null))
                };
                json!({ "KeyMetadata": {
                    "SigningAlgorithms": algorithms,
                    "KeyId": id, "Arn": lifecycle::arn(&id), "KeyState": state["KeyState"], "Enabled": state["Enabled"],
                    "DeletionDate": state["DeletionDate"], "KeyUsage": usage, "KeyManager": "CUSTOMER",
                    "Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "MultiRegion": false
                } })
            }
            "ListKeyRotations" => {
                no_alias();
                self.look();
                let kind = |index: usize| if index < self.used { "ON_DEMAND" } else { "AUTOMATIC" };
                let all: Vec<Value> =
                    (0..=self.used).map(|it| json!({ "KeyId": "k1", "RotationType": kind(it) })).collect();
                json!({ "Rotations": all, "Truncated": false })
            }
            "GetKeyRotationStatus" => {
                no_alias();
                let began = self.under_way.map(|_| 1_780_000_000);
                json!({ "KeyId": arn, "KeyRotationEnabled": true, "OnDemandRotationStartDate": began })
            }
            "Encrypt" | "Decrypt" if disabled => return Some(Err(("DisabledException", "the key is disabled"))),
            "Encrypt" | "Decrypt" => {
                let Some(id) = self.aliases.used(&text("KeyId")) else {
                    return Some(Err(("NotFoundException", "no such alias")));
                };
                if let Some(refused) = self.lives.refuses(&id) {
                    return Some(Err(refused));
                }
                return Some(self.use_key(operation, &lifecycle::arn(&id), asked, context));
            }
            "GenerateDataKeyWithoutPlaintext" => {
                let number = if self.aging == Aging::KeepsMaterial { 0 } else { self.material };
                json!({ "KeyId": arn, "CiphertextBlob": "AAAA", "KeyMaterialId": material(number) })
            }
            "RotateKeyOnDemand" => {
                no_alias();
                assert!(self.under_way.is_none(), "a second rotation was asked for");
                self.under_way = Some(0);
                json!({ "KeyId": "k1" })
            }
            _ => return None,
        }))
    }

    /// Encrypts or decrypts under the key of this ARN.
    fn use_key(
        &mut self,
        operation: &str,
        arn: &str,
        asked: &Value,
        context: Value,
    ) -> Result<Value, (&'static str, &'static str)> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let material = |number: usize| format!("{number:0>64}");
        Ok(match operation {
            "Encrypt" => {
                // Four digits are also valid base64.
                let ciphertext = format!("{:0>4}", self.sealed.len());
                self.sealed.insert(ciphertext.clone(), (text("Plaintext"), context, self.material, arn.to_owned()));
                json!({ "KeyId": arn, "CiphertextBlob": ciphertext })
            }
            _ => {
                let (plaintext, given, number, key) = self.sealed.get(&text("CiphertextBlob")).unwrap();
                let old = *number < self.material;
                let lost = old && self.aging == Aging::LosesMaterial || self.aliases.lose(key);
                if *given != context || *key != arn || lost {
                    return Err(("InvalidCiphertextException", ""));
                }
                let lost = self.lives.has_lost() && text("CiphertextBlob") == "0000";
                let plaintext = if lost || (old && self.aging == Aging::Mixes) { "AAAA" } else { plaintext };
                json!({ "KeyId": arn, "Plaintext": plaintext, "KeyMaterialId": material(*number) })
            }
        })
    }

    fn look(&mut self) {
        let Some(looks) = &mut self.under_way else { return };
        *looks += 1;
        let needed = match self.aging {
            Aging::Works(needed) => needed,
            Aging::Sticks => return,
            _ => 1,
        };
        if *looks >= needed {
            self.under_way = None;
            self.used += 1;
            self.material += 1;
        }
    }
}
