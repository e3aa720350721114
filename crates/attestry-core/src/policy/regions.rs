//! The names of AWS Regions. A typing mistake is found before any call.
//!
//! New Regions appear, so a name is accepted unless it is similar to a known one.

use crate::facts::{is_region, regions};
use crate::source::{Diagnostic, Diagnostics, Spanned, closest};

/// Refuses a name that is no Region, or that is similar to a known Region.
pub(super) fn check(region: &Spanned<String>, sink: &mut Diagnostics) -> bool {
    let name = region.value.as_str();
    if regions().any(|known| known == name) {
        return true;
    }
    // Region names can differ in the number alone. Only a difference in the words is a typing mistake. When no more
    // suggestions are shown, the search for a similar name would waste time.
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
