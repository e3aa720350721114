//! Which named plain texts look like secrets: environment variables, plain parameters.
//!
//! A guess that errs towards finding. Must not keep, return or log a value.

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

/// Starts of values that are secrets of known issuers.
const PREFIXES: &[(&str, usize)] = &[
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("ghu_", 36),
    ("github_pat_", 36),
    ("glpat-", 20),
    ("npm_", 36),
    ("hvs.", 24),
    ("xoxa-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("xapp-", 20),
    ("sk_live_", 20),
    ("rk_live_", 20),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("AIza", 35),
    ("SG.", 40),
    ("https://hooks.slack.com/services/", 40),
];

/// Whether a plain text under this name looks like a secret: by its own form, or because the name says so and the value
/// is not the mere whereabouts of one.
pub(in crate::kinds) fn looks_secret(name: &str, value: &str) -> bool {
    value_is_secret(value) || (name_is_secret(name) && !is_reference(value))
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

fn value_is_secret(value: &str) -> bool {
    let value = value.trim();
    let known = PREFIXES.iter().any(|(prefix, least)| value.starts_with(prefix) && value.len() >= *least);
    known || is_access_key_id(value) || is_private_key(value) || is_web_token(value) || holds_login(value)
}

fn is_access_key_id(value: &str) -> bool {
    value.len() == 20
        && (value.starts_with("AKIA") || value.starts_with("ASIA"))
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_private_key(value: &str) -> bool {
    value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----")
}

/// A signed token: three parts of base64url, of which the first is a JSON object.
fn is_web_token(value: &str) -> bool {
    let letters = |part: &str| {
        part.len() >= 8 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    value.starts_with("eyJ") && value.split('.').count() == 3 && value.split('.').all(letters)
}

/// `scheme://user:password@host`, or a connection string with a password in it.
fn holds_login(value: &str) -> bool {
    let in_url = value.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next()).is_some_and(|host| {
        host.rsplit_once('@')
            .and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("${"))
    });
    let in_pairs = value.split(';').filter_map(|pair| pair.split_once('=')).any(|(name, text)| {
        let name = name.trim();
        let login = ["password", "pwd", "accountkey", "sharedaccesskey"];
        login.iter().any(|login| name.eq_ignore_ascii_case(login)) && !text.trim().is_empty()
    });
    in_url || in_pairs
}

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
            ("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlc2ln"),
        ] {
            assert!(looks_secret(name, value), "{name}");
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
            ("TABLE_NAME", "payments"),
            ("PASSWORD_MIN_LENGTH", "12"),
            ("DATABASE_URL", "postgres://db.example:5432/bank"),
            ("DATABASE_URL", "postgres://app@db.example:5432/bank"),
        ] {
            assert!(!looks_secret(name, value), "{name}");
        }
    }
}
