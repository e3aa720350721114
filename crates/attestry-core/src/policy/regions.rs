//! Names of AWS Regions, so that a typing error is found before any call.
//!
//! New Regions appear: a name that is no near miss of a known one is accepted.

use crate::facts::{is_region, regions};
use crate::source::{Diagnostic, Diagnostics, Spanned, closest};

/// Refuses what is no Region, or nearly one.
pub(super) fn check(region: &Spanned<String>, sink: &mut Diagnostics) -> bool {
    let name = region.value.as_str();
    if regions().any(|known| known == name) {
        return true;
    }
    // Regions differ from one another in the number alone; only a difference in the words is a typing error.
    // Where nobody is shown more, what is wrong is not worth the time to find out.
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
