//! The output of a run: reports and evidence in a directory, signed and packed on request.
//!
//! This module must not know how facts are read.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Messages;
use super::selection::Selection;
use super::signing::{Signer, attest};
use super::timestamp::time_stamp;
use crate::aws::LoggedCall;
use crate::distinct_paths::DistinctPaths;
use crate::failure::Failure;
use attestry_core::evidence::{
    self, Basis, Bundle, Directory, Format, Link, Previous, Provenance, StatementData, WriteError, paths, statements,
};
use attestry_core::report::{self, Record, Results};
use attestry_core::verify::Exit;

/// The places and options of the files that a run writes.
#[derive(Clone, Debug, Default)]
pub struct OutputPlan {
    /// The output directory; by default `target/attestry/SUITE-STAGE`.
    pub directory: Option<PathBuf>,
    /// The names of the reports to write; all reports if it is empty.
    pub reports: Vec<String>,
    /// A file that packs the output directory. Its extension selects the [`Format`].
    pub bundle: Option<PathBuf>,
    /// Whether evidence also holds the redacted answers of AWS.
    pub answers: bool,
    /// The keys that sign: paths of PKCS#8 PEM files with Ed25519 keys, or ARNs of signing keys of KMS.
    pub sign: Vec<String>,
    /// The URL of a time-stamping authority (RFC 3161).
    pub timestamp: Option<String>,
    /// The evidence that this run follows; by default the evidence in the output directory.
    pub previous: Option<PathBuf>,
}

/// Prepared outputs: places that can be written and keys that can sign. Mistakes that can be found without a request
/// have been found.
#[derive(Debug)]
pub(crate) struct Sealer {
    out: PathBuf,
    directory: Directory,
    /// The place of the answers in evidence, if evidence holds them.
    pub(crate) answers: Option<PathBuf>,
    reports: Vec<String>,
    bundle: Option<(PathBuf, Bundle)>,
    signers: Vec<Signer>,
    timestamp: Option<String>,
    link: Link,
}

/// The contents of the output directory.
#[derive(Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) selection: &'a Selection,
    pub(crate) record: &'a Record<'a>,
    pub(crate) basis: &'a Basis,
    pub(crate) provenance: &'a Provenance,
    pub(crate) calls: &'a [LoggedCall],
    pub(crate) baseline: Option<&'a Results>,
    pub(crate) described: Option<&'a (String, Vec<u8>)>,
}

/// The result of writing.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// A line with the output directory and the digest of the manifest, if the directory is in its place.
    pub(crate) line: Option<String>,
    /// The steps that failed, in their order.
    pub(crate) failed: Vec<Failure>,
}

impl Written {
    /// Stores the failure of a step, or returns its result.
    fn keep<T>(&mut self, done: Result<T, Failure>) -> Option<T> {
        done.map_err(|failure| self.failed.push(failure)).ok()
    }
}

impl OutputPlan {
    /// Creates a plan with this output directory and all defaults.
    #[must_use]
    pub fn directory(directory: impl Into<PathBuf>) -> Self {
        Self { directory: Some(directory.into()), ..Self::default() }
    }

    fn out(&self, selection: &Selection) -> PathBuf {
        self.directory.clone().unwrap_or_else(|| default_directory(selection))
    }

    /// Checks that no output overwrites an input or another output. Files that are read before the first write
    /// (`previous` and the baseline) may be replaced.
    pub(crate) fn check(&self, selection: &Selection, record: Option<&Path>, ledger: &Path) -> Result<(), Failure> {
        let mut paths = DistinctPaths::default();
        let root = &selection.root;
        selection.loaded.paths.iter().for_each(|path| paths.input("an input of the run", &root.join(path)));
        if let Some(source) = selection.offline_source() {
            paths.input("the source of the stage", &source);
        }
        for (path, _) in selection.suite.attestations.iter().flat_map(|attestation| &attestation.files) {
            paths.input("a file of an attestation", &root.join(path));
        }
        for key in self.sign.iter().filter(|key| !key.starts_with("arn:")) {
            paths.input("the key of --sign", Path::new(key));
        }
        let out = self.out(selection);
        paths.output("--out", &out);
        if let Some(bundle) = &self.bundle {
            paths.output("--bundle", bundle);
        }
        if let Some(record) = record {
            paths.output("--record", record);
        }
        paths.output("--ledger", ledger);
        paths.check_around(&[&out])
    }
}

impl Sealer {
    /// Prepares the outputs.
    pub(crate) async fn prepare(
        plan: &OutputPlan,
        selection: &Selection,
        endpoint: Option<&str>,
        messages: Messages,
    ) -> Result<Self, Failure> {
        let out = plan.out(selection);
        let bundle = plan.bundle.as_deref().map(bundle_format).transpose()?;
        let directory = Directory::begin(&out, is_report)?;
        let begin = |(path, format): (PathBuf, Format)| {
            let begun = Bundle::begin(&path, format, is_report)?;
            Ok::<_, Failure>((path, begun))
        };
        let bundle = bundle.map(begin).transpose()?;
        // No other run writes there from now on, so this run follows the evidence that it replaces.
        let link = chain_link(plan, selection, &out, messages)?;
        let signers = Signer::open_all(&plan.sign, endpoint).await?;
        let (reports, timestamp) = (plan.reports.clone(), plan.timestamp.clone());
        let answers = plan.answers.then(|| directory.path(paths::ANSWERS));
        Ok(Self { out, directory, answers, reports, bundle, signers, timestamp, link })
    }

    /// Writes as much as possible.
    pub(crate) async fn write(self, contents: &Contents<'_>) -> Written {
        let mut written = Written::default();
        if let Err(failure) = self.try_write(contents, &mut written).await {
            written.failed.push(failure);
        }
        written
    }

    /// Writes all outputs until an error. A failed signature, time stamp or bundle is no error here, but goes to
    /// `written`.
    async fn try_write(self, contents: &Contents<'_>, written: &mut Written) -> Result<(), Failure> {
        let Self { out, directory, answers, reports, bundle, signers, timestamp, link } = self;
        if answers.is_some() {
            directory.adopt(paths::ANSWERS)?;
        }
        write_contents(&directory, &reports, contents)?;
        let record = contents.record;
        let sealed = directory.seal(Link { run: record.run.id.clone(), ..link })?;
        let run = serde_json::to_value(record.run).map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
        let told = StatementData {
            manifest: &sealed.digest,
            files: &sealed.files,
            run: &run,
            result: record.result,
            gate: contents.selection.suite.gate,
            residue: !contents.provenance.residue.is_empty(),
        };
        let statements = statements(&told).map_err(|error| Failure::new(Exit::Output, error.to_string()))?;
        let mut line = format!("wrote {} (manifest sha256:{})", out.display(), sealed.digest);
        // The results stay, with or without a signature.
        match written.keep(attest(&signers, &statements).await).as_deref() {
            Some(envelopes @ [_, ..]) => sealed.attest(envelopes)?,
            Some([]) => {}
            None => line.push_str(", not signed"),
        }
        match written.keep(time_stamp(timestamp.as_deref(), &sealed.manifest).await) {
            Some(Some(stamped)) => sealed.stamp(&stamped.query, &stamped.answer)?,
            Some(None) => {}
            None => line.push_str(", not timestamped"),
        }
        // The bundle is packed before other programs can reach the files, and moved into its place after them. A bundle
        // without its requested signature is not written, so that it cannot be taken for a signed one.
        let bundle = match bundle {
            Some((path, bundle)) if written.failed.is_empty() => {
                written.keep(sealed.pack(&bundle).map_err(Failure::from)).map(|()| (path, bundle))
            }
            _ => None,
        };
        sealed.finish()?;
        if let Some((path, bundle)) = bundle
            && written.keep(bundle.finish().map_err(Failure::from)).is_some()
        {
            line.push_str(&format!(" and {}", path.display()));
        }
        written.line = Some(line);
        Ok(())
    }
}

/// Returns whether a file of evidence is a report.
pub(crate) fn is_report(path: &str) -> bool {
    report::ALL.iter().any(|report| report.file() == path)
}

/// Returns a path with the format of its extension.
pub(crate) fn bundle_format(path: &Path) -> Result<(PathBuf, Format), Failure> {
    let format = path.file_name().and_then(|name| Format::of_name(&name.to_string_lossy()));
    let wrong = || Failure::new(Exit::Usage, format!("{}: a bundle ends in {}", path.display(), Format::extensions()));
    Ok((path.to_owned(), format.ok_or_else(wrong)?))
}

fn default_directory(selection: &Selection) -> PathBuf {
    Path::new("target/attestry").join(format!("{}-{}", selection.suite.id.value, selection.stage.name.value))
}

/// Returns the place of the run in the chain of its suite and stage. The id of the run is not known yet.
fn chain_link(plan: &OutputPlan, selection: &Selection, out: &Path, messages: Messages) -> Result<Link, Failure> {
    let (suite, stage) = (selection.suite.id.value.clone(), selection.stage.name.value.clone());
    let first = Link { suite, stage, sequence: 1, ..Link::default() };
    let (path, given) = match &plan.previous {
        Some(path) => (path.as_path(), true),
        None => (out, false),
    };
    if !given && !evidence::is_sealed(out) {
        return Ok(first);
    }
    let (before, manifest) = match evidence::link_of(path) {
        Ok(found) => found,
        Err(damage) if given => return Err(Failure { exit: Exit::Usage, ..Failure::of_damage(path, &damage) }),
        Err(_) => {
            messages(&format!("{} cannot be followed: a new chain begins", out.display()));
            return Ok(first);
        }
    };
    if (&before.suite, &before.stage) == (&first.suite, &first.stage) {
        let sequence = before.sequence.saturating_add(1);
        return Ok(Link { sequence, previous: Some(Previous { run: before.run, manifest }), ..first });
    }
    if given {
        let of = format!("suite `{}`, stage `{}`", before.suite, before.stage);
        return Err(Failure::new(Exit::Usage, format!("{} is of {of}: another chain", path.display())));
    }
    Ok(first)
}

fn write_contents(directory: &Directory, reports: &[String], contents: &Contents<'_>) -> Result<(), WriteError> {
    let record = contents.record;
    let wanted = |name: &str| reports.is_empty() || reports.iter().any(|wanted| wanted == name);
    let wanted: Vec<_> = report::ALL.iter().copied().filter(|report| wanted(report.name())).collect();
    report::write_all(&wanted, &|report| directory.write(report.file(), |out| report.write(record, out)))?;
    directory.write(paths::BASIS, |out| pretty(contents.basis, out))?;
    directory.write(paths::RUN, |out| pretty(record.run, out))?;
    directory.write(paths::CIRCUMSTANCES, |out| pretty(contents.provenance, out))?;
    directory.write(paths::VERDICTS, |out| evidence::write_verdicts(record.result, out))?;
    directory.write(paths::FACTS, |out| evidence::write_facts(record.populations, out))?;
    directory.write(paths::CALLS, |out| {
        for call in contents.calls {
            serde_json::to_writer(&mut *out, &call)?;
            out.write_all(b"\n")?;
        }
        Ok(())
    })?;
    if let Some(baseline) = contents.baseline {
        directory.write(paths::BASELINE, |out| baseline.write(out))?;
    }
    let loaded = &contents.selection.loaded;
    for (path, (_, _, text)) in loaded.paths.iter().zip(loaded.library.files.iter()) {
        directory.add(&format!("{}/{}", paths::INPUTS, path.display()), text.as_bytes())?;
    }
    if let Some((path, bytes)) = contents.described {
        directory.add(&format!("{}/{path}", paths::INPUTS), bytes)?;
    }
    Ok(())
}

fn pretty(value: &impl serde::Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}
