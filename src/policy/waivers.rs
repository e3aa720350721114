//! Waivers: who accepted which violation, why, and until when.
//!
//! Must not know verdicts; `verify` asks whether a waiver covers one.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::policies::identifier;
use super::{Account, Selector, Stage, regions};
use crate::matchers::Glob;
use crate::source::{Diagnostic, Diagnostics, Node, Span, Spanned, Table};

/// One accepted violation.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Id.
    pub id: Spanned<String>,
    /// Cases that it covers.
    pub case: Spanned<String>,
    /// Names or ids of the resources that it covers, as a pattern.
    pub resource: Spanned<String>,
    /// Account that it is for; none means any.
    pub account: Option<String>,
    /// Region that it is for; none means any.
    pub region: Option<String>,
    /// Stages that it is for; empty means any.
    pub stages: Vec<Spanned<String>>,
    /// Who must mend it.
    pub owner: String,
    /// Who accepted it.
    pub approver: String,
    /// Why it is accepted.
    pub reason: String,
    /// Where that is recorded.
    pub ticket: Option<String>,
    /// The last day on which it waives, UTC.
    pub expires: Date,
    /// Where it is written.
    pub span: Span,
}

impl Waiver {
    /// Reads a waiver file: `waivers:` with a list.
    pub(super) fn read_all(node: &Node, sink: &mut Diagnostics) -> Vec<Self> {
        let Some(mut table) = Table::new(node, "a waiver file", sink) else { return Vec::new() };
        let list = table.need("waivers", sink).and_then(|node| node.sequence("`waivers`", sink));
        table.finish(sink);
        list.unwrap_or_default().iter().filter_map(|node| Self::read(node, sink)).collect()
    }

    fn read(node: &Node, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "a waiver", sink)?;
        let id = table.need("id", sink).and_then(|node| identifier(node, "`id`", sink));
        let case = table.need("case", sink).and_then(|node| node.text("`case`", sink));
        let mut need = |key| table.need(key, sink).and_then(|node| said(node, &format!("`{key}`"), sink));
        let resource = need("resource");
        let (owner, approver, reason) = (need("owner"), need("approver"), need("reason"));
        let mut take = |key| table.take(key).and_then(|node| node.text(&format!("`{key}`"), sink)).map(|it| it.value);
        let ticket = take("ticket");
        let account = table.take("account").map(|node| Account::read_id(node, sink).map(|it| it.value));
        let region = table.take("region").map(|node| read_region(node, sink));
        let stages = table.take("stages").and_then(|node| node.texts("`stages`", sink)).unwrap_or_default();
        let expires = table.need("expires", sink).and_then(|node| read_date(node, sink));
        table.finish(sink);
        Some(Self {
            id: id?,
            case: case?,
            resource: resource?,
            account: account.map_or(Some(None), |it| it.map(Some))?,
            region: region.map_or(Some(None), |it| it.map(Some))?,
            stages,
            owner: owner?.value,
            approver: approver?.value,
            reason: reason?.value,
            ticket,
            expires: expires?,
            span: node.span,
        })
    }

    /// Whether it waives in this stage at all.
    #[must_use]
    pub fn is_for_stage(&self, stage: &str) -> bool {
        self.stages.is_empty() || self.stages.iter().any(|name| name.value == stage)
    }

    /// Whether there is anything in this stage that it can be for: stage, account and Region.
    #[must_use]
    pub fn reaches(&self, stage: &Stage) -> bool {
        let account = |only: &str| stage.accounts.iter().any(|account| account.id.value == only);
        let region = |only: &str| only == GLOBAL || stage.regions.iter().any(|region| region.value == only);
        self.is_for_stage(&stage.name.value)
            && self.account.as_deref().is_none_or(account)
            && self.region.as_deref().is_none_or(region)
    }

    /// Whether it has lapsed: the day of expiry is the last one on which it counts, in UTC.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.expires
    }

    /// Whether it names this case and resource. `names` are the resource's name and id.
    #[must_use]
    pub fn covers(&self, case_id: &str, names: &[&str], account: &str, region: &str) -> bool {
        let glob = Glob::new(&self.resource.value);
        Selector::new(&self.case.value).covers(case_id)
            && names.iter().any(|name| glob.is_match(name))
            && self.account.as_deref().is_none_or(|only| only == account)
            && self.region.as_deref().is_none_or(|only| only == region)
    }
}

/// The Region of kinds that have one population per account.
const GLOBAL: &str = "aws-global";

fn read_region(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = node.text("`region`", sink)?;
    (text.value == GLOBAL || regions::check(&text, sink)).then_some(text.value)
}

/// Text that says something: a waiver without owner or reason is none.
pub(super) fn said(node: &Node, what: &str, sink: &mut Diagnostics) -> Option<Spanned<String>> {
    let text = node.text(what, sink)?;
    if text.value.trim().is_empty() {
        sink.push(Diagnostic::error("empty-text", text.span, format!("{what} says nothing")));
        return None;
    }
    Some(text)
}

pub(super) fn read_date(node: &Node, sink: &mut Diagnostics) -> Option<Date> {
    let text = node.text("`expires`", sink)?;
    // jiff also reads longer forms; a waiver's date is one day and nothing else.
    let date = (text.value.len() == 10).then(|| text.value.parse::<Date>().ok()).flatten();
    if date.is_none() {
        let message = format!("`{}` is not a date", text.value);
        sink.push(Diagnostic::error("bad-date", text.span, message).help("write the last day that counts: 2027-01-31"));
    }
    date
}

/// Waivers of all files of a suite must have different ids.
pub(super) fn check_ids(waivers: &[Waiver], sink: &mut Diagnostics) {
    for (index, waiver) in waivers.iter().enumerate() {
        if let Some(first) = waivers.iter().take(index).find(|first| first.id.value == waiver.id.value) {
            let message = format!("waiver `{}` twice", waiver.id.value);
            sink.push(Diagnostic::error("duplicate-id", waiver.id.span, message).related(first.id.span, "first here"));
        }
    }
}
