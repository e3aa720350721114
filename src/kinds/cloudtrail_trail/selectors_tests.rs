//! Tests of the selectors and the events that they take.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use serde_json::{from_value, json};

use super::{Access, AdvancedEventSelector, DataResource, EventSelector, FieldSelector, Selectors};

const KMS: &str = "kms.amazonaws.com";
const ALL: &str = "All";
const READ_ONLY: &str = "ReadOnly";
const WRITE_ONLY: &str = "WriteOnly";

fn classic(read_write: Option<&str>, management: Option<bool>, excluded: &[&str]) -> EventSelector {
    from_value(json!({
        "ReadWriteType": read_write,
        "IncludeManagementEvents": management,
        "ExcludeManagementEventSources": excluded,
    }))
    .unwrap()
}

fn field(name: &str, equals: &[&str], not_equals: &[&str]) -> FieldSelector {
    from_value(json!({ "Field": name, "Equals": equals, "NotEquals": not_equals })).unwrap()
}

fn advanced(category: &str, fields: &[FieldSelector]) -> AdvancedEventSelector {
    let fields = std::iter::once(field("eventCategory", &[category], &[])).chain(fields.iter().cloned());
    AdvancedEventSelector { field_selectors: fields.collect() }
}

fn of<'a>(classic: &'a [EventSelector], advanced: &'a [AdvancedEventSelector]) -> Selectors<'a> {
    Selectors { classic, advanced, partition: "aws", bucket: Some("logs") }
}

fn arns(operators: &serde_json::Value) -> FieldSelector {
    let mut field = operators.clone();
    field.as_object_mut().unwrap().insert("Field".into(), "resources.ARN".into());
    from_value(field).unwrap()
}

/// Returns the results for reads of every service, reads of KMS, writes of every service, and `read_write`.
fn management(selectors: Selectors<'_>) -> (bool, bool, bool, Option<&'static str>) {
    (
        selectors.take_management(Access::Read, None),
        selectors.take_management(Access::Read, Some(KMS)),
        selectors.take_management(Access::Write, None),
        selectors.read_write(),
    )
}

#[test]
fn classic_selectors_of_management_events() {
    for (selectors, expected) in [
        (vec![], (false, false, false, None)),
        (vec![classic(None, None, &[])], (true, true, true, Some("All"))),
        (vec![classic(Some(ALL), Some(true), &[])], (true, true, true, Some("All"))),
        (vec![classic(Some(ALL), Some(false), &[])], (false, false, false, None)),
        (vec![classic(Some(WRITE_ONLY), Some(true), &[])], (false, false, true, Some("WriteOnly"))),
        (vec![classic(Some(READ_ONLY), Some(true), &[])], (true, true, false, Some("ReadOnly"))),
        (vec![classic(Some(ALL), Some(true), &[KMS])], (false, false, false, Some("All"))),
        (vec![classic(Some(ALL), Some(true), &["rdsdata.amazonaws.com"])], (false, true, false, Some("All"))),
        (
            vec![classic(Some(READ_ONLY), Some(true), &[]), classic(Some(WRITE_ONLY), Some(true), &[])],
            (true, true, true, Some("All")),
        ),
    ] {
        assert_eq!(management(of(&selectors, &[])), expected, "{selectors:?}");
    }
}

#[test]
fn advanced_selectors_of_management_events() {
    for (fields, expected) in [
        (vec![], (true, true, true, Some("All"))),
        (vec![field("readOnly", &["false"], &[])], (false, false, true, Some("WriteOnly"))),
        (vec![field("readOnly", &["true"], &[])], (true, true, false, Some("ReadOnly"))),
        (vec![field("eventSource", &[], &[KMS])], (false, false, false, Some("All"))),
        (vec![field("eventSource", &[], &["rdsdata.amazonaws.com"])], (false, true, false, Some("All"))),
        (vec![field("eventSource", &[KMS], &[])], (false, true, false, Some("All"))),
        (vec![field("userIdentity.arn", &[], &["arn:aws:iam::1:role/x"])], (false, false, false, Some("All"))),
    ] {
        let selectors = [advanced("Management", &fields)];
        assert_eq!(management(of(&[], &selectors)), expected, "{fields:?}");
    }
    let data = [advanced("Data", &[])];
    assert_eq!(management(of(&[], &data)), (false, false, false, None));
}

#[test]
fn excluded_sources_of_both_sorts() {
    let plain = [classic(None, None, &[KMS, "rdsdata.amazonaws.com"])];
    let fields = [advanced("Management", &[field("eventSource", &[], &[KMS])])];
    let excluded = of(&plain, &fields).excluded_sources();
    assert_eq!(excluded.into_iter().collect::<Vec<_>>(), [KMS, "rdsdata.amazonaws.com"]);
}

#[test]
fn data_events_of_every_object() {
    for (value, all) in [
        ("arn:aws:s3", true),
        ("arn:aws:s3:::", true),
        ("arn:aws-cn:s3:::", true),
        ("arn:aws:s3:::one-bucket/", false),
        ("arn:aws:s3:::one-bucket/prefix", false),
    ] {
        let data = DataResource { of: Some("AWS::S3::Object".into()), values: Some(vec![value.into()]) };
        let selector = EventSelector { data_resources: Some(vec![data]), ..classic(Some(READ_ONLY), None, &[]) };
        let selectors = of(std::slice::from_ref(&selector), &[]);
        assert_eq!(selectors.take_all_objects(Access::Read), all, "{value}");
        assert!(!selectors.take_all_objects(Access::Write), "{value}");
        assert_eq!(selectors.data_types().into_iter().collect::<Vec<_>>(), ["AWS::S3::Object"]);
    }
    let objects = || field("resources.type", &["AWS::S3::Object"], &[]);
    for (fields, read, write) in [
        (vec![objects()], true, true),
        (vec![objects(), field("readOnly", &["false"], &[])], false, true),
        (vec![objects(), field("resources.ARN", &["arn:aws:s3:::one/"], &[])], false, false),
        (vec![field("resources.type", &["AWS::Lambda::Function"], &[])], false, false),
        (vec![], false, false),
    ] {
        let selector = [advanced("Data", &fields)];
        let selectors = of(&[], &selector);
        assert_eq!(selectors.take_all_objects(Access::Read), read, "{fields:?}");
        assert_eq!(selectors.take_all_objects(Access::Write), write, "{fields:?}");
    }
}

#[test]
fn a_condition_on_arns_that_every_object_meets_is_none() {
    for (operators, all) in [
        (json!({ "StartsWith": ["arn:aws:s3:::"] }), true),
        (json!({ "StartsWith": ["arn:aws:s3"] }), true),
        (json!({ "StartsWith": ["arn:aws:s3:::one/", "arn:aws:s3:::"] }), true),
        (json!({ "StartsWith": ["arn:aws:s3:::one/"] }), false),
        (json!({ "StartsWith": ["arn:aws-cn:s3:::"] }), false),
        (json!({ "Equals": ["arn:aws:s3:::"] }), false),
        (json!({ "EndsWith": [".csv"] }), false),
        (json!({ "NotEndsWith": [".csv"] }), false),
        (json!({ "NotEquals": ["arn:aws:s3:::one/a"] }), false),
        // The bucket of the trail itself, and prefixes that begin like its name.
        (json!({ "NotStartsWith": ["arn:aws:s3:::logs/"] }), true),
        (json!({ "NotStartsWith": ["arn:aws:s3:::logs/AWSLogs/"] }), true),
        (json!({ "StartsWith": ["arn:aws:s3:::"], "NotStartsWith": ["arn:aws:s3:::logs/"] }), true),
        (json!({ "NotStartsWith": ["arn:aws:s3:::logs"] }), false),
        (json!({ "NotStartsWith": ["arn:aws:s3:::logs/", "arn:aws:s3:::data/"] }), false),
    ] {
        let objects = field("resources.type", &["AWS::S3::Object"], &[]);
        let selector = [advanced("Data", &[objects, arns(&operators)])];
        assert_eq!(of(&[], &selector).take_all_objects(Access::Write), all, "{operators}");
    }
    let china = [advanced(
        "Data",
        &[
            field("resources.type", &["AWS::S3::Object"], &[]),
            arns(&json!({ "StartsWith": ["arn:aws-cn:s3:::"] })),
            field("eventSource", &["s3.amazonaws.com"], &[]),
        ],
    )];
    assert!(Selectors { partition: "aws-cn", ..of(&[], &china) }.take_all_objects(Access::Read));
    assert!(!of(&[], &china).take_all_objects(Access::Read));
}
