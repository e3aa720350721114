//! `decrypts-after-rotation`: encrypts random bytes under a key, rotates the key if the case says so, and decrypts them.
//!
//! Nothing is made that could be cleaned up, and a rotation cannot be undone. Must not know what is expected.

use crate::aws::{OrGap, gap_of};
use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::Config;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::{DataKeySpec, RotationType};
use tokio::time::Instant;

use super::digest::{Digest, Key, random};
use super::{Acting, Probe, Scene, Target};
use crate::aws::{At, refused_with};
use attestry_core::facts::{
    Argument, Arguments, Attribute, Call, Cause, Frequency, Gap, Kind, ProbeSpec, Resource, Scope, Type, Value,
};

/// The probe.
pub(super) struct DecryptsAfterRotation;

const fn observed(
    name: &'static str,
    of: Type,
    call: &'static str,
    field: &'static str,
    doc: &'static str,
) -> Attribute {
    Attribute::new(name, of, call, field, doc)
}

const fn call(operation: &'static str, permission: &'static str) -> Call {
    Call::new("kms", operation, permission, Frequency::Resource)
}

static KIND: Kind = Kind {
    name: "probe.decrypts-after-rotation",
    plural: "keys",
    scope: Scope::Regional,
    doc: "Random bytes that were encrypted under a key and decrypted again, after a rotation of the key where the case \
          asks for one.",
    attributes: &[
        observed("case", Type::Text, "DescribeKey", "with", "The case that used the key."),
        observed("name", Type::Text, "DescribeKey", "with", "The key, as the case names it."),
        observed("arn", Type::Text, "DescribeKey", "KeyMetadata.Arn", "ARN of the key."),
        observed(
            "left",
            Type::Integer,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "How many of the 25 on-demand rotations in the life of the key were left before the probe used one.",
        ),
        observed(
            "rotated",
            Type::Bool,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "Whether the list of completed rotations had a new one within the time given; absent without `rotate`.",
        ),
        observed(
            "took",
            Type::Duration,
            "ListKeyRotations",
            "Rotations[].RotationType",
            "Whole seconds from the request until the rotation was completed; absent when it never was.",
        ),
        observed(
            "new_material",
            Type::Bool,
            "GenerateDataKeyWithoutPlaintext",
            "KeyMaterialId",
            "Whether a data key made after the rotation is under other key material than what was encrypted before it; \
             absent without `rotate`.",
        ),
        observed(
            "decrypts",
            Type::Bool,
            "Decrypt",
            "Plaintext",
            "Whether what was encrypted first is decrypted to the same at the end, after the rotation where there was one.",
        ),
        observed(
            "last_error",
            Type::Text,
            "Decrypt",
            "the answer",
            "Why it was not decrypted, or that the rotation was not completed; absent when it worked.",
        ),
        observed(
            "cleaned",
            Type::Bool,
            "DescribeKey",
            "the ledger",
            "Whether nothing is left of it; always so, as it makes nothing.",
        ),
    ],
    calls: &[
        call("DescribeKey", "kms:DescribeKey"),
        call("ListKeyRotations", "kms:ListKeyRotations"),
        call("GetKeyRotationStatus", "kms:GetKeyRotationStatus"),
        call("Encrypt", "kms:Encrypt"),
        call("Decrypt", "kms:Decrypt"),
        call(ROTATE, "kms:RotateKeyOnDemand"),
        call(RENEWED, "kms:GenerateDataKeyWithoutPlaintext"),
    ],
};

const ROTATE: &str = "RotateKeyOnDemand";
const RENEWED: &str = "GenerateDataKeyWithoutPlaintext";

static SPEC: ProbeSpec = ProbeSpec {
    name: "decrypts-after-rotation",
    kind: &KIND,
    target: "key",
    arguments: &[
        Argument::required("key", Type::Text, "ARN, id or alias of a customer managed key for symmetric encryption."),
        Argument::optional(
            "rotate",
            Type::Bool,
            "Whether the key is rotated in between: this cannot be undone, and AWS allows it 25 times in the life of a key.",
        ),
        Argument::optional(
            "reserve",
            Type::Integer,
            "How many on-demand rotations are never used by this probe; 5 without it.",
        ),
        Argument::optional("within", Type::Duration, "How long the rotation may take; 10m without it."),
    ],
    calls: |arguments| {
        let rotates = arguments.is_set("rotate");
        KIND.calls.iter().filter(|call| rotates || !matches!(call.operation, ROTATE | RENEWED)).collect()
    },
};

/// On-demand rotations in the life of a key: a quota of AWS KMS that nobody can raise.
const FOR_LIFE: i64 = 25;
const RESERVE: i64 = 5;
const WITHIN: u64 = 600;

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
}

fn reserve(arguments: &Arguments) -> i64 {
    arguments.integer("reserve").unwrap_or(RESERVE)
}

impl Probe for DecryptsAfterRotation {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let key = arguments.text("key").unwrap_or_default();
        let mut effects = vec![format!("encrypts 32 random bytes under {key}, decrypts them again and forgets them")];
        if arguments.is_set("rotate") {
            let kept = reserve(arguments);
            effects.push(format!(
                "rotates {key} on demand: nobody can undo that, and AWS allows it {FOR_LIFE} times in the life of a key"
            ));
            effects.push(format!("tells how many such rotations are left, and rotates only if it is more than {kept}"));
        } else {
            effects.push(format!("counts the on-demand rotations that {key} has left; does not rotate it"));
        }
        effects
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        let waits = if arguments.is_set("rotate") { within(arguments) } else { Duration::ZERO };
        waits.saturating_add(Duration::from_secs(60))
    }

    fn act<'a>(&'a self, scene: &'a Scene, seen: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(scene, seen))
    }
}

async fn act(scene: &Scene, seen: &mut Resource) -> Result<Target, Gap> {
    let name = scene.arguments.text("key").unwrap_or_default();
    let Some(key) = arn(&scene.at, name).await? else { return Ok(Target::Missing) };
    seen.set("arn", key.as_str());
    let used = on_demand(&scene.at, &key).await?;
    let status = client(&scene.at).get_key_rotation_status().key_id(&key).send().await.or_gap()?;
    let under_way = status.on_demand_rotation_start_date().is_some();
    let left = FOR_LIFE.saturating_sub(used).saturating_sub(i64::from(under_way));
    seen.set("left", left);

    let rotates = scene.arguments.is_set("rotate");
    let sealed = match Sealed::new(scene, &key).await? {
        Ok(sealed) => sealed,
        Err(why) => return Ok(ended(seen, rotates.then(Watched::default), Some(why))),
    };
    let before = match sealed.open(scene).await? {
        Ok(material) => material,
        Err(why) => return Ok(ended(seen, rotates.then(Watched::default), Some(why))),
    };
    if !rotates {
        return Ok(ended(seen, None, None));
    }
    if under_way {
        return Err(not_rotated("an on-demand rotation is under way already".to_owned()));
    }
    let kept = reserve(&scene.arguments);
    if left <= kept {
        return Err(not_rotated(format!("{left} on-demand rotations are left, and {kept} are kept back")));
    }
    let before = before.ok_or_else(unnamed)?;
    scene.tell(&format!("{key}: {left} of {FOR_LIFE} on-demand rotations are left, and one is used now"));
    let begun = Instant::now();
    rotate(&scene.at, &key).await?;
    let watched = watch(scene, &key, used, &before, begun).await?;
    let error = sealed.open(scene).await?.err();
    Ok(ended(seen, Some(watched), error))
}

/// The ARN of the key: calls about rotation take no alias. `None` when there is no such key.
async fn arn(at: &At, name: &str) -> Result<Option<String>, Gap> {
    // To describe the alias of a key of an AWS service would create that key.
    if name.contains("alias/aws/") {
        return Err(not_rotated("AWS rotates the keys of its services, and nobody else can".to_owned()));
    }
    match client(at).describe_key().key_id(name).send().await {
        Ok(answer) => match answer.key_metadata().and_then(|key| key.arn()) {
            Some(arn) => Ok(Some(arn.to_owned())),
            None => Err(malformed("the answer holds no ARN of a key")),
        },
        Err(error) if refused_with(&error, &["NotFoundException"]) => Ok(None),
        Err(error) => Err(gap_of(error)),
    }
}

/// How many on-demand rotations of the key were completed.
async fn on_demand(at: &At, key: &str) -> Result<i64, Gap> {
    let mut pages = client(at).list_key_rotations().key_id(key).limit(1000).into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        let page = page.or_gap()?;
        let found = page.rotations().iter().filter(|it| it.rotation_type() == Some(&RotationType::OnDemand)).count();
        count += i64::try_from(found).unwrap_or(i64::MAX);
        // Rotations that were not seen would be taken for rotations that are left.
        if page.truncated() && page.next_marker().is_none() {
            let message = "there are more rotations, and the answer does not say where".to_owned();
            return Err(Gap::new(Cause::Truncated).with_message(message));
        }
    }
    Ok(count)
}

/// Starts the rotation. It is never sent again by itself: if only the answer was lost, that would use up another one.
async fn rotate(at: &At, key: &str) -> Result<(), Gap> {
    let request = client(at).rotate_key_on_demand().key_id(key).customize();
    let once = Config::builder().retry_config(RetryConfig::disabled());
    request.config_override(once).send().await.or_gap()?;
    Ok(())
}

/// What became of the rotation.
#[derive(Default)]
struct Watched {
    took: Option<Duration>,
    renewed: bool,
}

/// Looks until the rotation is completed and new data keys are under other key material, or the time is over.
async fn watch(scene: &Scene, key: &str, used: i64, before: &str, begun: Instant) -> Result<Watched, Gap> {
    let mut took = None;
    loop {
        if took.is_none() && on_demand(&scene.at, key).await? > used {
            took = Some(begun.elapsed());
        }
        let request = client(&scene.at).generate_data_key_without_plaintext().key_id(key);
        let context = request.key_spec(DataKeySpec::Aes256).encryption_context(CONTEXT, scene.name());
        let answer = context.send().await.or_gap()?;
        let renewed = answer.key_material_id().ok_or_else(unnamed)? != before;
        if (took.is_some() && renewed) || begun.elapsed() >= within(&scene.arguments) {
            return Ok(Watched { took, renewed });
        }
        tokio::time::sleep(scene.pause).await;
    }
}

/// Sets what was seen; `error` says why it was not decrypted.
fn ended(seen: &mut Resource, rotation: Option<Watched>, error: Option<String>) -> Target {
    let took = rotation.as_ref().and_then(|it| it.took);
    let seconds = took.map(|took| Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX)));
    let late = (rotation.is_some() && took.is_none()).then(|| "the rotation was not completed in time".to_owned());
    seen.set("rotated", rotation.as_ref().map(|_| took.is_some()));
    seen.set("took", seconds);
    seen.set("new_material", rotation.map(|it| it.renewed));
    seen.set("decrypts", error.is_none());
    seen.set("last_error", error.or(late));
    Target::Found
}

/// Where the name of what the probe makes stands in requests, so that CloudTrail shows whose they are.
const CONTEXT: &str = "attestry-probe";

/// Refusals that say what became of the key or of what it encrypted.
const REFUSED: &[&str] = &[
    "DisabledException",
    "IncorrectKeyException",
    "InvalidCiphertextException",
    "InvalidKeyUsageException",
    "KMSInvalidStateException",
];

/// Random bytes under the key. Of the bytes themselves there is a digest only.
struct Sealed {
    key: String,
    ciphertext: Blob,
    digests: Key,
    digest: Option<Digest>,
}

impl Sealed {
    /// Encrypts; or why AWS would not.
    async fn new(scene: &Scene, key: &str) -> Result<Result<Self, String>, Gap> {
        let (digests, plain) = (Key::random()?, random()?);
        let request = client(&scene.at).encrypt().key_id(key).encryption_context(CONTEXT, scene.name());
        match request.plaintext(Blob::new(plain.to_vec())).send().await {
            Ok(answer) => {
                let ciphertext = answer.ciphertext_blob.ok_or_else(|| malformed("the answer holds no ciphertext"))?;
                let digest = digests.digest(plain.to_vec());
                Ok(Ok(Self { key: key.to_owned(), ciphertext, digests, digest }))
            }
            Err(error) if refused_with(&error, REFUSED) => Ok(Err(words(gap_of(error)))),
            Err(error) => Err(gap_of(error)),
        }
    }

    /// Decrypts and compares: the id of the key material that it is under, or what went wrong.
    async fn open(&self, scene: &Scene) -> Result<Result<Option<String>, String>, Gap> {
        let request = client(&scene.at).decrypt().key_id(&self.key).encryption_context(CONTEXT, scene.name());
        match request.ciphertext_blob(self.ciphertext.clone()).send().await {
            Ok(mut answer) => {
                let plain = answer.plaintext.take().ok_or_else(|| malformed("the answer holds no plaintext"))?;
                if self.digests.digest(plain.into_inner()) != self.digest {
                    return Ok(Err("it was decrypted to something else".to_owned()));
                }
                Ok(Ok(answer.key_material_id))
            }
            Err(error) if refused_with(&error, REFUSED) => Ok(Err(words(gap_of(error)))),
            Err(error) => Err(gap_of(error)),
        }
    }
}

fn client(at: &At) -> Client {
    at.client(Client::new)
}

fn words(gap: Gap) -> String {
    format!("{}: {}", gap.code, gap.message)
}

fn not_rotated(message: String) -> Gap {
    Gap::new(Cause::NotAsked).of_call("kms", ROTATE).with_message(message)
}

fn unnamed() -> Gap {
    malformed("the answer does not name the key material")
}

fn malformed(message: &str) -> Gap {
    Gap::new(Cause::Malformed).with_message(message)
}
