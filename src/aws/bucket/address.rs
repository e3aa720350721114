//! Parses `s3://bucket/prefix`, the address of kept evidence.
//!
//! This module must not know whether any object is there.

use std::fmt;

/// A bucket, and the prefix of the keys in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The name of the bucket.
    pub bucket: String,
    /// The prefix of all keys, without `/` at its ends. It is empty for the whole bucket.
    pub prefix: String,
}

/// The beginning of an address.
const SCHEME: &str = "s3://";

/// The longest prefix, in bytes. A key has at most 1,024 bytes, and the layout needs some of them.
const LONGEST: usize = 400;

impl Address {
    /// Returns whether a text is the address of a bucket, and not a path.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(SCHEME)
    }

    /// Reads an address.
    ///
    /// # Errors
    /// The mistake in the address.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix(SCHEME).ok_or("write it as s3://BUCKET/PREFIX")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        let of_bucket = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(of_bucket) {
            return Err("the name of a bucket has 3 to 63 lower-case letters, digits, `-` and `.`");
        }
        let of_prefix = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
        let is_part = |part: &str| !part.is_empty() && !matches!(part, "." | "..") && part.chars().all(of_prefix);
        if prefix.len() > LONGEST || !(prefix.is_empty() || prefix.split('/').all(is_part)) {
            return Err(
                "a prefix is made of letters, digits, `-`, `_`, `.` and `=`, with single `/` between its parts",
            );
        }
        Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// Returns a key below the prefix.
    #[must_use]
    pub fn key(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }

    /// Returns the part of a key after the prefix, or `None` for a key outside the prefix.
    #[must_use]
    pub fn path<'a>(&self, key: &'a str) -> Option<&'a str> {
        if self.prefix.is_empty() { Some(key) } else { key.strip_prefix(&self.prefix)?.strip_prefix('/') }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.prefix)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_what_names_one_place() {
        let address = Address::parse("s3://bank-evidence/a/b=c/").unwrap();
        assert_eq!((address.bucket.as_str(), address.prefix.as_str()), ("bank-evidence", "a/b=c"));
        assert_eq!(address.key("x.json"), "a/b=c/x.json");
        assert_eq!(address.path("a/b=c/x.json"), Some("x.json"));
        assert_eq!(address.path("a/b=cx.json"), None);
        assert_eq!(Address::parse("s3://bank-evidence").unwrap().key("x"), "x");
        for text in
            ["bank", "s3://", "s3://ab", "s3://Bank/x", "s3://bank//x", "s3://bank/../x", "s3://bank/a b", "s3://b_k/x"]
        {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
