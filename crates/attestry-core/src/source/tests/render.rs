use super::super::{Diagnostic, Diagnostics, Files, Span, Table, render, summary};
use super::read;

fn shown(text: &str) -> String {
    let (files, _, sink) = read(text);
    render(&files, &sink, false)
}

/// Compares the texts without the first line break, which only makes the expected text readable.
#[track_caller]
fn check(shown: &str, expected: &str) {
    assert_eq!(shown, expected.strip_prefix('\n').unwrap_or(expected), "\n{shown}");
}

#[test]
fn typical_errors_look_like_this() {
    check(
        &shown("name: a\nnaïve: 'é'\nname: b\n"),
        r#"
error[duplicate-key]: the key `name` is written twice
 --> policy.yaml:3:1
  |
1 | name: a
  | ---- first written here
2 | naïve: 'é'
3 | name: b
  | ^^^^ written again here

1 error
"#,
    );
    check(
        &shown("a: [1, 2\nb: 3\n"),
        r#"
error[yaml-syntax]: a `key: value` cannot stand here
 --> policy.yaml:2:2
  |
1 | a: [1, 2
  |    - this is still open
2 | b: 3
  |  ^
  |
  = help: check the indentation of this and the previous line; text that holds `: ` must be put in quotes

1 error
"#,
    );
    check(
        &shown("é:\n\tb: 1\n"),
        r#"
error[yaml-syntax]: a tab cannot be used for indentation
 --> policy.yaml:2:2
  |
2 |     b: 1
  |     ^
  |
  = help: indent with spaces

1 error
"#,
    );
    check(
        &shown("a: &x {b: 1}\nc:\n  <<: *x\n"),
        r#"
error[merge-key]: merge keys `<<` are not supported
 --> policy.yaml:3:3
  |
3 |   <<: *x
  |   ^^
  |
  = help: write the keys out, or give the whole value an anchor and use an alias for it

1 error
"#,
    );
    check(
        &shown("a: !Ref x\n"),
        r#"
error[tag]: tags such as `!Ref` are not supported
 --> policy.yaml:1:4
  |
1 | a: !Ref x
  |    ^^^^
  |
  = help: remove the tag; to make a value text, put it in quotes

1 error
"#,
    );
    check(
        &shown("a: 1\n---\nb: 2\n"),
        r#"
error[second-document]: a second document starts here
 --> policy.yaml:2:1
  |
2 | ---
  | ^^^
  |
  = help: write one document per file, without `---` between

1 error
"#,
    );
    check(
        &shown(""),
        r#"
error[empty-file]: the file is empty
 --> policy.yaml:1:1
  |
1 |
  | ^

1 error
"#,
    );
    check(
        &shown("[a]: b\n"),
        r#"
error[key-not-text]: a key must be text, not a list or a mapping
 --> policy.yaml:1:1
  |
1 | [a]: b
  | ^^^
  |
  = help: text that starts with `[` or `{` must be put in quotes

1 error
"#,
    );
    check(
        &shown("a: x\u{1b}[31m\u{202e}\n"),
        r#"
error[forbidden-character]: the character U+001B is not allowed
 --> policy.yaml:1:5
  |
1 | a: x␛[31m�
  |     ^
  |
  = help: control and direction characters make a text read differently than it looks

error[forbidden-character]: the character U+202E is not allowed
 --> policy.yaml:1:10
  |
1 | a: x␛[31m�
  |          ^
  |
  = help: control and direction characters make a text read differently than it looks

2 errors
"#,
    );
    check(
        &shown("k: 1\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ng: 7\nh: 8\nk: 2\n"),
        r#"
error[duplicate-key]: the key `k` is written twice
  --> policy.yaml:10:1
   |
 1 | k: 1
   | - first written here
...
10 | k: 2
   | ^ written again here

1 error
"#,
    );
}

#[test]
fn errors_in_records_look_like_this() {
    let (files, node, mut sink) = read("policies:\n  - id: a\n    rotatoin: on\n");
    let node = node.unwrap();
    let mut table = Table::new(&node, "a suite", &mut sink).unwrap();
    for policy in table.take("policies").unwrap().sequence("`policies`", &mut sink).unwrap() {
        let mut policy = Table::new(policy, "a policy", &mut sink).unwrap();
        policy.take("id").unwrap().boolean("`id`", &mut sink);
        policy.take("rotation");
        policy.need("title", &mut sink);
        policy.finish(&mut sink);
    }
    table.finish(&mut sink);
    check(
        &render(&files, &sink, false),
        r#"
error[missing-key]: missing `title` in a policy
 --> policy.yaml:2:5
  |
2 |   - id: a
  |     ^^^^^

error[expected-boolean]: expected `true` or `false` for `id`, found `a`
 --> policy.yaml:2:9
  |
2 |   - id: a
  |         ^

error[unknown-key]: unknown key `rotatoin` in a policy
 --> policy.yaml:3:5
  |
3 |     rotatoin: on
  |     ^^^^^^^^
  |
  = help: did you mean `rotation`?

3 errors
"#,
    );
}

#[test]
fn two_files_and_no_file_look_like_this() {
    let mut files = Files::new();
    let (first, second) = (files.add("a.yaml", "id: x\n"), files.add("b.yaml", "# b\nid: x\n"));
    let mut sink = Diagnostics::new();
    sink.push(
        Diagnostic::warning("same-id", Span::new(second, 8, 9), "the id `x` is used twice")
            .label("here")
            .related(Span::new(first, 4, 5), "and here")
            .help("choose another\nor remove one"),
    );
    sink.push(Diagnostic::error_nowhere("no-files", "no files were given"));
    check(
        &render(&files, &sink, false),
        r#"
error[no-files]: no files were given

warning[same-id]: the id `x` is used twice
 --> b.yaml:2:5
  |
2 | id: x
  |     ^ here
  |
 ::: a.yaml:1:5
  |
1 | id: x
  |     - and here
  |
  = help: choose another
  = help: or remove one

1 error, 1 warning
"#,
    );
}

#[test]
fn long_lines_are_trimmed_and_keep_their_column() {
    let text = format!("a: {}: {}\n", "xé🦀".repeat(30_000), "y".repeat(300_000));
    let shown = shown(&text);
    assert!(shown.len() < 2_000, "{}", shown.len());
    let under: Vec<_> = shown.lines().filter(|line| line.starts_with("1 |") || line.contains('^')).collect();
    let [line, marker] = under.as_slice() else { panic!("{shown}") };
    assert!(line.starts_with("1 | …xé🦀") && line.ends_with("yyy…"), "{line}");
    // A crab has a width of two columns. The mark stands under the colon.
    let colon = line.chars().take_while(|character| *character != ':');
    let width: usize = colon.map(|character| if character == '🦀' { 2 } else { 1 }).sum();
    assert_eq!(marker.find('^'), Some(width), "{shown}");
    assert!(shown.contains("--> policy.yaml:1:90004\n"), "{shown}");
}

#[test]
fn a_flood_is_cut_but_counted() {
    let shown = shown(&"a: 1\n".repeat(1_000));
    assert_eq!(shown.matches("error[duplicate-key]").count(), 100);
    assert!(shown.ends_with("\n\n899 more not shown\n\n999 errors\n"));
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let (files, _, sink) = read("a: }\n");
    assert!(render(&files, &sink, true).contains('\u{1b}'));
    assert!(!render(&files, &sink, false).contains('\u{1b}'));
}

#[test]
fn the_summary_leaves_out_what_there_is_none_of() {
    let mut files = Files::new();
    let file = files.add("a", "abc");
    let mut sink = Diagnostics::new();
    assert_eq!(summary(&sink), "no problems");
    assert_eq!(render(&files, &sink, false), "");
    sink.push(Diagnostic::warning("w", Span::new(file, 0, 1), "x"));
    assert_eq!(summary(&sink), "1 warning");
    sink.push(Diagnostic::error("e", Span::new(file, 0, 1), "x"));
    sink.push(Diagnostic::error("e", Span::new(file, 1, 2), "x"));
    assert_eq!(summary(&sink), "2 errors, 1 warning");
}
