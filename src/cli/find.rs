//! `attestry evidence list` and `find`: which evidence there is, and which answers an auditor's sample.
//!
//! Must not know how evidence is verified or kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::keep::{Reach, address, not_kept};
use super::probes::{find_kind, words};
use super::signing::trusted;
use super::verify::{plain, signature};
use super::{Ended, output};
use crate::aws::bucket::{Address, Bucket, Listed};
use attestry_core::evidence::{
    self, Counts, Covered, Damage, Format, Index, Limits, Placed, PublicKey, Series, Summary, Verified, Wanted,
};
use attestry_core::source::plain_json;
use attestry_core::verify::Exit;

/// Arguments of `evidence list`.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    shelf: ShelfArgs,
}

/// Arguments of `evidence find`.
#[derive(Debug, clap::Args)]
pub(super) struct Find {
    #[command(flatten)]
    shelf: ShelfArgs,

    /// The control: `SC-12`, or `nist-800-53-r5:SC-12` where several frameworks have it.
    #[arg(long, value_name = "CONTROL")]
    control: String,

    /// The day, UTC: `2026-03-31`.
    #[arg(long, value_name = "DAY")]
    on: Date,

    /// A public key that you trust, as PEM file: evidence must be signed by one of them.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct ShelfArgs {
    /// A directory with bundles and output directories of runs, or `s3://BUCKET/PREFIX` as `evidence push` filled it.
    #[arg(default_value = ".", value_name = "DIR|S3")]
    from: String,

    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reach: Reach,
}

/// Where evidence lies.
enum Shelf {
    Directory,
    Bucket(Bucket),
}

/// One piece of evidence, not yet verified.
#[derive(Debug)]
struct Lying {
    /// Path or URL.
    name: String,
    /// When the run started, as it says.
    started: Timestamp,
    at: Lies,
}

#[derive(Debug)]
enum Lies {
    /// A directory or bundle.
    Path(PathBuf),
    /// A bundle with an index entry.
    Objects { bundle: Listed, index: Listed },
}

/// All evidence of a shelf, each series in the order of its runs, and how much of it could not be read.
type Found = (BTreeMap<Series, Vec<Lying>>, usize);

/// Entries of directories, or objects, that are looked at.
const MOST: usize = 200_000;
/// Folders in folders.
const DEPTH: usize = 24;
/// Bytes of an index entry.
const MOST_INDEX: u64 = 16 << 20;

pub(super) async fn list(args: &List) -> Result<(), Ended> {
    let (shelf, (found, mut damaged)) = open(&args.shelf).await?;
    let mut all = Vec::new();
    for lying in found.into_values().flatten() {
        let read = match &lying.at {
            Lies::Path(path) => verified(path).and_then(|it| it.summary().map_err(|damage| vec![damage])),
            Lies::Objects { index, .. } => indexed(&shelf, index).await?.map(|it| it.summary),
        };
        match read {
            Ok(summary) => all.push((lying.name, summary)),
            Err(damage) => damaged += tell(&lying.name, &damage),
        }
    }
    if args.shelf.json {
        let all: Vec<_> = all.iter().map(|(name, summary)| Row { evidence: name, summary }).collect();
        print_json(&all)?;
    } else {
        output::print(&all.iter().map(|(name, summary)| row(name, summary)).collect::<String>());
    }
    ended(damaged, all.is_empty().then(|| format!("there is no evidence in {}", args.shelf.from)))
}

pub(super) async fn find(args: &Find) -> Result<(), Ended> {
    let keys = trusted(&args.key)?;
    let wanted = Wanted::read(&args.control);
    let no_day = || Ended::new(Exit::Usage, format!("--on {}: there is no day after it", args.on));
    let end = evidence::end_of(args.on).ok_or_else(no_day)?;
    let (shelf, (found, damaged)) = open(&args.shelf).await?;
    let mut search = Search { shelf, wanted, keys, damaged, controls: BTreeSet::new() };
    let mut answers = Vec::new();
    for (series, lying) in found {
        let (before, after): (Vec<_>, Vec<_>) = lying.into_iter().partition(|it| it.started < end);
        let answer = Answer {
            accounts: series.accounts,
            suite: series.suite,
            stage: series.stage,
            last: search.first(before.into_iter().rev()).await?,
            next: search.first(after.into_iter()).await?,
        };
        if answer.last.is_some() || answer.next.is_some() {
            answers.push(answer);
        }
    }
    if args.shelf.json {
        print_json(&Sample { control: search.wanted.to_string(), on: args.on.to_string(), answers: &answers })?;
    } else {
        output::print(&answers.iter().map(|answer| show(answer, args.on)).collect::<String>());
    }
    let nothing = || {
        let known = search.controls.iter().map(String::as_str);
        let help = attestry_core::source::closest(&args.control, known.flat_map(|it| [it, bare(it)]));
        let help = help.map(|near| format!("\n  help: did you mean `{}`?", plain(near))).unwrap_or_default();
        format!("no evidence in {} covers the control {}{help}", args.shelf.from, search.wanted)
    };
    ended(search.damaged, answers.is_empty().then(nothing))
}

fn bare(control: &str) -> &str {
    control.split_once(':').map_or(control, |(_, id)| id)
}

/// Damage wins over finding nothing: what could not be read may have been the answer.
fn ended(damaged: usize, nothing: Option<String>) -> Result<(), Ended> {
    match (damaged, nothing) {
        (0, None) => Ok(()),
        (0, Some(nothing)) => Err(Ended::new(Exit::Nothing, nothing)),
        (1, _) => Err(Ended::new(Exit::Output, "one piece of evidence could not be used: see above")),
        (damaged, _) => {
            Err(Ended::new(Exit::Output, format!("{damaged} pieces of evidence could not be used: see above")))
        }
    }
}

/// Looks through a series for what covers a control.
struct Search {
    shelf: Shelf,
    wanted: Wanted,
    keys: Vec<PublicKey>,
    damaged: usize,
    /// Every control that was seen, for suggestions.
    controls: BTreeSet<String>,
}

impl Search {
    /// The first that covers the control, verified.
    async fn first(&mut self, of: impl Iterator<Item = Lying>) -> Result<Option<Witness>, Ended> {
        for lying in of {
            match self.read(&lying).await? {
                Ok(Some(witness)) => return Ok(Some(witness)),
                Ok(None) => {}
                Err(damage) => self.damaged += tell(&lying.name, &damage),
            }
        }
        Ok(None)
    }

    async fn read(&mut self, lying: &Lying) -> Result<Result<Option<Witness>, Vec<Damage>>, Ended> {
        let verified = match &lying.at {
            Lies::Path(path) => verified(path),
            Lies::Objects { bundle, index } => match self.fetch(bundle, index).await? {
                Ok(None) => return Ok(Ok(None)),
                Ok(Some(verified)) => Ok(verified),
                Err(damage) => Err(damage),
            },
        };
        Ok(verified.and_then(|verified| {
            let one = |damage| vec![damage];
            let summary = verified.summary().map_err(one)?;
            self.see(&summary);
            let cases: Vec<Covered> = self.wanted.covered(&summary).cloned().collect();
            if cases.is_empty() {
                return Ok(None);
            }
            let mut signature = signature(&verified, &self.keys).map_err(one)?;
            if let Some(unchecked) = &verified.unchecked {
                let files = unchecked.files.len();
                signature.push_str(&format!(
                    "; {files} files not checked against the facts, written by {}",
                    plain(&unchecked.tool)
                ));
            }
            let Summary { run, started, backend, sequence, manifest, .. } = summary;
            let evidence = lying.name.clone();
            Ok(Some(Witness { evidence, run, started, backend, sequence, manifest, signature, cases }))
        }))
    }

    /// The bundle of an index entry, if that says that it covers the control. What it says is not believed: the bundle is
    /// verified and must say the same.
    async fn fetch(&mut self, bundle: &Listed, index: &Listed) -> Result<Result<Option<Verified>, Vec<Damage>>, Ended> {
        let entry = match indexed(&self.shelf, index).await? {
            Ok(entry) => entry,
            Err(damage) => return Ok(Err(damage)),
        };
        self.see(&entry.summary);
        let Shelf::Bucket(bucket) = &self.shelf else { return Ok(Ok(None)) };
        if self.wanted.covered(&entry.summary).next().is_none() {
            return Ok(Ok(None));
        }
        let bytes =
            bucket.get(&bundle.key, &bundle.version, Limits::default().archive).await.map_err(|why| not_kept(&why))?;
        let other =
            || vec![Damage::Unusable { path: index.key.clone(), reason: "it is about another bundle".to_owned() }];
        if !entry.is_of(&bytes) {
            return Ok(Err(other()));
        }
        let verified = evidence::verify_bundle(&bytes, words(), find_kind);
        Ok(verified.and_then(|verified| match verified.summary() {
            Ok(summary) if summary == entry.summary => Ok(Some(verified)),
            Ok(_) => Err(other()),
            Err(damage) => Err(vec![damage]),
        }))
    }

    fn see(&mut self, summary: &Summary) {
        self.controls.extend(summary.cases.iter().flat_map(|case| case.controls.iter().cloned()));
    }
}

async fn open(args: &ShelfArgs) -> Result<(Shelf, Found), Ended> {
    if !Address::is_meant(&args.from) {
        return Ok((Shelf::Directory, in_directory(Path::new(&args.from))?));
    }
    let address = address(&args.from)?;
    let bucket = args.reach.open(&address).await?;
    let below = address.key("");
    let listed = bucket.list(&below, MOST).await.map_err(|why| not_kept(&why))?;
    Ok((Shelf::Bucket(bucket), in_bucket(&address, listed)))
}

/// Bundles with the index entries beside them.
fn in_bucket(address: &Address, listed: Vec<Listed>) -> Found {
    let (mut found, mut damaged): Found = (BTreeMap::new(), 0);
    let (index, bundles): (Vec<_>, Vec<_>) =
        listed.into_iter().partition(|object| address.path(&object.key).and_then(Placed::read).is_some());
    let mut bundles: BTreeMap<String, Listed> = bundles.into_iter().map(|it| (it.key.clone(), it)).collect();
    for index in index {
        let Some(placed) = address.path(&index.key).and_then(Placed::read) else { continue };
        let key = address.key(&placed.bundle);
        let name = format!("s3://{}/{key}", address.bucket);
        let Some(bundle) = bundles.remove(&key) else {
            damaged += tell(&name, &[Damage::Missing(placed.bundle)]);
            continue;
        };
        if bundle.covered || index.covered {
            output::tell(&format!("warning: {} was deleted or written over: its first version is read", plain(&name)));
        }
        let lying = Lying { name, started: placed.started, at: Lies::Objects { bundle, index } };
        found.entry(placed.series).or_default().push(lying);
    }
    for key in bundles.into_keys().filter(|key| Format::of_name(key).is_some()) {
        let reason = "it has no index entry, as after a push that was killed: push it again".to_owned();
        damaged += tell(&format!("s3://{}/{key}", address.bucket), &[Damage::Unusable { path: key, reason }]);
    }
    sort(&mut found);
    (found, damaged)
}

fn sort(found: &mut BTreeMap<Series, Vec<Lying>>) {
    found.values_mut().for_each(|lying| lying.sort_by(|a, b| (a.started, &a.name).cmp(&(b.started, &b.name))));
}

/// Bundles and output directories below a directory. Links are not followed.
fn in_directory(root: &Path) -> Result<Found, Ended> {
    let unreadable =
        |path: &Path, error: &dyn std::fmt::Display| Ended::new(Exit::Output, format!("{}: {error}", path.display()));
    let (mut found, mut damaged): Found = (BTreeMap::new(), 0);
    let mut folders = vec![(root.to_owned(), 0)];
    let mut left = MOST;
    while let Some((folder, depth)) = folders.pop() {
        if evidence::is_sealed(&folder) {
            damaged += glance(&mut found, folder);
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))? {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            left = left.checked_sub(1).ok_or_else(|| unreadable(root, &format!("more than {MOST} files")))?;
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), &error))?;
            if kind.is_dir() && depth < DEPTH {
                folders.push((entry.path(), depth + 1));
            } else if kind.is_file() && Format::of_name(&entry.file_name().to_string_lossy()).is_some() {
                damaged += glance(&mut found, entry.path());
            }
        }
    }
    sort(&mut found);
    Ok((found, damaged))
}

/// Puts evidence in order by what it says of itself.
fn glance(found: &mut BTreeMap<Series, Vec<Lying>>, path: PathBuf) -> usize {
    let name = path.display().to_string();
    match evidence::glance(&path) {
        Err(damage) => tell(&name, &damage),
        Ok(it) => {
            let series = Series { accounts: it.accounts, suite: it.link.suite, stage: it.link.stage };
            found.entry(series).or_default().push(Lying { name, started: it.started, at: Lies::Path(path) });
            0
        }
    }
}

fn verified(path: &Path) -> Result<Verified, Vec<Damage>> {
    evidence::verify(path, words(), find_kind)
}

async fn indexed(shelf: &Shelf, index: &Listed) -> Result<Result<Index, Vec<Damage>>, Ended> {
    let Shelf::Bucket(bucket) = shelf else { return Ok(Err(Vec::new())) };
    let bytes = bucket.get(&index.key, &index.version, MOST_INDEX).await.map_err(|why| not_kept(&why))?;
    Ok(Index::read(&bytes)
        .map_err(|error| vec![Damage::Unusable { path: index.key.clone(), reason: error.to_string() }]))
}

/// Tells what is wrong with one piece of evidence, and counts it.
fn tell(name: &str, damage: &[Damage]) -> usize {
    damage.iter().for_each(|wrong| output::tell(&format!("error: {}: {wrong}", plain(name))));
    1
}

#[derive(Serialize)]
struct Row<'a> {
    evidence: &'a str,
    #[serde(flatten)]
    summary: &'a Summary,
}

#[derive(Serialize)]
struct Sample<'a> {
    control: String,
    on: String,
    answers: &'a [Answer],
}

/// What was held of the control by one series of runs.
#[derive(Debug, Serialize)]
struct Answer {
    accounts: String,
    suite: String,
    stage: String,
    /// The last run that had started when the day was over.
    last: Option<Witness>,
    /// The first one after that.
    next: Option<Witness>,
}

/// Verified evidence that covers the control.
#[derive(Debug, Serialize)]
struct Witness {
    evidence: String,
    run: String,
    started: Timestamp,
    backend: String,
    sequence: u64,
    manifest: String,
    signature: String,
    cases: Vec<Covered>,
}

fn print_json(value: &impl Serialize) -> Result<(), Ended> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
    output::print(&format!("{}\n", plain_json(&text)));
    Ok(())
}

fn row(name: &str, summary: &Summary) -> String {
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    summary.cases.iter().for_each(|case| *verdicts.entry(&case.verdict).or_default() += 1);
    let verdicts: Vec<String> = verdicts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
    format!(
        "{}  {} {}  {}  {}  {}\n  {}\n",
        second(summary.started),
        plain(&summary.suite),
        plain(&summary.stage),
        plain(&summary.accounts.join(" ")),
        plain(&summary.backend),
        plain(&verdicts.join(", ")),
        plain(name)
    )
}

fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn show(answer: &Answer, on: Date) -> String {
    let Answer { accounts, suite, stage, .. } = answer;
    let mut text = format!("{} {} in {}\n", plain(suite), plain(stage), plain(accounts));
    for (title, witness, none) in [
        (format!("last at or before {on}"), &answer.last, "no run that covers it"),
        (format!("first after {on}"), &answer.next, "none yet"),
    ] {
        match witness {
            None => text.push_str(&format!("  {title}: {none}\n")),
            Some(witness) => {
                let (at, run) = (second(witness.started), plain(&witness.run));
                text.push_str(&format!("  {title}: {at}, run {run}, from {}\n", plain(&witness.backend)));
                text.push_str(&format!("    {}\n    {}\n", plain(&witness.evidence), plain(&witness.signature)));
                witness.cases.iter().for_each(|case| text.push_str(&format!("    {}\n", line(case))));
            }
        }
    }
    text
}

fn line(case: &Covered) -> String {
    let Counts { expected, examined, not_evaluated, not_applicable, violated, waived, enumerated, .. } =
        &case.population;
    let mut counts = vec![format!("{examined} of {expected} examined")];
    for (count, what) in [
        (violated, "violated"),
        (waived, "waived"),
        (not_evaluated, "not evaluated"),
        (not_applicable, "not applicable"),
    ] {
        if *count > 0 {
            counts.push(format!("{count} {what}"));
        }
    }
    if !enumerated {
        counts.push("list not seen to its end".to_owned());
    }
    format!("{:<14} {}  {} {}", case.verdict, plain(&case.id), plain(&case.kind), counts.join(", "))
}
