//! Text that is safe to show. Must not know diagnostics or files.

/// How a character is shown: itself, or a visible stand-in when it would steer a terminal or hide what is really there.
pub(super) fn shown(character: char) -> char {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if is_forbidden(character) => '\u{fffd}',
        _ => character,
    }
}

/// Characters no source text may hold: controls, and marks that make a reader see another order than the program does.
pub(super) fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => character.is_control(),
    }
}

/// `text` on one line, at most `limit` characters long, without anything that steers a terminal.
pub fn printable(text: &str, limit: usize) -> String {
    // Nearly all texts are plain and short, and reports show hundreds of thousands of them.
    if text.len() <= limit && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    let mut out: String = characters
        .by_ref()
        .take(limit)
        .map(|character| if matches!(character, '\n' | '\t' | '\r') { ' ' } else { shown(character) })
        .collect();
    if characters.next().is_some() {
        out.push('…');
    }
    out
}
