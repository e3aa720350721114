//! Nothing is left of a value once the index is built: not in the index, not in memory that was freed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::memmem;

use super::corpus::{Dice, PRINTABLE};
use super::engine;

/// Values that exist in disguise only.
const DISGUISE: u8 = 0x55;

/// How often texts stand in the heap and other data of this process.
fn in_memory(disguised: &[Vec<u8>]) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw") && !line.contains("[stack]")) {
        let (start, rest) = line.split_once('-').unwrap();
        let (end, _) = rest.split_once(' ').unwrap();
        let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
        let mut bytes = vec![0; 256 * 1024];
        let mut at = start;
        while at < end {
            let length = bytes.len().min((end - at) as usize);
            let whole = memory.seek(SeekFrom::Start(at)).is_ok() && memory.read_exact(&mut bytes[..length]).is_ok();
            if whole {
                bytes[..length].iter_mut().for_each(|byte| *byte ^= DISGUISE);
                found += disguised.iter().map(|text| memmem::find_iter(&bytes[..length], text).count()).sum::<usize>();
                bytes.fill(0);
            }
            // A text may lie across two reads.
            at += if length == bytes.len() { length as u64 - 64 } else { length as u64 };
        }
    }
    found
}

#[test]
#[cfg(target_os = "linux")]
fn no_value_is_left_in_memory() {
    let disguised: Vec<Vec<u8>> = {
        let mut dice = Dice::new(77);
        let text =
            |dice: &mut Dice| (0..24).map(|_| PRINTABLE.as_bytes()[dice.below(PRINTABLE.len())] ^ DISGUISE).collect();
        (0..5).map(|_| text(&mut dice)).collect()
    };
    let real = |text: &[u8]| -> zeroize::Zeroizing<Vec<u8>> {
        zeroize::Zeroizing::new(text.iter().map(|byte| byte ^ DISGUISE).collect())
    };
    let kept = real(&disguised[0]);
    assert!(in_memory(&disguised[..1]) > 0, "the search finds what is there");
    drop(kept);
    let secret = |(number, text): (usize, &Vec<u8>)| attestry::logs::Secret {
        name: number.to_string(),
        version: String::new(),
        value: real(text),
    };
    let values = attestry::logs::Values::new(&super::key(), disguised.iter().enumerate().map(secret));
    assert_eq!(values.parts().len(), 5);
    assert_eq!(in_memory(&disguised), 0);
    drop(values);
    drop(engine(["unrelated-value"]));
}
