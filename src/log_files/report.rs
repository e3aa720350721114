//! The report of a sweep: the findings and the texts that were not examined, without any secret.
//!
//! This module must not know how files are read. Names of files, secrets and errors are hostile input. A part that
//! looks like a secret is masked at its place, so that one line of a log never prevents the whole report.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::failure::Failure;
use attestry_core::source::printable;
use attestry_core::verify::{Exit, Reason, ResourceVerdict};
use attestry_logs::{Coverage, Engine, Finding, Found, Unsearchable, What};

/// The beginning of a report. It identifies an earlier report.
pub(crate) const START: &str = "{\n  \"report\": \"attestry logs\"";
/// The limit of a shown name, in characters.
const SHOWN: usize = 1000;
const MASK: &str = "****";

/// The result of a sweep.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The mark of a report.
    pub(crate) report: &'static str,
    pub(crate) searched: Searched,
    pub(crate) coverage: Coverage,
    /// The number of links to files that the sweep reads by another path.
    pub(crate) links: u64,
    pub(crate) not_searchable: Vec<NotSearchable>,
    pub(crate) findings: Vec<Finding>,
    /// The number of hits beyond the limit of findings.
    pub(crate) more: u64,
}

#[derive(Debug, Serialize)]
pub(crate) struct Searched {
    pub(crate) rules: usize,
    pub(crate) values: usize,
    pub(crate) forms: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct NotSearchable {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) path: String,
    pub(crate) why: Unsearchable,
}

/// Masks every text that a sweep would find.
pub(crate) struct Masks<'a> {
    engine: &'a Engine,
    known: HashMap<String, String>,
}

impl<'a> Masks<'a> {
    pub(crate) fn new(engine: &'a Engine) -> Self {
        Self { engine, known: HashMap::new() }
    }

    /// Masks a text from outside.
    fn mask(&mut self, text: &mut String) {
        if let Some(masked) = self.known.get(text) {
            text.clone_from(masked);
            return;
        }
        let masked = self.masked(text, |_| true);
        self.known.insert(std::mem::replace(text, masked.clone()), masked);
    }

    fn masked(&self, text: &str, wanted: fn(&Found) -> bool) -> String {
        /// The limit of rounds. The remaining text can look like a secret again.
        const ROUNDS: usize = 4;
        let mut text = text.to_owned();
        for _ in 0..ROUNDS {
            let mut spans = Vec::new();
            self.engine.sweep(text.as_bytes(), &mut |_, hit| {
                if wanted(&hit) {
                    spans.push((text.floor_char_boundary(hit.start()), text.ceil_char_boundary(hit.end())));
                }
            });
            if spans.is_empty() {
                return text;
            }
            spans.sort_unstable();
            let (mut out, mut at) = (String::new(), 0);
            for (start, end) in spans.into_iter().filter(|(start, end)| start < end) {
                if start >= at {
                    out += text.get(at..start).unwrap_or_default();
                    out += MASK;
                }
                at = at.max(end);
            }
            text = out + text.get(at..).unwrap_or_default();
        }
        MASK.to_owned()
    }

    /// Masks the values in a complete text, and no other part.
    pub(crate) fn values(&self, text: &str) -> String {
        self.masked(text, |hit| matches!(hit, Found::Value(_)))
    }

    /// Masks the values in every text of a JSON document.
    pub(crate) fn values_in(&self, json: &mut serde_json::Value) {
        match json {
            serde_json::Value::String(text) => *text = self.values(text),
            serde_json::Value::Array(all) => all.iter_mut().for_each(|it| self.values_in(it)),
            serde_json::Value::Object(all) => all.values_mut().for_each(|it| self.values_in(it)),
            _ => {}
        }
    }

    /// Returns whether a text contains a value.
    pub(crate) fn contains_value(&self, text: &str) -> bool {
        !self.engine.values.forms_in(text.as_bytes()).is_empty()
    }

    /// Masks the path of a part inside of a secret. In some secrets, the names in the path are keys and therefore
    /// secret.
    fn path(&mut self, path: &mut String) {
        const LONG: usize = 12;
        let is_random = |name: &str| {
            let count = |is_it: fn(&u8) -> bool| name.bytes().filter(is_it).count();
            let mixed = count(u8::is_ascii_lowercase) > 0 && count(u8::is_ascii_uppercase) > 0;
            name.len() >= LONG && mixed && count(u8::is_ascii_digit) > 2
        };
        let told: Vec<&str> = path.split('.').map(|name| if is_random(name) { MASK } else { name }).collect();
        *path = told.join(".");
        self.mask(path);
    }
}

impl Report {
    pub(super) fn new(engine: &Engine, coverage: Coverage, links: u64, findings: Vec<Finding>, more: u64) -> Self {
        let searched = Searched {
            rules: engine.rules.count(),
            values: engine.values.parts().len(),
            forms: engine.values.needles(),
        };
        let unsearchable = engine.values.unsearchable().iter().cloned();
        let not_searchable = unsearchable
            .map(|(part, why)| NotSearchable { name: part.secret, version: part.version, path: part.path, why })
            .collect();
        Self { report: "attestry logs", searched, coverage, links, not_searchable, findings, more }
    }

    /// Returns the report as JSON. It holds no value.
    pub(crate) fn json(&self, masks: &Masks<'_>) -> Result<String, Failure> {
        let wrong = |error: serde_json::Error| Failure::new(Exit::Output, error.to_string());
        let text = serde_json::to_string_pretty(self).map_err(wrong)?;
        if !masks.contains_value(&text) {
            return Ok(text);
        }
        let mut json = serde_json::to_value(self).map_err(wrong)?;
        masks.values_in(&mut json);
        refuse(serde_json::to_string_pretty(&json).map_err(wrong)?, masks)
    }

    /// Returns the report with its exit code, as text for people. It holds no value.
    pub(crate) fn text(&self, reason: &Reason, masks: &Masks<'_>) -> Result<String, Failure> {
        let text = format!("{}exit {}: {}\n", self.lines(), reason.exit.code(), reason.sentence);
        without_values(&text, masks)
    }

    /// Masks all texts from outside. The rules and their titles are part of the program.
    pub(crate) fn mask(&mut self, masks: &mut Masks<'_>) {
        for finding in &mut self.findings {
            if let What::Value { name, version, path, .. } = &mut finding.what {
                masks.mask(name);
                masks.mask(version);
                masks.path(path);
            }
            masks.mask(&mut finding.context);
            for place in &mut finding.places {
                masks.mask(&mut place.source);
                place.stream.iter_mut().for_each(|stream| masks.mask(stream));
            }
        }
        for not in &mut self.coverage.not_examined {
            masks.mask(&mut not.source);
            masks.mask(&mut not.why);
        }
        for not in &mut self.not_searchable {
            masks.mask(&mut not.name);
            masks.mask(&mut not.version);
            masks.path(&mut not.path);
        }
    }

    pub(crate) fn reason(&self) -> Reason {
        let mut reason = Reason { exit: Exit::Met, sentence: "nothing was found, and everything was examined".into() };
        let hits: u64 = self.findings.iter().map(|finding| finding.count).sum::<u64>() + self.more;
        if hits > 0 {
            reason = reason.also(Exit::Violation, format!("{} secrets stand in {hits} places", self.findings.len()));
        }
        if !self.coverage.is_complete() {
            reason = reason.also(Exit::Incomplete, format!("{} sources were not wholly examined", self.blind()));
        }
        if !self.not_searchable.is_empty() {
            let not = self.not_searchable.len();
            reason = reason.also(Exit::Incomplete, format!("{not} values are not searchable"));
        }
        if self.coverage.bytes_examined == 0 {
            reason = reason.also(Exit::Nothing, "nothing was examined");
        }
        reason
    }

    /// Returns the number of sources that were not completely examined.
    fn blind(&self) -> usize {
        self.coverage.not_examined.iter().map(|it| &it.source).collect::<BTreeSet<_>>().len()
    }

    /// Returns a line about everything that was not read. A reader of the last lines must see that the sweep is
    /// incomplete.
    fn not_read(&self) -> String {
        let (coverage, values) = (&self.coverage, self.not_searchable.len());
        if coverage.is_complete() && values == 0 {
            return "not read: nothing\n".to_owned();
        }
        let told = coverage.not_examined.iter().filter_map(|it| it.bytes).sum::<u64>();
        let bytes = told.max(coverage.bytes_stored.saturating_sub(coverage.bytes_read));
        let files = self.blind();
        format!("not read: {files} files in part or whole, {bytes} bytes; not looked for: {values} values\n")
    }

    fn lines(&self) -> String {
        let shown = |text: &str| printable(text, SHOWN);
        let mut lines = String::new();
        for finding in &self.findings {
            let what = match &finding.what {
                What::Value { name, version, path, form } => {
                    format!("{} {} {} as {form}", shown(name), shown(version), shown(path))
                }
                What::Pattern { rule, title, proven } => {
                    format!("{rule}: {title}{}", if *proven { ", proven" } else { "" })
                }
            };
            let place = finding.places.first().map(|place| {
                let time = place.time.as_deref().map(|time| format!(" at {time}")).unwrap_or_default();
                format!("{} bytes {}..{}{time}", shown(&place.source), place.start, place.end)
            });
            let place = place.unwrap_or_default();
            lines +=
                &format!("  FOUND  {what}\n         {} x{}, first in {place}\n", finding.fingerprint, finding.count);
        }
        let blind = ResourceVerdict::NotEvaluated.label();
        for not in &self.coverage.not_examined {
            let bytes = not.bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
            lines += &format!("  {blind}  {} from byte {}{bytes}: {}\n", shown(&not.source), not.from, shown(&not.why));
        }
        for not in &self.not_searchable {
            let (name, version, path) = (shown(&not.name), shown(&not.version), shown(&not.path));
            lines += &format!("  {blind}  {name} {version} {path}: not searchable, {:?}\n", not.why);
        }
        let Searched { rules, values, forms } = self.searched;
        let looked =
            if values == 0 { "patterns alone".to_owned() } else { format!("{values} values in {forms} forms") };
        let coverage = &self.coverage;
        lines += &format!(
            "{} files, {} of {} bytes read, {} bytes and {} events examined for {rules} rules and {looked}\n",
            coverage.sources, coverage.bytes_read, coverage.bytes_stored, coverage.bytes_examined, coverage.events
        );
        if self.links > 0 {
            lines += &format!("{} links lead to files that are read anyway\n", self.links);
        }
        lines += &self.not_read();
        lines
    }
}

/// Returns a text for people in which all values are masked.
fn without_values(told: &str, masks: &Masks<'_>) -> Result<String, Failure> {
    if masks.contains_value(told) { refuse(masks.values(told), masks) } else { Ok(told.to_owned()) }
}

/// Checks a text a last time before it is written. Returns an error if it contains a value.
fn refuse(text: String, masks: &Masks<'_>) -> Result<String, Failure> {
    if masks.contains_value(&text) {
        return Err(Failure::new(Exit::Output, "the report would contain a value and is not written"));
    }
    Ok(text)
}
