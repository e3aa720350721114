//! `iam.credential`: collector. AWS makes the report in the background, so the collector requests it until it is ready.
//! When AWS makes no new report, a report of the last four hours serves as well.
//!
//! This module must not know what is expected of credentials.

use crate::aws::{OrGap, gap_of};
use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_credential_report::GetCredentialReportOutput;
use jiff::Timestamp;

use super::KIND;
use super::report::rows;
use crate::aws::{AccountRegion, TOLERANCE, refused_with};
use crate::collect::{Collector, Listing};
use crate::kinds::support::convert::{malformed, time};
use attestry_core::facts::{Cause, Fact, Gap, Value};

/// The number of requests for the report, and the pause between two of them. Together they are about a minute, far more
/// than AWS ever takes.
const ATTEMPTS: u32 = 30;
const PAUSE: Duration = Duration::from_secs(2);

/// The time in seconds for which AWS returns the same report.
const YOUNG: i64 = 4 * 3600;

/// Reads credentials.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), &[]);

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let answer = report(&at.client(Client::new), at.logs.until).await?;
    let content = answer.content().ok_or_else(|| malformed("GetCredentialReport answers no report"))?;
    let text = std::str::from_utf8(content.as_ref()).map_err(|_| malformed("the credential report is not UTF-8"))?;
    let reported: Fact = time(answer.generated_time()).into();
    for row in rows(text)? {
        let text = |attribute: &str| match row.get(attribute) {
            Some(Fact::Known(Value::Text(text))) => Some(text.clone()),
            _ => None,
        };
        let (Some(arn), Some(name)) = (text("arn"), text("name")) else {
            return Err(malformed("a row of the credential report has no user"));
        };
        let resource = found.add(arn, name);
        resource.set("reported", reported.clone());
        for (attribute, fact) in row {
            resource.set(attribute, fact);
        }
    }
    Ok(())
}

/// Returns a new report. When AWS does not make one, it returns the report of the last four hours, which AWS would have
/// returned anyway. Each row has the time of the report.
async fn report(client: &Client, now: Timestamp) -> Result<GetCredentialReportOutput, Gap> {
    let Err(error) = client.generate_credential_report().send().await else { return made(client).await };
    let over_limit = refused_with(&error, &["LimitExceeded", "LimitExceededException"]);
    let gap = gap_of(error);
    if !over_limit && gap.cause != Cause::Denied {
        return Err(gap);
    }
    match client.get_credential_report().send().await {
        Ok(report) if is_young(&report, now) => Ok(report),
        _ => Err(gap),
    }
}

/// Returns whether AWS would still return this report. AWS makes at most one new report every four hours.
fn is_young(report: &GetCredentialReportOutput, now: Timestamp) -> bool {
    let Ok(Some(made)) = time(report.generated_time()) else { return false };
    let age = now.as_second() - made.as_second();
    (-TOLERANCE..=YOUNG).contains(&age)
}

async fn made(client: &Client) -> Result<GetCredentialReportOutput, Gap> {
    for attempt in 1..=ATTEMPTS {
        match client.get_credential_report().send().await {
            Ok(report) => return Ok(report),
            // The report expired at this moment, so the collector requests a new one.
            Err(error) if refused_with(&error, &["ReportExpired"]) && attempt < ATTEMPTS => {
                client.generate_credential_report().send().await.or_gap()?;
            }
            Err(error) if refused_with(&error, &["ReportInProgress", "ReportNotPresent"]) && attempt < ATTEMPTS => {}
            Err(error) if refused_with(&error, &["ReportInProgress", "ReportNotPresent", "ReportExpired"]) => {
                let gap = gap_of(error);
                return Err(gap.with_cause(Cause::TimedOut));
            }
            Err(error) => return Err(gap_of(error)),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Gap::new(Cause::TimedOut))
}
