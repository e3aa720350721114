//! The findings of a run, one by one, for reports that are lists. A finding is a resource that needs attention, a list
//! that is incomplete, or a case that has neither
//! such a resource nor such a list.
//!
//! This module must not know any report format.

use sha2::{Digest, Sha256};

use super::Record;
use super::wording::{self, count};
use crate::verify::{CaseResult, ResourceResult, ResourceVerdict, Run};

/// One finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding<'a> {
    /// The case.
    pub(super) case: &'a CaseResult,
    /// The resource, or `None` when the finding is about the complete case.
    pub(super) resource: Option<&'a ResourceResult>,
    /// The verdict on the resource or the case.
    pub(super) verdict: ResourceVerdict,
}

/// Returns all findings of a run, in the order of its cases.
pub(super) fn all<'a>(record: &Record<'a>) -> impl Iterator<Item = Finding<'a>> + use<'a> {
    record.result.cases.iter().flat_map(|case| {
        let of = |resource: &'a ResourceResult| Finding { case, resource: Some(resource), verdict: resource.verdict };
        let of_case = |verdict| Finding { case, resource: None, verdict };
        let resources = case.with(ResourceVerdict::ATTENTION).map(of);
        // The missing resources of an incomplete list are in no result, but the report must show the gap.
        let open = (!case.coverage.enumerated).then(|| of_case(ResourceVerdict::NotEvaluated));
        let quiet = case.with(ResourceVerdict::ATTENTION).next().is_none() && open.is_none();
        open.into_iter().chain(resources).chain(quiet.then(|| of_case(case.verdict.without_proof())))
    })
}

impl Finding<'_> {
    /// Returns the id of the finding. It stays the same from run to run while the case and the resource stay the same.
    /// The id of a complete case also depends on the suite and the stage.
    pub(super) fn id(&self, run: &Run) -> String {
        match self.resource {
            Some(resource) if !resource.finding.is_empty() => resource.finding.clone(),
            _ => short(&["attestry-case-1", &run.suite, &run.stage, &self.case.case.id]),
        }
    }

    /// Returns the description of the finding, on one line.
    pub(super) fn says(&self, run: &Run) -> String {
        let Some(resource) = self.resource else { return self.describe_case() };
        let name = wording::resource(run, resource);
        match self.verdict {
            ResourceVerdict::NotEvaluated => {
                let mut why: Vec<String> = resource.gaps.iter().map(|gap| wording::gap(gap)).collect();
                if !resource.reason.is_empty() {
                    why.insert(0, wording::value(&resource.reason));
                }
                format!("{name}: not evaluated: {}", why.join("; "))
            }
            _ => format!("{name}: {}", wording::reasons(resource)),
        }
    }

    fn describe_case(&self) -> String {
        let coverage = wording::coverage(self.case);
        match self.verdict {
            ResourceVerdict::Met => {
                let absent = wording::met_by_absence(self.case);
                absent.map_or_else(|| format!("{coverage} as expected"), str::to_owned)
            }
            ResourceVerdict::NotApplicable => wording::not_applicable(self.case),
            ResourceVerdict::NotEvaluated => {
                let gaps: Vec<String> = self.case.gaps.iter().take(3).map(|gap| wording::gap(gap)).collect();
                let lists = count(self.case.gaps.len().max(1), "list was", "lists were");
                format!("{coverage} seen, and {lists} not seen to the end: {}", gaps.join("; "))
            }
            _ => format!("no {} where something must exist", self.case.case.kind.plural),
        }
    }

    /// Returns the account of the resource, or the first account of the run.
    pub(super) fn account<'a>(&'a self, run: &'a Run) -> &'a str {
        let of_resource = self.resource.map(|resource| &*resource.account).filter(|account| !account.is_empty());
        of_resource.or_else(|| Some(run.callers.first()?.account.as_str())).unwrap_or_default()
    }

    /// Returns the Region of the resource, or the first Region of the run.
    pub(super) fn region<'a>(&'a self, run: &'a Run) -> &'a str {
        let of_resource = self.resource.map(|resource| &*resource.region);
        let real = of_resource.filter(|region| !region.is_empty() && *region != "aws-global");
        real.or_else(|| run.regions.first().map(String::as_str)).unwrap_or_default()
    }
}

/// Returns the first eight bytes of a digest over the parts, in hexadecimal. The ids of findings have this length.
pub(super) fn short(parts: &[&str]) -> String {
    digest(parts).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the SHA-256 digest over the parts. Two different lists of parts never give the same input to the hash.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}
