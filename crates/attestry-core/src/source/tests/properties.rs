use proptest::prelude::*;

use super::super::{Content, Diagnostics, FileId, Files, Limits, Node, Span, Table, parse, render};

/// Text that is nearly YAML more often than arbitrary text.
fn nearly_yaml() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "é",
        "🦀",
        ": ",
        ":",
        "- ",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        "\"",
        "|",
        ">",
        "|-\n",
        "#",
        " #x",
        "&a ",
        "*a",
        "<<: ",
        "!t ",
        "!!str ",
        "? ",
        "---\n",
        "...\n",
        "%YAML",
        "\r\n",
        "\r",
        "\0",
        "\u{1b}[31m",
        "\u{feff}",
        "\u{202e}",
        "\\",
        "\\x",
        "~",
        "null",
        "true",
        "0x1",
        "1.20",
        " ",
        "\u{85}",
        "\u{2028}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check_span(files: &Files, file: FileId, span: Span) -> Result<(), TestCaseError> {
    prop_assert_eq!(span.file, file);
    prop_assert!(span.start <= span.end, "{:?}", span);
    prop_assert!(files.text(file).get(span.start..span.end).is_some(), "{:?} in {:?}", span, files.text(file));
    Ok(())
}

fn check_node(files: &Files, file: FileId, node: &Node) -> Result<(), TestCaseError> {
    check_span(files, file, node.span)?;
    match &node.content {
        Content::Scalar(_) => {}
        Content::Sequence(nodes) => nodes.iter().try_for_each(|node| check_node(files, file, node))?,
        Content::Mapping(entries) => {
            for entry in entries {
                check_span(files, file, entry.key.span)?;
                check_node(files, file, &entry.value)?;
            }
        }
    }
    Ok(())
}

/// Runs every function of the module on a text.
fn check(name: &str, text: &str) -> Result<(), TestCaseError> {
    let mut files = Files::new();
    let mut sink = Diagnostics::new();
    let file = files.add(name, text);
    let node = parse(file, text, &Limits::default(), &mut sink);
    if let Some(node) = &node {
        check_node(&files, file, node)?;
        if let Some(mut table) = Table::new(node, "a test", &mut sink) {
            if let Some(node) = table.need("a", &mut sink) {
                node.boolean("a", &mut sink);
                node.integer("a", &mut sink);
                node.texts("a", &mut sink);
            }
            table.finish(&mut sink);
        }
    } else {
        prop_assert!(sink.has_errors(), "refused without a reason: {:?}", text);
    }
    for diagnostic in &sink {
        for span in diagnostic.span.into_iter().chain(diagnostic.related.iter().map(|(span, _)| *span)) {
            check_span(&files, file, span)?;
        }
    }
    let shown = render(&files, &sink, false);
    let steering = shown.chars().find(|character| *character != '\n' && super::super::text::is_forbidden(*character));
    prop_assert_eq!(steering, None, "{}", shown);
    render(&files, &sink, true);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(name in any::<String>(), text in any::<String>()) {
        check(&name, &text)?;
    }

    #[test]
    fn text_that_is_nearly_yaml(text in nearly_yaml()) {
        check("policy.yaml", &text)?;
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut files = Files::new();
        let mut sink = Diagnostics::new();
        match files.add_bytes("bytes", bytes, &mut sink) {
            Some(file) => check("bytes", files.text(file))?,
            None => {
                prop_assert_eq!(sink.errors(), 1);
                let span = sink.iter().find_map(|diagnostic| diagnostic.span);
                prop_assert_eq!(span.map(|span| files.slice(span)), Some("\u{fffd}"));
                render(&files, &sink, false);
            }
        }
    }

    #[test]
    fn rendering_any_span_of_any_text(text in any::<String>(), start in 0usize..99, end in 0usize..99, says in any::<String>()) {
        let mut files = Files::new();
        let file = files.add("text", text);
        let mut sink = Diagnostics::new();
        let span = Span { file, start, end };
        let error = super::super::Diagnostic::error("any", span, says.clone()).label(says.clone()).help(says.clone());
        sink.push(error.related(Span { file, start: end, end: start }, says));
        render(&files, &sink, false);
    }
}
