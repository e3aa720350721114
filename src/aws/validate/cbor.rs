//! Checks CBOR against a row, in one walk that builds no tree. The CBOR must be complete, with no bytes after it. This
//! module must not know any operation.

use std::borrow::Cow;

use super::check::{Asked, Check, Scalar, Wrong, said, wrong};
use super::table::{Kind, Node};

/// The depth limit. No answer of AWS is deeper.
const DEPTH: usize = 64;

/// Reads a whole answer.
pub(super) fn read(root: &Node, asked: &Asked<'_>, body: &[u8]) -> Result<(), Wrong> {
    let mut reader = Reader { rest: body, check: Check::new(asked) };
    reader.value(Some(root), DEPTH)?;
    if !reader.rest.is_empty() {
        return Err(said("goes on behind its end"));
    }
    reader.check.end()
}

struct Reader<'b, 't, 'a> {
    rest: &'b [u8],
    check: Check<'t, 'a>,
}

/// The start of a value: its type and the number in it. Without a number, the value has no length and an end mark
/// follows later.
struct Head {
    major: u8,
    minor: u8,
    number: Option<u64>,
}

const BREAK: u8 = 0xff;

impl<'b, 't> Reader<'b, 't, '_> {
    fn bytes(&mut self, length: u64) -> Result<&'b [u8], Wrong> {
        let length = usize::try_from(length).map_err(|_| said("is cut off"))?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(|| said("is cut off"))?;
        self.rest = rest;
        Ok(bytes)
    }

    fn head(&mut self) -> Result<Head, Wrong> {
        let [first] = *self.bytes(1)? else { return Err(said("is cut off")) };
        let (major, minor) = (first >> 5, first & 0x1f);
        let number = match minor {
            0..=23 => Some(u64::from(minor)),
            24..=27 => {
                let bytes = self.bytes(1 << (minor - 24))?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 if (2..=5).contains(&major) => None,
            _ => return Err(said("is no CBOR")),
        };
        Ok(Head { major, minor, number })
    }

    /// Returns whether a value with `left` more items ends here.
    fn ended(&mut self, left: &mut Option<u64>) -> bool {
        match left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None if self.rest.first() == Some(&BREAK) => {
                self.rest = self.rest.get(1..).unwrap_or_default();
                true
            }
            None => false,
        }
    }

    fn text(&mut self, head: &Head) -> Result<Cow<'b, str>, Wrong> {
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| said("has a text that is none"));
        if head.major != 3 {
            return Err(said("has a name that is no text"));
        }
        if let Some(length) = head.number {
            return self.bytes(length).and_then(text).map(Cow::Borrowed);
        }
        let mut whole = String::new();
        while !self.ended(&mut None) {
            let part = self.head()?;
            let (3, Some(length)) = (part.major, part.number) else { return Err(said("is no CBOR")) };
            whole.push_str(text(self.bytes(length)?)?);
        }
        Ok(Cow::Owned(whole))
    }

    fn value(&mut self, node: Option<&'t Node>, depth: usize) -> Result<bool, Wrong> {
        let inside = depth.checked_sub(1).ok_or_else(|| said("is nested deeper than any of AWS"))?;
        let head = self.head()?;
        #[expect(clippy::cast_precision_loss, reason = "only compared with bounds")]
        let scalar = match (head.major, head.number) {
            (0, Some(number)) => Scalar::Number(number as f64),
            (1, Some(number)) => Scalar::Number(-1.0 - number as f64),
            (2, Some(length)) => {
                self.bytes(length)?;
                Scalar::Bytes
            }
            (3, _) => {
                let text = self.text(&head)?;
                return self.scalar(node, Scalar::Text(&text));
            }
            (4, left) => return self.list(node, left, inside),
            (5, left) => return self.map(node, left, inside),
            (6, Some(1)) => {
                let number = self.head()?;
                Scalar::Instant(number_of(&number).ok_or_else(|| said("has an instant that is none"))?)
            }
            (7, Some(_)) => match head.minor {
                20 | 21 => Scalar::Flag(head.minor == 21),
                22 | 23 => Scalar::Null,
                25..=27 => Scalar::Number(number_of(&head).unwrap_or(f64::NAN)),
                _ => return Err(said("is no CBOR of AWS")),
            },
            _ => return Err(said("is no CBOR of AWS")),
        };
        self.scalar(node, scalar)
    }

    /// Checks a single value, and returns whether the value is not null.
    fn scalar(&mut self, node: Option<&'t Node>, scalar: Scalar<'_>) -> Result<bool, Wrong> {
        if let Some(node) = node {
            self.check.scalar(node, scalar)?;
        }
        Ok(!matches!(scalar, Scalar::Null))
    }

    fn list(&mut self, node: Option<&'t Node>, mut left: Option<u64>, depth: usize) -> Result<bool, Wrong> {
        let item = node.map(|node| self.check.list(node)).transpose()?;
        let mut count = 0;
        while !self.ended(&mut left) {
            let there = self.value(item, depth)?;
            if let (Some(node), false) = (node, there) {
                return Err(wrong(node, "holds null"));
            }
            count += 1;
        }
        if let Some(node) = node {
            self.check.listed();
            self.check.there(node, count);
        }
        Ok(true)
    }

    fn map(&mut self, node: Option<&'t Node>, mut left: Option<u64>, depth: usize) -> Result<bool, Wrong> {
        node.map(|node| self.check.enter(node)).transpose()?;
        while !self.ended(&mut left) {
            let name = self.head()?;
            let name = self.text(&name)?;
            if node.is_none() {
                self.value(None, depth)?;
                continue;
            }
            let child = self.check.named_or_error(&name)?;
            let there = self.value(child, depth)?;
            if let (Some(child), true) = (child.filter(|child| child.kind != Kind::List), there) {
                self.check.there(child, 0);
            }
        }
        node.map(|_| self.check.leave()).transpose()?;
        Ok(true)
    }
}

/// Returns the number in a head.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "only compared with bounds")]
fn number_of(head: &Head) -> Option<f64> {
    let number = head.number?;
    match (head.major, head.minor) {
        (0, _) => Some(number as f64),
        (1, _) => Some(-1.0 - number as f64),
        (7, 25) => Some(half(number as u16)),
        (7, 26) => Some(f64::from(f32::from_bits(number as u32))),
        (7, 27) => Some(f64::from_bits(number)),
        _ => None,
    }
}

/// Converts a floating-point number of 16 bits.
fn half(bits: u16) -> f64 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    };
    if sign == 1 { -size } else { size }
}
