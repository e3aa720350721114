//! Compares matches with the definition of a pattern, and searches with a trial of all texts.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use super::*;

/// Returns every text over some characters, the shortest first.
fn texts(alphabet: &str, longest: usize) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let until = found.len();
        for at in from..until {
            for char in alphabet.chars() {
                found.push(format!("{}{char}", found[at]));
            }
        }
        from = until;
    }
    found
}

/// Matches `*` and `?` by the definition.
fn naive(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
        Some((byte, rest)) => {
            text.split_first().is_some_and(|(it, left)| (*byte == b'?' || byte == it) && naive(rest, left))
        }
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    naive(pattern.as_bytes(), text.as_bytes())
}

fn witness(some_of: &[&[&str]], none_of: &[&str]) -> Option<String> {
    ask(some_of, none_of, &mut Budget::of(4_000_000)).unwrap()
}

fn ask(some_of: &[&[&str]], none_of: &[&str], budget: &mut Budget) -> Result<Option<String>, TooComplex> {
    let some_of: Vec<Vec<Pattern>> =
        some_of.iter().map(|list| list.iter().map(|it| Pattern::glob(it)).collect()).collect();
    let none_of: Vec<Pattern> = none_of.iter().map(|it| Pattern::glob(it)).collect();
    Query { some_of: some_of.iter().map(|list| list.iter().collect()).collect(), none_of: none_of.iter().collect() }
        .witness(budget)
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pattern(&mut self, longest: usize) -> String {
        (0..self.roll(longest + 1)).map(|_| ['a', 'b', '*', '?'][self.roll(4)]).collect()
    }
}

#[test]
fn a_witness_is_in_all_and_in_none() {
    for (some_of, none_of, expected) in [
        (&[&["*"][..]][..], &[][..], Some("")),
        (&[&["a*"], &["*b"]], &[], Some("ab")),
        (&[&["a*"], &["*b"]], &["ab"], Some("axb")),
        (&[&["a*"], &["b*"]], &[], None),
        (&[&["*a*b*"]], &["*ab*"], Some("axb")),
        (&[&["*ab*"]], &["*a*b*"], None),
        (&[&["?*"]], &["x*", "y*"], Some("z")),
        (&[&["??"]], &["?a", "?x", "a?"], Some("xy")),
        (&[&["bank-*"]], &["bank-?*"], Some("bank-")),
        (&[&["arn:aws:s3:::bank-*"]], &["arn:aws:s3:::*"], None),
        (&[&["a", "b", "c"]], &["a", "?"], None),
        (&[&["a", "b", "cc"]], &["?"], Some("cc")),
        (&[&["a?*"]], &["*x", "*y"], Some("az")),
        (&[&["*"]], &["", "?*"], None),
        (&[&["a*", "b*"], &["*a", "*b"]], &["a*"], Some("b")),
    ] {
        assert_eq!(witness(some_of, none_of).as_deref(), expected, "{some_of:?} without {none_of:?}");
    }
}

#[test]
fn matching_is_what_the_definition_says() {
    let mut dice = Dice(3);
    let texts = texts("ab", 5);
    for _ in 0..500 {
        let pattern = dice.pattern(6);
        let read = Pattern::glob(&pattern);
        for text in &texts {
            assert_eq!(read.matches(text), matches(&pattern, text), "{pattern} on {text}");
        }
    }
}

#[test]
fn covering_and_excluding_are_never_wrong() {
    let mut dice = Dice(5);
    let texts = texts("abc", 5);
    let (mut covered, mut excluded) = (0, 0);
    for _ in 0..3_000 {
        let (one, two) = (dice.pattern(5), dice.pattern(5));
        let (first, second) = (Pattern::glob(&one), Pattern::glob(&two));
        if first.covers(&second) {
            covered += 1;
            assert!(texts.iter().all(|it| !matches(&two, it) || matches(&one, it)), "{one} covers {two}");
        }
        if first.excludes(&second) {
            excluded += 1;
            assert!(!texts.iter().any(|it| matches(&one, it) && matches(&two, it)), "{one} excludes {two}");
        }
    }
    assert!(covered > 100 && excluded > 100, "{covered} {excluded}");
}

#[test]
fn a_search_finds_the_shortest_text_exactly_where_there_is_one() {
    let mut dice = Dice(7);
    // The patterns use two letters, and the texts also use a third letter. A result for short texts over three letters
    // holds for all lengths that these short patterns can distinguish.
    let texts = texts("abx", 7);
    let (mut with, mut without) = (0, 0);
    for _ in 0..1_500 {
        let some_of: Vec<Vec<String>> =
            (0..1 + dice.roll(2)).map(|_| (0..1 + dice.roll(2)).map(|_| dice.pattern(5)).collect()).collect();
        let none_of: Vec<String> = (0..dice.roll(4)).map(|_| dice.pattern(4)).collect();
        let expected = texts.iter().find(|text| {
            some_of.iter().all(|list| list.iter().any(|it| matches(it, text)))
                && !none_of.iter().any(|it| matches(it, text))
        });
        let lists: Vec<Vec<&str>> = some_of.iter().map(|list| list.iter().map(String::as_str).collect()).collect();
        let found = witness(
            &lists.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            &none_of.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        match (&found, expected) {
            (Some(found), Some(expected)) => {
                with += 1;
                let fits = some_of.iter().all(|list| list.iter().any(|it| matches(it, found)))
                    && !none_of.iter().any(|it| matches(it, found));
                assert!(fits, "{found}: {some_of:?} without {none_of:?}");
                // The texts of a list are tried in the order of the list.
                let literal = |list: &Vec<String>| list.iter().all(|it| !it.contains(['*', '?']));
                assert!(
                    found.len() == expected.len() || some_of.iter().any(literal),
                    "{found} {some_of:?} {none_of:?}"
                );
            }
            (None, None) => without += 1,
            _ => panic!("{found:?}, not {expected:?}: {some_of:?} without {none_of:?}"),
        }
    }
    assert!(with > 300 && without > 300, "{with} {without}");
}

#[test]
fn what_is_written_to_hurt_ends_within_the_budget() {
    let stars = "*a".repeat(2_000);
    let chain = format!("*a{}", "?".repeat(60));
    let apart: Vec<String> = (0..300).map(|at| format!("*{}*{}?", char::from(b'a' + (at % 26) as u8), at)).collect();
    let apart: Vec<&str> = apart.iter().map(String::as_str).collect();
    assert_eq!(ask(&[&[&stars], &["*b*"]], &[], &mut Budget::usual()).map(|it| it.map(|it| it.len())), Ok(Some(2_001)));
    assert_eq!(ask(&[&["?*"], &["*a*"]], &[&chain], &mut Budget::usual()), Ok(Some("a".into())));
    let many = (0..40).map(|at| format!("*{}*", char::from(b'a' + at % 26))).collect::<Vec<_>>();
    let many: Vec<Vec<&str>> = many.iter().map(|it| vec![it.as_str()]).collect();
    let many: Vec<&[&str]> = many.iter().map(Vec::as_slice).collect();
    assert_eq!(ask(&many, &[&chain], &mut Budget::usual()), Err(TooComplex));
    assert_eq!(ask(&[&["?*"]], &apart, &mut Budget::usual()), Ok(Some("-".into())));
    assert_eq!(ask(&[&[&chain], &[&chain.replace('a', "b")]], &["*"], &mut Budget::usual()), Ok(None));
}

#[test]
fn a_format_is_read_with_a_place() {
    let secret = Format::new("arn:*:secretsmanager:*:*:secret:*");
    let any = Place { partition: "aws", regions: &[], account: None, names: Class::Any };
    let here =
        Place { partition: "aws", regions: &["eu-central-1"], account: Some("647751526084"), names: Class::Field };
    let mut budget = Budget::usual();
    let bank = Pattern::glob("arn:aws:secretsmanager:*:647751526084:secret:bank-*");
    let mut outside = |place| {
        let formats = secret.patterns(place);
        Query { some_of: vec![formats.iter().collect()], none_of: vec![&bank] }.witness(&mut budget).unwrap()
    };
    assert_eq!(outside(here).as_deref(), Some("arn:aws:secretsmanager:eu-central-1:647751526084:secret:x"));
    assert_eq!(outside(any).as_deref(), Some("arn:aws:secretsmanager:x-1:111111111111:secret:x"));
    let is = |format: &Format, arn: &str| format.patterns(any).iter().any(|it| it.matches(arn));
    assert!(is(&Format::new("arn:*:s3:::*/*"), "arn:aws:s3:::bucket/a:b"));
    assert!(is(&secret, "arn:aws:secretsmanager:us-east-1:123456789012:secret:a/b"));
    assert!(!is(&secret, "arn:aws:secretsmanager:us-east-1:123456789012:secret:a:b"));
    assert!(!is(&secret, "arn:aws:secretsmanager:us:east:123456789012:secret:a"));
    let group = Format::new("arn:*:logs:*:*:log-group:*");
    for inside in ["", ":", ":*", ":log-stream:", ":log-stream:a"] {
        assert!(is(&group, &format!("arn:aws:logs:us-east-1:123456789012:log-group:/aws/a{inside}")), "{inside}");
    }
    assert!(!is(&group, "arn:aws:logs:us-east-1:123456789012:log-group:/aws/a:log-group:/aws/b"));
    let object = Format::new("arn:*:s3:*:*:accesspoint/*/object/*");
    assert!(is(&object, "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/b"));
    assert!(is(&object, "arn:aws:s3::123456789012:accesspoint/a.mrap/object/b"));
    assert_eq!(Format::new("*").patterns(any), [Pattern::text("*")]);
}

#[test]
fn cells_are_the_ways_to_match() {
    let patterns = ["s3:get*", "*:*object", "s3:getobject"].map(Pattern::glob);
    let found = cells(&[&Pattern::glob("s3:*")], &patterns.iter().collect::<Vec<_>>(), &mut Budget::usual()).unwrap();
    let found: Vec<_> = found.iter().map(|(cell, text)| (cell.as_slice(), text.as_str())).collect();
    assert_eq!(
        found,
        [
            (&[false, false, false][..], "s3:"),
            (&[true, false, false], "s3:get"),
            (&[false, true, false], "s3:object"),
            (&[true, true, true], "s3:getobject"),
            (&[true, true, false], "s3:getxobject"),
        ]
    );
}
