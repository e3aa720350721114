//! `glob`: a text pattern in which `*` is any run of characters and `?` any single one, as in IAM.
//!
//! Must not know kinds or policies. Nothing else is special: a bracket is a bracket.

use super::{Answer, Example, Matcher, Operand, Setting, Takes};
use crate::facts::{Type, Value};

/// A pattern with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    pattern: Vec<char>,
}

impl Glob {
    /// The pattern of that text; every text is one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), pattern: text.chars().collect() }
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern covers the whole text. Time is at most pattern times text, whatever the pattern.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut p, mut t) = (0, 0);
        // Where to go on when the text after the last star does not fit: the star, and the text that it covers so far.
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            match self.pattern.get(p) {
                Some('*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(&c) if c == '?' || Some(&c) == text.get(t) => {
                    p += 1;
                    t += 1;
                }
                _ => match star {
                    Some((at, covered)) => {
                        star = Some((at, covered + 1));
                        p = at + 1;
                        t = covered + 1;
                    }
                    None => return false,
                },
            }
        }
        self.pattern.iter().skip(p).all(|c| *c == '*')
    }
}

/// The text is covered by the pattern.
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

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &Setting<'_>) -> Answer {
        Answer::from(matches!((actual, operand), (Some(Value::Text(text)), Operand::Glob(glob)) if glob.is_match(text)))
    }

    fn expected(&self, operand: &Operand) -> String {
        operand.to_string()
    }
}
