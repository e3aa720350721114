//! A pattern: characters, single characters of a class, and runs of a class.
//!
//! Must not know where patterns come from. Globs and resource formats are the same thing here.

use crate::pattern as written;

/// Some text, one token after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    tokens: Vec<Token>,
}

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// This character.
    Char(char),
    /// One character of a class; `?` is one of any.
    One(Class),
    /// Any number of characters of a class, none included; `*` is many of any.
    Many(Class),
}

/// A set of characters, the larger ones after the smaller ones: each holds all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Decimal digits.
    Digit,
    /// Small letters, digits and hyphens: names of regions, services and (in small letters) actions.
    Word,
    /// All but colon and slash: names of buckets.
    Segment,
    /// All but colon.
    Field,
    /// Everything.
    Any,
}

impl Class {
    /// Whether a character is of the class.
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
    /// Whether the token can take a character.
    #[must_use]
    pub fn takes(self, char: char) -> bool {
        match self {
            Self::Char(own) => own == char,
            Self::One(class) | Self::Many(class) => class.has(char),
        }
    }

    /// Whether every single character that `other` stands for is one that this stands for.
    fn holds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Char(one), Self::Char(two)) => one == two,
            (Self::One(class), Self::Char(char)) => class.has(char),
            (Self::One(class), Self::One(smaller)) => smaller <= class,
            _ => false,
        }
    }

    /// Whether no character is one that both stand for.
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
    /// From tokens.
    #[must_use]
    pub fn new(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut own: Vec<Token> = Vec::new();
        for token in tokens {
            match (own.last(), token) {
                (Some(Token::Many(last)), Token::Many(class)) if *last == class => {}
                // `*?` and `?*` say the same; one order makes equal things look equal.
                (Some(Token::Many(last)), Token::One(class)) if *last == class => {
                    let at = own.len().saturating_sub(1);
                    own.insert(at, token);
                }
                _ => own.push(token),
            }
        }
        Self { tokens: own }
    }

    /// From a text with `*` and `?`.
    #[must_use]
    pub fn glob(text: &str) -> Self {
        Self::new(text.chars().map(|char| match char {
            '*' => Token::Many(Class::Any),
            '?' => Token::One(Class::Any),
            char => Token::Char(char),
        }))
    }

    /// As a policy writes it, its variables put in.
    #[must_use]
    pub fn written(pattern: &written::Pattern) -> Self {
        Self::new(pattern.tokens().iter().map(|token| match token {
            written::Token::Many => Token::Many(Class::Any),
            written::Token::One => Token::One(Class::Any),
            written::Token::Just(char) => Token::Char(*char),
        }))
    }

    /// A text and no other.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { tokens: text.chars().map(Token::Char).collect() }
    }

    /// Every text.
    #[must_use]
    pub fn everything() -> Self {
        Self { tokens: vec![Token::Many(Class::Any)] }
    }

    /// Its tokens.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether it is every text.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self.tokens.as_slice(), [Token::Many(Class::Any)])
    }

    /// Whether it is every text that begins with [`prefix`](Self::prefix).
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        let Some((last, before)) = self.tokens.split_last() else { return false };
        *last == Token::Many(Class::Any) && before.iter().all(|token| matches!(token, Token::Char(_)))
    }

    /// Whether it is one text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.tokens.iter().all(|token| matches!(token, Token::Char(_)))
    }

    /// The only text, where there is only one.
    #[must_use]
    pub fn only(&self) -> Option<String> {
        self.is_text().then(|| self.prefix())
    }

    /// The characters that every text begins with.
    #[must_use]
    pub fn prefix(&self) -> String {
        let mut text = String::with_capacity(self.tokens.len());
        text.extend(self.begin());
        text
    }

    /// The same, one by one.
    pub(crate) fn begin(&self) -> impl Iterator<Item = char> {
        self.tokens.iter().map_while(|token| if let Token::Char(char) = token { Some(*char) } else { None })
    }

    /// Whether a text is one of its texts.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        if self.tokens.iter().all(|token| !matches!(token, Token::Many(class) if *class != Class::Any)) {
            return self.spans(text.chars().map(Token::Char));
        }
        // A run of a class cannot be matched greedily: follow all positions at once.
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

    /// Whether it surely holds every text of another. `false` does not say that it does not: that needs a search.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self == other || self.spans(other.tokens.iter().copied())
    }

    /// Whether both surely have no text in common, by how they begin and end. `false` says nothing.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        apart(self.tokens.iter(), other.tokens.iter()) || apart(self.tokens.iter().rev(), other.tokens.iter().rev())
    }

    /// Lays the pattern over tokens: `*` spans any of them, runs included; the rest must hold one by one. Going back to
    /// the last `*` is enough, since it takes whatever an earlier one could.
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

/// Whether two sequences differ before either has a run.
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
