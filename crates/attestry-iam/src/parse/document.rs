//! Reads statements from JSON. It checks which elements exist, which of them exclude each other, and which are missing.
//!
//! IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language". This module must
//! not know the syntax of JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::MOST_STATEMENTS;
use super::json::{self, Json, Member, Node};
use super::malformed::{Malformed, Path, quoted};
use super::operator::operator;
use crate::policy::{Condition, Effect, Policy, Principal, Statement, Which};

/// The place to which a document is attached. It determines the elements that a statement may and must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A document of a user, group or role. A boundary, a session policy and a service control policy have this form,
    /// too. The statements have no principal and always a resource.
    Identity,
    /// The trust policy of a role, with the principals that may assume it. The statements always have a principal and
    /// never a resource.
    Trust,
    /// The policy of a key, secret, bucket, queue, topic or function. The statements always have a principal. A
    /// statement without a resource applies to the resource that has the policy.
    Resource,
}

/// Reads a document.
///
/// The case of the names of elements, of the types of principals and of operators does not matter, because AWS accepts
/// every case. `Version` determines whether `${…}` is a variable.
///
/// # Errors
/// The text is not JSON, or not a policy of this form.
pub fn parse(name: &str, text: &str, of: Form) -> Result<Policy, Malformed> {
    let document = Document { text, of };
    let root = json::read(text)?;
    let elements = document.elements(&root, &Path::Root, &["version", "id", "statement"])?;
    let variables = document.variables(&elements)?;
    if let Some(id) = elements.get("id") {
        document.scalar(&id.value, &Path::Key(&Path::Root, &id.key))?;
    }
    let Some(found) = elements.get("statement") else {
        return Err(document.wrong(&root, &Path::Root, "there is no `Statement`"));
    };
    let path = Path::Key(&Path::Root, &found.key);
    let statements = match &found.value.json {
        Json::List(items) if items.len() > MOST_STATEMENTS => {
            return Err(document.wrong(&found.value, &path, "more statements than any policy has"));
        }
        Json::List(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| document.statement(item, &Path::Item(&path, index)))
            .collect::<Result<_, _>>()?,
        _ => vec![document.statement(&found.value, &path)?],
    };
    Ok(Policy { name: Arc::from(name), variables, statements })
}

const ELEMENTS: &[&str] =
    &["sid", "effect", "principal", "notprincipal", "action", "notaction", "resource", "notresource", "condition"];

/// The elements by their names in lower case.
type Elements<'a> = BTreeMap<String, &'a Member>;

struct Document<'a> {
    text: &'a str,
    of: Form,
}

impl Document<'_> {
    fn wrong(&self, node: &Node, path: &Path<'_>, what: impl Into<String>) -> Malformed {
        Malformed::at(self.text, node.offset, path, what)
    }

    fn object<'n>(&self, node: &'n Node, path: &Path<'_>) -> Result<&'n [Member], Malformed> {
        match &node.json {
            Json::Object(members) => Ok(members),
            _ => Err(self.wrong(node, path, "not an object")),
        }
    }

    fn elements<'n>(&self, node: &'n Node, path: &Path<'_>, known: &[&str]) -> Result<Elements<'n>, Malformed> {
        let mut found = Elements::new();
        for member in self.object(node, path)? {
            let name = member.key.to_ascii_lowercase();
            let wrong = |what: &str| {
                let what = format!("the element `{}` is {what}", quoted(&member.key));
                Malformed::at(self.text, member.offset, path, what)
            };
            if !known.contains(&name.as_str()) {
                return Err(wrong("unknown"));
            }
            if found.insert(name, member).is_some() {
                return Err(wrong("repeated"));
            }
        }
        Ok(found)
    }

    fn variables(&self, elements: &Elements<'_>) -> Result<bool, Malformed> {
        let Some(version) = elements.get("version") else { return Ok(false) };
        match &version.value.json {
            Json::Text(text) if text == "2012-10-17" => Ok(true),
            Json::Text(text) if text == "2008-10-17" => Ok(false),
            _ => {
                let path = Path::Key(&Path::Root, &version.key);
                Err(self.wrong(&version.value, &path, "neither 2012-10-17 nor 2008-10-17"))
            }
        }
    }

    fn statement(&self, node: &Node, path: &Path<'_>) -> Result<Statement, Malformed> {
        let elements = self.elements(node, path, ELEMENTS)?;
        let get = |name: &str| elements.get(name).copied();
        let sid = match get("sid") {
            Some(member) => Some(self.scalar(&member.value, &Path::Key(path, &member.key))?),
            None => None,
        };
        let effect = get("effect").ok_or_else(|| self.wrong(node, path, "there is no `Effect`"))?;
        let effect = self.effect(&effect.value, &Path::Key(path, &effect.key))?;
        let either = |name: &str, not: &str| match (get(name), get(not)) {
            (Some(_), Some(other)) => {
                let what = format!("the element `{}` and what it negates exclude each other", quoted(&other.key));
                Err(Malformed::at(self.text, other.offset, path, what))
            }
            (Some(member), None) => Ok(Some((member, false))),
            (None, Some(member)) => Ok(Some((member, true))),
            (None, None) => Ok(None),
        };
        let missing = |what: &str| Err(self.wrong(node, path, format!("there is neither `{what}` nor `Not{what}`")));
        let refused = |member: &Member| {
            let what = format!("the element `{}` is not for this kind of policy", quoted(&member.key));
            Err(Malformed::at(self.text, member.offset, path, what))
        };
        let texts =
            |(member, not): (&Member, bool)| Ok(which(not, self.texts(&member.value, &Path::Key(path, &member.key))?));
        let actions = match either("action", "notaction")? {
            Some(found) => texts(found)?,
            None => return missing("Action"),
        };
        let resources = match (either("resource", "notresource")?, self.of) {
            (Some((member, _)), Form::Trust) => return refused(member),
            (Some(found), _) => Some(texts(found)?),
            (None, Form::Identity) => return missing("Resource"),
            (None, Form::Trust | Form::Resource) => None,
        };
        let principals = match (either("principal", "notprincipal")?, self.of) {
            (Some((member, _)), Form::Identity) | (Some((member, true)), Form::Trust) => return refused(member),
            (Some((member, not)), _) => {
                Some(which(not, self.principals(&member.value, &Path::Key(path, &member.key))?))
            }
            (None, Form::Identity) => None,
            (None, Form::Trust | Form::Resource) => return missing("Principal"),
        };
        let conditions = match get("condition") {
            Some(member) => self.conditions(&member.value, &Path::Key(path, &member.key))?,
            None => Vec::new(),
        };
        Ok(Statement { sid, effect, principals, actions, resources, conditions })
    }

    fn effect(&self, node: &Node, path: &Path<'_>) -> Result<Effect, Malformed> {
        match &node.json {
            Json::Text(text) if text.eq_ignore_ascii_case("allow") => Ok(Effect::Allow),
            Json::Text(text) if text.eq_ignore_ascii_case("deny") => Ok(Effect::Deny),
            _ => Err(self.wrong(node, path, "neither Allow nor Deny")),
        }
    }

    fn scalar(&self, node: &Node, path: &Path<'_>) -> Result<String, Malformed> {
        match &node.json {
            Json::Text(text) | Json::Number(text) => Ok(text.clone()),
            Json::Bool(value) => Ok(value.to_string()),
            Json::Null | Json::List(_) | Json::Object(_) => Err(self.wrong(node, path, "not a text")),
        }
    }

    fn texts(&self, node: &Node, path: &Path<'_>) -> Result<Vec<String>, Malformed> {
        match &node.json {
            Json::List(items) => {
                let of = |(index, item)| self.scalar(item, &Path::Item(path, index));
                items.iter().enumerate().map(of).collect()
            }
            Json::Null | Json::Object(_) => Err(self.wrong(node, path, "neither a text nor a list of texts")),
            _ => Ok(vec![self.scalar(node, path)?]),
        }
    }

    fn principals(&self, node: &Node, path: &Path<'_>) -> Result<Vec<Principal>, Malformed> {
        let members = match &node.json {
            Json::Text(text) if text == "*" => return Ok(vec![Principal::Everyone]),
            Json::Object(members) => members,
            _ => return Err(self.wrong(node, path, "neither `*` nor an object")),
        };
        let mut found = Vec::new();
        let mut classes = Vec::new();
        for member in members {
            let class = member.key.to_ascii_lowercase();
            let wrong = |what: &str| {
                let what = format!("the class of principals `{}` is {what}", quoted(&member.key));
                Malformed::at(self.text, member.offset, path, what)
            };
            let of = match class.as_str() {
                "aws" => aws,
                "service" => Principal::Service,
                "federated" => Principal::Federated,
                "canonicaluser" => Principal::Canonical,
                _ => return Err(wrong("unknown")),
            };
            found.extend(self.texts(&member.value, &Path::Key(path, &member.key))?.into_iter().map(of));
            if classes.contains(&class) {
                return Err(wrong("repeated"));
            }
            classes.push(class);
        }
        Ok(found)
    }

    fn conditions(&self, node: &Node, path: &Path<'_>) -> Result<Vec<Condition>, Malformed> {
        let mut found = Vec::new();
        let mut operators = Vec::new();
        for member in self.object(node, path)? {
            let wrong = |what: &str| {
                let what = format!("the operator `{}` is {what}", quoted(&member.key));
                Malformed::at(self.text, member.offset, path, what)
            };
            let operator = operator(&member.key).ok_or_else(|| wrong("unknown"))?;
            if operators.contains(&operator) {
                return Err(wrong("repeated"));
            }
            operators.push(operator);
            let path = Path::Key(path, &member.key);
            let mut keys = BTreeSet::new();
            for Member { offset, key, value } in self.object(&member.value, &path)? {
                if !keys.insert(key.to_ascii_lowercase()) {
                    let what = format!("the key `{}` is repeated in another case", quoted(key));
                    return Err(Malformed::at(self.text, *offset, &path, what));
                }
                let values = self.texts(value, &Path::Key(&path, key))?;
                found.push(Condition { operator, key: key.clone(), values });
            }
        }
        Ok(found)
    }
}

fn which<T>(not: bool, values: Vec<T>) -> Which<T> {
    if not { Which::NotIn(values) } else { Which::In(values) }
}

fn aws(text: String) -> Principal {
    if text == "*" { Principal::Everyone } else { Principal::Aws(text) }
}
