//! "Did you mean": the candidate that a misspelt name most likely stands for. Must not know the meaning of the names.

use super::printable;

/// The length of the longest name that is compared, in characters. A longer text is no misspelt key, and comparing it
/// costs time.
const LONGEST: usize = 100;

/// The candidate that is closest to `wanted`, if it is close enough for a suggestion.
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

/// The question about a candidate: "did you mean `name`?".
pub fn did_you_mean(candidate: &str) -> String {
    format!("did you mean `{}`?", printable(candidate, LONGEST))
}

/// The end of a sentence about a wrong name: the question about the closest candidate, after a semicolon. It is empty
/// when no candidate is close enough.
pub fn hint<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    closest(wanted, candidates).map(|near| format!("; {}", did_you_mean(near))).unwrap_or_default()
}

/// The distance of two names. A match of the complete names ranks before a match in one segment of a dotted name.
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
    // If every character differs, it is another name, even when the name is short.
    (distance <= (length / 3).max(1) && distance < length.max(candidate.chars().count())).then_some(distance)
}
