//! Runs the collectors in the order of the plan. The driver reads each population once for each account and Region, and
//! then makes the calls that at least one case still needs.
//!
//! This module must not know any single kind, nor what is expected of the facts. A failure never stops the driver. It
//! becomes a gap on exactly the facts that it hides.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;

use super::collector::Reader;
use super::presence::Presence;
use super::{Collector, Listing, twice, unread};
use crate::aws::AccountRegion;
use attestry_core::facts::{
    Call, Cause, Fact, Frequency, Gap, Population, Question, Resource, Scope, Value, reconcile,
};
use attestry_core::plan::{Demand, Plan};

/// The progress events of the collection.
#[derive(Clone, Debug)]
pub enum Event {
    /// The list of a population begins.
    Listing {
        /// The name of the kind.
        kind: &'static str,
        /// The Region, or `aws-global`.
        region: Arc<str>,
    },
    /// The list of a population ended, complete or not.
    Listed {
        /// The name of the kind.
        kind: &'static str,
        /// The Region, or `aws-global`.
        region: Arc<str>,
        /// The number of resources that were found.
        resources: usize,
    },
    /// All calls for one resource were made.
    Read {
        /// The name of the kind.
        kind: &'static str,
    },
}

/// Receives the events. Many tasks call it.
pub type Watch = Arc<dyn Fn(Event) + Send + Sync>;

/// Finds the collector of a kind.
pub type Find<'a> = &'a (dyn Fn(&str) -> Option<Collector> + Sync);

/// Collects everything that the plan demands, in all accounts and Regions. The result is in the order of kind, account
/// and Region.
pub async fn collect(
    plan: &Plan,
    places: &[Arc<AccountRegion>],
    find: Find<'_>,
    now: Timestamp,
    watch: &Watch,
) -> Vec<Population> {
    let mut tasks = JoinSet::new();
    let mut populations = Vec::new();
    let parents: HashSet<&str> = plan.demands.iter().filter_map(|demand| demand.kind.parent).collect();
    for demand in &plan.demands {
        let demand = Arc::new(demand.clone());
        for at in places.iter().filter(|at| at.is_global() == (demand.kind.scope == Scope::Global)) {
            let Some(collector) = find(demand.kind.name) else {
                populations.push(unread(&demand, at));
                continue;
            };
            let reading =
                Reading { demand: Arc::clone(&demand), collector, is_parent: parents.contains(demand.kind.name) };
            tasks.spawn(population(reading, Arc::clone(at), now, Arc::clone(watch)));
        }
    }
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(population) => populations.push(population),
            // A panic in a collector is a defect. It must not look like a short population.
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        }
    }
    populations.sort_by(|a, b| (a.kind.name, &a.account, &a.region).cmp(&(b.kind.name, &b.account, &b.region)));
    reconcile(&mut populations);
    populations
}

/// Returns a population that no collector can read. It has a gap, so that it does not look like an empty population.
fn unread(demand: &Demand, at: &AccountRegion) -> Population {
    let message = format!("this version has no collector of {}", demand.kind.plural);
    let gap = placed(Gap::new(Cause::Unexpected).with_message(message), demand.population_calls().next(), at, "");
    Population {
        kind: demand.kind,
        account: Arc::clone(&at.account),
        region: Arc::clone(&at.region),
        resources: Vec::new(),
        gaps: vec![Arc::new(gap)],
        reaches: Vec::new(),
    }
}

/// The number of resources of one population that are read at the same time. The pace and the limit of open requests of
/// the account decide the speed. This number bounds the memory of the requests that wait.
const RESOURCES_AT_ONCE: usize = 96;

/// One population to read.
struct Reading {
    demand: Arc<Demand>,
    collector: Collector,
    /// Whether another kind is listed for each resource of this population. Then both kinds share the list of the
    /// population.
    is_parent: bool,
}

async fn population(reading: Reading, at: Arc<AccountRegion>, now: Timestamp, watch: Watch) -> Population {
    let Reading { demand, collector, is_parent } = reading;
    let kind = demand.kind;
    watch(Event::Listing { kind: kind.name, region: Arc::clone(&at.region) });
    let (listing, found) = Listing::new(kind, &at);
    let mut listing = listing.wanting(demand.wanted(now));
    let list = Box::pin(async {
        let (listed, unread) =
            crate::aws::sparing(kind, Box::pin(enumerate(collector, is_parent, &at, &mut listing))).await;
        let reaches = listing.take_reaches();
        let (resources, again) = listing.finish();
        watch(Event::Listed { kind: kind.name, region: Arc::clone(&at.region), resources });
        (listed, again, unread, reaches)
    });
    // The list and the reads run at the same time. The first resources are read while the list continues.
    let ((listed, mut again, unread, reaches), mut resources) =
        tokio::join!(list, Box::pin(read_all(found, &demand, &at, collector, now, &watch)));
    let list = demand.population_calls().next();
    for resource in &mut again {
        doubt_nameless(resource, list, &at);
        resource.redact(None);
    }
    twice::merge(&mut resources, again, list);
    let listed = match unread::blind_list(kind, &mut resources, &unread) {
        Ok(()) => listed,
        Err(gap) => Err(*gap),
    };
    let gaps = match listed {
        Ok(()) => Vec::new(),
        Err(gap) => vec![Arc::new(placed(gap, list, &at, ""))],
    };
    Resource::redact_names(&mut resources);
    Population { kind, account: Arc::clone(&at.account), region: Arc::clone(&at.region), resources, gaps, reaches }
}

/// Enumerates a population. Fails when the population is larger than any population of AWS.
async fn enumerate(
    collector: Collector,
    is_parent: bool,
    at: &AccountRegion,
    listing: &mut Listing,
) -> Result<(), Gap> {
    if is_parent {
        resources(collector, at).await?.iter().for_each(|resource| listing.put(resource.clone()));
        return Ok(());
    }
    let overflows = listing.overflows();
    tokio::select! {
        gap = overflows => Err(gap),
        listed = collector.list(at, listing) => listed,
    }
}

/// Returns the population of a kind as its list returns it. All callers share one read.
///
/// # Errors
/// The list is not complete.
pub async fn resources(collector: Collector, at: &AccountRegion) -> Result<Arc<Vec<Resource>>, Gap> {
    at.once(format!("the population of {}", collector.kind().name), async {
        let (mut listing, mut found) = Listing::new(collector.kind(), at);
        let drain = async {
            let mut all = Vec::new();
            while let Some(resource) = found.recv().await {
                all.push(resource);
            }
            all
        };
        let list = async {
            let listed = Box::pin(enumerate(collector, false, at, &mut listing)).await;
            let (_, again) = listing.finish();
            (listed, again)
        };
        let ((listed, again), mut all) = tokio::join!(list, drain);
        all.extend(again);
        listed.map(|()| all)
    })
    .await
}

/// Makes the calls that at least one case needs, for each resource that the list returned.
async fn read_all(
    mut found: UnboundedReceiver<Resource>,
    demand: &Arc<Demand>,
    at: &Arc<AccountRegion>,
    collector: Collector,
    now: Timestamp,
    watch: &Watch,
) -> Vec<Resource> {
    let calls: Arc<Vec<&'static Call>> = Arc::new(demand.resource_calls().collect());
    let (mut resources, mut reading) = (Vec::new(), JoinSet::new());
    while let Some(mut resource) = found.recv().await {
        doubt_nameless(&mut resource, demand.population_calls().next(), at);
        // The redaction comes before any filter. The filters of the verdicts get redacted facts too, and a redacted
        // text decides nothing there.
        resource.redact(None);
        if calls.is_empty() {
            resources.push(resource);
            continue;
        }
        if reading.len() >= RESOURCES_AT_ONCE {
            finished(reading.join_next().await, &mut resources);
        }
        let (demand, at, calls, watch) = (Arc::clone(demand), Arc::clone(at), Arc::clone(&calls), Arc::clone(watch));
        reading.spawn(async move {
            let mut presence = Presence::default();
            for call in calls.iter().filter(|call| demand.kind.call(call.operation).is_some()) {
                let asked = call.frequency == Frequency::Asked;
                let questions = if asked { demand.questions(call, &resource, now) } else { Vec::new() };
                if questions.is_empty() && !demand.wants(call, &resource, now) {
                    continue;
                }
                match blind(call, &resource) {
                    Some(gap) => resource.set_all_of(call.operation, &Fact::Unknown(gap)),
                    None if asked && questions.is_empty() => resource.set_all_of(call.operation, &UNASKED),
                    None => {
                        let told = read(collector, call, &at, &mut resource, &questions).await;
                        presence.answered(call, &mut resource, told);
                    }
                }
                resource.redact(Some(call.operation));
            }
            presence.settle(&mut resource);
            watch(Event::Read { kind: demand.kind.name });
            resource
        });
    }
    while !reading.is_empty() {
        finished(reading.join_next().await, &mut resources);
    }
    resources
}

fn finished(done: Option<Result<Resource, tokio::task::JoinError>>, resources: &mut Vec<Resource>) {
    match done {
        Some(Ok(resource)) => resources.push(resource),
        Some(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
        None => {}
    }
}

/// Returns the gap of an earlier call on which this call depends, if there is one. For example, DescribeKey returns
/// whether a key can rotate at all. Without that answer, the answer about rotation is no fact.
fn blind(call: &Call, resource: &Resource) -> Option<Arc<Gap>> {
    let earlier = resource.kind.attributes.iter().filter(|attribute| call.after.contains(&attribute.call));
    // A failed call leaves a gap on each of its attributes, so it is found by the others.
    earlier.filter(|attribute| !attribute.aside).find_map(|attribute| match resource.get(attribute.name) {
        Some(Fact::Unknown(gap)) => Some(Arc::clone(gap)),
        _ => None,
    })
}

/// Replaces a missing name, id or ARN by a gap. AWS names everything that it lists, so an answer without a name was not
/// understood. Otherwise each case that selects by name would miss the resource.
fn doubt_nameless(resource: &mut Resource, call: Option<&'static Call>, at: &AccountRegion) {
    let blank = |fact: &Fact| matches!(fact, Fact::Known(Value::Text(text)) if text.trim().is_empty());
    // Some services do not return the ARN of every resource.
    for (attribute, always) in [("name", true), ("id", true), ("arn", false)] {
        if let Some(fact) = resource.facts.get_mut(attribute)
            && (blank(fact) || always && *fact == Fact::Absent)
        {
            let gap = Gap::new(Cause::Malformed).with_message(format!("the answer gives it no {attribute}"));
            *fact = Fact::Unknown(Arc::new(placed(gap, call, at, &resource.id)));
        }
    }
}

/// The fact of an oracle's attribute when no claim has a question.
const UNASKED: Fact = Fact::not_applicable("no claim has a question about it");

/// Makes one call for one resource. Data that could not be read becomes a gap on the attributes of that call.
async fn read(
    collector: Collector,
    call: &'static Call,
    at: &AccountRegion,
    resource: &mut Resource,
    questions: &[Question],
) -> Result<(), Arc<Gap>> {
    let pending = match collector.reader(call) {
        Some(Reader::Resource(read)) => read(at, resource),
        Some(Reader::Questions(ask)) => ask(at, resource, questions),
        Some(Reader::Source(source)) => source.read(call, at, resource),
        None => Box::pin(std::future::ready(Err(no_reader(call)))),
    };
    let (told, unread) = crate::aws::sparing(collector.kind(), pending).await;
    let failed = match told {
        Ok(()) => unread::blind(resource, &unread).err().map(|gap| *gap),
        Err(gap) => Some(gap),
    };
    if let Some(gap) = failed {
        let gap = Arc::new(placed(gap, Some(call), at, &resource.id));
        resource.set_all_of(call.operation, &Fact::Unknown(Arc::clone(&gap)));
        return Err(gap);
    }
    // A collector can forget to set an attribute. The attribute must then not look absent, and no case may be met by
    // it.
    let unset: Vec<&'static str> = resource
        .kind
        .attributes
        .iter()
        .filter(|attribute| attribute.call == call.operation && resource.get(attribute.name).is_none())
        .map(|attribute| attribute.name)
        .collect();
    for name in unset {
        let gap = Gap::new(Cause::Malformed).with_message(format!("the answer says nothing of `{name}`"));
        resource.facts.insert(name, Fact::Unknown(Arc::new(placed(gap, Some(call), at, &resource.id))));
    }
    Ok(())
}

/// Returns the gap of a call that the collector of the kind cannot make.
fn no_reader(call: &Call) -> Gap {
    let message = format!("this version has no reader of {}", call.operation);
    Gap::new(Cause::Unexpected).with_message(message)
}

/// Sets the account, the Region and the resource of a gap. It also sets the operation, if the transport did not set it.
fn placed(mut gap: Gap, call: Option<&Call>, at: &AccountRegion, resource: &str) -> Gap {
    if let (true, Some(call)) = (gap.operation.is_empty(), call) {
        gap.service = call.service.to_owned();
        gap.operation = call.operation.to_owned();
    }
    gap.account = at.account.to_string();
    gap.region = at.region.to_string();
    gap.resource = resource.to_owned();
    gap.redacted()
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::facts::{Attribute, Frequency, Kind, Type};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[Attribute::new("name", Type::Text, "ListThings", "Things[].Name", "Name.")],
        calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 100 })],
    };

    /// A list without an end. Each page has thousands of resources.
    static ENDLESS: Collector = Collector::new(&KIND, |_, found| Box::pin(list(found)), &[]);

    async fn list(found: &mut Listing) -> Result<(), Gap> {
        loop {
            for _ in 0..100_000 {
                found.add("id", "name");
            }
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_population_without_end_is_given_up() {
        let logs = Arc::new(attestry_core::facts::LogScope::all(Timestamp::UNIX_EPOCH));
        let at = AccountRegion::new("000000000000", "aws-global", aws_types::SdkConfig::builder().build(), true, logs);
        let (mut listing, _) = Listing::new(&KIND, &at);
        let listed = enumerate(ENDLESS, false, &at, &mut listing).await;
        assert_eq!(listed.map_err(|gap| gap.cause), Err(Cause::Truncated));
        assert!(listing.finish().1.len() < 2 * crate::aws::MOST_ITEMS);
    }

    #[test]
    fn what_has_no_name_is_not_understood() {
        let logs = Arc::new(attestry_core::facts::LogScope::all(Timestamp::UNIX_EPOCH));
        let at = AccountRegion::new("000000000000", "aws-global", aws_types::SdkConfig::builder().build(), true, logs);
        let mut resource = Resource::new(&KIND, at.account.clone(), at.region.clone(), "id", "");
        for name in [None, Some(""), Some(" \t")] {
            resource.set("name", name);
            doubt_nameless(&mut resource, KIND.calls.first(), &at);
            let Some(Fact::Unknown(gap)) = resource.get("name") else { unreachable!("the name is doubted") };
            assert_eq!((gap.cause, gap.operation.as_str()), (Cause::Malformed, "ListThings"));
        }

        resource.set("name", "a");
        doubt_nameless(&mut resource, KIND.calls.first(), &at);
        assert_eq!(resource.text("name"), Some("a"));
    }
}
