//! Signs a message, and verifies signatures by AWS KMS and offline.
//!
//! The message names the probe, so no signature of the probe is one of anything else. Must not know what is expected.

use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{KeyUsageType, MessageType, SigningAlgorithmSpec};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::{SPEC, has_old, offline};
use crate::aws::{AccountRegion, gap_of, refused_with};
use crate::probes::support::sealed::Refusal;
use crate::probes::support::{gap, key, malformed};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource};

/// The acting half.
pub(in crate::probes) struct Act;

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let key = arguments.text("key").unwrap_or_default();
        let mut effects = Vec::new();
        if arguments.is_set("sign") {
            effects
                .push(format!("signs one message with {key}, which names the probe: the signature cannot be undone"));
            effects.push("verifies that signature by AWS KMS and offline".to_owned());
        }
        if has_old(arguments) {
            effects.push(format!("verifies the old signature of the case with {key}"));
        }
        effects
    }

    fn limit(&self, _: &Arguments) -> Duration {
        Duration::from_secs(60)
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let arguments = &context.arguments;
    let name = arguments.text("key").unwrap_or_default();
    let Some(described) = key::describe(&context.at, name).await? else { return Ok(Target::Missing) };
    let arn = key::arn(&described)?;
    observed.set("arn", arn);
    let state = described.key_state().ok_or_else(|| malformed("the answer holds no state of the key"))?;
    observed.set("state", state.as_str());
    let algorithm = SigningAlgorithmSpec::from(arguments.text("algorithm").unwrap_or_default());
    if described.key_usage() != Some(&KeyUsageType::SignVerify) || !described.signing_algorithms().contains(&algorithm)
    {
        return Err(not_tried("the key does not sign with this algorithm"));
    }
    let (signs, old) = (arguments.is_set("sign"), Old::of(arguments)?);
    if !signs && old.is_none() {
        return Err(not_tried("the case neither sets `sign` nor gives an old signature"));
    }
    let mut tried = Tried { at: &context.at, arn, algorithm: &algorithm, errors: Vec::new() };
    let kept = decoded(arguments, "old_public_key")?;
    let returned = if signs || kept.is_none() { tried.public_key().await? } else { None };
    let shown = kept.as_ref().or(returned.as_ref());
    observed.set("public_key", shown.map(|der| hex(der)));

    if signs {
        let message = format!("signed by a probe of Attestry, for nothing else: {}", context.name()).into_bytes();
        let signature = tried.sign(&message).await?;
        observed.set("signed", signature.is_some());
        observed.set("message", signature.as_ref().map(|_| STANDARD.encode(&message)));
        observed.set("signature", signature.as_ref().map(|bytes| STANDARD.encode(bytes)));
        let (mut by_aws, mut by_key) = (false, false);
        if let Some(signature) = &signature {
            by_aws = tried.verifies("the new signature", &message, signature).await?;
            by_key = tried.verifies_offline("the new signature", arguments, returned.as_deref(), (&message, signature));
        }
        observed.set("verifies", by_aws);
        observed.set("verifies_offline", by_key);
    } else {
        for name in ["signed", "verifies", "verifies_offline"] {
            observed.set(name, None::<bool>);
        }
        for name in ["message", "signature"] {
            observed.set(name, None::<&str>);
        }
    }
    if let Some(Old { message, signature }) = &old {
        observed.set("old_verifies", tried.verifies("the old signature", message, signature).await?);
        let key = shown.map(Vec::as_slice);
        observed.set(
            "old_verifies_offline",
            tried.verifies_offline("the old signature", arguments, key, (message, signature)),
        );
    } else {
        observed.set("old_verifies", None::<bool>);
        observed.set("old_verifies_offline", None::<bool>);
    }
    observed.set("last_error", Some(tried.errors.join("; ")).filter(|all| !all.is_empty()));
    Ok(Target::Found)
}

/// The old signature of a case.
struct Old {
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Old {
    fn of(arguments: &Arguments) -> Result<Option<Self>, Gap> {
        match (decoded(arguments, "old_message")?, decoded(arguments, "old_signature")?) {
            (Some(message), Some(signature)) => Ok(Some(Self { message, signature })),
            (None, None) => Ok(None),
            _ => Err(not_tried("`old_message` and `old_signature` belong together")),
        }
    }
}

/// The bytes of an argument in base64.
fn decoded(arguments: &Arguments, name: &str) -> Result<Option<Vec<u8>>, Gap> {
    let Some(text) = arguments.text(name) else { return Ok(None) };
    STANDARD.decode(text.trim()).map(Some).map_err(|_| not_tried(&format!("`{name}` is not base64")))
}

fn hex(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest that AWS KMS takes in place of the message. So a message may have any length.
fn digest(algorithm: &SigningAlgorithmSpec, message: &[u8]) -> Vec<u8> {
    match algorithm.as_str() {
        name if name.ends_with("_384") => Sha384::digest(message).to_vec(),
        name if name.ends_with("_512") => Sha512::digest(message).to_vec(),
        _ => Sha256::digest(message).to_vec(),
    }
}

/// The same message with another last byte.
fn changed(message: &[u8]) -> Vec<u8> {
    let mut other = message.to_vec();
    match other.last_mut() {
        Some(last) => *last ^= 1,
        None => other.push(0),
    }
    other
}

fn not_tried(why: &str) -> Gap {
    gap(Cause::NotAsked, format!("the key was not used: {why}"))
}

/// Refusals because of the state of the key.
const STATES: &[&str] = &["DisabledException", "KMSInvalidStateException"];

/// The answer to a signature that is not one of this key and message.
const INVALID: &str = "KMSInvalidSignatureException";

/// The uses of one key.
struct Tried<'a> {
    at: &'a AccountRegion,
    arn: &'a str,
    algorithm: &'a SigningAlgorithmSpec,
    /// What failed.
    errors: Vec<String>,
}

impl Tried<'_> {
    fn client(&self) -> Client {
        self.at.client(Client::new)
    }

    fn failed(&mut self, what: &str, why: impl std::fmt::Display) {
        self.errors.push(format!("{what}: {why}"));
    }

    /// The public key; `None` when AWS refuses because of the state of the key.
    async fn public_key(&mut self) -> Result<Option<Vec<u8>>, Gap> {
        match self.client().get_public_key().key_id(self.arn).send().await {
            Ok(answer) => match answer.public_key {
                Some(der) => Ok(Some(der.into_inner())),
                None => Err(malformed("the answer holds no public key")),
            },
            Err(error) if refused_with(&error, STATES) => {
                self.failed("the public key", Refusal::from(gap_of(error)));
                Ok(None)
            }
            Err(error) => Err(gap_of(error)),
        }
    }

    /// The signature of the message; `None` when AWS refuses because of the state of the key.
    async fn sign(&mut self, message: &[u8]) -> Result<Option<Vec<u8>>, Gap> {
        let request = self.client().sign().key_id(self.arn).signing_algorithm(self.algorithm.clone());
        let request = request.message_type(MessageType::Digest).message(Blob::new(digest(self.algorithm, message)));
        match request.send().await {
            Ok(answer) => match answer.signature {
                Some(signature) => Ok(Some(signature.into_inner())),
                None => Err(malformed("the answer holds no signature")),
            },
            Err(error) if refused_with(&error, STATES) => {
                self.failed("the new signature", Refusal::from(gap_of(error)));
                Ok(None)
            }
            Err(error) => Err(gap_of(error)),
        }
    }

    /// Whether AWS verifies the signature, and refuses it for a changed message.
    async fn verifies(&mut self, what: &str, message: &[u8], signature: &[u8]) -> Result<bool, Gap> {
        if let Err(why) = self.ask(message, signature).await? {
            self.failed(&format!("{what}, by AWS KMS"), why);
            return Ok(false);
        }
        match self.ask(&changed(message), signature).await? {
            Err(why) if why.code == INVALID => Ok(true),
            Err(why) => {
                self.failed(&format!("{what}, with a changed message"), why);
                Ok(false)
            }
            Ok(()) => {
                self.failed(what, "AWS KMS verifies it for a changed message too");
                Ok(false)
            }
        }
    }

    /// Requests one verification. AWS answers with an error when the signature is not valid.
    async fn ask(&self, message: &[u8], signature: &[u8]) -> Result<Result<(), Refusal>, Gap> {
        let request = self.client().verify().key_id(self.arn).signing_algorithm(self.algorithm.clone());
        let request = request.message_type(MessageType::Digest).message(Blob::new(digest(self.algorithm, message)));
        match request.signature(Blob::new(signature)).send().await {
            Ok(answer) if answer.signature_valid() => Ok(Ok(())),
            Ok(_) => Err(malformed("the answer holds no result of the verification")),
            Err(error) if refused_with(&error, &[STATES, &[INVALID]].concat()) => Ok(Err(gap_of(error).into())),
            Err(error) => Err(gap_of(error)),
        }
    }

    /// Whether the public key verifies the signature, and refuses it for a changed message. A key with another digest than
    /// the case gives verifies nothing.
    fn verifies_offline(
        &mut self,
        what: &str,
        arguments: &Arguments,
        key: Option<&[u8]>,
        (message, signature): (&[u8], &[u8]),
    ) -> bool {
        let what = format!("{what}, offline");
        let Some(key) = key else {
            self.failed(&what, "there is no public key");
            return false;
        };
        if arguments.text("public_key_sha256").is_some_and(|pin| !pin.eq_ignore_ascii_case(&hex(key))) {
            self.failed(&what, "the public key has another digest than `public_key_sha256`");
            return false;
        }
        let verify = |message: &[u8]| offline::verify(key, self.algorithm.as_str(), message, signature);
        match (verify(message), verify(&changed(message))) {
            (Ok(()), Err(_)) => true,
            (Ok(()), Ok(())) => {
                self.failed(&what, "it is verified for a changed message too");
                false
            }
            (Err(why), _) => {
                self.failed(&what, why);
                false
            }
        }
    }
}
