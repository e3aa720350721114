//! Finds and replaces secrets in free text, such as messages, policy documents, filter patterns and environment
//! variables.
//!
//! The strict rules of the crate `attestry_logs` define what looks like a secret. This module applies them to the text,
//! and to parts of it that are encoded in JSON, a URL, base64 or hexadecimal. ARNs, request ids and page tokens are no
//! secrets, and a report needs them as proof. This module must not know single rules.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use super::REDACTED;
use super::encoded::encoded;
use attestry_logs::Rules;

/// The rules. If they cannot be loaded, every text is withheld.
static RULES: LazyLock<Option<Rules>> = LazyLock::new(|| Rules::strict().ok());

/// The greatest number of encodings inside one another that are decoded.
const DEPTH: usize = 3;
/// The rules have a limit for the length of a match. The secret may be longer than a match of at least this length.
const CUT: usize = 480;
/// The beginning and the end of a private key. A key without its end is also replaced, because most of the key is
/// there.
const KEY: (&str, &str) = ("PRIVATE KEY", "-----END ");

/// Replaces every part of a text that looks like a secret.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    let spans = secrets(text, DEPTH);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = 0;
    for span in spans {
        clean.push_str(text.get(rest..span.start).unwrap_or_default());
        clean.push_str(REDACTED);
        rest = span.end;
    }
    clean.push_str(text.get(rest..).unwrap_or_default());
    Cow::Owned(clean)
}

/// Whether a text contains a part that looks like a secret.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    !secrets(text, DEPTH).is_empty()
}

/// Whether a text looks like a secret together with its name. Example: `hunter22` is a secret under the name
/// `password`.
#[must_use]
pub fn is_secret_of(name: &str, text: &str) -> bool {
    // Short names and short texts are skipped: names of secrets have several letters, and a text of a few letters is no
    // secret.
    let named = |between: &str| {
        let spans = secrets(&format!("{name}{between}{text}"), 0);
        // Only a span that ends in the text, and starts at its first byte or before, matters here. A secret that starts
        // later does not depend on the name.
        spans.iter().any(|span| span.start <= name.len() + between.len() && span.end > name.len() + between.len())
    };
    text.len() > 3 && name.len() > 2 && (named("=") || text.contains(' ') && named("=\""))
}

/// Returns the places of the secrets in a text. They are in order, do not overlap, and never split a character.
fn secrets(text: &str, depth: usize) -> Vec<Range<usize>> {
    // A shorter text cannot look like a secret, and most facts are short.
    if text.len() < SHORTEST || text == REDACTED {
        return Vec::new();
    }
    let Some(rules) = RULES.as_ref() else { return Vec::from([Range { start: 0, end: text.len() }]) };
    let mut spans: Vec<Range<usize>> = rules.spans(text.as_bytes()).into_iter().map(|span| whole(text, span)).collect();
    if depth > 0 {
        for part in encoded(text) {
            spans.extend(secrets(&part.text, depth - 1).into_iter().map(|span| part.source(&span)));
        }
    }
    merge(spans)
}

/// The length of the shortest text that any rule finds.
const SHORTEST: usize = 8;

/// Extends a span to the whole secret: to the rest of a value beyond the length limit of a rule, to the body of a
/// private key, and to whole characters.
fn whole(text: &str, span: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let (mut start, mut end) = (span.start, span.end);
    if end - start >= CUT {
        let goes_on = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/=_-.~%".contains(byte);
        end += bytes.get(end..).unwrap_or_default().iter().take_while(goes_on).count();
    }
    let header = text.get(start..end).is_some_and(|found| found.contains(KEY.0));
    if header {
        let after = text.get(end..).unwrap_or_default();
        end = after.find(KEY.1).map_or(text.len(), |at| end + at);
    }
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

fn merge(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    spans.dedup_by(|next, last| {
        let joined = next.start <= last.end;
        if joined {
            last.end = last.end.max(next.end);
        }
        joined
    });
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    #[test]
    fn secrets_in_text_go() {
        let key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzEXAMPLEK";
        let cases = [
            (format!("AKIAIOSFODNN7EXAMPLE:{key}"), key),
            (format!("id AKIAIOSFODNN7EXAMPLE, secret {key}."), key),
            (format!(r#"{{"aws_secret_access_key": "{key}"}}"#), key),
            (format!(r#"{{\"SecretAccessKey\":\"{key}\"}}"#), key),
            ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----".into(), "MIIEow"),
            ("-----BEGIN PRIVATE KEY-----\nMIIEcut".into(), "MIIEcut"),
            (format!("-----BEGIN PRIVATE KEY-----\n{}tail", "MIIEab7Q+x/k2".repeat(200)), "tail"),
            (format!("token ghp_{}", "a1".repeat(18)), "a1a1"),
            (format!("github_pat_{}", "b2".repeat(15)), "b2b2"),
            ("glpat-abcdefghijklmnopqrst".into(), "abcdefgh"),
            ("xoxb-123456789012-abcdefABCDEF".into(), "123456789012-"),
            ("https://hooks.slack.com/services/T00000000/B00000000/XXXXyyyyZZZZ".into(), "XXXXyyyy"),
            ("sk_live_abcdefghijklmnop".into(), "abcdefghijkl"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w".into(), "dozjgNry"),
            ("postgres://bank:hunter2@db.internal/ledger".into(), "hunter2"),
            ("Server=db;User=sa;Password=hunter22;".into(), "hunter22"),
            (r#"{"DB_PASSWORD":"hunter22"}"#.into(), "hunter22"),
            ("DB_PASSWORD=hunter22 run".into(), "hunter22"),
            ("DB_PASSWORD=an-example-of-one run".into(), "an-example"),
            ("https://x.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef".into(), "0123456789abcdef"),
            ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz".into(), "abcdefghijkl"),
            (format!("access_token={}end", "aB3xY9".repeat(150)), "end"),
            ("größer: password=grün9süß9 schön".into(), "grün9"),
        ];
        for (text, secret) in cases {
            let clean = scrub(&text);
            assert!(!clean.contains(secret), "{clean}");
            assert!(clean.contains(REDACTED), "{clean}");
        }
    }

    #[test]
    fn secrets_that_somebody_encoded_go() {
        let token = format!("glpat-{}", "x9Kq".repeat(6));
        let plain = format!("the token is {token}, and the rest");
        let url: String = plain.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let json = plain.chars().map(|it| format!("\\u{:04x}", it as u32)).collect::<String>();
        let slashes = r"aws_secret_access_key=NyHaYV9NOd8r0q8C+mSiWMFGdfEv7o9\/NMhH\/jfN".to_owned();
        let one = BASE64_STANDARD.encode(&plain);
        let two = BASE64_STANDARD.encode(&one);
        let after_path = format!("s3/objects/ab/{one}");
        let hex: String = plain.bytes().map(|byte| format!("{byte:02x}")).collect();
        let odd = format!("0xa{}", hex.to_uppercase());
        let broken = |text: &str, between: &str| {
            let lines: Vec<String> =
                text.as_bytes().chunks(16).map(|it| String::from_utf8_lossy(it).into_owned()).collect();
            lines.join(between)
        };
        let lines = [broken(&one, "\n"), broken(&one, "\r\n    "), broken(&one, "\\n"), broken(&hex, "\n")];
        let others = [url.clone(), json, slashes, one.clone(), two, after_path, BASE64_STANDARD.encode(&url), hex, odd];
        for text in others.into_iter().chain(lines).chain([format!("key={one}&a=b")]) {
            let text = format!("see {text} here");
            let clean = scrub(&text);
            assert!(clean.contains(REDACTED) && clean.starts_with("see ") && clean.ends_with(" here"), "{clean}");
            assert!(clean.len() < text.len() / 2 + 60, "{clean}");
        }
    }

    #[test]
    fn every_example_of_the_rules_goes_in_every_form() {
        let examples = Rules::examples();
        assert!(examples.len() > 208, "{}", examples.len());
        for (rule, text) in examples {
            let url: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let json = serde_json::Value::from(text.as_str()).to_string();
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            let encoded: String = BASE64_STANDARD.encode(&text);
            let lines: Vec<std::borrow::Cow<'_, str>> =
                encoded.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
            // Lines of other letters before and after the text, at each alignment.
            for before in (20..24).filter_map(|length| "YWJjZGVmZ2hpamtsbW5vcHFy".get(..length)) {
                let few: String = lines.join("\n");
                for form in [&encoded, &hex].into_iter().chain((lines.len() <= 3).then_some(&few)) {
                    let form = format!("{before}\n{form}\n{before}");
                    assert!(is_secret(&form), "{rule}: {form}");
                }
            }
            let listed = text.replace(',', "\\,");
            let joined: String = lines.join("\n");
            for form in [joined, encoded, hex, url, json, listed, text] {
                assert!(is_secret(&form), "{rule}: {form}");
            }
        }
    }

    #[test]
    fn a_name_tells_what_a_text_does_not() {
        for (name, text) in [("password", "changeme"), ("DB_PASSWORD", "four words in it"), ("apiKey", "hunter22")] {
            assert!(!is_secret(text) && is_secret_of(name, text), "{name}");
        }
        for (name, text) in
            [("Name", "bank-platform"), ("password", "arn:aws:x:y"), ("secret", "bank/payments"), ("a", "b")]
        {
            assert!(!is_secret_of(name, text), "{name}");
        }
    }

    #[test]
    fn what_proves_something_stays() {
        for text in [
            "arn:aws:secretsmanager:ap-southeast-2:647751526084:secret:bank/password-AbCdEf",
            "arn:aws:kms:ap-southeast-2:647751526084:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "request id 4c1a2b3c-5d6e-7f80-91a2-b3c4d5e6f708",
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAIOSFODNN7EXAMPLE and AROAIOSFODNN7EXAMPLE",
            "AAMA-EFRSURBSGhCbHZkRVdZSFBzb0hXd3Z4Y0h1SFRXVDZQ",
            "AAEAAXJldHVybl90b2tlbgABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fIA==",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "{ ($.errorCode = \"AccessDenied*\") || ($.eventName = ConsoleLogin) }",
            "the password: is set elsewhere",
            "PASSWORD_ARN=arn:aws:secretsmanager:ap-southeast-2:647751526084:secret:x",
            "DB_PASSWORD=${db_password}",
            "{{resolve:secretsmanager:bank:SecretString:password}}",
            "https://sns.ap-southeast-2.amazonaws.com:443/path@x",
        ] {
            assert!(matches!(scrub(text), Cow::Borrowed(_)), "{text} became {}", scrub(text));
        }
    }
}
