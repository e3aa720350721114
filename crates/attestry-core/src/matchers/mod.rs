//! The matchers, from `equals` to `within`. Each matcher has one file.
//!
//! To add a matcher, add a file and a line to [`ALL`]. The keyword, the check of the operand, the documentation and the
//! schema for editors are derived from the file. This module must not know kinds, policies, YAML or the origin of
//! values.

mod absent;
mod after;
mod allows;
mod answer;
mod any;
mod at_least;
mod at_most;
mod before;
mod condition;
mod contains;
mod count;
mod counts;
mod denies;
mod denies_outside;
mod described;
mod due_within;
mod each;
mod equals;
mod glob;
mod grants_only;
mod matches;
mod never_grants;
mod no_cross_account_except;
mod no_public_principal;
mod none;
mod not;
mod older_than;
mod one_of;
mod permissions;
mod present;
mod requires_mfa;
mod requires_tls;
mod same_day_as;
mod separates;
mod separates_together;
mod show;
mod shuts_out;
mod starts_with;
mod takes;
mod within;

pub use answer::{MatchContext, MatchResult, Owner, Witness};
pub use condition::inside;
pub use condition::{Condition, Example, Matcher, Objection, Operand, Quantity, Takes, Test};
pub use glob::Glob;
pub use show::show;

/// Every matcher, in the order of the documentation.
pub const ALL: &[&dyn Matcher] = &[
    &equals::Equals,
    &not::Not,
    &one_of::OneOf,
    &at_least::AtLeast,
    &at_most::AtMost,
    &within::Within,
    &older_than::OlderThan,
    &due_within::DueWithin,
    &after::After,
    &before::Before,
    &same_day_as::SameDayAs,
    &glob::GlobMatch,
    &matches::Matches,
    &starts_with::StartsWith,
    &contains::Contains,
    &count::Count,
    &present::Present,
    &absent::Absent,
    &each::Each,
    &any::Any,
    &none::None,
    &grants_only::GrantsOnly,
    &never_grants::NeverGrants,
    &allows::Allows,
    &denies::Denies,
    &denies_outside::DeniesOutside,
    &requires_mfa::RequiresMfa,
    &requires_tls::RequiresTls,
    &separates::Separates,
    &separates_together::SeparatesTogether,
    &no_public_principal::NoPublicPrincipal,
    &no_cross_account_except::NoCrossAccountExcept,
    &shuts_out::ShutsOut,
    &counts::Counts,
    &takes::TakesEvents,
];

/// Returns the matcher with that keyword.
#[must_use]
pub fn find(keyword: &str) -> Option<&'static dyn Matcher> {
    ALL.iter().copied().find(|matcher| matcher.keyword() == keyword)
}

/// Returns the matcher for a bare value: `enabled: true` means `enabled: { equals: true }`.
#[must_use]
pub fn equality() -> &'static dyn Matcher {
    &equals::Equals
}

#[cfg(test)]
mod tests;
