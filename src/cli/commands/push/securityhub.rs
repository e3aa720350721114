//! `attestry push securityhub`: imports the findings of a run into AWS Security Hub CSPM.
//!
//! This module must not know how a request is made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::aws::securityhub::{MOST_BATCH, MOST_BYTES, MOST_FINDINGS, import};
use crate::aws::{AccountRegion, Backend, Link, Operations, Pace, Role, Target, open};
use crate::cli::support::output;
use crate::failure::Failure;
use crate::run::network;
use crate::trusted::trusted_keys;
use crate::vocabulary::{find_kind, vocabulary};
use attestry_core::evidence::search::signature_line;
use attestry_core::evidence::{self, PublicKey, Summary, Verified};
use attestry_core::report;
use attestry_core::source::printable;
use attestry_core::verify::Exit;

/// Arguments of `push securityhub`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The output directory of a run, or a bundle. It must contain the report `asff`.
    evidence: PathBuf,

    /// The evidence of an earlier run of the same suite and stage. The command archives the findings that only the earlier
    /// run has.
    #[arg(long, value_name = "EVIDENCE")]
    after: Option<PathBuf>,

    /// The account whose findings the command imports. It is needed only when the run covers several accounts.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,

    /// The role to assume in that account.
    #[arg(long, value_name = "ARN")]
    role: Option<String>,

    /// The profile of the AWS configuration files. Without it, the environment selects the credentials.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,

    /// Send requests to this URL instead of AWS.
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,

    /// A public key that you trust, as a PEM file. The evidence must have a signature by one of these keys.
    #[arg(long, value_name = "PUBLIC")]
    key: Vec<PathBuf>,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    network::check_url(args.endpoint.as_deref())?;
    let keys = trusted_keys(&args.key)?;
    let (summary, mut found) = read_findings(&args.evidence, &keys)?;
    if args.endpoint.is_none() && summary.backend != "aws" && !summary.backend.starts_with("aws ") {
        let from = printable(&summary.backend, 200);
        return Err(Failure::new(
            Exit::Usage,
            format!("the backend of this run is {from}: only findings from AWS go to Security Hub"),
        ));
    }
    let account = account(args, &summary.accounts)?;
    if let Some(path) = &args.after {
        let (before, earlier) = read_findings(path, &keys)?;
        if (&before.suite, &before.stage) != (&summary.suite, &summary.stage) || before.started >= summary.started {
            let why = format!("{} is no earlier run of the same suite and stage", path.display());
            return Err(Failure::new(Exit::Usage, why));
        }
        let gone = gone(earlier, &found, &summary);
        found.extend(gone);
    }
    let (by_region, mut refused) = by_region(found, &account);
    if by_region.is_empty() && refused == 0 {
        return Err(Failure::new(Exit::Nothing, format!("the run has no finding in account {account}")));
    }
    let places = places(args, &account, by_region.keys().cloned().collect()).await?;
    let mut taken = 0;
    for (region, findings) in &by_region {
        let Some(at) = places.iter().find(|at| *at.region == **region) else { continue };
        for batch in batches(findings) {
            match import(at, batch).await {
                Ok(answer) => {
                    taken += answer.success_count;
                    refused += answer.failed_findings.len();
                    for failed in &answer.failed_findings {
                        let why = printable(&format!("{}: {}", failed.error_code, failed.error_message), 500);
                        output::message(&format!(
                            "error: not imported in {region}: {}: {why}",
                            printable(&failed.id, 512)
                        ));
                    }
                    let answered = answer.success_count + answer.failed_findings.len();
                    if answered != batch.len() {
                        refused += batch.len().abs_diff(answered);
                        let of = batch.len();
                        output::message(&format!(
                            "error: Security Hub in {region} answered for {answered} findings out of {of}"
                        ));
                    }
                }
                Err(gap) => {
                    refused += batch.len();
                    let (of, why) = (batch.len(), printable(&gap.message, 500));
                    output::message(&format!("error: {of} findings not imported in {region}: {gap}: {why}"));
                }
            }
        }
    }
    output::print(&format!("{taken} findings imported, {refused} not\n"));
    if refused == 0 { Ok(()) } else { Err(Failure::new(Exit::Output, format!("{refused} findings were not imported"))) }
}

/// Returns the summary and the findings of verified evidence.
fn read_findings(path: &Path, keys: &[PublicKey]) -> Result<(Summary, Vec<Value>), Failure> {
    let verified = evidence::verify_holding(path, &|path| path == report_file(), vocabulary(), find_kind)
        .map_err(|damage| Failure::of_damage(path, &damage))?;
    signature_line(&verified, keys).map_err(|damage| Failure::of_damage(path, &[damage]))?;
    if let Some(unchecked) = verified.unchecked.as_ref().filter(|it| it.files.iter().any(|it| it == report_file())) {
        let by = printable(&unchecked.tool, 200);
        output::message(&format!("warning: {} is not checked against the facts: written by {by}", report_file()));
    }
    let summary = verified.summary().map_err(|damage| Failure::of_damage(path, &[damage]))?;
    Ok((summary, findings(&verified)?))
}

/// Returns the findings that only the earlier run has, in the archived state. A finding is included only when the run
/// completely evaluated its case again.
fn gone(earlier: Vec<Value>, now: &[Value], run: &Summary) -> Vec<Value> {
    let ids: BTreeSet<&str> = now.iter().map(|it| text(it, "/Id")).collect();
    let blind = now.iter().filter(|it| text(it, "/ProductFields/attestry~1verdict") == "not_evaluated");
    let blind: BTreeSet<&str> = blind.map(|it| text(it, "/GeneratorId")).collect();
    let judged = |case: &str| !blind.contains(case) && run.cases.iter().any(|it| it.id == case);
    let gone = earlier.into_iter().filter(|it| !ids.contains(text(it, "/Id")) && judged(text(it, "/GeneratorId")));
    gone.map(|mut finding| {
        if let Some(members) = finding.as_object_mut() {
            members.insert("RecordState".to_owned(), "ARCHIVED".into());
            members.insert("UpdatedAt".to_owned(), run.finished.to_string().into());
        }
        finding
    })
    .collect()
}

fn text<'a>(finding: &'a Value, pointer: &str) -> &'a str {
    finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the account whose findings are imported.
fn account(args: &Args, of: &[String]) -> Result<String, Failure> {
    let usage = |why: String| Err(Failure::new(Exit::Usage, why));
    match (&args.account, of) {
        (Some(account), _) if of.contains(account) => Ok(account.clone()),
        (Some(account), _) => usage(format!("the run does not cover account {account}, but {}", of.join(", "))),
        (None, [account]) => Ok(account.clone()),
        (None, _) => usage(format!("name one --account: the run covers {}", of.join(", "))),
    }
}

/// Returns the file of the report for Security Hub.
fn report_file() -> &'static str {
    report::find("asff").map_or("findings.asff.json", |report| report.file())
}

/// Returns the findings of the report for Security Hub.
fn findings(of: &Verified) -> Result<Vec<Value>, Failure> {
    let file = report_file();
    let lacks = |why: String| Failure::new(Exit::Output, format!("{file}: {why}"));
    let bytes =
        of.contents.get(file).ok_or_else(|| lacks("not in this evidence; `run` without --report writes it".into()))?;
    serde_json::from_slice(bytes).map_err(|error| lacks(error.to_string()))
}

/// Returns the findings of the account by Region, and the number of findings that do not fit into a request.
fn by_region(findings: Vec<Value>, account: &str) -> (BTreeMap<String, Vec<Value>>, usize) {
    let (mut by_region, mut refused): (BTreeMap<String, Vec<Value>>, usize) = (BTreeMap::new(), 0);
    for finding in findings {
        if text(&finding, "/AwsAccountId") != account {
            continue;
        }
        let (region, size) = (text(&finding, "/Region").to_owned(), size(&finding));
        let id = printable(text(&finding, "/Id"), 512);
        let why = if !is_region(&region) {
            Some("it names no Region".to_owned())
        } else if size > MOST_BYTES {
            Some(format!("it has {size} bytes, and the limit of Security Hub is {MOST_BYTES}"))
        } else {
            None
        };
        match why {
            Some(why) => {
                output::message(&format!("error: not imported: {id}: {why}"));
                refused += 1;
            }
            None => by_region.entry(region).or_default().push(finding),
        }
    }
    (by_region, refused)
}

/// Returns whether a text can be a Region. A Region becomes a part of a host name.
fn is_region(text: &str) -> bool {
    let of = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&text.len()) && text.chars().all(of)
}

fn size(finding: &Value) -> usize {
    finding.to_string().len()
}

/// Divides the findings into as few requests as Security Hub allows.
fn batches(findings: &[Value]) -> Vec<&[Value]> {
    let mut batches = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, finding) in findings.iter().enumerate() {
        let more = size(finding) + 1;
        if index - start == MOST_FINDINGS || (bytes + more > MOST_BATCH && index > start) {
            batches.extend(findings.get(start..index));
            (start, bytes) = (index, 0);
        }
        bytes += more;
    }
    batches.extend(findings.get(start..).filter(|rest| !rest.is_empty()));
    batches
}

/// Opens the account, and returns it in each of these Regions. Another account gets no request.
async fn places(args: &Args, account: &str, regions: Vec<String>) -> Result<Vec<Arc<AccountRegion>>, Failure> {
    let target = Target {
        account: account.to_owned(),
        regions,
        profile: args.profile.clone(),
        role: args.role.clone().map(|arn| Role { arn, external_id: None }),
        backend: args.endpoint.clone().map_or(Backend::Aws, Backend::Endpoint),
        recordings: Vec::new(),
    };
    let session = open(&target, &Link::new(Pace::by_quota(&Operations::new([])))).await.map_err(|refusal| {
        let exit = if refusal.is_usage() { Exit::Usage } else { Exit::Output };
        Failure::new(exit, format!("{refusal}\n  help: {}", refusal.help()))
    })?;
    Ok(session.places())
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use attestry_core::evidence::Covered;
    use serde_json::json;

    fn finding(id: usize, region: &str, bytes: usize) -> Value {
        json!({ "Id": id.to_string(), "AwsAccountId": "1", "Region": region, "Description": "x".repeat(bytes) })
    }

    #[test]
    fn a_batch_has_at_most_a_hundred_findings_and_six_megabytes() {
        let small: Vec<Value> = (0..250).map(|id| finding(id, "eu-west-1", 10)).collect();
        let sizes = |findings: &[Value]| batches(findings).iter().map(|batch| batch.len()).collect::<Vec<_>>();
        assert_eq!(sizes(&small), [100, 100, 50]);
        assert_eq!(sizes(&small[..100]), [100]);
        assert_eq!(sizes(&[]), [0_usize; 0]);
        let large: Vec<Value> = (0..60).map(|id| finding(id, "eu-west-1", MOST_BYTES - 200)).collect();
        for batch in batches(&large) {
            assert!(json!({ "Findings": batch }).to_string().len() <= 6 << 20);
        }
        assert_eq!(sizes(&large).iter().sum::<usize>(), 60);
        assert!(sizes(&large).len() == 3, "{:?}", sizes(&large));
    }

    #[test]
    fn only_what_was_judged_again_is_gone() {
        let of = |id: &str, case: &str, verdict: &str| {
            json!({ "Id": id, "GeneratorId": case, "RecordState": "ACTIVE", "UpdatedAt": "then",
                    "ProductFields": { "attestry/verdict": verdict } })
        };
        let case = |id: &str| Covered { id: id.into(), ..Covered::default() };
        let run = Summary { cases: vec![case("A/seen"), case("A/blind")], ..Summary::default() };
        let earlier = ["A/seen", "A/blind", "A/not-selected"].map(|case| of(case, case, "violated"));
        let still = of("still", "A/seen", "violated");
        let now = [still.clone(), of("x", "A/seen", "violated"), of("y", "A/blind", "not_evaluated")];
        let gone = gone(earlier.into_iter().chain([still]).collect(), &now, &run);
        let told: Vec<_> = gone.iter().map(|it| (text(it, "/Id"), text(it, "/RecordState"))).collect();
        assert_eq!(told, [("A/seen", "ARCHIVED")]);
        assert_eq!(text(&gone[0], "/UpdatedAt"), run.finished.to_string());
    }

    #[test]
    fn what_no_request_can_hold_is_counted() {
        let found =
            vec![finding(1, "eu-west-1", 1), finding(2, "evil.example/", 1), finding(3, "eu-west-1", MOST_BYTES)];
        let (by_region, refused) = by_region(found, "1");
        assert_eq!((by_region.len(), by_region.get("eu-west-1").map(Vec::len), refused), (1, Some(1), 2));
    }
}
