//! `attestry evidence push`: stores a bundle in a bucket with Object Lock, and reads it back.
//!
//! This module must not know how a bucket stores the bundle.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::bucket::{BucketArgs, address, bucket_failure};
use crate::aws::bucket::{Object, ReadBack, StoredObject};
use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::seal::bundle_format;
use crate::trusted::trusted_keys;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::search::signature_line;
use attestry_core::evidence::{self, BundlePath, Format, Index, LEAST_YEARS, Limits, PublicKey, Verified};
use attestry_core::facts::parse_duration;
use attestry_core::source::read_plain;
use attestry_core::verify::Exit;

/// Arguments of `evidence push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(help = format!("The bundle: {}", Format::extensions()))]
    bundle: PathBuf,

    /// The destination: `s3://BUCKET/PREFIX`.
    to: String,

    /// Lock the bundle for this time after the end of the run, such as `3653d`. The default is the longer of 7 years and
    /// `keep_evidence` of the suite, and a shorter time is an error.
    #[arg(long, value_name = "DURATION")]
    retain: Option<String>,

    /// A public key that you trust, as a PEM file. The bundle must have a signature by one of these keys.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,

    #[command(flatten)]
    bucket_args: BucketArgs,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let (path, format) = bundle_format(&args.bundle)?;
    let to = address(&args.to)?;
    let keys = trusted_keys(&args.key)?;
    let bytes = read_bundle(&path)?;
    let verified = verify(&path, &bytes, &keys)?;
    let (place, index, until) = prepare(args, &path, format, &bytes, &verified)?;
    let bucket = args.bucket_args.open(&to).await?;
    bucket.check().await.map_err(|why| bucket_failure(&why))?;
    for (below, bytes, content_type) in
        [(&place.bundle, &bytes, "application/octet-stream"), (&place.index, &index, "application/json")]
    {
        let key = to.key(below);
        let object = Object { key: &key, bytes, content_type, retain_until: until };
        let kept = bucket.keep(&object).await.map_err(|why| bucket_failure(&why))?;
        if let (true, ReadBack::Whole(back)) = (below == &place.bundle, &kept.read) {
            verify(Path::new(&key), back, &keys)?;
        }
        output::print(&show(&format!("s3://{}/{key}", to.bucket), &kept));
    }
    Ok(())
}

/// Reads the bundle, with the size limit of a bundle.
fn read_bundle(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |why: &dyn std::fmt::Display| Failure::new(Exit::Output, format!("{}: {why}", path.display()));
    let most = Limits::default().archive;
    read_plain(path, most).map_err(|error| unreadable(&error))
}

/// Verifies the bundle like `attestry verify`.
fn verify(path: &Path, bytes: &[u8], keys: &[PublicKey]) -> Result<Verified, Failure> {
    let verified =
        evidence::verify_bundle(bytes, vocabulary(), find_kind).map_err(|damage| Failure::of_damage(path, &damage))?;
    signature_line(&verified, keys).map_err(|damage| Failure::of_damage(path, &[damage]))?;
    Ok(verified)
}

/// Returns the place of the bundle, its index entry, and the end of the lock of both.
fn prepare(
    args: &Args,
    path: &Path,
    format: Format,
    bytes: &[u8],
    verified: &Verified,
) -> Result<(BundlePath, Vec<u8>, Timestamp), Failure> {
    let usage = |why: String| Failure::new(Exit::Usage, why);
    let asked = match args.retain.as_deref() {
        None => None,
        Some(text) => Some(parse_duration(text).ok_or_else(|| {
            usage(format!("--retain {text}: write whole weeks or days, such as 3653d; a year has no fixed length"))
        })?),
    };
    let summary = verified.summary().map_err(|damage| Failure::of_damage(path, &[damage]))?;
    let until = evidence::retain_until(summary.finished, verified.retention, asked, Timestamp::now())
        .map_err(|why| usage(why.to_string()))?;
    let nowhere = || usage(format!("{}: the record of its run gives no valid key", path.display()));
    let place = BundlePath::of(&summary, format).ok_or_else(nowhere)?;
    let name = place.bundle.rsplit('/').next().unwrap_or(&place.bundle).to_owned();
    let index = Index::of(&name, bytes, summary).write();
    let index = index.map_err(|error| Failure::new(Exit::Output, format!("{}: {error}", path.display())))?;
    Ok((place, index, until))
}

fn show(url: &str, kept: &StoredObject) -> String {
    let how = if kept.before { "was there already" } else { "written" };
    let read = match &kept.read {
        ReadBack::Whole(_) => "read back and verified".to_owned(),
        ReadBack::Checksum(gap) => {
            format!("not read back ({gap}): S3 confirms its size and SHA-256 checksum")
        }
    };
    let version = &kept.version;
    format!("{url}\n  {how}, version {version}, locked until {}; {read}\n", kept.retain_until)
}

const _: () = assert!(LEAST_YEARS == 7, "the help of --retain names this number");
