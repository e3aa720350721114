//! Which named plain texts look like secrets: environment variables, plain parameters.
//!
//! What a secret looks like is told by the rules, as everywhere; here is what only a setting tells: the name that it has,
//! and the values that are secrets where they stand alone. A guess that errs towards finding. Must not keep, return or log a
//! value.

use crate::facts::redact::{is_secret, is_secret_of};

/// Words that make a name the name of a secret, joined without separators.
const NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "signingkey",
    "encryptionkey",
    "sharedkey",
    "masterkey",
    "credential",
    "connectionstring",
    "authkey",
];

/// Last words of names that tell where a secret is or how it behaves, not what it is.
const REFERENCES: &[&str] = &[
    "arn",
    "name",
    "names",
    "id",
    "ids",
    "path",
    "prefix",
    "url",
    "uri",
    "endpoint",
    "host",
    "ttl",
    "expiry",
    "file",
    "region",
    "version",
    "stage",
    "days",
    "seconds",
    "minutes",
    "enabled",
    "type",
    "algorithm",
    "length",
    "table",
];

/// Whether a plain text under this name looks like a secret: by its own form, or because the name says so and the value
/// is not the mere whereabouts of one.
pub(in crate::kinds) fn looks_secret(name: &str, value: &str) -> bool {
    let value = value.trim();
    let named = || name_is_secret(name) || is_secret_of(name, value);
    is_secret(value) || stands_alone(value) || !is_reference(value) && named()
}

fn name_is_secret(name: &str) -> bool {
    let words = words(name);
    let joined = words.concat();
    let refers = words.last().is_some_and(|last| REFERENCES.contains(&last.as_str()));
    !refers && NAMES.iter().any(|secret| joined.contains(secret))
}

/// Lower-case words of `DB_PASSWORD`, `dbPassword`, `db-password`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_lower = false;
    for letter in name.chars() {
        let starts = !letter.is_alphanumeric() || (letter.is_uppercase() && after_lower);
        if starts {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        after_lower = letter.is_lowercase() || letter.is_numeric();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// ARNs, dynamic references, parameter paths, plain URLs, switches and short numbers only say where or how.
fn is_reference(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || value.starts_with("arn:")
        || value.starts_with("{{resolve:")
        || is_path(value)
        || value.starts_with("https://")
        || value.eq_ignore_ascii_case("true")
        || value.eq_ignore_ascii_case("false")
        || (value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Secret access keys are 40 letters of base64, and one in 64 of them starts like a path.
fn is_path(value: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'.');
    value.starts_with('/') && value.len() != 40 && value.bytes().all(letters)
}

/// Whether a value is a secret where it is all there is: a key has nothing but random letters, and in a longer text those
/// may be anything. The id of an access key is told in reports, since it says who acted; in a setting its secret is near.
fn stands_alone(value: &str) -> bool {
    is_access_key_id(value) || is_secret_access_key(value)
}

fn is_access_key_id(value: &str) -> bool {
    value.len() == 20
        && (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// 40 letters of base64 as dice throw them: a digest has no capital letters, a path or a name repeats its letters.
fn is_secret_access_key(value: &str) -> bool {
    let bytes = value.as_bytes();
    let kind = |byte: &u8| match byte {
        b'A'..=b'Z' => 0,
        b'a'..=b'z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let has = |wanted: u8| bytes.iter().any(|byte| kind(byte) == wanted);
    let distinct = bytes.iter().collect::<std::collections::HashSet<_>>().len();
    let is_lone = |part: &[u8]| matches!(part, [a, b, c] if kind(a) < 2 && kind(b) == 2 && kind(c) < 2);
    let lone = bytes.windows(3).filter(|part| is_lone(part)).count();
    bytes.len() == 40
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte))
        && (0..3).all(has)
        && (distinct >= FEWEST_DISTINCT || lone >= FEWEST_LONE)
}

/// Of 40 random letters of base64 some 30 are distinct; in words that are written together, and in paths, fewer are.
const FEWEST_DISTINCT: usize = 25;
/// Some four of them are digits between letters, which words and dates have none of.
const FEWEST_LONE: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_that_look_secret() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter2hunter2"),
            ("SECRET_KEY", "/JalrXUtnFEMIaK7MDENGabPxRfiCYEXAMPLEKEY"),
            ("ALERTS", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXX"),
            ("dbPassword", "hunter2"),
            ("STRIPE_API_KEY", "whatever"),
            ("apiKey", "whatever"),
            ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AUTH_TOKEN", "123456789"),
            ("DATABASE_URL", "postgres://app:s3cr3t@db.example:5432/bank"),
            ("DSN", "Server=db;User Id=app;Password=s3cr3t;"),
            ("LOG_LEVEL", "ghp_0123456789012345678901234567890123456789"),
            ("CERT", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
            ("NOTE", "kept here until the move: glpat-x9Kqx9Kqx9Kqx9Kqx9Kq, then it goes"),
            ("NOTE", "qT7xVbN2kLm9PzRw4YcJh6Gs8DfA1Ue3Ti5Oo0M+"),
            ("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln"),
        ] {
            assert!(looks_secret(name, value), "{name}");
        }
    }

    #[test]
    fn what_the_rules_find_in_a_log_looks_secret() {
        for (rule, text) in crate::logs::Rules::examples() {
            assert!(looks_secret("note", &text), "{rule}");
        }
    }

    #[test]
    fn names_and_values_that_only_refer() {
        for (name, value) in [
            ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:bank-a-AbCdEf"),
            ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:bank-a-AbCdEf"),
            ("DB_PASSWORD", "{{resolve:secretsmanager:bank-a}}"),
            ("DB_SECRET_NAME", "bank-platform/db"),
            ("TOKEN_TTL", "3600"),
            ("TOKEN_URL", "https://login.example/token"),
            ("SECRET", "/bank/dev/secrets/db"),
            ("PASSWORD", ""),
            ("ROTATE_SECRETS", "true"),
            ("LOG_LEVEL", "debug"),
            ("COMMIT", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"),
            ("ROLE", "BankPlatformDeveloperRole1ForTheSandboxe"),
            ("PREFIX", "logs/2026/11/29/BankPlatformDeveloperRol"),
            ("TABLE_NAME", "payments"),
            ("PASSWORD_MIN_LENGTH", "12"),
            ("DATABASE_URL", "postgres://db.example:5432/bank"),
            ("DATABASE_URL", "postgres://app@db.example:5432/bank"),
        ] {
            assert!(!looks_secret(name, value), "{name}");
        }
    }
}
