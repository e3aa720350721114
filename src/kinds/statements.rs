//! Statements of IAM policy documents as facts: the same record for identity, trust, key and resource policies.
//!
//! Reads what AWS accepts (one value or a list, any case of element names) and refuses the rest, so that a document that
//! was not understood is a gap and not an empty policy. Must not know which kind holds the document, nor evaluate it.

use serde_json::{Map, Value as Json};

use super::convert::malformed;
use crate::facts::{Gap, Value};

pub(in crate::kinds) use crate::iam::facts::{NAMED_STATEMENTS, STATEMENTS};

/// The statements of a JSON document.
pub(in crate::kinds) fn statements(document: &str) -> Result<Vec<Value>, Gap> {
    let json: Json = serde_json::from_str(document).map_err(|it| malformed(format!("policy is not JSON: {it}")))?;
    let Json::Object(elements) = json else { return Err(malformed("policy is not a JSON object")) };
    let mut found = None;
    for (name, element) in &elements {
        match name.to_ascii_lowercase().as_str() {
            "statement" if found.is_none() => found = Some(element),
            "version" | "id" => {}
            _ => return Err(malformed(format!("policy has an unknown or repeated element `{name}`"))),
        }
    }
    match found {
        Some(Json::Array(items)) => items.iter().map(statement).collect(),
        Some(item @ Json::Object(_)) => Ok(vec![statement(item)?]),
        Some(_) => Err(malformed("policy element `Statement` is neither an object nor a list")),
        None => Err(malformed("policy has no `Statement`")),
    }
}

/// The statements of a document as IAM answers it: percent-encoded as RFC 3986 says. A plain document is read too; an
/// encoded one cannot start with a brace.
pub(in crate::kinds) fn encoded_statements(document: &str) -> Result<Vec<Value>, Gap> {
    if document.trim_start().starts_with('{') {
        return statements(document);
    }
    statements(&percent_decoded(document).ok_or_else(|| malformed("policy is not percent-encoded UTF-8"))?)
}

/// The same statements, each with the name of its policy.
pub(in crate::kinds) fn named(policy: &str, statements: &[Value]) -> Vec<Value> {
    let name = |statement: &Value| match statement {
        Value::Map(fields) => {
            let mut fields = fields.clone();
            fields.insert("policy".to_owned(), Value::from(policy));
            Value::Map(fields)
        }
        other => other.clone(),
    };
    statements.iter().map(name).collect()
}

fn statement(json: &Json) -> Result<Value, Gap> {
    let Json::Object(elements) = json else { return Err(malformed("policy statement is not an object")) };
    let mut fields = std::collections::BTreeMap::new();
    for (element, json) in elements {
        let (field, value) = match element.to_ascii_lowercase().as_str() {
            "sid" => ("sid", Value::Text(scalar(json).ok_or_else(|| misshapen(element))?)),
            "effect" => ("effect", effect(json)?),
            "action" => ("actions", texts(element, json)?),
            "notaction" => ("not_actions", texts(element, json)?),
            "resource" => ("resources", texts(element, json)?),
            "notresource" => ("not_resources", texts(element, json)?),
            "principal" => ("principals", principals(element, json)?),
            "notprincipal" => ("not_principals", principals(element, json)?),
            "condition" => ("conditions", conditions(element, json)?),
            _ => return Err(malformed(format!("policy statement has an unknown element `{element}`"))),
        };
        if fields.insert(field.to_owned(), value).is_some() {
            return Err(malformed(format!("policy statement repeats the element `{element}`")));
        }
    }
    if !fields.contains_key("effect") {
        return Err(malformed("policy statement has no `Effect`"));
    }
    fields.entry("conditions".to_owned()).or_insert_with(|| Value::List(Vec::new()));
    Ok(Value::Map(fields))
}

fn misshapen(element: &str) -> Gap {
    malformed(format!("policy element `{element}` is neither a text nor a list of texts"))
}

fn effect(json: &Json) -> Result<Value, Gap> {
    let known = ["Allow", "Deny"];
    let effect = json.as_str().and_then(|text| known.into_iter().find(|it| it.eq_ignore_ascii_case(text)));
    effect.map(Value::from).ok_or_else(|| malformed("policy element `Effect` is neither Allow nor Deny"))
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Bool(value) => Some(value.to_string()),
        Json::Number(number) => Some(number.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn items(element: &str, json: &Json) -> Result<Vec<String>, Gap> {
    let of = |json: &Json| scalar(json).ok_or_else(|| misshapen(element));
    match json {
        Json::Array(items) => items.iter().map(of).collect(),
        one => Ok(vec![of(one)?]),
    }
}

fn texts(element: &str, json: &Json) -> Result<Value, Gap> {
    items(element, json).map(Value::texts)
}

fn object<'a>(element: &str, json: &'a Json) -> Result<&'a Map<String, Json>, Gap> {
    json.as_object().ok_or_else(|| malformed(format!("policy element `{element}` is not an object")))
}

fn principals(element: &str, json: &Json) -> Result<Value, Gap> {
    if json.as_str() == Some("*") {
        return Ok(Value::texts(["*"]));
    }
    let mut found = Vec::new();
    for (class, json) in object(element, json)? {
        found.extend(items(element, json)?.into_iter().map(|principal| format!("{class}:{principal}")));
    }
    Ok(Value::texts(found))
}

fn conditions(element: &str, json: &Json) -> Result<Value, Gap> {
    let mut found = Vec::new();
    for (operator, keys) in object(element, json)? {
        for (key, values) in object(element, keys)? {
            found.push(format!("{operator} {key} {}", items(element, values)?.join(",")));
        }
    }
    Ok(Value::texts(found))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let decoded = if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        };
        bytes.push(decoded);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Cause;

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
        assert!(NAMED_STATEMENTS.holds(&Value::List(named("p", &read))));
    }

    #[test]
    fn one_statement_any_case_and_star() {
        let expected = Value::record([
            ("effect", Some("Deny".into())),
            ("principals", Some(Value::texts(["*"]))),
            ("not_actions", Some(Value::texts(["s3:Get*"]))),
            ("conditions", Some(Value::texts([] as [&str; 0]))),
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
        for text in ["%", "%7", "%zz", "%+1", "%FF", "%7B"] {
            assert_eq!(encoded_statements(text).map_err(|gap| gap.cause), Err(Cause::Malformed), "{text}");
        }
    }
}
