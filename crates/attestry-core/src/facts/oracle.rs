//! Oracles: AWS's own answers about policies, kept as facts beside our proofs, and the questions that lead to them.
//!
//! Must not know how a question is asked, nor which claims ask it.

use std::collections::BTreeMap;

use super::words::words;
use super::{Field, Type, Value};

/// Who at AWS is asked. Calls of an oracle are made only for a stage that wants them: they cost calls, some cost money.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Oracle {
    /// The policy simulator of IAM.
    Simulator,
    /// IAM Access Analyzer.
    AccessAnalyzer,
}

words!(Oracle);

/// What AWS is asked: may these actions be done on these resources, with these condition keys and no others?
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Names of actions; for the simulator one.
    pub actions: Vec<String>,
    /// Resources; for the simulator one, for Access Analyzer none where all are meant.
    pub resources: Vec<String>,
    /// The condition keys that the request has.
    pub context: BTreeMap<String, Vec<String>>,
}

const TEXTS: Type = Type::List(&Type::Text);

/// The attribute of an identity that holds the simulator's answers.
pub const SIMULATED: &str = "simulated";

/// The answer of the simulator to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The condition keys that it was given.
    pub context: BTreeMap<String, Vec<String>>,
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: String,
    /// Condition keys that policies ask for and that it was not given.
    pub missing: Vec<String>,
    /// Whether the policies of the organization allow it; nothing where there is none.
    pub organizations: Option<bool>,
    /// Whether the permissions boundary allows it; nothing where there is none.
    pub boundary: Option<bool>,
}

impl Simulated {
    /// The fields of its record.
    pub const FIELDS: &'static [Field] = &[
        Field::new("action", Type::Text),
        Field::new("resource", Type::Text),
        Field::new("context", Type::Map(&TEXTS)),
        Field::new("decision", Type::Text),
        Field::new("missing", TEXTS),
        Field::new("organizations", Type::Bool),
        Field::new("boundary", Type::Bool),
    ];

    /// As a record.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let context = self.context.iter().map(|(key, values)| (key.clone(), Value::texts(values)));
        Value::record([
            ("action", Some(self.action.as_str().into())),
            ("resource", Some(self.resource.as_str().into())),
            ("context", (!self.context.is_empty()).then(|| Value::Map(context.collect()))),
            ("decision", Some(self.decision.as_str().into())),
            ("missing", (!self.missing.is_empty()).then(|| Value::texts(&self.missing))),
            ("organizations", self.organizations.map(Into::into)),
            ("boundary", self.boundary.map(Into::into)),
        ])
    }

    /// From a record.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let Value::Map(fields) = value else { return None };
        let flag = |name| match fields.get(name) {
            Some(Value::Bool(flag)) => Some(*flag),
            _ => None,
        };
        let context = match fields.get("context") {
            Some(Value::Map(keys)) => keys.iter().map(|(key, values)| Some((key.clone(), texts(values)?))).collect(),
            Some(_) => None,
            None => Some(BTreeMap::new()),
        };
        Some(Self {
            action: text(fields, "action")?,
            resource: text(fields, "resource")?,
            context: context?,
            decision: text(fields, "decision")?,
            missing: fields.get("missing").map_or(Some(Vec::new()), texts)?,
            organizations: flag("organizations"),
            boundary: flag("boundary"),
        })
    }

    /// Whether it answers the question.
    #[must_use]
    pub fn answers(&self, question: &Question) -> bool {
        let same = |of: &[String], one: &str| of.len() == 1 && of.iter().all(|it| it == one);
        same(&question.actions, &self.action)
            && same(&question.resources, &self.resource)
            && question.context == self.context
    }
}

/// The attribute of a resource that says whether Access Analyzer takes its policy for public.
pub const PUBLIC: &str = "analyzer.public";

/// The attribute of a policy that holds what Access Analyzer says of the access that claims ask about.
pub const ACCESS: &str = "analyzer.access";

/// What Access Analyzer says of one question about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The actions.
    pub actions: Vec<String>,
    /// The resources; none where all are meant.
    pub resources: Vec<String>,
    /// Whether the document might grant any of it.
    pub granted: bool,
    /// Why, in AWS's words.
    pub reasons: Vec<String>,
}

impl Access {
    /// The fields of its record.
    pub const FIELDS: &'static [Field] = &[
        Field::new("actions", TEXTS),
        Field::new("resources", TEXTS),
        Field::new("granted", Type::Bool),
        Field::new("reasons", TEXTS),
    ];

    /// As a record.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::record([
            ("actions", Some(Value::texts(&self.actions))),
            ("resources", (!self.resources.is_empty()).then(|| Value::texts(&self.resources))),
            ("granted", Some(self.granted.into())),
            ("reasons", (!self.reasons.is_empty()).then(|| Value::texts(&self.reasons))),
        ])
    }

    /// From a record.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let Value::Map(fields) = value else { return None };
        let list = |name| fields.get(name).map_or(Some(Vec::new()), texts);
        let Some(Value::Bool(granted)) = fields.get("granted") else { return None };
        Some(Self {
            actions: list("actions")?,
            resources: list("resources")?,
            granted: *granted,
            reasons: list("reasons")?,
        })
    }

    /// Whether it answers the question.
    #[must_use]
    pub fn answers(&self, question: &Question) -> bool {
        self.actions == question.actions && self.resources == question.resources && question.context.is_empty()
    }
}

fn text(fields: &BTreeMap<String, Value>, name: &str) -> Option<String> {
    if let Some(Value::Text(text)) = fields.get(name) { Some(text.clone()) } else { None }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    let Value::List(items) = value else { return None };
    let text = |item: &Value| if let Value::Text(text) = item { Some(text.clone()) } else { None };
    items.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_whole() {
        let simulated = Simulated {
            action: "kms:Decrypt".to_owned(),
            resource: "*".to_owned(),
            context: BTreeMap::from([("aws:multifactorauthpresent".to_owned(), vec!["false".to_owned()])]),
            decision: "implicitDeny".to_owned(),
            missing: vec!["kms:ViaService".to_owned()],
            organizations: Some(false),
            boundary: None,
        };
        let bare =
            Simulated { context: BTreeMap::new(), missing: Vec::new(), organizations: None, ..simulated.clone() };
        for one in [simulated, bare] {
            assert!(Type::Record(Simulated::FIELDS).holds(&one.to_value()));
            assert_eq!(Simulated::from_value(&one.to_value()), Some(one));
        }
        let access = |resources: Vec<String>, reasons| Access {
            actions: vec!["kms:Decrypt".to_owned()],
            resources,
            granted: true,
            reasons,
        };
        for one in [access(vec!["a".to_owned()], vec!["why".to_owned()]), access(Vec::new(), Vec::new())] {
            assert!(Type::Record(Access::FIELDS).holds(&one.to_value()));
            assert_eq!(Access::from_value(&one.to_value()), Some(one));
        }
    }
}
