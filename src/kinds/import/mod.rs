//! Imports a type of the CloudFormation registry: turns its schema into a kind file that reads through Cloud Control.
//!
//! `docs/design/kind-files.md` has the rules. The file is proved before it is returned. This module must not know
//! policies, nor where a schema comes from.

mod attributes;
mod names;
mod permissions;
mod population;
mod schema;
mod shape;
mod write;

use attestry_core::facts::{Kind, Scope};
use attestry_core::kind_files::{self, KindFile};
use attestry_core::source::{Diagnostics, Files, printable, render};
use thiserror::Error;

use super::{find, prove};
use attributes::{Attribute, Attributes, Groups, Value};
use names::{TypeName, snake};
use population::{Listed, Sources};
use schema::{Handler, Schema};

pub use schema::MOST_BYTES;

/// A type to import.
#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// The name of the type, such as `AWS::Athena::WorkGroup`.
    pub type_name: &'a str,
    /// The name of the kind, when it is not the usual one.
    pub name: Option<&'a str>,
    /// The parent kind. The population is listed once for each of its resources.
    pub parent: Option<&'a Parent>,
    /// The values of properties that a list needs. Several values of one property are separated by commas.
    pub given: &'a [(String, String)],
    /// The kinds in addition to the kinds of the program.
    pub own: &'a [&'static KindFile],
}

/// A parent kind. A population is listed once for each of its resources.
#[derive(Clone, Debug)]
pub struct Parent {
    /// The kind.
    pub kind: &'static Kind,
    /// The attribute of the parent that the list needs, if its name does not show this.
    pub attribute: Option<String>,
}

/// An imported kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The name of the kind.
    pub name: String,
    /// The text of the file.
    pub text: String,
    /// The number of attributes.
    pub attributes: usize,
    /// The parts that the file omits, each with the reason.
    pub left_out: Vec<String>,
}

/// The reason why a type is not imported. The texts are for the user.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The name is no name of a type.
    #[error("`{}` is no name of a type; such as `AWS::Athena::WorkGroup`", printable(.0, 120))]
    TypeName(String),
    /// The file is an archive.
    #[error("the file is a zip archive: unpack it, and give the file `{0}` in it")]
    Zip(String),
    /// The file is larger than a schema can be.
    #[error("the file is larger than {} MiB, and no schema is", MOST_BYTES >> 20)]
    TooLarge,
    /// The file is no JSON.
    #[error("the file is no JSON: {0}")]
    Json(serde_json::Error),
    /// The file has no schema.
    #[error("the file has no schema of the registry: it has neither `typeName` nor `Schema`")]
    NoSchema,
    /// The schema is that of another type.
    #[error("the schema is that of `{}`", printable(.0, 120))]
    OtherType(String),
    /// Cloud Control cannot read or list the type.
    #[error("Cloud Control cannot {0} the type: its schema has no {0} handler")]
    NoHandler(&'static str),
    /// The schema has no identifier.
    #[error("the schema has no `primaryIdentifier`")]
    NoIdentifier,
    /// The name is no name of a kind.
    #[error("`{}` is no name of a kind; such as `athena.work_group`", printable(.0, 120))]
    KindName(String),
    /// The name is that of another kind.
    #[error("the program has the kind `{0}`; `--name` gives the imported kind another name, such as `{0}_cc`")]
    KnownKind(String),
    /// The list needs a value that is not known.
    #[error(
        "ListResources needs {} for this type; give the kind that has it with `--parent KIND` or `--parent \
         KIND:ATTRIBUTE` (a kind of your own by its file), or a value with `--with {first}={words}`",
        printable(.needs, 200)
    )]
    Parent {
        /// The properties whose values the list needs.
        needs: String,
        /// One of these properties.
        first: String,
        /// The possible values of this property, when it has only a few.
        words: String,
    },
    /// The list needs no such value.
    #[error("ListResources needs no `{}` for this type{}", printable(.0, 120), needs(.1))]
    UnneededValue(String, String),
    /// A given value is no literal.
    #[error("`{}` is no literal value", printable(.0, 120))]
    Value(String),
    /// The file does not pass its own proof.
    #[error("the written file does not pass its proof, which is a mistake of the import:\n{0}")]
    Unproved(String),
}

fn needs(known: &str) -> String {
    if known.is_empty() { String::new() } else { format!("; it needs {known}") }
}

/// Imports a type from its schema.
///
/// # Errors
/// The reason why the type is not imported.
pub fn import(schema: &[u8], import: Import<'_>) -> Result<Imported, Refusal> {
    let type_name = import.type_name;
    let of = TypeName::parse(type_name).ok_or_else(|| Refusal::TypeName(type_name.to_owned()))?;
    let name = kind_name(of, import)?;
    let schema = Schema::read(schema, type_name)?;
    let handler = |handler: Handler| schema.permissions(handler).ok_or(Refusal::NoHandler(handler.word()));
    let (reads, lists) = (handler(Handler::Read)?, handler(Handler::List)?);
    let identifier = schema.paths("primaryIdentifier");
    if identifier.is_empty() || !identifier.iter().flatten().all(|part| names::is_plain(part)) {
        return Err(Refusal::NoIdentifier);
    }
    if let Some((_, value)) = import.given.iter().find(|(_, value)| value.is_empty() || value.contains("${")) {
        return Err(Refusal::Value(value.clone()));
    }
    let services: Vec<&str> = lists.iter().filter_map(|action| Some(action.split_once(':')?.0)).collect();
    let own = |name: &str| import.own.iter().find(|file| file.kind.name == name).map(|file| file.kind);
    let known = |name: &str| find(name).or_else(|| own(name));
    let sources = Sources { of, given: import.given, parent: import.parent, services: &services, find: &known };
    let listed = population::listed(&schema.needed(), sources).map_err(|refusal| with_words(refusal, &schema))?;
    let mut left_out = Vec::new();
    let list_permissions = permissions::permissions("cloudformation:ListResources", "list", &lists, &mut left_out);
    let read_permissions = permissions::permissions("cloudformation:GetResource", "read", &reads, &mut left_out);
    let identity = identity(&identifier, &listed);
    let held = held(&identifier, &listed);
    let groups = Groups {
        write_only: schema.paths("writeOnlyProperties"),
        read_only: schema.paths("readOnlyProperties"),
        identifier,
    };
    let taken = identity.iter().map(|attribute| attribute.name.clone());
    let mut attributes = Attributes::new(of.service, of.noun, groups, taken, held);
    attributes.add(&schema.properties());
    left_out.extend(attributes.left_out);
    for attribute in &mut attributes.all {
        // A kind refers only to kinds that the program has.
        attribute.value.refers = attribute.value.refers.filter(|kind| *kind != name && find(kind).is_some());
    }
    let text = write::file(&write::Parts {
        type_name,
        of,
        kind: &name,
        scope: listed.parent.map_or_else(|| scope(&services), |parent| parent.scope),
        listed: &listed,
        identity: &identity,
        list_permissions: &list_permissions,
        read_permissions: &read_permissions,
        attributes: &attributes.all,
        left_out: &left_out,
    });
    proved(&text, import.own)?;
    let left_out = write::left_out(&left_out);
    Ok(Imported { name, text, attributes: identity.len() + attributes.all.len(), left_out })
}

/// Returns the name of the kind. Fails when another kind has this name.
fn kind_name(of: TypeName<'_>, import: Import<'_>) -> Result<String, Refusal> {
    let name = import.name.map_or_else(|| of.kind(), str::to_owned);
    let plain = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
    };
    match name.split_once('.') {
        Some((service, noun)) if plain(service) && plain(noun) => {}
        _ => return Err(Refusal::KindName(name)),
    }
    let own = import.own.iter().any(|file| file.kind.name == name);
    if own || find(&name).is_some() { Err(Refusal::KnownKind(name)) } else { Ok(name) }
}

/// Returns the refusal, with the possible values of the property if the schema lists only a few.
fn with_words(refusal: Refusal, schema: &Schema) -> Refusal {
    match refusal {
        Refusal::Parent { needs, first, words } => {
            let known = schema.words(&first);
            let plain = known.iter().all(|word| names::is_plain(word)) && (1..=MOST_WORDS).contains(&known.len());
            let words = if plain { known.join(",") } else { words };
            Refusal::Parent { needs, first, words }
        }
        other => other,
    }
}

/// The largest number of values of a property that a message lists.
const MOST_WORDS: usize = 8;

/// Returns the attributes of the list: the identifier, a name for people, and the values that the list needs.
fn identity(identifier: &[Vec<&str>], listed: &Listed) -> Vec<Attribute> {
    let last = |part: &Vec<&str>| part.last().copied().unwrap_or_default().to_lowercase();
    let is_arn = |part: &Vec<&str>| last(part).ends_with("arn");
    let of_identifier = |name: &str, conversions: &[&str], doc: String| {
        let convert = (!conversions.is_empty()).then(|| format!("[{}]", conversions.join(", ")));
        let value = Value { of: "text".to_owned(), convert, ..Value::default() };
        attribute(name, vec!["Identifier".to_owned()], Value { ..value }, doc)
    };
    let end: &[&str] = &["{ last_of: \":\" }", "{ last_of: \"/\" }"];
    let mut all = match identifier {
        [one] if is_arn(one) => vec![
            of_identifier("arn", &[], "ARN; the identifier of Cloud Control.".to_owned()),
            of_identifier("name", end, "The last part of the ARN.".to_owned()),
        ],
        [_] => vec![
            of_identifier("id", &[], "The identifier of Cloud Control.".to_owned()),
            of_identifier("name", &[], "The same as the identifier.".to_owned()),
        ],
        parts => {
            let names: Vec<String> = parts.iter().map(|part| part.join(".")).collect();
            let whole = format!("The identifier of Cloud Control: {}, joined by bars.", names.join(", "));
            let (place, which) = part_for_people(parts);
            let mut conversions = place;
            if which.and_then(|at| parts.get(at)).is_some_and(is_arn) {
                conversions.extend_from_slice(end);
            }
            let doc = match which.and_then(|at| names.get(at)) {
                Some(part) => format!("The part `{part}` of the identifier."),
                None => "The same as the identifier.".to_owned(),
            };
            vec![of_identifier("id", &[], whole), of_identifier("name", &conversions, doc)]
        }
    };
    for (property, text) in &listed.kept {
        let name = snake(property);
        let name = if ["id", "arn", "name"].contains(&name.as_str()) { format!("parent_{name}") } else { name };
        let value = Value { of: "text".to_owned(), text: Some(text.clone()), ..Value::default() };
        let doc = format!("Property `{property}`, with which Cloud Control listed the resource.");
        all.push(attribute(&name, Vec::new(), value, doc));
    }
    all
}

fn attribute(name: &str, path: Vec<String>, value: Value, doc: String) -> Attribute {
    Attribute { name: name.to_owned(), path, value, required: true, write_only: false, doc }
}

/// Returns the part of an identifier that people use as a name, and its position if a conversion must cut it out.
fn part_for_people(parts: &[Vec<&str>]) -> (Vec<&'static str>, Option<usize>) {
    let last = parts.len() - 1;
    let ends =
        |at: usize, ending: &str| parts.get(at).and_then(|part| part.last()).is_some_and(|it| it.ends_with(ending));
    for ending in ["Name", "Id", "Arn"] {
        if ends(last, ending) {
            return (vec!["{ last_of: \"|\" }"], Some(last));
        }
        if ends(0, ending) {
            return (vec!["{ before: \"|\" }"], Some(0));
        }
    }
    (Vec::new(), None)
}

/// Returns the properties whose value the attributes of the list hold.
fn held(identifier: &[Vec<&str>], listed: &Listed) -> Vec<String> {
    let mut held: Vec<String> = listed.kept.iter().map(|(property, _)| property.clone()).collect();
    if let [one] = identifier
        && let [property] = one.as_slice()
        && ["id", "arn", "name"].contains(&snake(property).as_str())
    {
        held.push((*property).to_owned());
    }
    held
}

/// Returns the scope of a type. If a service has one endpoint for the whole partition, the type has one population for
/// each account.
fn scope(services: &[&str]) -> Scope {
    let is_global = |prefix: &&str| {
        let mut of = attestry_model::services().iter().filter(|it| it.prefix() == *prefix);
        of.any(|it| it.global("aws").is_some())
    };
    if !services.is_empty() && services.iter().all(is_global) { Scope::Global } else { Scope::Regional }
}

/// Reads the written file again, and validates it against the model of AWS.
fn proved(text: &str, own: &[&'static KindFile]) -> Result<(), Refusal> {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let file = kind_files::read(files.add("kind.yaml", text.to_owned()), text, &mut sink);
    if let Some(file) = file {
        prove(file, own, &mut sink);
    }
    if sink.has_errors() { Err(Refusal::Unproved(render(&files, &sink, false))) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
