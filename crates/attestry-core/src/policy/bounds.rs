//! The number of resources of a case that must be as expected: a share of them, or a number between two limits.
//!
//! This module must not know resources.

use crate::source::{Diagnostic, Diagnostics, Node, Table};

/// The limits of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least number.
    pub at_least: usize,
    /// The greatest number.
    pub at_most: Option<usize>,
}

impl Bounds {
    /// One resource is enough.
    pub(crate) const ONE: Self = Self { at_least: 1, at_most: None };

    /// Takes `at_least` and `at_most` from a table. Returns `Some(None)` if the table has neither. If the table has
    /// only `at_most`, zero resources are enough.
    pub(super) fn take(table: &mut Table<'_>, sink: &mut Diagnostics) -> Option<Option<Self>> {
        let mut number = |key| match table.take(key) {
            None => Some(None),
            Some(node) => {
                let given = node.integer("a number of resources", sink)?;
                let number = usize::try_from(given.value).ok();
                if number.is_none() {
                    let message = "a number of resources is not negative";
                    sink.push(Diagnostic::error("bad-count", given.span, message));
                }
                number.map(Some)
            }
        };
        let (at_least, at_most) = (number("at_least"), number("at_most"));
        Some(match (at_least?, at_most?) {
            (None, None) => None,
            (at_least, at_most) => Some(Self { at_least: at_least.unwrap_or(usize::from(at_most.is_none())), at_most }),
        })
    }
}

impl std::fmt::Display for Bounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.at_least, self.at_most) {
            (least, None) => write!(f, "at least {least}"),
            (0, Some(most)) => write!(f, "at most {most}"),
            (least, Some(most)) if least == most => write!(f, "exactly {least}"),
            (least, Some(most)) => write!(f, "at least {least} and at most {most}"),
        }
    }
}

/// Reads `share: { at_least: 80 }`, a percentage of the resources.
pub(super) fn share(node: &Node, without: bool, sink: &mut Diagnostics) -> Option<u8> {
    let mut table = Table::new(node, "`share`", sink)?;
    let percent = table.need("at_least", sink).and_then(|node| node.integer("a percentage", sink));
    table.finish(sink);
    let percent = percent?;
    if without {
        sink.push(Diagnostic::error(
            "bad-share",
            node.span,
            "only a case with `each` is about a share of the resources",
        ));
        return None;
    }
    let share = u8::try_from(percent.value).ok().filter(|share| (1..100).contains(share));
    if share.is_none() {
        let error = Diagnostic::error("bad-share", percent.span, "a share is a percentage from 1 to 99");
        sink.push(error.help("without `share`, every resource must be as expected"));
    }
    share
}

/// Reads `count: { at_least: 2, at_most: 5 }`, a number of resources.
pub(super) fn count(node: &Node, is_some: bool, sink: &mut Diagnostics) -> Option<Bounds> {
    let mut table = Table::new(node, "`count`", sink)?;
    let bounds = Bounds::take(&mut table, sink);
    table.finish(sink);
    let bounds = bounds?;
    let mut wrong = |message: &str, help: &str| {
        sink.push(Diagnostic::error("bad-count", node.span, message).help(help));
        None
    };
    if !is_some {
        return wrong("only a case with `some` counts its resources", "write `some: KIND`, or `share` beside `each`");
    }
    let fits = |bounds: &Bounds| bounds.at_most.is_none_or(|most| most >= bounds.at_least);
    let Some(bounds) = bounds.filter(fits) else {
        return wrong(
            "no number of resources is outside of these limits, or none is inside",
            "for example `{ at_least: 2, at_most: 5 }`",
        );
    };
    Some(bounds)
}
