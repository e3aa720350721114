//! JSON Schemas of policy, suite and waiver files, for editors.
//!
//! The schemas follow from the kinds, the matchers and the catalogues, so that an editor completes everything that the
//! check accepts. A schema is no stricter than the check, with one exception: an account id must be quoted. A schema
//! accepts every text with a parameter, and every text that only the check can judge. Must not read text.

mod log_sweep;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Per, Severity, Vocabulary, WhenNone};
use crate::facts::{Attribute, Field, Kind, Oracle, ProbeSpec, Scope, Type};
use crate::matchers::{self, Takes};

/// The schema of a policy file.
#[must_use]
pub fn policy(words: &Vocabulary) -> Value {
    let mut defs = Definitions::default();
    let names: Vec<&str> = words.kinds.iter().map(|kind| kind.name).collect();
    let mut rules: Vec<Value> = words.kinds.iter().map(|kind| of_kind(kind, &mut defs)).collect();
    rules.extend(words.probes.iter().map(|spec| of_probe(spec, &mut defs)));
    let probes: Vec<&str> = words.probes.iter().map(|spec| spec.name).collect();
    let case = json!({
        "type": "object",
        "required": ["when_none", "expect"],
        "oneOf": [{ "required": ["each"] }, { "required": ["some"] }, { "required": ["probe"] }],
        "additionalProperties": false,
        "properties": {
            "title": said("What the case asserts, where its name does not say it."),
            "each": { "enum": names, "description": "Every resource of this kind must be as expected." },
            "some": { "enum": names, "description": "At least one resource of this kind must be as expected." },
            "probe": { "enum": probes, "description": "This probe acts, and what it observes must be as expected." },
            "with": { "type": "object", "description": "Arguments of the probe." },
            "where": { "type": "object", "description": "Which resources are meant; without it, all of the kind." },
            "when_none": one_of(WhenNone::ALL, "What it means that there is no such resource."),
            "per": one_of(Per::ALL, "For what `some` and `when_none` are asked once; `account` without it."),
            "expect": { "type": "object", "description": "What must hold of them." },
            "controls": { "$ref": "#/$defs/controls" },
            "examples": { "type": "object", "description": "Facts that the case must find met, violated or undecided." },
        },
        "allOf": rules,
    });
    let mut schema = document(
        "policy",
        "A policy of Attestry",
        json!({
            "type": "object",
            "required": ["id", "title", "severity", "cases"],
            "additionalProperties": false,
            "properties": {
                "id": identifier("Id, unique in a suite."),
                "title": said("One sentence: what holds."),
                "severity": severity("How bad a violation is."),
                "source": said("Which document asks for it."),
                "rationale": said("Why."),
                "remediation": said("How to mend a violation."),
                "controls": { "$ref": "#/$defs/controls" },
                "cases": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "pattern": IDENTIFIER },
                    "additionalProperties": { "$ref": "#/$defs/case" },
                },
            },
        }),
    );
    let mut all = Map::from_iter([("case".to_owned(), case), ("controls".to_owned(), controls(words))]);
    all.extend(defs.finish());
    schema.insert("$defs".to_owned(), Value::Object(all));
    Value::Object(schema)
}

/// The schema of a suite file.
#[must_use]
pub fn suite() -> Value {
    let parameters = json!({ "type": "object", "description": "Values of `${name}` in policies." });
    let account = json!({ "$ref": "#/$defs/account" });
    let role = said("ARN of the role to assume in the account.");
    let external_id = said("External id that the role asks for.");
    let stage = json!({
        "type": "object",
        "required": ["regions"],
        "oneOf": [
            { "required": ["account"] },
            { "required": ["accounts"], "properties": { "role": false, "external_id": false } },
        ],
        "allOf": [at_most_one(&["endpoint", "described", "recording"])],
        "additionalProperties": false,
        "properties": {
            "account": account,
            "role": role,
            "external_id": external_id,
            "accounts": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["account"],
                    "additionalProperties": false,
                    "properties": { "account": account, "role": role, "external_id": external_id },
                },
                "description": "Several accounts, each with its own role.",
            },
            "regions": {
                "type": "array",
                "minItems": 1,
                "uniqueItems": true,
                "items": { "type": "string", "pattern": "^[a-z]{2,}(-[a-z]{2,})+-[0-9]$" },
                "description": "The Regions to look in.",
            },
            "profile": said("Profile of the AWS configuration files; without it, the environment decides."),
            "endpoint": said("Another endpoint that speaks AWS's protocols, such as an emulator."),
            "described": said("A described account; the path is relative to the suite."),
            "recording": said("A recording; the path is relative to the suite."),
            "notice": said("ARN of the topic where people are told before and after probes act; nobody without it."),
            "oracles": {
                "type": "array",
                "uniqueItems": true,
                "items": { "enum": Oracle::ALL },
                "description": "Who at AWS is asked beside, to compare its answers with our proofs. Nobody unless it is \
                                written here: it costs calls, and the checks of Access Analyzer cost money.",
            },
            "read_secret_values": {
                "type": "boolean",
                "description": "Whether values of secrets may be read here, to look for them in logs. They never leave the \
                                process. Never unless it is written here.",
            },
            "log_sweep": log_sweep::schema(),
            "parameters": parameters,
            "probes": files("The probes that may act here, by name; none without it."),
        },
    });
    let mut schema = document(
        "suite",
        "A suite of Attestry",
        json!({
            "type": "object",
            "required": ["suite", "title", "policies", "stages"],
            "additionalProperties": false,
            "properties": {
                "suite": identifier("Id."),
                "title": said("One sentence."),
                "gate": severity("Violations at or above this fail a run; without it, all do."),
                "keep_evidence": said("How long evidence of its runs must be kept, such as 3653d; never less than 7 years."),
                "policies": {
                    "type": "array",
                    "minItems": 1,
                    "items": { "$ref": "#/$defs/text" },
                    "description": "Policy files, relative to the suite; `*` and `?` in the last part of a path.",
                },
                "waivers": files("Waiver files, relative to the suite."),
                "attestations": files("Files of what people say, for cases about `attestation`; relative to the suite."),
                "catalogues": files("Control catalogues beside the shipped ones, relative to the suite."),
                "parameters": parameters,
                "stages": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "pattern": IDENTIFIER },
                    "additionalProperties": { "$ref": "#/$defs/stage" },
                },
            },
        }),
    );
    schema.insert("$defs".to_owned(), json!({ "stage": stage, "account": account_id(), "text": text() }));
    Value::Object(schema)
}

/// The schema of a waiver file.
#[must_use]
pub fn waivers() -> Value {
    let waiver = json!({
        "type": "object",
        "required": ["id", "case", "owner", "approver", "reason", "expires"],
        "oneOf": [{ "required": ["resource"] }, { "required": ["population"] }],
        "additionalProperties": false,
        "properties": {
            "id": identifier("Id, unique among the waivers of a suite."),
            "case": said("Cases that it covers: `POLICY`, `POLICY/case`, with `*` and `?`."),
            "resource": said("Name or id of the resources that it covers, with `*` and `?`."),
            "population": {
                "const": true,
                "description": "Instead of `resource`: it covers what is found about the population of that one case, such as \
                                that nothing of the kind exists.",
            },
            "account": { "$ref": "#/$defs/account" },
            "region": said("The Region that it is for, or `aws-global`; without it, any."),
            "stages": {
                "type": "array",
                "minItems": 1,
                "items": { "$ref": "#/$defs/text" },
                "description": "Stages that it is for; without it, all.",
            },
            "owner": said("Who must mend it."),
            "approver": said("Who accepted it."),
            "reason": said("Why it is accepted."),
            "ticket": said("Where that is recorded."),
            "expires": {
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
                "description": "The last day on which it waives, UTC.",
            },
        },
    });
    let mut schema = document(
        "waivers",
        "Waivers of Attestry",
        json!({
            "type": "object",
            "required": ["waivers"],
            "additionalProperties": false,
            "properties": { "waivers": { "type": "array", "items": { "$ref": "#/$defs/waiver" } } },
        }),
    );
    schema.insert("$defs".to_owned(), json!({ "waiver": waiver, "account": account_id(), "text": text() }));
    Value::Object(schema)
}

const IDENTIFIER: &str = "^[A-Za-z0-9._-]{1,80}$";

/// A duration in the form of `parse_duration`.
const DURATION: &str = r"^\s*([0-9]+(w|d|h|m|s)\s*)+$";

/// A text that contains a parameter.
const PARAMETER: &str = r"\$\{";

fn document(name: &str, title: &str, body: Value) -> Map<String, Value> {
    let mut schema = Map::from_iter([
        ("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema")),
        ("$id".to_owned(), json!(format!("urn:attestry:schema:{name}:1"))),
        ("title".to_owned(), json!(title)),
    ]);
    if let Value::Object(body) = body {
        schema.extend(body);
    }
    schema
}

/// Every single value is text, also `true` and `12`.
fn text() -> Value {
    json!({ "type": ["string", "number", "boolean"] })
}

fn files(doc: &str) -> Value {
    json!({ "type": "array", "items": { "$ref": "#/$defs/text" }, "description": doc })
}

fn said(doc: &str) -> Value {
    json!({ "type": ["string", "number", "boolean"], "description": doc })
}

fn identifier(doc: &str) -> Value {
    json!({ "type": ["string", "number", "boolean"], "pattern": IDENTIFIER, "description": doc })
}

fn account_id() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{12}$", "description": "12 digits, quoted: leading zeros count." })
}

fn severity(doc: &str) -> Value {
    let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.word()).collect();
    json!({ "enum": words, "description": doc })
}

fn one_of(words: &[impl Serialize], doc: &str) -> Value {
    json!({ "enum": words, "description": doc })
}

fn at_most_one(keys: &[&str]) -> Value {
    let mut choices =
        vec![json!({ "properties": Map::from_iter(keys.iter().map(|key| ((*key).to_owned(), json!(false)))) })];
    choices.extend(keys.iter().map(|key| json!({ "required": [key] })));
    json!({ "oneOf": choices })
}

/// The editor proposes the shipped frameworks. A suite can add frameworks, so the schema accepts other names.
fn controls(words: &Vocabulary) -> Value {
    let ids = json!({ "type": "array", "items": text() });
    let shipped = words.catalogues.frameworks().map(|(key, name)| {
        let ids = json!({ "type": "array", "items": text(), "description": name });
        (key.to_owned(), ids)
    });
    let shipped = Map::from_iter(shipped);
    json!({
        "type": "object",
        "description": "Framework to control ids; each id must be in the framework's catalogue.",
        "properties": shipped,
        "additionalProperties": ids,
    })
}

/// The allowed content of `where`, `expect` and `examples` when a case is about this kind.
fn of_kind(kind: &'static Kind, defs: &mut Definitions) -> Value {
    let then = rules_of(kind, defs);
    let about = |key: &str| json!({ "required": [key], "properties": { key: { "const": kind.name } } });
    json!({ "if": { "anyOf": [about("each"), about("some")] }, "then": { "properties": then } })
}

/// The allowed content of a case with this probe.
fn of_probe(spec: &'static ProbeSpec, defs: &mut Definitions) -> Value {
    let mut then = rules_of(spec.kind, defs);
    for key in ["where", "per"] {
        then.insert(key.to_owned(), json!(false));
    }
    let arguments = spec.arguments.iter().map(|argument| (argument.name.to_owned(), said(argument.doc)));
    let needed: Vec<&str> = spec.arguments.iter().filter(|it| it.required).map(|it| it.name).collect();
    let with = json!({
        "required": needed,
        "additionalProperties": false,
        "properties": Map::from_iter(arguments),
    });
    then.insert("with".to_owned(), with);
    let asked = json!({ "required": ["probe"], "properties": { "probe": { "const": spec.name } } });
    json!({ "if": asked, "then": { "required": ["with"], "properties": then } })
}

fn rules_of(kind: &'static Kind, defs: &mut Definitions) -> Map<String, Value> {
    let expectation = format!("{}-expectation", kind.name);
    let example = format!("{}-example", kind.name);
    let to_expectation = json!({ "$ref": reference(&expectation) });
    let group = json!({ "type": "array", "minItems": 1, "items": to_expectation });
    let mut paths = Paths::default();
    paths.conditions(kind, "", defs);
    let mut properties = Map::from_iter([
        ("all".to_owned(), group.clone()),
        ("any".to_owned(), group),
        ("not".to_owned(), to_expectation.clone()),
    ]);
    properties.extend(paths.properties);
    paths.properties = properties;
    defs.add(expectation, paths.object());
    let mut paths = Paths::default();
    paths.examples(kind, "", defs);
    defs.add(example.clone(), paths.object());

    let to_example = json!({ "$ref": reference(&example) });
    let examples = json!({ "anyOf": [to_example, { "type": "array", "items": to_example }] });
    let mut then = Map::from_iter([
        ("where".to_owned(), to_expectation.clone()),
        ("expect".to_owned(), to_expectation),
        (
            "examples".to_owned(),
            json!({
                "additionalProperties": false,
                "properties": { "met": examples, "violated": examples, "undecided": examples },
            }),
        ),
    ]);
    if kind.scope == Scope::Global {
        then.insert("per".to_owned(), json!({ "not": { "const": "region" } }));
    }
    then
}

/// The keys of one mapping of attributes: fixed names, and patterns for maps with free keys.
#[derive(Default)]
struct Paths {
    properties: Map<String, Value>,
    patterns: Map<String, Value>,
}

impl Paths {
    /// Adds the forms `rotation.enabled: …`, `tags.owner: …` and `rotation: { enabled: … }`.
    fn conditions(&mut self, kind: &'static Kind, prefix: &str, defs: &mut Definitions) {
        for (rest, attribute) in below(kind, prefix) {
            self.condition(rest, attribute.of, &hint(attribute), defs);
            self.nested(kind, prefix, rest, |inner, full| inner.conditions(kind, full, defs));
        }
        // The name of a key can contain a parameter, and only the check can replace it.
        self.patterns.insert(PARAMETER.to_owned(), json!(true));
    }

    fn condition(&mut self, path: &str, of: Type, doc: &str, defs: &mut Definitions) {
        let mut schema = Map::from_iter([("$ref".to_owned(), json!(defs.condition(of)))]);
        if !doc.is_empty() {
            schema.insert("description".to_owned(), json!(doc));
        }
        self.properties.insert(path.to_owned(), Value::Object(schema));
        match of {
            Type::Map(item) => {
                let pattern = format!("^{}\\..+", path.replace('.', "\\."));
                self.patterns.insert(pattern, json!({ "$ref": defs.condition(*item) }));
            }
            Type::Record(fields) => {
                for field in fields {
                    self.condition(&format!("{path}.{}", field.name), field.of, "", defs);
                }
            }
            Type::Bool | Type::Integer | Type::Text | Type::Time | Type::Duration | Type::List(_) | Type::Either(_) => {
            }
        }
    }

    /// Adds the values of examples. `~` means absent.
    fn examples(&mut self, kind: &'static Kind, prefix: &str, defs: &mut Definitions) {
        for (rest, attribute) in below(kind, prefix) {
            let value = defs.value(attribute.of);
            let value = json!({
                "anyOf": [{ "$ref": value }, { "type": "null" }, { "const": "not-applicable" }],
                "description": hint(attribute),
            });
            self.properties.insert(rest.to_owned(), value);
            self.nested(kind, prefix, rest, |inner, full| inner.examples(kind, full, defs));
        }
    }

    /// Adds the first part of a dotted name as a mapping of the rest, unless that part is an attribute itself.
    fn nested(&mut self, kind: &Kind, prefix: &str, rest: &str, fill: impl FnOnce(&mut Self, &str)) {
        let Some((first, _)) = rest.split_once('.') else { return };
        let full = format!("{prefix}{first}");
        if self.properties.contains_key(first) || kind.attribute(&full).is_some() {
            return;
        }
        let mut inner = Self::default();
        fill(&mut inner, &format!("{full}."));
        self.properties.insert(first.to_owned(), inner.object());
    }

    fn object(self) -> Value {
        let mut object = Map::from_iter([
            ("type".to_owned(), json!("object")),
            ("additionalProperties".to_owned(), json!(false)),
            ("properties".to_owned(), Value::Object(self.properties)),
        ]);
        if !self.patterns.is_empty() {
            object.insert("minProperties".to_owned(), json!(1));
            object.insert("patternProperties".to_owned(), Value::Object(self.patterns));
        }
        Value::Object(object)
    }
}

/// The attributes whose name starts with the prefix, each with the rest of its name.
fn below<'a>(kind: &'static Kind, prefix: &'a str) -> impl Iterator<Item = (&'static str, &'static Attribute)> + 'a {
    kind.attributes.iter().filter_map(move |attribute| Some((attribute.name.strip_prefix(prefix)?, attribute)))
}

fn hint(attribute: &Attribute) -> String {
    format!("{} ({})", attribute.doc, attribute.of.describe())
}

fn reference(name: &str) -> String {
    format!("#/$defs/{name}")
}

/// The named parts of a schema. Each part is made once. A type gets its name before its part is made, because `not` on
/// a type leads back to the type.
#[derive(Default)]
struct Definitions {
    types: Vec<Type>,
    all: Map<String, Value>,
}

impl Definitions {
    fn add(&mut self, name: String, schema: Value) {
        self.all.insert(name, schema);
    }

    fn finish(mut self) -> Map<String, Value> {
        let parameter = json!({ "type": "string", "pattern": PARAMETER, "description": "A parameter of the suite." });
        self.add("parameter".to_owned(), parameter);
        self.all
    }

    /// The name of a type: `list of text`. Records with the same fields and different types are distinguished by a
    /// number.
    fn name(&mut self, of: Type) -> String {
        let place = self.types.iter().position(|known| *known == of).unwrap_or_else(|| {
            self.types.push(of);
            self.types.len() - 1
        });
        match of {
            Type::Bool => "boolean".to_owned(),
            Type::Integer => "integer".to_owned(),
            Type::Text => "text".to_owned(),
            Type::Time => "instant".to_owned(),
            Type::Duration => "duration".to_owned(),
            Type::List(item) => format!("list-of-{}", self.name(*item)),
            Type::Map(item) => format!("map-to-{}", self.name(*item)),
            Type::Record(_) => format!("record-{place}"),
            Type::Either(types) => types.iter().map(|of| self.name(*of)).collect::<Vec<_>>().join("-or-"),
        }
    }

    /// A reference to the schema of a value.
    fn value(&mut self, of: Type) -> String {
        let name = format!("value-{}", self.name(of));
        let link = reference(&name);
        if self.all.contains_key(&name) {
            return link;
        }
        self.all.insert(name.clone(), Value::Null);
        let plain = match of {
            Type::Bool => json!({ "type": "boolean" }),
            Type::Integer => json!({ "type": "integer" }),
            Type::Text => text(),
            Type::Time => {
                json!({ "type": "string", "description": "`2026-11-20T09:00:00Z`; in examples also `3d ago` and `in 5d`." })
            }
            Type::Duration => {
                json!({ "type": "string", "pattern": DURATION, "description": "`90d`, `1d 12h`, `15m`." })
            }
            Type::List(item) => json!({ "type": "array", "items": { "$ref": self.value(*item) } }),
            Type::Map(item) => json!({ "type": "object", "additionalProperties": { "$ref": self.value(*item) } }),
            Type::Either(types) => {
                json!({ "anyOf": types.iter().map(|of| json!({ "$ref": self.value(*of) })).collect::<Vec<_>>() })
            }
            Type::Record(fields) => {
                let fields: Vec<(String, Value)> =
                    fields.iter().map(|it| (it.name.to_owned(), json!({ "$ref": self.value(it.of) }))).collect();
                json!({ "type": "object", "additionalProperties": false, "properties": Map::from_iter(fields) })
            }
        };
        self.all.insert(name, json!({ "anyOf": [plain, { "$ref": reference("parameter") }] }));
        link
    }

    /// A reference to the schema of a condition on a value: a bare value, matchers, or conditions on fields.
    fn condition(&mut self, of: Type) -> String {
        let name = format!("condition-{}", self.name(of));
        let link = reference(&name);
        if self.all.contains_key(&name) {
            return link;
        }
        self.all.insert(name.clone(), Value::Null);
        let mut forms = vec![json!({ "$ref": reference("parameter") })];
        if !matches!(of, Type::Map(_) | Type::Record(_)) {
            forms.insert(0, json!({ "$ref": self.value(of) }));
        }
        let tests: Vec<(String, Value)> = matchers::ALL
            .iter()
            .filter_map(|matcher| {
                let mut operand = self.operand(matcher.takes(of).ok()?);
                operand.insert("description".to_owned(), json!(matcher.doc()));
                Some((matcher.keyword().to_owned(), Value::Object(operand)))
            })
            .collect();
        forms.push(mapping(Map::from_iter(tests), None));
        if let Type::Record(fields) = of {
            forms.push(self.fields(fields));
        }
        self.all.insert(name, json!({ "anyOf": forms }));
        link
    }

    fn fields(&mut self, fields: &'static [Field]) -> Value {
        let mut paths = Paths::default();
        for field in fields {
            paths.condition(field.name, field.of, &field.of.describe(), self);
        }
        mapping(paths.properties, Some(paths.patterns))
    }

    fn operand(&mut self, takes: Takes) -> Map<String, Value> {
        let schema = match takes {
            Takes::Value(of) => json!({ "$ref": self.value(of) }),
            Takes::Values(of) => {
                let item = self.value(of);
                json!({
                    "anyOf": [
                        { "type": "array", "minItems": 1, "items": { "$ref": item } },
                        { "$ref": reference("parameter") },
                    ],
                })
            }
            Takes::Glob | Takes::Regex => text(),
            Takes::Flag => json!({ "const": true }),
            Takes::Condition(of) => json!({ "$ref": self.condition(of) }),
        };
        match schema {
            Value::Object(schema) => schema,
            _ => Map::new(),
        }
    }
}

fn mapping(properties: Map<String, Value>, patterns: Option<Map<String, Value>>) -> Value {
    let mut object = Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("minProperties".to_owned(), json!(1)),
        ("additionalProperties".to_owned(), json!(false)),
        ("properties".to_owned(), Value::Object(properties)),
    ]);
    if let Some(patterns) = patterns.filter(|patterns| !patterns.is_empty()) {
        object.insert("patternProperties".to_owned(), Value::Object(patterns));
    }
    Value::Object(object)
}
