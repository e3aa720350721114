//! Tables of a suite: a case with a table equals its copies by hand, and each mistake has a place.

use std::path::{Path, PathBuf};

use super::*;
use crate::policy::{Root, compile, load_suite_of};
use crate::source::render;

const MARKDOWN: &str = "# Keys\n\nText | without | a table.\n\n| Name | Owner | Key words |\n|---|:--:|---|\n| `a` | ops | x \\| y |\n| b | dev | z |\n\n## Others\n\n| Name | Owner |\n|---|---|\n| c | sec |\n";
const CSV: &str = "name,owner,key words\na,ops,\"x | y\"\nb,dev,z\n";
const YAML: &str = "- { name: a, owner: ops, key words: x | y }\n- { name: b, owner: dev, key words: z }\n";

fn loaded(table: &str, files: &[(&str, &str)], cases: &str) -> crate::policy::Loaded {
    let suite = format!(
        "suite: s\ntitle: S\ntables: {{ keys: {table} }}\npolicies: [p.yaml]\nstages:\n  dev: {{ account: \"000000000000\", regions: [eu-west-1] }}\n"
    );
    let policy = format!("id: P\ntitle: P\nseverity: high\ncases:\n{cases}");
    let mut texts = vec![("s.yaml", suite.as_str()), ("p.yaml", policy.as_str())];
    texts.extend(files.iter().copied());
    let root = Root::Held(texts.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())).collect());
    load_suite_of(&root, Path::new("s.yaml"), words())
}

fn compiled(table: &str, files: &[(&str, &str)], cases: &str) -> Vec<(String, String, String, String)> {
    let loaded = loaded(table, files, cases);
    assert!(!loaded.diagnostics.has_errors(), "{}", render(&loaded.library.files, &loaded.diagnostics, false));
    let suite = loaded.library.suites.first().unwrap();
    let mut sink = Diagnostics::new();
    let cases = compile(suite, suite.stages.first().unwrap(), &[], &mut sink).unwrap().cases;
    let shown = |it: &Expectation| {
        let mut all = Vec::new();
        it.visit(&mut |test| all.push(format!("{} {}", test.path, test.condition)));
        all.join(", ")
    };
    cases.iter().map(|case| (case.id.clone(), case.title.clone(), shown(&case.filter), shown(&case.expect))).collect()
}

const CASE: &str = "  owned:\n    title: ${row.name} belongs to ${row.owner}\n    for_each: row in keys\n    each: test.thing\n    when_none: violated\n    \
                    where: { name: \"${row.name}\" }\n    expect: { tags.owner: \"${row.owner}\" }\n";

#[test]
fn each_row_is_a_case_like_its_copy_by_hand() {
    let by_hand = "  owned-a:\n    title: a belongs to ops\n    each: test.thing\n    when_none: violated\n    where: { name: a }\n    expect: { \
                   tags.owner: ops }\n  owned-b:\n    title: b belongs to dev\n    each: test.thing\n    when_none: violated\n    where: { name: b }\n    \
                   expect: { tags.owner: dev }\n";
    let copies = compiled("t.md", &[("t.md", MARKDOWN)], by_hand);
    for (path, text) in [("t.md", MARKDOWN), ("t.csv", CSV), ("t.yaml", YAML)] {
        let rows = compiled(path, &[(path, text)], CASE);
        let ids: Vec<&str> = rows.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(ids, ["P/owned[a]", "P/owned[b]"], "{path}");
        for (row, copy) in rows.iter().zip(&copies) {
            assert_eq!((&row.1, &row.2, &row.3), (&copy.1, &copy.2, &copy.3), "{path}");
        }
    }
}

#[test]
fn a_column_is_a_list_and_a_heading_chooses_the_table() {
    let case = "  known:\n    title: t\n    each: test.thing\n    when_none: met\n    expect: { name: { one_of: \"${keys[*].name}\" } }\n";
    for (table, expected) in [("t.md", "a, b"), ("{ file: t.md, heading: others }", "c")] {
        let cases = compiled(table, &[("t.md", MARKDOWN)], case);
        assert_eq!(cases[0].3, format!("name one of {expected}"), "{table}");
    }
    let words = "  words:\n    title: t\n    for_each: row in keys\n    each: test.thing\n    when_none: met\n    expect: { name: \"${row.key_words}\" }\n";
    assert_eq!(compiled("t.md", &[("t.md", MARKDOWN)], words)[0].3, "name x | y");
}

#[test]
fn each_mistake_in_a_table_is_found_at_its_line() {
    for (path, text, code, place) in [
        ("t.md", "no table", "bad-table", "t.md:1:1"),
        ("t.md", "| a | b |\n|---|---|\n", "bad-table", "t.md:1:1"),
        ("t.md", "| name | name |\n|---|---|\n| a | b |\n", "bad-table", "t.md:1:9"),
        ("t.md", "| name | owner |\n|---|---|\n| a | x |\n| a | y |\n", "bad-table", "t.md:4:1"),
        ("t.csv", "name,owner\na\n", "bad-table", "t.csv:2:1"),
        ("t.csv", "name,owner\n,x\n", "bad-table", "t.csv:2:1"),
        ("t.yaml", "- { name: a }\n- { name: b, owner: x }\n", "bad-table", "t.yaml:2:14"),
        ("t.yaml", "- { name: a, owner: x }\n- { name: b }\n", "bad-table", "t.yaml:2:3"),
        ("t.yaml", "name: a\n", "expected-list", "t.yaml:1:1"),
        ("t.txt", "a", "bad-table", "t.txt:1:1"),
    ] {
        let loaded = loaded(path, &[(path, text)], CASE);
        let shown = render(&loaded.library.files, &loaded.diagnostics, false);
        assert!(shown.contains(&format!("error[{code}]")) && shown.contains(place), "{text}:\n{shown}");
    }
    for (case, code) in [
        (CASE.replace("row in keys", "row in kees"), "unknown-table"),
        (CASE.replace("row in keys", "keys"), "bad-for-each"),
        (CASE.replace("${row.owner}\" }", "${row.ownr}\" }"), "unknown-column"),
        (CASE.replace("\"${row.owner}\" }", "{ one_of: \"${kees[*].name}\" } }"), "unknown-table"),
        (CASE.replace("${row.name}\" }", "${line.name}\" }"), "unset-parameter"),
    ] {
        let loaded = loaded("t.md", &[("t.md", MARKDOWN)], &case);
        let shown = render(&loaded.library.files, &loaded.diagnostics, false);
        assert!(shown.contains(&format!("error[{code}]")), "{case}:\n{shown}");
    }
}

#[test]
fn a_wrong_value_in_a_cell_is_an_error() {
    let case = "  old:\n    title: t\n    for_each: row in keys\n    each: test.thing\n    when_none: met\n    expect: { enabled: \"${row.owner}\" }\n";
    let loaded = loaded("t.md", &[("t.md", MARKDOWN)], case);
    assert!(loaded.diagnostics.has_errors(), "`ops` is not true or false");
}
