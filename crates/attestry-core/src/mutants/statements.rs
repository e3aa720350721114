//! Broken policy documents: more is allowed, less is denied, or less is allowed.
//!
//! A change that only takes rights away is tried only if a test demands rights, because a claim such as `never_grants`
//! cannot notice it. This module must not know attributes or cases.

use std::collections::BTreeMap;

use super::change::{Broken, Change, STRANGER, Step, other_account};
use super::values::{Setting, without};
use crate::facts::iam::{NAMED_STATEMENT, STATEMENT};
use crate::facts::{Type, Value};
use crate::matchers::{Condition, Operand, Test};

type Fields = BTreeMap<String, Value>;

/// The matchers that a document cannot violate by giving fewer rights.
const CLAIMS: &[&str] = &[
    "grants_only",
    "never_grants",
    "denies",
    "denies_outside",
    "requires_mfa",
    "requires_tls",
    "separates",
    "separates_together",
    "no_public_principal",
    "no_cross_account_except",
    "shuts_out",
];

/// Whether values of a type are the statements of policy documents.
pub(super) fn is_document(of: Type) -> bool {
    matches!(of, Type::List(Type::Record(fields)) if *fields == STATEMENT || *fields == NAMED_STATEMENT)
}

/// Whether a test can fail because a document gives fewer rights. Without a test, this is not known, and the answer is
/// `true`.
pub(super) fn demands_rights(tests: &[Test]) -> bool {
    tests.is_empty() || tests.iter().any(|test| !CLAIMS.contains(&test.matcher.keyword()))
}

/// Whether a document denies anything.
pub(super) fn denies(value: &Value) -> bool {
    let Value::List(items) = value else { return true };
    items.iter().any(|item| matches!(item, Value::Map(fields) if !is(fields, "Allow")))
}

/// Returns the broken forms of the statements of policy documents.
pub(super) fn breaks(items: &[Value], of: Type, tests: &[Test], setting: &Setting<'_>) -> Vec<Broken> {
    let mut all = Vec::new();
    let wants = Wants { rights: demands_rights(tests), numbers: tests.iter().any(counts_actions) };
    for (change, effect) in [(Change::AllowAdded, "Allow"), (Change::DenyAdded, "Deny")] {
        if change == Change::AllowAdded || wants.rights {
            let added = everything(effect, items, of, setting);
            let whole = items.iter().cloned().chain([added.clone()]).collect();
            all.push(Broken::part(change, None, Some(added), Value::List(whole)));
        }
    }
    for (at, item) in items.iter().enumerate() {
        let Value::Map(fields) = item else { continue };
        let removed = if is(fields, "Allow") { Change::AllowRemoved } else { Change::DenyRemoved };
        if removed == Change::DenyRemoved || wants.rights {
            all.push(Broken::part(removed, Some(item), None, Value::List(without(items, at))));
        }
        let put = |whole: Option<Value>| with_item_at(items, at, whole);
        let broken = Statement { fields, wants, setting }.breaks().into_iter();
        all.extend(broken.map(|it| it.below(Step::Item(at), put)));
    }
    all
}

/// The changes that the tests of a document can notice.
#[derive(Clone, Copy)]
struct Wants {
    /// Whether fewer rights can be a violation.
    rights: bool,
    /// Whether a test counts actions.
    numbers: bool,
}

/// Whether a test counts the actions of statements, or compares them as a list.
fn counts_actions(test: &Test) -> bool {
    let Operand::Condition(condition) = &test.operand else { return false };
    match &**condition {
        Condition::Tests(tests) => tests.iter().any(counts_actions),
        Condition::Fields(fields) => fields.iter().any(|(path, inner)| match inner {
            Condition::Tests(tests) => path == &["actions"] && tests.iter().any(sees_doubles),
            Condition::Fields(_) => false,
        }),
    }
}

/// Whether a test on a list can notice that the list has an item twice.
pub(super) fn sees_doubles(test: &Test) -> bool {
    match (test.matcher.keyword(), &test.operand) {
        ("count", _) => true,
        ("equals", Operand::Value(value)) => matches!(value, Value::List(_)),
        ("not", Operand::Condition(condition)) => match &**condition {
            Condition::Tests(tests) => tests.iter().any(sees_doubles),
            Condition::Fields(_) => false,
        },
        _ => false,
    }
}

/// One statement.
struct Statement<'a> {
    fields: &'a Fields,
    wants: Wants,
    setting: &'a Setting<'a>,
}

impl Statement<'_> {
    fn breaks(&self) -> Vec<Broken> {
        let mut all = self.conditions();
        all.extend(self.actions());
        all.extend(self.resources());
        all.extend(self.principals());
        all
    }

    fn list(&self, key: &str) -> &[Value] {
        match self.fields.get(key) {
            Some(Value::List(items)) => items,
            _ => &[],
        }
    }

    fn allows(&self) -> bool {
        is(self.fields, "Allow")
    }

    /// Creates the broken form of the statement with another list in one field.
    fn with(&self, change: Change, key: &str, parts: [Option<&Value>; 2], list: Vec<Value>) -> Broken {
        let [before, after] = parts;
        let mut fields = self.fields.clone();
        fields.insert(key.to_owned(), Value::List(list));
        let whole = Value::Map(fields);
        Broken::part(change, before, after.cloned(), Value::List(Vec::new()))
            .below(Step::Key(key.to_owned()), |_| whole)
    }

    fn conditions(&self) -> Vec<Broken> {
        let (key, conditions) = ("conditions", self.list("conditions"));
        let mut all = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            if self.allows() {
                all.push(self.with(Change::ConditionRemoved, key, [Some(condition), None], without(conditions, at)));
            }
            if let Some(negated) = negated(condition) {
                let list = replaced(conditions, at, &negated);
                all.push(self.with(Change::ConditionNegated, key, [Some(condition), Some(&negated)], list));
            }
        }
        if !self.allows() {
            let added = Value::from(format!("StringEquals aws:PrincipalTag/{STRANGER} yes"));
            all.push(self.with(Change::ConditionAdded, key, [None, Some(&added)], and(conditions, &added)));
        }
        all
    }

    fn actions(&self) -> Vec<Broken> {
        let (key, actions) = ("actions", self.list("actions"));
        let mut all = Vec::new();
        for (at, action) in actions.iter().enumerate().filter(|_| actions.len() > 1) {
            let rest = without(actions, at);
            if !self.allows() || self.wants.rights {
                all.push(self.with(Change::ActionRemoved, key, [Some(action), None], rest.clone()));
            }
            if let Some(twice) = rest.first().filter(|_| self.wants.numbers) {
                let list = and(&rest, twice);
                all.push(self.with(Change::ActionRepeated, key, [Some(action), Some(twice)], list));
            }
        }
        if let Some(wide) = service_of(actions).filter(|wide| self.allows() && !actions.contains(wide)) {
            let before = Value::List(actions.to_vec());
            all.push(self.with(Change::ActionsWidened, key, [Some(&before), Some(&wide)], vec![wide.clone()]));
        }
        all
    }

    fn resources(&self) -> Vec<Broken> {
        let (key, resources) = ("resources", self.list("resources"));
        if !self.allows() {
            // The changed Deny covers only a part of the resources that it covered.
            let narrow = |(at, resource): (usize, &Value)| {
                let narrow = narrowed(resource)?;
                let list = replaced(resources, at, &narrow);
                Some(self.with(Change::ResourcesNarrowed, key, [Some(resource), Some(&narrow)], list))
            };
            return resources.iter().enumerate().filter_map(narrow).collect();
        }
        let everything = Value::from("*");
        if resources.is_empty() || resources.contains(&everything) {
            return Vec::new();
        }
        let before = Value::List(resources.to_vec());
        let parts = [Some(&before), Some(&everything)];
        vec![self.with(Change::ResourcesWidened, key, parts, vec![everything.clone()])]
    }

    fn principals(&self) -> Vec<Broken> {
        let (key, principals) = ("principals", self.list("principals"));
        let everyone = Value::from("*");
        if principals.is_empty() || principals.contains(&everyone) || !self.allows() {
            return Vec::new();
        }
        let account = other_account(&self.setting.resource.account);
        let stranger = Value::from(format!("AWS:arn:aws:iam::{account}:root"));
        [(Change::EveryoneAdded, everyone), (Change::StrangerAdded, stranger)]
            .into_iter()
            .map(|(change, added)| self.with(change, key, [None, Some(&added)], and(principals, &added)))
            .collect()
    }
}

/// Returns the condition with the opposite meaning, or `None` for an operator without an opposite.
fn negated(condition: &Value) -> Option<Value> {
    let Value::Text(text) = condition else { return None };
    let (operator, rest) = text.split_once(' ')?;
    if operator.starts_with("Bool") {
        let opposite = match rest.rsplit_once(' ')? {
            (key, "true") => format!("{key} false"),
            (key, "false") => format!("{key} true"),
            _ => return None,
        };
        return Some(format!("{operator} {opposite}").into());
    }
    let pairs = [("StringEquals", "StringNotEquals"), ("StringLike", "StringNotLike"), ("ArnLike", "ArnNotLike")];
    let more = [("ArnEquals", "ArnNotEquals"), ("IpAddress", "NotIpAddress")];
    pairs.into_iter().chain(more).find_map(|(is, is_not)| {
        let end = |of: &str| operator.strip_prefix(of).filter(|end| ["", "IfExists", "IgnoreCase"].contains(end));
        let other = end(is_not).map(|end| (is, end)).or_else(|| end(is).map(|end| (is_not, end)));
        other.map(|(other, end)| format!("{other}{end} {rest}").into())
    })
}

/// Returns a pattern that covers only a part of the resources of another pattern, or `None` for a text without a star.
fn narrowed(resource: &Value) -> Option<Value> {
    let Value::Text(text) = resource else { return None };
    let (before, after) = text.rsplit_once('*')?;
    if text == "*" {
        return Some(format!("arn:aws:*:*:*:{STRANGER}").into());
    }
    Some(format!("{before}{STRANGER}{after}").into())
}

/// Returns all actions of the service of the first action.
fn service_of(actions: &[Value]) -> Option<Value> {
    let Some(Value::Text(first)) = actions.first() else { return None };
    let (service, _) = first.split_once(':')?;
    Some(Value::from(format!("{service}:*")))
}

fn is(fields: &Fields, effect: &str) -> bool {
    matches!(fields.get("effect"), Some(Value::Text(text)) if text == effect)
}

fn and(items: &[Value], item: &Value) -> Vec<Value> {
    items.iter().cloned().chain([item.clone()]).collect()
}

fn replaced(items: &[Value], at: usize, item: &Value) -> Vec<Value> {
    items.iter().enumerate().map(|(other, it)| if other == at { item.clone() } else { it.clone() }).collect()
}

/// Returns a list with another value at one place. Without a value, the list loses the item at this place.
pub(super) fn with_item_at(items: &[Value], at: usize, whole: Option<Value>) -> Value {
    Value::List(whole.map_or_else(|| without(items, at), |whole| replaced(items, at, &whole)))
}

/// Returns a statement about all actions and resources, in the form of the document: with principals in the policy of a
/// resource, and without principals in the policy of an identity.
pub(super) fn everything(effect: &str, items: &[Value], of: Type, setting: &Setting<'_>) -> Value {
    let has = |key: &str| items.iter().any(|it| matches!(it, Value::Map(fields) if fields.contains_key(key)));
    let named = matches!(of, Type::List(Type::Record(fields)) if *fields == NAMED_STATEMENT);
    let names_principals = has("principals") || has("not_principals");
    let of_identity =
        named || !names_principals && (!items.is_empty() || setting.resource.kind.name.starts_with("iam."));
    let names_resources = items.is_empty() || has("resources") || has("not_resources");
    let mut fields = Fields::from([
        ("effect".to_owned(), Value::from(effect)),
        ("actions".to_owned(), Value::texts(["*"])),
        ("conditions".to_owned(), Value::List(Vec::new())),
    ]);
    if !of_identity {
        fields.insert("principals".to_owned(), Value::texts(["*"]));
    }
    if names_resources {
        fields.insert("resources".to_owned(), Value::texts(["*"]));
    }
    let version = items.iter().find_map(|it| if let Value::Map(fields) = it { fields.get("version") } else { None });
    if named {
        fields.insert("policy".to_owned(), Value::from(STRANGER));
    } else if let Some(version) = version {
        // All statements of a document have the same version.
        fields.insert("version".to_owned(), version.clone());
    }
    Value::Map(fields)
}
