use std::time::Duration;

use super::super::Limits;
use super::{codes, dump, read, read_within};

fn tree(text: &str) -> String {
    let (files, node, sink) = read(text);
    assert_eq!(codes(&files, &sink), [""; 0], "{text}");
    dump(&files, &node.unwrap())
}

fn errors(text: &str) -> Vec<String> {
    let (files, _, sink) = read(text);
    codes(&files, &sink)
}

#[test]
fn values_have_the_text_and_the_place_they_were_written_with() {
    assert_eq!(tree("é: 1.20\nb: 'x y'\n"), "{é<é>: 1.20<1.20>, b<b>: \"x y\"<'x y'>}<é: 1.20⏎b: 'x y'>");
    assert_eq!(tree("\u{feff}é: \"🦀\"\n"), "{é<é>: \"🦀\"<\"🦀\">}<é: \"🦀\">");
    assert_eq!(
        tree("a:\n  - é\n  - [b, {c: d}]\n\n\n# end\n"),
        "{a<a>: [é<é>, [b<b>, {c<c>: d<d>}<{c: d}>]<[b, {c: d}]>]<- é⏎  - [b, {c: d}]>}<a:⏎  - é⏎  - [b, {c: d}]>"
    );
    assert_eq!(
        tree("a: |\n  é\n   b\n\nc: >-\n  d\n  e\n"),
        "{a<a>: \"é\\n b\\n\"<é⏎   b>, c<c>: \"d e\"<d⏎  e>}<a: |⏎  é⏎   b⏎⏎c: >-⏎  d⏎  e>"
    );
    assert_eq!(tree("a: b\r\nc: d\r\n"), "{a<a>: b<b>, c<c>: d<d>}<a: b\r⏎c: d>");
}

#[test]
fn a_missing_value_stands_at_its_key() {
    assert_eq!(tree("a:\nb: ~\n"), "{a<a>: <a>, b<b>: ~<~>}<a:⏎b: ~>");
    let (_, node, _) = read("- \n- null\n- 'null'\n- ''\n- Null\n- nil\n");
    let node = node.unwrap();
    let super::Content::Sequence(nodes) = &node.content else { panic!("no list") };
    let null: Vec<_> = nodes.iter().map(super::Node::is_null).collect();
    assert_eq!(null, [true, true, false, false, true, false]);
}

#[test]
fn aliases_repeat_a_value_at_their_own_place() {
    assert_eq!(tree("a: &x [é]\nb: *x\n"), "{a<a>: [é<é>]<[é]>, b<b>: [é<é>]<*x>}<a: &x [é]⏎b: *x>");
    assert_eq!(tree("a: &x 1\nb: &x 2\nc: *x\n"), "{a<a>: 1<1>, b<b>: 2<2>, c<c>: 2<*x>}<a: &x 1⏎b: &x 2⏎c: *x>");
    assert_eq!(errors("a: *x\n"), ["unknown-anchor 1:4"]);
    assert_eq!(errors("a: &x [*x]\n"), ["recursive-alias 1:8"]);
    assert_eq!(errors("a: &x 1\n*x : 2\n"), ["alias-key 2:1"]);
}

#[test]
fn what_is_not_in_the_dialect_is_refused() {
    assert_eq!(errors("a: 1\n'a': 2\n\"\\u0061\": 3\n"), ["duplicate-key 2:1", "duplicate-key 3:1"]);
    assert_eq!(errors("a: {b: 1, b: 2}\nb: 1\n"), ["duplicate-key 1:11"]);
    assert_eq!(errors("[a]: 1\n"), ["key-not-text 1:1"]);
    assert_eq!(errors("? {a: b}\n: 1\n"), ["key-not-text 1:3"]);
    assert_eq!(errors(": 1\n"), ["missing-key-name 1:1"]);
    assert_eq!(errors("é: !Ref x\nb: !!str 1\nc: !x {}\n"), ["tag 1:4", "tag 2:4", "tag 3:4"]);
    assert_eq!(errors("a: &x {b: c}\nd:\n  <<: *x\n"), ["merge-key 3:3"]);
    assert_eq!(tree("'<<': x\n"), "{<<<'<<'>: x<x>}<'<<': x>");
    assert_eq!(errors("a: 1\n---\nb: *x\n"), ["second-document 2:1"]);
    assert_eq!(errors("%YAML 1.2\n---\na: 1\n"), ["yaml-syntax 1:1"]);
    for empty in ["", "\n", "# x\n", "---\n", "\u{feff}"] {
        assert_eq!(errors(empty), ["empty-file 1:1"], "{empty:?}");
    }
}

#[test]
fn syntax_errors_are_placed() {
    assert_eq!(errors("é:\n\tb: 1\n"), ["yaml-syntax 2:2"]);
    assert_eq!(errors("é: 🦀: 1\n"), ["yaml-syntax 1:5"]);
    assert_eq!(errors("a: 'x\n"), ["yaml-syntax 2:1"]);
    assert_eq!(errors("a: [1\n"), ["yaml-syntax 1:4"]);
    assert_eq!(errors("a: }\n"), ["yaml-syntax 1:4"]);
    assert_eq!(errors("a: @x\n"), ["yaml-syntax 1:4"]);
}

#[test]
fn characters_that_deceive_are_refused() {
    assert_eq!(errors("é: \0x\nb: \u{1b}\n"), ["forbidden-character 1:4", "forbidden-character 2:4"]);
    assert_eq!(errors("a: b\rc: d\n"), ["forbidden-character 1:5"]);
    assert_eq!(errors("a: \u{202e}b\n"), ["forbidden-character 1:4"]);
    assert_eq!(errors("a: \u{feff}b\n"), ["forbidden-character 1:4"]);
    assert_eq!(errors("a: \"\\0\"\nb: \"\\t\\n\"\n"), ["forbidden-character 1:4"]);
    assert_eq!(errors(&"\0".repeat(1000)).len(), 5);
}

#[test]
fn a_tree_is_returned_only_when_nothing_is_missing_from_it() {
    assert!(read("a: 1\na: 2\n").1.is_some());
    assert!(read("a: *x\n").1.is_none());
    assert!(read("a: 1\n<<: {b: 1}\n").1.is_none());
}

#[test]
fn limits_are_where_they_say() {
    let limits = Limits { bytes: 20, depth: 2, nodes: 8, alias_expansions: 2 };
    let errors = |text: &str| {
        let (files, node, sink) = read_within(text, &limits);
        assert_eq!(node.is_none(), sink.has_errors());
        codes(&files, &sink)
    };
    assert_eq!(errors(&"a".repeat(20)), [""; 0]);
    assert_eq!(errors(&"a".repeat(21)), ["file-too-large 1:1"]);
    assert_eq!(errors("[[a]]"), [""; 0]);
    assert_eq!(errors("[[[a]]]"), ["too-deep 1:3"]);
    assert_eq!(errors("- - - a"), ["too-deep 1:5"]);
    assert_eq!(errors("[&x [a], [*x]]"), ["too-deep 1:11"]);
    assert_eq!(errors("[1,2,3,4,5,6,7]"), [""; 0]);
    assert_eq!(errors("[1,2,3,4,5,6,7,8]"), ["too-many-nodes 1:16"]);
    assert_eq!(errors("[&x 1,*x,*x]"), [""; 0]);
    assert_eq!(errors("[&x 1,*x,*x,*x]"), ["too-many-aliases 1:13"]);
}

/// The processor time of this thread. Wall-clock time would depend on the load of the machine.
fn worked() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(schedstat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
}

#[test]
fn hostile_files_are_refused_quickly() {
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..50 {
        let below = level - 1;
        laughs.push_str(&format!("a{level}: &a{level} [*a{below}, *a{below}]\n"));
    }
    let long_text = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(9_000));
    let nested_anchors = format!("{}{}", "- &a\n ".repeat(60), "[x]");
    let cases = [
        (laughs, true),
        (long_text, true),
        (nested_anchors, true),
        ("[".repeat(1_000_000), true),
        ("{a: ".repeat(250_000), true),
        ("- ".repeat(500_000), true),
        ("? ".repeat(500_000), true),
        ("a: 1\n".repeat(200_000), true),
        ("- x\n".repeat(250_000), true),
        ("!".repeat(1_000_000), true),
        ("&a ".repeat(300_000), true),
        (format!("'{}", "x\n ".repeat(300_000)), true),
        (format!("a: {}", "x ".repeat(500_000)), false),
        (format!("a: \"{}\"", "é".repeat(500_000)), false),
        (" ".repeat(1_000_000), true),
        ("#\n".repeat(500_000), true),
    ];
    for (text, refused) in cases {
        let start: String = text.chars().take(20).collect();
        let began = worked();
        let (files, _, sink) = read(&text);
        assert_eq!(sink.has_errors(), refused, "{start:?}");
        super::super::render(&files, &sink, false);
        let took = worked().saturating_sub(began);
        assert!(took < Duration::from_secs(10), "{start:?} took {took:?}");
    }
}
