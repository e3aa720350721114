//! The fields of a JSON record, by dotted names.
//!
//! Must not know log groups.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::kinds::support::convert::{malformed, truncated};
use attestry_core::facts::Gap;

/// The largest number of fields of a record.
const FIELDS: usize = 200;

/// The longest text of a field, in characters.
const LONGEST: usize = 2_000;

/// The deepest field.
const DEEPEST: usize = 16;

/// The words of the errors that are limits and no wrong JSON.
const OVER: &str = "over a limit";
const TWICE: &str = "a field twice";

/// The fields of a record. `None` when the record is no JSON object.
pub(super) fn fields(message: &str) -> Result<Option<BTreeMap<String, String>>, Gap> {
    if message.is_empty() {
        return Err(malformed("the record has no text"));
    }
    if !message.trim_start().starts_with('{') {
        return Ok(None);
    }
    let mut found = BTreeMap::new();
    let mut json = serde_json::Deserializer::from_str(message);
    let read = Part { name: String::new(), depth: 0, found: &mut found }.deserialize(&mut json);
    match read.and_then(|()| json.end()) {
        Ok(()) => Ok(Some(found)),
        // The message of the error can quote the record, so only its words are used.
        Err(error) if error.to_string().contains(OVER) => {
            Err(truncated("the record has too many fields, too long ones or too deep ones"))
        }
        Err(error) if error.to_string().contains(TWICE) => Err(malformed("the record has a field twice")),
        // An agent can cut a long record, and then its fields are not known.
        Err(_) => Err(malformed("the record begins like JSON, and is none")),
    }
}

/// One value of the record, with its name.
struct Part<'a> {
    name: String,
    depth: usize,
    found: &'a mut BTreeMap<String, String>,
}

impl Part<'_> {
    fn text<E: Error>(self, text: &str) -> Result<(), E> {
        if self.found.len() >= FIELDS || text.chars().count() > LONGEST {
            return Err(E::custom(OVER));
        }
        match self.found.insert(self.name, text.to_owned()) {
            None => Ok(()),
            Some(_) => Err(E::custom(TWICE)),
        }
    }

    fn inner<E: Error>(&mut self, key: &str) -> Result<Part<'_>, E> {
        if self.depth >= DEEPEST {
            return Err(E::custom(OVER));
        }
        let name = if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) };
        Ok(Part { name, depth: self.depth + 1, found: self.found })
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.text(if flag { "true" } else { "false" })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.text(&number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.text(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.text(&number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        for number in 0_usize.. {
            if items.next_element_seed(self.inner::<A::Error>(&number.to_string())?)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let mut keys = std::collections::BTreeSet::new();
        while let Some(key) = fields.next_key::<String>()? {
            fields.next_value_seed(self.inner::<A::Error>(&key)?)?;
            // Two values of one key are ambiguous, even where one of them is null.
            if !keys.insert(key) {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn read(message: &str) -> Vec<(String, String)> {
        fields(message).unwrap().unwrap().into_iter().collect()
    }

    #[test]
    fn fields_have_dotted_names_and_texts() {
        let record = r#" {"secret":"bank/a","user":{"name":"lin","id":7},"ok":true,"share":0.5,"tags":["x",{"y":"z"}],"none":null,"e":{}} "#;
        let expected = [
            ("ok", "true"),
            ("secret", "bank/a"),
            ("share", "0.5"),
            ("tags.0", "x"),
            ("tags.1.y", "z"),
            ("user.id", "7"),
            ("user.name", "lin"),
        ];
        let expected: Vec<(String, String)> = expected.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        assert_eq!(read(record), expected);
    }

    #[test]
    fn a_text_that_is_no_object_has_no_fields() {
        for message in [" ", "all is well", "[1]", "\"a\""] {
            assert_eq!(fields(message), Ok(None), "{message}");
        }
        for message in ["", "{", "{\"a\":1} and more", "{a: 1}", "{\"a\":1}{\"b\":2}", "{\"a\":\"b"] {
            assert!(fields(message).is_err(), "{message}");
        }
        assert_eq!(read("{}"), []);
    }

    #[test]
    fn an_ambiguous_or_a_huge_record_is_no_fact() {
        let many: Vec<String> = (0..=FIELDS).map(|number| format!("\"f{number}\":1")).collect();
        let deep = format!("{}1{}", "{\"a\":".repeat(DEEPEST + 1), "}".repeat(DEEPEST + 1));
        for message in [
            r#"{"a":1,"a":2}"#.to_owned(),
            r#"{"a":1,"a":null}"#.to_owned(),
            r#"{"a":{"b":1},"a.b":2}"#.to_owned(),
            format!("{{{}}}", many.join(",")),
            format!("{{\"a\":\"{}\"}}", "x".repeat(LONGEST + 1)),
            deep,
        ] {
            assert!(fields(&message).is_err(), "{message}");
        }
    }

    #[test]
    fn a_gap_quotes_nothing_of_a_record() {
        let gap = fields(r#"{"Rk7vXq93LmTz20Wd":1,"Rk7vXq93LmTz20Wd":2}"#).unwrap_err();
        assert!(!gap.message.contains("Rk7vXq93LmTz20Wd"), "{gap:?}");
    }
}
