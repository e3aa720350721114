//! Decides which events a trail takes, by its classic and advanced event selectors. The proof looks at one selector at
//! a time.
//!
//! The proof is sound and not complete. *True* means that one selector alone takes all such events. The result is
//! *false* when only two selectors together take the events, or when a selector has a condition that this module does
//! not support. This module must not know AWS clients.

use std::collections::BTreeSet;

use serde::Deserialize;

const S3_OBJECT: &str = "AWS::S3::Object";
const S3: &str = "s3.amazonaws.com";

/// The access of an event: read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A classic selector.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct EventSelector {
    read_write_type: Option<String>,
    include_management_events: Option<bool>,
    exclude_management_event_sources: Option<Vec<String>>,
    data_resources: Option<Vec<DataResource>>,
}

/// The resources whose data events a classic selector takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct DataResource {
    #[serde(rename = "Type")]
    of: Option<String>,
    values: Option<Vec<String>>,
}

/// An advanced selector. An event must pass all of its fields.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AdvancedEventSelector {
    field_selectors: Vec<FieldSelector>,
}

/// The condition of one field. A value must pass all operators.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FieldSelector {
    field: String,
    equals: Option<Vec<String>>,
    starts_with: Option<Vec<String>>,
    ends_with: Option<Vec<String>>,
    not_equals: Option<Vec<String>>,
    not_starts_with: Option<Vec<String>>,
    not_ends_with: Option<Vec<String>>,
}

impl EventSelector {
    fn excluded(&self) -> &[String] {
        list(self.exclude_management_event_sources.as_ref())
    }

    fn data(&self) -> &[DataResource] {
        self.data_resources.as_deref().unwrap_or_default()
    }
}

impl FieldSelector {
    fn equals(&self) -> &[String] {
        list(self.equals.as_ref())
    }

    fn not_equals(&self) -> &[String] {
        list(self.not_equals.as_ref())
    }
}

/// Returns a list. AWS omits the list when it is empty.
fn list(of: Option<&Vec<String>>) -> &[String] {
    of.map(Vec::as_slice).unwrap_or_default()
}

/// All selectors of a trail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selectors<'a> {
    pub(super) classic: &'a [EventSelector],
    pub(super) advanced: &'a [AdvancedEventSelector],
    /// The partition of the trail, as in ARNs.
    pub(super) partition: &'a str,
    /// The bucket of the trail.
    pub(super) bucket: Option<&'a str>,
}

impl<'a> Selectors<'a> {
    /// Returns whether one selector takes all management events of this access, of one service or of every service.
    pub(super) fn take_management(self, access: Access, source: Option<&str>) -> bool {
        let classic = self.classic.iter().any(|selector| {
            let excluded = selector.excluded();
            let whole = source.map_or(excluded.is_empty(), |source| excluded.iter().all(|it| it != source));
            manages(selector) && access.of_classic(selector) && whole
        });
        let advanced = self.advanced.iter().filter(|selector| has_category(selector, "Management")).any(|selector| {
            selector.field_selectors.iter().all(|field| match field.field.as_str() {
                "eventCategory" => true,
                "readOnly" => access.passes(field),
                "eventSource" => source.is_some_and(|source| passes(field, source)),
                _ => false,
            })
        });
        classic || advanced
    }

    /// Returns whether at least one selector takes management events.
    pub(super) fn take_some_management(self) -> bool {
        self.classic.iter().any(manages) || self.advanced.iter().any(|selector| has_category(selector, "Management"))
    }

    /// Returns the management events that all selectors take together: read, write or all. Conditions on the service
    /// are ignored here.
    pub(super) fn read_write(self) -> Option<&'static str> {
        let takes = |access: Access| {
            let classic = self.classic.iter().any(|selector| manages(selector) && access.of_classic(selector));
            let advanced = self
                .advanced
                .iter()
                .filter(|it| has_category(it, "Management"))
                .any(|selector| fields(selector, "readOnly").all(|field| access.passes(field)));
            classic || advanced
        };
        match (takes(Access::Read), takes(Access::Write)) {
            (true, true) => Some("All"),
            (true, false) => Some("ReadOnly"),
            (false, true) => Some("WriteOnly"),
            (false, false) => None,
        }
    }

    /// Returns the services whose management events a selector excludes by name.
    pub(super) fn excluded_sources(self) -> BTreeSet<&'a str> {
        let classic = self.classic.iter().filter(|selector| manages(selector));
        let classic = classic.flat_map(EventSelector::excluded);
        let advanced = self.advanced.iter().filter(|selector| has_category(selector, "Management"));
        let advanced = advanced.flat_map(|selector| fields(selector, "eventSource"));
        classic.chain(advanced.flat_map(FieldSelector::not_equals)).map(String::as_str).collect()
    }

    /// Returns whether one selector takes the events of this access for every object in every bucket. It may exclude
    /// the bucket of the trail, because a trail that records its own writes never ends.
    pub(super) fn take_all_objects(self, access: Access) -> bool {
        let classic = self.classic.iter().filter(|selector| access.of_classic(selector)).any(|selector| {
            selector.data().iter().filter(|data| data.of.as_deref() == Some(S3_OBJECT)).any(|data| {
                data.values.iter().flatten().any(|value| value.split(':').skip(2).collect::<String>() == "s3")
            })
        });
        let advanced = self.advanced.iter().filter(|selector| has_category(selector, "Data")).any(|selector| {
            let mut of_objects = false;
            let unconditional = selector.field_selectors.iter().all(|field| match field.field.as_str() {
                "eventCategory" => true,
                "readOnly" => access.passes(field),
                "resources.type" => {
                    of_objects = passes(field, S3_OBJECT);
                    of_objects
                }
                "resources.ARN" => self.every_object(field),
                "eventSource" => passes(field, S3),
                _ => false,
            });
            of_objects && unconditional
        });
        classic || advanced
    }

    /// Returns whether the ARN of every object satisfies every operator of the field. Only the beginning of these ARNs
    /// is known.
    fn every_object(self, field: &FieldSelector) -> bool {
        let all = format!("arn:{}:s3:::", self.partition);
        let own = self.bucket.map(|bucket| format!("{all}{bucket}/"));
        let begins = list(field.starts_with.as_ref());
        (begins.is_empty() || begins.iter().any(|it| all.starts_with(it.as_str())))
            && list(field.not_starts_with.as_ref()).iter().all(|it| own.as_ref().is_some_and(|own| it.starts_with(own)))
            && field.equals().is_empty()
            && field.not_equals().is_empty()
            && list(field.ends_with.as_ref()).is_empty()
            && list(field.not_ends_with.as_ref()).is_empty()
    }

    /// Returns the resource types for which a selector takes data events.
    pub(super) fn data_types(self) -> BTreeSet<&'a str> {
        let classic = self.classic.iter().flat_map(EventSelector::data).filter_map(|data| data.of.as_deref());
        let advanced = self.advanced.iter().filter(|selector| has_category(selector, "Data"));
        let advanced = advanced.flat_map(|selector| fields(selector, "resources.type"));
        classic.chain(advanced.flat_map(FieldSelector::equals).map(String::as_str)).collect()
    }
}

impl Access {
    /// Returns whether a classic selector takes this access. AWS documents that a missing value means All.
    fn of_classic(self, selector: &EventSelector) -> bool {
        match selector.read_write_type.as_deref() {
            None | Some("All") => true,
            Some("ReadOnly") => self == Self::Read,
            Some("WriteOnly") => self == Self::Write,
            Some(_) => false,
        }
    }

    fn passes(self, field: &FieldSelector) -> bool {
        passes(field, if self == Self::Read { "true" } else { "false" })
    }
}

/// Returns whether a classic selector takes management events. AWS documents that a missing value means yes.
fn manages(selector: &EventSelector) -> bool {
    selector.include_management_events.unwrap_or(true)
}

fn fields<'a>(selector: &'a AdvancedEventSelector, name: &'static str) -> impl Iterator<Item = &'a FieldSelector> {
    selector.field_selectors.iter().filter(move |field| field.field.as_str() == name)
}

fn has_category(selector: &AdvancedEventSelector, category: &str) -> bool {
    fields(selector, "eventCategory").any(|field| field.equals().iter().any(|it| it == category))
}

/// Returns whether a value satisfies every operator of the field.
fn passes(field: &FieldSelector, value: &str) -> bool {
    let some = |operands: &[String], test: fn(&str, &str) -> bool| {
        operands.is_empty() || operands.iter().any(|operand| test(value, operand))
    };
    let none = |operands: &[String], test: fn(&str, &str) -> bool| !operands.iter().any(|operand| test(value, operand));
    some(field.equals(), |value, operand| value == operand)
        && some(list(field.starts_with.as_ref()), |value, operand| value.starts_with(operand))
        && some(list(field.ends_with.as_ref()), |value, operand| value.ends_with(operand))
        && none(field.not_equals(), |value, operand| value == operand)
        && none(list(field.not_starts_with.as_ref()), |value, operand| value.starts_with(operand))
        && none(list(field.not_ends_with.as_ref()), |value, operand| value.ends_with(operand))
}

#[cfg(test)]
#[path = "selectors_tests.rs"]
mod tests;
