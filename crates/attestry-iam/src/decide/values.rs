//! The values of conditions: numbers, dates, booleans, bytes and networks. Each reader returns `None` for a text of
//! another type.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators". This module must not know operators.

use std::cmp::Ordering;
use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A decimal number of any length that is compared exactly. There are no exponents, because AWS documents integers and
/// decimals.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Number<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Number<'a> {
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let right = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
        if !right(whole) || !right(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: negative && !zero, whole, fraction })
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let size = |it: &Self| (it.whole.len(), it.whole.to_owned(), it.fraction.to_owned());
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size(self).cmp(&size(other)),
            (true, true) => size(other).cmp(&size(self)),
        }
    }
}

/// Reads a date in the W3C profile of ISO 8601, or seconds since 1970. A text of four digits can be a year or a number
/// of seconds, so the result is `None`.
pub(crate) fn date(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|it| it.is_ascii_digit()) {
        return if text.len() == 4 { None } else { Timestamp::from_second(text.parse().ok()?).ok() };
    }
    let midnight = |date: &str| Some(date.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let plain = |known: &str| text.chars().all(|it| it.is_ascii_digit() || known.contains(it));
    match text.len() {
        7 if plain("-") => midnight(&format!("{text}-01")),
        10 if plain("-") => midnight(text),
        _ if plain("-T:.Z+") && text.contains('T') && text.contains('-') => text.parse().ok(),
        _ => None,
    }
}

/// Reads `true` or `false`. The case of the letters does not matter.
pub(super) fn boolean(text: &str) -> Option<bool> {
    [true, false].into_iter().find(|it| text.eq_ignore_ascii_case(&it.to_string()))
}

/// Reads the bytes of a text in base64.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut found = Vec::with_capacity(digits.len() * 3 / 4);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in digits.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            found.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    Some(found)
}

/// A range of addresses.
#[derive(Debug)]
pub(super) struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or one address. Bits after the prefix are ignored.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) if digits.bytes().all(|it| it.is_ascii_digit()) => {
                digits.parse().ok().filter(|it| *it <= most)?
            }
            Some(_) => return None,
            None => most,
        };
        Some(Self { address, prefix })
    }

    pub(super) fn covers(&self, address: IpAddr) -> bool {
        let rest = match (self.address, address) {
            (IpAddr::V4(ours), IpAddr::V4(theirs)) => {
                u128::from(ours.to_bits() ^ theirs.to_bits()).checked_shr(32 - self.prefix)
            }
            (IpAddr::V6(ours), IpAddr::V6(theirs)) => {
                (ours.to_bits() ^ theirs.to_bits()).checked_shr(128 - self.prefix)
            }
            _ => return false,
        };
        rest.unwrap_or(0) == 0
    }
}
