//! The waivers that need attention: expired, unused, close to expiry, or wider than the findings that they accept.
//!
//! This module must not know how waivers are matched.

use std::io::{self, Write};

use super::wording::{self, count};
use super::{Record, Report};
use crate::verify::{WaiverResult, WaiverState};

/// The list for the people who maintain the waivers.
pub(super) struct Waivers;

/// The report lists a waiver when it expires within this number of days.
pub(super) const SOON: i32 = 30;

impl Report for Waivers {
    fn name(&self) -> &'static str {
        "waivers"
    }

    fn file(&self) -> &'static str {
        "waivers.txt"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let all = &record.result.waivers;
        let concerned = all.iter().filter(|waiver| !concerns(waiver).is_empty()).count();
        let (suite, stage) = (wording::value(&record.run.suite), wording::value(&record.run.stage));
        let waivers = count(all.len(), "waiver", "waivers");
        writeln!(out, "{suite} on stage {stage}, {}: {waivers}, {concerned} to look at", record.result.evaluated_at)?;
        if let Some(note) = wording::not_aws(record.run) {
            writeln!(out, "This ran {note}.")?;
        }
        for (title, wanted) in LISTS {
            let found: Vec<&WaiverResult> = all.iter().filter(|waiver| concerns(waiver).contains(wanted)).collect();
            if found.is_empty() {
                continue;
            }
            writeln!(out, "\n{title}")?;
            for waiver in found {
                writeln!(out, "  {}", words(waiver, wanted))?;
            }
        }
        Ok(())
    }
}

/// The reason why a waiver needs attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    Expired,
    Mistaken,
    Unused,
    Expiring,
    Broad,
    Unknown,
}

const LISTS: &[(&str, &Concern)] = &[
    ("Expired: these waive nothing any more", &Concern::Expired),
    ("Mistaken: no resource has that name", &Concern::Mistaken),
    ("Unused: what they name is as expected; remove them", &Concern::Unused),
    ("Expire within 30 days", &Concern::Expiring),
    ("Wider than what they accept: what goes wrong there later is waived already", &Concern::Broad),
    ("Not known: not everything that they may name was seen", &Concern::Unknown),
];

fn concerns(waiver: &WaiverResult) -> Vec<Concern> {
    let of_state = match waiver.state {
        WaiverState::Expired => Some(Concern::Expired),
        WaiverState::MatchesNothing => Some(Concern::Mistaken),
        WaiverState::NotNeeded => Some(Concern::Unused),
        WaiverState::Unknown => Some(Concern::Unknown),
        WaiverState::Used => None,
    };
    let expiring = (waiver.state != WaiverState::Expired && waiver.days_left <= SOON).then_some(Concern::Expiring);
    let broad = (waiver.state == WaiverState::Used && waiver.named > waiver.findings).then_some(Concern::Broad);
    of_state.into_iter().chain(expiring).chain(broad).collect()
}

/// Returns the concerns about a waiver as text, for other reports.
pub(super) fn warnings(waiver: &WaiverResult) -> Vec<String> {
    let also = concerns(waiver).into_iter().filter_map(|concern| match concern {
        Concern::Expiring => Some(format!("expires within {SOON} days")),
        Concern::Broad => {
            let more = count(waiver.named - waiver.findings, "resource", "resources");
            Some(format!("wider than what it accepts: names {more} besides"))
        }
        _ => None,
    });
    wording::waiver_concern(waiver).into_iter().chain(also).collect()
}

fn words(waiver: &WaiverResult, concern: &Concern) -> String {
    let [id, owner, approver] = [&waiver.id, &waiver.owner, &waiver.approver].map(|text| wording::value(text));
    let ticket = waiver.ticket.as_ref().map(|ticket| format!(", {}", wording::value(ticket))).unwrap_or_default();
    let wide = match concern {
        Concern::Broad => {
            let more = count(waiver.named - waiver.findings, "resource", "resources");
            format!(" names {} besides {},", more, count(waiver.findings, "finding", "findings"))
        }
        _ => format!(" {},", count(waiver.findings, "finding", "findings")),
    };
    format!(
        "{id}:{wide} until {} ({}), owner {owner}, approved by {approver}{ticket}",
        waiver.expires,
        wording::days(waiver)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{MISTAKEN, Sample, groups, secrets};

    #[test]
    fn golden() {
        let mut sample = Sample::with(MISTAKEN, vec![secrets(&["bank/a"]), groups(&["/aws/lambda/pay"])]);
        for waiver in &mut sample.result.waivers {
            if waiver.id == "W-1" {
                (waiver.days_left, waiver.named) = (30, 14);
            }
        }
        insta::assert_snapshot!(sample.write(&Waivers));
    }

    #[test]
    fn a_waiver_that_does_its_work_is_no_concern() {
        let mut sample = Sample::new();
        sample.result.waivers.retain(|waiver| waiver.id == "W-1");
        assert!(sample.write(&Waivers).ends_with("1 waiver, 0 to look at\n"), "{}", sample.write(&Waivers));
        sample.result.waivers.iter_mut().for_each(|waiver| waiver.days_left = SOON);
        assert!(sample.write(&Waivers).contains("Expire within 30 days"));
    }
}
