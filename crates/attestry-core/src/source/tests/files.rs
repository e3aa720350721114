use super::super::{Diagnostic, Diagnostics, FileId, Files, Place, Span, decode, is_hidden, plain_json, printable};

#[test]
fn places_count_characters_and_lines() {
    let mut files = Files::new();
    let file = files.add("a", "\u{feff}é🦀x\nyz\r\nw");
    let place = |start: usize| {
        let Place { line, column } = files.place(Span::new(file, start, start));
        (line, column)
    };
    assert_eq!(
        [place(0), place(3), place(9), place(11), place(15), place(999)],
        [(1, 1), (1, 1), (1, 3), (2, 1), (3, 1), (3, 2)]
    );
}

#[test]
fn bytes_that_are_no_text_are_placed() {
    assert_eq!(decode("é").as_deref(), Ok("é"));
    let mut files = Files::new();
    let mut sink = Diagnostics::new();
    assert_eq!(files.add_bytes("bad", b"a: 1\nb: \xff\xfe".to_vec(), &mut sink), None);
    assert_eq!(super::codes(&files, &sink), ["not-utf8 2:4"]);
}

#[test]
fn files_are_listed_and_an_unknown_one_is_empty() {
    let mut files = Files::new();
    let file = files.add("a", "text");
    assert_eq!(files.iter().collect::<Vec<_>>(), [(file, "a", "text")]);
    let foreign = FileId::from_index(7);
    assert_eq!((files.name(foreign), files.text(foreign)), ("", ""));
}

#[test]
fn diagnostics_are_sorted_counted_and_said_once() {
    let mut files = Files::new();
    let (first, second) = (files.add("a", "text"), files.add("b", "text"));
    let mut sink = Diagnostics::new();
    let late = Diagnostic::error("late", Span::new(second, 0, 1), "x");
    sink.extend([late.clone(), Diagnostic::warning("early", Span::new(first, 2, 3), "x"), late]);
    assert!(sink.has_errors());
    sink.push(Diagnostic::error_nowhere("nowhere", "x"));
    assert_eq!((sink.errors(), sink.warnings(), sink.len()), (2, 1, 3));
    let codes: Vec<_> = sink.into_sorted().into_iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["nowhere", "early", "late"]);
}

#[test]
fn printable_text_is_short_and_steers_nothing() {
    assert_eq!(printable("a\nb\u{1b}[2J\u{202e}\u{9b}", 99), "a b␛[2J\u{fffd}\u{fffd}");
    assert_eq!(printable("ééé", 2), "éé…");
    // Characters that are invisible, that end a line in other programs, or that change the order of letters.
    let hidden = (0x200b..=0x200f).chain(0x2028..=0x202e).chain(0x2060..=0x2069).chain(0x80..=0x9f);
    for character in hidden.chain([0xad, 0x61c, 0x180e, 0xfeff, 0xe0041]).filter_map(char::from_u32) {
        assert_eq!(printable(&format!("a{character}b"), 9), "a\u{fffd}b", "{character:?}");
        assert!(is_hidden(character), "{character:?}");
    }
    // Letters, combining marks and emoji are not hidden characters.
    assert_eq!(printable("Ünïcode e\u{301} 漢字 🔑", 99), "Ünïcode e\u{301} 漢字 🔑");
}

#[test]
fn json_says_the_same_and_shows_nothing_hidden() {
    let text = "a\u{200b}\u{202e}\u{9b}\u{7f}\u{e0041}\u{1b}é\n";
    let json = serde_json::to_string_pretty(&[text]).unwrap();
    let plain = plain_json(&json);
    assert!(!plain.chars().any(|character| is_hidden(character) && character != '\n'), "{plain:?}");
    assert_eq!(serde_json::from_str::<Vec<String>>(&plain).unwrap(), [text]);
    assert_eq!(plain_json("{\n \"é\": 1 }"), "{\n \"é\": 1 }");
}
