//! Names of AWS Regions, so that a typing error is found before any call.
//!
//! New Regions appear: a name that is no near miss of a known one is accepted.

use crate::source::{Diagnostic, Diagnostics, Spanned, closest};

const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// Refuses what is no Region, or nearly one.
pub(super) fn check(region: &Spanned<String>, sink: &mut Diagnostics) -> bool {
    let name = region.value.as_str();
    if KNOWN.contains(&name) {
        return true;
    }
    let parts: Vec<&str> = name.split('-').collect();
    let shaped = parts.len() >= 3
        && parts.last().is_some_and(|part| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.iter().rev().skip(1).all(|part| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_lowercase()));
    // Regions differ from one another in the number alone; only a difference in the words is a typing error.
    // Where nobody is shown more, what is wrong is not worth the time to find out.
    let near = sink
        .is_short()
        .then(|| closest(name, KNOWN.iter().copied()))
        .flatten()
        .filter(|known| words(known) != words(name));
    if shaped && near.is_none() {
        return true;
    }
    let error = Diagnostic::error("unknown-region", region.span, format!("unknown Region `{name}`"));
    sink.push(sink.suggest(error, name, KNOWN.iter().copied()));
    false
}

fn words(region: &str) -> &str {
    region.rsplit_once('-').map_or(region, |(words, _)| words)
}
