//! Compares requests and answers with those of botocore, which are in `cases.json`. `ci/reference/model_cases.py` writes
//! them.
#![cfg(feature = "wire")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::BTreeMap;

use attestry_model::wire::{self, Wanted};
use attestry_model::{Operation, Protocol, service};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quick_xml::events::Event;
use serde_json::{Map, Value};

struct Case {
    operation: Operation,
    given: Value,
}

fn cases() -> Vec<Case> {
    let cases: Vec<Value> = serde_json::from_str(include_str!("cases.json")).unwrap();
    let cases = cases.into_iter().map(|given| {
        let service = service(given["service"].as_str().unwrap()).unwrap();
        Case { operation: service.operation(given["operation"].as_str().unwrap()).unwrap(), given }
    });
    cases.collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    match value.get("base64") {
        Some(it) => STANDARD.decode(text(it)).unwrap(),
        None => text(&value["text"]).as_bytes().to_vec(),
    }
}

fn headers(value: &Value) -> Vec<(&str, &str)> {
    value["headers"].as_object().unwrap().iter().map(|(name, it)| (name.as_str(), text(it))).collect()
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            assert!(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), "{text}");
            out.push(byte);
        }
    }
    String::from_utf8(out).unwrap()
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|it| !it.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    pairs.collect()
}

/// Whole numbers and fractions of the same amount are the same.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => ours == theirs,
    }
}

#[test]
fn requests_are_as_botocore_writes_them() {
    for Case { operation, given } in cases() {
        let what = format!("{operation:?}");
        let ours = wire::request(operation, &given["input"]).unwrap_or_else(|error| panic!("{what}: {error}"));
        let theirs = &given["request"];
        assert_eq!(ours.method, text(&theirs["method"]), "{what}");
        assert_eq!(ours.host_prefix, text(&theirs["host_prefix"]), "{what}");
        let (path, query) = ours.path.split_once('?').unwrap_or((&ours.path, ""));
        let their_path = text(&theirs["path"]);
        let (their_path, their_query) = their_path.split_once('?').unwrap_or((their_path, ""));
        assert_eq!(path, their_path, "{what}");
        let mut their_pairs = pairs(their_query);
        let more = theirs["query"].as_array().unwrap().iter();
        their_pairs.extend(more.map(|pair| (text(&pair[0]).to_owned(), text(&pair[1]).to_owned())));
        let mut our_pairs = pairs(query);
        our_pairs.sort();
        their_pairs.sort();
        assert_eq!(our_pairs, their_pairs, "{what}");
        let mut our_headers: BTreeMap<&str, &str> = ours.headers.iter().map(|(name, it)| (&**name, &**it)).collect();
        // botocore leaves these to its HTTP client, or adds them in handlers.
        for later in ["accept", "x-amz-glacier-version"] {
            if !headers(theirs).iter().any(|(name, _)| *name == later) {
                our_headers.remove(later);
            }
        }
        if operation.service().protocol() == Protocol::RestXml {
            our_headers.remove("content-type");
        }
        assert_eq!(our_headers, headers(theirs).into_iter().collect(), "{what}");
        if let Some(form) = theirs.get("form") {
            let form = form.as_object().unwrap().iter().map(|(name, it)| (name.clone(), text(it).to_owned()));
            let ours = pairs(std::str::from_utf8(&ours.body).unwrap());
            assert_eq!(ours.into_iter().collect::<BTreeMap<_, _>>(), form.collect(), "{what}");
        } else if let Some(json) = theirs.get("json") {
            let ours: Value = serde_json::from_slice(&ours.body).unwrap();
            assert!(same(&ours, json), "{what}: {ours} is not {json}");
        } else {
            let theirs = bytes(theirs);
            assert_eq!(ours.body, theirs, "{what}: {} {}", ours.body.escape_ascii(), theirs.escape_ascii());
        }
    }
}

fn read(case: &Case, wanted: &Wanted) -> Value {
    let answer = &case.given["answer"];
    let status = u16::try_from(answer["status"].as_u64().unwrap()).unwrap();
    let read = wire::answer(case.operation, status, &headers(answer), &bytes(answer), wanted);
    read.unwrap_or_else(|error| panic!("{:?}: {error}", case.operation))
}

#[test]
fn answers_are_as_botocore_reads_them() {
    for case in cases() {
        let ours = read(&case, &Wanted::Everything);
        let theirs = &case.given["members"];
        assert!(same(&ours, theirs), "{:?}:\n{ours}\nis not\n{theirs}", case.operation);
    }
}

/// Returns the paths of the elements of a document with their texts, without the elements that no model has.
fn elements(xml: &str) -> Vec<(String, String)> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let (mut path, mut found, mut text) = (Vec::<String>::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(String::from_utf8(start.local_name().as_ref().to_vec()).unwrap());
                text.clear();
            }
            Event::Text(part) => text.push_str(&part.decode().unwrap()),
            Event::CData(part) => text.push_str(&part.decode().unwrap()),
            Event::GeneralRef(part) => {
                let known = [("lt", "<"), ("gt", ">"), ("amp", "&"), ("quot", "\""), ("apos", "'")];
                let name = part.decode().unwrap();
                match part.resolve_char_ref().unwrap() {
                    Some(character) => text.push(character),
                    None => text.push_str(known.iter().find(|it| it.0 == name).unwrap().1),
                }
            }
            Event::End(_) => {
                let whole = path[1..].join("/");
                path.pop();
                if !whole.contains("memberOfLater") && !whole.ends_with("equestId") {
                    found.push((whole, std::mem::take(&mut text)));
                }
                text.clear();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found.sort();
    found
}

fn without_later(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "memberOfLater");
            members.map(|(name, it)| (name.clone(), without_later(it))).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(without_later).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_server_answers_what_the_cases_hold() {
    for case in cases() {
        let (operation, members) = (case.operation, &case.given["members"]);
        let ours = wire::respond(operation, members, "id").unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        let our_headers: Vec<_> = ours.headers.iter().map(|(name, it)| (&**name, &**it)).collect();
        let read = wire::answer(operation, ours.status, &our_headers, &ours.body, &Wanted::Everything);
        let read = read.unwrap_or_else(|error| panic!("{operation:?}: {error}"));
        assert!(same(&read, members), "{operation:?}:\n{read}\nis not\n{members}");
        let theirs = &case.given["answer"];
        for (name, value) in headers(theirs).into_iter().filter(|(name, _)| *name != "smithy-protocol") {
            let mut ours = our_headers.iter().filter(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, it)| *it);
            assert_eq!(ours.next_back().unwrap().replace(", ", ","), value.replace(", ", ","), "{operation:?} {name}");
        }
        let Some(body) = theirs.get("text").map(text).filter(|it| !it.is_empty()) else { continue };
        let text = std::str::from_utf8(&ours.body).unwrap();
        if body.starts_with('<') {
            assert_eq!(elements(text), elements(body), "{operation:?}");
        } else if operation.output().and_then(|it| it.payload()).is_none() {
            let (ours, theirs): (Value, Value) =
                (serde_json::from_str(text).unwrap(), serde_json::from_str(body).unwrap());
            let theirs = without_later(&theirs);
            assert!(same(&ours, &theirs), "{operation:?}:\n{ours}\nis not\n{theirs}");
        }
    }
}

/// Keeps the members of a tree of names.
fn chosen(value: &Value, wanted: &Wanted) -> Value {
    match (value, wanted) {
        (Value::Object(members), Wanted::Members(_)) => {
            let kept = members.iter().filter_map(|(name, it)| Some((name.clone(), chosen(it, wanted.inside(name)?))));
            Value::Object(kept.collect())
        }
        (Value::Array(items), _) => items.iter().map(|item| chosen(item, wanted)).collect(),
        _ => value.clone(),
    }
}

/// Collects the paths of all members.
fn paths(value: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(members) => {
            for (name, it) in members {
                let path = [path, std::slice::from_ref(name)].concat();
                paths(it, &path, found);
                found.push(path);
            }
        }
        Value::Array(items) => items.iter().for_each(|it| paths(it, path, found)),
        _ => {}
    }
}

#[test]
fn what_is_not_wanted_is_not_in_the_answer() {
    let mut tried = 0;
    for case in cases() {
        let everything = &case.given["members"];
        assert_eq!(read(&case, &Wanted::nothing()), Value::Object(Map::new()), "{:?}", case.operation);
        let mut all = Vec::new();
        paths(everything, &[], &mut all);
        for (at, pair) in all.windows(2).enumerate() {
            let pair: Vec<Vec<&str>> = pair.iter().map(|it| it.iter().map(String::as_str).collect()).collect();
            let wanted = Wanted::paths(pair.iter().map(Vec::as_slice));
            let (ours, theirs) = (read(&case, &wanted), chosen(everything, &wanted));
            assert!(same(&ours, &theirs), "{:?} {at} {pair:?}:\n{ours}\nis not\n{theirs}", case.operation);
            tried += 1;
        }
    }
    assert!(tried > 1000, "{tried}");
}
