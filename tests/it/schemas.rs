//! Tests the schemas for editors. The committed files equal the derived schemas, and the shipped files are valid by
//! them.
//!
//! `ATTESTRY_BLESS=1 cargo test --test it schemas` writes the files again.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use attestry::policy::{ATTESTATION, Vocabulary, json_schema};
use attestry::source::{Content, Diagnostics, Files, Limits, Node, parse};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn derived() -> [(&'static str, Value); 3] {
    let kinds = attestry::kinds::schemas().chain([&ATTESTATION]);
    [
        ("policy", json_schema::policy(&Vocabulary::new(kinds).with_probes(attestry::probes::specs()))),
        ("suite", json_schema::suite()),
        ("waivers", json_schema::waivers()),
    ]
}

fn schema(name: &str) -> jsonschema::Validator {
    let (_, schema) = derived().into_iter().find(|(known, _)| *known == name).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Returns the file as an editor reads it: plain scalars have the types of YAML 1.2.
fn read(text: &str) -> Value {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let file = files.add("test.yaml", text);
    let node = parse(file, text, &Limits::default(), &mut sink);
    assert!(sink.is_empty(), "{sink:?}");
    to_json(&node.unwrap())
}

fn to_json(node: &Node) -> Value {
    match &node.content {
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) if scalar.quoted => json!(scalar.text),
        Content::Scalar(scalar) => match scalar.text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(number), _) => json!(number),
                (_, Ok(number)) if number.is_finite() => json!(number),
                _ => json!(text),
            },
        },
        Content::Sequence(nodes) => nodes.iter().map(to_json).collect(),
        Content::Mapping(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.value.clone(), to_json(&entry.value))).collect())
        }
    }
}

fn problems(schema: &jsonschema::Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn yaml_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "yaml") {
            found.push(path);
        }
    }
}

#[test]
fn committed_schemas_are_the_derived_ones() {
    let bless = std::env::var_os("ATTESTRY_BLESS").is_some();
    for (name, schema) in derived() {
        let path = root().join(format!("reports/schemas/{name}.schema.json"));
        let text = format!("{schema:#}\n");
        if bless {
            std::fs::write(&path, &text).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == text, "{} is old: ATTESTRY_BLESS=1 cargo test --test it schemas", path.display());
    }
}

#[test]
fn schemas_are_schemas() {
    for (name, schema) in derived() {
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
        let dangling = schema.to_string().contains(":null");
        assert!(!dangling, "{name}: a definition was named and not made");
    }
}

const WITH_KINDS: [&str; 4] = ["schema", "policy", "--suite", "suites/atp-key-rotation.yaml"];

/// A required key distinguishes policies, suites and waivers. Each of them has its own.
#[test]
fn every_shipped_file_is_valid() {
    // This suite brings kinds of its own. Its schema has them beside all others.
    let with_kinds = Command::cargo_bin("attestry").unwrap().current_dir(root()).args(WITH_KINDS).output().unwrap();
    let policy = jsonschema::draft202012::new(&serde_json::from_slice(&with_kinds.stdout).unwrap()).unwrap();
    let (suite, waivers) = (schema("suite"), schema("waivers"));
    let mut found = Vec::new();
    for folder in ["policies", "suites"] {
        yaml_files(&root().join(folder), &mut found);
    }
    let mut wrong = Vec::new();
    for path in found {
        let value = read(&std::fs::read_to_string(&path).unwrap());
        let schema = match &value {
            Value::Object(keys) if keys.contains_key("cases") => &policy,
            Value::Object(keys) if keys.contains_key("stages") => &suite,
            Value::Object(keys) if keys.contains_key("waivers") => &waivers,
            _ => continue,
        };
        wrong.extend(problems(schema, &value).into_iter().map(|it| format!("{}: {it}", path.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const POLICY: &str = r#"
id: DT-002
title: Secrets rotate automatically
severity: high
controls: { nist-800-53-r5: [SC-12], our-own: [X-1] }
cases:
  every-90-days:
    each: secretsmanager.secret
    where: { name: { glob: "${namespace}*" }, any: [{ tags.owner: platform }, { not: { owning_service: { present: true } } }] }
    when_none: violated
    expect:
      rotation: { enabled: true, period: { at_most: 90d } }
      rotation.function: ${function}
      last_rotated: { within: "${days}d" }
      tags.${required}: { present: true }
      policy: { none: { effect: Allow, principals: { any: { equals: "*" } } } }
    examples:
      met: { name: bank-a, rotation: { enabled: true, period: 90d }, last_rotated: 3d ago, tags: { owner: a } }
      violated: [{ name: bank-b, rotation.enabled: false, last_rotated: ~ }, { rotation.period: not-applicable }]
"#;

#[test]
fn every_form_of_the_language_is_valid() {
    assert_eq!(problems(&schema("policy"), &read(POLICY)), Vec::<String>::new());
}

#[test]
fn a_wrong_word_is_refused() {
    let policy = schema("policy");
    for (right, wrong) in [
        ("severity: high", "severity: hihg"),
        ("title: Secrets", "tilte: Secrets"),
        ("when_none: violated", "when_none: pass"),
        ("when_none: violated", "per: global\n    when_none: violated"),
        ("when_none: violated", "over: 90d\n    when_none: violated"),
        ("each: secretsmanager.secret", "each: secretsmanager.secrets"),
        ("each: secretsmanager.secret", "each: secretsmanager.secret\n    some: kms.key"),
        ("{ at_most: 90d }", "{ at_most: 7y }"),
        ("{ at_most: 90d }", "{ at_mots: 90d }"),
        ("{ at_most: 90d }", "{ glob: 90d }"),
        ("{ at_most: 90d }", "{}"),
        ("enabled: true, period: { at_most", "enabled: yes, period: { at_most"),
        ("period: { at_most", "perod: { at_most"),
        ("rotation.function:", "rotation.fnction:"),
        ("owning_service: { present: true }", "owning_service: { present: false }"),
        ("effect: Allow", "efect: Allow"),
        ("rotation.enabled: false", "rotation.enbled: false"),
        ("met: {", "mte: {"),
    ] {
        let text = POLICY.replacen(right, wrong, 1);
        assert_ne!(text, POLICY, "{right}");
        assert!(!policy.is_valid(&read(&text)), "accepted: {wrong}");
    }
    let global = "id: a\ntitle: b\nseverity: low\ncases:\n  c:\n    each: iam.role\n    per: region\n    when_none: met\n    expect: { name: a }\n";
    assert!(!policy.is_valid(&read(global)), "a kind without Regions, per Region");

    for (kind, over, valid) in [
        ("cloudtrail.event", "over: 90d", true),
        ("cloudtrail.event", "over: ${days}", true),
        ("cloudtrail.event", "over: 90", false),
        ("cloudtrail.event", "per: region", false),
        ("logs.sweep", "over: 30d", true),
        ("logs.sweep", "per: region", true),
    ] {
        let text = format!(
            "id: a\ntitle: b\nseverity: low\ncases:\n  c:\n    each: {kind}\n    {over}\n    when_none: met\n    expect: {{ name: a }}\n"
        );
        assert_eq!(policy.is_valid(&read(&text)), valid, "{kind} {over}");
    }

    let suite = "suite: a\ntitle: b\npolicies: [x.yaml]\nstages: { dev: { account: \"012345678901\", regions: [eu-west-1] } }\n";
    assert_eq!(problems(&schema("suite"), &read(suite)), Vec::<String>::new());
    for (right, wrong) in [
        ("regions: [eu-west-1]", "region: eu-west-1"),
        ("regions: [eu-west-1]", "regions: []"),
        ("regions: [eu-west-1]", "regions: [eu-west-1], endpoint: a, recording: b"),
        ("\"012345678901\"", "012345678901"),
        ("[x.yaml]", "[]"),
        ("title: b", "title: b\ngates: high"),
    ] {
        assert!(!schema("suite").is_valid(&read(&suite.replacen(right, wrong, 1))), "accepted: {wrong}");
    }

    let waiver =
        "waivers: [{ id: w, case: a/b, resource: r, owner: o, approver: p, reason: q, expires: 2027-01-31 }]\n";
    assert_eq!(problems(&schema("waivers"), &read(waiver)), Vec::<String>::new());
    for (right, wrong) in [("expires", "expiry"), ("2027-01-31", "next year"), ("owner: o, ", ""), ("id: w", "id: w w")]
    {
        assert!(!schema("waivers").is_valid(&read(&waiver.replacen(right, wrong, 1))), "accepted: {wrong}");
    }
}
