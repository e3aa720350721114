#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use serde_json::{Value as Json, json};

use super::*;

/// Values as `jmespath`, the library of AWS's command line, gives them. `ci/reference/paths.py` writes the file.
const CASES: &str = include_str!("cases.json");

#[test]
fn paths_select_what_jmespath_selects() {
    let all: Json = serde_json::from_str(CASES).unwrap();
    let cases = all["cases"].as_array().unwrap();
    assert!(cases.len() > 400, "{}", cases.len());
    for case in cases {
        let (text, place) = (case[0].as_str().unwrap(), usize::try_from(case[1].as_u64().unwrap()).unwrap());
        let of = &all["documents"][place];
        let path = Path::parse(text).unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        assert_eq!(path.value(of).ok().as_ref(), Some(&case[2]), "{text} of document {place}");
        assert_eq!(Path::parse(&path.to_string()).as_ref(), Ok(&path), "{text} is written {path}");
    }
}

#[test]
fn what_is_outside_of_the_subset_is_refused_at_its_place() {
    for (text, at) in [
        ("", 0),
        ("a.", 2),
        ("a[", 2),
        ("a[*]", 2),
        ("*.a", 0),
        ("a | b", 2),
        ("{a: b}", 0),
        ("[a, b]", 1),
        ("a[0:2]", 3),
        ("!a.b", 1),
        ("&a", 0),
        ("a b", 2),
        ("a[?b", 4),
        ("'a", 0),
        ("`{`", 0),
        ("lenght(a)", 0),
        ("length()", 0),
        ("length(a, b)", 0),
        ("a.-1", 2),
        ("a = b", 2),
    ] {
        assert_eq!(Path::parse(text).map_err(|wrong| wrong.at), Err(at), "{text}");
    }
    assert!(Path::parse("lenght(a)").is_err_and(|wrong| wrong.reason.contains("did you mean `length`?")));
    assert!(Path::parse(&"(".repeat(500)).is_err() && Path::parse(&"a.".repeat(600)).is_err());
}

#[test]
fn a_function_of_nothing_is_nothing_and_of_a_wrong_type_an_error() {
    let of = json!({ "n": 1, "t": "abc", "mixed": [1, "a"] });
    for path in ["length(gone)", "contains(gone, 'a')", "max(gone[].at)", "sort(gone)", "starts_with(gone, 'a')"] {
        assert_eq!(Path::parse(path).unwrap().value(&of), Ok(Json::Null), "{path}");
    }
    for path in ["length(n)", "max(mixed)", "starts_with(n, 'a')", "keys(t)", "sort(t)", "contains(n, 'a')"] {
        let wrong = Path::parse(path).unwrap().value(&of).unwrap_err();
        assert!(!wrong.to_string().contains("abc"), "{wrong}");
    }
}

#[test]
fn a_path_names_the_members_that_it_reads() {
    for (text, expected) in [
        ("a.b", &["a.b"][..]),
        ("@", &[""]),
        ("a[].b.c", &["a.b.c"]),
        ("a[?b == 'x'].c", &["a.b", "a.c"]),
        ("a || b.c", &["a", "b.c"]),
        ("length(a[?!(b)]) > `0`", &["a", "a.b"]),
        ("a[0].b", &["a.b"]),
        ("not_null(a, b)", &["a", "b"]),
    ] {
        let mut found = Vec::new();
        Path::parse(text).unwrap().members(&mut found);
        let mut found: Vec<String> = found.iter().map(|chain| chain.join(".")).collect();
        found.sort();
        assert_eq!(found, expected, "{text}");
    }
}
