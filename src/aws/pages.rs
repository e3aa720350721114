//! Whether a walk over pages can still end complete.
//!
//! The SDK's paginators end in silence when a token repeats; a list cut off there would look complete. Must not know what
//! is on the pages.

use std::collections::HashSet;

use attestry_core::facts::{Cause, Gap};

/// More pages than any list has: a million log groups, fifty on a page. A walk over a stream of events has no such end.
const MOST: usize = 20_000;

/// More items than any list has: as many log groups as a Region may hold, or more objects than one sweep takes.
pub const MOST_ITEMS: usize = 1_000_000;

/// The tokens of one walk.
#[derive(Debug, Default)]
pub struct Pages {
    seen: HashSet<String>,
    token: Option<String>,
    ended: bool,
}

impl Pages {
    /// Notes the token of a page. `more` is what the page itself says, for services that say it.
    ///
    /// # Errors
    /// A list that says there is more but not where, or that repeats its token: never complete.
    pub fn turn(&mut self, next: Option<&str>, more: bool) -> Result<(), Gap> {
        self.token = next.filter(|token| !token.is_empty()).map(str::to_owned);
        self.ended = self.token.is_none();
        match &self.token {
            None if more => Err(truncated("the list says that there is more, but not where")),
            Some(token) if !self.seen.insert(token.clone()) => {
                Err(truncated("the list repeats a page token, so it never ends"))
            }
            Some(_) if self.seen.len() > MOST => Err(truncated("the list has more pages than any list of AWS")),
            None | Some(_) => Ok(()),
        }
    }

    /// Notes how many items there are by now, for a walk that keeps them.
    ///
    /// # Errors
    /// More than any list has.
    pub fn keeps(&self, items: usize) -> Result<(), Gap> {
        if items > MOST_ITEMS { Err(truncated("the list has more items than any list of AWS")) } else { Ok(()) }
    }

    /// Whether there is a page that was not asked for.
    #[must_use]
    pub fn go_on(&self) -> bool {
        !self.ended
    }

    /// The token of that page; the first has none.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

fn truncated(message: &str) -> Gap {
    Gap::new(Cause::Truncated).with_message(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_list_that_ends_is_complete() {
        let mut pages = Pages::default();
        assert_eq!((pages.go_on(), pages.token()), (true, None));
        assert_eq!(pages.turn(Some("a"), true), Ok(()));
        assert_eq!((pages.go_on(), pages.token()), (true, Some("a")));
        assert_eq!(pages.turn(Some("b"), true), Ok(()));
        assert_eq!(pages.turn(None, false), Ok(()));
        assert_eq!((pages.go_on(), pages.token()), (false, None));
        assert_eq!(pages.turn(Some(""), false), Ok(()));
        assert_eq!(pages.turn(Some(""), true).map_err(|gap| gap.cause), Err(Cause::Truncated));
        assert_eq!(pages.turn(None, true).map_err(|gap| gap.cause), Err(Cause::Truncated));
        assert_eq!(pages.turn(Some("a"), true).map_err(|gap| gap.cause), Err(Cause::Truncated));
    }

    #[test]
    fn a_list_without_end_is_given_up() {
        let mut pages = Pages::default();
        let ended = (0..=MOST).find_map(|page| pages.turn(Some(&page.to_string()), true).err());
        assert_eq!(ended.map(|gap| gap.cause), Some(Cause::Truncated));
        assert_eq!(pages.keeps(MOST_ITEMS), Ok(()));
        assert_eq!(pages.keeps(MOST_ITEMS + 1).map_err(|gap| gap.cause), Err(Cause::Truncated));
    }
}
