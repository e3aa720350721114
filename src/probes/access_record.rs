//! `access-record`: reads a probe secret as a role, and looks for the record of that read in a log group.
//!
//! The value is held only to be looked for, and wiped; the names of the forms that were found are all that leaves. Must
//! not know what is expected.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::forms::Forms;
use super::function_log::{Message, messages};
use super::proof::describe;
use super::role::{Role, assume};
use super::{Acting, Probe, Scene, Target, value};
use attestry_core::facts::{
    Argument, Arguments, Attribute, Call, Frequency, Gap, Kind, ProbeSpec, Resource, Scope, Type, Value,
};

/// The probe.
pub(super) struct AccessRecord;

const FOUND: &str = "FilterLogEvents";

const fn observed(name: &'static str, of: Type, call: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, call, "with", doc)
}

const fn recorded(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, FOUND, "events[].message", doc)
}

static KIND: Kind = Kind {
    name: "probe.access-record",
    plural: "reads",
    scope: Scope::Regional,
    doc: "A read of a probe secret, and the records of it in a log group.",
    attributes: &[
        observed("case", Type::Text, "DescribeSecret", "The case that read it."),
        observed("name", Type::Text, "DescribeSecret", "The secret, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        observed("principal", Type::Text, "AssumeRole", "ARN of the role that read it."),
        observed("log_group", Type::Text, FOUND, "The log group."),
        recorded("records", Type::Integer, "Records of this very read that arrived in time."),
        recorded(
            "took",
            Type::Duration,
            "Whole seconds from the read until its first record was seen; absent when there was none.",
        ),
        recorded(
            "missing",
            Type::List(&Type::Text),
            "What a record does not tell truly: `identity`, `secret-arn`, `event-name`, `timestamp`; empty when all do, \
             absent when there is no record.",
        ),
        recorded(
            "leaked",
            Type::List(&Type::Text),
            "Forms in which the value stands in any event of the group since the read: `raw`, `json`, `url`, `base64`, \
             `hex`; empty when it stands in none. A value that is too short to be told from chance leaves this unknown.",
        ),
        observed("cleaned", Type::Bool, "DescribeSecret", "Always true: nothing is made."),
    ],
    calls: &[
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("sts", "AssumeRole", "sts:AssumeRole", Frequency::Resource),
        Call::new("logs", FOUND, "logs:FilterLogEvents", Frequency::Resource),
    ],
};

static SPEC: ProbeSpec = ProbeSpec {
    name: "access-record",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Name or ARN of a secret that exists to be read by probes."),
        Argument::required("log_group", Type::Text, "Name of the log group that holds the records."),
        Argument::required("as", Type::Text, "ARN of the role that reads."),
        Argument::optional("within", Type::Duration, "How long a record may take; 10m without it."),
        Argument::optional(
            "settle",
            Type::Duration,
            "How long to look for a second record after the first; 15s without it.",
        ),
    ],
    calls: |_| KIND.calls.iter().collect(),
};

/// How much the clocks of a writer of records and of this machine may differ.
const SKEW: Duration = Duration::from_secs(60);

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(600))
}

fn settle(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("settle").unwrap_or(15))
}

impl Probe for AccessRecord {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let text = |name: &str| arguments.text(name).unwrap_or_default();
        let (secret, role, group) = (text("secret"), text("as"), text("log_group"));
        vec![
            format!("reads the value of {secret} as {role}; records of that read stay where the account keeps them"),
            format!("reads what is written into {group} from then on, looks for the value in it, and forgets both"),
        ]
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        within(arguments).saturating_add(settle(arguments)).saturating_add(Duration::from_secs(60))
    }

    fn act<'a>(&'a self, scene: &'a Scene, seen: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(scene, seen))
    }
}

async fn act(scene: &Scene, seen: &mut Resource) -> Result<Target, Gap> {
    let text = |name: &str| scene.arguments.text(name).unwrap_or_default();
    let (secret, group, name) = (text("secret"), text("log_group"), scene.name());
    let role = Role::of(text("as"))?;
    seen.set("principal", role.arn);
    seen.set("log_group", group);
    let Some(described) = describe(&scene.at, secret).await? else { return Ok(Target::Missing) };
    seen.set("arn", described.arn());
    let reader = assume(&scene.at, role.arn, &name, &name).await?;
    let now = Timestamp::now();
    let since = now.checked_sub(SKEW).unwrap_or(now);
    // What stands there before the read is not of it; and a group that does not exist is found out before anything is read.
    let known = match messages(&scene.at, group, since).await {
        Ok(messages) => messages.into_iter().map(|message| message.id).collect(),
        Err(gap) if gap.code == "ResourceNotFoundException" => return Ok(Target::Missing),
        Err(gap) => return Err(gap),
    };
    let read = Read {
        session: role.session(&name),
        name,
        arn: described.arn().unwrap_or_default(),
        since,
        // Too short a value is no reason not to look for the record.
        forms: Forms::of(value::read_once(&reader, secret).await?),
    };
    let found = read.watch(scene, group, known).await?;
    seen.set("records", found.records);
    seen.set("took", found.took.map(|it| Value::Duration(i64::try_from(it.as_secs()).unwrap_or(i64::MAX))));
    seen.set("missing", found.took.map(|_| Value::texts(found.missing)));
    match read.forms {
        Ok(_) => seen.set("leaked", Value::texts(found.leaked)),
        Err(gap) => return Err(gap),
    }
    Ok(Target::Found)
}

/// The read whose records are looked for.
struct Read<'a> {
    name: String,
    session: String,
    arn: &'a str,
    since: Timestamp,
    forms: Result<Forms, Gap>,
}

#[derive(Default)]
struct Found {
    records: i64,
    took: Option<Duration>,
    missing: BTreeSet<&'static str>,
    leaked: BTreeSet<&'static str>,
}

impl Read<'_> {
    /// Looks until a record was there for some time, or none came in time.
    async fn watch(&self, scene: &Scene, group: &str, mut known: BTreeSet<String>) -> Result<Found, Gap> {
        let (begun, mut found) = (Instant::now(), Found::default());
        loop {
            for message in messages(&scene.at, group, self.since).await? {
                if known.insert(message.id.clone()) {
                    self.take(&message, begun.elapsed(), &mut found);
                }
            }
            let until =
                found.took.map_or(within(&scene.arguments), |took| took.saturating_add(settle(&scene.arguments)));
            if begun.elapsed() >= until {
                return Ok(found);
            }
            // The quota of this read is small, and others have to share it.
            tokio::time::sleep(scene.pause.saturating_mul(4)).await;
        }
    }

    fn take(&self, message: &Message, elapsed: Duration, found: &mut Found) {
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

    /// What the record does not tell, under whatever names it does.
    fn missing(&self, record: &str) -> Vec<&'static str> {
        let mut told = Vec::new();
        match serde_json::from_str(record) {
            Ok(json) => leaves(&json, &mut told),
            Err(_) => told.extend(record.split([' ', '\t', ',', ';', '"', '\'', '=']).map(str::to_owned)),
        }
        let has = |test: &dyn Fn(&str) -> bool| told.iter().any(|text| test(text));
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
        let mut found = Found::default();
        read.take(&message("another read: not-a-real-value"), Duration::from_secs(1), &mut found);
        assert_eq!((found.records, found.took, &found.leaked), (0, None, &BTreeSet::from(["raw"])));
        for seconds in [2, 3] {
            read.take(&message(SESSION), Duration::from_secs(seconds), &mut found);
        }
        assert_eq!((found.records, found.took), (2, Some(Duration::from_secs(2))));
        assert_eq!(found.missing, BTreeSet::from(["event-name", "secret-arn", "timestamp"]));
    }
}
