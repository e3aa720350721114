//! `glob`: A text pattern in which `*` is any run of characters and `?` is any single character, as in IAM.
//!
//! This module must not know kinds or policies. No other character is special: a bracket is a bracket.

use super::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Quantity, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{LetterCase, Pattern};

/// A pattern with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    pattern: Pattern,
}

impl Glob {
    /// Creates a pattern from a text. Every text is a valid pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), pattern: Pattern::new(text) }
    }

    /// Returns the pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern matches the whole text. The time is at most proportional to the length of the pattern times
    /// the length of the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.pattern.matches(text, LetterCase::Exact)
    }
}

/// The pattern matches the whole text.
#[derive(Debug)]
pub(super) struct GlobMatch;

impl Matcher for GlobMatch {
    fn keyword(&self) -> &'static str {
        "glob"
    }

    fn doc(&self) -> &'static str {
        "The whole text is covered by the pattern, in which * is any run of characters and ? any single one."
    }

    fn example(&self) -> Example {
        Example::new("secretsmanager.secret", r#"name: { glob: "bank-*/api" }"#, "name: bank-pay/api", "name: pay/api")
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Text => Ok(Takes::Glob),
            _ => Err("text"),
        }
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Glob(glob) = operand else { return Vec::new() };
        let all = !glob.as_str().is_empty() && glob.as_str().chars().all(|character| character == '*');
        let message = "every text is covered, so this says nothing; to ask that there is one, write `present: true`";
        all.then(|| Objection::error(glob.as_str(), message)).into_iter().collect()
    }

    fn names(&self) -> Option<Quantity> {
        Some(Quantity::One)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        MatchResult::from(
            matches!((actual, operand), (Some(Value::Text(text)), Operand::Glob(glob)) if glob.is_match(text)),
        )
    }

    fn expected(&self, operand: &Operand) -> String {
        operand.to_string()
    }
}
