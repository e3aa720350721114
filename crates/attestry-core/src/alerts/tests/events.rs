//! One event and one pattern, with the answer that AWS's page "Filter pattern syntax" documents.

use serde_json::{Value as Json, json};

use crate::alerts::Truth::{self, No, Unknown, Yes};
use crate::alerts::{judge, parse};

fn event() -> Json {
    json!({
        "eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],
        "objectList": [{ "name": "a", "id": 1 }, { "name": "b", "id": 2 }], "SomeObject": null, "ThisFlag": true,
        "eventName": "CreateTrail", "latency": 500, "small": 0.01, "account": "111122223333", "star": "Ev*ent",
        "userIdentity": { "type": "Root" },
    })
}

#[test]
fn conditions_on_fields() {
    let table: &[(&str, Truth)] = &[
        // Equality, case and stars at the ends.
        (r#"{ $.eventType = "UpdateTrail" }"#, Yes),
        (r#"{$.eventType=UpdateTrail}"#, Yes),
        (r#"{ $.eventType = "updatetrail" }"#, No),
        (r#"{ $.EventType = "UpdateTrail" }"#, No),
        ("{ $.sourceIPAddress != 123.123.* }", Yes),
        ("{ $.sourceIPAddress != 111.111.* }", No),
        (r#"{ $.eventName = "*Trail" }"#, Yes),
        ("{ $.eventName = Create* }", Yes),
        ("{ $.eventName = *eat* }", Yes),
        ("{ $.eventName = *Logging }", No),
        ("{ $.eventName = * }", Yes),
        // A star in the middle. By one page of AWS it stands for itself.
        ("{ $.star = Ev*ent }", Yes),
        ("{ $.eventName = Cre*Trail }", Unknown),
        ("{ $.eventName = Cre*Logging }", No),
        // Elements of lists and objects.
        (r#"{ $.arrayKey[0] = "value" }"#, Yes),
        (r#"{ $.arrayKey[1] = "value" }"#, No),
        (r#"{ $.arrayKey[*] = "another value" }"#, Yes),
        ("{ $.objectList[1].id = 2 }", Yes),
        ("{ $.objectList[2].id = 2 }", No),
        ("{ $.userIdentity.type = Root }", Yes),
        // A list or an object is no simple value. Then AWS does not apply the filter, also when another part of it
        // matches.
        ("{ $.arrayKey = value }", No),
        ("{ $.arrayKey = value || $.eventName = CreateTrail }", Unknown),
        // Fields that exist, and fields that do not.
        ("{ $.SomeObject IS NULL }", Yes),
        ("{ $.eventName IS NULL }", No),
        ("{ $.Gone IS NULL }", No),
        ("{ $.SomeOtherObject NOT EXISTS }", Yes),
        ("{ $.eventName NOT EXISTS }", No),
        ("{ $.SomeObject NOT EXISTS }", No),
        ("{ $.ThisFlag IS TRUE }", Yes),
        ("{ $.ThisFlag IS FALSE }", No),
        ("{ $.ThisFlag is true }", Yes),
        ("{ $.Gone = x }", No),
        ("{ $.Gone != x }", Unknown),
        // Numbers.
        ("{ $.latency >= 500 }", Yes),
        ("{ $.latency > 500 }", No),
        ("{ $.latency < 10e3 }", Yes),
        ("{ $.small <= 10e-3 }", Yes),
        ("{ $.latency = 500.0 }", Yes),
        ("{ $.latency != 500 }", No),
        ("{ $.latency > +1000 }", No),
        ("{ $.eventName > 3 }", No),
        ("{ $.account = 111122223333 }", Unknown),
        (r#"{ $.account = "111122223333" }"#, Yes),
        ("{ $.Gone < 5 }", No),
        // A regular expression matches a part of the text.
        ("{ $.eventName = %Trail% }", Yes),
        ("{ $.eventName = %^Trail% }", No),
        ("{ $.eventName = %^(Create|Delete)Trail$% }", Unknown),
        ("{ $.eventName = %^CreateTrail$|^DeleteTrail$% }", Yes),
        (r"{ $.sourceIPAddress = %^1+\.[0-9]{3}\.1{3}\.\d+$% }", Yes),
        ("{ $.eventName = %T[^a-q]ail% }", Yes),
        ("{ $.eventName != %Trail% }", No),
        // `&&` binds more strongly than `||`.
        ("{ $.eventType = X && $.eventName = Y || $.latency = 500 }", Yes),
        ("{ $.eventType = X && ($.eventName = Y || $.latency = 500) }", No),
        ("{ ($.eventType = UpdateTrail) && (($.eventName = Y) || ($.eventName = CreateTrail)) }", Yes),
    ];
    for (pattern, expected) in table {
        let outcome = parse(pattern).map_or(Unknown, |filter| judge(&filter, &event()));
        assert_eq!(outcome, *expected, "{pattern}");
    }
}

#[test]
fn terms() {
    for (pattern, expected) in [
        ("", Yes),
        ("  ", Yes),
        ("CreateTrail", Yes),
        ("createtrail", No),
        ("CreateTrail UpdateTrail", Yes),
        ("CreateTrail StopLogging", No),
        ("?StopLogging ?CreateTrail", Yes),
        ("?StopLogging ?StartLogging", No),
        ("CreateTrail -UpdateTrail", No),
        ("CreateTrail -StopLogging", Yes),
        (r#""another value""#, Yes),
        ("%Stop|Create%", Yes),
        // AWS does not document the meaning of an optional term beside a required one.
        ("CreateTrail ?StopLogging", Unknown),
        ("CreateTrail ?UpdateTrail", Yes),
        ("StopLogging ?UpdateTrail", No),
    ] {
        assert_eq!(judge(&parse(pattern).unwrap(), &event()), expected, "{pattern}");
    }
}

#[test]
fn what_aws_does_not_document_is_refused() {
    for pattern in [
        "{ $.eventName = CreateTrail",
        "{ }",
        "{ eventName = CreateTrail }",
        "{ $.eventName == CreateTrail }",
        "{ $.eventName = CreateTrail && }",
        "{ ($.eventName = CreateTrail }",
        "{ $.eventName = CreateTrail) }",
        "{ !($.eventName = CreateTrail) }",
        "{ NOT $.eventName = CreateTrail }",
        "{ $.eventName EXISTS }",
        "{ $.eventName = 'CreateTrail' }",
        r#"{ $.eventName = "CreateTrail }"#,
        "{ $.eventName = %CreateTrail }",
        "{ $.eventName < CreateTrail }",
        "{ $.a[x] = 1 }",
        "{ $.a..b = 1 }",
        "{ $.a*b = 1 }",
        "{ $.eventName = CreateTrail $.eventName = StopLogging }",
        "{ $.eventName = %a(b)% }",
        "{ $.eventName = %a!% }",
        r#"{ $.eventName = "a\"b" }"#,
        "[ip, user, ...]",
        "event:name",
        r#""open"#,
        "{ $.eventName = CreateTrail | $.a = 1 }",
        "{ $.eventName = CreateTrail & $.a = 1 }",
    ] {
        let nothing = parse(pattern).err();
        assert!(nothing.is_some_and(|why| !why.is_empty()), "{pattern} is read");
    }
    let deep = format!("{{ {}$.a = b{} }}", "(".repeat(1_000), ")".repeat(1_000));
    assert!(parse(&deep).is_err());
}
