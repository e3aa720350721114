//! Tests in tables over all matchers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::facts::{Kind, Resource, Scope, Type, Value};

fn now() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn setting() -> MatchContext<'static> {
    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[],
        calls: &[],
    };
    static THING: LazyLock<Resource> =
        LazyLock::new(|| Resource::new(&KIND, "647751526084".into(), "aws-global".into(), "example", "example"));
    MatchContext::of(&THING, now())
}

fn on(keyword: &str, actual: Option<Value>, operand: Operand) -> MatchResult {
    find(keyword).unwrap().test(actual.as_ref(), &operand, &setting())
}

fn one(value: impl Into<Value>) -> Operand {
    Operand::Value(value.into())
}

fn all_of(keyword: &str, operand: Operand) -> Operand {
    Operand::Condition(Box::new(Condition::Tests(vec![Test { matcher: find(keyword).unwrap(), operand }])))
}

fn ago(seconds: i64) -> Option<Value> {
    Some(Value::Time(Timestamp::from_second(now().as_second() - seconds).unwrap()))
}

#[test]
fn every_matcher_on_a_value_that_holds_and_one_that_does_not() {
    let text = |it: &str| Some(Value::from(it));
    let texts = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let days = |n: i64| Value::days(n);
    let regex = |it: &str| Operand::Regex(regex::Regex::new(it).unwrap());
    let glob = |it: &str| Operand::Glob(Glob::new(it));
    // The keyword, the operand, a value that holds, and a value that does not hold.
    let table: Vec<(&str, Operand, Option<Value>, Option<Value>)> = vec![
        ("equals", one(true), Some(true.into()), Some(false.into())),
        ("equals", one("a"), text("a"), None),
        ("not", all_of("equals", one("a")), text("b"), text("a")),
        ("not", all_of("equals", one("a")), None, text("a")),
        ("one_of", Operand::Values(vec!["a".into(), "b".into()]), text("b"), text("c")),
        ("at_least", one(3i64), Some(3i64.into()), Some(2i64.into())),
        ("at_least", Operand::Value(days(2557)), Some(days(3653)), Some(days(365))),
        ("at_least", Operand::Value(days(1)), Some(days(1)), None),
        ("at_most", one(3i64), Some(3i64.into()), Some(4i64.into())),
        ("at_most", Operand::Value(days(90)), Some(days(90)), Some(days(91))),
        ("within", Operand::Value(days(1)), ago(86_400), ago(86_401)),
        ("within", Operand::Value(days(1)), ago(-60), ago(-3600)),
        ("older_than", Operand::Value(days(1)), ago(86_401), ago(86_400)),
        ("due_within", Operand::Value(days(1)), ago(-86_400), ago(60)),
        ("glob", glob("bank-*/x?"), text("bank-aml/xy"), text("bank-aml/x")),
        ("glob", glob("bank-*"), text("bank-"), text("my-bank-a")),
        ("matches", regex("^nodejs(22|24)"), text("nodejs22.x"), text("nodejs20.x")),
        ("starts_with", one("/bank"), text("/bank/dev"), text("x/bank")),
        ("contains", one("an"), text("bank"), text("b")),
        ("contains", one("a"), texts(&["b", "a"]), texts(&["ab"])),
        (
            "contains",
            one("k"),
            Some(Value::Map(BTreeMap::from([("k".into(), "v".into())]))),
            Some(Value::Map(BTreeMap::new())),
        ),
        ("count", all_of("at_least", one(2i64)), texts(&["a", "b"]), texts(&["a"])),
        ("count", all_of("equals", one(0i64)), None, texts(&["a"])),
        ("present", Operand::Flag, text(""), None),
        ("absent", Operand::Flag, None, text("")),
        ("each", all_of("glob", glob("a*")), texts(&["ab", "ac"]), texts(&["ab", "b"])),
        ("each", all_of("glob", glob("a*")), None, texts(&["b"])),
        ("any", all_of("glob", glob("a*")), texts(&["b", "ac"]), texts(&[])),
        ("none", all_of("glob", glob("a*")), texts(&["b"]), texts(&["b", "ac"])),
        ("none", all_of("glob", glob("a*")), None, texts(&["a"])),
    ];
    for (keyword, operand, holds, fails) in &table {
        assert_eq!(
            on(keyword, holds.clone(), operand.clone()),
            MatchResult::Holds,
            "{keyword} {operand} should hold of {holds:?}"
        );
        assert_eq!(
            on(keyword, fails.clone(), operand.clone()),
            MatchResult::Fails(None),
            "{keyword} {operand} should not hold of {fails:?}"
        );
    }
    let tested: BTreeSet<&str> = table.iter().map(|row| row.0).collect();
    // Claims over documents have three answers. tests/it/reference.rs judges an example of each answer.
    let plain = ALL.iter().filter(|matcher| matcher.example().undecided.is_none());
    let existing: BTreeSet<&str> = plain.map(|matcher| matcher.keyword()).collect();
    assert_eq!(tested, existing, "every matcher has rows in this table");
}

#[test]
fn one_name_meets_only_what_a_text_must_have() {
    let named: Vec<_> = ALL.iter().filter_map(|it| Some((it.keyword(), it.names()?))).collect();
    assert!(named.contains(&("equals", Quantity::One)) && named.contains(&("not", Quantity::All)), "{named:?}");
    let expression = regex::Regex::new("a").unwrap();
    for (keyword, quantity) in named {
        let matcher = find(keyword).unwrap();
        let operand = match matcher.takes(Type::Text).unwrap() {
            Takes::Condition(_) => all_of("equals", one("a")),
            Takes::Values(_) => Operand::Values(vec!["a".into()]),
            Takes::Glob => Operand::Glob(Glob::new("a")),
            Takes::Regex => Operand::Regex(expression.clone()),
            Takes::Value(_) => one("a"),
            Takes::Flag => Operand::Flag,
        };
        // A matcher that an absent text meets is negative. One name that meets it proves nothing about the other names.
        let is_negative = !on(keyword, None, operand).is_failure();
        assert_eq!(quantity == Quantity::All, is_negative, "{keyword}");
    }
}

#[test]
fn record_conditions_need_all_fields() {
    let record = |kind: &str, size: i64| Value::record([("kind", Some(kind.into())), ("size", Some(size.into()))]);
    let condition = Condition::Fields(vec![
        (vec!["kind".into()], Condition::Tests(vec![Test { matcher: equality(), operand: one("a") }])),
        (vec!["size".into()], Condition::Tests(vec![Test { matcher: find("at_least").unwrap(), operand: one(2i64) }])),
    ]);
    let test = |record: Option<&Value>| condition.test(record, &setting());
    assert_eq!(test(Some(&record("a", 2))), MatchResult::Holds);
    assert_eq!(test(Some(&record("a", 1))), MatchResult::Fails(None));
    assert_eq!(test(Some(&record("b", 2))), MatchResult::Fails(None));
    assert_eq!(test(None), MatchResult::Fails(None));
}

#[test]
fn a_deny_for_some_principals_proves_nothing() {
    let texts = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let statement = |effect: &str, principal: &str| {
        Value::record([
            ("effect", Some(effect.into())),
            ("principals", texts(&[principal])),
            ("actions", texts(&["kms:*"])),
            ("resources", texts(&["*"])),
            ("conditions", texts(&[])),
        ])
    };
    let area = || Operand::Value(Value::record([("actions", texts(&["kms:Decrypt"]))]));
    let with = |principal: &str| Some(Value::List(vec![statement("Allow", "*"), statement("Deny", principal)]));
    for keyword in ["denies", "never_grants"] {
        assert_eq!(on(keyword, with("*"), area()), MatchResult::Holds, "{keyword}");
    }
    let role = || with("AWS:arn:aws:iam::111122223333:role/x");
    // The Deny does not apply to principals that it does not name. Their permissions are another question.
    assert!(matches!(on("denies", role(), area()), MatchResult::Fails(Some(_))));
    let grants = on("never_grants", role(), area());
    assert!(matches!(grants, MatchResult::Undecided(_)), "{grants:?}");
}

#[test]
fn a_managed_policy_can_be_attached_to_any_identity() {
    static KIND: Kind = Kind {
        name: "test.document",
        plural: "documents",
        scope: Scope::Global,
        doc: "A document.",
        parent: None,
        qualified: "",
        attributes: &[],
        calls: &[],
    };
    let texts = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let claim = |arn: &str, condition: &str| {
        let statement = Value::record([
            ("effect", Some("Allow".into())),
            ("actions", texts(&["kms:*"])),
            ("resources", texts(&["*"])),
            ("conditions", texts(&[condition])),
        ]);
        let resource = Resource::new(&KIND, "111122223333".into(), "aws-global".into(), arn, "name");
        let area = Operand::Value(Value::record([("actions", texts(&["kms:Decrypt"]))]));
        let setting = MatchContext::of(&resource, now());
        find("never_grants").unwrap().test(Some(&Value::List(vec![statement])), &area, &setting)
    };
    let (tag, organization) = ("StringEquals aws:PrincipalTag/team platform", "StringEquals aws:PrincipalOrgID o-1");
    let (own, of_aws) = ("arn:aws:iam::111122223333:policy/a/b", "arn:aws:iam::aws:policy/service-role/b");
    for (arn, condition) in [(own, tag), (of_aws, tag), (of_aws, organization)] {
        let MatchResult::Fails(Some(shown)) = claim(arn, condition) else { panic!("{condition} of {arn} is open") };
        let Value::Map(shown) = shown.shown else { panic!("no request") };
        assert!(matches!(&shown["when"], Value::Map(when) if when.len() == 1), "{shown:?}");
    }
    for (arn, condition) in [
        // The account of a policy belongs to one organization, and the facts do not contain it.
        (own, organization),
        ("arn:aws:iam::111122223333:role/a", tag),
        ("arn:aws:iam::111122223333:group/a", tag),
        ("arn:aws:iam::aws:policy/aws-service-role/b", tag),
        ("arn:aws:iam::aws:policy/root-task/b", tag),
    ] {
        assert!(matches!(claim(arn, condition), MatchResult::Undecided(_)), "{condition} of {arn}");
    }
}

#[test]
fn a_deny_that_leaves_somebody_out_does_not_deny_everybody() {
    let texts = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let deny = |field: &str, principals: &[&str], condition: &[&str]| {
        Value::record([
            ("effect", Some("Deny".into())),
            (field, texts(principals)),
            ("actions", texts(&["kms:*"])),
            ("resources", texts(&["*"])),
            ("conditions", texts(condition)),
        ])
    };
    let claim = |statements: Vec<Value>| {
        let area = Operand::Value(Value::record([("actions", texts(&["kms:Decrypt"]))]));
        match on("denies", Some(Value::List(statements)), area) {
            MatchResult::Holds => "met",
            MatchResult::Fails(_) => "violated",
            MatchResult::Undecided(_) | MatchResult::Withheld => "open",
        }
    };
    let (role, root) = ("AWS:arn:aws:iam::111122223333:role/x", "AWS:arn:aws:iam::111122223333:root");
    assert_eq!(claim(vec![deny("principals", &[role], &[])]), "violated");
    assert_eq!(claim(vec![deny("principals", &["*"], &[]), deny("principals", &[role], &[])]), "met");
    assert_eq!(claim(vec![deny("not_principals", &[role, root], &[])]), "violated");
    // Together, the two statements deny every caller.
    assert_eq!(
        claim(vec![
            deny("not_principals", &["Service:sns.amazonaws.com"], &[]),
            deny("principals", &["Service:sns.amazonaws.com"], &[])
        ]),
        "met"
    );
    assert_eq!(claim(vec![deny("not_principals", &[role, root], &[]), deny("principals", &[role], &[])]), "violated");
    // Without the account in the list, AWS does not document whether the role is excluded.
    assert_eq!(claim(vec![deny("not_principals", &[role], &[])]), "open");
    // Other principals use TLS.
    assert_eq!(
        claim(vec![deny("principals", &["*"], &["Bool aws:SecureTransport false"]), deny("principals", &[role], &[])]),
        "violated"
    );
}

#[test]
fn who_can_be_an_exception_is_checked() {
    let wrong = |text: &str| {
        let operand = Operand::Value(Value::texts([text]));
        find("no_cross_account_except").unwrap().validate_operand(&operand).len()
    };
    for fine in [
        "111122223333",
        "o-a1b2c3d4e5",
        "ou-ab12-11111111",
        "vpc-0a1b2c3d",
        "vpce-0a1b2c3d4e5f60718",
        "sns.amazonaws.com",
        "logs.cn-north-1.amazonaws.com.cn",
        "arn:aws:s3:::uploads",
        "arn:aws:iam::111122223333:role/x",
        "eu-west-1:0a1b2c3d-0000-4000-8000-000000000001",
    ] {
        assert_eq!(wrong(fine), 0, "{fine}");
    }
    for odd in [
        "1111-2222-3333",
        "o-",
        "O-A1B2C3D4E5",
        "o-a1*",
        "ou_ab12",
        "vpc-xyz",
        "vpce-",
        "sns",
        "*.amazonaws.com",
        "arn:aws:s3:::*",
        "arn:aws",
        "",
    ] {
        assert_eq!(wrong(odd), 1, "{odd}");
    }
}

#[test]
fn a_service_that_there_is_not_is_objected_to() {
    let claim = |service: &str| {
        let list = |items: &[&str]| Some(Value::texts(items.iter().copied()));
        let fields = [("services", list(&[service])), ("actions", list(&["secretsmanager/read"]))];
        find("grants_only").unwrap().validate_operand(&Operand::Value(Value::record(fields)))
    };
    assert_eq!(claim("secretsmanager"), []);
    let found = claim("secretmanager");
    assert!(matches!(found.as_slice(), [one] if one.fatal && one.text == "secretmanager"), "{found:?}");
    assert!(found[0].candidates.contains(&"secretsmanager".to_owned()));
}

#[test]
fn a_resource_that_no_action_of_a_claim_can_name_is_objected_to() {
    let claim = |actions: &[&str], resource: &str| {
        let list = |items: &[&str]| Some(Value::texts(items.iter().copied()));
        let fields = [("actions", list(actions)), ("resources", list(&[resource]))];
        find("never_grants").unwrap().validate_operand(&Operand::Value(Value::record(fields)))
    };
    for right in [
        "*",
        "arn:*",
        "arn:aws:secretsmanager:*:111122223333:secret:bank-*",
        "arn:aws-cn:secretsmanager:*:*:secret:*",
        "*:secret:bank-core-*",
        "arn:*:secretsmanager:eu-west-1:*:secret:a-??????",
    ] {
        assert_eq!(claim(&["secretsmanager:DeleteSecret"], right), [], "{right}");
    }
    for wrong in [
        "arn:aws:secretmanager:*:111122223333:secret:bank-*",
        "arn:aws:secretsmanager:111122223333:secret:bank-*",
        "arn:aws:secretsmanager:*:111122223333:secrets:bank-*",
        "bank-*",
        "arn:aws:ssm:*:111122223333:parameter/bank-*",
    ] {
        let found = claim(&["secretsmanager:DeleteSecret"], wrong);
        assert!(matches!(found.as_slice(), [one] if one.fatal && one.text == wrong), "{wrong}: {found:?}");
    }
    // Two cases without an error: an action that works without a resource, and an action that is not in our reference.
    assert_eq!(claim(&["s3:ListAllMyBuckets"], "arn:aws:s3:::*"), []);
    let found = claim(&["secretsmanager:FromNextYear"], "arn:aws:secretsmanager:*:*:else:*");
    assert!(matches!(found.as_slice(), [one] if !one.fatal), "{found:?}");
}

#[test]
fn what_everything_meets_is_objected_to() {
    let regex = |it: &str| Operand::Regex(regex::Regex::new(it).unwrap());
    let glob = |it: &str| Operand::Glob(Glob::new(it));
    let list = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let claim = |field: &'static str, patterns: &[&str]| {
        let fields = [("actions", list(&["secretsmanager/mutate"])), (field, list(patterns))];
        Operand::Value(Value::record(fields))
    };
    let secrets = "arn:aws:secretsmanager:*:*:secret:*";
    for (keyword, nothing, something) in [
        ("starts_with", one(""), one("/")),
        ("contains", one(""), one("a")),
        ("glob", glob("*"), glob("*a")),
        ("glob", glob("**"), glob("")),
        ("matches", regex(""), regex("^$")),
        ("matches", regex("^.*$"), regex("^a.*$")),
        ("equals", one(""), one("")),
        ("never_grants", claim("outside", &[secrets]), claim("outside", &["arn:aws:secretsmanager:*:*:secret:bank-*"])),
        ("never_grants", claim("outside", &["*"]), claim("outside", &["arn:aws:s3:::*"])),
        ("never_grants", claim("outside", &["x", "arn:*:secret:*"]), claim("outside", &[""])),
        ("never_grants", claim("resources", &[]), claim("resources", &[secrets])),
        ("denies_outside", claim("resources", &[secrets]), claim("resources", &["arn:aws:s3:::*"])),
        ("allows", claim("outside", &[secrets]), claim("outside", &["arn:aws:secretsmanager:*:*:secret:bank-*"])),
        ("allows", claim("resources", &[]), claim("resources", &[secrets])),
    ] {
        let fatal = |operand: &Operand| find(keyword).unwrap().validate_operand(operand).iter().any(|it| it.fatal);
        assert_eq!(fatal(&nothing), keyword != "equals", "{keyword} {nothing}");
        assert!(!fatal(&something) || keyword == "denies_outside", "{keyword} {something}");
    }
}

#[test]
fn an_action_of_which_nothing_would_be_required_is_objected_to() {
    let list = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let claim = |actions: &[&str], field: &'static str, resources: &[&str]| {
        let fields = [("actions", list(actions)), (field, list(resources))];
        find("allows").unwrap().validate_operand(&Operand::Value(Value::record(fields)))
    };
    let (topic, secret) = ("arn:aws:sns:*:111122223333:alerts", "arn:aws:secretsmanager:*:111122223333:secret:bank-*");
    let (publish, put) = ("sns:Publish", "secretsmanager:PutSecretValue");
    assert_eq!(claim(&[publish, put], "resources", &[topic, secret]), []);
    assert_eq!(claim(&[publish, "secretsmanager/mutate"], "outside", &[secret]), []);
    let found = claim(&[publish, put], "outside", &["arn:aws:secretsmanager:*:*:secret:*"]);
    assert!(matches!(found.as_slice(), [one] if one.fatal && one.text == put), "{found:?}");
    // The password is of no secret.
    let found = claim(&[put, "secretsmanager:GetRandomPassword"], "resources", &[secret]);
    assert!(matches!(found.as_slice(), [one] if one.fatal && one.text.ends_with("GetRandomPassword")), "{found:?}");
    assert!(matches!(claim(&["secretsmanager:FromNextYear"], "resources", &[secret]).as_slice(), [one] if !one.fatal));
    let actions: Vec<&str> = vec![put; 2_000];
    assert_eq!(claim(&actions, "resources", &[secret]), []);
}

#[test]
fn an_identity_is_allowed_what_all_its_policies_leave_to_it() {
    static KIND: Kind = Kind {
        name: "test.identity",
        plural: "identities",
        scope: Scope::Global,
        doc: "An identity, or a document.",
        parent: None,
        qualified: "",
        attributes: &[],
        calls: &[],
    };
    let texts = |items: &[&str]| Some(Value::texts(items.iter().copied()));
    let statement = |effect: &str, action: &str, condition: &[&str]| {
        Value::record([
            ("policy", Some("p".into())),
            ("effect", Some(effect.into())),
            ("actions", texts(&[action])),
            ("resources", texts(&["*"])),
            ("conditions", texts(condition)),
        ])
    };
    let answer = |arn: &str, actual: Option<&Value>| {
        let resource = Resource::new(&KIND, "111122223333".into(), "aws-global".into(), arn, "name");
        let topic = "arn:aws:sns:eu-west-1:111122223333:alerts";
        let fields = [("actions", texts(&["sns:Publish"])), ("resources", texts(&[topic]))];
        let setting = MatchContext::of(&resource, now());
        find("allows").unwrap().test(actual, &Operand::Value(Value::record(fields)), &setting)
    };
    let by = |arn: &str, statements: Vec<Value>, boundary: Option<Vec<Value>>| {
        let boundary = boundary.map(Value::List);
        answer(arn, Some(&Value::record([("statements", Some(Value::List(statements))), ("boundary", boundary)])))
    };
    let shown = |result: MatchResult| {
        let MatchResult::Fails(Some(witness)) = result else { panic!("{result:?}") };
        let Value::Map(shown) = witness.shown else { panic!("no request") };
        let of = |name: &str| shown.get(name).map(super::show);
        (of("by"), of("lacks"), witness.at_fault.is_some())
    };
    let all = || statement("Allow", "*", &[]);
    let [role, user, group] = ["role", "user", "group"].map(|it| format!("arn:aws:iam::111122223333:{it}/a"));
    for arn in [&role, &user, &group] {
        assert_eq!(by(arn, vec![all()], None), MatchResult::Holds, "{arn}");
        assert_eq!(by(arn, vec![all()], Some(vec![all()])), MatchResult::Holds, "{arn}");
        let text = |it: &str| Some(it.to_owned());
        assert_eq!(shown(by(arn, Vec::new(), None)), (None, text("an Allow"), false));
        let other = || vec![statement("Allow", "s3:*", &[])];
        assert_eq!(shown(by(arn, vec![all()], Some(other()))), (None, text("an Allow of the boundary"), false));
        let deny = statement("Deny", "sns:*", &[]);
        assert_eq!(shown(by(arn, vec![all(), deny], None)), (text("statement 2 of p"), None, true));
    }
    // Without policies nothing is allowed.
    assert_eq!(answer(&role, None), MatchResult::Fails(None));
    // The tag of a role has one value. A managed policy can belong to an identity without the tag.
    let tagged = || statement("Allow", "sns:*", &["StringEquals aws:PrincipalTag/team platform"]);
    for arn in [&role, &user, &group] {
        assert!(matches!(by(arn, vec![tagged()], None), MatchResult::Undecided(_)), "{arn}");
    }
    let document = |statement: Value| answer("arn:aws:iam::111122223333:policy/p", Some(&Value::List(vec![statement])));
    assert_eq!(document(all()), MatchResult::Holds);
    assert_eq!(shown(document(tagged())), (None, Some("an Allow".to_owned()), false));
    let organization = statement("Allow", "sns:*", &["StringEquals aws:PrincipalOrgID o-1"]);
    assert!(matches!(document(organization), MatchResult::Undecided(_)));
}

#[test]
fn a_claim_of_nothing_but_unknown_actions_costs_little() {
    let actions: Vec<String> = (0..50_000).map(|number| format!("ec2:Nothing{number}")).collect();
    let fields = [("actions", Some(Value::texts(actions.iter().map(String::as_str))))];
    let found = find("never_grants").unwrap().validate_operand(&Operand::Value(Value::record(fields)));
    assert!(found.len() < 50 && found.iter().any(|it| it.fatal), "{}", found.len());
}

/// The operand of `counts` or `takes`: fields with their patterns, and fields that do not exist.
fn described(fields: &[(&str, &[&str])], without: &[&str], more: [(&'static str, Option<Value>); 2]) -> Operand {
    let fields = fields.iter().map(|(name, list)| ((*name).to_owned(), Value::texts(list.iter().copied()))).collect();
    let event = Value::record([
        ("fields", Some(Value::Map(fields))),
        ("without", (!without.is_empty()).then(|| Value::texts(without.iter().copied()))),
    ]);
    let [metric, namespace] = more;
    Operand::Value(Value::record([metric, namespace, ("events", Some(Value::List(vec![event])))]))
}

fn counted(fields: &[(&str, &[&str])], without: &[&str]) -> Operand {
    described(fields, without, [("metric", Some("M".into())), ("namespace", Some("N".into()))])
}

#[test]
fn events_that_nobody_can_mean_are_objected_to() {
    let found = |keyword: &str, operand: &Operand| find(keyword).unwrap().validate_operand(operand);
    let fatal = |keyword: &str, operand: &Operand| found(keyword, operand).iter().any(|it| it.fatal);
    let none = || [("metric", None), ("namespace", None)];
    assert!(!fatal(
        "counts",
        &counted(&[("eventName", &["A"]), ("userIdentity.type", &["Root"])], &["userIdentity.invokedBy"])
    ));
    assert!(!fatal("counts", &counted(&[("requestParameters.anything.at.all", &["A"])], &[])));
    for (fields, without) in [
        (&[][..], &["errorCode"][..]),
        (&[("eventName", &[][..])], &[]),
        (&[("EventName", &["A"][..])], &[]),
        (&[("userIdentity.kind", &["A"][..])], &["eventNames"]),
        (&[("detail.eventName", &["A"][..])], &[]),
        (&[("errorCode", &["A"][..])], &["errorCode"]),
    ] {
        assert!(fatal("counts", &counted(fields, without)), "{fields:?} {without:?}");
    }
    assert!(found("counts", &counted(&[("eventNam", &["A"])], &[]))[0].candidates.contains(&"eventName".to_owned()));
    assert!(fatal("counts", &described(&[("eventName", &["A"])], &[], none())), "no metric");
    let empty = Operand::Value(Value::record([("events", Some(Value::List(Vec::new())))]));
    assert!(fatal("takes", &empty));
    assert!(!fatal("takes", &described(&[("source", &["aws.kms"]), ("detail.eventName", &["A"])], &[], none())));
    assert!(fatal("takes", &described(&[("eventName", &["A"])], &[], none())));
}

#[test]
fn a_filter_that_is_withheld_decides_nothing_but_its_own_metric() {
    let filter = |metric: &str, pattern: &str| {
        Value::record([
            ("name", Some("f".into())),
            ("metric_name", Some(metric.into())),
            ("metric_namespace", Some("N".into())),
            ("value", Some("1".into())),
            ("pattern", Some(pattern.into())),
        ])
    };
    let hidden = crate::facts::redact::REDACTED;
    let of = |filters: Vec<Value>| on("counts", Some(Value::List(filters)), counted(&[("eventName", &["A"])], &[]));
    assert_eq!(of(vec![filter("M", "{ $.eventName = A }")]), MatchResult::Holds);
    assert_eq!(of(vec![filter("M", hidden)]), MatchResult::Withheld);
    assert_eq!(of(vec![filter(hidden, "{ $.eventName = A }")]), MatchResult::Withheld);
    assert_eq!(of(vec![filter("M", "{ $.eventName = A }"), filter("M", hidden)]), MatchResult::Holds);
    assert!(of(vec![filter("Other", hidden)]).is_failure());
    let told = of(vec![filter("M", "{ $.eventName = B }"), filter("Other", hidden)]);
    assert!(
        matches!(&told, MatchResult::Fails(Some(witness)) if show(&witness.shown).contains("eventName")),
        "{told:?}"
    );
}

#[test]
fn a_failure_shows_only_the_items_that_fail() {
    let condition = Condition::Tests(vec![Test {
        matcher: find("each").unwrap(),
        operand: all_of("glob", Operand::Glob(Glob::new("a*"))),
    }]);
    assert_eq!(show(&condition.excerpt(&Value::texts(["ab", "b", "ac"]), &setting())), "[b]");
}

#[test]
fn matchers_refuse_types_they_cannot_judge() {
    for (keyword, of) in
        [("at_least", Type::Text), ("within", Type::Duration), ("glob", Type::Integer), ("each", Type::Bool)]
    {
        assert!(find(keyword).unwrap().takes(of).is_err(), "{keyword} on {of:?}");
    }
}

/// The definition of a glob in the simplest form.
fn slow_glob(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skip| slow_glob(rest, &text[skip..])),
        Some((c, rest)) => text.split_first().is_some_and(|(t, tail)| (*c == '?' || c == t) && slow_glob(rest, tail)),
    }
}

proptest! {
    #[test]
    fn globs_are_what_their_definition_says(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
        let slow = slow_glob(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(Glob::new(&pattern).is_match(&text), slow);
    }

    #[test]
    fn not_is_the_opposite(actual in proptest::option::of("[ab]{0,3}"), operand in "[ab]{0,3}") {
        let actual = actual.map(Value::from);
        let plain = on("equals", actual.clone(), one(operand.clone()));
        prop_assert_eq!(on("not", actual, all_of("equals", one(operand))), plain.negated());
    }
}
