//! Selectors against what they take.
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

/// Reads of everything, reads of KMS, writes of everything, and read_write.
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
        assert_eq!(management(Selectors { classic: &selectors, advanced: &[] }), expected, "{selectors:?}");
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
        assert_eq!(management(Selectors { classic: &[], advanced: &selectors }), expected, "{fields:?}");
    }
    let data = [advanced("Data", &[])];
    assert_eq!(management(Selectors { classic: &[], advanced: &data }), (false, false, false, None));
}

#[test]
fn excluded_sources_of_both_sorts() {
    let plain = [classic(None, None, &[KMS, "rdsdata.amazonaws.com"])];
    let fields = [advanced("Management", &[field("eventSource", &[], &[KMS])])];
    let excluded = Selectors { classic: &plain, advanced: &fields }.excluded_sources();
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
        let selectors = Selectors { classic: std::slice::from_ref(&selector), advanced: &[] };
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
        let selectors = Selectors { classic: &[], advanced: &selector };
        assert_eq!(selectors.take_all_objects(Access::Read), read, "{fields:?}");
        assert_eq!(selectors.take_all_objects(Access::Write), write, "{fields:?}");
    }
}
