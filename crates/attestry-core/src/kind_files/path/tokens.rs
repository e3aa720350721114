//! Splits the text of a path into tokens. This module must not know how tokens form a path.

use serde_json::Value as Json;

use super::{Comparison, WrongPath};

/// One token, with the number of characters before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) of: Of,
}

/// The content of a token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Of {
    /// A name without quotes.
    Name(String),
    /// A name in quotes.
    Quoted(String),
    Literal(Json),
    Number(i64),
    Current,
    Dot,
    /// `[]`
    Merge,
    /// `[?`
    Filter,
    Open,
    Close,
    Left,
    Right,
    Comma,
    Or,
    And,
    Not,
    Compare(Comparison),
    End,
}

/// Whether a name needs no quotes.
pub(super) fn is_plain(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}

/// Splits a text into tokens. The last token is `End`.
pub(super) fn split(text: &str) -> Result<Vec<Token>, WrongPath> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = chars.get(at).copied() {
        let second = chars.get(at + 1).copied();
        let (of, length) = match (first, second) {
            (' ' | '\t' | '\n', _) => {
                at += 1;
                continue;
            }
            ('[', Some(']')) => (Of::Merge, 2),
            ('[', Some('?')) => (Of::Filter, 2),
            ('|', Some('|')) => (Of::Or, 2),
            ('&', Some('&')) => (Of::And, 2),
            ('=', Some('=')) => (Of::Compare(Comparison::Equal), 2),
            ('!', Some('=')) => (Of::Compare(Comparison::NotEqual), 2),
            ('<', Some('=')) => (Of::Compare(Comparison::AtMost), 2),
            ('>', Some('=')) => (Of::Compare(Comparison::AtLeast), 2),
            ('<', _) => (Of::Compare(Comparison::Less), 1),
            ('>', _) => (Of::Compare(Comparison::Greater), 1),
            ('[', _) => (Of::Open, 1),
            (']', _) => (Of::Close, 1),
            ('(', _) => (Of::Left, 1),
            (')', _) => (Of::Right, 1),
            ('.', _) => (Of::Dot, 1),
            (',', _) => (Of::Comma, 1),
            ('!', _) => (Of::Not, 1),
            ('@', _) => (Of::Current, 1),
            ('\'', _) => {
                let (inside, length) = quoted(&chars, at, '\'')?;
                (Of::Literal(Json::String(inside.replace("\\'", "'"))), length)
            }
            ('"', _) => {
                let (inside, length) = quoted(&chars, at, '"')?;
                let name = serde_json::from_str(&format!("\"{inside}\""));
                (Of::Quoted(name.map_err(|_| WrongPath::new(at, "this is no name in quotes"))?), length)
            }
            ('`', _) => {
                let (inside, length) = quoted(&chars, at, '`')?;
                let value = serde_json::from_str(&inside.replace("\\`", "`"));
                (
                    Of::Literal(value.map_err(|_| WrongPath::new(at, "between grave accents stands a JSON value"))?),
                    length,
                )
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let name: String =
                    chars.iter().skip(at).take_while(|it| it.is_ascii_alphanumeric() || **it == '_').collect();
                let length = name.len();
                (Of::Name(name), length)
            }
            _ if first.is_ascii_digit() || first == '-' && second.is_some_and(|it| it.is_ascii_digit()) => {
                let digits: String = chars.iter().skip(at + 1).take_while(|it| it.is_ascii_digit()).collect();
                let number = format!("{first}{digits}");
                let length = number.len();
                (Of::Number(number.parse().map_err(|_| WrongPath::new(at, "this number is too large"))?), length)
            }
            ('*' | '{' | '|' | '&' | ':', _) => {
                return Err(WrongPath::new(at, format!("`{first}` is not in the subset of JMESPath for kind files")));
            }
            _ => return Err(WrongPath::new(at, format!("`{}` is not expected", first.escape_default()))),
        };
        tokens.push(Token { at, of });
        at += length;
    }
    tokens.push(Token { at, of: Of::End });
    Ok(tokens)
}

/// Returns the text between two quotation marks, and its length with both marks. A mark after a backslash is a part of
/// the text.
fn quoted(chars: &[char], at: usize, mark: char) -> Result<(String, usize), WrongPath> {
    let (mut inside, mut escaped) = (String::new(), false);
    for (offset, char) in chars.iter().skip(at + 1).enumerate() {
        if *char == mark && !escaped {
            return Ok((inside, offset + 2));
        }
        escaped = *char == '\\' && !escaped;
        inside.push(*char);
    }
    Err(WrongPath::new(at, format!("the `{mark}` has no end")))
}
