//! The report of a sweep: what was found and what was not looked at, told without telling a secret.
//!
//! Must not know how files are read. Names of files, secrets and errors come from strangers: what in them looks like a
//! secret is masked at its place, so that one line of a log never costs the whole report.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use attestry_core::source::printable;
use attestry_core::verify::{Exit, Reason};
use attestry_logs::{Coverage, Engine, Finding, Found, Unsearchable, What};

/// What an earlier report starts with.
pub(super) const START: &str = "{\n  \"report\": \"attestry logs\"";
/// So long a name may be where people read it.
const SHOWN: usize = 1000;
const MASK: &str = "****";

/// What a sweep leaves.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// By this a report is known again.
    pub(super) report: &'static str,
    pub(super) searched: Searched,
    pub(super) coverage: Coverage,
    /// Links to what is read anyway.
    pub(super) links: u64,
    pub(super) not_searchable: Vec<NotSearchable>,
    pub(super) findings: Vec<Finding>,
    /// Hits of findings that there was no room for.
    pub(super) more: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Searched {
    pub(super) rules: usize,
    pub(super) values: usize,
    pub(super) forms: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct NotSearchable {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) path: String,
    pub(super) why: Unsearchable,
}

/// Masks what a sweep would find.
pub(super) struct Masks<'a> {
    engine: &'a Engine,
    known: HashMap<String, String>,
}

impl<'a> Masks<'a> {
    pub(super) fn new(engine: &'a Engine) -> Self {
        Self { engine, known: HashMap::new() }
    }

    /// Masks a text that is not ours.
    fn mask(&mut self, text: &mut String) {
        if let Some(masked) = self.known.get(text) {
            text.clone_from(masked);
            return;
        }
        let masked = self.masked(text, |_| true);
        self.known.insert(std::mem::replace(text, masked.clone()), masked);
    }

    fn masked(&self, text: &str, wanted: fn(&Found) -> bool) -> String {
        /// What is left may look like a secret again.
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

    /// Masks values, and nothing else, in a text that is whole.
    pub(super) fn values(&self, text: &str) -> String {
        self.masked(text, |hit| matches!(hit, Found::Value(_)))
    }

    /// The same in every text of a JSON document.
    pub(super) fn values_in(&self, json: &mut serde_json::Value) {
        match json {
            serde_json::Value::String(text) => *text = self.values(text),
            serde_json::Value::Array(all) => all.iter_mut().for_each(|it| self.values_in(it)),
            serde_json::Value::Object(all) => all.values_mut().for_each(|it| self.values_in(it)),
            _ => {}
        }
    }

    /// Whether a value stands in a text.
    pub(super) fn tells_value(&self, text: &str) -> bool {
        !self.engine.values.forms_in(text.as_bytes()).is_empty()
    }

    /// Masks the place of a part within a secret: some secrets map keys to names.
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
    /// Masks all that is not ours. Rules and their titles are.
    pub(super) fn mask(&mut self, masks: &mut Masks<'_>) {
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

    pub(super) fn reason(&self) -> Reason {
        let mut reason = Reason { exit: Exit::Met, sentence: "nothing was found, and all was looked at".into() };
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

    /// How many sources were not wholly examined.
    fn blind(&self) -> usize {
        self.coverage.not_examined.iter().map(|it| &it.source).collect::<BTreeSet<_>>().len()
    }

    /// What nobody looked at, in one line: whoever reads only the end must not take it for all.
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

    pub(super) fn told(&self) -> String {
        let shown = |text: &str| printable(text, SHOWN);
        let mut told = String::new();
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
            told +=
                &format!("  FOUND  {what}\n         {} x{}, first in {place}\n", finding.fingerprint, finding.count);
        }
        for not in &self.coverage.not_examined {
            let bytes = not.bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
            told += &format!("  BLIND  {} from byte {}{bytes}: {}\n", shown(&not.source), not.from, shown(&not.why));
        }
        for not in &self.not_searchable {
            let (name, version, path) = (shown(&not.name), shown(&not.version), shown(&not.path));
            told += &format!("  BLIND  {name} {version} {path}: not searchable, {:?}\n", not.why);
        }
        let Searched { rules, values, forms } = self.searched;
        let looked =
            if values == 0 { "patterns alone".to_owned() } else { format!("{values} values in {forms} forms") };
        let coverage = &self.coverage;
        told += &format!(
            "{} files, {} of {} bytes read, {} bytes and {} events examined for {rules} rules and {looked}\n",
            coverage.sources, coverage.bytes_read, coverage.bytes_stored, coverage.bytes_examined, coverage.events
        );
        if self.links > 0 {
            told += &format!("{} links lead to what is read anyway\n", self.links);
        }
        told += &self.not_read();
        told
    }
}
