//! The list of the resources of a type: its identity, and the values that a list needs. This module must not know
//! attributes.

use attestry_core::facts::{Frequency, Kind, Type};
use serde_json::Value as Json;

use super::names::{TypeName, is_plain, snake};
use super::{Parent, Refusal};

/// The sources of the values that a list can need.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    /// The type.
    pub(super) of: TypeName<'a>,
    /// The values that the user gave.
    pub(super) given: &'a [(String, String)],
    /// The parent that the user named.
    pub(super) parent: Option<&'a Parent>,
    /// The services of the list handler.
    pub(super) services: &'a [&'a str],
    /// Finds a kind.
    pub(super) find: &'a dyn Fn(&str) -> Option<&'static Kind>,
}

/// How the resources are listed.
#[derive(Debug, Default)]
pub(super) struct Listed {
    /// The parent kind. The population is listed once for each of its resources.
    pub(super) parent: Option<&'static Kind>,
    /// The literals for which the call is made.
    pub(super) for_each: Vec<String>,
    /// The JSON text with the properties that the list needs.
    pub(super) model: Option<String>,
    /// The properties that the list needs, each with its value as a text with references.
    pub(super) kept: Vec<(String, String)>,
}

/// Returns how a type is listed, if its list needs one of these groups of properties.
pub(super) fn listed(needed: &[Vec<&str>], sources: Sources<'_>) -> Result<Listed, Refusal> {
    if let Some((unknown, _)) = sources.given.iter().find(|(name, _)| !needed.iter().flatten().any(|it| it == name)) {
        let known: Vec<&str> = needed.iter().flatten().copied().collect();
        return Err(Refusal::UnneededValue(unknown.clone(), known.join(", ")));
    }
    let plain = needed.iter().filter(|group| group.iter().all(|property| is_plain(property)));
    let found = plain.clone().find_map(|group| of_group(group, sources));
    found.ok_or_else(|| {
        let groups: Vec<String> = needed.iter().map(|group| group.join(" and ")).collect();
        let first = plain.flatten().next().copied().unwrap_or("PROPERTY");
        Refusal::Parent { needs: groups.join(", or "), first: first.to_owned(), words: "VALUE".to_owned() }
    })
}

fn of_group(group: &[&str], sources: Sources<'_>) -> Option<Listed> {
    let mut listed = Listed::default();
    let mut model = serde_json::Map::new();
    let given = |property: &str| -> Vec<&str> {
        let values = sources.given.iter().filter(|(name, _)| name == property);
        values.flat_map(|(_, values)| values.split(',')).collect()
    };
    let rest: Vec<&str> = group.iter().copied().filter(|property| given(property).is_empty()).collect();
    let parents = match (rest.as_slice(), sources.parent) {
        ([], _) => Vec::new(),
        ([one], Some(Parent { kind, attribute: Some(attribute) })) => {
            listed.parent = Some(kind);
            vec![(*one, attribute.as_str())]
        }
        (_, Some(Parent { kind, .. })) => {
            listed.parent = Some(kind);
            rest.iter().map(|property| Some((*property, fitting(property, kind)?))).collect::<Option<_>>()?
        }
        (_, None) => {
            let kind = guessed(rest.first()?, sources)?;
            listed.parent = Some(kind);
            rest.iter().map(|property| Some((*property, fitting(property, kind)?))).collect::<Option<_>>()?
        }
    };
    for property in group {
        let value = match given(property).as_slice() {
            [] => format!("${{parent.{}}}", parents.iter().find(|(name, _)| name == property)?.1),
            [one] => (*one).to_owned(),
            several if listed.for_each.is_empty() && rest.is_empty() => {
                listed.for_each = several.iter().map(|value| (*value).to_owned()).collect();
                "${each}".to_owned()
            }
            _ => return None,
        };
        model.insert((*property).to_owned(), Json::from(value.as_str()));
        listed.kept.push(((*property).to_owned(), value));
    }
    listed.model = (!model.is_empty()).then(|| Json::Object(model).to_string());
    Some(listed)
}

/// Returns the attribute of a kind that fits a property: for `ClusterName`, it is the `name` of `ecs.cluster`.
fn fitting(property: &str, kind: &'static Kind) -> Option<&'static str> {
    let name = snake(property);
    let noun = kind.name.split_once('.').map_or(kind.name, |(_, noun)| noun);
    let rest = name.strip_prefix(noun).map(|rest| rest.trim_start_matches('_'));
    let last = name.rsplit('_').next().unwrap_or_default();
    let word = |word: &'_ str| match word {
        "identifier" => "id".to_owned(),
        "" => "name".to_owned(),
        other => other.to_owned(),
    };
    let candidates = [Some(name.clone()), rest.map(word), Some(word(last))];
    let listed = |wanted: &str| {
        let attribute = kind.attribute(wanted)?;
        let populates = matches!(kind.call(attribute.call)?.frequency, Frequency::Population { .. });
        (populates && attribute.of == Type::Text).then_some(attribute.name)
    };
    candidates.into_iter().flatten().find_map(|it| listed(&it))
}

/// Returns the kind that the name of a property names, such as `ecs.cluster` for `Cluster`, `ClusterName` and
/// `ClusterArn`.
fn guessed(property: &str, sources: Sources<'_>) -> Option<&'static Kind> {
    let name = snake(property);
    let stems = ["_name", "_arn", "_id", "_identifier"].iter().filter_map(|ending| name.strip_suffix(ending));
    let nouns: Vec<&str> = stems.chain([name.as_str()]).collect();
    let service = sources.of.service.to_lowercase();
    let services: Vec<&str> = std::iter::once(service.as_str()).chain(sources.services.iter().copied()).collect();
    let names = nouns.iter().flat_map(|noun| services.iter().map(move |service| format!("{service}.{noun}")));
    names.into_iter().find_map(|name| (sources.find)(&name))
}
