//! The places of kept bundles: `ACCOUNT/SUITE/STAGE/YEAR/MONTH/DAY/RUN`. A bundle can be found without opening it.
//!
//! The day is the UTC day on which the run started. This module must not know the store of the bundles.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::archive::Format;
use super::path::is_below;
use super::summary::Summary;

/// The extension that an index entry adds to the name of its bundle.
const INDEX: &str = ".json";

/// The format of the start instant in the id of a run.
const STARTED: &str = "%Y%m%dT%H%M%SZ";

/// The path of a bundle, and the path of its index entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundlePath {
    /// The path of the bundle.
    pub bundle: String,
    /// The path of its index entry.
    pub index: String,
}

impl BundlePath {
    /// Returns the paths of the bundle and its index entry. Returns `None` if the data of the bundle do not give a
    /// valid path. This happens only with forged data.
    #[must_use]
    pub fn of(summary: &Summary, format: Format) -> Option<Self> {
        let account = accounts(&summary.accounts);
        let day = summary.started.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d").to_string();
        let extension = format.extension();
        let parts = [&account, &summary.suite, &summary.stage, &summary.run];
        let is_part = |part: &str| !part.contains('/') && part.bytes().all(|byte| byte.is_ascii_graphic());
        let bundle = format!("{account}/{}/{}/{day}/{}{extension}", summary.suite, summary.stage, summary.run);
        let fits = parts.iter().all(|part| is_part(part)) && is_below(&bundle);
        fits.then(|| Self { index: format!("{bundle}{INDEX}"), bundle })
    }
}

/// Returns the accounts as one name. The name is empty without accounts.
pub(super) fn accounts(of: &[String]) -> String {
    match of {
        [] => String::new(),
        [account] => account.clone(),
        [first, others @ ..] => format!("{first}-and-{}", others.len()),
    }
}

/// The data in the path of an index entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The account, suite and stage.
    pub series: Series,
    /// The start of the run.
    pub started: Timestamp,
    /// The path of the bundle.
    pub bundle: String,
}

/// Runs that follow each other: one suite and stage, in the same accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// The accounts.
    pub accounts: String,
    /// The suite.
    pub suite: String,
    /// The stage.
    pub stage: String,
}

impl Placed {
    /// Reads the path of an index entry. Returns `None` for any other path.
    #[must_use]
    pub fn read(index: &str) -> Option<Self> {
        let bundle = index.strip_suffix(INDEX)?;
        Format::of_name(bundle)?;
        let parts: Vec<&str> = bundle.split('/').collect();
        let [accounts, suite, stage, _, _, _, run] = parts.as_slice() else { return None };
        let started = run.get(..16)?;
        let started = jiff::civil::DateTime::strptime(STARTED, started).ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let series = Series { accounts: (*accounts).into(), suite: (*suite).into(), stage: (*stage).into() };
        Some(Self { series, started, bundle: bundle.to_owned() })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn summary() -> Summary {
        Summary {
            run: "20261121T055012Z-5e8a18dc".into(),
            suite: "mod-045".into(),
            stage: "prod".into(),
            accounts: vec!["123456789012".into()],
            backend: "aws".into(),
            started: "2026-11-21T05:50:12.75Z".parse().unwrap(),
            finished: "2026-11-21T05:51:00Z".parse().unwrap(),
            sequence: 7,
            manifest: "ab".into(),
            cases: Vec::new(),
        }
    }

    #[test]
    fn a_path_says_where_and_when() {
        let place = BundlePath::of(&summary(), Format::Zip).unwrap();
        assert_eq!(place.bundle, "123456789012/mod-045/prod/2026/11/21/20261121T055012Z-5e8a18dc.zip");
        let placed = Placed::read(&place.index).unwrap();
        assert_eq!((placed.series.stage.as_str(), &placed.bundle), ("prod", &place.bundle));
        assert_eq!(placed.started.to_string(), "2026-11-21T05:50:12Z");
        let several = Summary { accounts: vec!["1".into(), "2".into(), "3".into()], ..summary() };
        assert!(BundlePath::of(&several, Format::TarZst).unwrap().bundle.starts_with("1-and-2/"));
        assert_eq!(Placed::read(&place.bundle), None);
        assert_eq!(Placed::read("123456789012/mod-045/prod/2026/11/21/x.zip.json"), None);
    }

    #[test]
    fn what_a_forger_says_makes_no_path() {
        for wrong in ["..", "", "a/b", "a\nb", "a b", "nul"] {
            let of = |summary: Summary| BundlePath::of(&summary, Format::Zip);
            assert_eq!(of(Summary { stage: wrong.into(), ..summary() }), None, "{wrong:?}");
            assert_eq!(of(Summary { accounts: vec![wrong.into()], ..summary() }), None, "{wrong:?}");
        }
        assert_eq!(BundlePath::of(&Summary { accounts: Vec::new(), ..summary() }, Format::Zip), None);
    }
}
