//! Tests that no value remains after the index is built, neither in the index nor in freed memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use memchr::memmem;

use super::corpus::{Dice, PRINTABLE};
use super::engine;

/// The mask of values that exist in disguise only.
const DISGUISE: u8 = 0x55;

/// Returns how often texts occur in the heap and other data of this process.
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
            // A text can lie across two reads.
            at += if length == bytes.len() { length as u64 - 64 } else { length as u64 };
        }
    }
    found
}

/// Returns the forms of a disguised value, in disguise: hexadecimal, JSON, URL, and base64 at every alignment.
fn forms(disguised: &[u8]) -> Vec<Vec<u8>> {
    const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let each = |write: &dyn Fn(u8, &mut Vec<u8>)| {
        // The capacity suffices for all bytes, so that the buffer never moves.
        let mut out = Vec::with_capacity(disguised.len() * 3);
        disguised.iter().for_each(|byte| write(byte ^ DISGUISE, &mut out));
        out
    };
    let digits = |digits: &[u8; 16], byte: u8, out: &mut Vec<u8>| {
        out.extend([byte >> 4, byte & 15].map(|digit| digits[usize::from(digit)] ^ DISGUISE));
    };
    let mut forms = vec![
        each(&|byte, out| digits(b"0123456789abcdef", byte, out)),
        each(&|byte, out| digits(b"0123456789ABCDEF", byte, out)),
        each(&|byte, out| {
            out.extend((byte == b'"' || byte == b'\\').then_some(b'\\' ^ DISGUISE));
            out.push(byte ^ DISGUISE);
        }),
        each(&|byte, out| {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                out.push(byte ^ DISGUISE);
            } else {
                out.push(b'%' ^ DISGUISE);
                digits(b"0123456789ABCDEF", byte, out);
            }
        }),
    ];
    for skipped in 0..3 {
        let mut out = Vec::with_capacity(disguised.len() * 2);
        for group in disguised[skipped..].chunks_exact(3) {
            let word = group.iter().fold(0_u32, |word, byte| word << 8 | u32::from(byte ^ DISGUISE));
            out.extend((0..4).map(|place| BASE64[(word >> (18 - 6 * place) & 63) as usize] ^ DISGUISE));
        }
        forms.push(out);
    }
    forms
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
    let secret = |(number, text): (usize, &Vec<u8>)| attestry_logs::Secret {
        name: number.to_string(),
        version: String::new(),
        value: real(text),
    };
    let values = attestry_logs::Values::new(&super::key(), disguised.iter().enumerate().map(secret));
    assert_eq!(values.parts().len(), 5);
    assert_eq!(in_memory(&disguised), 0);
    // No other form remains in memory either. The forms also exist in disguise only.
    for text in &disguised {
        let forms = forms(text);
        let kept: Vec<_> = forms.iter().map(|form| real(form)).collect();
        assert!(forms.iter().all(|form| in_memory(std::slice::from_ref(form)) > 0), "the search finds what is there");
        drop(kept);
        assert_eq!(in_memory(&forms), 0);
    }
    drop(values);
    drop(engine(["unrelated-value"]));
}
