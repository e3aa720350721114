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
fn settings_of_resources_keep_their_names_only() {
    for (given, expected) in [
        (r#"{"Environment":{"Variables":{"DB":"hunter2"}}}"#, r#"{"Environment":{"Variables":{"DB":"[redacted]"}}}"#),
        (
            r#"{"Containers":[{"Environment":[{"Name":"DB","Value":"hunter2"}]}]}"#,
            r#"{"Containers":[{"Environment":[{"Name":"DB","Value":"[redacted]"}]}]}"#,
        ),
        (r#"{"Id":"k","Value":"hunter2"}"#, r#"{"Id":"k","Value":"[redacted]"}"#),
        (r#"{"Tags":[{"Key":"a","Value":"b"}]}"#, r#"{"Tags":[{"Key":"a","Value":"b"}]}"#),
    ] {
        let answer = |text: &str| json!({ "ResourceDescription": { "Identifier": "i", "Properties": text } });
        assert_eq!(clean("cloudcontrol", "GetResource", answer(given)), answer(expected));
    }
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

#[test]
fn a_value_is_withheld_for_the_name_beside_it() {
    let given = json!({"Tags": [{"Key": "db-password", "Value": "changeme"}, {"Key": "team", "Value": "changeme"}]});
    let expected = json!({"Tags": [{"Key": "db-password", "Value": REDACTED}, {"Key": "team", "Value": "changeme"}]});
    assert_eq!(clean("secretsmanager", "ListSecrets", given), expected);
    let inside = json!({"Description": "{\"apiKey\": \"hunter22\"}"});
    assert_eq!(clean("kms", "DescribeKey", inside), json!({"Description": "{\"apiKey\":\"[redacted]\"}"}));
    let mut elements = Elements::new("iam", "GetAccountAuthorizationDetails");
    elements.open("member");
    let mut text = |name: &str, content: &str| {
        elements.open(name);
        let clean = elements.text(content);
        elements.close(name);
        clean
    };
    assert_eq!(text("Key", "password"), None);
    assert_eq!(text("Value", "changeme").as_deref(), Some(REDACTED));
    assert_eq!(text("Key", "team"), None);
    assert_eq!(text("Value", "changeme"), None);
}

#[test]
fn names_that_read_alike_stay_apart() {
    let taken = ["a".to_owned(), "a#2".to_owned()];
    assert_eq!(apart("a".to_owned(), |name| taken.iter().any(|it| it == name)), "a#3");
    assert_eq!(apart("b".to_owned(), |name| taken.iter().any(|it| it == name)), "b");
}
