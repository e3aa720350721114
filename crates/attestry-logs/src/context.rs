//! The context of a finding: the name before a secret, if it consists of words that are known to be harmless.
//!
//! This module must not know rules or values. The text before a secret can be another secret or a part of the same one.
//! Therefore the context contains no word outside of the list below.

/// Words that occur in the names of secrets.
const WORDS: &[&str] = &[
    "access",
    "account",
    "admin",
    "api",
    "apikey",
    "app",
    "application",
    "arn",
    "auth",
    "authentication",
    "authorization",
    "authtoken",
    "aws",
    "azure",
    "basic",
    "bearer",
    "bot",
    "client",
    "cloud",
    "config",
    "connection",
    "consumer",
    "cookie",
    "credential",
    "credentials",
    "data",
    "database",
    "datasource",
    "db",
    "default",
    "dev",
    "encryption",
    "endpoint",
    "env",
    "github",
    "gitlab",
    "google",
    "header",
    "hook",
    "host",
    "id",
    "identity",
    "jdbc",
    "jwt",
    "key",
    "keystore",
    "kms",
    "ldap",
    "login",
    "mail",
    "master",
    "mongodb",
    "mqtt",
    "mysql",
    "new",
    "oauth",
    "oauth2",
    "old",
    "param",
    "parameter",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pgpassword",
    "pin",
    "postgres",
    "postgresql",
    "private",
    "prod",
    "production",
    "proxy",
    "public",
    "pwd",
    "rds",
    "redis",
    "refresh",
    "registry",
    "root",
    "s3",
    "secret",
    "secretstring",
    "security",
    "service",
    "session",
    "set",
    "sharedsecret",
    "sign",
    "signature",
    "signing",
    "slack",
    "smtp",
    "spring",
    "sql",
    "ssh",
    "ssl",
    "stage",
    "staging",
    "storage",
    "stripe",
    "test",
    "tls",
    "token",
    "truststore",
    "twilio",
    "uri",
    "url",
    "user",
    "userinfo",
    "username",
    "value",
    "variable",
    "vault",
    "web",
    "webhook",
    "x",
    "accesskey",
    "accesstoken",
    "secretkey",
    "privatekey",
];
/// The number of bytes that are read before a secret.
const LONGEST: usize = 64;
/// The largest number of separators that a context shows.
const SEPARATORS: usize = 6;

/// Returns the name before a secret, the separators after the name, and a mask for the secret. If the name could be a
/// secret itself, the result is `…` and the mask.
pub(super) fn context(text: &[u8], at: usize) -> String {
    name(text, at).map_or_else(|| "…****".to_owned(), |(name, between)| format!("{name}{between}****"))
}

fn name(text: &[u8], at: usize) -> Option<(&str, &str)> {
    let before = text.get(at.saturating_sub(LONGEST)..at)?;
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let separates = |byte: &u8| b" \t\"'`\\:=<>/,;([{?&@".contains(byte);
    let separators = before.iter().rev().take_while(|byte| separates(byte)).count();
    let (rest, between) = before.split_at_checked(before.len() - separators)?;
    let length = rest.iter().rev().take_while(|byte| is_word(byte)).count();
    let word = std::str::from_utf8(rest.get(rest.len() - length..)?).ok()?;
    // A longer word is not completely in `before`, so its start is missing.
    let is_whole = length < rest.len() || at <= LONGEST;
    let known = (1..=SEPARATORS).contains(&separators) && is_whole && is_harmless(word);
    known.then_some((word, std::str::from_utf8(between).ok()?))
}

/// Returns whether each part of a name is a word of the list, as in `db_password`, `X-Api-Key`, `secretAccessKey` and
/// `aws.secret`.
fn is_harmless(name: &str) -> bool {
    let is_known = |part: &str| WORDS.iter().any(|word| part.eq_ignore_ascii_case(word));
    name.bytes().any(|byte| byte.is_ascii_alphanumeric())
        && name
            .split(['_', '-', '.'])
            .filter(|part| !part.is_empty())
            .all(|part| is_known(part) || humps(part).all(is_known))
}

/// Returns the words of a name in camel case.
fn humps(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let start = rest.find(|it: char| !it.is_ascii_uppercase()).unwrap_or(rest.len()).max(1);
        let end = rest.get(start..)?.find(|it: char| it.is_ascii_uppercase()).map_or(rest.len(), |at| start + at);
        let (hump, after) = rest.split_at_checked(end).filter(|(hump, _)| !hump.is_empty())?;
        rest = after;
        Some(hump)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_tells_known_names_and_nothing_else() {
        for (text, wanted) in [
            ("user=hunter2 db_password=", "db_password=****"),
            (r#"{"a":"secret-a","password": ""#, "password\": \"****"),
            (r#"{\"secretAccessKey\":\""#, r#"secretAccessKey\":\"****"#),
            ("X-Api-Key: ", "X-Api-Key: ****"),
            ("export AWS_SECRET_ACCESS_KEY=", "AWS_SECRET_ACCESS_KEY=****"),
            ("Authorization: Bearer ", "Bearer ****"),
            // Texts that can be secret: a key, another password, a token as the user of a URL, a user, a word, the end of
            // a long word.
            ("Basic dXNlcjp", "…****"),
            ("k3J9xQ2mP7vL:", "…****"),
            ("SommerRegen,", "…****"),
            ("https://bLueTokenOfMine:", "…****"),
            ("user walter:", "…****"),
            ("grandmother's-password-is-tulip ", "…****"),
            ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-password=", "…****"),
            ("password", "…****"),
            ("password=((((((((((", "…****"),
            ("_.-=", "…****"),
            ("", "…****"),
        ] {
            assert_eq!(context(text.as_bytes(), text.len()), wanted, "{text}");
        }
    }
}
