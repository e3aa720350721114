//! Reads policy documents in answers in the same way as AWS. A document that cannot be read becomes a gap and never an
//! empty policy.
//!
//! This module must not know which kind holds the document, nor what it allows. `iam` decides that.

use super::iam::to_values;
use super::{Cause, Gap, Value, scrub};
use attestry_iam::{Form, Malformed, Policy, Which, decoded, parse};

/// Reads the statements of a resource policy.
///
/// # Errors
/// The document cannot be read.
pub fn statements(document: &str) -> Result<Vec<Value>, Gap> {
    parse("resource policy", document, Form::Resource).map(|policy| to_values(&spelt(policy))).map_err(misread)
}

/// Reads a document that is percent-encoded, as in the answers of IAM, or plain.
///
/// # Errors
/// The document cannot be read.
pub fn encoded(name: &str, document: &str, of: Form) -> Result<Policy, Gap> {
    decoded(document).and_then(|plain| parse(name, &plain, of)).map(spelt).map_err(misread)
}

/// Writes the services of actions in lower case. Consoles write `SQS:*`. IAM ignores the letter case, so a comparison
/// of texts must also ignore it.
fn spelt(mut policy: Policy) -> Policy {
    for statement in &mut policy.statements {
        let (Which::In(actions) | Which::NotIn(actions)) = &mut statement.actions;
        for action in actions {
            if let Some((service, _)) = action.split_once(':')
                && service.contains(|it: char| it.is_ascii_uppercase())
            {
                // The redaction does not recognise a secret in lower case, so the secret is removed first.
                let clean = scrub(action);
                *action = clean.split_once(':').map_or_else(
                    || clean.to_string(),
                    |(service, name)| format!("{}:{name}", service.to_ascii_lowercase()),
                );
            }
        }
    }
    policy
}

// The signature is the one that `map_err` requires.
#[expect(clippy::needless_pass_by_value, reason = "nobody needs it afterwards")]
fn misread(wrong: Malformed) -> Gap {
    Gap::new(Cause::Malformed).with_message(format!("policy: {wrong}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::iam::{NAMED_STATEMENTS, STATEMENTS, to_named_values};

    fn encoded_statements(document: &str) -> Result<Vec<Value>, Gap> {
        encoded("p", document, Form::Resource).map(|policy| to_values(&policy))
    }

    #[test]
    fn services_of_actions_are_told_in_small_letters() {
        let actions = |element: &str, text: &str| {
            let document =
                format!(r#"{{"Statement":{{"Effect":"Deny","Principal":"*","{element}":"{text}","Resource":"*"}}}}"#);
            let field = if element == "Action" { "actions" } else { "not_actions" };
            statements(&document).map(|all| match all.first() {
                Some(Value::Map(fields)) => fields.get(field).cloned(),
                _ => None,
            })
        };
        let secret = "PuTTY-User-Key-File-3: none Private-Lines: 1 v1aHkn4rGWBVbq8XXsipYKwqXA43BaweOr0GK00k9jmGKo6U";
        let withheld = "putty-user-key-file-3: none Private-Lines: 1 [redacted]";
        assert_eq!(actions("Action", secret), Ok(Some(Value::texts([withheld]))));
        for (text, told) in [("SQS:*", "sqs:*"), ("S3:GetObject", "s3:GetObject"), ("*", "*"), ("s3:Get*", "s3:Get*")] {
            for element in ["Action", "NotAction"] {
                assert_eq!(actions(element, text), Ok(Some(Value::texts([told]))), "{element} {text}");
            }
        }
    }

    #[test]
    fn documents_are_read_as_aws_reads_them() {
        let full = r#"{"Version":"2012-10-17","Id":"x","Statement":[{"Sid":"A","Effect":"Allow",
            "Principal":{"AWS":["arn:aws:iam::1:root","2"],"Service":"kms.amazonaws.com"},
            "Action":"kms:*","NotResource":["a","b"],
            "Condition":{"Bool":{"aws:SecureTransport":false},"StringEquals":{"kms:ViaService":["a","b"]}}}]}"#;
        let read = statements(full).unwrap_or_default();
        let expected = Value::record([
            ("sid", Some("A".into())),
            ("effect", Some("Allow".into())),
            ("principals", Some(Value::texts(["AWS:arn:aws:iam::1:root", "AWS:2", "Service:kms.amazonaws.com"]))),
            ("actions", Some(Value::texts(["kms:*"]))),
            ("not_resources", Some(Value::texts(["a", "b"]))),
            ("conditions", Some(Value::texts(["Bool aws:SecureTransport false", "StringEquals kms:ViaService a,b"]))),
        ]);
        assert_eq!(read, vec![expected]);
        assert!(STATEMENTS.holds(&Value::List(read.clone())));
        let policy = encoded("p", full, Form::Resource);
        assert!(policy.is_ok_and(|policy| NAMED_STATEMENTS.holds(&Value::List(to_named_values(&policy)))));
    }

    #[test]
    fn one_statement_any_case_and_star() {
        let expected = Value::record([
            ("effect", Some("Deny".into())),
            ("principals", Some(Value::texts(["*"]))),
            ("not_actions", Some(Value::texts(["s3:Get*"]))),
            ("conditions", Some(Value::texts([] as [&str; 0]))),
            ("version", Some("2008-10-17".into())),
        ]);
        let text = r#"{"statement":{"effect":"DENY","principal":"*","notaction":["s3:Get*"]}}"#;
        assert_eq!(statements(text), Ok(vec![expected.clone()]));
        let encoded = "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Principal%22%3A%22%2A%22%2C\
                       %22NotAction%22%3A%22s3%3AGet*%22%7D%5D%7D";
        assert_eq!(encoded_statements(encoded), Ok(vec![expected.clone()]));
        assert_eq!(encoded_statements(text), Ok(vec![expected]));
        assert_eq!(statements(r#"{"Statement":[]}"#), Ok(vec![]));
    }

    #[test]
    fn what_is_not_understood_is_a_gap() {
        for text in [
            "",
            "not json",
            "[]",
            "{}",
            r#"{"Statement":3}"#,
            r#"{"Statement":[3]}"#,
            r#"{"Statement":[{}]}"#,
            r#"{"Statement":[{"Effect":"Maybe"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":{"a":1}}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":[null]}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Actions":"a"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Action":"a","action":"b"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Principal":"someone"}]}"#,
            r#"{"Statement":[{"Effect":"Allow","Condition":["x"]}]}"#,
            r#"{"Statement":[],"statement":[]}"#,
            r#"{"Statement":[],"Statements":[]}"#,
        ] {
            assert_eq!(statements(text).map_err(|gap| gap.cause), Err(Cause::Malformed), "{text}");
        }
        let place = statements("{\"Statement\":[\n{\"Effect\":\"Maybe\"}]}").map_err(|gap| gap.message.clone());
        assert_eq!(place, Err("policy: 2:11: Statement[0].Effect: neither Allow nor Deny".to_owned()));
        for text in ["%", "%7", "%zz", "%+1", "%FF", "%7B"] {
            assert_eq!(encoded_statements(text).map_err(|gap| gap.cause), Err(Cause::Malformed), "{text}");
        }
    }
}
