//! A kind of the user's own, from an empty folder to evidence: imported from a schema, and written by hand.

use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// A schema in the form of the registry. Its properties are not those of AWS.
const SCHEMA: &str = r##"{
  "typeName": "AWS::Athena::WorkGroup",
  "description": "Not repeated.",
  "properties": {
    "Name": { "type": "string" },
    "State": { "type": "string", "enum": ["ENABLED", "DISABLED"] },
    "Purge": { "type": "boolean" },
    "Tags": { "type": "array", "items": { "$ref": "#/definitions/Tag" } },
    "Results": { "type": "object", "properties": { "KmsKey": { "type": "string" }, "Enforced": { "type": "boolean" } } },
    "Rules": { "type": "array", "items": { "type": "object", "properties": {
      "Name": { "type": "string" }, "Public": { "type": "boolean" } } } }
  },
  "definitions": {
    "Tag": { "type": "object", "properties": { "Key": { "type": "string" }, "Value": { "type": "string" } } }
  },
  "primaryIdentifier": ["/properties/Name"],
  "writeOnlyProperties": ["/properties/Purge"],
  "handlers": {
    "read": { "permissions": ["athena:GetWorkGroup", "athena:ListTagsForResource", "kms:Decrypt"] },
    "list": { "permissions": ["athena:ListWorkGroups"] }
  }
}"##;

const BY_HAND: &str = r#"kind: athena.workgroup
plural: workgroups
scope: regional
doc: An Athena workgroup of this account and Region.
calls:
  - call: athena:ListWorkGroups
    each: population
    items: WorkGroups
    pages: { send: NextToken, next: NextToken, size: 50 }
    attributes:
      name: { type: text, path: Name, required: true, doc: Name. }
      id: { type: text, path: Name, required: true, doc: The same as the name. }
      state: { type: text, path: State, doc: ENABLED or DISABLED. }
  - call: athena:GetWorkGroup
    each: resource
    parameters: { WorkGroup: "${name}" }
    items: WorkGroup
    attributes:
      results.enforced:
        type: bool
        path: Configuration.EnforceWorkGroupConfiguration
        doc: Whether clients cannot override the settings.
      results.kms_key:
        type: text
        path: Configuration.ResultConfiguration.EncryptionConfiguration.KmsKey
        refers: kms.key
        doc: Key of the results; absent when none is set.
"#;

/// The suite, with one policy and a described account.
const SUITE: &str = "suite: own
title: Own kinds
kinds: [kinds/*.yaml]
policies: [policy.yaml]
stages:
  dev: { account: \"111122223333\", regions: [eu-central-1], described: account.yaml }
";

/// Cases over a kind: each has a condition, and a violated example.
fn policy(kind: &str, cases: &[(&str, &str, &str)]) -> String {
    let case = |(id, expect, violated): &(&str, &str, &str)| {
        format!(
            "  {id}:\n    title: {id}\n    each: {kind}\n    when_none: violated\n    expect: {expect}\n    examples: {{ \
             violated: {{ name: a, {violated} }} }}\n"
        )
    };
    let cases: String = cases.iter().map(case).collect();
    format!("id: OWN\ntitle: Own\nseverity: high\ncases:\n{cases}")
}

fn account(answers: &str) -> String {
    format!(
        "account: \"111122223333\"\nregions: [eu-central-1]\nas_of: 2026-11-20T00:00:00Z\nanswers:\n{answers}  kms:\n    \
         ListKeys: {{ Keys: [{{ KeyId: k1, KeyArn: \"arn:aws:kms:eu-central-1:111122223333:key/k1\" }}] }}\n    \
         ListAliases: {{ Aliases: [{{ AliasName: alias/data, AliasArn: \
         \"arn:aws:kms:eu-central-1:111122223333:alias/data\", TargetKeyId: k1 }}] }}\n    DescribeKey: {{ KeyMetadata: {{ \
         KeyId: k1, Arn: \"arn:aws:kms:eu-central-1:111122223333:key/k1\", KeyManager: CUSTOMER, AWSAccountId: \
         \"111122223333\", Enabled: true, KeyState: Enabled, CreationDate: 2026-01-01T00:00:00Z, Origin: AWS_KMS, KeyUsage: \
         ENCRYPT_DECRYPT, KeySpec: SYMMETRIC_DEFAULT, MultiRegion: false }} }}\n"
    )
}

/// An empty folder with only the binary.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The exit code, standard output and standard error of a command.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::cargo_bin("attestry").unwrap();
        let output = command.env_clear().current_dir(self.path()).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// Everything that a command shows. It must end with this exit code.
    fn shown(&self, code: i32, arguments: &[&str]) -> String {
        let (found, out, err) = self.run(arguments);
        assert_eq!(found, code, "{arguments:?}\n{out}{err}");
        format!("{out}{err}")
    }

    /// Checks, plans and runs the suite, and judges its evidence again where the kinds are not.
    fn check_plan_run_and_verify(&self, kind: &str, calls: &[&str], permissions: &[&str], verdicts: &[(&str, &str)]) {
        let checked = self.shown(0, &["check", "suite.yaml"]);
        assert!(checked.contains(&format!("{} cases: no problems", verdicts.len())), "{checked}");
        let described = self.shown(0, &["kinds", kind, "--suite", "suite.yaml"]);
        assert!(described.contains("names a resource of kms.key"), "{described}");
        let planned = self.shown(0, &["plan", "suite.yaml", "--stage", "dev"]);
        assert!(planned.contains(&format!("{kind} for {} cases", verdicts.len())), "{planned}");
        assert!(calls.iter().all(|call| planned.contains(call)), "{planned}");
        let policy: serde_json::Value =
            serde_json::from_str(&self.shown(0, &["permissions", "suite.yaml", "--stage", "dev"])).unwrap();
        assert_eq!(policy["Statement"][0]["Action"], serde_json::json!(permissions));
        self.shown(3, &["run", "suite.yaml", "--stage", "dev", "--out", "out", "--quiet"]);
        let results = std::fs::read_to_string(self.path().join("out/results.json")).unwrap();
        let results: serde_json::Value = serde_json::from_str(&results).unwrap();
        let found: Vec<(&str, &str)> = results["cases"].as_array().unwrap().iter().map(verdict).collect();
        assert_eq!(found, verdicts);

        // The copy has neither the suite nor the kinds.
        let elsewhere = Self::new();
        let copied =
            std::process::Command::new("cp").arg("-r").arg(self.path().join("out")).arg(elsewhere.path()).status();
        assert!(copied.unwrap().success());
        let verified = elsewhere.shown(0, &["verify", "out"]);
        assert!(verified.contains(&format!("{} verdicts confirmed", verdicts.len())), "{verified}");
        let again = elsewhere.shown(0, &["reperform", "out"]);
        assert!(again.contains("byte-identical with the stored verdicts"), "{again}");
    }
}

fn verdict(case: &serde_json::Value) -> (&str, &str) {
    (case["id"].as_str().unwrap(), case["verdict"].as_str().unwrap())
}

fn imported() -> Desk {
    let desk = Desk::new();
    desk.write("schema.json", SCHEMA);
    let file = "kinds/athena.work_group.yaml";
    let shown = desk.shown(0, &["kinds", "import", "AWS::Athena::WorkGroup", "--schema", "schema.json", "--out", file]);
    assert!(shown.contains("left out: kms:Decrypt of the read handler: it returns secrets"), "{shown}");
    assert!(
        shown.contains("wrote kinds/athena.work_group.yaml: the kind `athena.work_group` with 8 attributes"),
        "{shown}"
    );
    desk.write("suite.yaml", SUITE);
    desk
}

#[test]
fn an_imported_kind_goes_from_an_empty_folder_to_evidence() {
    let desk = imported();
    let cases = [
        ("enabled", "{ state: ENABLED }", "state: DISABLED"),
        ("key", "{ results.kms_key.manager: CUSTOMER }", "results: { kms_key: { manager: AWS } }"),
        ("owner", "{ tags.owner: { present: true } }", "tags: {}"),
        ("enforced", "{ results.enforced: true }", "results: { enforced: false }"),
        ("private", "{ rules: { none: { public: true } } }", "rules: [{ public: true }]"),
        ("named", "{ rules: { each: { name: { present: true } } } }", "rules: [{ public: true }]"),
        ("purge", "{ purge: false }", "purge: true"),
    ];
    desk.write("policy.yaml", &policy("athena.work_group", &cases));
    // The second group has no `Enforced`, and one of its rules has no `Public`.
    let resource = |name: &str, more: &str| {
        format!(
            "        {name}: {{ ResourceDescription: {{ Identifier: {name}, Properties: '{{\"Name\":\"{name}\",\
             \"State\":\"ENABLED\",{more}}}' }} }}\n"
        )
    };
    let answers = format!(
        "  cloudcontrol:\n    ListResources: {{ ResourceDescriptions: [{{ Identifier: one }}, {{ Identifier: two }}] }}\n    \
         GetResource:\n      by Identifier:\n{}{}",
        resource(
            "one",
            r#""Tags":[{"Key":"owner","Value":"pay"}],"Results":{"KmsKey":"alias/data","Enforced":true},"Rules":[{"Name":"a","Public":false}]"#
        ),
        resource("two", r#""Tags":[{"Key":"cost","Value":"1"}],"Results":{"KmsKey":"k1"},"Rules":[{"Name":"b"}]"#),
    );
    desk.write("account.yaml", &account(&answers));
    desk.check_plan_run_and_verify(
        "athena.work_group",
        &["cloudcontrol:ListResources", "cloudcontrol:GetResource", "kms:DescribeKey"],
        &[
            "athena:GetWorkGroup",
            "athena:ListTagsForResource",
            "athena:ListWorkGroups",
            "cloudformation:GetResource",
            "cloudformation:ListResources",
            "kms:DescribeKey",
            "kms:ListAliases",
            "kms:ListKeys",
        ],
        &[
            ("OWN/enabled", "met"),
            ("OWN/key", "met"),
            ("OWN/owner", "violated"),
            ("OWN/enforced", "not_evaluated"),
            ("OWN/private", "not_evaluated"),
            ("OWN/named", "met"),
            ("OWN/purge", "not_evaluated"),
        ],
    );
    let told = std::fs::read_to_string(desk.path().join("out/console.txt")).unwrap();
    assert!(told.contains("2/2 work groups (qualified)"), "{told}");
    assert!(told.contains("qualified: athena.work_group: Cloud Control can end the list"), "{told}");
    assert!(told.contains("this API leaves values out") && told.contains("AWS never returns this value"), "{told}");
}

/// A schema whose list needs the name of a work group.
const CHILD: &str = r#"{
  "typeName": "AWS::Athena::Statement",
  "properties": { "Group": { "type": "string" }, "Name": { "type": "string" }, "Text": { "type": "string" } },
  "primaryIdentifier": ["/properties/Name", "/properties/Group"],
  "handlers": {
    "read": { "permissions": ["athena:GetPreparedStatement"] },
    "list": { "permissions": ["athena:ListPreparedStatements"], "handlerSchema": { "required": ["WorkGroup"] } }
  }
}"#;

#[test]
fn a_kind_can_have_a_parent_of_the_same_suite() {
    let desk = imported();
    desk.write("child.json", CHILD);
    let import = |parent: &[&str]| {
        let arguments = ["kinds", "import", "AWS::Athena::Statement", "--schema", "child.json"];
        let out = ["--out", "kinds/athena.statement.yaml"];
        desk.run(&arguments.iter().chain(parent).chain(&out).copied().collect::<Vec<_>>())
    };
    let (code, _, err) = import(&[]);
    assert!(code == 2 && err.contains("ListResources needs WorkGroup for this type; give the kind"), "{err}");
    let (code, _, err) = import(&["--parent", "kinds/athena.work_group.yaml"]);
    assert_eq!(code, 0, "{err}");
    let cases = [("texts", "{ text: { present: true }, work_group: { present: true } }", "work_group: w")];
    desk.write("policy.yaml", &policy("athena.statement", &cases));
    let child =
        |id: &str| format!("{{ ResourceDescription: {{ Identifier: \"{id}\", Properties: '{{\"Text\":\"x\"}}' }} }}");
    // A name with quotes stays one name in the JSON text of the request.
    let answers = format!(
        r#"  cloudcontrol:
    ListResources:
      by TypeName:
        AWS::Athena::WorkGroup: {{ ResourceDescriptions: [{{ Identifier: one }}, {{ Identifier: 'a", "b' }}] }}
        AWS::Athena::Statement:
          by ResourceModel:
            '{{"WorkGroup":"one"}}': {{ ResourceDescriptions: [{{ Identifier: x|one }}, {{ Identifier: y|one }}] }}
            '{{"WorkGroup":"a\", \"b"}}': {{ ResourceDescriptions: [] }}
    GetResource:
      by Identifier:
        x|one: {}
        y|one: {}
"#,
        child("x|one"),
        child("y|one")
    );
    desk.write("account.yaml", &account(&answers));
    let shown = desk.shown(0, &["run", "suite.yaml", "--stage", "dev", "--out", "out"]);
    assert!(shown.contains("MET    OWN/texts  2/2 statements (qualified)"), "{shown}");
    // One list of the parents, one list for each of them, and one read for each statement.
    assert!(shown.contains("· 6 calls"), "{shown}");
    let planned = desk.shown(0, &["plan", "suite.yaml", "--stage", "dev"]);
    assert!(planned.contains("athena.work_group for 0 cases"), "{planned}");
    // Cloud Control also answers so for a value of the wrong form, so this is not a parent that went.
    let unknown = answers.replace("{ ResourceDescriptions: [] }", "{ error: ResourceNotFoundException }");
    desk.write("account.yaml", &account(&unknown));
    let shown = desk.shown(3, &["run", "suite.yaml", "--stage", "dev", "--out", "out"]);
    assert!(shown.contains("BLIND  OWN/texts  2/2+ statements (qualified)"), "{shown}");
}

#[test]
fn a_region_without_the_type_is_no_empty_population() {
    let desk = imported();
    let cases = [("enabled", "{ state: ENABLED }", "state: DISABLED")];
    let policy = policy("athena.work_group", &cases).replace("when_none: violated", "when_none: met");
    desk.write("policy.yaml", &policy);
    for (answer, code, word) in [
        ("{ error: TypeNotFoundException }", 3, "BLIND  OWN/enabled"),
        ("{ error: UnsupportedActionException }", 3, "BLIND  OWN/enabled"),
        ("{ ResourceDescriptions: [] }", 0, "MET    OWN/enabled"),
    ] {
        desk.write("account.yaml", &account(&format!("  cloudcontrol:\n    ListResources: {answer}\n")));
        let shown = desk.shown(code, &["run", "suite.yaml", "--stage", "dev", "--out", "out"]);
        assert!(shown.contains(word), "{answer}: {shown}");
    }
}

#[test]
fn a_kind_by_hand_goes_from_an_empty_folder_to_evidence() {
    let desk = Desk::new();
    desk.write("kinds/athena.workgroup.yaml", BY_HAND);
    desk.write("suite.yaml", SUITE);
    let cases = [
        ("enabled", "{ state: ENABLED }", "state: DISABLED"),
        ("key", "{ results.kms_key.manager: CUSTOMER }", "results: { kms_key: { manager: AWS } }"),
        ("enforced", "{ results.enforced: true }", "results: { enforced: false }"),
    ];
    desk.write("policy.yaml", &policy("athena.workgroup", &cases));
    let answers = "  athena:
    ListWorkGroups: { WorkGroups: [{ Name: one, State: ENABLED }, { Name: two, State: ENABLED }, { Name: three, State: ENABLED }] }
    GetWorkGroup:
      by WorkGroup:
        one: { WorkGroup: { Name: one, Configuration: { EnforceWorkGroupConfiguration: true, ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: SSE_KMS, KmsKey: alias/data } } } } }
        two: { WorkGroup: { Name: two, Configuration: { EnforceWorkGroupConfiguration: true } } }
        three: { error: AccessDeniedException }
";
    desk.write("account.yaml", &account(answers));
    desk.check_plan_run_and_verify(
        "athena.workgroup",
        &["athena:ListWorkGroups", "athena:GetWorkGroup", "kms:DescribeKey"],
        &["athena:GetWorkGroup", "athena:ListWorkGroups", "kms:DescribeKey", "kms:ListAliases", "kms:ListKeys"],
        &[("OWN/enabled", "met"), ("OWN/key", "violated"), ("OWN/enforced", "not_evaluated")],
    );
}

#[test]
fn a_mistake_in_a_kind_file_is_told_at_its_line() {
    let desk = Desk::new();
    desk.write("suite.yaml", SUITE);
    desk.write("policy.yaml", &policy("athena.workgroup", &[("enabled", "{ state: ENABLED }", "state: DISABLED")]));
    desk.write("account.yaml", &account(""));
    for (right, wrong, line, expected) in [
        ("items: WorkGroups", "items: WorkGroup", "8:12", "did you mean `WorkGroups`?"),
        ("path: State", "path: Status", "13:34", "did you mean `State`?"),
        ("type: bool", "type: boole", "20:15", "did you mean `bool`?"),
        ("refers: kms.key", "refers: kms.keys", "25:15", "did you mean `kms.key`?"),
        ("athena:GetWorkGroup", "athena:GetWorkGrup", "14:11", "did you mean `GetWorkGroup`?"),
        ("athena:GetWorkGroup", "secretsmanager:GetSecretValue", "14:11", "returns secrets"),
        ("${name}", "${nam}", "16:19", "did you mean `name`?"),
    ] {
        assert!(BY_HAND.contains(right), "{right}");
        desk.write("kinds/athena.workgroup.yaml", &BY_HAND.replacen(right, wrong, 1));
        for command in [&["check", "suite.yaml"][..], &["run", "suite.yaml", "--stage", "dev"]] {
            let shown = desk.shown(2, command);
            assert!(shown.contains(expected), "{wrong}: {shown}");
            assert!(shown.contains(&format!("kinds/athena.workgroup.yaml:{line}")), "{wrong}: {shown}");
        }
    }
}

#[test]
fn an_import_writes_once_and_refuses_with_a_reason() {
    let desk = imported();
    let import = |more: &[&str]| {
        let arguments = ["kinds", "import", "AWS::Athena::WorkGroup", "--schema", "schema.json"];
        desk.run(&arguments.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let file = "kinds/athena.work_group.yaml";
    let written = std::fs::read_to_string(desk.path().join(file)).unwrap();
    let (code, out, _) = import(&[]);
    assert_eq!((code, &out), (0, &written));
    assert_eq!(import(&["--out", "-"]).1, written);
    let (code, _, err) = import(&["--out", file]);
    assert!(code == 6 && err.contains("the file exists and is not overwritten"), "{err}");
    desk.write("folder/aws-athena-workgroup.json", SCHEMA);
    let shown = desk.shown(0, &["kinds", "import", "AWS::Athena::WorkGroup", "--schema", "folder"]);
    assert!(shown.contains(&written), "{shown}");
    for (more, expected) in [
        (&["--name", "kms.key"][..], "the program has the kind `kms.key`"),
        (&["--parent", "ecs.clutser"], "did you mean `ecs.cluster`?"),
        (&["--parent", "ecs.cluster:arm"], "did you mean `arn`?"),
        (&["--parent", "schema.json"], "schema.json"),
        (&["--with", "Scope"], "expected PROPERTY=VALUE"),
        (&["--with", "Scope=x"], "needs no `Scope`"),
    ] {
        let (code, _, err) = import(more);
        assert!(code == 2 && err.contains(expected), "{more:?}: {code} {err}");
    }
    for (arguments, expected) in [
        (["AWS::Athena::Other", "schema.json"], "the schema is that of `AWS::Athena::WorkGroup`"),
        (["AWS::Athena::WorkGroup", "none.json"], "none.json"),
        (["AWS::Athena::WorkGroup", "suite.yaml"], "no JSON"),
    ] {
        let (code, _, err) = desk.run(&["kinds", "import", arguments[0], "--schema", arguments[1]]);
        assert!(code == 2 && err.contains(expected), "{arguments:?}: {code} {err}");
    }
    // The other uses of the command stay.
    assert!(desk.shown(0, &["kinds"]).contains("kms.key"));
    assert!(desk.shown(0, &["kinds", "kms.key"]).contains("rotation.enabled"));
}
