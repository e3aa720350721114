//! The mark of an artifact: `attestry-RUN-CASE`, at the end of its name.
//!
//! Pure. Must not know artifacts.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

/// The start of a mark.
pub(in crate::probes) const MARK: &str = "attestry-";

/// Characters of the id of a run, `20261120T221500Z-0a1b2c3d`, and of the digest of a case.
const RUN: usize = 25;
const CASE: usize = 6;

/// The mark for the artifacts of a case in a run. No other run has it.
pub(in crate::probes) fn mark(run: &str, case: &str) -> String {
    let case: String = Sha256::digest(case).iter().take(CASE / 2).map(|byte| format!("{byte:02x}")).collect();
    format!("{MARK}{run}-{case}")
}

/// The description of an artifact, where AWS keeps one. A name alone proves nothing.
pub(in crate::probes) fn description(mark: &str) -> String {
    format!("made by a probe of Attestry, which removes it: {mark}")
}

/// The start of a run, by its id; `None` when this is no id of a run.
pub(super) fn run_start(run: &str) -> Option<Timestamp> {
    let (second, digest) = run.split_once('-')?;
    let (day, time) = second.strip_suffix('Z')?.split_once('T')?;
    let digits = |text: &str, many: usize| text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(day, 8) || !digits(time, 6) || !is_hex(digest, 8) {
        return None;
    }
    let start = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", second).ok()?.to_datetime().ok()?;
    Some(start.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The mark at the end of a name, and the start of its run; `None` without a mark.
pub(super) fn parse(name: &str) -> Option<(&str, Timestamp)> {
    let from = name.len().checked_sub(MARK.len() + RUN + 1 + CASE)?;
    let mark = name.get(from..)?;
    let (run, case) = mark.strip_prefix(MARK)?.split_at_checked(RUN)?;
    let start = run_start(run)?;
    is_hex(case.strip_prefix('-')?, CASE).then_some((mark, start))
}

/// Whether a name contains the id of a run after the start of a mark. That is no mark, and a person should look at it.
pub(super) fn resembles(name: &str) -> bool {
    name.split(MARK).skip(1).any(|rest| rest.get(..RUN).and_then(run_start).is_some())
}

fn is_hex(text: &str, many: usize) -> bool {
    text.len() == many && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const ID: &str = "20261120T221500Z-0a1b2c3d";

    #[test]
    fn a_mark_is_read_back_from_the_end_of_a_name() {
        let made = mark(ID, "P/create");
        for before in ["", "outside/", "bank-"] {
            let name = format!("{before}{made}");
            assert_eq!(parse(&name), Some((&*made, "2026-11-20T22:15:00Z".parse().unwrap())));
        }
        assert!(description(&made).ends_with(&made));
    }

    #[test]
    fn only_a_whole_mark_at_the_end_is_one() {
        for foreign in [
            "",
            "attestry-config",
            "attestry-20261120T221500Z-0a1b2c3d",
            "attestry-20261120T221500Z-0a1b2c3d-",
            "attestry-20261120T221500Z-0a1b2c3d-ffeedd/url",
            "attestry-20261120T221500Z-0a1b2c3d-ffeedd-0",
            "attestry-20261120T221500Z-0A1B2C3D-ffeedd",
            "attestry-20261320T221500Z-0a1b2c3d-ffeedd",
            "attestry-+2261120T221500Z-0a1b2c3d-ffeedd",
            "attestry_20261120T221500Z-0a1b2c3d-ffeedd",
            "attestry-20261120T221500Z-0a1b2c3d_ffeedd",
            "äääääääattestry-20261120T221500Z-0a1b2c3d-ffeedé",
            "20261120T221500Z-0a1b2c3d-ffeedd",
        ] {
            assert!(parse(foreign).is_none(), "{foreign}");
        }
        for foreign in
            ["", "s", "read", "x", "20261120T221500Z", "20261120T221500Z-0a1b2c3", "20261120T221500Z-0a1b2c3d-"]
        {
            assert!(run_start(foreign).is_none(), "{foreign}");
        }
    }
}
