//! `attestry evidence pack`: packs evidence into one file, and can sign it again.

use std::path::PathBuf;

use crate::cli::support::args::TimestampArgs;
use crate::cli::support::{output, terminal_text};
use crate::distinct_paths::DistinctPaths;
use crate::failure::Failure;
use crate::run::network;
use crate::run::seal::{bundle_format, is_report};
use crate::run::signing::{Signer, attest};
use crate::run::timestamp::time_stamp;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::{self, Bundle, File, Format, lines, paths};
use attestry_core::verify::Exit;

/// Arguments of `evidence pack`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The output directory of a run, or a bundle.
    evidence: PathBuf,

    #[arg(help = format!("The bundle: {}", Format::extensions()))]
    file: PathBuf,

    /// Replace the signatures: sign with an Ed25519 key (a PKCS#8 PEM file) or with a KMS signing key (the ARN of an
    /// ECC_NIST_P256 key).
    #[arg(long, value_name = "KEY")]
    sign: Vec<String>,

    #[command(flatten)]
    timestamp: TimestampArgs,

    /// Send the requests for KMS to this URL instead of AWS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    network::check_url(args.endpoint.as_deref())?;
    let (path, format) = bundle_format(&args.file)?;
    let mut paths = DistinctPaths::default();
    if args.evidence.is_dir() {
        paths.output("the evidence", &args.evidence);
    }
    args.sign
        .iter()
        .filter(|key| !key.starts_with("arn:"))
        .for_each(|key| paths.input("the key of --sign", key.as_ref()));
    paths.output("the bundle", &args.file);
    paths.check()?;
    let bundle = Bundle::begin(&path, format, is_report)?;
    let verified = evidence::verify_holding(&args.evidence, &|_| true, vocabulary(), find_kind)
        .map_err(|damage| Failure::of_damage(&args.evidence, &damage))?;
    // A signature vouches for all files of the evidence. So evidence with unchecked files is not signed.
    if let (Some(unchecked), [_, ..]) = (&verified.unchecked, args.sign.as_slice()) {
        let evidence = terminal_text(&args.evidence.display().to_string());
        let (files, by) = (terminal_text(&unchecked.files.join(", ")), terminal_text(&unchecked.tool));
        let why = format!(
            "not signed: this version cannot check these files of {evidence} against the facts: {files}; written by {by}"
        );
        return Err(Failure::new(Exit::Output, why));
    }
    let signers = Signer::open_all(&args.sign, args.endpoint.as_deref()).await?;
    let mut contents = verified.contents;
    let envelopes = attest(&signers, &verified.statements).await?;
    if !envelopes.is_empty() {
        contents.insert(paths::ATTESTATIONS.to_owned(), lines(&envelopes));
    }
    let manifest = contents.get(paths::MANIFEST).map(Vec::as_slice).unwrap_or_default();
    if let Some(stamped) = time_stamp(args.timestamp.url(), manifest).await? {
        contents.insert(paths::QUERY.to_owned(), stamped.query);
        contents.insert(paths::ANSWER.to_owned(), stamped.answer);
    }
    let mut files = contents.iter().map(|(path, bytes)| Ok(File::held(path, bytes)));
    bundle.pack(&mut files).and_then(|()| bundle.finish())?;
    output::message(&format!("wrote {} (manifest sha256:{})", path.display(), verified.manifest));
    Ok(())
}
