//! Kinds as files: each shipped file reads the answers of AWS as its documentation says.
//!
//! `tests/kind_answers/` has the answers and the expected facts of each file. Its README documents the format.

use std::collections::BTreeMap;
use std::sync::Arc;

use attestry::aws::Described;
use attestry::facts::{Cause, Fact, Gap, Kind, Population, Type, Value, parse_duration};
use attestry::kinds;
use attestry::source::{Content, Diagnostics, Node};

use crate::common::{cases_of, every_attribute, root, run};
use crate::trees::{json, member, members, tree};

/// The situations of a file, in the order of its README.
const SITUATIONS: &[&str] = &["normal", "two_pages", "denied", "absent", "malformed", "contradicting"];

#[tokio::test]
async fn each_file_reads_what_aws_answers() {
    let (mut read, mut wrong) = (0, Vec::new());
    for kind in kinds::FILES.names() {
        let Ok(text) = std::fs::read_to_string(root().join(format!("tests/kind_answers/{kind}.yaml"))) else {
            wrong.push(format!("{kind}: no answers"));
            continue;
        };
        let all = tree(&text);
        assert!(member(&all, "normal").is_some(), "{kind}");
        for situation in SITUATIONS {
            if let Some(section) = member(&all, situation) {
                let normal = member(&all, "normal").and_then(|it| member(it, "expected"));
                wrong.extend(situation_of(kind, situation, section, normal).await);
                read += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {read} situations:\n{}", wrong.len(), wrong.join("\n"));
}

/// The differences between the facts of a situation and the expected ones.
async fn situation_of(name: &str, situation: &str, section: &Node, normal: Option<&Node>) -> Vec<String> {
    let place = format!("{name} {situation}");
    let kind = kinds::find(name).unwrap();
    let description = described(section);
    let account = match Described::read(&place, &description) {
        Ok(account) => Arc::new(account),
        Err(unreadable) => return vec![format!("{place}: {unreadable}")],
    };
    let cases = cases_of(&account, &every_attribute(std::iter::once(kind)));
    let ran = match run(&cases, &account, account.connector()).await {
        Ok(ran) => ran,
        Err(refusal) => return vec![format!("{place}: {refusal:?}")],
    };
    let Some(population) = ran.populations.iter().find(|it| it.kind.name == name) else {
        return vec![format!("{place}: no population")];
    };
    let expected = member(section, "expected").or(normal.filter(|_| situation == "two_pages"));
    let mut wrong = Vec::new();
    if let Some(expected) = expected {
        wrong.extend(facts(kind, population, expected));
        wrong.extend(population.gaps.iter().map(|gap| format!("a gap of the list: {} {}", gap.code, gap.message)));
    }
    if situation == "two_pages" {
        let tokens = ran.link.calls.all().len() > population.resources.len().min(2);
        wrong.extend((!tokens).then(|| "it reads one page".to_owned()));
    }
    wrong.extend(gaps(kind, population, member(section, "gaps")));
    wrong.into_iter().map(|what| format!("{place}: {what}")).collect()
}

/// The differences between the gaps of a population and the expected ones.
fn gaps(kind: &Kind, population: &Population, expected: Option<&Node>) -> Vec<String> {
    let expected = expected.map(|node| &node.content);
    let names: Vec<&str> = match expected {
        Some(Content::Sequence(names)) => {
            names.iter().filter_map(|it| it.scalar()).map(|it| it.text.as_str()).collect()
        }
        Some(Content::Scalar(scalar)) if scalar.text == "population" => {
            return population.gaps.is_empty().then(|| "the list has no gap".to_owned()).into_iter().collect();
        }
        _ => Vec::new(),
    };
    // A resource without a name or an id is a gap of the list, and its other facts were not read.
    if !population.gaps.is_empty() {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    for attribute in kind.attributes {
        let resources = population.resources.iter().filter(|it| it.gone.is_none());
        let gaps = resources.filter_map(|it| match it.get(attribute.name) {
            Some(Fact::Unknown(gap)) => Some(&**gap),
            _ => None,
        });
        let gaps: Vec<&Gap> = gaps.collect();
        // A section leaves out the calls that it is not about.
        let told = gaps.iter().find(|gap| gap.cause != Cause::NotRecorded);
        // The described account refuses a whole answer, if AWS's protocol cannot carry one of its values.
        let refused = gaps.iter().any(|gap| gap.message.contains("does not fit"));
        match (told, names.contains(&attribute.name)) {
            (None, true) if !refused => wrong.push(format!("{} is no gap", attribute.name)),
            (Some(gap), false) => wrong.push(format!("{} is a gap: {gap:?}", attribute.name)),
            _ => {}
        }
    }
    let unheard = names.iter().filter(|name| kind.attribute(name).is_none());
    wrong.extend(unheard.map(|name| format!("no attribute {name}")));
    wrong
}

fn facts(kind: &Kind, population: &Population, expected: &Node) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut named = BTreeMap::new();
    for (name, resource) in members(expected) {
        named.insert(name, ());
        let Some(found) = population.resources.iter().find(|it| it.name == name && it.gone.is_none()) else {
            let names: Vec<&str> = population.resources.iter().map(|it| it.name.as_str()).collect();
            wrong.push(format!("no resource {name} among {names:?}"));
            continue;
        };
        let absent = member(resource, "absent").and_then(|it| it.sequence("names", &mut Diagnostics::new()));
        let listed = |name: &str| {
            let absent = absent.into_iter().flatten().filter_map(|it| it.scalar());
            member(resource, name).is_some() || absent.clone().any(|it| it.text == name)
        };
        let more = kind.attributes.iter().filter(|it| !listed(it.name));
        let more = more.filter(|it| !matches!(found.get(it.name), Some(Fact::Unknown(_))));
        wrong.extend(more.map(|it| format!("{name} {}: {:?} is not expected", it.name, found.get(it.name))));
        for (attribute, value) in members(resource) {
            if attribute == "absent" {
                for absent in value.sequence("attributes", &mut Diagnostics::new()).unwrap() {
                    let absent = absent.scalar().unwrap().text.as_str();
                    if found.get(absent) != Some(&Fact::Absent) {
                        wrong.push(format!("{name} {absent}: {:?}, expected absent", found.get(absent)));
                    }
                }
                continue;
            }
            let Some(of) = kind.attribute(attribute) else {
                wrong.push(format!("no attribute {attribute}"));
                continue;
            };
            let fits = match (found.get(attribute), member(value, "not_applicable")) {
                (Some(Fact::NotApplicable(_)), Some(_)) => true,
                (Some(Fact::Known(found)), _) => value_of(value, of.of).as_ref() == Some(found),
                _ => false,
            };
            if !fits {
                wrong.push(format!(
                    "{name} {attribute}: {:?}, expected {:?}",
                    found.get(attribute),
                    value_of(value, of.of)
                ));
            }
        }
    }
    let more = population.resources.iter().filter(|it| it.gone.is_none() && !named.contains_key(it.name.as_str()));
    wrong.extend(more.map(|it| format!("the resource {} is not expected", it.name)));
    wrong
}

/// The value of a text, as a fact of this type has it.
fn value_of(node: &Node, of: Type) -> Option<Value> {
    let text = || Some(node.scalar()?.text.clone());
    Some(match of {
        Type::Bool => Value::Bool(text()? == "true"),
        Type::Integer => Value::Integer(text()?.parse().ok()?),
        Type::Text => Value::Text(text()?),
        Type::Time => Value::Time(text()?.parse().ok()?),
        Type::Duration => Value::Duration(parse_duration(&text()?).or_else(|| text()?.parse().ok())?),
        Type::List(of) => match &node.content {
            Content::Sequence(items) => Value::List(items.iter().map(|it| value_of(it, *of)).collect::<Option<_>>()?),
            _ => return None,
        },
        Type::Map(of) => Value::Map(
            members(node).map(|(name, it)| Some((name.to_owned(), value_of(it, *of)?))).collect::<Option<_>>()?,
        ),
        Type::Record(fields) => {
            let field = |(name, it): (&str, &Node)| {
                let field = fields.iter().find(|field| field.name == name)?;
                Some((name.to_owned(), value_of(it, field.of)?))
            };
            Value::Map(members(node).map(field).collect::<Option<_>>()?)
        }
        Type::Either(_) => return None,
    })
}

/// The text of a described account with the answers of a section.
fn described(section: &Node) -> String {
    let part = |name: &str| member(section, name).map_or_else(|| "{}".to_owned(), json);
    format!(
        "{{\"account\": \"111122223333\", \"regions\": [\"eu-central-1\"], \"as_of\": \"2026-11-20T00:00:00Z\", \
         \"pages\": {}, \"answers\": {}}}",
        part("pages"),
        part("answers")
    )
}
