//! The fields of a CloudTrail record, and the values that each field can have.
//!
//! The tables follow AWS's pages "CloudTrail record contents" and "CloudTrail userIdentity element". This module must
//! not know filter patterns.

/// The values of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// A text, in every record.
    Text,
    /// A text, in the records that have the field.
    MaybeText,
    /// An object, in every record.
    Object,
    /// An object, null, or no field.
    MaybeObject,
    /// A value that depends on the trail and its account, so it is not known whether a filter matches it.
    Untold,
    /// Anything.
    Anything,
    /// No value: a record has no such field.
    Nothing,
}

/// The fields of a record.
const FIELDS: &[(&str, Holds)] = &[
    ("eventVersion", Holds::Untold),
    ("eventTime", Holds::Text),
    ("eventSource", Holds::Text),
    ("eventName", Holds::Text),
    ("awsRegion", Holds::Text),
    ("sourceIPAddress", Holds::Text),
    ("userAgent", Holds::MaybeText),
    ("errorCode", Holds::MaybeText),
    ("errorMessage", Holds::MaybeText),
    ("requestParameters", Holds::MaybeObject),
    ("responseElements", Holds::MaybeObject),
    ("additionalEventData", Holds::MaybeObject),
    ("requestID", Holds::MaybeText),
    ("eventID", Holds::Text),
    ("eventType", Holds::Text),
    ("apiVersion", Holds::MaybeText),
    ("managementEvent", Holds::Untold),
    ("readOnly", Holds::Untold),
    ("resources", Holds::Anything),
    ("recipientAccountId", Holds::Untold),
    ("serviceEventDetails", Holds::MaybeObject),
    ("sharedEventID", Holds::MaybeText),
    ("vpcEndpointId", Holds::MaybeText),
    ("vpcEndpointAccountId", Holds::MaybeText),
    ("eventCategory", Holds::Untold),
    ("addendum", Holds::MaybeObject),
    ("sessionCredentialFromConsole", Holds::MaybeText),
    ("eventContext", Holds::MaybeObject),
    ("edgeDeviceDetails", Holds::MaybeObject),
    ("insightDetails", Holds::MaybeObject),
    ("tlsDetails", Holds::MaybeObject),
    ("userIdentity", Holds::Object),
    ("userIdentity.type", Holds::Text),
    ("userIdentity.userName", Holds::MaybeText),
    ("userIdentity.principalId", Holds::MaybeText),
    ("userIdentity.arn", Holds::MaybeText),
    ("userIdentity.accountId", Holds::Untold),
    ("userIdentity.accessKeyId", Holds::MaybeText),
    ("userIdentity.sessionContext", Holds::MaybeObject),
    ("userIdentity.invokedBy", Holds::MaybeText),
    ("userIdentity.identityProvider", Holds::MaybeText),
    ("userIdentity.credentialId", Holds::MaybeText),
    ("userIdentity.onBehalfOf", Holds::MaybeObject),
    ("userIdentity.inScopeOf", Holds::MaybeObject),
];

/// Names that occur in the text of every record.
pub(super) const ALWAYS: &[&str] = &[
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "eventID",
    "eventType",
];

/// Sources of events that AWS records in only one Region of a partition, also for callers in other Regions.
pub(super) const GLOBAL: &[&str] = &["iam.amazonaws.com", "organizations.amazonaws.com"];

/// The form in which an event arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A record of CloudTrail, as a log contains it.
    Record,
    /// An event of EventBridge, with the record as its `detail`.
    Delivered,
}

/// The fields of an event of EventBridge.
const DELIVERED: &[(&str, Holds)] = &[
    ("version", Holds::Untold),
    ("id", Holds::Text),
    ("detail-type", Holds::Text),
    ("source", Holds::Text),
    ("account", Holds::Untold),
    ("time", Holds::Text),
    ("region", Holds::Untold),
    ("resources", Holds::Anything),
    ("detail", Holds::Object),
];

/// Returns the possible values of the field at a path, in an event of the given shape.
pub(super) fn holds_in(shape: Shape, path: &str) -> Holds {
    match (shape, path.strip_prefix("detail.")) {
        (Shape::Record, _) => holds(path),
        (Shape::Delivered, Some(inner)) => holds(inner),
        (Shape::Delivered, None) => {
            DELIVERED.iter().find(|(name, _)| *name == path).map_or(Holds::Nothing, |(_, holds)| *holds)
        }
    }
}

/// Returns the possible values of the field at a path, in a record.
pub(super) fn holds(path: &str) -> Holds {
    if let Some((_, holds)) = FIELDS.iter().find(|(name, _)| *name == path) {
        return *holds;
    }
    // A path without its last name or its last index is the path of a parent.
    let parents = path.char_indices().filter(|(_, character)| ".[".contains(*character)).map(|(at, _)| at);
    let mut known = parents.filter_map(|at| {
        let parent = path.get(..at)?;
        FIELDS.iter().find(|(name, _)| *name == parent).map(|(_, holds)| *holds)
    });
    match known.next_back() {
        Some(Holds::Object | Holds::MaybeObject | Holds::Anything) => Holds::Anything,
        _ => Holds::Nothing,
    }
}

/// Whether an event can have a field at this path.
///
/// # Errors
/// No event has such a field. The error lists the existing fields, for a suggestion.
pub fn is_known(shape: Shape, path: &str) -> Result<(), Vec<String>> {
    if holds_in(shape, path) != Holds::Nothing {
        return Ok(());
    }
    let names = |prefix: &'static str, list: &'static [(&str, Holds)]| {
        list.iter().map(move |(name, _)| format!("{prefix}{name}"))
    };
    Err(match shape {
        Shape::Record => names("", FIELDS).collect(),
        Shape::Delivered => names("", DELIVERED).chain(names("detail.", FIELDS)).collect(),
    })
}
