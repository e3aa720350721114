//! The names of AWS Regions. A typing mistake is found before any call.
//!
//! New Regions appear, so a name is accepted unless it is similar to a known name.

use crate::facts::{is_region, regions};
use crate::source::{Diagnostic, Diagnostics, Spanned, closest};

/// Refuses a name that is no Region, or that is similar to a known Region.
pub(super) fn check(region: &Spanned<String>, sink: &mut Diagnostics) -> bool {
    let name = region.value.as_str();
    if regions().any(|known| known == name) {
        return true;
    }
    // Two Regions can have names that differ only in the number, so only a difference in the words is a typing mistake.
    // The search for a similar name is skipped when no more suggestions are shown, because it takes time.
    let near = sink.is_short().then(|| closest(name, regions())).flatten().filter(|known| words(known) != words(name));
    if is_region(name) && near.is_none() {
        return true;
    }
    let error = Diagnostic::error("unknown-region", region.span, format!("unknown Region `{name}`"));
    sink.push(sink.suggest(error, name, regions()));
    false
}

fn words(region: &str) -> &str {
    region.rsplit_once('-').map_or(region, |(words, _)| words)
}
