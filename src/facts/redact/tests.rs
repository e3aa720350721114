#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;

fn clean(service: &str, operation: &str, mut given: Value) -> Value {
    value(service, operation, &mut given);
    given
}

#[test]
fn secret_members_are_replaced_and_their_neighbours_stay() {
    let given = json!({"Name": "bank", "SecretString": "hunter2", "SecretBinary": "aHVudGVyMg==", "NextToken": "t"});
    let expected = json!({"Name": "bank", "SecretString": REDACTED, "SecretBinary": REDACTED_BYTES, "NextToken": "t"});
    assert_eq!(clean("secretsmanager", "GetSecretValue", given), expected);
}

#[test]
fn a_parameter_shows_its_value_only_as_plain_string() {
    let given = json!({"Parameters": [
        {"Name": "a", "Type": "String", "Value": "plain"},
        {"Name": "b", "Type": "SecureString", "Value": "hunter2"},
        {"Name": "c", "Value": "unknown"},
    ]});
    let cleaned = clean("ssm", "GetParameters", given);
    let values: Vec<_> = cleaned["Parameters"].as_array().into_iter().flatten().map(|it| it["Value"].clone()).collect();
    assert_eq!(values, [json!("plain"), json!(REDACTED), json!(REDACTED)]);
}

#[test]
fn the_environment_of_a_function_keeps_its_names_only() {
    let given = json!({"Functions": [{"FunctionName": "pay", "Environment": {"Variables": {"DB": "hunter2"}}}]});
    let expected = json!({"Functions": [{"FunctionName": "pay", "Environment": {"Variables": {"DB": REDACTED}}}]});
    assert_eq!(clean("lambda", "ListFunctions", given), expected);
}

#[test]
fn an_access_key_id_is_secret_only_among_credentials() {
    let given = json!({"Credentials": {"AccessKeyId": "ASIA1"}, "AccessKeyMetadata": [{"AccessKeyId": "AKIA1"}]});
    let expected = json!({"Credentials": {"AccessKeyId": REDACTED}, "AccessKeyMetadata": [{"AccessKeyId": "AKIA1"}]});
    assert_eq!(clean("sts", "AssumeRole", given), expected);
}

#[test]
fn json_inside_text_is_read() {
    let given = json!({"CloudTrailEvent": r#"{"responseElements":{"credentials":{"sessionToken":"hunter2"}}}"#});
    let cleaned = clean("cloudtrail", "LookupEvents", given);
    assert_eq!(cleaned["CloudTrailEvent"], r#"{"responseElements":{"credentials":{"sessionToken":"[redacted]"}}}"#);
}

#[test]
fn a_document_without_secrets_keeps_its_bytes() {
    let document = "{ \"Version\" : \"2012-10-17\" }";
    let given = json!({ "Policy": document });
    assert_eq!(clean("kms", "GetKeyPolicy", given.clone()), given);
}
