//! `attestry verify`: checks that evidence is intact, confirms its verdicts, and checks signatures.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::cli::support::output;
use crate::cli::support::terminal_text;
use crate::failure::Failure;
use crate::trusted::{trusted_authorities, trusted_keys};
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::search::signature_line;
use attestry_core::evidence::timestamp::Authority;
use attestry_core::evidence::{self, Verified};

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Output directories of runs, or bundles. Several runs form a chain. Name the oldest first: each run
    /// must follow the run before it.
    #[arg(required = true)]
    evidence: Vec<PathBuf>,

    /// A public key that you trust, as a PEM file. Each piece of evidence must have a signature by one of these keys.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,

    /// The certificates of a time-stamping authority that you trust, as a PEM file. Each piece of evidence must have a
    /// time stamp by an authority under one of these certificates.
    #[arg(long, value_name = "CERTIFICATE")]
    tsa_cert: Vec<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let keys = trusted_keys(&args.key)?;
    let authorities = trusted_authorities(&args.tsa_cert)?;
    let mut before: Option<Verified> = None;
    for path in &args.evidence {
        let verified =
            evidence::verify(path, vocabulary(), find_kind).map_err(|damage| Failure::of_damage(path, &damage))?;
        let signature = signature_line(&verified, &keys).map_err(|damage| Failure::of_damage(path, &[damage]))?;
        if let Some(before) = &before {
            verified.follows(before).map_err(|damage| Failure::of_damage(path, &[damage]))?;
        }
        let stamp = stamp(&verified, &authorities).map_err(|damage| Failure::of_damage(path, &[damage]))?;
        output::print(&show(&verified, &format!("{signature}{stamp}"), before.is_some()));
        output::print(&unchecked(&verified));
        // An expired attestation is no damage. The verdicts already contain its state at the time of the run.
        for said in verified.said.iter().filter(|said| said.is_expired(Timestamp::now())) {
            output::print(&format!(
                "expired attestation: `{}` by {} counted until {}\n",
                terminal_text(&said.id.value),
                terminal_text(&said.owner),
                said.expires
            ));
        }
        before = Some(verified);
    }
    Ok(())
}

/// Returns the line about a time stamp. The word "timestamped" is only used for a checked time stamp.
fn stamp(verified: &Verified, authorities: &[Authority]) -> Result<String, evidence::Damage> {
    if !authorities.is_empty() {
        let time = verified.stamped(authorities)?;
        return Ok(format!("\ntimestamped {time} by an authority that you trust: the manifest is no younger"));
    }
    Ok(verified.stamp.as_ref().map_or_else(String::new, |stamp| {
        format!(
            "\ntimestamp present, not checked against an authority you trust (--tsa-cert); its time is {}",
            stamp.time
        )
    }))
}

/// Returns a line for each file that was not compared with the facts. Only the version that wrote a report can
/// reproduce its bytes.
fn unchecked(verified: &Verified) -> String {
    let Some(of) = &verified.unchecked else { return String::new() };
    let line = |file: &String| {
        format!("not checked against the facts: {}, written by {}\n", terminal_text(file), terminal_text(&of.tool))
    };
    of.files.iter().map(line).collect()
}

/// Returns the result as a text. Each line begins with fixed words or with the checked id of a run. Texts of the
/// evidence follow on the same line, so that evidence cannot forge a line such as "signed".
fn show(verified: &Verified, signature: &str, follows: bool) -> String {
    let link = &verified.link;
    let place = match &link.previous {
        None => "the first of its chain".to_owned(),
        Some(previous) if follows => {
            format!(
                "number {} of its chain, after {}, which is the argument before it",
                link.sequence,
                terminal_text(&previous.run)
            )
        }
        Some(previous) => format!(
            "number {} of its chain, after {} (manifest sha256:{}), which is not among the arguments",
            link.sequence,
            terminal_text(&previous.run),
            terminal_text(&previous.manifest)
        ),
    };
    format!(
        "{}: {} files as in the manifest, {} verdicts confirmed\n{place}\nmanifest sha256:{}\n{signature}\n",
        terminal_text(&verified.run),
        verified.files,
        verified.result.tally().cases,
        verified.manifest
    )
}
