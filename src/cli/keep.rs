//! `attestry evidence push`: a bundle into a bucket where nobody can delete it, and back.
//!
//! Must not know how a bucket keeps it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::probes::{find_kind, words};
use super::seal::{broken, bundle};
use super::signing::trusted;
use super::verify::signature;
use super::{Ended, output};
use crate::aws::bucket::{Access, Address, Bucket, Kept, NotKept, Object, ReadBack};
use crate::aws::{Link, Operations, Pace};
use attestry_core::evidence::{self, Format, Index, LEAST_YEARS, Limits, Place, PublicKey, Verified};
use attestry_core::facts::parse_duration;
use attestry_core::source::read_plain;
use attestry_core::verify::Exit;

/// Arguments of `evidence push`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The bundle: `.tar.zst` or `.zip`.
    bundle: PathBuf,

    /// Where it is kept: `s3://BUCKET/PREFIX`.
    to: String,

    /// Keep it longer than its suite asks (`keep_evidence`) and than 7 years, counted from the end of the run: `3653d`.
    #[arg(long, value_name = "DURATION")]
    retain: Option<String>,

    /// A public key that you trust, as PEM file: the bundle must be signed by one of them.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,

    #[command(flatten)]
    reach: Reach,
}

/// Arguments about how a bucket is reached.
#[derive(Debug, clap::Args)]
pub(super) struct Reach {
    /// Region of the bucket; without it, S3 is asked.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Profile of the AWS configuration files; without it, the environment decides.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Ask this endpoint instead of AWS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// The account that must own the bucket; S3 refuses every request if another one does.
    #[arg(long, value_name = "ACCOUNT")]
    owner: Option<String>,
}

impl Reach {
    /// Finds the bucket.
    pub(super) async fn open(&self, address: &Address) -> Result<Bucket, Ended> {
        super::network::sound(self.endpoint.as_deref())?;
        let access = Access {
            region: self.region.clone(),
            profile: self.profile.clone(),
            endpoint: self.endpoint.clone(),
            owner: self.owner.clone(),
        };
        let pace = if self.endpoint.is_some() { Pace::none() } else { Pace::by_quota(&Operations::new([])) };
        Bucket::open(&address.bucket, &access, &Link::new(pace)).await.map_err(|why| not_kept(&why))
    }
}

/// Reads an address.
pub(super) fn address(text: &str) -> Result<Address, Ended> {
    Address::parse(text).map_err(|wrong| Ended::new(Exit::Usage, format!("{text}: {wrong}")))
}

pub(super) fn not_kept(why: &NotKept) -> Ended {
    Ended::new(if why.is_usage() { Exit::Usage } else { Exit::Output }, why.to_string())
}

pub(super) async fn run(args: &Args) -> Result<(), Ended> {
    let (path, format) = bundle(&args.bundle)?;
    let to = address(&args.to)?;
    let keys = trusted(&args.key)?;
    let bytes = read(&path)?;
    let verified = verify(&path, &bytes, &keys)?;
    let (place, index, until) = prepare(args, &path, format, &bytes, &verified)?;
    let bucket = args.reach.open(&to).await?;
    bucket.check().await.map_err(|why| not_kept(&why))?;
    for (below, bytes, content_type) in
        [(&place.bundle, &bytes, "application/octet-stream"), (&place.index, &index, "application/json")]
    {
        let key = to.key(below);
        let object = Object { key: &key, bytes, content_type, retain_until: until };
        let kept = bucket.keep(&object).await.map_err(|why| not_kept(&why))?;
        if let (true, ReadBack::Whole(back)) = (below == &place.bundle, &kept.read) {
            verify(Path::new(&key), back, &keys)?;
        }
        output::print(&show(&format!("s3://{}/{key}", to.bucket), &kept));
    }
    Ok(())
}

/// Reads the bundle, and no more than a bundle has.
fn read(path: &Path) -> Result<Vec<u8>, Ended> {
    let unreadable = |why: &dyn std::fmt::Display| Ended::new(Exit::Output, format!("{}: {why}", path.display()));
    let most = Limits::default().archive;
    read_plain(path, most).map_err(|error| unreadable(&error))
}

/// What `attestry verify` does.
fn verify(path: &Path, bytes: &[u8], keys: &[PublicKey]) -> Result<Verified, Ended> {
    let verified = evidence::verify_bundle(bytes, words(), find_kind).map_err(|damage| broken(path, &damage))?;
    signature(&verified, keys).map_err(|damage| broken(path, &[damage]))?;
    Ok(verified)
}

/// Where the bundle goes, its index entry, and until when both are locked.
fn prepare(
    args: &Args,
    path: &Path,
    format: Format,
    bytes: &[u8],
    verified: &Verified,
) -> Result<(Place, Vec<u8>, Timestamp), Ended> {
    let usage = |why: String| Ended::new(Exit::Usage, why);
    let asked = match args.retain.as_deref() {
        None => None,
        Some(text) => Some(parse_duration(text).ok_or_else(|| {
            usage(format!("--retain {text}: write whole weeks or days, such as 3653d; a year has no fixed length"))
        })?),
    };
    let summary = verified.summary().map_err(|damage| broken(path, &[damage]))?;
    let until = evidence::retain_until(summary.finished, verified.retention, asked, Timestamp::now())
        .map_err(|why| usage(why.to_string()))?;
    let nowhere = || usage(format!("{}: what it says of its run makes no key", path.display()));
    let place = Place::of(&summary, format).ok_or_else(nowhere)?;
    let name = place.bundle.rsplit('/').next().unwrap_or(&place.bundle).to_owned();
    let index = Index::of(&name, bytes, summary).write();
    let index = index.map_err(|error| Ended::new(Exit::Output, format!("{}: {error}", path.display())))?;
    Ok((place, index, until))
}

fn show(url: &str, kept: &Kept) -> String {
    let how = if kept.before { "was there already" } else { "written" };
    let read = match &kept.read {
        ReadBack::Whole(_) => "read back and verified".to_owned(),
        ReadBack::Checksum(gap) => {
            format!("not read back ({gap}): S3 says that it has its size and SHA-256 checksum")
        }
    };
    let version = &kept.version;
    format!("{url}\n  {how}, version {version}, locked until {}; {read}\n", kept.retain_until)
}

const _: () = assert!(LEAST_YEARS == 7, "the help of --retain says so");
