//! `logs.archive`: collector.
//!
//! This module must not know what is expected of an archive. Objects go through the decoder piece by piece and are not
//! stored.

use crate::aws::gap_of;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::objects::{Objects, Wanted, objects};
use super::pipe::{Pipe, pipe, pour};
use super::{KIND, LIST, OBJECT};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::logs_sweep::{
    GET_EARLIER, GET_PARAMETERS, GET_SECRETS, LIST_PARAMETERS, LIST_SECRETS, SearchTargets, get_earlier,
    get_parameters, get_secrets, list_parameters, list_secrets, looking, records, told, withheld,
};
use crate::kinds::support::convert::{malformed, unknown};
use attestry_core::facts::redact::REDACTED;
use attestry_core::facts::{Archive, Cause, Fact, Gap, Reach, Resource, Value};
use attestry_logs::{Coverage, Findings, Place, Sweeper};

/// Sweeps archives.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&OBJECT, |at, resource| Box::pin(sweep(at, resource))),
    Read::of(&LIST_SECRETS, |at, resource| Box::pin(list_secrets(at, resource))),
    Read::of(&LIST_PARAMETERS, |at, resource| Box::pin(list_parameters(at, resource))),
    Read::of(&GET_SECRETS, |at, resource| Box::pin(get_secrets(at, resource))),
    Read::of(&GET_PARAMETERS, |at, resource| Box::pin(get_parameters(at, resource))),
    Read::of(&GET_EARLIER, |at, resource| Box::pin(get_earlier(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut ended = Ok(());
    for archive in &at.logs.archives {
        let objects = objects(at, archive).await?;
        let name = archive.to_string();
        let resource = found.add(&name, &name);
        resource.set("id", name.as_str());
        resource.set("name", name.as_str());
        resource.set("bucket", archive.bucket.as_str());
        resource.set("objects", count(objects.all));
        resource.set("objects_wanted", count(objects.wanted.items.len()));
        let bytes: u64 = objects.wanted.items.iter().map(|it| it.bytes).sum();
        resource.set("bytes_wanted", integer(bytes));
        ended = ended.and(objects.wanted.whole());
    }
    found.reached(Reach { of: None, span: at.logs.span() });
    ended
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The results of reading an archive.
#[derive(Default)]
struct Swept {
    findings: Findings,
    coverage: Coverage,
    /// The number of objects that AWS did not return, and the first reason.
    missed: u64,
    gap: Option<Gap>,
}

impl Swept {
    fn add(&mut self, other: Self) {
        self.findings.merge(other.findings);
        self.coverage.merge(other.coverage);
        self.missed += other.missed;
        self.gap = match (self.gap.take(), other.gap) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

async fn sweep(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let (eyes, values_gap) = looking(at, resource).await?;
    let archive = Archive::read(&resource.name).ok_or_else(|| malformed("no archive has this name"))?;
    let objects = objects(at, &archive).await?;
    let mut swept = read_all(at, &archive, &eyes, &objects).await?;

    let not_examined = swept.coverage.not_examined.iter().map(|it| {
        let from = Value::Integer(integer(it.from));
        let (object, why) = (Value::from(&it.source), Value::from(&it.why));
        Value::record([("object", Some(object)), ("from", Some(from)), ("why", Some(why))])
    });
    let read: [(&'static str, Fact); 6] = [
        ("from", at.logs.from().into()),
        ("objects_read", integer(swept.coverage.sources).into()),
        ("bytes_read", integer(swept.coverage.bytes_read).into()),
        ("bytes_examined", integer(swept.coverage.bytes_examined).into()),
        ("events_read", integer(swept.coverage.events).into()),
        ("not_examined", Value::List(not_examined.collect()).into()),
    ];
    let failed = swept.gap.take().map(|gap| {
        let operation = if gap.operation.is_empty() { OBJECT.operation.to_owned() } else { gap.operation.clone() };
        let message = match swept.missed {
            0 | 1 => gap.message.clone(),
            missed => format!("{}, and {} objects more", gap.message, missed - 1),
        };
        unknown(resource, "s3", &operation, gap.with_message(message))
    });
    for (name, fact) in read {
        resource.set(name, failed.clone().unwrap_or(fact));
    }
    let (values, patterns) = records(std::mem::take(&mut swept.findings));
    let hidden = hidden(&swept.coverage, &objects);
    let hidden = hidden
        .map(|message| unknown(resource, "s3", OBJECT.operation, Gap::new(Cause::Undecided).with_message(message)));
    let cut = objects.wanted.whole().err().map(|gap| unknown(resource, "s3", LIST.operation, gap));
    let unseen = cut.or(failed).or(hidden);
    resource.set("value_findings", told(&values, unseen.clone().or(values_gap)));
    resource.set("pattern_findings", told(&patterns, unseen));
    Ok(())
}

/// Returns the reason why the archive can contain more findings, although all objects were read completely.
fn hidden(coverage: &Coverage, objects: &Objects) -> Option<String> {
    if objects.wanted.items.is_empty() {
        return Some("the archive holds no object of the window".to_owned());
    }
    let first = coverage.not_examined.first()?;
    let others = coverage.not_examined.len() - 1;
    let others = if others > 0 { format!(", and {others} more") } else { String::new() };
    Some(format!("{} is not examined from byte {} on: {}{others}", first.source, first.from, first.why))
}

/// Reads every wanted object. The number of concurrent reads is the number of processors.
async fn read_all(
    at: &AccountRegion,
    archive: &Archive,
    eyes: &Arc<SearchTargets>,
    objects: &Objects,
) -> Result<Swept, Gap> {
    let processors = std::thread::available_parallelism().map_or(1, Into::into);
    let turns = at.once("logs.archive turns", async { Ok(Semaphore::new(processors)) }).await?;
    let (mut swept, mut reading) = (Swept::default(), JoinSet::new());
    for object in &objects.wanted.items {
        // The loop spawns a task only when a processor is free, because an archive can have very many objects.
        while reading.len() >= processors {
            swept.add(whole(reading.join_next().await));
        }
        let (client, eyes, turns) = (objects.client.clone(), Arc::clone(eyes), Arc::clone(&turns));
        let (bucket, object) = (archive.bucket.clone(), object.clone());
        reading.spawn(async move {
            let _turn = turns.acquire_owned().await;
            let missed = |gap: Gap| {
                let message = format!("{}: {}", object.key, gap.message);
                let gap = gap.with_message(message);
                Swept { missed: 1, gap: Some(gap), ..Swept::default() }
            };
            let answer = match client.get_object().bucket(&bucket).key(&object.key).send().await {
                Ok(answer) => answer,
                Err(error) => return missed(gap_of(error)),
            };
            let (sender, reader) = pipe();
            let source = format!("s3://{bucket}/{}", object.key);
            let bytes = object.bytes;
            let sweeping = tokio::task::spawn_blocking(move || read(&eyes, reader, bytes, &source));
            let broken = pour(answer.body, sender).await;
            let (mut swept, read) =
                sweeping.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
            if let Some(gap) = short(&object, read, broken) {
                let Swept { missed, gap, .. } = missed(gap);
                (swept.missed, swept.gap) = (missed, gap);
            }
            swept
        });
    }
    while !reading.is_empty() {
        swept.add(whole(reading.join_next().await));
    }
    Ok(swept)
}

fn whole(done: Option<Result<Swept, tokio::task::JoinError>>) -> Swept {
    let swept = done.transpose().unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
    swept.unwrap_or_default()
}

/// Sweeps one object. Returns the results, and the number of bytes that arrived.
fn read(eyes: &SearchTargets, mut input: Pipe<Vec<u8>>, bytes: u64, source: &str) -> (Swept, u64) {
    let place = Place { source: source.to_owned(), stream: stream(source), event: None, time: None, start: 0, end: 0 };
    let mut sweeper = Sweeper::new(&eyes.engine, &eyes.key);
    sweeper.read(&mut input, bytes, &place, &mut |_| {});
    // The data after a broken member are not needed. They are read only to count them.
    let _ = std::io::copy(&mut input, &mut std::io::sink());
    let Sweeper { findings, coverage, .. } = sweeper;
    (Swept { findings, coverage, ..Swept::default() }, input.read)
}

/// Returns the reason if the data that arrived are broken, or differ in size from the object in the list.
fn short(object: &Wanted, read: u64, broken: Option<Gap>) -> Option<Gap> {
    if broken.is_some() {
        return broken;
    }
    if read == object.bytes {
        return None;
    }
    if read == REDACTED.len() as u64 {
        return Some(withheld("the recording holds no objects"));
    }
    Some(malformed(format!("{read} bytes came where {} were listed", object.bytes)))
}

/// Returns the stream of an object. A CloudWatch export has a folder for each stream: `…/<stream>/000000.gz`.
fn stream(source: &str) -> Option<String> {
    let mut parts = source.rsplit('/');
    let (file, folder) = (parts.next()?, parts.next()?);
    let number = file.split('.').next()?;
    (number.len() == 6 && number.bytes().all(|byte| byte.is_ascii_digit())).then(|| folder.to_owned())
}
