//! Schemas as AWS writes them, of types that AWS does not have, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::time::Instant;

use serde_json::{Value as Json, json};

use super::*;
use attestry_core::facts::Frequency;

/// Returns a schema with every construct.
fn vault() -> Json {
    serde_json::from_str(include_str!("vault.json")).unwrap()
}

fn try_import(schema: &Json, with: Import<'_>) -> Result<Imported, Refusal> {
    import(schema.to_string().as_bytes(), with)
}

fn of(type_name: &str) -> Import<'_> {
    Import { type_name, name: None, parent: None, given: &[], own: &[] }
}

/// Returns the kind of an imported file.
fn kind_of(imported: &Imported) -> &'static KindFile {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let file = kind_files::read(files.add("kind.yaml", imported.text.clone()), &imported.text, &mut sink);
    let file = file.unwrap_or_else(|| panic!("{}", render(&files, &sink, false)));
    prove(file, &[], &mut sink);
    assert!(sink.is_empty(), "{}", render(&files, &sink, false));
    file
}

#[test]
fn golden() {
    let imported = try_import(&vault(), of("AWS::Backup::ColdVault")).unwrap();
    assert_eq!(imported.text, include_str!("vault.yaml"), "\n{}", imported.text);
    assert!(!imported.text.contains("A description of AWS"));
    let file = kind_of(&imported);
    assert_eq!(file.kind.attributes.len(), imported.attributes);
    for left_out in &imported.left_out {
        assert!(imported.text.contains(&format!("\n# - {left_out}\n")), "{left_out}");
    }
}

#[test]
fn a_schema_is_read_in_every_form_in_which_aws_gives_it() {
    let plain = try_import(&vault(), of("AWS::Backup::ColdVault")).unwrap();
    let described = json!({ "TypeName": "AWS::Backup::ColdVault", "Schema": vault().to_string() });
    assert_eq!(try_import(&described, of("AWS::Backup::ColdVault")).unwrap(), plain);
}

#[test]
fn what_cannot_be_imported_is_refused_with_the_reason() {
    let type_name = "AWS::Backup::ColdVault";
    let without = |key: &str| {
        let mut schema = vault();
        schema.as_object_mut().unwrap().remove(key);
        schema
    };
    let without_handler = |key: &str| {
        let mut schema = vault();
        schema["handlers"].as_object_mut().unwrap().remove(key);
        schema
    };
    let with = |key: &str, value: Json| {
        let mut schema = vault();
        schema[key] = value;
        schema
    };
    for (schema, expected) in [
        (without("typeName"), "neither `typeName` nor `Schema`"),
        (json!([1]), "neither `typeName` nor `Schema`"),
        (with("typeName", json!("AWS::Backup::Other\u{202e}")), "is that of `AWS::Backup::Other\u{fffd}`"),
        (without("handlers"), "cannot read the type: its schema has no read handler"),
        (without_handler("read"), "no read handler"),
        (without_handler("list"), "cannot list the type: its schema has no list handler"),
        (without("primaryIdentifier"), "no `primaryIdentifier`"),
        (with("primaryIdentifier", json!(["/properties/a\"b"])), "no `primaryIdentifier`"),
        (json!({ "typeName": type_name, "Schema": "{" }), "no JSON"),
    ] {
        let refusal = try_import(&schema, of(type_name)).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
    for (bytes, expected) in [
        (&b"PK\x03\x04rest"[..], "unpack it, and give the file `aws-backup-coldvault.json`"),
        (b"", "no JSON"),
        (b"{\"typeName\": ", "no JSON"),
        (&[b' '; MOST_BYTES + 1], "larger than 8 MiB"),
    ] {
        let refusal = import(bytes, of(type_name)).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
    for (type_name, name, expected) in [
        ("AWS::Backup", None, "no name of a type"),
        ("AWS::Backup::Cold Vault", None, "no name of a type"),
        (type_name, Some("coldvault"), "no name of a kind"),
        (type_name, Some("backup.Vault"), "no name of a kind"),
        (type_name, Some("sns.topic"), "the program has the kind `sns.topic`"),
    ] {
        let refusal = try_import(&vault(), Import { name, ..of(type_name) }).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{expected}: {refusal}");
    }
}

/// Returns the schema of a type whose list needs properties.
fn child(needs: Json, properties: Json) -> Json {
    let mut schema = vault();
    schema["typeName"] = json!("AWS::ECS::Child");
    schema["properties"] = properties;
    schema["primaryIdentifier"] = json!(["/properties/Cluster", "/properties/ChildName"]);
    schema["handlers"]["list"] = json!({ "permissions": ["ecs:ListServices"], "handlerSchema": needs });
    schema["handlers"]["read"] = json!({ "permissions": ["ecs:DescribeServices"] });
    schema
}

#[test]
fn the_values_of_a_list_come_from_a_parent_or_from_the_user() {
    let properties = || {
        json!({ "Cluster": { "type": "string" }, "ChildName": { "type": "string" },
                "Scope": { "type": "string", "enum": ["ONE", "TWO"] } })
    };
    let given = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let cluster = |attribute: Option<&str>| Parent {
        kind: find("ecs.cluster").unwrap(),
        attribute: attribute.map(str::to_owned),
    };
    let by_scope = json!({ "required": ["Scope"] });
    let both = json!({ "required": ["Cluster", "Scope"] });
    let either = json!({ "oneOf": [{ "required": ["Unknown"] }, { "required": ["Cluster"] }] });
    let empty = &[][..];
    for (needs, parent, pairs, expected) in [
        (
            json!({ "required": ["Cluster"] }),
            None,
            empty,
            &[r#"'{"Cluster":"${parent.name}"}'"#, "parent: ecs.cluster"][..],
        ),
        (json!({ "required": ["ClusterArn"] }), None, empty, &[r#"'{"ClusterArn":"${parent.arn}"}'"#, "cluster_arn:"]),
        (either, None, empty, &[r#"'{"Cluster":"${parent.name}"}'"#]),
        (
            json!({ "required": ["Home"] }),
            Some(cluster(Some("arn"))),
            empty,
            &[r#"'{"Home":"${parent.arn}"}'"#, "each: parent"],
        ),
        (by_scope.clone(), None, &[("Scope", "ONE")], &[r#"'{"Scope":"ONE"}'"#, "each: population", "value: \"ONE\""]),
        (
            by_scope,
            None,
            &[("Scope", "ONE,TWO")],
            &[r#"'{"Scope":"${each}"}'"#, "for_each: [\"ONE\", \"TWO\"]", "value: \"${each}\""],
        ),
        (
            both.clone(),
            None,
            &[("Scope", "it's \"ONE\"")],
            &[r#""{\"Cluster\":\"${parent.name}\",\"Scope\":\"it's \\\"ONE\\\"\"}""#],
        ),
    ] {
        let (schema, given) = (child(needs.clone(), properties()), given(pairs));
        let with = Import { parent: parent.as_ref(), given: &given, ..of("AWS::ECS::Child") };
        let imported = try_import(&schema, with).unwrap_or_else(|refusal| panic!("{needs}: {refusal}"));
        let file = kind_of(&imported);
        assert!(file.kind.attribute("id").is_some());
        for part in expected {
            assert!(imported.text.contains(part), "{needs}: {part}\n{}", imported.text);
        }
    }
    for (needs, parent, pairs, expected) in [
        (json!({ "required": ["Planet"] }), None, empty, "needs Planet for this type; give the kind"),
        (json!({ "required": ["Scope"] }), None, empty, "`--with Scope=ONE,TWO`"),
        (both.clone(), None, empty, "needs Cluster and Scope for this type"),
        (both, None, &[("Scope", "ONE,TWO")], "needs Cluster and Scope"),
        (json!({ "anyOf": [{ "required": ["A"] }, { "required": ["B"] }] }), None, empty, "needs A, or B"),
        (json!({ "required": ["Planet"] }), Some(cluster(None)), empty, "needs Planet"),
        (
            json!({ "required": ["Cluster"] }),
            None,
            &[("Planet", "x")],
            "needs no `Planet` for this type; it needs Cluster",
        ),
        (json!({}), None, &[("Planet", "x")], "needs no `Planet` for this type"),
        (json!({ "required": ["Cluster"] }), None, &[("Cluster", "${arn}")], "`${arn}` is no literal"),
        (json!({ "required": ["a\"b"] }), None, empty, "ListResources needs"),
    ] {
        let (schema, given) = (child(needs.clone(), properties()), given(pairs));
        let with = Import { parent: parent.as_ref(), given: &given, ..of("AWS::ECS::Child") };
        let refusal = try_import(&schema, with).err().map(|refusal| refusal.to_string()).unwrap_or_default();
        assert!(refusal.contains(expected), "{needs}: {expected}: {refusal}");
    }
}

#[test]
fn a_parent_can_be_a_kind_that_was_imported_before() {
    let imported = try_import(&vault(), of("AWS::Backup::ColdVault")).unwrap();
    let own = [kind_of(&imported)];
    let parent = Parent { kind: own[0].kind, attribute: None };
    let schema = child(json!({ "required": ["ColdVaultName"] }), json!({ "ChildName": { "type": "string" } }));
    let with = Import { parent: Some(&parent), own: &own, ..of("AWS::ECS::Child") };
    let text = try_import(&schema, with).unwrap().text;
    assert!(text.contains("parent: backup.cold_vault\n"), "{text}");
    assert!(text.contains(r#"ResourceModel: '{"ColdVaultName":"${parent.name}"}'"#), "{text}");
    let same = Import { parent: Some(&parent), own: &own, name: Some("backup.cold_vault"), ..of("AWS::ECS::Child") };
    assert!(matches!(try_import(&schema, same), Err(Refusal::KnownKind(_))));
}

#[test]
fn a_service_without_regions_has_one_population_for_each_account() {
    for (permission, scope) in [
        ("iam:ListRoles", Scope::Global),
        ("route53:ListHostedZones", Scope::Global),
        ("sqs:ListQueues", Scope::Regional),
    ] {
        let mut schema = vault();
        schema["handlers"]["list"]["permissions"] = json!([permission]);
        let imported = try_import(&schema, of("AWS::Backup::ColdVault")).unwrap();
        assert_eq!(kind_of(&imported).kind.scope, scope, "{permission}");
    }
}

#[test]
fn identifiers_of_several_parts_have_a_name_for_people() {
    let properties = json!({ "A": { "type": "string" } });
    for (identifier, expected) in [
        (json!(["/properties/RestApiId", "/properties/StageName"]), "convert: [{ last_of: \"|\" }]"),
        (json!(["/properties/PolicyName", "/properties/Order"]), "convert: [{ before: \"|\" }]"),
        (
            json!(["/properties/ServiceArn", "/properties/Cluster"]),
            "[{ before: \"|\" }, { last_of: \":\" }, { last_of: \"/\" }]",
        ),
        (json!(["/properties/A", "/properties/BName", "/properties/C"]), "The same as the identifier."),
        (json!(["/properties/ThingArn"]), "arn: { type: text, path: Identifier, required: true"),
    ] {
        let mut schema = vault();
        schema["primaryIdentifier"] = identifier;
        schema["properties"] = properties.clone();
        let imported = try_import(&schema, of("AWS::Backup::ColdVault")).unwrap();
        assert!(imported.text.contains(expected), "{expected}\n{}", imported.text);
        let kind = kind_of(&imported).kind;
        assert!(kind.attributes.iter().take(2).all(|it| {
            kind.call(it.call).is_some_and(|call| matches!(call.frequency, Frequency::Population { .. }))
        }));
    }
}

/// The time in which any schema is read. The machine of a test can be slow.
const SOON: u128 = 20_000;

#[test]
fn a_hostile_schema_ends() {
    let mut deep = json!({ "type": "string" });
    // JSON itself has a limit of 128 levels.
    for _ in 0..50 {
        deep = json!({ "type": "object", "properties": { "A": deep } });
    }
    // Each definition refers ten times to the next one.
    let mut bomb = serde_json::Map::new();
    for level in 0..30 {
        let next = format!("#/definitions/D{}", level + 1);
        let ten: serde_json::Map<String, Json> =
            (0..10).map(|at| (format!("P{at}"), json!({ "$ref": next }))).collect();
        bomb.insert(format!("D{level}"), json!({ "type": "object", "properties": ten }));
    }
    let wide: serde_json::Map<String, Json> =
        (0..60_000).map(|at| (format!("P{at}"), json!({ "type": "string" }))).collect();
    let many: Vec<Json> = (0..2000).map(|_| json!({ "properties": { "A": { "type": "string" } } })).collect();
    let loops = json!({ "$ref": "#/definitions/Loop" });
    for (definitions, properties) in [
        (json!({ "Loop": loops }), json!({ "A": loops, "B": { "type": "boolean" } })),
        (json!({ "Loop": { "type": "array", "items": loops } }), json!({ "A": loops })),
        (json!({ "Loop": { "oneOf": [loops, { "anyOf": [loops] }] } }), json!({ "A": loops })),
        (json!({}), json!({ "A": deep })),
        (json!(bomb), json!({ "A": { "$ref": "#/definitions/D0" } })),
        (json!({}), json!(wide)),
        (json!({}), json!({ "A": { "type": "object", "oneOf": many }, "B": { "allOf": many } })),
        (
            json!({}),
            json!({ "A": { "$ref": "#/definitions/None" }, "B": { "$ref": "http://x" }, "C": 7, "D": { "type": 7 } }),
        ),
        (json!({}), json!({ "a: b\n- c": { "type": "string" }, "\u{202e}": {}, "": {}, "A": { "type": "string" } })),
    ] {
        let mut schema = vault();
        schema["definitions"] = definitions;
        schema["properties"] = properties;
        let began = Instant::now();
        let imported = try_import(&schema, of("AWS::Backup::ColdVault")).unwrap();
        assert!(began.elapsed().as_millis() < SOON, "{:?}", began.elapsed());
        kind_of(&imported);
        assert!(imported.left_out.len() <= 201);
        assert!(!imported.text.contains('\u{202e}') && !imported.text.lines().any(|line| line.starts_with("- c")));
    }
}
