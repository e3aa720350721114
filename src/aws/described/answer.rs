//! One answer of a description, and the choice between several answers. This module must not know any operation.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::aws::wire::Failure;

/// The parameter that contains a whole policy. A description does not repeat the policy, but selects the answer by a
/// part of its text.
const DOCUMENT: &str = "policyDocument";

/// The answer to an operation.
#[derive(Debug)]
pub(super) enum Answer {
    /// The members of the answer, and the numbers of the pages that fail. The first page has the number 1.
    Value { value: Value, failing: BTreeMap<usize, Failure> },
    /// An error.
    Refusal(Failure),
    /// One answer for each value of a parameter.
    By { parameter: String, choices: Vec<(String, Answer)> },
    /// The answers to successive requests. The last answer repeats.
    Series(Vec<Answer>),
}

/// The answer that the parameters select.
pub(super) enum Choice<'a> {
    Value(&'a Value, &'a BTreeMap<usize, Failure>),
    Refusal(&'a Failure),
    /// No choice matches the value of this parameter.
    None(&'a str),
}

/// Returns how often an answer was requested before. A series needs this number.
pub(super) type Turns<'t> = &'t dyn Fn(&Answer) -> usize;

impl Answer {
    pub(super) fn choose(&self, parameters: &Value, turns: Turns<'_>) -> Choice<'_> {
        match self {
            Self::Series(answers) => {
                let answer = answers.get(turns(self)).or(answers.last());
                answer.map_or(Choice::None("answer"), |answer| answer.choose(parameters, turns))
            }
            Self::Value { value, failing } => Choice::Value(value, failing),
            Self::Refusal(failure) => Choice::Refusal(failure),
            Self::By { parameter, choices } => {
                let value = parameters.get(parameter);
                let written = value.map(ToString::to_string).unwrap_or_default();
                let wanted = value.map(text_of).unwrap_or_default();
                let find = |matches: fn(&str, &str) -> bool| choices.iter().find(|(key, _)| matches(key, &wanted));
                // The more exact match comes first. The order in the file does not matter.
                let mentions = |key: &str, wanted: &str| key != "*" && wanted.contains(key);
                let document = (parameter == DOCUMENT).then(|| find(mentions)).flatten();
                let whole = choices.iter().find(|(key, _)| *key == written);
                let found = whole
                    .or_else(|| find(exactly))
                    .or_else(|| find(tail))
                    .or(document)
                    .or_else(|| find(|key, _| key == "*"));
                found.map_or(Choice::None(parameter), |(_, answer)| answer.choose(parameters, turns))
            }
        }
    }
}

/// Returns the text of a parameter. A request may put a single name into a list.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text)] => text.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn exactly(key: &str, wanted: &str) -> bool {
    key == wanted
}

/// Returns whether the key is the last part of an ARN or a path.
fn tail(key: &str, wanted: &str) -> bool {
    let ends =
        |wanted: &str| wanted.strip_suffix(key).is_some_and(|before| !key.is_empty() && before.ends_with([':', '/']));
    ends(wanted) || (wanted.contains(":secret:") && without_random(wanted).is_some_and(ends))
}

/// Returns the ARN of a secret without the six characters that Secrets Manager adds to the name.
fn without_random(arn: &str) -> Option<&str> {
    let (name, random) = arn.rsplit_once('-')?;
    (random.len() == 6 && random.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_one_is_chosen_by_its_item_or_by_its_text() {
        let choice = |key: &str| {
            let value = |text: &str| Answer::Value { value: text.into(), failing: BTreeMap::new() };
            let choices = vec![("*".to_owned(), value("rest")), (key.to_owned(), value("one"))];
            let answer = Answer::By { parameter: "Names".to_owned(), choices };
            let parameters = serde_json::json!({ "Names": ["a"] });
            matches!(answer.choose(&parameters, &|_| 0), Choice::Value(value, _) if value == "one")
        };
        assert!(choice("a"));
        assert!(choice(r#"["a"]"#));
        assert!(!choice(r#"["a","b"]"#));
    }

    #[test]
    fn a_key_is_a_name_or_the_tail_of_an_arn() {
        let arn = "arn:aws:secretsmanager:ap-southeast-2:647751526084:secret:bank/rotation/a-AbCdEf";
        assert!(tail("bank/rotation/a", arn));
        assert!(tail("a", arn));
        assert!(tail("bank/rotation/a-AbCdEf", arn));
        assert!(!tail("otation/a", arn));
        assert!(!tail("", arn));
        assert!(tail("pay", "arn:aws:lambda:ap-southeast-2:647751526084:function:pay"));
        assert!(!tail("bank", "arn:aws:iam::647751526084:role/bank-reader"));
    }
}
