//! The keys, secrets and certificates of a run with their dates, for the reports `inventory` and `calendar`.
//!
//! A run reads only the facts that its cases need. A fact that no case needs is *not asked*, which is no absence. Must not
//! know how facts are read.

use std::borrow::Cow;

use super::wording;
use crate::facts::{Fact, Population, Resource, Value, format_duration};

/// One kind of the register: the name of the kind, and the attributes with its facts. An empty name is no attribute.
pub(super) struct Sort {
    pub(super) kind: &'static str,
    /// The noun for people.
    pub(super) noun: &'static str,
    pub(super) aliases: &'static str,
    pub(super) state: &'static str,
    pub(super) tags: &'static str,
    pub(super) period: &'static str,
    pub(super) last: &'static str,
    pub(super) next: &'static str,
    pub(super) expires: &'static str,
    pub(super) deletion: &'static str,
}

const NOTHING: Sort = Sort {
    kind: "",
    noun: "",
    aliases: "",
    state: "",
    tags: "",
    period: "",
    last: "",
    next: "",
    expires: "",
    deletion: "",
};

/// The kinds of the register.
pub(super) const SORTS: &[Sort] = &[
    Sort {
        kind: "acm.certificate",
        noun: "certificate",
        state: "status",
        tags: "tags",
        expires: "not_after",
        ..NOTHING
    },
    Sort {
        kind: "acmpca.authority",
        noun: "certificate authority",
        state: "status",
        tags: "tags",
        expires: "not_after",
        ..NOTHING
    },
    Sort { kind: "iam.server_certificate", noun: "server certificate", expires: "not_after", ..NOTHING },
    Sort {
        kind: "kms.key",
        noun: "key",
        aliases: "aliases",
        state: "state",
        tags: "tags",
        period: "rotation.period",
        last: "rotations.last",
        next: "rotation.next",
        expires: "material_expires",
        deletion: "deletion_date",
    },
    Sort {
        kind: "secretsmanager.secret",
        noun: "secret",
        tags: "tags",
        period: "rotation.period",
        last: "last_rotated",
        next: "next_rotation",
        deletion: "deleted",
        ..NOTHING
    },
];

/// The kinds and attributes of the register, for a test that they exist.
pub fn attributes() -> impl Iterator<Item = (&'static str, &'static str)> {
    SORTS.iter().flat_map(|sort| {
        let Sort { aliases, state, tags, period, last, next, expires, deletion, .. } = *sort;
        let all = [aliases, state, tags, period, last, next, expires, deletion];
        all.into_iter().filter(|name| !name.is_empty()).map(|name| (sort.kind, name))
    })
}

/// The tags with the owner of a resource. The first one counts.
const OWNER: [&str; 4] = ["owner", "Owner", "team", "Team"];

/// What a run has about one attribute of a resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Seen<'a> {
    /// The kind has no such attribute.
    Never,
    /// The value.
    Known(&'a Value),
    /// AWS answered that there is none.
    Absent,
    /// It does not apply to the resource.
    NotApplicable,
    /// AWS did not return it, for this cause.
    Unknown(&'static str),
    /// No case of the run needed it.
    NotAsked,
}

/// The fact of an attribute.
pub(super) fn seen<'a>(resource: &'a Resource, attribute: &str) -> Seen<'a> {
    if attribute.is_empty() {
        return Seen::Never;
    }
    match resource.get(attribute) {
        Some(Fact::Known(value)) if value.is_withheld() => Seen::Unknown("withheld"),
        Some(Fact::Known(value)) => Seen::Known(value),
        Some(Fact::Absent) => Seen::Absent,
        Some(Fact::NotApplicable(_)) => Seen::NotApplicable,
        Some(Fact::Unknown(gap)) => Seen::Unknown(gap.cause.word()),
        None => Seen::NotAsked,
    }
}

/// The owner of a resource by its tags.
pub(super) fn owner<'a>(resource: &'a Resource, tags: &str) -> Seen<'a> {
    match seen(resource, tags) {
        Seen::Known(Value::Map(tags)) => match OWNER.iter().find_map(|name| tags.get(*name)) {
            Some(owner) if owner.is_withheld() => Seen::Unknown("withheld"),
            Some(owner) => Seen::Known(owner),
            None => Seen::Absent,
        },
        other => other,
    }
}

impl Seen<'_> {
    /// The words for people.
    pub(super) fn text(&self) -> Cow<'static, str> {
        match self {
            Self::Never => "".into(),
            Self::Known(value) => text(value).into(),
            Self::Absent => "none".into(),
            Self::NotApplicable => "not applicable".into(),
            Self::Unknown(cause) => format!("unknown ({cause})").into(),
            Self::NotAsked => "not asked".into(),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Time(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Value::Duration(seconds) => format_duration(*seconds),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => wording::value(text),
        Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(" "),
        Value::Map(items) => {
            items.iter().map(|(key, it)| format!("{}={}", wording::value(key), text(it))).collect::<Vec<_>>().join(" ")
        }
    }
}

/// The populations of a kind, in the order of their places.
pub(super) fn of_kind<'a>(populations: &'a [Population], kind: &str) -> Vec<&'a Population> {
    let mut found: Vec<&Population> = populations.iter().filter(|population| population.kind.name == kind).collect();
    found.sort_by_key(|population| (&population.account, &population.region));
    found
}

/// A register for the tests of the reports: a key with every date, one whose dates were not seen, and a list that ended
/// early.
#[cfg(test)]
pub(super) fn sample() -> Vec<Population> {
    use crate::facts::{Attribute, Call, Cause, Frequency, Gap, Kind, Scope, Type};
    use std::sync::Arc;

    const fn attribute(name: &'static str, of: Type) -> Attribute {
        Attribute::new(name, of, "List", "Answer", "")
    }
    static KEY: Kind = Kind {
        name: "kms.key",
        plural: "keys",
        scope: Scope::Regional,
        parent: None,
        qualified: "",
        doc: "A key.",
        attributes: &[
            attribute("name", Type::Text),
            attribute("aliases", Type::List(&Type::Text)),
            attribute("state", Type::Text),
            attribute("tags", Type::Map(&Type::Text)),
            attribute("rotation.period", Type::Duration),
            attribute("rotations.last", Type::Time),
            attribute("rotation.next", Type::Time),
            attribute("material_expires", Type::Time),
            attribute("deletion_date", Type::Time),
            attribute("next_rotation", Type::Time),
            attribute("not_after", Type::Time),
        ],
        calls: &[Call::new("kms", "List", "kms:List", Frequency::Population { page: 100 })],
    };
    static SECRET: Kind = Kind { name: "secretsmanager.secret", plural: "secrets", ..KEY };
    static CERTIFICATE: Kind = Kind { name: "acm.certificate", plural: "certificates", ..KEY };
    let at = |text: &str| Fact::Known(Value::Time(text.parse().unwrap_or_default()));
    let make = |kind: &'static Kind, name: &str, facts: &[(&'static str, Fact)]| {
        let id = format!("arn:aws:{}:eu-central-1:111122223333:{name}", kind.name);
        let mut resource = Resource::new(kind, "111122223333".into(), "eu-central-1".into(), id, name);
        facts.iter().for_each(|(name, fact)| {
            resource.set(name, fact.clone());
        });
        resource
    };
    let tags = |owner: &str| Fact::Known(Value::Map([("owner".to_owned(), Value::from(owner))].into()));
    let denied = Fact::Unknown(Arc::new(Gap::new(Cause::Denied).of_call("kms", "GetKeyRotationStatus")));
    let population = |kind: &'static Kind, resources: Vec<Resource>, gaps: Vec<Arc<Gap>>| Population {
        kind,
        account: "111122223333".into(),
        region: "eu-central-1".into(),
        resources,
        gaps,
        reaches: Vec::new(),
    };
    let keys = vec![
        make(
            &KEY,
            "key-1",
            &[
                ("aliases", Value::texts(["alias/bank"]).into()),
                ("state", "Enabled".into()),
                ("tags", tags("payments, cards; and \\ \"more\"")),
                ("rotation.period", Value::days(90).into()),
                ("rotations.last", at("2026-09-01T02:00:00Z")),
                ("rotation.next", at("2026-11-30T02:00:00Z")),
                ("material_expires", at("2027-01-01T00:00:00Z")),
                ("deletion_date", Fact::Absent),
            ],
        ),
        make(&KEY, "key-2", &[("state", "Enabled".into()), ("rotation.next", denied), ("deletion_date", Fact::Absent)]),
        make(&KEY, "=key-3", &[("rotation.next", Fact::not_applicable("an asymmetric key")), ("tags", Fact::Absent)]),
    ];
    let secrets =
        vec![make(&SECRET, "bank/a", &[("next_rotation", at("2026-10-20T03:00:00Z")), ("tags", tags("cards"))])];
    let truncated = Arc::new(Gap::new(Cause::Truncated).of_call("acm", "ListCertificates"));
    vec![
        population(&SECRET, secrets, Vec::new()),
        population(&KEY, keys, Vec::new()),
        population(
            &CERTIFICATE,
            vec![make(&CERTIFICATE, "c-1", &[("not_after", at("2026-12-24T00:00:00Z"))])],
            vec![truncated],
        ),
    ]
}
