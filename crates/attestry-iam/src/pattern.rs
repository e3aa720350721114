//! Matches patterns of policies with one text: `*`, `?` and variables.
//!
//! AWS documents two rules for ARNs in the IAM User Guide. The elements `Resource` and `NotResource` match an ARN as
//! one text, so a `*` also covers colons ("IAM JSON policy elements: Resource"). The ARN operators compare the six
//! components one by one, so a `*` stays within its component. Only the last component, the resource, may itself
//! contain colons ("IAM JSON policy elements: Condition operators"). The value of a variable is plain text, even if it
//! contains `*` or `?` ("IAM policy elements: Variables and tags"). This module must not know statements.

use super::context::{Context, Known};
use super::reference;

/// The longest pattern after the replacement of variables, in characters. Without the limit, a document with many
/// variables and long values would need far more memory than the document and the values.
const LONGEST: usize = 1 << 20;

/// The rule for the comparison of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterCase {
    /// The characters must be equal.
    Exact,
    /// The case of ASCII letters does not matter, as for actions.
    Ascii,
    /// The case of letters does not matter, in any alphabet, as for `StringEqualsIgnoreCase`.
    Any,
}

impl LetterCase {
    fn same(self, one: char, other: char) -> bool {
        match self {
            Self::Exact => one == other,
            Self::Ascii => one.eq_ignore_ascii_case(&other),
            Self::Any => one == other || one.to_lowercase().eq(other.to_lowercase()),
        }
    }
}

/// A pattern without variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern(Vec<Token>);

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`: any text.
    Many,
    /// `?`: any single character.
    One,
    Just(char),
}

impl Pattern {
    /// Creates a pattern from a text with wildcards.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push(text, true);
        pattern
    }

    /// Creates a pattern that covers only this text.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push(text, false);
        pattern
    }

    fn push(&mut self, text: &str, wildcards: bool) {
        self.0.extend(text.chars().map(|it| match it {
            '*' if wildcards => Token::Many,
            '?' if wildcards => Token::One,
            plain => Token::Just(plain),
        }));
    }

    /// Returns whether the pattern covers the whole text. The time is at most proportional to the product of both
    /// lengths.
    #[must_use]
    pub fn matches(&self, text: &str, case: LetterCase) -> bool {
        covers(&self.0, text, case)
    }

    /// Returns whether the pattern covers an ARN, component by component. Returns `None` when the pattern does not have
    /// six components, because AWS does not document its meaning.
    #[must_use]
    pub fn matches_arn(&self, arn: &str) -> Option<bool> {
        let components: Vec<_> = self.0.splitn(6, |it| *it == Token::Just(':')).collect();
        if components.len() < 6 {
            return None;
        }
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let all = components.iter().zip(&parts).all(|(component, part)| covers(component, part, LetterCase::Exact));
        Some(parts.len() == 6 && all)
    }

    /// Returns the parts of the pattern.
    pub(super) fn tokens(&self) -> &[Token] {
        &self.0
    }

    /// Returns the text that the pattern covers, if it has no wildcard.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.0.iter().map(|it| if let Token::Just(plain) = it { Some(*plain) } else { None }).collect()
    }
}

/// Compares the pattern and the text from the left. After a difference, the function goes back to the last `*`, which
/// then takes one more character. The function never goes back to an earlier `*`, so the time is not exponential.
fn covers(pattern: &[Token], text: &str, case: LetterCase) -> bool {
    let (mut pattern, mut rest) = (pattern, text.chars());
    let mut back = None;
    loop {
        let mut ahead = rest.clone();
        match (pattern.split_first(), ahead.next()) {
            (Some((Token::Many, after)), _) => {
                back = Some((after, rest.clone()));
                pattern = after;
                continue;
            }
            (Some((Token::One, after)), Some(_)) => {
                (pattern, rest) = (after, ahead);
                continue;
            }
            (Some((Token::Just(wanted), after)), Some(found)) if case.same(*wanted, found) => {
                (pattern, rest) = (after, ahead);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        let Some((after, from)) = &mut back else { return false };
        if after.is_empty() {
            return true;
        }
        if from.next().is_none() {
            return false;
        }
        (pattern, rest) = (after, from.clone());
    }
}

/// A text of a policy after the replacement of its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The pattern, with a `*` for each variable whose value is unknown. A text that does not match the pattern does
    /// not match for any value of these variables.
    pub pattern: Pattern,
    /// The keys of variables whose values are unknown or too long.
    pub unknown: Vec<String>,
    /// The key of a variable for which the request has several values, or for which the request has no value and the
    /// policy has no default. AWS calls the statement invalid in this case, so the text matches nothing.
    pub absent: Option<String>,
}

/// Returns whether every request has a key, so that its variable always has a value.
pub(super) fn is_always_there(key: &str) -> bool {
    reference::key(key).is_some_and(|key| key.always)
}

/// Replaces the variables: `${key}` and `${key, 'default'}`. `${*}`, `${?}` and `${$}` mean these characters
/// themselves.
///
/// If `variables` is false, as for documents of 2008, `${` is plain text. If `wildcards` is false, `*` and `?` are
/// plain text. A text that begins like a variable but is no variable is plain text, too.
#[must_use]
pub fn resolved(text: &str, variables: bool, wildcards: bool, context: &Context) -> Resolved {
    let mut found = Resolved { pattern: Pattern::default(), unknown: Vec::new(), absent: None };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${").filter(|_| variables) {
        found.pattern.push(before, wildcards);
        let Some((variable, after)) = variable(after) else {
            found.pattern.push("${", false);
            rest = after;
            continue;
        };
        rest = after;
        let (key, default) = match variable {
            Variable::Character(character) => {
                found.pattern.push(character, false);
                continue;
            }
            Variable::Key(key, default) => (key, default),
        };
        match (context.get(key), default) {
            (Known::Values([value]), _) if found.pattern.0.len() + value.len() <= LONGEST => {
                found.pattern.push(value, false);
            }
            (Known::Unknown | Known::Values([_]), _) => {
                found.pattern.0.push(Token::Many);
                found.unknown.push(key.to_owned());
            }
            (Known::Absent | Known::Values([]), Some(default)) => found.pattern.push(default, false),
            (Known::Absent | Known::Values(_), _) => found.absent = Some(key.to_owned()),
        }
    }
    found.pattern.push(rest, wildcards);
    found
}

enum Variable<'a> {
    Character(&'a str),
    Key(&'a str, Option<&'a str>),
}

/// Reads the variable whose `${` stands directly before the text. Returns the variable and the text after it.
fn variable(text: &str) -> Option<(Variable<'_>, &str)> {
    let end = text.find(['}', ',', '\''])?;
    let (name, rest) = text.split_at_checked(end)?;
    let key = name.trim();
    if key.is_empty() || key.contains(['{', '$']) && key != "$" {
        return None;
    }
    if let Some(after) = rest.strip_prefix('}') {
        let found = if matches!(key, "*" | "?" | "$") { Variable::Character(key) } else { Variable::Key(key, None) };
        return Some((found, after));
    }
    let (default, after) = rest.strip_prefix(',')?.trim_start().strip_prefix('\'')?.split_once('\'')?;
    Some((Variable::Key(key, Some(default)), after.trim_start().strip_prefix('}')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_whole_texts() {
        for (pattern, text, covers) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "a:b/c", true),
            ("?", "", false),
            ("?", "ä", true),
            ("??", "ä", false),
            ("a*", "ba", false),
            ("*a", "ba", true),
            ("*a", "ab", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*a?", "aab", true),
            ("*a?", "aa", true),
            ("*a?", "a", false),
            ("a**b", "ab", true),
            ("arn:aws:s3:::*", "arn:aws:s3:::a/b:c", true),
            ("arn:*:secret:bank-*", "arn:aws:secretsmanager:x:1:secret:bank-a", true),
            ("A", "a", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text, LetterCase::Exact), covers, "{pattern} {text}");
        }
        assert!(Pattern::new("S3:get*").matches("s3:GetObject", LetterCase::Ascii));
        assert!(!Pattern::new("É").matches("é", LetterCase::Ascii));
        assert!(Pattern::new("É").matches("é", LetterCase::Any));
        assert!(!Pattern::plain("*").matches("a", LetterCase::Exact));
        assert!(Pattern::plain("*").matches("*", LetterCase::Exact));
    }

    #[test]
    fn arns_are_compared_by_component() {
        for (pattern, arn, covers) in [
            ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a", Some(true)),
            ("arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a/b:c", Some(true)),
            ("arn:*:iam::?:role/*", "arn:aws-cn:iam::1:role/a", Some(true)),
            ("arn:aws:*:role/a", "arn:aws:iam::1:role/a", None),
            ("arn:aws:*:1:*:a", "arn:aws:sns:eu:1:a", Some(false)),
            ("arn:aws:s3:::a*", "arn:aws:s3:eu::a", Some(false)),
            ("arn:aws:sns:*:*:x:y", "arn:aws:sns:eu:1:x:y", Some(true)),
            ("arn:aws:sns:*:*:x:y", "arn:aws:sns:eu:1:x", Some(false)),
            ("arn:aws:sns:*:*:*", "not an ARN", Some(false)),
            ("*", "arn:aws:iam::1:role/a", None),
        ] {
            assert_eq!(Pattern::new(pattern).matches_arn(arn), covers, "{pattern} {arn}");
        }
    }

    #[test]
    fn hostile_patterns_take_quadratic_time() {
        let pattern = Pattern::new(&"a*".repeat(2_000));
        assert!(!pattern.matches(&"a".repeat(1_999), LetterCase::Exact));
        assert!(!Pattern::new(&format!("{}b", "*a".repeat(1_000))).matches(&"a".repeat(4_000), LetterCase::Exact));
    }

    #[test]
    fn many_long_variables_are_unknown() {
        let context = Context::unknown().with("k", ["a".repeat(2_000)]);
        let found = resolved(&"${k}".repeat(60_000), true, true, &context);
        assert!(found.pattern.0.len() <= LONGEST + 60_000);
        assert!(found.unknown.contains(&"k".to_owned()));
        assert_eq!(resolved(&"${k}".repeat(500), true, true, &context).unknown, [] as [&str; 0]);
    }

    #[test]
    fn variables_are_put_in() {
        let context = Context::unknown()
            .with("aws:username", ["anna"])
            .with("star", ["a*"])
            .with("many", ["a", "b"])
            .without("gone");
        let read = |text: &str| resolved(text, true, true, &context);
        let plain = |text: &str| read(text).pattern.text().unwrap_or_else(|| "a wildcard".to_owned());
        assert_eq!(plain("home/${aws:username}/x"), "home/anna/x");
        assert_eq!(plain("${AWS:UserName}"), "anna");
        assert_eq!(plain("${star}${*}${?}${$}{x}"), "a**?${x}");
        assert_eq!(plain("${gone, 'no one'}"), "no one");
        assert_eq!(plain("${aws:username,'b'}"), "anna");
        assert_eq!(plain("${ gone , 'a}b' }c"), "a}bc");
        for text in ["${", "${}", "${a", "${a,b}", "${a,'b}", "$", "${a 'b'}", "a${${b"] {
            assert_eq!(plain(text), text);
        }
        assert_eq!(read("${${aws:username}").pattern.text().as_deref(), Some("${anna"));
        assert_eq!(read("a/${gone}").absent.as_deref(), Some("gone"));
        assert_eq!(read("a/${many}").absent.as_deref(), Some("many"));
        let unknown = read("a/${x, 'y'}/${z}");
        assert_eq!(unknown.unknown, ["x", "z"]);
        assert_eq!(unknown.pattern, Pattern::new("a/*/*"));
        let old = resolved("${aws:username}*", false, true, &context);
        assert_eq!(old.pattern, Pattern::new("${aws:username}*"));
        assert_eq!(resolved("a*", true, false, &context).pattern, Pattern::plain("a*"));
    }
}
