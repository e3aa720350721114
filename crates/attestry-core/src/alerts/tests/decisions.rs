//! Decisions about all events of a description, with one filter or several.

use std::collections::BTreeMap;

use crate::alerts::{Counter, Decision, Emits, Meant, Shape, decide, parse};

pub(super) fn map(fields: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let texts = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
    fields.iter().map(|(name, list)| ((*name).to_owned(), texts(list))).collect()
}

pub(super) fn counter(pattern: &str) -> Counter {
    Counter { name: "f".into(), pattern: parse(pattern), emits: Emits::One }
}

fn changes() -> Vec<Meant> {
    let fields = map(&[
        ("eventSource", &["cloudtrail.amazonaws.com"]),
        ("eventName", &["CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"]),
        ("eventType", &["AwsApiCall"]),
    ]);
    vec![Meant { fields, ..Meant::default() }]
}

fn root() -> Vec<Meant> {
    let fields = map(&[("userIdentity.type", &["Root"]), ("eventType", &["AwsApiCall", "AwsConsoleSignIn"])]);
    vec![Meant { fields, without: vec!["userIdentity.invokedBy".into()], ..Meant::default() }]
}

fn refused() -> Vec<Meant> {
    let except = map(&[("sourceIPAddress", &["delivery.logs.amazonaws.com"]), ("eventName", &["HeadBucket"])]);
    vec![Meant {
        fields: map(&[("errorCode", &["*UnauthorizedOperation", "AccessDenied*"])]),
        except,
        without: Vec::new(),
    }]
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Counted,
    Missed,
    Undecided,
}
use Outcome::{Counted, Missed, Undecided};

fn outcome(events: &[Meant], patterns: &[&str]) -> Outcome {
    let counters: Vec<Counter> = patterns.iter().map(|it| counter(it)).collect();
    match decide(Shape::Record, events, &counters) {
        Decision::Counted => Counted,
        Decision::Missed(_) => Missed,
        Decision::Undecided(why) => {
            assert!(!why.is_empty());
            Undecided
        }
    }
}

const FIVE: &str = "($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || \
                    ($.eventName = StartLogging) || ($.eventName = StopLogging)";

#[test]
fn changes_of_trails() {
    let with = |more: &str| format!("{{ ({FIVE}) {more} }}");
    for (more, expected) in [
        ("", Counted),
        // An additional condition that all events meet.
        ("&& $.eventSource = cloudtrail.amazonaws.com", Counted),
        (r#"&& ($.eventSource = "cloudtrail*")"#, Counted),
        ("&& $.eventType != AwsServiceEvent", Counted),
        ("&& ($.awsRegion = *)", Counted),
        ("&& $.userIdentity.type = *", Counted),
        ("&& ($.errorCode NOT EXISTS || $.errorCode = *)", Counted),
        ("|| $.userIdentity.type = Root", Counted),
        ("|| $.errorCode = Denied", Counted),
        // A condition that some events do not meet.
        (r#"&& $.userIdentity.type = "Root""#, Missed),
        ("&& $.userIdentity.type != Root", Missed),
        ("&& $.errorCode NOT EXISTS", Missed),
        ("&& $.awsRegion = eu-west-1", Missed),
        ("&& $.sourceIPAddress != 10.*", Missed),
        ("&& $.eventSource = s3.amazonaws.com", Missed),
        ("&& $.eventName = StopLogging && $.eventName = StartLogging", Missed),
        ("&& $.requestParameters.name = main", Missed),
        ("&& $.responseElements IS NULL", Missed),
        ("&& $.EventName = *", Missed),
        // The meaning is not documented by AWS, or it depends on the trail.
        ("&& $.recipientAccountId = \"111122223333\"", Undecided),
        ("&& $.readOnly IS FALSE", Undecided),
        ("&& $.eventName = Create*Trail", Missed),
        ("&& $.EventName != x", Undecided),
        // The field can be a list or an object. Then AWS does not apply the filter.
        ("|| $.requestParameters.name = main", Undecided),
        ("&& !($.a = b)", Undecided),
    ] {
        assert_eq!(outcome(&changes(), &[&with(more)]), expected, "{more}");
    }
    for (patterns, expected) in [
        (
            &[
                r#"{ $.eventSource = cloudtrail.amazonaws.com && (($.eventName = "*Trail") || ($.eventName = "*Logging")) }"#,
            ][..],
            Counted,
        ),
        (&["{ $.eventName = %CreateTrail|UpdateTrail|DeleteTrail|StartLogging|StopLogging% }"], Counted),
        (&["{ $.eventName = %^.+Trail$|^St[a-z]+Logging$% }"], Counted),
        (&["{ $.eventName = %Trail$|StartLogging% }"], Missed),
        (&["{ $.eventName = *Trail }", "{ $.eventName = *Logging }"], Counted),
        (&["{ $.eventName = *Trail }", "{ $.eventName = StopLogging }"], Missed),
        (&["{ $.eventSource = cloudtrail.amazonaws.com }"], Counted),
        (&["{ $.eventName != StopLogging }", "{ $.eventName = StopLogging }"], Counted),
        (
            &[
                "{ $.userIdentity.type = Root && $.eventSource = cloud* }",
                "{ $.userIdentity.type != Root && $.eventSource = cloud* }",
            ],
            Counted,
        ),
        (&["?CreateTrail ?UpdateTrail ?DeleteTrail ?StartLogging ?StopLogging"], Counted),
        (&["?CreateTrail ?UpdateTrail ?DeleteTrail ?StartLogging"], Missed),
        (&["cloudtrail.amazonaws.com"], Counted),
        (&["cloudtrail.amazonaws.com -Root"], Missed),
        (&["%Trail|Logging%"], Counted),
        (&["%CreateTrail|StopLogging%"], Missed),
        (&["eventName Trail"], Missed),
        (&[""], Counted),
        (&[], Missed),
        (
            &[
                "{ $.eventName = createtrail || $.eventName = *Logging || $.eventName = UpdateTrail || $.eventName = DeleteTrail }",
            ],
            Missed,
        ),
        (&["[a, b, c]"], Undecided),
    ] {
        assert_eq!(outcome(&changes(), patterns), expected, "{patterns:?}");
    }
}

#[test]
fn use_of_root() {
    for (pattern, expected) in [
        (
            r#"{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }"#,
            Counted,
        ),
        (
            r#"{ $.eventType != "AwsServiceEvent" && $.userIdentity.invokedBy NOT EXISTS && $.userIdentity.type = "Root" }"#,
            Counted,
        ),
        ("{$.userIdentity.type=Root}", Counted),
        ("{ $.eventName = ConsoleLogin && $.userIdentity.type = Root }", Missed),
        ("{ $.userIdentity.type = Root && $.eventType = AwsApiCall }", Missed),
        ("{ $.userIdentity.type = root }", Missed),
        ("{ $.userIdentity.type = Root && $.userIdentity.invokedBy IS NULL }", Missed),
        // AWS does not document whether a missing field differs from a text.
        ("{ $.userIdentity.type = Root && $.userIdentity.invokedBy != cloudtrail.amazonaws.com }", Undecided),
        ("{ $.userIdentity.type = Root && $.userIdentity.arn = *root }", Missed),
    ] {
        assert_eq!(outcome(&root(), &[pattern]), expected, "{pattern}");
    }
}

#[test]
fn refused_calls() {
    for (pattern, expected) in [
        (r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }"#, Counted),
        (
            r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }"#,
            Counted,
        ),
        (
            r#"{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }"#,
            Counted,
        ),
        ("{ $.errorCode = *Unauthorized* || $.errorCode = *Denied* }", Counted),
        ("{ $.errorCode = %UnauthorizedOperation$|^AccessDenied% }", Counted),
        ("{ $.errorCode = * }", Counted),
        (r#"{ ($.errorCode = "UnauthorizedOperation") || ($.errorCode = "AccessDenied") }"#, Missed),
        (r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied") }"#, Missed),
        (r#"{ ($.errorCode = "*UnauthorizedOperation") && ($.errorCode = "AccessDenied*") }"#, Missed),
        (
            r#"{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") && $.eventName != "GetObject" }"#,
            Missed,
        ),
        ("?UnauthorizedOperation ?AccessDenied", Counted),
    ] {
        assert_eq!(outcome(&refused(), &[pattern]), expected, "{pattern}");
    }
}

#[test]
fn what_a_filter_adds_decides_too() {
    let of = |emits: Emits| vec![Counter { emits, ..counter("") }];
    assert_eq!(decide(Shape::Record, &changes(), &of(Emits::One)), Decision::Counted);
    assert!(matches!(decide(Shape::Record, &changes(), &of(Emits::Nothing("why".into()))), Decision::Missed(_)));
    assert!(matches!(decide(Shape::Record, &changes(), &of(Emits::Unknown("why".into()))), Decision::Undecided(_)));
    // A filter whose added number is not known can still fail to match.
    let elsewhere = Counter { emits: Emits::Unknown("why".into()), ..counter("{ $.eventSource = s3.amazonaws.com }") };
    assert!(matches!(decide(Shape::Record, &changes(), &[elsewhere]), Decision::Missed(_)));
}

#[test]
fn a_counterexample_names_the_described_fields_and_what_narrows() {
    let narrowed = format!("{{ ({FIVE}) && $.userIdentity.type = Root }}");
    let Decision::Missed(event) = decide(Shape::Record, &changes(), &[counter(&narrowed)]) else {
        panic!("it is missed")
    };
    assert_eq!(event["eventSource"], "cloudtrail.amazonaws.com");
    assert_eq!(event["eventName"], "CreateTrail");
    assert!(event["userIdentity"]["type"].is_string() && event["userIdentity"]["type"] != "Root");
    let Decision::Missed(event) = decide(Shape::Record, &changes(), &[]) else { panic!("it is missed") };
    assert_eq!(event["eventName"], "CreateTrail");
}

#[test]
fn iam_and_organizations_are_recorded_in_one_region() {
    let fields = map(&[("eventSource", &["iam.amazonaws.com"])]);
    let events = [Meant { fields, ..Meant::default() }];
    let pattern = "{ $.eventSource = iam.amazonaws.com && $.awsRegion = us-east-1 }";
    assert_eq!(outcome(&events, &[pattern]), Undecided);
    assert_eq!(outcome(&events, &["{ $.eventSource = iam.amazonaws.com }"]), Counted);
}

#[test]
fn no_pattern_takes_long() {
    let many: Vec<String> =
        (0..40).map(|at| format!("($.requestParameters.f{at} = a && $.responseElements.f{at} != b)")).collect();
    let stars: Vec<String> = (0..12).map(|at| format!("$.userAgent = *{at}a{at}b{at}*")).collect();
    for pattern in [
        format!("{{ {} }}", many.join(" || ")),
        format!("{{ {} }}", many.join(" && ")),
        format!("{{ {} }}", stars.join(" || ")),
    ] {
        let start = std::time::Instant::now();
        let outcome = outcome(&changes(), &[&pattern]);
        assert_ne!(outcome, Counted, "{pattern}");
        assert!(start.elapsed().as_secs() < 60, "{pattern}");
    }
}
