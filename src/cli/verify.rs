//! `attestry verify`: is this evidence whole, does it give its verdicts again, and who signed it?

use std::path::PathBuf;

use jiff::Timestamp;

use super::probes::{find_kind, words};
use super::seal::broken;
use super::signing::trusted;
use super::{Ended, output, timestamp};
use attestry_core::evidence::timestamp::Authority;
use attestry_core::evidence::{self, PublicKey, Verified};
use attestry_core::source::printable;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Output directories of runs, or bundles. Several are a chain, oldest first: each must follow the one before it.
    #[arg(required = true)]
    evidence: Vec<PathBuf>,

    /// A public key that you trust, as PEM file: each piece of evidence must be signed by one of them.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,

    /// Certificates of a time-stamping authority that you trust, as PEM file: each piece of evidence must be time-stamped
    /// by an authority under one of them.
    #[arg(long, value_name = "CERTIFICATE")]
    tsa_cert: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    let keys = trusted(&args.key)?;
    let authorities = timestamp::trusted(&args.tsa_cert)?;
    let mut before: Option<Verified> = None;
    for path in &args.evidence {
        let verified = evidence::verify(path, words(), find_kind).map_err(|damage| broken(path, &damage))?;
        let signature = signature(&verified, &keys).map_err(|damage| broken(path, &[damage]))?;
        if let Some(before) = &before {
            verified.follows(before).map_err(|damage| broken(path, &[damage]))?;
        }
        let stamp = stamp(&verified, &authorities).map_err(|damage| broken(path, &[damage]))?;
        output::print(&show(&verified, &format!("{signature}{stamp}"), before.is_some()));
        output::print(&unchecked(&verified));
        // No damage: it counted when the run was made, or the verdicts say that it did not.
        for said in verified.said.iter().filter(|said| said.is_expired(Timestamp::now())) {
            output::print(&format!(
                "expired attestation: `{}` by {} counted until {}\n",
                plain(&said.id.value),
                plain(&said.owner),
                said.expires
            ));
        }
        before = Some(verified);
    }
    Ok(())
}

/// Evidence is hostile: what it says of itself does not reach a terminal as it is.
pub(super) fn plain(text: &str) -> String {
    printable(text, 200)
}

/// What there is to say about signatures. Only what was checked is called signed.
pub(super) fn signature(verified: &Verified, keys: &[PublicKey]) -> Result<String, evidence::Damage> {
    if keys.is_empty() {
        let named: Vec<&str> = verified.named().into_iter().collect();
        return Ok(match named.as_slice() {
            [] => "not signed: compare this digest with a copy that was kept elsewhere".to_owned(),
            named => {
                let named = plain(&named.join(", "));
                format!("signature not checked against a key you trust (--key); it names {named}")
            }
        });
    }
    Ok(format!("signed by {}: tamper-evident", verified.signed(keys)?.join(", ")))
}

/// What there is to say about a time stamp. Only what was checked is called timestamped.
fn stamp(verified: &Verified, authorities: &[Authority]) -> Result<String, evidence::Damage> {
    if !authorities.is_empty() {
        let time = verified.stamped(authorities)?;
        return Ok(format!("\ntimestamped {time} by an authority that you trust: the manifest is no younger"));
    }
    Ok(verified.stamp.as_ref().map_or_else(String::new, |stamp| {
        format!("\ntimestamp present, not checked against an authority you trust (--tsa-cert); it says {}", stamp.time)
    }))
}

/// What was not compared with the facts, file by file: only the version that wrote a report knows its bytes.
fn unchecked(verified: &Verified) -> String {
    let Some(of) = &verified.unchecked else { return String::new() };
    let line =
        |file: &String| format!("not checked against the facts: {}, written by {}\n", plain(file), plain(&of.tool));
    of.files.iter().map(line).collect()
}

/// Each line begins with words of ours, or with the id of a run, whose form is checked. What evidence says stands behind
/// them, on the same line: nobody can write a line that says "signed".
fn show(verified: &Verified, signature: &str, follows: bool) -> String {
    let link = &verified.link;
    let place = match &link.previous {
        None => "the first of its chain".to_owned(),
        Some(previous) if follows => {
            format!("number {} of its chain, after {} as given", link.sequence, plain(&previous.run))
        }
        Some(previous) => format!(
            "number {} of its chain, after {} (manifest sha256:{}), which was not given",
            link.sequence,
            plain(&previous.run),
            plain(&previous.manifest)
        ),
    };
    format!(
        "{}: {} files as in the manifest, {} verdicts the same again\n{place}\nmanifest sha256:{}\n{signature}\n",
        plain(&verified.run),
        verified.files,
        verified.result.tally().cases,
        verified.manifest
    )
}
