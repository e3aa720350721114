//! The cost of a hostile suite. It is refused, with its place, before it takes time or memory.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

const STAGE: &str = "account: '000000000001', regions: [eu-west-1]";

/// Loads a suite with one policy, both as texts.
fn told(suite: &str, policy: &str) -> Loaded {
    let suite = format!("suite: s\ntitle: S\npolicies: [p.yaml]\n{suite}\n");
    let policy = format!("id: T\ntitle: T\nseverity: low\ncases:\n{policy}\n");
    let files = [("s.yaml", suite.as_bytes()), ("p.yaml", policy.as_bytes())];
    let held: BTreeMap<PathBuf, &[u8]> = files.into_iter().map(|(name, text)| (PathBuf::from(name), text)).collect();
    load_suite_of(&Root::Held(held), Path::new("s.yaml"), words())
}

fn cases(number: usize, expect: impl Fn(usize) -> String) -> String {
    (0..number).map(|at| format!("  c{at}: {{ each: test.thing, when_none: met, expect: {} }}\n", expect(at))).collect()
}

/// A chain of parameters, each with the value of the one before, and a case that uses the last one.
fn chain(length: usize, first: &str, link: &str) -> (String, String) {
    let links = (1..length).map(|at| format!("  p{at}: {}\n", link.replace('@', &format!("${{p{}}}", at - 1))));
    let suite = format!("parameters:\n  p0: {first}\n{}stages: {{ dev: {{ {STAGE} }} }}", links.collect::<String>());
    (suite, cases(1, |_| format!("{{ zones: '${{p{}}}' }}", length - 1)))
}

#[test]
fn parameters_that_grow_are_refused_where_they_become_too_much() {
    for (length, first, link, fits) in [
        (10, "a", "'@@'", true),
        (30, "abcdefgh", "'@@'", false),
        // One text and one list that are too long by themselves.
        (17, "a", "'@@'", true),
        (18, "a", "'@@'", false),
        (12, "a", "['@', '@']", true),
        (15, "a", "['@', '@']", false),
        // A doubled empty text stays empty, and takes as long.
        (40, "''", "'@@'", false),
        (30, "a", "['@', '@']", false),
        (30, "[a, b]", "{ x: '@', y: '@' }", false),
        (60, "a", "'@'", true),
        (70, "a", "'@'", false),
        (40, "a", "['@']", false),
        (900, "a", "'@'", false),
        (1_001, "a", "b", false),
    ] {
        let (suite, policy) = chain(length, first, link);
        let loaded = told(&suite, &policy);
        let found = codes(&loaded.diagnostics);
        // Whether the type fits is not part of this test.
        let over: Vec<_> = found.iter().filter(|code| **code == "over-limit").collect();
        assert_eq!(over.is_empty(), fits, "{length} {first} {link}: {found:?}");
        assert!(found.len() < 20, "{length} {first} {link}: {} errors", found.len());
        assert!(loaded.diagnostics.iter().all(|it| it.span.is_some()));
    }
}

#[test]
fn a_suite_has_no_more_of_anything_than_it_may() {
    let stages = |number: usize| {
        let all = (0..number).map(|at| format!("  s{at}: {{ {STAGE}, parameters: {{ a: v{at} }} }}\n"));
        format!("stages:\n{}", all.collect::<String>())
    };
    let of_stage = |number: usize| {
        let all: Vec<_> = (0..number).map(|at| format!("p{at}: v")).collect();
        format!("stages: {{ dev: {{ {STAGE}, parameters: {{ a: v, {} }} }} }}", all.join(", "))
    };
    let plain = cases(1, |_| "{ name: '${a}' }".to_owned());
    let regexes = |number, form: fn(usize) -> String| {
        cases(number, move |at| format!("{{ name: {{ matches: '{}' }} }}", form(at)))
    };
    let one = format!("stages: {{ dev: {{ {STAGE} }} }}");
    for (what, suite, policy, fits) in [
        ("stages", stages(50), plain.clone(), true),
        ("stages", stages(1_001), plain.clone(), false),
        ("parameters of a stage", of_stage(20), plain.clone(), true),
        ("cases", one.clone(), cases(10_001, |_| "{ name: a }".to_owned()), false),
        ("regexes", one.clone(), regexes(40, |at| format!("a{at}")), true),
        ("regexes", one.clone(), regexes(501, |at| format!("a{at}")), false),
        ("the same regex", one.clone(), regexes(600, |_| "a".to_owned()), true),
        ("refused regexes", one.clone(), regexes(510, |at| format!("x({at}")), false),
        ("a long regex", one.clone(), regexes(1, |_| "a".repeat(5_000)), false),
        ("a deep regex", one.clone(), regexes(1, |_| format!("{}a{}", "(".repeat(200), ")".repeat(200))), false),
        ("a large regex", one.clone(), regexes(1, |_| "\\w{200}".to_owned()), false),
        ("parameters of a stage", of_stage(1_001), plain.clone(), false),
        ("a long pattern", one, cases(1, |_| format!("{{ name: {{ glob: '{}' }} }}", "a*".repeat(3_000))), false),
    ] {
        let loaded = told(&suite, &policy);
        let refused = codes(&loaded.diagnostics).iter().any(|code| matches!(*code, "over-limit" | "bad-regex"));
        assert_eq!(!refused, fits, "{what}: {:?}", loaded.diagnostics.iter().next());
    }
}

#[test]
fn a_suite_names_no_more_files_than_it_may() {
    // The number of folders, the number of files in each, the number of times that the list names the first file, and
    // whether this is too much.
    for (folders, files, named, over) in
        [(1, 20, 1_000, false), (1, 20, 1_001, true), (1, 2_001, 1, true), (2, 1_100, 1, true)]
    {
        let names = (0..folders).flat_map(|folder| (0..files).map(move |at| format!("f{folder}/p{at}.yaml")));
        let names: Vec<String> = names.collect();
        let list =
            (0..folders).map(|folder| format!("f{folder}/*.yaml")).chain((1..named).map(|_| "f0/p0.yaml".to_owned()));
        let list: Vec<String> = list.collect();
        let suite = format!("suite: s\ntitle: S\npolicies: [{}]\nstages: {{ dev: {{ {STAGE} }} }}\n", list.join(", "));
        let texts = names.iter().map(|name| (PathBuf::from(name), &b"id: T\n"[..]));
        let held: BTreeMap<PathBuf, &[u8]> = texts.chain([(PathBuf::from("s.yaml"), suite.as_bytes())]).collect();
        let loaded = load_suite_of(&Root::Held(held), Path::new("s.yaml"), words());
        let told = render(&loaded.library.files, &loaded.diagnostics, false);
        let is_over = told.contains("over-limit") || told.contains("more than 2000 files");
        assert_eq!(is_over, over, "{folders} {files} {named}: {}", told.lines().take(5).collect::<String>());
    }
}

#[test]
fn stages_with_parameters_of_their_own_are_checked_within_a_limit() {
    let stages = (0..50).map(|at| format!("  s{at}: {{ {STAGE}, parameters: {{ a: v{at} }} }}\n")).collect::<String>();
    let loaded = told(&format!("stages:\n{stages}"), &cases(10, |at| format!("{{ name: '${{a}}{at}' }}")));
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
    // 49 stages check 30 values again. Before that, two names are compared 49 x 48 / 2 times.
    for (most, found) in [(4_500, &[][..]), (3_500, &["over-limit"])] {
        let mut sink = Diagnostics::new();
        compile::check_within(most, &loaded.library.suites[0], &outline::Outline::default(), &mut sink);
        assert_eq!(codes(&sink), found, "{most}");
    }
}

#[test]
fn what_is_told_of_a_suite_that_is_wrong_everywhere_is_bounded() {
    let stages = (0..500).map(|at| format!("  s{at}: {{ {STAGE} }}\n")).collect::<String>();
    let loaded = told(&format!("stages:\n{stages}"), &cases(1_000, |_| "{ name: '${nobody}' }".to_owned()));
    assert!(loaded.diagnostics.len() >= 10_000 && loaded.diagnostics.has_errors());
    assert_eq!(loaded.diagnostics.iter().count(), 10_000);
}

#[test]
fn files_that_are_passed_over_are_reported() {
    let policy = |id: &str| {
        format!(
            "id: {id}\ntitle: T\nseverity: low\ncases: {{ a: {{ each: test.thing, when_none: met, expect: {{ name: a }} }} }}\n"
        )
    };
    // The files, the pattern of the suite, the reported codes, and the number of policies that are read.
    for (files, pattern, found, read) in [
        (&["a.yaml", "b.YAML", "c.yml"][..], "[p/*.yaml]", &["unread-file"][..], 2),
        (&["a.yaml", "b.YAML", "c.Yml"], "[p/*.yaml, p/*.yml]", &[], 3),
        (&["a.yaml", "b.json"], "[p/*]", &["unread-file"], 1),
        (&["a.yaml", "b.json", "README.md"], "[p/*.yaml]", &["unread-file"], 1),
        (&["a.yaml", "README.md", ".hidden"], "[p/*.yaml]", &[], 1),
        (&["a.yaml", "b.yaml.bak", ".b.yaml.swp"], "[p/*]", &["unread-file"], 1),
        (&["a.yaml", "b/c.yaml"], "[p/*]", &["unread-folder"], 1),
        (&["a.yaml", "b.yaml/c"], "[p/*.yaml]", &["unreadable-file"], 1),
    ] {
        let directory = tempfile::tempdir().unwrap();
        for (index, name) in files.iter().enumerate() {
            let path = directory.path().join("p").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, policy(&format!("T{index}"))).unwrap();
        }
        let suite = format!("suite: s\ntitle: S\npolicies: {pattern}\nstages: {{ dev: {{ {STAGE} }} }}\n");
        std::fs::write(directory.path().join("s.yaml"), suite).unwrap();
        let loaded = load_suite(directory.path(), Path::new("s.yaml"), words());
        assert_eq!(codes(&loaded.diagnostics), found, "{files:?} {pattern}");
        assert_eq!(loaded.library.suites[0].policies.len(), read, "{files:?} {pattern}");
    }
}

#[test]
fn nothing_outside_of_the_root_is_read_or_shown() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("x.yaml"), "root:x:0:0:a line that nobody is to see\n").unwrap();
    for (link, pattern) in [("p/x.yaml", "p/*.yaml"), ("p/x.yaml", "p/x.yaml"), ("q", "q/*.yaml"), ("q", "q/x.yaml")] {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("p")).unwrap();
        let target = if link == "q" { outside.path().to_owned() } else { outside.path().join("x.yaml") };
        symlink(target, directory.path().join(link)).unwrap();
        let suite = format!("suite: s\ntitle: S\npolicies: [{pattern}]\nstages: {{ dev: {{ {STAGE} }} }}\n");
        std::fs::write(directory.path().join("s.yaml"), suite).unwrap();
        let loaded = load_suite(directory.path(), Path::new("s.yaml"), words());
        assert_eq!(codes(&loaded.diagnostics), ["outside-root"], "{link} {pattern}");
        let shown = render(&loaded.library.files, &loaded.diagnostics, false);
        assert!(!shown.contains("nobody is to see"), "{shown}");
    }
}
