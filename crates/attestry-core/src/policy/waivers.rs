//! Waivers: the accepted violations, each with its approver, its reason and its last day.
//!
//! This module must not know verdicts. `verify` checks whether a waiver covers a violation.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::policies::identifier;
use super::{Account, Selector, Stage, Suite, regions};
use crate::facts::GLOBAL;
use crate::facts::redact::REDACTED;
use crate::matchers::Glob;
use crate::source::{Diagnostic, Diagnostics, Node, Span, Spanned, Table};

/// One accepted violation.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// The id.
    pub id: Spanned<String>,
    /// The cases that the waiver covers.
    pub case: Spanned<String>,
    /// The pattern of the names or ids of the resources that the waiver covers. Without it, the waiver covers the
    /// findings about the population of that one case, such as "no resource of the kind exists".
    pub resource: Option<Spanned<String>>,
    /// The account of the waiver. `None` means any account.
    pub account: Option<String>,
    /// The Region of the waiver. `None` means any Region.
    pub region: Option<String>,
    /// The stages of the waiver. An empty list means any stage.
    pub stages: Vec<Spanned<String>>,
    /// The person who must correct the violation.
    pub owner: String,
    /// The person who accepted the violation.
    pub approver: String,
    /// The reason for the acceptance.
    pub reason: String,
    /// The place of the record about the acceptance.
    pub ticket: Option<String>,
    /// The last day of the waiver, UTC.
    pub expires: Date,
    /// The place of the waiver in its file.
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
        let resource = read_resource(node, &mut table, case.as_ref(), sink);
        let mut need = |key| table.need(key, sink).and_then(|node| said(node, &format!("`{key}`"), sink));
        let (owner, approver, reason) = (need("owner"), need("approver"), need("reason"));
        let mut take = |key| table.take(key).and_then(|node| node.text(&format!("`{key}`"), sink)).map(|it| it.value);
        let ticket = take("ticket");
        let account = table.take("account").map(|node| Account::read_id(node, sink).map(|it| it.value));
        let region = table.take("region").map(|node| read_region(node, sink));
        let stages = table.take("stages").and_then(|node| read_stages(node, sink)).unwrap_or_default();
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

    /// Whether the waiver is for this stage.
    #[must_use]
    pub fn is_for_stage(&self, stage: &str) -> bool {
        self.stages.is_empty() || self.stages.iter().any(|name| name.value == stage)
    }

    /// Whether the waiver can apply in this stage, because of its stages, its account and its Region.
    #[must_use]
    pub fn reaches(&self, stage: &Stage) -> bool {
        let account = |only: &str| stage.accounts.iter().any(|account| account.id.value == only);
        let region = |only: &str| only == GLOBAL || stage.regions.iter().any(|region| region.value == only);
        self.is_for_stage(&stage.name.value)
            && self.account.as_deref().is_none_or(account)
            && self.region.as_deref().is_none_or(region)
    }

    /// Whether the waiver has expired. On the day of expiry in UTC, the waiver is still valid.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.expires
    }

    /// Whether the waiver covers this case and resource. `names` are the name and the id of the resource. The list is
    /// empty for a finding about the population itself, and no pattern of names covers such a finding.
    #[must_use]
    pub fn covers(&self, case_id: &str, names: &[&str], account: &str, region: &str) -> bool {
        let named = match &self.resource {
            Some(resource) => {
                let glob = Glob::new(&resource.value);
                Selector::new(&self.case.value).covers(case_id) && names.iter().any(|name| is_covered(&glob, name))
            }
            None => self.case.value == case_id && names.is_empty(),
        };
        named
            && self.account.as_deref().is_none_or(|only| only == account)
            && self.region.as_deref().is_none_or(|only| only == region)
    }
}

/// A placeholder for each withheld letter. No pattern contains it.
const ANY_LETTER: &str = "\u{1}";

/// Whether a pattern covers a name. A withheld part of a name is unknown, so the pattern must cover the name for every
/// possible content of that part.
fn is_covered(pattern: &Glob, name: &str) -> bool {
    let Some((before, rest)) = name.split_once(REDACTED) else { return pattern.is_match(name) };
    let after = rest.rsplit_once(REDACTED).map_or(rest, |(_, after)| after);
    // Attestry adds a number to distinguish names that look alike. The real name may lack this number.
    let numbered = |(_, number): (&str, &str)| number.bytes().all(|byte| byte.is_ascii_digit());
    let after = if after.rsplit_once('#').is_some_and(numbered) { "" } else { after };
    // When the pattern matches at all these lengths of the withheld part, a `*` covers that part, so the pattern
    // matches at any length.
    let of = |length| pattern.is_match(&format!("{before}{}{after}", ANY_LETTER.repeat(length)));
    !pattern.as_str().contains(ANY_LETTER) && (0..=pattern.as_str().len() + 1).all(of)
}

/// Reads the target of a waiver: either resources, or the population of a case.
fn read_resource(
    waiver: &Node,
    table: &mut Table<'_>,
    case: Option<&Spanned<String>>,
    sink: &mut Diagnostics,
) -> Option<Option<Spanned<String>>> {
    let population = table.take("population").map(|node| (node.span, node.boolean("`population`", sink)));
    let resource = table.take("resource").map(|node| (node.span, said(node, "`resource`", sink)));
    match (resource, population) {
        (Some((_, resource)), None) => {
            let resource = resource?;
            if let Some(case) = case.filter(|case| is_anything(&case.value) && is_anything(&resource.value)) {
                let error =
                    Diagnostic::error("waives-everything", resource.span, "this waives every case for everything");
                sink.push(
                    error.related(case.span, "every case").help("name the case, or the resource, that is accepted"),
                );
            }
            Some(Some(resource))
        }
        (None, Some((span, on))) => {
            if !on?.value {
                let error = Diagnostic::error("resource-or-population", span, "`population` is `true`, or is left out");
                sink.push(error);
                return None;
            }
            if let Some(case) = case.filter(|case| !is_exact(&case.value)) {
                let message = format!("`{}` is no name of one case", case.value);
                let error =
                    Diagnostic::error("population-by-pattern", case.span, message).related(span, "so this is refused");
                sink.push(error.help("that there is nothing of a kind is accepted case by case: POLICY/case"));
            }
            Some(None)
        }
        (resource, _) => {
            let message = "a waiver has either a `resource` or `population: true`";
            let span = resource.map_or(waiver.span, |(span, _)| span);
            sink.push(Diagnostic::error("resource-or-population", span, message));
            None
        }
    }
}

/// Whether a pattern only means "any name" or "any ARN".
fn is_anything(pattern: &str) -> bool {
    let parts = pattern.split(|char: char| !char.is_alphanumeric());
    pattern.contains(['*', '?']) && parts.into_iter().all(|part| ["", "arn", "aws"].contains(&part))
}

/// Whether the text is the id of one case and contains no pattern.
fn is_exact(case: &str) -> bool {
    case.contains('/') && !case.contains(['*', '?'])
}

fn read_stages(node: &Node, sink: &mut Diagnostics) -> Option<Vec<Spanned<String>>> {
    let stages = node.texts("`stages`", sink)?;
    if stages.is_empty() {
        let error = Diagnostic::error("waiver-for-no-stage", node.span, "a waiver for no stage waives nothing");
        sink.push(error.help("name the stages, or leave `stages` out for all of them"));
        return None;
    }
    Some(stages)
}

fn read_region(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = node.text("`region`", sink)?;
    (text.value == GLOBAL || regions::check(&text, sink)).then_some(text.value)
}

/// Reads a text that must not be empty. A waiver without an owner or a reason is no waiver.
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
    // jiff also reads longer forms, but the date of a waiver is exactly one day.
    let date = (text.value.len() == 10).then(|| text.value.parse::<Date>().ok()).flatten();
    if date.is_none() {
        let message = format!("`{}` is not a date", text.value);
        sink.push(Diagnostic::error("bad-date", text.span, message).help("write the last day that counts: 2027-01-31"));
    }
    date
}

/// Checks that the waivers in all files of a suite have different ids.
pub(super) fn check_ids(waivers: &[Waiver], sink: &mut Diagnostics) {
    for (index, waiver) in waivers.iter().enumerate() {
        if let Some(first) = waivers.iter().take(index).find(|first| first.id.value == waiver.id.value) {
            let message = format!("waiver `{}` twice", waiver.id.value);
            sink.push(Diagnostic::error("duplicate-id", waiver.id.span, message).related(first.id.span, "first here"));
        }
    }
}

/// The largest number of years until the approver must accept the violation again.
const YEARS: i16 = 5;

/// Reports the waivers whose end is too far away. The function runs at the start of a run and in a check of a suite. It
/// does not run when evidence is judged again.
pub fn check_expiries(suites: &[Suite], now: Timestamp, sink: &mut Diagnostics) {
    let last = now.to_zoned(TimeZone::UTC).date().year().saturating_add(YEARS);
    for waiver in suites.iter().flat_map(|suite| &suite.waivers).filter(|waiver| waiver.expires.year() > last) {
        let message = format!("waiver `{}` ends on {}, which is no end", waiver.id.value, waiver.expires);
        let error = Diagnostic::error("waiver-without-end", waiver.span, message);
        sink.push(error.help(format!("a waiver ends within {YEARS} years; then somebody accepts it again")));
    }
}
