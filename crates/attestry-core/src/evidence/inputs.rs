//! The inputs of a run that evidence can keep. Their paths must mean the same file on every system.
//!
//! The check comes before the first request to an account, so that no run is lost because of a file name. This module
//! must not read files.

use std::collections::BTreeMap;

use super::path::{fields, folded, is_below};
use super::paths;

/// Returns the paths that evidence cannot hold, each with its index and the reason. The paths are relative to the root
/// of suites and policies.
pub fn unkept<'a>(inputs: impl IntoIterator<Item = &'a str>) -> Vec<(usize, String)> {
    let (mut wrong, mut seen) = (Vec::new(), BTreeMap::new());
    for (index, input) in inputs.into_iter().enumerate() {
        let path = format!("{}/{input}", paths::INPUTS);
        if !is_below(&path) {
            let why = match fields(&path) {
                None => "the path is too long, since a file's name may have 100 bytes there and its folders 155",
                Some(_) => "the path does not mean the same file on every system",
            };
            wrong.push((index, format!("evidence cannot hold `{input}`: {why}")));
        } else if let Some(first) = seen.insert(folded(&path), input) {
            wrong.push((
                index,
                format!("evidence cannot hold both `{first}` and `{input}`: on some systems they are one file"),
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::unkept;

    #[test]
    fn paths_that_evidence_cannot_hold() {
        let long = format!("policies/{}.yaml", "a".repeat(120));
        for (inputs, wrong) in [
            (&["suites/a.yaml", "policies/a.yaml"][..], &[][..]),
            (&["policies/A.yaml", "policies/a.yaml", "policies/b.yaml"], &[1]),
            (&["p/\u{e9}.yaml", "x", "P/E\u{301}.YAML"], &[2]),
            (&["e", "\u{e9}", "a/b", "ab"], &[]),
            (&["policies/nul.yaml", "a:b.yaml", &long, "a/../b.yaml"], &[0, 1, 2, 3]),
        ] {
            let found: Vec<usize> = unkept(inputs.iter().copied()).into_iter().map(|(index, _)| index).collect();
            assert_eq!(found, wrong, "{inputs:?}");
        }
        let why = |path: &str| unkept([path]).pop().map(|(_, why)| why).unwrap_or_default();
        assert!(why(&long).contains("100 bytes") && why("a:b.yaml").contains("every system"));
    }
}
