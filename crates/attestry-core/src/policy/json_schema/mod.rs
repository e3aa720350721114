//! JSON Schemas of policy, suite and waiver files, for editors.
//!
//! The schemas are derived from the kinds, the matchers and the catalogues, so that an editor completes everything that
//! the check accepts. A schema is no stricter than the check, with one exception: an account id must be quoted. A
//! schema accepts every text with a parameter, and every text that only the check can judge. This module must not read
//! text.

mod definitions;
mod log_sweep;
mod paths;

use serde::Serialize;
use serde_json::{Map, Value, json};

use definitions::Definitions;
use paths::{Paths, reference};

use super::{Per, Severity, Vocabulary, WhenNone};
use crate::facts::{Kind, Oracle, ProbeSpec, Scope};

/// Returns the schema of a policy file.
#[must_use]
pub fn policy(words: &Vocabulary) -> Value {
    let kinds = words.kinds.all();
    let mut defs = Definitions::of(kinds.clone());
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let mut rules: Vec<Value> = kinds.iter().map(|kind| of_kind(kind, &mut defs)).collect();
    let windowed = words.kinds.windowed();
    let about = |key: &str| json!({ "required": [key], "properties": { key: { "enum": windowed } } });
    rules.push(json!({ "if": { "required": ["over"] }, "then": { "anyOf": [about("each"), about("some")] } }));
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
            "for_each": { "type": "string", "pattern": " in ", "description": "The rows of a table, each of which makes one case: `row in registry`." },
            "severity": severity("How bad a violation of this case is, where it is not that of the policy."),
            "share": {
                "type": "object",
                "required": ["at_least"],
                "additionalProperties": false,
                "properties": { "at_least": { "type": "integer", "minimum": 1, "maximum": 99 } },
                "description": "The percentage of the resources that must be as expected.",
            },
            "over": { "description": "The time that the case is about, back from the run: `90d`.", "anyOf": [
                { "type": "string", "pattern": DURATION },
                { "type": "string", "pattern": PARAMETER },
            ] },
            "count": {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": false,
                "properties": {
                    "at_least": { "type": "integer", "minimum": 0 },
                    "at_most": { "type": "integer", "minimum": 0 },
                },
                "description": "The number of the resources that must be as expected, beside `some`.",
            },
            "distinct": { "type": "string", "description": "The attribute whose value no two of the resources may share." },
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
                "parameters": { "type": "object", "description": "Parameters that the policy declares: a default, or `{ default, description }`." },
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

/// Returns the schema of a suite file.
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
                "tables": {
                    "type": "object",
                    "additionalProperties": {
                        "anyOf": [
                            { "$ref": "#/$defs/text" },
                            {
                                "type": "object",
                                "required": ["file"],
                                "additionalProperties": false,
                                "properties": { "file": { "$ref": "#/$defs/text" }, "heading": { "$ref": "#/$defs/text" } },
                            },
                        ],
                    },
                    "description": "Tables whose rows become cases: Markdown, CSV or YAML files, relative to the suite.",
                },
                "kinds": files("Kind files beside the shipped ones, relative to the suite."),
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

/// Returns the schema of a waiver file.
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

/// Returns the schema of a text. Every single value is a text, also `true` and `12`.
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

/// Returns the schema of `controls`. The editor proposes the shipped frameworks. A suite can add frameworks, so the
/// schema accepts other names.
fn controls(words: &Vocabulary) -> Value {
    let in_part = json!({
        "type": "object",
        "required": ["id", "untested"],
        "additionalProperties": false,
        "properties": { "id": text(), "untested": said("The part of the control that no case here tests.") },
    });
    let item = json!({ "anyOf": [text(), in_part] });
    let ids = json!({ "type": "array", "items": item });
    let shipped = words.catalogues.frameworks().map(|(key, name)| {
        let ids = json!({ "type": "array", "items": item, "description": name });
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

/// Returns the allowed content of `where`, `expect` and `examples` when a case is about this kind.
fn of_kind(kind: &'static Kind, defs: &mut Definitions) -> Value {
    let properties = rules_of(kind, defs);
    let needed = kind.window().is_some_and(|window| window.needed);
    let then = if needed {
        json!({ "required": ["over"], "properties": properties })
    } else {
        json!({ "properties": properties })
    };
    let about = |key: &str| json!({ "required": [key], "properties": { key: { "const": kind.name } } });
    json!({ "if": { "anyOf": [about("each"), about("some")] }, "then": then })
}

/// Returns the allowed content of a case with this probe.
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
        ("related".to_owned(), json!({ "$ref": reference("related") })),
        ("all".to_owned(), group.clone()),
        ("any".to_owned(), group),
        ("not".to_owned(), to_expectation.clone()),
    ]);
    properties.extend(paths.properties);
    paths.properties = properties;
    defs.add(expectation, paths.object());
    let mut paths = Paths::default();
    paths.examples(kind, "", defs);
    let others = json!({ "type": "object", "additionalProperties": { "type": "array", "items": { "type": "object" } },
        "description": "The other resources for `related`, by their kind." });
    paths.properties.insert("related".to_owned(), others);
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
