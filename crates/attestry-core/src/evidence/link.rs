//! The valid values of a link of a chain. Reports show these values, so each value must have the form in which a run
//! writes it.
//!
//! This module must not know how a manifest is read.

use super::manifest::Link;
use crate::policy::is_identifier;

impl Link {
    /// Returns the reason why a run cannot have written this link, if there is one. A shown link must not look like
    /// another text.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let previous = self.previous.as_ref();
        if !is_run(&self.run) || !previous.is_none_or(|it| is_run(&it.run)) {
            Some("it names a run by what is no id of a run")
        } else if !is_identifier(&self.suite) || !is_identifier(&self.stage) {
            Some("it names suite or stage by what is no name of one")
        } else if !previous.is_none_or(|it| is_digest(&it.manifest)) {
            Some("the digest of the manifest before is none")
        } else if (self.sequence == 1) != previous.is_none() || self.sequence == 0 {
            Some("number 1 of a chain is the one without a run before it")
        } else {
            None
        }
    }
}

/// Whether the text is the id of a run: the start of the run in whole seconds, and eight hexadecimal digits.
fn is_run(text: &str) -> bool {
    let shape = b"00000000T000000Z-xxxxxxxx";
    let fits = |(of, byte): (&u8, u8)| match of {
        b'0' => byte.is_ascii_digit(),
        b'x' => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        other => *other == byte,
    };
    text.len() == shape.len() && shape.iter().zip(text.bytes()).all(fits)
}

/// Whether the text is a hexadecimal SHA-256 digest.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Previous;

    #[test]
    fn a_link_that_no_run_writes_is_refused() {
        let previous = || Some(Previous { run: "20260101T000000Z-0a1b2c3d".into(), manifest: "ab".repeat(32) });
        let link = |run: &str, suite: &str, stage: &str, sequence, previous| {
            let own = str::to_owned;
            Link { run: own(run), suite: own(suite), stage: own(stage), sequence, previous }.flaw()
        };
        let run = "20260102T030405Z-0a1b2c3d";
        assert_eq!(link(run, "s", "dev", 1, None), None);
        assert_eq!(link(run, "s", "dev", 7, previous()), None);
        for wrong in [
            "",
            "x",
            "signed by 9a4f",
            "20260102T030405Z-0a1b2c3d\n",
            "20260102T030405Z-0A1B2C3D",
            "20260102T030405Z_0a1b2c3d",
        ] {
            assert!(link(wrong, "s", "dev", 1, None).is_some(), "{wrong:?}");
            let previous = previous().map(|it| Previous { run: wrong.to_owned(), ..it });
            assert!(link(run, "s", "dev", 2, previous).is_some(), "{wrong:?}");
        }
        for wrong in ["", "a b", "a\nb", "é", "\u{1b}[2J"] {
            assert!(
                link(run, wrong, "dev", 1, None).is_some() && link(run, "s", wrong, 1, None).is_some(),
                "{wrong:?}"
            );
        }
        let short = previous().map(|it| Previous { manifest: "ab".into(), ..it });
        assert!(link(run, "s", "dev", 2, short).is_some());
        // Wrong numbers in the chain.
        for (sequence, previous) in [(0, None), (2, None), (0, previous()), (1, previous())] {
            assert!(link(run, "s", "dev", sequence, previous).is_some(), "{sequence}");
        }
    }
}
