//! Decides whether the value of an environment variable or of a plain parameter looks like a secret.
//!
//! The rules of the sweep define what looks like a secret, here and in all other modules. This module adds two signs
//! that only a setting has: its name, and a whole value that has the form of a key. The decision is a guess. It prefers
//! a false alarm to a missed secret. This module must not keep, return or log a value.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::redact::{is_secret, is_secret_of};

/// Words that mark a name as the name of a secret. Words of two parts are written without a separator, such as
/// `apikey`.
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

/// Words that begin like a word in `NAMES` and have another meaning.
const OTHER_WORDS: &[&str] = &[
    "tokenizer",
    "tokenizers",
    "tokenize",
    "tokenized",
    "tokenizing",
    "tokenization",
    "tokeniser",
    "tokenisers",
    "tokenise",
    "tokenised",
    "tokenisation",
    "passwordless",
    "secretary",
    "secretsmanager",
    "secretmanager",
];

/// A name that ends with one of these words describes the place or the behaviour of a secret, and not the secret
/// itself.
const REFERENCES: &[&str] = &[
    "alg",
    "algorithm",
    "alias",
    "arn",
    "arns",
    "audience",
    "backend",
    "bucket",
    "count",
    "days",
    "duration",
    "enabled",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "field",
    "file",
    "format",
    "header",
    "headers",
    "host",
    "id",
    "ids",
    "issuer",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "max",
    "min",
    "minutes",
    "mode",
    "model",
    "name",
    "names",
    "param",
    "parameter",
    "parameters",
    "params",
    "path",
    "policy",
    "prefix",
    "provider",
    "ref",
    "reference",
    "region",
    "rotation",
    "scope",
    "scopes",
    "seconds",
    "service",
    "size",
    "source",
    "stage",
    "store",
    "table",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "version",
];

/// Whether a value with this name looks like a secret. Either the form of the value is enough, or the name is the name
/// of a secret and the value is not only a reference to a secret.
pub fn looks_secret(name: &str, value: &str) -> bool {
    let value = value.trim();
    // A ciphertext is no secret, because only a principal with the permission to decrypt it can read it. Its letters
    // are random, so the rules below could find a secret in it.
    if is_kms_ciphertext(value) {
        return false;
    }
    let named = || is_secret_name(name) || is_secret_of(name, value);
    is_secret(value) || stands_alone(value) || !is_reference(value) && named()
}

/// Whether the name of a setting is the name of a secret, and not the name of a reference to a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let mut words = words(name);
    words.retain(|word| !OTHER_WORDS.contains(&word.as_str()));
    let joined = words.concat();
    let refers = words.last().is_some_and(|last| REFERENCES.contains(&last.as_str()));
    !refers && NAMES.iter().any(|secret| joined.contains(secret))
}

/// Splits a name such as `DB_PASSWORD`, `dbPassword` or `db-password` into words in lower case.
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

/// Whether a value only refers to a place or a setting: an ARN, a dynamic reference, a path, a plain URL, a switch, a
/// length or a short number.
fn is_reference(value: &str) -> bool {
    let value = value.trim();
    value.is_empty()
        || PREFIXES.iter().any(|prefix| value.starts_with(prefix))
        || SWITCHES.iter().any(|word| value.eq_ignore_ascii_case(word))
        || (value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit()))
        || is_placeholder(value)
        || is_header_name(value)
        || is_length_of_time(value)
        || is_path(value)
        || is_relative_path(value)
        || is_name_of_secret(value)
}

/// The prefixes of references to things that are stored elsewhere. The caller has already searched a URL for secrets.
const PREFIXES: &[&str] = &[
    "arn:",
    "{{resolve:",
    "alias/",
    "mrk-",
    "http://",
    "https://",
    "s3://",
    "file://",
    "ssm:",
    "ssm://",
    "secretsmanager:",
    "secretsmanager://",
    "vault:",
    "op://",
    "ENC[",
];

const SWITCHES: &[&str] =
    &["true", "false", "yes", "no", "on", "off", "enabled", "disabled", "required", "optional", "none", "null"];

/// Whether the value is a placeholder that is filled in later: `${DB_PASSWORD}`.
fn is_placeholder(value: &str) -> bool {
    let inner = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['$', '{', '}']))
}

/// Whether the value is the name of a header of a request: `x-api-key`.
fn is_header_name(value: &str) -> bool {
    let small = value.to_ascii_lowercase();
    small.strip_prefix("x-").is_some_and(|rest| {
        rest.len() < 40
            && rest.split('-').all(|part| !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase()))
    })
}

/// Whether the value is a length of time: `15m`, `24h`, `3600s`.
fn is_length_of_time(value: &str) -> bool {
    let number = value.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let unit = value.get(number.len()..).unwrap_or_default();
    (1..=5).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && ["ms", "s", "m", "h", "d", "sec", "min"].contains(&unit)
}

/// Whether the value is a relative path: `bank-platform/dev/db`. Between its slashes are words in lower case, which are
/// shorter than a random text.
fn is_relative_path(value: &str) -> bool {
    let word = |part: &str| {
        part.len() <= 32
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte))
            && part.bytes().filter(u8::is_ascii_digit).count() <= 4
            && part.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
    };
    value.contains('/') && value.split('/').all(word)
}

/// Whether the value is the name of a secret: `bank-app-api-credentials`. Such a name has three words or more, and the
/// last word means a secret.
fn is_name_of_secret(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['-', '_', '.']).collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let last = parts.last().map(|last| last.trim_end_matches('s')).unwrap_or_default();
    parts.len() >= 3 && parts.iter().all(word) && ["credential", "secret", "token", "key", "apikey"].contains(&last)
}

/// Whether the value is a ciphertext of AWS KMS: it begins with the header of KMS and contains the identifier of
/// encrypted data in PKCS #7.
fn is_kms_ciphertext(value: &str) -> bool {
    const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
    // The end of the text may be missing. The beginning is enough for the decision.
    let whole = value.trim_end_matches('=');
    let whole = whole.get(..whole.len() - whole.len() % 4).unwrap_or_default();
    let Ok(bytes) = BASE64_STANDARD.decode(whole) else { return false };
    matches!(bytes.as_slice(), [1, 1 | 2, 2 | 3, 0, 0x78, ..])
        && bytes.windows(ENCRYPTED_DATA.len()).any(|part| part == ENCRYPTED_DATA)
}

/// Whether the value is a path. A value of 40 letters is excluded: secret access keys have 40 letters of base64, and
/// one key in 64 begins with a slash.
fn is_path(value: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'.');
    value.starts_with('/') && value.len() != 40 && value.bytes().all(letters)
}

/// Whether the whole value has the form of a key. A key consists of random letters, and inside a longer text such
/// letters can have another meaning. The id of an access key alone is no secret, and reports show it because it
/// identifies the actor. But a setting with an id usually stands beside a setting with the secret of the key.
fn stands_alone(value: &str) -> bool {
    is_access_key_id(value) || is_secret_access_key(value)
}

fn is_access_key_id(value: &str) -> bool {
    value.len() == 20
        && (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

/// Whether the value has the form of a secret access key: 40 random letters of base64. A digest has no capital letters,
/// and a path or a name repeats its letters.
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

/// The least number of distinct letters in a key. Of 40 random letters of base64, about 30 are distinct. Paths and
/// joined words have fewer distinct letters.
const FEWEST_DISTINCT: usize = 25;
/// The least number of single digits between letters in a key. Of 40 random letters, about four are such digits. Words
/// and dates have none.
const FEWEST_LONE: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of KMS, zeros, and the structure that follows them.
    const KMS_CIPHERTEXT: &str = "AQIDAHgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAfjB8BgkqhkiG9w0BBwagbzBt\
        AgEAMGgGCSqGSIb3DQEHATAeBglghkgBZQMEAS4wEQQM";

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
            ("TOKENIZER_PASSWORD", "hunter2hunter2"),
            ("DBPASSWORD", "hunter2hunter2"),
            ("DB_PASSWORD", "super-secret"),
            ("DB_PASSWORD", "correct-horse-battery-staple"),
            ("mysecret", "s3cr3t/W0rd"),
            ("API_TOKEN", "AQICAHhkZXNjcmliZWQ"),
            ("API_KEY", "x-9f86d081884c7d659a2f"),
            ("DB_PASSWORD", "https://app:s3cr3tw0rd@db.example/bank"),
            ("CLIENT_SECRET", "a1b2c3d4e5f6a7b8/c9d0e1f2a3b4c5d6"),
            ("DB_PASSWORD", "${fn:hunter2}hunter2"),
            ("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln"),
        ] {
            assert!(looks_secret(name, value), "{name}");
        }
    }

    #[test]
    fn what_the_rules_find_in_a_log_looks_secret() {
        for (rule, text) in attestry_logs::Rules::examples() {
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
            ("apiCredentials", "bank-platform/dev/api"),
            ("apiCredentials", "bank-app-api-credentials"),
            ("API_KEY_HEADER", "x-api-key"),
            ("API_KEY", "X-Api-Key"),
            ("TOKENIZER", "bert-base-uncased"),
            ("TOKENIZERS_PARALLELISM", "sometimes"),
            ("SECRETS_PROVIDER", "vault-in-the-cellar"),
            ("SESSION_TOKEN_LIFETIME", "two-hours"),
            ("TOKEN_REFRESH", "15m"),
            ("SIGNING_KEY", "alias/bank-signing"),
            ("DB_PASSWORD", "ssm:/bank/dev/db"),
            ("DB_PASSWORD", "${DB_PASSWORD}"),
            ("DB_PASSWORD", KMS_CIPHERTEXT),
            ("PASSWORD_MIN_LENGTH", "12"),
            ("DATABASE_URL", "postgres://db.example:5432/bank"),
            ("DATABASE_URL", "postgres://app@db.example:5432/bank"),
        ] {
            assert!(!looks_secret(name, value), "{name}");
        }
    }
}
