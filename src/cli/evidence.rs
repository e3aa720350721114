//! `attestry evidence`: pack, sign, keep and find what runs left, and make keys for it.

use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::apart::Apart;
use super::probes::{find_kind, words};
use super::seal::{broken, bundle, is_report, unwritten};
use super::signing::{Signer, attest};
use super::timestamp::Stamping;
use super::verify::plain;
use super::{Ended, find, keep, output};
use attestry_core::evidence::{self, Bundle, File, SecretKey, lines, paths};
use attestry_core::verify::Exit;

/// Arguments of `evidence`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Pack evidence into one file, and sign it.
    Pack(Pack),
    /// Put a bundle into a bucket with Object Lock, read it back and verify it; call it again after a failure.
    Push(keep::Args),
    /// List evidence: which runs there are, and what they found.
    List(find::List),
    /// Answer an auditor's sample: which evidence covers a control on a day.
    Find(find::Find),
    /// Make an Ed25519 key to sign with: `FILE`, and `FILE.pub` for those who check.
    Keygen(Keygen),
}

#[derive(Debug, clap::Args)]
struct Pack {
    /// The output directory of a run, or a bundle.
    evidence: PathBuf,

    /// The bundle: `.tar.zst` or `.zip`.
    file: PathBuf,

    /// Sign it anew: an Ed25519 key as PKCS#8 PEM file, or the ARN of an ECC_NIST_P256 signing key of KMS.
    #[arg(long, value_name = "KEY")]
    sign: Vec<String>,

    #[command(flatten)]
    stamping: Stamping,

    /// Ask this endpoint instead of AWS for signatures of KMS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Keygen {
    /// Where the private key goes; nothing is overwritten.
    file: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    match &args.command {
        Command::Pack(args) => wait(repack(args)),
        Command::Push(args) => wait(keep::run(args)),
        Command::List(args) => wait(find::list(args)),
        Command::Find(args) => wait(find::find(args)),
        Command::Keygen(args) => keygen(&args.file),
    }
}

/// Runs a command that may ask AWS.
pub(super) fn wait(command: impl Future<Output = Result<(), Ended>>) -> Result<(), Ended> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Ended::new(Exit::Output, format!("no runtime: {error}")))?;
    runtime.block_on(command)
}

async fn repack(args: &Pack) -> Result<(), Ended> {
    super::network::sound(args.endpoint.as_deref())?;
    let (path, format) = bundle(&args.file)?;
    let mut apart = Apart::default();
    if args.evidence.is_dir() {
        apart.output("the evidence", &args.evidence);
    }
    args.sign
        .iter()
        .filter(|key| !key.starts_with("arn:"))
        .for_each(|key| apart.input("the key of --sign", key.as_ref()));
    apart.output("the bundle", &args.file);
    apart.check()?;
    let bundle = Bundle::begin(&path, format, is_report).map_err(|error| unwritten(&error))?;
    let verified = evidence::verify_holding(&args.evidence, &|_| true, words(), find_kind)
        .map_err(|damage| broken(&args.evidence, &damage))?;
    // A signature stands for everything in it.
    if let (Some(unchecked), [_, ..]) = (&verified.unchecked, args.sign.as_slice()) {
        let evidence = plain(&args.evidence.display().to_string());
        let (files, by) = (plain(&unchecked.files.join(", ")), plain(&unchecked.tool));
        let why = format!(
            "not signed: {evidence} holds what this version cannot check against the facts: {files}; written by {by}"
        );
        return Err(Ended::new(Exit::Output, why));
    }
    let signers = Signer::open_all(&args.sign, args.endpoint.as_deref()).await?;
    let mut contents = verified.contents;
    let envelopes = attest(&signers, &verified.statements).await?;
    if !envelopes.is_empty() {
        contents.insert(paths::ATTESTATIONS.to_owned(), lines(&envelopes));
    }
    let manifest = contents.get(paths::MANIFEST).map(Vec::as_slice).unwrap_or_default();
    if let Some(stamped) = args.stamping.stamp(manifest).await? {
        contents.insert(paths::QUERY.to_owned(), stamped.query);
        contents.insert(paths::ANSWER.to_owned(), stamped.answer);
    }
    let mut files = contents.iter().map(|(path, bytes)| Ok(File::held(path, bytes)));
    bundle.pack(&mut files).and_then(|()| bundle.finish()).map_err(|error| unwritten(&error))?;
    output::tell(&format!("wrote {} (manifest sha256:{})", path.display(), verified.manifest));
    Ok(())
}

fn keygen(file: &Path) -> Result<(), Ended> {
    let failed = |why: &dyn std::fmt::Display| Ended::new(Exit::Output, format!("{}: {why}", file.display()));
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| failed(&error))?;
    let key = SecretKey::from_seed(&seed).map_err(|error| failed(&error))?;
    let mut public = file.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    // Both are whole on disk before either has its name, the public one first: there is never a private key alone.
    let folder = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let secret = aside(folder, key.pem().as_bytes(), 0o600).map_err(|error| failed(&error))?;
    let open = aside(folder, key.public().pem().as_bytes(), 0o644).map_err(|error| failed(&error))?;
    if file.symlink_metadata().is_ok() {
        return Err(failed(&"it is there already, and nothing is overwritten"));
    }
    let at = |error: tempfile::PersistError| error.error;
    open.persist_noclobber(&public)
        .map_err(|error| Ended::new(Exit::Output, format!("{}: {}", public.display(), at(error))))?;
    secret.persist_noclobber(file).map_err(|error| {
        let _ = std::fs::remove_file(&public);
        failed(&at(error))
    })?;
    output::print(&format!("{}\n", key.public().id()));
    output::tell(&format!("wrote {} (keep it secret) and {}", file.display(), public.display()));
    Ok(())
}

/// A file that has no name that anybody knows yet, whole on disk. It goes away unless it is given one, and is never readable
/// by more than it shall be.
fn aside(folder: &Path, bytes: &[u8], mode: u32) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".attestry-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(PermissionsExt::from_mode(mode))?;
    file.as_file().sync_all()?;
    Ok(file)
}
