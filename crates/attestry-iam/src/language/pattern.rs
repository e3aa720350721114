//! A pattern: a sequence of fixed characters, single characters of a class, and runs of characters of a class.
//!
//! This module must not know the source of a pattern. Globs and resource formats have the same type here.

use crate::pattern as written;

/// A set of texts, described by a sequence of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    tokens: Vec<Token>,
}

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// This character.
    Char(char),
    /// One character of a class. `?` is one character of any class.
    One(Class),
    /// Any number of characters of a class, also zero. `*` is any number of any characters.
    Many(Class),
}

/// A set of characters. The classes are ordered by size, and each class contains all classes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Decimal digits.
    Digit,
    /// Lower-case letters, digits and hyphens: the names of Regions, services and (in lower case) actions.
    Word,
    /// All characters but colon and slash: the names of buckets.
    Segment,
    /// All characters but colon.
    Field,
    /// All characters.
    Any,
}

impl Class {
    /// Returns whether a character belongs to the class.
    #[must_use]
    pub fn has(self, char: char) -> bool {
        match self {
            Self::Digit => char.is_ascii_digit(),
            Self::Word => char.is_ascii_digit() || char.is_ascii_lowercase() || char == '-',
            Self::Segment => char != ':' && char != '/',
            Self::Field => char != ':',
            Self::Any => true,
        }
    }
}

impl Token {
    /// Returns whether the token can take a character.
    #[must_use]
    pub fn takes(self, char: char) -> bool {
        match self {
            Self::Char(own) => own == char,
            Self::One(class) | Self::Many(class) => class.has(char),
        }
    }

    /// Returns whether this token can take every single character that `other` can take.
    fn holds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(one), Self::Char(two)) => one == two,
            (Self::One(class), Self::Char(char)) => class.has(char),
            (Self::One(class), Self::One(smaller)) => smaller <= class,
            _ => false,
        }
    }

    /// Returns whether there is no character that both tokens can take.
    fn excludes(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(char), token) | (token, Self::Char(char)) => !token.takes(char),
            _ => false,
        }
    }

    fn is_run(self) -> bool {
        matches!(self, Self::Many(_))
    }
}

impl Pattern {
    /// Creates a pattern from tokens.
    #[must_use]
    pub fn new(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut own: Vec<Token> = Vec::new();
        for token in tokens {
            match (own.last(), token) {
                (Some(Token::Many(last)), Token::Many(class)) if *last == class => {}
                // `*?` and `?*` mean the same. With one fixed order, equal patterns have equal tokens.
                (Some(Token::Many(last)), Token::One(class)) if *last == class => {
                    let at = own.len().saturating_sub(1);
                    own.insert(at, token);
                }
                _ => own.push(token),
            }
        }
        Self { tokens: own }
    }

    /// Creates a pattern from a text with `*` and `?`.
    #[must_use]
    pub fn glob(text: &str) -> Self {
        Self::new(text.chars().map(|char| match char {
            '*' => Token::Many(Class::Any),
            '?' => Token::One(Class::Any),
            char => Token::Char(char),
        }))
    }

    /// Creates a pattern from the pattern of a policy after the replacement of its variables.
    #[must_use]
    pub fn written(pattern: &written::Pattern) -> Self {
        Self::new(pattern.tokens().iter().map(|token| match token {
            written::Token::Many => Token::Many(Class::Any),
            written::Token::One => Token::One(Class::Any),
            written::Token::Just(char) => Token::Char(*char),
        }))
    }

    /// Creates a pattern with exactly one text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { tokens: text.chars().map(Token::Char).collect() }
    }

    /// Creates a pattern with every text.
    #[must_use]
    pub fn everything() -> Self {
        Self { tokens: vec![Token::Many(Class::Any)] }
    }

    /// Returns the tokens.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Returns whether the pattern contains every text.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self.tokens.as_slice(), [Token::Many(Class::Any)])
    }

    /// Returns whether the pattern contains every text that begins with its [`prefix`](Self::prefix), and no other
    /// text.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        let Some((last, before)) = self.tokens.split_last() else { return false };
        *last == Token::Many(Class::Any) && before.iter().all(|token| matches!(token, Token::Char(_)))
    }

    /// Returns whether the pattern contains exactly one text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::Char(_)))
    }

    /// Returns the only text of the pattern, if it contains exactly one.
    #[must_use]
    pub fn only(&self) -> Option<String> {
        self.is_text().then(|| self.prefix())
    }

    /// Returns the characters with which every text begins.
    #[must_use]
    pub fn prefix(&self) -> String {
        let mut text = String::with_capacity(self.tokens.len());
        text.extend(self.begin());
        text
    }

    /// Returns the characters with which every text begins, one by one.
    pub(crate) fn begin(&self) -> impl Iterator<Item = char> {
        self.tokens.iter().map_while(|token| if let Token::Char(char) = token { Some(*char) } else { None })
    }

    /// Returns whether the pattern contains a text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        if self.tokens.iter().all(|token| !matches!(token, Token::Many(class) if *class != Class::Any)) {
            return self.spans(text.chars().map(Token::Char));
        }
        // A run of a class cannot be matched greedily, so the loop follows all positions at once.
        let skip = |mut at: Vec<bool>| {
            for (here, token) in self.tokens.iter().enumerate() {
                if token.is_run() && at.get(here) == Some(&true) {
                    at.iter_mut().skip(here + 1).take(1).for_each(|next| *next = true);
                }
            }
            at
        };
        let mut at = skip((0..=self.tokens.len()).map(|here| here == 0).collect());
        for char in text.chars() {
            let mut next = vec![false; at.len()];
            for (here, token) in self.tokens.iter().enumerate() {
                if at.get(here) == Some(&true) && token.takes(char) {
                    let to = if token.is_run() { here } else { here + 1 };
                    next.iter_mut().skip(to).take(1).for_each(|next| *next = true);
                }
            }
            at = skip(next);
        }
        at.last() == Some(&true)
    }

    /// Returns whether the pattern surely contains every text of another pattern. `false` proves nothing: only a search
    /// can prove that a text is missing.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self == other || self.spans(other.tokens.iter().copied())
    }

    /// Returns whether both patterns surely have no common text. The function compares only their beginnings and ends,
    /// so `false` proves nothing.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        apart(self.tokens.iter(), other.tokens.iter()) || apart(self.tokens.iter().rev(), other.tokens.iter().rev())
    }

    /// Returns whether the pattern covers a sequence of tokens. `*` covers any tokens, also runs. Each other token must
    /// cover the token at its place. After a difference, the function goes back to the last `*` only. This is enough,
    /// because the last `*` takes every text that an earlier `*` could take.
    fn spans(&self, other: impl Iterator<Item = Token> + Clone) -> bool {
        let mut mine = self.tokens.iter();
        let mut theirs = other;
        let mut retry: Option<(std::slice::Iter<'_, Token>, _)> = None;
        loop {
            let before = theirs.clone();
            match (mine.next(), theirs.next()) {
                (None, None) => return true,
                (Some(Token::Many(Class::Any)), _) => {
                    theirs = before.clone();
                    retry = Some((mine.clone(), before));
                }
                (Some(own), Some(other)) if own.holds(other) => {}
                _ => {
                    let Some((after_star, from)) = &mut retry else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    (mine, theirs) = (after_star.clone(), from.clone());
                }
            }
        }
    }
}

/// Returns whether two sequences differ before one of them has a run.
fn apart<'a>(mut one: impl Iterator<Item = &'a Token>, mut two: impl Iterator<Item = &'a Token>) -> bool {
    loop {
        match (one.next(), two.next()) {
            (None, None) => return false,
            (Some(token), None) | (None, Some(token)) => return !token.is_run(),
            (Some(one), Some(two)) if one.is_run() || two.is_run() => return false,
            (Some(one), Some(two)) if one.excludes(*two) => return true,
            _ => {}
        }
    }
}
