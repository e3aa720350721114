//! Whether a walk over pages can still end complete.
//!
//! The SDK's paginators end in silence when a token repeats; a population cut off there would look complete. Must not
//! know what is on the pages.

use std::collections::HashSet;

use super::convert::truncated;
use crate::facts::Gap;

/// The tokens of one walk.
#[derive(Debug, Default)]
pub(super) struct Pages {
    seen: HashSet<String>,
    token: Option<String>,
    ended: bool,
}

impl Pages {
    /// Notes the token of a page. `more` is what the page itself says, for services that say it.
    pub(super) fn turn(&mut self, next: Option<&str>, more: bool) -> Result<(), Gap> {
        self.token = next.filter(|token| !token.is_empty()).map(str::to_owned);
        self.ended = self.token.is_none();
        match &self.token {
            None if more => Err(truncated("the list says that there is more, but not where")),
            Some(token) if !self.seen.insert(token.clone()) => {
                Err(truncated("the list repeats a page token, so it never ends"))
            }
            None | Some(_) => Ok(()),
        }
    }

    /// Whether there is a page that was not asked for.
    pub(super) fn go_on(&self) -> bool {
        !self.ended
    }

    /// The token of that page; the first has none.
    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// A list that several kinds read: what is on its pages, and why they end before it does.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    gap: Option<Gap>,
}

impl<T> Listed<T> {
    pub(super) fn new(items: Vec<T>, ended: Result<(), Gap>) -> Self {
        Self { items, gap: ended.err() }
    }

    /// Whether these are all.
    pub(super) fn whole(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cause;

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
}
