//! Which named plain texts look like secrets: environment variables, plain parameters.
//!
//! What a secret looks like is told by the rules, as everywhere; here is what only a setting tells: the name that it has,
//! and the values that are secrets where they stand alone. A guess that errs towards finding. Must not keep, return or log a
//! value.

use attestry_core::facts::redact::{is_secret, is_secret_of};

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

/// Words that begin like one of those and mean something else.
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

/// Last words of names that tell where a secret is or how it behaves, not what it is.
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

/// Whether a plain text under this name looks like a secret: by its own form, or because the name says so and the value
/// is not the mere whereabouts of one.
pub(in crate::kinds) fn looks_secret(name: &str, value: &str) -> bool {
    let value = value.trim();
    // Whatever its letters look like, it says nothing to whoever may not decrypt it.
    if is_kms_ciphertext(value) {
        return false;
    }
    let named = || name_is_secret(name) || is_secret_of(name, value);
    is_secret(value) || stands_alone(value) || !is_reference(value) && named()
}

fn name_is_secret(name: &str) -> bool {
    let mut words = words(name);
    words.retain(|word| !OTHER_WORDS.contains(&word.as_str()));
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

/// ARNs, dynamic references, paths, plain URLs, switches, lengths and short numbers only say where or how.
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

/// What stands before the name of something that is kept elsewhere. What a URL carries is looked at before.
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

/// `${DB_PASSWORD}`, which somebody fills in later.
fn is_placeholder(value: &str) -> bool {
    let inner = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(['$', '{', '}']))
}

/// `x-api-key`: the name under which a request carries something.
fn is_header_name(value: &str) -> bool {
    let small = value.to_ascii_lowercase();
    small.strip_prefix("x-").is_some_and(|rest| {
        rest.len() < 40
            && rest.split('-').all(|part| !part.is_empty() && part.bytes().all(|it| it.is_ascii_lowercase()))
    })
}

/// `15m`, `24h`, `3600s`.
fn is_length_of_time(value: &str) -> bool {
    let number = value.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
    let unit = value.get(number.len()..).unwrap_or_default();
    (1..=5).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && ["ms", "s", "m", "h", "d", "sec", "min"].contains(&unit)
}

/// `bank-platform/dev/db`: small words between slashes, none of them as long as what dice throw.
fn is_relative_path(value: &str) -> bool {
    let word = |part: &str| {
        part.len() <= 32
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte))
            && part.bytes().filter(u8::is_ascii_digit).count() <= 4
            && part.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
    };
    value.contains('/') && value.split('/').all(word)
}

/// `bank-app-api-credentials`: three words or more, the last of which says what the thing of that name is.
fn is_name_of_secret(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['-', '_', '.']).collect();
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let last = parts.last().map(|last| last.trim_end_matches('s')).unwrap_or_default();
    parts.len() >= 3 && parts.iter().all(word) && ["credential", "secret", "token", "key", "apikey"].contains(&last)
}

/// Whether it is what AWS KMS made of a plain text: its own header, and the name of encrypted data in PKCS #7 behind it.
fn is_kms_ciphertext(value: &str) -> bool {
    const ENCRYPTED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06];
    // The end of a text that was cut changes nothing in how it begins.
    let whole = value.trim_end_matches('=');
    let whole = whole.get(..whole.len() - whole.len() % 4).unwrap_or_default();
    let Ok(bytes) = aws_smithy_types::base64::decode(whole) else { return false };
    matches!(bytes.as_slice(), [1, 1 | 2, 2 | 3, 0, 0x78, ..])
        && bytes.windows(ENCRYPTED_DATA.len()).any(|part| part == ENCRYPTED_DATA)
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
