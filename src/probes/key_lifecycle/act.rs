//! Disables and enables the key, schedules its deletion and cancels it, and watches what AWS refuses.
//!
//! The probe changes a key only when its owner consents and nothing else holds it. Must not know what is expected.

use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState as State, KeyUsageType, OriginType, Tag};
use tokio::time::Instant;

use super::key_state::{DAYS, KeyState, RUN, state_of};
use super::{SCHEDULE, SPEC};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::support::sealed::{CHANGED, Encrypted, Opened, Sealed};
use crate::probes::support::{gap, key, malformed, seconds};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource};

/// The acting half.
pub(in crate::probes) struct Act;

const WITHIN: u64 = 300;

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
        let key = arguments.text("key").unwrap_or_default();
        let mut effects = vec![
            format!("puts the tag `{RUN}` on {key}, and removes it at the end"),
            format!("disables {key}, so that nothing can use it, until AWS refuses it; then enables it again"),
        ];
        if arguments.is_set("deletion") {
            effects.push(format!(
                "schedules the deletion of {key} in {DAYS} days, cancels it when AWS refuses the key, and enables the key; \
                 the key is lost if nothing cancels the deletion in these days"
            ));
        }
        effects.push(format!("encrypts random bytes under {key} in each state, decrypts them and forgets them"));
        effects
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        let steps = if arguments.is_set("deletion") { 5 } else { 2 };
        within(arguments).saturating_mul(steps).saturating_add(Duration::from_secs(60)).min(LONGEST)
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let name = context.arguments.text("key").unwrap_or_default();
    let Some(described) = key::describe(&context.at, name).await? else { return Ok(Target::Missing) };
    let arn = key::arn(&described)?;
    observed.set("arn", arn);
    check(&context.at, arn, &described).await?;
    let steps = Steps::begin(context, arn).await?;
    take(context, arn).await?;
    let client = context.at.client(Client::new);

    let begun = Instant::now();
    client.disable_key().key_id(arn).send().await.or_gap()?;
    let refused = steps.until(begun, Wanted::Refused("DisabledException", State::Disabled)).await?;
    note(observed, ("disabled", "disable_took"), "DisableKey", refused)?;

    let begun = Instant::now();
    client.enable_key().key_id(arn).send().await.or_gap()?;
    let works = steps.until(begun, Wanted::Works).await?;
    note(observed, ("enabled", "enable_took"), "EnableKey", works)?;

    if !context.arguments.is_set("deletion") {
        for name in ["scheduled", "canceled", "recovered"] {
            observed.set(name, None::<bool>);
        }
        for name in ["schedule_took", "cancel_took", "recover_took", "last_error"] {
            observed.set(name, None::<&str>);
        }
        return Ok(Target::Found);
    }
    let begun = Instant::now();
    let request = client.schedule_key_deletion().key_id(arn).pending_window_in_days(DAYS);
    let answer = request.send().await.or_gap()?;
    if answer.pending_window_in_days().is_some_and(|days| days != DAYS) {
        return Err(malformed("AWS scheduled the deletion with another number of days"));
    }
    let refused = steps.until(begun, Wanted::Refused("KMSInvalidStateException", State::PendingDeletion)).await?;
    note(observed, ("scheduled", "schedule_took"), SCHEDULE, refused)?;

    let begun = Instant::now();
    client.cancel_key_deletion().key_id(arn).send().await.or_gap()?;
    let canceled = steps.until(begun, Wanted::Refused("DisabledException", State::Disabled)).await?;
    note(observed, ("canceled", "cancel_took"), "CancelKeyDeletion", canceled)?;

    let begun = Instant::now();
    client.enable_key().key_id(arn).send().await.or_gap()?;
    let works = steps.until(begun, Wanted::Works).await?;
    note(observed, ("recovered", "recover_took"), "EnableKey after the canceled deletion", works)?;
    observed.set("last_error", None::<&str>);
    Ok(Target::Found)
}

/// Checks that the probe may change the key: it is a plain, enabled key of the customer, its owner consents, no run has it,
/// and no AWS service or account has a grant on it.
async fn check(at: &AccountRegion, arn: &str, key: &KeyMetadata) -> Result<(), Gap> {
    let state = state_of(key)?;
    let plain = key.key_manager() == Some(&KeyManagerType::Customer)
        && key.key_usage() == Some(&KeyUsageType::EncryptDecrypt)
        && key.origin() == Some(&OriginType::AwsKms)
        && key.multi_region() == Some(false);
    if !plain {
        return Err(not_touched("it is not a customer managed, single-Region key of AWS KMS for encryption"));
    }
    let tags = key::tags(at, arn).await?;
    key::check_consent(&tags, SPEC.name).map_err(|why| not_touched(&why))?;
    if let Some(run) = tags.get(RUN) {
        return Err(not_touched(&format!(
            "its tag is that of the run {run}, which acts or left it; `attestry cleanup`"
        )));
    }
    if *state != State::Enabled {
        return Err(not_touched(&format!("it is {state}")));
    }
    let grants = at.client(Client::new).list_grants().key_id(arn).send().await.or_gap()?;
    if !grants.grants().is_empty() || grants.truncated() {
        return Err(not_touched("it has grants, so something else uses it"));
    }
    Ok(())
}

/// Puts the tag of the run on the key, and reads it back. Only then may the probe change the state.
async fn take(context: &ProbeContext, arn: &str) -> Result<(), Gap> {
    let mark = context.name();
    context.record_intent(KeyState { key: arn.to_owned(), tag: mark.clone() })?;
    let tag = Tag::builder().tag_key(RUN).tag_value(&mark).build();
    let tag = tag.map_err(|error| gap(Cause::Unexpected, error.to_string()))?;
    context.at.client(Client::new).tag_resource().key_id(arn).tags(tag).send().await.or_gap()?;
    let begun = Instant::now();
    loop {
        match key::tags(&context.at, arn).await?.get(RUN) {
            Some(tag) if *tag == mark => return Ok(()),
            Some(tag) => return Err(not_touched(&format!("another run took it at the same time: {tag}"))),
            None if begun.elapsed() >= within(&context.arguments) => {
                return Err(not_touched("AWS did not show the tag of the run in time"));
            }
            None => tokio::time::sleep(context.pause).await,
        }
    }
}

/// Sets the two observations of a step. A step after one that failed is not tried, so it stays unknown.
fn note(observed: &mut Resource, names: (&'static str, &'static str), what: &str, seen: Seen) -> Result<(), Gap> {
    let (held, took) = names;
    observed.set(held, seen.took.is_some());
    observed.set(took, seen.took.map(seconds));
    if seen.took.is_some() {
        return Ok(());
    }
    observed.set("last_error", format!("{what} was not completed in time: {}", seen.last));
    Err(not_touched(&format!("a step before was not completed: {what}")))
}

fn not_touched(why: &str) -> Gap {
    gap(Cause::NotAsked, format!("the key was not changed further: {why}"))
}

/// What a step waits for.
enum Wanted {
    /// AWS refuses both uses of the key with this code, and shows this state.
    Refused(&'static str, State),
    /// The key encrypts and decrypts, also the bytes from before the first step.
    Works,
}

/// The end of a step.
struct Seen {
    /// The time until it was completed; `None` when it was not.
    took: Option<Duration>,
    /// What AWS answered last, in words.
    last: String,
}

/// The steps on one key.
struct Steps<'a> {
    context: &'a ProbeContext,
    key: &'a str,
    /// The bytes from before the first step.
    sealed: Sealed,
}

impl<'a> Steps<'a> {
    /// Proves that the key works before the first step. Otherwise a refusal would show nothing.
    async fn begin(context: &'a ProbeContext, key: &'a str) -> Result<Self, Gap> {
        let refused = |why: &str| not_touched(&format!("it does not work before the probe: {why}"));
        let sealed = match Sealed::encrypt(&context.at, &context.name(), key).await? {
            Encrypted::Sealed(sealed) => sealed,
            Encrypted::Refused(why) => return Err(refused(&why.to_string())),
        };
        match sealed.open(&context.at, &context.name()).await? {
            Opened::Same { .. } => Ok(Self { context, key, sealed }),
            Opened::Changed => Err(refused(CHANGED)),
            Opened::Refused(why) => Err(refused(&why.to_string())),
        }
    }

    /// Tries the key until the step is completed, or until the time is over.
    async fn until(&self, begun: Instant, wanted: Wanted) -> Result<Seen, Gap> {
        loop {
            let seen = match &wanted {
                Wanted::Refused(code, state) => self.is_refused(code, state).await?,
                Wanted::Works => self.works().await?,
            };
            match seen {
                Ok(()) => return Ok(Seen { took: Some(begun.elapsed()), last: String::new() }),
                Err(last) if begun.elapsed() >= within(&self.context.arguments) => {
                    return Ok(Seen { took: None, last });
                }
                Err(_) => tokio::time::sleep(self.context.pause).await,
            }
        }
    }

    /// Whether AWS refuses both uses with this code and shows this state; otherwise what it answered.
    async fn is_refused(&self, code: &str, state: &State) -> Result<Result<(), String>, Gap> {
        let (at, name) = (&self.context.at, self.context.name());
        match Sealed::encrypt(at, &name, self.key).await? {
            Encrypted::Refused(why) if why.code == code => {}
            Encrypted::Refused(why) => return Ok(Err(format!("Encrypt was refused with {why}"))),
            Encrypted::Sealed(_) => return Ok(Err("the key still encrypts".to_owned())),
        }
        match self.sealed.open(at, &name).await? {
            Opened::Refused(why) if why.code == code => {}
            Opened::Refused(why) => return Ok(Err(format!("Decrypt was refused with {why}"))),
            Opened::Same { .. } | Opened::Changed => return Ok(Err("the key still decrypts".to_owned())),
        }
        let described = key::describe(at, self.key).await?.ok_or_else(|| malformed("AWS has no such key any more"))?;
        let shown = state_of(&described)?;
        Ok(if shown == state { Ok(()) } else { Err(format!("the key is {shown}")) })
    }

    /// Whether the key encrypts and decrypts, also the bytes from before; otherwise what AWS answered.
    async fn works(&self) -> Result<Result<(), String>, Gap> {
        let (at, name) = (&self.context.at, self.context.name());
        let new = match Sealed::encrypt(at, &name, self.key).await? {
            Encrypted::Sealed(new) => new,
            Encrypted::Refused(why) => return Ok(Err(format!("Encrypt was refused with {why}"))),
        };
        for sealed in [&new, &self.sealed] {
            match sealed.open(at, &name).await? {
                Opened::Same { .. } => {}
                Opened::Changed => return Ok(Err(CHANGED.to_owned())),
                Opened::Refused(why) => return Ok(Err(format!("Decrypt was refused with {why}"))),
            }
        }
        Ok(Ok(()))
    }
}
