//! Parses the text of a path. The operators have the same precedence as in JMESPath. This module must not know values.

use super::tokens::{Of, Token, split};
use super::{FUNCTIONS, Function, Path};
use crate::source::hint;

/// The reason why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct WrongPath {
    /// The number of characters before the mistake.
    pub at: usize,
    /// The reason.
    pub reason: String,
}

impl WrongPath {
    pub(super) fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }
}

/// The greatest depth of nesting in a path.
const DEEPEST: usize = 32;
/// The greatest length of a path in bytes.
const LONGEST: usize = 1000;

/// The precedence of the operators. An operator with a higher number binds more strongly.
const OR: u8 = 2;
const AND: u8 = 3;
const COMPARE: u8 = 5;
const MERGE: u8 = 9;
/// The path inside the items of a list ends before an operator with a lower number.
const END_OF_LIST: u8 = 10;
const FILTER: u8 = 21;
const DOT: u8 = 40;
const ITEM: u8 = 55;

pub(super) fn parse(text: &str) -> Result<Path, WrongPath> {
    if text.len() > LONGEST {
        return Err(WrongPath::new(0, "the path is too long"));
    }
    let mut parser = Parser { tokens: split(text)?, next: 0 };
    let path = parser.expression(0, 0)?;
    match parser.peek() {
        Of::End => Ok(path),
        _ => Err(parser.wrong("the path should end here")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> &Of {
        self.tokens.get(self.next).map_or(&Of::End, |token| &token.of)
    }

    fn take(&mut self) -> Of {
        let of = self.peek().clone();
        self.next += 1;
        of
    }

    fn wrong(&self, reason: impl Into<String>) -> WrongPath {
        let at = self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |token| token.at);
        WrongPath::new(at, reason)
    }

    fn expect(&mut self, of: &Of, sign: &str) -> Result<(), WrongPath> {
        if self.peek() == of {
            self.next += 1;
            return Ok(());
        }
        Err(self.wrong(format!("expected `{sign}`")))
    }

    fn expression(&mut self, binding: u8, depth: usize) -> Result<Path, WrongPath> {
        if depth > DEEPEST {
            return Err(self.wrong("the path nests too deep"));
        }
        let mut left = self.start(depth)?;
        while binding < strength(self.peek()) {
            left = self.continued(left, depth)?;
        }
        Ok(left)
    }

    /// Parses the path that starts with the next token.
    fn start(&mut self, depth: usize) -> Result<Path, WrongPath> {
        let here = self.wrong("a path starts with the name of a member");
        match self.take() {
            Of::Current => Ok(Path::Current),
            Of::Name(name) if *self.peek() == Of::Left => self.call(&name, here.at, depth),
            Of::Name(name) | Of::Quoted(name) => Ok(Path::Member(name)),
            Of::Literal(value) => Ok(Path::Literal(value)),
            Of::Left => {
                let inside = self.expression(0, depth + 1)?;
                self.expect(&Of::Right, ")")?;
                Ok(inside)
            }
            Of::Not => {
                if *self.peek() != Of::Left {
                    return Err(self.wrong("`!` needs parentheses, because JMESPath reads `!a.b` as `(!a).b`"));
                }
                self.next += 1;
                let inside = self.expression(0, depth + 1)?;
                self.expect(&Of::Right, ")")?;
                Ok(Path::Not(Box::new(inside)))
            }
            Of::Merge => self.merged(Path::Current, depth),
            Of::Filter => self.filtered(Path::Current, depth),
            Of::Open => self.item(),
            _ => Err(here),
        }
    }

    /// Parses the next token as a continuation of the path `left`.
    fn continued(&mut self, left: Path, depth: usize) -> Result<Path, WrongPath> {
        let here = self.wrong("this does not continue a path");
        match self.take() {
            Of::Dot => {
                let right = self.after_dot(DOT, depth)?;
                Ok(Path::Inside(Box::new(left), Box::new(right)))
            }
            Of::Or => Ok(Path::Or(Box::new(left), Box::new(self.expression(OR, depth + 1)?))),
            Of::And => Ok(Path::And(Box::new(left), Box::new(self.expression(AND, depth + 1)?))),
            Of::Compare(how) => Ok(Path::Compare(how, Box::new(left), Box::new(self.expression(COMPARE, depth + 1)?))),
            Of::Merge => self.merged(left, depth),
            Of::Filter => self.filtered(left, depth),
            Of::Open => {
                let item = self.item()?;
                Ok(Path::Inside(Box::new(left), Box::new(item)))
            }
            _ => Err(here),
        }
    }

    fn item(&mut self) -> Result<Path, WrongPath> {
        match self.take() {
            Of::Number(at) => {
                self.expect(&Of::Close, "]")?;
                Ok(Path::Item(at))
            }
            _ => {
                self.next = self.next.saturating_sub(1);
                Err(self.wrong("in brackets stands a number, a condition after `?`, or nothing"))
            }
        }
    }

    fn merged(&mut self, list: Path, depth: usize) -> Result<Path, WrongPath> {
        let each = self.inside_list(MERGE, depth)?;
        let list = Path::Merged(Box::new(list));
        Ok(if each == Path::Current { list } else { Path::Each(Box::new(list), Box::new(each)) })
    }

    fn filtered(&mut self, list: Path, depth: usize) -> Result<Path, WrongPath> {
        let condition = self.expression(0, depth + 1)?;
        self.expect(&Of::Close, "]")?;
        let each = if *self.peek() == Of::Merge { Path::Current } else { self.inside_list(FILTER, depth)? };
        Ok(Path::Where { list: Box::new(list), condition: Box::new(condition), each: Box::new(each) })
    }

    /// Parses the rest of the path that applies to each item of a list.
    fn inside_list(&mut self, binding: u8, depth: usize) -> Result<Path, WrongPath> {
        match self.peek() {
            of if strength(of) < END_OF_LIST => Ok(Path::Current),
            Of::Dot => {
                self.next += 1;
                self.after_dot(binding, depth)
            }
            _ => self.expression(binding, depth + 1),
        }
    }

    fn after_dot(&mut self, binding: u8, depth: usize) -> Result<Path, WrongPath> {
        match self.peek() {
            Of::Name(_) | Of::Quoted(_) => self.expression(binding, depth + 1),
            _ => Err(self.wrong("the name of a member follows a dot")),
        }
    }

    fn call(&mut self, name: &str, at: usize, depth: usize) -> Result<Path, WrongPath> {
        let Some((_, function, takes)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            let help = hint(name, FUNCTIONS.iter().map(|(known, ..)| *known));
            return Err(WrongPath::new(at, format!("`{name}` is no function of a path{help}")));
        };
        self.next += 1;
        let mut arguments = Vec::new();
        while *self.peek() != Of::Right {
            if !arguments.is_empty() {
                self.expect(&Of::Comma, ",")?;
            }
            arguments.push(self.expression(0, depth + 1)?);
        }
        self.next += 1;
        let fits = if *function == Function::NotNull { !arguments.is_empty() } else { arguments.len() == *takes };
        if !fits {
            let number = if *takes == 0 { "at least 1".to_owned() } else { takes.to_string() };
            return Err(WrongPath::new(at, format!("`{name}` takes {number} arguments, and has {}", arguments.len())));
        }
        Ok(Path::Call(*function, arguments))
    }
}

const fn strength(of: &Of) -> u8 {
    match of {
        Of::Or => OR,
        Of::And => AND,
        Of::Compare(_) => COMPARE,
        Of::Merge => MERGE,
        Of::Filter => FILTER,
        Of::Dot => DOT,
        Of::Open => ITEM,
        _ => 0,
    }
}
