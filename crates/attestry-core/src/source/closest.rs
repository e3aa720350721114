//! "Did you mean": the one candidate a misspelt name most likely stands for. Must not know what is being named.

/// Longer names are not misspellings of keys; comparing them would only cost time.
const LONGEST: usize = 100;

/// The candidate closest to `wanted`, if one is close enough to be worth suggesting.
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

/// How far apart two names are: the whole name first, then names that agree in one segment of a dotted name.
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
    // `rotation` for `rotation.period`; two names that merely share a prefix are siblings, not misspellings.
    let of_first = if wanted.contains('.') { None } else { segment(wanted, &first(candidate)).map(|far| (2, far)) };
    of_last.or(of_first)
}

fn segment(wanted: &str, candidate: &str) -> Option<usize> {
    if wanted.chars().count() < 3 { None } else { distance(wanted, candidate) }
}

fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let length = wanted.chars().count();
    let distance = strsim::damerau_levenshtein(wanted, candidate);
    // A name whose every character would have to change is a different name, however short.
    (distance <= (length / 3).max(1) && distance < length.max(candidate.chars().count())).then_some(distance)
}
