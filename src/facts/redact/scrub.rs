//! Secrets inside free text: messages, policy documents, filter patterns, environment-like strings.
//!
//! Conservative: it knows the shapes of secrets that carry their own mark, and of assignments to names that say so. ARNs,
//! request ids, access key *ids* and page tokens are not secret, and a report without them proves nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexSet};

use super::REDACTED;

/// Patterns whose whole match is a secret, or whose group `secret` is.
const PATTERNS: &[&str] = &[
    // A key that is cut off is still most of a key.
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
    r"\bgh[pousr]_[A-Za-z0-9]{30,255}",
    r"\bgithub_pat_[A-Za-z0-9_]{22,255}",
    r"\bgl(?:pat|ptt|dt|rt|cbt|soat|ft|agent)-[A-Za-z0-9_-]{20,255}",
    r"\bxox[abcdeoprs]-[A-Za-z0-9-]{10,255}",
    r"\bxapp-[0-9]-[A-Za-z0-9-]{10,255}",
    r"hooks\.slack\.com/services/(?P<secret>[A-Za-z0-9_/]{20,255})",
    r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}",
    r"\bwhsec_[A-Za-z0-9+/=]{16,255}",
    r"\bnpm_[A-Za-z0-9]{36}",
    r"\bAIza[A-Za-z0-9_-]{35}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    // A secret access key has no mark of its own; the id or the name before it gives it away.
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b[^A-Za-z0-9/+]{1,8}(?:[A-Za-z_]{0,32}[^A-Za-z0-9/+]{1,8})?(?P<secret>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)",
    r#"(?i)secret_?-?access_?-?key\\?["']?\s*[:=]\s*\\?["']?(?P<secret>[A-Za-z0-9/+]{40})"#,
    r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@?#]{0,128}:(?P<secret>[^\s/@]{1,256})@",
    r"X-Amz-(?:Signature|Security-Token|Credential)=(?P<secret>[^&\s]{8,})",
    r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/-]{20,}=*)",
    r"(?i)\bauthorization:\s*basic\s+(?P<secret>[A-Za-z0-9+/]{8,}=*)",
    // `=` assigns in shells, forms and connection strings.
    r#"(?i)\b(?:[a-z0-9]+[_-])*(?:password|passwd|pwd|passphrase|secret[_-]?key|api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret|private[_-]?key)\\?["']?=\\?["']?(?P<secret>[^\s"'\\&,;<>{}]{4,})"#,
    // A colon assigns only in JSON; in prose it introduces words.
    r#"(?i)(?:password|passwd|pwd|passphrase|secret[_-]?key|api[_-]?key|access[_-]?token|auth[_-]?token|client[_-]?secret|private[_-]?key)\\?["']\s*:\s*\\?["'](?P<secret>[^"'\\]{4,})"#,
];

static COMPILED: LazyLock<Vec<Regex>> =
    LazyLock::new(|| PATTERNS.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect());

/// All patterns at once: nearly every text has none of them, and every fact is asked.
static ANY: LazyLock<Option<RegexSet>> = LazyLock::new(|| RegexSet::new(PATTERNS).ok());

/// What only names or refers to a secret, and so is none.
const REFERENCES: &[&str] = &["arn:", "${", "{{resolve:", "alias/", "[redacted", "****", "$("];

/// The text with everything that looks like a secret replaced.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    if ANY.as_ref().is_some_and(|any| !any.is_match(text)) {
        return Cow::Borrowed(text);
    }
    let mut clean = Cow::Borrowed(text);
    for pattern in COMPILED.iter() {
        let replaced = match pattern.replace_all(&clean, |found: &Captures<'_>| replacement(found)) {
            Cow::Owned(replaced) if replaced != *clean => replaced,
            _ => continue,
        };
        clean = Cow::Owned(replaced);
    }
    clean
}

fn replacement(found: &Captures<'_>) -> String {
    let whole = found.get(0).map_or("", |whole| whole.as_str());
    let (Some(secret), Some(all)) = (found.name("secret"), found.get(0)) else { return REDACTED.to_owned() };
    if REFERENCES.iter().any(|reference| secret.as_str().starts_with(reference)) {
        return whole.to_owned();
    }
    let before = whole.get(..secret.start() - all.start()).unwrap_or_default();
    let after = whole.get(secret.end() - all.start()..).unwrap_or_default();
    format!("{before}{REDACTED}{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for pattern in PATTERNS {
            assert!(Regex::new(pattern).is_ok(), "{pattern}");
        }
    }

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
            ("https://x.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef".into(), "0123456789abcdef"),
            ("Authorization: Bearer abcdefghijklmnopqrstuvwxyz".into(), "abcdefghijkl"),
        ];
        for (text, secret) in cases {
            let clean = scrub(&text);
            assert!(!clean.contains(secret), "{clean}");
            assert!(clean.contains(REDACTED), "{clean}");
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
