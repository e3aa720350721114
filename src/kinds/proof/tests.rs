#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;
use crate::kinds::FILES;
use attestry_core::kind_files;
use attestry_core::source::{Files, render};

/// A kind whose every line is right.
const RIGHT: &str = r#"kind: test.topic
plural: topics
scope: regional
doc: A topic.
calls:
  - call: sns:ListTopics
    each: population
    items: Topics
    pages: { send: NextToken, next: NextToken, size: 100 }
    attributes:
      arn: { type: text, path: TopicArn, required: true, doc: ARN. }
      name: { type: text, path: TopicArn, convert: { last_of: ":" }, doc: Name. }
  - call: sns:GetTopicAttributes
    each: resource
    parameters: { TopicArn: "${arn}" }
    errors: { NotFound: gone }
    attributes:
      kms_key: { type: text, path: Attributes.KmsMasterKeyId, refers: kms.key, doc: Key. }
  - call: guardduty:ListDetectors
    each: joined
    items: DetectorIds
    join: { first: true }
    pages: { send: NextToken, next: NextToken, size: 50 }
    attributes:
      detector: { type: text, path: "@", doc: Detector. }
"#;

fn mistakes(text: &str) -> Vec<String> {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let id = files.add("kind.yaml", text.to_owned());
    if let Some(file) = kind_files::read(id, text, &mut sink) {
        prove(file, &[], &mut sink);
    }
    sink.sorted().into_iter().map(|it| format!("{} {}", it.message, it.help.clone().unwrap_or_default())).collect()
}

#[test]
fn every_shipped_file_is_as_the_model_of_aws() {
    let mut told = String::new();
    for name in FILES.names() {
        let path = format!("src/kinds/files/{name}.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        let (mut files, mut sink) = (Files::new(), Diagnostics::new());
        if let Some(file) = kind_files::read(files.add(path, text.clone()), &text, &mut sink) {
            prove(file, &[], &mut sink);
        }
        if !sink.is_empty() {
            told.push_str(&render(&files, &sink, false));
        }
    }
    assert!(told.is_empty(), "{told}");
}

#[test]
fn each_spoilt_line_is_found() {
    assert_eq!(mistakes(RIGHT), [] as [&str; 0]);
    for (right, spoilt, expected) in [
        (
            "path: TopicArn, required",
            "path: TopicARN, required",
            "no member `TopicARN` there; did you mean `TopicArn`?",
        ),
        (
            "{ type: text, path: TopicArn, required",
            "{ type: bool, path: TopicArn, required",
            "is a text, and the attribute is true or false",
        ),
        ("items: Topics", "items: Topic", "no member `Topic` there; did you mean `Topics`?"),
        (
            "send: NextToken, next: NextToken, size: 100",
            "send: Token, next: NextToken, size: 100",
            "no parameter `Token`",
        ),
        (
            "send: NextToken, next: NextToken, size: 100",
            "send: NextToken, next: Next, size: 100",
            "no member `Next` there",
        ),
        ("    pages: { send: NextToken, next: NextToken, size: 100 }\n", "", "has pages, with the token `NextToken`"),
        ("NotFound: gone", "NotFoundd: gone", "no error `NotFoundd` did you mean `NotFound`?"),
        ("sns:ListTopics", "sns:ListTopic", "no operation `ListTopic` did you mean `ListTopics`?"),
        ("sns:ListTopics", "snss:ListTopics", "no service `snss`"),
        ("sns:ListTopics", "sns:CreateTopic", "does more than read"),
        ("sns:ListTopics", "secretsmanager:GetSecretValue", "returns secrets"),
        ("    parameters: { TopicArn: \"${arn}\" }\n", "", "requires the parameter `TopicArn`"),
        ("{ TopicArn: \"${arn}\" }", "{ TopicARN: \"${arn}\" }", "no parameter `TopicARN` did you mean `TopicArn`?"),
        ("{ TopicArn: \"${arn}\" }", "{ TopicArn: 12 }", "`TopicArn` is a text"),
        ("{ TopicArn: \"${arn}\" }", "{ TopicArn: \"${anr}\" }", "no earlier call returns `anr` did you mean `arn`?"),
        (
            "    errors: { NotFound: gone }\n",
            "    permissions: [sns:GetTopicAttribute]\n",
            "no action `sns:GetTopicAttribute`",
        ),
        ("    errors: { NotFound: gone }\n", "    permissions: [sns:DeleteTopic]\n", "changes something"),
        (
            "call: guardduty:ListDetectors\n    each: joined\n    items: DetectorIds\n    join: { first: true }\n    pages: { send: NextToken, next: NextToken, size: 50 }\n    attributes:\n      detector: { type: text, path: \"@\", doc: Detector. }",
            "call: lambda:GetFunctionConfiguration\n    each: resource\n    parameters: { FunctionName: \"${name}\" }\n    attributes:\n      environment: { type: { text }, path: Environment.Variables, doc: Values. }",
            "AWS marks `Variables` as sensitive",
        ),
        ("refers: kms.key", "refers: kms.keys", "which is no kind"),
        ("path: \"@\", doc: Detector.", "path: id, doc: Detector.", "which has no members"),
    ] {
        assert!(RIGHT.contains(right), "{right}");
        let found = mistakes(&RIGHT.replacen(right, spoilt, 1));
        assert!(found.iter().any(|it| it.contains(expected)), "{spoilt}: {found:?}");
    }
}

/// The calls and fields of kinds in Rust that AWS's model cannot prove, with the reason.
const UNPROVED: &[(&str, &str, &str)] = &[
    ("account", "GetAccountPublicAccessBlock", "the model has it as s3control:GetPublicAccessBlock"),
    ("iam.credential", "Content.", "columns of a CSV file"),
    ("iam.credential", "access_key_1_last_used_date", "a column of a CSV file"),
    ("iam.credential", "access_key_2", "columns of a CSV file"),
    ("lambda.function", "Variables", "the values are dropped, and only their names are kept"),
    ("logs.group", "retentionPolicyName", "AWS documents it, and the pinned model does not have it yet"),
    ("logs.sweep", "startTime", "a member of the request"),
    ("logs.sweep", "endTime", "a member of the request"),
    ("s3.bucket", "GetAccountPublicAccessBlock", "the model has it as s3control:GetPublicAccessBlock"),
    ("s3.bucket", "KMSMasterKeyID", "AWS marks the name of a key as sensitive, and it is no secret"),
    ("s3.object", "SSEKMSKeyId", "AWS marks the name of a key as sensitive, and it is no secret"),
    ("sqs.queue", "RedrivePolicy", "JSON inside a text"),
];

/// The operation and the fields of every kind in Rust are those of AWS's model.
#[test]
fn every_kind_in_rust_is_as_the_model_of_aws() {
    let (mut wrong, mut proved) = (Vec::new(), 0);
    for kind in crate::kinds::SCHEMAS {
        for call in kind.calls {
            let Some(service) = service(call.service) else {
                wrong.push(format!("{}: no service {}", kind.name, call.service));
                continue;
            };
            let name = format!("{} {}:{}", kind.name, call.service, call.operation);
            for action in [call.permission].into_iter().chain(call.also.iter().copied()).filter(|it| !it.is_empty()) {
                if attestry_iam::reference::action(action).is_none() {
                    wrong.push(format!("{name}: no action {action}"));
                }
            }
            let Some(operation) = service.operation(call.operation) else {
                if service.refused(call.operation).is_none() {
                    wrong.push(format!("{name}: no such operation"));
                }
                continue;
            };
            if let (Some(paging), Some(pages)) = (call.paging, operation.pages()) {
                let (send, next) = (pages.send.first().copied(), pages.next.first().copied());
                if send != Some(paging.token_in) || next != Some(paging.token_out) {
                    wrong.push(format!("{name}: pages by {send:?} and {next:?}"));
                }
            }
            let answer = operation.output().map_or(Typed::Nothing, |it| Typed::Model(Shape::Structure(it)));
            for attribute in kind.attributes.iter().filter(|it| it.call == call.operation) {
                for field in attribute.field.split(", ") {
                    match attestry_core::kind_files::Path::parse(field) {
                        Ok(path) => match paths::of(&path, &answer) {
                            Ok(_) => proved += 1,
                            Err(why) => wrong.push(format!("{} {}: {field}: {why}", kind.name, attribute.name)),
                        },
                        Err(why) => wrong.push(format!("{} {}: {field}: {why}", kind.name, attribute.name)),
                    }
                }
            }
        }
    }
    let excused = |it: &&(&str, &str, &str)| wrong.iter().any(|wrong| wrong.starts_with(it.0) && wrong.contains(it.1));
    let idle: Vec<_> = UNPROVED.iter().filter(|it| !excused(it)).collect();
    assert!(idle.is_empty(), "{idle:?} excuse nothing");
    wrong.retain(|it| !UNPROVED.iter().any(|(kind, part, _)| it.starts_with(kind) && it.contains(part)));
    assert!(wrong.is_empty(), "{proved} proved, {} not:\n{}", wrong.len(), wrong.join("\n"));
    assert!(proved > 300, "{proved}");
}

/// A kind over Cloud Control whose every line is right.
const CLOUD_CONTROL: &str = r#"kind: test.group
plural: groups
scope: regional
doc: A group.
calls:
  - call: cloudcontrol:ListResources
    each: population
    parameters: { TypeName: "AWS::Athena::WorkGroup" }
    items: ResourceDescriptions
    pages: { send: NextToken, next: NextToken }
    permissions: [cloudformation:ListResources, athena:ListWorkGroups]
    attributes:
      id: { type: text, path: Identifier, required: true, doc: Identifier. }
      name: { type: text, path: Identifier, required: true, doc: Identifier. }
  - call: cloudcontrol:GetResource
    each: resource
    parameters: { TypeName: "AWS::Athena::WorkGroup", Identifier: "${id}" }
    document: ResourceDescription.Properties
    permissions: [cloudformation:GetResource, athena:GetWorkGroup]
    unset: unknown
    errors: { ResourceNotFoundException: gone }
    attributes:
      state: { type: text, path: State, doc: State. }
      users: { type: "[record]", path: Users, fields: { name: { type: text, path: Name } }, doc: Users. }
"#;

#[test]
fn a_kind_over_cloud_control_reads_no_secret() {
    assert_eq!(mistakes(CLOUD_CONTROL), [] as [&str; 0]);
    let secret = "path: MasterUser.Password, doc";
    for (right, spoilt, expected) in [
        (
            "document: ResourceDescription.Properties",
            "document: ResourceDescription.Propertys",
            "no member `Propertys`",
        ),
        ("items: ResourceDescriptions\n", "items: ResourceDescriptions\n    document: Properties\n", "as sensitive"),
        ("path: State, doc", secret, "`Password` holds a secret"),
        ("{ type: text, path: Name }", "{ type: text, path: SecretString }", "`SecretString` holds a secret"),
        ("athena:GetWorkGroup]", "secretsmanager:GetSecretValue]", "returns secrets"),
        ("athena:GetWorkGroup]", "S3:getObject]", "returns secrets, or content of customers"),
        ("athena:GetWorkGroup]", "kms:CreateGrant]", "changes something"),
    ] {
        assert!(CLOUD_CONTROL.contains(right), "{right}");
        let found = mistakes(&CLOUD_CONTROL.replacen(right, spoilt, 1));
        assert!(found.iter().any(|it| it.contains(expected)), "{spoilt}: {found:?}");
    }
    let never_returned = CLOUD_CONTROL.replace("path: State, doc", "path: Password, write_only: true, doc");
    assert_eq!(mistakes(&never_returned), [] as [&str; 0]);
}

#[test]
fn a_list_is_never_not_applicable() {
    let line = "    permissions: [cloudformation:ListResources";
    let with = |meaning: &str| {
        let errors = format!("    errors: {{ TypeNotFoundException: {meaning} }}\n{line}");
        mistakes(&CLOUD_CONTROL.replacen(line, &errors, 1))
    };
    assert!(with("{ not_applicable: no such type }").iter().any(|it| it.contains("no attributes that do not apply")));
    assert_eq!(with("empty"), [] as [&str; 0]);
}

#[test]
fn no_kind_is_a_parent_of_its_own_parents() {
    let child = |name: &str, parent: &str| {
        let text = CLOUD_CONTROL.replace("kind: test.group", &format!("kind: {name}\nparent: {parent}"));
        text.replacen("each: population", "each: parent", 1)
    };
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let mut own = Vec::new();
    for (name, parent) in [("test.one", "test.two"), ("test.two", "test.one"), ("test.three", "test.one")] {
        let text = child(name, parent);
        own.push(kind_files::read(files.add(name.to_owned(), text.clone()), &text, &mut sink).unwrap());
    }
    own.iter().for_each(|file| prove(file, &own, &mut sink));
    let circles = sink.iter().filter(|it| it.message.contains("a parent of its own parents")).count();
    assert_eq!(circles, 3, "{}", render(&files, &sink, false));
    for file in &own {
        assert!(crate::kinds::collector(file.kind.name, &own).is_some(), "the search for parents ends");
    }
}
