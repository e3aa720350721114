//! The facts as text: one line for each population, followed by one line for each resource.
//!
//! The reader trusts no part of the text: kinds and attributes must exist, and values must have the type of their
//! attribute.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::facts::{
    Cause, Fact, Gap, Kind, NOT_RETURNED, Population, Reach, Resource, Type, Value, format_duration, parse_duration,
};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PopulationLine {
    population: String,
    account: Arc<str>,
    region: Arc<str>,
    resources: usize,
    gaps: Vec<Gap>,
    /// The parts that were read completely, for a kind with a window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reaches: Vec<Reach>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceLine {
    id: String,
    name: String,
    facts: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    absent: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    not_applicable: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    unknown: BTreeMap<String, Gap>,
    /// The answer of AWS that showed that the resource does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<Gap>,
}

/// Writes all facts.
///
/// # Errors
/// The errors of the writer.
pub fn write(populations: &[Population], out: &mut dyn Write) -> io::Result<()> {
    // The serializer makes millions of small writes, so it writes into a buffer with a known type.
    let mut out = BufWriter::new(out);
    for population in populations {
        let line = PopulationLine {
            population: population.kind.name.to_owned(),
            account: Arc::clone(&population.account),
            region: Arc::clone(&population.region),
            resources: population.resources.len(),
            gaps: population.gaps.iter().map(|gap| Gap::clone(gap)).collect(),
            reaches: population.reaches.clone(),
        };
        serde_json::to_writer(&mut out, &line)?;
        out.write_all(b"\n")?;
        for resource in &population.resources {
            serde_json::to_writer(&mut out, &resource_line(resource))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

fn resource_line(resource: &Resource) -> ResourceLine {
    let mut line = ResourceLine {
        id: resource.id.clone(),
        name: resource.name.clone(),
        facts: Map::new(),
        absent: Vec::new(),
        not_applicable: BTreeMap::new(),
        unknown: BTreeMap::new(),
        gone: resource.gone.as_deref().cloned(),
    };
    for (name, fact) in &resource.facts {
        match fact {
            Fact::Known(value) => {
                line.facts.insert((*name).to_owned(), to_json(value));
            }
            Fact::Absent => line.absent.push((*name).to_owned()),
            Fact::NotApplicable(why) => {
                line.not_applicable.insert((*name).to_owned(), why.to_string());
            }
            Fact::Unknown(gap) => {
                line.unknown.insert((*name).to_owned(), Gap::clone(gap));
            }
        }
    }
    line
}

/// Returns the JSON form of a value. The attribute defines the type of the value.
#[must_use]
pub(crate) fn to_json(value: &Value) -> Json {
    match value {
        Value::Bool(it) => Json::Bool(*it),
        Value::Integer(it) => Json::from(*it),
        Value::Text(it) => Json::String(it.clone()),
        Value::Time(it) => Json::String(it.to_string()),
        Value::Duration(it) => Json::String(format_duration(*it)),
        Value::List(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Map(items) => Json::Object(items.iter().map(|(name, item)| (name.clone(), to_json(item))).collect()),
    }
}

/// The reason why a text holds no facts.
#[derive(Debug, thiserror::Error)]
pub enum NoFacts {
    /// A line is wrong.
    #[error("line {number}: {why}")]
    Line {
        /// The number of the line, from 1.
        number: usize,
        /// The mistake in the line.
        why: NoLine,
    },
    /// The end of the text is missing.
    #[error("the last population is cut off")]
    CutOff,
}

/// The reason why a line is neither a population nor one of its resources.
#[derive(Debug, thiserror::Error)]
pub enum NoLine {
    /// The line is no JSON, or it has other members.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// The kind does not exist.
    #[error("unknown kind `{0}`")]
    UnknownKind(String),
    /// The kind has no such attribute.
    #[error("{kind} has no attribute `{name}`")]
    UnknownAttribute {
        /// The kind.
        kind: &'static str,
        /// The name of the attribute.
        name: String,
    },
    /// The value of an attribute has another type.
    #[error("`{name}` is not {of}")]
    Type {
        /// The name of the attribute.
        name: String,
        /// The type of the attribute in words.
        of: String,
    },
    /// The resource is marked as gone because of an answer that cannot show this.
    #[error("`gone` by {0}, which says nothing of the kind")]
    Gone(Box<Gap>),
}

/// Reads all facts.
///
/// # Errors
/// Returns the number of the first wrong line and the mistake in it.
pub fn read(text: &str, find: impl Fn(&str) -> Option<&'static Kind>) -> Result<Vec<Population>, NoFacts> {
    let mut populations: Vec<(Population, usize)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let wrong = |why: NoLine| NoFacts::Line { number: index + 1, why };
        let waiting = populations.last().map_or(0, |(population, count)| count - population.resources.len());
        if waiting == 0 {
            let line: PopulationLine = serde_json::from_str(line).map_err(|error| wrong(error.into()))?;
            let kind = find(&line.population).ok_or_else(|| wrong(NoLine::UnknownKind(line.population.clone())))?;
            let population = Population {
                kind,
                account: line.account,
                region: line.region,
                resources: Vec::new(),
                gaps: line.gaps.into_iter().map(Arc::new).collect(),
                reaches: line.reaches,
            };
            populations.push((population, line.resources));
        } else if let Some((population, _)) = populations.last_mut() {
            let line: ResourceLine = serde_json::from_str(line).map_err(|error| wrong(error.into()))?;
            let resource = read_resource(line, population).map_err(wrong)?;
            population.resources.push(resource);
        }
    }
    match populations.last() {
        Some((population, count)) if population.resources.len() != *count => Err(NoFacts::CutOff),
        _ => Ok(populations.into_iter().map(|(population, _)| population).collect()),
    }
}

fn read_resource(line: ResourceLine, population: &Population) -> Result<Resource, NoLine> {
    let kind = population.kind;
    let account = Arc::clone(&population.account);
    let mut resource = Resource::new(kind, account, Arc::clone(&population.region), line.id, line.name);
    let attribute = |name: &str| {
        let unknown = || NoLine::UnknownAttribute { kind: kind.name, name: name.to_owned() };
        kind.attribute(name).ok_or_else(unknown)
    };
    for (name, json) in line.facts {
        let attribute = attribute(&name)?;
        let value = from_json(&json, attribute.of).ok_or_else(|| NoLine::Type { name, of: attribute.of.describe() })?;
        resource.facts.insert(attribute.name, Fact::Known(value));
    }
    for name in line.absent {
        resource.facts.insert(attribute(&name)?.name, Fact::Absent);
    }
    for (name, why) in line.not_applicable {
        resource.facts.insert(attribute(&name)?.name, Fact::NotApplicable(why.into()));
    }
    for (name, gap) in line.unknown {
        resource.facts.insert(attribute(&name)?.name, Fact::Unknown(Arc::new(gap)));
    }
    if let Some(gap) = line.gone {
        // Only the answer to a call of the kind can show that a resource is gone. The line alone is not enough.
        let told = gap.cause == Cause::Gone && kind.call(&gap.operation).is_some_and(|it| it.service == gap.service);
        if !told {
            return Err(NoLine::Gone(Box::new(gap)));
        }
        resource.gone = Some(Arc::new(gap));
    }
    Ok(resource)
}

fn from_json(json: &Json, of: Type) -> Option<Value> {
    Some(match (of, json) {
        (Type::Bool, Json::Bool(it)) => Value::Bool(*it),
        (Type::Integer, Json::Number(it)) => Value::Integer(it.as_i64()?),
        (Type::Text, Json::String(it)) => Value::Text(it.clone()),
        (Type::Time, Json::String(it)) => Value::Time(it.parse().ok()?),
        (Type::Duration, Json::String(it)) => Value::Duration(parse_duration(it)?),
        (Type::List(of), Json::Array(items)) => {
            Value::List(items.iter().map(|item| from_json(item, *of)).collect::<Option<_>>()?)
        }
        (Type::Map(of), Json::Object(items)) => Value::Map(
            items.iter().map(|(name, item)| Some((name.clone(), from_json(item, *of)?))).collect::<Option<_>>()?,
        ),
        (Type::Record(fields), Json::Object(items)) => Value::Map(
            items
                .iter()
                .map(|(name, item)| {
                    let field = fields.iter().find(|field| field.name == name).map(|field| field.of);
                    let of = field.or_else(|| (name == NOT_RETURNED).then_some(Type::List(&Type::Text)))?;
                    Some((name.clone(), from_json(item, of)?))
                })
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use crate::facts::{Attribute, Call, Frequency, Scope};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[Attribute::new("name", Type::Text, "ListThings", "Things[].Name", "Name.")],
        calls: &[
            Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 100 }),
            Call::new("test", "ReadThing", "test:ReadThing", Frequency::Resource),
        ],
    };

    /// A population of two resources. The second one disappeared by the answer to an operation.
    fn text(operation: &str) -> String {
        let thing = |id: &str| Resource::new(&KIND, "1".into(), "r".into(), id, id);
        let mut second = thing("b");
        second.went(&Gap::new(Cause::Gone).of_call("test", operation));
        let resources = vec![thing("a"), second];
        let all = [Population {
            kind: &KIND,
            account: "1".into(),
            region: "r".into(),
            resources,
            gaps: Vec::new(),
            reaches: Vec::new(),
        }];
        let mut out = Vec::new();
        write(&all, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_went_is_read_again_as_what_went() {
        let text = text("ReadThing");
        let again = read(&text, |_| Some(&KIND)).unwrap();
        let gone: Vec<bool> = again.iter().flat_map(|it| &it.resources).map(|it| it.gone.is_some()).collect();
        assert_eq!(gone, [false, true]);
        let mut out = Vec::new();
        write(&again, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }

    #[test]
    fn the_fields_that_aws_left_out_are_read_again() {
        use crate::facts::Field;
        const OF: Type = Type::List(&Type::Record(&[Field::new("on", Type::Bool), Field::new("key", Type::Text)]));
        let record = Value::record([("on", Some(true.into())), (NOT_RETURNED, Some(Value::texts(["key"])))]);
        let list = Value::List(vec![record]);
        assert!(OF.holds(&list));
        assert_eq!(from_json(&to_json(&list), OF), Some(list));
        assert_eq!(from_json(&serde_json::json!([{ "[not returned]": true }]), OF), None);
    }

    #[test]
    fn a_resource_goes_only_by_a_call_of_its_kind_that_says_so() {
        assert!(read(&text("ReadOther"), |_| Some(&KIND)).unwrap_err().to_string().contains("`gone` by"));
        let denied = text("ReadThing").replace("\"cause\":\"gone\"", "\"cause\":\"denied\"");
        assert!(read(&denied, |_| Some(&KIND)).unwrap_err().to_string().contains("`gone` by denied"));
    }
}
