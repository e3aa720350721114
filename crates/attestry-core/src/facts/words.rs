//! Enums whose values are written as single words in policies, evidence and reports. `strum` derives the words from the
//! names of the variants. The macro `words!` adds the list of values to each enum, and lets serde write and read the
//! words.
//!
//! This module must not know any single enum.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use strum::VariantNames;

/// Adds `ALL`, `word` and `of` to an enum, and implements the serde traits with the same words. The enum must derive
/// `EnumString`, `IntoStaticStr`, `VariantArray` and `VariantNames` of `strum`.
macro_rules! words {
    ($type:ty) => {
        impl $type {
            /// All values, in the order of their declaration.
            pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

            /// Returns the word in policies, evidence and reports.
            #[must_use]
            pub fn word(self) -> &'static str {
                self.into()
            }

            /// Returns the value with this word.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                word.parse().ok()
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::facts::words::Words::new())
            }
        }
    };
}
pub(crate) use words;

/// Reads a word with serde and returns its value.
pub(crate) struct Words<T>(PhantomData<T>);

impl<T> Words<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: FromStr + VariantNames> Visitor<'_> for Words<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        word.parse().map_err(|_| E::unknown_variant(word, T::VARIANTS))
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Cause;

    #[test]
    fn a_value_and_its_word_lead_to_each_other() -> serde_json::Result<()> {
        assert_eq!(Cause::RegionDisabled.word(), "region-disabled");
        for cause in Cause::ALL {
            let json = serde_json::to_string(cause)?;
            assert_eq!(json, format!("\"{}\"", cause.word()));
            assert_eq!(serde_json::from_str::<Cause>(&json)?, *cause);
            assert_eq!(Cause::of(cause.word()), Some(*cause));
        }
        Ok(())
    }

    #[test]
    fn another_word_is_refused_with_the_words_that_there_are() {
        assert_eq!(Cause::of("Denied"), None);
        for json in ["\"Denied\"", "\"\"", "1", "null"] {
            assert!(serde_json::from_str::<Cause>(json).is_err(), "{json}");
        }
        let error = serde_json::from_str::<Cause>("\"refuse\"").map_err(|error| error.to_string());
        let expected = "unknown variant `refuse`, expected one of `denied`, `throttled`";
        assert!(error.as_ref().is_err_and(|error| error.starts_with(expected)), "{error:?}");
    }
}
