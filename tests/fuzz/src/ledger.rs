//! Fuzzes arbitrary bytes as a ledger.
//!
//! No input may cause a panic or a long run. The bytes are read in two ways. As they are, they prove nothing. As lines
//! that the run sealed, they are valid, so that the fuzzer need not find MACs. Every accepted name must carry the mark
//! of the run. A truncated ledger may contain less, but never other entries. A ledger with one changed byte is refused,
//! or contains less.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;

mod clock;

#[allow(dead_code, unused_imports, reason = "only a part of it is needed here")]
#[path = "."]
mod probes {
    #[path = "."]
    pub mod runner {
        mod artifact;
        #[path = "../../../src/probes/runner/ledger/line.rs"]
        mod line;
        #[path = "../../../src/probes/runner/mark.rs"]
        mod mark;

        use line::{Chain, RecordedIntent, RunKey, artifact_names, read};
        use mark::mark;
        use zeroize::Zeroizing;

        const RUN: &str = "20261120T221500Z-0a1b2c3d";

        fn key() -> RunKey {
            RunKey::new(Zeroizing::new([7; 32]))
        }

        fn left(bytes: &[u8]) -> Option<Vec<RecordedIntent>> {
            read(bytes, RUN, key()).ok().map(|read| read.left)
        }

        pub fn check(bytes: &[u8]) {
            assert!(left(bytes).is_none_or(|left| left.is_empty()), "nobody sealed this");
            assert!(artifact_names(bytes).len() <= 20);
            let _ = RunKey::read(bytes);
            let mut chain = Chain::new(key());
            let mut sealed = Vec::new();
            let mut ends = vec![0];
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                sealed.extend(chain.seal(line.to_vec()));
                ends.push(sealed.len());
            }
            let Some(whole) = left(&sealed) else { return };
            for (index, intent) in whole.iter().enumerate() {
                let entry = &intent.entry;
                assert!(index == 0 || whole[index - 1].number < intent.number);
                assert_eq!(entry.run, RUN);
                assert!(entry.artifact.bears(&mark(RUN, &entry.case), &entry.account, &entry.region));
            }
            let at = bytes.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into())) % sealed.len().max(1);
            let last = ends.iter().copied().filter(|end| *end <= at).max().unwrap_or(0);
            assert_eq!(left(&sealed[..at]), left(&sealed[..last]), "a line that is cut off says nothing");
            let Some(byte) = sealed.get_mut(at) else { return };
            *byte ^= 1;
            if let Some(changed) = left(&sealed) {
                assert_eq!((at, Some(changed)), (sealed.len() - 1, left(&sealed[..last])), "a changed line is believed");
            }
        }
    }
}

/// A limit far above the time for the longest input.
const LONG: Duration = Duration::from_secs(2);

fuzz_target!(|bytes: &[u8]| {
    let started = clock::worked();
    probes::runner::check(bytes);
    assert!((clock::worked() - started) < LONG, "reading takes {:?}", (clock::worked() - started));
});
