//! Selectors against what they take.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use aws_sdk_cloudtrail::types::{
    AdvancedEventSelector, AdvancedFieldSelector, DataResource, EventSelector, ReadWriteType,
};

use super::{Access, Selectors};

const KMS: &str = "kms.amazonaws.com";

fn classic(read_write: Option<ReadWriteType>, management: Option<bool>, excluded: &[&str]) -> EventSelector {
    EventSelector::builder()
        .set_read_write_type(read_write)
        .set_include_management_events(management)
        .set_exclude_management_event_sources(Some(excluded.iter().map(ToString::to_string).collect()))
        .build()
}

fn field(name: &str, equals: &[&str], not_equals: &[&str]) -> AdvancedFieldSelector {
    AdvancedFieldSelector::builder()
        .field(name)
        .set_equals(Some(equals.iter().map(ToString::to_string).collect()))
        .set_not_equals(Some(not_equals.iter().map(ToString::to_string).collect()))
        .build()
        .unwrap()
}

fn advanced(category: &str, fields: &[AdvancedFieldSelector]) -> AdvancedEventSelector {
    let fields = std::iter::once(field("eventCategory", &[category], &[])).chain(fields.iter().cloned());
    AdvancedEventSelector::builder().set_field_selectors(Some(fields.collect())).build().unwrap()
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
    use ReadWriteType::{All, ReadOnly, WriteOnly};
    for (selectors, expected) in [
        (vec![], (false, false, false, None)),
        (vec![classic(None, None, &[])], (true, true, true, Some("All"))),
        (vec![classic(Some(All), Some(true), &[])], (true, true, true, Some("All"))),
        (vec![classic(Some(All), Some(false), &[])], (false, false, false, None)),
        (vec![classic(Some(WriteOnly), Some(true), &[])], (false, false, true, Some("WriteOnly"))),
        (vec![classic(Some(ReadOnly), Some(true), &[])], (true, true, false, Some("ReadOnly"))),
        (vec![classic(Some(All), Some(true), &[KMS])], (false, false, false, Some("All"))),
        (vec![classic(Some(All), Some(true), &["rdsdata.amazonaws.com"])], (false, true, false, Some("All"))),
        (
            vec![classic(Some(ReadOnly), Some(true), &[]), classic(Some(WriteOnly), Some(true), &[])],
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
        let data = DataResource::builder().r#type("AWS::S3::Object").values(value).build();
        let selector = EventSelector::builder().read_write_type(ReadWriteType::ReadOnly).data_resources(data).build();
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
