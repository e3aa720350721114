//! Moves AWSCURRENT to a new version and back, and an alias to a second key and back.
//!
//! Values are only compared, as keyed digests. Must not know what is expected.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client as Keys;
use aws_sdk_secretsmanager::Client as Secrets;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::alias::Alias;
use super::version::{self, CURRENT, Labels, PENDING, PREVIOUS, Version, consents};
use super::{SPEC, has_keys};
use crate::aws::{AccountRegion, OrGap, gap_of, refused_with};
use crate::probes::support::digest::{Digest, Key, random};
use crate::probes::support::key::CONSENT;
use crate::probes::support::sealed::{Encrypted, Opened, Sealed};
use crate::probes::support::secret::{describe, read_value};
use crate::probes::support::{gap, key, malformed, seconds};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Fact, Gap, ProbeSpec, Resource};

/// The acting half.
pub(in crate::probes) struct Act;

const WITHIN: u64 = 120;

/// The longest time of the probe. The proof of ownership expects a shorter one.
const LONGEST: Duration = Duration::from_secs(50 * 60);

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        let secret = text("secret");
        let mut effects = vec![
            format!(
                "adds a version with a random value to the secret {secret}, makes it current, and makes the version before \
                 current again: in between, readers get the random value"
            ),
            format!("reads the values of {secret}, compares them as keyed digests and forgets them"),
            format!("moves the labels of {secret} back to where they were; the version stays, without a label"),
        ];
        if has_keys(arguments) {
            effects.push(format!(
                "creates an alias of {}, points it at {} and back, encrypts random bytes under it, and deletes it",
                text("first_key"),
                text("second_key")
            ));
        }
        effects
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        let steps = if has_keys(arguments) { 5 } else { 2 };
        within(arguments).saturating_mul(steps).saturating_add(Duration::from_secs(60)).min(LONGEST)
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let name = context.arguments.text("secret").unwrap_or_default();
    let Some(secret) = describe(&context.at, name).await? else { return Ok(Target::Missing) };
    observed.set("arn", secret.arn());
    let mut errors = Vec::new();
    let of_secret = go_back(context, observed, &secret, &mut errors).await;
    if let Err(gap) = of_secret {
        // Without a ledger, nothing more may be created. Otherwise the alias is another half, which is tried too.
        if gap.cause == Cause::Interrupted {
            return Err(gap);
        }
        let gap = Arc::new(gap);
        for name in ["moved", "back", "took"] {
            observed.facts.entry(name).or_insert_with(|| Fact::Unknown(Arc::clone(&gap)));
        }
    }
    let of_alias = if has_keys(&context.arguments) {
        point_back(context, observed, &mut errors).await
    } else {
        for name in ["alias_moved", "alias_back", "decrypts"] {
            observed.set(name, None::<bool>);
        }
        observed.set("alias_took", None::<&str>);
        Ok(())
    };
    observed.set("last_error", Some(errors.join("; ")).filter(|all| !all.is_empty()));
    of_alias.map(|()| Target::Found)
}

/// Moves AWSCURRENT to a new version, and back to the version before.
async fn go_back(
    context: &ProbeContext,
    observed: &mut Resource,
    secret: &DescribeSecretOutput,
    errors: &mut Vec<String>,
) -> Result<(), Gap> {
    let name = context.arguments.text("secret").unwrap_or_default();
    let old = check(secret)?;
    let key = Key::random()?;
    let first = read(&context.at, name, &key).await?;
    let own = version::id(&context.name()).ok_or_else(|| gap(Cause::Unexpected, "the run has no mark"))?;
    context.record_intent(Version { secret: name.to_owned(), version: own.clone() })?;
    let client = context.at.client(Secrets::new);
    // Without a label, AWS could delete the version that has AWSPREVIOUS now.
    if let Some(previous) = Labels::of(secret).holder(PREVIOUS) {
        let keep = client.update_secret_version_stage().secret_id(name).version_stage(&own);
        keep.move_to_version_id(previous).send().await.or_gap()?;
    }
    let value: Zeroizing<String> = Zeroizing::new(random()?.iter().map(|byte| format!("{byte:02x}")).collect());
    let new = key.digest(value.as_bytes());
    let put = client.put_secret_value().secret_id(name).client_request_token(&own).version_stages(PENDING);
    put.secret_string(value.as_str()).send().await.or_gap()?;
    let move_current = |from: &str, to: &str| {
        let update = client.update_secret_version_stage().secret_id(name).version_stage(CURRENT);
        update.remove_from_version_id(from).move_to_version_id(to).send()
    };

    let begun = Instant::now();
    move_current(&old, &own).await.or_gap()?;
    let moved = is_current(context, (&own, &new, &key), begun).await?;
    observed.set("moved", moved.is_some());
    if moved.is_none() {
        return Err(not_tried(errors, "the new version did not become current"));
    }
    let begun = Instant::now();
    move_current(&own, &old).await.or_gap()?;
    let back = is_current(context, (&old, &first, &key), begun).await?;
    observed.set("back", back.is_some());
    observed.set("took", back.map(seconds));
    if back.is_none() {
        errors.push("the version before did not become current again".to_owned());
    }
    Ok(())
}

/// The version that is current, if the probe may move the labels of the secret.
fn check(secret: &DescribeSecretOutput) -> Result<String, Gap> {
    let untouched = |why: &str| gap(Cause::NotAsked, format!("the secret was not changed: {why}"));
    if !consents(secret) {
        return Err(untouched(&format!("its tag `{CONSENT}` does not name the probe `{}`", SPEC.name)));
    }
    if secret.deleted_date().is_some() {
        return Err(untouched("it is scheduled for deletion"));
    }
    let labels = Labels::of(secret);
    let current = labels.holder(CURRENT).ok_or_else(|| untouched("it has no current version"))?;
    match labels.holder(PENDING) {
        Some(pending) if pending != current => Err(untouched("a rotation is pending")),
        _ => Ok(current.to_owned()),
    }
}

/// The digest of the current value. The value itself is wiped.
async fn read(at: &AccountRegion, secret: &str, key: &Key) -> Result<Option<Digest>, Gap> {
    let mut value = read_value(at, secret, Some(CURRENT)).await?;
    if value.is_empty() {
        return Err(malformed("the current version has no value"));
    }
    Ok(key.digest(std::mem::take(&mut *value)))
}

/// Reads until the version is current and its value is read; the time until then, or `None` when it took too long.
async fn is_current(
    context: &ProbeContext,
    (version, digest, key): (&str, &Option<Digest>, &Key),
    begun: Instant,
) -> Result<Option<Duration>, Gap> {
    let name = context.arguments.text("secret").unwrap_or_default();
    loop {
        let read = read(&context.at, name, key).await?;
        let secret = describe(&context.at, name).await?.ok_or_else(|| malformed("the secret was deleted meanwhile"))?;
        if read.is_some() && read == *digest && Labels::of(&secret).holder(CURRENT) == Some(version) {
            return Ok(Some(begun.elapsed()));
        }
        if begun.elapsed() >= within(&context.arguments) {
            return Ok(None);
        }
        tokio::time::sleep(context.pause).await;
    }
}

/// Points an alias at the second key, and back at the first one.
async fn point_back(context: &ProbeContext, observed: &mut Resource, errors: &mut Vec<String>) -> Result<(), Gap> {
    let (first, second) = (find_key(context, "first_key").await?, find_key(context, "second_key").await?);
    if first == second {
        return Err(gap(Cause::NotAsked, "both arguments name the same key, so the alias was not tried"));
    }
    let mark = context.name();
    let alias = Alias::of(&mark);
    let name = alias.name.clone();
    context.record_intent(alias)?;
    let client = context.at.client(Keys::new);
    client.create_alias().alias_name(&name).target_key_id(&first).send().await.or_gap()?;
    let before = uses(context, &name, &first, Instant::now()).await?;
    let before = before.map_err(|why| not_tried(errors, &format!("the new alias could not be used: {why}")))?.1;

    let meanwhile = point(context, &name, &second).await?;
    observed.set("alias_moved", meanwhile.is_ok());
    let meanwhile = meanwhile.map_err(|why| not_tried(errors, &format!("the second key was not used: {why}")))?.1;

    let after = point(context, &name, &first).await?;
    observed.set("alias_back", after.is_ok());
    observed.set("alias_took", after.as_ref().ok().map(|(took, _)| seconds(*took)));
    if let Err(why) = &after {
        errors.push(format!("the first key was not used again: {why}"));
    }
    let mut decrypts = true;
    for sealed in [before, meanwhile] {
        match sealed.open(&context.at, &mark).await? {
            Opened::Same { .. } => {}
            Opened::Changed | Opened::Refused(_) => decrypts = false,
        }
    }
    observed.set("decrypts", decrypts);
    if !decrypts {
        errors.push("bytes from before, or from meanwhile, were not decrypted".to_owned());
    }
    Ok(())
}

/// The ARN of the key that an argument names, if its owner consents.
async fn find_key(context: &ProbeContext, argument: &str) -> Result<String, Gap> {
    let untouched = |why: &str| gap(Cause::NotAsked, format!("the alias was not tried: `{argument}`: {why}"));
    let Some(name) = context.arguments.text(argument) else { return Err(untouched("the case does not name it")) };
    let described = key::describe(&context.at, name).await?.ok_or_else(|| untouched("there is no such key"))?;
    let arn = key::arn(&described)?;
    let tags = key::tags(&context.at, arn).await?;
    key::check_consent(&tags, SPEC.name).map_err(|why| untouched(&why))?;
    Ok(arn.to_owned())
}

/// The time until an alias used a key, with bytes that were encrypted under it; or what AWS answered last.
type Used = Result<(Duration, Sealed), String>;

/// Points the alias at the key, and waits until encryptions use it.
async fn point(context: &ProbeContext, alias: &str, key: &str) -> Result<Used, Gap> {
    let begun = Instant::now();
    let update = context.at.client(Keys::new).update_alias().alias_name(alias).target_key_id(key);
    match update.send().await {
        Ok(_) => uses(context, alias, key, begun).await,
        // A key that is pending deletion takes no alias.
        Err(error) if refused_with(&error, &["KMSInvalidStateException"]) => {
            let gap = gap_of(error);
            Ok(Err(format!("UpdateAlias was refused with {}: {}", gap.code, gap.message)))
        }
        Err(error) => Err(gap_of(error)),
    }
}

/// Encrypts under the alias until AWS uses the key.
async fn uses(context: &ProbeContext, alias: &str, key: &str, begun: Instant) -> Result<Used, Gap> {
    loop {
        let last = match Sealed::encrypt(&context.at, &context.name(), alias).await {
            Ok(Encrypted::Sealed(sealed)) if sealed.key == key => return Ok(Ok((begun.elapsed(), sealed))),
            Ok(Encrypted::Sealed(sealed)) => format!("Encrypt used {}", sealed.key),
            Ok(Encrypted::Refused(why)) => format!("Encrypt was refused with {why}"),
            // AWS does not show a new alias at once.
            Err(gap) if gap.code == "NotFoundException" => "Encrypt found no alias".to_owned(),
            Err(gap) => return Err(gap),
        };
        if begun.elapsed() >= within(&context.arguments) {
            return Ok(Err(last));
        }
        tokio::time::sleep(context.pause).await;
    }
}

/// The gap of the steps after one that was not completed.
fn not_tried(errors: &mut Vec<String>, why: &str) -> Gap {
    errors.push(why.to_owned());
    gap(Cause::NotAsked, format!("a step before was not completed: {why}"))
}
