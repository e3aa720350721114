//! Reads the secret as the role, and looks for the record of that read in the log group.
//!
//! The value lies in memory only for the search and is wiped. Only the names of the forms leave. Must not know what is
//! expected.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::SPEC;
use crate::probes::support::forms::Forms;
use crate::probes::support::function_log::{Message, messages};
use crate::probes::support::role::{Role, assume};
use crate::probes::support::secret::{describe, read_value_once};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

/// How much the clocks of this machine and of the writer of the records may differ.
const SKEW: Duration = Duration::from_secs(60);

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(600))
}

fn settle(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("settle").unwrap_or(15))
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        let (secret, role, group) = (text("secret"), text("as"), text("log_group"));
        vec![
            format!("reads the value of {secret} as {role}; records of that read stay where the account keeps them"),
            format!("reads the events of {group} from then on, looks for the value in them, and forgets both"),
        ]
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        within(arguments).saturating_add(settle(arguments)).saturating_add(Duration::from_secs(60))
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let text = |name: &str| context.arguments.text(name).unwrap_or_default();
    let (secret, group, name) = (text("secret"), text("log_group"), context.name());
    let role = Role::parse(text("as"))?;
    observed.set("principal", role.arn);
    observed.set("log_group", group);
    let Some(described) = describe(&context.at, secret).await? else { return Ok(Target::Missing) };
    observed.set("arn", described.arn());
    let reader = assume(&context.at, role.arn, &name, &name).await?;
    let now = Timestamp::now();
    let since = now.checked_sub(SKEW).unwrap_or(now);
    // An event from before the read is no record of it. A missing group is found before the secret is read.
    let known = match messages(&context.at, group, since).await {
        Ok(messages) => messages.into_iter().map(|message| message.id).collect(),
        Err(gap) if gap.code == "ResourceNotFoundException" => return Ok(Target::Missing),
        Err(gap) => return Err(gap),
    };
    let read = Read {
        session: role.session(&name),
        name,
        arn: described.arn().unwrap_or_default(),
        since,
        // The search for the record goes on when the value is too short.
        forms: Forms::of(read_value_once(&reader, secret).await?),
    };
    let found = read.watch(context, group, known).await?;
    observed.set("records", found.records);
    observed.set("took", found.took.map(|it| Value::Duration(i64::try_from(it.as_secs()).unwrap_or(i64::MAX))));
    observed.set("missing", found.took.map(|_| Value::texts(found.missing)));
    match read.forms {
        Ok(_) => observed.set("leaked", Value::texts(found.leaked)),
        Err(gap) => return Err(gap),
    }
    Ok(Target::Found)
}

/// The read, and how its records are recognised.
struct Read<'a> {
    name: String,
    session: String,
    arn: &'a str,
    since: Timestamp,
    forms: Result<Forms, Gap>,
}

#[derive(Default)]
struct WatchResult {
    records: i64,
    took: Option<Duration>,
    missing: BTreeSet<&'static str>,
    leaked: BTreeSet<&'static str>,
}

impl Read<'_> {
    /// Looks until the first record is `settle` old, or no record came in time.
    async fn watch(
        &self,
        context: &ProbeContext,
        group: &str,
        mut known: BTreeSet<String>,
    ) -> Result<WatchResult, Gap> {
        let (begun, mut found) = (Instant::now(), WatchResult::default());
        loop {
            for message in messages(&context.at, group, self.since).await? {
                if known.insert(message.id.clone()) {
                    self.take(&message, begun.elapsed(), &mut found);
                }
            }
            let until =
                found.took.map_or(within(&context.arguments), |took| took.saturating_add(settle(&context.arguments)));
            if begun.elapsed() >= until {
                return Ok(found);
            }
            // The quota of this call is small, and other callers share it.
            tokio::time::sleep(context.pause.saturating_mul(4)).await;
        }
    }

    fn take(&self, message: &Message, elapsed: Duration, found: &mut WatchResult) {
        if let Ok(forms) = &self.forms {
            found.leaked.extend(forms.found(&message.text));
        }
        if !message.text.contains(&self.name) {
            return;
        }
        found.records += 1;
        found.took = found.took.or(Some(elapsed));
        found.missing.extend(self.missing(&message.text));
    }

    /// The data that the record lacks. The names of its fields do not matter.
    fn missing(&self, record: &str) -> Vec<&'static str> {
        let mut texts = Vec::new();
        match serde_json::from_str(record) {
            Ok(json) => leaves(&json, &mut texts),
            Err(_) => texts.extend(record.split([' ', '\t', ',', ';', '"', '\'', '=']).map(str::to_owned)),
        }
        let has = |test: &dyn Fn(&str) -> bool| texts.iter().any(|text| test(text));
        [
            ("identity", has(&|it| it.contains(&self.session))),
            ("secret-arn", has(&|it| it == self.arn)),
            ("event-name", has(&|it| it == "GetSecretValue")),
            ("timestamp", has(&|it| self.is_time_of_read(it))),
        ]
        .into_iter()
        .filter_map(|(name, has)| (!has).then_some(name))
        .collect()
    }

    /// Whether the text is an instant near the read, as ISO 8601 or in seconds or milliseconds.
    fn is_time_of_read(&self, text: &str) -> bool {
        let number = text.parse::<i64>().ok();
        let instants = [
            text.parse::<Timestamp>().ok(),
            number.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            number.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok()),
        ];
        let near =
            |instant: Timestamp| instant.duration_since(self.since).as_secs().unsigned_abs() <= 3 * SKEW.as_secs();
        instants.into_iter().flatten().any(near)
    }
}

/// All texts and numbers of a record.
fn leaves(json: &Json, into: &mut Vec<String>) {
    match json {
        Json::String(text) => into.push(text.clone()),
        Json::Number(number) => into.push(number.to_string()),
        Json::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Json::Object(members) => members.values().for_each(|member| leaves(member, into)),
        Json::Null | Json::Bool(_) => {}
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use attestry_core::facts::Cause;

    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:000000000001:secret:probe-AbCdEf";
    const SESSION: &str = "arn:aws:sts::000000000001:assumed-role/reader/attestry-run-aa";

    fn read() -> Read<'static> {
        Read {
            name: "attestry-run-aa".to_owned(),
            session: SESSION.to_owned(),
            arn: ARN,
            since: "2026-11-21T05:00:00Z".parse().unwrap(),
            forms: Err(Gap::new(Cause::Undecided)),
        }
    }

    #[test]
    fn a_record_tells_all_four_under_any_name_and_each_one_is_missed() {
        let whole = format!(
            r#"{{"who":{{"id":"{SESSION}"}},"secret":"{ARN}","call":"GetSecretValue","when":"2026-11-21T05:00:30Z"}}"#
        );
        assert!(read().missing(&whole).is_empty());
        assert!(read().missing(&format!("{SESSION} {ARN} GetSecretValue 1795237230")).is_empty());
        assert!(read().missing(&format!("{SESSION} {ARN} GetSecretValue 1795237230000")).is_empty());
        for (part, name) in [
            (SESSION, "identity"),
            (ARN, "secret-arn"),
            ("GetSecretValue", "event-name"),
            ("2026-11-21T05:00:30Z", "timestamp"),
        ] {
            assert_eq!(read().missing(&whole.replace(part, "")), [name]);
        }
        let old = whole.replace("05:00:30", "04:00:30");
        assert_eq!(read().missing(&old), ["timestamp"], "the time of another read");
    }

    #[test]
    fn records_are_those_of_this_read_and_a_leak_counts_in_every_event() {
        let forms = Forms::of(Zeroizing::new(b"not-a-real-value".to_vec()));
        let read = Read { forms, ..read() };
        let message = |text: &str| Message::new("1", text);
        let mut found = WatchResult::default();
        read.take(&message("another read: not-a-real-value"), Duration::from_secs(1), &mut found);
        assert_eq!((found.records, found.took, &found.leaked), (0, None, &BTreeSet::from(["raw"])));
        for seconds in [2, 3] {
            read.take(&message(SESSION), Duration::from_secs(seconds), &mut found);
        }
        assert_eq!((found.records, found.took), (2, Some(Duration::from_secs(2))));
        assert_eq!(found.missing, BTreeSet::from(["event-name", "secret-arn", "timestamp"]));
    }
}
