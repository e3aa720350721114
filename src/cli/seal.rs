//! What a run leaves: reports and evidence in a directory, signed where a key is given, and packed where a file is.
//!
//! Must not know how facts are read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::apart::Apart;
use super::signing::{Signer, attest};
use super::suite::Chosen;
use super::timestamp::Stamping;
use super::{Ended, output};
use crate::aws::Call;
use attestry_core::evidence::{
    self, Basis, Bundle, Circumstances, Directory, Format, Link, Previous, Told, WriteError, paths, statements,
};
use attestry_core::report::{self, Record, Results};
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// Arguments about what a run leaves.
#[derive(Debug, clap::Args)]
pub(super) struct Leaving {
    /// Where reports and evidence go; by default `target/attestry/SUITE-STAGE`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write this report only, of those in `reports/`; may be repeated. Without it, all are written.
    #[arg(long = "report", value_name = "NAME", value_parser = report_names())]
    reports: Vec<String>,

    /// Pack all of it into one file as well, `.tar.zst` or `.zip`.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,

    /// Keep the answers of AWS as well, redacted: a recording inside the evidence. It is larger then.
    #[arg(long)]
    answers: bool,

    /// Sign the evidence: an Ed25519 key as PKCS#8 PEM file, or the ARN of an ECC_NIST_P256 signing key of KMS.
    #[arg(long, value_name = "KEY")]
    sign: Vec<String>,

    #[command(flatten)]
    stamping: Stamping,

    /// The evidence that this run follows; by default what an earlier run of suite and stage left in the output directory.
    #[arg(long, value_name = "EVIDENCE")]
    previous: Option<PathBuf>,
}

fn report_names() -> clap::builder::PossibleValuesParser {
    report::ALL.iter().map(|report| report.name()).collect::<Vec<_>>().into()
}

/// Everything that can be found wrong before the account is asked anything was not.
#[derive(Debug)]
pub(super) struct Seal {
    out: PathBuf,
    directory: Directory,
    /// Where answers are kept, if they are.
    pub(super) answers: Option<PathBuf>,
    reports: Vec<String>,
    bundle: Option<(PathBuf, Bundle)>,
    signers: Vec<Signer>,
    stamping: Stamping,
    link: Link,
}

/// What is written.
#[derive(Debug)]
pub(super) struct Left<'a> {
    pub(super) chosen: &'a Chosen,
    pub(super) record: &'a Record<'a>,
    pub(super) basis: &'a Basis,
    pub(super) circumstances: &'a Circumstances,
    pub(super) calls: &'a [Call],
    pub(super) baseline: Option<&'a Results>,
    pub(super) described: Option<&'a (String, Vec<u8>)>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// Where everything is, and the digest of the manifest, if it is in its place.
    pub(super) wrote: Option<String>,
    /// What did not succeed, in the order in which it was tried.
    pub(super) failed: Vec<Ended>,
}

impl Closed {
    /// Keeps why something did not succeed.
    fn keep<T>(&mut self, done: Result<T, Ended>) -> Option<T> {
        done.map_err(|ended| self.failed.push(ended)).ok()
    }
}

impl Leaving {
    /// Where reports and evidence go.
    fn out(&self, chosen: &Chosen) -> PathBuf {
        self.out.clone().unwrap_or_else(|| default_out(chosen))
    }

    /// Whether all that is written lies apart from itself and from what is read. What is read before anything is written
    /// (`--previous`, `--baseline`) may be replaced.
    pub(super) fn check(&self, chosen: &Chosen, record: Option<&Path>, ledger: &Path) -> Result<(), Ended> {
        let mut apart = Apart::default();
        let root = &chosen.root;
        chosen.loaded.paths.iter().for_each(|path| apart.input("an input of the run", &root.join(path)));
        if let Some(answers) = chosen.answers() {
            apart.input("what the stage is read from", &answers);
        }
        for (path, _) in chosen.suite.attestations.iter().flat_map(|said| &said.files) {
            apart.input("what an attestation rests on", &root.join(path));
        }
        for key in self.sign.iter().filter(|key| !key.starts_with("arn:")) {
            apart.input("the key of --sign", Path::new(key));
        }
        let out = self.out(chosen);
        apart.output("--out", &out);
        if let Some(bundle) = &self.bundle {
            apart.output("--bundle", bundle);
        }
        if let Some(record) = record {
            apart.output("--record", record);
        }
        apart.output("--ledger", ledger);
        apart.check_around(&[&out])
    }
}

impl Seal {
    /// Prepares what the run will leave.
    pub(super) async fn prepare(args: &Leaving, chosen: &Chosen, endpoint: Option<&str>) -> Result<Self, Ended> {
        let out = args.out(chosen);
        let bundle = args.bundle.as_deref().map(bundle).transpose()?;
        let directory = Directory::begin(&out, is_report).map_err(|error| unwritten(&error))?;
        let begin = |(path, format): (PathBuf, Format)| {
            let begun = Bundle::begin(&path, format, is_report).map_err(|error| unwritten(&error))?;
            Ok((path, begun))
        };
        let bundle = bundle.map(begin).transpose()?;
        // Nobody else writes there from here on, so what it follows is what it replaces.
        let link = link(args, chosen, &out)?;
        let signers = Signer::open_all(&args.sign, endpoint).await?;
        let (reports, stamping) = (args.reports.clone(), args.stamping.clone());
        let answers = args.answers.then(|| directory.path(paths::ANSWERS));
        Ok(Self { out, directory, answers, reports, bundle, signers, stamping, link })
    }

    /// Writes everything, as far as that is possible.
    pub(super) async fn close(self, left: &Left<'_>) -> Closed {
        let mut closed = Closed::default();
        if let Err(ended) = self.try_close(left, &mut closed).await {
            closed.failed.push(ended);
        }
        closed
    }

    /// An error ends it; what merely failed is kept.
    async fn try_close(self, left: &Left<'_>, closed: &mut Closed) -> Result<(), Ended> {
        let Self { out, directory, answers, reports, bundle, signers, stamping, link } = self;
        let unwritten = |error: WriteError| unwritten(&error);
        if answers.is_some() {
            directory.adopt(paths::ANSWERS).map_err(unwritten)?;
        }
        write(&directory, &reports, left).map_err(unwritten)?;
        let record = left.record;
        let sealed = directory.seal(Link { run: record.run.id.clone(), ..link }).map_err(unwritten)?;
        let run = serde_json::to_value(record.run).map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
        let told = Told {
            manifest: &sealed.digest,
            files: &sealed.files,
            run: &run,
            result: record.result,
            gate: left.chosen.suite.gate,
            residue: !left.circumstances.residue.is_empty(),
        };
        let statements = statements(&told).map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
        let mut said = format!("wrote {} (manifest sha256:{})", out.display(), sealed.digest);
        // What a run found is kept, signed or not.
        match closed.keep(attest(&signers, &statements).await).as_deref() {
            Some(envelopes @ [_, ..]) => sealed.attest(envelopes).map_err(unwritten)?,
            Some([]) => {}
            None => said.push_str(", not signed"),
        }
        match closed.keep(stamping.stamp(&sealed.manifest).await) {
            Some(Some(stamped)) => sealed.stamp(&stamped.query, &stamped.answer).map_err(unwritten)?,
            Some(None) => {}
            None => said.push_str(", not timestamped"),
        }
        // Packed before anybody else can come to the files, and put into place after them. One that was to be signed and
        // is not stays away: nobody takes it for the other.
        let bundle = match bundle {
            Some((path, bundle)) if closed.failed.is_empty() => {
                closed.keep(sealed.pack(&bundle).map_err(unwritten)).map(|()| (path, bundle))
            }
            _ => None,
        };
        sealed.finish().map_err(unwritten)?;
        if let Some((path, bundle)) = bundle
            && closed.keep(bundle.finish().map_err(unwritten)).is_some()
        {
            said.push_str(&format!(" and {}", path.display()));
        }
        closed.wrote = Some(said);
        Ok(())
    }
}

/// Whether a file of evidence is a report.
pub(super) fn is_report(path: &str) -> bool {
    report::ALL.iter().any(|report| report.file() == path)
}

/// A path with the format that its name asks for.
pub(super) fn bundle(path: &Path) -> Result<(PathBuf, Format), Ended> {
    let format = path.file_name().and_then(|name| Format::of_name(&name.to_string_lossy()));
    let wrong = || Ended::new(Exit::Usage, format!("{}: a bundle ends in .tar.zst or .zip", path.display()));
    Ok((path.to_owned(), format.ok_or_else(wrong)?))
}

/// The end of a command that found evidence damaged. Everything that is wrong is told.
pub(super) fn broken(path: &Path, damage: &[evidence::Damage]) -> Ended {
    damage.iter().for_each(|wrong| output::tell(&format!("error: {wrong}")));
    let path = printable(&path.display().to_string(), 500);
    Ended::new(Exit::Output, format!("{path} is not what the run left"))
}

pub(super) fn unwritten(error: &WriteError) -> Ended {
    Ended::new(Exit::Output, error.to_string())
}

fn default_out(chosen: &Chosen) -> PathBuf {
    Path::new("target/attestry").join(format!("{}-{}", chosen.suite.id.value, chosen.stage.name.value))
}

/// The place in the chain of runs of this suite and stage. The run's id is not known yet.
fn link(args: &Leaving, chosen: &Chosen, out: &Path) -> Result<Link, Ended> {
    let (suite, stage) = (chosen.suite.id.value.clone(), chosen.stage.name.value.clone());
    let first = Link { suite, stage, sequence: 1, ..Link::default() };
    let (path, given) = match &args.previous {
        Some(path) => (path.as_path(), true),
        None => (out, false),
    };
    if !given && !evidence::is_sealed(out) {
        return Ok(first);
    }
    let (before, manifest) = match evidence::link_of(path) {
        Ok(found) => found,
        Err(damage) if given => return Err(Ended { exit: Exit::Usage, ..broken(path, &damage) }),
        Err(_) => {
            output::tell(&format!("{} cannot be followed: a new chain begins", out.display()));
            return Ok(first);
        }
    };
    if (&before.suite, &before.stage) == (&first.suite, &first.stage) {
        let sequence = before.sequence.saturating_add(1);
        return Ok(Link { sequence, previous: Some(Previous { run: before.run, manifest }), ..first });
    }
    if given {
        let of = format!("suite `{}`, stage `{}`", before.suite, before.stage);
        return Err(Ended::new(Exit::Usage, format!("{} is of {of}: another chain", path.display())));
    }
    Ok(first)
}

fn write(directory: &Directory, reports: &[String], left: &Left<'_>) -> Result<(), WriteError> {
    let record = left.record;
    let wanted = |name: &str| reports.is_empty() || reports.iter().any(|wanted| wanted == name);
    let wanted: Vec<_> = report::ALL.iter().copied().filter(|report| wanted(report.name())).collect();
    report::write_all(&wanted, &|report| directory.write(report.file(), |out| report.write(record, out)))?;
    directory.write(paths::BASIS, |out| pretty(left.basis, out))?;
    directory.write(paths::RUN, |out| pretty(record.run, out))?;
    directory.write(paths::CIRCUMSTANCES, |out| pretty(left.circumstances, out))?;
    directory.write(paths::VERDICTS, |out| evidence::write_verdicts(record.result, out))?;
    directory.write(paths::FACTS, |out| evidence::write_facts(record.populations, out))?;
    directory.write(paths::CALLS, |out| {
        for call in left.calls {
            serde_json::to_writer(&mut *out, &call)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    if let Some(baseline) = left.baseline {
        directory.write(paths::BASELINE, |out| baseline.write(out))?;
    }
    let loaded = &left.chosen.loaded;
    for (path, (_, _, text)) in loaded.paths.iter().zip(loaded.library.files.iter()) {
        directory.add(&format!("{}/{}", paths::INPUTS, path.display()), text.as_bytes())?;
    }
    if let Some((path, bytes)) = left.described {
        directory.add(&format!("{}/{path}", paths::INPUTS), bytes)?;
    }
    Ok(())
}

fn pretty(value: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}
