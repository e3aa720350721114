//! Tests that the sweep finds every planted text, and nothing else.

use std::io::Cursor;

use attestry_logs::{Lines, Sweeper};

use super::corpus::{ALNUM, Dice, FORMS, corpus, encode, values};
use super::{engine, key, pieces, place, whole};

#[test]
fn all_that_is_planted_is_found_and_nothing_else() {
    for seed in [11, 12, 13] {
        let values = values(seed, 500);
        let engine = engine(&values);
        let corpus = corpus(seed, 1 << 20, &values, 900);
        let hits = whole(&engine, &corpus.text);
        let within = |line: &std::ops::Range<usize>, at: u64| line.contains(&(at as usize));
        for planted in &corpus.planted {
            let name = planted.value.map(|number| format!("secret-{number}"));
            let found = hits
                .iter()
                .any(|(start, _, what)| within(&planted.line, *start) && name.as_ref().is_none_or(|name| name == what));
            let line = String::from_utf8_lossy(&corpus.text[planted.line.clone()]);
            assert!(found, "seed {seed}: {} of {name:?} is not found in: {line}", planted.what);
        }
        for (start, end, what) in &hits {
            let planted = corpus.planted.iter().any(|planted| within(&planted.line, *start));
            let around = &corpus.text[(*start as usize).saturating_sub(60)..*end as usize];
            assert!(planted, "seed {seed}: {what} is a false alarm: {}", String::from_utf8_lossy(around));
        }
    }
}

/// Tests every form at every alignment within a block, also for short values.
#[test]
fn a_value_is_found_in_every_form_at_every_offset() {
    let mut dice = Dice::new(5);
    let mut values = values(5, 30);
    values.extend(["k3J9xQ2m", "p<4&\"/+ 9Zq", "twelve-bytes", "ünïcode-Ω-value"].map(str::to_owned));
    let engine = engine(&values);
    for (number, value) in values.iter().enumerate() {
        for form in FORMS {
            let text = encode(&mut dice, value, form);
            for before in 0..17 {
                let line = format!("{}{text} x", "- ".repeat(30)[..before].to_owned() + " ");
                let found = whole(&engine, line.as_bytes());
                let name = format!("secret-{number}");
                assert!(found.iter().any(|(.., what)| *what == name), "{form} of {value:?} at {before}: {line}");
            }
        }
    }
}

#[test]
fn wherever_pieces_end_the_same_is_found() {
    let values = values(21, 200);
    let engine = engine(&values);
    let corpus = corpus(21, 600_000, &values, 400);
    let wanted = whole(&engine, &corpus.text);
    assert!(wanted.len() >= 400);
    let mut dice = Dice::new(3);
    for longest in [1000, 70_000, 300_000] {
        let mut rest = corpus.text.as_slice();
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let (part, after) = rest.split_at(rest.len().min(1 + dice.below(longest)));
            parts.push(part);
            rest = after;
        }
        assert_eq!(pieces(&engine, parts.into_iter()), wanted, "{longest}");
    }
}

/// Several workers read a large file in parts. The result does not depend on the parts.
#[test]
fn a_source_read_in_parts_gives_the_findings_of_the_whole() {
    let mut values = values(31, 200);
    let mut dice = Dice::new(9);
    let mut corpus = corpus(31, 700_000, &values, 500);
    // The ends of lines do not matter for these texts: a value of many lines, and a key that is printed line by line.
    let lines: Vec<String> = (0..4).map(|_| dice.text(ALNUM, 60)).collect();
    let many = lines.join("\n");
    let key_text = format!("-----BEGIN RSA PRIVATE KEY-----\n{}\n", dice.text(ALNUM, 64));
    let middle = corpus.text.len();
    corpus.text.extend_from_slice(format!("{many}\n{key_text}").as_bytes());
    let within = middle as u64..corpus.text.len() as u64;
    values.push(many);
    let engine = engine(&values);
    // The text ends with a line that an agent cut, and a line without an end.
    let long = format!("{}{}\n{} after\nlast {}", "x".repeat(20_000), &values[0][..9], &values[0][9..], values[1]);
    corpus.text.extend_from_slice(long.as_bytes());
    let text = &corpus.text;
    let key = key();
    let length = text.len() as u64;
    let read = |starts: &[u64]| {
        let mut all = Sweeper::new(&engine, &key);
        let mut lines = Lines::default();
        let edges: Vec<u64> = [0].into_iter().chain(starts.iter().copied()).chain([length]).collect();
        // Simulates two workers: a second sweeper reads every other part.
        let mut other = Sweeper::new(&engine, &key);
        for (number, edge) in edges.windows(2).enumerate().rev() {
            let worker = if number % 2 == 0 { &mut all } else { &mut other };
            let part = edge[0]..edge[1];
            lines.add(worker.read_part(Cursor::new(text), part, edge[1] == length, &place(), &mut |_| {}));
        }
        let Sweeper { mut findings, mut coverage, .. } = all;
        findings.merge(other.findings);
        coverage.merge(other.coverage);
        coverage.events = lines.events();
        (findings.into_sorted(), coverage)
    };
    let mut whole = Sweeper::new(&engine, &key);
    whole.read(text.as_slice(), length, &place(), &mut |_| {});
    let wanted = (whole.findings.into_sorted(), whole.coverage);
    assert!(wanted.0.0.len() > 300 && wanted.1.is_complete());
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', text).collect();
    let good: Vec<u64> = ends.windows(2).filter(|pair| pair[1] - pair[0] < 16_000).map(|it| it[1] as u64 + 1).collect();
    let edges: Vec<u64> = good.iter().copied().filter(|at| within.contains(at)).collect();
    assert!(edges.len() > 5);
    for parts in [1, 2, 3, 7, 40, 41, 42, 43, 44, 45] {
        let mut starts: Vec<u64> = (1..parts).map(|_| good[dice.below(good.len())]).filter(|it| *it < length).collect();
        starts.push(edges[parts % edges.len()]);
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(read(&starts), wanted, "{starts:?}");
    }
}

#[test]
fn the_parts_of_a_secret_are_found() {
    let pem = "-----BEGIN X-----\nQ2hpbWVyYTpoZWxsbyB3b3JsZCBvZiBsb2dz\nTW9yZUxpbmVzT2ZUaGlzS2V5MTIz\n-----END X-----";
    let json = r#"{"username":"app-user-name","password":"p\"q\\w-3rty-uiop","port":5432,"n":123456789012}"#;
    let engine = engine([pem, json]);
    let paths: Vec<_> = engine.values.parts().iter().map(|part| part.path.as_str()).collect();
    assert_eq!(paths, ["$", "line 2", "line 3", "$", "$.password", "$.n"]);
    for (text, wanted) in [
        ("a\nTW9yZUxpbmVzT2ZUaGlzS2V5MTIz\nb", "secret-0"),
        (r#"password is p"q\w-3rty-uiop"#, "secret-1"),
        (r#"{"a":"p\"q\\w-3rty-uiop"}"#, "secret-1"),
    ] {
        assert!(whole(&engine, text.as_bytes()).iter().any(|(.., what)| what == wanted), "{text}");
    }
    assert!(whole(&engine, b"app-user-name logged in").is_empty());
}

#[test]
fn values_that_are_too_short_or_too_common_are_reported_and_short_values_need_boundaries() {
    let engine = engine(["short", "aaaaaaaaaaaaaaaa", "us-east-1", "changeme", "k3J9xQ2m"]);
    let told: Vec<_> =
        engine.values.unsearchable().iter().map(|(part, why)| (part.secret.as_str(), format!("{why:?}"))).collect();
    let wanted = ["TooShort", "TooCommon", "TooCommon", "TooCommon"];
    let wanted: Vec<_> =
        ["secret-0", "secret-1", "secret-2", "secret-3"].into_iter().zip(wanted.map(str::to_owned)).collect();
    assert_eq!(told, wanted);
    assert_eq!(whole(&engine, b"x k3J9xQ2m, y").len(), 1);
    assert!(whole(&engine, b"x 1k3J9xQ2m, k3J9xQ2mZ").is_empty());
}
