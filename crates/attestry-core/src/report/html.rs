//! HTML for auditors and managers: one file that needs no network, with all data of the run inside.
//!
//! The run is embedded as JSON. The script of the page shows it as text, never as markup (`html/page.js` and
//! `html/cases.js`). `html/content.rs` creates the JSON. This module must not know how facts are read.

mod content;
mod plain;

use std::io::{self, BufWriter, Write};

use super::json::BUFFER;
use super::plain::Plain;
use super::{Record, Report};

/// The page.
pub(super) struct Page;

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = concat!(
    include_str!("html/page.js"),
    "\n",
    include_str!("html/changes.js"),
    "\n",
    include_str!("html/cases.js"),
    "\n",
    include_str!("html/start.js")
);
const BODY: &str = include_str!("html/page.html");

impl Report for Page {
    fn name(&self) -> &'static str {
        "html"
    }

    fn file(&self) -> &'static str {
        "report.html"
    }

    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()> {
        let plain = plain::page(record);
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>Attestry</title>\n<style>\n{STYLE}</style>\n\
             </head>\n<body>\n{plain}{BODY}<script type=\"application/json\" id=\"content\">"
        )?;
        let mut inert = BufWriter::with_capacity(BUFFER, Inert(&mut *out));
        serde_json::to_writer(Plain::shown(&mut inert), &content::Content::of(record))?;
        inert.flush()?;
        drop(inert);
        writeln!(out, "</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>")
    }
}

/// Writes JSON that can neither end its HTML element nor begin a comment. JSON has `<`, `>` and `&` only inside of
/// strings, and there they are written in hexadecimal.
struct Inert<'a>(&'a mut dyn Write);

impl Write for Inert<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        for part in bytes.split_inclusive(|byte| matches!(byte, b'<' | b'>' | b'&')) {
            let (text, instead): (&[u8], &[u8]) = match part {
                [text @ .., b'<'] => (text, b"\\u003c"),
                [text @ .., b'>'] => (text, b"\\u003e"),
                [text @ .., b'&'] => (text, b"\\u0026"),
                text => (text, b""),
            };
            self.0.write_all(text)?;
            self.0.write_all(instead)?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::report::sample::{HOSTILE, Sample, groups};

    fn content(page: &str) -> serde_json::Value {
        let (_, rest) = page.split_once("id=\"content\">").expect("the content begins");
        let (content, _) = rest.split_once("</script>").expect("and ends");
        serde_json::from_str(content).expect("the content is JSON")
    }

    #[test]
    fn golden_content() {
        insta::assert_json_snapshot!(content(&Sample::new().write(&Page)));
    }

    #[test]
    fn everything_that_a_probe_observed_is_there() {
        let content = content(&Sample::probed().write(&Page));
        let at = |path: &str| content.pointer(path).cloned().unwrap_or_default();
        assert_eq!(at("/cases/0/probe"), serde_json::json!(["swap", [["secret", "bank/probe"]]]));
        let paths = at("/kinds/0/paths");
        let names: Vec<&str> =
            paths.as_array().into_iter().flatten().filter_map(|path| path.get("path")?.as_str()).collect();
        assert_eq!(names, ["failed_reads", "case", "name", "asked", "swapped", "alerted"]);
        assert_eq!(at("/kinds/0/paths/3/time"), true);
        assert_eq!(at("/resources/0/4/3"), "2026-10-26T09:30:00Z");
    }

    #[test]
    fn what_changed_is_there() {
        let before = Sample::with("", vec![groups(&["/a", "/b"])]);
        let now = Sample::with("", vec![groups(&["/b", "/c"])]);
        let content = content(&now.since(&before).write(&Page));
        let of = |list: &str| {
            let all = content.pointer(&format!("/delta/{list}")).and_then(serde_json::Value::as_array);
            all.into_iter().flatten().map(|it| it.get(1).cloned().unwrap_or_default().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of("new"), ["\"FR-280/retention-7y: /c\""]);
        assert_eq!(of("still"), ["\"FR-280/retention-7y: /b\""]);
        assert_eq!(of("fixed"), ["\"FR-280/retention-7y: /a\""]);
        assert!(content.get("delta").is_some() && self::content(&Sample::new().write(&Page)).get("delta").is_none());
    }

    #[test]
    fn without_scripts_the_page_still_answers() {
        let page = Sample::with("", vec![groups(&["<b>&amp;"])]).write(&Page);
        let (_, rest) = page.split_once("<noscript>").expect("it begins");
        let (plain, _) = rest.split_once("</noscript>").expect("and ends");
        assert!(plain.contains("FR-280/retention-7y") && plain.contains("exit 3"), "{plain}");
        assert!(plain.contains("&lt;b&gt;&amp;amp;") && !plain.contains("<b>"), "{plain}");
    }

    #[test]
    fn names_cannot_leave_the_content() {
        let hostile = format!("</script><script>alert(1)</script><!-- {HOSTILE}");
        let page = Sample::with("", vec![groups(&[&hostile])]).write(&Page);
        assert_eq!(page.matches("</script").count(), 2);
        assert_eq!(page.matches("<script").count(), 2);
        assert!(!page.contains("<!--"));
        let resources = content(&page).get("resources").cloned().expect("resources");
        assert!(resources.to_string().contains("alert(1)"));
    }

    #[test]
    fn the_page_needs_no_network() {
        let page = Sample::new().write(&Page);
        let (page, _) = page.split_once("id=\"content\"").expect("the content begins");
        // The names of resources also stand in the part for readers without scripts, where they are text.
        let (before, rest) = page.split_once("<noscript>").expect("the plain page begins");
        let (plain, after) = rest.split_once("</noscript>").expect("and ends");
        assert!(!plain.contains("<a ") && !plain.contains("<img") && !plain.contains("<link"), "{plain}");
        let page = format!("{before}{after}");
        for text in [page.as_str(), SCRIPT] {
            for reach in ["http://", "https://", "src=", "@import", "url(", "fetch(", "innerHTML", "insertAdjacent"] {
                assert!(!text.contains(reach), "{reach}");
            }
        }
    }
}
