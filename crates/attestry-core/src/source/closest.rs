//! "Did you mean": finds the name that the author of a misspelt name most likely intended. This module must not know
//! the meaning of the names.

use super::printable;

/// The greatest length of a name that is compared, in characters. A longer text is no misspelt key, and the comparison
/// would cost time.
const LONGEST: usize = 100;

/// Returns the candidate that is closest to `wanted`, if it is close enough for a suggestion.
pub fn closest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if wanted.is_empty() || wanted.chars().nth(LONGEST).is_some() {
        return None;
    }
    let lower = wanted.to_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().nth(LONGEST).is_none())
        .filter_map(|candidate| Some((rank(&lower, &candidate.to_lowercase())?, candidate)))
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, candidate)| candidate)
}

/// Returns the question "did you mean `name`?" for a candidate.
pub fn did_you_mean(candidate: &str) -> String {
    format!("did you mean `{}`?", printable(candidate, LONGEST))
}

/// Returns the end of a sentence about a wrong name: a semicolon and the question about the closest candidate. The text
/// is empty when no candidate is close enough.
pub fn hint<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    closest(wanted, candidates).map(|near| format!("; {}", did_you_mean(near))).unwrap_or_default()
}

/// Returns the rank and the distance of two names. A match of the complete names ranks before a match in one segment of
/// a dotted name.
fn rank(wanted: &str, candidate: &str) -> Option<(u8, usize)> {
    if let Some(distance) = distance(wanted, candidate) {
        return Some((0, distance));
    }
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned).unwrap_or_default();
    let first = |name: &str| name.split('.').next().map(str::to_owned).unwrap_or_default();
    if !candidate.contains('.') && !wanted.contains('.') {
        return None;
    }
    let of_last = segment(&last(wanted), &last(candidate)).map(|distance| (1, distance));
    // `rotation` matches `rotation.period`. Two dotted names with a common prefix are different names, not
    // misspellings.
    let of_first = if wanted.contains('.') { None } else { segment(wanted, &first(candidate)).map(|far| (2, far)) };
    of_last.or(of_first)
}

fn segment(wanted: &str, candidate: &str) -> Option<usize> {
    if wanted.chars().count() < 3 { None } else { distance(wanted, candidate) }
}

fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let length = wanted.chars().count();
    let distance = strsim::damerau_levenshtein(wanted, candidate);
    // When every character differs, the candidate is another name and no misspelling. This matters for short names.
    (distance <= (length / 3).max(1) && distance < length.max(candidate.chars().count())).then_some(distance)
}
