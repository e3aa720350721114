//! Oracles: services of AWS that judge policies, the questions for them and their answers. The answers are facts that
//! are compared with our proofs.
//!
//! This module must not know how a question is sent, nor which claims need it.

use std::collections::BTreeMap;

use super::words::words;
use super::{Field, Type, Value};

/// An oracle of AWS. Its calls are made only for a stage that enables it, because they are additional requests, and
/// some cost money.
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

/// A question: are these actions allowed on these resources, with these condition keys and no others?
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The names of actions. A question for the simulator has exactly one.
    pub actions: Vec<String>,
    /// The resources. A question for the simulator has exactly one. The list is empty in a question for Access Analyzer
    /// about all resources.
    pub resources: Vec<String>,
    /// The condition keys of the request.
    pub context: BTreeMap<String, Vec<String>>,
}

const TEXTS: Type = Type::List(&Type::Text);

/// The name of the attribute of an identity with the answers of the simulator.
pub const SIMULATED: &str = "simulated";

/// The answer of the simulator to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The condition keys of the question.
    pub context: BTreeMap<String, Vec<String>>,
    /// The decision: `allowed`, `explicitDeny` or `implicitDeny`.
    pub decision: String,
    /// The condition keys that the policies use and the question does not contain.
    pub missing: Vec<String>,
    /// Whether the policies of the organization allow the request. `None` if there is no organization.
    pub organizations: Option<bool>,
    /// Whether the permissions boundary allows the request. `None` if there is no boundary.
    pub boundary: Option<bool>,
}

impl Simulated {
    /// The fields of an answer as a record.
    pub const FIELDS: &'static [Field] = &[
        Field::new("action", Type::Text),
        Field::new("resource", Type::Text),
        Field::new("context", Type::Map(&TEXTS)),
        Field::new("decision", Type::Text),
        Field::new("missing", TEXTS),
        Field::new("organizations", Type::Bool),
        Field::new("boundary", Type::Bool),
    ];

    /// Converts the answer to a record.
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

    /// Reads the answer from a record.
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

    /// Whether this is the answer to the question.
    #[must_use]
    pub fn answers(&self, question: &Question) -> bool {
        let same = |of: &[String], one: &str| of.len() == 1 && of.iter().all(|it| it == one);
        same(&question.actions, &self.action)
            && same(&question.resources, &self.resource)
            && question.context == self.context
    }
}

/// The name of the attribute of a resource that states whether Access Analyzer considers its policy public.
pub const PUBLIC: &str = "analyzer.public";

/// The name of the attribute of a policy with the answers of Access Analyzer to the questions of claims.
pub const ACCESS: &str = "analyzer.access";

/// The answer of Access Analyzer to one question about a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The actions.
    pub actions: Vec<String>,
    /// The resources. The list is empty if the question is about all resources.
    pub resources: Vec<String>,
    /// Whether the document might grant a part of the requested access.
    pub granted: bool,
    /// The reasons, as AWS returns them.
    pub reasons: Vec<String>,
}

impl Access {
    /// The fields of an answer as a record.
    pub const FIELDS: &'static [Field] = &[
        Field::new("actions", TEXTS),
        Field::new("resources", TEXTS),
        Field::new("granted", Type::Bool),
        Field::new("reasons", TEXTS),
    ];

    /// Converts the answer to a record.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::record([
            ("actions", Some(Value::texts(&self.actions))),
            ("resources", (!self.resources.is_empty()).then(|| Value::texts(&self.resources))),
            ("granted", Some(self.granted.into())),
            ("reasons", (!self.reasons.is_empty()).then(|| Value::texts(&self.reasons))),
        ])
    }

    /// Reads the answer from a record.
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

    /// Whether this is the answer to the question.
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
