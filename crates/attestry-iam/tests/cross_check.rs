//! Our IAM engine beside an independent one, `iam-rs`: the same documents, the same requests.
//!
//! The other engine knows no accounts, boundaries, organizations or unknown keys, so what is compared is what both know:
//! conditions, and which statements of a few policies apply. Every difference must be in a table below, with the rule of
//! the IAM user guide that ours follows; a row that explains nothing any more fails the test too.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail loudly")]

use std::collections::BTreeMap;

use attestry_iam::{Context, Decision, Form, Policies, Request, Subject, decide, parse};
use iam_rs::{Arn, ContextValue, IAMPolicy, IAMRequest, Principal, PrincipalId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const ANNA: &str = "arn:aws:iam::111122223333:user/anna";

/// An answer of either engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Allow,
    Deny,
    /// Nothing applies.
    Neither,
    /// Ours: what is unknown decides.
    Undecided,
    /// Theirs: an error, or a document that it does not read.
    Error,
}

/// One question to both.
#[derive(Debug)]
struct Question {
    /// Identity policies.
    identity: Vec<String>,
    /// Policies of the resource.
    resource: Option<String>,
    action: &'static str,
    arn: &'static str,
    keys: Vec<(&'static str, Vec<&'static str>)>,
}

fn ours(question: &Question) -> Answer {
    let context =
        question.keys.iter().fold(Context::complete(), |context, (key, values)| context.with(key, values.clone()));
    let request = Request {
        principal: Subject::User { arn: ANNA.to_owned() },
        action: question.action.to_owned(),
        resource: question.arn.to_owned(),
        resource_account: "111122223333".to_owned(),
        context,
    };
    let policies = Policies {
        identity: question.identity.iter().map(|it| parse("identity", it, Form::Identity).unwrap()).collect(),
        resource: question.resource.as_ref().map(|it| parse("resource", it, Form::Resource).unwrap()),
        ..Policies::default()
    };
    match decide(&request, &policies) {
        Decision::Allowed { .. } => Answer::Allow,
        Decision::ExplicitDeny { .. } => Answer::Deny,
        Decision::ImplicitDeny { .. } => Answer::Neither,
        Decision::Undecided { .. } => Answer::Undecided,
    }
}

fn theirs(question: &Question) -> Answer {
    let read: Result<Vec<_>, _> =
        question.identity.iter().chain(&question.resource).map(|it| IAMPolicy::from_json(it)).collect();
    let Ok(policies) = read else { return Answer::Error };
    let mut context = iam_rs::Context::new();
    for (key, values) in &question.keys {
        let value = match values.as_slice() {
            ["true"] => ContextValue::Boolean(true),
            ["false"] => ContextValue::Boolean(false),
            [one] => ContextValue::String((*one).to_owned()),
            many => ContextValue::StringList(many.iter().map(ToString::to_string).collect()),
        };
        context.insert((*key).to_owned(), value);
    }
    let principal = Principal::Aws(PrincipalId::String(ANNA.to_owned()));
    let resource = Arn::parse(question.arn).unwrap();
    match iam_rs::evaluate_policies(
        &policies,
        &IAMRequest::new_with_context(principal, question.action, resource, context),
    ) {
        Ok(iam_rs::Decision::Allow) => Answer::Allow,
        Ok(iam_rs::Decision::Deny) => Answer::Deny,
        Ok(iam_rs::Decision::NotApplicable) => Answer::Neither,
        Err(_) => Answer::Error,
    }
}

/// A difference that is meant, with the rule that ours follows.
struct Explained<T> {
    rule: &'static str,
    covers: fn(&T, Answer, Answer) -> bool,
}

/// Asserts that each difference is explained and that each explanation is needed; says how many there were.
fn compare<T>(cases: impl Iterator<Item = (T, Question)>, explained: &[Explained<T>]) -> (usize, usize) {
    let (mut all, mut different) = (0, 0);
    let mut used = BTreeMap::new();
    let mut wrong = Vec::new();
    for (case, question) in cases {
        all += 1;
        let (ours, theirs) = (ours(&question), theirs(&question));
        if ours == theirs {
            continue;
        }
        different += 1;
        match explained.iter().position(|it| (it.covers)(&case, ours, theirs)) {
            Some(row) => *used.entry(row).or_insert(0) += 1,
            None => wrong.push(format!("ours {ours:?}, theirs {theirs:?}: {question:?}")),
        }
    }
    let shown: Vec<_> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} unexplained of {all}: {shown:#?}", wrong.len());
    let idle: Vec<_> =
        (0..explained.len()).filter(|it| !used.contains_key(it)).filter_map(|it| explained.get(it)).collect();
    assert!(idle.is_empty(), "no longer needed: {:#?}", idle.iter().map(|it| it.rule).collect::<Vec<_>>());
    (all, different)
}

/// One condition, taken apart.
struct LetterCase {
    quantity: &'static str,
    test: &'static str,
    if_exists: bool,
    wanted: &'static [&'static str],
    /// None where the key is absent.
    found: Option<&'static [&'static str]>,
}

impl LetterCase {
    fn is(&self, start: &str) -> bool {
        self.test.starts_with(start)
    }

    /// Whether a value is of those in the vocabulary that are no number, date, boolean, address or base 64.
    fn unreadable(&self) -> bool {
        let odd = [
            "1e1",
            "x",
            ".5",
            "y",
            "2020",
            "soon",
            "now",
            "yes",
            "perhaps",
            "maybe",
            "Q",
            "QUI",
            "10.0.0.0/40",
            "10.*",
        ];
        let values = self.wanted.iter().chain(self.found.unwrap_or_default());
        self.test == "Null" || values.into_iter().any(|it| odd.contains(it) || *it == "somewhere")
    }

    fn question(&self) -> Question {
        let operator = format!("{}{}{}", self.quantity, self.test, if self.if_exists { "IfExists" } else { "" });
        let wanted = serde_json::to_string(self.wanted).unwrap();
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{{"{operator}":{{"k":{wanted}}}}}}}]}}"#
        );
        let mut keys = vec![("u", vec!["anna"])];
        keys.extend(self.found.map(|it| ("k", it.to_vec())));
        Question { identity: vec![text], resource: None, action: "s3:GetObject", arn: "arn:aws:s3:::b/k", keys }
    }
}

type Values = &'static [&'static [&'static str]];

/// Operators, values of the policy, and values of the request that go together.
const VOCABULARY: &[(&[&str], Values, Values)] = &[
    (
        &[
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ],
        &[
            &["a"],
            &["A", "b"],
            &["a*"],
            &["?"],
            &["*"],
            &[""],
            &["É"],
            &["${u}"],
            &["x", "${gone, 'a'}"],
            &["${*}"],
            &["${gone}"],
        ],
        &[&["a"], &["A"], &["ab"], &["anna"], &["é"], &[""], &["*"], &["a", "b"], &["b", "c"], &["x", "y"], &["${u}"]],
    ),
    (
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &[&["10"], &["1", "20"], &["-3.50"], &["12345678901234567890"], &["1e1"], &["x"]],
        &[&["10"], &["10.0"], &["-3.5"], &["12345678901234567891"], &["y"], &["1", "10"], &[".5"]],
    ),
    (
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &[&["2020-01-01T00:00:00Z"], &["1577836800"], &["2020-01-01"], &["2020", "2021-01-01T00:00:00Z"], &["soon"]],
        &[&["2020-01-01T00:00:00Z"], &["2020-01-01T01:00:00+01:00"], &["1577836801"], &["2020-01"], &["now"]],
    ),
    (
        &["Bool"],
        &[&["true"], &["false"], &["TRUE"], &["true", "false"], &["yes"]],
        &[&["true"], &["false"], &["perhaps"]],
    ),
    (&["BinaryEquals"], &[&["QUI="], &["QUJD", "QQ=="], &["qui="], &["Q"]], &[&["QUI="], &["QR=="], &["QUI"]]),
    (
        &["IpAddress", "NotIpAddress"],
        &[
            &["10.0.0.0/8"],
            &["10.1.2.3"],
            &["10.1.2.3/16", "2001:db8::/32"],
            &["0.0.0.0/0"],
            &["10.0.0.0/40"],
            &["10.*"],
        ],
        &[&["10.1.2.3"], &["10.1.9.9"], &["192.0.2.1"], &["2001:db8::1"], &["somewhere"]],
    ),
    (
        &["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
        &[
            &["arn:aws:iam::1:role/a"],
            &["arn:aws:iam::*:role/*"],
            &["arn:aws:sns:*:1:a", "arn:aws:sns:*:1:b"],
            &["arn:aws:*:a"],
            &["arn:aws:*:*:1:a"],
            &["*"],
            &["arn:aws:iam::1:user/${u}"],
        ],
        &[
            &["arn:aws:iam::1:role/a"],
            &["arn:aws:iam::1:role/x/y"],
            &["arn:aws:iam::1:user/anna"],
            &["arn:aws:sns:eu:1:b"],
            &["arn:aws:sns:eu:2:1:a"],
            &["sns.amazonaws.com"],
        ],
    ),
    (&["Null"], &[&["true"], &["false"], &["true", "false"], &["maybe"]], &[&["a"], &[""]]),
];

const CONDITIONS: &[Explained<LetterCase>] = &[
    Explained {
        rule: "What a value means that is no number, date, boolean, address or base 64 is not documented: ours is \
               undecided, the other answers or fails.",
        covers: |case, ours, _| ours == Answer::Undecided && !case.is("String") && !case.is("Arn") && case.unreadable(),
    },
    Explained {
        rule: "Text, ARN and boolean operators take policy variables; the other puts them into resources only.",
        covers: |case, _, _| case.wanted.iter().any(|it| it.contains("${")),
    },
    Explained {
        rule: "ArnEquals and ArnLike behave identically, and so do their negations: both take wildcards; the other compares \
               ArnEquals as plain text.",
        covers: |case, ours, _| ours != Answer::Undecided && (case.test == "ArnEquals" || case.test == "ArnNotEquals"),
    },
    Explained {
        rule: "Each of the six components of an ARN is checked separately; the other matches the whole text, so that a `*` \
               reaches beyond colons, and what is no ARN can match.",
        covers: |case, _, _| {
            let shifted = case.found == Some(&["arn:aws:sns:eu:2:1:a"]);
            let loose = |it: &&str| *it == "*" || it.starts_with("arn:aws:*");
            case.is("Arn") && (shifted || case.wanted.iter().any(loose))
        },
    },
    Explained {
        rule: "A key of an empty set of values, such as an empty text, makes ForAllValues: true and ForAnyValue: false; the \
               other compares the empty text.",
        covers: |case, ours, _| {
            let holds = if case.quantity == "ForAllValues:" { Answer::Allow } else { Answer::Neither };
            case.found == Some(&[""]) && !case.quantity.is_empty() && ours == holds
        },
    },
    Explained {
        rule: "One of the values of a condition is enough, so Null with true and false always holds; the other looks at \
               the first only.",
        covers: |case, ours, _| case.test == "Null" && case.wanted.len() == 2 && ours == Answer::Allow,
    },
    Explained {
        rule: "One of the values of a condition is enough, and it was found; the other stops at a value that it cannot read.",
        covers: |_, ours, theirs| ours == Answer::Allow && theirs == Answer::Error,
    },
    Explained {
        rule: "Booleans are read in any case, as AWS stores them; the other wants small letters.",
        covers: |case, _, theirs| case.wanted == ["TRUE"] && theirs == Answer::Error,
    },
    Explained {
        rule: "Values of StringEqualsIgnoreCase are compared in any case, not only in that of ASCII letters.",
        covers: |case, _, _| case.test.contains("IgnoreCase") && case.wanted == ["É"],
    },
    Explained {
        rule: "A key with several values and no ForAnyValue: is one of which any may match (and none for a negated \
               operator); the other does not compare several values as numbers.",
        covers: |case, _, _| case.is("Numeric") && case.found.is_some_and(|it| it.len() > 1),
    },
    Explained {
        rule: "A negated operator holds if none of the values match; the other takes one value of the request that does not.",
        covers: |case, ours, theirs| {
            let several = case.found.is_some_and(|it| it.len() > 1) && case.quantity.is_empty();
            several && case.is("StringNot") && ours == Answer::Neither && theirs == Answer::Allow
        },
    },
    Explained {
        rule: "Numbers are compared as decimals; the other compares binary ones of 64 bits.",
        covers: |case, _, _| case.is("Numeric") && case.wanted == ["12345678901234567890"],
    },
    Explained {
        rule: "Dates may be those of the W3C, a day or month alone too; the other wants the full form.",
        covers: |case, ours, _| {
            case.is("Date")
                && ours != Answer::Undecided
                && (case.wanted == ["2020-01-01"] || case.found.is_some_and(|it| it == ["2020-01"]))
        },
    },
    Explained {
        rule: "Binary values are compared byte for byte; the other compares their base 64 without case.",
        covers: |case, _, _| case.is("Binary"),
    },
    Explained {
        rule: "A key that is absent does not match, whatever the values are; the other fails on values that it cannot read.",
        covers: |case, _, theirs| case.found.is_none() && theirs == Answer::Error,
    },
];

/// Everything of the vocabulary, apart from operators that the other engine does not read: `ForAllValues:` and
/// `ForAnyValue:` with other than text and ARNs, or with `…IfExists`.
fn cases() -> Vec<LetterCase> {
    let mut cases = Vec::new();
    for (tests, wanted, found) in VOCABULARY {
        for test in *tests {
            let sets = test.starts_with("String") || test.starts_with("Arn");
            for (quantity, if_exists) in [("", false), ("", true), ("ForAllValues:", false), ("ForAnyValue:", false)] {
                if (!sets && !quantity.is_empty()) || (*test == "Null" && if_exists) {
                    continue;
                }
                for wanted in *wanted {
                    let found = found.iter().copied().map(Some).chain([None]);
                    cases.extend(found.map(|found| LetterCase { quantity, test, if_exists, wanted, found }));
                }
            }
        }
    }
    cases
}

#[test]
fn conditions_agree_but_for_what_is_explained() {
    let cases = cases().into_iter().map(|case| (case.question(), case)).map(|(question, case)| (case, question));
    let (all, different) = compare(cases, CONDITIONS);
    assert!(all > 5_000 && different < all / 3, "{different} of {all}");
}

/// By the text of all documents.
const POLICIES: &[Explained<String>] = &[
    Explained {
        rule: "A variable that the request cannot fill and that has no default matches nothing; the other puts in an \
               empty text.",
        covers: |text, _, _| text.contains("${gone}"),
    },
    Explained {
        rule: "${*} is the character itself; the other looks for a key of this name.",
        covers: |text, _, _| text.contains("${*}"),
    },
    Explained {
        rule: "Variables were introduced in version 2012-10-17; in a document of 2008 they are plain text.",
        covers: |text, _, _| text.contains("2008-10-17") && text.contains("${"),
    },
    Explained {
        rule: "A principal of an account is every user and role of the account, which then needs an identity policy; the \
               other compares it with the ARN of the user.",
        covers: |text, _, _| text.contains("111122223333\"") || text.contains("111122223333:root"),
    },
    Explained {
        rule: "A `*` in Resource can reach beyond colons; the other matches the components separately.",
        covers: |text, _, _| text.contains("arn:*"),
    },
];

fn pick(of: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(of)
}

fn policy(principal: bool) -> impl Strategy<Value = String> {
    let who = pick(&[
        r#""Principal":"*","#,
        r#""Principal":{"AWS":"arn:aws:iam::111122223333:user/anna"},"#,
        r#""Principal":{"AWS":"arn:aws:iam::111122223333:user/otto"},"#,
        r#""Principal":{"AWS":["arn:aws:iam::111122223333:user/otto","*"]},"#,
        r#""Principal":{"AWS":"111122223333"},"#,
        r#""Principal":{"AWS":"arn:aws:iam::111122223333:root"},"#,
        r#""Principal":{"Service":"x.amazonaws.com"},"#,
    ]);
    let statement = (
        pick(&["Allow", "Allow", "Deny"]),
        who,
        pick(&[
            r#""Action":"*""#,
            r#""Action":"S3:get*""#,
            r#""Action":["s3:Put?bject","ec2:*"]"#,
            r#""NotAction":"s3:Get*""#,
        ]),
        pick(&[
            r#""Resource":"*""#,
            r#""Resource":"arn:aws:s3:::b/*""#,
            r#""Resource":["arn:aws:s3:::c*","arn:aws:sqs:*:*:q?"]"#,
            r#""NotResource":"arn:aws:s3:::b/*""#,
            r#""Resource":"arn:aws:s3:::b/${aws:username}/*""#,
            r#""Resource":"arn:aws:s3:::b/${gone, 'anna'}/*""#,
            r#""Resource":"arn:aws:s3:::b/${gone}/*""#,
            r#""Resource":"arn:aws:s3:::b/anna/${*}""#,
            r#""Resource":"arn:*:q1""#,
        ]),
        pick(&[
            "{}",
            r#"{"StringEquals":{"aws:username":"anna"}}"#,
            r#"{"StringNotLike":{"aws:PrincipalTag/team":["a*","b"]},"Bool":{"aws:SecureTransport":"true"}}"#,
            r#"{"ForAllValues:StringLike":{"aws:TagKeys":["a","b*"]}}"#,
            r#"{"ForAnyValue:StringEquals":{"AWS:tagkeys":["a","b"]}}"#,
            r#"{"Null":{"aws:PrincipalTag/team":"true"}}"#,
            r#"{"IpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}"#,
            r#"{"NumericLessThanIfExists":{"s3:max-keys":"10"}}"#,
        ]),
    )
        .prop_map(move |(effect, who, action, resource, condition)| {
            let who = if principal { who } else { "" };
            format!(r#"{{"Effect":"{effect}",{who}{action},{resource},"Condition":{condition}}}"#)
        });
    (pick(&["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]), prop::collection::vec(statement, 1..3)).prop_map(
        |(version, statements)| format!(r#"{{"Version":"{version}","Statement":[{}]}}"#, statements.join(",")),
    )
}

fn question() -> impl Strategy<Value = Question> {
    let key = |name: &'static str, values: &'static [&'static [&'static str]]| {
        prop::option::of(prop::sample::select(values)).prop_map(move |it| it.map(|it| (name, it.to_vec())))
    };
    let keys = (
        key("aws:username", &[&["anna"]]),
        key("aws:PrincipalTag/team", &[&["a"], &["ab"], &["c"]]),
        key("aws:SecureTransport", &[&["true"], &["false"]]),
        key("aws:TagKeys", &[&["a", "b"], &["a", "c"], &["c", "d"], &["bb", "a"]]),
        key("aws:SourceIp", &[&["10.1.2.3"], &["192.0.2.1"], &["2001:db8::7"]]),
        key("s3:max-keys", &[&["9"], &["10"]]),
    )
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().collect::<Vec<_>>());
    (
        prop::collection::vec(policy(false), 0..3),
        prop::option::of(policy(true)),
        pick(&["s3:GetObject", "s3:PutObject", "ec2:RunInstances"]),
        pick(&[
            "arn:aws:s3:::b/anna/x",
            "arn:aws:s3:::b/otto",
            "arn:aws:s3:::c1",
            "arn:aws:sqs:eu-west-1:111122223333:q1",
        ]),
        keys,
    )
        .prop_map(|(identity, resource, action, arn, keys)| Question { identity, resource, action, arn, keys })
}

#[test]
fn policies_agree_but_for_what_is_explained() {
    let mut runner = TestRunner::deterministic();
    let cases = (0..10_000).map(|_| {
        let question = question().new_tree(&mut runner).unwrap().current();
        (question.identity.iter().chain(&question.resource).cloned().collect(), question)
    });
    let (_, different) = compare(cases, POLICIES);
    assert!(different < 3_000, "{different}");
}
