//! Regular expressions of filter patterns. Only the few operators that AWS documents are read.
//!
//! An expression matches when AWS finds it in any part of the text. This module must not know filter patterns.

use super::texts::{ANY, Range, Texts};

/// Returns the language of the texts in which AWS finds the expression, or `None` when AWS does not document the
/// meaning of the expression.
pub(super) fn found_in(expression: &str) -> Option<Texts> {
    let mut reader = Reader { left: expression.chars().collect(), texts: Texts::default() };
    reader.left.reverse();
    let (start, end) = (reader.texts.state(), reader.texts.state());
    loop {
        let (first, last) = reader.sequence()?;
        reader.texts.jump(start, first);
        reader.texts.jump(last, end);
        match reader.left.pop() {
            None => break,
            Some('|') => {}
            Some(_) => return None,
        }
    }
    reader.texts.accept(end);
    Some(reader.texts)
}

struct Reader {
    /// The characters that are not read yet, in reverse order: the next character is at the end.
    left: Vec<char>,
    texts: Texts,
}

/// The largest number of repetitions of one item that the module accepts.
const REPEATED: u32 = 64;

impl Reader {
    /// Reads one alternative. Returns its first and its last state. Without an anchor, any text can stand before and
    /// after it.
    fn sequence(&mut self) -> Option<(usize, usize)> {
        let first = self.texts.state();
        if self.left.last() == Some(&'^') {
            self.left.pop();
        } else {
            self.texts.step(first, ANY, first);
        }
        let mut at = self.texts.state();
        self.texts.jump(first, at);
        while let Some(next) = self.left.last().copied() {
            match next {
                '|' => break,
                '$' => {
                    self.left.pop();
                    // An expression with an anchor in the middle matches no text. Its author probably intended another
                    // meaning, so it is not read.
                    return matches!(self.left.last(), None | Some('|')).then_some((first, at));
                }
                _ => at = self.item(at)?,
            }
        }
        self.texts.step(at, ANY, at);
        Some((first, at))
    }

    /// Reads one item and its repetition.
    fn item(&mut self, from: usize) -> Option<usize> {
        let ranges = self.ranges()?;
        let (least, most) = self.repetition()?;
        let mut at = from;
        for _ in 0..least {
            at = self.once(at, &ranges);
        }
        match most {
            None => {
                let end = self.texts.state();
                self.texts.jump(at, end);
                ranges.iter().for_each(|range| self.texts.step(end, *range, end));
                Some(end)
            }
            Some(most) => {
                let end = self.texts.state();
                self.texts.jump(at, end);
                for _ in least..most {
                    at = self.once(at, &ranges);
                    self.texts.jump(at, end);
                }
                Some(end)
            }
        }
    }

    fn once(&mut self, from: usize, ranges: &[Range]) -> usize {
        let to = self.texts.state();
        ranges.iter().for_each(|range| self.texts.step(from, *range, to));
        to
    }

    fn ranges(&mut self) -> Option<Vec<Range>> {
        match self.left.pop()? {
            '.' => Some(vec![ANY]),
            '[' => self.set(),
            '\\' => self.escaped(),
            plain if is_plain(plain) => Some(vec![(plain, plain)]),
            _ => None,
        }
    }

    /// Reads a set after `[`.
    fn set(&mut self) -> Option<Vec<Range>> {
        let negated = self.left.last() == Some(&'^');
        if negated {
            self.left.pop();
        }
        let mut ranges: Vec<Range> = Vec::new();
        loop {
            let one = match self.left.pop()? {
                ']' => break,
                '\\' => self.escaped()?,
                plain if is_plain(plain) || plain == '.' => vec![(plain, plain)],
                _ => return None,
            };
            match (one.as_slice(), self.left.as_slice()) {
                ([(least, one_least)], [.., end, '-']) if least == one_least && *end != ']' => {
                    let (least, greatest) = (*least, *end);
                    if !is_plain(greatest) || greatest < least {
                        return None;
                    }
                    self.left.truncate(self.left.len().saturating_sub(2));
                    ranges.push((least, greatest));
                }
                _ => ranges.extend(one),
            }
        }
        if ranges.is_empty() {
            return None;
        }
        Some(if negated { others(ranges) } else { ranges })
    }

    /// Reads an escape after a backslash.
    fn escaped(&mut self) -> Option<Vec<Range>> {
        const WORD: &[Range] = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
        const BLANK: &[Range] = &[('\t', '\r'), (' ', ' ')];
        Some(match self.left.pop()? {
            'd' => vec![('0', '9')],
            'D' => others(vec![('0', '9')]),
            'w' => WORD.to_vec(),
            'W' => others(WORD.to_vec()),
            's' => BLANK.to_vec(),
            'S' => others(BLANK.to_vec()),
            sign if !sign.is_alphanumeric() && sign.is_ascii() => vec![(sign, sign)],
            _ => return None,
        })
    }

    /// Reads a repetition. Returns the least and the largest number of times.
    fn repetition(&mut self) -> Option<(u32, Option<u32>)> {
        let times = match self.left.last() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.left.pop();
                return self.counted();
            }
            _ => return Some((1, Some(1))),
        };
        self.left.pop();
        // AWS does not document a second repetition after the first.
        (!matches!(self.left.last(), Some('*' | '+' | '?' | '{'))).then_some(times)
    }

    fn counted(&mut self) -> Option<(u32, Option<u32>)> {
        let mut inside = String::new();
        loop {
            match self.left.pop()? {
                '}' => break,
                other => inside.push(other),
            }
        }
        let number = |text: &str| text.parse::<u32>().ok().filter(|it| *it <= REPEATED);
        let (least, most) = match inside.split_once(',') {
            None => (number(&inside)?, Some(number(&inside)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        most.is_none_or(|most| least <= most).then_some((least, most))
    }
}

/// Whether a character has no special meaning.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || " _#=@/;,-:\"'<>~&".contains(character)
}

/// Returns all characters except these.
fn others(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut found = Vec::new();
    let mut from = '\0';
    for (least, greatest) in ranges {
        if from < least
            && let Some(end) = before(least)
        {
            found.push((from, end));
        }
        match after(greatest) {
            Some(next) => from = from.max(next),
            None => return found,
        }
    }
    found.push((from, char::MAX));
    found
}

fn before(character: char) -> Option<char> {
    u32::from(character).checked_sub(1).and_then(char::from_u32)
}

fn after(character: char) -> Option<char> {
    char::from_u32(u32::from(character) + 1)
}
