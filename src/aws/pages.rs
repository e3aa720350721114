//! Checks whether a list over several pages can still be complete.
//!
//! The paginators of the SDK end silently when a token repeats, so a list that was cut off would look complete. This
//! module must not know the content of the pages.

use std::collections::HashSet;

use attestry_core::facts::{Cause, Gap};

/// More pages than any list has: a million log groups with fifty on each page. A stream of events has no such limit.
const MOST: usize = 20_000;

/// More items than any list has. A Region may hold this many log groups, and one sweep reads fewer objects than this.
pub const MOST_ITEMS: usize = 1_000_000;

/// The tokens of one list.
#[derive(Debug, Default)]
pub struct Pages {
    seen: HashSet<String>,
    token: Option<String>,
    ended: bool,
}

impl Pages {
    /// Notes the token of a page. `more` is the flag of the page itself, for services that return one.
    ///
    /// # Errors
    /// The page has the flag for more pages and no token, or it repeats a token. Such a list is never complete.
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

    /// Checks the number of items so far, for a caller that keeps them.
    ///
    /// # Errors
    /// There are more items than any list has.
    pub fn keeps(&self, items: usize) -> Result<(), Gap> {
        if items > MOST_ITEMS { Err(truncated("the list has more items than any list of AWS")) } else { Ok(()) }
    }

    /// Returns whether there is another page to request.
    #[must_use]
    pub fn go_on(&self) -> bool {
        !self.ended
    }

    /// Returns the token of the page to request. The first page has no token.
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
