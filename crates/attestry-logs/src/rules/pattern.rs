//! One regular expression of a rule. It is compiled immediately or at its first use.
//!
//! This module must not know rules.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::meta::{BuildError, Regex};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

use super::RuleError;

/// A regular expression over bytes.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: Box<str>,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Reads an expression. With `late`, a mistake in it is not noticed here. The tests compile all expressions that
    /// come with the program.
    pub(super) fn read(text: String, late: bool) -> Result<Self, RuleError> {
        let pattern = Self { text: text.into(), regex: OnceLock::new() };
        if !late {
            let regex = compile(&pattern.text)?;
            pattern.regex.get_or_init(|| Some(regex));
        }
        Ok(pattern)
    }

    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| compile(&self.text).ok()).as_ref()
    }

    /// Returns whether the expression matches anywhere in the text.
    pub(super) fn holds(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.search_half(&Input::new(text).earliest(true)).is_some())
    }

    /// Returns the range of the first match.
    pub(super) fn first(&self, text: &[u8], range: Range<usize>) -> Option<Range<usize>> {
        self.regex()?.search(&Input::new(text).range(range)).map(|found| found.range())
    }

    /// Returns the range of group 1 in the first match. If the expression has no group, it returns the range of the
    /// complete match.
    pub(super) fn within(&self, text: &[u8], range: Range<usize>) -> Option<(usize, usize)> {
        self.group(Input::new(text).range(range))
    }

    /// Returns the same range for a match at the start of `range`.
    pub(super) fn starting(&self, text: &[u8], range: Range<usize>) -> Option<(usize, usize)> {
        self.group(Input::new(text).range(range).anchored(Anchored::Yes))
    }

    /// Returns the same range for a match at the start of the text.
    pub(super) fn at_start(&self, text: &[u8]) -> Option<(usize, usize)> {
        self.starting(text, 0..text.len())
    }

    fn group(&self, input: Input<'_>) -> Option<(usize, usize)> {
        let mut slots: [Option<NonMaxUsize>; 4] = [None; 4];
        self.regex()?.search_slots(&input, &mut slots)?;
        match slots {
            [_, _, Some(start), Some(end)] | [Some(start), Some(end), None, _] => Some((start.get(), end.get())),
            _ => None,
        }
    }
}

fn compile(pattern: &str) -> Result<Regex, Box<BuildError>> {
    let config = Regex::config().utf8_empty(false).hybrid_cache_capacity(256 * 1024);
    let syntax = syntax::Config::new().unicode(false).utf8(false);
    Regex::builder().configure(config).syntax(syntax).build(pattern).map_err(Box::new)
}
