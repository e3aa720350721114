//! Parses the text of a filter pattern, as AWS's page "Filter pattern syntax" describes it.
//!
//! A pattern that the page does not describe is an error with a reason, because its meaning is not documented. This
//! module must not know events.

use super::bus::Listed;
use super::expressions;
use super::texts::Texts;

/// A filter pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// The empty pattern. It matches every event.
    Everything,
    /// `{ … }`: a condition on the fields of a JSON event.
    Fields(Condition),
    /// Terms that the text of an event must contain or must not contain.
    Terms(Vec<Term>),
}

/// A condition on fields.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// All parts hold.
    All(Vec<Condition>),
    /// At least one part holds.
    Any(Vec<Condition>),
    /// A test of one field.
    Test(Test),
}

/// A test of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The path of the field without `$.`: `userIdentity.type`, `items[0].id`.
    pub path: String,
    /// The test.
    pub is: Is,
}

/// The test for the value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Is {
    /// `=`, or `!=` when the flag is set.
    Equal(Literal, bool),
    /// `<`, `<=`, `>`, `>=`.
    Compared(Order, f64),
    /// `IS NULL`.
    Null,
    /// `NOT EXISTS`.
    Missing,
    /// `IS TRUE`, `IS FALSE`.
    Flag(bool),
    /// The matchers that an event pattern of EventBridge lists for the field.
    Listed(Box<Listed>),
}

/// The comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The literal with which a field is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A text. A star in it stands for any run of characters.
    Text(String),
    /// A number without quotes: its text and its value.
    Number(String, f64),
    /// A regular expression, with its text.
    Regex(String, Box<Expression>),
}

/// A term of a pattern without fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The role of the term.
    pub role: Role,
    /// The text or expression to find.
    pub what: What,
}

/// The role of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The event must contain the term.
    Needed,
    /// The event must contain at least one of the terms with this role: `?`.
    Optional,
    /// The event must not contain the term: `-`.
    Excluded,
}

/// The text or expression of a term.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A word or phrase.
    Phrase(String),
    /// A regular expression, with its text.
    Regex(String, Box<Expression>),
}

/// A parsed regular expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Texts);

impl Expression {
    /// Returns the texts in which AWS finds the expression.
    pub(super) fn texts(&self) -> &Texts {
        &self.0
    }
}

/// Reads a pattern.
///
/// # Errors
/// The reason why the pattern cannot be read, such as a syntax that AWS does not document.
pub fn parse(text: &str) -> Result<Filter, String> {
    let text = text.trim();
    if text.is_empty() || text == "\"\"" {
        return Ok(Filter::Everything);
    }
    if let Some(inside) = text.strip_prefix('{') {
        let inside = inside.strip_suffix('}').ok_or("the pattern has no `}` at its end")?;
        let mut reader = Reader { left: inside, depth: 0 };
        let condition = reader.any()?;
        return match reader.next_sign() {
            None => Ok(Filter::Fields(condition)),
            Some(_) => Err(format!("`{}` follows where the condition should end", reader.shown())),
        };
    }
    if text.starts_with('[') {
        return Err(
            "a space-delimited pattern splits the text of an event at blanks, and how the text of a JSON event is \
                    written is not documented"
                .to_owned(),
        );
    }
    terms(text).map(Filter::Terms)
}

/// The deepest nesting of parentheses that is read.
const DEEPEST: usize = 64;

struct Reader<'a> {
    left: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        self.left = self.left.trim_start();
    }

    fn next_sign(&mut self) -> Option<char> {
        self.skip_blanks();
        self.left.chars().next()
    }

    fn take(&mut self, sign: &str) -> bool {
        self.skip_blanks();
        let rest = self.left.strip_prefix(sign);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    /// Reads keywords in upper or lower case.
    fn take_words(&mut self, words: &[&str]) -> bool {
        let mut left = self.left;
        for word in words {
            left = left.trim_start();
            let Some((start, rest)) = left.split_at_checked(word.len()) else { return false };
            let ends = rest.chars().next().is_none_or(|next| !next.is_alphanumeric());
            if !start.eq_ignore_ascii_case(word) || !ends {
                return false;
            }
            left = rest;
        }
        self.left = left;
        true
    }

    fn shown(&self) -> String {
        self.left.trim_start().chars().take(20).collect()
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.take("||") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.part()?];
        while self.take("&&") {
            parts.push(self.part()?);
        }
        Ok(one_or(parts, Condition::All))
    }

    fn part(&mut self) -> Result<Condition, String> {
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("the parentheses are nested too deep".to_owned());
            }
            let inside = self.any()?;
            self.depth -= 1;
            return if self.take(")") {
                Ok(inside)
            } else {
                Err(format!("a `)` is missing before `{}`", self.shown()))
            };
        }
        self.test().map(Condition::Test)
    }

    fn test(&mut self) -> Result<Test, String> {
        let path = self.path()?;
        if self.take_words(&["NOT", "EXISTS"]) {
            return Ok(Test { path, is: Is::Missing });
        }
        for (word, is) in [("NULL", Is::Null), ("TRUE", Is::Flag(true)), ("FALSE", Is::Flag(false))] {
            if self.take_words(&["IS", word]) {
                return Ok(Test { path, is });
            }
        }
        let orders = [("<=", Order::AtMost), (">=", Order::AtLeast), ("<", Order::Less), (">", Order::Greater)];
        for (sign, order) in orders {
            if self.take(sign) {
                let Literal::Number(_, number) = self.literal()? else {
                    return Err(format!("`{sign}` compares `{path}` with what is no number"));
                };
                return Ok(Test { path, is: Is::Compared(order, number) });
            }
        }
        let negated = self.take("!=");
        if !negated && !self.take("=") {
            return Err(format!("`{}` follows `{path}` where an operator should", self.shown()));
        }
        Ok(Test { path, is: Is::Equal(self.literal()?, negated) })
    }

    /// Reads `$.a.b[0]`. Returns the path without the `$.`.
    fn path(&mut self) -> Result<String, String> {
        if !self.take("$.") {
            return Err(format!("`{}` stands where a field such as `$.eventName` should", self.shown()));
        }
        let end = self.left.find(|it: char| !(it.is_ascii_alphanumeric() || "-_.[]*".contains(it)));
        let (path, rest) = self.left.split_at(end.unwrap_or(self.left.len()));
        self.left = rest;
        let sound = path.split('.').all(|step| {
            let (name, places) = step.split_at(step.find('[').unwrap_or(step.len()));
            let place = |it: &str| it == "*" || (!it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
            let mut places = places.split('[').skip(1);
            !name.is_empty() && !name.contains(['*', ']']) && places.all(|it| it.strip_suffix(']').is_some_and(place))
        });
        if sound { Ok(path.to_owned()) } else { Err(format!("`$.{path}` is not a field as AWS describes them")) }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next_sign() {
            Some('"') => {
                let (text, rest) = quoted(self.left)?;
                self.left = rest;
                Ok(Literal::Text(text))
            }
            Some('%') => {
                let (source, texts, rest) = expression(self.left)?;
                self.left = rest;
                Ok(Literal::Regex(source, texts))
            }
            _ => {
                let ends = |at: usize, it: char| {
                    let after = self.left.get(at..).unwrap_or_default();
                    it.is_whitespace() || "(){}\"'".contains(it) || after.starts_with("&&") || after.starts_with("||")
                };
                let end = self.left.char_indices().find(|(at, it)| ends(*at, *it)).map(|(at, _)| at);
                let (text, rest) = self.left.split_at(end.unwrap_or(self.left.len()));
                if text.is_empty() || text.contains(['=', '<', '>', '!', '%', '\\']) {
                    return Err(format!("`{}` stands where a value should", self.shown()));
                }
                self.left = rest;
                Ok(match number(text) {
                    Some(number) => Literal::Number(text.to_owned(), number),
                    None => Literal::Text(text.to_owned()),
                })
            }
        }
    }
}

fn one_or(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.len(), parts.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            parts.extend(last);
            many(parts)
        }
    }
}

/// Reads a number as AWS writes it: a sign, digits with a point, and an exponent.
pub(super) fn number(text: &str) -> Option<f64> {
    let shaped = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if shaped && text.bytes().any(|byte| byte.is_ascii_digit()) {
        text.parse().ok().filter(|it: &f64| it.is_finite())
    } else {
        None
    }
}

/// Reads a text in quotation marks. Returns the text between the marks, and the rest after them.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let inside = text.strip_prefix('"').unwrap_or(text);
    let (inside, rest) = inside.split_once('"').ok_or("a quotation mark has no partner")?;
    if inside.contains('\\') {
        return Err("a backslash between quotation marks is not documented".to_owned());
    }
    Ok((inside.to_owned(), rest))
}

/// Reads an expression in percent signs. Returns the expression, and the rest after it.
fn expression(text: &str) -> Result<(String, Box<Expression>, &str), String> {
    let inside = text.strip_prefix('%').unwrap_or(text);
    let (source, rest) = inside.split_once('%').ok_or("a percent sign has no partner")?;
    let texts = expressions::found_in(source)
        .ok_or_else(|| format!("the expression %{source}% is not as AWS documents them"))?;
    Ok((source.to_owned(), Box::new(Expression(texts)), rest))
}

fn terms(text: &str) -> Result<Vec<Term>, String> {
    let mut left = text;
    let mut found = Vec::new();
    loop {
        left = left.trim_start();
        let Some(first) = left.chars().next() else { break };
        let (role, body) = match first {
            '?' => (Role::Optional, left.get(1..).unwrap_or_default()),
            '-' => (Role::Excluded, left.get(1..).unwrap_or_default()),
            _ => (Role::Needed, left),
        };
        let (what, rest) = match body.chars().next() {
            Some('"') => quoted(body).map(|(text, rest)| (What::Phrase(text), rest))?,
            Some('%') => expression(body).map(|(source, texts, rest)| (What::Regex(source, texts), rest))?,
            _ => {
                let (word, rest) = body.split_at(body.find(char::is_whitespace).unwrap_or(body.len()));
                // The page requires quotation marks around a term with other characters than letters, digits and the
                // underscore. This function also accepts a point and a hyphen.
                if word.is_empty() || !word.chars().all(|it| it.is_alphanumeric() || "_.-".contains(it)) {
                    return Err(format!("the term `{word}` has signs that belong between quotation marks"));
                }
                (What::Phrase(word.to_owned()), rest)
            }
        };
        if rest.chars().next().is_some_and(|next| !next.is_whitespace()) {
            return Err(format!("`{}` follows a term without a blank", rest.chars().take(20).collect::<String>()));
        }
        found.push(Term { role, what });
        left = rest;
    }
    Ok(found)
}
