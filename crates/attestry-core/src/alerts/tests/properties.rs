//! Random patterns and random events: the decisions are compared with a second evaluator that shares no code with them.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::decisions::{counter, map};
use crate::alerts::{Decision, Meant, Shape, Truth, decide, judge, parse};

/// A condition that can be written as a pattern and evaluated.
#[derive(Clone, Debug)]
enum Tree {
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Equal(&'static str, &'static str, bool),
    Found(&'static str, &'static str, bool),
    Missing(&'static str),
    Null(&'static str),
    Above(&'static str, i32),
}

/// The fields of the events, with their values. The first two always exist.
const FIELDS: [&str; 5] = ["eventName", "eventSource", "errorCode", "userIdentity.type", "requestParameters.n"];
const PATTERNS: [&str; 8] = ["Create", "Delete", "Cre*", "*ate", "*e*", "*", "x*", "*Denied"];
const EXPRESSIONS: [&str; 4] = ["Cre|Den", "^Create$", "[a-d]e", "te$"];
const VALUES: [&str; 6] = ["Create", "Delete", "AccessDenied", "xCreate", "", "Root"];

fn tree() -> impl Strategy<Value = Tree> {
    let field = || prop::sample::select(&FIELDS[..]);
    let leaf = prop_oneof![
        4 => (field(), prop::sample::select(&PATTERNS[..]), any::<bool>()).prop_map(|(f, p, n)| Tree::Equal(f, p, n)),
        2 => (field(), prop::sample::select(&EXPRESSIONS[..]), any::<bool>()).prop_map(|(f, p, n)| Tree::Found(f, p, n)),
        1 => field().prop_map(Tree::Missing),
        1 => field().prop_map(Tree::Null),
        1 => (field(), -2..3).prop_map(|(f, n)| Tree::Above(f, n)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::And),
            prop::collection::vec(inner, 1..4).prop_map(Tree::Or),
        ]
    })
}

fn written(tree: &Tree) -> String {
    let sign = |negated: &bool| if *negated { "!=" } else { "=" };
    let list =
        |parts: &[Tree], by: &str| parts.iter().map(|it| format!("({})", written(it))).collect::<Vec<_>>().join(by);
    match tree {
        Tree::And(parts) => list(parts, " && "),
        Tree::Or(parts) => list(parts, "||"),
        Tree::Equal(field, pattern, negated) => format!("$.{field} {} \"{pattern}\"", sign(negated)),
        Tree::Found(field, source, negated) => format!("$.{field}{}%{source}%", sign(negated)),
        Tree::Missing(field) => format!("$.{field} NOT EXISTS"),
        Tree::Null(field) => format!("$.{field} IS NULL"),
        Tree::Above(field, number) => format!("$.{field} > {number}"),
    }
}

/// The answer by AWS's page, without any code of the engine. `None` means unknown.
fn naive(tree: &Tree, event: &Json) -> Option<bool> {
    let at = |field: &str| field.split('.').try_fold(event, |value, name| value.get(name));
    let turned = |equal: bool, negated: &bool| Some(equal != *negated);
    match tree {
        Tree::And(parts) => {
            let all: Vec<_> = parts.iter().map(|it| naive(it, event)).collect();
            if all.contains(&Some(false)) {
                Some(false)
            } else {
                all.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
            }
        }
        Tree::Or(parts) => {
            let all: Vec<_> = parts.iter().map(|it| naive(it, event)).collect();
            if all.contains(&Some(true)) {
                Some(true)
            } else {
                all.into_iter().collect::<Option<Vec<_>>>().map(|_| false)
            }
        }
        Tree::Equal(field, pattern, negated) => match at(field) {
            None => {
                if *negated {
                    None
                } else {
                    Some(false)
                }
            }
            Some(Json::String(text)) => turned(like(pattern.as_bytes(), text.as_bytes()), negated),
            Some(Json::Object(_) | Json::Array(_)) => Some(false),
            Some(_) => None,
        },
        Tree::Found(field, source, negated) => match at(field) {
            None => {
                if *negated {
                    None
                } else {
                    Some(false)
                }
            }
            Some(Json::String(text)) => turned(finds(source, text), negated),
            Some(Json::Object(_) | Json::Array(_)) => Some(false),
            Some(_) => None,
        },
        Tree::Missing(field) => Some(at(field).is_none()),
        Tree::Null(field) => Some(at(field).is_some_and(Json::is_null)),
        Tree::Above(field, number) => match at(field) {
            Some(Json::Number(value)) => Some(value.as_f64()? > f64::from(*number)),
            Some(Json::String(text)) if text.is_empty() => None,
            _ => Some(false),
        },
    }
}

fn like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| like(rest, &text[at..])),
        Some((sign, rest)) => text.first() == Some(sign) && like(rest, &text[1..]),
    }
}

fn finds(source: &str, text: &str) -> bool {
    static READ: LazyLock<Vec<regex::Regex>> =
        LazyLock::new(|| EXPRESSIONS.iter().map(|it| regex::Regex::new(it).unwrap()).collect());
    let at = EXPRESSIONS.iter().position(|it| *it == source).unwrap();
    READ[at].is_match(text)
}

fn names(tree: &Tree, found: &mut Vec<&'static str>) {
    match tree {
        Tree::And(parts) | Tree::Or(parts) => parts.iter().for_each(|it| names(it, found)),
        Tree::Equal(field, ..) | Tree::Found(field, ..) | Tree::Null(field) | Tree::Above(field, _) => {
            found.push(field)
        }
        Tree::Missing(_) => {}
    }
}

/// The answer of a complete filter. A list or an object at a tested field makes a yes unknown, because AWS does not
/// apply the filter.
fn naive_filter(tree: &Tree, event: &Json) -> Option<bool> {
    let mut fields = Vec::new();
    names(tree, &mut fields);
    let container = |field: &&str| {
        let value = field.split('.').try_fold(event, |value, name| value.get(name));
        value.is_some_and(|it| it.is_object() || it.is_array())
    };
    match naive(tree, event) {
        Some(true) if fields.iter().any(container) => None,
        other => other,
    }
}

fn value() -> impl Strategy<Value = Option<Json>> {
    prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(|it| Some(json!(it))),
        1 => "[a-zA-Z*]{0,4}".prop_map(|it| Some(json!(it))),
        2 => Just(None),
        1 => Just(Some(Json::Null)),
        1 => Just(Some(json!(true))),
        1 => (-3..4).prop_map(|it| Some(json!(it))),
        1 => Just(Some(json!({}))),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![prop::sample::select(&VALUES[..]).prop_map(str::to_owned), "[a-zA-Z]{0,4}"]
}

fn made(name: &str, source: String, code: Option<String>, of: String, n: Option<Json>) -> Json {
    let mut event = Map::new();
    event.insert("eventName".into(), json!(name));
    event.insert("eventSource".into(), json!(source));
    event.extend(code.map(|code| ("errorCode".to_owned(), json!(code))));
    event.insert("userIdentity".into(), json!({ "type": of }));
    event.extend(n.map(|n| ("requestParameters".to_owned(), json!({ "n": n }))));
    Json::Object(event)
}

fn meant() -> impl Strategy<Value = Meant> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(wild, coded, typed)| {
        let names: &[&str] = if wild { &["Cre*", "Delete"] } else { &["Create", "Delete"] };
        let except = if typed { map(&[("userIdentity.type", &["Root", "x*"])]) } else { map(&[]) };
        let without = if coded { vec!["errorCode".to_owned()] } else { Vec::new() };
        Meant { fields: map(&[("eventName", names)]), except, without }
    })
}

/// Whether an event fits the description.
fn is_meant(event: &Json, meant: &Meant) -> bool {
    let name = event["eventName"].as_str().unwrap();
    let wild = meant.fields["eventName"].contains(&"Cre*".to_owned());
    let of = event["userIdentity"]["type"].as_str();
    (name == "Delete" || if wild { name.starts_with("Cre") } else { name == "Create" })
        && (meant.without.is_empty() || event.get("errorCode").is_none())
        && (meant.except.is_empty() || of.is_some_and(|of| of != "Root" && !of.starts_with('x')))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Two evaluators without common code give the same answer for one event and one pattern.
    #[test]
    fn one_event_is_judged_alike(tree in tree(), values in prop::collection::vec(value(), 5)) {
        let mut event = Map::new();
        for (field, value) in FIELDS.iter().zip(values) {
            let Some(value) = value else { continue };
            match field.split_once('.') {
                Some((parent, child)) => { event.insert(parent.to_owned(), json!({ child: value })); }
                None => { event.insert((*field).to_owned(), value); }
            }
        }
        let event = Json::Object(event);
        let filter = parse(&format!("{{ {} }}", written(&tree))).unwrap();
        let expected = naive_filter(&tree, &event).map_or(Truth::Unknown, Truth::from);
        prop_assert_eq!(judge(&filter, &event), expected, "{} on {}", written(&tree), event);
    }

    /// A counterexample fits the description and is surely not counted. When all events are counted, no random event is
    /// missed.
    #[test]
    fn decisions_hold_of_single_events(
        tree in tree(),
        meant in meant(),
        events in prop::collection::vec((text(), text(), prop::option::of(text()), text(), value()), 12),
    ) {
        let pattern = format!("{{ {} }}", written(&tree));
        match decide(Shape::Record, std::slice::from_ref(&meant), &[counter(&pattern)]) {
            Decision::Counted => {
                for (name, source, code, of, n) in events {
                    for name in [name.as_str(), "Create", "Delete", "Cre"] {
                        let code = code.clone().filter(|_| meant.without.is_empty());
                        let event = made(name, source.clone(), code, of.clone(), n.clone());
                        if is_meant(&event, &meant) {
                            prop_assert_eq!(naive_filter(&tree, &event), Some(true), "{} on {}", pattern, event);
                        }
                    }
                }
            }
            Decision::Missed(event) => {
                prop_assert_eq!(naive_filter(&tree, &event), Some(false), "{} on {}", pattern, event);
                let mut event = event;
                if event["userIdentity"].is_null() { event["userIdentity"] = json!({ "type": "other" }); }
                prop_assert!(is_meant(&event, &meant), "{} of {:?}", event, meant);
            }
            // Then the search has found an event whose answer is unknown.
            Decision::Undecided(why) => prop_assert!(!why.is_empty()),
        }
    }
}
