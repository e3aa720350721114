//! Paths inside the answers of AWS, in a subset of JMESPath. AWS's own tools also use JMESPath.
//!
//! A path only selects and compares values. So its evaluation always ends, and the type of its result can be proved.
//! This module must not know the shapes of answers, nor what a value means.

mod evaluate;
mod parse;
mod tokens;

use std::fmt;

use serde_json::Value as Json;

pub use evaluate::WrongType;
pub use parse::WrongPath;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub enum Path {
    /// `@`: the value itself.
    Current,
    /// `a`: a member.
    Member(String),
    /// `a.b`: a path inside the value of another path.
    Inside(Box<Path>, Box<Path>),
    /// `[0]`: an item of a list. A negative number counts from the end.
    Item(i64),
    /// `a[]`: the items of a list. An item that is a list is replaced by its items.
    Merged(Box<Path>),
    /// `a[].b`: a path inside each item of a list. Items without a value are left out.
    Each(Box<Path>, Box<Path>),
    /// `a[?condition].b`: a path inside each item that meets the condition. Items without a value are left out.
    Where {
        /// The list.
        list: Box<Path>,
        /// The condition of an item.
        condition: Box<Path>,
        /// The path inside each item.
        each: Box<Path>,
    },
    /// `a || b`: the value of `a`, unless it is empty, false or missing. Otherwise the value of `b`.
    Or(Box<Path>, Box<Path>),
    /// `a && b`.
    And(Box<Path>, Box<Path>),
    /// `!(a)`.
    Not(Box<Path>),
    /// `a == b`, and the other comparisons.
    Compare(Comparison, Box<Path>, Box<Path>),
    /// `'text'` or a JSON value in grave accents.
    Literal(Json),
    /// `length(a)`, and the other functions.
    Call(Function, Vec<Path>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// The number of characters, items or members.
    Length,
    /// The greatest number or text of a list.
    Max,
    /// The least number or text of a list.
    Min,
    /// Whether a list has an item, or a text has a part.
    Contains,
    /// Whether a text starts with another.
    StartsWith,
    /// Whether a text ends with another.
    EndsWith,
    /// The names of a map, sorted.
    Keys,
    /// The first argument that has a value.
    NotNull,
    /// The items of a list of numbers or texts, in order.
    Sort,
}

/// Each function, with its name and the number of its arguments. `not_null` takes one or more arguments.
pub(super) const FUNCTIONS: &[(&str, Function, usize)] = &[
    ("contains", Function::Contains, 2),
    ("ends_with", Function::EndsWith, 2),
    ("keys", Function::Keys, 1),
    ("length", Function::Length, 1),
    ("max", Function::Max, 1),
    ("min", Function::Min, 1),
    ("not_null", Function::NotNull, 0),
    ("sort", Function::Sort, 1),
    ("starts_with", Function::StartsWith, 2),
];

impl Function {
    /// Returns the name of the function.
    #[must_use]
    pub fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(_, function, _)| *function == self).map_or("", |(name, ..)| name)
    }
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// The text is no path of the subset, with the place and the reason.
    pub fn parse(text: &str) -> Result<Self, WrongPath> {
        parse::parse(text)
    }

    /// Returns the value of the path in an answer. The value of a missing member is null.
    ///
    /// # Errors
    /// A function got a value of a type that it does not take. The error has no part of the value.
    pub fn value(&self, of: &Json) -> Result<Json, WrongType> {
        evaluate::value(self, of).map(std::borrow::Cow::into_owned)
    }

    /// Whether the condition holds for a value.
    ///
    /// # Errors
    /// See [`Path::value`].
    pub fn holds(&self, of: &Json) -> Result<bool, WrongType> {
        evaluate::value(self, of).map(|value| evaluate::is_true(&value))
    }

    /// Adds every chain of members that the path reads to `found`. A chain starts at the value that the path is applied
    /// to.
    pub fn members(&self, found: &mut Vec<Vec<String>>) {
        self.ends(&[Vec::new()], found);
    }

    /// Returns the chains of members that the path selects when it starts at the chains `from`. Adds the chains that a
    /// condition or a comparison reads to `found`.
    fn read(&self, from: &[Vec<String>], found: &mut Vec<Vec<String>>) -> Vec<Vec<String>> {
        match self {
            Self::Current | Self::Item(_) => from.to_vec(),
            Self::Member(name) => from.iter().map(|at| at.iter().cloned().chain([name.clone()]).collect()).collect(),
            Self::Inside(outer, inner) | Self::Each(outer, inner) => {
                let at = outer.read(from, found);
                inner.read(&at, found)
            }
            Self::Merged(list) => list.read(from, found),
            Self::Where { list, condition, each } => {
                let at = list.read(from, found);
                condition.ends(&at, found);
                each.read(&at, found)
            }
            Self::Or(a, b) => {
                let mut ends = a.read(from, found);
                ends.extend(b.read(from, found));
                ends
            }
            Self::And(a, b) | Self::Compare(_, a, b) => {
                a.ends(from, found);
                b.ends(from, found);
                Vec::new()
            }
            Self::Not(a) => {
                a.ends(from, found);
                Vec::new()
            }
            Self::Literal(_) => Vec::new(),
            Self::Call(_, arguments) => arguments.iter().flat_map(|it| it.read(from, found)).collect(),
        }
    }

    /// Writes the path as a part of a larger path, in parentheses if they are necessary.
    fn operand(&self) -> String {
        match self {
            Self::Or(..) | Self::And(..) | Self::Compare(..) => format!("({self})"),
            path => path.to_string(),
        }
    }

    fn ends(&self, from: &[Vec<String>], found: &mut Vec<Vec<String>>) {
        let ends = self.read(from, found);
        found.extend(ends);
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Current => f.write_str("@"),
            Self::Member(name) if tokens::is_plain(name) => f.write_str(name),
            Self::Member(name) => write!(f, "{}", Json::from(name.as_str())),
            Self::Inside(outer, inner) if matches!(**inner, Self::Item(_)) => write!(f, "{}{inner}", outer.operand()),
            Self::Inside(outer, inner) => write!(f, "{}.{inner}", outer.operand()),
            Self::Item(at) => write!(f, "[{at}]"),
            Self::Merged(list) if **list == Self::Current => f.write_str("[]"),
            Self::Merged(list) => write!(f, "{list}[]"),
            Self::Each(list, each) => after(f, list, each),
            Self::Where { list, condition, each } => {
                if **list != Self::Current {
                    write!(f, "{list}")?;
                }
                after(f, &format_args!("[?{condition}]"), each)
            }
            Self::Or(a, b) => write!(f, "{} || {}", a.operand(), b.operand()),
            Self::And(a, b) => write!(f, "{} && {}", a.operand(), b.operand()),
            Self::Not(a) => write!(f, "!({a})"),
            Self::Compare(how, a, b) => write!(f, "{} {} {}", a.operand(), how.sign(), b.operand()),
            Self::Literal(Json::String(text)) => write!(f, "'{text}'"),
            Self::Literal(value) => write!(f, "`{value}`"),
            Self::Call(function, arguments) => {
                let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
                write!(f, "{}({})", function.name(), arguments.join(", "))
            }
        }
    }
}

/// Writes the part of a path that follows a list.
fn after(f: &mut fmt::Formatter<'_>, list: &impl fmt::Display, each: &Path) -> fmt::Result {
    match each {
        Path::Current => write!(f, "{list}"),
        Path::Merged(of) if **of == Path::Current => write!(f, "{list}[]"),
        Path::Item(_) => write!(f, "{list}{each}"),
        each => write!(f, "{list}.{each}"),
    }
}

impl Comparison {
    const fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

#[cfg(test)]
mod tests;
